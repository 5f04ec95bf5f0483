//! The combiner against a model of it: random bundles, every document the same.

use proptest::prelude::*;

use super::*;
use crate::engine::{Gate, GrantScope, ShadowEffect, ShadowNote};

/// When an element is in its set.
#[derive(Clone, Copy, Debug)]
enum When {
    Always,
    ToolA,
    Dev,
    Never,
}

impl When {
    const fn text(self) -> &'static str {
        match self {
            Self::Always => "true",
            Self::ToolA => "input.resource.name == \"a\"",
            Self::Dev => "\"dev\" in input.principal.roles",
            Self::Never => "input.arguments.absent",
        }
    }

    fn holds(self, ask: &Ask) -> bool {
        match self {
            Self::Always => true,
            Self::ToolA => ask.target == Target::Tool(name("a")),
            Self::Dev => ask.caller.roles.contains(&name("dev")),
            Self::Never => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Permits,
    Gates,
    Forbids,
}

#[derive(Clone, Debug)]
struct Said {
    set: Set,
    id: usize,
    when: When,
    group: usize,
    shadow: bool,
    broken: bool,
}

const GROUPS: [&str; 2] = ["ops", "net"];

impl Said {
    fn text(&self) -> String {
        let id = format!("p{}", self.id);
        let mode = if self.shadow {
            ", \"mode\": \"shadow\""
        } else {
            ""
        };
        let broken = if self.broken { ", \"bad\": 1" } else { "" };
        let (set, rest, opened) = match self.set {
            Set::Permits => ("permits", String::new(), String::new()),
            Set::Forbids => ("forbids", String::new(), String::new()),
            Set::Gates => {
                let group = GROUPS[self.group];
                let groups = format!(", \"groups\": [\"{group}\"]");
                (
                    "gates",
                    groups,
                    format!("\n  not data.portcullis.approved([\"{group}\"])"),
                )
            }
        };
        let when = self.when.text();
        format!(
            "{set} contains {{\"id\": \"{id}\"{mode}{broken}{rest}}} if {{\n  {when}{opened}\n}}\n"
        )
    }
}

/// What the bundle should say, worked out plainly.
fn model(bundle: &[Said], ask: &Ask) -> Opinion {
    let approved = |group: &str| {
        let yes = ask.approval.as_ref();
        yes.is_some_and(|yes| {
            yes.groups.contains(&name(group)) && yes.expires_ms > ask.now_ms && yes.of.is_empty()
        })
    };
    let mut opinion = Opinion::default();
    let mut enforced: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut fails = false;
    for said in bundle {
        let shut = said.set != Set::Gates || !approved(GROUPS[said.group]);
        if !said.when.holds(ask) || !shut {
            continue;
        }
        let id = format!("p{}", said.id);
        let effect = match (said.broken, said.set) {
            (true, _) => ShadowEffect::Fail,
            (_, Set::Permits) => ShadowEffect::Permit,
            (_, Set::Gates) => ShadowEffect::Gate,
            (_, Set::Forbids) => ShadowEffect::Forbid,
        };
        if said.shadow {
            opinion.shadow.push(ShadowNote { policy: id, effect });
            continue;
        }
        fails |= said.broken;
        let group = if said.set == Set::Gates {
            said.group
        } else {
            0
        };
        let contents = (said.set as usize, group, usize::from(said.broken));
        fails |= *enforced.entry(id.clone()).or_insert(contents) != contents;
        match said.set {
            Set::Permits => opinion.permits.push(id),
            Set::Forbids => opinion.forbids.push(id),
            Set::Gates => opinion.gates.push(Gate {
                id,
                groups: vec![GROUPS[said.group].to_owned()],
                ttl: None,
                scope: GrantScope::Exact,
                reason: None,
            }),
        }
    }
    if fails {
        opinion.faults.push(Fault::UnfitRequest);
    }
    opinion.settled()
}

fn said() -> impl Strategy<Value = Said> {
    let set = prop_oneof![
        3 => Just(Set::Permits), 2 => Just(Set::Gates), 1 => Just(Set::Forbids)
    ];
    let when = prop_oneof![
        Just(When::Always),
        Just(When::ToolA),
        Just(When::Dev),
        Just(When::Never)
    ];
    let rarely = prop::bool::weighted(0.05);
    (
        set,
        0..8_usize,
        when,
        0..2_usize,
        prop::bool::weighted(0.2),
        rarely,
    )
        .prop_map(|(set, id, when, group, shadow, broken)| Said {
            set,
            id,
            when,
            group,
            shadow,
            broken,
        })
}

fn asks() -> Vec<Ask> {
    let yes = |group: &str, expires_ms, of: &str| Yes {
        groups: vec![name(group)],
        expires_ms,
        of: of.to_owned(),
    };
    let approvals = [
        None,
        Some(yes("ops", NOW_MS + 1, "")),
        Some(yes("net", NOW_MS + 1, "")),
        Some(yes("ops", NOW_MS, "")),
        Some(yes("ops", NOW_MS + 1, "{}")),
    ];
    let mut asks = Vec::new();
    for approval in approvals {
        for tool in ["a", "b"] {
            for role in ["dev", "viewer"] {
                let mut ask = Ask {
                    approval: approval.clone(),
                    ..Ask::call(tool)
                };
                ask.caller.roles = vec![name(role)];
                asks.push(ask);
            }
        }
    }
    asks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bundles_say_what_the_model_says(bundle in proptest::collection::vec(said(), 0..9)) {
        let text: String = bundle.iter().map(Said::text).collect();
        let engine = load(&text);
        for ask in asks() {
            let mut found = ask.of(&engine).opinion;
            if !found.faults.is_empty() {
                let ours = |fault: &Fault| matches!(fault, Fault::UnfitElement { .. });
                prop_assert!(found.faults.iter().all(ours), "{:?}", found.faults);
                found.faults = vec![Fault::UnfitRequest];
            }
            prop_assert_eq!(found, model(&bundle, &ask), "{}", text);
        }
    }
}
