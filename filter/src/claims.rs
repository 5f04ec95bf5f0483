//! Claims as Envoy hands them over: a list comes as pairs, serialized with lengths in front.
//!
//! The encoding is proxy-wasm's for maps and lists: a count, then the two lengths of each pair,
//! then each key and value with a zero byte behind (32-bit, little endian). Only lists of plain
//! strings are read.

use crate::config::Identity;
use crate::exchange::Claims;

/// The claims that say who asks; `claim` reads one by its name. `None` without issuer and subject.
pub fn read(identity: &Identity, claim: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Claims> {
    let text = |name: &str| claim(name).and_then(|bytes| String::from_utf8(bytes).ok());
    Some(Claims {
        issuer: text("iss")?,
        subject: text("sub")?,
        roles: match claim(&identity.roles_claim) {
            None => Some(Vec::new()),
            Some(bytes) => string_list(&bytes),
        },
        agent: text(&identity.agent_claim),
    })
}

/// The strings of a serialized list; `None` when the bytes are anything else.
#[must_use]
pub fn string_list(bytes: &[u8]) -> Option<Vec<String>> {
    let (count, mut sizes) = number(bytes)?;
    let mut values = sizes.get(count.checked_mul(8)?..)?;
    let mut list = Vec::new();
    for _ in 0..count {
        let (key_len, rest) = number(sizes)?;
        let (value_len, rest) = number(rest)?;
        sizes = rest;
        let (key, rest) = text(values, key_len)?;
        let (value, rest) = text(rest, value_len)?;
        values = rest;
        // A list's elements stand where a map has its keys; the other half is empty.
        list.push(if value.is_empty() { key } else { return None });
    }
    values.is_empty().then_some(list)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*head)).ok()?, rest))
}

fn text(bytes: &[u8], len: usize) -> Option<(String, &[u8])> {
    let (text, rest) = bytes.split_at_checked(len)?;
    let rest = rest.strip_prefix(&[0])?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serialized(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = (pairs.len() as u32).to_le_bytes().to_vec();
        for (key, value) in pairs {
            bytes.extend((key.len() as u32).to_le_bytes());
            bytes.extend((value.len() as u32).to_le_bytes());
        }
        for (key, value) in pairs {
            bytes.extend(key.bytes().chain([0]).chain(value.bytes()).chain([0]));
        }
        bytes
    }

    #[test]
    fn claims_without_issuer_or_subject_are_none() {
        let identity = Identity {
            provider_metadata: "jwt_payload".to_owned(),
            roles_claim: "roles".to_owned(),
            agent_claim: "agent".to_owned(),
            trusted_agent_peers: vec![],
        };
        let all = |name: &str| match name {
            "iss" | "sub" => Some(b"x".to_vec()),
            "roles" => Some(b"admin".to_vec()),
            _ => None,
        };
        let claims = read(&identity, all).unwrap();
        assert_eq!(claims.roles, None, "a bare string is no list of roles");
        for missing in ["iss", "sub"] {
            assert_eq!(
                read(&identity, |name| all(name).filter(|_| name != missing)),
                None
            );
        }
    }

    #[test]
    fn a_list_of_strings_is_read() {
        let bytes = serialized(&[("developer", ""), ("viewer", "")]);
        assert_eq!(string_list(&bytes).unwrap(), ["developer", "viewer"]);
        assert_eq!(string_list(&serialized(&[])).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn anything_else_is_none() {
        assert_eq!(string_list(&serialized(&[("a", "map")])), None);
        assert_eq!(string_list(b"developer"), None);
        assert_eq!(string_list(b""), None);
        let bytes = serialized(&[("developer", "")]);
        for cut in 0..bytes.len() {
            assert_eq!(string_list(&bytes[..cut]), None, "{cut}");
        }
        let huge = [0xff; 12];
        assert_eq!(string_list(&huge), None);
    }
}
