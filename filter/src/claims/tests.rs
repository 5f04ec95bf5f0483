//! Claims out of metadata as Envoy writes it, and out of bytes that it would not write.

use serde_json::{Value, json};

use super::*;

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [
        varint(number << 3 | 2),
        varint(bytes.len() as u64),
        bytes.to_vec(),
    ]
    .concat()
}

fn pair(key: &str, value: &[u8]) -> Vec<u8> {
    field(1, &[field(1, key.as_bytes()), field(2, value)].concat())
}

fn object<'a>(members: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    members
        .flat_map(|(key, member)| pair(key, &value(member)))
        .collect()
}

/// A `google.protobuf.Value`.
fn value(json: &Value) -> Vec<u8> {
    match json {
        Value::Null => vec![1 << 3, 0],
        Value::Number(number) => {
            let number = number.as_f64().unwrap().to_le_bytes();
            [vec![2 << 3 | 1], number.to_vec()].concat()
        }
        Value::String(text) => field(3, text.as_bytes()),
        Value::Bool(truth) => vec![4 << 3, u8::from(*truth)],
        Value::Object(members) => field(
            5,
            &object(members.iter().map(|(key, value)| (key.as_str(), value))),
        ),
        Value::Array(elements) => {
            let elements = elements
                .iter()
                .flat_map(|element| field(1, &value(element)));
            field(6, &elements.collect::<Vec<_>>())
        }
    }
}

fn identity() -> Identity {
    Identity {
        provider_metadata: "jwt_payload".to_owned(),
        roles_claim: "roles".to_owned(),
        agent_claim: "agent".to_owned(),
        trusted_agent_peers: vec![],
        clock_skew_s: 60,
    }
}

/// The metadata of a request whose token has these claims, beside what other filters put there.
fn metadata(payload: &[u8]) -> Vec<u8> {
    let ours = pair("jwt_payload", payload);
    let theirs = pair(
        "jwt_payload",
        &value(&json!({"iss": "evil", "sub": "root"})),
    );
    [
        pair("envoy.filters.http.other", &theirs),
        pair("envoy.filters.http.jwt_authn", &ours),
        // Typed metadata, and numbers that protobuf may add one day.
        field(2, &pair("envoy.filters.http.jwt_authn", &theirs)),
        vec![9 << 3, 1, 10 << 3 | 5, 0, 0, 0, 0],
    ]
    .concat()
}

fn claims_of(payload: &Value) -> Option<Claims> {
    read(&identity(), &metadata(&value(payload)))
}

fn with(name: &str, claim: Value) -> Option<Claims> {
    let mut payload = json!({"iss": "x", "sub": "y", "exp": 7, "act": {"sub": "z"}});
    payload[name] = claim;
    claims_of(&payload)
}

#[test]
fn roles_are_a_list_of_strings_and_nothing_else() {
    let roles = |claim: Value| with("roles", claim).unwrap().roles;
    assert_eq!(roles(json!(["developer", "viewer"])).unwrap().len(), 2);
    assert_eq!(roles(json!([])), Some(vec![]));
    assert_eq!(roles(Value::Null), Some(vec![]), "null is no claim");
    assert_eq!(with("other", json!(1)).unwrap().roles, Some(vec![]));
    let spelled = f64::from_le_bytes(*b"operator");
    let list_of_admin = "\u{1}\0\0\0\u{5}\0\0\0\0\0\0\0admin\0\0";
    for other in [
        json!({"admin": ""}),
        json!({"admin": null}),
        json!({"admin": []}),
        json!({}),
        json!("admin"),
        json!(""),
        json!(list_of_admin),
        json!(7),
        json!(spelled),
        json!(true),
        json!([["admin"]]),
        json!([{"admin": ""}]),
        json!(["admin", 7]),
        json!([spelled]),
        json!(["admin", null]),
        json!(["admin", true]),
    ] {
        assert_eq!(roles(other.clone()), None, "{other}");
    }
}

