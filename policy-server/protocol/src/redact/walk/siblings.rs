//! What a string tells of the one beside it: a name of its value, an option of its argument.

use super::raw::string_at;
use super::{Step, Walk};
use crate::limits::FINDINGS_MAX;
use crate::redact::look::Found;
use crate::redact::positions::Place;
use crate::redact::rules::{JWK, KeyRule};

/// Longest string that can be the name of what its sibling holds, in bytes.
const LABEL_BYTES_MAX: usize = 128;
/// Longest option, in bytes.
const OPTION_BYTES_MAX: usize = 64;

/// The last strings that may tell what the next one is: `{"name": "X-Api-Key", "value": "…"}`.
#[derive(Default)]
pub(super) struct Siblings {
    label: Option<KeyRule>,
    value: Option<(usize, usize)>,
    is_jwk: bool,
    private: Vec<Private>,
}

/// A member that is private when its object is a JSON Web Key.
struct Private {
    name: &'static str,
    /// Where its string begins.
    at: usize,
    /// How much had been found before it.
    found: usize,
}

/// The private members of JSON Web Keys (RFC 7518, section 6): exponents and factors of RSA keys,
/// private parts of curve keys, and whole symmetric keys.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
/// Shortest private member, in bytes.
const PRIVATE_BYTES_MIN: usize = 8;

/// Names of headers that hold secrets and are written without a capital too.
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "api-key",
    "private-token",
    "auth-token",
];

/// Whether a text is written as headers are, and not as other words with hyphens: `X-Api-Key`, not
/// `db-password`.
fn is_header(text: &str) -> bool {
    let is_capital = text.starts_with(|first: char| first.is_ascii_uppercase());
    let low = text.to_ascii_lowercase();
    HEADERS.contains(&low.as_str()) || (text.contains('-') && (is_capital || low.starts_with("x-")))
}

impl Walk<'_, '_> {
    /// What an element tells of the next one: `["--password", "…"]`, `["Authorization", "…"]`.
    pub(super) fn option(&self, begin: usize) -> Option<KeyRule> {
        let text = self.text.get(begin..self.at)?;
        let text = text.strip_prefix('"')?.strip_suffix('"')?;
        let is_short = text.len() <= OPTION_BYTES_MAX;
        let name = text
            .strip_prefix("--")
            .or_else(|| is_header(text).then_some(text));
        let name = name.filter(|_| is_short)?;
        self.search.rules.key(name)
    }

    /// Remembers a member that tells what its sibling is, or that is told of.
    pub(super) fn sibling(&self, name: &str, child: Place, siblings: &mut Siblings) {
        if matches!(child, Place::Skipped | Place::Unscanned(_)) {
            return;
        }
        match name {
            "name" | "key" | "header" | "variable" | "env" | "param" | "Name" | "Key"
                if self.peek() == Some(b'"') =>
            {
                let (label, _) = string_at(self.text, self.at);
                if label.text.len() <= LABEL_BYTES_MAX {
                    siblings.label = self.search.rules.key(&label.decoded());
                }
            }
            "value" | "Value" | "val" if self.peek() == Some(b'"') => {
                siblings.value = Some((self.at, self.found.len()));
            }
            "kty" => siblings.is_jwk = true,
            _ if name.len() <= 2 && self.peek() == Some(b'"') => {
                let private = PRIVATE.iter().find(|private| **private == name);
                siblings.private.extend(private.map(|name| Private {
                    name,
                    at: self.at,
                    found: self.found.len(),
                }));
            }
            _ => {}
        }
    }

    /// Takes the private members of a JSON Web Key for secrets.
    pub(super) fn jwk(&mut self, siblings: &Siblings, place: Place) {
        let members = siblings.private.iter().filter(|_| siblings.is_jwk);
        for member in members {
            let (raw, _) = string_at(self.text, member.at);
            let span = raw.at..raw.at + raw.text.len();
            let own = self.found.iter().skip(member.found);
            let mut own = own.take_while(|found| found.span.start < span.end);
            let text = raw.decoded();
            let is_secret = is_key_material(&text)
                && !own.any(|found| found.span == span)
                && !self.search.rules.is_allowed(&text)
                && self.found.len() <= FINDINGS_MAX;
            if is_secret {
                let whole = Found::text(0..text.len(), JWK, &text);
                self.path.push(Step::Key(member.name));
                self.keep(raw, place, vec![whole]);
                self.path.pop();
            }
        }
    }

    /// Looks at the value of a pair whose label calls for a rule.
    pub(super) fn pair(&mut self, siblings: &Siblings, place: Place) {
        let (Some(rule), Some((at, found))) = (siblings.label, siblings.value) else {
            return;
        };
        let (raw, end) = string_at(self.text, at);
        let behind = self.found.iter().skip(found);
        if behind.take(1).any(|found| found.span.start < end) {
            return;
        }
        self.path.push(Step::Key("value"));
        let value = raw.decoded();
        let mut inside = Vec::new();
        self.under_key(rule, &value, &mut inside);
        self.keep(raw, place, inside);
        self.path.pop();
    }
}

fn is_key_material(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte);
    text.len() >= PRIVATE_BYTES_MIN && text.bytes().all(is_base64)
}
