//! The known name that a misspelt one was meant to be.

/// How alike a known name must be to be suggested, of one.
const ALIKE: f64 = 0.7;

/// The known name that is most like this one, if any is.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    known
        .into_iter()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
        .filter(|best| likeness(best) >= ALIKE)
}
