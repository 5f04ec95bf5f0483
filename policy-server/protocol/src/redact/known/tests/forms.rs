//! Forms in which programs write bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

pub(crate) type Form = fn(&[u8]) -> String;

/// How many forms are also tried inside of each other; those behind them are tried alone.
pub(crate) const NESTED: usize = 47;

/// Those that mean nothing when they are split.
pub(crate) const WHOLE: [&str; 11] = [
    "spaces by name",
    "quoted-printable in lines",
    "colours",
    "character sets",
    "short colours",
    "comments",
    "scripts",
    "tags with attributes",
    "joiners by name",
    "links of a terminal",
    "titles of a terminal",
];

/// Those that split what they are applied to.
pub(crate) const SPLIT: [&str; 15] = [
    "spaces by name",
    "soft hyphens",
    "spaces",
    "lines",
    "zero width",
    "fillers",
    "colours",
    "character sets",
    "short colours",
    "comments",
    "scripts",
    "tags with attributes",
    "joiners by name",
    "links of a terminal",
    "titles of a terminal",
];

/// All of them, by name.
pub(crate) const FORMS: [(&str, Form); 68] = [
    ("plain", text),
    ("upper", |bytes| text(bytes).to_uppercase()),
    ("backwards", |bytes| text(bytes).chars().rev().collect()),
    ("base64", |bytes| STANDARD.encode(bytes)),
    ("base64 unpadded", |bytes| STANDARD_NO_PAD.encode(bytes)),
    ("base64url", |bytes| URL_SAFE.encode(bytes)),
    ("base64url unpadded", |bytes| URL_SAFE_NO_PAD.encode(bytes)),
    ("base64 behind one byte", |bytes| {
        STANDARD.encode([b"\0", bytes].concat())
    }),
    ("base64 behind two bytes", |bytes| {
        STANDARD.encode([b"\xffx", bytes, b"\x89PNG"].concat())
    }),
    ("mime", |bytes| {
        lines(&STANDARD.encode([&[b'-'; 50], bytes].concat()), 76, "\r\n")
    }),
    ("base64 in lines", |bytes| {
        lines(&STANDARD.encode(bytes), 5, "\n")
    }),
    ("hex", |bytes| each(bytes, |byte| format!("{byte:02x}"))),
    ("upper hex", |bytes| {
        each(bytes, |byte| format!("{byte:02X}"))
    }),
    ("hex with colons", |bytes| {
        joined(bytes, ":", |byte| format!("{byte:02x}"))
    }),
    ("hex with spaces", |bytes| {
        joined(bytes, " ", |byte| format!("{byte:02X}"))
    }),
    ("hex bytes", |bytes| {
        joined(bytes, ", ", |byte| format!("0x{byte:02x}"))
    }),
    ("hex behind a digit", |bytes| {
        format!("f{}", each(bytes, |byte| format!("{byte:02x}")))
    }),
    ("x escapes", |bytes| {
        each(bytes, |byte| format!("\\x{byte:02x}"))
    }),
    ("octal", |bytes| each(bytes, |byte| format!("\\{byte:03o}"))),
    ("u escapes", |bytes| {
        units(bytes, |unit| format!("\\u{unit:04x}"))
    }),
    ("u escapes twice", |bytes| {
        units(bytes, |unit| format!("\\\\u{unit:04X}"))
    }),
    ("u braces", |bytes| {
        chars(bytes, |c| format!("\\u{{{:x}}}", u32::from(c)))
    }),
    ("percent u", |bytes| {
        units(bytes, |unit| format!("%u{unit:04X}"))
    }),
    ("percent", |bytes| {
        each(bytes, |byte| format!("%{byte:02X}"))
    }),
    ("percent twice", |bytes| {
        each(bytes, |byte| format!("%25{byte:02x}"))
    }),
    ("percent in part", |bytes| {
        each(bytes, |byte| match byte {
            b'a'..=b'm' | b'A'..=b'M' | b'0'..=b'9' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02x}"),
        })
    }),
    ("html decimal", |bytes| {
        chars(bytes, |c| format!("&#{};", u32::from(c)))
    }),
    ("html hex", |bytes| {
        chars(bytes, |c| format!("&#x{:x};", u32::from(c)))
    }),
    ("html open", |bytes| {
        chars(bytes, |c| format!("&#{} ", u32::from(c)))
    }),
    ("html named", |bytes| {
        let text = text(bytes).replace('&', "&amp;").replace('<', "&lt;");
        text.replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('_', "&lowbar;")
    }),
    ("json", |bytes| serde_json::to_string(&text(bytes)).unwrap()),
    ("json in json", |bytes| {
        let inner = serde_json::json!({"a": [text(bytes)]}).to_string();
        serde_json::to_string(&inner).unwrap()
    }),
    ("quoted-printable", |bytes| {
        each(bytes, |byte| format!("={byte:02X}"))
    }),
    ("quoted-printable in lines", |bytes| {
        lines(&text(bytes).replace('=', "=3D"), 4, "=\r\n")
    }),
    ("base32", |bytes| {
        base32(bytes, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }),
    ("decimal", |bytes| {
        joined(bytes, ", ", |byte| byte.to_string())
    }),
    ("UTF-16 LE in base64", |bytes| {
        let units: Vec<u16> = text(bytes).encode_utf16().collect();
        STANDARD.encode(
            units
                .iter()
                .flat_map(|unit| unit.to_le_bytes())
                .collect::<Vec<u8>>(),
        )
    }),
    ("UTF-16 BE in base64", |bytes| {
        let units: Vec<u16> = text(bytes).encode_utf16().collect();
        STANDARD.encode(
            units
                .iter()
                .flat_map(|unit| unit.to_be_bytes())
                .collect::<Vec<u8>>(),
        )
    }),
    ("zero width", |bytes| lines(&text(bytes), 2, "\u{200b}")),
    ("soft hyphens", |bytes| lines(&text(bytes), 3, "\u{ad}")),
    ("spaces", |bytes| lines(&text(bytes), 1, " ")),
    ("lines", |bytes| lines(&text(bytes), 4, "\r\n")),
    ("colours", |bytes| lines(&text(bytes), 3, "\u{1b}[1;31m")),
    ("base64 in string literals", |bytes| {
        format!("\"{}\"", lines(&STANDARD.encode(bytes), 5, "\" + \""))
    }),
    ("base64 in quoted lines", |bytes| {
        format!("> {}", lines(&STANDARD.encode(bytes), 8, "\n> "))
    }),
    ("base64 with line ends written", |bytes| {
        lines(&STANDARD.encode(bytes), 8, "\\\n")
    }),
    ("base32 in groups", |bytes| {
        lines(&base32(bytes, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 4, "-")
    }),
    ("character sets", |bytes| lines(&text(bytes), 2, "\u{1b}(B")),
    ("short colours", |bytes| lines(&text(bytes), 2, "\u{9b}31m")),
    ("fillers", |bytes| lines(&text(bytes), 2, "\u{3164}")),
    ("tags", |bytes| {
        let tag = |c: char| match c {
            ' '..='~' => char::from_u32(u32::from(c) + 0xe0000).unwrap(),
            c => c,
        };
        format!(
            "see{} below",
            text(bytes).chars().map(tag).collect::<String>()
        )
    }),
    ("hex with tildes", |bytes| {
        joined(bytes, "~", |byte| format!("{byte:02x}"))
    }),
    ("hex with middle dots", |bytes| {
        joined(bytes, "·", |byte| format!("{byte:02x}"))
    }),
    ("hex with suffixes", |bytes| {
        joined(bytes, " ", |byte| format!("{byte:02x}h"))
    }),
    ("octal codes", |bytes| {
        joined(bytes, " ", |byte| format!("0{byte:o}"))
    }),
    ("octal codes with 0o", |bytes| {
        joined(bytes, ", ", |byte| format!("0o{byte:o}"))
    }),
    ("short octal escapes", |bytes| {
        each(bytes, |byte| format!("\\{byte:o}"))
    }),
    ("binary codes", |bytes| {
        joined(bytes, " ", |byte| format!("{byte:08b}"))
    }),
    ("calls", |bytes| {
        joined(bytes, "+", |byte| format!("chr({byte})"))
    }),
    ("codes by place", |bytes| {
        let codes = bytes.iter().enumerate();
        let codes: Vec<String> = codes.map(|(at, byte)| format!("\"{at}\":{byte}")).collect();
        format!("{{{}}}", codes.join(","))
    }),
    ("comments", |bytes| lines(&text(bytes), 2, "<!-- a > b -->")),
    ("scripts", |bytes| {
        lines(&text(bytes), 3, "<script>if (a < b) {}</script>")
    }),
    ("tags with attributes", |bytes| {
        lines(&text(bytes), 3, "<i title=\"a>b\">")
    }),
    ("joiners by name", |bytes| lines(&text(bytes), 1, "&zwnj;")),
    ("spaces by name", |bytes| {
        lines(&text(bytes), 2, "&ZeroWidthSpace;")
    }),
    ("small base32 in groups", |bytes| {
        lines(
            &base32(bytes, b"abcdefghijklmnopqrstuvwxyz234567"),
            4,
            " - ",
        )
    }),
    ("links of a terminal", |bytes| {
        lines(&text(bytes), 4, "\u{1b}]8;;https://x.example\u{1b}\\")
    }),
    ("titles of a terminal", |bytes| {
        lines(&text(bytes), 4, "\u{1b}]0;a title\u{7}")
    }),
];

/// The form of a name.
pub(crate) fn of(name: &str, bytes: &[u8]) -> String {
    let (_, form) = FORMS.iter().find(|(known, _)| *known == name).unwrap();
    form(bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn each(bytes: &[u8], write: impl Fn(u8) -> String) -> String {
    bytes.iter().map(|byte| write(*byte)).collect()
}

fn joined(bytes: &[u8], separator: &str, write: impl Fn(u8) -> String) -> String {
    let written: Vec<String> = bytes.iter().map(|byte| write(*byte)).collect();
    written.join(separator)
}

fn chars(bytes: &[u8], write: impl Fn(char) -> String) -> String {
    text(bytes).chars().map(write).collect()
}

fn units(bytes: &[u8], write: impl Fn(u16) -> String) -> String {
    text(bytes).encode_utf16().map(write).collect()
}

fn lines(text: &str, length: usize, end: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let lines: Vec<String> = chars
        .chunks(length)
        .map(|line| line.iter().collect())
        .collect();
    lines.join(end)
}

fn base32(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let digits = bits.as_bytes().chunks(5).map(|five| {
        let five = format!("{:0<5}", std::str::from_utf8(five).unwrap());
        char::from(alphabet[usize::from_str_radix(&five, 2).unwrap()])
    });
    digits.collect()
}
