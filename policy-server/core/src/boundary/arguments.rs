//! Arguments of one tool around the values that policies compare, all of which the tool accepts.
//!
//! Deliberately absent: members that no policy looks at, beyond what the tool demands.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::instance;
use super::probes::{Probe, probes};
use super::scatter::{combinations, places, scatter};
use crate::catalogue::Tool;
use crate::engine::cedar::{Literal, Literals, Looked};
use crate::schema::{Reads, ToolDefinition};

/// Most combinations that are made of the members that one policy looks at.
const OF_POLICY_MAX: u64 = 1_024;

/// Most combinations that are made of all members that policies look at.
const OF_ALL_MAX: u64 = 4_096;

/// Most choices of an enumeration that are tried.
const CHOICES_MAX: usize = 16;

type Path = Vec<String>;

/// Members, and what each is tried with.
struct Dimensions {
    paths: Vec<Path>,
    probes: Vec<Vec<Probe>>,
}

/// Arguments that the tool accepts, at most `most`; none when none could be made up. The second
/// says whether there would have been more.
pub(super) fn arguments(tool: &Tool, policies: &[&Literals], most: usize) -> (Vec<String>, Cut) {
    let definition = ToolDefinition::read(&tool.json).ok();
    let schema = definition.map(|definition| definition.input_schema);
    let made = schema.and_then(|schema| Some((instance::of(&schema, &schema)?, schema)));
    let Some((base, schema)) = made else {
        return (Vec::new(), Cut::No);
    };
    let dimensions = Dimensions::of(&schema, policies);
    let mut cut = Cut::No;
    let mut found = BTreeSet::new();
    let mut kept = Vec::new();
    for combination in dimensions.combinations(policies, &mut cut) {
        if kept.len() >= most {
            cut = Cut::Yes;
            break;
        }
        let value = dimensions.applied(&base, &schema, &combination);
        let text = value.to_string();
        if found.insert(text.clone()) && tool.mapped.read(Some(&text), &Reads::Whole).is_ok() {
            kept.push(text);
        }
    }
    (kept, cut)
}

/// Whether something was left out for want of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Yes,
    No,
}

/// The members that a policy looks at. What Cedar adds to tell alternatives apart is left out.
fn looked(policy: &Literals) -> impl Iterator<Item = (Path, &BTreeSet<Literal>)> {
    policy.compared.iter().filter_map(|(place, literals)| {
        let Looked::Input(path) = place else {
            return None;
        };
        let plain = |name: &&String| !name.starts_with("typeChoice");
        let path: Path = path.iter().filter(plain).cloned().collect();
        (!path.is_empty()).then_some((path, literals))
    })
}

impl Dimensions {
    fn of(schema: &Value, policies: &[&Literals]) -> Self {
        let mut all: BTreeMap<Path, BTreeSet<&Literal>> = BTreeMap::new();
        for (path, literals) in policies.iter().flat_map(|policy| looked(policy)) {
            all.entry(path).or_default().extend(literals);
        }
        let of = |(path, literals): (&Path, &BTreeSet<&Literal>)| {
            let choices = instance::below(schema, path)
                .and_then(|inner| Some(inner.get("enum")?.as_array()?.clone()))
                .unwrap_or_default();
            let choices = choices.get(..CHOICES_MAX).unwrap_or(&choices);
            probes(literals.iter().copied(), choices)
        };
        Self {
            probes: all.iter().map(of).collect(),
            paths: all.into_keys().collect(),
        }
    }

    /// What to combine, as a probe for each member: first what each policy looks at, then every two
    /// members, then all of them.
    fn combinations(&self, policies: &[&Literals], cut: &mut Cut) -> Vec<Vec<usize>> {
        let index = |path: &Path| self.paths.iter().position(|known| known == path);
        let of_policy = |policy: &&Literals| {
            let members = looked(policy).filter_map(|(path, _)| index(&path));
            let members: Vec<usize> = members.collect();
            (members, OF_POLICY_MAX)
        };
        let mut groups: Vec<(Vec<usize>, u64)> = vec![(Vec::new(), 1)];
        groups.extend(policies.iter().map(of_policy));
        for first in 0..self.paths.len() {
            groups.extend((0..first).map(|second| (vec![second, first], OF_POLICY_MAX)));
        }
        groups.push(((0..self.paths.len()).collect(), OF_ALL_MAX));
        let mut all = Vec::new();
        for (members, most) in groups {
            let lengths: Vec<usize> = members
                .iter()
                .filter_map(|member| self.probes.get(*member).map(Vec::len))
                .collect();
            let total = combinations(&lengths);
            if total > most {
                *cut = Cut::Yes;
            }
            for number in scatter(total, most) {
                let mut combination = vec![0; self.paths.len()];
                for (member, place) in members.iter().zip(places(number, &lengths)) {
                    if let Some(slot) = combination.get_mut(*member) {
                        *slot = place;
                    }
                }
                all.push(combination);
            }
        }
        all
    }

    fn applied(&self, base: &Value, schema: &Value, combination: &[usize]) -> Value {
        let mut value = base.clone();
        let each = self.paths.iter().zip(&self.probes).zip(combination);
        for ((path, probes), place) in each {
            let probe = probes.get(*place).unwrap_or(&Probe::Leave);
            apply(&mut value, schema, path, probe);
        }
        value
    }
}

fn apply(value: &mut Value, schema: &Value, path: &[String], probe: &Probe) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let new = match probe {
        Probe::Leave => return,
        Probe::Remove => None,
        Probe::Set(new) => Some(new.clone()),
        Probe::Add => instance::below(schema, path).and_then(|inner| instance::of(schema, &inner)),
    };
    let mut at = value;
    for depth in 0..parents.len() {
        let Some(name) = parents.get(depth) else {
            return;
        };
        let Value::Object(members) = at else { return };
        if new.is_none() && !members.contains_key(name) {
            return;
        }
        at = members.entry(name.clone()).or_insert_with(|| {
            let inner = parents
                .get(..=depth)
                .and_then(|path| instance::below(schema, path));
            let parent = inner.and_then(|inner| instance::of(schema, &inner));
            parent.unwrap_or_else(|| Value::Object(Map::new()))
        });
    }
    let Value::Object(members) = at else { return };
    match (new, probe) {
        (Some(new), Probe::Add) => {
            members.entry(last.clone()).or_insert(new);
        }
        (Some(new), _) => {
            members.insert(last.clone(), new);
        }
        (None, Probe::Remove) => {
            members.remove(last);
        }
        (None, _) => {}
    }
}
