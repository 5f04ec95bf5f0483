//! The door of a listener: who may ask at all. It stands before the routes, and before a body is
//! read.
//!
//! A web page reaches every port of the machine that it is shown on. So what a browser sends for a
//! page is refused: a foreign `Host`, any `Origin`, a media type that needs no permission. On the
//! data listener the filter proves itself besides. Deliberately absent: answers for browsers (CORS).

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE,
};
use hyper::{Method, Request, StatusCode, Uri};
use portcullis_protocol::secret::SECRET_SCHEME;
use portcullis_protocol::wire::AUTHORITY;

use super::Reply;
use super::hosts::{HostName, Hosts};
use super::problem::problem;
use super::seldom::Seldom;
use crate::clock;
use crate::config::{Listening, Proof};
use crate::metrics::Metrics;

/// What browsers say of the page that has a request sent.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What they say where no page has, or one of our own: an address that was typed.
const OWN_SITES: [&str; 2] = ["none", "same-origin"];

/// Longest part of a request that the log quotes, in characters.
const QUOTED_CHARS_MAX: usize = 100;

/// The door of one listener.
#[derive(Debug)]
pub struct Door {
    /// The section of the configuration.
    listener: &'static str,
    hosts: Hosts,
    proof: Proof,
    metrics: Arc<Metrics>,
    told: Seldom<5>,
}

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turned {
    /// `Host` is not there, is there twice, is none, or names somebody else.
    Host(String),
    /// The target names another host than `Host`.
    Target(String),
    /// A web page has it sent.
    Page(String),
    /// It does not prove that it is the filter's.
    Secret(&'static str),
    /// The body is of another type.
    MediaType(String),
}

impl Door {
    /// The door of the data listener.
    #[must_use]
    pub fn of_data(listening: &Listening, proof: &Proof, metrics: Arc<Metrics>) -> Self {
        Self::new("data", &[AUTHORITY], listening, proof.clone(), metrics)
    }

    /// The door of the admin listener, where there is no login.
    #[must_use]
    pub fn of_admin(listening: &Listening, metrics: Arc<Metrics>) -> Self {
        Self::new("admin", &[], listening, Proof::SocketMode, metrics)
    }

    fn new(
        listener: &'static str,
        own: &'static [&'static str],
        listening: &Listening,
        proof: Proof,
        metrics: Arc<Metrics>,
    ) -> Self {
        let named = listening.hosts.clone();
        Self {
            listener,
            hosts: Hosts { own, named },
            proof,
            metrics,
            told: Seldom::default(),
        }
    }

    /// The answer to a request that may not come in. `local` is where its connection came in.
    pub(super) fn turns_away<B>(
        &self,
        request: &Request<B>,
        local: Option<IpAddr>,
    ) -> Option<Reply> {
        let turned = self.judge(request, local).err()?;
        let (listener, reason) = (self.listener, turned.reason());
        self.metrics.turned_away(listener, reason);
        if let Some(kept_back) = self.told.takes(turned.place(), clock::now_us()) {
            let why = turned.detail(listener);
            tracing::warn!(
                listener,
                reason,
                kept_back,
                "a request was turned away: {why}"
            );
        }
        Some(turned.reply(listener))
    }

    fn judge<B>(&self, request: &Request<B>, local: Option<IpAddr>) -> Result<(), Turned> {
        let headers = request.headers();
        let host = self.host(headers, local)?;
        same_target(request.uri(), &host)?;
        no_page(headers)?;
        self.proven(headers)?;
        match *request.method() == Method::POST {
            true => is_json(headers),
            false => Ok(()),
        }
    }

    fn host(&self, headers: &HeaderMap, local: Option<IpAddr>) -> Result<HostName, Turned> {
        let Some(value) = only(headers, &HOST) else {
            let how_often = headers.get_all(HOST).iter().count();
            return Err(Turned::Host(format!("`Host` is there {how_often} times")));
        };
        let text = value.to_str().unwrap_or_default();
        let host = HostName::parse(text);
        host.filter(|host| self.hosts.answer_to(host, local))
            .ok_or_else(|| Turned::Host(format!("`Host` is {}", quoted(value))))
    }

    fn proven(&self, headers: &HeaderMap) -> Result<(), Turned> {
        let Proof::Secret(secrets) = &self.proof else {
            return Ok(());
        };
        if !headers.contains_key(AUTHORIZATION) {
            return Err(Turned::Secret("there is no secret in `Authorization`"));
        }
        let given = only(headers, &AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
        match given.is_some_and(|given| secrets.has(given)) {
            true => Ok(()),
            false => Err(Turned::Secret("`Authorization` holds another secret")),
        }
    }
}

/// The only header of a name.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether the target names no host, or the one that `Host` names.
fn same_target(target: &Uri, host: &HostName) -> Result<(), Turned> {
    let Some(authority) = target.authority() else {
        return Ok(());
    };
    match HostName::parse(authority.as_str()).as_ref() == Some(host) {
        true => Ok(()),
        false => Err(Turned::Target(shortened(authority.as_str()))),
    }
}

fn no_page(headers: &HeaderMap) -> Result<(), Turned> {
    if let Some(origin) = headers.get(ORIGIN) {
        return Err(Turned::Page(format!("`Origin` is {}", quoted(origin))));
    }
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let foreign = sites.find(|site| {
        !OWN_SITES
            .iter()
            .any(|own| site.as_bytes() == own.as_bytes())
    });
    match foreign {
        Some(site) => Err(Turned::Page(format!(
            "`Sec-Fetch-Site` is {}",
            quoted(site)
        ))),
        None => Ok(()),
    }
}

/// A page may send a form or plain text to anybody, and JSON to nobody who does not permit it.
fn is_json(headers: &HeaderMap) -> Result<(), Turned> {
    let value = only(headers, &CONTENT_TYPE);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim_ascii();
    match kind.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Turned::MediaType(shortened(text))),
    }
}

