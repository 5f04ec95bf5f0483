//! The filter crashes: nothing passes unfiltered, and the next request finds a new one.

use std::path::Path;

use portcullis_tests::apart::{Apart, Start};
use portcullis_tests::{wait, wire};
use serde_json::{Value, json};

use crate::world::POLICIES;

/// Everything that the filter calls, but the local reply: the SDK panics when it is forbidden. So
/// the real module crashes whenever it refuses, and only then.
const ALLOWED: [&str; 22] = [
    "proxy_abi_version_0_2_1",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_http_call_response",
    "proxy_on_done",
    "proxy_on_log",
    "proxy_on_delete",
    "proxy_log",
    "proxy_get_buffer_bytes",
    "proxy_set_buffer_bytes",
    "proxy_get_header_map_pairs",
    "proxy_get_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_get_property",
    "proxy_http_call",
    "proxy_set_tick_period_milliseconds",
];

/// More of them, which come in pairs with the above.
const ALLOWED_TOO: [&str; 9] = [
    "proxy_set_effective_context",
    "proxy_continue_stream",
    "proxy_get_current_time_nanoseconds",
    "proxy_replace_header_map_value",
    "proxy_on_memory_allocate",
    "malloc",
    "random_get",
    "clock_time_get",
    "environ_sizes_get",
];

#[test]
fn a_crash_lets_nothing_through_and_heals() {
    let apart = Apart::with(POLICIES, Start::Plain, |run| {
        forbid_local_replies(&run.join("envoy.json"))
    });
    apart.heals("before");
    let request = apart
        .request("echo", "q-crash")
        .set("content-type", "text/plain");
    let response = wire::send(wire::authority(apart.url()), &request);
    assert_eq!(response.status, 503, "{}", apart.logs());
    assert_eq!(apart.upstream.received_with("q-crash").len(), 0);
    apart.heals("after");
    let trapped = || apart.logs().contains("panicked").then_some(());
    wait::until("Envoy's log shows the crash", trapped);
}

fn forbid_local_replies(file: &Path) {
    let mut envoy: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let plugin = find(&mut envoy).expect("the filter's plugin configuration");
    let allowed = ALLOWED
        .iter()
        .chain(&ALLOWED_TOO)
        .map(|name| ((*name).to_owned(), json!({})));
    plugin["capability_restriction_config"] =
        json!({"allowed_capabilities": allowed.collect::<serde_json::Map<_, _>>()});
    assert_eq!(plugin["failure_policy"], "FAIL_RELOAD");
    std::fs::write(file, envoy.to_string()).unwrap();
}

/// The plugin configuration, wherever it stands.
fn find(value: &mut Value) -> Option<&mut Value> {
    if value["vm_config"].is_object() {
        return Some(value);
    }
    match value {
        Value::Object(members) => members.values_mut().find_map(find),
        Value::Array(items) => items.iter_mut().find_map(find),
        _ => None,
    }
}