#[test]
fn issuer_and_subject_are_strings() {
    let spelled = f64::from_le_bytes(*b"operator");
    for name in ["iss", "sub"] {
        for other in [
            json!(null),
            json!(7),
            json!(spelled),
            json!(true),
            json!(["x"]),
            json!({"x": ""}),
        ] {
            assert_eq!(with(name, other.clone()), None, "{name}: {other}");
        }
    }
    let claims = with("roles", json!(["r"])).unwrap();
    assert_eq!(
        (claims.issuer.as_str(), claims.subject.as_str()),
        ("x", "y")
    );
}

#[test]
fn an_agent_that_is_no_string_is_not_an_absent_one() {
    assert_eq!(with("agent", Value::Null).unwrap().agent, None);
    let named = with("agent", json!("claude")).unwrap().agent;
    assert_eq!(named.as_deref(), Some("claude"));
    for other in [
        json!(7),
        json!(["claude"]),
        json!({"claude": ""}),
        json!(false),
    ] {
        let agent = with("agent", other.clone()).unwrap().agent;
        assert_eq!(agent.as_deref(), Some(""), "{other}");
    }
}

#[test]
fn only_the_payload_of_the_provider_counts() {
    let good = value(&json!({"iss": "x", "sub": "y"}));
    assert!(read(&identity(), &metadata(&good)).is_some());
    let elsewhere = [
        Vec::new(),
        pair("envoy.filters.http.other", &pair("jwt_payload", &good)),
        pair("envoy.filters.http.jwt_authn", &pair("other", &good)),
        field(2, &metadata(&good)),
    ];
    for bytes in elsewhere {
        assert_eq!(read(&identity(), &bytes), None);
    }
}

#[test]
fn bytes_that_are_no_message_are_no_claims() {
    let whole = pair(
        "envoy.filters.http.jwt_authn",
        &pair(
            "jwt_payload",
            &value(&json!({"iss": "x", "sub": "y", "roles": ["developer"]})),
        ),
    );
    assert!(read(&identity(), &whole).is_some());
    for cut in 0..whole.len() {
        assert_eq!(read(&identity(), &whole[..cut]), None, "{cut}");
    }
    let deep = (0..4000).fold(vec![1 << 3, 0], |inner, _| field(6, &field(1, &inner)));
    let payloads = [
        // A claim, an issuer or the kind of a value twice.
        field(
            5,
            &[
                pair("iss", &value(&json!("x"))),
                pair("iss", &value(&json!("y"))),
            ]
            .concat(),
        ),
        field(
            5,
            &pair("iss", &[value(&json!("x")), value(&json!("y"))].concat()),
        ),
        field(5, &field(1, &[field(1, b"iss"), field(1, b"sub")].concat())),
        // Lengths and numbers without an end; text that is none; groups.
        vec![0xff; 12],
        [vec![5 << 3 | 2], vec![0xff; 10]].concat(),
        field(5, &pair("iss", &field(3, b"\xff"))),
        vec![5 << 3 | 3],
        field(6, &deep),
    ];
    for payload in payloads {
        assert_eq!(read(&identity(), &metadata(&payload)), None);
    }
    let nested = [
        pair("iss", &value(&json!("x"))),
        pair("sub", &value(&json!("y"))),
        pair("roles", &deep),
    ];
    let claims = read(&identity(), &metadata(&field(5, &nested.concat())));
    assert_eq!(claims.unwrap().roles, None, "no deeper than it must");
}

#[test]
fn the_end_of_a_token_is_read() {
    let end = |exp: Value| {
        let payload = json!({"iss": "x", "sub": "y", "exp": exp});
        claims_of(&payload).unwrap().expires_s
    };
    assert_eq!(end(json!(1_800_000_000)), Some(1_800_000_000));
    assert_eq!(end(json!(-1)), Some(0));
    assert_eq!(end(json!(1e300)), Some(u64::MAX));
    for none in [
        json!(""),
        json!("1800000000"),
        json!([1]),
        json!({}),
        json!(true),
    ] {
        assert_eq!(end(none), Some(0), "what cannot be read is over");
    }
    let endless = claims_of(&json!({"iss": "x", "sub": "y"}));
    assert_eq!(endless.unwrap().expires_s, None);
}
