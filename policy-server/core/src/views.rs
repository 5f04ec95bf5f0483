//! What each caller was last shown of the tools of each server.
//!
//! A server may show different callers different definitions of one tool, and it reads a call by the
//! one that its caller knows. What is forgotten here is not known: then a call must be permitted
//! whichever definition its caller knows. Deliberately absent: the definitions, which are the
//! [`crate::registry`]'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{Name, ServerName};

/// Most callers that are remembered, each once for each server; the one that was shown nothing for
/// the longest time goes first.
pub const VIEWS_MAX: usize = 4_096;

/// Most tools in all views together; what several callers were shown alike is there once.
pub const TOOLS_MAX: usize = 500_000;

/// What a caller was last shown of one server's tools: of each, the digest of what of its definition
/// policies can know.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct View(BTreeMap<Name, Digest>);

impl View {
    /// The definition of a tool that the caller was last shown, if any.
    #[must_use]
    pub fn of(&self, tool: &Name) -> Option<Digest> {
        self.0.get(tool).copied()
    }

    fn with(&self, page: &[(Name, Digest)]) -> Self {
        let mut tools = self.0.clone();
        tools.extend(page.iter().cloned());
        Self(tools)
    }

    fn digest(&self) -> Digest {
        let mut fields = Fields::of("portcullis/view/v1");
        for (name, judged) in &self.0 {
            fields = fields
                .field(name.as_str().as_bytes())
                .field(judged.as_bytes());
        }
        fields.finish()
    }
}

/// The views of all callers.
#[derive(Debug)]
pub struct Views {
    callers: BTreeMap<(ServerName, Digest), Seen>,
    /// Each view once, by its digest.
    views: BTreeMap<Digest, Arc<View>>,
    tools: usize,
    clock: u64,
    tools_max: usize,
}

#[derive(Debug)]
struct Seen {
    digest: Digest,
    /// When it was last shown something; later is greater.
    at: u64,
}

impl Default for Views {
    fn default() -> Self {
        Self::of_at_most(TOOLS_MAX)
    }
}

impl Views {
    fn of_at_most(tools_max: usize) -> Self {
        Self {
            callers: BTreeMap::new(),
            views: BTreeMap::new(),
            tools: 0,
            clock: 0,
            tools_max,
        }
    }

    /// What a caller, named by the digest of its owner, was last shown of a server.
    #[must_use]
    pub fn of(&self, server: &ServerName, owner: Digest) -> Option<Arc<View>> {
        let seen = self.callers.get(&(server.clone(), owner))?;
        self.views.get(&seen.digest).cloned()
    }

    /// Takes note of what a page shows a caller. Tools that it was shown before and that are not on
    /// the page stay as they were.
    pub fn show(&mut self, server: &ServerName, owner: Digest, page: &[(Name, Digest)]) {
        if page.is_empty() {
            return;
        }
        self.clock += 1;
        let key = (server.clone(), owner);
        let before = self.of(server, owner);
        let same = |view: &Arc<View>| {
            page.iter()
                .all(|(name, judged)| view.of(name) == Some(*judged))
        };
        if before.as_ref().is_some_and(same) {
            let seen = self.callers.get_mut(&key);
            seen.into_iter().for_each(|seen| seen.at = self.clock);
            return;
        }
        let view = before.as_deref().unwrap_or(&View::default()).with(page);
        drop(before);
        self.forget(&key);
        self.make_room(view.0.len());
        if view.0.len() > self.tools_max {
            return;
        }
        let digest = view.digest();
        if !self.views.contains_key(&digest) {
            self.tools += view.0.len();
            self.views.insert(digest, Arc::new(view));
        }
        let seen = Seen {
            digest,
            at: self.clock,
        };
        self.callers.insert(key, seen);
    }

    fn make_room(&mut self, tools: usize) {
        while !self.callers.is_empty()
            && (self.callers.len() >= VIEWS_MAX || self.tools + tools > self.tools_max)
        {
            let oldest = self.callers.iter().min_by_key(|(_, seen)| seen.at);
            let Some((oldest, _)) = oldest else { return };
            let oldest = oldest.clone();
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, key: &(ServerName, Digest)) {
        let Some(gone) = self.callers.remove(key) else {
            return;
        };
        let mut others = self.callers.values();
        if others.any(|seen| seen.digest == gone.digest) {
            return;
        }
        let view = self.views.remove(&gone.digest);
        self.tools -= view.map_or(0, |view| view.0.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str) -> ServerName {
        ServerName::parse(name).unwrap()
    }

    fn page(tools: &[(&str, u8)]) -> Vec<(Name, Digest)> {
        let tool = |(name, byte): &(&str, u8)| {
            (Name::parse(name).unwrap(), Digest::from_bytes([*byte; 32]))
        };
        tools.iter().map(tool).collect()
    }

    const ALICE: Digest = Digest::from_bytes([1; 32]);
    const BOB: Digest = Digest::from_bytes([2; 32]);

    #[test]
    fn each_caller_has_the_view_of_its_own_pages() {
        let mut views = Views::default();
        assert_eq!(views.of(&server("a"), ALICE), None);
        views.show(&server("a"), ALICE, &page(&[("x", 1), ("y", 1)]));
        views.show(&server("a"), BOB, &page(&[("x", 2)]));
        views.show(&server("b"), BOB, &page(&[("x", 3)]));
        views.show(&server("a"), ALICE, &page(&[("x", 4), ("z", 1)]));
        views.show(&server("a"), ALICE, &page(&[]));
        let of = |name: &str, owner| {
            let view = views.of(&server(name), owner).unwrap();
            ["x", "y", "z"].map(|tool| {
                view.of(&Name::parse(tool).unwrap())
                    .map(|d| d.as_bytes()[0])
            })
        };
        assert_eq!(of("a", ALICE), [Some(4), Some(1), Some(1)]);
        assert_eq!(of("a", BOB), [Some(2), None, None]);
        assert_eq!(of("b", BOB), [Some(3), None, None]);
    }

    #[test]
    fn what_is_the_same_is_held_once_and_all_of_it_is_bounded() {
        let mut views = Views::of_at_most(5);
        let owner = |byte: u8| Digest::from_bytes([byte; 32]);
        for byte in 0..50 {
            views.show(&server("a"), owner(byte), &page(&[("x", 1), ("y", 1)]));
        }
        assert_eq!(
            (views.callers.len(), views.views.len(), views.tools),
            (50, 1, 2)
        );
        views.show(&server("a"), owner(0), &page(&[("x", 1)]));
        views.show(
            &server("b"),
            owner(90),
            &page(&[("x", 2), ("y", 2), ("z", 2)]),
        );
        assert_eq!((views.callers.len(), views.tools), (51, 5));
        views.show(&server("b"), owner(91), &page(&[("x", 3)]));
        assert!(views.tools <= 5, "{}", views.tools);
        assert!(views.of(&server("b"), owner(91)).is_some());
        let many: Vec<_> = (0..6)
            .map(|n| (Name::parse(&format!("t{n}")).unwrap(), ALICE))
            .collect();
        views.show(&server("c"), ALICE, &many);
        assert_eq!(
            views.of(&server("c"), ALICE),
            None,
            "more than there may be"
        );
        for number in 0..=VIEWS_MAX {
            let digest = Digest::of(&number.to_be_bytes());
            views.show(&server("d"), digest, &page(&[("x", 1)]));
        }
        assert_eq!((views.callers.len(), views.tools), (VIEWS_MAX, 1));
    }
}
