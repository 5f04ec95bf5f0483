//! What is logged: every event passes the built-in redaction before it is written, and so does
//! what a panic says.
//!
//! Deliberately absent: own rules of a policy folder: a log line may be written before any are
//! loaded, and because they cannot be.

use std::borrow::Cow;
use std::io::{self, Write};
#[cfg(test)]
use std::sync::{Arc, Mutex};

use portcullis_core::redaction::Redacting;
use portcullis_protocol::characters::shown;
use portcullis_protocol::redact::Rules;
use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFormat;
use crate::quiet::styled;

/// Most bytes of a line, or of one text in a line of JSON: whoever has something logged does not
/// choose how much.
const TEXT_BYTES_MAX: usize = 4096;

/// Logs to standard error from now on, panics included. `PORTCULLIS_LOG` says what.
pub fn to_stderr(format: LogFormat) {
    let filter =
        EnvFilter::try_from_env("PORTCULLIS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::IsTerminal::is_terminal(&io::stderr());
    let out = Clean {
        format,
        out: io::stderr,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_target(false)
        .with_writer(out);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(
            place = place.unwrap_or_default(),
            message,
            "a thread panicked"
        );
    }));
}

/// Makes writers that clean what they hand on.
#[derive(Clone, Copy, Debug)]
struct Clean<O> {
    format: LogFormat,
    out: O,
}

impl<'w, W: Write, O: Fn() -> W + 'w> MakeWriter<'w> for Clean<O> {
    type Writer = Event<'w, W, O>;

    fn make_writer(&'w self) -> Self::Writer {
        Event {
            clean: self,
            bytes: Vec::new(),
        }
    }
}

/// One event: kept until it is whole, for a secret may be written in two parts.
struct Event<'w, W: Write, O: Fn() -> W> {
    clean: &'w Clean<O>,
    bytes: Vec<u8>,
}

impl<W: Write, O: Fn() -> W> Write for Event<'_, W, O> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write, O: Fn() -> W> Drop for Event<'_, W, O> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let line = match self.clean.format {
            LogFormat::Text => styled(&bounded(&text)).into_owned().into(),
            LogFormat::Json => clean_json(Redacting::built_in().rules(), &text),
        };
        // There is nobody left to tell that standard error is gone.
        let _ = (self.clean.out)().write_all(line.as_bytes());
    }
}

/// The beginning of a text that others may have chosen; a line's own end is put back.
fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= TEXT_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let kept = text.floor_char_boundary(TEXT_BYTES_MAX);
    let (head, end) = (
        text.get(..kept).unwrap_or_default(),
        if text.ends_with('\n') { "\n" } else { "" },
    );
    format!("{head}… ({} bytes more){end}", text.len() - kept).into()
}

/// A line of JSON, clean and still JSON: decoded strings are looked at, not their spelling.
fn clean_json<'t>(rules: &Rules, line: &'t str) -> Cow<'t, str> {
    let Ok(mut value) = serde_json::from_str::<Value>(line) else {
        // Not ours to interpret: a string of its own, so that the line stays JSON.
        let whole = Value::from(rules.clean(&bounded(line.trim_end())).into_owned());
        return shown(&format!("{whole}\n")).into_owned().into();
    };
    if clean_value(rules, &mut value) == Change::None {
        return shown(line);
    }
    shown(&format!("{value}\n")).into_owned().into()
}

/// Whether anything was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    None,
    Some,
}

