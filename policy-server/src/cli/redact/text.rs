//! Plain text in place of messages: lines of logs, with the lines of a private key kept together.
//!
//! Deliberately absent: modes. What is found becomes a placeholder, as in the server's own logs.

use portcullis_protocol::redact::Rules;

/// Most bytes of lines that are kept together as one key.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// What every placeholder begins with.
const PLACEHOLDER: &str = "[redacted:";

/// Lines on their way.
#[derive(Default)]
pub(super) struct Texts {
    /// Lines of a key whose end has not come yet.
    open: String,
    /// The number of the first of them.
    first: u64,
}

/// Some lines without their secrets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cleaned {
    /// The number of their first line.
    pub(super) line: u64,
    /// The lines, with their newlines.
    pub(super) text: String,
    /// The rule of each placeholder that was not there before.
    pub(super) rules: Vec<String>,
    /// Whether anything was replaced: a number becomes `null`, without a placeholder.
    pub(super) changed: bool,
}

impl Texts {
    /// Takes the next line, with its newline. Gives nothing while a key is unfinished.
    pub(super) fn next(&mut self, rules: &Rules, number: u64, line: &str) -> Option<Cleaned> {
        let marker = |word: &str| line.contains(word) && line.contains("PRIVATE KEY");
        if self.open.is_empty() {
            self.first = number;
            if !marker("-----BEGIN ") || marker("-----END ") {
                return Some(clean(rules, number, line));
            }
        }
        self.open.push_str(line);
        let over = marker("-----END ") || self.open.len() > KEY_BYTES_MAX;
        over.then(|| self.finish(rules)).flatten()
    }

    /// What is left when nothing more comes.
    pub(super) fn finish(&mut self, rules: &Rules) -> Option<Cleaned> {
        let text = std::mem::take(&mut self.open);
        (!text.is_empty()).then(|| clean(rules, self.first, &text))
    }
}

fn clean(rules: &Rules, line: u64, text: &str) -> Cleaned {
    let cleaned = rules.clean(text).into_owned();
    Cleaned {
        line,
        changed: cleaned != text,
        rules: new_placeholders(text, &cleaned),
        text: cleaned,
    }
}

/// The rules of the placeholders in a text that were not in it before.
fn new_placeholders(before: &str, after: &str) -> Vec<String> {
    let mut old: Vec<&str> = placeholders(before).collect();
    let new = placeholders(after).filter(|rule| {
        let known = old.iter().position(|other| other == rule);
        known.map(|at| old.swap_remove(at)).is_none()
    });
    new.map(str::to_owned).collect()
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split(PLACEHOLDER).skip(1);
    behind.filter_map(|rest| rest.split_once(']').map(|(rule, _)| rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_key_stay_together() {
        let (mut texts, rules) = (Texts::default(), Rules::built_in());
        let begin = format!("-----BEGIN {}PRIVATE KEY-----\n", "RSA ");
        let end = format!("-----END {}PRIVATE KEY-----\n", "RSA ");
        assert_eq!(texts.next(&rules, 1, "a\n").unwrap().line, 1);
        assert_eq!(texts.next(&rules, 2, &begin), None);
        assert_eq!(texts.next(&rules, 3, "bm8ga2V5\n"), None);
        let key = texts.next(&rules, 4, &end).unwrap();
        assert_eq!(key.line, 2);
        assert_eq!(texts.next(&rules, 5, "b\n").unwrap().line, 5);
        assert_eq!(texts.finish(&rules), None);
    }

    #[test]
    fn a_key_without_end_is_not_kept_for_ever() {
        let (mut texts, rules) = (Texts::default(), Rules::built_in());
        let begin = format!("-----BEGIN {}PRIVATE KEY-----\n", "");
        assert_eq!(texts.next(&rules, 1, &begin), None);
        assert!(texts.finish(&rules).is_some());
        assert_eq!(texts.next(&rules, 1, &begin), None);
        let line = "x".repeat(1000) + "\n";
        let lines = (2..).find(|number| texts.next(&rules, *number, &line).is_some());
        assert_eq!(lines, Some(67), "66 lines of 1001 bytes are over 64 KiB");
    }

    #[test]
    fn placeholders_that_were_there_are_not_counted() {
        let before = "[redacted:jwt] and a b";
        let after = "[redacted:jwt] and [redacted:jwt] [redacted:npm-token]";
        assert_eq!(new_placeholders(before, after), ["jwt", "npm-token"]);
        assert!(new_placeholders(before, before).is_empty());
    }
}
