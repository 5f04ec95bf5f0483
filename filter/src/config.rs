//! The filter's configuration: what the operator wrote, and what it means.
//!
//! A text that is not understood completely is refused, and Envoy then refuses the listener: no
//! field has a default that opens a door.

use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::secret::SharedSecret;
use serde::Deserialize;

/// The plugin configuration as written: JSON in `PluginConfig.configuration`.
#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Raw {
    /// How the policy server is asked.
    policy_server: RawPolicyServer,
    /// The MCP servers behind this gateway, at least one.
    servers: Vec<RawServer>,
    /// Every value of `Host` that agents use, with its port. Others are refused.
    hosts: Vec<String>,
    /// Values of `Origin` that may talk to the gateway. A request without one may; others may not.
    #[serde(default)]
    origins: Vec<String>,
    /// Where the caller's verified identity is found.
    identity: RawIdentity,
    /// URL of the protected resource metadata (RFC 9728); a server's path is added to it.
    resource_metadata: String,
    /// Most memory that the messages of one Envoy worker may take in the filter, in MiB: 64 to 1024, and
    /// 256 by default. Beyond it the greediest are refused.
    #[serde(default = "memory_mib")]
    memory_mib: u32,
}

const fn memory_mib() -> u32 {
    256
}

#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawPolicyServer {
    /// Envoy's cluster for the policy server's data listener.
    cluster: String,
    /// How long an answer may take, in milliseconds; then the call is refused.
    timeout_ms: u32,
    /// The secret that the policy server demands on TCP: the first line of its `data.secret_file`.
    /// Not needed over a Unix socket.
    #[serde(default)]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Option<String>"))]
    secret: Option<SharedSecret>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawServer {
    /// The server's name in policies: `[a-z0-9][a-z0-9_-]*`, at most 64 bytes.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    name: ServerName,
    /// The exact path on which agents reach it.
    path: String,
    /// Envoy's cluster for it.
    cluster: String,
    /// The path of its MCP endpoint, for answers that the filter gives in the agent's place.
    upstream_path: String,
    /// The authority that it expects there.
    upstream_authority: String,
    /// Whether it gets the agent's own token. By default the token ends at the gateway.
    #[serde(default)]
    forward_token: bool,
    /// Query parameters that agents may send; they are not judged and travel as they come.
    #[serde(default)]
    query: Vec<String>,
    /// Methods beyond those of MCP that pass without a verdict.
    #[serde(default)]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Vec<String>"))]
    pass_methods: Vec<Name>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawIdentity {
    /// `payload_in_metadata` of Envoy's `jwt_authn` provider.
    provider_metadata: String,
    /// The claim that holds the caller's roles, a list of strings.
    roles_claim: String,
    /// The claim that holds the agent's name.
    agent_claim: String,
    /// Addresses of peers whose `x-agent-name` header counts; from others it is stripped.
    #[serde(default)]
    trusted_agent_peers: Vec<IpAddr>,
    /// How long after its end a token still counts in an exchange that is open, in seconds: `clock_skew_seconds` of Envoy's `jwt_authn` provider.
    #[serde(default = "clock_skew_s")]
    clock_skew_s: u32,
}

/// The configuration, resolved.
#[derive(Debug)]
pub struct Config {
    /// Envoy's name for the policy server.
    pub policy_cluster: String,
    /// How long a verdict may take, in milliseconds; then it is none.
    pub policy_timeout_ms: u32,
    /// What proves to the policy server that a question is ours, over TCP.
    pub policy_secret: Option<SharedSecret>,
    /// The MCP servers, by path.
    pub servers: Vec<Rc<Server>>,
    /// Values of `Host` that are ours, in lower case.
    pub hosts: Vec<String>,
    /// Values of `Origin` that may talk to us, in lower case.
    pub origins: Vec<String>,
    /// Where the caller's identity is found.
    pub identity: Identity,
    /// The protected resource metadata (RFC 9728) that a challenge names; a server's path is added.
    pub resource_metadata: String,
    /// Most bytes that the exchanges of one VM may hold.
    pub memory_bytes: usize,
}

/// One MCP server behind the gateway.
#[derive(Debug)]
pub struct Server {
    /// Its name in policies.
    pub name: ServerName,
    /// The path on which agents reach it.
    pub path: String,
    /// Envoy's name for it.
    pub cluster: String,
    /// The path of the MCP endpoint there.
    pub upstream_path: String,
    /// The authority that it expects.
    pub upstream_authority: String,
    /// What becomes of the agent's token.
    pub token: Token,
    /// Query parameters that agents may send.
    pub query: Vec<String>,
    /// Methods beyond the known ones that pass without a verdict.
    pub pass_methods: Vec<Name>,
}

/// What becomes of the agent's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// It ends at the gateway.
    Stripped,
    /// It travels on, because the operator said so for this server.
    Forwarded,
}

/// What Envoy's `jwt_authn` does without a `clock_skew_seconds`.
const fn clock_skew_s() -> u32 {
    60
}

/// Where the caller's identity is found.
#[derive(Debug)]
pub struct Identity {
    /// `payload_in_metadata` of Envoy's `jwt_authn` provider.
    pub provider_metadata: String,
    /// The claim that holds the roles, a list of strings.
    pub roles_claim: String,
    /// The claim that holds the agent's name.
    pub agent_claim: String,
    /// Peers whose `x-agent-name` header counts.
    pub trusted_agent_peers: Vec<IpAddr>,
    /// How long after its end a token still counts, in seconds.
    pub clock_skew_s: u32,
}

/// Why a configuration was refused.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the filter's configuration is refused: {}", self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The JSON Schema of the plugin configuration.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Raw).to_value()
}

