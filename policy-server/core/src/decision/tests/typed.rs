//! Policies on arguments: tools with definitions, what does not fit them, and tools in quarantine.

use super::*;
use crate::catalogue::{Known, Quarantine};

pub(super) const PAY: &str = r#"{"name":"pay","inputSchema":{"type":"object","properties":{
    "amount":{"type":"integer","minimum":0},"currency":{"enum":["EUR","USD"]},
    "to":{"type":"string"}},"required":["amount"],"additionalProperties":false},
    "annotations":{"readOnlyHint":false,"destructiveHint":false}}"#;
const PAY_WITHOUT_AMOUNT: &str =
    r#"{"name":"pay","inputSchema":{"type":"object","properties":{"sum":{"type":"string"}}}}"#;
pub(super) const READ: &str = r#"{"name":"fs.read","inputSchema":{"type":"object","properties":{
    "path":{"type":"string"}},"required":["path"]},"annotations":{"readOnlyHint":true}}"#;
const BROKEN: &str = r#"{"name":"broken","inputSchema":{"type":"array"}}"#;

const SMALL: &str = r#"
    @id("small") permit (principal, action == Mcp::Action::"demo/pay", resource)
    when { context.input.amount < 100 };
    @id("euros-only") @reason("Pay in euros.")
    forbid (principal, action == Mcp::Action::"demo/pay", resource)
    unless { context.input has currency && context.input.currency == Mcp::demo::pay::Input::currency::"EUR" };
    @id("reads") permit (principal, action in Mcp::Action::"tools/call", resource)
    when { resource.readOnly }
    unless { context has input && context.input has path && context.input.path like "*..*" };"#;

fn with(text: &str, tools: &[&str]) -> Policies {
    Policies::load(sources(text), &listed(tools)).unwrap()
}

pub(super) fn call(policies: &Policies, tool: &str, arguments: &str) -> Judgement {
    call_at(policies, "demo", tool, arguments)
}

pub(super) fn call_at(policies: &Policies, server: &str, tool: &str, arguments: &str) -> Judgement {
    let server = ServerName::parse(server).unwrap();
    let caller = caller("somebody", "dev");
    let target = Target::Tool(name(tool));
    let facts = Facts {
        server: &server,
        caller: &caller,
        direction: Direction::ToServer,
        method: "tools/call",
        subjects: vec![Subject {
            target: &target,
            known: policies.catalogue().known(&server, &target),
            also: Vec::new(),
        }],
        protocol_version: None,
        arguments: Some(arguments),
        approval: None,
        now_ms: 1_795_258_381_123,
    };
    decide(policies, &facts)
}

