//! Secrets that commands take after a flag: `curl -u user:x`, `docker login -p x`, `mysql -px`.

use std::ops::Range;

use super::super::innocent::is_innocent;
use super::Beside;
use super::judge::{self, Place};

/// How far before a flag the name of its command is looked for, in bytes.
const COMMAND_BYTES_MAX: usize = 160;

/// The password of `user:password` at `at`, as commands take it after `-u`.
pub(super) fn in_pair(text: &str, at: usize) -> Option<Beside> {
    let range = argument(text, at)?;
    let (user, secret) = text.get(range.clone())?.split_once(':')?;
    let is_ids =
        secret.bytes().all(|b| b.is_ascii_digit()) && user.bytes().all(|b| b.is_ascii_digit());
    (!is_ids && !secret.starts_with("//") && secret.len() >= 3).then_some(())?;
    let is_http = has(command(text, at), &["curl", "http", "wget"]);
    let found = is_http && !is_innocent(secret);
    let secret = found.then(|| range.end.saturating_sub(secret.len())..range.end);
    Some(Beside::judged(range, secret, super::PASSWORD))
}

/// The password of `docker login -p x`, `sshpass -p x`, `mysql -px`: `-p` means other things to
/// other commands.
pub(super) fn after_flag(text: &str, at: usize, behind: usize) -> Option<Beside> {
    let rest = text.as_bytes().get(at..)?;
    // `-P` is a port.
    (rest.get(2) == Some(&b'p')).then_some(())?;
    let is_apart = rest.get(3).is_some_and(|b| matches!(b, b' ' | b'='));
    let start = behind.checked_add(usize::from(is_apart))?;
    let range = argument(text, start)?;
    let command = command(text, at);
    let names: &[&str] = match is_apart {
        true => &["sshpass", "mongo"],
        false => &["sshpass", "mongo", "mysql", "mariadb", "7z ", "7za "],
    };
    let takes =
        has(command, names) || has(command, &[" login"]) && !has(command, &["--password-stdin"]);
    if !takes {
        return Some(Beside::Other);
    }
    let value = text.get(range.clone())?;
    let is_port = value
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    let is_secret = !value.starts_with('-')
        && !is_port
        && judge::within(super::PASSWORD, value, Place::Line).is_some();
    let secret = is_secret.then(|| range.clone());
    Some(Beside::judged(range, secret, super::PASSWORD))
}

/// The argument at `at`, without its quotes. No two arguments share bytes.
fn argument(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?.trim_start_matches([' ', '"', '\'', '\\']);
    let start = text.len().checked_sub(rest.len())?;
    let is_end = |b: u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'\\');
    let length = rest.bytes().position(is_end).unwrap_or(rest.len());
    Some(start..start.checked_add(length)?)
}

/// Whether one of these stands in a command. One pass over few bytes: flags may stand densely.
fn has(command: &str, names: &[&str]) -> bool {
    let bytes = command.as_bytes();
    (0..bytes.len()).rev().any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        names.iter().any(|name| rest.starts_with(name.as_bytes()))
    })
}

/// The command whose flag stands at `at`, as far as it is looked at.
fn command(text: &str, at: usize) -> &str {
    let before = super::back(text, at, COMMAND_BYTES_MAX);
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'|' | b';' | b'&');
    let begin = before.as_bytes().iter().rposition(is_end);
    before
        .get(begin.map_or(0, |begin| begin.saturating_add(1))..)
        .unwrap_or_default()
}
