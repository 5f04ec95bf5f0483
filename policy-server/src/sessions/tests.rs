//! Who gets a session, who never does, and what is forgotten.

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
    let owner = caller(owner_name).owner();
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
    let sessions = Sessions::restored(Vec::new(), Vec::new());
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
    let sessions = Sessions::restored(rows, Vec::new());
    let alice = caller("alice").owner();
    assert_eq!(
        sessions.to_make_room(alice),
        Some(Digest::of(&0_i64.to_be_bytes()))
    );
    assert_eq!(sessions.to_make_room(caller("bob").owner()), None);
}

#[test]
fn a_closed_session_is_nobodys_for_good() {
    let sessions = Sessions::restored(vec![row(b"s", "alice", 1)], vec![Digest::of(b"old")]);
    let demo = ServerName::parse("demo").unwrap();
    sessions.close(Digest::of(b"s"));
    for id in [b"s".as_slice(), b"old"] {
        assert!(sessions.is_taken(Digest::of(id)));
        sessions.open(row(id, "bob", 2), None);
        for who in ["alice", "bob"] {
            let standing = sessions.standing(Digest::of(id), &demo, &caller(who), 3);
            assert_eq!(standing, Standing::Unknown, "{who}");
        }
    }
    sessions.open(row(b"t", "alice", 4), None);
    sessions.open(row(b"u", "alice", 5), Some(Digest::of(b"t")));
    assert!(
        sessions.is_taken(Digest::of(b"t")),
        "one that made room is closed like others"
    );
}

#[test]
fn the_first_end_is_forgotten_first() {
    let mut sessions = Sessions::restored(Vec::new(), Vec::new());
    sessions.closed_max = 2;
    for id in [b"1", b"2"] {
        assert_eq!(sessions.to_forget(), None);
        sessions.close(Digest::of(id));
    }
    assert_eq!(sessions.to_forget(), Some(Digest::of(b"1")));
    sessions.close(Digest::of(b"3"));
    let taken = [b"1", b"2", b"3"].map(|id| sessions.is_taken(Digest::of(id)));
    assert_eq!(taken, [false, true, true]);
}
