//! Messages with one secret each, labelled: its kind, where it stands, and the secret itself.

mod keys;
mod lines;
mod providers;
mod settings;

use crate::dress::{DRESSES, Encoding, dress};
use crate::fill::{Filled, fill};
use crate::message::{FLAG, Opening, Shell};
use crate::random::Random;
use crate::text::quoted;

/// A kind of secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

impl Kind {
    const fn token(name: &'static str, templates: &'static [&'static str]) -> Self {
        Self {
            name,
            form: Form::Token(templates),
        }
    }

    const fn text(name: &'static str, templates: &'static [&'static str]) -> Self {
        Self {
            name,
            form: Form::Text(templates),
        }
    }

    const fn member(name: &'static str, members: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            name,
            form: Form::Member(members),
        }
    }
}

/// What a kind looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// It can be told by itself, and stands anywhere.
    Token(&'static [&'static str]),
    /// It needs the text around it.
    Text(&'static [&'static str]),
    /// It is the value of a member: the key, and the value.
    Member(&'static [(&'static str, &'static str)]),
}

/// One message and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// One JSON-RPC message.
    pub message: String,
    /// What it holds.
    pub label: Label,
}

/// What a message holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// One secret.
    Secret {
        /// The kind.
        kind: &'static str,
        /// Where it stands: the part of the message, how it is written, what is around it.
        places: [&'static str; 3],
        /// The secret, decoded; each part by itself.
        parts: Vec<String>,
        /// The string tokens it stands in, by their places in [`crate::tokens`].
        slots: Vec<usize>,
        /// What stands before and behind it in its string, where the string is not encoded.
        around: Option<(String, String)>,
    },
    /// Nothing that is secret.
    Innocent {
        /// The class.
        class: &'static str,
    },
}

fn kinds() -> impl Iterator<Item = &'static Kind> {
    [
        providers::CODE,
        providers::CLOUD,
        providers::MODELS,
        providers::SERVICES,
        settings::MEMBERS,
        settings::FILES,
        lines::LINES,
        lines::CONNECTIONS,
        keys::KEYS,
    ]
    .into_iter()
    .flatten()
}

/// So many messages of each kind.
#[must_use]
pub fn positives(seed: u64, each: usize) -> Vec<Case> {
    let mut random = Random::new(seed);
    let mut cases = Vec::new();
    for kind in kinds() {
        cases.extend((0..each).map(|_| case(&mut random, kind)));
    }
    cases
}

fn case(random: &mut Random, kind: &Kind) -> Case {
    match kind.form {
        Form::Token(templates) => {
            let mut token = filled(random, templates);
            if token.parts.is_empty() {
                token.parts = vec![token.text.clone()];
            }
            token_case(random, kind, &token)
        }
        Form::Text(templates) => {
            let text = filled(random, templates);
            let shell = Shell::any(random, |opening| {
                matches!(opening, Opening::Text | Opening::Object)
            });
            text_case(random, kind, &text, shell, "as it is in files")
        }
        Form::Member(members) => {
            let (key, value) = random.one(members);
            let value = fill(random, value);
            member_case(random, kind, key, &value)
        }
    }
}

fn filled(random: &mut Random, templates: &[&str]) -> Filled {
    let template = random.one(templates);
    fill(random, template)
}

fn token_case(random: &mut Random, kind: &Kind, token: &Filled) -> Case {
    let is_link = token.text.contains("://");
    let (name, templates) = match is_link {
        // A URL does not go into another.
        true => random.one(DRESSES.get(..4).unwrap_or_default()),
        false => random.one(DRESSES),
    };
    let template = random.one(templates);
    let is_url = name == "url";
    let text = dress(random, token, template, is_url);
    let shell = Shell::any(random, |opening| match opening {
        Opening::Text | Opening::Object => true,
        Opening::Key => name == "bare",
        Opening::Uri => text.text.starts_with("https://"),
    });
    text_case(random, kind, &text, shell, name)
}

