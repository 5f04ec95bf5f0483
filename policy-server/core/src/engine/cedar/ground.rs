//! Policies by themselves, whatever servers say of their tools; and whose fault it is where policies and
//! tools do not fit.
//!
//! A policy is at fault where it is wrong about messages that are no calls of tools, about a tool that the
//! folder pins, or about every tool that it can speak of, if those are of several servers. Else the tool
//! is, and it is set aside: no server can keep policies from loading by what it lists.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    ActionConstraint, Policy, PolicyId, PolicySet, Schema, ValidationError, ValidationMode,
    ValidationResult, ValidationWarning, Validator,
};
use portcullis_protocol::names::ServerName;

use super::entities;
use super::fitting::{Fitted, Misfit, Why};
use super::fittings::Report;
use super::found::{CALLS, Found};
use super::naming::Naming;
use super::{Index, invalid, load};
use crate::catalogue::{Catalogue, Origin};
use crate::policies::{Code, Problem};
use crate::schema::types_of;

/// What the validator says of policies by themselves.
pub(super) struct Ground<'a> {
    index: &'a Index,
    schema: Schema,
    found: BTreeMap<PolicyId, &'a Found<'a>>,
    /// Policies about messages that are no calls of tools.
    asked: BTreeSet<PolicyId>,
    /// Those of them that are true of no such message.
    never: BTreeMap<PolicyId, ValidationWarning>,
}

/// Validates the policies on data.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn of_data(schema: &Schema, found: &[&Found<'_>]) -> Result<(), Vec<Problem>> {
    let result = validate(schema, found)?;
    let by_id = by_id(found);
    let errors = result
        .validation_errors()
        .map(|error| of_error(&by_id, error, schema));
    let warnings = result
        .validation_warnings()
        .map(|warning| of_warning(&by_id, warning));
    Problem::none(errors.chain(warnings).collect())
}

impl<'a> Ground<'a> {
    /// Validates the policies on messages.
    ///
    /// # Errors
    /// Everything that is wrong with them by themselves.
    pub(super) fn check(
        catalogue: &Catalogue,
        index: &'a Index,
        messages: &[&'a Found<'a>],
    ) -> Result<Self, Vec<Problem>> {
        let naming: Vec<&Naming> = index.naming.values().collect();
        let schema = load::schema_of_messages(catalogue, &naming)?;
        let result = validate(&schema, messages)?;
        let found = by_id(messages);
        let is_asked = |found: &&&Found<'_>| asks_about_messages(&found.policy, index);
        let asked = messages.iter().filter(is_asked);
        let asked: BTreeSet<PolicyId> = asked.map(|found| found.policy.id().clone()).collect();
        let unpinned = unpinned(catalogue);
        let mut wrong = Vec::new();
        for error in result.validation_errors() {
            let id = error.policy_id();
            let is_own = match invalid::code_of_error(error) {
                Code::NeverApplies => asked.contains(id),
                Code::UnknownEntity => !index
                    .naming
                    .get(id)
                    .is_some_and(|naming| unpinned.iter().any(|types| naming.names_types(types))),
                _ => true,
            };
            if is_own {
                wrong.push(of_error(&found, error, &schema));
            }
        }
        let mut never = BTreeMap::new();
        for warning in result.validation_warnings() {
            let id = warning.policy_id();
            match invalid::code_of_warning(warning) {
                Code::NeverTrue => _ = never.insert(id.clone(), warning.clone()),
                Code::NeverApplies if !asked.contains(id) => {}
                _ => wrong.push(of_warning(&found, warning)),
            }
        }
        if !result.validation_passed() && result.validation_errors().next().is_none() {
            let text = "the policies do not pass validation";
            wrong.push(Problem::new(Code::Validation, "policies", text));
        }
        Problem::none(wrong)?;
        Ok(Self {
            index,
            schema,
            found,
            asked,
            never,
        })
    }

    /// Finds what is the policies' own fault in what came of fitting them to tools. What remains are
    /// those that are true of nothing that is known, and could be of tools to come.
    ///
    /// # Errors
    /// Everything that is.
    pub(super) fn judge(&self, report: &Report) -> Result<Vec<Problem>, Vec<Problem>> {
        let mut problems = self.of_pins(report);
        problems.extend(self.of_all_tools(report));
        let mut idle = Vec::new();
        for (id, found) in &self.found {
            let Some(warning) = self.never_true(id, report) else {
                continue;
            };
            if self.could_be_true_later(&found.policy) {
                let message = "no tool that is known has arguments of which this is true";
                let problem = found.problem(Code::LintIdlePolicy, message);
                idle.push(problem.help(
                    "pin the tool that it is meant for, or look for a misspelt name of an argument",
                ));
            } else {
                problems.push(invalid::warning(found, warning));
            }
        }
        Problem::none(problems)?;
        Ok(idle)
    }

