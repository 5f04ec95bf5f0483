//! Rego behind the same gateway: the same outcomes, lists, and refusals; and a folder that changes
//! its language while calls go on.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{fs, thread};

use portcullis_tests::apart::{Apart, Start, configure_policies};
use portcullis_tests::gateway::Setup;
use portcullis_tests::{mcp, wait};
use serde_json::json;

use super::{ERAS, Said, call, fresh_id, lists, said, shown, tools};
use crate::world::{World, take};

const MANIFEST: &str = "engine = \"rego\"\n";

const RULES: &str = r#"package mcp

import rego.v1

permits contains {"id": "payments"} if {
	input.action == "demo/pay"
	input.arguments.amount <= 5000
}

permits contains {"id": "readers"} if input.resource.readOnly

permits contains {"id": "developers"} if {
	input.resource.name in {"write_note", "wipe"}
	"developer" in input.principal.roles
}

gates contains {"id": "big-payments", "groups": ["finance"], "reason": "Ask the treasurer."} if {
	input.action == "demo/pay"
	input.arguments.amount > 1000
	not data.portcullis.approved(["finance"])
}

forbids contains {"id": "blocked-account", "reason": "That account is blocked."} if {
	input.arguments.to in data.blocked
}

forbids contains {"id": "no-big-numbers"} if {
	input.resource.name == "write_note"
	to_number(input.arguments.text) > 9
}

hides contains {"id": "wiping"} if input.resource.name == "wipe"
"#;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let setup = Setup::default()
        .file("bundle.toml", MANIFEST)
        .file("rules.rego", RULES)
        .file("data.json", r#"{"blocked": ["acc-9"]}"#);
    let world = World::with(setup);
    lists(&world, tools());
    shown(&world, "alice", super::Era::Sessions);
    Mutex::new(world)
});

#[test]
fn rego_allows_denies_and_holds_by_arguments() {
    let world = take(&WORLD);
    for era in ERAS {
        for (amount, to, wanted) in [
            (json!(1000), "acc-1", None),
            (
                json!(1001),
                "acc-1",
                Some("approval of finance (big-payments). Ask the treasurer."),
            ),
            (json!(5001), "acc-1", Some("Denied by policy")),
            (json!(10), "acc-9", Some("That account is blocked.")),
            (
                json!("10"),
                "acc-1",
                Some("do not fit the tool's schema: /amount"),
            ),
        ] {
            let arguments = json!({"amount": amount, "to": to});
            let said = call(&world, "alice", era, "pay", &arguments);
            match wanted {
                None => assert_eq!(said, Said::Ran, "{era:?} {arguments}"),
                Some(words) => {
                    assert!(said.is_refused_with(words), "{era:?} {arguments}: {said:?}");
                }
            }
        }
    }
}

#[test]
fn an_error_at_run_time_denies_and_stays_private() {
    let world = take(&WORLD);
    for era in ERAS {
        let note = |text: &str| call(&world, "alice", era, "write_note", &json!({"text": text}));
        assert_eq!(note("7"), Said::Ran, "{era:?}");
        assert!(note("70").is_refused_with("Denied by policy"), "{era:?}");
        let failed = note("no number, and a secret");
        assert!(failed.is_refused_with("Denied by policy"), "{failed:?}");
        assert!(!failed.is_refused_with("secret"), "{failed:?}");
    }
    let record = world.gateway.audited("the fault", |record| {
        record["errors"][0]
            .as_str()
            .is_some_and(|error| error.contains("rules.rego:"))
    });
    assert!(!record.to_string().contains("secret"), "{record}");
}

#[test]
fn what_rego_hides_is_neither_listed_nor_there() {
    let world = take(&WORLD);
    for era in ERAS {
        let listed = shown(&world, "alice", era);
        for (tool, there) in [
            ("pay", true),
            ("read_file", true),
            ("wipe", false),
            ("odd", false),
        ] {
            assert_eq!(
                listed.iter().any(|name| name == tool),
                there,
                "{era:?} {tool}"
            );
        }
        let said = call(&world, "alice", era, "wipe", &json!({"path": "/"}));
        assert_eq!(said, Said::Unknown, "{era:?}");
        assert_eq!(call(&world, "bob", era, "odd", &json!({})), Said::Unknown);
    }
}

/// Two folders that say the same in two languages, but for one tool.
fn two_languages(folder: &Path) {
    fs::create_dir_all(folder.join("cedar")).unwrap();
    fs::create_dir_all(folder.join("rego")).unwrap();
    let cedar = "@id(\"notes\") permit (principal, action in Mcp::Action::\"tools/call\", resource) \
                 when { resource.name == \"write_note\" || resource.name == \"old\" };\n";
    fs::write(folder.join("cedar/rules.cedar"), cedar).unwrap();
    fs::write(folder.join("rego/bundle.toml"), MANIFEST).unwrap();
    let rego = "package mcp\n\nimport rego.v1\n\n\
                permits contains {\"id\": \"notes\"} if input.resource.name in {\"write_note\", \"new\"}\n";
    fs::write(folder.join("rego/rules.rego"), rego).unwrap();
    point_at(folder, "cedar");
}

/// Changes what the policies are in one step, as mounted volumes do.
fn point_at(folder: &Path, name: &str) {
    symlink(name, folder.join("next")).unwrap();
    fs::rename(folder.join("next"), folder.join("current")).unwrap();
}

#[test]
fn a_folder_changes_its_language_while_calls_go_on() {
    let apart = Apart::with("", Start::Plain, |run| {
        two_languages(run);
        let current = run.join("current").display().to_string();
        configure_policies(run, &format!("dir = {current:?}"));
    });
    let call = |tool: &str| {
        let id = fresh_id();
        let request = apart.post(mcp::call(&id, tool, json!({})));
        said(&apart.send(&request).message(), &id, tool)
    };
    let becomes = |tool: &str, said: &Said| {
        wait::until(tool, || (call(tool) == *said).then_some(()));
    };
    assert_eq!((call("old"), call("new")), (Said::Ran, Said::Unknown));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let serving = scope.spawn(|| {
            let mut calls = 0;
            while !over.load(Ordering::Relaxed) {
                assert_eq!(call("write_note"), Said::Ran, "both languages permit it");
                calls += 1;
            }
            calls
        });
        point_at(&apart.run(), "rego");
        becomes("new", &Said::Ran);
        assert_eq!(call("old"), Said::Unknown);
        point_at(&apart.run(), "cedar");
        becomes("old", &Said::Ran);
        assert_eq!(call("new"), Said::Unknown);
        over.store(true, Ordering::Relaxed);
        assert!(serving.join().expect("every call ran") > 0);
    });
    let status = apart.admin("/v1/status").json();
    assert!(status["policies"]["error"].is_null(), "{status}");
}
