//! Claims as Envoy holds them: its dynamic metadata, one protobuf message.
//!
//! The whole message is asked for, not the payload in it: on the way to one entry Envoy turns values
//! into bytes without their types, where `{"admin": ""}` is the list `["admin"]` and a number may
//! spell a name. Here strings are strings. Deliberately absent: everything of protobuf that
//! `google.protobuf.Struct` does not need.

use crate::config::Identity;
use crate::exchange::Claims;

/// Where Envoy's `jwt_authn` puts payloads.
const JWT: &[u8] = b"envoy.filters.http.jwt_authn";

/// The first field of `Metadata`, `Struct`, `ListValue`, and of an entry of a map: what it holds.
const FIRST: u64 = 1;
/// The value of a map's entry.
const VALUE: u64 = 2;
/// A `google.protobuf.Value` that is null.
const NULL: u64 = 1;
/// One that is a number.
const NUMBER: u64 = 2;
/// One that is a string.
const STRING: u64 = 3;
/// One that is an object.
const OBJECT: u64 = 5;
/// One that is a list.
const LIST: u64 = 6;

/// Bytes that are no such message, or no such claim.
struct Unfit;

/// The claims that say who asks, out of Envoy's dynamic metadata. `None` without an issuer and a
/// subject that are strings.
#[must_use]
pub fn read(identity: &Identity, metadata: &[u8]) -> Option<Claims> {
    claims(identity, metadata).ok().flatten()
}

fn claims(identity: &Identity, metadata: &[u8]) -> Result<Option<Claims>, Unfit> {
    let Some(filter) = entry(metadata, JWT)? else {
        return Ok(None);
    };
    let Some(payload) = entry(filter, identity.provider_metadata.as_bytes())? else {
        return Ok(None);
    };
    let Kind::Object(payload) = kind(payload)? else {
        return Err(Unfit);
    };
    let claim = |name: &str| entry(payload, name.as_bytes())?.map_or(Ok(Kind::Null), kind);
    let (Kind::String(issuer), Kind::String(subject)) = (claim("iss")?, claim("sub")?) else {
        return Ok(None);
    };
    let roles = match claim(&identity.roles_claim)? {
        Kind::Null => Some(Vec::new()),
        Kind::List(list) => strings(list)?,
        _ => None,
    };
    let agent = match claim(&identity.agent_claim)? {
        Kind::Null => None,
        Kind::String(agent) => Some(agent.to_owned()),
        // No name: refused like any text that is none, never taken for an absent one.
        _ => Some(String::new()),
    };
    let expires_s = match claim("exp")? {
        Kind::Null => None,
        Kind::Number(exp) => Some(seconds(exp)),
        // What cannot be read is over.
        _ => Some(0),
    };
    Ok(Some(Claims {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        roles,
        agent,
        expires_s,
    }))
}

/// A number of seconds; what is none is 0.
const fn seconds(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates, and nothing is made of what is no number"
    )]
    let seconds = number as u64;
    if number.is_finite() { seconds } else { 0 }
}

/// A value of JSON, as far as claims need it.
enum Kind<'a> {
    Null,
    Number(f64),
    String(&'a str),
    Object(&'a [u8]),
    List(&'a [u8]),
    Other,
}

/// What a `google.protobuf.Value` is. It is one thing: a second field would be another reading.
fn kind(value: &[u8]) -> Result<Kind<'_>, Unfit> {
    let mut fields = Fields(value);
    let field = fields.next().ok_or(Unfit)??;
    if fields.next().is_some() {
        return Err(Unfit);
    }
    Ok(match field {
        (NULL, Content::Number) => Kind::Null,
        (NUMBER, Content::Double(number)) => Kind::Number(number),
        (STRING, Content::Bytes(text)) => Kind::String(str::from_utf8(text).map_err(|_| Unfit)?),
        (OBJECT, Content::Bytes(object)) => Kind::Object(object),
        (LIST, Content::Bytes(list)) => Kind::List(list),
        _ => Kind::Other,
    })
}

/// The elements of a list, when all are strings.
fn strings(list: &[u8]) -> Result<Option<Vec<String>>, Unfit> {
    let mut strings = Vec::new();
    for field in Fields(list) {
        let (FIRST, Content::Bytes(element)) = field? else {
            return Err(Unfit);
        };
        match kind(element)? {
            Kind::String(text) => strings.push(text.to_owned()),
            _ => return Ok(None),
        }
    }
    Ok(Some(strings))
}

/// The value of a key in a map, which may have it once.
fn entry<'a>(map: &'a [u8], wanted: &[u8]) -> Result<Option<&'a [u8]>, Unfit> {
    let mut found = None;
    for field in Fields(map) {
        let (FIRST, Content::Bytes(pair)) = field? else {
            continue;
        };
        let (key, value) = pair_of(pair)?;
        if key == wanted && found.replace(value).is_some() {
            return Err(Unfit);
        }
    }
    Ok(found)
}

fn pair_of(pair: &[u8]) -> Result<(&[u8], &[u8]), Unfit> {
    let (mut key, mut value) = (None, None);
    for field in Fields(pair) {
        let before = match field? {
            (FIRST, Content::Bytes(bytes)) => key.replace(bytes),
            (VALUE, Content::Bytes(bytes)) => value.replace(bytes),
            _ => return Err(Unfit),
        };
        if before.is_some() {
            return Err(Unfit);
        }
    }
    Ok((key.unwrap_or_default(), value.unwrap_or_default()))
}

/// What a field of a message holds. Of whole numbers only that they are some.
enum Content<'a> {
    Number,
    Double(f64),
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number. After an error there are no more.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Content<'a>), Unfit> {
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => {
                self.varint()?;
                Content::Number
            }
            1 => {
                let bytes = self.bytes(8)?.try_into().map_err(|_| Unfit)?;
                Content::Double(f64::from_le_bytes(bytes))
            }
            2 => {
                let len = self.varint()?;
                Content::Bytes(self.bytes(len)?)
            }
            5 => {
                self.bytes(4)?;
                Content::Number
            }
            _ => return Err(Unfit),
        };
        Ok((tag >> 3, content))
    }

    fn bytes(&mut self, len: u64) -> Result<&'a [u8], Unfit> {
        let len = usize::try_from(len).map_err(|_| Unfit)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(Unfit)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Seven bits a byte, the lowest first; ten bytes at most.
    fn varint(&mut self) -> Result<u64, Unfit> {
        let mut number = 0_u64;
        for place in 0..10 {
            let (byte, rest) = self.0.split_first().ok_or(Unfit)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unfit)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Content<'a>), Unfit>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests;
