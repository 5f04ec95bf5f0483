//! Which listeners start, under which names, and which do not.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn data(text: &str, folder: &Path) -> Result<(Listening, Proof), ListenerError> {
    toml::from_str::<RawData>(text).unwrap().resolve(folder)
}

fn with_secrets(text: &str, mode: u32) -> Result<Proof, ListenerError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let listen = "listen = \"127.0.0.1:0\"\nsecret_file = \"secret\"";
    data(listen, folder.path()).map(|(_, proof)| proof)
}

#[test]
fn tcp_without_a_secret_is_no_data_listener() {
    let here = Path::new("/nowhere");
    for listen in ["127.0.0.1:0", "[::1]:9191", "127.0.0.2:1"] {
        let error = data(&format!("listen = {listen:?}"), here).unwrap_err();
        assert!(matches!(error, ListenerError::NoSecret), "{error}");
        assert!(
            error.to_string().contains("openssl rand -hex 32"),
            "{error}"
        );
    }
    let remote = "listen = \"0.0.0.0:1\"\nallow_remote = true";
    assert!(matches!(data(remote, here), Err(ListenerError::NoSecret)));
    let (listening, proof) = data("listen = \"unix:a.sock\"", here).unwrap();
    assert_eq!(listening.address.to_string(), "unix:/nowhere/a.sock");
    assert!(matches!(proof, Proof::SocketMode));
}

#[test]
fn each_line_of_the_file_counts_and_nothing_else() {
    let old = SECRET.to_uppercase();
    let Ok(Proof::Secret(secrets)) = with_secrets(&format!("{SECRET}\r\n\n{old}\n"), 0o600) else {
        panic!("two secrets")
    };
    assert!(secrets.has(SECRET.as_bytes()) && secrets.has(old.as_bytes()));
    for other in [
        "",
        SECRET.get(1..).unwrap(),
        &format!("{SECRET}0"),
        &SECRET.replace('0', "1"),
    ] {
        assert!(!secrets.has(other.as_bytes()), "{other}");
    }
    assert!(!format!("{secrets:?}").contains("0123"));
}

#[test]
fn a_file_that_holds_no_secret_or_is_open_is_refused_without_quoting_it() {
    for (text, mode, wanted) in [
        ("", 0o600, "one to 4 secrets"),
        ("\n \n", 0o600, "one to 4 secrets"),
        ("hunter2\n", 0o600, "32 to 512 visible"),
        (&format!("{SECRET}\nhunter2"), 0o600, "32 to 512 visible"),
        (&format!("hunter2 {SECRET}"), 0o600, "32 to 512 visible"),
        (&format!("{SECRET}\n").repeat(5), 0o600, "one to 4 secrets"),
        (&"hunter2".repeat(400), 0o600, "longer than"),
        (SECRET, 0o644, "read by others"),
        (SECRET, 0o620, "written by others"),
    ] {
        let error = with_secrets(text, mode).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(error.contains("data.secret_file"), "{error}");
        assert!(
            !error.contains("hunter2") && !error.contains("0123"),
            "{error}"
        );
    }
}

#[test]
fn names_are_hosts_and_no_urls() {
    let admin = |hosts: &str| {
        let text = format!("listen = \"127.0.0.1:0\"\nhosts = [{hosts}]");
        let raw: RawAdmin = toml::from_str(&text).unwrap();
        raw.resolve(Path::new(""))
    };
    assert_eq!(admin("\"a.example\", \"[::1]:1\"").unwrap().hosts.len(), 2);
    for bad in ["http://a", "*", "", "a/b", "a:b", "a b", "*.example"] {
        let error = admin(&format!("{bad:?}")).unwrap_err().to_string();
        assert!(error.contains("`admin.hosts`"), "{error}");
    }
}
