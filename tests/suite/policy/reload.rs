//! Policies that change under a running gateway: good ones hold from the next call on, broken ones
//! leave the last good ones in force, and everybody who asks is told.

use std::path::Path;
use std::process::Command;

use portcullis_tests::gateway::Setup;
use portcullis_tests::{parts, wait};
use serde_json::{Value, json};

use super::{ERAS, Era, Said, call, lists, put, shown, status, tools};
use crate::world::World;

const LIMIT: &str = r#"
@id("small-payments") permit (principal, action == Mcp::Action::"demo/pay", resource)
when { context.input.amount <= LIMIT };
"#;

/// The second line looks at an argument that the tool does not have.
const BROKEN: &str = "@id(\"typo\")\nforbid (principal, action == Mcp::Action::\"demo/pay\", resource) when { context.input.amout > 1 };\n";

fn limit(amount: u32) -> String {
    LIMIT.replace("LIMIT", &amount.to_string())
}

/// A gateway whose folder pins the tools, so that the command line knows what the server knows.
fn pinned() -> World {
    let pins = json!({"tools": tools()}).to_string();
    let world = World::with(Setup::policies(&limit(100)).file("tools/demo.json", &pins));
    lists(&world, tools());
    world
}

fn pays(world: &World, amount: u32) -> Vec<Said> {
    let arguments = json!({"amount": amount, "to": "a"});
    let each = ERAS.iter();
    each.map(|era| call(world, "alice", *era, "pay", &arguments))
        .collect()
}

/// `portcullis policy check`: exit code and report.
fn check(folder: &Path) -> (Option<i32>, Value) {
    let mut command = Command::new(parts::portcullis());
    let command = command.args(["policy", "check", "--json"]).arg(folder);
    let output = command.output().expect("portcullis runs");
    let report = serde_json::from_slice(&output.stdout).expect("a report");
    (output.status.code(), report)
}

#[test]
fn a_changed_limit_holds_from_the_next_call_on() {
    let world = pinned();
    assert_eq!(pays(&world, 100), [Said::Ran, Said::Ran]);
    put(&world, "test.cedar", &limit(10));
    for said in pays(&world, 100) {
        assert!(said.is_refused_with("Denied by policy"), "{said:?}");
    }
    put(&world, "test.cedar", &limit(1000));
    assert_eq!(pays(&world, 100), [Said::Ran, Said::Ran]);
}

#[test]
fn a_broken_reload_keeps_the_last_good_and_says_so_everywhere() {
    let world = pinned();
    let before = status(&world)["policies"]["digest"].clone();
    assert_eq!(check(&world.gateway.policies()).0, Some(0));
    world.gateway.write_policy("broken.cedar", BROKEN);
    let ready = wait::until("readiness shows it", || {
        let ready = world.gateway.admin("/readyz");
        let detail = ready.json()["policies"]["detail"].clone();
        detail.is_string().then_some((ready.status, detail))
    });
    assert_eq!(ready.0, 200, "the last good policies are in force");
    let status = status(&world);
    assert_eq!(status["policies"]["digest"], before);
    let log = std::fs::read_to_string(world.gateway.log("policy-server")).unwrap();
    let refused = log
        .lines()
        .find(|line| line.contains("the policies are refused"));
    let refused = refused.unwrap_or_else(|| panic!("{log}"));
    for text in [
        ready.1.as_str().unwrap(),
        status["policies"]["error"].as_str().unwrap(),
        refused,
    ] {
        assert!(
            text.contains("broken.cedar:2:") && text.contains("amout"),
            "{text}"
        );
    }
    assert!(log.contains("last_good_kept=true"), "{log}");
    let (code, report) = check(&world.gateway.policies());
    assert_eq!(code, Some(1), "{report}");
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&json!("broken.cedar"), &json!(2))
    );
    assert!(
        problem["message"].as_str().unwrap().contains("amout"),
        "{problem}"
    );

    assert_eq!(pays(&world, 100), [Said::Ran, Said::Ran]);
    for said in pays(&world, 101) {
        assert!(said.is_refused_with("Denied by policy"), "{said:?}");
    }
    assert_eq!(shown(&world, "alice", Era::Stateless), ["pay"]);
    let metrics = world.gateway.admin("/metrics").text();
    assert!(
        metrics.contains("portcullis_policies_current 0"),
        "{metrics}"
    );

    world.gateway.remove_policy("broken.cedar");
    wait::until("nothing is wrong any more", || {
        let ready = world.gateway.admin("/readyz").json();
        ready["policies"]["detail"].is_null().then_some(())
    });
    assert_eq!(check(&world.gateway.policies()).0, Some(0));
}
