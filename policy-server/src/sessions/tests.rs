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
    let sessions = Sessions::restored(Vec::new(), Vec::new(), 0);
    let demo = ServerName::parse("demo").unwrap();
    sessions.open(row(b"s", "alice", 1), &[]);
    sessions.open(row(b"s", "bob", 2), &[]);
    let standing = |who, server| sessions.standing(Digest::of(b"s"), server, &caller(who), 3);
    assert_eq!(standing("alice", &demo), Standing::Own);
    assert_eq!(standing("bob", &demo), Standing::Unknown);
    let other = ServerName::parse("other").unwrap();
    assert_eq!(standing("alice", &other), Standing::Unknown);
    sessions.close(Digest::of(b"s"));
    assert_eq!(standing("alice", &demo), Standing::Unknown);
}

fn id(number: usize) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// Opens so many sessions, one a minute, as the gate does.
fn open_all(sessions: &Sessions, owner: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let row = row(&number.to_be_bytes(), owner, number as i64 * MINUTE_US);
        let ended = sessions.to_end(row.owner, row.opened_us);
        sessions.open(row, &ended);
    }
}

#[test]
fn the_longest_unused_makes_room() {
    let sessions = Sessions::restored(Vec::new(), Vec::new(), 0);
    open_all(&sessions, "alice", 0..SESSIONS_PER_CALLER_MAX);
    let now_us = SESSIONS_PER_CALLER_MAX as i64 * MINUTE_US;
    let alice = caller("alice");
    let demo = ServerName::parse("demo").unwrap();
    assert_eq!(
        sessions.standing(id(0), &demo, &alice, now_us),
        Standing::Own
    );
    assert_eq!(
        sessions.to_end(alice.owner(), now_us),
        [id(1)],
        "0 is in use"
    );
    assert!(sessions.to_end(caller("bob").owner(), now_us).is_empty());
}

#[test]
fn whoever_has_the_most_makes_room_for_all() {
    let mut sessions = Sessions::restored(Vec::new(), Vec::new(), 0);
    sessions.open_max = 200;
    open_all(&sessions, "bob", 0..10);
    open_all(&sessions, "mallory", 10..2_000);
    assert_eq!(sessions.read().open.len(), 200);
    let demo = ServerName::parse("demo").unwrap();
    let now_us = 2_000 * MINUTE_US;
    for number in 0..10 {
        let standing = sessions.standing(id(number), &demo, &caller("bob"), now_us);
        assert_eq!(standing, Standing::Own, "{number}");
    }
    let small = Sessions {
        open_max: 3,
        ..Sessions::restored(Vec::new(), Vec::new(), 0)
    };
    for number in 0..9 {
        open_all(&small, &format!("c{number}"), number..number + 1);
    }
    let open: Vec<Digest> = small.read().open.keys().copied().collect();
    assert!(open.len() == 3 && (6..9).all(|number| open.contains(&id(number))));
    assert_eq!(small.read().owners.len(), 3);
    assert_eq!(small.read().counts.len(), 3);
}

#[test]
fn what_is_not_used_for_a_week_is_over() {
    let sessions = Sessions::restored(Vec::new(), Vec::new(), 0);
    open_all(&sessions, "alice", 0..5);
    let demo = ServerName::parse("demo").unwrap();
    let alice = caller("alice");
    let later_us = (UNUSED_MINUTES_MAX + 3) * MINUTE_US;
    assert_eq!(
        sessions.standing(id(4), &demo, &alice, later_us),
        Standing::Own
    );
    assert_eq!(
        sessions.standing(id(0), &demo, &alice, later_us),
        Standing::Unknown
    );
    let ends = sessions.to_end(caller("bob").owner(), later_us);
    assert_eq!(ends, [id(0), id(1)], "some at a time");
    sessions.open(row(b"b", "bob", later_us), &ends);
    assert_eq!(sessions.read().open.len(), 4);
    let row = row(b"old", "alice", 0);
    let restored = Sessions::restored(vec![row], Vec::new(), later_us);
    let standing = restored.standing(Digest::of(b"old"), &demo, &alice, later_us);
    assert_eq!(standing, Standing::Own, "after a restart all count as used");
}

fn taken(sessions: &Sessions, id: &[u8], owner: &str) -> bool {
    let demo = ServerName::parse("demo").unwrap();
    sessions.is_taken(Digest::of(id), &demo, caller(owner).owner())
}

#[test]
fn a_closed_session_is_nobody_elses_for_good() {
    let sessions = Sessions::restored(
        vec![row(b"s", "alice", 1)],
        vec![row(b"old", "alice", 1)],
        0,
    );
    let demo = ServerName::parse("demo").unwrap();
    let standing = |id: &[u8], who: &str| sessions.standing(Digest::of(id), &demo, &caller(who), 3);
    sessions.close(Digest::of(b"s"));
    for id in [b"s".as_slice(), b"old"] {
        assert!(taken(&sessions, id, "bob") && !taken(&sessions, id, "alice"));
        sessions.open(row(id, "bob", 2), &[]);
        assert_eq!(
            [standing(id, "alice"), standing(id, "bob")],
            [Standing::Unknown; 2]
        );
        // A server that names sessions after users gives its owner the same one again.
        sessions.open(row(id, "alice", 3), &[]);
        assert_eq!(standing(id, "alice"), Standing::Own);
        assert_eq!(standing(id, "bob"), Standing::Unknown);
        sessions.close(Digest::of(id));
        assert_eq!(standing(id, "alice"), Standing::Unknown);
    }
    sessions.open(row(b"t", "alice", 4), &[]);
    sessions.open(row(b"u", "alice", 5), &[Digest::of(b"t")]);
    assert!(
        taken(&sessions, b"t", "bob"),
        "one that made room is closed like others"
    );
}

#[test]
fn the_first_end_is_forgotten_first() {
    let mut sessions = Sessions::restored(Vec::new(), Vec::new(), 0);
    sessions.closed_max = 2;
    for id in [b"1", b"2", b"3"] {
        sessions.open(row(id, "alice", 1), &[]);
    }
    for id in [b"1", b"2"] {
        assert!(sessions.to_forget(1).is_empty());
        sessions.close(Digest::of(id));
    }
    assert_eq!(sessions.to_forget(1), [Digest::of(b"1")]);
    sessions.close(Digest::of(b"3"));
    let taken = [b"1", b"2", b"3"].map(|id| taken(&sessions, id, "bob"));
    assert_eq!(taken, [false, true, true]);
}