    /// Policies that do not fit pinned tools, or that no definition of a tool could fit.
    fn of_pins(&self, report: &Report) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = BTreeSet::new();
        for (server, misfit) in misfits(report) {
            match &misfit.why {
                Why::Policy(id, error) => {
                    let never = invalid::code_of_error(error) == Code::NeverApplies;
                    if never || misfit.origin == Origin::Folder {
                        wrong.insert(id);
                    }
                }
                Why::Types(_) | Why::Untried if misfit.origin == Origin::Traffic => {}
                Why::Types(why) => {
                    let file = crate::catalogue::pins_file(server);
                    let tool = format!("{server}/{}", misfit.tool);
                    let message = format!("Cedar does not take the types of `{tool}`: {why}");
                    problems.push(Problem::new(Code::Tools, &file, &message));
                }
                Why::Untried => {
                    let file = crate::catalogue::pins_file(server);
                    let message = "the policies do not fit its tools, too many to name each";
                    problems.push(Problem::new(Code::Tools, &file, message));
                }
            }
        }
        problems.extend(wrong.into_iter().flat_map(|id| self.unfit(id, report)));
        problems
    }

    /// Policies that fit no tool that they can speak of, where those are of several servers.
    fn of_all_tools(&self, report: &Report) -> Vec<Problem> {
        let failed = report.iter().flat_map(|(_, fitted)| fitted.failed.keys());
        let failed: BTreeSet<&PolicyId> = failed.collect();
        let wrong = failed.into_iter().filter(|id| fits_nothing(id, report));
        wrong.flat_map(|id| self.unfit(id, report)).collect()
    }

    /// What is wrong with a policy that does not fit tools: each thing once, for whichever tools.
    fn unfit(&self, id: &PolicyId, report: &Report) -> Vec<Problem> {
        let failed = report
            .iter()
            .filter_map(|(_, fitted)| fitted.failed.get(id));
        let problems = failed
            .flat_map(|failed| &failed.errors)
            .map(|error| of_error(&self.found, error, &self.schema));
        let mut once = BTreeMap::new();
        for problem in problems {
            once.entry((problem.code, problem.place)).or_insert(problem);
        }
        once.into_values().collect()
    }

    /// Whether a policy was never true of anything that it was validated for.
    fn never_true<'r>(
        &'r self,
        id: &PolicyId,
        report: &'r Report,
    ) -> Option<&'r ValidationWarning> {
        let of_messages = self.asked.contains(id).then(|| self.never.get(id));
        let of_tools = report
            .iter()
            .map(|(_, fitted)| fitted)
            .filter(|fitted| fitted.asked.contains(id))
            .map(|fitted| match fitted.failed.contains_key(id) {
                true => None,
                false => fitted.never.get(id),
            });
        let all: Option<Vec<_>> = of_messages.into_iter().chain(of_tools).collect();
        all?.into_iter().next()
    }

    /// Whether a policy reads arguments of tools that need not be known yet.
    fn could_be_true_later(&self, policy: &Policy) -> bool {
        let general = |uid: &_| {
            *uid == entities::action(CALLS)
                || ["write", "any"]
                    .iter()
                    .any(|id| *uid == entities::action(id))
                || entities::server_of_group(uid).is_some()
        };
        let speaks = match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => general(&uid),
            ActionConstraint::In(uids) => uids.iter().any(general),
        };
        speaks && !self.index.readers.policy(policy).is_nothing()
    }
}

fn misfits(report: &Report) -> impl Iterator<Item = (&ServerName, &Misfit)> {
    report.iter().flat_map(|(server, fitted)| {
        let each = fitted.misfits.iter();
        each.map(move |misfit| (server, misfit))
    })
}

/// Whether a policy fits no tool of several servers.
fn fits_nothing(id: &PolicyId, report: &Report) -> bool {
    let asked = report
        .iter()
        .filter(|(_, fitted)| fitted.asked.contains(id));
    let fits_none = |fitted: &Fitted| {
        let failed = fitted.failed.get(id);
        failed.is_some_and(|failed| failed.about > 0 && failed.unfit == failed.about)
    };
    let mut servers = BTreeSet::new();
    for (server, fitted) in asked {
        if !fits_none(fitted) {
            return false;
        }
        servers.insert(server);
    }
    servers.len() > 1
}

/// Whether a policy is about messages that are no calls of tools, or calls of tools that nobody has listed.
fn asks_about_messages(policy: &Policy, index: &Index) -> bool {
    let is_built_in = |uid: &_| index.bare.actions().any(|action| action == uid);
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => is_built_in(&uid),
        ActionConstraint::In(uids) => uids.iter().any(is_built_in),
    }
}

/// The namespaces of the types of tools that no list in the folder pins.
fn unpinned(catalogue: &Catalogue) -> Vec<String> {
    let names = catalogue.names();
    let of_traffic = names.filter(|(_, _, origin)| *origin == Origin::Traffic);
    of_traffic
        .map(|(server, tool, _)| types_of(server, tool))
        .collect()
}

fn validate(schema: &Schema, found: &[&Found<'_>]) -> Result<ValidationResult, Vec<Problem>> {
    let policies = PolicySet::from_policies(found.iter().map(|found| found.policy.clone()));
    let policies =
        policies.map_err(|error| vec![Problem::anywhere(Code::Unreadable, "policies", &error)])?;
    Ok(Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict))
}

fn by_id<'a>(found: &[&'a Found<'a>]) -> BTreeMap<PolicyId, &'a Found<'a>> {
    let each = found.iter();
    each.map(|found| (found.policy.id().clone(), *found))
        .collect()
}

fn of_error(
    found: &BTreeMap<PolicyId, &Found<'_>>,
    error: &ValidationError,
    schema: &Schema,
) -> Problem {
    match found.get(error.policy_id()) {
        Some(found) => invalid::error(found, error, schema),
        None => Problem::anywhere(invalid::code_of_error(error), "policies", error),
    }
}

fn of_warning(found: &BTreeMap<PolicyId, &Found<'_>>, warning: &ValidationWarning) -> Problem {
    match found.get(warning.policy_id()) {
        Some(found) => invalid::warning(found, warning),
        None => Problem::anywhere(invalid::code_of_warning(warning), "policies", warning),
    }
}
