//! Placeholders: what stands in a secret's place, and how they are known again.

use std::ops::Range;

use super::{Rules, handle};

/// How every placeholder begins.
const OPENING: &str = "[redacted:";
/// Longest placeholder, in bytes: rule names have at most 40.
const PLACEHOLDER_BYTES_MAX: usize = 64;

/// The placeholder of a rule. It needs no escaping in JSON, at any depth.
pub(super) fn placeholder(rule: &str) -> String {
    [OPENING, rule, "]"].concat()
}

/// The `number`th placeholder of a rule among keys, which must differ within an object.
pub(super) fn numbered(rule: &str, number: usize) -> String {
    if number == 1 {
        placeholder(rule)
    } else {
        format!("{OPENING}{rule}-{number}]")
    }
}

/// All placeholders in a text.
pub(super) fn all(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(OPENING).filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        let mut near = rest.bytes().take(PLACEHOLDER_BYTES_MAX);
        let end = near.position(|byte| byte == b']')?;
        rest.get(..=end)
    })
}

/// Whether a text mentions any placeholder.
pub(super) fn mentions(text: &str) -> bool {
    text.contains(OPENING)
}

/// Whether something has taken a secret's place in a text: a placeholder, or a handle.
pub(super) fn stands_in(text: &str) -> bool {
    mentions(text) || text.contains(handle::PREFIX)
}

/// Whether a part of a text lies in a placeholder.
pub(super) fn holds(text: &str, span: &Range<usize>) -> bool {
    let begin = span.start.saturating_sub(PLACEHOLDER_BYTES_MAX);
    let end = span.start.saturating_add(OPENING.len()).min(text.len());
    let bytes = text.as_bytes().get(begin..end);
    let before = bytes.unwrap_or_default();
    let Some(opening) = memchr::memmem::rfind(before, OPENING.as_bytes()) else {
        return false;
    };
    let opening = begin + opening;
    let inside = text
        .as_bytes()
        .get(opening + OPENING.len()..)
        .unwrap_or_default();
    let name = inside
        .iter()
        .take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || **byte == b'-');
    let close = opening + OPENING.len() + name.count();
    let is_closed = text.as_bytes().get(close) == Some(&b']');
    is_closed && opening <= span.start && span.end <= close + 1
}

/// Where the placeholders of a text stand that name a rule there is: those that we may have put
/// there. What is in them says nothing, and what only looks like one is a text like any other.
pub(super) fn genuine(rules: &Rules, text: &str) -> Vec<Range<usize>> {
    let begin = text.as_ptr() as usize;
    let is_ours = |written: &&str| {
        let name = name_in(written);
        name.is_some_and(|name| rules.named(name).is_some() || is_numbered(rules, name))
    };
    let range = |written: &str| {
        let at = written.as_ptr() as usize - begin;
        at..at + written.len()
    };
    all(text).filter(is_ours).map(range).collect()
}

fn name_in(written: &str) -> Option<&str> {
    written.strip_prefix(OPENING)?.strip_suffix(']')
}

/// The rule that a genuine placeholder names, without the number behind it.
pub(super) fn rule_in<'w>(rules: &Rules, written: &'w str) -> Option<&'w str> {
    let name = name_in(written)?;
    match rules.named(name) {
        Some(_) => Some(name),
        None => name.rsplit_once('-').map(|(rule, _)| rule),
    }
}

/// Whether a part of a text lies in a placeholder that names a rule there is.
pub(super) fn is_genuine(rules: &Rules, text: &str, span: &Range<usize>) -> bool {
    let lies = |range: &Range<usize>| range.start <= span.start && span.end <= range.end;
    holds(text, span) && genuine(rules, text).iter().any(lies)
}

/// Whether a name is that of a rule with a number behind it, as keys have it.
fn is_numbered(rules: &Rules, name: &str) -> bool {
    let Some((rule, number)) = name.rsplit_once('-') else {
        return false;
    };
    let digits = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && rules.named(rule).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_placeholders_are_known() {
        let text = "password=[redacted:password] and more";
        for (part, expected) in [
            ("[redacted:password]", true),
            ("redacted:password", true),
            ("redacted", true),
            ("[redacted:password] and", false),
            ("more", false),
        ] {
            let at = text.find(part).unwrap();
            assert_eq!(holds(text, &(at..at + part.len())), expected, "{part}");
        }
        let open = "[redacted:passw ord]";
        assert!(!holds(open, &(0..10)));
    }
}
