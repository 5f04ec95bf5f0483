//! Folders as editors leave them.

mod bundles;

use portcullis_protocol::digest::Digest;

use super::*;

const GOOD: &str = "permit (principal, action, resource);";

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn only_policy_files_count() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        Policies::load(read_folder(folder.path()).unwrap(), &Registry::default())
            .unwrap()
            .files(),
        0
    );
    write(folder.path(), "a.cedar", GOOD);
    for ignored in [".a.cedar.swp", ".b.cedar", "a.cedar~", "README.md", "4913"] {
        write(folder.path(), ignored, "no policy");
    }
    std::fs::create_dir(folder.path().join("c.cedar")).unwrap();
    assert_eq!(
        Policies::load(read_folder(folder.path()).unwrap(), &Registry::default())
            .unwrap()
            .files(),
        1
    );
}

#[test]
fn what_belongs_to_a_set_is_read_by_its_relative_name() {
    let folder = tempfile::tempdir().unwrap();
    let digest = || -> Digest { read_folder(folder.path()).unwrap().digest() };
    std::fs::create_dir_all(folder.path().join("tools/deeper.json")).unwrap();
    std::fs::create_dir(folder.path().join("cases")).unwrap();
    let mut before = digest();
    for counted in [
        "a.cedar",
        "b.rego",
        "bundle.toml",
        "tags.toml",
        "tools/github.json",
    ] {
        write(folder.path(), counted, "");
        assert_ne!(digest(), before, "{counted}");
        before = digest();
        write(folder.path(), counted, " ");
        assert_ne!(digest(), before, "{counted}");
        before = digest();
    }
    for ignored in [
        "cases/a.cedar",
        "tools/a.cedar",
        "tools/.github.json.swp",
        "tools/.b.json",
        "a.json",
        "other.toml",
    ] {
        write(folder.path(), ignored, "");
        assert_eq!(digest(), before, "{ignored}");
    }
    let other = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", other.path().join("tools")).unwrap();
    assert!(read_folder(other.path()).is_err(), "a link to nowhere");
    let sources = read_folder(folder.path()).unwrap();
    assert_eq!(sources.text("tools/github.json"), Some(" "));
    let names: Vec<&str> = sources.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn the_last_good_set_stays() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::new(
        Origin::Folder(folder.path().to_owned()),
        Registry::default(),
    );
    let mut seen = None;
    write(folder.path(), "a.cedar", GOOD);
    let News::Policies(first) = library.look(&mut seen) else {
        panic!()
    };
    library.adopt(first.clone());
    assert!(matches!(library.look(&mut seen), News::None));
    write(folder.path(), "a.cedar", "permit (principal, act");
    let News::Broken(error) = library.look(&mut seen) else {
        panic!()
    };
    library.keep(error.to_string());
    assert!(
        matches!(library.look(&mut seen), News::None),
        "a broken folder is reported once"
    );
    let state = library.state();
    assert_eq!(state.policies.as_ref().unwrap().digest(), first.digest());
    assert!(state.error.as_ref().unwrap().starts_with("a.cedar:1:"));
    write(folder.path(), "a.cedar", GOOD);
    let News::Policies(healed) = library.look(&mut seen) else {
        panic!()
    };
    library.adopt(healed);
    assert_eq!(library.state().error, None);
}

#[test]
fn handles_need_a_key() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "redaction.toml", "mode = \"tokenize\"");
    let library = || {
        Library::new(
            Origin::Folder(folder.path().to_owned()),
            Registry::default(),
        )
    };
    let News::Broken(error) = library().look(&mut None) else {
        panic!()
    };
    let text = error.to_string();
    assert!(
        text.starts_with("redaction.toml: error: `tokenize`"),
        "{text}"
    );
    assert!(text.contains("redaction.key_file"), "{text}");
    let with = library().with(Handles::Possible).look(&mut None);
    assert!(matches!(with, News::Policies(_)));
}

#[test]
fn policies_that_everybody_can_write_are_not_in_force() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let file = folder.path().join("a.cedar");
    std::fs::write(&file, "@id(\"a\") permit (principal, action, resource);").unwrap();
    std::fs::write(tools.join("demo.json"), "{\"tools\":[]}").unwrap();
    let set_mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, open, closed) in [
        (folder.path(), 0o777, 0o755),
        (folder.path(), 0o1777, 0o755),
        (&tools, 0o777, 0o755),
        (&file, 0o646, 0o644),
        (&tools.join("demo.json"), 0o666, 0o664),
    ] {
        set_mode(path, open);
        let library = Library::new(
            Origin::Folder(folder.path().to_owned()),
            Registry::default(),
        );
        let mut seen = None;
        let News::Broken(error) = library.look(&mut seen) else {
            panic!("{path:?} is open")
        };
        let why = error.to_string();
        assert!(
            why.contains("written by others") && why.contains("chmod"),
            "{why}"
        );
        set_mode(path, closed);
        assert!(
            matches!(library.look(&mut seen), News::Policies(_)),
            "it heals"
        );
    }
}

#[test]
fn a_missing_folder_is_an_error_that_heals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later");
    let library = Library::new(Origin::Folder(path.clone()), Registry::default());
    let mut seen = None;
    assert!(matches!(
        library.look(&mut seen),
        News::Broken(FolderError::Read { .. })
    ));
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(library.look(&mut seen), News::Policies(_)));
}

#[test]
fn lints_do_not_keep_a_set_from_force() {
    let folder = tempfile::tempdir().unwrap();
    let twice = "permit (principal, action in Mcp::Action::\"read\", resource);\n".repeat(2);
    std::fs::write(folder.path().join("a.cedar"), twice).unwrap();
    let library = Library::new(
        Origin::Folder(folder.path().to_owned()),
        Registry::default(),
    );
    let News::Policies(policies) = library.look(&mut None) else {
        panic!()
    };
    let found = policies.lints();
    assert_eq!(found[0].code, Code::LintDuplicatePolicy);
}

#[test]
fn tool_lists_and_tags_count_and_other_folders_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let list = r#"{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}"#;
    for inside in ["tools", "notes", "tools/old.json"] {
        std::fs::create_dir(folder.path().join(inside)).unwrap();
    }
    write(folder.path(), "tools/demo.json", list);
    write(folder.path(), "tags.toml", "[demo]\necho = [\"harmless\"]");
    for ignored in ["tools/.demo.json.swp", "tools/README.md", "notes/x.json"] {
        write(folder.path(), ignored, "no list");
    }
    let policies =
        Policies::load(read_folder(folder.path()).unwrap(), &Registry::default()).unwrap();
    let (server, tool) = policies.catalogue().tools().next().unwrap();
    assert_eq!((server.as_str(), tool.name.as_str()), ("demo", "echo"));
    assert_eq!(tool.tags, ["harmless"]);
    write(folder.path(), "tools/demo.json", "{");
    let error = Policies::load(read_folder(folder.path()).unwrap(), &Registry::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("tools/demo.json:1:"), "{error}");
}
