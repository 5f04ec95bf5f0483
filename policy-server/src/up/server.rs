//! The policy server's part: its configuration file, its command line, and the starter policies.

use std::path::PathBuf;

use serde::Serialize;

use super::UpError;
use super::folder::{Folder, FolderError};
use super::plan::Plan;
use super::ready::Probe;

pub(crate) fn command(plan: &Plan) -> Vec<String> {
    let config = plan.folder.server_config().display().to_string();
    vec!["serve".to_owned(), "--config".to_owned(), config]
}

/// The admin listener says whether policies are loaded and the database can be written.
pub(crate) fn probe(plan: &Plan) -> Probe {
    Probe {
        port: plan.admin_port,
        path: "/readyz",
    }
}

#[derive(Serialize)]
struct File {
    listen: String,
}

pub(crate) fn config(plan: &Plan) -> String {
    let file = File {
        listen: plan.folder.policy_socket().display().to_string(),
    };
    toml::to_string(&file).unwrap_or_default()
}

/// Policies to begin with, in the working folder, never written over.
pub(crate) fn starter_policies(folder: &Folder) -> Result<PathBuf, UpError> {
    let path = folder.policies();
    std::fs::create_dir_all(&path).map_err(|source| FolderError::Io {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}
