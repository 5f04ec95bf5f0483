//! What a run leaves for others to read: `endpoints.json` for clients and scripts, `run.json` for
//! the next run and for `portcullis token`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::folder::Folder;
use super::plan::Plan;

/// `endpoints.json`: where to connect, and as whom.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Endpoints {
    pub(crate) mcp: BTreeMap<String, String>,
    pub(crate) admin: String,
    pub(crate) tokens: BTreeMap<String, String>,
}

impl Endpoints {
    pub(crate) fn of(plan: &Plan, tokens: BTreeMap<String, String>) -> Self {
        let mcp = plan
            .servers
            .iter()
            .map(|server| (server.name.to_string(), plan.resource(server)))
            .collect();
        Self {
            mcp,
            admin: plan.admin(),
            tokens,
        }
    }

    pub(crate) fn text(&self) -> String {
        format!("{:#}\n", json!(self))
    }

    pub(crate) fn line(&self) -> String {
        json!(self).to_string()
    }
}

/// `run.json`: what must stay the same for tokens and URLs to stay good.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunState {
    pub(crate) port: u16,
    pub(crate) admin_port: u16,
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
}

impl RunState {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            port: plan.port,
            admin_port: plan.admin_port,
            issuer: plan.base(),
            audiences: plan.servers.iter().map(|s| plan.resource(s)).collect(),
        }
    }

    /// The state of the last run in this folder; nothing when there was none.
    pub(crate) fn read(folder: &Folder) -> Option<Self> {
        let text = std::fs::read_to_string(folder.run_state()).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(crate) fn text(&self) -> String {
        format!("{:#}\n", json!(self))
    }
}
