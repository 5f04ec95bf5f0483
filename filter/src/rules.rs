//! The redaction rules in force, as the policy server last gave them: one set for all exchanges of a
//! VM, compiled once.
//!
//! Terms name the rules that they were made with. Whoever has none, or others, asks first. Without
//! terms, rules count for a few seconds after they were last known to be in force.

use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Name;
use portcullis_protocol::redact::{HandleKey, MarkKey, Rules};
use portcullis_protocol::wire::RedactionRules;

/// How long rules count without a verdict that names them, in microseconds.
const FRESH_FOR_US: u64 = 10_000_000;

/// How long a handle can be used where the rules do not say, in seconds.
const LIFETIME_S: u64 = 86_400;

/// Rules, ready for use, and what goes with them.
#[derive(Debug)]
pub struct InForce {
    /// What terms call them.
    pub digest: Digest,
    /// The rules.
    pub rules: Rules,
    /// The key of marks.
    pub marks: MarkKey,
    /// The key of handles; without one there are no handles.
    pub handles: Option<HandleKey>,
    /// The tenant that handles are bound to.
    pub tenant: Name,
}

impl InForce {
    /// When handles made at `now_s` end, in seconds of Unix time: a lifetime from now, rounded up to
    /// the next quarter of one, so that a secret keeps its handle for a while.
    #[must_use]
    pub fn handles_until_s(&self, now_s: u64) -> u64 {
        let lifetime_s = self.rules.raw().handles.lifetime_s.unwrap_or(LIFETIME_S);
        let quarter_s = (lifetime_s / 4).max(1);
        let until_s = now_s.saturating_add(lifetime_s);
        until_s.div_ceil(quarter_s).saturating_mul(quarter_s)
    }
}

/// The rules of one VM.
#[derive(Debug, Default)]
pub struct KnownRules {
    current: Option<Rc<InForce>>,
    confirmed_us: u64,
}

impl KnownRules {
    /// The rules that a verdict names, if they are the known ones. The verdict shows that they are
    /// in force.
    pub fn named(&mut self, digest: Digest, now_us: u64) -> Option<Rc<InForce>> {
        let current = self.current.as_ref()?;
        if current.digest != digest {
            return None;
        }
        self.confirmed_us = self.confirmed_us.max(now_us);
        Some(Rc::clone(current))
    }

    /// These rules are in force now, or none are. Where they are others than those that are known, those
    /// are asked for.
    pub fn told(&mut self, digest: Option<Digest>, now_us: u64) {
        let known = digest.and_then(|digest| self.named(digest, now_us));
        if known.is_none() {
            self.confirmed_us = 0;
        }
    }

    /// The rules, if they were in force a moment ago.
    #[must_use]
    pub fn fresh(&self, now_us: u64) -> Option<Rc<InForce>> {
        let is_fresh = now_us.saturating_sub(self.confirmed_us) < FRESH_FOR_US;
        self.current.clone().filter(|_| is_fresh)
    }

    /// The rules as they were last known, however long ago: for what is under way already.
    #[must_use]
    pub const fn latest(&self) -> Option<&Rc<InForce>> {
        self.current.as_ref()
    }

    /// Takes what the policy server says is in force. `None` when it cannot be used; then what was
    /// known stays, and is asked for again.
    pub fn take(&mut self, given: &RedactionRules, now_us: u64) -> Option<Rc<InForce>> {
        if let Some(known) = self.named(given.digest, now_us) {
            return Some(known);
        }
        let rules = Rc::new(compiled(given)?);
        self.confirmed_us = now_us;
        self.current = Some(Rc::clone(&rules));
        Some(rules)
    }
}

fn compiled(given: &RedactionRules) -> Option<InForce> {
    let (marks, handles) = given.keys.read()?;
    Some(InForce {
        digest: given.digest,
        rules: Rules::compile(&given.rules).ok()?,
        marks,
        handles,
        tenant: given.tenant.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_protocol::names::CallId;
    use portcullis_protocol::redact::RawRules;
    use portcullis_protocol::wire::Keys;

    fn given(name: &str, marks: &str) -> RedactionRules {
        RedactionRules {
            call: CallId::from_bytes([1; 16]),
            digest: Digest::of(name.as_bytes()),
            rules: RawRules::default(),
            tenant: Name::from_static("t"),
            keys: Keys {
                marks: marks.to_owned(),
                handles: None,
            },
        }
    }

    #[test]
    fn rules_are_known_by_their_digest_and_for_a_while() {
        let mut known = KnownRules::default();
        assert!(known.fresh(0).is_none());
        let (a, b) = (given("a", &"0a".repeat(32)), given("b", &"0b".repeat(32)));
        assert!(known.take(&a, 5).is_some());
        assert!(known.named(b.digest, 5).is_none());
        assert!(known.fresh(5 + FRESH_FOR_US).is_none(), "asked for again");
        assert!(known.named(a.digest, 9).is_some());
        assert!(
            known.fresh(8 + FRESH_FOR_US).is_some(),
            "a verdict confirms"
        );
        known.told(Some(a.digest), 12 + FRESH_FOR_US);
        assert!(known.fresh(13 + FRESH_FOR_US).is_some());
        for other in [Some(b.digest), None] {
            known.told(Some(a.digest), 12 + FRESH_FOR_US);
            known.told(other, 13 + FRESH_FOR_US);
            assert!(known.fresh(13 + FRESH_FOR_US).is_none(), "{other:?}");
        }
        assert!(known.take(&b, 10).is_some());
        assert!(known.named(a.digest, 10).is_none());
    }

    #[test]
    fn keys_that_are_none_are_no_rules() {
        let mut known = KnownRules::default();
        let (short, upper) = ("0a".repeat(31), "0A".repeat(32));
        for marks in ["", short.as_str(), upper.as_str(), &"+1".repeat(32)] {
            assert!(known.take(&given("a", marks), 0).is_none(), "{marks}");
        }
        assert!(known.latest().is_none());
    }

    #[test]
    fn a_secret_keeps_its_handle_for_a_while() {
        let mut known = KnownRules::default();
        let rules = known.take(&given("a", &"0a".repeat(32)), 0).unwrap();
        let now_s = 1_800_000_000;
        let until_s = rules.handles_until_s(now_s);
        assert!(until_s >= now_s + LIFETIME_S && until_s <= now_s + LIFETIME_S * 5 / 4);
        let step = until_s - LIFETIME_S;
        assert_eq!(rules.handles_until_s(step), until_s);
        assert_eq!(rules.handles_until_s(step - LIFETIME_S / 4 + 1), until_s);
        assert_ne!(rules.handles_until_s(step + 1), until_s);
    }
}
