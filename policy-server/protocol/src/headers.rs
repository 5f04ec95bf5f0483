//! HTTP header values that MCP gives a meaning to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Whether a `content-type` is `application/json`, with no charset or UTF-8.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    is_media_type(content_type, "application/json")
}

/// Whether a `content-type` is `text/event-stream`, with no charset or UTF-8.
#[must_use]
pub fn is_event_stream(content_type: &str) -> bool {
    is_media_type(content_type, "text/event-stream")
}

/// Whether a `content-encoding` is none: empty, or `identity`.
#[must_use]
pub fn is_plain(codings: &str) -> bool {
    let mut codings = codings.split(',').map(str::trim);
    codings.all(|one| one.is_empty() || one.eq_ignore_ascii_case("identity"))
}

fn is_media_type(content_type: &str, wanted: &str) -> bool {
    let mut parts = content_type.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted) && parts.all(is_harmless_parameter)
}

/// A charset other than UTF-8 and its subset would change what the bytes mean to somebody; JSON and
/// event streams give other parameters no meaning (RFC 8259, 11; HTML, server-sent events).
fn is_harmless_parameter(parameter: &str) -> bool {
    let parameter = parameter.trim();
    let Some((name, value)) = parameter.split_once('=') else {
        return parameter.is_empty();
    };
    let value = value.trim().trim_matches('"');
    let mut known = ["utf-8", "utf8", "us-ascii"].into_iter();
    !name.trim().eq_ignore_ascii_case("charset")
        || known.any(|known| value.eq_ignore_ascii_case(known))
}

/// The text that a mirrored header (`Mcp-Name`, `Mcp-Param-*`) stands for: plain, or
/// `=?base64?…?=` (specification 2026-07-28, transports, header encoding).
///
/// `None` when the encoding is broken.
#[must_use]
pub fn mirrored(value: &str) -> Option<String> {
    let Some(encoded) = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="))
    else {
        return Some(value.to_owned());
    };
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// The header value that stands for `text`: plain where that is clear, else `=?base64?…?=`.
#[must_use]
pub fn mirror(text: &str) -> String {
    let visible = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let padded = text.starts_with(' ') || text.ends_with(' ');
    if visible && !padded && !text.is_empty() && !text.starts_with("=?base64?") {
        text.to_owned()
    } else {
        format!("=?base64?{}?=", STANDARD.encode(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/json ; charset=us-ascii; boundary=x",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json+x",
            "application/problem+json",
            "application/json; charset=utf-16",
            "application/json, text/plain",
            "application/json; charset=utf-8; charset=utf-16",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
        assert!(is_event_stream("text/event-stream"));
    }

    #[test]
    fn mirrored_values_are_decoded() {
        assert_eq!(mirrored("plain").as_deref(), Some("plain"));
        assert_eq!(mirrored("=?base64?w6k=?=").as_deref(), Some("é"));
        assert_eq!(mirrored("=?base64?%%?="), None);
        assert_eq!(
            mirrored("=?BASE64?w6k=?=").as_deref(),
            Some("=?BASE64?w6k=?=")
        );
    }

    #[test]
    fn what_is_mirrored_reads_back() {
        for text in [
            "plain",
            "[redacted:x]",
            "é",
            " padded ",
            "=?base64?x?=",
            "",
            "a\nb",
        ] {
            let value = mirror(text);
            assert_eq!(mirrored(&value).as_deref(), Some(text), "{value}");
            assert!(value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        }
        assert_eq!(mirror("plain"), "plain");
    }
}
