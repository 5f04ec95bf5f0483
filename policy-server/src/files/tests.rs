//! Real files: planted, linked, open to others, and of another user where this test may make one.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use super::*;

/// A user that is not this one.
fn somebody_else() -> u32 {
    match Me::now().uid {
        65_534 => 65_533,
        _ => 65_534,
    }
}

const ALL: [Trust; 5] = [
    Trust::Own,
    Trust::OwnEntry,
    Trust::Database,
    Trust::Secret,
    Trust::Public,
];

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    set_mode(path, mode);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn why(path: &Path, trust: Trust) -> String {
    match read(path, trust, 64) {
        Ok(text) => format!("read {text:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_of_ones_own_is_read_and_one_that_others_write_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    for trust in ALL {
        write(&path, "text", 0o600);
        assert_eq!(why(&path, trust), "read \"text\"");
        for mode in [0o620, 0o602, 0o666, 0o622, 0o777] {
            set_mode(&path, mode);
            if mode == 0o620 && trust == Trust::OwnEntry {
                // Its folder keeps the group out.
                assert_eq!(why(&path, trust), "read \"text\"");
                continue;
            }
            let why = why(&path, trust);
            assert!(why.contains("written by others"), "{trust:?}: {why}");
            assert!(why.contains("chmod") && why.contains("/key"), "{why}");
        }
    }
    for mode in [0o604, 0o640, 0o644, 0o601, 0o610] {
        set_mode(&path, mode);
        assert!(why(&path, Trust::Own).contains("read by others"));
        assert!(why(&path, Trust::Secret).contains("read by others"));
        assert!(why(&path, Trust::Public).starts_with("read "));
    }
}

#[test]
fn links_are_not_followed_in_a_folder_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("key"), folder.path().join("target"));
    write(&target, "text", 0o600);
    symlink(&target, &path).unwrap();
    for trust in [Trust::Own, Trust::OwnEntry, Trust::Database] {
        let why = why(&path, trust);
        assert!(why.contains("symbolic link"), "{why}");
        let appended = append(&path, trust).unwrap_err().to_string();
        assert!(appended.contains("symbolic link"), "{appended}");
    }
    assert!(look(&path, Trust::OwnEntry).is_err());
    // A mounted secret is two links deep.
    for trust in [Trust::Secret, Trust::Public, Trust::Named] {
        assert_eq!(why(&path, trust), "read \"text\"");
    }
    fs::remove_file(&target).unwrap();
    assert!(append(&path, Trust::Own).is_err());
    assert!(!target.exists(), "nothing is made where a link leads");
}

#[test]
fn replacing_writes_through_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a"), folder.path().join("other"));
    write(&other, "mine", 0o644);
    symlink(&other, &path).unwrap();
    symlink(&other, folder.path().join("a.new")).unwrap();
    replace(&path, "new").unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    assert!(look(&path, Trust::Own).is_ok());
    fs::remove_file(&path).unwrap();
    fs::hard_link(&other, &path).unwrap();
    fs::hard_link(&other, folder.path().join("a.new")).unwrap();
    replace(&path, "newer").unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    assert_eq!(why(&path, Trust::Own), "read \"newer\"");
}

#[test]
fn other_names_pipes_folders_and_long_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    write(&path, "text", 0o600);
    fs::hard_link(&path, folder.path().join("other")).unwrap();
    assert!(why(&path, Trust::Own).contains("2 names"));
    assert!(why(&path, Trust::Secret).starts_with("read "));
    fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    for trust in ALL {
        assert!(why(&path, trust).contains("no regular file"), "{trust:?}");
        assert!(append(&path, trust).is_err());
    }
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    set_mode(&inner, 0o700);
    assert!(read(&inner, Trust::Own, 64).is_err());
    let long = folder.path().join("long");
    write(&long, &"x".repeat(65), 0o600);
    assert!(why(&long, Trust::Own).contains("longer than 64"));
    fs::write(&long, [0xff, 0xfe]).unwrap();
    assert!(why(&long, Trust::Own).contains("no UTF-8"));
    let absent = read(&folder.path().join("absent"), Trust::Own, 64).unwrap_err();
    assert!(absent.is_absent());
}

#[test]
fn a_way_that_everybody_can_change_is_not_walked() {
    let top = tempfile::tempdir().unwrap();
    let open = top.path().join("open");
    fs::create_dir(&open).unwrap();
    write(&open.join("key"), "text", 0o600);
    let link = top.path().join("link");
    symlink("open/../open/./key", &link).unwrap();
    for path in [&open.join("key"), &link] {
        set_mode(&open, 0o755);
        assert_eq!(why(path, Trust::Secret), "read \"text\"");
        set_mode(&open, 0o1777);
        assert_eq!(why(path, Trust::Secret), "read \"text\"");
        set_mode(&open, 0o777);
        let why = why(path, Trust::Secret);
        assert!(
            why.contains("open to others") && why.contains("/open"),
            "{why}"
        );
    }
    let round = top.path().join("round");
    symlink("round", &round).unwrap();
    assert!(read(&round, Trust::Secret, 64).is_err());
    assert!(read(&link.join("x"), Trust::Secret, 64).is_err());
}

/// The real thing where this test may give files away, as in a container; whose files count is
/// judged without the system in `judge`.
#[test]
fn what_belongs_to_somebody_else_is_not_used() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("key");
    write(&path, "text", 0o600);
    if chown(&path, Some(somebody_else()), None).is_err() {
        // Not allowed to give files away: then there are files of root's, which are not ours.
        let passwd = Path::new("/etc/passwd");
        assert!(why(passwd, Trust::Own).contains("belongs to user 0"));
        return;
    }
    for trust in ALL {
        let why = why(&path, trust);
        assert!(why.contains("belongs to user 655"), "{trust:?}: {why}");
        assert!(why.contains("chown"), "{why}");
    }
    chown(&path, Some(Me::now().uid), None).unwrap();
    chown(&folder, Some(somebody_else()), None).unwrap();
    for trust in [Trust::Secret, Trust::Public] {
        let why = why(&path, trust);
        assert!(
            why.contains("on the way") && why.contains("belongs to user 655"),
            "{why}"
        );
    }
}
