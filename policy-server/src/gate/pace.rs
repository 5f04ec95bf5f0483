//! How often a server may teach policies something new about its tools.
//!
//! Each time, policies are validated with what is new, and new policies wait. A server that changes its
//! tools at every list, or shows thousands of new ones, would have that done all day. One caller of it,
//! whom the server may show what it likes, has a part of that alone. Deliberately absent: lists without
//! news.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::ServerName;

/// Most pages with news of one server in a minute, and of one caller there; a server with a hundred
/// tools on each page shows one caller six thousand at once.
const NEWS_MAX: Share = Share {
    server: 240.0,
    caller: 60.0,
};

/// Most seconds that fitting policies to the news may take in a minute, of a server and of one caller
/// there.
const SPENT_SECONDS_MAX: Share = Share {
    server: 15.0,
    caller: 7.5,
};

const MINUTE_US: i64 = 60_000_000;

/// What a server may have, and one caller of it.
struct Share {
    server: f64,
    caller: f64,
}

/// News that a server had.
#[derive(Debug)]
struct News {
    caller: Digest,
    /// In microseconds since 1970.
    time_us: i64,
    /// What it took.
    seconds: f64,
}

/// The news that each server had of late.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<BTreeMap<ServerName, Vec<News>>>);

impl Pace {
    /// Whether a server may have news for a caller now; if so, it has had it.
    pub(super) fn takes(&self, server: &ServerName, caller: Digest, now_us: i64) -> bool {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = servers.entry(server.clone()).or_default();
        // A clock that was set back must not hold a server up.
        news.retain(|one| (0..MINUTE_US).contains(&(now_us - one.time_us)));
        let own = |one: &&News| one.caller == caller;
        let had = |count: &Share, of: &dyn Fn(&News) -> f64| {
            news.iter().map(of).sum::<f64>() < count.server
                && news.iter().filter(own).map(of).sum::<f64>() < count.caller
        };
        let takes = had(&NEWS_MAX, &|_| 1.0) && had(&SPENT_SECONDS_MAX, &|one| one.seconds);
        if takes {
            news.push(News {
                caller,
                time_us: now_us,
                seconds: 0.0,
            });
        }
        takes
    }

    /// What the news took that a server had for a caller at a time.
    pub(super) fn spent(&self, server: &ServerName, caller: Digest, time_us: i64, seconds: f64) {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = servers.get_mut(server).into_iter().flatten();
        let mut same = news.filter(|one| one.time_us == time_us && one.caller == caller);
        if let Some(one) = same.next() {
            one.seconds += seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Digest = Digest::from_bytes([1; 32]);
    const BOB: Digest = Digest::from_bytes([2; 32]);

    fn server(name: &str) -> ServerName {
        ServerName::parse(name).unwrap()
    }

    #[test]
    fn a_caller_of_a_server_has_news_so_often_in_a_minute() {
        let pace = Pace::default();
        let often = |owner, from_us: i64| {
            let takes = |now: &i64| pace.takes(&server("a"), owner, *now);
            (from_us..).take_while(takes).count()
        };
        assert_eq!(often(ALICE, 5), 60);
        let others = pace.takes(&server("b"), ALICE, 6);
        assert!(others, "other servers are not held up");
        for number in 2..5 {
            let owner = Digest::from_bytes([number; 32]);
            assert_eq!(
                often(owner, 100 * i64::from(number)),
                60,
                "nor other callers"
            );
        }
        let fifth = often(Digest::from_bytes([5; 32]), 500);
        assert_eq!(fifth, 0, "together they are bounded");
        assert!(!pace.takes(&server("a"), ALICE, MINUTE_US + 4));
        assert!(pace.takes(&server("a"), ALICE, MINUTE_US + 5));
        assert!(!pace.takes(&server("a"), ALICE, MINUTE_US + 5));
        assert!(pace.takes(&server("a"), ALICE, 1), "the clock was set back");
    }

    #[test]
    fn news_that_take_long_are_fewer() {
        let pace = Pace::default();
        let slow = server("slow");
        assert!(pace.takes(&slow, ALICE, 1));
        pace.spent(&slow, ALICE, 1, 7.5);
        assert!(!pace.takes(&slow, ALICE, 2));
        assert!(
            pace.takes(&slow, BOB, 3),
            "another caller has a part of its own"
        );
        pace.spent(&slow, BOB, 3, 7.5);
        assert!(!pace.takes(&slow, Digest::from_bytes([3; 32]), 4));
        assert!(pace.takes(&server("other"), ALICE, 2));
        assert!(pace.takes(&slow, ALICE, MINUTE_US + 1));
    }
}
