//! What would have to change for another verdict, in sentences.
//!
//! Deliberately absent: advice. Whether a policy should change is not known here.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Name;

use super::request::Written;
use crate::decision::Outcome;
use crate::engine::cedar::{Dissected, Intent, Part, PartKind, Term, Truth};
use crate::engine::{Gate, GrantScope};

/// Most permits that are named as near.
const NEAREST_MAX: usize = 3;

/// The permits that are the nearest to permitting it: those that speak of this action and this
/// resource, with the fewest parts that fail first.
pub(super) fn nearest(dissected: &[Dissected]) -> Vec<&Dissected> {
    let mut near: Vec<&Dissected> = dissected
        .iter()
        .filter(|one| one.intent == Intent::Permit && !one.shadow && !one.applies())
        .collect();
    near.sort_by_key(|one| one.failing().count());
    near.truncate(NEAREST_MAX);
    near
}

/// The sentences.
pub(super) fn changes(
    outcome: Outcome,
    written: &Written,
    asked: &str,
    dissected: &[Dissected],
) -> Vec<String> {
    let applying = |intent| {
        let enforced = dissected.iter().filter(|one| !one.shadow);
        enforced.filter(move |one| one.intent == intent && one.applies())
    };
    match outcome {
        Outcome::Allow => Vec::new(),
        Outcome::Approve => applying(Intent::Gate)
            .flat_map(|one| opened(one, written))
            .collect(),
        Outcome::Deny => {
            let mut changes: Vec<String> = applying(Intent::Forbid).map(lifted).collect();
            if applying(Intent::Permit).next().is_none() {
                changes.extend(permitted(written, asked, dissected));
            } else {
                changes.extend(applying(Intent::Gate).flat_map(|one| opened(one, written)));
            }
            changes
        }
    }
}

/// What kept policies from being evaluated.
pub(super) fn failures(dissected: &[Dissected]) -> Vec<String> {
    let failure = |one: &Dissected| {
        let error = one.parts.iter().find_map(|part| match &part.truth {
            Truth::Errs(error) => Some(format!("`{}`: {error}", part.text)),
            _ => None,
        })?;
        Some(format!("`{}` must not fail: {error}", one.policy))
    };
    let enforced = dissected.iter().filter(|one| !one.shadow);
    enforced.filter_map(failure).collect()
}

/// How a forbid would not apply.
fn lifted(one: &Dissected) -> String {
    let conditions: Vec<String> = one
        .parts
        .iter()
        .filter(|part| matches!(part.kind, PartKind::When | PartKind::Unless))
        .map(fired)
        .collect();
    match conditions.is_empty() {
        true => format!(
            "`{}` forbids it whatever the arguments are: its scope alone decides",
            one.policy
        ),
        false => format!(
            "`{}` would have to stop applying, which it does because its {}",
            one.policy,
            conditions.join(", and its ")
        ),
    }
}

/// Why a condition of a policy lets it apply.
fn fired(part: &Part) -> String {
    let word = match part.kind {
        PartKind::Unless => "`unless` does not hold",
        _ => "`when` holds",
    };
    let values = part.terms.iter().filter_map(values);
    let values: Vec<String> = values.collect();
    match values.is_empty() {
        true => format!("{word}: `{}`", part.text),
        false => format!("{word}: `{}` ({})", part.text, values.join("; ")),
    }
}

/// How something would be permitted.
fn permitted(written: &Written, asked: &str, dissected: &[Dissected]) -> Vec<String> {
    let near = nearest(dissected);
    if near.is_empty() {
        return vec![format!(
            "no permit speaks of {asked}: a policy that permits it would have to be written"
        )];
    }
    let need = |one: &Dissected| {
        let needs: Vec<String> = one.failing().map(|part| need(part, written)).collect();
        format!(
            "`{}` would permit it if {}",
            one.policy,
            needs.join(", and if ")
        )
    };
    near.into_iter().map(need).collect()
}

