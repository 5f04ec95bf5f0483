//! Pages of lists that were filtered already: many clients of one caller ask for the same.
//!
//! A page is kept for one caller, under what answers are given under, so that nothing that could change it
//! leaves it in force. Deliberately absent: records; each answer has its own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis_core::lists::Page;
use portcullis_core::policies::Policies;
use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::ListQuery;

/// Most bytes of pages that are kept.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most pages that are kept.
const PAGES_MAX: usize = 1_024;

/// A filtered page.
#[derive(Debug)]
pub(super) struct Kept {
    /// What the caller may see.
    pub(super) page: Page,
    /// What it shows of tools: of each, the digest of what policies can know.
    pub(super) shows: Vec<(Name, Digest)>,
    /// The policies that it was filtered by.
    pub(super) policies: Arc<Policies>,
}

impl Kept {
    /// How many bytes it holds, or somewhat more.
    fn bytes(&self) -> usize {
        let shows: usize = self
            .shows
            .iter()
            .map(|(name, _)| name.as_str().len() + 64)
            .sum();
        self.page.result.get().len() + shows + 256
    }
}

/// The pages that were filtered last.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    pages: BTreeMap<Digest, Arc<Kept>>,
    /// The oldest first.
    order: VecDeque<Digest>,
    bytes: usize,
}

/// What names a page: all that it depends on.
pub(super) fn key(query: &ListQuery, epoch: Digest) -> Option<Digest> {
    let caller = serde_json::to_vec(&query.caller).ok()?;
    let (method, _) = query.kind.method_and_member();
    let version = query.protocol_version.as_ref().map(Name::as_str);
    let fields = Fields::of("portcullis/page/v1")
        .field(query.server.as_str().as_bytes())
        .field(&caller)
        .field(method.as_bytes())
        .optional(version.map(str::as_bytes))
        .field(query.digest.as_bytes())
        .field(epoch.as_bytes());
    Some(fields.finish())
}

impl Pages {
    pub(super) fn get(&self, key: Digest) -> Option<Arc<Kept>> {
        self.table().pages.get(&key).cloned()
    }

    /// Keeps a page; the oldest go for it.
    pub(super) fn put(&self, key: Digest, kept: Kept) {
        let mut table = self.table();
        let bytes = kept.bytes();
        if bytes > BYTES_MAX || table.pages.contains_key(&key) {
            return;
        }
        while table.bytes + bytes > BYTES_MAX || table.order.len() >= PAGES_MAX {
            let Some(oldest) = table.order.pop_front() else {
                break;
            };
            let gone = table.pages.remove(&oldest);
            table.bytes -= gone.map_or(0, |gone| gone.bytes());
        }
        table.bytes += bytes;
        table.order.push_back(key);
        table.pages.insert(key, Arc::new(kept));
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
