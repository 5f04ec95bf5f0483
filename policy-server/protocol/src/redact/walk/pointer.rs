//! The way from the root of a document to a value, and its JSON pointer (RFC 6901).

use std::fmt::Write as _;

use crate::members::folded;
use crate::redact::escapes::Escapes;
use crate::redact::look::Search;

/// Longest pointer that is told, in bytes.
const POINTER_BYTES_MAX: usize = 512;

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'t> {
    /// A member, by its key as written.
    Key(&'t str),
    /// An element.
    Index(usize),
}

/// All steps so far.
#[derive(Debug, Default)]
pub(super) struct Path<'t>(Vec<Step<'t>>);

impl<'t> Path<'t> {
    pub(super) fn push(&mut self, step: Step<'t>) {
        self.0.push(step);
    }

    /// The key of the member that is being looked at.
    pub(super) fn key(&self) -> Option<&'t str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// The pointer, without secrets and not without end.
    pub(super) fn pointer(&self, search: Search<'_>) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            match step {
                Step::Index(index) => {
                    let _ = write!(pointer, "/{index}");
                }
                // It would be cut off anyway, and to clean it for each finding below it costs much.
                Step::Key(key) if key.len() > POINTER_BYTES_MAX => {
                    pointer.push_str("/…");
                    break;
                }
                Step::Key(key) => {
                    let decoded = Escapes::Json.decoded(key);
                    let key = search.clean(decoded.as_deref().unwrap_or(key));
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
            }
            if pointer.len() > POINTER_BYTES_MAX {
                let cut = pointer.floor_char_boundary(POINTER_BYTES_MAX - '…'.len_utf8());
                pointer.truncate(cut);
                pointer.push('…');
                break;
            }
        }
        pointer
    }

    /// Whether the steps behind the first `base` are those of a pattern, in which `*` is any one.
    pub(super) fn is_at(&self, base: usize, pattern: &str) -> bool {
        let steps = self.0.get(base..).unwrap_or_default();
        let mut wanted = pattern.split('/').skip(1);
        steps
            .iter()
            .all(|step| wanted.next().is_some_and(|want| step.fits(want)))
            && wanted.next().is_none()
    }
}

impl Step<'_> {
    fn fits(self, want: &str) -> bool {
        match self {
            _ if want == "*" => true,
            Self::Index(index) => want.parse() == Ok(index),
            Self::Key(key) => {
                let decoded = Escapes::Json.decoded(key);
                let key = decoded.as_deref().unwrap_or(key);
                let want = want.replace("~1", "/").replace("~0", "~");
                // What a reader without regard to case takes for a marked field is one.
                *key == *want || folded(key) == folded(&want)
            }
        }
    }
}
