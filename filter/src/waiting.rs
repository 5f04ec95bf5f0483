//! Reports that wait for the policy server: taken in order, kept until it has them on disk.
//!
//! A batch is out at most once at a time; it comes back whole when the server did not take it. Where the
//! server says that it cannot read a batch, smaller ones find the report that it means, and that one is
//! dropped. Bounded in bytes, and for each caller: whoever has too many waiting is turned away before there
//! are more. What is lost all the same is counted, and told with the next batch.

use std::collections::{BTreeMap, VecDeque};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::{
    BATCH_BYTES_MAX, CALLER_REPORTS_BYTES_MAX, REPORT_BYTES_MAX, REPORTS_BYTES_MAX, REPORTS_MAX,
};
use portcullis_protocol::wire::{Gap, Report};

/// What a caller may always have waiting, in bytes.
const CALLER_BYTES_MIN: usize = 64 * 1024;

/// What a report takes beside its text, in bytes.
const OVERHEAD_BYTES: usize = 64;

/// Most bytes of all but the ends of calls. These have the rest of the bound to themselves: nothing else
/// says how a call ended.
const OTHERS_BYTES_MAX: usize = REPORTS_BYTES_MAX / 8 * 7;

#[derive(Debug)]
struct Kept {
    caller: Option<Digest>,
    json: Vec<u8>,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.json.len() + OVERHEAD_BYTES
    }
}

/// What is under way to the server.
#[derive(Clone, Copy, Debug)]
struct Out {
    reports: usize,
    gap: Gap,
}

/// The waiting reports of one VM, each already written as JSON.
#[derive(Debug)]
pub struct Waiting {
    queue: VecDeque<Kept>,
    bytes: usize,
    callers: BTreeMap<Digest, usize>,
    out: Option<Out>,
    /// Most reports of the next batch.
    size: usize,
    gap: Gap,
    lost: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            callers: BTreeMap::new(),
            out: None,
            size: REPORTS_MAX,
            gap: Gap::default(),
            lost: 0,
        }
    }
}

impl Waiting {
    /// Takes one report about an exchange of this caller.
    pub fn push(&mut self, caller: Option<Digest>, report: &Report) {
        let Ok(json) = serde_json::to_vec(report) else {
            return self.lose();
        };
        let kept = Kept { caller, json };
        let room = match report {
            Report::Outcome(_) => REPORTS_BYTES_MAX,
            Report::Refusal(_) | Report::Redactions(_) => OTHERS_BYTES_MAX,
        };
        let bytes = kept.bytes();
        if kept.json.len() > REPORT_BYTES_MAX || self.bytes.saturating_add(bytes) > room {
            return self.lose();
        }
        self.bytes += bytes;
        if let Some(caller) = caller {
            *self.callers.entry(caller).or_default() += bytes;
        }
        self.queue.push_back(kept);
    }

    /// Whether so many reports of this caller wait that there must not be more.
    #[must_use]
    pub fn is_pressed(&self, caller: Option<Digest>) -> bool {
        let own = caller
            .and_then(|caller| self.callers.get(&caller))
            .copied()
            .unwrap_or(0);
        let left = OTHERS_BYTES_MAX.saturating_sub(self.bytes) / 4;
        own > left.clamp(CALLER_BYTES_MIN, CALLER_REPORTS_BYTES_MAX)
    }

    /// A message of a caller is refused without a report.
    pub const fn turn_away(&mut self) {
        self.gap.turned_away = self.gap.turned_away.saturating_add(1);
    }

    /// The body of the next batch, unless one is out or nothing waits.
    #[must_use]
    pub fn batch(&mut self) -> Option<Vec<u8>> {
        if self.out.is_some() || (self.queue.is_empty() && self.gap.is_none()) {
            return None;
        }
        let mut body = b"{\"reports\":[".to_vec();
        let mut reports = 0;
        for kept in self.queue.iter().take(self.size) {
            if reports > 0 && body.len() + kept.json.len() > BATCH_BYTES_MAX {
                break;
            }
            if reports > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&kept.json);
            reports += 1;
        }
        let gap = self.gap;
        let Gap { lost, turned_away } = gap;
        let tail = format!("],\"gap\":{{\"lost\":{lost},\"turned_away\":{turned_away}}}}}");
        body.extend_from_slice(if gap.is_none() {
            b"]}"
        } else {
            tail.as_bytes()
        });
        self.out = Some(Out { reports, gap });
        Some(body)
    }

    /// The server has the batch on disk.
    pub fn accepted(&mut self) {
        let Some(Out { reports, gap }) = self.out.take() else {
            return;
        };
        (0..reports).for_each(|_| drop(self.pop()));
        self.gap.lost = self.gap.lost.saturating_sub(gap.lost);
        self.gap.turned_away = self.gap.turned_away.saturating_sub(gap.turned_away);
        self.size = self.size.saturating_mul(2).min(REPORTS_MAX);
    }

    /// The server did not take the batch; it waits again.
    pub fn returned(&mut self) {
        self.out = None;
    }

    /// The server cannot read the batch. Half of it is tried next; a report that is alone is dropped.
    pub fn unreadable(&mut self) {
        match self.out.take() {
            Some(Out { reports: 1, .. }) => {
                drop(self.pop());
                self.lose();
            }
            Some(Out { reports, .. }) => self.size = (reports / 2).max(1),
            None => {}
        }
    }

    /// How many reports were lost so far.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// How many bytes wait.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    const fn lose(&mut self) {
        self.lost = self.lost.saturating_add(1);
        self.gap.lost = self.gap.lost.saturating_add(1);
    }

    fn pop(&mut self) -> Option<Kept> {
        let kept = self.queue.pop_front()?;
        let bytes = kept.bytes();
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(caller) = kept.caller
            && let Some(own) = self.callers.get_mut(&caller)
        {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                self.callers.remove(&caller);
            }
        }
        Some(kept)
    }
}

#[cfg(test)]
mod tests;
