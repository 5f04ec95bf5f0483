//! Headers that repeat a value of the body (`Mcp-Name`, `Mcp-Param-*`): they follow a body that was
//! changed, and hold no secret that the body does not.

use portcullis_protocol::headers::{mirror, mirrored};
use portcullis_protocol::json::{Json, Kind};

use super::guard::Guard;
use super::handles::{Misplaced, has_handle};

/// What mirrored headers must say now, for those that must change.
///
/// `before` is the body as it came, `after` as it is forwarded. A handle that the body does not
/// account for is misplaced.
pub(super) fn follow(
    headers: &[(String, String)],
    guard: &Guard,
    before: Json<'_>,
    after: Json<'_>,
) -> Result<Vec<(String, String)>, Misplaced> {
    if headers.is_empty() {
        return Ok(Vec::new());
    }
    let is_changed = before.text() != after.text();
    let dirty = |value: &str| guard.cleaned(value).is_some() || has_handle(value);
    let decoded = |(name, value): &(String, String)| Some((name.clone(), mirrored(value)?));
    let headers: Vec<_> = headers.iter().filter_map(decoded).collect();
    if !is_changed && !headers.iter().any(|(_, value)| dirty(value)) {
        return Ok(Vec::new());
    }
    let mut strings = Vec::new();
    pair(before, after, &mut strings);
    let mut set = Vec::new();
    for (name, value) in headers {
        let same = strings.iter().filter(|(before, _)| *before == value);
        // Where one value stands in several places, the one that was changed counts.
        let now = same.max_by_key(|(before, after)| before != after);
        let now = match now {
            Some((_, after)) => after.clone(),
            None if has_handle(&value) => return Err(Misplaced),
            None => guard.cleaned(&value).unwrap_or_else(|| value.clone()),
        };
        if now != value {
            set.push((name, mirror(&now)));
        }
    }
    Ok(set)
}

/// Every string before and after. Redaction changes strings and keys, never the structure.
fn pair(before: Json<'_>, after: Json<'_>, strings: &mut Vec<(String, String)>) {
    match before.kind() {
        Kind::String => {
            let (before, after) = (before.string(), after.string());
            strings.extend(
                before
                    .zip(after)
                    .map(|(b, a)| (b.into_owned(), a.into_owned())),
            );
        }
        Kind::Object => {
            let pairs = before.members().into_iter().zip(after.members());
            pairs.for_each(|((_, before), (_, after))| pair(before, after, strings));
        }
        Kind::Array => {
            let pairs = before.elements().into_iter().zip(after.elements());
            pairs.for_each(|(before, after)| pair(before, after, strings));
        }
        Kind::Number | Kind::Bool | Kind::Null => {}
    }
}
