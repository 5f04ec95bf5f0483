//! Claims as Envoy hands them over: one read, in proxy-wasm's encoding of maps and lists.
//!
//! The encoding is a count, then the two lengths of each pair, then each key and value with a zero
//! byte behind (32-bit, little endian). A list's elements stand where a map has its keys. Only
//! strings and lists of plain strings are read.

use crate::config::Identity;
use crate::exchange::Claims;

/// The claims that say who asks, out of a token's serialized payload. `None` without issuer and
/// subject.
#[must_use]
pub fn read(identity: &Identity, payload: &[u8]) -> Option<Claims> {
    let claims = pairs(payload)?;
    let claim = |name: &str| {
        let found = claims.iter().find(|(key, _)| *key == name.as_bytes());
        found.map(|(_, value)| *value)
    };
    let text = |name: &str| claim(name).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    Some(Claims {
        issuer: text("iss")?,
        subject: text("sub")?,
        roles: match claim(&identity.roles_claim) {
            None => Some(Vec::new()),
            Some(bytes) => string_list(bytes),
        },
        agent: text(&identity.agent_claim),
        expires_s: claim("exp").map(|bytes| seconds(bytes).unwrap_or(0)),
    })
}

/// A number of seconds as the host writes numbers, a double; `None` when it is anything else.
fn seconds(bytes: &[u8]) -> Option<u64> {
    let number = f64::from_le_bytes(bytes.try_into().ok()?);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates, and nothing is made of what is no number"
    )]
    let seconds = number as u64;
    number.is_finite().then_some(seconds)
}

/// The strings of a serialized list; `None` when the bytes are anything else.
#[must_use]
pub fn string_list(bytes: &[u8]) -> Option<Vec<String>> {
    let element = |(key, value): (&[u8], &[u8])| {
        let text = String::from_utf8(key.to_vec()).ok()?;
        value.is_empty().then_some(text)
    };
    pairs(bytes)?.into_iter().map(element).collect()
}

fn pairs(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let (count, mut sizes) = number(bytes)?;
    let mut values = sizes.get(count.checked_mul(8)?..)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let (key_len, rest) = number(sizes)?;
        let (value_len, rest) = number(rest)?;
        sizes = rest;
        let (key, rest) = value(values, key_len)?;
        let (value, rest) = value(rest, value_len)?;
        values = rest;
        pairs.push((key, value));
    }
    values.is_empty().then_some(pairs)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*head)).ok()?, rest))
}

fn value(bytes: &[u8], len: usize) -> Option<(&[u8], &[u8])> {
    let (value, rest) = bytes.split_at_checked(len)?;
    Some((value, rest.strip_prefix(&[0])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serialized<T: AsRef<[u8]>>(pairs: &[(&str, T)]) -> Vec<u8> {
        let mut bytes = (pairs.len() as u32).to_le_bytes().to_vec();
        for (key, value) in pairs {
            bytes.extend((key.len() as u32).to_le_bytes());
            bytes.extend((value.as_ref().len() as u32).to_le_bytes());
        }
        for (key, value) in pairs {
            bytes.extend([key.as_bytes(), &[0], value.as_ref(), &[0]].concat());
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
            clock_skew_s: 60,
        };
        let payload = [("iss", "x"), ("sub", "y"), ("roles", "admin")];
        let claims = read(&identity, &serialized(&payload)).unwrap();
        assert_eq!(
            (claims.issuer.as_str(), claims.subject.as_str()),
            ("x", "y")
        );
        assert_eq!(claims.roles, None, "a bare string is no list of roles");
        for missing in ["iss", "sub"] {
            let rest: Vec<_> = payload
                .into_iter()
                .filter(|(name, _)| *name != missing)
                .collect();
            assert_eq!(read(&identity, &serialized(&rest)), None);
        }
        let roles = serialized(&[("developer", ""), ("viewer", "")]);
        let payload = [
            ("iss", b"x".to_vec()),
            ("sub", b"y".to_vec()),
            ("roles", roles),
        ];
        let claims = read(&identity, &serialized(&payload)).unwrap();
        assert_eq!(claims.roles.unwrap(), ["developer", "viewer"]);
    }

    #[test]
    fn the_end_of_a_token_is_read() {
        let identity = Identity {
            provider_metadata: "jwt_payload".to_owned(),
            roles_claim: "roles".to_owned(),
            agent_claim: "agent".to_owned(),
            trusted_agent_peers: vec![],
            clock_skew_s: 60,
        };
        let end = |exp: &[u8]| {
            let payload = [("iss", b"x".as_slice()), ("sub", b"y"), ("exp", exp)];
            read(&identity, &serialized(&payload)).unwrap().expires_s
        };
        assert_eq!(end(&1_800_000_000_f64.to_le_bytes()), Some(1_800_000_000));
        assert_eq!(end(&(-1_f64).to_le_bytes()), Some(0));
        assert_eq!(end(&1e300_f64.to_le_bytes()), Some(u64::MAX));
        for none in [b"".as_slice(), b"1800000000", &f64::NAN.to_le_bytes()] {
            assert_eq!(end(none), Some(0), "what cannot be read is over");
        }
        let payload = [("iss", "x"), ("sub", "y")];
        let claims = read(&identity, &serialized(&payload)).unwrap();
        assert_eq!(claims.expires_s, None);
    }

    #[test]
    fn a_list_of_strings_is_read() {
        let bytes = serialized(&[("developer", ""), ("viewer", "")]);
        assert_eq!(string_list(&bytes).unwrap(), ["developer", "viewer"]);
        assert_eq!(
            string_list(&serialized::<&str>(&[])).unwrap(),
            Vec::<String>::new()
        );
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
