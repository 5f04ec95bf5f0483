//! Which ports to use: the one asked for, the one of the last run, or any that is free.

use std::net::{Ipv4Addr, TcpListener};

use super::UpError;

/// A port on 127.0.0.1 that can be listened on. Another process may take it before Envoy does;
/// Envoy then says so.
pub(crate) fn choose(
    asked: u16,
    before: Option<u16>,
    option: &'static str,
) -> Result<u16, UpError> {
    let at = |port| {
        move |source| UpError::Port {
            port,
            option,
            source,
        }
    };
    if asked != 0 {
        return probe(asked).map_err(at(asked));
    }
    before
        .and_then(|port| probe(port).ok())
        .map_or_else(|| probe(0).map_err(at(0)), Ok)
}

fn probe(port: u16) -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_an_error_only_when_asked_for() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(choose(port, None, "--port").is_err());
        assert_ne!(choose(0, Some(port), "--port").unwrap(), port);
    }
}
