//! Values of arguments in Cedar's terms.
//!
//! Without loss, or not at all: what a type cannot hold is a fault. Deliberately absent: the
//! check against JSON Schema, which comes first.

mod addresses;
mod opaque;
mod seen;
mod times;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr as _;
use std::sync::LazyLock;

use cedar_policy::{EntityId, EntityTypeName, EntityUid, RestrictedExpression as Cedar};
use serde_json::Value;

use self::addresses::{address, v6};
use self::opaque::{canonical_number, digest};
use self::seen::seen;
pub(crate) use self::times::instant_ms;
use super::ArgumentFault;
use super::reads::Reads;
use super::shape::{Attribute, Branch, Record, Rest, Shape, Test};
use super::views::escaped;

type Converted = Result<Cedar, ArgumentFault>;

/// The value of the input, as far as it is read.
pub(super) fn input(root: &Record, reads: &Reads, value: &Value) -> Converted {
    let at = At(None, "");
    seen(root, reads, value, &at)?;
    record(root, reads, value, &at).map(|(record, _)| record)
}

/// Whether a value has a place in Cedar.
pub(super) fn fits(shape: &Shape, value: &Value) -> bool {
    convert(shape, value, &At(None, "")).is_ok()
}

/// Where a value stands; written out only when it is at fault.
pub(super) struct At<'a>(pub(super) Option<&'a At<'a>>, pub(super) &'a str);

impl At<'_> {
    pub(super) fn pointer(&self) -> String {
        let before = self.0.map(At::pointer);
        before.map_or_else(String::new, |before| {
            format!("{before}/{}", escaped(self.1))
        })
    }

    pub(super) fn fault(&self, why: &'static str) -> ArgumentFault {
        ArgumentFault::new(&self.pointer(), why)
    }
}

fn convert(shape: &Shape, value: &Value, at: &At<'_>) -> Converted {
    let other = || at.fault("has another type than the tool declares");
    let text = || value.as_str().ok_or_else(other);
    Ok(match shape {
        Shape::Bool => Cedar::new_bool(value.as_bool().ok_or_else(other)?),
        Shape::Long => Cedar::new_long(
            long(value).ok_or_else(|| at.fault("is not a whole number of 64 bits"))?,
        ),
        Shape::Text => Cedar::new_string(text()?.to_owned()),
        Shape::Decimal => {
            let number = value.as_number().ok_or_else(other)?;
            decimal(&canonical_number(number), at)?
        }
        Shape::DecimalText => decimal(text()?, at)?,
        Shape::Instant => Cedar::new_datetime(times::instant(text()?).ok_or_else(|| {
            at.fault("is not an RFC 3339 date and time with at most milliseconds")
        })?),
        Shape::Date => {
            Cedar::new_datetime(times::date(text()?).ok_or_else(|| at.fault("is not a date"))?)
        }
        Shape::Duration => Cedar::new_duration(times::duration(text()?).ok_or_else(|| {
            at.fault("is not a duration of weeks, days, hours, minutes and seconds")
        })?),
        Shape::V4 => address(
            text()?.parse::<Ipv4Addr>().ok().map(|v4| v4.to_string()),
            at,
        )?,
        Shape::V6 => address(text()?.parse::<Ipv6Addr>().ok().map(v6), at)?,
        Shape::Choice(choice) => {
            let text = Some(text()?).filter(|text| choice.holds(text));
            let text = text.ok_or_else(|| at.fault("is not one of the values that are allowed"))?;
            entity(EntityTypeName::from_str(&choice.name).ok(), text, at)?
        }
        Shape::Null => entity(TYPES.null.clone(), "null", at)?,
        Shape::Number => {
            let number = value.as_number().ok_or_else(other)?;
            entity(TYPES.number.clone(), &canonical_number(number), at)?
        }
        Shape::Unknown => entity(TYPES.unknown.clone(), &digest(value), at)?,
        Shape::Set(item) => set(item, value.as_array().ok_or_else(other)?, at)?,
        Shape::Tuple(places) => tuple(places, value.as_array().ok_or_else(other)?, at)?,
        Shape::Record(shape) => record(shape, &Reads::Whole, value, at)?.0,
        Shape::Map(each) => {
            let members = value.as_object().ok_or_else(other)?;
            entries(each, members.iter(), at)?
        }
        Shape::Union(branches) => union(branches, value, at)?,
    })
}

/// The opaque types.
struct Types {
    null: Option<EntityTypeName>,
    number: Option<EntityTypeName>,
    unknown: Option<EntityTypeName>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| Types {
    null: EntityTypeName::from_str("Mcp::Null").ok(),
    number: EntityTypeName::from_str("Mcp::Number").ok(),
    unknown: EntityTypeName::from_str("Mcp::Unknown").ok(),
});

fn entity(name: Option<EntityTypeName>, id: &str, at: &At<'_>) -> Converted {
    let name = name.ok_or_else(|| at.fault("has a type without a name"))?;
    let uid = EntityUid::from_type_name_and_id(name, EntityId::new(id));
    Ok(Cedar::new_entity_uid(uid))
}

fn together(pairs: Vec<(String, Cedar)>, at: &At<'_>) -> Converted {
    Cedar::new_record(pairs).map_err(|_| at.fault("has a member twice"))
}

