//! What lists show: nothing is hidden that some arguments could make callable.

use super::*;

const BY_ROLE: &str = "permits contains {\"id\": \"dev\"} if {\n\
    \"dev\" in input.principal.roles\n input.resource.name != \"secret\"\n}\n";

#[test]
fn without_arguments_the_decision_is_exact() {
    let engine = load(BY_ROLE);
    assert_eq!(Ask::call("a").shown(&engine), Shown::Shown);
    assert_eq!(Ask::call("secret").shown(&engine), Shown::Hidden);
    let gated = load(&format!(
        "{BY_ROLE}gates contains {{\"id\": \"g\", \"groups\": [\"ops\"]}} if not data.portcullis.approved([\"ops\"])"
    ));
    assert_eq!(Ask::call("a").shown(&gated), Shown::Shown);
    let ill_shaped = load(&format!(
        "{BY_ROLE}hides contains 1 if input.resource.name == \"a\""
    ));
    assert_eq!(Ask::call("a").shown(&ill_shaped), Shown::Hidden);
    assert_eq!(Ask::call("b").shown(&ill_shaped), Shown::Shown);
    let slow = "ns := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\nhides contains 1 if { input.resource.name == \"a\"; \
        count([1 | some a in ns; some b in ns; some c in ns; some d in ns; some e in ns; some f in ns]) > 1 }";
    let slow = try_load(&format!("{BY_ROLE}x := input.arguments\n{slow}")).unwrap();
    assert_eq!(Ask::call("a").shown(&slow), Shown::Shown);
    let failing = load(&format!("{BY_ROLE}forbids contains {{\"id\": 1}}"));
    assert_eq!(Ask::call("a").shown(&failing), Shown::Hidden);
}

#[test]
fn any_look_at_the_arguments_shows_what_is_not_hidden() {
    for look in [
        "x := input.arguments.path",
        "x := input.args_digest",
        "x := input",
        "x := input[\"arguments\"]",
        "k := \"arguments\"\nx := input[k]",
        "x := y if some k, y in input",
        "import input.arguments as a\nx := a.b",
        "import input as i\nx := i.server",
        "x := f(input)\nf(y) := y",
        "x := [v | some p, v; walk(input, [p, v])]",
        "x if { true with input as {} }",
    ] {
        let (imports, rest) = match look.split_once('\n').filter(|_| look.starts_with("import")) {
            Some((import, rest)) => (import, rest),
            None => ("", look),
        };
        let engine = load(&format!("{imports}\n{BY_ROLE}{rest}"));
        assert_eq!(Ask::call("secret").shown(&engine), Shown::Shown, "{look}");
        let engine = load(&format!(
            "{imports}\n{BY_ROLE}{rest}\nhides contains {{\"id\": \"h\"}} if input.resource.name == \"secret\""
        ));
        assert_eq!(Ask::call("secret").shown(&engine), Shown::Hidden, "{look}");
        assert_eq!(Ask::call("other").shown(&engine), Shown::Shown, "{look}");
    }
    let elsewhere = sources(&[
        ("a.rego", &format!("{HEAD}{BY_ROLE}")),
        (
            "b.rego",
            "package lib\n\nimport rego.v1\n\nx := input.arguments.y",
        ),
    ]);
    let engine = Engine::load(&elsewhere).unwrap();
    assert_eq!(Ask::call("secret").shown(&engine), Shown::Shown);
}

#[test]
fn what_no_arguments_could_mend_is_hidden() {
    let engine = load("permits contains {\"id\": \"all\"} if input.arguments.x == 1");
    let read = |uri: &str| Ask {
        method: "resources/read".to_owned(),
        target: Target::Resource(Uri::parse(uri).unwrap()),
        ..Ask::call("a")
    };
    assert_eq!(read("file:///a").shown(&engine), Shown::Shown);
    let reading = load(
        "permits contains {\"id\": \"all\"} if input.arguments.x == 1\n\
        forbids contains {\"id\": \"no\"} if input.resource.host == \"b\"",
    );
    assert_eq!(read("file:///a").shown(&reading), Shown::Shown);
    assert_eq!(read("https://a\\@b/").shown(&reading), Shown::Hidden);
    assert_eq!(read("https://a\\@b/").shown(&engine), Shown::Shown);
    let unknown = Ask {
        method: "x".to_owned(),
        ..Ask::call("a")
    };
    assert_eq!(unknown.shown(&engine), Shown::Hidden);
}
