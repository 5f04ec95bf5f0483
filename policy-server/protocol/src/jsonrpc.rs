//! The JSON-RPC 2.0 envelope as MCP uses it: one message, never a batch.
//!
//! A message is a request, a notification, a response or an error; what is none of them exactly is
//! refused. Unknown members are allowed, look-alikes of the known ones are not.

use std::borrow::Cow;
use std::fmt;

use crate::json::{Json, Kind};
use crate::limits::{ID_BYTES_MAX, NAME_BYTES_MAX, URI_BYTES_MAX};
use crate::members::{Object, Twin, Under};
use crate::names::Name;

/// The members that an envelope knows.
static ENVELOPE: Object = Object(&[
    ("jsonrpc", Under::Free),
    ("id", Under::Free),
    ("method", Under::Free),
    ("params", Under::Free),
    ("result", Under::Free),
    ("error", Under::Free),
]);

/// A request id as written: a string, or a number without a fraction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Reads an id; `null`, fractions and everything else are none. `7.0` has no fraction.
    #[must_use]
    pub fn read(json: Json<'_>) -> Option<Self> {
        let text = json.text();
        let sound = match json.kind() {
            Kind::String => true,
            Kind::Number => !text.contains(['e', 'E']) && whole(text).is_some(),
            _ => false,
        };
        (sound && text.len() <= ID_BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// The id as it stood in the message, quotes included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether an answer with this id is one to the request with the other. As clients do that look
    /// their requests up by number, it does not tell `7`, `7.0` and `"7"` apart.
    #[must_use]
    pub fn answers(&self, request: &Self) -> bool {
        self.plain() == request.plain()
    }

    /// The decoded string, or the number without a fraction.
    fn plain(&self) -> Cow<'_, str> {
        match serde_json::from_str::<String>(&self.0) {
            Ok(decoded) => decoded.into(),
            Err(_) => whole(&self.0).unwrap_or(&self.0).into(),
        }
    }
}

/// A number without its fraction, if that is zero.
fn whole(number: &str) -> Option<&str> {
    match number.split_once('.') {
        None => Some(number),
        Some((whole, fraction)) => fraction.bytes().all(|digit| digit == b'0').then_some(whole),
    }
}

/// One message, borrowed from the text that it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A call that expects an answer.
    Request {
        /// Its id.
        id: Id,
        /// What is asked.
        method: Name,
        /// The parameters, an object; none where they are `null`.
        params: Option<Json<'a>>,
    },
    /// A message that expects none.
    Notification {
        /// What is told.
        method: Name,
        /// The parameters, an object.
        params: Option<Json<'a>>,
    },
    /// A successful answer.
    Response {
        /// The id of the request.
        id: Id,
        /// The result, any JSON value.
        result: Json<'a>,
    },
    /// A failed answer.
    Error {
        /// The id of the request; absent when the other side could not read it.
        id: Option<Id>,
        /// The error object.
        error: Json<'a>,
    },
}

/// Why a JSON text is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An array: JSON-RPC batches are refused in every protocol version.
    Batch,
    /// Not an object.
    NotAnObject,
    /// `jsonrpc` is not `"2.0"`.
    Version,
    /// Some reader takes a member for one that it is not.
    Twin(Twin),
    /// The id is neither a string nor an integer, or too long.
    Id,
    /// The method is no [`Name`].
    Method,
    /// `params` is there and is no object.
    Params,
    /// This parameter is no [`Name`], or is missing.
    Name(&'static str),
    /// This parameter is no URI, or is missing.
    Uri(&'static str),
    /// `ref` names nothing that can be completed.
    Reference,
    /// `notifications` does not say what to listen to, or too much.
    Subscriptions,
    /// The members fit no kind of message, or more than one.
    Shape,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twin(twin) => return twin.fmt(f),
            Self::Batch => "batches are not accepted; send one message a request",
            Self::NotAnObject => "a message is a JSON object",
            Self::Version => "the member `jsonrpc` must be \"2.0\"",
            Self::Id => "an id is a string or an integer",
            Self::Method => "the method is not a method name",
            Self::Params => "`params` must be an object",
            Self::Name(key) => {
                return write!(
                    f,
                    "the parameter `{key}` must be a name of 1 to {NAME_BYTES_MAX} bytes, without control, joining and invisible characters"
                );
            }
            Self::Uri(key) => {
                return write!(f, "the parameter `{key}` must be a text of 1 to {URI_BYTES_MAX} bytes");
            }
            Self::Reference => "`ref` must be of the type `ref/prompt`, with a `name`, or `ref/resource`, with a `uri`",
            Self::Subscriptions => "`notifications` must be an object, and its `resourceSubscriptions` a list of URIs, not too many",
            Self::Shape => "the message is neither one request, notification, response nor error",
        })
    }
}

impl std::error::Error for Fault {}

