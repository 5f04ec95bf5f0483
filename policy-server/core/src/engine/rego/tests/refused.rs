//! Modules that do not load, and where the error points; documents that deny.

use super::*;

fn problem(rules: &str) -> String {
    let problems = match try_load(rules) {
        Ok(_) => panic!("loads: {rules}"),
        Err(problems) => problems,
    };
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn what_would_be_without_effect_does_not_load() {
    for (rules, wanted) in [
        (
            "permits contains {\"id\": \"a\"} if {\n  input.x >",
            "test.rego:6:",
        ),
        (
            "allow if true",
            "test.rego:5:1: error: `allow` has no effect",
        ),
        (
            "permits contains {\"id\": \"a\"}\ndeny contains \"x\"",
            "test.rego:6:1: error: `deny`",
        ),
        (
            "forbid contains {\"id\": \"a\"}",
            "`forbid` has no effect in the package `mcp`",
        ),
        ("gate contains {\"id\": \"a\"}", "`gate` has no effect"),
        (
            "permits := {{\"id\": \"a\"}}",
            "`permits` is a set that rules add to",
        ),
        ("default forbids := set()", "`forbids` is a set"),
        ("gates.x contains {\"id\": \"a\"}", "`gates` is a set"),
        ("hides[x] := 1 if x := 2", "`hides` is a set"),
        ("x := input.argument.a", "`input` has no member `argument`"),
        ("x := input[\"metod\"]", "`input` has no member `metod`"),
        (
            "x := input.resource.readonly",
            "`input.resource` has no member `readonly`",
        ),
        (
            "import input.principle as p\nx := p",
            "`input` has no member `principle`",
        ),
        (
            "forbids contains {\"id\": \"a\"} if input.tool == \"push\"",
            "`input.tool` is there in `reveal` and `restore` only",
        ),
        (
            "x := input.from\nforbids contains {\"id\": \"a\"} if x == \"vault\"",
            "`input.from` is there in",
        ),
        (
            "import input.path as p\nforbids contains {\"id\": \"a\"} if p == \"/t\"",
            "`input.path` is there in",
        ),
        ("x := data.mcp.helper", "there is no `data.mcp.helper`"),
        (
            "x := data.portcullis.aproved([\"a\"])",
            "there is no `data.portcullis.aproved`",
        ),
        (
            "x if aproved([\"a\"])",
            "there is no function `aproved` here",
        ),
        ("x := y if z", "error: "),
    ] {
        let found = problem(rules);
        assert!(found.contains(wanted), "{rules}\n{found}");
    }
}

#[test]
fn what_reads_the_world_does_not_load() {
    for call in [
        "time.now_ns()",
        "rand.intn(\"x\", 10)",
        "http.send({})",
        "opa.runtime()",
        "uuid.rfc4122(\"\")",
        "print(1)",
        "trace(\"x\")",
        "numbers.range(1, input.arguments.n)",
        "net.cidr_expand(\"0.0.0.0/0\")",
        "bits.lsh(1, 1000000000)",
        "units.parse(input.arguments.n)",
        "strings.count(input.arguments.n, \"\")",
    ] {
        let found = problem(&format!("x := {call}"));
        assert!(found.contains("there is no function"), "{call}\n{found}");
    }
    for format in [
        "input.arguments.f",
        "\"%100000d\"",
        "concat(\"\", [\"%\", \"d\"])",
    ] {
        let found = problem(&format!("x := sprintf({format}, [1])"));
        assert!(
            found.contains("the format of `sprintf`"),
            "{format}\n{found}"
        );
    }
    load("x := sprintf(\"%08.3f of %d%%\", [0.1, 2])");
    let mocked = "f(a, b) := 1\nx if { f(\"a\", 2) == 1 with f as rand.intn }";
    assert!(
        problem(mocked).contains("`rand.intn`"),
        "{}",
        problem(mocked)
    );
}

#[test]
fn our_package_is_ours() {
    for package in ["portcullis", "portcullis.more", "portcullis[\"x\"]"] {
        let text =
            format!("package {package}\n\nimport rego.v1\n\npermits contains {{\"id\": \"a\"}}");
        let problems = Engine::load(&sources(&[("x.rego", &text)])).unwrap_err();
        assert!(
            problems[0].message.contains("the server's own"),
            "{package}"
        );
    }
    for package in ["mcp.permits", "mcp.forbids.x"] {
        let text = format!("package {package}\n\nimport rego.v1\n\na contains {{\"id\": \"a\"}}");
        let problems = Engine::load(&sources(&[("x.rego", &text)])).unwrap_err();
        assert!(problems[0].message.contains("is a set"), "{package}");
    }
}

#[test]
fn helpers_have_packages_of_their_own() {
    let engine = Engine::load(&sources(&[
        ("a.rego", "package lib.roles\n\nimport rego.v1\n\nwriters := {\"dev\"}\n\nany(roles) if some role in roles"),
        (
            "b.rego",
            "package mcp\n\nimport rego.v1\n\nimport data.lib.roles\nimport input.principal as who\n\n\
             permits contains {\"id\": \"w\"} if {\n  some role in who.roles\n  role in roles.writers\n  roles.any(who.roles)\n}",
        ),
        ("c.rego", "package mcp\n\nimport rego.v1\n\nforbids contains {\"id\": \"b\"} if input.resource.name == \"b\""),
    ]))
    .unwrap();
    assert_eq!(outcome_of(&engine, &Ask::call("a")), Outcome::Allow);
    assert_eq!(outcome_of(&engine, &Ask::call("b")), Outcome::Deny);
}

#[test]
fn ill_shaped_elements_deny() {
    let long = format!("{{\"id\": \"{}\"}}", "x".repeat(129));
    for (set, element) in [
        ("permits", "\"p\""),
        ("permits", "{}"),
        ("permits", "{\"id\": 1}"),
        ("permits", "{\"id\": \"\"}"),
        ("permits", long.as_str()),
        ("permits", "{\"id\": \"p\", \"reson\": \"x\"}"),
        ("permits", "{\"id\": \"p\", \"mode\": \"shadwo\"}"),
        ("permits", "{\"id\": \"p\", 1: 2}"),
        ("permits", "{\"id\": \"p\", \"groups\": [\"g\"]}"),
        ("forbids", "{\"id\": \"f\", \"reason\": 1}"),
        ("forbids", "{\"id\": \"f\", \"reason\": \"\\u0007\"}"),
        ("forbids", "{\"id\": \"all\"}"),
        ("gates", "{\"id\": \"g\"}"),
        ("gates", "{\"id\": \"g\", \"groups\": []}"),
        ("gates", "{\"id\": \"g\", \"groups\": \"ops\"}"),
        ("gates", "{\"id\": \"g\", \"groups\": {\"ops\"}}"),
        ("gates", "{\"id\": \"g\", \"groups\": [\"\"]}"),
        (
            "gates",
            "{\"id\": \"g\", \"groups\": [\"o\"], \"ttl\": \"15m\"}",
        ),
        (
            "gates",
            "{\"id\": \"g\", \"groups\": [\"o\"], \"ttl\": 900}",
        ),
        (
            "gates",
            "{\"id\": \"g\", \"groups\": [\"o\"], \"scope\": \"all\"}",
        ),
    ] {
        let engine = load(&format!(
            "permits contains {{\"id\": \"all\"}}\n{set} contains {element}"
        ));
        let said = Ask::call("a").of(&engine).opinion;
        assert!(
            matches!(said.faults.as_slice(), [Fault::UnfitElement { set: at, .. }] if *at == set),
            "{element}: {said:?}"
        );
        assert!(
            said.permits.is_empty() && outcome(&said) == Outcome::Deny,
            "{element}"
        );
    }
}

#[test]
fn one_id_says_one_thing() {
    let twice = "forbids contains {\"id\": \"x\", \"reason\": \"a\"}\nforbids contains {\"id\": \"x\", \"reason\": \"b\"}";
    let said = Ask::call("a").of(&load(twice)).opinion;
    assert_eq!(
        said.faults,
        [Fault::UnfitElement {
            set: "forbids",
            wrong: "has the id of another"
        }]
    );
    let same = "permits contains {\"id\": \"x\"} if true\npermits contains {\"id\": \"x\"}";
    assert_eq!(outcome_of(&load(same), &Ask::call("a")), Outcome::Allow);
}

#[test]
fn a_shadow_that_fails_denies_nothing() {
    let engine = load(
        "permits contains {\"id\": \"all\"}\ngates contains {\"id\": \"g\", \"mode\": \"shadow\"}",
    );
    let said = Ask::call("a").of(&engine).opinion;
    assert_eq!(outcome(&said), Outcome::Allow);
    let effect = crate::engine::ShadowEffect::Fail;
    assert_eq!(
        said.shadow,
        [crate::engine::ShadowNote {
            policy: "g".to_owned(),
            effect
        }]
    );
}

#[test]
fn errors_deny_and_quote_nothing() {
    for forbid in [
        "contains(input.arguments.x, \"a\")",
        "input.arguments.x * 2 > 3",
        "startswith(input.arguments.y, \"a\")",
        "not contains(input.arguments.x, \"a\")",
        "1 / input.arguments.zero > 1",
        "net.cidr_contains(\"10.0.0.0/8\", input.arguments.secret)",
        "to_number(input.arguments.secret) > 1",
        "f(input.arguments.zero) == 1",
    ] {
        let engine = load(&format!(
            "permits contains {{\"id\": \"all\"}}\nf(x) := 1\nf(x) := 2 if x == 0\n\
             forbids contains {{\"id\": \"f\"}} if {forbid}"
        ));
        let ask = Ask::with(r#"{"x":[1],"y":{},"zero":0,"secret":"hunter2"}"#);
        let said = ask.of(&engine).opinion;
        let [Fault::Evaluation(place)] = said.faults.as_slice() else {
            panic!("{forbid}: {said:?}");
        };
        assert!(
            place.starts_with("test.rego:") || place == "a module",
            "{place}"
        );
        assert_eq!(outcome(&said), Outcome::Deny, "{forbid}");
        assert!(!format!("{said:?}").contains("hunter2"), "{forbid}");
    }
}

#[test]
fn an_approval_is_seen_by_gates_alone() {
    let engine = load(
        "permits contains {\"id\": \"p\"} if input.approval\n\
         permits contains {\"id\": \"q\"} if data.portcullis.approved([\"ops\"])\n\
         forbids contains {\"id\": \"f\"} if { input.resource.name == \"b\"; not input.approval }",
    );
    let approval = Some(Yes {
        groups: vec![name("ops")],
        expires_ms: NOW_MS + 1_000,
        of: String::new(),
    });
    for tool in ["a", "b"] {
        let approved = Ask {
            approval: approval.clone(),
            ..Ask::call(tool)
        };
        assert_eq!(approved.of(&engine), Ask::call(tool).of(&engine));
        assert_eq!(outcome_of(&engine, &approved), Outcome::Deny);
    }
}

#[test]
fn every_function_of_the_list_is_there() {
    let mut missing = Vec::new();
    for function in rules::BUILTINS {
        let mut engine = regorus::Engine::new();
        let text = format!("package t\n\nx := {function}()");
        engine.add_policy("t.rego".to_owned(), text).unwrap();
        let error = engine.eval_rule("data.t.x".to_owned()).unwrap_err();
        if error.to_string().contains("could not find function") {
            missing.push(function);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn data_is_data() {
    let rules = format!(
        "{HEAD}import data.grants\n\npermits contains {{\"id\": \"g\"}} if {{\n\
         some role in input.principal.roles\nrole in grants[input.action]\n}}"
    );
    let with = |data: &str| Engine::load(&sources(&[("a.rego", &rules), ("data.json", data)]));
    let engine = patient(with(r#"{"grants": {"demo/a": ["dev"], "demo/b": ["ops"]}}"#).unwrap());
    assert_eq!(outcome_of(&engine, &Ask::call("a")), Outcome::Allow);
    assert_eq!(outcome_of(&engine, &Ask::call("b")), Outcome::Deny);
    for (data, wanted) in [
        ("{\"grant\": {}}", "there is no `data.grants`"),
        ("[]", "the data is no object"),
        ("{", "the data is not JSON"),
        (
            "{\"grants\": {}, \"grants\": {}}",
            "the data holds a member twice",
        ),
        (
            "{\"grants\": {}, \"mcp\": {}}",
            "`mcp` is the name of a package",
        ),
        (
            "{\"grants\": {}, \"portcullis\": {}}",
            "`portcullis` is the name of a package",
        ),
    ] {
        let problems = with(data).unwrap_err();
        assert!(problems[0].message.contains(wanted), "{data}: {problems:?}");
    }
    let digest = |data: &str| sources(&[("a.rego", &rules), ("data.json", data)]).digest();
    assert_ne!(digest("{}"), digest("{ }"));
    assert_ne!(digest("{}"), sources(&[("a.rego", &rules)]).digest());
    let other = rules.replace("grants[", "grants [");
    assert_ne!(
        sources(&[("a.rego", &other)]).digest(),
        sources(&[("a.rego", &rules)]).digest()
    );
}
