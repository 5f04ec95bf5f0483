//! Strings as JSON writes them, and other ways to write a text down.

use std::fmt::Write as _;

/// How a JSON string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// Only what must be escaped is.
    Plain,
    /// Every character as `\uNNNN`.
    Escaped,
    /// Every third character as `\uNNNN`, and slashes as `\/`.
    Mixed,
}

/// A JSON string token with only the escapes that it needs.
#[must_use]
pub fn quoted(text: &str) -> String {
    quoted_as(text, Writing::Plain)
}

pub(crate) fn quoted_as(text: &str, writing: Writing) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (index, char) in text.chars().enumerate() {
        let escape = match writing {
            Writing::Plain => false,
            Writing::Escaped => true,
            Writing::Mixed => index % 3 == 0,
        };
        match char {
            _ if escape => escaped(&mut out, char),
            '/' if writing == Writing::Mixed => out.push_str("\\/"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => escaped(&mut out, control),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn escaped(out: &mut String, char: char) {
    for unit in char.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Everything but unreserved characters as `%NN`.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
