//! What stands around a token in a text, and how the text is written into a message.

use base64::Engine as _;

use crate::fill::{Filled, fill};
use crate::random::Random;
use crate::text::{Writing, percent_encoded, quoted, quoted_as};

/// Texts around a token, which is written `¤`.
pub(crate) const DRESSES: &[(&str, &[&str])] = &[
    ("bare", &["¤"]),
    (
        "prose",
        &[
            "Use ¤ for now, it expires on Friday.",
            "I found ¤ in the history of the repository",
            "Created: ¤ (shown once)",
            "The value is `¤`.",
            "(¤)",
            "see \"¤\".",
        ],
    ),
    (
        "log line",
        &[
            "2026-03-04T10:11:12Z WARN auth rejected ¤ from ‹ip›",
            "[error] 401 for ¤\n[info] retry in 5 s",
            "level=warn msg=\"refused\" value=¤ peer=‹ip›",
        ],
    ),
    (
        "assignment",
        &[
            "TOKEN=¤",
            "export API_TOKEN=\"¤\"",
            "token: ¤\nuser: ‹user›\n",
            "value = '¤'",
            "A=1\nB=¤\nC=3\n",
            "x:¤;",
        ],
    ),
    (
        "code",
        &[
            "client = Client(\"¤\")",
            "const s = '¤';\nrun(s);",
            "os.environ[\"TOKEN\"] = \"¤\"",
            "fetch(url, { headers: { 'x-token': '¤' } })",
        ],
    ),
    (
        "markup",
        &[
            "| name | value |\n| --- | --- |\n| prod | ¤ |\n",
            "<code>¤</code>",
            "<value>¤</value>",
            "* one\n* `¤`\n",
            "[¤]",
        ],
    ),
    ("csv", &["id,owner,value\n1,‹user›,¤\n2,bob,-\n"]),
    (
        "header",
        &[
            "Authorization: Bearer ¤",
            "GET / HTTP/1.1\nAuthorization: token ¤\nAccept: */*",
            "X-Api-Key: ¤\nAccept: */*",
        ],
    ),
    (
        "diff",
        &["--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-KEY=\n+KEY=¤\n"],
    ),
    (
        "url",
        &[
            "https://api.acme.io/v1/items?key=¤&page=2",
            "https://git:¤@git.acme.io/acme/shop.git",
            "https://api.acme.io/hook/¤",
            "see https://api.acme.io/?t=¤ now",
        ],
    ),
];

/// A token in a text.
pub(crate) fn dress(random: &mut Random, token: &Filled, template: &str, is_url: bool) -> Filled {
    let around = fill(random, template).text;
    let (before, behind) = around.split_once('¤').unwrap_or(("", ""));
    let write = |text: &str| match is_url {
        true => percent_encoded(text),
        false => text.to_owned(),
    };
    Filled {
        text: format!("{before}{}{behind}", write(&token.text)),
        parts: token.parts.clone(),
        head: format!("{before}{}", token.head),
        tail: format!("{}{behind}", token.tail),
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    #[default]
    Plain,
    Escaped,
    Mixed,
    /// JSON in text, so many times.
    Json(u8),
    Base64,
    /// Base64 without padding, in the alphabet of URLs.
    Base64Url,
    /// A word of base64 in a text.
    Base64Word,
    JsonInBase64,
    Base64InJson,
}

/// Each with its share of a hundred.
const SHARES: &[(Encoding, usize)] = &[
    (Encoding::Plain, 44),
    (Encoding::Escaped, 9),
    (Encoding::Mixed, 6),
    (Encoding::Json(1), 12),
    (Encoding::Json(2), 6),
    (Encoding::Json(3), 4),
    (Encoding::Base64, 7),
    (Encoding::Base64Url, 2),
    (Encoding::Base64Word, 4),
    (Encoding::JsonInBase64, 3),
    (Encoding::Base64InJson, 3),
];

impl Encoding {
    pub(crate) fn any(random: &mut Random) -> Self {
        let mut left = random.below(100);
        for (encoding, share) in SHARES {
            match left.checked_sub(*share) {
                Some(rest) => left = rest,
                None => return *encoding,
            }
        }
        Self::Plain
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Escaped => "\\uNNNN throughout",
            Self::Mixed => "\\uNNNN here and there",
            Self::Json(1) => "JSON in text",
            Self::Json(2) => "JSON in JSON in text",
            Self::Json(_) => "JSON in JSON in JSON in text",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::Base64Word => "base64 in a sentence",
            Self::JsonInBase64 => "JSON in base64",
            Self::Base64InJson => "base64 in JSON in text",
        }
    }

    /// Whether the text stands in the string itself, so that what is around the secret can be held
    /// against the label.
    pub(crate) const fn is_plain(self) -> bool {
        matches!(self, Self::Plain | Self::Escaped | Self::Mixed)
    }

    /// The string token.
    pub(crate) fn token(self, text: &str) -> String {
        match self {
            Self::Plain => quoted(text),
            Self::Escaped => quoted_as(text, Writing::Escaped),
            Self::Mixed => quoted_as(text, Writing::Mixed),
            Self::Json(levels) => quoted(&(0..levels).fold(text.to_owned(), |text, _| json(&text))),
            Self::Base64 => quoted(&base64(text)),
            Self::Base64Url => quoted(&base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)),
            Self::Base64Word => quoted(&format!("decoded from {} by hand", base64(text))),
            Self::JsonInBase64 => quoted(&base64(&json(text))),
            Self::Base64InJson => quoted(&json(&base64(text))),
        }
    }
}

fn base64(text: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(text)
}

fn json(text: &str) -> String {
    format!(
        r#"{{"status":"ok","output":{},"took_ms":12}}"#,
        quoted(text)
    )
}
