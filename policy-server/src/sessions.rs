//! Who owns which session of the handshake era.
//!
//! A session belongs to the issuer and subject that opened it, for good. Deliberately absent: the
//! session ids themselves; only their digests come here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{Caller, ServerName};
use portcullis_protocol::wire::Standing;

use crate::store::SessionRow;

/// Most sessions of one caller; one more takes the place of the one unused the longest.
pub const SESSIONS_PER_CALLER_MAX: usize = 1_024;

#[derive(Debug)]
struct Session {
    owner: Digest,
    server: ServerName,
    used_us: AtomicI64,
}

/// All open sessions.
#[derive(Debug, Default)]
pub struct Sessions(RwLock<BTreeMap<Digest, Session>>);

/// The digest of an owner: issuer and subject, whatever the roles and the agent.
#[must_use]
pub fn owner(caller: &Caller) -> Digest {
    Fields::of("portcullis/owner/v1")
        .field(caller.issuer.as_str().as_bytes())
        .field(caller.subject.as_str().as_bytes())
        .finish()
}

impl Sessions {
    /// The sessions of a former run.
    #[must_use]
    pub fn restored(rows: Vec<SessionRow>) -> Self {
        let session = |row: SessionRow| {
            let used_us = AtomicI64::new(row.opened_us);
            (
                row.session,
                Session {
                    owner: row.owner,
                    server: row.server,
                    used_us,
                },
            )
        };
        Self(RwLock::new(rows.into_iter().map(session).collect()))
    }

    /// Whose session this is, and that it is in use.
    #[must_use]
    pub fn standing(
        &self,
        session: Digest,
        server: &ServerName,
        caller: &Caller,
        now_us: i64,
    ) -> Standing {
        let sessions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match sessions.get(&session) {
            Some(known) if known.owner == owner(caller) && known.server == *server => {
                known.used_us.store(now_us, Ordering::Relaxed);
                Standing::Own
            }
            _ => Standing::Unknown,
        }
    }

    /// Whether anybody has this session.
    #[must_use]
    pub fn is_taken(&self, session: Digest) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&session)
    }

    /// The session that makes room for one more of this owner, if there is no room.
    #[must_use]
    pub fn to_make_room(&self, owner: Digest) -> Option<Digest> {
        let sessions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut own: Vec<(i64, Digest)> = sessions
            .iter()
            .filter(|(_, session)| session.owner == owner)
            .map(|(digest, session)| (session.used_us.load(Ordering::Relaxed), *digest))
            .collect();
        own.sort_unstable();
        own.first()
            .filter(|_| own.len() >= SESSIONS_PER_CALLER_MAX)
            .map(|(_, digest)| *digest)
    }

    /// Takes a session over that was recorded as opened.
    pub fn open(&self, row: SessionRow, instead: Option<Digest>) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(instead) = instead {
            sessions.remove(&instead);
        }
        let used_us = AtomicI64::new(row.opened_us);
        let session = Session {
            owner: row.owner,
            server: row.server,
            used_us,
        };
        sessions.entry(row.session).or_insert(session);
    }

    /// Forgets a session that was recorded as closed.
    pub fn close(&self, session: Digest) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_protocol::names::Name;

    fn caller(subject: &str) -> Caller {
        let name = |text| Name::parse(text).unwrap();
        Caller {
            issuer: name("iss"),
            subject: name(subject),
            roles: Vec::new(),
            agent: None,
        }
    }

    fn row(id: &[u8], owner_name: &str, opened_us: i64) -> SessionRow {
        let owner = owner(&caller(owner_name));
        let server = ServerName::parse("demo").unwrap();
        SessionRow {
            session: Digest::of(id),
            owner,
            server,
            opened_us,
        }
    }

    #[test]
    fn a_session_is_never_owned_anew() {
        let sessions = Sessions::default();
        let demo = ServerName::parse("demo").unwrap();
        sessions.open(row(b"s", "alice", 1), None);
        sessions.open(row(b"s", "bob", 2), None);
        let standing = |who, server| sessions.standing(Digest::of(b"s"), server, &caller(who), 3);
        assert_eq!(standing("alice", &demo), Standing::Own);
        assert_eq!(standing("bob", &demo), Standing::Unknown);
        let other = ServerName::parse("other").unwrap();
        assert_eq!(standing("alice", &other), Standing::Unknown);
        sessions.close(Digest::of(b"s"));
        assert_eq!(standing("alice", &demo), Standing::Unknown);
    }

    #[test]
    fn the_longest_unused_makes_room() {
        let count = SESSIONS_PER_CALLER_MAX as i64;
        let rows = (0..count)
            .map(|n| row(&n.to_be_bytes(), "alice", n))
            .collect();
        let sessions = Sessions::restored(rows);
        let alice = owner(&caller("alice"));
        assert_eq!(
            sessions.to_make_room(alice),
            Some(Digest::of(&0_i64.to_be_bytes()))
        );
        assert_eq!(sessions.to_make_room(owner(&caller("bob"))), None);
    }
}
