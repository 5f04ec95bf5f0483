//! What is left of markup without its tags, and of a page as a browser shows it.

/// Elements whose content nobody sees.
const UNSEEN: [&[u8]; 6] = [
    b"script",
    b"style",
    b"template",
    b"title",
    b"noscript",
    b"textarea",
];

/// A text without the tags of its markup, wherever they begin; `None` when there are none.
pub(super) fn untagged(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest) {
        let (plain, tag) = rest.split_at(at);
        out.extend_from_slice(plain);
        let end = memchr::memchr2(b'<', b'>', tag.get(1..).unwrap_or_default());
        let end = end.filter(|end| begins_tag(tag) && tag.get(end + 1) == Some(&b'>'));
        if end.is_none() {
            out.push(b'<');
        }
        rest = tag.get(end.map_or(1, |end| end + 2)..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    (out.len() < text.len()).then_some(out)
}

/// A text as a browser shows it: without comments, without what stands in scripts and the like, and
/// without tags, whose quoted attributes may hold `>` and `<`. `None` when [`untagged`] says the same.
pub(super) fn shown(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest) {
        let (plain, tag) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = match length(tag) {
            Some(length) => tag.get(length..).unwrap_or_default(),
            None => {
                out.push(b'<');
                tag.get(1..).unwrap_or_default()
            }
        };
    }
    out.extend_from_slice(rest);
    let differs = out.len() < text.len() && untagged(text).as_deref() != Some(out.as_slice());
    differs.then_some(out)
}

/// Whether a text that begins with `<` begins with a tag.
fn begins_tag(text: &[u8]) -> bool {
    text.get(1)
        .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
}

/// How long what begins here is, with what nobody sees of it; what does not end goes on to the end.
fn length(tag: &[u8]) -> Option<usize> {
    if !begins_tag(tag) {
        return None;
    }
    if tag.starts_with(b"<!--") {
        return Some(behind(tag, 4, b"-->"));
    }
    let end = end_of_tag(tag);
    let name: Vec<u8> = tag
        .iter()
        .skip(1)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    if !UNSEEN.contains(&name.as_slice()) {
        return Some(end);
    }
    let closing = [b"</".as_slice(), &name].concat();
    let inner = tag.get(end..).unwrap_or_default();
    let close = (0..inner.len()).find(|at| {
        let here = inner.get(*at..at + closing.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(&closing))
    });
    Some(match close {
        Some(at) => {
            let close = inner.get(at..).unwrap_or_default();
            end + at + end_of_tag(close)
        }
        None => end,
    })
}

/// Where a tag ends: behind the first `>` that no quotation marks enclose.
fn end_of_tag(tag: &[u8]) -> usize {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn behind(text: &[u8], from: usize, end: &[u8]) -> usize {
    let inner = text.get(from..).unwrap_or_default();
    let found = memchr::memmem::find(inner, end);
    found.map_or(text.len(), |at| from + at + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_is_shown() {
        for (text, seen) in [
            ("a<b>b</b>c", None),
            ("a<!-- x > y -->b", Some("ab")),
            ("a<i title=\"x>y<z\">b</i>c", Some("abc")),
            ("a<script>if (x<y) {}</SCRIPT >b", Some("ab")),
            ("a<style type='>'>p{}</style>b<br/>c", Some("abc")),
            ("a<!-- never ends", Some("a")),
            ("1 < 2 and 3 > 2", None),
        ] {
            let shown = shown(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(shown.as_deref(), seen, "{text}");
        }
    }
}
