//! Which members of a tool's arguments policies read.
//!
//! Never too little: whoever takes an object as a whole reads all that is in it, and a question
//! whether a member is there counts as reading it, but for what is in it. Deliberately absent: whose
//! policies those are; each engine finds that out.

use std::collections::BTreeMap;

/// What is read of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// All of it.
    Whole,
    /// These members; of none, nothing of it.
    Members(BTreeMap<String, Reads>),
}

impl Default for Reads {
    fn default() -> Self {
        Self::Members(BTreeMap::new())
    }
}

impl Reads {
    /// Whether nothing is read, and nothing asked for.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Members(members) if members.is_empty())
    }

    /// Adds a place, named from the outside to the inside, with all that is in it.
    pub fn add<'n>(&mut self, path: impl IntoIterator<Item = &'n str>) {
        let mut at = self;
        for name in path {
            let Self::Members(members) = at else { return };
            at = members.entry(name.to_owned()).or_default();
        }
        *at = Self::Whole;
    }

    /// Adds the question whether a place is there. Of what is in an object nothing is read by it.
    pub fn ask<'n>(&mut self, path: impl IntoIterator<Item = &'n str>) {
        let mut at = self;
        for name in path {
            let Self::Members(members) = at else { return };
            at = members.entry(name.to_owned()).or_default();
        }
    }

    /// Adds all that others read.
    pub fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Whole, _) => {}
            (_, Self::Whole) => *self = Self::Whole,
            (Self::Members(own), Self::Members(others)) => {
                for (name, reads) in others {
                    own.entry(name.clone()).or_default().join(reads);
                }
            }
        }
    }

    /// Whether all that others read is read here too.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole, _) => true,
            (_, Self::Whole) => false,
            (Self::Members(own), Self::Members(others)) => others.iter().all(|(name, reads)| {
                let known = own.get(name);
                known.is_some_and(|known| known.cover(reads))
            }),
        }
    }

    /// The first place that is read, as a JSON pointer.
    pub(super) fn first(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Members(members) => members
                .iter()
                .next()
                .map_or_else(String::new, |(name, at)| {
                    format!("/{}{}", super::views::escaped(name), at.first())
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(paths: &[&[&str]]) -> Reads {
        let mut reads = Reads::default();
        paths
            .iter()
            .for_each(|path| reads.add(path.iter().copied()));
        reads
    }

    #[test]
    fn what_is_read_whole_holds_all_that_is_in_it() {
        assert!(reads(&[]).is_nothing());
        let both = reads(&[&["a", "b"], &["c"]]);
        assert!(both.cover(&reads(&[&["a", "b", "x"]])) && both.cover(&reads(&[])));
        assert!(!both.cover(&reads(&[&["a"]])) && !both.cover(&reads(&[&["d"]])));
        assert_eq!(reads(&[&["a", "b"], &["a"]]), reads(&[&["a"]]));
        assert_eq!(reads(&[&["a"], &["a", "b"]]), reads(&[&["a"]]));
        assert_eq!(reads(&[&[], &["a"]]), Reads::Whole);
        let mut joined = reads(&[&["a", "b"]]);
        joined.join(&reads(&[&["a", "c"], &["d/e"]]));
        assert_eq!(joined, reads(&[&["a", "b"], &["a", "c"], &["d/e"]]));
        assert_eq!(joined.first(), "/a/b");
        joined.join(&Reads::Whole);
        assert_eq!((joined.first().as_str(), &joined), ("", &Reads::Whole));
    }
}
