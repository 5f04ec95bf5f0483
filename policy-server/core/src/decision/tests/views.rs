//! One tool with several definitions: a call is judged by the one that its caller was last shown.

use super::typed::shape;
use super::*;
use crate::catalogue::{Known, Quarantine};
use crate::views::{View, Views};

const RULES: &str = r#"
    @id("all") permit (principal, action, resource);
    @id("main") forbid (principal, action in Mcp::Action::"tools/call", resource)
    when { context has input && context.input has branch && context.input.branch == "main" };"#;

fn server() -> ServerName {
    ServerName::parse("demo").unwrap()
}

/// A tool whose branch is this by default.
fn push(default: &str) -> String {
    let branch = format!(r#"{{"type":"string","default":"{default}"}}"#);
    let schema = format!(r#"{{"type":"object","properties":{{"branch":{branch}}}}}"#);
    format!(r#"{{"name":"push","inputSchema":{schema}}}"#)
}

/// A tool whose branch is one of these.
fn choice(branches: &[&str]) -> String {
    let branch =
        serde_json::json!({"type": "string", "pattern": format!("^({})$", branches.join("|"))});
    let schema = serde_json::json!({"type": "object", "properties": {"branch": branch}});
    serde_json::json!({"name": "push", "inputSchema": schema}).to_string()
}

/// Policies that were loaded beside another tool and then saw these definitions, each listed to a caller
/// of its own; what each caller has seen, and whether policies fitted it then.
fn learnt(text: &str, definitions: &[&str]) -> (Policies, Vec<Arc<View>>, Vec<bool>) {
    let mut registry = listed(&[&push("x").replace("push", "other")]);
    let mut policies = Policies::load(sources(text), &registry).unwrap();
    let mut views = Views::default();
    let (mut seen, mut fits) = (Vec::new(), Vec::new());
    for (number, json) in (0u8..).zip(definitions) {
        let entry = ToolEntry::read(json);
        let (page, owner) = (
            [(name("push"), entry.judged)],
            Digest::from_bytes([number; 32]),
        );
        views.show(&server(), owner, &page);
        let judged = entry.judged;
        let changes = registry.changes(&server(), &[(name("push"), entry)]);
        registry.apply(&server(), &changes);
        policies = policies.learn(&registry).unwrap();
        fits.push(fits_now(&policies, judged));
        seen.push(views.of(&server(), owner).unwrap());
    }
    (policies, seen, fits)
}

fn fits_now(policies: &Policies, judged: Digest) -> bool {
    let target = Target::Tool(name("push"));
    let known = policies.catalogue().known_as(&server(), &target, judged);
    matches!(known, Known::Tool(_))
}

fn call(policies: &Policies, view: Option<&View>, arguments: &str) -> Judgement {
    let (server, target) = (server(), Target::Tool(name("push")));
    let (known, also) = policies.catalogue().seen(&server, &target, view);
    let facts = Facts {
        server: &server,
        caller: &caller("somebody", "dev"),
        direction: Direction::ToServer,
        method: "tools/call",
        subjects: vec![Subject {
            target: &target,
            known,
            also,
        }],
        protocol_version: None,
        arguments: Some(arguments),
        approval: None,
        now_ms: 0,
    };
    decide(policies, &facts)
}

#[test]
fn each_caller_is_judged_by_what_it_was_shown() {
    let (policies, views, _) = learnt(RULES, &[&push("main"), &push("dev")]);
    assert!(!call(&policies, Some(&views[0]), "{}").allows());
    assert!(call(&policies, Some(&views[1]), "{}").allows());
    assert!(call(&policies, Some(&views[0]), r#"{"branch":"dev"}"#).allows());
    let (policies, views, _) = learnt(RULES, &[&choice(&["a", "b"]), &choice(&["c"])]);
    let allows = |view: usize, branch: &str| {
        let arguments = format!(r#"{{"branch":"{branch}"}}"#);
        call(&policies, Some(&views[view]), &arguments).allows()
    };
    for (branch, first, second) in [("a", true, false), ("b", true, false), ("c", false, true)] {
        assert_eq!(
            (allows(0, branch), allows(1, branch)),
            (first, second),
            "{branch}"
        );
    }
}

#[test]
fn whoever_was_shown_nothing_must_be_allowed_by_every_definition() {
    for order in [["main", "dev"], ["dev", "main"]] {
        let [one, other] = order.map(push);
        let (policies, ..) = learnt(RULES, &[&one, &other]);
        assert!(!call(&policies, None, "{}").allows(), "{order:?}");
        assert!(
            call(&policies, None, r#"{"branch":"x"}"#).allows(),
            "{order:?}"
        );
        let stranger = View::default();
        assert!(
            !call(&policies, Some(&stranger), "{}").allows(),
            "{order:?}"
        );
    }
}

#[test]
fn what_policies_do_not_fit_costs_whoever_was_shown_it() {
    let number = r#"{"name":"push","inputSchema":{"type":"object","properties":{"branch":{"type":"integer"}}}}"#;
    let rules = r#"permit (principal, action, resource);
        forbid (principal, action in Mcp::Action::"tools/call", resource)
        when { context has input && context.input has branch && context.input.branch like "ma*" };"#;
    let (policies, views, fits) = learnt(rules, &[&push("x"), number, &push("y"), &push("x")]);
    assert_eq!(fits, [true, false, true, true]);
    let denied = call(&policies, Some(&views[1]), "{}");
    assert_eq!(denied.faults, [Fault::Quarantined]);
    for view in [0, 2, 3] {
        assert!(call(&policies, Some(&views[view]), "{}").allows(), "{view}");
    }
    let target = Target::Tool(name("push"));
    let odd = policies
        .catalogue()
        .known_as(&server(), &target, Digest::from_bytes([9; 32]));
    assert!(matches!(odd, Known::Quarantined(Quarantine::Unknown)));
}

#[test]
fn a_new_set_of_policies_knows_all_definitions_and_may_fit_the_newest_only() {
    let number = r#"{"name":"push","inputSchema":{"type":"object","properties":{"branch":{"type":"integer"}}}}"#;
    let permit = "permit (principal, action, resource);";
    let (policies, views, fits) = learnt(permit, &[number, &push("main"), &push("dev")]);
    assert_eq!(fits, [true; 3]);
    let mut registry = Registry::default();
    for json in [number, &push("main"), &push("dev")] {
        let changes = registry.changes(&server(), &[(name("push"), ToolEntry::read(json))]);
        registry.apply(&server(), &changes);
    }
    let reloaded = policies.replaced(sources(RULES), &registry).unwrap();
    let unfit = call(&reloaded, Some(&views[0]), "{}");
    assert_eq!(
        (unfit.faults.as_slice(), shape(&unfit)),
        ([Fault::Quarantined].as_slice(), Shape::Hidden)
    );
    assert!(!call(&reloaded, Some(&views[1]), "{}").allows());
    assert!(call(&reloaded, Some(&views[2]), "{}").allows());
    // And it goes on learning beside what did not fit.
    let entry = ToolEntry::read(&push("other"));
    let judged = entry.judged;
    let changes = registry.changes(&server(), &[(name("push"), entry)]);
    registry.apply(&server(), &changes);
    let learnt = reloaded.learn(&registry).unwrap();
    assert!(fits_now(&learnt, judged));
    assert!(call(&learnt, Some(&views[2]), "{}").allows());
}

#[test]
fn marks_of_every_definition_hold_for_whoever_was_shown_nothing() {
    let marked = r#"{"name":"push","inputSchema":{"type":"object","properties":{
        "key":{"type":"string","format":"password"},"branch":{"type":"string"}}}}"#;
    let (policies, views, _) = learnt(
        "permit (principal, action, resource);",
        &[marked, &push("x")],
    );
    let fields = |view| match call(&policies, view, "{}").verdict {
        Verdict::Allow(terms) => terms.redaction.marked.to_server.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [
            fields(Some(&views[0])),
            fields(Some(&views[1])),
            fields(None)
        ],
        [1, 0, 1]
    );
}

/// More than are fitted beside each other.
#[test]
fn many_definitions_of_one_tool_stay_apart() {
    let definitions: Vec<String> = (0..40).map(|n| choice(&[&format!("b{n}")])).collect();
    let definitions: Vec<&str> = definitions.iter().map(String::as_str).collect();
    let (policies, views, fits) = learnt(RULES, &definitions);
    assert_eq!(fits, [true; 40]);
    for (number, view) in views.iter().enumerate() {
        let own = format!(r#"{{"branch":"b{number}"}}"#);
        assert!(call(&policies, Some(view), &own).allows(), "{number}");
        let other = format!(r#"{{"branch":"b{}"}}"#, (number + 1) % 40);
        assert!(!call(&policies, Some(view), &other).allows(), "{number}");
    }
    assert!(!call(&policies, None, r#"{"branch":"b0"}"#).allows());
}
