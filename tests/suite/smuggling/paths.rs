//! Paths that lead to the same place by another way, and methods that are not MCP's.

use portcullis_tests::wire::Request;
use serde_json::Value;

use super::{CALL, Refusal, Row, arrive, refused};

fn row(what: &str, request: Request, refusal: Refusal) -> Row {
    let what = what.to_owned();
    Row {
        what,
        request,
        refusal,
    }
}

/// Written differently, the same path: judged as this server's, and routed to its endpoint.
const SAME: [&str; 6] = [
    "/demo/%6dcp",
    "//demo/mcp",
    "/demo//mcp",
    "/demo/./mcp",
    "/demo/x/../mcp",
    "/x/%2e%2e/demo/mcp",
];

/// Other paths: nothing is there.
const OTHER: [&str; 9] = [
    "/demo/mcp;x",
    "/demo/mcp;x=1",
    "/Demo/mcp",
    "/demo/MCP",
    "/demo/mcp.",
    "/mcp",
    "/",
    "/demo/mcp/../../mcp",
    "/demo/mcp%20",
];

/// Paths that two readers could take apart differently.
const UNCLEAR: [&str; 6] = [
    "/demo%2fmcp",
    "/demo%5cmcp",
    "/demo/mcp%00",
    "/demo/%2e%2e%2fdemo/mcp",
    "/../../demo%2Fmcp",
    "demo/mcp",
];

#[test]
fn the_same_path_is_the_same_server() {
    arrive(|world| {
        SAME.map(|path| (path.to_owned(), world.post(CALL).target(path)))
            .into()
    });
}

#[test]
fn other_paths_lead_nowhere() {
    refused(|world| {
        let nothing = || Refusal::Ours(404, -32600, Value::Null);
        let others = OTHER
            .iter()
            .map(|path| row(path, world.post(CALL).target(path), nothing()));
        let unclear = UNCLEAR.iter().map(|path| {
            row(
                path,
                world.post(CALL).target(path),
                Refusal::Envoy(&[400, 404]),
            )
        });
        let query = ["/demo/mcp?x", "/demo/mcp?token=x&a=/other/mcp"]
            .into_iter()
            .map(|path| {
                row(
                    path,
                    world.post(CALL).target(path),
                    Refusal::Ours(400, -32600, Value::Null),
                )
            });
        let absolute = world.post(CALL).target("http://evil.example/demo/mcp");
        let absolute = row(
            "another host in the target",
            absolute,
            Refusal::Ours(403, -32600, Value::Null),
        );
        let fragment = row(
            "/demo/mcp#x",
            world.post(CALL).target("/demo/mcp#x"),
            Refusal::Envoy(&[400, 404]),
        );
        others
            .chain(unclear)
            .chain(query)
            .chain([absolute, fragment])
            .collect()
    });
}

#[test]
fn other_methods_are_refused() {
    refused(|world| {
        let methods = ["PUT", "PATCH", "OPTIONS"];
        let plain = methods.iter().map(|method| {
            row(
                method,
                world.post(CALL).method(method),
                Refusal::Ours(405, -32600, Value::Null),
            )
        });
        let odd = ["HEAD", "TRACE", "CONNECT", "post", "PROPFIND"]
            .into_iter()
            .map(|method| {
                let request = world.gateway.stream("demo", "alice").method(method);
                row(method, request, Refusal::Envoy(&[400, 404, 405]))
            });
        let no_session = ["GET", "DELETE"].into_iter().map(|method| {
            let request = world.gateway.stream("demo", "alice").method(method);
            row(method, request, Refusal::Ours(405, -32600, Value::Null))
        });
        plain.chain(odd).chain(no_session).collect()
    });
}
