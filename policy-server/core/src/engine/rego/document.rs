//! The document that the combiner yields, read strictly: what is not understood denies.
//!
//! Deliberately absent: defaults for what an author left out, but for a gate's scope.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_protocol::names::Name;
use regorus::Value;

use super::Answer;
use crate::engine::cedar::{ID_BYTES_MAX, REASON_BYTES_MAX};
use crate::engine::{Fault, Gate, GrantScope, Opinion, ShadowEffect, ShadowNote, Ttl};

/// Most elements of one set.
const ELEMENTS_MAX: usize = 1_024;

/// Most groups of one gate.
const GROUPS_MAX: usize = 16;

/// One of the sets that a decision comes from. What is in `hides` does not matter: anything hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Permits,
    Gates,
    Forbids,
}

impl Set {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Permits => "permits",
            Self::Gates => "gates",
            Self::Forbids => "forbids",
        }
    }

    /// The members that an element may have.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Permits | Self::Forbids => &["id", "reason", "mode"],
            Self::Gates => &["id", "reason", "mode", "groups", "ttl", "scope"],
        }
    }

    const fn effect(self) -> ShadowEffect {
        match self {
            Self::Permits => ShadowEffect::Permit,
            Self::Gates => ShadowEffect::Gate,
            Self::Forbids => ShadowEffect::Forbid,
        }
    }
}

/// An element as far as it is right.
#[derive(Debug)]
struct Element {
    id: String,
    mode: Mode,
    reason: Option<String>,
    gate: Option<Gate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Enforce,
    Shadow,
}

/// What is wrong with an element. Says nothing of what is in it.
type Wrong = &'static str;

/// Collects what the sets say.
#[derive(Debug, Default)]
pub(super) struct Reading {
    opinion: Opinion,
    reasons: BTreeMap<String, String>,
    ids: BTreeSet<String>,
}

impl Reading {
    /// Takes one set in.
    pub(super) fn take(&mut self, set: Set, value: Option<&Value>) {
        let Some(elements) = value.and_then(|value| value.as_set().ok()) else {
            return self.fault(set, "is in no set");
        };
        if elements.len() > ELEMENTS_MAX {
            return self.fault(set, "is one of too many");
        }
        for value in elements.iter() {
            match element(set, value) {
                Ok(element) => self.add(set, element),
                Err((Some(policy), _)) => self.opinion.shadow.push(ShadowNote {
                    policy,
                    effect: ShadowEffect::Fail,
                }),
                Err((None, wrong)) => self.fault(set, wrong),
            }
        }
    }

    fn fault(&mut self, set: Set, wrong: Wrong) {
        let set = set.name();
        self.opinion.faults.push(Fault::UnfitElement { set, wrong });
    }

    fn add(&mut self, set: Set, element: Element) {
        if element.mode == Mode::Shadow {
            return self.opinion.shadow.push(ShadowNote {
                policy: element.id,
                effect: set.effect(),
            });
        }
        if !self.ids.insert(element.id.clone()) {
            return self.fault(set, "has the id of another");
        }
        if let Some(reason) = element.reason {
            self.reasons.insert(element.id.clone(), reason);
        }
        match (set, element.gate) {
            (Set::Gates, Some(gate)) => self.opinion.gates.push(gate),
            (Set::Permits, _) => self.opinion.permits.push(element.id),
            (Set::Forbids, _) => self.opinion.forbids.push(element.id),
            (Set::Gates, None) => self.fault(set, "has no array of 1 to 16 groups"),
        }
    }

    /// What the sets came to.
    pub(super) fn answer(self) -> Answer {
        Answer {
            opinion: self.opinion.settled(),
            reasons: self.reasons,
        }
    }
}

/// Reads one element. What is wrong with one in shadow is told with its id, and denies nothing.
fn element(set: Set, value: &Value) -> Result<Element, (Option<String>, Wrong)> {
    let members = members(value).map_err(|wrong| (None, wrong))?;
    let id = match members.get("id") {
        Some(Value::String(id)) if visible(id, ID_BYTES_MAX) => id.to_string(),
        _ => return Err((None, "has no id of 1 to 128 visible bytes")),
    };
    let mode = match members.get("mode") {
        None => Mode::Enforce,
        Some(Value::String(mode)) if mode.as_ref() == "enforce" => Mode::Enforce,
        Some(Value::String(mode)) if mode.as_ref() == "shadow" => Mode::Shadow,
        Some(_) => return Err((None, "has an unknown mode")),
    };
    let whole = rest(set, &members, &id);
    let (reason, gate) = whole.map_err(|wrong| {
        let in_shadow = mode == Mode::Shadow;
        (in_shadow.then(|| id.clone()), wrong)
    })?;
    Ok(Element {
        id,
        mode,
        reason,
        gate,
    })
}

type Members<'v> = BTreeMap<&'v str, &'v Value>;

fn members(value: &Value) -> Result<Members<'_>, Wrong> {
    let object = value.as_object().map_err(|_| "is no object")?;
    let mut members = BTreeMap::new();
    for (name, value) in object.iter() {
        let name = name.as_string().map_err(|_| "has an unknown member")?;
        members.insert(name.as_ref(), value);
    }
    Ok(members)
}

fn rest(
    set: Set,
    members: &Members<'_>,
    id: &str,
) -> Result<(Option<String>, Option<Gate>), Wrong> {
    if members.keys().any(|name| !set.members().contains(name)) {
        return Err("has an unknown member");
    }
    let reason = match members.get("reason") {
        None => None,
        Some(Value::String(reason)) if visible(reason, REASON_BYTES_MAX) => {
            Some(reason.to_string())
        }
        Some(_) => return Err("has no reason of 1 to 512 visible bytes"),
    };
    let gate = match set {
        Set::Gates => Some(gate(members, id, reason.clone())?),
        Set::Permits | Set::Forbids => None,
    };
    Ok((reason, gate))
}

fn gate(members: &Members<'_>, id: &str, reason: Option<String>) -> Result<Gate, Wrong> {
    let text = |name: &str| members.get(name).map(|value| value.as_string().ok());
    let ttl = text("ttl").map(|text| text.and_then(|text| Ttl::parse(text)));
    let scope = text("scope").map(|text| text.and_then(|text| GrantScope::parse(text)));
    Ok(Gate {
        id: id.to_owned(),
        groups: groups(members.get("groups")).ok_or("has no array of 1 to 16 groups")?,
        ttl: ttl
            .map(|ttl| ttl.ok_or("has no duration as ttl"))
            .transpose()?,
        scope: match scope {
            Some(scope) => scope.ok_or("has an unknown scope")?,
            None => GrantScope::default(),
        },
        reason,
    })
}

/// Group names, sorted and each once.
fn groups(value: Option<&&Value>) -> Option<Vec<String>> {
    let mut groups = Vec::new();
    for group in value?.as_array().ok()?.iter() {
        let name = Name::parse(group.as_string().ok()?).ok()?;
        groups.push(name.as_str().to_owned());
    }
    groups.sort();
    groups.dedup();
    (1..=GROUPS_MAX).contains(&groups.len()).then_some(groups)
}

fn visible(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
}
