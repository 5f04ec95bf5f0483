//! What the policy server's answers are given under, as far as this VM has heard: by it an exchange
//! that lives long sees when what it goes by may be out of date.
//!
//! Verdicts tell the epoch they were given under. While exchanges are open the VM also asks for it, so
//! that a stream between whose events nothing happens hears of a change as well.

use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::EpochAnswer;

/// How long what was heard counts, in microseconds: a policy server that starts anew within that time
/// ends no stream.
const HEARD_FOR_US: u64 = 10_000_000;

/// How often is asked while exchanges are open, in microseconds.
const ASKED_EVERY_US: u64 = 2_000_000;

/// What this VM has heard last.
#[derive(Debug, Default)]
pub struct KnownEpoch {
    epoch: Option<Digest>,
    epoch_us: u64,
    sessions: Option<Digest>,
    sessions_us: u64,
    asked_us: u64,
    /// Each open exchange holds one more of it.
    open: Open,
}

/// Says that an exchange is open, as long as it is kept.
#[derive(Clone, Debug, Default)]
pub struct Open(Rc<()>);

impl KnownEpoch {
    /// Takes note of an exchange that is open.
    #[must_use]
    pub fn opened(&self) -> Open {
        self.open.clone()
    }

    /// Whether it is time to ask. Then somebody does.
    pub fn is_due(&mut self, now_us: u64) -> bool {
        let is_due = Rc::strong_count(&self.open.0) > 1
            && now_us.saturating_sub(self.asked_us) >= ASKED_EVERY_US;
        if is_due {
            self.asked_us = now_us;
        }
        is_due
    }

    /// A verdict was given under this epoch a moment ago.
    pub const fn heard(&mut self, epoch: Digest, now_us: u64) {
        self.epoch = Some(epoch);
        self.epoch_us = now_us;
    }

    /// The policy server has said what answers are given under.
    pub const fn told(&mut self, answer: &EpochAnswer, now_us: u64) {
        self.heard(answer.epoch, now_us);
        self.sessions = Some(answer.sessions);
        self.sessions_us = now_us;
    }

    /// Whether verdicts of this epoch still stand.
    #[must_use]
    pub fn holds(&self, epoch: Digest, now_us: u64) -> bool {
        self.epoch == Some(epoch) && now_us.saturating_sub(self.epoch_us) < HEARD_FOR_US
    }

    /// When an epoch was heard last, in microseconds since 1970.
    #[must_use]
    pub const fn heard_us(&self) -> u64 {
        self.epoch_us
    }

    /// Names the sessions that have ended, as was heard last.
    #[must_use]
    pub const fn ended(&self) -> Option<Digest> {
        self.sessions
    }

    /// Whether no session has ended since these had.
    #[must_use]
    pub fn is_without_ends(&self, since: Option<Digest>, now_us: u64) -> bool {
        since.is_some()
            && self.sessions == since
            && now_us.saturating_sub(self.sessions_us) < HEARD_FOR_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_counts_for_a_while() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let mut known = KnownEpoch::default();
        assert!(!known.holds(a, 0), "nothing was heard");
        known.heard(a, 5);
        assert!(known.holds(a, 4 + HEARD_FOR_US) && !known.holds(b, 5));
        assert!(!known.holds(a, 5 + HEARD_FOR_US), "that is long ago");
        assert!(!known.is_without_ends(None, 5));
        let answer = EpochAnswer {
            epoch: b,
            sessions: a,
            rules: None,
        };
        known.told(&answer, 9);
        assert!(known.holds(b, 9) && !known.holds(a, 9));
        assert!(known.is_without_ends(Some(a), 9) && !known.is_without_ends(Some(b), 9));
        known.heard(b, 9 + HEARD_FOR_US);
        assert!(
            !known.is_without_ends(known.ended(), 9 + HEARD_FOR_US),
            "a verdict says nothing of sessions"
        );
    }

    #[test]
    fn it_is_asked_for_while_something_is_open() {
        let mut known = KnownEpoch::default();
        assert!(!known.is_due(ASKED_EVERY_US));
        let open = known.opened();
        assert!(known.is_due(ASKED_EVERY_US) && !known.is_due(ASKED_EVERY_US + 1));
        assert!(known.is_due(2 * ASKED_EVERY_US));
        drop(open);
        assert!(!known.is_due(9 * ASKED_EVERY_US));
    }
}
