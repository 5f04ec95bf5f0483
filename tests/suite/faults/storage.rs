//! The disk is full, or the database is locked by somebody else.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use portcullis_tests::apart::{Apart, Start};

use crate::world::POLICIES;

/// Gives the program a small file system of its own for the database, and leaves the rest alone.
const SMALL_DISK: &str = r#"exec unshare --user --map-root-user --mount sh -c '
    mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"' "$DISK" "$@""#;

#[test]
fn a_full_disk_denies_and_heals() {
    let disk = tempfile::tempdir().unwrap();
    let shell = format!("DISK='{}'; {SMALL_DISK}", disk.path().display());
    let apart = Apart::with(POLICIES, Start::By(&shell), |run| {
        database_in(run, disk.path())
    });
    apart.heals("before");
    let inside = format!("/proc/{}/root{}", apart.server_id(), disk.path().display());
    let filler = Path::new(&inside).join("filler");
    fill(&filler);
    let text = apart.refused("full");
    assert!(text.contains("Temporarily unavailable"), "{text}");
    assert_eq!(apart.admin("/readyz").status, 503);
    std::fs::remove_file(&filler).unwrap();
    apart.heals("after");
}

fn database_in(run: &Path, disk: &Path) {
    let file = run.join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let old = format!("{}", run.join("portcullis.db").display());
    assert!(
        text.contains(&old),
        "the configuration names no database:\n{text}"
    );
    std::fs::write(
        &file,
        text.replace(&old, &format!("{}", disk.join("audit.db").display())),
    )
    .unwrap();
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let block = [0_u8; 512];
    while file.write_all(&block).is_ok() {}
}

/// Holds the write lock of the database until its input ends.
const LOCK: &str = r"
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.read()
connection.execute('ROLLBACK')
";

#[test]
fn a_locked_database_denies_and_heals() {
    let apart = Apart::start(POLICIES);
    apart.heals("before");
    let mut holder = Command::new("python3")
        .args(["-c", LOCK])
        .arg(apart.database())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut line = String::new();
    let output = holder.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
    assert_eq!(line, "locked\n");
    let text = apart.refused("locked");
    assert!(text.contains("Temporarily unavailable"), "{text}");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    apart.heals("after");
    assert!(apart.portcullis(&["audit", "verify"]).contains("ok"));
}

#[test]
fn a_second_server_on_the_same_log_does_not_start() {
    let apart = Apart::start(POLICIES);
    let mut command = Command::new(portcullis_tests::parts::portcullis());
    let command = command
        .args(["serve", "--config"])
        .arg(apart.run().join("portcullis.toml"));
    let output = command.output().unwrap();
    assert!(!output.status.success());
    apart.heals("still");
}
