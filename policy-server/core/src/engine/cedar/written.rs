//! A policy as it is written in its file, and where its words stand.

use std::ops::Range;

use miette::Diagnostic;

use crate::policies::{Code, Place, Problem};

/// One policy's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    pub(super) file: &'a str,
    /// The whole file.
    pub(super) text: &'a str,
    /// Where the policy begins in it, annotations and all.
    pub(super) offset: usize,
    /// How long it is, in bytes.
    pub(super) length: usize,
}

impl Written<'_> {
    /// Where some words first stand in it, outside of comments; or else its first line.
    pub(super) fn place(&self, words: &str) -> Place {
        let end = (self.offset + self.length).min(self.text.len());
        let own = self.text.get(self.offset..end).unwrap_or_default();
        let bytes = match uncommented(own).find(words) {
            Some(at) => at..at + words.len(),
            None => 0..own.lines().next().unwrap_or_default().trim_end().len(),
        };
        Place::span(
            self.text,
            self.offset + bytes.start..self.offset + bytes.end,
        )
    }

    /// Its first line.
    pub(super) fn head(&self) -> Place {
        self.place("\0")
    }

    /// A problem of this policy, at its first line.
    pub(super) fn problem(&self, code: Code, message: &str) -> Problem {
        Problem::new(code, self.file, message).at(self.head())
    }

    /// Cedar's error on this policy, with its place.
    pub(super) fn located(&self, code: Code, error: &impl Diagnostic) -> Problem {
        let problem = located(code, self.file, self.text, error);
        match problem.place {
            Some(_) => problem,
            None => problem.at(self.head()),
        }
    }
}

/// Cedar's error on a file, with the place and the label of its first label.
pub(super) fn located(code: Code, file: &str, text: &str, error: &impl Diagnostic) -> Problem {
    let problem = Problem::anywhere(code, file, error);
    let Some(label) = error.labels().and_then(|mut labels| labels.next()) else {
        return problem;
    };
    let bytes: Range<usize> = label.offset()..label.offset() + label.len();
    let said = label.label().map(str::to_owned);
    Problem {
        label: said,
        ..problem.at(Place::span(text, bytes))
    }
}

/// The text with blanks for comments, byte for byte as long.
fn uncommented(text: &str) -> String {
    let mut blank = String::with_capacity(text.len());
    let (mut in_string, mut in_comment, mut escaped) = (false, false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        in_comment = match c {
            '\n' => false,
            '/' => in_comment || (!in_string && rest.peek() == Some(&'/')),
            _ => in_comment,
        };
        if in_comment {
            blank.extend(std::iter::repeat_n(' ', c.len_utf8()));
            continue;
        }
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && c == '\\' && !escaped;
        blank.push(c);
    }
    blank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_outside_of_comments() {
        let text = "permit (principal, action, resource); // ü\n\
                    // A::\"x\"\n@doc(\"a // \\\" b\") // A::\"x\"\nforbid (principal == A::\"x\", action, resource);";
        let offset = text.find("// A").unwrap();
        let written = Written {
            file: "f",
            text,
            offset,
            length: text.len() - offset,
        };
        let found = |words| written.place(words).bytes(text);
        let at = text.rfind("A::").unwrap();
        assert_eq!(found("A::\"x\""), at..at + 6);
        let at = text.find("a // \\").unwrap();
        assert_eq!(found("a // \\"), at..at + 6);
        assert_eq!(found("nothing"), offset..offset + 9);
        assert_eq!(uncommented(text).len(), text.len());
    }
}
