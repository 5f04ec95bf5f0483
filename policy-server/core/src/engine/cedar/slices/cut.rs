//! One cut: policies by what becomes of what they say.

use cedar_policy::{Effect, Policy, PolicySet};

use super::CutError;
use crate::engine::cedar::annotations::Mode;
use crate::engine::cedar::found::Found;

/// The policies that can speak of one action on one resource, by what becomes of what they say.
#[derive(Clone, Debug, Default)]
pub(in crate::engine::cedar) struct Cut {
    /// Enforced, and no gates.
    pub(in crate::engine::cedar) base: PolicySet,
    /// Enforced gates.
    pub(in crate::engine::cedar) gates: PolicySet,
    /// Permits in shadow.
    pub(in crate::engine::cedar) shadow_permits: PolicySet,
    /// Forbids in shadow, gates among them.
    pub(in crate::engine::cedar) shadow_forbids: PolicySet,
}

impl Cut {
    pub(in crate::engine::cedar) fn add(&mut self, found: &Found<'_>) -> Result<(), CutError> {
        let set = match (found.meaning.mode, found.policy.effect()) {
            (Mode::Shadow, Effect::Permit) => &mut self.shadow_permits,
            (Mode::Shadow, Effect::Forbid) => &mut self.shadow_forbids,
            (Mode::Enforce, _) if found.meaning.gate.is_some() => &mut self.gates,
            (Mode::Enforce, _) => &mut self.base,
        };
        set.add(found.policy.clone())
            .map_err(|error| CutError(error.to_string()))
    }

    /// Adds a policy in shadow.
    pub(in crate::engine::cedar) fn add_shadow(&mut self, policy: &Policy) -> Result<(), CutError> {
        let set = match policy.effect() {
            Effect::Permit => &mut self.shadow_permits,
            Effect::Forbid => &mut self.shadow_forbids,
        };
        set.add(policy.clone())
            .map_err(|error| CutError(error.to_string()))
    }

    /// Adds the policies of another cut.
    pub(in crate::engine::cedar) fn take(&mut self, other: &Self) -> Result<(), CutError> {
        let sets = [
            (&mut self.base, &other.base),
            (&mut self.gates, &other.gates),
            (&mut self.shadow_permits, &other.shadow_permits),
            (&mut self.shadow_forbids, &other.shadow_forbids),
        ];
        for (into, from) in sets {
            for policy in from.policies() {
                into.add(policy.clone())
                    .map_err(|error| CutError(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// How many policies it holds.
    pub(in crate::engine::cedar) fn len(&self) -> usize {
        let sets = self.sets().into_iter();
        sets.map(PolicySet::num_of_policies).sum()
    }

    /// The policies that it holds.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.sets().into_iter().flat_map(PolicySet::policies)
    }

    const fn sets(&self) -> [&PolicySet; 4] {
        [
            &self.base,
            &self.gates,
            &self.shadow_permits,
            &self.shadow_forbids,
        ]
    }

    /// This cut and more policies.
    pub(super) fn with(&self, more: &[&Found<'_>]) -> Result<Self, CutError> {
        let mut cut = self.clone();
        more.iter().try_for_each(|found| cut.add(found))?;
        Ok(cut)
    }
}
