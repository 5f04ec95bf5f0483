//! Policies on what a call says: its arguments, the tool's hints, the caller's roles, the time.

use std::process::Command;
use std::sync::{LazyLock, Mutex};

use serde_json::json;

use super::{ERAS, Said, call, learnt, shown, status};
use crate::world::{World, take};

const POLICIES: &str = r#"
@id("small-payments")
permit (principal in Mcp::Role::"developer", action == Mcp::Action::"demo/pay", resource)
when {
  context.input.amount <= 100 && context.input.to like "acc-*" &&
  !(context.input has currency && context.input.currency == Mcp::demo::pay::Input::currency::"USD")
};

@id("readers")
permit (principal, action in Mcp::Action::"tools/call", resource) when { resource.readOnly };

@id("writers")
permit (principal in Mcp::Role::"developer", action == Mcp::Action::"demo/write_note", resource);

@id("this-hour")
permit (principal, action == Mcp::Action::"demo/report", resource)
when { context.now >= datetime("BEFORE") && context.now < datetime("AFTER") };

@id("an-hour-ago")
permit (principal, action == Mcp::Action::"demo/old_report", resource)
when { context.now < datetime("BEFORE") };
"#;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let policies = POLICIES
        .replace("BEFORE", &time("1 hour ago"))
        .replace("AFTER", &time("1 hour"));
    Mutex::new(learnt(&policies))
});

/// A time as Cedar writes it, from words that `date` understands.
fn time(words: &str) -> String {
    let mut date = Command::new("date");
    let output = date.args(["--utc", "--date", words, "+%Y-%m-%dT%H:%M:%SZ"]);
    let output = output.output().expect("date runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_policy_on_arguments_decides_call_by_call() {
    let world = take(&WORLD);
    for era in ERAS {
        for (arguments, runs) in [
            (json!({"amount": 100, "to": "acc-1"}), true),
            (json!({"amount": 101, "to": "acc-1"}), false),
            (json!({"amount": -5, "to": "acc-"}), true),
            (json!({"amount": 1, "to": "bank-acc-1"}), false),
            (json!({"to": "acc-1", "amount": 1, "currency": "EUR"}), true),
            (
                json!({"to": "acc-1", "amount": 1, "currency": "USD"}),
                false,
            ),
        ] {
            let said = call(&world, "alice", era, "pay", &arguments);
            match runs {
                true => assert_eq!(said, Said::Ran, "{era:?} {arguments}"),
                false => assert!(
                    said.is_refused_with("Denied by policy"),
                    "{era:?} {arguments}"
                ),
            }
        }
    }
}

#[test]
fn a_policy_on_a_hint_or_a_role_decides_who_calls_what() {
    let world = take(&WORLD);
    let path = json!({"path": "/srv/a"});
    let note = json!({"text": "hi"});
    let small = json!({"amount": 1, "to": "acc-1"});
    for era in ERAS {
        for (user, tool, arguments, wanted) in [
            ("alice", "read_file", &path, Said::Ran),
            ("bob", "read_file", &path, Said::Ran),
            ("alice", "write_note", &note, Said::Ran),
            ("bob", "write_note", &note, Said::Unknown),
            ("bob", "pay", &small, Said::Unknown),
            ("alice", "wipe", &path, Said::Unknown),
        ] {
            let said = call(&world, user, era, tool, arguments);
            assert_eq!(said, wanted, "{era:?} {user} {tool}");
        }
        let all = ["pay", "read_file", "write_note", "report", "old_report"];
        assert_eq!(shown(&world, "alice", era), all, "{era:?}");
        let few = ["read_file", "report", "old_report"];
        assert_eq!(shown(&world, "bob", era), few, "{era:?}");
    }
}

#[test]
fn a_policy_on_the_time_opens_and_closes() {
    let world = take(&WORLD);
    for era in ERAS {
        for user in ["alice", "bob"] {
            let said = call(&world, user, era, "report", &json!({}));
            assert_eq!(said, Said::Ran, "{era:?} {user}");
            let said = call(&world, user, era, "old_report", &json!({}));
            assert!(said.is_refused_with("Denied by policy"), "{era:?} {said:?}");
        }
    }
}

#[test]
fn arguments_that_do_not_fit_are_refused_with_the_place_and_never_sent() {
    let world = take(&WORLD);
    for era in ERAS {
        for (tool, arguments, words) in [
            ("pay", json!({"amount": "many", "to": "acc-1"}), "/amount"),
            ("pay", json!({"amount": 1.5, "to": "acc-1"}), "/amount"),
            ("pay", json!({"amount": 1}), "/to is missing"),
            (
                "pay",
                json!({"amount": 1, "to": "acc-1", "currency": "GBP"}),
                "/currency",
            ),
            ("pay", json!({"amount": 1, "to": "acc-1", "To": "x"}), "/To"),
            ("pay", json!([]), "`arguments` is not an object"),
        ] {
            let said = call(&world, "alice", era, tool, &arguments);
            let place = format!("do not fit the tool's schema: {words}");
            assert!(
                said.is_refused_with(&place),
                "{era:?} {arguments}: {said:?}"
            );
            assert!(
                !said.is_refused_with("many"),
                "no value is quoted: {said:?}"
            );
        }
    }
    let record = world.gateway.audited("the denial", |record| {
        let errors = record["errors"].as_array();
        errors.is_some_and(|errors| errors.iter().any(|e| e.to_string().contains("do not fit")))
    });
    assert_eq!(record["verdict"], "deny", "{record}");
}

#[test]
fn a_tool_in_quarantine_is_not_there_and_its_neighbours_are() {
    let world = take(&WORLD);
    for era in ERAS {
        assert!(!shown(&world, "alice", era).contains(&"odd".to_owned()));
        let said = call(&world, "alice", era, "odd", &json!({}));
        assert_eq!(
            said,
            Said::Unknown,
            "{era:?}: it is read-only, and still not called"
        );
        let path = json!({"path": "/srv/a"});
        assert_eq!(call(&world, "alice", era, "read_file", &path), Said::Ran);
    }
    let quarantined = status(&world)["tools"]["quarantined"].clone();
    assert_eq!(quarantined[0]["tool"], "odd", "{quarantined}");
    assert_eq!(quarantined[1], json!(null), "{quarantined}");
    let log = std::fs::read_to_string(world.gateway.log("policy-server")).unwrap();
    let warning = log
        .lines()
        .find(|line| line.contains("a tool is in quarantine"));
    assert!(warning.expect("a warning").contains("odd"), "{log}");
}
