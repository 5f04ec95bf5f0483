//! The policy server's part: its configuration file, its command line, and the starter policies.

use std::fs;
use std::path::PathBuf;

use super::UpError;
use super::args::AuditSync;
use super::folder::{Folder, FolderError};
use super::plan::Plan;
use super::ready::Probe;

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

/// Ready means that policies are loaded and the database can be written.
pub(crate) fn probe(plan: &Plan) -> Probe {
    Probe {
        port: plan.admin_port,
        path: "/readyz",
    }
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
         [audit]\ndatabase = {}\nsync = \"{}\"\n",
        toml::Value::String(socket),
        plan.admin_port,
        quoted(plan.policies.clone()),
        quoted(plan.folder.database()),
        sync.word(),
    )
}

/// The policies of a run that names none: the example's, in the working folder, there to be
/// changed and never written over.
pub(crate) fn starter_policies(folder: &Folder) -> Result<PathBuf, UpError> {
    let path = folder.policies();
    if path.exists() {
        return Ok(path);
    }
    fs::create_dir(&path).map_err(|source| FolderError::Io {
        path: path.clone(),
        source,
    })?;
    for (name, text) in STARTER {
        super::folder::write(&path.join(name), text)?;
    }
    Ok(path)
}
