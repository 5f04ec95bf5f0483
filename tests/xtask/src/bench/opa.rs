//! OPA's Envoy plugin: built from the pinned module in `tests/xtask/bench-opa`, where Go is.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::machine::Core;
use super::process::Process;
use crate::tool::{self, Tool};
use crate::{Failure, workspace};

const PACKAGE: &str = "github.com/open-policy-agent/opa-envoy-plugin/cmd/opa-envoy-plugin";
const MODULE: &str = "github.com/open-policy-agent/opa-envoy-plugin";
const READY_WITHIN: Duration = Duration::from_secs(30);
/// The same rules that Portcullis is given, on the body as the plugin parses it. The role is a
/// constant here: no token is verified.
const POLICY: &str = r#"package mcp

import rego.v1

default allow := false

roles := {"developer"}

allow if {
    input.parsed_body.method == "tools/call"
    "developer" in roles
    not startswith(input.parsed_body.params.name, "delete_")
}
"#;

/// Builds it; the reason when that cannot be.
pub(super) fn build() -> Result<PathBuf, Failure> {
    if tool::on_path("go").is_none() {
        return Err("there is no Go on PATH".into());
    }
    let place = workspace::target().join("tools").join("opa-envoy-plugin");
    Tool::new("go")
        .args(&["build", "-mod=readonly", "-trimpath", "-o"])
        .arg(&place)
        .arg(PACKAGE)
        .folder(folder())
        .run()?;
    Ok(place)
}

/// The version that is pinned.
pub(super) fn version() -> Result<String, Failure> {
    let said = Tool::new("go")
        .args(&["list", "-mod=readonly", "-m", MODULE])
        .folder(folder())
        .read()?;
    Ok(said
        .trim()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned())
}

fn folder() -> PathBuf {
    workspace::root().join("tests/xtask/bench-opa")
}

/// Starts it with its gRPC listener on `port`. It keeps no record of decisions.
pub(super) fn start(program: &Path, port: u16, folder: &Path) -> Result<Process, Failure> {
    let policy = folder.join("policy.rego");
    fs::write(&policy, POLICY)?;
    let config = folder.join("opa.json");
    let plugin = serde_json::json!({"plugins": {"envoy_ext_authz_grpc": {
        "addr": format!("127.0.0.1:{port}"),
        "path": "mcp/allow",
    }}});
    fs::write(&config, plugin.to_string())?;
    let mut args: Vec<OsString> = ["run", "--server", "--addr=127.0.0.1:0", "--log-level=error"]
        .map(OsString::from)
        .to_vec();
    args.extend([
        "--disable-telemetry".into(),
        "--config-file".into(),
        config.into(),
        policy.into(),
    ]);
    let mut opa = Process::start("opa", Core::Rest, program, &args, folder)?;
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        opa.check()?;
        if start.elapsed() > READY_WITHIN {
            return Err("OPA does not listen".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(opa)
}
