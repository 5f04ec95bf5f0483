//! Callers as Cedar entities, validated once and remembered: most messages come from callers that
//! asked a moment ago.
//!
//! What is remembered follows from caller and policies alone, so that forgetting changes nothing but
//! the time it takes. Deliberately absent: anything of a message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{Entities, Entity, EntityUid, Schema};
use portcullis_protocol::names::Caller;

use super::entities;
use crate::engine::Fault;

/// Most callers that are remembered. One more, and all are forgotten.
const CALLERS_MAX: usize = 1_024;

/// Most tools that are remembered for one caller.
const TOOLS_MAX: usize = 256;

/// The callers of late.
#[derive(Debug, Default)]
pub(super) struct Principals(Mutex<BTreeMap<Caller, Arc<Principal>>>);

/// One caller.
#[derive(Debug)]
pub(super) struct Principal {
    uid: EntityUid,
    known: Vec<Entity>,
    /// The caller's entities beside those of a tool or method, by its action.
    beside: Mutex<BTreeMap<String, Arc<Entities>>>,
    /// Which tools the caller is shown, by action.
    shown: Mutex<BTreeMap<String, bool>>,
}

impl Principals {
    /// The caller's entities.
    ///
    /// # Errors
    /// They do not fit the schema.
    pub(super) fn of(&self, caller: &Caller, schema: &Schema) -> Result<Arc<Principal>, Fault> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(principal) = known.get(caller) {
            return Ok(principal.clone());
        }
        drop(known);
        let principal = Arc::new(Principal::of(caller, schema)?);
        remember(&self.0, CALLERS_MAX, caller, &principal);
        Ok(principal)
    }
}

impl Principal {
    fn of(caller: &Caller, schema: &Schema) -> Result<Self, Fault> {
        let (uid, known) = entities::caller(caller)?;
        // Kept apart, they are validated here and need not be validated again beside a tool's.
        Entities::empty()
            .add_entities(known.iter().cloned(), Some(schema))
            .map_err(|_| Fault::UnfitEntities)?;
        Ok(Self {
            uid,
            known,
            beside: Mutex::default(),
            shown: Mutex::default(),
        })
    }

    pub(super) const fn uid(&self) -> &EntityUid {
        &self.uid
    }

    /// The caller's entities beside those of an action's place.
    ///
    /// # Errors
    /// They contradict each other.
    pub(super) fn at(&self, action: &str, place: &Entities) -> Result<Arc<Entities>, Fault> {
        let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entities) = beside.get(action) {
            return Ok(entities.clone());
        }
        drop(beside);
        let entities = place
            .clone()
            .add_entities(self.known.iter().cloned(), None)
            .map_err(|_| Fault::UnfitEntities)?;
        let entities = Arc::new(entities);
        remember(&self.beside, TOOLS_MAX, action, &entities);
        Ok(entities)
    }

    /// Whether the caller is shown a tool; `find` finds out.
    pub(super) fn shown(&self, action: &str, find: impl FnOnce() -> bool) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = shown.get(action) {
            return *shown;
        }
        drop(shown);
        let found = find();
        remember(&self.shown, TOOLS_MAX, action, &found);
        found
    }
}

fn remember<Q, K, V>(memory: &Mutex<BTreeMap<K, V>>, most: usize, key: &Q, value: &V)
where
    Q: ToOwned<Owned = K> + ?Sized,
    K: Ord,
    V: Clone,
{
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() >= most {
        memory.clear();
    }
    memory.insert(key.to_owned(), value.clone());
}
