//! The step of `test` that has the real Envoy judge our configurations: the reference for people in
//! `envoy/`, and what `portcullis up` writes for upstreams that the demonstration has not.

use std::fs;
use std::path::Path;

use crate::gateway::{self, Parts};
use crate::tool::Tool;
use crate::{Failure, workspace};

/// The public key of RFC 8037, appendix A.2: Envoy wants one that could verify something.
const JWKS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Upstreams by name and by TLS; neither needs to be there.
const UPSTREAMS: [&str; 3] = [
    "tls=https://localhost:1/mcp",
    "name=http://localhost:1/mcp",
    "six=http://[::1]:1/mcp",
];

pub(crate) fn check() -> Result<(), Failure> {
    let parts = Parts::ensure()?;
    let folder = tempfile::tempdir()?;
    validate(&parts, folder.path())?;
    generate(&parts, folder.path())
}

fn validate(parts: &Parts, folder: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(workspace::root().join("envoy/reference.yaml"))?;
    let jwks = folder.join("jwks.json");
    fs::write(&jwks, JWKS)?;
    let mut here = text;
    for (place, path) in [
        ("/etc/portcullis/jwks.json", jwks.as_path()),
        ("/usr/lib/portcullis/portcullis_filter.wasm", &parts.filter),
        ("/run/portcullis", folder),
    ] {
        if !here.contains(place) {
            return Err(format!("envoy/reference.yaml does not name {place} any more").into());
        }
        here = here.replace(place, &path.display().to_string());
    }
    let config = folder.join("reference.yaml");
    fs::write(&config, here)?;
    Tool::new(&parts.envoy)
        .args(&["--mode", "validate", "--log-level", "warning", "-c"])
        .arg(&config)
        .run()
}

/// That `up` says it is up means that Envoy took the configuration and answers.
fn generate(parts: &Parts, folder: &Path) -> Result<(), Failure> {
    let mut command = parts.up(&folder.join("run"));
    for upstream in UPSTREAMS {
        command.args(["--upstream", upstream]);
    }
    let (mut up, _) = gateway::start(&mut command)?;
    gateway::terminate(&up)?;
    match up.wait()? {
        status if status.success() => Ok(()),
        status => Err(format!("'portcullis up' ended with {status}").into()),
    }
}
