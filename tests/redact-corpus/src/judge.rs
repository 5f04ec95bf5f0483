//! Whether a redactor did right by one message.

use serde_json::Value;

use crate::message::tokens;
use crate::positive::{Case, Label};
use crate::readings::readings;

/// A secret of which so many characters in a row are left is not redacted.
const LEFT_MAX: usize = 11;

/// What a redactor did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The secret can still be read.
    Leaked,
    /// The message went nowhere, though it could have been redacted.
    Blocked,
    /// What came out is no JSON.
    Invalid,
    /// Something else was changed.
    Spoiled,
}

/// Judges what became of a message; `None` when it was blocked.
///
/// # Errors
/// What is wrong with it.
pub fn judge(case: &Case, output: Option<&str>) -> Result<(), Miss> {
    let output = output.ok_or(Miss::Blocked)?;
    match &case.label {
        Label::Innocent { .. } if output == case.message => Ok(()),
        Label::Innocent { .. } => Err(Miss::Spoiled),
        Label::Secret { parts, slots, .. } => {
            serde_json::from_str::<Value>(output).map_err(|_| Miss::Invalid)?;
            let changed = only_slots_changed(&case.message, output, slots).ok_or(Miss::Spoiled)?;
            let read: Vec<String> = changed.into_iter().flat_map(readings).collect();
            let is_left = |part: &String| read.iter().any(|text| is_left(text, part));
            match parts.iter().any(is_left) {
                true => Err(Miss::Leaked),
                false => Ok(()),
            }
        }
    }
}

/// The string tokens that hold the secret as they are now, when all else is as it was.
fn only_slots_changed<'a>(before: &str, after: &'a str, slots: &[usize]) -> Option<Vec<&'a str>> {
    let (before, after) = (tokens(before), tokens(after));
    let same = before.len() == after.len()
        && (before.iter().zip(&after).enumerate())
            .all(|(index, (before, after))| before == after || slots.contains(&index));
    let taken = slots.iter().map(|slot| after.get(*slot).copied());
    same.then(|| taken.collect()).flatten()
}

/// Whether too much of a secret is left in a text.
fn is_left(text: &str, secret: &str) -> bool {
    let chars: Vec<char> = secret.chars().collect();
    let window = (LEFT_MAX + 1).min(chars.len());
    let run = |chars: &[char]| chars.iter().collect::<String>();
    chars
        .windows(window.max(1))
        .any(|window| text.contains(&run(window)))
}

/// Whether what stood around the secret in its string still stands there; `None` where the label
/// does not say.
pub(crate) fn is_exact(case: &Case, output: &str) -> Option<bool> {
    let Label::Secret { slots, around, .. } = &case.label else {
        return None;
    };
    let (head, tail) = around.as_ref()?;
    let pieces = tokens(output);
    let token = pieces.get(*slots.last()?)?;
    let text: String = serde_json::from_str(token).ok()?;
    Some(text.starts_with(head.as_str()) && text.ends_with(tail.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::unflag;

    fn case() -> Case {
        let (message, slots) = unflag("{\"a\":\0\"x=abcdefghijklmnop;\",\"b\":\"y\"}");
        Case {
            message,
            label: Label::Secret {
                kind: "test",
                places: ["", "", ""],
                parts: vec!["abcdefghijklmnop".to_owned()],
                slots,
                around: Some(("x=".to_owned(), ";".to_owned())),
            },
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for (output, wanted) in [
            (Some(r#"{"a":"x=[gone];","b":"y"}"#), Ok(())),
            (
                Some(r#"{"a":"x=abcdefghijklmnop;","b":"y"}"#),
                Err(Miss::Leaked),
            ),
            (
                Some(r#"{"a":"x=[gone]defghijklmnop;","b":"y"}"#),
                Err(Miss::Leaked),
            ),
            (
                Some(r#"{"a":"x=YWJjZGVmZ2hpamtsbW5vcA==;","b":"y"}"#),
                Err(Miss::Leaked),
            ),
            (Some(r#"{"a":"x=[gone];","b":"z"}"#), Err(Miss::Spoiled)),
            (Some(r#"{"a":"x=[gone];", "b":"y"}"#), Err(Miss::Spoiled)),
            (Some(r#"{"a":"x=[gone],"b":"y"}"#), Err(Miss::Invalid)),
            (None, Err(Miss::Blocked)),
        ] {
            assert_eq!(judge(&case(), output), wanted, "{output:?}");
        }
    }

    #[test]
    fn what_is_around_is_held_against_the_label() {
        assert_eq!(
            is_exact(&case(), r#"{"a":"x=[gone];","b":"y"}"#),
            Some(true)
        );
        assert_eq!(is_exact(&case(), r#"{"a":"[gone]","b":"y"}"#), Some(false));
    }
}
