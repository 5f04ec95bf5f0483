//! Disclosure: which classes of data a caller may see, and which handles become secrets again.
//!
//! Asked of the engine once for each caller, server and tool, and then remembered: the answer
//! follows from them and the policies alone. Whatever fails discloses nothing. Deliberately absent:
//! what secrets look like; that is redaction's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::wire::{Direction, Reveal, Use};

use crate::engine::{Engine, Fault};
use crate::redaction::Redacting;

/// Most answers that are remembered. One more, and all are forgotten.
const ANSWERS_MAX: usize = 1_024;

/// Who asks, and where.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The caller.
    pub caller: &'a Caller,
    /// The server behind the gateway.
    pub server: &'a ServerName,
    /// The tool, when the message acts on one.
    pub tool: Option<&'a Name>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// That data stays as it is on its way in this direction.
    Reveal(Direction),
    /// That a handle becomes its secret again.
    Restore {
        /// JSON pointer of the argument.
        path: &'a str,
        /// The server that the secret came from.
        from: &'a ServerName,
    },
}

impl Wish<'_> {
    /// The action's id.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::Reveal(_) => "reveal",
            Self::Restore { .. } => "restore",
        }
    }
}

/// What is disclosed to one caller at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosed {
    /// Classes that stay as they are.
    pub reveal: Reveal,
    /// Arguments in which handles become secrets again.
    pub uses: Vec<Use>,
}

/// Asks the engine.
///
/// # Errors
/// The policies fail; then nothing is disclosed.
pub fn disclosed(engine: &Engine, rules: &Redacting, asker: Asker<'_>) -> Result<Disclosed, Fault> {
    let reveal = |way| engine.granted(asker, Wish::Reveal(way), rules.classes());
    let reveal = Reveal {
        to_server: reveal(Direction::ToServer)?,
        to_client: reveal(Direction::ToClient)?,
    };
    let mut uses = Vec::new();
    let here = rules.raw().uses.iter();
    for one in here.filter(|one| one.server == *asker.server && asker.tool == Some(&one.tool)) {
        let wish = Wish::Restore {
            path: &one.path,
            from: &one.from,
        };
        let classes = std::slice::from_ref(&one.class);
        if engine.granted(asker, wish, classes)? == classes {
            uses.push(Use {
                path: one.path.clone(),
                class: one.class.clone(),
                from: one.from.clone(),
            });
        }
    }
    Ok(Disclosed { reveal, uses })
}

type Key = (Caller, ServerName, Option<Name>);

/// Answers of late. It belongs to one policy set and goes with it.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<BTreeMap<Key, Arc<Disclosed>>>);

impl Memory {
    /// What is disclosed; `find` finds out. None when that failed, which is not remembered: the
    /// next question may be answered in time.
    pub(crate) fn of(
        &self,
        asker: Asker<'_>,
        find: impl FnOnce() -> Result<Disclosed, Fault>,
    ) -> Option<Arc<Disclosed>> {
        let key = (
            asker.caller.clone(),
            asker.server.clone(),
            asker.tool.cloned(),
        );
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(disclosed) = known.get(&key) {
            return Some(disclosed.clone());
        }
        drop(known);
        let found = Arc::new(find().ok()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ANSWERS_MAX {
            known.clear();
        }
        known.insert(key, found.clone());
        Some(found)
    }
}

#[cfg(test)]
mod tests;