/// What one part needs in order to hold.
fn need(part: &Part, written: &Written) -> String {
    if let Truth::Errs(error) = &part.truth {
        return format!("`{}` could be evaluated: {error}", part.text);
    }
    match part.kind {
        PartKind::Principal => match role(&part.text) {
            Some(role) => format!(
                "the caller had the role `{role}` (it has {})",
                roles(written)
            ),
            None => format!("`{}` held", part.text),
        },
        PartKind::Action | PartKind::Resource => format!("`{}` held", part.text),
        PartKind::When => {
            let failing = part.terms.iter().filter(|term| term.truth != Truth::Holds);
            format!("{} held", terms(failing, &part.text))
        }
        PartKind::Unless => {
            let holding = part.terms.iter().filter(|term| term.truth == Truth::Holds);
            format!("{} did not hold", terms(holding, &part.text))
        }
    }
}

fn terms<'t>(terms: impl Iterator<Item = &'t Term>, whole: &str) -> String {
    let told = |term: &Term| match (values(term), &term.truth) {
        // A term may need the one before it, as `context.input.a < 1` needs `context.input has a`.
        (_, Truth::Errs(_)) => format!("`{}` (which cannot be evaluated here)", term.text),
        (Some(values), _) => format!("`{}` ({values})", term.text),
        (None, _) => format!("`{}`", term.text),
    };
    let told: Vec<String> = terms.map(told).collect();
    match told.is_empty() {
        true => format!("`{whole}`"),
        false => told.join(", "),
    }
}

fn values(term: &Term) -> Option<String> {
    let values: Vec<String> = term
        .values
        .iter()
        .map(|(name, value)| format!("{name} is {value}"))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The role in `principal in Mcp::Role::"developer"`.
fn role(scope: &str) -> Option<&str> {
    let (_, role) = scope.split_once(" in Mcp::Role::\"")?;
    role.strip_suffix('"')
}

fn roles(written: &Written) -> String {
    let roles: Vec<&str> = written.caller.roles.iter().map(Name::as_str).collect();
    match roles.is_empty() {
        true => "none".to_owned(),
        false => roles.join(", "),
    }
}

/// How a gate would open: who can say yes, and what the yes must hold.
fn opened(one: &Dissected, written: &Written) -> Vec<String> {
    let Some(gate) = &one.gate else {
        return Vec::new();
    };
    let mut changes = vec![asks(gate, written)];
    let unless = one
        .parts
        .iter()
        .filter(|part| part.kind == PartKind::Unless);
    for part in unless {
        let shut = part.terms.iter().filter(|term| term.truth != Truth::Holds);
        let shut: Vec<String> = shut.map(shut_term).collect();
        changes.push(format!(
            "`{}` opens once all of these hold: {}",
            gate.id,
            shut.join(", ")
        ));
    }
    changes
}

/// A term of a gate; what it looks at, where there is an approval to look at.
fn shut_term(term: &Term) -> String {
    match (values(term), &term.truth) {
        (Some(values), Truth::Fails) => format!("`{}` ({values})", term.text),
        _ => format!("`{}`", term.text),
    }
}

fn asks(gate: &Gate, written: &Written) -> String {
    let covers = match gate.scope {
        GrantScope::Exact => {
            let arguments = written.arguments.as_ref().map(|arguments| arguments.get());
            let digest = Digest::of(arguments.unwrap_or_default().as_bytes());
            format!("exactly these arguments, {digest}")
        }
        GrantScope::Tool => "calls of this tool".to_owned(),
        GrantScope::Session => "calls of this tool in this session".to_owned(),
    };
    let holds = match gate.ttl {
        Some(ttl) => format!(", for {ttl}"),
        None => String::new(),
    };
    format!(
        "`{}` needs the yes of one member of {}, to {covers}{holds}",
        gate.id,
        gate.groups.join(" or ")
    )
}
