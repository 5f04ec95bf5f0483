//! Texts for people, without the secrets that they may quote. Built-in rules only: an error may come
//! before any others are loaded, and because they cannot be.
//!
//! Deliberately absent: texts that are kept or answered; those are cleaned where they are written.

use std::borrow::Cow;

use portcullis_core::redaction::Redacting;

/// The text without secrets. Where one is taken out, colours go too: their codes stand right beside
/// words, and would hide where a secret begins.
pub(crate) fn quiet(text: &str) -> Cow<'_, str> {
    let rules = Redacting::built_in().rules();
    if !text.contains('\u{1b}') {
        return rules.clean(text);
    }
    let plain = anstream::adapter::strip_str(text).to_string();
    match rules.clean(&plain) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(cleaned) => Cow::Owned(cleaned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_hide_no_secret_and_stay_where_there_is_none() {
        let token = format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a");
        let cut = token.replacen("C7", "\u{1b}[1mC7", 1);
        for coloured in [&token, &format!("\u{1b}[33m{token}\u{1b}[0m"), &cut] {
            assert_eq!(quiet(coloured), "[redacted:github-token]");
        }
        let assigned =
            quiet("\u{1b}[3mpassword\u{1b}[0m\u{1b}[2m=\u{1b}[0mhunt3r9xyz").into_owned();
        assert!(!assigned.contains("hunt3r"), "{assigned}");
        let innocent = "\u{1b}[32mallow\u{1b}[0m";
        assert!(matches!(quiet(innocent), Cow::Borrowed(same) if same == innocent));
    }
}
