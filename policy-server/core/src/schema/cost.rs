//! How much looking one argument may cost while it is checked, counted before any value is there.
//!
//! A check walks the schema beside the value. Where several branches each go down into the same
//! part of the value, the walk doubles with every level, and a small schema holds the server for
//! years. So the walks are counted before any value is there, and what each of them costs at one
//! byte; [`super::meter`] counts again what real arguments cost, when that is much. Deliberately
//! absent: exactness; a keyword that may apply is counted as if it did.

use std::collections::BTreeMap;
use std::rc::Rc;

use portcullis_protocol::limits::JSON_DEPTH_MAX;
use serde_json::{Map, Value};

use super::MappingFault;
use super::own::Own;
use super::views::Document;

/// Most looks at one value and what is in it, along any way down.
const LOOKS_MAX: u64 = 20_000;

/// Most schemas that apply to one value, each way to them counted.
const TOGETHER_MAX: u64 = 1_000;

/// Longest way through `$ref`, `allOf` and their like at one value.
const WAY_MAX: usize = 32;

/// Steps that the count of any schema may take: what a server may list is bounded in its bytes, so
/// a small schema must not take long to count.
const STEPS_MIN: usize = 30_000;

/// Further steps of the count for each value in the schema.
const STEPS_PER_NODE: usize = 100;

/// The steps that checking takes for each byte of arguments, at most. Refuses a schema that could
/// have one byte looked at too often.
pub(super) fn steps_per_byte(document: Document<'_>, nodes: usize) -> Result<u64, MappingFault> {
    let mut count = Count::new(document, nodes);
    let weight = count.weight(document.root, JSON_DEPTH_MAX)?;
    match weight.looks > LOOKS_MAX {
        true => Err(TOO_LONG),
        false => Ok(weight.steps.max(1)),
    }
}

const TOO_LONG: MappingFault = MappingFault::TooLarge("could take too long to check");

/// Schemas that apply together to one value below, and how often each is asked.
pub(super) type Group<'a> = Vec<(&'a Value, u64)>;

/// What one value meets: what that costs, and the groups for the values in it.
#[derive(Default)]
pub(super) struct Meeting<'a> {
    pub(super) own: Own<'a>,
    pub(super) members: Groups<'a>,
    pub(super) items: Groups<'a>,
    /// What the names of members meet.
    pub(super) names: Group<'a>,
}

/// The groups for the values in an object or array: by name or place, and for all others.
#[derive(Default)]
pub(super) struct Groups<'a> {
    named: BTreeMap<String, Group<'a>>,
    others: Group<'a>,
}

impl<'a> Groups<'a> {
    /// What the value of this name or place meets.
    pub(super) fn of(&self, name: &str) -> &Group<'a> {
        self.named.get(name).unwrap_or(&self.others)
    }
}

/// What one byte can cost along any way down: looks, and steps.
#[derive(Clone, Copy, Default)]
struct Weight {
    looks: u64,
    steps: u64,
}

/// How often a schema is asked of one value, and how often it is asked again what it has looked at.
#[derive(Clone, Copy)]
struct Times {
    asked: u64,
    marked: u64,
}

impl Times {
    /// The same of a schema below this one at the same value. What `unevaluated…` leaves over is
    /// found by asking each alternative again, on every level of them.
    fn below(self, schema: &Map<String, Value>, alternative: Alternative) -> Self {
        let asked = match alternative {
            Alternative::No => self.asked,
            Alternative::Yes => self.asked.saturating_add(self.marked),
        };
        let marks = ["unevaluatedProperties", "unevaluatedItems"];
        let marks = marks.iter().filter(|name| schema.contains_key(**name));
        let again = asked.saturating_mul(marks.count() as u64);
        Self {
            asked,
            marked: self.marked.saturating_add(again),
        }
    }
}

/// Whether a schema may apply or always does.
#[derive(Clone, Copy)]
enum Alternative {
    Yes,
    No,
}

/// A schema that applies to a value.
struct Met<'a> {
    members: &'a Map<String, Value>,
    times: Times,
}

