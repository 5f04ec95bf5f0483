//! Mentioned of members that modules may look for: what stands behind a dot, texts, and the data beside them.
//!
//! More is taken for a name than is one: what is spelt like a name, and not the same, is what somebody
//! meant to be overlooked. Deliberately absent: where a name is looked for.

use serde_json::Value;

use crate::policies::Sources;
use crate::schema::Mentioned;

/// The names in all modules, and in the data.
pub(super) fn of(sources: &Sources) -> Mentioned {
    let mut names = Vec::new();
    sources.rego().for_each(|(_, text)| words(text, &mut names));
    let data = sources
        .data()
        .and_then(|(_, text)| serde_json::from_str(text).ok());
    if let Some(data) = data {
        texts(&data, &mut names);
    }
    Mentioned::of(names)
}

/// What stands behind a dot and in texts. Comments have no more names than the rest needs.
fn words(module: &str, names: &mut Vec<String>) {
    let mut rest = module;
    while let Some(at) = rest.find(['.', '"', '`', '#']) {
        let (mark, behind) = rest.split_at(at).1.split_at(1);
        let end = match mark {
            "." => behind.find(|c: char| !c.is_alphanumeric() && c != '_'),
            "#" => behind.find('\n'),
            "`" => behind.find('`'),
            _ => end_of_text(behind),
        };
        let (word, after) = behind.split_at(end.unwrap_or(behind.len()));
        match mark {
            "." => names.push(word.to_owned()),
            "#" => {}
            "`" => text(word, names),
            _ => match serde_json::from_str::<String>(&format!("\"{word}\"")) {
                Ok(word) => text(&word, names),
                Err(_) => text(word, names),
            },
        }
        rest = match mark {
            "." | "#" => after,
            _ => after.get(1..).unwrap_or_default(),
        };
    }
}

/// Where a text ends: at the next quotation mark that is not escaped.
fn end_of_text(behind: &str) -> Option<usize> {
    let mut escaped = false;
    behind.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// A text as a name, and the names of a path in it.
fn text(text: &str, names: &mut Vec<String>) {
    names.push(text.to_owned());
    let parts = text.split(['/', '.']).filter(|part| !part.is_empty());
    names.extend(parts.map(str::to_owned));
}

/// All names and texts in data.
fn texts(data: &Value, names: &mut Vec<String>) {
    match data {
        Value::Object(members) => {
            for (name, value) in members {
                text(name, names);
                texts(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, names)),
        Value::String(value) => text(value, names),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_wherever_they_stand() {
        let module = r#"package mcp # "not a name" or .this
            import data.lists as l
            forbids contains {"id": "x"} if input.arguments.opts["k\u0065y"].deep == "v\"w"
            forbids contains {"id": "y"} if { some `raw` in object.keys(input.arguments) }
            p := json.filter(input, ["arguments/a.b"])"#;
        let mut names = Vec::new();
        words(module, &mut names);
        for name in [
            "opts",
            "key",
            "deep",
            "v\"w",
            "raw",
            "a",
            "b",
            "x",
            "arguments",
        ] {
            assert!(names.iter().any(|one| one == name), "{name}: {names:?}");
        }
        for none in ["not a name", "this", "package", "forbids"] {
            assert!(names.iter().all(|one| one != none), "{none}");
        }
    }
}