impl From<Twin> for Fault {
    fn from(twin: Twin) -> Self {
        Self::Twin(twin)
    }
}

impl<'a> Message<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// The first [`Fault`] in it.
    pub fn read(json: Json<'a>) -> Result<Self, Fault> {
        match json.kind() {
            Kind::Object => {}
            Kind::Array => return Err(Fault::Batch),
            _ => return Err(Fault::NotAnObject),
        }
        ENVELOPE.check(json)?;
        let members = json.members();
        let member = |name: &str| {
            let found = members.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| *value)
        };
        if member("jsonrpc").and_then(Json::string).as_deref() != Some("2.0") {
            return Err(Fault::Version);
        }
        let id = match member("id") {
            Some(id) if id.kind() == Kind::Null && member("error").is_some() => None,
            Some(id) => Some(Id::read(id).ok_or(Fault::Id)?),
            None => None,
        };
        let error = member("error").and_then(Json::given);
        let result = match error {
            Some(_) => member("result").and_then(Json::given),
            None => member("result"),
        };
        match (member("method"), result, error) {
            (Some(method), None, None) => {
                Self::call(id, method, member("params").and_then(Json::given))
            }
            (None, Some(result), None) => {
                id.map_or(Err(Fault::Shape), |id| Ok(Self::Response { id, result }))
            }
            (None, None, Some(error)) => Self::failure(id, error),
            _ => Err(Fault::Shape),
        }
    }

    fn call(id: Option<Id>, method: Json<'a>, params: Option<Json<'a>>) -> Result<Self, Fault> {
        let method = method.string().and_then(|text| Name::parse(&text).ok());
        let method = method.ok_or(Fault::Method)?;
        if params.is_some_and(|params| params.kind() != Kind::Object) {
            return Err(Fault::Params);
        }
        Ok(match id {
            Some(id) => Self::Request { id, method, params },
            None => Self::Notification { method, params },
        })
    }

    fn failure(id: Option<Id>, error: Json<'a>) -> Result<Self, Fault> {
        if error.kind() == Kind::Object {
            Ok(Self::Error { id, error })
        } else {
            Err(Fault::Shape)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::check;

    fn read(text: &str) -> Result<Message<'_>, Fault> {
        Message::read(check(text.as_bytes()).unwrap())
    }

    #[test]
    fn the_four_kinds() {
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}"#),
            Ok(Message::Request { .. })
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
            Ok(Message::Notification { .. })
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":"a","result":null}"#),
            Ok(Message::Response { .. })
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#),
            Ok(Message::Error { id: None, .. })
        ));
    }

    #[test]
    fn everything_else_is_refused() {
        for (text, fault) in [
            ("[]", Fault::Batch),
            ("7", Fault::NotAnObject),
            (r#"{"id":1,"method":"ping"}"#, Fault::Version),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}"#,
                Fault::Twin(Twin("method")),
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","paramſ":{}}"#,
                Fault::Twin(Twin("params")),
            ),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, Fault::Id),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, Fault::Id),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a\u0000"}"#,
                Fault::Method,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[]}"#,
                Fault::Params,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#,
                Fault::Shape,
            ),
            (r#"{"jsonrpc":"2.0","result":1}"#, Fault::Shape),
        ] {
            assert_eq!(read(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn null_says_the_same_as_nothing() {
        for (with, without) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","params":null}"#,
                r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1}}"#,
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
            ),
        ] {
            let kinds = [with, without].map(|text| format!("{:?}", read(text).unwrap()));
            let kind = |text: &str| text.split_whitespace().next().map(str::to_owned);
            assert_eq!(kind(&kinds[0]), kind(&kinds[1]), "{with}");
        }
        let nothing = r#"{"jsonrpc":"2.0","id":1,"method":"a","params":null}"#;
        assert!(matches!(
            read(nothing),
            Ok(Message::Request { params: None, .. })
        ));
        let null = r#"{"jsonrpc":"2.0","id":1,"result":null}"#;
        assert!(matches!(read(null), Ok(Message::Response { .. })));
    }

    #[test]
    fn ids_compare_by_meaning() {
        let id = |text: &str| Id::read(check(text.as_bytes()).unwrap()).unwrap();
        for (answer, request) in [
            (r#""a""#, r#""\u0061""#),
            (r#""1""#, "1"),
            ("1", r#""1""#),
            ("1.0", "1"),
            ("1", "1.00"),
            ("-1", r#""-1""#),
        ] {
            assert!(id(answer).answers(&id(request)), "{answer} {request}");
        }
        for (answer, request) in [
            (r#""01""#, "1"),
            ("10", "1.0"),
            ("1", r#""1.0""#),
            (r#"" 1""#, "1"),
            (r#""A""#, r#""a""#),
        ] {
            assert!(!id(answer).answers(&id(request)), "{answer} {request}");
        }
    }
}