/// Counts the walks of one schema.
pub(super) struct Count<'a> {
    document: Document<'a>,
    known: BTreeMap<usize, Rc<Meeting<'a>>>,
    weights: BTreeMap<(usize, usize), Weight>,
    steps_left: usize,
}

fn key(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

impl<'a> Count<'a> {
    pub(super) const fn new(document: Document<'a>, nodes: usize) -> Self {
        Self {
            document,
            known: BTreeMap::new(),
            weights: BTreeMap::new(),
            steps_left: STEPS_MIN + STEPS_PER_NODE * nodes,
        }
    }

    fn weight(&mut self, schema: &'a Value, depth: usize) -> Result<Weight, MappingFault> {
        if let Some(weight) = self.weights.get(&(key(schema), depth)) {
            return Ok(*weight);
        }
        let meeting = self.meeting(schema)?;
        let sides = [&meeting.members, &meeting.items];
        let named = sides.into_iter().flat_map(|side| side.named.values());
        let others = [
            &meeting.members.others,
            &meeting.items.others,
            &meeting.names,
        ];
        let mut most = Weight::default();
        for group in named.chain(others).filter(|_| depth > 0) {
            let mut sum = Weight::default();
            for (schema, times) in group {
                self.step(1)?;
                let below = self.weight(schema, depth - 1)?;
                let add = |sum: u64, below: u64| sum.saturating_add(below.saturating_mul(*times));
                sum = Weight {
                    looks: add(sum.looks, below.looks),
                    steps: add(sum.steps, below.steps),
                };
            }
            most.looks = most.looks.max(sum.looks);
            most.steps = most.steps.max(sum.steps);
        }
        let weight = Weight {
            looks: most.looks.saturating_add(meeting.own.asked),
            steps: most.steps.saturating_add(meeting.own.steps_per_byte()),
        };
        self.weights.insert((key(schema), depth), weight);
        Ok(weight)
    }

    fn step(&mut self, steps: usize) -> Result<(), MappingFault> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(TOO_LONG)?;
        Ok(())
    }

    /// What a value meets to which a schema applies.
    pub(super) fn meeting(&mut self, schema: &'a Value) -> Result<Rc<Meeting<'a>>, MappingFault> {
        if let Some(known) = self.known.get(&key(schema)) {
            return Ok(Rc::clone(known));
        }
        let mut met = Vec::new();
        let times = Times {
            asked: 1,
            marked: 0,
        };
        self.meet(schema, &mut met, times, Alternative::No, 0)?;
        let asked = met.iter().map(|met: &Met<'_>| met.times.asked);
        if asked.fold(0, u64::saturating_add) > TOGETHER_MAX {
            return Err(TOO_LONG);
        }
        let mut meeting = Meeting::default();
        for met in &met {
            let times = met.times.asked.saturating_add(met.times.marked);
            meeting.own.add(met.members, met.times.asked, times);
            let names = some(met.members, &["propertyNames"]);
            meeting
                .names
                .extend(names.into_iter().map(|schema| (schema, met.times.asked)));
        }
        meeting.members = self.groups(&met, object_side)?;
        meeting.items = self.groups(&met, array_side)?;
        let meeting = Rc::new(meeting);
        self.known.insert(key(schema), Rc::clone(&meeting));
        Ok(meeting)
    }

    /// Everything that applies to the value itself.
    fn meet(
        &mut self,
        schema: &'a Value,
        met: &mut Vec<Met<'a>>,
        times: Times,
        alternative: Alternative,
        way: usize,
    ) -> Result<(), MappingFault> {
        let Some(members) = schema.as_object() else {
            return Ok(());
        };
        if way > WAY_MAX || met.len() as u64 >= TOGETHER_MAX {
            return Err(TOO_LONG);
        }
        self.step(1)?;
        let times = times.below(members, alternative);
        met.push(Met { members, times });
        for reference in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let reference = members.get(reference).and_then(Value::as_str);
            if let Some(target) = reference.and_then(|to| self.document.resolved(to)) {
                self.meet(target, met, times, Alternative::No, way + 1)?;
            }
        }
        for schema in all(members, "allOf") {
            self.meet(schema, met, times, Alternative::No, way + 1)?;
        }
        let alternatives = some(members, &["not", "if", "then", "else"]).into_iter();
        let several = ["anyOf", "oneOf", "dependentSchemas", "dependencies"];
        let several = several
            .into_iter()
            .flat_map(|keyword| all(members, keyword));
        for schema in alternatives.chain(several) {
            self.meet(schema, met, times, Alternative::Yes, way + 1)?;
        }
        Ok(())
    }

    /// One group for every name that some schema treats apart, and one for all others.
    fn groups(&mut self, met: &[Met<'a>], side: Side) -> Result<Groups<'a>, MappingFault> {
        let sides: Vec<Below<'a>> = met.iter().map(|met| side(met)).collect();
        self.step(sides.iter().map(|below| below.named.len() + 1).sum())?;
        let always = sides.iter().flat_map(|below| below.always.iter().copied());
        let always: Group<'a> = always.collect();
        let mut names: Vec<&str> = sides
            .iter()
            .flat_map(|below| below.named.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut groups = Groups {
            named: BTreeMap::new(),
            others: sides
                .iter()
                .flat_map(|below| below.others.iter().copied())
                .collect(),
        };
        groups.others.extend(&always);
        for name in names {
            self.step(sides.len() + always.len())?;
            let apply = |below: &Below<'a>| {
                let named = below.named.get(name).copied();
                named.map_or_else(|| below.others.clone(), |schema| vec![schema])
            };
            let mut group: Group<'a> = sides.iter().flat_map(apply).collect();
            group.extend(&always);
            groups.named.insert(name.to_owned(), group);
        }
        Ok(groups)
    }
}

/// What one schema applies to the values in an object or array.
#[derive(Default)]
struct Below<'a> {
    named: BTreeMap<String, (&'a Value, u64)>,
    others: Group<'a>,
    always: Group<'a>,
}

type Side = for<'m, 'a> fn(&'m Met<'a>) -> Below<'a>;

fn object_side<'a>(met: &Met<'a>) -> Below<'a> {
    let schema = met.members;
    let named = schema.get("properties").and_then(Value::as_object);
    let named = named.into_iter().flatten();
    let times = |schema| (schema, met.times.asked);
    Below {
        named: named
            .map(|(name, schema)| (name.clone(), times(schema)))
            .collect(),
        others: some(schema, &["additionalProperties", "unevaluatedProperties"])
            .into_iter()
            .map(times)
            .collect(),
        always: all(schema, "patternProperties").map(times).collect(),
    }
}

fn array_side<'a>(met: &Met<'a>) -> Below<'a> {
    let schema = met.members;
    let listed = schema.get("items").is_some_and(Value::is_array);
    let places = all(schema, if listed { "items" } else { "prefixItems" }).enumerate();
    let others: &[&str] = if listed {
        &["additionalItems", "unevaluatedItems"]
    } else {
        &["items", "unevaluatedItems"]
    };
    let times = |schema| (schema, met.times.asked);
    // What `contains` has found counts as looked at, so it is asked again for that too.
    let again = met.times.asked.saturating_add(met.times.marked);
    Below {
        named: places
            .map(|(at, schema)| (at.to_string(), times(schema)))
            .collect(),
        others: some(schema, others).into_iter().map(times).collect(),
        always: some(schema, &["contains"])
            .into_iter()
            .map(|schema| (schema, again))
            .collect(),
    }
}

fn some<'a>(schema: &'a Map<String, Value>, keywords: &[&str]) -> Vec<&'a Value> {
    keywords
        .iter()
        .filter_map(|keyword| schema.get(*keyword))
        .collect()
}

/// The members of a keyword that holds several schemas.
pub(super) fn all<'a>(
    schema: &'a Map<String, Value>,
    keyword: &str,
) -> Box<dyn Iterator<Item = &'a Value> + 'a> {
    match schema.get(keyword) {
        Some(Value::Array(schemas)) => Box::new(schemas.iter()),
        Some(Value::Object(schemas)) => Box::new(schemas.values()),
        _ => Box::new(std::iter::empty()),
    }
}
