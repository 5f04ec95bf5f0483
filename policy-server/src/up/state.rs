//! What a run leaves for others to read: `endpoints.json` for clients and scripts, `run.json` for
//! the next run and for `portcullis token`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::folder::{self, Folder, FolderError};
use super::plan::Plan;
use crate::credential::Credential;

/// `endpoints.json`: where to connect, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) mcp: BTreeMap<String, String>,
    pub(crate) admin: String,
    pub(crate) tokens: BTreeMap<String, Credential>,
}

impl Endpoints {
    pub(crate) fn of(plan: &Plan, tokens: BTreeMap<String, Credential>) -> Self {
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
        format!("{:#}\n", self.json())
    }

    pub(crate) fn line(&self) -> String {
        self.json().to_string()
    }

    /// Tokens are what this file is for: only its owner can read it.
    fn json(&self) -> Value {
        let tokens = self.tokens.iter();
        let tokens: BTreeMap<&String, &str> =
            tokens.map(|(user, token)| (user, token.expose())).collect();
        json!({ "mcp": self.mcp, "admin": self.admin, "tokens": tokens })
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
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>, FolderError> {
        let text = folder::read(&folder.run_state())?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(crate) fn text(&self) -> String {
        format!("{:#}\n", json!(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_in_the_file_and_never_printed() {
        let token = Credential::new("the-token-of-ada".to_owned());
        let endpoints = Endpoints {
            mcp: BTreeMap::new(),
            admin: "http://127.0.0.1:1".to_owned(),
            tokens: BTreeMap::from([("ada".to_owned(), token)]),
        };
        assert!(endpoints.text().contains("\"ada\": \"the-token-of-ada\""));
        assert!(endpoints.line().contains("the-token-of-ada"));
        assert!(!format!("{endpoints:?}").contains("the-token"));
    }
}