pub(super) fn shape(judgement: &Judgement) -> Shape {
    match &judgement.verdict {
        Verdict::Deny(denial) => denial.shape,
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments_decide() {
    let policies = with(SMALL, &[PAY, READ]);
    for (tool, arguments, by) in [
        ("pay", r#"{"amount":99,"currency":"EUR"}"#, "small"),
        ("pay", r#"{"amount":100,"currency":"EUR"}"#, ""),
        ("pay", r#"{"amount":1,"currency":"USD"}"#, "!euros-only"),
        ("pay", r#"{"amount":1}"#, "!euros-only"),
        ("fs.read", r#"{"path":"/srv/a"}"#, "reads"),
        ("fs.read", r#"{"path":"/srv/../etc/passwd"}"#, ""),
    ] {
        let judgement = call(&policies, tool, arguments);
        let allowed = !by.is_empty() && !by.starts_with('!');
        assert_eq!(judgement.allows(), allowed, "{arguments}: {judgement:?}");
        let by: Vec<&str> = by.trim_start_matches('!').split_terminator(' ').collect();
        assert_eq!(judgement.determining, by, "{arguments}");
        assert!(judgement.faults.is_empty(), "{judgement:?}");
        if !allowed {
            assert_eq!(shape(&judgement), Shape::Refused, "{arguments}");
        }
    }
}

#[test]
fn arguments_that_do_not_fit_are_denied_with_their_path() {
    let policies = with(SMALL, &[PAY]);
    for (arguments, says) in [
        (r#"{"amount":-1}"#, "/amount is too small"),
        (r#"{"amount":"1"}"#, "/amount has another type"),
        (r#"{"currency":"EUR"}"#, "/amount is missing"),
        (
            r#"{"amount":1,"currency":"GBP"}"#,
            "/currency is not one of",
        ),
        (r#"{"amount":1,"amount":2}"#, "holds a member twice"),
        (r#"[1]"#, "is not an object"),
    ] {
        let judgement = call(&policies, "pay", arguments);
        assert_eq!(shape(&judgement), Shape::Refused);
        assert!(message(&judgement).contains(says), "{judgement:?}");
        assert!(matches!(judgement.faults[..], [Fault::Arguments(_)]));
    }
}

#[test]
fn a_hidden_tool_answers_as_one_that_does_not_exist() {
    let text = r#"permit (principal in Mcp::Role::"boss", action, resource);
        permit (principal, action in Mcp::Action::"tools/call", resource)
        when { context has input && context.input has amount && context.input.amount < 5 };
        forbid (principal, action, resource) when { resource is Mcp::Tool && resource.readOnly };"#;
    let policies = with(text, &[PAY, READ, BROKEN]);
    for (tool, arguments, wanted) in [
        ("pay", r#"{"amount":9}"#, Shape::Refused),
        // Nothing that `fs.read` takes could be permitted, so its arguments are not judged aloud.
        ("fs.read", r#"{"path":"/a"}"#, Shape::Hidden),
        ("fs.read", "[]", Shape::Hidden),
        ("broken", "{}", Shape::Hidden),
        ("absent", "{}", Shape::Hidden),
    ] {
        assert_eq!(shape(&call(&policies, tool, arguments)), wanted, "{tool}");
    }
}

#[test]
fn one_bad_schema_costs_one_tool() {
    let policies = with("permit (principal, action, resource);", &[BROKEN, PAY]);
    assert!(call(&policies, "pay", r#"{"amount":1}"#).allows());
    let judgement = call(&policies, "broken", "{}");
    assert_eq!(judgement.faults, [Fault::Quarantined]);
    let quarantined: Vec<_> = policies.catalogue().quarantined().collect();
    assert!(matches!(quarantined[..], [(_, _, Quarantine::Mapping(_))]));
}

#[test]
fn a_tool_called_like_a_method_costs_one_tool() {
    let server = ServerName::parse("tools").unwrap();
    let mut registry = listed(&[PAY]);
    let page = [r#"{"name":"call","inputSchema":{"type":"object"}}"#, PAY];
    let page: Vec<_> = page
        .iter()
        .zip(["call", "pay"])
        .map(|(json, tool)| (name(tool), ToolEntry::read(json)))
        .collect();
    registry.apply(&server, &registry.changes(&server, &page));
    let policies = Policies::load(sources("permit (principal, action, resource);"), &registry);
    let policies = policies.unwrap();
    let denied = call_at(&policies, "tools", "call", "{}");
    assert_eq!(denied.faults, [Fault::Quarantined]);
    for (server, tool) in [("demo", "pay"), ("tools", "pay"), ("other", "unlisted")] {
        let judgement = call_at(&policies, server, tool, r#"{"amount":1}"#);
        assert!(judgement.allows(), "{server}/{tool}: {judgement:?}");
    }
}

#[test]
fn a_definition_that_policies_do_not_fit_costs_one_tool() {
    let mut registry = listed(&[PAY, READ]);
    let policies = Policies::load(sources(SMALL), &registry).unwrap();
    let server = ServerName::parse("demo").unwrap();
    let new = READ.replace("fs.read", "new");
    let page = [("pay", PAY_WITHOUT_AMOUNT), ("new", &new)];
    let page = page.map(|(tool, json)| (name(tool), ToolEntry::read(json)));
    registry.apply(&server, &registry.changes(&server, &page));
    let learned = policies.learn(&registry).unwrap();
    let denied = call(&learned, "pay", r#"{"amount":1,"currency":"EUR"}"#);
    assert_eq!(denied.faults, [Fault::Quarantined]);
    assert!(call(&learned, "fs.read", r#"{"path":"/a"}"#).allows());
    assert!(call(&learned, "new", r#"{"path":"/a"}"#).allows());
    let target = Target::Tool(name("pay"));
    let known = learned.catalogue().known(&server, &target);
    let Known::Quarantined(why) = known else {
        panic!("{known:?}")
    };
    assert_eq!(
        why.to_string(),
        "the policy `small` does not fit its definition: attribute `input.amount` in context for \
         Mcp::Action::\"demo/pay\" not found"
    );
}

#[test]
fn tags_and_pins_come_from_the_folder() {
    let files = BTreeMap::from([
        (
            "p.cedar".to_owned(),
            r#"permit (principal, action in Mcp::Action::"tools/call", resource)
               when { resource.tags.contains("money") };
               forbid (principal, action == Mcp::Action::"demo/pay", resource)
               when { context.input.amount > 5 };"#
                .to_owned(),
        ),
        (
            "tags.toml".to_owned(),
            "[demo]\npay = [\"money\"]".to_owned(),
        ),
        (
            "tools/demo.json".to_owned(),
            format!(r#"{{"tools":[{PAY}]}}"#),
        ),
    ]);
    let other = r#"{"name":"pay","inputSchema":{"type":"object"}}"#;
    let policies = Policies::load(Arc::new(Sources::new(files)), &listed(&[other])).unwrap();
    assert!(call(&policies, "pay", r#"{"amount":1}"#).allows());
    let unfit = call(&policies, "pay", r#"{"amount":"1"}"#);
    assert!(
        message(&unfit).contains("/amount has another type"),
        "the folder's definition counts: {unfit:?}"
    );
}

#[test]
fn tags_hold_for_tools_that_nobody_has_listed() {
    let cedar = r#"permit (principal, action, resource);
        forbid (principal, action, resource)
        when { resource is Mcp::Tool && resource.tags.containsAny(["danger", "code"]) };"#;
    let rego = r#"package mcp
        permits contains {"id": "all"} if { true }
        forbids contains {"id": "tagged"} if { some tag in input.resource.tags; tag in {"danger", "code"} }"#;
    let tags = "[demo]\nwipe = [\"danger\"]\n[all]\n\"*\" = [\"code\"]\nwipe = []";
    let engine = ("bundle.toml", "engine = \"rego\"\n");
    let bundles: [&[(&str, &str)]; 2] = [
        &[("p.cedar", cedar), ("tags.toml", tags)],
        &[("p.rego", rego), ("tags.toml", tags), engine],
    ];
    for bundle in bundles {
        let files = bundle
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let files = Arc::new(Sources::new(files.collect()));
        let policies = Policies::load(files, &Registry::default()).unwrap();
        for (server, tool, allowed) in [
            ("demo", "wipe", false),
            ("demo", "other", true),
            ("all", "wipe", false),
            ("all", "other", false),
            ("third", "wipe", true),
        ] {
            let judgement = call_at(&policies, server, tool, "{}");
            assert_eq!(
                judgement.allows(),
                allowed,
                "{server}/{tool}: {judgement:?}"
            );
            assert!(judgement.faults.is_empty(), "{judgement:?}");
        }
    }
}

#[test]
fn broken_files_of_the_folder_are_problems_with_places() {
    for (file, text, says) in [
        ("tools/demo.json", "{\n\"tools\": [}", "tools/demo.json:2:"),
        ("tools/Demo.json", r#"{"tools":[]}"#, "named after a server"),
        ("tools/demo.json", r#"{"tools":[{"x":1}]}"#, "no plain name"),
        ("tags.toml", "[demo]\npay = 1", "tags.toml:2:"),
        (
            "tags.toml",
            "[\"De mo\"]\npay = [\"x\"]",
            "no name of a server",
        ),
    ] {
        let files = BTreeMap::from([(file.to_owned(), text.to_owned())]);
        let refused = Policies::load(Arc::new(Sources::new(files)), &Registry::default());
        let problems = refused.unwrap_err().to_string();
        assert!(problems.contains(says), "{file} {text}: {problems}");
    }
}

#[test]
fn prompts_and_questions_of_servers_have_arguments_too() {
    let policies = load(
        r#"permit (principal, action == Mcp::Action::"prompts/get", resource)
           when { context.input.entries.contains({"key": "repo", "value": "open"}) };
           permit (principal, action == Mcp::Action::"completion/complete", resource)
           when { context.input has name && context.input.name == "repo" };
           permit (principal, action == Mcp::Action::"sampling/createMessage", resource)
           when { context.input has maxTokens && context.input.maxTokens <= 100 };
           permit (principal, action == Mcp::Action::"elicitation/create", resource)
           when { !context.input.fields.contains("password") && !(context.input has url) };"#,
    );
    let ask = |method: &str, target: Target, arguments: &str| {
        let server = ServerName::parse("demo").unwrap();
        let caller = caller("somebody", "dev");
        let facts = Facts {
            server: &server,
            caller: &caller,
            direction: Direction::ToServer,
            method,
            subjects: vec![Subject {
                target: &target,
                known: Known::Unlisted(&[]),
                also: Vec::new(),
            }],
            protocol_version: None,
            arguments: Some(arguments),
            approval: None,
            now_ms: 0,
        };
        decide(&policies, &facts)
    };
    let prompt = || Target::Prompt(name("p"));
    for (method, target, arguments, allowed) in [
        ("prompts/get", prompt(), r#"{"repo":"open"}"#, true),
        ("prompts/get", prompt(), r#"{"repo":"secret"}"#, false),
        ("prompts/get", prompt(), r#"{"repo":7}"#, false),
        (
            "completion/complete",
            prompt(),
            r#"{"argument":{"name":"repo","value":"o"}}"#,
            true,
        ),
        (
            "completion/complete",
            prompt(),
            r#"{"argument":{"name":"user","value":"o"}}"#,
            false,
        ),
        (
            "sampling/createMessage",
            Target::Server,
            r#"{"maxTokens":100}"#,
            true,
        ),
        (
            "sampling/createMessage",
            Target::Server,
            r#"{"maxTokens":101}"#,
            false,
        ),
        (
            "sampling/createMessage",
            Target::Server,
            r#"{"maxTokens":"x"}"#,
            false,
        ),
        (
            "elicitation/create",
            Target::Server,
            r#"{"message":"?","requestedSchema":{"properties":{"name":{}}}}"#,
            true,
        ),
        (
            "elicitation/create",
            Target::Server,
            r#"{"requestedSchema":{"properties":{"password":{}}}}"#,
            false,
        ),
        (
            "elicitation/create",
            Target::Server,
            r#"{"mode":"url","url":"https://a.example/"}"#,
            false,
        ),
    ] {
        let judgement = ask(method, target, arguments);
        assert_eq!(
            judgement.allows(),
            allowed,
            "{method} {arguments}: {judgement:?}"
        );
    }
}

#[test]
fn costly_arguments_of_what_nobody_may_call_are_not_looked_at() {
    let values: Vec<String> = (0..9_000).map(|n| n.to_string()).collect();
    let wide = format!(
        r#"{{"name":"wide","inputSchema":{{"type":"object","properties":{{"x":{{"items":{{"not":{{
        "enum":[[],{}]}}}}}}}}}}}}"#,
        values.join(",")
    );
    let costly = format!(r#"{{"x":[0.5{}]}}"#, ",0.5".repeat(60_000));
    let permits = |tool: &str| {
        let text = format!(
            r#"@id("one") permit (principal, action == Mcp::Action::"demo/{tool}", resource);
            forbid (principal, action == Mcp::Action::"demo/wide", resource)
            when {{ context.input has x && context.input.x == Mcp::Unknown::"y" }};"#
        );
        with(&text, &[PAY, &wide])
    };
    let hidden = call(&permits("pay"), "wide", &costly);
    assert_eq!(hidden.faults, [Fault::Hidden]);
    assert_eq!(shape(&hidden), Shape::Hidden);
    let shown = call(&permits("wide"), "wide", &costly);
    assert!(matches!(shown.faults[..], [Fault::Costly(_)]), "{shown:?}");
    assert_eq!(shape(&shown), Shape::Refused);
    // Few arguments are judged as ever, so that the record names what decides.
    let few = call(&permits("pay"), "wide", "{}");
    assert!(
        few.faults.is_empty() && shape(&few) == Shape::Hidden,
        "{few:?}"
    );
}
