//! The policy server's part: its configuration file, its command line, and the starter policies.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use super::UpError;
use super::args::AuditSync;
use super::folder::{Folder, FolderError};
use super::plan::Plan;
use super::ready::{self, Probe};
use super::summary;

/// The example policies of the project, to begin with.
const STARTER: [(&str, &str); 2] = [
    (
        "access.cedar",
        include_str!("../../../policies/access.cedar"),
    ),
    (
        "schema.cedarschema",
        include_str!("../../../policies/schema.cedarschema"),
    ),
];

pub(crate) fn command(plan: &Plan) -> Vec<String> {
    let config = plan.folder.server_config().display().to_string();
    vec!["serve".to_owned(), "--config".to_owned(), config]
}

/// Whether it runs. It is not asked whether it is ready: with broken policies it runs and denies
/// everything until they are mended, which is no reason to take the gateway away.
pub(crate) fn probe(plan: &Plan) -> Probe {
    Probe {
        port: plan.admin_port,
        path: "/livez",
    }
}

/// Says so when the server runs and every call will be denied.
pub(crate) async fn warn_when_not_ready(plan: &Plan) {
    let probe = Probe {
        port: plan.admin_port,
        path: "/readyz",
    };
    if let Ok((status, body)) = ready::ask(probe).await
        && status != 200
    {
        summary::note(&format!("every call is denied for now: {}", reason(&body)));
    }
}

/// The detail of the first check that failed.
fn reason(body: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    ["policies", "storage"]
        .iter()
        .filter_map(|check| answer.get(check)?.get("detail")?.as_str())
        .next()
        .unwrap_or("the policy server is not ready")
        .to_owned()
}

/// The configuration file.
pub(crate) fn config(plan: &Plan, sync: AuditSync) -> String {
    let quoted = |path: PathBuf| toml::Value::String(path.display().to_string());
    let socket = format!("unix:{}", plan.folder.policy_socket().display());
    format!(
        "# Written by `portcullis up` at every start; a changed copy is for `portcullis serve --config`.\n\
         \n\
         [data]\nlisten = {}\n\
         \n\
         [admin]\nlisten = \"127.0.0.1:{}\"\n\
         \n\
         [policies]\ndir = {}\n\
         \n\
         [audit]\ndatabase = {}\nsync = \"{}\"\n\
         \n\
         [redaction]\nkey_file = {}\n",
        toml::Value::String(socket),
        plan.admin_port,
        quoted(plan.policies.clone()),
        quoted(plan.folder.database()),
        sync.word(),
        quoted(plan.folder.redaction_key()),
    )
}

/// The policies of a run that names none: the example's, in the working folder, there to be
/// changed and never written over.
pub(crate) fn starter_policies(folder: &Folder) -> Result<PathBuf, UpError> {
    let path = folder.policies();
    if path.exists() {
        return Ok(path);
    }
    let made = fs::DirBuilder::new().mode(0o700).create(&path);
    made.map_err(|source| FolderError::Io {
        path: path.clone(),
        source,
    })?;
    for (name, text) in STARTER {
        super::folder::write(&path.join(name), text)?;
    }
    Ok(path)
}
