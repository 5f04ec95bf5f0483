//! What checking one tool's arguments costs, and how much it may.
//!
//! A schema is its server's, the arguments are their caller's, and together they choose what a check
//! costs. Few arguments cost little whatever they are: that is known without looking at them. Of
//! others the steps are counted, value by value, before the check takes them, and a call that would
//! take too many is refused and told why. Deliberately absent: a clock; the same call always comes
//! to the same.

use std::collections::BTreeMap;

use jsonschema::Draft;
use serde_json::Value;

use super::convert::At;
use super::cost::{Count, Group};
use super::pattern::{Pattern, STEPS_PER_VISIT};
use super::views::Document;
use super::{ArgumentFault, MappingFault};

/// Most steps of one check: less than half a second of one processor at worst, and far beyond what
/// real arguments of real tools take, megabytes of them included.
pub const STEPS_MAX: u64 = 100_000_000;

/// Steps that are too few to count, and to have a call wait for.
pub const STEPS_FEW: u64 = 1_000_000;

/// Steps for each value that becomes an engine's: it is allocated, typed and validated.
pub const STEPS_PER_VALUE: u64 = 300;

/// Most values of arguments that become an engine's.
pub(super) const VALUES_MAX: usize = 300_000;

/// What reading a pattern costs.
const PATTERN_STEPS: u64 = 200_000;

/// What a fault says of arguments that cost too much.
pub(super) const COSTLY: &str =
    "takes more steps to check against the tool's schema than one call may: send less";

/// What a fault says of arguments that an engine would take too long to read.
pub(super) const MANY: &str = "holds more values than one call may: send fewer at a time";

/// What a fault says of a text.
pub(super) const LONG: &str = "is too long for a pattern that the tool declares";

/// The cost of one schema.
#[derive(Debug)]
pub(super) struct Budget {
    schema: Value,
    draft: Draft,
    nodes: usize,
    steps_per_byte: u64,
    /// How often parts of a value are checked again, for the alternatives that they take.
    again: u64,
}

impl Budget {
    pub(super) const fn new(
        schema: Value,
        draft: Draft,
        nodes: usize,
        steps_per_byte: u64,
        again: u64,
    ) -> Self {
        Self {
            schema,
            draft,
            nodes,
            steps_per_byte,
            again,
        }
    }

    /// Most steps that a check of so many bytes could take.
    pub(super) fn steps(&self, bytes: usize) -> u64 {
        let steps = self.steps_per_byte.saturating_mul(self.again);
        steps.saturating_mul(bytes as u64)
    }

    /// The steps that a check of this value takes at most, read from a text of so many bytes.
    ///
    /// # Errors
    /// They are more than a check may take.
    pub(super) fn spend(&self, value: &Value, bytes: usize) -> Result<u64, ArgumentFault> {
        let most = self.steps(bytes);
        if most <= STEPS_FEW {
            return Ok(most);
        }
        let document = Document {
            root: &self.schema,
            draft: self.draft,
        };
        let mut meter = Meter {
            count: Count::new(document, self.nodes),
            patterns: BTreeMap::new(),
            steps_max: STEPS_MAX / self.again.max(1),
            steps: 0,
        };
        meter.value(value, &vec![(&self.schema, 1)], &At(None, ""))?;
        Ok(meter.steps.saturating_mul(self.again))
    }
}

/// Counts the steps of one check.
struct Meter<'a> {
    count: Count<'a>,
    patterns: BTreeMap<&'a str, Pattern>,
    steps_max: u64,
    steps: u64,
}

impl<'a> Meter<'a> {
    fn take(&mut self, steps: u64, at: &At<'_>) -> Result<(), ArgumentFault> {
        self.steps = self.steps.saturating_add(steps);
        match self.steps > self.steps_max {
            true => Err(at.fault(COSTLY)),
            false => Ok(()),
        }
    }

