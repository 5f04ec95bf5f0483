//! What policies reveal and restore, in both languages, and what they do not.

use std::collections::BTreeMap;

use portcullis_protocol::redact::Class;

use super::*;
use crate::decision::tests::caller;
use crate::policies::{Code, Policies, Sources};
use crate::registry::Registry;

const RULES: &str = r#"
[classes]
"secret.github" = "redact"
"secret.aws" = "redact"
"pii.email" = "redact"

[[use]]
server = "files"
tool = "push"
path = "/token"
class = "secret.github"
from = "github"

[[use]]
server = "files"
tool = "push"
path = "/other"
class = "secret.aws"
from = "github"
"#;

fn load(files: &[(&str, &str)]) -> Result<Policies, String> {
    let mut files: BTreeMap<String, String> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    files.insert("redaction.toml".to_owned(), RULES.to_owned());
    Policies::load(Sources::new(files), &Registry::default()).map_err(|error| error.to_string())
}

fn cedar(text: &str) -> Policies {
    load(&[("a.cedar", text)]).unwrap()
}

fn rego(text: &str) -> Policies {
    let text = format!("package mcp\nimport rego.v1\n{text}");
    load(&[("bundle.toml", "engine = \"rego\""), ("a.rego", &text)]).unwrap()
}

fn asked(policies: &Policies, role: &str, tool: &str) -> Result<Disclosed, Fault> {
    let (caller, server) = (caller("alice", role), ServerName::parse("files").unwrap());
    let tool = Name::parse(tool).unwrap();
    let asker = Asker {
        caller: &caller,
        server: &server,
        tool: Some(&tool),
    };
    disclosed(policies.engine(), policies.redaction(), asker)
}

/// What is revealed to the server, to the client, and restored where.
fn said(policies: &Policies, role: &str, tool: &str) -> String {
    let said = asked(policies, role, tool).unwrap_or_default();
    // Three of the many classes are enough to see which way they go.
    let known = ["secret.aws", "secret.github", "pii.email"];
    let names = |classes: &[Class]| -> Vec<String> {
        let named = classes.iter().map(ToString::to_string);
        named
            .filter(|name| known.contains(&name.as_str()))
            .collect()
    };
    let uses: Vec<&str> = said.uses.iter().map(|one| one.path.as_str()).collect();
    let (server, client) = (&said.reveal.to_server, &said.reveal.to_client);
    format!(
        "{} | {} | {}",
        names(server).join(" "),
        names(client).join(" "),
        uses.join(" ")
    )
}

#[test]
fn both_languages_disclose_the_same() {
    let by_cedar = cedar(
        r#"permit (principal in Mcp::Role::"dev", action == Mcp::Action::"reveal",
                   resource in Mcp::DataClass::"secret")
           when { context.direction == Mcp::Direction::"to_client" };
           permit (principal in Mcp::Role::"dev", action == Mcp::Action::"reveal",
                   resource == Mcp::DataClass::"pii.email")
           when { context has tool && context.tool == "push" };
           permit (principal in Mcp::Role::"dev", action == Mcp::Action::"restore", resource)
           when { context.path == "/token" && context.from == Mcp::Server::"github" };"#,
    );
    let by_rego = rego(
        r#"reveal contains "secret" if {
             "dev" in input.principal.roles
             input.direction == "to_client"
           }
           reveal contains "pii.email" if {
             "dev" in input.principal.roles
             input.tool == "push"
           }
           restore contains "secret" if {
             "dev" in input.principal.roles
             input.path == "/token"
             input.from == "github"
           }"#,
    );
    for (role, tool, expected) in [
        (
            "dev",
            "push",
            "pii.email | pii.email secret.aws secret.github | /token",
        ),
        ("dev", "pull", " | secret.aws secret.github | "),
        ("other", "push", " |  | "),
    ] {
        assert_eq!(
            said(&by_cedar, role, tool),
            expected,
            "Cedar, {role}, {tool}"
        );
        assert_eq!(said(&by_rego, role, tool), expected, "Rego, {role}, {tool}");
    }
}

const REVEAL_ALL: &str = r#"permit (principal, action == Mcp::Action::"reveal", resource);"#;