/// What follows the scheme.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(SECRET_SCHEME.len())?;
    let given = rest.strip_prefix(b" ")?.trim_ascii();
    scheme
        .eq_ignore_ascii_case(SECRET_SCHEME.as_bytes())
        .then_some(given)
}

fn quoted(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    format!("{:?}", shortened(&text))
}

fn shortened(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}

impl Turned {
    /// The word in the metric and the log.
    const fn reason(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::Target(_) => "target",
            Self::Page(_) => "origin",
            Self::Secret(_) => "secret",
            Self::MediaType(_) => "media-type",
        }
    }

    /// Where the log counts it.
    const fn place(&self) -> usize {
        match self {
            Self::Host(_) => 0,
            Self::Target(_) => 1,
            Self::Page(_) => 2,
            Self::Secret(_) => 3,
            Self::MediaType(_) => 4,
        }
    }

    fn detail(&self, listener: &str) -> String {
        match self {
            Self::Host(why) => format!(
                "{why}, and must be one name of this listener; a name that it is reached by besides \
                 belongs into `{listener}.hosts`"
            ),
            Self::Target(authority) => {
                format!("the request target names {authority:?}, and `Host` another host")
            }
            Self::Page(why) => format!("{why}: this listener is not for web pages"),
            Self::Secret(why) => format!(
                "{why}; the filter's `policy_server.secret` must be a line of `{listener}.secret_file`"
            ),
            Self::MediaType(kind) => {
                format!("`Content-Type` must be `application/json` once, and is {kind:?}")
            }
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) | Self::Target(_) | Self::Page(_) => StatusCode::FORBIDDEN,
            Self::Secret(_) => StatusCode::UNAUTHORIZED,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    fn reply(&self, listener: &str) -> Reply {
        let mut reply = problem(self.status(), &self.detail(listener));
        if matches!(self, Self::Secret(_)) {
            let scheme = HeaderValue::from_static(SECRET_SCHEME);
            reply.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        reply
    }
}

#[cfg(test)]
mod tests;
