//! The names that a listener answers to. A web page can lead its own name to any address (DNS
//! rebinding), but `Host` then says that name.
//!
//! A port counts only where the operator names one: forwarded ports differ, and a name is what an
//! attacker would have to choose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest host name, in bytes (RFC 1035).
const NAME_BYTES_MAX: usize = 253;

/// What `Host` says, or what an operator expects it to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    name: Named,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Address(IpAddr),
    Name(String),
}

impl HostName {
    /// Reads `name`, `address` or `[address]`, with or without a port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            Some(_) => return None,
            None if port.is_empty() => None,
            None => return None,
        };
        let name = match text.starts_with('[') {
            true => Named::Address(host.parse::<Ipv6Addr>().ok()?.to_canonical()),
            false => match host.parse::<Ipv4Addr>() {
                Ok(address) => Named::Address(address.into()),
                Err(_) => Named::Name(name(host)?),
            },
        };
        Some(Self { name, port })
    }

    fn is(&self, name: &str) -> bool {
        matches!(&self.name, Named::Name(own) if own == name)
    }

    fn address(&self) -> Option<IpAddr> {
        match &self.name {
            Named::Address(address) => Some(*address),
            Named::Name(_) => None,
        }
    }

    /// Whether a request that says `asked` means this one.
    fn covers(&self, asked: &Self) -> bool {
        self.name == asked.name && (self.port.is_none() || self.port == asked.port)
    }
}

/// A name of labels, in lower case.
fn name(text: &str) -> Option<String> {
    let of_a_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| !label.is_empty() && label.bytes().all(of_a_label);
    let sound = text.len() <= NAME_BYTES_MAX && text.split('.').all(label);
    sound.then(|| text.to_ascii_lowercase())
}

/// The names of one listener.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    /// What goes without saying, beside `localhost` and addresses.
    pub(super) own: &'static [&'static str],
    /// What the operator adds.
    pub(super) named: Vec<HostName>,
}

impl Hosts {
    /// Whether one of them is meant. `local` is the address at which the connection came in.
    pub(super) fn answer_to(&self, asked: &HostName, local: Option<IpAddr>) -> bool {
        let local = local.map(|address| address.to_canonical());
        let is_here = |address: IpAddr| {
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            loopback.contains(&address) || Some(address) == local
        };
        asked.is("localhost")
            || asked.address().is_some_and(is_here)
            || self.own.iter().any(|own| asked.is(own))
            || self.named.iter().any(|named| named.covers(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(named: &[&str]) -> Hosts {
        Hosts {
            own: &["portcullis"],
            named: named
                .iter()
                .map(|one| HostName::parse(one).unwrap())
                .collect(),
        }
    }

    #[test]
    fn a_listener_answers_to_its_own_names() {
        let hosts = hosts(&["Gateway.example.com", "scrape.example:9192", "10.0.0.1"]);
        let local = Some("192.0.2.7".parse().unwrap());
        for good in [
            "localhost",
            "LOCALHOST:9192",
            "localhost:8000",
            "127.0.0.1:9192",
            "[::1]:9192",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]:1",
            "192.0.2.7:9192",
            "[::ffff:192.0.2.7]",
            "portcullis",
            "gateway.EXAMPLE.com:1",
            "scrape.example:9192",
            "10.0.0.1:7",
        ] {
            let asked = HostName::parse(good).unwrap();
            assert!(hosts.answer_to(&asked, local), "{good}");
        }
        for foreign in [
            "evil.example",
            "evil.example:9192",
            "localhost.evil.example",
            "evil.localhost",
            "portcullis.evil.example",
            "127.0.0.1.nip.io",
            "127.0.0.2",
            "0.0.0.0",
            "[::]",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "192.0.2.8",
            "scrape.example",
            "scrape.example:9193",
            "x.gateway.example.com",
            "gateway.example.co",
        ] {
            let asked = HostName::parse(foreign).unwrap();
            assert!(!hosts.answer_to(&asked, local), "{foreign}");
        }
        let asked = HostName::parse("192.0.2.7").unwrap();
        assert!(!hosts.answer_to(&asked, None), "a socket has no address");
    }

    #[test]
    fn what_is_no_host_is_none() {
        for none in [
            "",
            " ",
            ":80",
            "localhost:",
            "localhost:http",
            "localhost:+80",
            "localhost:99999",
            "localhost:80:80",
            "localhost.",
            ".localhost",
            "local..host",
            "user@localhost",
            "localhost/",
            "localhost,evil.example",
            "local host",
            "localhost\t",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[::1%25lo]",
            "[127.0.0.1]",
            "[localhost]",
            "::1",
            "http://localhost",
            "*",
            "l\u{f6}calhost",
            "localhost#",
            "localhost?x",
            "localhost\\",
        ] {
            assert_eq!(HostName::parse(none), None, "{none:?}");
        }
        assert_eq!(HostName::parse(&"a".repeat(254)), None);
    }
}
