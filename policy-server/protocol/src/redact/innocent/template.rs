//! Templates and masks: values that stand for a secret without being one. A template or a mask
//! inside a longer value says nothing about the rest of it.

/// How many letters and digits may stand beside a mask or a template.
const VISIBLE_MAX: usize = 8;
/// How many crosses make a mask.
const CROSSES_MIN: usize = 6;
/// What opens and closes a part that is filled in later.
const PARTS: &[(&str, &str)] = &[
    ("[redacted", "]"),
    ("<redacted", ">"),
    ("${", "}"),
    ("{{", "}}"),
    ("$(", ")"),
    ("#{", "}"),
    ("<%", "%>"),
];
/// What encloses the name of a value, as the whole value.
const WRAPS: &[(&str, &str)] = &[("<", ">"), ("[", "]"), ("{", "}"), ("%", "%"), ("__", "__")];

/// `<x>`, `${x}`, `{{ x }}`, `%x%`, `$NAME`, `[redacted:x]`, `:name`, `@name`, `#{x}`, `%s`, `?`.
pub(super) fn is_template(value: &str) -> bool {
    let first = value.bytes().next().unwrap_or(b' ');
    if first.is_ascii_alphanumeric()
        && !value
            .bytes()
            .any(|b| matches!(b, b'{' | b'[' | b'<' | b'(' | b'%'))
    {
        return false;
    }
    is_wrapped(value)
        || is_filled_in(value)
        || value.strip_prefix('$').is_some_and(is_variable_name)
        || value
            .strip_prefix([':', '@', '#', '&'])
            .is_some_and(|name| {
                name.bytes()
                    .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
            })
        || value.contains("%s") && value.len() < 8
        || matches!(
            value,
            "?" | "%s" | "%v" | "%q" | "%d" | "{}" | "\"\"" | "''"
        )
        || value.starts_with("%(")
}

fn is_wrapped(value: &str) -> bool {
    value.len() > 2
        && WRAPS.iter().any(|(open, close)| {
            value
                .strip_prefix(open)
                .and_then(|rest| rest.strip_suffix(close))
                .is_some_and(|inner| open == close && open.len() == 2 || !inner.contains(close))
        })
}

/// Whether nothing but parts that are filled in later stands there, and a few letters. A part that
/// does not close was cut off at the end of the value.
fn is_filled_in(value: &str) -> bool {
    let (mut rest, mut visible, mut parts) = (value, 0_usize, 0_usize);
    loop {
        let first = PARTS
            .iter()
            .filter_map(|(open, close)| Some((rest.find(open)?, open, close)))
            .min_by_key(|(at, ..)| *at);
        let plain = first.map_or(rest, |(at, ..)| rest.get(..at).unwrap_or_default());
        if plain.bytes().any(|b| b.is_ascii_digit() || b >= 0x80) {
            return false;
        }
        visible = visible.saturating_add(plain.bytes().filter(u8::is_ascii_alphabetic).count());
        let Some((at, open, close)) = first else {
            return parts > 0 && visible <= VISIBLE_MAX;
        };
        parts = parts.saturating_add(1);
        let inside = rest
            .get(at.saturating_add(open.len())..)
            .unwrap_or_default();
        rest = inside.split_once(close).map_or("", |(_, rest)| rest);
    }
}

/// What stands behind the dollar of `$NAME`, `$name`, `$env:NAME`, `$1`.
fn is_variable_name(name: &str) -> bool {
    let is_name = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-' | b'>'));
    let is_upper = name
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let is_lower = name
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'>' | b':'));
    is_name && (is_upper || is_lower || name.starts_with("env:"))
        || name.bytes().all(|b| b.is_ascii_digit())
}

/// `****`, `xxxx`, `....`, `••••`, `abcd****`.
pub(super) fn is_mask(value: &str) -> bool {
    let first = value.bytes().next().unwrap_or(b' ');
    let (mut all_cross, mut all_first, mut is_plain) = (true, true, true);
    let (mut last, mut run, mut longest, mut crosses) = (b' ', 0_usize, 0_usize, 0_usize);
    for b in value.bytes() {
        let is_x = matches!(b, b'x' | b'X');
        all_first &= b == first;
        all_cross &= is_x || matches!(b, b'*' | b'-' | b'_' | b'.' | b'0' | b'#' | b'=' | b'~');
        is_plain &= b < 0x80;
        run = if b == last { run.saturating_add(1) } else { 1 };
        last = b;
        if matches!(b, b'*' | b'.') || is_x && run >= CROSSES_MIN {
            longest = longest.max(run);
        }
        crosses = crosses.saturating_add(usize::from(is_x));
    }
    if all_cross || all_first && value.len() >= 4 {
        return true;
    }
    let is_crossed = crosses >= CROSSES_MIN
        && crosses.saturating_mul(10) >= value.chars().count().saturating_mul(6);
    let is_dotted = !is_plain && (value.contains("•••") || value.contains('…'));
    (longest >= 3 || is_crossed || is_dotted) && visible(value) <= VISIBLE_MAX
}

/// How many letters and digits a value shows that no mask is made of.
fn visible(value: &str) -> usize {
    let is_shown = |c: &char| c.is_alphanumeric() && !matches!(c, 'x' | 'X');
    value.chars().filter(is_shown).count()
}
