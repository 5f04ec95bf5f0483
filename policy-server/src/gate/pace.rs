//! How often a server may teach policies something new about its tools.
//!
//! Each time, all policies are validated anew, and new policies wait. A server that changes its
//! tools at every list, or shows thousands of new ones, would have that done all day. Deliberately absent: lists without news.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use portcullis_protocol::names::ServerName;

/// Most pages with news of one server in a minute; a server with a hundred tools on each page shows
/// six thousand at once.
pub(super) const NEWS_MAX: usize = 60;

/// Most seconds that fitting policies to the news of one server may take in a minute.
const SPENT_SECONDS_MAX: f64 = 15.0;

const MINUTE_US: i64 = 60_000_000;

/// When each server had news of late, in microseconds since 1970, and what they took in seconds.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<BTreeMap<ServerName, Vec<(i64, f64)>>>);

impl Pace {
    /// Whether a server may have news now; if so, it has had it.
    pub(super) fn takes(&self, server: &ServerName, now_us: i64) -> bool {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = servers.entry(server.clone()).or_default();
        // A clock that was set back must not hold a server up.
        news.retain(|(time_us, _)| (0..MINUTE_US).contains(&(now_us - time_us)));
        let spent: f64 = news.iter().map(|(_, seconds)| seconds).sum();
        let takes = news.len() < NEWS_MAX && spent < SPENT_SECONDS_MAX;
        if takes {
            news.push((now_us, 0.0));
        }
        takes
    }

    /// What the news took that a server had at a time.
    pub(super) fn spent(&self, server: &ServerName, time_us: i64, seconds: f64) {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = servers.get_mut(server).into_iter().flatten();
        let mut same = news.filter(|(had_us, _)| *had_us == time_us);
        if let Some((_, spent)) = same.next() {
            *spent += seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_news_so_often_in_a_minute() {
        let pace = Pace::default();
        let server = |text| ServerName::parse(text).unwrap();
        let often = |from_us: i64| (from_us..).take_while(|now| pace.takes(&server("a"), *now));
        assert_eq!(often(5).count(), NEWS_MAX);
        assert!(pace.takes(&server("b"), 6), "others are not held up");
        assert!(!pace.takes(&server("a"), MINUTE_US + 4));
        assert!(pace.takes(&server("a"), MINUTE_US + 5));
        assert!(!pace.takes(&server("a"), MINUTE_US + 5));
        assert!(pace.takes(&server("a"), 1), "the clock was set back");
    }
    #[test]
    fn news_that_take_long_are_fewer() {
        let pace = Pace::default();
        let slow = ServerName::parse("slow").unwrap();
        assert!(pace.takes(&slow, 1));
        pace.spent(&slow, 1, SPENT_SECONDS_MAX);
        assert!(!pace.takes(&slow, 2));
        assert!(pace.takes(&ServerName::parse("other").unwrap(), 2));
        assert!(pace.takes(&slow, MINUTE_US + 1));
    }
}
