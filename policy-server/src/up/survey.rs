//! What each MCP server lists and what of it each user sees, asked for through the gateway once it runs,
//! as agents will: why a list is empty is said before anybody wonders.
//!
//! Deliberately absent: any way to change that. The lines to add are the operator's to write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use portcullis_core::lists::{Hidden, hidden};
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_protocol::names::{Caller, Name};

use super::args::{Args, User};
use super::plan::Plan;
use super::state::Endpoints;
use super::upstream::{Transport, Upstream};
use crate::config::Sync;
use crate::fetch::{Era, FetchError, Fetched, Headers, fetch};
use crate::library::read_folder;
use crate::quiet::quiet;
use crate::store::Store;

/// How often a server that lists nothing is asked once more, and how long after.
const TRIES_MORE: usize = 2;
const PAUSE: Duration = Duration::from_secs(2);

/// Most tools that one line names.
const NAMED_MAX: usize = 6;

/// What each user was shown, or why nothing was.
type Shown<'a> = Vec<(&'a User, Result<BTreeSet<Name>, FetchError>)>;

/// What is known of one server.
struct Seen<'a> {
    server: &'a Upstream,
    /// All tools that are known of it.
    tools: BTreeSet<Name>,
    users: Shown<'a>,
    policies: Option<&'a Policies>,
}

/// The lines about all servers.
pub(crate) async fn lines(args: &Args, plan: &Plan, endpoints: &Endpoints) -> Vec<String> {
    let mut shown = Vec::new();
    for server in &plan.servers {
        let mut users = ask(server, args, plan, endpoints).await;
        for _ in 0..TRIES_MORE {
            if users.iter().all(|(_, shown)| shown.is_ok()) {
                break;
            }
            // It may be on its way up, too.
            tokio::time::sleep(PAUSE).await;
            users = ask(server, args, plan, endpoints).await;
        }
        shown.push((server, users));
    }
    let registry = registry(plan).await.unwrap_or_default();
    let sources = read_folder(&plan.policies).ok();
    let policies = sources.and_then(|sources| Policies::load(sources, &registry).ok());
    let each = shown.into_iter().flat_map(|(server, users)| {
        let seen = Seen::of(server, users, &registry, policies.as_ref());
        seen.lines(plan)
    });
    each.map(|line| quiet(&line).into_owned()).collect()
}

/// What each user is shown of a server.
async fn ask<'a>(
    server: &Upstream,
    args: &'a Args,
    plan: &Plan,
    endpoints: &Endpoints,
) -> Shown<'a> {
    let mut users = Vec::new();
    for user in &args.users {
        let address = format!("{}={}", server.name, plan.resource(server)).parse::<Upstream>();
        let token = endpoints.tokens.get(&user.name);
        let (Ok(address), Some(token)) = (address, token) else {
            continue;
        };
        let names = |listed: Fetched| listed.tools.into_iter().map(|(name, _)| name).collect();
        let listed = fetch(&address, Headers::bearer(token), Era::Auto).await;
        users.push((user, listed.map(names)));
    }
    users
}

/// The tools that the policy server knows.
async fn registry(plan: &Plan) -> Option<Registry> {
    let store = Store::new(plan.folder.database(), Sync::Os);
    let mut connection = store.connect_read_only().await.ok()?;
    store.tools(&mut connection).await.ok()
}

impl<'a> Seen<'a> {
    fn of(
        server: &'a Upstream,
        users: Shown<'a>,
        registry: &Registry,
        policies: Option<&'a Policies>,
    ) -> Self {
        let known = registry.server(&server.name);
        let known = known.into_iter().flat_map(BTreeMap::keys);
        let mut tools: BTreeSet<Name> = known.cloned().collect();
        let shown = users.iter().filter_map(|(_, shown)| shown.as_ref().ok());
        tools.extend(shown.flatten().cloned());
        Self {
            server,
            tools,
            users,
            policies,
        }
    }

