//! Callers, times and approvals around those that policies name.
//!
//! Deliberately absent: real ones. Nobody in here has ever asked for anything.

use std::collections::BTreeSet;

use portcullis_protocol::names::{Caller, Name};

use super::probes::{instants, span_ms};
use crate::cases::{DEFAULT_ISSUER, WrittenApproval};
use crate::engine::cedar::{Literal, Literals, Looked};

/// Most names of one sort that are tried one by one.
const NAMES_MAX: usize = 12;

/// Most moments that are tried.
const TIMES_MAX: usize = 24;

/// The moment of everything else: 2026-01-01T12:00:00Z, a Thursday.
pub(super) const NOW_MS: i64 = 1_767_268_800_000;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Who may ask: somebody without roles, with each of those that are named, with all of them; and
/// whoever is named.
pub(super) fn callers(policies: &[&Literals]) -> Vec<Caller> {
    let roles = names(policies, "Role");
    let mut callers = vec![caller("somebody", &[])];
    callers.extend(
        roles
            .iter()
            .map(|role| caller("somebody", std::slice::from_ref(role))),
    );
    let everything = caller("somebody", &roles);
    callers.push(everything.clone());
    for user in names(policies, "User") {
        callers.push(caller(user.as_str(), &[]));
        callers.push(caller(user.as_str(), &roles));
    }
    let compared = |attribute: &str| texts(policies, &Looked::Principal(attribute.to_owned()));
    let users = compared("user").into_iter();
    callers.extend(users.filter_map(|user| {
        Some(Caller {
            subject: Name::parse(&user).ok()?,
            ..everything.clone()
        })
    }));
    let named = compared("name");
    let named = named.iter().filter_map(|name| Name::parse(name).ok());
    let agents = names(policies, "Agent").into_iter().chain(named);
    callers.extend(agents.map(|agent| Caller {
        agent: Some(agent),
        ..everything.clone()
    }));
    let issuers = compared("issuer").into_iter();
    callers.extend(issuers.filter_map(|issuer| {
        Some(Caller {
            issuer: Name::parse(&issuer).ok()?,
            ..everything.clone()
        })
    }));
    let mut seen = BTreeSet::new();
    callers.retain(|caller| caller.is_bounded() && seen.insert(caller.clone()));
    callers
}

fn caller(subject: &str, roles: &[Name]) -> Caller {
    let subject = Name::parse(subject).unwrap_or_else(|_| Name::from_static("somebody"));
    Caller {
        issuer: Name::from_static(DEFAULT_ISSUER),
        subject,
        roles: roles.to_vec(),
        agent: None,
    }
}

/// The names of entities of one type.
fn names(policies: &[&Literals], kind: &str) -> Vec<Name> {
    let ids: BTreeSet<&str> = policies
        .iter()
        .flat_map(|policy| &policy.entities)
        .filter(|(of, _)| of == kind)
        .map(|(_, id)| id.as_str())
        .collect();
    let names = ids.into_iter().filter_map(|id| Name::parse(id).ok());
    names.take(NAMES_MAX).collect()
}

/// The texts that something is compared with.
pub(super) fn texts(policies: &[&Literals], place: &Looked) -> Vec<String> {
    let literals = literals(policies, place);
    let texts = literals.flat_map(super::probes::texts);
    let unique: BTreeSet<String> = texts.filter(|text| !text.is_empty()).collect();
    unique.into_iter().take(NAMES_MAX * 3).collect()
}

/// What something is compared with.
pub(super) fn literals<'l>(
    policies: &'l [&Literals],
    place: &'l Looked,
) -> impl Iterator<Item = &'l Literal> {
    let compared = policies
        .iter()
        .filter_map(move |policy| policy.compared.get(place));
    compared.flatten()
}

/// Moments around those that policies name, in milliseconds since 1970.
pub(super) fn times(policies: &[&Literals]) -> Vec<i64> {
    let mut times = vec![NOW_MS];
    for literal in literals(policies, &Looked::Now) {
        let around = match literal {
            Literal::Instant(text) => instants(text),
            Literal::Span(text) => {
                let midnight = NOW_MS - NOW_MS.rem_euclid(DAY_MS);
                let at = span_ms(text).map(|span| midnight + span.rem_euclid(DAY_MS));
                let around = |at: i64| [at - 1_000, at, at + 1_000];
                at.into_iter().flat_map(around).collect()
            }
            _ => Vec::new(),
        };
        for time in around {
            if times.len() < TIMES_MAX && !times.contains(&time) {
                times.push(time);
            }
        }
    }
    times
}

/// No approval; and where policies read one, some that should open a gate and some that should not.
pub(super) fn approvals(policies: &[&Literals], now_ms: i64) -> Vec<Option<WrittenApproval>> {
    let mut approvals = vec![None];
    if policies.iter().any(|policy| policy.approval) {
        let all = names(policies, "Role");
        for (groups, expires_ms) in [
            (all.clone(), now_ms + HOUR_MS),
            (all, now_ms - 1_000),
            (Vec::new(), now_ms + HOUR_MS),
        ] {
            approvals.push(Some(WrittenApproval {
                groups,
                expires_ms,
                arguments_digest: None,
            }));
        }
    }
    approvals
}
