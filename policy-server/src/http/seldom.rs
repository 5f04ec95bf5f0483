//! How often the log says the same: strangers decide how often a request is turned away.

use std::sync::{Mutex, PoisonError};

/// Shortest time between two lines of one kind, in microseconds.
const INTERVAL_US: i64 = 10_000_000;

/// One line of each of `KINDS` kinds in a while; the rest is counted.
#[derive(Debug)]
pub(super) struct Seldom<const KINDS: usize>(Mutex<[Kind; KINDS]>);

#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    last_us: Option<i64>,
    kept_back: u64,
}

impl<const KINDS: usize> Default for Seldom<KINDS> {
    fn default() -> Self {
        Self(Mutex::new([Kind::default(); KINDS]))
    }
}

impl<const KINDS: usize> Seldom<KINDS> {
    /// How many lines were kept back since the last, when there may be one now.
    pub(super) fn takes(&self, kind: usize, now_us: i64) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.get_mut(kind)?;
        // A clock that was set back must not silence the log.
        let soon = |last_us: i64| (0..INTERVAL_US).contains(&(now_us - last_us));
        if kind.last_us.is_some_and(soon) {
            kind.kept_back = kind.kept_back.saturating_add(1);
            return None;
        }
        kind.last_us = Some(now_us);
        Some(std::mem::take(&mut kind.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_in_a_while_with_what_was_kept_back() {
        let seldom = Seldom::<2>::default();
        assert_eq!(seldom.takes(0, 5), Some(0));
        assert_eq!(seldom.takes(0, 6), None);
        assert_eq!(seldom.takes(1, 6), Some(0), "another kind");
        assert_eq!(seldom.takes(0, INTERVAL_US + 4), None);
        assert_eq!(seldom.takes(0, INTERVAL_US + 5), Some(2));
        assert_eq!(seldom.takes(0, 1), Some(0), "the clock was set back");
        assert_eq!(seldom.takes(2, 1), None, "there is no such kind");
    }
}
