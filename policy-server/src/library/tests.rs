//! Folders as editors leave them.

use super::*;

const GOOD: &str = "permit (principal, action, resource);";

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn only_policy_files_count() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(folder.path()).unwrap().files(), 0);
    write(folder.path(), "a.cedar", GOOD);
    for ignored in [".a.cedar.swp", ".b.cedar", "a.cedar~", "README.md", "4913"] {
        write(folder.path(), ignored, "no policy");
    }
    std::fs::create_dir(folder.path().join("c.cedar")).unwrap();
    assert_eq!(load(folder.path()).unwrap().files(), 1);
}

#[test]
fn the_last_good_set_stays() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::new(folder.path().to_owned(), Registry::default());
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
fn a_missing_folder_is_an_error_that_heals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later");
    let library = Library::new(path.clone(), Registry::default());
    let mut seen = None;
    assert!(matches!(
        library.look(&mut seen),
        News::Broken(FolderError::Read { .. })
    ));
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(library.look(&mut seen), News::Policies(_)));
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
    let policies = load(folder.path()).unwrap();
    let (server, tool) = policies.catalogue().tools().next().unwrap();
    assert_eq!((server.as_str(), tool.name.as_str()), ("demo", "echo"));
    assert_eq!(tool.tags, ["harmless"]);
    write(folder.path(), "tools/demo.json", "{");
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("tools/demo.json:1:"), "{error}");
}
