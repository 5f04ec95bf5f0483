//! The rules, compiled: built-in and own ones in one table, and one automaton over their anchors.

mod detect;
mod own;
mod sound;
mod table;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::anchors::{Anchor, Anchors, Case};
use super::format::FORMATS;
use super::personal::PERSONAL;
use super::{Class, Mode, RawRules, context, look};
use own::{OwnFormat, normal};
use table::{CONTEXTUAL_AT, OWN_AT, id_at};

pub(super) use table::{ENCODED, JWK, MARKED};

pub use table::{BuiltIn, Detector, built_in};

/// A rule by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(u16);

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, which placeholders show.
    pub id: Cow<'static, str>,
    /// The class of what it finds.
    pub class: Class,
}

/// The rules, compiled. Making them costs about a millisecond; they are made once and shared.
#[derive(Debug)]
pub struct Rules {
    raw: RawRules,
    table: Vec<Rule>,
    anchors: Anchors,
    /// What stands behind each anchor.
    targets: Vec<Target>,
    own: Vec<OwnFormat>,
    keys: HashMap<String, RuleId>,
    allowed_keys: HashSet<String>,
    allowed_values: HashSet<String>,
    /// Personal data that is looked for.
    personal: Vec<usize>,
}

/// What an anchor begins.
#[derive(Clone, Copy, Debug)]
enum Target {
    Format(usize),
    Word(usize),
    Own(usize),
}

/// Why rules were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    /// The rule that is wrong, when it is one.
    pub rule: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "rule `{rule}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for RulesError {}

fn none(errors: Vec<RulesError>) -> Result<(), Vec<RulesError>> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}

impl Rules {
    /// The built-in rules alone, in mode `redact`.
    #[must_use]
    pub fn built_in() -> Self {
        Self::of(&RawRules::default())
    }

    /// Compiles rules.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn compile(raw: &RawRules) -> Result<Self, Vec<RulesError>> {
        none(sound::faults(raw, &built_in()))?;
        let rules = Self::of(raw);
        none(rules.examples())?;
        Ok(rules)
    }

    fn of(raw: &RawRules) -> Self {
        let mut table: Vec<Rule> = built_in().into_iter().map(Rule::from).collect();
        let mut anchors = Vec::new();
        let mut targets = Vec::new();
        for (place, format) in FORMATS.iter().enumerate() {
            anchors.extend(format.prefixes.iter().map(|text| exact(text)));
            targets.resize(anchors.len(), Target::Format(place));
        }
        for (place, word) in context::WORDS.iter().enumerate() {
            anchors.push(Anchor {
                text: word,
                case: Case::Ignored,
            });
            targets.push(Target::Word(place));
        }
        let mut own = Vec::new();
        let mut keys = HashMap::new();
        for rule in &raw.rules {
            let id = id_at(table.len());
            table.push(Rule {
                id: Cow::Owned(rule.id.clone()),
                class: rule.class.clone(),
            });
            keys.extend(rule.keys.iter().map(|key| (normal(key), id)));
            for prefix in &rule.prefixes {
                anchors.push(exact(prefix));
                targets.push(Target::Own(own.len()));
                own.push(OwnFormat::new(id, prefix, rule));
            }
        }
        let named =
            |class: &str| Class::parse(class).is_some_and(|class| raw.classes.contains_key(&class));
        Self {
            table,
            anchors: Anchors::new(&anchors),
            targets,
            own,
            keys,
            allowed_keys: raw.allow.keys.iter().map(|key| normal(key)).collect(),
            allowed_values: raw.allow.values.iter().cloned().collect(),
            personal: (0..)
                .zip(PERSONAL)
                .filter(|(_, personal)| named(personal.class))
                .map(|(place, _)| place)
                .collect(),
            raw: raw.clone(),
        }
    }

    /// What the own rules' examples show to be wrong.
    fn examples(&self) -> Vec<RulesError> {
        let mut faults = Vec::new();
        for (rule, id) in self.raw.rules.iter().zip((OWN_AT..).map(id_at)) {
            let finds = |text: &String| {
                let found = look::found_in(self, text);
                found.iter().any(|found| found.rule == id)
            };
            let mut fault = |message: String| {
                faults.push(RulesError {
                    rule: Some(rule.id.clone()),
                    message,
                });
            };
            for (index, text) in rule.examples.iter().enumerate() {
                if !finds(text) {
                    fault(format!("`examples[{index}]`: the rule finds nothing in it"));
                }
            }
            for (index, text) in rule.counterexamples.iter().enumerate() {
                if finds(text) {
                    fault(format!(
                        "`counterexamples[{index}]`: the rule finds something in it"
                    ));
                }
            }
        }
        faults
    }

    /// The rules as they were written.
    #[must_use]
    pub const fn raw(&self) -> &RawRules {
        &self.raw
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule {
        const NONE: &Rule = &Rule {
            id: Cow::Borrowed("unknown"),
            class: Class::built_in("secret.unknown"),
        };
        self.table.get(usize::from(id.0)).unwrap_or(NONE)
    }

    /// The rule of this name.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<RuleId> {
        let place = self.table.iter().position(|rule| rule.id == id)?;
        u16::try_from(place).ok().map(RuleId)
    }

    /// All classes, sorted, each once: what `reveal` can be asked about.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<Class> = self.table.iter().map(|rule| rule.class.clone()).collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// What becomes of findings of a class.
    #[must_use]
    pub fn mode(&self, class: &Class) -> Mode {
        let named = self.raw.classes.get(class).copied();
        named.unwrap_or(self.raw.mode)
    }

    /// A plain text with every secret replaced by its placeholder, whatever the modes say: for
    /// logs and errors.
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        look::clean(self, text)
    }
}

/// What a key calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyRule {
    /// A rule of `CONTEXTUAL`, by its index.
    BuiltIn(usize),
    /// An own rule.
    Own(RuleId),
}

impl RuleId {
    /// Whether it knows its secrets by their look, which is surer than what stands beside them.
    pub(super) fn is_format(self) -> bool {
        let place = usize::from(self.0);
        !(CONTEXTUAL_AT..OWN_AT).contains(&place)
    }
}

const fn exact(text: &str) -> Anchor<'_> {
    Anchor {
        text,
        case: Case::Exact,
    }
}
