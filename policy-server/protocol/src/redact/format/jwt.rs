//! JSON Web Tokens: three parts, or five when encrypted, the first of which says so.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;

use super::alphabet::NAME;
use super::edge;
use super::part::run;

/// Longest header, in bytes.
const HEADER_BYTES_MAX: usize = 8 * 1024;
/// Shortest signature, in bytes.
const SIGNATURE_BYTES_MIN: usize = 16;

/// The token whose header begins at `at`. It begins where a run of its characters does, so that no
/// run is read twice; that is why its length needs no limit.
pub(super) fn token(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if edge::before(bytes, at).is_some_and(|byte| NAME.has(byte)) {
        return None;
    }
    let rest = bytes.get(at..)?;
    let token = rest.get(..run(rest, NAME, usize::MAX))?;
    let mut parts = token.split(|byte| *byte == b'.');
    let (header, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if header.len() > HEADER_BYTES_MAX {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: BTreeMap<String, IgnoredAny> = serde_json::from_slice(&header).ok()?;
    let is_whole = if header.contains_key("enc") {
        let (content, tag) = (parts.next()?, parts.next()?);
        !content.is_empty() && !tag.is_empty()
    } else {
        let is_named = header.contains_key("alg") || header.contains_key("typ");
        is_named && !second.is_empty() && third.len() >= SIGNATURE_BYTES_MIN
    };
    let behind: usize = parts.map(|part| part.len() + 1).sum();
    is_whole.then_some(at..at + token.len() - behind)
}
