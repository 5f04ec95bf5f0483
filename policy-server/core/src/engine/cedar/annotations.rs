//! The annotations of a policy: a closed vocabulary, because a misspelt one would be silently
//! without effect, and what each comes to.
//!
//! Annotations carry parameters only. That a gate holds a call back is its own `forbid`, which the
//! validator has seen.

use cedar_policy::{Effect, Policy};
use portcullis_protocol::names::Name;

use super::mentions::Mentions;
use super::nearest::nearest;
use crate::engine::{Gate, GrantScope, Ttl};
use crate::policies::Code;

/// The annotations that mean something. Any other is an error.
pub const ANNOTATIONS: [&str; 9] = [
    "id",
    "reason",
    "owner",
    "severity",
    "approval",
    "grant_ttl",
    "grant_scope",
    "mode",
    "doc",
];

/// Longest policy id, in bytes: ids go into every audit record.
pub const ID_BYTES_MAX: usize = 128;

/// Longest `@reason`, in bytes: it goes to the agent.
pub const REASON_BYTES_MAX: usize = 512;

/// Most groups of one gate.
const GROUPS_MAX: usize = 16;

/// What a policy's annotations come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Whether it is enforced.
    pub(super) mode: Mode,
    /// Its parameters, when it is a gate.
    pub(super) gate: Option<Gate>,
    /// The sentence for the agent.
    pub(super) reason: Option<String>,
}

/// Whether a policy is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is.
    Enforce,
    /// It is evaluated and recorded, no more.
    Shadow,
}

/// Something wrong with an annotation, and what to do about it.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) code: Code,
    /// The annotation, unless it is the conditions that are wrong.
    pub(super) annotation: Option<String>,
    pub(super) message: String,
    pub(super) help: String,
}

impl Wrong {
    fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            annotation: None,
            message: message.into(),
            help: help.into(),
        }
    }

    fn value(annotation: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Code::BadAnnotation, message, help).on(annotation)
    }

    fn on(self, annotation: &str) -> Self {
        Self {
            annotation: Some(annotation.to_owned()),
            ..self
        }
    }
}

/// Reads a policy's annotations; `id` is the id that it goes by.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn read(policy: &Policy, id: &str, mentions: &Mentions) -> Result<Meaning, Vec<Wrong>> {
    let mut wrong: Vec<Wrong> = policy
        .annotations()
        .filter_map(|(k, v)| check(k, v))
        .collect();
    let mode = match policy.annotation("mode") {
        Some("shadow") => Mode::Shadow,
        _ => Mode::Enforce,
    };
    let reason = policy.annotation("reason").map(str::to_owned);
    let gate = match policy.annotation("approval") {
        Some(groups) => gate(policy, id, groups, mentions, &mut wrong),
        None => {
            wrong.extend(lonely(policy));
            wrong.extend(approval_outside_a_gate(mentions));
            None
        }
    };
    match wrong.is_empty() {
        true => Ok(Meaning { mode, gate, reason }),
        false => Err(wrong),
    }
}

/// What is wrong with one annotation in itself.
fn check(name: &str, value: &str) -> Option<Wrong> {
    let visible = !value.chars().any(char::is_control) && !value.is_empty();
    match name {
        "id" if !visible || value.len() > ID_BYTES_MAX => Some(Wrong::value(
            "id",
            "the `@id` is empty, too long or holds control characters",
            "an id is 1 to 128 bytes of visible text",
        )),
        "reason" if !visible || value.len() > REASON_BYTES_MAX => Some(Wrong::value(
            "reason",
            "the `@reason` is empty, too long or holds control characters",
            "a reason is 1 to 512 bytes of visible text, and the agent reads it",
        )),
        "mode" if !matches!(value, "enforce" | "shadow") => Some(Wrong::value(
            "mode",
            format!("there is no `@mode(\"{}\")`", value.escape_debug()),
            "write `@mode(\"shadow\")` to record what the policy would do, or leave it out",
        )),
        _ if ANNOTATIONS.contains(&name) => None,
        _ => Some(unknown(name)),
    }
}

