//! Who may travel on. A [`Permit`] is made here and nowhere else, and forwarding needs one.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::{
    Answer, Denial, Fit, Pending, Redaction, RedactionRules, SessionAnswer, Standing,
    StructuredAnswer, Verdict,
};

/// The proof that a request may travel on.
#[derive(Debug)]
pub struct Permit(());

/// A request that needs no verdict of its own: handshake, liveness, lists (filtered on the way
/// back), answers to the server's requests, and the public metadata.
pub(super) const fn exempt() -> Permit {
    Permit(())
}

/// What goes with an admitted call.
#[derive(Debug)]
pub(super) struct Granted {
    /// What may be seen of it.
    pub(super) terms: Redaction,
    /// What that was judged under.
    pub(super) epoch: Digest,
}

/// What an answer to a query comes to.
#[derive(Debug)]
pub(super) enum Ruling {
    /// The call may travel on, and this may be seen of it.
    Admitted(Permit, Box<Granted>),
    /// Policy denies it.
    Denied(Denial),
    /// A human must answer first.
    Pending(Pending),
    /// There is no verdict for this call: silence, an error, nonsense, or another call's.
    None,
}

/// Reads the answer to the query `call` about `digest`.
pub(super) fn admit(call: CallId, digest: Digest, status: u16, body: &[u8]) -> Ruling {
    if status != 200 {
        return Ruling::None;
    }
    match serde_json::from_slice::<Answer>(body) {
        Ok(answer) if answer.call == call && answer.digest == digest => match answer.verdict {
            Verdict::Allow(terms) => {
                let granted = Granted {
                    terms: terms.redaction,
                    epoch: answer.epoch,
                };
                Ruling::Admitted(Permit(()), Box::new(granted))
            }
            Verdict::Approve(pending) => Ruling::Pending(pending),
            Verdict::Deny(denial) => Ruling::Denied(denial),
        },
        _ => Ruling::None,
    }
}

/// Reads the answer to a session query: `None` when there is none for this call and session.
pub(super) fn standing(
    call: CallId,
    session: Digest,
    status: u16,
    body: &[u8],
) -> Option<Standing> {
    if status != 200 {
        return None;
    }
    let answer: SessionAnswer = serde_json::from_slice(body).ok()?;
    (answer.call == call && answer.session == session).then_some(answer.standing)
}

/// Reads the redaction rules that `call` has asked for.
pub(super) fn rules(call: CallId, status: u16, body: &[u8]) -> Option<RedactionRules> {
    if status != 200 {
        return None;
    }
    let answer: RedactionRules = serde_json::from_slice(body).ok()?;
    (answer.call == call).then_some(answer)
}

/// Whether a redacted result still fits its tool's output schema. Silence is no.
pub(super) fn fit(call: CallId, digest: Digest, status: u16, body: &[u8]) -> Fit {
    let answer = serde_json::from_slice::<StructuredAnswer>(body).ok();
    let answer = answer.filter(|_| status == 200);
    let ours = answer.filter(|answer| answer.call == call && answer.digest == digest);
    ours.map_or(Fit::Unfit, |answer| answer.fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_for_this_call_admits() {
        let call = CallId::from_bytes([1; 16]);
        let digest = Digest::of(b"this");
        let body = |call: &str, digest: Digest, verdict: &str| {
            let policies = Digest::of(b"p");
            format!(
                r#"{{"call":"{call}","digest":"{digest}","policies":"{policies}","epoch":"{policies}","verdict":{verdict}}}"#
            )
        };
        let ours = call.to_string();
        let rules = Digest::of(b"rules");
        let allow = &format!(r#"{{"outcome":"allow","redaction":{{"rules":"{rules}"}}}}"#);
        let ruling = |status, body: String| admit(call, digest, status, body.as_bytes());
        assert!(matches!(
            ruling(200, body(&ours, digest, allow)),
            Ruling::Admitted(_, granted) if granted.terms.rules == rules
        ));
        for (status, answer) in [
            (503, body(&ours, digest, allow)),
            (200, body(&ours.replace('1', "2"), digest, allow)),
            (200, body(&ours, Digest::of(b"other"), allow)),
            (200, body(&ours, digest, r#"{"outcome":"perhaps"}"#)),
            (200, body(&ours, digest, r#"{"outcome":"allow"}"#)),
            (
                200,
                body(&ours, digest, &allow.replace(":{", r#":{"more":1,"#)),
            ),
            (200, body(&ours, digest, allow) + "x"),
            (200, String::new()),
            (0, String::new()),
        ] {
            assert!(
                matches!(ruling(status, answer.clone()), Ruling::None),
                "{status} {answer}"
            );
        }
        let deny = r#"{"outcome":"deny","shape":"refused","message":"no"}"#;
        assert!(matches!(
            ruling(200, body(&ours, digest, deny)),
            Ruling::Denied(_)
        ));
    }
}
