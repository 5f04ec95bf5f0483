//! Strict JSON: what is accepted here means the same to every parser behind us.
//!
//! [`check`] reads a whole document once and refuses whatever parsers disagree about: bytes that
//! are not UTF-8, a byte order mark, two equal keys in one object at any depth, lone surrogates,
//! numbers beyond a double, nesting beyond [`JSON_DEPTH_MAX`]. A [`Json`] is the proof that a text
//! has passed; it is read in place, and its bytes are never written anew.
//!
//! Deliberately absent: a tree of values, numbers as numbers, serialization.

mod check;
mod document;
mod view;

use std::fmt;

use crate::limits::JSON_DEPTH_MAX;

pub use document::Document;
pub use view::{Json, Kind};

/// Why a text was refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte offset at which the document stopped being acceptable.
    pub at: usize,
    /// What is wrong there.
    pub what: Wrong,
}

/// What can be wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The bytes are not UTF-8.
    Encoding,
    /// The text begins with a byte order mark.
    ByteOrderMark,
    /// The text is not JSON (RFC 8259).
    Syntax,
    /// An object holds one key twice, escapes decoded.
    DuplicateKey,
    /// An escape names half of a surrogate pair.
    LoneSurrogate,
    /// A number is too large for a double.
    Number,
    /// Nesting is deeper than [`JSON_DEPTH_MAX`].
    Depth,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Wrong::Encoding => "the text is not UTF-8",
            Wrong::ByteOrderMark => "the text begins with a byte order mark",
            Wrong::Syntax => "the text is not JSON",
            Wrong::DuplicateKey => "an object holds the same key twice",
            Wrong::LoneSurrogate => "an escape names half of a surrogate pair",
            Wrong::Number => "a number is too large for a double",
            Wrong::Depth => {
                return write!(
                    f,
                    "nesting is deeper than {JSON_DEPTH_MAX} at byte {}",
                    self.at
                );
            }
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl std::error::Error for Fault {}

/// Reads a whole document strictly.
///
/// # Errors
/// The first [`Fault`] in it.
pub fn check(bytes: &[u8]) -> Result<Json<'_>, Fault> {
    check::document(bytes).map(Json::checked)
}

/// The raw text of the top-level member `key`, read leniently from a document that may be refused,
/// so that a refusal can still name the request it answers. `None` unless there is exactly one.
#[must_use]
pub fn recover_member<'a>(bytes: &'a [u8], key: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut found = view::members_of(text)
        .filter(|(name, _)| view::decoded(name) == key)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(bytes: &[u8]) -> Option<Wrong> {
        check(bytes).err().map(|fault| fault.what)
    }

    #[test]
    fn sound_documents_pass() {
        for good in [
            r#"{"a":1,"b":[true,false,null,-0.5e-3,"x\u00e9\ud83d\ude00"],"c":{"a":1}}"#,
            " [ ] ",
            "\"\"",
            "0",
            "12345678901234567890",
        ] {
            assert_eq!(wrong(good.as_bytes()), None, "{good}");
        }
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        let deep = "[".repeat(JSON_DEPTH_MAX + 1) + &"]".repeat(JSON_DEPTH_MAX + 1);
        for (bad, what) in [
            (&b"{\"a\":1,\"a\":2}"[..], Wrong::DuplicateKey),
            (br#"{"a":1,"\u0061":2}"#, Wrong::DuplicateKey),
            (br#"{"x":[{"k":1,"k":1}]}"#, Wrong::DuplicateKey),
            (b"\xef\xbb\xbf{}", Wrong::ByteOrderMark),
            (b"{\"a\":\"\xff\"}", Wrong::Encoding),
            (b"\xff\xfe{\0}\0", Wrong::Encoding),
            (br#""\ud800""#, Wrong::LoneSurrogate),
            (br#""\udc00\ud800""#, Wrong::LoneSurrogate),
            (br#""\ud800\u0041""#, Wrong::LoneSurrogate),
            (b"1e400", Wrong::Number),
            (b"NaN", Wrong::Syntax),
            (b"{} {}", Wrong::Syntax),
            (b"{\"a\":1,}", Wrong::Syntax),
            (b"[1,]", Wrong::Syntax),
            (b"01", Wrong::Syntax),
            (b"1.", Wrong::Syntax),
            (b"+1", Wrong::Syntax),
            (b"\"\n\"", Wrong::Syntax),
            (b"\"\\x41\"", Wrong::Syntax),
            (b"\"abc", Wrong::Syntax),
            (b"", Wrong::Syntax),
            (b"{'a':1}", Wrong::Syntax),
            (b"/**/{}", Wrong::Syntax),
            (deep.as_bytes(), Wrong::Depth),
        ] {
            assert_eq!(wrong(bad), Some(what), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn members_are_read_in_place() {
        let json = check(br#" {"a" : "x,}" , "n\u0061me": [1, {"b":2}], "z":{} } "#).unwrap();
        let members = json.members();
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["a", "name", "z"]);
        assert_eq!(json.member("name").unwrap().text(), r#"[1, {"b":2}]"#);
        assert_eq!(json.member("a").unwrap().string().unwrap(), "x,}");
        let list = json.member("name").unwrap().elements();
        assert_eq!(list.len(), 2);
        assert_eq!(list[1].member("b").unwrap().text(), "2");
    }

    #[test]
    fn an_id_is_recovered_from_a_refused_document() {
        let recover = |text: &'static str| recover_member(text.as_bytes(), "id");
        assert_eq!(recover(r#"{"id":7,"params":{"a":1,"a":2}}"#), Some("7"));
        assert_eq!(recover(r#"{"id":"x","params":{"a":"#), Some("\"x\""));
        assert_eq!(recover(r#"{"id":7,"id":8}"#), None);
        assert_eq!(recover(r#"[{"id":7}]"#), None);
        assert_eq!(recover("{"), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            let _ = check(&bytes);
            let _ = recover_member(&bytes, "id");
        }

        #[test]
        fn what_we_accept_serde_reads_alike(text in "[\\[\\]{}:,\"a-c0-9.eE\\\\u+ -]{0,40}") {
            let ours = check(text.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            // We refuse more (duplicate keys), never less.
            proptest::prop_assert!(!ours || theirs, "{}", text);
        }
    }
}
