//! Paths and queries in their one form, or why they have none.
//!
//! What every reader takes for the same is written one way: what stands for itself is not encoded,
//! hexadecimal digits are upper case. What readers disagree about has no form. Deliberately absent:
//! removing dot segments. A server that joins texts goes where they lead, others do not.

use std::borrow::Cow;

use unicode_normalization::is_nfkc;

/// Which part of a URI a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// A host, which many servers take for the first folder.
    Host,
    /// A segment of a path.
    Segment,
    /// A query.
    Query,
}

const ENCODED: &str =
    "it encodes a character that stands for itself, or that some programs decode twice";
const NOT_HEX: &str = "a percent sign is not followed by two digits";
const NOT_UTF8: &str = "its escapes are no UTF-8";
const ODD: &str = "it holds a space or another character that a URI does not have";
const LOOKS: &str = "it holds a character that looks like another, or a mark that joins one";
const DOTS: &str = "a segment of its path is dots, or ends in a dot or a space";
const EMPTY: &str = "a segment of its path is empty";
const SLASH: &str = "its path ends in a slash";
const DRIVE: &str = "a colon in its path could name a drive or a stream";
const SEMICOLON: &str = "some programs cut it at the semicolon";
const UP: &str = "its query holds two dots";
const PLUS: &str = "its query holds a plus, which is a space to some programs";

/// What stands in a query as it is, in its one form.
const QUERY_PLAIN: &str = "!$'()*,/:?@";

/// The path in its one form.
pub(super) fn path(scheme: &str, path: &str, web: bool) -> Result<String, &'static str> {
    let Some(inner) = path.strip_prefix('/') else {
        // There is none.
        return Ok(if web { "/" } else { "" }.to_owned());
    };
    let mut form = String::new();
    let mut segments = inner.split('/').peekable();
    while let Some(part) = segments.next() {
        form.push('/');
        let last = segments.peek().is_none();
        match (part.is_empty(), last) {
            (true, true) if web || inner.is_empty() => {}
            // Whoever makes a file's name of it leaves the slash out.
            (true, true) => return Err(SLASH),
            (true, false) => return Err(EMPTY),
            (false, _) => {
                let part = segment(part, Text::Segment)?;
                if part.contains(':') && (scheme == "file" || part.as_bytes().get(1) == Some(&b':'))
                {
                    return Err(DRIVE);
                }
                form.push_str(&part);
            }
        }
    }
    Ok(form)
}

/// The query in its one form, with its question mark.
pub(super) fn query(query: &str) -> Result<String, &'static str> {
    let Some(inner) = query.strip_prefix('?') else {
        return Ok(String::new());
    };
    // What says nothing is no query: programs leave the mark out.
    if inner.is_empty() {
        return Ok(String::new());
    }
    let form = settled(inner, Text::Query)?;
    match (form.contains(".."), form.contains('+')) {
        (true, _) => Err(UP),
        (_, true) => Err(PLUS),
        _ => Ok(format!("?{form}")),
    }
}

/// One segment in its one form.
pub(super) fn segment(text: &str, of: Text) -> Result<String, &'static str> {
    let form = settled(text, of)?;
    match form.ends_with('.') || form.ends_with("%20") {
        true => Err(DOTS),
        false => Ok(form),
    }
}

/// Escapes with their digits in upper case.
pub(super) fn upper_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut form = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        form.push('%');
        form.push_str(&digits.to_ascii_uppercase());
        form.push_str(rest);
    }
    form
}

fn settled(text: &str, of: Text) -> Result<String, &'static str> {
    // Programs that compose letters, or take look-alikes for them, find another text.
    let shown = once(text);
    if !is_nfkc(shown.as_deref().unwrap_or(text)) {
        return Err(LOOKS);
    }
    let mut form = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (run, after) = match c {
            '%' => rest.split_at(escapes(rest)),
            _ => rest.split_at(c.len_utf8()),
        };
        match c {
            '%' => escaped(run, of, &mut form)?,
            _ => written(c, of, &mut form)?,
        }
        rest = after;
    }
    Ok(form)
}

/// How long the escapes are that a text begins with; one byte where they are broken.
fn escapes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let whole = |chunk: &&[u8]| match chunk {
        [b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    };
    let count = bytes.chunks(3).take_while(whole).count();
    count
        .checked_mul(3)
        .filter(|length| *length > 0)
        .unwrap_or(1)
}

