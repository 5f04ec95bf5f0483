//! Characters that people cannot see, or that change how their neighbours look (Unicode 17.0).
//!
//! One table for names, which may not hold them, and for texts that people read, in which they are
//! shown by their numbers. Ranges are whole blocks where some of a block is reserved for such use.
//! Deliberately absent: letters that look like others; those are seen, if not told apart.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Default_Ignorable_Code_Point, Bidi_Control, White_Space but the space, Zl, Zp, Cf, Co, and what
/// is a letter or symbol by its category and has no ink: Hangul fillers and the Braille blank.
/// Sorted. Controls (Cc) and noncharacters come by their own rules.
const HIDDEN: [(char, char); 33] = [
    ('\u{a0}', '\u{a0}'),        // no-break space
    ('\u{ad}', '\u{ad}'),        // soft hyphen
    ('\u{34f}', '\u{34f}'),      // combining grapheme joiner
    ('\u{600}', '\u{605}'),      // Arabic number signs, which enclose what follows
    ('\u{61c}', '\u{61c}'),      // Arabic letter mark
    ('\u{6dd}', '\u{6dd}'),      // Arabic end of ayah
    ('\u{70f}', '\u{70f}'),      // Syriac abbreviation mark
    ('\u{890}', '\u{891}'),      // Arabic currency marks above
    ('\u{8e2}', '\u{8e2}'),      // Arabic disputed end of ayah
    ('\u{115f}', '\u{1160}'),    // Hangul fillers
    ('\u{1680}', '\u{1680}'),    // Ogham space
    ('\u{17b4}', '\u{17b5}'),    // Khmer inherent vowels
    ('\u{180b}', '\u{180f}'),    // Mongolian selectors and separator
    ('\u{2000}', '\u{200f}'),    // spaces, zero widths, marks of direction
    ('\u{2028}', '\u{202f}'),    // separators, embeddings, narrow space
    ('\u{205f}', '\u{206f}'),    // mathematical space, joiners, isolates
    ('\u{2800}', '\u{2800}'),    // Braille blank
    ('\u{3000}', '\u{3000}'),    // ideographic space
    ('\u{3164}', '\u{3164}'),    // Hangul filler
    ('\u{e000}', '\u{f8ff}'),    // private use
    ('\u{fe00}', '\u{fe0f}'),    // variation selectors
    ('\u{feff}', '\u{feff}'),    // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),    // halfwidth Hangul filler
    ('\u{fff0}', '\u{fffb}'),    // reserved ignorables, interlinear annotation
    ('\u{110bd}', '\u{110bd}'),  // Kaithi number sign
    ('\u{110cd}', '\u{110cd}'),  // Kaithi number sign above
    ('\u{13430}', '\u{1343f}'),  // Egyptian hieroglyph format controls
    ('\u{16fe4}', '\u{16fe4}'),  // Khitan filler
    ('\u{1bca0}', '\u{1bca3}'),  // shorthand format controls
    ('\u{1d159}', '\u{1d159}'),  // musical null notehead
    ('\u{1d173}', '\u{1d17a}'),  // musical format controls
    ('\u{e0000}', '\u{e0fff}'),  // tags, more variation selectors
    ('\u{f0000}', '\u{10ffff}'), // private use
];

/// Whether a character cannot be seen for what it is.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let after = HIDDEN.partition_point(|(first, _)| *first <= c);
    let listed = after.checked_sub(1).and_then(|at| HIDDEN.get(at));
    c.is_control() || is_noncharacter(c) || listed.is_some_and(|(_, last)| c <= *last)
}

const fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef)
}

/// Whether a character belongs to the one before it, so that it cannot begin a text: the blocks of
/// combining marks that every script shares.
#[must_use]
pub const fn combines(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}'
        | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// The text as people may read it: hidden characters by their numbers, but for line feeds and tabs.
/// The form is that of JSON (`\u202e`), so that JSON stays the same value.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    let escapes = |c: char| is_hidden(c) && !matches!(c, '\n' | '\t');
    if !text.chars().any(escapes) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if escapes(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        for pair in HIDDEN.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_hidden() {
        let hidden = "\u{0}\u{1b}\u{7f}\u{85}\u{9b}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\
            \u{180b}\u{180e}\u{180f}\u{2000}\u{200b}\u{200d}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\
            \u{202f}\u{2060}\u{2065}\u{2066}\u{2069}\u{206f}\u{2800}\u{3000}\u{3164}\u{e000}\u{fdd0}\
            \u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffe}\u{ffff}\u{1d173}\u{1fffe}\u{e0001}\
            \u{e0020}\u{e0100}\u{e01ef}\u{f0000}\u{10ffff}";
        for c in hidden.chars() {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "aZ09 ~_-./:é\u{301}λж中日本語한글ไทยעברيا€→😀\u{fffd}".chars()
        {
            assert!(!is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn hidden_characters_are_shown_by_their_numbers() {
        let shown_text = shown("a\tb\n\u{1b}]8;;\u{9b}\u{202e}\u{2066}\u{200f}é");
        assert_eq!(shown_text, "a\tb\n\\u001b]8;;\\u009b\\u202e\\u2066\\u200fé");
        assert!(matches!(shown("naïve\n"), Cow::Borrowed(_)));
        let value = serde_json::json!({"a\u{202e}": ["\u{e0041}\u{9b}", 1]});
        let line = value.to_string();
        let read: serde_json::Value = serde_json::from_str(&shown(&line)).unwrap();
        assert!(read == value && shown(&line).is_ascii(), "{line}");
    }
}
