//! A policy server that watches a bundle: swapped, foreign, older, too old.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::{DECIDE_PATH, Query};
use portcullis_tests::serving::Serving;
use portcullis_tests::wire::Response;
use portcullis_tests::{parts, wait};
use serde_json::Value;

use super::{Desk, FORBID, PERMIT};

/// A running policy server.
struct Server<'a> {
    desk: &'a Desk,
    serving: Serving,
}

impl<'a> Server<'a> {
    /// Starts one on the desk's bundle, with a log of its own.
    fn start(desk: &'a Desk, log: &str, max_staleness: &str) -> Self {
        let sections = format!(
            "audit = {{ database = \"audit.db\", sync = \"os\" }}\n\
             [policies]\nbundle = \"live.bundle\"\npublic_keys = [\"ours.pub.pem\"]\n\
             max_staleness = \"{max_staleness}\"\n"
        );
        let serving = Serving::start(desk.folder.path(), log, &sections);
        Self { desk, serving }
    }

    fn admin(&self, path: &str) -> Response {
        self.serving.admin(path)
    }

    /// What the answer to a call is.
    fn outcome(&self) -> String {
        static LAST: AtomicU8 = AtomicU8::new(0);
        let golden = parts::folder("golden/wire/decide-query.json");
        let mut query: Query = serde_json::from_slice(&fs::read(golden).unwrap()).unwrap();
        query.call = CallId::from_bytes([LAST.fetch_add(1, Ordering::Relaxed); 16]);
        query.digest = query.computed_digest();
        let body = serde_json::to_vec(&query).unwrap();
        let answer = self.serving.ask(DECIDE_PATH, body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let outcome = &answer.json()["verdict"]["outcome"];
        outcome.as_str().unwrap().to_owned()
    }

    /// Puts a bundle in the place of the live one, whole.
    fn deliver(&self, file: &str) {
        fs::rename(self.desk.path(file), self.desk.path("live.bundle")).unwrap();
    }

    /// Waits until the detail of readiness says this.
    fn complains(&self, words: &str) -> Response {
        wait::until(words, || {
            let ready = self.admin("/readyz");
            let detail = ready.json()["policies"]["detail"].as_str()?.to_owned();
            detail.contains(words).then_some(ready)
        })
    }

    /// Waits until nothing is wrong.
    fn heals(&self) {
        wait::until("the server is ready", || {
            let ready = self.admin("/readyz");
            let fine = ready.status == 200 && ready.json()["policies"]["detail"].is_null();
            fine.then_some(())
        });
    }

    fn records(&self) -> Vec<Value> {
        let mut command = Command::new(parts::portcullis());
        command.args([
            "audit",
            "tail",
            "--json",
            "-n",
            "1000",
            "--database",
            "audit.db",
        ]);
        let said = super::run(&mut command, self.desk.folder.path());
        let lines = said
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }
}

#[test]
fn a_server_follows_its_bundle_and_refuses_others() {
    let desk = Desk::new();
    desk.build("live.bundle", "ours.pem", 60);
    let server = Server::start(&desk, "log", "P7D");
    assert_eq!(server.outcome(), "allow");
    let status = server.admin("/v1/status").json();
    let first = status["policies"]["digest"].clone();
    assert_eq!(status["policies"]["bundle"]["stale"], false, "{status}");
    desk.write(FORBID);
    desk.build("foreign", "theirs.pem", 0);
    desk.build("older", "ours.pem", 3_600);
    desk.build("newer", "ours.pem", 30);
    fs::write(
        desk.path("cut"),
        &fs::read(desk.path("newer")).unwrap()[..500],
    )
    .unwrap();
    for (file, words) in [
        ("foreign", "no signature is by a trusted key"),
        ("older", "to go back"),
        ("cut", "no signed envelope"),
    ] {
        server.deliver(file);
        let ready = server.complains(words);
        assert_eq!(ready.status, 200, "the last good set stays in force");
        assert_eq!(server.outcome(), "allow", "{file}");
        let status = server.admin("/v1/status").json();
        assert_eq!(status["policies"]["digest"], first);
        assert!(
            status["policies"]["error"]
                .as_str()
                .unwrap()
                .contains(words)
        );
        assert!(server.serving.log().contains(words), "the log says so");
    }
    server.deliver("newer");
    server.heals();
    assert_eq!(server.outcome(), "deny");
    let metrics = server.admin("/metrics").text();
    let status = server.admin("/v1/status").json();
    let digest = status["policies"]["digest"].as_str().unwrap();
    let lines = metrics
        .lines()
        .filter(|line| line.contains("bundle_stale") && line.contains("digest="));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 1, "{metrics}");
    assert!(lines[0].contains(digest), "{metrics}");
    let records = server.records();
    let swaps = records.iter().filter(|record| record["kind"] == "policies");
    let swaps: Vec<&Value> = swaps.collect();
    assert_eq!(swaps.len(), 2, "{swaps:?}");
    assert_eq!(
        swaps[1]["bundle"]["created"],
        status["policies"]["bundle"]["created"]
    );
}

#[test]
fn a_bundle_that_is_too_old_denies_everything() {
    let desk = Desk::new();
    desk.write(PERMIT);
    desk.build("live.bundle", "ours.pem", 7_200);
    let server = Server::start(&desk, "log", "PT1H");
    assert_eq!(server.outcome(), "deny");
    let ready = server.complains("stale since");
    assert_eq!(ready.status, 503, "{}", ready.text());
    let status = server.admin("/v1/status").json();
    assert_eq!(status["policies"]["bundle"]["stale"], true, "{status}");
    wait::until("the log says so", || {
        server
            .serving
            .log()
            .contains("everything is denied")
            .then_some(())
    });
    let decisions = server.records();
    let decision = decisions.iter().find(|record| record["kind"] == "decision");
    assert!(decision.unwrap().to_string().contains("policies are stale"));
    // The same policies, signed anew.
    desk.build("fresh", "ours.pem", 0);
    server.deliver("fresh");
    server.heals();
    assert_eq!(server.outcome(), "allow");
}

#[test]
fn an_older_bundle_is_refused_after_a_restart_too() {
    let desk = Desk::new();
    desk.build("live.bundle", "ours.pem", 60);
    desk.build("older", "ours.pem", 120);
    desk.build("fresh", "ours.pem", 0);
    let server = Server::start(&desk, "first.log", "P7D");
    assert_eq!(server.outcome(), "allow");
    server.deliver("older");
    server.complains("to go back");
    drop(server);
    let server = Server::start(&desk, "second.log", "P7D");
    let ready = server.complains("to go back");
    assert_eq!(ready.status, 503, "nothing is in force");
    assert_eq!(server.outcome(), "deny");
    server.deliver("fresh");
    server.heals();
    assert_eq!(server.outcome(), "allow");
}
