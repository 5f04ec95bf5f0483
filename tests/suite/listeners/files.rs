//! Files that somebody else planted: in the working folder of `portcullis up`, and where `serve`
//! looks for keys.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use portcullis_tests::parts;
use portcullis_tests::serving::{SECRET, write_private};

use super::{SECTIONS, desk, does_not_serve, ends};

/// A private key of somebody's own making, as `up` stores one.
const PLANTED: &str = r#"{"crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// Runs `up` in a folder, which it must refuse: its words.
fn up_refuses(dir: &Path) -> String {
    let mut command = Command::new(parts::portcullis());
    command.args(["up", "--json", "--upstream", "demo=http://127.0.0.1:1/mcp"]);
    command.arg("--filter").arg(parts::filter());
    command.arg("--envoy").arg(parts::envoy());
    let (code, text) = ends(command.arg("--dir").arg(dir));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains(&dir.display().to_string()) && text.contains("--dir"),
        "{text}"
    );
    text
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn up_uses_no_planted_key_or_folder() {
    let top = tempfile::tempdir().unwrap();
    let run = top.path().join("run");
    fs::create_dir(&run).unwrap();
    let key = run.join("signing-key.json");
    write_private(&key, PLANTED);
    set_mode(&run, 0o777);
    assert!(up_refuses(&run).contains("open to others"));
    assert!(
        !run.join("jwks.json").exists(),
        "nothing is written into it"
    );
    set_mode(&run, 0o770);
    assert!(up_refuses(&run).contains("written by others"));
    set_mode(&run, 0o700);
    set_mode(&key, 0o644);
    assert!(up_refuses(&run).contains("read by others"));
    let elsewhere = top.path().join("elsewhere.json");
    fs::rename(&key, &elsewhere).unwrap();
    set_mode(&elsewhere, 0o600);
    symlink(&elsewhere, &key).unwrap();
    assert!(up_refuses(&run).contains("symbolic link"));
    fs::remove_file(&key).unwrap();
    fs::hard_link(&elsewhere, &key).unwrap();
    assert!(up_refuses(&run).contains("2 names"));
    fs::remove_file(&elsewhere).unwrap();
    // Another user's, where this test may make such: the judgement itself has a test without.
    if chown(&key, Some(somebody_else()), None).is_ok() {
        assert!(up_refuses(&run).contains("belongs to user 655"));
        fs::remove_file(&key).unwrap();
        chown(&run, Some(somebody_else()), None).unwrap();
        assert!(up_refuses(&run).contains("belongs to user 655"));
    }
}

#[test]
fn a_token_is_not_made_with_a_planted_key() {
    let top = tempfile::tempdir().unwrap();
    let state = r#"{"port":1,"admin_port":2,"issuer":"http://127.0.0.1:1","audiences":["a"]}"#;
    write_private(&top.path().join("run.json"), state);
    write_private(&top.path().join("signing-key.json"), PLANTED);
    let token = || {
        let mut command = Command::new(parts::portcullis());
        command
            .args(["token", "--user", "a:b", "--dir"])
            .arg(top.path());
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(token().0, Some(0), "{}", token().1);
    for mode in [0o777, 0o770, 0o702] {
        set_mode(top.path(), mode);
        let (code, why) = token();
        assert_eq!(code, Some(1), "{why}");
        assert!(why.contains("others"), "{why}");
    }
    set_mode(top.path(), 0o700);
    set_mode(&top.path().join("signing-key.json"), 0o640);
    assert!(token().1.contains("read by others"));
}

#[test]
fn serve_takes_no_foreign_or_open_key_file() {
    let folder = desk();
    let path = |name: &str| folder.path().join(name);
    write_private(&path("secret"), SECRET);
    write_private(&path("key"), &"8".repeat(64));
    let config = format!(
        "data = {{ listen = \"127.0.0.1:0\", secret_file = \"secret\" }}\n\
         admin = {{ listen = \"127.0.0.2:0\" }}\n{SECTIONS}redaction = {{ key_file = \"key\" }}\n"
    );
    let refused = |wanted: &str, field: &str| {
        let (code, why) = does_not_serve(folder.path(), &config);
        assert_eq!(code, Some(64), "{why}");
        assert!(why.contains(wanted) && why.contains(field), "{why}");
        assert!(!why.contains(SECRET) && !why.contains("8888"), "{why}");
    };
    for (name, field) in [
        ("secret", "data.secret_file"),
        ("key", "redaction.key_file"),
    ] {
        for (mode, wanted) in [(0o644, "read by others"), (0o606, "written by others")] {
            set_mode(&path(name), mode);
            refused(wanted, field);
        }
        set_mode(&path(name), 0o600);
        if chown(path(name), Some(somebody_else()), None).is_ok() {
            refused("belongs to user 655", field);
            chown(
                path(name),
                Some(fs::metadata(folder.path()).map(|m| owner(&m)).unwrap()),
                None,
            )
            .unwrap();
        }
        // By way of a folder in which everybody may put another.
        let open = path("open");
        fs::create_dir(&open).unwrap();
        fs::rename(path(name), open.join(name)).unwrap();
        symlink(format!("open/{name}"), path(name)).unwrap();
        set_mode(&open, 0o777);
        refused("open to others", field);
        fs::remove_file(path(name)).unwrap();
        fs::rename(open.join(name), path(name)).unwrap();
        fs::remove_dir(&open).unwrap();
    }
    fs::write(path("target"), "").unwrap();
    symlink("target", path("audit.db")).unwrap();
    let (code, why) = does_not_serve(folder.path(), &config);
    assert_eq!(code, Some(71), "{why}");
    assert!(
        why.contains("audit.db") && why.contains("symbolic link"),
        "{why}"
    );
}

/// A user that this test does not run as.
fn somebody_else() -> u32 {
    let own = tempfile::tempdir().unwrap();
    match owner(&fs::metadata(own.path()).unwrap()) {
        65_534 => 65_533,
        _ => 65_534,
    }
}

fn owner(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(metadata)
}

/// As Kubernetes mounts a Secret: the file is a link to a link, owned by root or us.
#[test]
fn mounted_secrets_are_read_through_their_links() {
    let folder = desk();
    let mount = folder.path().join("mounted");
    fs::create_dir_all(mount.join("..2026")).unwrap();
    write_private(&mount.join("..2026/secret"), SECRET);
    set_mode(&mount.join("..2026/secret"), 0o400);
    symlink("..2026", mount.join("..data")).unwrap();
    symlink("..data/secret", mount.join("secret")).unwrap();
    set_mode(&mount, 0o1777);
    let config = folder.path().join("portcullis.toml");
    let text = format!(
        "data = {{ listen = \"127.0.0.1:0\", secret_file = \"mounted/secret\" }}\n\
         admin = {{ listen = \"127.0.0.2:0\" }}\n{SECTIONS}"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(parts::portcullis());
    let output = command
        .args(["config", "check", "--config"])
        .arg(&config)
        .output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
