//! What traffic looks like: prose and code, records, logs, a picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Dice, filled, result, said};

/// Words of documentation and code; none is about secrets.
const WORDS: &[&str] = &[
    "the",
    "server",
    "returns",
    "a",
    "list",
    "of",
    "records",
    "when",
    "each",
    "request",
    "names",
    "its",
    "page;",
    "errors",
    "are",
    "reported",
    "with",
    "code",
    "and",
    "message,",
    "let",
    "value",
    "=",
    "parse(input)?;",
    "fn",
    "main()",
    "{",
    "}",
    "for",
    "row",
    "in",
    "table.rows()",
    "if",
    "count",
    ">",
    "0",
    "see",
    "section",
    "4.2",
    "(issue",
    "#1234)",
    "https://example.com/docs/a?b=1",
    "2026-11-25T10:00:00Z",
    "c0ffee12",
    "550e8400-e29b-41d4-a716-446655440000",
    "\"quoted\"",
    "user@example.com",
    "/usr/share/doc/readme.md",
    "width: 100%;",
    "retries: 3",
    "status=200",
];
/// One secret in so many bytes.
const DIRTY_EVERY_BYTES: usize = 4_096;

fn words(dice: &mut Dice) -> String {
    format!("{} ", dice.of(WORDS, "word"))
}

/// Prose and code with a line end after some eighty characters.
pub(super) fn clean(bytes: usize) -> String {
    said(&lines(&mut Dice::new(), bytes, 80))
}

fn lines(dice: &mut Dice, bytes: usize, width: usize) -> String {
    let mut column = 0;
    filled(bytes, || {
        let word = words(dice);
        column += word.len();
        if column < width {
            return word;
        }
        column = 0;
        word + "\n"
    })
}

/// Structured content of many small strings and numbers.
pub(super) fn records(bytes: usize) -> String {
    let mut dice = Dice::new();
    let mut number = 0;
    let rows = filled(bytes, || {
        number += 1;
        let row = json!({
            "id": number, "name": dice.of(WORDS, "x"), "state": dice.of(&["open", "done"], "open"),
            "tags": [dice.of(WORDS, "x"), dice.of(WORDS, "x")], "score": dice.below(1000),
            "commit": format!("{:040x}", dice.next()), "updated_at": "2026-11-25T10:00:00Z",
        });
        format!("{row},")
    });
    let rows = rows.trim_end_matches(',');
    result(&format!(
        "{{\"content\":[],\"structuredContent\":{{\"rows\":[{rows}]}}}}"
    ))
}

/// Lines of sixty characters, each with an escape at its end.
pub(super) fn escapes(bytes: usize) -> String {
    said(&lines(&mut Dice::new(), bytes, 60))
}

/// The clean text with a secret every 4 KB, of several kinds in turn.
pub(super) fn dirty(bytes: usize) -> String {
    let mut dice = Dice::new();
    let mut number = 0;
    let text = filled(bytes, || {
        number += 1;
        let part = lines(&mut dice, DIRTY_EVERY_BYTES.min(bytes), 80);
        format!("{part}{}\n", secret(&mut dice, number))
    });
    said(&text)
}

/// Made up, and in two parts, so that no scanner of source code takes it for a real one.
fn secret(dice: &mut Dice, number: usize) -> String {
    match number % 5 {
        0 => format!("{}{}", "glpat-", dice.token(20)),
        1 => format!("{}{}", "sk_live_", dice.token(24)),
        2 => format!("DB_PASSWORD={}", dice.token(18)),
        3 => format!("https://deploy:{}@git.example.net/x", dice.token(22)),
        _ => format!("Authorization: Bearer {}", dice.token(40)),
    }
}

/// A picture: bytes that look like nothing, in the place of a picture.
pub(super) fn image(bytes: usize) -> String {
    let mut dice = Dice::new();
    let mut raw = b"\x89PNG\r\n\x1a\n".to_vec();
    while raw.len() < bytes / 4 * 3 {
        raw.extend(dice.next().to_le_bytes());
    }
    let content = json!([{"type": "image", "mimeType": "image/png", "data": STANDARD.encode(raw)}]);
    result(&format!("{{\"content\":{content}}}"))
}
