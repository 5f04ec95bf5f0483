//! The reader of objects whose members somebody judges: which names it knows, and that no other
//! member is spelt like one of them.
//!
//! Go and C# read names without regard to case, C ends them at a NUL, and the Python SDK takes
//! `requested_schema` for `requestedSchema` and `meta` for `_meta`. What one of them reads is not
//! what was judged, so an object that holds such a name is refused. What stands under a name that
//! nobody knows, or under one that nobody looks into, travels as it came.

use std::fmt;

use crate::json::{Json, Kind};

/// Most capitals in a known name: so many `_` a field may have more.
const CAPITALS_MAX: usize = 4;

/// An object whose members are judged: their names, and what stands under each.
#[derive(Debug)]
pub struct Object(pub(crate) &'static [(&'static str, Under)]);

/// What stands under a member.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Under {
    /// Something that nobody looks into, or no object.
    Free,
    /// Such an object, or a list of them.
    Object(&'static Object),
    /// An object of any names, each with such an object.
    Each(&'static Object),
}

/// A member is spelt like this one, and is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin(pub &'static str);

impl fmt::Display for Twin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0;
        write!(
            f,
            "a member is spelt so that some readers take it for `{name}`; leave it out, or spell it `{name}`"
        )
    }
}

impl std::error::Error for Twin {}

impl Object {
    /// Reads an object, and all objects below it that are judged.
    ///
    /// # Errors
    /// The first member that is spelt like one that is known.
    pub fn check(&self, json: Json<'_>) -> Result<(), Twin> {
        for (key, value) in json.members() {
            match self.0.iter().find(|(name, _)| *name == key) {
                Some((_, under)) => under.check(value)?,
                None => self.is_like_none(&key)?,
            }
        }
        Ok(())
    }

    fn is_like_none(&self, key: &str) -> Result<(), Twin> {
        let key = key.split('\0').next().unwrap_or_default();
        // Folding keeps the number of characters of whatever folds to a name, so most keys need
        // none.
        let length = key.chars().count();
        let names = self.0.iter().map(|(name, _)| *name);
        let mut near = names
            .filter(|name| (name.len() - 1..=name.len() + CAPITALS_MAX).contains(&length))
            .peekable();
        if near.peek().is_none() {
            return Ok(());
        }
        let key = fold(key);
        let alike = |name: &&str| name.eq_ignore_ascii_case(&key) || is_field(name, &key);
        near.find(alike).map_or(Ok(()), |name| Err(Twin(name)))
    }
}

impl Under {
    fn check(self, json: Json<'_>) -> Result<(), Twin> {
        match self {
            Self::Free => Ok(()),
            Self::Object(object) if json.kind() == Kind::Array => {
                let mut elements = json.elements().into_iter();
                elements.try_for_each(|element| object.check(element))
            }
            Self::Object(object) => object.check(json),
            Self::Each(object) => {
                let mut values = json.members().into_iter();
                values.try_for_each(|(_, value)| object.check(value))
            }
        }
    }
}

/// Whether a key in lower case is the name of Python's field for a member: `a_b` for `aB`, and
/// without a `_` in front.
fn is_field(name: &str, key: &str) -> bool {
    let field = name.trim_start_matches('_').bytes().flat_map(|byte| {
        let separator = byte.is_ascii_uppercase().then_some(b'_');
        separator.into_iter().chain([byte.to_ascii_lowercase()])
    });
    field.eq(key.bytes())
}

/// A member's name as a reader without regard to case has it, ending at a NUL.
#[must_use]
pub fn folded(name: &str) -> String {
    fold(name.split('\0').next().unwrap_or_default())
}

/// Case folding that also joins `ſ` with `s` and the Kelvin sign with `k`, as Go's JSON reader does, and
/// `İ` with `i`, as Java does.
fn fold(text: &str) -> String {
    let folded = text.chars().flat_map(char::to_uppercase);
    let folded = folded.flat_map(char::to_lowercase);
    // What the dot of `İ` becomes.
    folded.filter(|c| *c != '\u{307}').collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::json::check;

    fn field(name: &str) -> String {
        let mut field = String::new();
        for c in name.trim_start_matches('_').chars() {
            field.extend(c.is_ascii_uppercase().then_some('_'));
            field.push(c.to_ascii_lowercase());
        }
        field
    }

    /// Spellings of a name that some reader takes for it.
    pub(crate) fn twins(name: &str) -> Vec<String> {
        let mut twins = vec![
            name.to_uppercase(),
            name.to_ascii_lowercase(),
            field(name),
            field(name).to_uppercase(),
            format!("{name}\0"),
            format!("{name}\0x"),
            name.replacen('s', "\u{17f}", 1),
            name.replacen('k', "\u{212a}", 1),
        ];
        let mut capital = name.to_owned();
        if let Some(first) = capital.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        twins.push(capital);
        twins.retain(|twin| twin != name);
        twins.sort();
        twins.dedup();
        twins
    }

    static INNER: Object = Object(&[("url", Under::Free)]);
    static OUTER: Object = Object(&[
        ("_meta", Under::Object(&INNER)),
        ("maxTokens", Under::Free),
        ("each", Under::Each(&INNER)),
    ]);

    fn twin(text: &str) -> Option<&'static str> {
        let json = check(text.as_bytes()).unwrap();
        OUTER.check(json).err().map(|Twin(name)| name)
    }

    #[test]
    fn look_alikes_are_found_where_members_are_judged() {
        for (text, name) in [
            (r#"{"maxtokens":1}"#, "maxTokens"),
            (r#"{"MAX_TOKENS":1}"#, "maxTokens"),
            (r#"{"max_to\u212aens":1}"#, "maxTokens"),
            (r#"{"maxTokens":1,"maxTokens\u0000":2}"#, "maxTokens"),
            (r#"{"max_tokens":1,"each":{}}"#, "maxTokens"),
            (r#"{"meta":{}}"#, "_meta"),
            (r#"{"_meta":{"URL":1}}"#, "url"),
            (r#"{"_meta":[{},{"Url":1}]}"#, "url"),
            (r#"{"each":{"x":{"url":1},"URL":{"uRl":1}}}"#, "url"),
        ] {
            assert_eq!(twin(text), Some(name), "{text}");
        }
    }

    #[test]
    fn names_fold_as_readers_fold_them() {
        for (name, folded_name) in [
            ("properT\u{130}es", "properties"),
            ("\u{212a}ey", "key"),
            ("A\0b", "a"),
        ] {
            assert_eq!(folded(name), folded_name);
        }
    }

    #[test]
    fn what_nobody_judges_may_be_spelt_as_it_likes() {
        for text in [
            r#"{"maxTokens":{"URL":1,"url":2},"free":{"URL":1}}"#,
            r#"{"max":1,"tokens":2,"max-tokens":3,"maxTokens2":4,"__meta":5}"#,
            r#"{"each":{"URL":{},"url":{}}}"#,
            r#"{"_meta":"URL","each":[{"URL":1}]}"#,
            "[]",
        ] {
            assert_eq!(twin(text), None, "{text}");
        }
    }
}
