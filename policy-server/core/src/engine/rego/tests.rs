//! Rego beside Cedar on one table, and what only modules show.

use std::collections::BTreeMap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Target};
use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;
use crate::engine::cedar::SCHEMA;
use crate::facts::Approval;
use crate::policies::{Problem, Sources};
use crate::registry::Registry;
use crate::schema::BaseContext;

mod limits;
mod lists;
mod model;
mod refused;
mod table;

const HEAD: &str = "package mcp\n\nimport rego.v1\n\n";

fn sources(files: &[(&str, &str)]) -> Sources {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Sources::new(files.collect())
}

fn try_load(rules: &str) -> Result<Engine, Vec<Problem>> {
    Engine::load(&sources(&[("test.rego", &format!("{HEAD}{rules}"))]))
}

/// An engine that no busy machine makes late.
fn patient(mut engine: Engine) -> Engine {
    engine.prepared.set_execution_timer_config(timer(60_000));
    engine
}

fn load(rules: &str) -> Engine {
    let loaded = try_load(rules).unwrap_or_else(|problems| panic!("{rules}: {problems:?}"));
    patient(loaded)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A question, with what most tests leave as it is.
struct Ask {
    caller: Caller,
    method: String,
    direction: Direction,
    target: Target,
    hints: Option<String>,
    schema: Option<String>,
    arguments: Option<String>,
    approval: Option<Yes>,
    now_ms: i64,
}

/// A human's yes that a test gives.
#[derive(Clone)]
struct Yes {
    groups: Vec<Name>,
    expires_ms: i64,
    of: String,
}

const NOW_MS: i64 = 1_795_258_381_123;

impl Ask {
    fn call(tool: &str) -> Self {
        Self {
            caller: Caller {
                issuer: name("https://issuer"),
                subject: name("alice"),
                roles: vec![name("dev")],
                agent: None,
            },
            method: "tools/call".to_owned(),
            direction: Direction::ToServer,
            target: Target::Tool(name(tool)),
            hints: None,
            schema: None,
            arguments: None,
            approval: None,
            now_ms: NOW_MS,
        }
    }

    fn with(arguments: &str) -> Self {
        Self {
            arguments: Some(arguments.to_owned()),
            ..Self::call("a")
        }
    }

    /// The tool, where its hints or its schema are known.
    fn catalogue(&self) -> Catalogue {
        let mut files = Vec::new();
        if let (Target::Tool(name), Some(_)) =
            (&self.target, self.hints.as_ref().or(self.schema.as_ref()))
        {
            let hints = self.hints.as_deref().unwrap_or("{}");
            let schema = self.schema.as_deref().unwrap_or(r#"{"type":"object"}"#);
            let list = format!(
                r#"{{"tools":[{{"name":"{name}","inputSchema":{schema},"annotations":{hints}}}]}}"#
            );
            files.push(("tools/demo.json", list));
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let base = BaseContext::read(SCHEMA).unwrap();
        Catalogue::gather(&sources(&files), &Registry::default(), &base, None).unwrap()
    }

    fn put<T>(&self, to: impl FnOnce(&Facts<'_>, &Subject<'_>) -> T) -> T {
        let server = ServerName::parse("demo").unwrap();
        let catalogue = self.catalogue();
        let subject = Subject {
            target: &self.target,
            known: catalogue.known(&server, &self.target),
            also: Vec::new(),
        };
        let facts = Facts {
            server: &server,
            caller: &self.caller,
            direction: self.direction,
            method: &self.method,
            subjects: vec![subject.clone()],
            protocol_version: None,
            arguments: self.arguments.as_deref(),
            approval: self.approval.as_ref().map(|yes| Approval {
                groups: &yes.groups,
                expires_ms: yes.expires_ms,
                args_digest: Digest::of(yes.of.as_bytes()),
            }),
            now_ms: self.now_ms,
        };
        to(&facts, &subject)
    }

    fn of(&self, engine: &Engine) -> Answer {
        let arguments = self.arguments.as_deref();
        let arguments = arguments.map(|text| serde_json::from_str(text).unwrap());
        self.put(|facts, subject| engine.opinion(facts, subject, arguments.as_ref()))
    }

    fn shown(&self, engine: &Engine) -> Shown {
        self.put(|facts, subject| engine.shown(facts, subject))
    }
}

fn outcome_of(engine: &Engine, ask: &Ask) -> Outcome {
    outcome(&ask.of(engine).opinion)
}

#[test]
fn an_engine_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&load("permits contains {\"id\": \"all\"}"));
}

#[test]
fn the_input_is_what_is_documented() {
    let ask = Ask {
        approval: Some(Yes {
            groups: vec![name("ops")],
            expires_ms: NOW_MS + 1,
            of: String::new(),
        }),
        hints: Some(r#"{"readOnlyHint":true}"#.to_owned()),
        ..Ask::with(r#"{"n":9007199254740993,"f":0.5,"deep":[null,{"x":true}]}"#)
    };
    let arguments = serde_json::from_str(ask.arguments.as_deref().unwrap()).unwrap();
    let input = ask.put(|facts, subject| {
        let mut input = input::document(facts, subject, Some(&arguments)).unwrap();
        input::approve(&mut input, facts.approval.unwrap()).unwrap();
        input
    });
    assert_eq!(
        input,
        json!({
            "method": "tools/call", "action": "demo/a", "group": "write", "server": "demo",
            "direction": "to_server", "now": "2026-11-21T10:53:01.123Z",
            "now_ns": 1_795_258_381_123_000_000_i64,
            "clock": {"weekday": "Saturday", "hour": 10, "minute": 53},
            "principal": {"subject": "alice", "issuer": "https://issuer", "roles": ["dev"]},
            "resource": {
                "type": "tool", "name": "a", "readOnly": true, "destructive": false,
                "idempotent": false, "openWorld": true, "listed": true, "tags": [],
            },
            "arguments": {"n": 9_007_199_254_740_993_i64, "f": 0.5, "deep": [null, {"x": true}]},
            "args_digest": Digest::of(ask.arguments.as_deref().unwrap().as_bytes()).to_string(),
            "approval": {
                "groups": ["ops"], "expires": "2026-11-21T10:53:01.124Z",
                "expires_ns": 1_795_258_381_124_000_000_i64,
                "args_digest": Digest::of(b"").to_string(),
            },
        })
    );
    let members = |input: &serde_json::Value| -> Vec<String> {
        let members = input.as_object().unwrap().keys().cloned();
        let mut members: Vec<String> = members.filter(|member| member != "approval").collect();
        members.sort();
        members
    };
    assert_eq!(members(&input::sample()), members(&input));
    let known: Vec<&str> = input::MEMBERS.iter().map(|(name, _)| *name).collect();
    for member in input.as_object().unwrap().keys() {
        assert!(known.contains(&member.as_str()), "{member}");
    }
}

#[test]
fn values_of_arguments_arrive_exactly() {
    let engine = load(
        r#"permits contains {"id": "exact"} if {
            input.arguments.n == 9007199254740993
            input.arguments.f == 0.1
            input.arguments.deep[1].x == true
            input.clock.weekday == "Saturday"
            is_null(input.arguments.deep[0])
        }"#,
    );
    let good = r#"{"n":9007199254740993,"f":0.1,"deep":[null,{"x":true}]}"#;
    assert_eq!(outcome_of(&engine, &Ask::with(good)), Outcome::Allow);
    let rounded = good.replace("0993", "0992");
    assert_eq!(outcome_of(&engine, &Ask::with(&rounded)), Outcome::Deny);
    for no_object in ["[]", "1", "null", "\"a\""] {
        let said = Ask::with(no_object).of(&engine).opinion;
        assert_eq!(said, Opinion::failed(Fault::UnfitRequest), "{no_object}");
    }
}

#[test]
fn both_engines_know_the_same_methods() {
    let (schema, _) =
        cedar_policy::Schema::from_cedarschema_str(super::super::cedar::SCHEMA).unwrap();
    let mut cedar: Vec<(String, String)> = schema
        .request_envs()
        .filter(|env| env.resource().basename() != "DataClass")
        .map(|env| {
            let action: &str = env.action().id().as_ref();
            let kind = env.resource().basename().to_lowercase();
            (action.to_owned(), kind)
        })
        .collect();
    let of_method = |(method, _, kinds): &(&str, &str, &'static [&'static str])| {
        let method = (*method).to_owned();
        kinds
            .iter()
            .map(move |kind| (method.clone(), (*kind).to_owned()))
    };
    let mut rego: Vec<(String, String)> = input::METHODS.iter().flat_map(of_method).collect();
    cedar.sort();
    cedar.dedup();
    rego.sort();
    assert_eq!(rego, cedar);
    for (method, group, _) in input::METHODS {
        let action = format!("Mcp::Action::\"{method}\"").parse().unwrap();
        let actions = schema.action_entities().unwrap();
        let group: cedar_policy::EntityUid = format!("Mcp::Action::\"{group}\"").parse().unwrap();
        assert!(actions.is_ancestor_of(&group, &action), "{method}");
    }
}