    /// Counts a value and all that is in it, and says how many values and bytes that is.
    fn value(
        &mut self,
        value: &Value,
        group: &Group<'a>,
        at: &At<'_>,
    ) -> Result<u64, ArgumentFault> {
        self.own(value, group, at)?;
        let size = match value {
            Value::String(text) => text.len() as u64,
            Value::Array(items) => self.items(items, group, at)?,
            Value::Object(members) => {
                let mut size = 0;
                for (name, value) in members {
                    let at = At(Some(at), name);
                    size += name.len() as u64 + self.member(name, value, group, &at)?;
                }
                size
            }
            _ => 0,
        };
        Ok(size + 1)
    }

    fn items(
        &mut self,
        items: &[Value],
        group: &Group<'a>,
        at: &At<'_>,
    ) -> Result<u64, ArgumentFault> {
        let mut size = 0;
        for (place, item) in items.iter().enumerate() {
            let place = place.to_string();
            let mut below = Vec::new();
            for (schema, times) in group {
                let meeting = self.meeting(schema, at)?;
                let more = meeting.items.of(&place).iter();
                below.extend(more.map(|(schema, more)| (*schema, times.saturating_mul(*more))));
            }
            size += self.value(item, &below, &At(Some(at), &place))?;
        }
        let mut unique = 0_u64;
        for (schema, times) in group {
            let often = self.meeting(schema, at)?.own.unique;
            unique = unique.saturating_add(often.saturating_mul(*times));
        }
        self.take(unique.saturating_mul(size), at)?;
        Ok(size)
    }

    fn member(
        &mut self,
        name: &str,
        value: &Value,
        group: &Group<'a>,
        at: &At<'_>,
    ) -> Result<u64, ArgumentFault> {
        let mut below = Vec::new();
        for (schema, times) in group {
            let meeting = self.meeting(schema, at)?;
            for (pattern, more) in &meeting.own.names {
                self.pattern(pattern, name, times.saturating_mul(*more), at)?;
            }
            let more = |group: &Group<'a>| -> Group<'a> {
                let each = group.iter();
                each.map(|(schema, more)| (*schema, times.saturating_mul(*more)))
                    .collect()
            };
            let names = more(&meeting.names);
            if !names.is_empty() {
                self.own(&Value::from(name), &names, at)?;
            }
            below.extend(more(meeting.members.of(name)));
        }
        self.value(value, &below, at)
    }

    /// What the value itself costs.
    fn own(&mut self, value: &Value, group: &Group<'a>, at: &At<'_>) -> Result<(), ArgumentFault> {
        self.take(1, at)?;
        for (schema, times) in group {
            let meeting = self.meeting(schema, at)?;
            let own = &meeting.own;
            let more = match value {
                Value::Object(_) => own.object,
                Value::String(text) => own.byte.saturating_mul(text.len() as u64),
                _ => 0,
            };
            self.take(own.each.saturating_add(more).saturating_mul(*times), at)?;
            if let Value::String(text) = value {
                for (pattern, more) in &own.texts {
                    self.pattern(pattern, text, times.saturating_mul(*more), at)?;
                }
            }
        }
        Ok(())
    }

    fn pattern(
        &mut self,
        pattern: &'a str,
        text: &str,
        times: u64,
        at: &At<'_>,
    ) -> Result<(), ArgumentFault> {
        if !self.patterns.contains_key(pattern) {
            self.take(PATTERN_STEPS, at)?;
            self.patterns.insert(pattern, Pattern::read(pattern));
        }
        let Some(known) = self.patterns.get_mut(pattern) else {
            return Ok(());
        };
        let left = self.steps_max.saturating_sub(self.steps);
        let (steps, states) = (known.steps(text, left), known.states);
        let most = self.steps_max / (STEPS_PER_VISIT * states.max(1)) / times.max(1);
        let taken = self.take(steps.saturating_mul(times), at);
        taken.map_err(|fault| match text.len() as u64 > most {
            true => at.fault(LONG).bounded(text.len(), most),
            false => fault,
        })
    }

    fn meeting(
        &mut self,
        schema: &'a Value,
        at: &At<'_>,
    ) -> Result<std::rc::Rc<super::cost::Meeting<'a>>, ArgumentFault> {
        let meeting = self.count.meeting(schema);
        meeting.map_err(|_: MappingFault| at.fault(COSTLY))
    }
}
