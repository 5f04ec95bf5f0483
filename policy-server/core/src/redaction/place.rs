//! Where in a rules file something stands that was found wrong in the rules.

use std::ops::Range;

use portcullis_protocol::redact::RulesError;
use toml::de::{DeTable, DeValue};

use crate::policies::Place;

/// A value of the file, and where it stands.
type Value<'a> = toml::Spanned<DeValue<'a>>;

/// A rules file with the places of its values.
pub(super) struct Places<'a> {
    text: &'a str,
    root: Option<DeValue<'a>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let root = DeTable::parse(text).ok();
        Self {
            text,
            root: root.map(|root| DeValue::Table(root.into_inner())),
        }
    }

    /// The place of an error: the field that its message names first, in its rule if it has one.
    pub(super) fn error(&self, error: &RulesError) -> Option<Place> {
        let field = error.message.split('`').nth(1)?;
        let bytes = match &error.rule {
            Some(id) => self.in_rule(id, field, &error.message),
            None => {
                let value = self.found(field)?;
                Some(element(value, &error.message).unwrap_or_else(|| value.span()))
            }
        };
        bytes.map(|bytes| Place::span(self.text, bytes))
    }

    /// The place of a field of a rule; what is said of ids is about the last rule of that id.
    pub(super) fn in_rule(&self, id: &str, field: &str, message: &str) -> Option<Range<usize>> {
        let rules = self.root.as_ref()?.get("rule")?.get_ref().as_array()?;
        let mut same = rules.iter().filter(|rule| {
            let written = rule.get_ref().get("id");
            written.and_then(|id| id.get_ref().as_str()) == Some(id)
        });
        let rule = match field {
            "id" => same.next_back(),
            _ => same.next(),
        };
        let rule = rule?.get_ref();
        let value = step(rule, field).or_else(|| rule.get("id"))?;
        Some(element(value, message).unwrap_or_else(|| value.span()))
    }

    /// The place of a value by its path, such as `classes.secret.github` or `use[1].path`.
    pub(super) fn value(&self, path: &str) -> Option<Range<usize>> {
        self.found(path).map(toml::Spanned::span)
    }

    fn found(&self, path: &str) -> Option<&Value<'a>> {
        let root = self.root.as_ref()?;
        match path.split_once('.') {
            // A class has dots of its own.
            Some(("classes", class)) => root.get("classes")?.get_ref().get(class),
            Some((table, field)) => {
                let table = step(root, table)?;
                Some(table.get_ref().get(field).unwrap_or(table))
            }
            None => step(root, path),
        }
    }
}

/// A member of a table, or with `[n]` behind its name an element of it.
fn step<'v, 'a>(from: &'v DeValue<'a>, name: &str) -> Option<&'v Value<'a>> {
    match name.trim_end_matches(']').split_once('[') {
        Some((list, index)) => from.get(list)?.get_ref().get(index.parse::<usize>().ok()?),
        None => from.get(name),
    }
}

/// The element of a list that a message quotes.
fn element(list: &Value<'_>, message: &str) -> Option<Range<usize>> {
    let quoted = |value: &&Value<'_>| {
        let text = value.get_ref().as_str();
        text.is_some_and(|text| message.contains(&format!("\"{}\"", text.escape_debug())))
    };
    let mut elements = list.get_ref().as_array()?.iter();
    elements.rfind(quoted).map(toml::Spanned::span)
}
