//! The rules of redaction as a file: read, compiled, and what is wrong with them at its place.
//!
//! Deliberately absent: what is found in a message, which is `protocol/redact`'s, and who may see
//! it, which is policy's.

mod advice;
mod cost;
mod place;

use portcullis_protocol::redact::{RawRules, Rules, RulesError};

use crate::engine::cedar::nearest::nearest;
use crate::policies::{Code, Place, Problem};

pub use advice::advice;
pub use cost::{Chance, allowed_characters, chance};

/// Reads and compiles a rules file, just as the server does it. An empty text is the built-in rules.
///
/// # Errors
/// All that is wrong with it, with places in `file`, sorted.
pub fn read(file: &str, text: &str) -> Result<Rules, Vec<Problem>> {
    let raw: RawRules =
        toml::from_str(text).map_err(|error| vec![unreadable(file, text, &error)])?;
    Rules::compile(&raw).map_err(|errors| {
        let places = place::Places::of(text);
        let problem = |error: RulesError| {
            let mut problem = Problem::new(Code::Redaction, file, &error.to_string());
            problem.place = places.error(&error);
            problem
        };
        let mut problems: Vec<Problem> = errors.into_iter().map(problem).collect();
        problems.sort();
        problems
    })
}

/// What is no rules file at all.
fn unreadable(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    let message = error.message();
    let problem = Problem {
        place: error.span().map(|span| Place::span(text, span)),
        ..Problem::new(Code::Redaction, file, message)
    };
    let mut words = message.split('`').skip(1).step_by(2);
    let best = match words.next() {
        Some(wrong) if message.starts_with("unknown ") => nearest(wrong, words),
        _ => None,
    };
    match best {
        Some(best) => problem.help(&format!("did you mean `{best}`?")),
        None if message.contains("a class is") || in_classes(text, error) => {
            problem.help("write a class in quotes, as in `\"secret.github\" = \"block\"`")
        }
        None => problem.help("`portcullis redact schema` prints what the file may say"),
    }
}

/// Whether an error is about the table of classes, where a class without quotes is a table of its
/// own to TOML.
fn in_classes(text: &str, error: &toml::de::Error) -> bool {
    let places = place::Places::of(text);
    let inside = places
        .value("classes")
        .zip(error.span())
        .map(|(classes, at)| classes.start <= at.start && at.end <= classes.end);
    inside.unwrap_or_default()
}

#[cfg(test)]
mod tests;
