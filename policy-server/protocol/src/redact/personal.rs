//! Personal data: looked for only where the rules file names its class.

use std::ops::Range;

/// A kind of personal data.
#[derive(Debug)]
pub(super) struct Personal {
    /// The rule's name, which placeholders show.
    pub(super) id: &'static str,
    /// The class.
    pub(super) class: &'static str,
}

/// All kinds; an index into this list names one.
pub(super) const PERSONAL: &[Personal] = &[];

/// Calls `found` with each of one kind in a text.
pub(super) fn find(which: usize, text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let _ = (which, text, found);
}
