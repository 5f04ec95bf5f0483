//! Who asks: nobody without a good token, nobody by a header, and no token beyond the gateway
//! unless the operator said so.

use std::sync::{LazyLock, Mutex};

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use portcullis_tests::tokens::Forge;
use portcullis_tests::upstream::Upstream;
use portcullis_tests::wire::{Request, Response};
use serde_json::{Value, json};

use crate::world::{DEMO, POLICIES, World, take};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

fn echo() -> String {
    mcp::call("i", "echo", json!({}))
}

fn with_token(world: &World, token: &str) -> Request {
    world
        .post(echo())
        .set("authorization", &format!("Bearer {token}"))
}

/// The challenge of RFC 9728, which tells a client where to ask for a token.
fn is_challenged(world: &World, response: &Response) -> bool {
    let metadata = format!(
        "http://{}/.well-known/oauth-protected-resource/demo/mcp",
        world.gateway.authority()
    );
    let challenge = response.header("www-authenticate").unwrap_or_default();
    let challenges = response
        .headers
        .iter()
        .filter(|(name, _)| name == "www-authenticate")
        .count();
    response.status == 401
        && challenges == 1
        && challenge.starts_with("Bearer ")
        && challenge.contains(&format!("resource_metadata=\"{metadata}\""))
}

#[test]
fn nobody_gets_in_without_a_token() {
    let world = take(&WORLD);
    let body = echo();
    let post = || world.post(body.as_str()).without("authorization");
    let token = world.gateway.token("alice").to_owned();
    let requests = [
        ("none", post()),
        ("empty", post().header("authorization", "")),
        (
            "another scheme",
            post().header("authorization", &format!("Basic {token}")),
        ),
        ("no scheme", post().header("authorization", &token)),
        (
            "nonsense",
            post().header("authorization", "Bearer nonsense"),
        ),
        (
            "in the query",
            post().target(&format!("/demo/mcp?access_token={token}")),
        ),
        (
            "in a cookie",
            post().header("cookie", &format!("access_token={token}")),
        ),
        (
            "a stream",
            world.gateway.stream(DEMO, "alice").without("authorization"),
        ),
        (
            "a deletion",
            world
                .gateway
                .stream(DEMO, "alice")
                .method("DELETE")
                .without("authorization"),
        ),
        (
            "with claims in a header",
            post()
                .header("x-jwt-payload", "e30")
                .header("x-forwarded-user", "alice"),
        ),
    ];
    for (what, request) in requests {
        let (response, arrived) = world.send_and_see(&request);
        assert!(is_challenged(&world, &response), "{what}: {response:?}");
        assert!(arrived.is_empty(), "{what}");
    }
}

#[test]
fn only_tokens_for_this_server_from_this_issuer_count() {
    let world = take(&WORLD);
    let forge = Forge::of(&world.gateway, "alice");
    let other = format!("http://{}/other/mcp", world.gateway.authority());
    let tokens = [
        ("expired", forge.with(json!({"exp": 1_600_000_000}))),
        ("without an end", forge.with(json!({"exp": null}))),
        (
            "not yet valid",
            forge.with(json!({"nbf": 4_000_000_000_u64, "exp": 4_000_000_100_u64})),
        ),
        ("for another server", forge.with(json!({"aud": [other]}))),
        ("for nobody", forge.with(json!({"aud": null}))),
        (
            "for a prefix",
            forge.with(json!({"aud": format!("http://{}/", world.gateway.authority())})),
        ),
        (
            "from another issuer",
            forge.with(json!({"iss": "http://evil.example"})),
        ),
        ("from no issuer", forge.with(json!({"iss": null}))),
        ("by another key", forge.by_another_key()),
        ("unsigned", forge.unsigned("none")),
        ("unsigned and loud about it", forge.unsigned("NONE")),
        ("unsigned under a real name", forge.unsigned("EdDSA")),
        (
            "tampered",
            forge.tampered(json!({"sub": "root", "roles": ["admin"]})),
        ),
    ];
    for (what, token) in tokens {
        let (response, arrived) = world.send_and_see(&with_token(&world, &token));
        assert!(is_challenged(&world, &response), "{what}: {response:?}");
        assert!(arrived.is_empty(), "{what}");
    }
    assert_eq!(
        world
            .send(&with_token(&world, &forge.with(json!({}))))
            .status,
        200,
        "the forge makes good tokens too"
    );
}

#[test]
fn claims_must_be_plain_names() {
    let world = take(&WORLD);
    let forge = Forge::of(&world.gateway, "alice");
    let tokens = [
        ("no subject", forge.with(json!({"sub": null}))),
        ("empty subject", forge.with(json!({"sub": ""}))),
        (
            "hidden characters",
            forge.with(json!({"sub": "ali\u{200b}ce"})),
        ),
        ("roles as a text", forge.with(json!({"roles": "developer"}))),
        (
            "roles as an object",
            forge.with(json!({"roles": {"developer": true}})),
        ),
        (
            "an object that reads like a list",
            forge.with(json!({"roles": {"developer": ""}})),
        ),
        (
            "an object in a list",
            forge.with(json!({"roles": [{"developer": ""}]})),
        ),
        (
            "a list in a list",
            forge.with(json!({"roles": [["developer"]]})),
        ),
        (
            "a text that spells a list",
            forge.with(json!({"roles": "\u{1}\0\0\0\u{9}\0\0\0\0\0\0\0developer\0\0"})),
        ),
        (
            "a number that spells a role",
            forge.with(json!({"roles": [f64::from_le_bytes(*b"operator")]})),
        ),
        (
            "a number that spells a subject",
            forge.with(json!({"sub": f64::from_le_bytes(*b"operator")})),
        ),
        ("an empty role", forge.with(json!({"roles": [""]}))),
        ("an agent that is no text", forge.with(json!({"agent": 7}))),
        (
            "an invisible role",
            forge.with(json!({"roles": ["\u{3164}"]})),
        ),
        (
            "a role with an invisible end",
            forge.with(json!({"roles": ["developer\u{fe0f}"]})),
        ),
        (
            "a role that is no text",
            forge.with(json!({"roles": ["developer", 7]})),
        ),
        (
            "too many roles",
            forge.with(json!({"roles": vec!["r"; 300]})),
        ),
        ("a hidden agent", forge.with(json!({"agent": "a\u{202e}b"}))),
    ];
    for (what, token) in tokens {
        let (response, arrived) = world.send_and_see(&with_token(&world, &token));
        assert!(
            matches!(response.status, 401 | 403) && arrived.is_empty(),
            "{what}: {}",
            response.text()
        );
    }
}

