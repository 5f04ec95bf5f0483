//! Sessions whose owner the policy server has confirmed, so that it is asked once.
//!
//! A session never changes hands, but it ends, perhaps in another VM: a confirmation holds for a few
//! seconds. Bounded: the oldest entry goes first, and is then asked for again.

use std::collections::{BTreeMap, VecDeque};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Caller;

/// Most sessions that one VM remembers.
const KNOWN_MAX: usize = 4096;

/// How long a confirmation holds, in microseconds.
const KNOWN_FOR_US: u64 = 5_000_000;

#[derive(Debug)]
struct Confirmed {
    owner: Digest,
    since_us: u64,
    /// Names the sessions that had ended by then, where that was known.
    ended: Option<Digest>,
}

/// Confirmed sessions of one VM.
#[derive(Debug, Default)]
pub struct KnownSessions {
    owners: BTreeMap<Digest, Confirmed>,
    order: VecDeque<Digest>,
}

impl KnownSessions {
    /// Whether the caller is the confirmed owner.
    #[must_use]
    pub fn is_owned(&self, session: &Digest, caller: &Caller, now_us: u64) -> bool {
        let confirmed = self.owners.get(session);
        confirmed.is_some_and(|known| {
            known.owner == caller.owner() && now_us.saturating_sub(known.since_us) < KNOWN_FOR_US
        })
    }

    /// The sessions that had ended when the caller was last confirmed as the owner. While no other one
    /// ends, this one has not.
    #[must_use]
    pub fn ended_before(&self, session: &Digest, caller: &Caller) -> Option<Digest> {
        let confirmed = self.owners.get(session)?;
        confirmed
            .ended
            .filter(|_| confirmed.owner == caller.owner())
    }

    /// Remembers a confirmed owner, and which sessions had ended when that was asked.
    pub fn confirm(
        &mut self,
        session: Digest,
        caller: &Caller,
        now_us: u64,
        ended: Option<Digest>,
    ) {
        let confirmed = Confirmed {
            owner: caller.owner(),
            since_us: now_us,
            ended,
        };
        if self.owners.insert(session, confirmed).is_none() {
            self.order.push_back(session);
        }
        if self.order.len() > KNOWN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.owners.remove(&oldest);
        }
    }

    /// Forgets a closed session.
    pub fn forget(&mut self, session: &Digest) {
        self.owners.remove(session);
        self.order.retain(|known| known != session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_protocol::names::Name;

    fn caller(subject: &str) -> Caller {
        let name = |text| Name::parse(text).unwrap();
        Caller {
            issuer: name("i"),
            subject: name(subject),
            roles: vec![],
            agent: None,
        }
    }

    #[test]
    fn only_the_confirmed_owner_is_known() {
        let mut known = KnownSessions::default();
        let session = Digest::of(b"s");
        known.confirm(session, &caller("alice"), 0, Some(Digest::of(b"e")));
        assert_eq!(
            known.ended_before(&session, &caller("alice")),
            Some(Digest::of(b"e"))
        );
        assert_eq!(known.ended_before(&session, &caller("bob")), None);
        assert!(known.is_owned(&session, &caller("alice"), 1));
        assert!(!known.is_owned(&session, &caller("bob"), 1));
        assert!(
            !known.is_owned(&session, &caller("alice"), KNOWN_FOR_US),
            "it is asked for again"
        );
        known.forget(&session);
        assert!(!known.is_owned(&session, &caller("alice"), 1));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut known = KnownSessions::default();
        for number in 0..=KNOWN_MAX {
            known.confirm(Digest::of(&number.to_be_bytes()), &caller("alice"), 0, None);
        }
        assert_eq!(known.owners.len(), KNOWN_MAX);
        let oldest = Digest::of(&0_usize.to_be_bytes());
        assert!(!known.is_owned(&oldest, &caller("alice"), 0));
    }
}
