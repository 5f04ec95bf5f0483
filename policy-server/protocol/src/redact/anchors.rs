//! Anchors: the few bytes with which a secret, or the word beside one, begins; all of them are
//! looked for in one pass.

/// Whether letters must be as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// They must.
    Exact,
    /// Upper and lower case are one.
    Ignored,
}

/// One anchor: at least three bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor<'a> {
    pub(super) text: &'a str,
    pub(super) case: Case,
}

/// All anchors, ready to be looked for.
#[derive(Debug)]
pub(super) struct Anchors;

impl Anchors {
    pub(super) fn new(anchors: &[Anchor<'_>]) -> Self {
        let _ = anchors;
        Self
    }

    /// Calls `accept` with each place where an anchor stands (its offset, and the anchor's index in
    /// the list that was given to `new`; the longest first at one offset), until it answers with
    /// the offset at which to go on.
    pub(super) fn scan(&self, text: &[u8], accept: impl FnMut(usize, usize) -> Option<usize>) {
        let _ = (text, accept);
    }
}