fn long(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    number.as_i64().or_else(|| {
        let value = number.as_f64().filter(|_| number.is_f64())?;
        // Doubles beyond 2^53 have been refused, so the text of a whole one is exact.
        format!("{value:.0}")
            .parse()
            .ok()
            .filter(|_| value.fract() == 0.0)
    })
}

fn decimal(text: &str, at: &At<'_>) -> Converted {
    let fault = || at.fault("is not a decimal with at most four decimals");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let fits = digits(unsigned) && digits(fraction) && fraction.len() <= 4 && unsigned.len() <= 15;
    // Fifteen digits before the point always fit the type, and sixteen never do.
    let text = fits
        .then(|| format!("{whole}.{fraction}"))
        .ok_or_else(fault)?;
    let scaled = format!("{whole}{fraction:0<4}").parse::<i64>();
    scaled
        .map_err(|_| fault())
        .map(|_| Cedar::new_decimal(text))
}

fn set(item: &Shape, values: &[Value], at: &At<'_>) -> Converted {
    let each = values
        .iter()
        .enumerate()
        .map(|(index, value)| convert(item, value, &At(Some(at), &index.to_string())));
    let each: Result<Vec<Cedar>, ArgumentFault> = each.collect();
    each.map(Cedar::new_set)
}

fn tuple(places: &[Attribute], values: &[Value], at: &At<'_>) -> Converted {
    if values.len() > places.len() {
        return Err(at.fault("has too many items"));
    }
    let mut pairs = Vec::new();
    for (index, (place, value)) in places.iter().zip(values).enumerate() {
        let at = At(Some(at), &index.to_string());
        if !(place.nullable && value.is_null()) {
            pairs.push((format!("proj{index}"), convert(&place.shape, value, &at)?));
        }
    }
    together(pairs, at)
}

/// Members that no property declares: their keys, and each with its value.
fn entries<'a>(
    each: &Attribute,
    members: impl Iterator<Item = (&'a String, &'a Value)>,
    at: &At<'_>,
) -> Converted {
    let mut keys = Vec::new();
    let mut entries = Vec::new();
    for (name, value) in members {
        let at = At(Some(at), name);
        let key = Cedar::new_string(name.clone());
        keys.push(key.clone());
        let mut entry = vec![("key".to_owned(), key)];
        if !(each.nullable && value.is_null()) {
            entry.push(("value".to_owned(), convert(&each.shape, value, &at)?));
        }
        entries.push(together(entry, &at)?);
    }
    let both = vec![
        ("entries".to_owned(), Cedar::new_set(entries)),
        ("keys".to_owned(), Cedar::new_set(keys)),
    ];
    together(both, at)
}

/// The record, and the members that it shows.
fn record<'a>(
    shape: &Record,
    reads: &Reads,
    whole: &'a Value,
    at: &At<'_>,
) -> Result<(Cedar, BTreeSet<&'a String>), ArgumentFault> {
    let members = whole.as_object();
    let members = members.ok_or_else(|| at.fault("has another type than the tool declares"))?;
    let apart = shape.apart(reads);
    let mut written = Vec::new();
    let mut shown = BTreeSet::new();
    for (name, value) in members {
        let below = match apart {
            Some(wanted) => wanted.get(name),
            None => Some(&Reads::Whole),
        };
        let (Some(attribute), Some(below)) = (shape.attributes.get(name), below) else {
            continue;
        };
        shown.insert(name);
        if !(attribute.nullable && value.is_null()) {
            let at = At(Some(at), name);
            let value = match &attribute.shape {
                Shape::Record(inner) => record(inner, below, value, &at)?.0,
                shape => convert(shape, value, &at)?,
            };
            written.push((name.clone(), value));
        }
    }
    if apart.is_some() {
        return together(written, at).map(|record| (record, shown));
    }
    for (name, branch) in &shape.branches {
        if let (Shape::Record(inner), true) = (&branch.shape, takes(&branch.test, whole)) {
            let (record, more) = record(inner, &Reads::Whole, whole, at)?;
            written.push((name.clone(), record));
            shown.extend(more);
        }
    }
    let mut hidden = members
        .iter()
        .filter(|(name, _)| !shown.contains(name))
        .peekable();
    match &shape.rest {
        Rest::Listed(name, each) if hidden.peek().is_some() => {
            written.push((name.clone(), entries(each, hidden, at)?));
        }
        Rest::None => {
            if let Some((name, _)) = hidden.next() {
                return Err(At(Some(at), name).fault("is not an argument of this tool"));
            }
        }
        _ => {}
    }
    together(written, at).map(|record| (record, shown))
}

pub(super) fn takes(test: &Test, value: &Value) -> bool {
    match test {
        Test::Type(kind) => kind.holds(value),
        Test::Present => !value.is_null(),
        Test::Schema(validator) => validator.is_valid(value),
    }
}

/// All branches that the value fits; one that Cedar has no value for is left out beside others.
fn union(branches: &[Branch], value: &Value, at: &At<'_>) -> Converted {
    let mut written = Vec::new();
    let mut fault = at.fault("fits none of the alternatives");
    for (index, branch) in branches.iter().enumerate() {
        if takes(&branch.test, value) {
            match convert(&branch.shape, value, at) {
                Ok(converted) => written.push((format!("typeChoice{index}"), converted)),
                Err(why) => fault = why,
            }
        }
    }
    if written.is_empty() {
        return Err(fault);
    }
    together(written, at)
}
