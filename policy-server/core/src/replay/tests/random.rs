//! Random decisions, replayed against the policies that made them.

use super::*;

const CONDITIONS: [&str; 12] = [
    "context.input.amount < 100",
    "context.input has note && context.input.note like \"a*\"",
    "!(context.input has urgent) || context.input.urgent",
    "context.input.amount + 9223372036854775000 > 5",
    "principal in Mcp::Role::\"developer\"",
    "principal.user == Mcp::User::\"bob\"",
    "context.now < datetime(\"2026-11-21T10:53:01Z\")",
    "resource.readOnly",
    "resource.listed && principal in Mcp::Role::\"viewer\"",
    "context.args_digest like \"sha256:a*\"",
    "context has protocolVersion",
    "principal in Mcp::Role::\"viewer\" && context.input.amount > 50",
];

/// Conditions from here on have no `input`, so that they fit every tool.
const PLAIN_FROM: usize = 4;
const PLAIN_TO: usize = 11;

fn policy() -> impl Strategy<Value = String> {
    let yes = " unless { context has approval && context.approval.expires > context.now }";
    (0..3_usize, 0..CONDITIONS.len(), any::<bool>()).prop_map(move |(kind, at, negated)| {
        let plain = (PLAIN_FROM..PLAIN_TO).contains(&at);
        let action = if plain {
            "action in Mcp::Action::\"tools/call\""
        } else {
            "action == Mcp::Action::\"demo/pay\""
        };
        let condition = CONDITIONS[at];
        let condition = if negated {
            format!("!({condition})")
        } else {
            condition.to_owned()
        };
        let (effect, end) = match kind {
            0 => ("permit", ""),
            1 => ("forbid", ""),
            _ => ("@approval(\"leads\") forbid", yes),
        };
        format!("{effect} (principal, {action}, resource) when {{ {condition} }}{end};\n")
    })
}

fn policies() -> impl Strategy<Value = Policies> {
    let more = prop::collection::vec(policy(), 0..5);
    (more, any::<bool>()).prop_filter_map(
        "the validator finds a policy that cannot apply, or does not fit a tool",
        |(more, open)| {
            let first = if open {
                "permit (principal, action, resource);\n"
            } else {
                ""
            };
            let text = format!("{first}{}", more.concat());
            let loaded = Policies::load(sources(&text), &listed(&[PAY, ECHO])).ok();
            loaded.filter(|policies| policies.catalogue().quarantined().next().is_none())
        },
    )
}

fn query() -> impl Strategy<Value = Query> {
    let arguments = prop::sample::select(vec![
        None,
        Some(r#"{}"#),
        Some(r#"{"amount":5}"#),
        Some(r#"{"amount":99,"note":"abc"}"#),
        Some(r#"{"amount":100,"urgent":false}"#),
        Some(r#"{"amount":9223372036854775807}"#),
        Some(r#"{"amount":"5"}"#),
        Some(r#"{"amount":60,"note":"b","urgent":true}"#),
        Some("[1]"),
    ]);
    let who = prop::sample::select(vec![
        ("alice", "developer"),
        ("bob", "viewer"),
        ("eve", "none"),
    ]);
    let tools = prop::sample::select(vec!["pay", "echo", "unlisted"]);
    (who, tools, arguments).prop_map(|((subject, role), called, arguments)| {
        asked(
            caller(subject, role),
            "tools/call",
            vec![tool(called)],
            arguments,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_policies_change_nothing(policies in policies(), queries in prop::collection::vec(query(), 1..12)) {
        let mut replay = Replay::new(&policies);
        for query in &queries {
            for keep in [Keep::Types, Keep::Values] {
                let decided = Decided::read(&record(query, &policies, keep)).unwrap();
                match replay.again(&decided).verdict {
                    Verdict::Same(outcome) => prop_assert_eq!(outcome, decided.outcome),
                    Verdict::Changed { .. } => prop_assert!(false, "{query:?}"),
                    Verdict::Unknown(why) => {
                        prop_assert_eq!(why, Why::Arguments);
                        prop_assert_eq!(keep, Keep::Types, "values are never unknown");
                    }
                }
            }
        }
    }

    #[test]
    fn types_never_say_anything_but_what_values_say(
        then in policies(),
        draft in policies(),
        queries in prop::collection::vec(query(), 1..12),
    ) {
        let mut replay = Replay::new(&draft);
        for query in &queries {
            let mut said = |keep| {
                let decided = Decided::read(&record(query, &then, keep)).unwrap();
                replay.again(&decided).verdict
            };
            let (types, values) = (said(Keep::Types), said(Keep::Values));
            prop_assert!(types == values || types == Verdict::Unknown(Why::Arguments), "{types:?} {values:?} {query:?}");
            prop_assert!(!matches!(values, Verdict::Unknown(_)));
        }
    }
}
