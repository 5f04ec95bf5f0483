//! What a module's text may cost before it is parsed: regorus recurses on the stack, and reads
//! nested brackets in a time that doubles with each.
//!
//! Deliberately absent: the grammar. The scan is coarse, and refuses what no policy needs.

use crate::policies::{Code, Place, Problem};

/// Longest module, in bytes.
pub const MODULE_BYTES_MAX: usize = 256 * 1024;

/// Deepest nesting of brackets.
const NESTING_MAX: usize = 10;

/// Most operators and member accesses in one run without a comma, semicolon or `:=`.
const OPERATORS_MAX: usize = 256;

/// Checks one module's text.
///
/// # Errors
/// It is too long, nested too deeply, or has too long an expression; with the place.
pub(super) fn check(file: &str, text: &str) -> Result<(), Problem> {
    if text.len() > MODULE_BYTES_MAX {
        let problem = Problem::new(Code::Rego, file, "the module is longer than 256 KiB");
        return Err(problem.help("cut it into several files of one package"));
    }
    let mut scan = Scan::default();
    let mut before = ' ';
    for (offset, c) in text.char_indices() {
        scan.step(before, c);
        before = c;
        let what = scan.excess();
        if let Some((message, help)) = what {
            let mut problem = Problem::new(Code::Rego, file, message).help(help);
            problem.place = Some(Place::of(text, offset));
            return Err(problem);
        }
    }
    Ok(())
}

/// Where in the text the scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Code,
    Comment,
    /// A string, and whether the next character is escaped.
    Quoted(Escaped),
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escaped {
    Yes,
    No,
}

/// Operators of the brackets that are open, and of the text outside.
#[derive(Debug, Default)]
struct Scan {
    within: Within,
    outer: Vec<usize>,
    operators: usize,
    /// The last character of the code that is no white space.
    last: char,
}

const OPERATORS: [char; 12] = ['+', '-', '*', '/', '%', '&', '|', '<', '>', '=', '!', '.'];

impl Scan {
    fn step(&mut self, before: char, c: char) {
        self.within = match (self.within, c) {
            (Within::Code, '#') => Within::Comment,
            (Within::Code, '"') => Within::Quoted(Escaped::No),
            (Within::Code, '`') => Within::Raw,
            (Within::Code, _) => {
                self.code(before, c);
                Within::Code
            }
            (Within::Comment, '\n') | (Within::Raw, '`') | (Within::Quoted(Escaped::No), '"') => {
                Within::Code
            }
            (Within::Quoted(Escaped::No), '\\') => Within::Quoted(Escaped::Yes),
            (Within::Quoted(_), _) => Within::Quoted(Escaped::No),
            (within, _) => within,
        };
    }

    fn code(&mut self, before: char, c: char) {
        match c {
            '[' | '{' | '(' => {
                // One bracket behind another is a longer reference, not a new one.
                let inner = if c == '[' { self.operators + 1 } else { 0 };
                self.outer.push(inner.max(self.operators));
                self.operators = 0;
            }
            ']' | '}' | ')' => self.operators = self.outer.pop().unwrap_or_default(),
            ',' | ';' => self.operators = 0,
            '=' if before == ':' => self.operators = 0,
            _ if OPERATORS.contains(&c) => self.operators += 1,
            // A new rule at the margin, unless an operator still waits for its other side.
            _ if before == '\n'
                && self.outer.is_empty()
                && c.is_alphabetic()
                && !OPERATORS.contains(&self.last) =>
            {
                self.operators = 0;
            }
            _ => {}
        }
        if !c.is_whitespace() {
            self.last = c;
        }
    }

    fn excess(&self) -> Option<(&'static str, &'static str)> {
        if self.outer.len() > NESTING_MAX {
            return Some((
                "brackets are nested more than 10 deep",
                "give the inner parts names of their own",
            ));
        }
        (self.operators > OPERATORS_MAX).then_some((
            "more than 256 operators follow each other",
            "cut the expression, and give its parts names of their own",
        ))
    }
}
