//! Reports that wait for the policy server: taken in order, kept until it has them on disk.
//!
//! A batch is out at most once at a time; it comes back whole when the server did not take it.
//! Bounded by [`REPORTS_WAITING_MAX`]: beyond it the oldest go, and the loss is counted.

use std::collections::VecDeque;

use portcullis_protocol::limits::{REPORTS_MAX, REPORTS_WAITING_MAX};

/// The waiting reports of one VM, each already written as JSON.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: VecDeque<Vec<u8>>,
    sent: usize,
    lost: u64,
}

impl Waiting {
    /// Takes one report.
    pub fn push(&mut self, report: Vec<u8>) {
        self.queue.push_back(report);
        if self.queue.len() > REPORTS_WAITING_MAX {
            self.queue.pop_front();
            self.sent = self.sent.saturating_sub(1);
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The body of the next batch, unless one is out or nothing waits.
    #[must_use]
    pub fn batch(&mut self) -> Option<Vec<u8>> {
        if self.sent > 0 || self.queue.is_empty() {
            return None;
        }
        self.sent = self.queue.len().min(REPORTS_MAX);
        let reports: Vec<&[u8]> = self
            .queue
            .iter()
            .take(self.sent)
            .map(Vec::as_slice)
            .collect();
        let mut body = b"{\"reports\":[".to_vec();
        body.extend(reports.join(&b","[..]));
        body.extend_from_slice(b"]}");
        Some(body)
    }

    /// The server has the batch on disk.
    pub fn accepted(&mut self) {
        self.queue.drain(..self.sent.min(self.queue.len()));
        self.sent = 0;
    }

    /// The server did not take the batch; it waits again.
    pub const fn returned(&mut self) {
        self.sent = 0;
    }

    /// How many reports were lost to the bound so far.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_kept_until_it_is_accepted() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.batch(), None);
        waiting.push(b"1".to_vec());
        assert_eq!(waiting.batch().unwrap(), b"{\"reports\":[1]}");
        waiting.push(b"2".to_vec());
        assert_eq!(waiting.batch(), None, "one batch at a time");
        waiting.returned();
        assert_eq!(waiting.batch().unwrap(), b"{\"reports\":[1,2]}");
        waiting.accepted();
        assert_eq!(waiting.batch(), None);
    }

    #[test]
    fn the_bound_drops_the_oldest_and_counts() {
        let mut waiting = Waiting::default();
        for _ in 0..REPORTS_WAITING_MAX + 2 {
            waiting.push(b"1".to_vec());
        }
        assert_eq!(waiting.lost(), 2);
        assert_eq!(waiting.queue.len(), REPORTS_WAITING_MAX);
    }
}
