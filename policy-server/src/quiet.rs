//! Texts for people, without the secrets that they may quote. Built-in rules only: an error may come
//! before any others are loaded, and because they cannot be.
//!
//! Deliberately absent: texts that are kept or answered; those are cleaned where they are written.

use std::borrow::Cow;

use portcullis_core::redaction::Redacting;
use portcullis_protocol::characters::shown;

/// The text without secrets and with hidden characters shown by their numbers: others' texts move no
/// cursor, colour nothing, and cannot be read backwards.
pub(crate) fn quiet(text: &str) -> Cow<'_, str> {
    match Redacting::built_in().rules().clean(text) {
        Cow::Borrowed(text) => shown(text),
        Cow::Owned(cleaned) => shown(&cleaned).into_owned().into(),
    }
}

/// The same for text with colours of our own. Where a secret is taken out, they go too: their codes
/// stand right beside words, and would hide where a secret begins.
pub(crate) fn styled(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return quiet(text);
    }
    let plain = anstream::adapter::strip_str(text).to_string();
    match Redacting::built_in().rules().clean(&plain) {
        Cow::Borrowed(_) => between_colours(text),
        Cow::Owned(cleaned) => shown(&cleaned).into_owned().into(),
    }
}

/// Shows what is hidden between the codes of colours, which are all that stays of an escape.
pub(crate) fn between_colours(text: &str) -> Cow<'_, str> {
    let mut parts = Vec::new();
    let (mut begin, mut from) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("\u{1b}[")) {
        let (code, after) = (from + at, from + at + 2);
        let rest = text.get(after..).unwrap_or_default();
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        from = after;
        if let Some(digits) = digits.filter(|end| rest.as_bytes().get(*end) == Some(&b'm')) {
            let end = after + digits + 1;
            parts.push((begin..code, code..end));
            (begin, from) = (end, end);
        }
    }
    let get = |range| text.get(range).unwrap_or_default();
    let mut drawn = String::with_capacity(text.len());
    for (before, code) in parts {
        drawn.push_str(&shown(get(before)));
        drawn.push_str(get(code));
    }
    drawn.push_str(&shown(get(begin..text.len())));
    if drawn == text {
        return Cow::Borrowed(text);
    }
    drawn.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_hide_no_secret_and_stay_where_there_is_none() {
        let token = format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a");
        let cut = token.replacen("C7", "\u{1b}[1mC7", 1);
        for coloured in [&token, &format!("\u{1b}[33m{token}\u{1b}[0m"), &cut] {
            assert_eq!(styled(coloured), "[redacted:github-token]");
        }
        let assigned =
            styled("\u{1b}[3mpassword\u{1b}[0m\u{1b}[2m=\u{1b}[0mhunt3r9xyz").into_owned();
        assert!(!assigned.contains("hunt3r"), "{assigned}");
        let innocent = "\u{1b}[32mallow\u{1b}[0m";
        assert!(matches!(styled(innocent), Cow::Borrowed(same) if same == innocent));
    }

    #[test]
    fn hidden_characters_are_shown_and_only_our_colours_stay() {
        let theirs = "\u{1b}]8;;x\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200f}";
        let seen = r"\u001b]8;;x\u0007\u001b[2J\u009b31m\u202e\u2066\u200f";
        assert_eq!(quiet(theirs), seen);
        let ours = format!("\u{1b}[1;32m{theirs}\u{1b}[0m\n");
        assert_eq!(styled(&ours), format!("\u{1b}[1;32m{seen}\u{1b}[0m\n"));
        assert_eq!(quiet("\u{1b}[31mred"), r"\u001b[31mred");
        assert_eq!(styled("cut \u{1b}[3"), r"cut \u001b[3");
    }
}
