//! The filter proves itself through a real Envoy: over TCP with the secret, over a socket without.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use portcullis_tests::apart::{Apart, Start};
use portcullis_tests::serving::{SECRET, write_private};
use portcullis_tests::wait;
use serde_json::{Value, json};

use crate::world::POLICIES;

const OTHER: &str = "another-secret-that-nobody-has-agreed-on";

/// Gives the files of a gateway a data listener on TCP: these secrets at the server, this one at
/// the filter.
fn on_tcp(run: &Path, servers: &str, filters: Option<&str>) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    write_private(&run.join("secret"), servers);
    let file = run.join("portcullis.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (head, rest) = text.split_once("[data]\n").unwrap();
    let (_, tail) = rest.split_once("\n\n").unwrap();
    let data = format!("[data]\nlisten = \"127.0.0.1:{port}\"\nsecret_file = \"secret\"\n\n");
    fs::write(&file, format!("{head}{data}{tail}")).unwrap();
    let file = run.join("envoy.json");
    let mut envoy: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let address =
        "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address";
    *envoy.pointer_mut(address).unwrap() =
        json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    if let Some(secret) = filters {
        give_the_filter(&mut envoy, secret);
    }
    fs::write(&file, envoy.to_string()).unwrap();
}

/// Puts a secret into the filter's configuration, a text in Envoy's.
fn give_the_filter(envoy: &mut Value, secret: &str) {
    let filters =
        "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/2";
    let value = format!("{filters}/typed_config/config/configuration/value");
    let text = envoy.pointer_mut(&value).unwrap();
    let mut config: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    config["policy_server"]["secret"] = json!(secret);
    *text = json!(config.to_string());
}

#[test]
fn a_filter_with_the_secret_is_answered_over_tcp() {
    let apart = Apart::with(POLICIES, Start::Plain, |run| {
        on_tcp(run, SECRET, Some(SECRET))
    });
    apart.heals("proven");
    // Reports get through too.
    wait::until("the outcome is on record", || {
        let records = apart.audit();
        records
            .iter()
            .any(|record| record["kind"] == "outcome")
            .then_some(())
    });
    let logs = apart.logs();
    assert!(
        !logs.contains(SECRET) && !apart.server_log().contains(SECRET),
        "{logs}"
    );
}

#[test]
fn a_secret_changes_while_filters_run() {
    let both = format!("{OTHER}\n{SECRET}\n");
    let apart = Apart::with(POLICIES, Start::Plain, |run| {
        on_tcp(run, &both, Some(SECRET))
    });
    apart.heals("old");
}

#[test]
fn a_filter_without_the_secret_gets_no_verdict_and_says_why() {
    for (word, filters) in [("none", None), ("wrong", Some(OTHER))] {
        let apart = Apart::with(POLICIES, Start::Plain, |run| on_tcp(run, SECRET, filters));
        let text = apart.refused(word);
        assert!(text.contains("Temporarily unavailable"), "{text}");
        let logs = apart.logs();
        assert!(
            logs.contains("policy_server.secret"),
            "the filter says why: {logs}"
        );
        assert!(apart.server_log().contains("secret"), "the server says why");
        assert!(!logs.contains(OTHER) && !apart.server_log().contains(OTHER));
        let metrics = apart.admin("/metrics").text();
        let line = "portcullis_turned_away_total{listener=\"data\",reason=\"secret\"}";
        assert!(metrics.contains(line), "{metrics}");
        assert_eq!(
            metrics.matches("portcullis_decisions_total{").count(),
            0,
            "{metrics}"
        );
    }
}

#[test]
fn up_asks_over_a_socket_and_guards_its_admin_listener() {
    let apart = Apart::start(POLICIES);
    apart.heals("socket");
    let text = fs::read_to_string(apart.run().join("portcullis.toml")).unwrap();
    assert!(text.contains("[data]\nlisten = \"unix:"), "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(apart.socket()).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(apart.admin("/readyz").status, 200);
}
