//! Who owns which session of the handshake era.
//!
//! A session belongs to the issuer and subject that opened it, for good: once closed it is nobody's,
//! and stays known so that it is never opened for somebody else. Its owner may open it again, as a server
//! that names sessions after users has it. Deliberately absent: the session ids
//! themselves; only their digests come here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{Caller, ServerName};
use portcullis_protocol::wire::Standing;

use crate::store::SessionRow;

/// Most sessions of one caller; one more takes the place of the one unused the longest.
pub const SESSIONS_PER_CALLER_MAX: usize = 1_024;

/// Most open sessions of all callers, some 50 MB of them. One more takes the place of another: of the caller
/// that has the most, if that is more than [`FAIR_SHARE`], or else of the one unused the longest.
pub const SESSIONS_MAX: usize = 100_000;

/// How many sessions a caller has for good while others have fewer.
const FAIR_SHARE: usize = 64;

/// How long a session may be unused, in minutes: a week. Then it is over, which its client learns by a 404
/// and mends by a new one (MCP 2025-11-25, transports, session management).
const UNUSED_MINUTES_MAX: i64 = 7 * 24 * 60;

/// Most sessions that end when one is opened: its place, and one more so that unused ones end in time.
const ENDS_MAX: usize = 2;

const MINUTE_US: i64 = 60_000_000;

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
    /// When it was used last, in minutes since 1970.
    used: i64,
}

/// A session's owner and server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Whose {
    owner: Digest,
    server: ServerName,
}

/// Sessions by the minute of their last use.
type Unused = BTreeSet<(i64, Digest)>;

#[derive(Debug, Default)]
struct Table {
    open: BTreeMap<Digest, Session>,
    unused: Unused,
    owners: BTreeMap<Digest, Unused>,
    /// Owners by the number of their sessions.
    counts: BTreeSet<(usize, Digest)>,
    /// The closed ones, and whose each was.
    closed: BTreeMap<Digest, Whose>,
    /// The closed ones in the order of their ends.
    ends: VecDeque<Digest>,
    /// How many have ended, those that are forgotten among them.
    ended: u64,
}

impl Table {
    fn add(&mut self, session: Digest, known: Session) {
        if self.open.contains_key(&session) {
            return;
        }
        let whose = self.closed.get(&session);
        if whose.is_some_and(|whose| whose.owner != known.owner || whose.server != known.server) {
            return;
        }
        if self.closed.remove(&session).is_some() {
            self.ends.retain(|ended| *ended != session);
        }
        self.unused.insert((known.used, session));
        let own = self.owners.entry(known.owner).or_default();
        self.counts.remove(&(own.len(), known.owner));
        own.insert((known.used, session));
        self.counts.insert((own.len(), known.owner));
        self.open.insert(session, known);
    }

    fn remove(&mut self, session: Digest) -> Option<Session> {
        let known = self.open.remove(&session)?;
        self.unused.remove(&(known.used, session));
        let own = self.owners.entry(known.owner).or_default();
        self.counts.remove(&(own.len(), known.owner));
        own.remove(&(known.used, session));
        match own.len() {
            0 => drop(self.owners.remove(&known.owner)),
            left => drop(self.counts.insert((left, known.owner))),
        }
        Some(known)
    }

    fn close(&mut self, session: Digest, closed_max: usize) {
        if let Some(known) = self.remove(session) {
            let (owner, server) = (known.owner, known.server);
            self.end(session, Whose { owner, server }, closed_max);
        }
    }

