//! Rules about code: how long, how named, what may be named where.

use super::tree::{Source, sources};

/// Longest file, in lines. Most are far shorter; see [`most_files_are_short`].
const FILE_LINES_MAX: usize = 500;
/// Longest function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// Longest test, in lines: a table of cases is one function.
const TEST_LINES_MAX: usize = 120;
/// Rooms that say nothing about what is in them.
const EMPTY_NAMES: [&str; 7] = [
    "util", "utils", "common", "helpers", "misc", "types", "prelude",
];

fn fails(offenders: &[String], rule: &str) {
    assert!(
        offenders.is_empty(),
        "{rule}:\n  {}",
        offenders.join("\n  ")
    );
}

/// Tests read their cases from files.
fn is_test(source: &Source) -> bool {
    let places = ["tests/suite/", "/tests/", "/tests.rs"];
    places.iter().any(|place| source.path.contains(place))
}

fn offenders(found: impl Fn(&Source) -> bool) -> Vec<String> {
    sources(".rs")
        .into_iter()
        .filter(found)
        .map(|source| source.path)
        .collect()
}

#[test]
fn every_file_says_what_it_is() {
    let silent = offenders(|source| !source.text.starts_with("//! "));
    fails(
        &silent,
        "a file opens with a `//!` line that says what it is",
    );
}

#[test]
fn rooms_have_names() {
    let nameless = offenders(|source| {
        let stem = source
            .path
            .rsplit('/')
            .next()
            .and_then(|name| name.strip_suffix(".rs"));
        EMPTY_NAMES
            .iter()
            .any(|name| stem == Some(name) || source.path.contains(&format!("/{name}/")))
    });
    fails(&nameless, "a room is named after what is in it");
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TO", "FIX", "XX"].map(|start| {
        format!(
            "{start}{}",
            if start == "TO" {
                "DO"
            } else if start == "XX" {
                "X"
            } else {
                "ME"
            }
        )
    });
    let later = offenders(|source| words.iter().any(|word| source.text.contains(word)));
    fails(&later, "work that is left is an issue, not a comment");
}

#[test]
fn proxy_wasm_stays_in_one_room() {
    let named = offenders(|source| {
        let adapter =
            source.path.starts_with("filter/src/envoy") || source.path.contains("noop-filter/");
        !adapter
            && !source.path.starts_with("tests/suite/tidy/")
            && source.text.contains("proxy_wasm")
    });
    fails(
        &named,
        "only filter/src/envoy.rs and filter/src/envoy/ name proxy_wasm",
    );
}

#[test]
fn no_code_is_unsafe() {
    let keyword = ["un", "safe "].concat();
    let found = offenders(|source| {
        source
            .text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains(&keyword))
    });
    fails(&found, "no code is unsafe");
}

#[test]
fn the_core_reads_no_clock_and_touches_no_disk() {
    let effects = [
        "SystemTime",
        "Instant::now",
        "std::fs",
        "TcpStream",
        "UdpSocket",
        "std::process",
        "std::env",
        "tokio",
    ];
    let found = offenders(|source| {
        let pure = source.path.starts_with("policy-server/core/src/")
            || source.path.starts_with("policy-server/protocol/src/")
            || source.path.starts_with("filter/src/exchange");
        pure && !is_test(source) && effects.iter().any(|effect| source.text.contains(effect))
    });
    fails(&found, "core, protocol and exchange are pure");
}

#[test]
fn no_file_is_long() {
    let long = offenders(|source| source.text.lines().count() > FILE_LINES_MAX);
    fails(&long, &format!("a file has at most {FILE_LINES_MAX} lines"));
}

#[test]
fn most_files_are_short() {
    let files = sources(".rs");
    let short = files
        .iter()
        .filter(|source| source.text.lines().count() <= 300)
        .count();
    let share = 100 * short / files.len().max(1);
    assert!(
        share >= 90,
        "only {share} % of the files have at most 300 lines"
    );
}

#[test]
fn no_function_is_long() {
    let mut long = Vec::new();
    for source in sources(".rs") {
        let most = if is_test(&source) {
            TEST_LINES_MAX
        } else {
            FUNCTION_LINES_MAX
        };
        let functions = functions(&source.text).into_iter();
        let found = functions.filter(|(_, lines)| *lines > most);
        long.extend(found.map(|(line, lines)| format!("{}:{line}: {lines} lines", source.path)));
    }
    fails(
        &long,
        &format!("a function has at most {FUNCTION_LINES_MAX} lines"),
    );
}

/// Where each function begins, and how many lines it has. Formatted code closes a function with a
/// brace at the depth of its signature.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let depth = line.len() - line.trim_start().len();
        let code = line.trim_start();
        let words = [
            "fn ",
            "pub fn ",
            "pub(super) fn ",
            "pub(crate) fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
        ];
        if words.iter().any(|word| code.starts_with(word)) {
            open.push((number, depth));
        } else if code == "}"
            && let Some((begin, _)) = open.pop_if(|(_, signature)| *signature == depth)
        {
            found.push((begin + 1, number - begin + 1));
        }
    }
    found
}

#[test]
fn every_crate_keeps_the_lints() {
    let bare: Vec<String> = sources("Cargo.toml")
        .into_iter()
        .filter(|source| {
            source.text.contains("[package]") && !source.text.contains("[lints]\nworkspace = true")
        })
        .map(|source| source.path)
        .collect();
    fails(&bare, "a crate takes the workspace's lints");
}
