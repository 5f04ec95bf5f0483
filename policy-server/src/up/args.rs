//! The command lines of `portcullis up` and `portcullis token`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use portcullis_protocol::names::Name;

use super::upstream::Upstream;

/// Put the gateway in front of MCP servers that already run.
///
/// Starts the policy server and Envoy, prints one URL a server and a token for each user, and
/// keeps both running until Ctrl-C. Everything it needs is in the working folder: configurations,
/// keys, the audit database and the logs. Run it again with the same folder and the URLs and keys
/// stay as they were.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  portcullis up --upstream files=http://127.0.0.1:9000/mcp
  portcullis up --upstream gh=https://mcp.example.com/mcp --policies ./policies \\
                --user ada:developer,admin --user guest")]
pub struct Args {
    /// An MCP server: its name here, and the URL it answers at (Streamable HTTP). May be repeated.
    #[arg(long = "upstream", value_name = "NAME=URL")]
    pub(crate) upstreams: Vec<Upstream>,
    /// The folder with the Cedar policies; without it, a starter set in the working folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
    /// The working folder.
    #[arg(long, value_name = "DIR", default_value = "portcullis-run")]
    pub(crate) dir: PathBuf,
    /// The gateway's port on 127.0.0.1; 0 takes the one of the last run, or any that is free.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// The admin port of the policy server on 127.0.0.1; 0 as above.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) admin_port: u16,
    /// The filter module; by default `portcullis_filter.wasm` beside this program, or where `cargo xtask wasm`
    /// puts it.
    #[arg(long, value_name = "FILE.wasm", env = "PORTCULLIS_FILTER")]
    pub(crate) filter: Option<PathBuf>,
    /// The Envoy to run; by default the one on PATH, or the one that `cargo xtask` has fetched.
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_ENVOY")]
    pub(crate) envoy: Option<PathBuf>,
    /// A user to make a token for, with roles. May be repeated.
    #[arg(long = "user", value_name = "NAME[:ROLE,ROLE]", default_values = ["alice:developer", "bob:viewer"])]
    pub(crate) users: Vec<User>,
    /// How long the tokens live, such as 45m, 12h or 7d.
    #[arg(long, value_name = "TIME", default_value = "12h")]
    pub(crate) token_ttl: Ttl,
    /// Hand the client's own token to this server. May be repeated; by default none gets it.
    #[arg(long = "forward-token", value_name = "NAME")]
    pub(crate) forward_token: Vec<String>,
    /// A file of certificate authorities (PEM) that https upstreams are checked against, in the place of the
    /// system's.
    #[arg(long = "upstream-ca", value_name = "FILE")]
    pub(crate) upstream_ca: Option<PathBuf>,
    /// A web page that may talk to the gateway from a browser, such as http://localhost:6274. May be
    /// repeated; pages of the gateway's own address always may.
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = origin)]
    pub(crate) origins: Vec<String>,
    /// What an audit record survives before the call it is about goes on: `disk` is a loss of
    /// power, `os` only a crash of the policy server.
    #[arg(long, value_name = "disk|os", value_enum, default_value = "disk")]
    pub(crate) audit_sync: AuditSync,
    /// Envoy's worker threads; by default one a processor.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<u16>,
    /// Print the endpoints as one line of JSON instead of the summary.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make another token for a gateway that `portcullis up` runs or ran.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:
  portcullis token --user carol:viewer --agent claude --ttl 1h")]
pub struct TokenArgs {
    /// The working folder of the gateway.
    #[arg(long, value_name = "DIR", default_value = "portcullis-run")]
    pub(crate) dir: PathBuf,
    /// Whom the token is for, with roles.
    #[arg(long, value_name = "NAME[:ROLE,ROLE]")]
    pub(crate) user: User,
    /// How long the token lives, such as 45m, 12h or 7d.
    #[arg(long, value_name = "TIME", default_value = "12h")]
    pub(crate) ttl: Ttl,
    /// The agent that acts for the user.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) agent: Option<Name>,
}

/// What a committed audit record survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AuditSync {
    /// A loss of power.
    Disk,
    /// A crash of the process.
    Os,
}

impl AuditSync {
    /// The word in the server's configuration.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Os => "os",
        }
    }
}

/// `NAME[:ROLE,ROLE]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) roles: Vec<String>,
}

impl FromStr for User {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (user, roles) = text.split_once(':').unwrap_or((text, ""));
        name(user)?;
        let roles: Vec<String> = roles
            .split(',')
            .filter(|role| !role.is_empty())
            .map(|role| name(role).map(|role| role.as_str().to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: user.to_owned(),
            roles,
        })
    }
}

impl User {
    /// The user as it is written on a command line.
    pub(crate) fn spec(&self) -> String {
        match self.roles.as_slice() {
            [] => self.name.clone(),
            roles => format!("{}:{}", self.name, roles.join(",")),
        }
    }
}

/// A scheme, a host and perhaps a port, as browsers write them.
fn origin(text: &str) -> Result<String, String> {
    let uri: http::Uri = text.parse().map_err(|_| origin_is(text))?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.authority() {
        Some(authority) if is_web && text.ends_with(authority.as_str()) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err(origin_is(text)),
    }
}

fn origin_is(text: &str) -> String {
    format!("'{text}' is no origin: write scheme, host and port, such as http://localhost:6274")
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|why| format!("'{text}' cannot be used: {why}"))
}

/// A token's life: a whole number and one of s, m, h, d.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ttl(pub(crate) Duration);

/// Tokens of the quick start are not meant to be kept.
const TTL_SECONDS_MAX: u64 = 365 * 86_400;

impl FromStr for Ttl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let why = || format!("write the time as 45m, 12h or 7d (at most 365d), not '{text}'");
        let unit = text.chars().next_back().ok_or_else(why)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(why()),
        };
        let count: u64 = text.trim_end_matches(unit).parse().map_err(|_| why())?;
        match count.checked_mul(seconds) {
            Some(total @ 1..=TTL_SECONDS_MAX) => Ok(Self(Duration::from_secs(total))),
            _ => Err(why()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_roles_or_none() {
        let ada: User = "ada:dev,admin".parse().unwrap();
        assert_eq!(ada.roles, ["dev", "admin"]);
        assert!("guest".parse::<User>().unwrap().roles.is_empty());
        assert!(":dev".parse::<User>().is_err());
    }

    #[test]
    fn times_have_a_unit() {
        let hour: Ttl = "1h".parse().unwrap();
        assert_eq!(hour.0.as_secs(), 3600);
        for bad in [
            "",
            "h",
            "12",
            "0s",
            "-1h",
            "1y",
            "9999999999999999999d",
            "366d",
        ] {
            assert!(bad.parse::<Ttl>().is_err(), "{bad}");
        }
    }
}