    fn end(&mut self, session: Digest, whose: Whose, closed_max: usize) {
        if self.closed.insert(session, whose).is_none() {
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

    /// The session that must end before this owner has one more.
    fn in_the_way(&self, owner: Digest, open_max: usize) -> Option<Digest> {
        let own = self.owners.get(&owner);
        let first = |unused: &Unused| unused.first().map(|(_, session)| *session);
        if own.is_some_and(|own| own.len() >= SESSIONS_PER_CALLER_MAX) {
            return own.and_then(first);
        }
        if self.open.len() < open_max {
            return None;
        }
        let (most, greediest) = self.counts.last()?;
        match self.owners.get(greediest).filter(|_| *most > FAIR_SHARE) {
            Some(theirs) => first(theirs),
            None => first(&self.unused),
        }
    }
}

/// All open sessions, and the ends of the last ones.
#[derive(Debug)]
pub struct Sessions {
    table: RwLock<Table>,
    open_max: usize,
    closed_max: usize,
    /// Tells this run from others, in microseconds since 1970.
    began_us: i64,
}

impl Sessions {
    /// The sessions of a former run, which all count as used now: the open ones, and the closed ones in
    /// the order of their ends.
    #[must_use]
    pub fn restored(open: Vec<SessionRow>, closed: Vec<SessionRow>, now_us: i64) -> Self {
        let mut table = Table::default();
        for row in closed {
            let (owner, server) = (row.owner, row.server);
            table.end(row.session, Whose { owner, server }, CLOSED_MAX);
        }
        for row in open {
            let used = now_us.div_euclid(MINUTE_US);
            let (owner, server) = (row.owner, row.server);
            let known = Session {
                owner,
                server,
                used,
            };
            table.add(row.session, known);
        }
        Self {
            table: RwLock::new(table),
            open_max: SESSIONS_MAX,
            closed_max: CLOSED_MAX,
            began_us: now_us,
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

    /// Whose session this is, and that it is in use. A closed one is nobody's, and so is one that was
    /// not used for too long.
    #[must_use]
    pub fn standing(
        &self,
        session: Digest,
        server: &ServerName,
        caller: &Caller,
        now_us: i64,
    ) -> Standing {
        let now = now_us.div_euclid(MINUTE_US);
        let used = match self.read().open.get(&session) {
            Some(known) if known.owner == caller.owner() && known.server == *server => known.used,
            _ => return Standing::Unknown,
        };
        if now.saturating_sub(used) > UNUSED_MINUTES_MAX {
            return Standing::Unknown;
        }
        if now > used {
            let mut table = self.write();
            if let Some(known) = table.remove(session) {
                table.add(session, Session { used: now, ..known });
            }
        }
        Standing::Own
    }

    /// Whether somebody has this session, or somebody else than this owner had it.
    #[must_use]
    pub fn is_taken(&self, session: Digest, server: &ServerName, owner: Digest) -> bool {
        let table = self.read();
        let other = |whose: &Whose| whose.owner != owner || whose.server != *server;
        table.open.contains_key(&session) || table.closed.get(&session).is_some_and(other)
    }

    /// The sessions that end when this owner gets one more: one that makes room for it, and one that
    /// was not used for too long.
    #[must_use]
    pub fn to_end(&self, owner: Digest, now_us: i64) -> Vec<Digest> {
        let table = self.read();
        let oldest = now_us.div_euclid(MINUTE_US) - UNUSED_MINUTES_MAX;
        let unused = table.unused.iter().take_while(|(used, _)| *used < oldest);
        let mut ends: Vec<Digest> = unused.take(ENDS_MAX).map(|(_, session)| *session).collect();
        if let Some(session) = table.in_the_way(owner, self.open_max)
            && !ends.contains(&session)
        {
            ends.truncate(ENDS_MAX - 1);
            ends.push(session);
        }
        ends
    }

    /// The closed sessions that are forgotten for so many more ends.
    #[must_use]
    pub fn to_forget(&self, ends: usize) -> Vec<Digest> {
        let table = self.read();
        let count = (table.ends.len() + ends).saturating_sub(self.closed_max);
        table.ends.iter().take(count).copied().collect()
    }

    /// Takes a session over that was recorded as opened, and what ended with it.
    pub fn open(&self, row: SessionRow, ended: &[Digest]) {
        let mut table = self.write();
        for session in ended {
            table.close(*session, self.closed_max);
        }
        let used = row.opened_us.div_euclid(MINUTE_US);
        let (owner, server) = (row.owner, row.server);
        let known = Session {
            owner,
            server,
            used,
        };
        table.add(row.session, known);
    }

    /// Takes over that a session was recorded as closed.
    pub fn close(&self, session: Digest) {
        self.write().close(session, self.closed_max);
    }
}

#[cfg(test)]
mod tests;
