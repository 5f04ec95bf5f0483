//! A secret in every field that somebody else writes, and nothing of it in what is kept or shown.
//!
//! Deliberately absent: the definitions of tools, which are kept byte for byte.

use std::sync::Mutex;

use portcullis_protocol::names::Uri;
use portcullis_protocol::redact::{Action, Fact, MarkKey, Reason, Unscanned};
use portcullis_protocol::wire::{Redactions, Refusal};

use super::*;
use crate::config::LogFormat;

/// A token of its own for each field, so that a leak names its field. Made here, so that nobody
/// takes this file for one with secrets in it.
struct Tokens(Vec<(String, String)>);

impl Tokens {
    fn of(&mut self, field: &str) -> String {
        let number = self.0.len();
        let body = format!("{number:02}R7kQz3VtYp9LmXw4NcB8sHd2JfGa6TeUvK5y");
        let token = format!("ghp_{}", body.get(..36).unwrap());
        self.0.push((field.to_owned(), token.clone()));
        token
    }

    fn name(&mut self, field: &str) -> Name {
        name(&self.of(field))
    }

    fn caller(&mut self, of: &str) -> Caller {
        Caller {
            issuer: name(&format!("https://i/{}", self.of(&format!("{of} issuer")))),
            subject: self.name(&format!("{of} subject")),
            roles: vec![self.name(&format!("{of} role"))],
            agent: Some(name(&format!("bot {}", self.of(&format!("{of} agent"))))),
        }
    }

    /// Says which fields are in a text.
    fn none_in(&self, place: &str, bytes: &[u8]) {
        let holds = |token: &str| {
            // A part is as bad as the whole.
            let part = token.get(4..24).unwrap().as_bytes();
            bytes.windows(part.len()).any(|window| window == part)
        };
        let leaks = self.0.iter().filter(|(_, token)| holds(token));
        let leaks: Vec<&String> = leaks.map(|(field, _)| field).collect();
        assert!(leaks.is_empty(), "{place} shows the secrets in {leaks:?}");
    }
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn asked(tokens: &mut Tokens) -> Vec<Query> {
    let arguments = format!(
        r#"{{"q":"{}","{}":1,"deep":{{"password":"{}"}},"inner":"{{\"t\":\"{}\"}}"}}"#,
        tokens.of("argument"),
        tokens.of("argument's name"),
        tokens.of("argument under a name"),
        tokens.of("argument in JSON in a text"),
    );
    let call = Query {
        caller: tokens.caller("call"),
        targets: vec![Target::Tool(tokens.name("tool"))],
        arguments: Some(RawValue::from_string(arguments).unwrap()),
        protocol_version: Some(tokens.name("version")),
        ..query()
    };
    let odd = Query {
        call: super::call(),
        method: tokens.name("method"),
        ..query()
    };
    let userinfo = format!("https://{}@h/", tokens.of("userinfo"));
    let path = format!("https://h/a/{}/b", tokens.of("path"));
    let template = format!("https://h/{{x}}?k={}", tokens.of("template"));
    let read = Query {
        call: super::call(),
        method: name("resources/read"),
        targets: vec![
            Target::Resource(uri(&userinfo)),
            Target::Resource(uri(&path)),
            Target::Template(uri(&template)),
            Target::Prompt(tokens.name("prompt")),
            Target::Task(uri(&tokens.of("task"))),
        ],
        ..query()
    };
    vec![call, odd, read]
}

fn told(tokens: &mut Tokens) -> Vec<Report> {
    let refusal = Refusal {
        call: call(),
        server: Some(server()),
        caller: Some(tokens.caller("refusal")),
        method: Some(tokens.name("refused method")),
        reason: tokens.name("reason"),
        status: 403,
    };
    let fact = Fact {
        rule: tokens.name("rule"),
        class: Class::parse("own.made-up").unwrap(),
        pointer: format!("/params/{}", tokens.of("pointer")),
        bytes: 40,
        mark: MarkKey::new([1; 32]).mark("x"),
        action: Action::Redacted,
    };
    let part = Unscanned {
        pointer: format!("/result/{}", tokens.of("unscanned pointer")),
        bytes: 7,
        reason: Reason::Blob,
    };
    let github = Class::parse("secret.github").unwrap();
    let known = Fact {
        class: github,
        ..fact.clone()
    };
    let found = Redactions {
        call: call(),
        server: server(),
        caller: tokens.caller("redactions"),
        method: tokens.name("redacted method"),
        direction: Direction::ToClient,
        facts: vec![fact, known],
        more: 0,
        unscanned: vec![part],
    };
    vec![Report::Refusal(refusal), Report::Redactions(found)]
}

#[tokio::test]
async fn no_secret_is_kept_logged_or_counted() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let _guard = crate::log::to_memory(LogFormat::Json, lines.clone());
    let mut tokens = Tokens(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::into_inner(gate(folder.path()).await).unwrap();
    let gate = Arc::new(gate.keeping(Keep::Values));
    for one in asked(&mut tokens) {
        tracing::debug!(?one, "asked");
        gate.decide(one).await.unwrap().released();
    }
    let reports = told(&mut tokens);
    tracing::debug!(?reports, "told");
    let reports = Reports {
        reports,
        gap: Gap::default(),
    };
    gate.report(reports).await.unwrap().released();
    let page = ListQuery {
        caller: tokens.caller("list"),
        ..list(2, 1)
    };
    gate.list(page).await.unwrap().released();
    let opening = SessionQuery {
        call: call(),
        server: server(),
        caller: tokens.caller("session"),
        session: Digest::of(b"x"),
        step: Step::Open,
    };
    gate.session(opening).await.unwrap();
    let metrics = gate.metrics.text().unwrap();
    for count in [
        r#"portcullis_redactions_total{class="other",action="redacted"} 1"#,
        r#"portcullis_redactions_total{class="secret.github",action="redacted"} 1"#,
        r#"portcullis_unscanned_total{reason="blob"} 1"#,
    ] {
        assert!(metrics.contains(count), "{count}: {metrics}");
    }
    tokens.none_in("/metrics", metrics.as_bytes());
    // The database, what it has not checkpointed, and whatever else lies there.
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            tokens.none_in(&path.display().to_string(), &bytes);
            files.extend(bytes);
        }
    }
    // What stands in their place shows that the right files were read.
    let placeholder = b"[redacted:github-token]";
    let written = files.windows(placeholder.len());
    assert!(written.filter(|window| window == placeholder).count() > 20);
    let log = lines.lock().unwrap().clone();
    assert!(log.len() > 1_000, "something was logged");
    tokens.none_in("the log", &log);
}

#[tokio::test]
async fn findings_name_the_decision_of_their_call() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let asked = query();
    let call = asked.call;
    gate.decide(asked).await.unwrap().released();
    let mut reports = told(&mut Tokens(Vec::new()));
    for report in &mut reports {
        if let Report::Redactions(found) = report {
            found.call = call;
        }
    }
    gate.report(Reports {
        reports,
        gap: Gap::default(),
    })
    .await
    .unwrap()
    .released();
    let log = Store::new(folder.path().join("audit.db"), Sync::Os);
    let mut connection = log.connect_read_only().await.unwrap();
    let rows = crate::store::records_after(&mut connection, 0, 100)
        .await
        .unwrap();
    let records: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| serde_json::from_slice(&row.record).unwrap())
        .collect();
    let of = |kind: &str| {
        records
            .iter()
            .find(|record| record["kind"] == kind)
            .unwrap()
    };
    assert_eq!(of("redactions")["decision"], of("decision")["seq"]);
    assert_eq!(of("refusal")["decision"], serde_json::Value::Null);
}
