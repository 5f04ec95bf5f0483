//! Callers as Cedar entities, validated once and remembered: most messages come from callers that
//! asked a moment ago.
//!
//! What is remembered follows from caller and policies alone, so that forgetting changes nothing but
//! the time it takes. Deliberately absent: anything of a message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{Entities, Entity, EntityUid, PartialEntities, Schema};
use portcullis_protocol::names::Caller;

use super::entities;
use super::fitting::Fitting;
use super::reads::Readers;
use super::slices::Cut;
use crate::engine::Fault;
use crate::schema::Reads;

/// Most callers that are remembered. One more, and all are forgotten.
const CALLERS_MAX: usize = 128;

/// Most tools that are remembered for one caller.
const TOOLS_MAX: usize = 128;

/// Most fittings whose tools are remembered beside one caller.
const CROWDS_MAX: usize = 16;

/// Most policies that are kept again for one caller and tool; more stay where they are.
const POLICIES_MAX: usize = 256;

/// The callers of late.
#[derive(Debug, Default)]
pub(super) struct Principals(Mutex<BTreeMap<Caller, Arc<Principal>>>);

/// What one caller has to do with at one action.
#[derive(Debug)]
pub(super) struct Near {
    /// The caller's entities beside those of the action's place.
    pub(super) entities: Entities,
    /// The policies that can speak of the caller there, when they are few.
    pub(super) cut: Option<Cut>,
    /// What they read of the arguments of a tool, where that is known beforehand.
    pub(super) reads: Option<Reads>,
}

/// One caller.
#[derive(Debug)]
pub(super) struct Principal {
    /// Its own uid, its user's and its roles'.
    uids: Vec<EntityUid>,
    uid: EntityUid,
    known: Vec<Entity>,
    /// What is near the caller at a tool, by the key of its place, or at a method, by its action.
    near: Mutex<BTreeMap<String, Arc<Near>>>,
    /// The caller beside the tools of a server in one fitting, for partial evaluation.
    crowds: Mutex<BTreeMap<usize, Arc<PartialEntities>>>,
    /// Which tools the caller is shown, by the keys of their places.
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
            uids: known.iter().map(Entity::uid).collect(),
            uid,
            known,
            near: Mutex::default(),
            crowds: Mutex::default(),
            shown: Mutex::default(),
        })
    }

    pub(super) fn uids(&self) -> &[EntityUid] {
        &self.uids
    }

    pub(super) const fn uid(&self) -> &EntityUid {
        &self.uid
    }

    /// What is near the caller at a tool or method. `place` are the entities there, `cuts` the policies
    /// that can speak of it, and `readers` know what those read, where it is a tool's.
    ///
    /// # Errors
    /// The entities contradict each other.
    pub(super) fn near<'a>(
        &self,
        key: &str,
        place: &Entities,
        readers: Option<&Readers>,
        cuts: impl FnOnce() -> Vec<&'a Cut>,
    ) -> Result<Arc<Near>, Fault> {
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(near) = near.get(key) {
            return Ok(near.clone());
        }
        drop(near);
        let known = self.known.iter().cloned();
        let entities = place.clone().add_entities(known, None);
        let cuts = cuts();
        let near = Arc::new(Near {
            entities: entities.map_err(|_| Fault::UnfitEntities)?,
            cut: together(&cuts),
            reads: readers.map(|readers| readers.enforced(&cuts)),
        });
        remember(&self.near, TOOLS_MAX, key, &near);
        Ok(near)
    }

    /// The caller beside the tools of a fitting. None when they do not fit.
    pub(super) fn crowd(&self, fitting: &Arc<Fitting>) -> Option<Arc<PartialEntities>> {
        // Fittings are as old as their engine at least, and so is this memory.
        let key = Arc::as_ptr(fitting).addr();
        let crowds = self.crowds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(crowd) = crowds.get(&key) {
            return Some(crowd.clone());
        }
        drop(crowds);
        let known = self.known.iter().cloned();
        let all = fitting.crowd().clone();
        let all = all.add_entities(known, None).ok()?;
        let crowd = Arc::new(PartialEntities::from_concrete(all, &fitting.schema).ok()?);
        remember(&self.crowds, CROWDS_MAX, &key, &crowd);
        Some(crowd)
    }

    /// Whether the caller is shown a tool; `find` finds out.
    pub(super) fn shown(&self, key: &str, find: impl FnOnce() -> bool) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = shown.get(key) {
            return *shown;
        }
        drop(shown);
        let found = find();
        remember(&self.shown, TOOLS_MAX, key, &found);
        found
    }
}

/// Few policies as one cut: asking one is quicker than asking several.
fn together(cuts: &[&Cut]) -> Option<Cut> {
    let policies: usize = cuts.iter().map(|cut| cut.len()).sum();
    let mut together = Cut::default();
    for cut in cuts.iter().take_while(|_| policies <= POLICIES_MAX) {
        together.take(cut).ok()?;
    }
    (policies <= POLICIES_MAX).then_some(together)
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
