//! Values on both sides of a comparison.

use serde_json::{Number, Value, json};

use crate::audit::time;
use crate::engine::cedar::Literal;

/// Most values that one place is tried with.
const VALUES_MAX: usize = 24;

/// What is done to one member of the arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Probe {
    /// It is as it was made up.
    Leave,
    /// It is there, as its own schema would have it.
    Add,
    /// It is not there.
    Remove,
    /// It is this.
    Set(Value),
}

/// What one member is tried with: as it is first, then around everything that it is compared with.
pub(super) fn probes<'l>(
    literals: impl IntoIterator<Item = &'l Literal>,
    choices: &[Value],
) -> Vec<Probe> {
    let mut probes = vec![Probe::Leave, Probe::Remove, Probe::Add];
    let mut values: Vec<Value> = literals.into_iter().flat_map(values).collect();
    values.extend(choices.iter().cloned());
    for value in values {
        let probe = Probe::Set(value);
        if probes.len() < VALUES_MAX && !probes.contains(&probe) {
            probes.push(probe);
        }
    }
    probes
}

/// The values around one literal.
fn values(literal: &Literal) -> Vec<Value> {
    match literal {
        Literal::Present => Vec::new(),
        Literal::Seen => vec![json!(true), json!(false)],
        Literal::Number(number) => {
            let around = [number.checked_sub(1), Some(*number), number.checked_add(1)];
            around.into_iter().flatten().map(Value::from).collect()
        }
        Literal::Decimal(text) => decimals(text),
        Literal::Instant(text) => {
            let around = instants(text).into_iter();
            let written = around.map(|ms| Value::from(time::rfc3339_ms(ms)));
            written.collect()
        }
        Literal::Span(text) => vec![json!(text)],
        Literal::Text(_) | Literal::Like(_) => {
            texts(literal).into_iter().map(Value::from).collect()
        }
        Literal::Item(inner) => {
            let one = values(inner).into_iter();
            let with = one.map(|value| json!([value]));
            with.chain([json!([])]).collect()
        }
    }
}

/// The strings around a text or a pattern.
pub(super) fn texts(literal: &Literal) -> Vec<String> {
    match literal {
        Literal::Text(text) => {
            let mut shorter = text.clone();
            shorter.pop();
            vec![text.clone(), format!("{text}x"), shorter]
        }
        Literal::Like(pattern) => {
            let filled = |with: &str| -> String {
                let part = |part: &Option<String>| match part {
                    Some(text) => text.clone(),
                    None => with.to_owned(),
                };
                pattern.iter().map(part).collect()
            };
            let whole = filled("");
            let mut shorter = whole.clone();
            shorter.pop();
            vec![
                filled("x"),
                filled("../x"),
                format!("x{whole}x"),
                whole,
                shorter,
            ]
        }
        _ => Vec::new(),
    }
}

fn decimals(text: &str) -> Vec<Value> {
    let Ok(value) = text.parse::<f64>() else {
        return Vec::new();
    };
    let around = [value - 1.0, value - 0.01, value, value + 0.01, value + 1.0];
    let rounded = around
        .into_iter()
        .map(|value| (value * 10_000.0).round() / 10_000.0);
    let numbers = rounded.filter_map(Number::from_f64).map(Value::Number);
    numbers.chain([Value::from(text)]).collect()
}

/// A time, and a second to both sides, in milliseconds since 1970.
pub(super) fn instants(text: &str) -> Vec<i64> {
    let read = time::read_ms(text).or_else(|| time::read_ms(&format!("{text}T00:00:00Z")));
    let around = |ms: i64| [ms - 1_000, ms, ms + 1_000];
    read.into_iter().flat_map(around).collect()
}

/// A duration as Cedar writes it, in milliseconds.
pub(super) fn span_ms(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let units = [
            ("ms", 1),
            ("d", 86_400_000),
            ("h", 3_600_000),
            ("m", 60_000),
            ("s", 1_000),
        ];
        let unit = units.iter().find(|(unit, _)| after.starts_with(unit))?;
        let number: i64 = number.parse().ok()?;
        sum = sum.checked_add(number.checked_mul(unit.1)?)?;
        rest = after.strip_prefix(unit.0)?;
    }
    Some(if text.starts_with('-') { -sum } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_tried() {
        assert_eq!(
            values(&Literal::Number(100)),
            [json!(99), json!(100), json!(101)]
        );
        assert_eq!(values(&Literal::Number(i64::MAX)).len(), 2);
        let like = Literal::Like(vec![Some("/srv/".to_owned()), None]);
        assert_eq!(
            texts(&like),
            ["/srv/x", "/srv/../x", "x/srv/x", "/srv/", "/srv"]
        );
        let item = Literal::Item(Box::new(Literal::Text("bug".to_owned())));
        assert_eq!(
            values(&item),
            [json!(["bug"]), json!(["bugx"]), json!(["bu"]), json!([])]
        );
        assert!(values(&Literal::Decimal("1.5".to_owned())).contains(&json!(1.49)));
        assert_eq!(span_ms("17h30m"), Some(63_000_000));
        assert_eq!(span_ms("-5ms"), Some(-5));
        assert_eq!(span_ms("1x"), None);
        assert_eq!(instants("1970-01-02"), [86_399_000, 86_400_000, 86_401_000]);
    }
}
