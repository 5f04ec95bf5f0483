//! Folders as editors leave them.

use portcullis_core::policies::Known;

use super::*;

const GOOD: &str = "permit (principal, action, resource);";

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn only_policy_files_count() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        Policies::load(Arc::new(read(folder.path()).unwrap()), &Registry::default())
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
        Policies::load(Arc::new(read(folder.path()).unwrap()), &Registry::default())
            .unwrap()
            .files(),
        1
    );
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
fn names_are_read_where_they_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    assert_eq!(names::read(folder.path()), (Known::default(), Vec::new()));
    write("roles.toml", "roles = [\"a\", \"b\"]\ngroups = []\n");
    std::fs::create_dir(folder.path().join("tools")).unwrap();
    write(
        "tools/pay.json",
        r#"{"tools": [{"name": "refund", "title": "x"}]}"#,
    );
    write("tools/readme.md", "no list");
    let (known, problems) = names::read(folder.path());
    assert_eq!(problems, []);
    assert_eq!(known.roles.unwrap().len(), 2);
    assert!(known.groups.unwrap().is_empty());
    assert_eq!(known.servers, None);
    assert!(known.tools["pay"].contains("refund"));

    write("roles.toml", "roles = [1]\n");
    write("tools/pay.json", "[]");
    let (known, problems) = names::read(folder.path());
    assert_eq!(known, Known::default());
    let files: Vec<&str> = problems
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    assert_eq!(files, ["roles.toml", "tools/pay.json"]);
}

#[test]
fn lints_do_not_keep_a_set_from_force() {
    let folder = tempfile::tempdir().unwrap();
    let twice = "permit (principal, action in Mcp::Action::\"read\", resource);\n".repeat(2);
    std::fs::write(folder.path().join("a.cedar"), twice).unwrap();
    let sources = read(folder.path()).unwrap();
    let library = Library::new(folder.path().to_owned(), Registry::default());
    assert!(matches!(library.look(&mut None), News::Policies(_)));
    let found = lints(folder.path(), &sources, &Policies::load(&sources).unwrap());
    assert_eq!(found[0].code, Code::LintDuplicatePolicy);
}
