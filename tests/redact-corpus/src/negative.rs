//! Messages without a secret that look as if they had one: each must come out byte for byte.

mod identifiers;
mod messages;
mod words;

use crate::dress::Encoding;
use crate::fill::fill;
use crate::message::{Opening, Shell};
use crate::positive::{Case, Label};
use crate::random::Random;
use crate::text::quoted;

/// A class of innocent messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    name: &'static str,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    /// Texts, which may stand in any string.
    Text(&'static [&'static str]),
    /// Keys and values of members.
    Member(&'static [(&'static str, &'static str)]),
    /// Whole messages.
    Message(&'static [&'static str]),
    /// Whole messages with bytes in them.
    Made(fn(&mut Random) -> String),
}

const fn text(name: &'static str, templates: &'static [&'static str]) -> Class {
    Class {
        name,
        form: Form::Text(templates),
    }
}

const fn member(name: &'static str, members: &'static [(&'static str, &'static str)]) -> Class {
    Class {
        name,
        form: Form::Member(members),
    }
}

fn classes() -> impl Iterator<Item = &'static Class> {
    [
        identifiers::CLASSES,
        words::CLASSES,
        words::CODE,
        messages::CLASSES,
    ]
    .into_iter()
    .flatten()
}

/// So many messages of each class.
#[must_use]
pub fn negatives(seed: u64, each: usize) -> Vec<Case> {
    let mut random = Random::new(seed ^ 0x5eed);
    let mut cases = Vec::new();
    for class in classes() {
        cases.extend((0..each).map(|_| case(&mut random, class)));
    }
    cases
}

fn case(random: &mut Random, class: &Class) -> Case {
    let message = match class.form {
        Form::Text(templates) => {
            let template = random.one(templates);
            let text = fill(random, template).text;
            in_text(random, &text)
        }
        Form::Member(members) => {
            let (key, value) = random.one(members);
            let value = fill(random, value).text;
            let object = format!(
                r#"{{"name":"shop",{}:{},"count":3}}"#,
                quoted(key),
                quoted(&value)
            );
            in_object(random, &object)
        }
        Form::Message(templates) => {
            let template = random.one(templates);
            fill(random, template).text
        }
        Form::Made(make) => make(random),
    };
    Case {
        message,
        label: Label::Innocent { class: class.name },
    }
}

fn in_text(random: &mut Random, text: &str) -> String {
    let encoding = random.one(&[
        Encoding::Plain,
        Encoding::Plain,
        Encoding::Plain,
        Encoding::Mixed,
        Encoding::Json(1),
        Encoding::Json(2),
        Encoding::Base64,
    ]);
    let token = encoding.token(text);
    Shell::any(random, |opening| opening == Opening::Text)
        .close(random, &token)
        .0
}

fn in_object(random: &mut Random, object: &str) -> String {
    if random.percent(30) {
        let token = quoted(object);
        return Shell::any(random, |opening| opening == Opening::Text)
            .close(random, &token)
            .0;
    }
    Shell::any(random, |opening| opening == Opening::Object)
        .close(random, object)
        .0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_enough_classes() {
        let names: BTreeSet<_> = classes().map(|class| class.name).collect();
        assert_eq!(names.len(), classes().count(), "a class is there twice");
        assert!(names.len() >= 40, "{}", names.len());
    }

    #[test]
    fn every_message_is_one() {
        for case in negatives(1, 20) {
            assert!(!case.message.contains(['‹', '«', '»']), "{}", case.message);
            let read = portcullis_protocol::json::check(case.message.as_bytes());
            assert!(read.is_ok(), "{:?}: {}", read.err(), case.message);
        }
    }
}
