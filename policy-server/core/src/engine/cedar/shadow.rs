//! Policies in shadow: what they would have said is recorded, and nothing else comes of it.
//!
//! Where one reads arguments that no enforced policy reads, and that are not exact, it is not known what
//! it would have said. Deliberately absent: any way for one to change a verdict.

use cedar_policy::{Entities, Policy, PolicySet, Request};

use super::Engine;
use super::inquiry::{Input, Inquiry, Scene};
use super::slices::Cut;
use crate::catalogue::Tool;
use crate::engine::{ShadowEffect, ShadowNote};

/// A call, and what was asked of it.
pub(super) struct Of<'a> {
    pub(super) tool: &'a Tool,
    pub(super) arguments: Option<&'a str>,
    /// What enforced policies read, and the request with it.
    pub(super) enforced: (&'a Input, &'a Request),
}

impl Inquiry<'_> {
    /// What policies in shadow say of a call of a tool.
    pub(super) fn shadow(&self, scene: &Scene<'_>, of: &Of<'_>) -> Vec<ShadowNote> {
        let cuts = scene.cuts();
        let readers = &self.engine.index.readers;
        let reads = readers.shadow(&cuts);
        let (input, request) = of.enforced;
        let entities = &scene.near.entities;
        if input.reads.cover(&reads) {
            return self.engine.shadow(&cuts, request, entities);
        }
        let mut notes = Vec::new();
        let sets = cuts
            .iter()
            .flat_map(|cut| [&cut.shadow_permits, &cut.shadow_forbids]);
        for policy in sets.flat_map(PolicySet::policies) {
            match self.alone(scene, of, policy) {
                Some(said) => notes.extend(said),
                None => notes.push(ShadowNote {
                    policy: policy.id().to_string(),
                    effect: ShadowEffect::Unknown,
                }),
            }
        }
        notes
    }

    /// What one policy says; nothing when what it reads is not exact.
    fn alone(&self, scene: &Scene<'_>, of: &Of<'_>, policy: &Policy) -> Option<Vec<ShadowNote>> {
        let reads = self.engine.index.readers.policy(policy);
        let (input, request) = of.enforced;
        let mut cut = Cut::default();
        cut.add_shadow(policy).ok()?;
        let entities = &scene.near.entities;
        if input.reads.cover(&reads) {
            return Some(self.engine.shadow(&[&cut], request, entities));
        }
        let input = Input::read(of.tool, of.arguments, reads, &self.engine.index.names).ok()?;
        let request = self.request(scene, Some(&input)).ok()?;
        Some(self.engine.shadow(&[&cut], &request, entities))
    }
}

impl Engine {
    pub(super) fn shadow(
        &self,
        cuts: &[&Cut],
        request: &Request,
        entities: &Entities,
    ) -> Vec<ShadowNote> {
        let of = |cut: &&Cut| self.shadow_of(cut, request, entities);
        cuts.iter().flat_map(of).collect()
    }

    fn shadow_of(&self, cut: &Cut, request: &Request, entities: &Entities) -> Vec<ShadowNote> {
        let permits = self.ask(&cut.shadow_permits, request, entities);
        let forbids = self.ask(&cut.shadow_forbids, request, entities);
        let forbid = |policy: String| {
            let effect = match self.gate(&policy) {
                Some(_) => ShadowEffect::Gate,
                None => ShadowEffect::Forbid,
            };
            ShadowNote { policy, effect }
        };
        let note = |effect| move |policy| ShadowNote { policy, effect };
        let failed = permits.faults.into_iter().chain(forbids.faults);
        let permitted = permits.permits.into_iter().map(note(ShadowEffect::Permit));
        let forbidden = forbids.forbids.into_iter().map(forbid);
        permitted
            .chain(forbidden)
            .chain(failed.map(note(ShadowEffect::Fail)))
            .collect()
    }
}