#[test]
fn strangers_write_little_into_the_access_log() {
    let world = take(&WORLD);
    let log = world.gateway.log("access");
    let size = || std::fs::metadata(&log).map_or(0, |file| file.len());
    let long = "a".repeat(50_000);
    let post = || world.post(echo()).without("authorization");
    let requests = [
        post().target(&format!("/{long}")),
        post().target(&format!("/demo/mcp?{long}")),
        post().header("user-agent", &long),
        post().header("x-other", &long),
        post().header("authorization", &format!("Bearer {long}")),
        post().set("host", &long),
    ];
    // What was written before, and by other tests, has arrived once a line of ours has.
    let settle = |mark: &str| {
        world.send(&post().target(&format!("/{mark}")));
        portcullis_tests::wait::until("the access log's line", || {
            let text = std::fs::read_to_string(&log).ok()?;
            text.contains(mark).then_some(())
        });
        size()
    };
    let before = settle("settled-before");
    for request in &requests {
        world.send(request);
    }
    let grown = settle("settled-after") - before;
    let lines = requests.len() as u64 + 1;
    assert!(grown < lines * 1024, "{grown} bytes for {lines} requests");
}

#[test]
fn the_metadata_is_for_everybody() {
    let world = take(&WORLD);
    for path in [
        "/.well-known/oauth-protected-resource/demo/mcp",
        "/.well-known/oauth-protected-resource",
    ] {
        let request = Request::new("GET", path).header("host", world.gateway.authority());
        let (response, arrived) =
            world.send_and_see(&request.header("origin", "http://any.example"));
        let document = response.json();
        assert_eq!((response.status, arrived.len()), (200, 0), "{path}");
        assert_eq!(document["resource"], world.gateway.url(DEMO), "{path}");
        assert!(
            document["authorization_servers"]
                .as_array()
                .is_some_and(|servers| !servers.is_empty()),
            "{document}"
        );
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
    let other = Request::new("GET", "/.well-known/oauth-protected-resource/other/mcp");
    assert_eq!(
        world
            .send(&other.header("host", world.gateway.authority()))
            .status,
        404
    );
}

#[test]
fn the_token_ends_here_unless_the_operator_said_otherwise() {
    let (plain, trusted) = (Upstream::start(), Upstream::start());
    let gateway = Setup::policies(POLICIES)
        .upstream("plain", &plain.url())
        .upstream("trusted", &trusted.url())
        .argument("--forward-token")
        .argument("trusted")
        .start();
    let token = gateway.token("alice").to_owned();
    for server in ["plain", "trusted"] {
        let request = gateway
            .post(server, "alice", echo())
            .header("x-agent-name", "claude")
            .header("cookie", "a=b");
        assert_eq!(gateway.send(&request).status, 200);
    }
    let (plain, trusted) = (plain.received(), trusted.received());
    assert!(!plain[0].mentions(&token), "{:?}", plain[0].headers);
    assert_eq!(plain[0].header("authorization"), None);
    assert_eq!(
        trusted[0].header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
    assert_eq!(
        (
            plain[0].header("x-agent-name"),
            trusted[0].header("x-agent-name")
        ),
        (None, None)
    );
}

#[test]
fn the_agent_is_named_by_the_token_alone() {
    let world = take(&WORLD);
    let forge = Forge::of(&world.gateway, "alice");
    let last = || {
        world
            .gateway
            .audit()
            .into_iter()
            .rev()
            .find(|record| record["kind"] == "decision")
            .unwrap()
    };
    let request = world.post(echo()).header("x-agent-name", "claude");
    assert_eq!(world.send(&request).status, 200);
    assert_eq!(last()["caller"].get("agent"), None);
    let request = with_token(&world, &forge.with(json!({"agent": "signed"})))
        .header("x-agent-name", "claude");
    assert_eq!(world.send(&request).status, 200);
    assert_eq!(last()["caller"]["agent"], json!("signed"));
    let roles: Value = last()["caller"]["roles"].clone();
    assert_eq!(roles, json!(["developer"]));
}

#[test]
fn refusals_say_who_was_refused() {
    let world = take(&WORLD);
    let request = world.post("nonsense").header("content-encoding", "gzip");
    assert_eq!(world.send(&request).status, 415);
    let record = world.gateway.audited("the refusal", |record| {
        record["reason"] == "content-encoding"
    });
    assert_eq!(
        (&record["caller"]["subject"], &record["server"]),
        (&json!("alice"), &json!(DEMO))
    );
}
