//! Enumerations: `enum`, `const`, and branches that are nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Mapped, Mapper};
use crate::schema::shape::{Choice, Kind, Shape, is_integer};
use crate::schema::views::{Place, View, Views};

/// Most values of an enumerated entity type; a longer list is a `String`.
const VALUES_MAX: usize = 500;

impl<'a> Mapper<'a> {
    /// The shape of a value that is one of a list, if there is one.
    pub(super) fn listed(&mut self, views: &Views<'a>, kinds: Option<&[Kind]>) -> Option<Mapped> {
        let (mut values, place) = views.all.iter().find_map(|(schema, place)| {
            let values = values(schema).or_else(|| self.branch_values(schema, place))?;
            Some((values, place))
        })?;
        values.retain(|value| kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind.holds(value))));
        let nullable = values.iter().any(|value| value.is_null()) && values.len() > 1;
        values.retain(|value| !nullable || !value.is_null());
        let shape = self.one_of(&values, &place.path);
        // A list without values, or of mixed ones, says less than the type beside it.
        let says_less = matches!(shape, Shape::Unknown) && kinds.is_some();
        (!says_less).then(|| Mapped::nullable(shape, nullable))
    }

    fn one_of(&mut self, values: &[&Value], path: &[String]) -> Shape {
        let all = |test: fn(&Value) -> bool| values.iter().all(|value| test(value));
        let whole = |value: &Value| value.as_number().is_some_and(is_integer);
        match values {
            [] => Shape::Unknown,
            _ if all(Value::is_string) && values.len() > VALUES_MAX => Shape::Text,
            _ if all(Value::is_string) => self.choice(values, path),
            _ if all(Value::is_boolean) => Shape::Bool,
            _ if all(whole) => Shape::Long,
            _ if all(Value::is_number) => Shape::Number,
            _ if all(Value::is_null) => Shape::Null,
            _ => Shape::Unknown,
        }
    }

    /// An enumerated type of these values; the same name with other values gets a `_` behind it.
    fn choice(&mut self, values: &[&Value], path: &[String]) -> Shape {
        let values: BTreeSet<String> = values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        let values: Vec<String> = values.into_iter().collect();
        let mut path = path.to_vec();
        while self.choices.get(&path).is_some_and(|have| *have != values) {
            if let Some(last) = path.last_mut() {
                last.push('_');
            }
        }
        let name = format!("{}::{}", self.prefix, path.join("::"));
        self.choices.insert(path, values.clone());
        Shape::Choice(Choice { name, values })
    }

    /// The values of an `anyOf` or `oneOf` whose branches are all enumerations.
    fn branch_values(
        &self,
        schema: &'a Map<String, Value>,
        place: &Place,
    ) -> Option<Vec<&'a Value>> {
        let (keyword, branches) = super::unions::branches(schema)?;
        let mut all = Vec::new();
        for branch in branches {
            let start = View {
                schema: branch,
                place: place.at(keyword),
            };
            let views = self.document.views(vec![start], &self.inside);
            if views.recursive {
                return None;
            }
            let null = |schema: &Map<String, Value>| {
                schema.get("type").and_then(Value::as_str) == Some("null")
            };
            let found = views.all.iter().find_map(|(schema, _)| values(schema));
            match found {
                Some(found) => all.extend(found),
                None if views.all.iter().any(|(schema, _)| null(schema)) => all.push(&Value::Null),
                None => return None,
            }
        }
        let fits = |value: &&Value| value.is_string() || value.is_null();
        (all.iter().all(fits) && all.iter().any(|value| value.is_string())).then_some(all)
    }
}

fn values(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value]);
    }
    Some(schema.get("enum")?.as_array()?.iter().collect())
}
