//! One table, two engines: policies that mean the same in both languages yield the same document.

use serde::Deserialize;

use super::*;
use crate::decision::Judgement;
use crate::engine::{Gate, ShadowNote, cedar};

const TABLE: &str = include_str!("../../../../../../tests/cases/engines.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    name: String,
    cedar: Vec<String>,
    rego: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    ask: Question,
    expect: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    subject: Option<String>,
    roles: Option<Vec<String>>,
    agent: Option<String>,
    method: Option<String>,
    direction: Option<Direction>,
    target: Named,
    hints: Option<serde_json::Value>,
    schema: Option<serde_json::Value>,
    arguments: Option<String>,
    approval: Option<Granted>,
    now_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    r#type: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    groups: Vec<String>,
    expires_in_s: i64,
    #[serde(default)]
    of: String,
}

impl Question {
    fn ask(&self) -> Ask {
        let uri = || Uri::parse(&self.target.name).unwrap();
        let target = match self.target.r#type.as_str() {
            "server" => Target::Server,
            "tool" => Target::Tool(name(&self.target.name)),
            "prompt" => Target::Prompt(name(&self.target.name)),
            "resource" => Target::Resource(uri()),
            "task" => Target::Task(uri()),
            other => panic!("no target {other}"),
        };
        let names = |names: &[String]| names.iter().map(|text| name(text)).collect();
        let plain = Ask::call("a");
        let now_ms = self.now_ms.unwrap_or(NOW_MS);
        let granted = |granted: &Granted| Yes {
            groups: names(&granted.groups),
            expires_ms: now_ms + granted.expires_in_s * 1_000,
            of: granted.of.clone(),
        };
        Ask {
            caller: Caller {
                subject: name(self.subject.as_deref().unwrap_or("alice")),
                roles: self.roles.as_deref().map_or(plain.caller.roles, names),
                agent: self.agent.as_deref().map(name),
                issuer: plain.caller.issuer,
            },
            method: self.method.clone().unwrap_or(plain.method),
            direction: self.direction.unwrap_or(plain.direction),
            target,
            hints: self.hints.as_ref().map(ToString::to_string),
            schema: self.schema.as_ref().map(ToString::to_string),
            arguments: self.arguments.clone(),
            approval: self.approval.as_ref().map(granted),
            now_ms,
        }
    }
}

/// What a table expects of a judgement; empty members are left out.
fn document(judgement: &Judgement) -> serde_json::Value {
    let note = |note: &ShadowNote| {
        let effect = serde_json::to_value(note.effect).unwrap();
        format!("{} {}", note.policy, effect.as_str().unwrap())
    };
    let gates: &[Gate] = &judgement.gates;
    let faults: Vec<String> = judgement.faults.iter().map(ToString::to_string).collect();
    let shadow: Vec<String> = judgement.shadow.iter().map(note).collect();
    let mut document = json!({"outcome": judgement.outcome, "reasons": judgement.determining});
    let members = document.as_object_mut().unwrap();
    for (name, list) in [
        ("gates", json!(gates)),
        ("faults", json!(faults)),
        ("shadow", json!(shadow)),
    ] {
        if list != json!([]) {
            members.insert(name.to_owned(), list);
        }
    }
    document
}

fn cedar_engine(text: &str, ask: &Ask, at: &str) -> cedar::Engine {
    let loaded = cedar::Engine::load(&sources(&[("test.cedar", text)]), &ask.catalogue());
    loaded.unwrap_or_else(|problems| panic!("{at}: {problems:?}"))
}

#[test]
fn both_engines_yield_the_documents_of_the_table() {
    let bundles: Vec<Bundle> = serde_json::from_str(TABLE).unwrap();
    let mut cases = 0;
    for bundle in &bundles {
        let (by_cedar, by_rego) = (bundle.cedar.join("\n"), bundle.rego.join("\n"));
        let loaded = Engine::load(&sources(&[("test.rego", &by_rego)]));
        let by_rego = loaded.unwrap_or_else(|problems| panic!("{}: {problems:?}", bundle.name));
        let by_rego = patient(by_rego);
        for case in &bundle.cases {
            let at = format!("{}: {}", bundle.name, case.name);
            let ask = case.ask.ask();
            let by_cedar = cedar_engine(&by_cedar, &ask, &at);
            let opinion = ask.put(|facts, subject| match by_cedar.inquire(facts) {
                Ok(inquiry) => inquiry.opinion(subject, facts.arguments).unwrap(),
                Err(fault) => Opinion::failed(fault),
            });
            let cedar = Judgement::of(opinion, |id| by_cedar.reason(id));
            let Answer { opinion, reasons } = ask.of(&by_rego);
            let rego = Judgement::of(opinion, |id| reasons.get(id).map(String::as_str));
            assert_eq!(document(&cedar), case.expect, "Cedar, {at}");
            assert_eq!(document(&rego), case.expect, "Rego, {at}");
            assert_eq!(rego, cedar, "{at}");
            cases += 1;
        }
    }
    assert!(bundles.len() >= 12 && cases >= 40, "{cases} cases");
}