#[test]
fn a_blanket_permit_discloses_nothing() {
    for text in [
        "permit (principal, action, resource);",
        r#"permit (principal, action in Mcp::Action::"any", resource);"#,
        r#"permit (principal, action in Mcp::Action::"tools/call", resource);"#,
        r#"@mode("shadow") permit (principal, action == Mcp::Action::"reveal", resource);"#,
    ] {
        let policies = cedar(text);
        assert!(!policies.engine().discloses(), "{text}");
        assert_eq!(said(&policies, "dev", "push"), " |  | ", "{text}");
    }
    assert_eq!(
        said(&rego(r#"permits contains {"id": "all"}"#), "dev", "push"),
        " |  | "
    );
}

#[test]
fn a_forbid_wins_and_one_that_fails_wins_too() {
    let all = said(&cedar(REVEAL_ALL), "dev", "push");
    assert_eq!(all.matches("secret.aws").count(), 2, "{all}");
    for forbid in [
        "forbid (principal, action, resource);",
        r#"forbid (principal in Mcp::Role::"dev", action == Mcp::Action::"reveal", resource);"#,
        // Read of what only messages have: it fails, and so nothing is revealed.
        r#"forbid (principal, action, resource) when { context.now < datetime("2020-01-01") };"#,
        r#"forbid (principal, action == Mcp::Action::"reveal", resource)
           when { 9223372036854775807 + 1 == 0 };"#,
    ] {
        let said = said(&cedar(&format!("{REVEAL_ALL}\n{forbid}")), "dev", "push");
        assert_eq!(said, " |  | ", "{forbid}");
    }
    let others = r#"forbid (principal, action in Mcp::Action::"tools/call", resource);"#;
    let others = said(&cedar(&format!("{REVEAL_ALL}\n{others}")), "dev", "push");
    assert_eq!(others, all);
}

#[test]
fn a_rego_set_of_anything_but_names_discloses_nothing() {
    for rule in [
        r#"reveal contains 1"#,
        r#"reveal contains {"id": "secret.aws"}"#,
        r#"reveal contains input.absent_is_refused_at_load.no if false"#,
        r#"reveal contains """#,
        r#"reveal contains "secre""#,
        r#"reveal contains to_number(input.server)"#,
    ] {
        let text = format!("package mcp\nimport rego.v1\n{rule}");
        let loaded = load(&[("bundle.toml", "engine = \"rego\""), ("a.rego", &text)]);
        if let Ok(policies) = loaded {
            assert_eq!(said(&policies, "dev", "push"), " |  | ", "{rule}");
        }
    }
}

#[test]
fn policies_on_data_are_validated() {
    for (text, says) in [
        (
            r#"permit (principal, action == Mcp::Action::"reveal", resource) when { context.now > datetime("2020-01-01") };"#,
            "now",
        ),
        (
            r#"permit (principal, action in [Mcp::Action::"reveal", Mcp::Action::"tools/call"], resource);"#,
            "names no other action",
        ),
        (
            r#"permit (principal, action == Mcp::Action::"reveel", resource);"#,
            "reveel",
        ),
        (
            r#"permit (principal, action == Mcp::Action::"reveal", resource) when { context.tool == "t" };"#,
            "tool",
        ),
    ] {
        let error = load(&[("a.cedar", text)]).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn a_class_that_nothing_finds_is_told() {
    let text = r#"permit (principal, action == Mcp::Action::"reveal", resource == Mcp::DataClass::"secret.githib");"#;
    let policies = cedar(text);
    assert_eq!(said(&policies, "dev", "push"), " |  | ");
    let known = crate::policies::Known {
        classes: Some(["secret", "secret.github"].map(str::to_owned).into()),
        ..crate::policies::Known::default()
    };
    let lints = policies.engine().lints(policies.sources(), &known);
    let [lint] = &lints[..] else {
        panic!("{lints:?}")
    };
    assert_eq!(lint.code, Code::LintUnknownClass);
    assert!(lint.help.as_ref().unwrap().contains("secret.github"));
}

#[test]
fn answers_are_remembered_for_their_own_question_alone() {
    let (caller, other) = (caller("alice", "dev"), caller("bob", "dev"));
    let server = ServerName::parse("files").unwrap();
    let asker = |caller| Asker {
        caller,
        server: &server,
        tool: None,
    };
    let memory = Memory::default();
    assert!(memory.of(asker(&caller), || Err(Fault::TimeOut)).is_none());
    let some = Disclosed {
        reveal: Reveal {
            to_server: vec![Class::parse("secret.aws").unwrap()],
            to_client: Vec::new(),
        },
        uses: Vec::new(),
    };
    let first = memory.of(asker(&caller), || Ok(some.clone())).unwrap();
    let again = memory.of(asker(&caller), || panic!("it is known")).unwrap();
    assert_eq!((&*first, &*again), (&some, &some));
    let others = memory
        .of(asker(&other), || Ok(Disclosed::default()))
        .unwrap();
    assert_eq!(*others, Disclosed::default());
}

/// The block of the documentation behind this head.
fn recipe(head: &str) -> &'static str {
    let text = include_str!("../../../../docs/policies.md");
    let (_, rest) = text.split_once(&format!("```{head}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_recipes_do_what_they_say() {
    let reveal = cedar(recipe("cedar disclosure=reveal"));
    for (role, server, expected) in [
        ("support", "files", "pii.email"),
        ("developer", "github", "secret.github"),
        ("developer", "files", ""),
        ("unattended", "github", ""),
    ] {
        let (caller, server) = (caller("alice", role), ServerName::parse(server).unwrap());
        let asker = Asker {
            caller: &caller,
            server: &server,
            tool: None,
        };
        let said = disclosed(reveal.engine(), reveal.redaction(), asker).unwrap();
        let names: Vec<&str> = said.reveal.to_client.iter().map(Class::as_str).collect();
        assert_eq!(names.join(" "), expected, "{role} {server}");
        assert!(said.reveal.to_server.is_empty());
    }
    let restore = cedar(recipe("cedar disclosure=restore"));
    assert_eq!(said(&restore, "developer", "push"), " |  | /token");
    assert_eq!(said(&restore, "developer", "pull"), " |  | ");
    assert_eq!(said(&restore, "support", "push"), " |  | ");
}

#[test]
fn the_policies_that_ship_disclose_nothing() {
    let folder = include_str!("../../../../policies/access.cedar");
    let agents = include_str!("../../../../policies/agents.cedar");
    let rules = include_str!("../../../../policies/redaction.toml");
    assert!(!cedar(&format!("{folder}\n{agents}")).engine().discloses());
    let sources = Sources::default().with("redaction.toml", rules.to_owned());
    let rules = Redacting::of(&sources).unwrap();
    assert_eq!(
        rules.raw(),
        &portcullis_protocol::redact::RawRules::default()
    );
}

/// Policies are looked up by the principal that their scope names: whoever it can hold must be met.
#[test]
fn every_way_to_name_the_caller_counts() {
    let all = said(&cedar(REVEAL_ALL), "dev", "push");
    for (scope, reaches) in [
        ("principal", true),
        ("principal is Mcp::Agent", true),
        (r#"principal in Mcp::Role::"dev""#, true),
        (r#"principal in Mcp::User::"alice""#, true),
        (r#"principal == Mcp::Agent::"unnamed""#, true),
        (r#"principal in Mcp::Agent::"unnamed""#, true),
        (r#"principal is Mcp::Agent in Mcp::Role::"dev""#, true),
        (r#"principal in Mcp::Role::"alice""#, false),
        (r#"principal in Mcp::User::"dev""#, false),
        (r#"principal == Mcp::Agent::"alice""#, false),
        (r#"principal is Mcp::Agent in Mcp::Role::"ops""#, false),
    ] {
        let rest = r#"action == Mcp::Action::"reveal", resource)"#;
        let permit = said(&cedar(&format!("permit ({scope}, {rest};")), "dev", "push");
        let forbid = format!("{REVEAL_ALL}\nforbid ({scope}, {rest};");
        let forbid = said(&cedar(&forbid), "dev", "push");
        let failing = "when { 9223372036854775807 + 1 == 0 };";
        let failing = format!("{REVEAL_ALL}\npermit ({scope}, {rest} {failing}");
        let failing = said(&cedar(&failing), "dev", "push");
        let (some, none) = (all.as_str(), " |  | ");
        let (permits, forbids) = if reaches { (some, none) } else { (none, some) };
        assert_eq!(permit, permits, "permit {scope}");
        assert_eq!(forbid, forbids, "forbid {scope}");
        assert_eq!(failing, forbids, "a permit that fails, {scope}");
    }
}
