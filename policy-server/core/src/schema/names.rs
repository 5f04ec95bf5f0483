//! Names as Cedar identifiers, reversibly: two different names never meet in one identifier.
//!
//! A plain name stays as it is. Anything else becomes `_x` + hexadecimal code point + `_`, so
//! `get-issue` is `get_x2d_issue`; a reserved word gets `_x_` behind it. Deliberately absent: names
//! of arguments. Cedar writes them as strings, so `context.input["sort-by"]` needs nothing.

use std::fmt::Write as _;

/// Words that Cedar keeps for itself, or that a type may not be called.
const RESERVED: [&str; 11] = [
    "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar", "Action",
];

/// The identifier of a name.
pub(super) fn identifier(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        let first = written.is_empty();
        let plain = c == '_' || c.is_ascii_alphabetic() || (c.is_ascii_digit() && !first);
        if plain && !(c == '_' && reads_as_escape(rest.as_str())) {
            written.push(c);
        } else {
            let _ = write!(written, "_x{:x}_", u32::from(c));
        }
    }
    if written.is_empty() || RESERVED.contains(&written.as_str()) {
        written.push_str("_x_");
    }
    written
}

/// Whether an underscore before this text could be read as the start of an escape.
fn reads_as_escape(rest: &str) -> bool {
    let mut chars = rest.chars();
    let harmless = |c: char| c.is_ascii_alphabetic() && !('a'..='f').contains(&c);
    chars.next() == Some('x') && chars.next().is_some_and(|c| !harmless(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_others_are_spelt_out() {
        for (name, wanted) in [
            ("create_issue", "create_issue"),
            ("get_xml", "get_xml"),
            ("get-issue", "get_x2d_issue"),
            ("fs.read", "fs_x2e_read"),
            ("fs/read", "fs_x2f_read"),
            ("2fa", "_x32_fa"),
            ("if", "if_x_"),
            ("", "_x_"),
            ("get_x2d_issue", "get_x5f_x2d_issue"),
            ("if_x_", "if_x5f_x_"),
            ("größe", "gr_xf6__xdf_e"),
        ] {
            assert_eq!(identifier(name), wanted);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        fn every_identifier_can_be_read_back(name in "[_xa-f0-9.\\-iAé]{0,12}") {
            let written = identifier(&name);
            proptest::prop_assert!(cedar_policy::EntityTypeName::from_str(&written).is_ok());
            proptest::prop_assert_eq!(read_back(&written), name);
        }
    }

    use std::str::FromStr as _;

    fn read_back(written: &str) -> String {
        let mut name = String::new();
        let mut rest = written;
        while !rest.is_empty() {
            let escape = rest.strip_prefix("_x").and_then(|after| {
                let (digits, after) = after.split_once('_')?;
                let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                digits.chars().all(digit).then_some(())?;
                Some((digits, after))
            });
            if let Some((digits, after)) = escape {
                if !digits.is_empty() {
                    let code = u32::from_str_radix(digits, 16).unwrap();
                    name.push(char::from_u32(code).unwrap());
                }
                rest = after;
            } else {
                let mut chars = rest.chars();
                name.extend(chars.next());
                rest = chars.as_str();
            }
        }
        name
    }
}
