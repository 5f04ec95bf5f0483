//! Why something that an MCP server sent did not reach the agent, or that nothing came.

use serde::{Deserialize, Serialize};

/// The reason, as outcomes, refusals, metrics and logs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The server could not be reached, or went away before it answered.
    Unreachable,
    /// The server did not answer in time.
    TimedOut,
    /// It answered with an HTTP error and a body that means nothing to an MCP client.
    Status,
    /// It redirects.
    Redirect,
    /// It asks for credentials in the place of those that were stripped.
    Challenge,
    /// It accepted the request and means to answer on another stream.
    Elsewhere,
    /// It answered with nothing.
    Empty,
    /// Its answer is neither JSON nor an event stream.
    ContentType,
    /// Its answer is compressed or otherwise coded.
    ContentCoding,
    /// Its session id cannot be used.
    Session,
    /// It is no JSON that all readers read alike.
    NotJson,
    /// It is no MCP message.
    NotMcp,
    /// It answers another request.
    OtherId,
    /// It is an error that names no request.
    NoId,
    /// It stands where an answer should, and is none.
    NoAnswer,
    /// It is a message that no agent is to get there.
    NotPassed,
    /// It is an event that is no message.
    EventName,
    /// It is no list that could be filtered.
    List,
    /// The policy server did not say what of it may go.
    NoVerdict,
    /// Policy refused something in it.
    Refused,
    /// It holds a secret that cannot be taken out.
    Secret,
    /// It holds more secrets than are taken out of one answer.
    Secrets,
    /// Without its secrets it does not fit its schema.
    Schema,
    /// It is longer than an answer may be.
    TooLong,
    /// There was no room for it.
    NoRoom,
    /// It asks more than one answer may.
    TooMuch,
    /// The token has expired meanwhile.
    LapsedToken,
    /// The session has ended meanwhile.
    LapsedSession,
    /// Policy does not allow it any more.
    LapsedPolicy,
    /// Nobody could say whether it still may be shown.
    LapsedSilence,
}

impl Loss {
    /// All reasons.
    pub const ALL: [Self; 30] = [
        Self::Unreachable,
        Self::TimedOut,
        Self::Status,
        Self::Redirect,
        Self::Challenge,
        Self::Elsewhere,
        Self::Empty,
        Self::ContentType,
        Self::ContentCoding,
        Self::Session,
        Self::NotJson,
        Self::NotMcp,
        Self::OtherId,
        Self::NoId,
        Self::NoAnswer,
        Self::NotPassed,
        Self::EventName,
        Self::List,
        Self::NoVerdict,
        Self::Refused,
        Self::Secret,
        Self::Secrets,
        Self::Schema,
        Self::TooLong,
        Self::NoRoom,
        Self::TooMuch,
        Self::LapsedToken,
        Self::LapsedSession,
        Self::LapsedPolicy,
        Self::LapsedSilence,
    ];

    /// Whether what is lost for this reason, beside an answer that did not come, could have been that
    /// answer. If not, the server may still give it, on a stream that the agent resumes.
    #[must_use]
    pub const fn could_be_an_answer(self) -> bool {
        !matches!(self, Self::EventName | Self::NotPassed | Self::Refused)
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Challenge => "challenge",
            Self::Elsewhere => "elsewhere",
            Self::Empty => "empty",
            Self::ContentType => "content-type",
            Self::ContentCoding => "content-coding",
            Self::Session => "session",
            Self::NotJson => "not-json",
            Self::NotMcp => "not-mcp",
            Self::OtherId => "other-id",
            Self::NoId => "no-id",
            Self::NoAnswer => "no-answer",
            Self::NotPassed => "not-passed",
            Self::EventName => "event-name",
            Self::List => "list",
            Self::NoVerdict => "no-verdict",
            Self::Refused => "refused",
            Self::Secret => "secret",
            Self::Secrets => "secrets",
            Self::Schema => "schema",
            Self::TooLong => "too-long",
            Self::NoRoom => "no-room",
            Self::TooMuch => "too-much",
            Self::LapsedToken => "lapsed-token",
            Self::LapsedSession => "lapsed-session",
            Self::LapsedPolicy => "lapsed-policy",
            Self::LapsedSilence => "lapsed-silence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for loss in Loss::ALL {
            assert_eq!(serde_json::to_value(loss).unwrap(), loss.as_str());
        }
    }
}