impl Config {
    /// Reads the plugin configuration.
    ///
    /// # Errors
    /// Names the field that is wrong and what it should be.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let raw: Raw =
            serde_json::from_slice(bytes).map_err(|error| ConfigError(error.to_string()))?;
        raw.resolve().map_err(ConfigError)
    }

    /// The server that answers on `path`, query excluded; a slash behind it changes nothing.
    #[must_use]
    pub fn server_at(&self, path: &str) -> Option<&Rc<Server>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.servers.iter().find(|server| server.path == path)
    }
}

impl Raw {
    fn resolve(self) -> Result<Config, String> {
        require(!self.servers.is_empty(), "`servers` is empty")?;
        require(
            !self.hosts.is_empty(),
            "`hosts` is empty: name every Host that agents use",
        )?;
        require(
            self.policy_server.timeout_ms > 0,
            "`policy_server.timeout_ms` must be positive",
        )?;
        require(
            (64..=1024).contains(&self.memory_mib),
            "`memory_mib` must be from 64 to 1024",
        )?;
        for (number, server) in self.servers.iter().enumerate() {
            let name = &server.name;
            let plain = server.path.starts_with('/') && !server.path.contains(['?', '#', '%']);
            require(
                plain,
                &format!("`path` of server `{name}` must be a plain absolute path"),
            )?;
            require(
                !server.path.ends_with('/'),
                &format!(
                    "`path` of server `{name}` must not end with a slash: it is answered with and without one"
                ),
            )?;
            require(
                server.query.is_empty() || !server.upstream_path.contains('?'),
                &format!(
                    "server `{name}` has a query of its own in `upstream_path`: agents cannot add to it, so leave `query` out"
                ),
            )?;
            let earlier = self.servers.iter().take(number);
            let unique = earlier
                .clone()
                .all(|other| other.path != server.path && other.name != *name);
            require(
                unique,
                &format!("name and path of server `{name}` must be its own"),
            )?;
        }
        let lower =
            |texts: Vec<String>| texts.iter().map(|text| text.to_ascii_lowercase()).collect();
        Ok(Config {
            policy_cluster: self.policy_server.cluster,
            policy_timeout_ms: self.policy_server.timeout_ms,
            policy_secret: self.policy_server.secret,
            servers: self
                .servers
                .into_iter()
                .map(|server| Rc::new(server.resolve()))
                .collect(),
            hosts: lower(self.hosts),
            origins: lower(self.origins),
            identity: Identity {
                provider_metadata: self.identity.provider_metadata,
                roles_claim: self.identity.roles_claim,
                agent_claim: self.identity.agent_claim,
                trusted_agent_peers: self.identity.trusted_agent_peers,
                clock_skew_s: self.identity.clock_skew_s,
            },
            resource_metadata: self.resource_metadata,
            memory_bytes: self.memory_mib as usize * 1024 * 1024,
        })
    }
}

impl RawServer {
    fn resolve(self) -> Server {
        Server {
            name: self.name,
            path: self.path,
            cluster: self.cluster,
            upstream_path: self.upstream_path,
            upstream_authority: self.upstream_authority,
            token: if self.forward_token {
                Token::Forwarded
            } else {
                Token::Stripped
            },
            query: self.query,
            pass_methods: self.pass_methods,
        }
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
        "policy_server": {"cluster": "portcullis", "timeout_ms": 2000},
        "servers": [{"name": "demo", "path": "/demo/mcp", "cluster": "mcp-demo",
                     "upstream_path": "/mcp", "upstream_authority": "127.0.0.1:9000"}],
        "hosts": ["Localhost:1"],
        "identity": {"provider_metadata": "jwt_payload", "roles_claim": "roles", "agent_claim": "agent"},
        "resource_metadata": "http://localhost:1/.well-known/oauth-protected-resource"
    }"#;

    #[test]
    fn a_complete_configuration_is_read() {
        let config = Config::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(
            config.server_at("/demo/mcp").unwrap().token,
            Token::Stripped
        );
        assert_eq!(config.hosts, ["localhost:1"]);
        assert!(config.origins.is_empty());
    }

    #[test]
    fn the_shared_secret_is_read_and_never_printed() {
        let with = |secret: &str| {
            let to = format!("\"timeout_ms\": 2000, \"secret\": {secret}");
            Config::parse(GOOD.replacen("\"timeout_ms\": 2000", &to, 1).as_bytes())
        };
        let text = "5ecret-5ecret-5ecret-5ecret-5ecret";
        let config = with(&format!("\"{text}\"")).unwrap();
        let bearer = config.policy_secret.as_ref().unwrap().bearer();
        assert_eq!(bearer, format!("Bearer {text}"));
        assert!(!format!("{config:?} {config:#?}").contains("5ecret"));
        for bad in ["\"5ecret\"", "5534", "{\"5ecret\": 1}", "\"\""] {
            let error = with(bad).unwrap_err().to_string();
            assert!(error.contains("shared secret"), "{error}");
            assert!(
                !error.contains("5ecret") && !error.contains("5534"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (from, to) in [
            ("\"hosts\": [\"Localhost:1\"],", "\"hosts\": [],"),
            ("\"hosts\": [\"Localhost:1\"],", ""),
            ("\"timeout_ms\": 2000", "\"timeout_ms\": 0"),
            (
                "\"timeout_ms\": 2000",
                "\"timeout_ms\": 2000, \"fail_open\": true",
            ),
            (
                "\"hosts\": [\"Localhost:1\"],",
                "\"hosts\": [\"Localhost:1\"], \"memory_mib\": 4096,",
            ),
            ("/demo/mcp", "/demo/mcp?x"),
            ("\"name\": \"demo\"", "\"name\": \"De/mo\""),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert!(Config::parse(text.as_bytes()).is_err(), "{to}");
        }
    }
}
