//! Who owns which session of the handshake era.
//!
//! A session belongs to the issuer and subject that opened it, for good: once closed it is nobody's,
//! and stays known so that it is never opened for somebody else. Deliberately absent: the session ids
//! themselves; only their digests come here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{Caller, ServerName};
use portcullis_protocol::wire::Standing;

use crate::clock;
use crate::store::SessionRow;

/// Most sessions of one caller; one more takes the place of the one unused the longest.
pub const SESSIONS_PER_CALLER_MAX: usize = 1_024;

/// Most closed sessions that are remembered; beyond it the one closed first is forgotten.
///
/// That is safe enough: session ids are random, so a server gives one out twice only by a mistake or
/// on purpose, and it would have to wait for this many ends first. A filter remembers the owners of
/// far fewer sessions, so what is forgotten here it has most likely forgotten as well.
pub const CLOSED_MAX: usize = 65_536;

#[derive(Debug)]
struct Session {
    owner: Digest,
    server: ServerName,
    used_us: AtomicI64,
}

impl Session {
    fn of(row: SessionRow) -> (Digest, Self) {
        let session = Self {
            owner: row.owner,
            server: row.server,
            used_us: AtomicI64::new(row.opened_us),
        };
        (row.session, session)
    }
}

#[derive(Debug, Default)]
struct Table {
    open: BTreeMap<Digest, Session>,
    closed: BTreeSet<Digest>,
    /// The closed ones in the order of their ends.
    ends: VecDeque<Digest>,
    /// How many have ended, those that are forgotten among them.
    ended: u64,
}

impl Table {
    fn close(&mut self, session: Digest, closed_max: usize) {
        self.open.remove(&session);
        if self.closed.insert(session) {
            self.ends.push_back(session);
            self.ended += 1;
        }
        while self.ends.len() > closed_max {
            let Some(first) = self.ends.pop_front() else {
                break;
            };
            self.closed.remove(&first);
        }
    }
}

/// All open sessions, and the ends of the last ones.
#[derive(Debug)]
pub struct Sessions {
    table: RwLock<Table>,
    closed_max: usize,
    /// Tells this run from others, in microseconds since 1970.
    began_us: i64,
}

impl Sessions {
    /// The sessions of a former run: the open ones, and the closed ones in the order of their ends.
    #[must_use]
    pub fn restored(open: Vec<SessionRow>, closed: Vec<Digest>) -> Self {
        let mut table = Table::default();
        for session in closed {
            table.close(session, CLOSED_MAX);
        }
        table.open = open.into_iter().map(Session::of).collect();
        let table = RwLock::new(table);
        Self {
            table,
            closed_max: CLOSED_MAX,
            began_us: clock::now_us(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the sessions that have ended: another one whenever one more has.
    #[must_use]
    pub fn ends(&self) -> Digest {
        Fields::of("portcullis/ended-sessions/v1")
            .field(&self.began_us.to_be_bytes())
            .field(&self.read().ended.to_be_bytes())
            .finish()
    }

    /// Whose session this is, and that it is in use. A closed one is nobody's.
    #[must_use]
    pub fn standing(
        &self,
        session: Digest,
        server: &ServerName,
        caller: &Caller,
        now_us: i64,
    ) -> Standing {
        match self.read().open.get(&session) {
            Some(known) if known.owner == caller.owner() && known.server == *server => {
                known.used_us.store(now_us, Ordering::Relaxed);
                Standing::Own
            }
            _ => Standing::Unknown,
        }
    }

    /// Whether anybody has or had this session.
    #[must_use]
    pub fn is_taken(&self, session: Digest) -> bool {
        let table = self.read();
        table.open.contains_key(&session) || table.closed.contains(&session)
    }

    /// The session that makes room for one more of this owner, if there is no room.
    #[must_use]
    pub fn to_make_room(&self, owner: Digest) -> Option<Digest> {
        let table = self.read();
        let mut own: Vec<(i64, Digest)> = table
            .open
            .iter()
            .filter(|(_, session)| session.owner == owner)
            .map(|(digest, session)| (session.used_us.load(Ordering::Relaxed), *digest))
            .collect();
        own.sort_unstable();
        own.first()
            .filter(|_| own.len() >= SESSIONS_PER_CALLER_MAX)
            .map(|(_, digest)| *digest)
    }

    /// The closed session that is forgotten for one more end, if there is no room.
    #[must_use]
    pub fn to_forget(&self) -> Option<Digest> {
        let table = self.read();
        let first = table.ends.front().copied();
        first.filter(|_| table.ends.len() >= self.closed_max)
    }

    /// Takes a session over that was recorded as opened.
    pub fn open(&self, row: SessionRow, instead: Option<Digest>) {
        let mut table = self.write();
        if let Some(instead) = instead {
            table.close(instead, self.closed_max);
        }
        let (session, known) = Session::of(row);
        if !table.closed.contains(&session) {
            table.open.entry(session).or_insert(known);
        }
    }

    /// Takes over that a session was recorded as closed.
    pub fn close(&self, session: Digest) {
        self.write().close(session, self.closed_max);
    }
}

#[cfg(test)]
mod tests;