fn clean_value(rules: &Rules, value: &mut Value) -> Change {
    match value {
        Value::String(text) => clean_text(rules, text),
        Value::Array(items) => {
            let changes = items.iter_mut().map(|item| clean_value(rules, item));
            changes.fold(Change::None, Change::max)
        }
        Value::Object(members) => {
            let mut change = Change::None;
            for (mut key, mut value) in std::mem::take(members) {
                change = change.max(clean_member(rules, &key, &mut value));
                change = change.max(clean_text(rules, &mut key));
                members.insert(key, value);
            }
            change
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Change::None,
    }
}

/// A member's value, which may be a secret because of its key.
fn clean_member(rules: &Rules, key: &str, value: &mut Value) -> Change {
    let change = clean_value(rules, value);
    let Value::String(text) = value else {
        return change;
    };
    let pair = format!("{key}={text}");
    let Cow::Owned(cleaned) = rules.clean(&pair) else {
        return change;
    };
    let rest = cleaned
        .strip_prefix(key)
        .and_then(|rest| rest.strip_prefix('='));
    *text = rest.unwrap_or(&cleaned).to_owned();
    Change::Some
}

fn clean_text(rules: &Rules, text: &mut String) -> Change {
    let before = match bounded(text) {
        Cow::Owned(bounded) => Some(std::mem::replace(text, bounded)),
        Cow::Borrowed(_) => None,
    };
    if let Cow::Owned(cleaned) = rules.clean(text) {
        *text = cleaned;
        return Change::Some;
    }
    before.map_or(Change::None, |_| Change::Some)
}

/// A log into memory until the guard is dropped, on this thread; for tests of what it says.
#[cfg(test)]
pub(crate) fn to_memory(
    format: LogFormat,
    lines: Arc<Mutex<Vec<u8>>>,
) -> tracing::subscriber::DefaultGuard {
    let out = Clean {
        format,
        out: move || Shared(lines.clone()),
    };
    let builder = tracing_subscriber::fmt()
        .with_ansi(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(out);
    match format {
        LogFormat::Text => tracing::subscriber::set_default(builder.finish()),
        LogFormat::Json => tracing::subscriber::set_default(builder.json().finish()),
    }
}

/// Bytes that several writers append to.
#[cfg(test)]
struct Shared(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that nobody takes this file for one with a secret in it.
    fn token() -> String {
        format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a")
    }

    #[test]
    fn a_line_of_json_stays_json_without_its_secrets() {
        let (rules, token) = (Rules::built_in(), token());
        let quoted = format!("bad value \"{token}\"\n at line 1");
        let line = serde_json::json!({"level": "INFO", "message": quoted, token.clone(): 1, "deep": [[token.clone()]]});
        let cleaned = clean_json(&rules, &format!("{line}\n")).into_owned();
        assert!(!cleaned.contains(token.get(..12).unwrap()), "{cleaned}");
        let read: Value = serde_json::from_str(&cleaned).expect("JSON");
        assert_eq!(read["level"], "INFO");
        assert!(
            cleaned.ends_with("}\n") && cleaned.contains("at line 1"),
            "{cleaned}"
        );
    }

    #[test]
    fn events_of_both_formats_lose_their_secrets() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = Arc::new(Mutex::new(Vec::new()));
            let guard = to_memory(format, lines.clone());
            let token = token();
            tracing::info!(%token, also = ?[&token], "a token {token} arrived");
            let span = tracing::info_span!("request", header = %token);
            span.in_scope(|| tracing::warn!(place = 7, "inside"));
            drop(guard);
            let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
            assert!(!text.contains(&token), "{text}");
            assert!(
                text.contains("[redacted:github-token]") && text.contains("inside"),
                "{text}"
            );
            assert_eq!(text.lines().count(), 2, "{text}");
            if format == LogFormat::Json {
                let read = |line: &str| serde_json::from_str::<Value>(line).map(drop);
                text.lines().try_for_each(read).unwrap();
            }
        }
    }

    #[test]
    fn what_others_say_is_bounded_and_seen() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = Arc::new(Mutex::new(Vec::new()));
            let guard = to_memory(format, lines.clone());
            tracing::warn!(said = "é".repeat(50_000), "long");
            tracing::warn!(said = "a\u{202e}\u{9b}\u{2066}b", "odd");
            drop(guard);
            let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.len() < 3 * TEXT_BYTES_MAX && text.contains("bytes more"));
            let odd = text.lines().last().unwrap();
            assert!(!odd.contains(['\u{202e}', '\u{9b}', '\u{2066}']), "{odd:?}");
            if format == LogFormat::Json {
                let read = |line: &str| serde_json::from_str::<Value>(line).map(drop);
                text.lines().try_for_each(read).unwrap();
            }
        }
    }

    #[test]
    fn a_line_without_secrets_stays_as_it_is() {
        let line = "{\"z\":1,\"a\":\"ready for questions\"}\n";
        assert!(
            matches!(clean_json(&Rules::built_in(), line), Cow::Borrowed(same) if same == line)
        );
        let torn = clean_json(&Rules::built_in(), "{\"z\n").into_owned();
        assert_eq!(torn, "\"{\\\"z\"\n");
    }
}
