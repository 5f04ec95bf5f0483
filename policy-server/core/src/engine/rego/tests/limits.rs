//! Modules that would not end, or would end the process.

use super::*;

#[test]
fn what_does_not_end_is_stopped_and_denies() {
    let ten = "xs := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n";
    let loops: String = ('a'..='j').map(|v| format!("some {v} in xs\n")).collect();
    let loaded = try_load(&format!(
        "{ten}permits contains {{\"id\": \"all\"}}\n\
         forbids contains {{\"id\": \"f\"}} if {{\ninput.resource.name == \"slow\"\n\
         count([1 | {loops}]) > 0\n}}"
    ));
    let engine = loaded.unwrap();
    let said = Ask::call("slow").of(&engine).opinion;
    assert_eq!(said, Opinion::failed(Fault::TimeOut));
    let engine = patient(engine);
    // What was stopped leaves nothing behind.
    assert_eq!(outcome_of(&engine, &Ask::call("a")), Outcome::Allow);
}

fn refused(rules: &str, wanted: &str) {
    let problems = try_load(rules).unwrap_err();
    let first = problems[0].to_string();
    assert!(first.contains(wanted), "{first}");
}

#[test]
fn recursion_does_not_load() {
    let depends = "depends on itself";
    refused("f(x) := f(x + 1)\nx := f(1)", depends);
    refused("f(x) := g(x)\ng(x) := f([x])", depends);
    refused("a if b\nb if a", depends);
    refused("f(x) := data.mcp.f(x)", depends);
    refused("f(x) := data[\"mcp\"].f(x)", depends);
    refused("import data.mcp.f as g\nf(x) := g(x)", depends);
    refused("f(x) := count(data.mcp)", depends);
    refused("x := \"mcp\"\nf(y) := count(data[x])", depends);
    refused(
        "permits contains {\"id\": \"a\"} if count(data.portcullis.permits) > 0",
        depends,
    );
    let across = Engine::load(&sources(&[
        (
            "a.rego",
            "package one\n\nimport rego.v1\n\nf(x) := data.two.g(x)",
        ),
        (
            "b.rego",
            "package two\n\nimport rego.v1\n\ng(x) := data.one.f(x)",
        ),
    ]));
    assert!(across.unwrap_err()[0].message.contains(depends));
}

#[test]
fn deep_chains_do_not_load() {
    let stack = "more of the stack";
    let chain = |length: usize| {
        let links: String = (0..length)
            .map(|n| format!("f{n}(x) := f{}(x)\n", n + 1))
            .collect();
        format!("{links}f{length}(x) := x\npermits contains {{\"id\": \"a\"}} if f0(1) == 1")
    };
    refused(&chain(5_000), stack);
    refused(&chain(60), stack);
    let engine = load(&chain(12));
    assert_eq!(outcome_of(&engine, &Ask::call("a")), Outcome::Allow);
    let loops: String = (0..200).map(|n| format!("some x{n} in [1]\n")).collect();
    refused(&format!("a if {{\n{loops}}}"), stack);
}

#[test]
fn texts_that_break_the_parser_do_not_reach_it() {
    let nest = |open: &str, close: &str, n: usize| {
        format!("x := {}1{}", format!("{open}\n").repeat(n), close.repeat(n))
    };
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("(", ")"),
        ("{1:", "}"),
        ("f(", ")"),
    ] {
        refused(&nest(open, close, 11), "nested more than 10 deep");
        refused(&nest(open, close, 20_000), "nested more than 10 deep");
    }
    for link in [
        "\n+1", "\n- 1", " | {1}", "\n.a", "[0]", "\n== 1", "\n*f(1)", "-",
    ] {
        let text = format!("x := input{}", link.repeat(20_000));
        let problems = try_load(&text).unwrap_err();
        assert_eq!(problems.len(), 1, "{link}");
    }
    let hanging = format!("x := 1{}", " +\nf".repeat(20_000));
    refused(&hanging, "operators follow each other");
    for word in ["not ", "1 in ", "some x in "] {
        let text = format!("x if {{ {} }}", format!("{word}\n").repeat(20_000));
        assert!(try_load(&text).is_err(), "{word}");
    }
    let elses = "else := 2 if input.server\n".repeat(5_000);
    let _ = try_load(&format!("x := 1 if input.method\n{elses}"));
    let problems = try_load(&"#".repeat(MODULE_BYTES_MAX)).unwrap_err();
    assert!(problems[0].message.contains("longer than 256 KiB"));
    // Brackets in texts and comments are none.
    load(&format!(
        "# {0}\nx := \"{0}\"\ny := `{0}`\nz := \"\\\"{0}\"",
        "[".repeat(50)
    ));
}