    fn lines(&self, plan: &Plan) -> Vec<String> {
        let name = &self.server.name;
        let mut errors = self
            .users
            .iter()
            .filter_map(|(_, shown)| shown.as_ref().err());
        if let Some(error) = errors.next() {
            let mut lines = vec![format!("  {name}: no tools: {error}")];
            lines.extend(self.hint(error).map(|hint| format!("    {hint}")));
            return lines;
        }
        let mut lines = vec![format!("  {name}: {}", count(self.tools.len()))];
        let mut quarantined = BTreeMap::new();
        let mut forbidden: BTreeMap<String, BTreeSet<&Name>> = BTreeMap::new();
        let mut unpermitted = BTreeMap::new();
        for (user, shown) in &self.users {
            let seen = shown.as_ref().map_or(0, BTreeSet::len);
            lines.push(format!("    {} sees {}", user.spec(), count(seen)));
            for (tool, why) in self.hidden_from(user, plan) {
                match why {
                    Hidden::Quarantined(why) => _ = quarantined.insert(tool, why),
                    Hidden::Forbidden(ids) => {
                        for id in ids {
                            forbidden.entry(id).or_default().insert(tool);
                        }
                    }
                    Hidden::Unpermitted => {
                        let tools: &mut Vec<&Name> = unpermitted.entry(user.spec()).or_default();
                        tools.push(tool);
                    }
                }
            }
        }
        for (tool, why) in quarantined.iter().take(NAMED_MAX) {
            lines.push(format!(
                "    {tool} is in quarantine, nobody may call it: {why}"
            ));
        }
        for (id, tools) in &forbidden {
            lines.push(format!(
                "    the policy `{id}` forbids {} (a tool without hints counts as destructive); change it, or \
                 except them: unless {{ resource in Mcp::Server::\"{name}\" }}",
                named(tools.iter().copied())
            ));
        }
        lines.extend(self.to_add(&unpermitted, plan));
        lines
    }

    fn hidden_from(&self, user: &User, plan: &Plan) -> Vec<(&Name, Hidden)> {
        let name = |text: &str| Name::parse(text).ok();
        let caller = name(&plan.base())
            .zip(name(&user.name))
            .map(|(issuer, subject)| Caller {
                issuer,
                subject,
                roles: user.roles.iter().filter_map(|role| name(role)).collect(),
                agent: None,
            });
        let found = self
            .policies
            .zip(caller)
            .map(|(policies, caller)| hidden(policies, &self.server.name, &caller, &self.tools));
        found.and_then(Result::ok).unwrap_or_default()
    }

    /// What to write so that tools are permitted.
    fn to_add(&self, unpermitted: &BTreeMap<String, Vec<&Name>>, plan: &Plan) -> Vec<String> {
        let mut lines = Vec::new();
        let server = &self.server.name;
        for (user, tools) in unpermitted {
            let (user, roles) = user.split_once(':').unwrap_or((user, ""));
            let who = match roles.split(',').next().unwrap_or_default() {
                "" => format!("principal in Mcp::User::{user:?}"),
                role => format!("principal in Mcp::Role::{role:?}"),
            };
            let all = tools.iter().copied();
            lines.push(format!(
                "    no policy permits {user} {}; to permit all of {server}, or one tool:",
                named(all)
            ));
            lines.push(format!(
                "      permit ({who}, action in Mcp::Action::\"{server}/*\", resource);"
            ));
            lines.extend(tools.first().map(|tool| {
                format!(
                    "      permit ({who}, action == Mcp::Action::\"{server}/{tool}\", resource);"
                )
            }));
        }
        if !lines.is_empty() {
            let folder = plan.policies.display();
            lines.push(format!("    (in a .cedar file in {folder})"));
        }
        lines
    }

    /// What to look at where nothing is listed.
    fn hint(&self, error: &FetchError) -> Option<String> {
        let text = error.to_string();
        let address = format!(
            "{}://{}{}",
            self.server.scheme(),
            self.server.authority,
            self.server.path
        );
        let hint = if text.contains("Could not reach") {
            match self.server.transport {
                Transport::Plain => {
                    format!("is the server running, and does it answer at {address}?")
                }
                Transport::Tls => format!(
                    "does the server answer at {address}, with a certificate that this machine trusts? \
                     `--upstream-ca FILE` names another authority"
                ),
            }
        } else if ["404", "405"].iter().any(|status| text.contains(status)) {
            format!(
                "is {address} the server's Streamable HTTP endpoint? A server of the old transport (HTTP+SSE, \
                 2024-11-05) answers so too; it needs a bridge such as supergateway or mcp-proxy"
            )
        } else if text.contains("redirects") {
            "the log names the address that it redirects to: give that one to --upstream".to_owned()
        } else if text.contains("asks for credentials") {
            format!(
                "the server wants a token of its own; with `--forward-token {}` it gets the client's",
                self.server.name
            )
        } else {
            return None;
        };
        Some(hint)
    }
}

/// Some names of tools, and how many more there are.
fn named<'n>(tools: impl Iterator<Item = &'n Name>) -> String {
    let tools: Vec<&str> = tools.map(Name::as_str).collect();
    let shown = tools.iter().take(NAMED_MAX).copied().collect::<Vec<_>>();
    match tools.len().saturating_sub(NAMED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn count(tools: usize) -> String {
    match tools {
        0 => "no tools".to_owned(),
        1 => "1 tool".to_owned(),
        some => format!("{some} tools"),
    }
}
