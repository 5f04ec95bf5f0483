//! Schemas and arguments that cost much together, and real ones that are as long.

use serde_json::{Value, json};

use super::super::meter::STEPS_FEW;
use super::{Reads, map};

fn mixed(bytes: usize) -> String {
    let mut state = 7_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 'a' } else { 'b' }
    };
    (0..bytes).map(|_| letter()).collect()
}

/// What a tool with this schema of `x` says to a value.
fn said(x: &Value, value: &Value) -> Result<(), String> {
    let schema = json!({ "type": "object", "properties": { "x": x } });
    let tool = map("demo", &json!({ "name": "t", "inputSchema": schema })).unwrap();
    let text = json!({ "x": value }).to_string();
    let checked = tool.read(Some(&text), &Reads::Whole);
    checked.map(|_| ()).map_err(|fault| fault.to_string())
}

#[test]
fn what_costs_too_much_is_refused_with_its_place() {
    let wide = "a[ab]{900}c";
    let long = mixed(600_000);
    let pieces = mixed(2_000_000).into_bytes();
    let pieces = pieces
        .chunks(250)
        .map(|piece| json!(str::from_utf8(piece).unwrap()));
    let pieces: Vec<Value> = pieces.collect();
    let named = |value: &str| json!({ value: 1 });
    let mut values: Vec<Value> = (0..9_000).map(|n| json!(n)).collect();
    values.push(json!([1]));
    let names: Value = (0..9_000)
        .map(|n| (format!("p{n}"), json!(["q"])))
        .collect();
    let records: Vec<Value> = (0..2_000).map(|n| json!({ "a": [1, 2, n] })).collect();
    let like = vec![json!({ "a": [1, 2, -1] }); 40_000];
    let too_long = "is too long for a pattern that the tool declares";
    let steps = "takes more steps to check";
    for (x, value, why) in [
        (json!({ "pattern": wide }), json!(long), too_long),
        (
            json!({ "items": { "pattern": wide } }),
            json!(pieces),
            steps,
        ),
        (
            json!({ "patternProperties": { wide: {} }, "additionalProperties": false }),
            named(&long),
            too_long,
        ),
        (
            json!({ "propertyNames": { "pattern": wide } }),
            named(&long),
            too_long,
        ),
        (
            json!({ "items": { "not": { "enum": values } } }),
            json!(vec![0.5; 100_000]),
            steps,
        ),
        (
            json!({ "items": { "not": { "enum": records } } }),
            json!(like),
            steps,
        ),
        (
            json!({ "items": { "dependentRequired": names } }),
            json!(vec![json!({}); 200_000]),
            steps,
        ),
    ] {
        let fault = said(&x, &value).unwrap_err();
        assert!(fault.starts_with("/x") && fault.contains(why), "{fault}");
    }
    let fault = said(&json!({ "pattern": wide }), &json!(long)).unwrap_err();
    let (_, most) = fault.split_once("at most ").unwrap();
    let most: usize = most.trim_end_matches(')').parse().unwrap();
    let shorter = said(
        &json!({ "not": { "pattern": wide } }),
        &json!(mixed(most - 1_000)),
    );
    assert_eq!(shorter, Ok(()), "what it says would do does");
    let many = vec![json!(1); 400_000];
    let fault = said(&json!({ "items": { "type": "integer" } }), &json!(many));
    let told = "`arguments` holds more values than one call may: send fewer at a time";
    assert_eq!(fault.unwrap_err(), told);
    let fault = said(&json!({ "type": "string", "maxLength": 9 }), &json!(long));
    assert_eq!(fault.unwrap_err(), "/x is too long");
}

#[test]
fn what_unevaluated_asks_again_is_counted() {
    let nested = |levels: usize, with: &dyn Fn(Value) -> Value| {
        let start = json!({ "properties": { "a": { "type": "integer" } } });
        let schema = (0..levels).fold(start, |schema, _| with(schema));
        let schema = json!({ "type": "object", "properties": { "x": schema } });
        let tool = map("demo", &json!({ "name": "t", "inputSchema": schema })).unwrap();
        tool.unchecked().is_empty()
    };
    let any = |schema| json!({ "unevaluatedProperties": false, "anyOf": [schema, { "properties": { "b": {} } }] });
    let branch =
        |schema| json!({ "unevaluatedProperties": true, "if": schema, "then": {}, "else": {} });
    let all = |schema| json!({ "unevaluatedProperties": false, "allOf": [schema] });
    assert!(nested(2, &any) && nested(2, &branch) && nested(16, &all));
    // Thirteen bytes of arguments would take a minute.
    assert!(!nested(20, &any) && !nested(20, &branch));
}

#[test]
fn long_arguments_of_plain_tools_are_not_refused() {
    let text = "Zeile für Zeile, \u{1f600} and a word.\n".repeat(60_000);
    let base64 = "QUJDREVGR0hJSktM".repeat(150_000);
    let words: Vec<Value> = (0..100_000).map(|n| json!(format!("word-{n}"))).collect();
    let rows: Vec<Value> = (0..30_000)
        .map(|n| json!({ "id": n, "kind": "b", "name": format!("row {n}"), "tags": ["x", "y"] }))
        .collect();
    let zones: Vec<String> = (0..600).map(|n| format!("Area/Place-{n}")).collect();
    let row = json!({
        "type": "object", "additionalProperties": false, "required": ["id", "name"],
        "properties": {
            "id": { "type": "integer", "minimum": 0 },
            "kind": { "enum": ["a", "b", "c"] },
            "zone": { "enum": zones },
            "name": { "type": "string", "pattern": "^[\\w .-]{1,200}$", "maxLength": 200 },
            "tags": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
        },
    });
    for (x, value) in [
        (
            json!({ "type": "string", "minLength": 1, "maxLength": 4_000_000 }),
            json!(text),
        ),
        (json!({ "type": "string", "pattern": "\\S" }), json!(text)),
        (
            json!({ "type": "string", "pattern": "^[\\s\\S]+$" }),
            json!(text),
        ),
        (
            json!({ "type": "string", "pattern": "^[A-Za-z0-9+/]+={0,2}$" }),
            json!(base64),
        ),
        (
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
            json!("a".repeat(64)),
        ),
        (
            json!({ "anyOf": [{ "type": "string", "format": "uri" }, { "type": "string" }] }),
            json!(text),
        ),
        (
            json!({ "type": "array", "items": { "type": "string", "pattern": "^[a-z]+-\\d+$" }, "uniqueItems": true }),
            json!(words),
        ),
        (json!({ "type": "array", "items": row }), json!(rows)),
        (
            json!({ "oneOf": [{ "type": "array", "items": row }, { "type": "string" }] }),
            json!(rows),
        ),
    ] {
        let bytes = value.to_string().len();
        assert_eq!(said(&x, &value), Ok(()), "{x:.80} {bytes}");
    }
}

#[test]
fn few_arguments_are_known_to_cost_little() {
    let schema = json!({ "type": "object", "properties": {
        "path": { "type": "string", "pattern": "^/[a-z/]*$" },
        "mode": { "enum": ["r", "w"] },
    } });
    let tool = map("demo", &json!({ "name": "t", "inputSchema": schema })).unwrap();
    assert!(tool.steps(10_000) <= STEPS_FEW, "{}", tool.steps(10_000));
}
