//! The rules, compiled: built-in and own ones in one table, and one automaton over their anchors.
//!
//! The table holds the formats first, then what is known by context, personal data, own rules, and
//! two rules that have no detector: fields that a schema marks, and layers too deep to look into.

mod own;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use super::anchors::{Anchor, Anchors, Case};
use super::context::{self, CONTEXTUAL};
use super::format::FORMATS;
use super::innocent::is_innocent;
use super::personal::{self, PERSONAL};
use super::{Class, Mode, RawRules, keys, look};
use own::{OwnFormat, normal};

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

/// Where the parts of the table begin.
const CONTEXTUAL_AT: usize = FORMATS.len();
const PERSONAL_AT: usize = CONTEXTUAL_AT + CONTEXTUAL.len();
const MARKED_AT: usize = PERSONAL_AT + PERSONAL.len();
const ENCODED_AT: usize = MARKED_AT + 1;
const OWN_AT: usize = ENCODED_AT + 1;

#[allow(
    clippy::cast_possible_truncation,
    reason = "the table holds some hundred rules, and own ones are bounded"
)]
const fn id_at(place: usize) -> RuleId {
    RuleId(place as u16)
}

/// A field that the tool's schema marks as secret.
pub(super) const MARKED: RuleId = id_at(MARKED_AT);
/// Layers of encoding that are too many to look into.
pub(super) const ENCODED: RuleId = id_at(ENCODED_AT);

fn built_in() -> Vec<Rule> {
    let rule = |id: &'static str, class: &'static str| Rule {
        id: Cow::Borrowed(id),
        class: Class::built_in(class),
    };
    let formats = FORMATS.iter().map(|format| (format.id, format.class));
    let contextual = CONTEXTUAL.iter().map(|known| (known.id, known.class));
    let personal = PERSONAL
        .iter()
        .map(|personal| (personal.id, personal.class));
    let special = [
        ("marked-field", "secret.marked"),
        ("encoded", "secret.unknown"),
    ];
    let all = formats.chain(contextual).chain(personal).chain(special);
    all.map(|(id, class)| rule(id, class)).collect()
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
        let rules = Self::of(raw);
        let faults = rules.examples();
        if faults.is_empty() {
            Ok(rules)
        } else {
            Err(faults)
        }
    }

    fn of(raw: &RawRules) -> Self {
        let mut table = built_in();
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
            for example in rule.examples.iter().filter(|text| !finds(text)) {
                fault(format!("finds nothing in its example `{example}`"));
            }
            for example in rule.counterexamples.iter().filter(|text| finds(text)) {
                fault(format!("finds a secret in its counterexample `{example}`"));
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

    /// All rules, built-in ones first.
    #[must_use]
    pub fn table(&self) -> &[Rule] {
        &self.table
    }

    /// How many of [`Rules::table`] are built in.
    #[must_use]
    pub const fn built_in_count() -> usize {
        OWN_AT
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

    /// Calls `found` with what the anchors lead to in a plain text.
    pub(super) fn scan(&self, text: &str, found: &mut dyn FnMut(Range<usize>, RuleId)) {
        // Words inside a value that a word has led to lead nowhere: they are the value.
        let mut quiet = 0;
        self.anchors.scan(text.as_bytes(), |at, anchor| {
            let (span, rule) = match *self.targets.get(anchor)? {
                Target::Format(place) => {
                    let span = FORMATS.get(place)?.check(text, at)?;
                    (span, id_at(place))
                }
                Target::Own(place) => {
                    let format = self.own.get(place)?;
                    (format.check(text, at)?, format.rule)
                }
                Target::Word(word) => {
                    if at < quiet {
                        return None;
                    }
                    let (span, rule) = context::beside(text, at, word)?;
                    quiet = span.end;
                    found(span, id_at(CONTEXTUAL_AT + rule));
                    return None;
                }
            };
            let end = span.end;
            found(span, rule);
            Some(end)
        });
        for which in &self.personal {
            let rule = id_at(PERSONAL_AT + which);
            personal::find(*which, text, &mut |span| found(span, rule));
        }
    }

    /// The rule that a key calls for.
    pub(super) fn key(&self, key: &str) -> Option<KeyRule> {
        if !self.keys.is_empty() || !self.allowed_keys.is_empty() {
            let key = normal(key);
            if self.allowed_keys.contains(&key) {
                return None;
            }
            if let Some(rule) = self.keys.get(&key) {
                return Some(KeyRule::Own(*rule));
            }
        }
        keys::rule_of_key(key).map(KeyRule::BuiltIn)
    }

    /// The secret in the string under a key that calls for a rule.
    pub(super) fn under(&self, key: KeyRule, value: &str) -> Option<(Range<usize>, RuleId)> {
        match key {
            KeyRule::Own(rule) => (!value.is_empty()).then_some((0..value.len(), rule)),
            KeyRule::BuiltIn(rule) => {
                let span = keys::secret_in(rule, value)?;
                Some((span, id_at(CONTEXTUAL_AT + rule)))
            }
        }
    }

    /// Whether a value is no secret after all.
    pub(super) fn is_allowed(&self, value: &str) -> bool {
        self.allowed_values.contains(value) || is_innocent(value)
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
