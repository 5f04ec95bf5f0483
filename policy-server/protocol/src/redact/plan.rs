//! What is to become of findings in one message: the rules' modes, and what policy reveals.

use serde::{Deserialize, Serialize};

use super::{Class, Known, MarkKey, RuleId, Rules, Sealing};

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A placeholder takes its place.
    #[default]
    Redact,
    /// The whole message goes nowhere.
    Block,
    /// It goes through and is reported.
    Detect,
    /// A handle takes its place; see [`super::HandleKey`].
    Tokenize,
}

/// What becomes of what an agent sends where secrets in it would be replaced. A server would take what
/// stands in their place for the values themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Requests {
    /// The message goes nowhere.
    #[default]
    Refuse,
    /// It goes, with placeholders.
    Redact,
}

/// A secret that is known by its value: wherever it stands in the message, it is one.
#[derive(Clone)]
pub struct Literal {
    /// The value.
    pub value: String,
    /// The rule by which it was found first.
    pub rule: RuleId,
}

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Literal({} bytes)", self.value.len())
    }
}

/// What is to become of findings in one message.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What becomes of a message in which something would be replaced. An answer always goes.
    pub requests: Requests,
    /// Classes that policy reveals in this direction.
    pub reveal: &'a [Class],
    /// JSON pointers of fields that the tool's schema marks as secret, below `params/arguments` or
    /// `result/structuredContent`; `*` stands for any one step.
    pub marked: &'a [String],
    /// Secrets known by value.
    pub literals: &'a Known,
    /// The key of marks.
    pub marks: &'a MarkKey,
    /// How to make handles; without it what would be one becomes a placeholder.
    pub sealing: Option<&'a Sealing<'a>>,
}

/// What becomes of one finding under a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// As the mode of its class says.
    Mode(Mode),
    /// Nothing: policy reveals its class.
    Reveal,
}

impl Plan<'_> {
    pub(super) fn treatment(&self, rule: RuleId) -> Treatment {
        let class = &self.rules.rule(rule).class;
        if self.reveal.contains(class) {
            return Treatment::Reveal;
        }
        let mode = self.rules.mode(class);
        let replaces = matches!(mode, Mode::Redact | Mode::Tokenize);
        Treatment::Mode(match (mode, self.sealing) {
            _ if replaces && self.requests == Requests::Refuse => Mode::Block,
            (Mode::Tokenize, None) => Mode::Redact,
            (mode, _) => mode,
        })
    }
}
