//! Everything that can be read out of a text: what it says, and what it says once decoded.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::Value;

/// How deep is looked: deeper than any redactor does.
const DEPTH: usize = 10;
/// Shortest run that may be base64.
const RUN: usize = 12;
/// Most texts that are read out of one.
const MOST: usize = 4_000;

/// The text itself and all texts that JSON, escapes, percent signs and base64 hide in it.
#[must_use]
pub fn readings(text: &str) -> Vec<String> {
    let mut found = vec![text.to_owned()];
    let mut seen = BTreeSet::from([text.to_owned()]);
    let mut layer = vec![text.to_owned()];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for text in layer.iter().flat_map(|text| once(text)) {
            if found.len() < MOST && seen.insert(text.clone()) {
                found.push(text.clone());
                next.push(text);
            }
        }
        layer = next;
    }
    found
}

/// One layer down.
fn once(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        strings(&value, &mut out);
    }
    if text.contains('\\') {
        out.push(unescaped(text));
    }
    if text.contains('%') {
        out.push(percent_decoded(text));
    }
    let in_run = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let runs = text.split(|c| !in_run(c)).filter(|run| run.len() >= RUN);
    out.extend(runs.filter_map(from_base64));
    if text.contains('\n') {
        // Base64 as mail has it, in lines.
        out.extend(from_base64(
            text.replace(['\r', '\n'], "").trim_end_matches('='),
        ));
    }
    out
}

/// Strings and keys.
fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| strings(item, out)),
        Value::Object(members) => members.iter().for_each(|(key, item)| {
            out.push(key.clone());
            strings(item, out);
        }),
        _ => {}
    }
}

/// Escapes of JSON, wherever they stand.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('\\') {
        out.push_str(head);
        let (char, used) = escape(tail);
        out.push(char);
        rest = tail.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The character behind a backslash, and how many bytes it takes.
fn escape(tail: &str) -> (char, usize) {
    match tail.chars().next() {
        Some('n') => ('\n', 1),
        Some('r') => ('\r', 1),
        Some('t') => ('\t', 1),
        Some('u') => {
            let digits = tail
                .get(1..5)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok());
            digits
                .and_then(char::from_u32)
                .map_or(('u', 1), |char| (char, 5))
        }
        Some(other) => (other, other.len_utf8()),
        None => ('\\', 0),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('%') {
        bytes.extend_from_slice(head.as_bytes());
        match tail
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = tail;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn from_base64(run: &str) -> Option<String> {
    let url = run.replace('+', "-").replace('/', "_");
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(url).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    is_text.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_read() {
        for text in [
            r#"{"a":"{\"b\":\"hidden\"}"}"#,
            r#""\u0068\u0069dden""#,
            "https://host/?q=hid%64en",
            "the word aGlkZGVuIGhlcmU= here",
            "hidden",
        ] {
            assert!(
                readings(text).iter().any(|read| read.contains("hidden")),
                "{text}"
            );
        }
    }
}
