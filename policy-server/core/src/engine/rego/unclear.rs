//! Things whose URI is opaque, and modules that would read it.
//!
//! What is undefined in Rego fails no rule, so that a `forbid` that reads it would forbid nothing. What
//! modules read is therefore found when they are loaded: if one of them reads what is not known of a
//! URI, the message is denied. Deliberately absent: which rule it would have been.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use portcullis_protocol::wire::Target;
use serde_json::Value;
use serde_json::value::RawValue;

use super::module::Module;
use super::rules::OURS;
use crate::engine::Fault;
use crate::facts::{Facts, Subject};
use crate::schema::{self, ArgumentFault, Mentioned};
use crate::uri::{self, Host, Named, Reading};

/// What agents are told where a policy names the same thing, perhaps, in another way.
const NAMED: &str = "a policy names something that it could be";

/// What the authors' modules read of URIs.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The members of `input.resource`, other than to compare a URI with texts for equality.
    members: BTreeSet<&'static str>,
    /// Whether the address of a page is read, that a server sends people to.
    url: Option<Read>,
    /// The URIs that are named exactly.
    named: Named,
}

/// That something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Read;

const URI: &str = "uri";
const SCHEME: &str = "scheme";
const HOST: &str = "host";

impl Reads {
    pub(super) fn of(modules: &[Module<'_>], rules: &BTreeSet<Vec<String>>) -> Self {
        let mut reads = Self::default();
        let authors = modules.iter().filter(|module| {
            let package = module.package.first();
            package.is_none_or(|root| root != OURS)
        });
        for module in authors {
            let exact = module.rules.iter().flat_map(|rule| &rule.exact);
            exact.for_each(|name| reads.named.add(name));
            let said = module.rules.iter().flat_map(|rule| &rule.references);
            for reference in said.chain(module.aliases.values()) {
                reads.take(&module.resolve(reference, rules).path);
            }
        }
        reads
    }

    fn take(&mut self, path: &[String]) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["input"] => {
                self.members.extend([URI, SCHEME, HOST]);
                self.url = Some(Read);
            }
            ["input", "resource"] => self.members.extend([URI, SCHEME, HOST]),
            ["input", "resource", member, ..] => {
                let known = [URI, SCHEME, HOST]
                    .into_iter()
                    .find(|known| known == member);
                self.members.extend(known);
            }
            ["input", "arguments"] | ["input", "arguments", "url", ..] => self.url = Some(Read),
            _ => {}
        }
    }

    /// Denies what modules would read, and is not known.
    pub(super) fn check(&self, facts: &Facts<'_>, subject: &Subject<'_>) -> Result<(), Fault> {
        if let (Some(Read), Some((written, page))) = (self.url, page(facts)) {
            if let Some(why) = page.why {
                return Err(Fault::Unclear(why));
            }
            if self.named.confuses(&written, &page) {
                return Err(Fault::Unclear(NAMED));
            }
        }
        let Some((written, reading)) = reading(subject.target) else {
            return Ok(());
        };
        if self.named.confuses(written, &reading) {
            return Err(Fault::Unclear(NAMED));
        }
        let unknown = [
            (URI, reading.uri.is_none()),
            (SCHEME, reading.scheme.is_none()),
            (HOST, reading.host == Host::Unclear),
        ];
        let mut unknown = unknown.into_iter().filter(|(_, unknown)| *unknown);
        let read = unknown.any(|(member, _)| self.members.contains(member));
        match reading.why.filter(|_| read) {
            Some(why) => Err(Fault::Unclear(why)),
            None => Ok(()),
        }
    }
}

/// What is known of the URI of a target that has one.
pub(super) fn reading(target: &Target) -> Option<(&str, Reading)> {
    match target {
        Target::Resource(uri) => Some((uri.as_str(), uri::read(uri.as_str()))),
        Target::Template(uri) => Some((uri.as_str(), uri::read_template(uri.as_str()))),
        Target::Server | Target::Tool(_) | Target::Prompt(_) | Target::Task(_) => None,
    }
}

/// The arguments of what is no tool with a definition, as modules see them.
///
/// # Errors
/// Says what of them cannot be read in one way.
pub(crate) fn arguments(
    method: &str,
    text: &str,
    names: &Mentioned,
) -> Result<Value, ArgumentFault> {
    let own = beside_meta(method, text);
    let mut arguments = schema::any_arguments(&own, names)?;
    settle_page(method, &mut arguments);
    Ok(arguments)
}

/// What of a message's parameters is the message's own: `_meta` is the protocol's. A tool's and a prompt's
/// arguments are all their own.
fn beside_meta<'t>(method: &str, text: &'t str) -> Cow<'t, str> {
    if matches!(method, "tools/call" | "prompts/get") {
        return Cow::Borrowed(text);
    }
    let members: Option<BTreeMap<String, &RawValue>> = serde_json::from_str(text).ok();
    let Some(mut members) = members else {
        return Cow::Borrowed(text);
    };
    match members.remove("_meta") {
        Some(_) => serde_json::to_string(&members).map_or(Cow::Borrowed(text), Cow::Owned),
        None => Cow::Borrowed(text),
    }
}

/// Gives the address of a page that a server sends people to its one form, in which policies compare it.
fn settle_page(method: &str, arguments: &mut Value) {
    let url = arguments
        .get_mut("url")
        .filter(|_| method == "elicitation/create");
    if let Some(url) = url
        && let Some(form) = url.as_str().and_then(|url| uri::read(url).uri)
    {
        *url = Value::String(form);
    }
}

/// The page that a server sends people to, as written, and what is known of it.
fn page(facts: &Facts<'_>) -> Option<(String, Reading)> {
    let arguments = facts
        .arguments
        .filter(|_| facts.method == "elicitation/create")?;
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let url = arguments.get("url")?.as_str()?;
    Some((url.to_owned(), uri::read(url)))
}