fn unknown(name: &str) -> Wrong {
    let all: Vec<String> = ANNOTATIONS
        .iter()
        .map(|known| format!("@{known}"))
        .collect();
    let help = match nearest(name, ANNOTATIONS) {
        Some(best) => format!(
            "did you mean `@{best}`? The known ones are {}",
            all.join(", ")
        ),
        None => format!("the known ones are {}", all.join(", ")),
    };
    Wrong::new(
        Code::UnknownAnnotation,
        format!("unknown annotation `@{name}`"),
        help,
    )
    .on(name)
}

/// A gate's parameters, when it is one that an approval can open.
fn gate(
    policy: &Policy,
    id: &str,
    groups: &str,
    mentions: &Mentions,
    wrong: &mut Vec<Wrong>,
) -> Option<Gate> {
    if policy.effect() != Effect::Forbid || !mentions.opens_on_approval() {
        wrong.push(
            Wrong::new(
                Code::GateShape,
                "a gate is a `forbid` with an `unless` that asks for `context.approval`",
                "write `forbid (…) unless { context has approval && \
             context.approval.groups.contains(Mcp::Role::\"group\") && \
             context.now < context.approval.expires && \
             context.approval.args_digest == context.args_digest }`",
            )
            .on("approval"),
        );
    }
    let groups = groups_of(groups);
    if groups.is_none() {
        wrong.push(Wrong::value(
            "approval",
            "the `@approval` names no group that can say yes",
            "write 1 to 16 groups: `@approval(\"finance-approvers, on-call\")`",
        ));
    }
    let ttl = policy.annotation("grant_ttl");
    let scope = policy.annotation("grant_scope");
    if ttl.is_some_and(|ttl| Ttl::parse(ttl).is_none()) {
        wrong.push(Wrong::value(
            "grant_ttl",
            "the `@grant_ttl` is no duration, or longer than a week",
            "write hours, minutes and seconds: `@grant_ttl(\"PT15M\")`",
        ));
    }
    if scope.is_some_and(|scope| GrantScope::parse(scope).is_none()) {
        wrong.push(Wrong::value(
            "grant_scope",
            "the `@grant_scope` is unknown",
            "an approval covers `exact` arguments, a `tool`, or a `session`",
        ));
    }
    Some(Gate {
        id: id.to_owned(),
        groups: groups?,
        ttl: ttl.and_then(Ttl::parse),
        scope: scope.and_then(GrantScope::parse).unwrap_or_default(),
        reason: policy.annotation("reason").map(str::to_owned),
    })
}

/// Group names, sorted and each once.
fn groups_of(text: &str) -> Option<Vec<String>> {
    let mut groups = Vec::new();
    for group in text.split(',') {
        groups.push(Name::parse(group.trim()).ok()?.as_str().to_owned());
    }
    groups.sort();
    groups.dedup();
    (groups.len() <= GROUPS_MAX).then_some(groups)
}

/// Parameters of a gate on a policy that is none.
fn lonely(policy: &Policy) -> Option<Wrong> {
    let lonely = ["grant_ttl", "grant_scope"]
        .into_iter()
        .find(|name| policy.annotation(name).is_some())?;
    let wrong = Wrong::new(
        Code::StrayAnnotation,
        format!("`@{lonely}` means nothing without `@approval`"),
        "add `@approval(\"group\")` to a gate, or leave it out",
    );
    Some(wrong.on(lonely))
}

/// An approval read where nobody is asked for one: on a permit it would open a door of its own.
fn approval_outside_a_gate(mentions: &Mentions) -> Option<Wrong> {
    mentions.approval().then(|| {
        Wrong::new(
            Code::ApprovalOutsideGate,
            "only a gate may read `context.approval`",
            "add `@approval(\"group\")` to a `forbid … unless`, or do not read it",
        )
    })
}
