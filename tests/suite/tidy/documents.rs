//! Rules about documents: the map shows the tree, the threats name tests, the contract is quoted.
//!
//! Where a document is made from the tree, `PORTCULLIS_BLESS=1 cargo test -p portcullis-tests tidy`
//! writes it.

use std::fmt::Write as _;

use super::tree::{Source, root, sources};

/// The rooms of the map, in the order in which a reader walks.
const ROOMS: [&str; 5] = [
    "policy-server/protocol/src/",
    "filter/src/",
    "policy-server/core/src/",
    "policy-server/src/",
    "tests/xtask/src/",
];

#[test]
fn the_map_shows_the_tree() {
    let files = sources(".rs");
    let mut map = String::new();
    for room in ROOMS {
        let _ = writeln!(
            map,
            "\n### `{room}`\n\n| File | What it is |\n| --- | --- |"
        );
        for source in files.iter().filter(|source| source.path.starts_with(room)) {
            let name = source.path.strip_prefix(room).unwrap();
            if name != "lib.rs" && !name.ends_with("tests.rs") && !name.contains("/tests/") {
                let _ = writeln!(map, "| `{name}` | {} |", first_sentence(source));
            }
        }
    }
    in_document("docs/architecture.md", "map", &map);
}

#[test]
fn the_contract_is_quoted() {
    let mut quotes = String::new();
    for source in sources(".json")
        .iter()
        .filter(|source| source.path.starts_with("tests/golden/wire/"))
    {
        let _ = write!(
            quotes,
            "\n`{}`\n\n```json\n{}\n```\n",
            source.path,
            source.text.trim_end()
        );
    }
    in_document("docs/protocol.md", "golden", &quotes);
}

#[test]
fn every_threat_names_a_test() {
    let threats = std::fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let tests: String = sources(".rs")
        .into_iter()
        .map(|source| source.text)
        .collect();
    let rows: Vec<&str> = threats
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Attack"))
        .collect();
    let rows: Vec<&str> = rows
        .into_iter()
        .filter(|line| !line.starts_with("| ---"))
        .collect();
    assert!(
        rows.len() >= 30,
        "the table of threats has {} rows",
        rows.len()
    );
    for row in rows {
        let named = row
            .trim_end_matches('|')
            .rsplit('|')
            .next()
            .unwrap_or_default();
        let names: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test is named: {row}");
        for name in names {
            let function = name.rsplit("::").next().unwrap_or(name);
            assert!(
                tests.contains(&format!("fn {function}(")),
                "there is no test {name}: {row}"
            );
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for source in sources(".md") {
        for link in source
            .text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            let outside = path.is_empty() || path.contains("://");
            let folder = root().join(&source.path).parent().unwrap().to_path_buf();
            if !outside && !folder.join(path).exists() {
                broken.push(format!("{}: {link}", source.path));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links lead nowhere:\n  {}",
        broken.join("\n  ")
    );
}

/// What a file says of itself, up to the first full stop.
fn first_sentence(source: &Source) -> String {
    let doc = source
        .text
        .lines()
        .map_while(|line| line.strip_prefix("//!"));
    let paragraph: Vec<&str> = doc
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = paragraph.join(" ").replace('|', "\\|");
    match paragraph.split_once(". ") {
        Some((sentence, _)) => sentence.to_owned(),
        None => paragraph.trim_end_matches('.').to_owned(),
    }
}

/// Holds a whole file against what it should be, or writes it.
pub(super) fn file_is(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&file, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(
        found, wanted,
        "{path} is out of step; PORTCULLIS_BLESS=1 writes it"
    );
}

/// Holds a part of a document against what it should be, or writes it.
pub(super) fn in_document(path: &str, part: &str, wanted: &str) {
    let file = root().join(path);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (begin, end) = (
        format!("<!-- {part}: begin -->\n"),
        format!("\n<!-- {part}: end -->"),
    );
    let (head, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{path} has no part `{part}`"));
    let (found, tail) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("{path}: `{part}` has no end"));
    if found == wanted {
        return;
    }
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&file, format!("{head}{begin}{wanted}{end}{tail}")).unwrap();
        return;
    }
    panic!("{path}: the part `{part}` is out of step; PORTCULLIS_BLESS=1 writes it");
}
