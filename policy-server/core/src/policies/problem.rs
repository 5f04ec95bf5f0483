//! What is wrong with a policy set, thing by thing: how bad, where, and what to do about it.
//!
//! Deliberately absent: colours and underlines, which are the command line's.

use std::fmt;
use std::ops::Range;

use miette::Diagnostic;
use serde::Serialize;

use super::Code;

/// One thing that is wrong with a policy set, or could be better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Where in the file, when that is known.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of problem it is: a name that stays.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What is to be said at the place itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The id of the policy, when it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The set does not load.
    Error,
    /// It loads, and something in it can hardly be meant. Fails a check unless it is let through.
    Warning,
    /// It could be better. Fails nothing.
    Advice,
}

/// A place in a text, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
    /// The line of the first character behind it, when it is more than a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// The first character behind it in that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
}

impl Place {
    /// A line and a character in it, counted from one.
    #[must_use]
    pub const fn point(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            end_line: None,
            end_column: None,
        }
    }

    /// The place of a byte in a text.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset.min(text.len())).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self::point(before.matches('\n').count() + 1, line.chars().count() + 1)
    }

    /// The place of some bytes in a text; of none, a point.
    #[must_use]
    pub fn span(text: &str, bytes: Range<usize>) -> Self {
        let start = Self::of(text, bytes.start);
        if bytes.is_empty() {
            return start;
        }
        let end = Self::of(text, bytes.end);
        Self {
            end_line: Some(end.line),
            end_column: Some(end.column),
            ..start
        }
    }

    /// The bytes in the text that it was made of.
    #[must_use]
    pub fn bytes(&self, text: &str) -> Range<usize> {
        let start = offset(text, self.line, self.column);
        let end = self.end_line.zip(self.end_column);
        let end = end.map_or(start, |(line, column)| offset(text, line, column));
        start..end.max(start)
    }
}

/// The byte at which a character of a line begins, or else the end of the line.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut begins = 0;
    for (number, of_line) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            let visible = of_line.trim_end_matches('\n');
            let inside = visible.char_indices().nth(column.saturating_sub(1));
            return begins + inside.map_or(visible.len(), |(at, _)| at);
        }
        begins += of_line.len();
    }
    text.len()
}

impl Problem {
    /// A problem somewhere in a file, as bad as its code says.
    #[must_use]
    pub fn new(code: Code, file: &str, message: &str) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            severity: code.severity(),
            code,
            message: message.to_owned(),
            label: None,
            help: None,
            policy: None,
        }
    }

    /// An error of Cedar's, wherever it is.
    pub(crate) fn anywhere(code: Code, file: &str, error: &impl Diagnostic) -> Self {
        Self {
            help: error.help().map(|help| help.to_string()),
            ..Self::new(code, file, &error.to_string())
        }
    }

    /// Whether there is none.
    ///
    /// # Errors
    /// The problems, sorted and each once.
    pub(crate) fn none(mut problems: Vec<Self>) -> Result<(), Vec<Self>> {
        problems.sort();
        problems.dedup();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems),
        }
    }

    /// Adds where it is.
    #[must_use]
    pub const fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }

    /// Adds the policy that it is in.
    #[must_use]
    pub fn policy(mut self, id: &str) -> Self {
        self.policy = Some(id.to_owned());
        self
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}: {}", self.severity, self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_their_bytes() {
        let text = "ä\nlong ünder\n\nlast";
        for (bytes, written) in [
            (0..2, (1, 1, Some((1, 2)))),
            (3..7, (2, 1, Some((2, 5)))),
            (8..15, (2, 6, Some((3, 1)))),
            (16..20, (4, 1, Some((4, 5)))),
            (20..20, (4, 5, None)),
            (3..3, (2, 1, None)),
        ] {
            let place = Place::span(text, bytes.clone());
            let end = place.end_line.zip(place.end_column);
            assert_eq!((place.line, place.column, end), written, "{bytes:?}");
            assert_eq!(place.bytes(text), bytes, "{place:?}");
        }
    }
}
