//! What the measuring programs say, a line each.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Failure;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// The engine on one message.
    Engine(Engine),
    /// The way back through the real module.
    Response(Response),
    /// Memory of the real module.
    Memory(Memory),
    /// Start-up of the real module.
    Start(Start),
    /// Compiling the rules.
    Rules(Rules),
}

/// The engine on one message; times in microseconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Engine {
    pub(super) world: String,
    pub(super) case: String,
    /// How long the message is.
    pub(super) bytes: u64,
    /// The size that was asked for.
    pub(super) size: u64,
    pub(super) memchr_us: f64,
    pub(super) check_us: f64,
    pub(super) redact_us: f64,
    pub(super) check_redact_us: f64,
    pub(super) sha256_us: f64,
    pub(super) found: u64,
    pub(super) became: String,
}

/// The way back through the real module: head, body, and what the filter asks meanwhile.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) world: String,
    pub(super) part: String,
    pub(super) case: String,
    pub(super) bytes: u64,
    pub(super) size: u64,
    pub(super) response_us: f64,
    pub(super) became: String,
}

/// Memory of one VM after a step.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub(super) world: String,
    pub(super) part: String,
    pub(super) step: String,
    pub(super) bytes: u64,
}

/// Start-up of a first VM, and the least of later ones.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    pub(super) world: String,
    pub(super) part: String,
    pub(super) v8: String,
    pub(super) module_compile_ms: f64,
    pub(super) instantiate_ms: f64,
    pub(super) configure_ms: f64,
    pub(super) first_exchange_ms: f64,
    pub(super) later_instantiate_ms: f64,
    pub(super) later_configure_ms: f64,
    pub(super) later_first_exchange_ms: f64,
}

/// Compiling the built-in rules: the first time, and once the code is warm.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub(super) world: String,
    pub(super) compile_rules_first_us: f64,
    pub(super) compile_rules_us: f64,
}

impl Engine {
    /// Bytes a microsecond, which are megabytes a second.
    #[allow(clippy::cast_precision_loss, reason = "sizes of messages")]
    pub(super) fn mb_s(&self, us: f64) -> f64 {
        self.bytes as f64 / us
    }

    /// How many times longer redaction takes, a byte, than that of clean text of this size.
    pub(super) fn times_clean(&self, lines: &[Line]) -> Option<f64> {
        let clean = engines(lines, &self.world)
            .find(|line| line.case == "clean" && line.size == self.size)?;
        Some(clean.mb_s(clean.redact_us) / self.mb_s(self.redact_us))
    }

    /// The same for a message that is read first.
    pub(super) fn times_clean_read(&self, lines: &[Line]) -> Option<f64> {
        let clean = engines(lines, &self.world)
            .find(|line| line.case == "clean" && line.size == self.size)?;
        Some(clean.mb_s(clean.check_redact_us) / self.mb_s(self.check_redact_us))
    }
}

/// The engine's lines of one world.
pub(super) fn engines<'a>(lines: &'a [Line], world: &'a str) -> impl Iterator<Item = &'a Engine> {
    lines.iter().filter_map(move |line| match line {
        Line::Engine(engine) if engine.world == world => Some(engine),
        _ => None,
    })
}

impl Line {
    /// The line as JSON, with rates and ratios where it has any.
    pub(super) fn with_ratios(&self, lines: &[Self]) -> Result<Value, Failure> {
        let mut value = serde_json::to_value(self)?;
        if let (Self::Engine(row), Some(members)) = (self, value.as_object_mut()) {
            let more = json!({
                "redact_mb_s": row.mb_s(row.redact_us),
                "check_redact_mb_s": row.mb_s(row.check_redact_us),
                "redact_over_memchr": row.redact_us / row.memchr_us,
                "redact_over_check": row.redact_us / row.check_us,
                "redact_over_clean": row.times_clean(lines),
                "check_redact_over_clean": row.times_clean_read(lines),
            });
            members.extend(more.as_object().cloned().unwrap_or_default());
        }
        Ok(value)
    }
}
