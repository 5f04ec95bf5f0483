//! What one server has said about one tool: to different callers, and over time, different things.

use portcullis_protocol::digest::Digest;

use super::{Fit, ToolEntry};

/// Most definitions of one tool that are remembered; the one that was news the longest ago goes first.
pub const DEFINITIONS_MAX: usize = 64;

/// A definition that a server has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is remembered.
    Accepted(ToolEntry),
    /// There was no room for it.
    Refused {
        /// Its digest.
        definition: Digest,
        /// The digest of what of it policies could know.
        judged: Digest,
    },
}

impl Shown {
    /// A definition, and whether there is room for it.
    #[must_use]
    pub fn of(entry: ToolEntry, fit: Fit) -> Self {
        match fit {
            Fit::Accepted => Self::Accepted(entry),
            Fit::Refused => Self::Refused {
                definition: entry.definition,
                judged: entry.judged,
            },
        }
    }

    /// The digest of what of it policies can know.
    #[must_use]
    pub const fn judged(&self) -> Digest {
        match self {
            Self::Accepted(entry) => entry.judged,
            Self::Refused { judged, .. } => *judged,
        }
    }

    /// Its digest.
    #[must_use]
    pub const fn definition(&self) -> Digest {
        match self {
            Self::Accepted(entry) => entry.definition,
            Self::Refused { definition, .. } => *definition,
        }
    }

    /// How many bytes of it are remembered.
    fn bytes(&self) -> usize {
        self.accepted().map_or(0, |entry| entry.json.len())
    }

    /// It, where it is remembered.
    #[must_use]
    pub const fn accepted(&self) -> Option<&ToolEntry> {
        match self {
            Self::Accepted(entry) => Some(entry),
            Self::Refused { .. } => None,
        }
    }
}

/// What one server has said about one tool, the newest last. What policies cannot tell apart is there
/// once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed(Vec<Shown>);

impl Listed {
    /// A tool of which one definition is known.
    #[must_use]
    pub fn once(entry: ToolEntry) -> Self {
        Self(vec![Shown::Accepted(entry)])
    }

    /// All definitions, the newest first.
    pub fn all(&self) -> impl Iterator<Item = &Shown> {
        self.0.iter().rev()
    }

    /// The newest definition.
    #[must_use]
    pub fn newest(&self) -> Option<&Shown> {
        self.0.last()
    }

    /// The newest definition that is remembered.
    #[must_use]
    pub fn accepted(&self) -> Option<&ToolEntry> {
        self.all().find_map(Shown::accepted)
    }

    /// Takes a definition as the newest.
    pub fn push(&mut self, shown: Shown) {
        self.0.retain(|one| one.judged() != shown.judged());
        self.0.push(shown);
        let over = self.0.len().saturating_sub(DEFINITIONS_MAX);
        self.0.drain(..over);
    }

    /// Forgets definitions, by what policies could know of them.
    pub(super) fn forget(&mut self, judged: &[Digest]) {
        self.0.retain(|one| !judged.contains(&one.judged()));
    }

    /// Whether a definition says nothing that is new.
    pub(super) fn knows(&self, entry: &ToolEntry) -> bool {
        let known = self.0.iter().find(|one| one.judged() == entry.judged);
        match (known, self.newest()) {
            // There may be room by now.
            (Some(Shown::Refused { .. }), _) => false,
            // What is good is shown again after what is not.
            (Some(Shown::Accepted(_)), Some(Shown::Refused { .. })) => false,
            (Some(Shown::Accepted(known)), _) => known.definition == entry.definition,
            (None, _) => false,
        }
    }

    /// Whether there was no room for a definition.
    pub(super) fn refused(&self, entry: &ToolEntry) -> bool {
        let known = self.0.iter().find(|one| one.judged() == entry.judged);
        known.is_some_and(|one| one.accepted().is_none())
    }

    /// Which definitions go when this one comes, the oldest first, and how many bytes are left then of
    /// so many. The oldest go where there are too many of them, or too many bytes.
    pub(super) fn forgets(&self, entry: &ToolEntry, bytes_left: usize) -> (Vec<Digest>, usize) {
        let (same, others): (Vec<&Shown>, Vec<&Shown>) =
            self.0.iter().partition(|one| one.judged() == entry.judged);
        let mut left = bytes_left + same.into_iter().map(Shown::bytes).sum::<usize>();
        let mut gone = Vec::new();
        for (at, one) in others.iter().enumerate() {
            if others.len() - at < DEFINITIONS_MAX && entry.json.len() <= left {
                break;
            }
            left += one.bytes();
            gone.push(one.judged());
        }
        (gone, left)
    }

    /// How many bytes its definitions have.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(Shown::bytes).sum()
    }
}
