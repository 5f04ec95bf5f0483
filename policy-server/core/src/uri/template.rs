//! Templates of URIs (RFC 6570) as policies read them: by their literal text.
//!
//! What the variables become is not known when a template is named, so that nothing is said about it:
//! whoever reads what a template leads to names a URI, and is judged by that.

use super::reading::{self, Reading};

/// What stands for a variable while the text around it is read.
const VALUE: &str = "x";

const BROKEN: &str = "its braces hold no variables";
const CUT: &str = "its variables are a fragment or parameters, which programs leave out";
const SCHEME: &str = "its scheme is a variable";
const SPELLED: &str = "its text has another form than the usual one";

/// Reads a template, or a URI without variables. The one form keeps the variables as they are.
#[must_use]
pub fn read(template: &str) -> Reading {
    if !template.contains(['{', '}']) {
        return reading::read(template);
    }
    let filled = match filled(template) {
        Ok(filled) => filled,
        Err(why) => return unread(reading::read(""), why),
    };
    let reading = reading::read(&filled);
    match reading.uri.as_deref() {
        Some(form) if form == filled => Reading {
            uri: Some(template.to_owned()),
            ..reading
        },
        Some(_) => unread(reading, SPELLED),
        None => reading,
    }
}

fn unread(reading: Reading, why: &'static str) -> Reading {
    Reading {
        uri: None,
        why: Some(why),
        ..reading
    }
}

fn filled(template: &str) -> Result<String, &'static str> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        if !filled.contains(':') {
            return Err(SCHEME);
        }
        let (expression, more) = after.split_once('}').ok_or(BROKEN)?;
        filled.push_str(&value(expression)?);
        rest = more;
    }
    filled.push_str(rest);
    match filled.contains(['{', '}']) {
        true => Err(BROKEN),
        false => Ok(filled),
    }
}

fn value(expression: &str) -> Result<String, &'static str> {
    let operator = expression.chars().next().unwrap_or_default();
    let names = expression.strip_prefix(['+', '/', '.', '?', '&', '#', ';']);
    let names = names.unwrap_or(expression);
    let known = |b: u8| b.is_ascii_alphanumeric() || b"_.,:*-".contains(&b);
    if names.is_empty() || !names.bytes().all(known) {
        return Err(BROKEN);
    }
    match operator {
        '#' | ';' => Err(CUT),
        '/' | '.' => Ok(format!("{operator}{VALUE}")),
        '?' | '&' => Ok(format!("{operator}{VALUE}={VALUE}")),
        _ => Ok(VALUE.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_its_literal_text() {
        let known = "file:///srv/{path} file:///srv/{+path} greeting://{name} https://h/{a}/b{?q,r} https://h/a?x=1{&y}
            https://h/a{/b*} test://static/{id:3}.json file:///srv/a{.ext} https://{host}/x test://plain/uri";
        for template in known.split_whitespace() {
            assert_eq!(read(template).uri.as_deref(), Some(template), "{template}");
        }
        let unknown = "{scheme}://h/x {+uri} FILE:///srv/{path} file:///srv/../{path} file:///srv/%2e%2e/{path} file:///srv/{
            file:///srv/} file:///srv/{} file:///srv/{a b} file:///srv/{#x} file:///srv/{;x} file:///srv//{path}
            file:///srv/%2{x} file:///srv/{a{b}} note:{x} file:///srv/{p}/..;/x file:///srv/{a/../b}";
        for template in unknown.split_whitespace() {
            let reading = read(template);
            assert!(reading.uri.is_none() && reading.why.is_some(), "{template}");
        }
    }
}
