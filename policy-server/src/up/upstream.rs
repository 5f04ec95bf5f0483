//! `NAME=URL`: one MCP server that already exists, as the operator wrote it.
//!
//! Only what can be routed exactly is accepted. A fragment or a password in the URL is refused with a
//! reason; nothing here connects to anything.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use portcullis_protocol::names::ServerName;

/// How the connection to an upstream is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// `http://`
    Plain,
    /// `https://`, with the certificate checked against the system's authorities.
    Tls,
}

/// An MCP server to put behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upstream {
    pub(crate) name: ServerName,
    pub(crate) transport: Transport,
    /// Host name or address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What the upstream expects to read in `host`.
    pub(crate) authority: String,
    /// The path, with the query where there is one.
    pub(crate) path: String,
}

/// Why a text is no upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// There is no `=`.
    #[error("write an upstream as NAME=URL, for example files=http://127.0.0.1:9000/mcp")]
    Shape,
    /// The part before `=` is no server name.
    #[error(
        "'{0}' is no server name: use lower-case letters, digits, '-' and '_', at most 64, beginning with a letter or digit"
    )]
    Name(String),
    /// The part after `=` is no URL that can be routed.
    #[error("cannot use '{url}' as the address of '{name}': {why}")]
    Url {
        /// The server.
        name: String,
        /// The text.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let (name, url) = text.split_once('=').ok_or(UpstreamError::Shape)?;
        let server = ServerName::parse(name).map_err(|_| UpstreamError::Name(name.to_owned()))?;
        located(server, url).map_err(|why| UpstreamError::Url {
            name: name.to_owned(),
            url: without_password(url),
            why,
        })
    }
}

impl Upstream {
    /// The path under which the gateway offers this server.
    pub(crate) fn public_path(&self) -> String {
        format!("/{}/mcp", self.name)
    }

    /// The same as clients write it, who are not all sure of the last slash.
    pub(crate) fn public_paths(&self) -> [String; 2] {
        let path = self.public_path();
        [format!("{path}/"), path]
    }

    pub(crate) fn scheme(&self) -> &'static str {
        match self.transport {
            Transport::Plain => "http",
            Transport::Tls => "https",
        }
    }

    /// The name of its cluster in Envoy.
    pub(crate) fn cluster(&self) -> String {
        format!("mcp-{}", self.name)
    }

    /// The address, when the host is one and not a name to resolve.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

fn located(name: ServerName, url: &str) -> Result<Upstream, &'static str> {
    if url.contains('#') {
        return Err("leave out the part from '#' on");
    }
    let uri: Uri = url.parse().map_err(|_| "it is not a URL")?;
    let (transport, default_port) = match uri.scheme_str() {
        Some("http") => (Transport::Plain, 80),
        Some("https") => (Transport::Tls, 443),
        _ => return Err("it must begin with http:// or https://"),
    };
    let authority = uri.authority().ok_or("it names no host")?;
    if authority.as_str().contains('@') {
        return Err("leave out the user name and password");
    }
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    if host.is_empty() {
        return Err("it names no host");
    }
    Ok(Upstream {
        name,
        transport,
        host,
        port: authority.port_u16().unwrap_or(default_port),
        authority: authority.as_str().to_owned(),
        path: uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
    })
}

/// The URL for an error message: whoever put a password in it does not want to read it in a log.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_url_is_taken_apart() {
        let up: Upstream = "demo=http://127.0.0.1:9000/mcp".parse().unwrap();
        assert_eq!((up.host.as_str(), up.port), ("127.0.0.1", 9000));
        assert_eq!(up.authority, "127.0.0.1:9000");
        assert_eq!((up.path.as_str(), up.transport), ("/mcp", Transport::Plain));
        assert_eq!(up.public_path(), "/demo/mcp");
    }

    #[test]
    fn default_ports_and_brackets() {
        let tls: Upstream = "x=https://mcp.example.com/a/b".parse().unwrap();
        assert_eq!((tls.port, tls.transport), (443, Transport::Tls));
        let six: Upstream = "x=http://[::1]:7/mcp".parse().unwrap();
        assert_eq!((six.host.as_str(), six.port), ("::1", 7));
    }

    #[test]
    fn a_query_belongs_to_the_path() {
        let keyed: Upstream = "x=https://h/mcp?key=v&a=b".parse().unwrap();
        assert_eq!(keyed.path, "/mcp?key=v&a=b");
        let bare: Upstream = "x=https://h".parse().unwrap();
        assert_eq!(bare.path, "/");
    }

    #[test]
    fn what_cannot_be_routed_is_refused() {
        for bad in [
            "demo",
            "De mo=http://h/mcp",
            "d=ftp://h/mcp",
            "d=127.0.0.1:9000/mcp",
            "d=http://h/mcp#x",
            "d=http://me:secret@h/mcp",
        ] {
            let error = bad.parse::<Upstream>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