/// A run of escapes.
fn escaped(run: &str, of: Text, form: &mut String) -> Result<(), &'static str> {
    let byte = |code: &str| u8::from_str_radix(code, 16).ok();
    let bytes: Option<Vec<u8>> = run.split('%').skip(1).map(byte).collect();
    let bytes = bytes.ok_or(NOT_HEX)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| NOT_UTF8)?;
    for c in text.chars() {
        if c.is_ascii() && !must_be_encoded(c, of) {
            return Err(ENCODED);
        }
        if !c.is_ascii() {
            plain(c)?;
        }
        // To programs that take parameters apart these mean the same encoded and not.
        match of == Text::Query && QUERY_PLAIN.contains(c) {
            true => form.push(c),
            false => encode(c, form),
        }
    }
    Ok(())
}

/// What may stand encoded: nothing that means something by itself, once decoded or twice.
fn must_be_encoded(c: char, of: Text) -> bool {
    match of {
        Text::Query => !(c.is_control() || matches!(c, '%' | '=') || stands_for_itself(c)),
        Text::Host | Text::Segment => {
            matches!(c, ' ' | '"' | '<' | '>' | '[' | ']' | '^' | '`' | '{' | '}')
        }
    }
}

const fn stands_for_itself(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// A character as it stands.
fn written(c: char, of: Text, form: &mut String) -> Result<(), &'static str> {
    let allowed = match c {
        ';' => return Err(SEMICOLON),
        '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | '=' | ':' | '@' => true,
        '/' | '?' => of == Text::Query,
        // Common in names of files, and the same to everybody who takes it at all.
        '[' | ']' => {
            encode(c, form);
            return Ok(());
        }
        c => stands_for_itself(c),
    };
    match (allowed, c.is_ascii()) {
        (true, _) => form.push(c),
        (false, true) => return Err(ODD),
        (false, false) => {
            plain(c)?;
            encode(c, form);
        }
    }
    Ok(())
}

fn encode(c: char, form: &mut String) {
    use std::fmt::Write as _;
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        let _ = write!(form, "%{byte:02X}");
    }
}

/// Whether a character beyond ASCII is one thing to everybody: no space, no mark that composes, no
/// form that Unicode's compatibility makes another character of.
fn plain(c: char) -> Result<(), &'static str> {
    let known = c.is_alphanumeric() && !compatible(c) || is_emoji(c);
    known.then_some(()).ok_or(LOOKS)
}

const fn compatible(c: char) -> bool {
    matches!(c,
        'ª' | '²'..='µ' | '¹'..='¾' | 'ĳ' | 'Ĳ' | 'ŀ' | 'Ŀ' | 'ŉ' | 'ſ' | '\u{1c4}'..='\u{1cc}' | '\u{1f1}'..='\u{1f3}'
        | '\u{2b0}'..='\u{374}' | '\u{1100}'..='\u{11ff}' | '\u{1d00}'..='\u{1dbf}' | '\u{1f71}'..='\u{1f7d}' | '\u{1fbb}'..='\u{1fff}'
        | '\u{2000}'..='\u{2bff}'
        | '\u{3130}'..='\u{318f}' | '\u{3200}'..='\u{33ff}' | '\u{a69c}'..='\u{a69d}'
        | '\u{f900}'..='\u{ffff}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1ee00}'..='\u{1eeff}'
        | '\u{1f100}'..='\u{1f2ff}' | '\u{1fbf0}'..='\u{1fbf9}' | '\u{2f800}'..='\u{2fa1f}')
}

const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1f9ff}')
}

/// Everything decoded as often as anything is encoded; for comparing, never for opening.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    // Each round takes two bytes of three away where anything is left to do.
    for _ in 0..DECODED_TIMES_MAX {
        let Some(next) = once(&text) else {
            break;
        };
        text = Cow::Owned(next);
    }
    text
}

/// Most layers of escapes that are taken off.
pub(super) const DECODED_TIMES_MAX: usize = 8;

/// One layer of escapes taken off; none where there is none.
pub(super) fn once(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(c) = rest.chars().next() {
        let code = rest.strip_prefix('%').and_then(|after| after.get(..2));
        let code = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        let length = match byte {
            Some(byte) => {
                changed = true;
                bytes.push(byte);
                3
            }
            None => {
                let mut one = [0; 4];
                bytes.extend(c.encode_utf8(&mut one).bytes());
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    changed.then(|| String::from_utf8_lossy(&bytes).into_owned())
}