fn text_case(
    random: &mut Random,
    kind: &Kind,
    text: &Filled,
    shell: Shell,
    around: &'static str,
) -> Case {
    let encoding = match shell.opening {
        Opening::Key | Opening::Uri => Encoding::Plain,
        _ => Encoding::any(random),
    };
    let token = format!("{FLAG}{}", encoding.token(&text.text));
    let value = match shell.opening {
        Opening::Object => {
            let key = random.one(&["output", "text", "note", "content", "body", "result"]);
            format!(r#"{{"count":3,"{key}":{token},"truncated":false}}"#)
        }
        _ => token,
    };
    finish(random, kind, text, shell, &value, encoding, around)
}

fn member_case(random: &mut Random, kind: &Kind, key: &str, value: &Filled) -> Case {
    let shell = Shell::any(random, |opening| {
        matches!(opening, Opening::Text | Opening::Object)
    });
    let member = |token: &str| {
        format!(
            r#"{{"user":"‹user›","host":"‹host›",{}:{token},"port":5432}}"#,
            quoted(key)
        )
    };
    let plain = [
        Encoding::Plain,
        Encoding::Plain,
        Encoding::Escaped,
        Encoding::Mixed,
    ];
    let inner = random.one(&plain);
    if shell.opening == Opening::Object {
        let object = member(&format!("{FLAG}{}", inner.token(&value.text)));
        let object = fill(random, &object).text;
        return finish(random, kind, value, shell, &object, inner, "member");
    }
    let object = member(&quoted(&value.text));
    let object = fill(random, &object).text;
    let outer = match random.below(4) {
        0 => Encoding::Base64,
        1 => Encoding::Json(1),
        2 => Encoding::Escaped,
        _ => Encoding::Plain,
    };
    let token = format!("{FLAG}{}", outer.token(&object));
    // Seen from the message, what is in the text is one level down.
    let mut case = finish(random, kind, value, shell, &token, outer, "member in text");
    if let Label::Secret { around, .. } = &mut case.label {
        *around = None;
    }
    case
}

fn finish(
    random: &mut Random,
    kind: &Kind,
    text: &Filled,
    shell: Shell,
    value: &str,
    encoding: Encoding,
    dressed: &'static str,
) -> Case {
    let (message, slots) = shell.close(random, value);
    let around = encoding
        .is_plain()
        .then(|| (text.head.clone(), text.tail.clone()));
    Case {
        message,
        label: Label::Secret {
            kind: kind.name,
            places: [shell.name, encoding.name(), dressed],
            parts: text.parts.clone(),
            slots,
            around,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::readings;

    #[test]
    fn there_are_enough_kinds_of_secrets() {
        let names: BTreeSet<_> = kinds().map(|kind| kind.name).collect();
        assert_eq!(names.len(), kinds().count(), "a kind is there twice");
        assert!(names.len() >= 100, "{}", names.len());
    }

    #[test]
    fn every_message_holds_its_secret() {
        for case in positives(1, 12) {
            let Label::Secret { parts, slots, .. } = &case.label else {
                panic!("a positive is labelled innocent");
            };
            let _: serde_json::Value = serde_json::from_str(&case.message)
                .unwrap_or_else(|error| panic!("{error}: {}", case.message));
            assert!(!case.message.contains('‹'), "{}", case.message);
            assert!(!parts.is_empty() && !slots.is_empty(), "{}", case.message);
            let pieces = crate::tokens(&case.message);
            let read = readings(pieces[slots[0]]);
            for part in parts {
                assert!(
                    read.iter().any(|text| text.contains(part.as_str())),
                    "{part} is not in {}",
                    case.message
                );
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_messages() {
        assert_eq!(positives(3, 2), positives(3, 2));
        assert_ne!(positives(3, 2), positives(4, 2));
    }
}