#[test]
fn too_many_elements_deny() {
    let numbers: Vec<String> = (0..33).map(|n| n.to_string()).collect();
    let many = format!(
        "ns := [{}]\npermits contains {{\"id\": sprintf(\"p%d\", [a * 33 + b])}} if {{ some a in ns; some b in ns }}",
        numbers.join(", ")
    );
    let said = Ask::call("a").of(&load(&many)).opinion;
    let wrong = "is one of too many";
    assert_eq!(
        said,
        Opinion::failed(Fault::UnfitElement {
            set: "permits",
            wrong
        })
    );
}

#[test]
fn a_panic_of_the_engine_denies() {
    let engine = load("permits contains {\"id\": \"all\"}");
    let said = Ask::call("a").put(|facts, subject| {
        let input = input::document(facts, subject, None).unwrap();
        let mut prepared = engine.prepared.clone();
        let text = "package broken\n\nx := strings.count(\"aaa\", \"\")".to_owned();
        prepared.add_policy("broken.rego".to_owned(), text).unwrap();
        let engine = Engine {
            prepared,
            files: Vec::new(),
            arguments: Arguments::Unread,
            hiding: Hiding::Something,
            disclosing: engine.disclosing,
            reads: Reads::default(),
            of_arguments: schema::Reads::Whole,
            names: schema::Mentioned::default(),
        };
        engine.evaluate("data.broken.x", &input)
    });
    assert_eq!(said, Err(Fault::Evaluation(SOMEWHERE.to_owned())));
}

#[test]
fn nested_arguments_are_walked() {
    let engine = load(
        "permits contains {\"id\": \"all\"}\nforbids contains {\"id\": \"f\"} if {\n\
         some path, value\nwalk(input.arguments, [path, value])\nvalue == \"/etc/passwd\"\n}",
    );
    let nested = r#"{"a":[{"b":"/etc/passwd"}]}"#;
    assert_eq!(outcome_of(&engine, &Ask::with(nested)), Outcome::Deny);
    assert_eq!(Ask::with(nested).of(&engine).opinion.forbids, ["f"]);
    assert_eq!(outcome_of(&engine, &Ask::with("{}")), Outcome::Allow);
}

#[test]
fn the_heaviest_chain_that_loads_fits_on_a_worker_s_stack() {
    let mut bodies = String::new();
    let mut length = 0;
    for n in 0.. {
        let next = format!(
            "{bodies}f{n}(x) := {{y | some z in [1]; y := f{}(x)}}\n",
            n + 1
        );
        let whole = |links: &str, last: usize| {
            format!("{links}f{last}(x) := x\npermits contains {{\"id\": \"a\"}} if f0(1) != 2")
        };
        if try_load(&whole(&next, n + 1)).is_err() {
            bodies = whole(&bodies, n);
            length = n;
            break;
        }
        bodies = next;
    }
    assert!(length >= 5, "{length}");
    let engine = load(&bodies);
    let worker = std::thread::Builder::new().stack_size(2 << 20);
    let worker = worker.spawn(move || outcome_of(&engine, &Ask::call("a")));
    assert_eq!(worker.unwrap().join().unwrap(), Outcome::Allow);
}
