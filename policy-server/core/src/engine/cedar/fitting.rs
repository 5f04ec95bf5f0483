//! The tools of one server that policies were validated with, together.
//!
//! Cedar validates a policy for each action by itself. So the tools of a server are validated by
//! themselves, with the policies that can speak of them: in the schema of a fitting only its own tools
//! are actions of which there are requests, and all others are mere names.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    Entities, Entity, Policy, PolicyId, PolicySet, Schema, ValidationError, ValidationMode,
    ValidationWarning, Validator,
};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};

use super::found::{self, CALLS};
use super::naming::Naming;
use super::places::Place;
use super::{Index, entities, invalid, load, slices};
use crate::catalogue::{Catalogue, Origin, Quarantine, Tool};
use crate::engine::Fault;
use crate::policies::{Code, Problem};
use crate::schema::MappingFault;

/// Most pairs of a policy that does not fit some tools, and a tool, that are looked at one by one. What
/// is beyond is taken for unfit.
const PAIRS_MAX: usize = 20_000;

/// A schema, and the tools that it has beside the built-in one.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) schema: Schema,
    /// By action.
    places: BTreeMap<String, Place>,
    /// The tools, with their server.
    crowd: Entities,
}

/// What came of fitting policies to tools.
pub(super) struct Fitted {
    /// The tools that they fit; none where they fit none.
    pub(super) fitting: Option<Fitting>,
    /// The others.
    pub(super) misfits: Vec<Misfit>,
    /// The policies that were validated.
    pub(super) asked: BTreeSet<PolicyId>,
    /// Those of them that are true of no call of these tools.
    pub(super) never: BTreeMap<PolicyId, ValidationWarning>,
    /// Those of them that did not pass.
    pub(super) failed: BTreeMap<PolicyId, Failed>,
}

/// A policy that does not fit all tools that it is about.
#[derive(Debug, Default)]
pub(super) struct Failed {
    /// What the validator says.
    pub(super) errors: Vec<ValidationError>,
    /// How many tools it is about.
    pub(super) about: usize,
    /// How many of them it does not fit.
    pub(super) unfit: usize,
}

/// A definition that policies do not fit.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    pub(super) tool: Name,
    /// The digest of what policies can know of it.
    pub(super) judged: Digest,
    /// Where the definition is from.
    pub(super) origin: Origin,
    pub(super) why: Why,
}

/// What does not fit.
#[derive(Clone, Debug)]
pub(super) enum Why {
    /// The policy does not pass validation for the tool.
    Policy(PolicyId, Box<ValidationError>),
    /// Cedar does not take the types of the tool.
    Types(String),
    /// There was too much that does not fit to find out.
    Untried,
}

impl Misfit {
    fn of(tool: &Tool, why: Why) -> Self {
        Self {
            tool: tool.name.clone(),
            judged: tool.judged,
            origin: tool.origin,
            why,
        }
    }

    /// The same in words.
    pub(super) fn quarantine(&self) -> Quarantine {
        match &self.why {
            Why::Policy(policy, error) => {
                let asked_as = error.policy_id().clone();
                Quarantine::Unfit {
                    policy: policy.to_string(),
                    why: found::unprefixed(&error.to_string(), &asked_as).to_owned(),
                }
            }
            Why::Types(why) => Quarantine::Mapping(MappingFault::Cedar(why.clone())),
            Why::Untried => Quarantine::Untried,
        }
    }
}

impl Fitting {
    /// Fits policies to tools of one server, no tool twice.
    ///
    /// # Errors
    /// The built-in schema cannot be read.
    pub(super) fn of(
        server: &ServerName,
        tools: &[&Tool],
        catalogue: &Catalogue,
        index: &Index,
    ) -> Result<Fitted, Vec<Problem>> {
        let uid = entities::server(server);
        let pairs = tools.iter().map(|tool| {
            let action = entities::action(tool.mapped.action());
            (action, uid.clone())
        });
        let policies = index.slices.about(&pairs.collect::<Vec<_>>());
        let naming = policies.keys().filter_map(|id| index.naming.get(*id));
        let (schema, mut misfits) = schema(tools, catalogue, &naming.collect::<Vec<_>>())?;
        let typed = without(tools, &misfits);
        let validation = Validation {
            schema: &schema,
            tools: &typed,
            index,
        };
        let (mut failed, never) = validation.whole(&policies);
        misfits.extend(validation.apart(&policies, &mut failed));
        let good = without(tools, &misfits);
        let fitting = match good.is_empty() {
            true => None,
            false => Some(Self::with(server, schema, &good)?),
        };
        Ok(Fitted {
            fitting,
            misfits,
            asked: policies.into_keys().cloned().collect(),
            never,
            failed,
        })
    }

    fn with(server: &ServerName, schema: Schema, tools: &[&Tool]) -> Result<Self, Vec<Problem>> {
        let actions = schema
            .action_entities()
            .map_err(|error| load::unfit(&error))?;
        let places =
            places(server, tools, &schema, &actions).map_err(|fault| load::unfit(&fault))?;
        let crowd = crowd(server, &places).map_err(|fault| load::unfit(&fault))?;
        Ok(Self {
            schema,
            places,
            crowd,
        })
    }

    /// Where policies on a tool are looked up, if it is fitted here.
    pub(super) fn place(&self, tool: &Tool) -> Option<&Place> {
        let place = self.places.get(tool.mapped.action());
        place.filter(|place| place.judged == tool.judged)
    }

    /// Whether it has an action of this id beside the built-in ones.
    pub(super) fn has(&self, action: &str) -> bool {
        self.places.contains_key(action)
    }

    /// Its tools, with their server.
    pub(super) const fn crowd(&self) -> &Entities {
        &self.crowd
    }
}

fn without<'t>(tools: &[&'t Tool], misfits: &[Misfit]) -> Vec<&'t Tool> {
    let bad: BTreeSet<&Name> = misfits.iter().map(|misfit| &misfit.tool).collect();
    let good = tools.iter().filter(|tool| !bad.contains(&tool.name));
    good.copied().collect()
}

/// The schema of these tools and what policies name beside them; without those tools whose types Cedar
/// does not take.
fn schema(
    tools: &[&Tool],
    catalogue: &Catalogue,
    naming: &[&Naming],
) -> Result<(Schema, Vec<Misfit>), Vec<Problem>> {
    let named = |tool: &&Tool| naming.iter().any(|one| one.names(&tool.mapped));
    let named: Vec<&Tool> = catalogue
        .tools()
        .map(|(_, tool)| tool)
        .filter(named)
        .collect();
    let of = |tools: &[&Tool]| load::schema_of_tools(tools, &named, naming);
    if let Ok(schema) = of(tools) {
        return Ok((schema, Vec::new()));
    }
    let mut misfits = Vec::new();
    let mut good = Vec::new();
    for tool in tools {
        match of(&[tool]) {
            Ok(_) => good.push(*tool),
            Err(problems) => {
                let why = problems.into_iter().next().map(|problem| problem.message);
                misfits.push(Misfit::of(tool, Why::Types(why.unwrap_or_default())));
            }
        }
    }
    if let Ok(schema) = of(&good) {
        return Ok((schema, misfits));
    }
    // Each is good, and together they are not.
    misfits.extend(good.into_iter().map(|tool| Misfit::of(tool, Why::Untried)));
    Ok((of(&[])?, misfits))
}

/// The validation of policies for some tools.
struct Validation<'a> {
    schema: &'a Schema,
    tools: &'a [&'a Tool],
    index: &'a Index,
}

impl<'a> Validation<'a> {
    /// Validates policies for all tools, and says which of them do not pass, and which are never true.
    fn whole(
        &self,
        policies: &BTreeMap<&'a PolicyId, &'a Policy>,
    ) -> (
        BTreeMap<PolicyId, Failed>,
        BTreeMap<PolicyId, ValidationWarning>,
    ) {
        let set = PolicySet::from_policies(policies.values().map(|policy| (*policy).clone()));
        let Ok(set) = set else {
            let all = policies.keys().map(|id| ((*id).clone(), Failed::default()));
            return (all.collect(), BTreeMap::new());
        };
        let result = Validator::new(self.schema.clone()).validate(&set, ValidationMode::Strict);
        let warnings = result.validation_warnings();
        let never = warnings.filter(|warning| invalid::is_never_true(warning));
        let never = never.map(|warning| (warning.policy_id().clone(), warning.clone()));
        let mut failed: BTreeMap<PolicyId, Failed> = BTreeMap::new();
        for error in result.validation_errors() {
            let of = failed.entry(error.policy_id().clone()).or_default();
            of.errors.push(error.clone());
        }
        (failed, never.collect())
    }

    /// The tools for which these policies do not pass, one by one.
    fn apart(
        &self,
        policies: &BTreeMap<&'a PolicyId, &'a Policy>,
        failed: &mut BTreeMap<PolicyId, Failed>,
    ) -> Vec<Misfit> {
        let mut left = PAIRS_MAX;
        let mut misfits = Vec::new();
        if failed.is_empty() {
            return misfits;
        }
        let actions = self.schema.action_entities();
        let actions = actions.unwrap_or_else(|_| Entities::empty());
        for (id, failed) in failed {
            let Some(policy) = policies.get(id) else {
                continue;
            };
            let reaches = |tool: &&&Tool| {
                let action = entities::action(tool.mapped.action());
                slices::reaches(policy, &action, &actions)
            };
            let about: Vec<&Tool> = self.tools.iter().filter(reaches).copied().collect();
            let unfit = match left.checked_sub(about.len()) {
                Some(rest) => {
                    left = rest;
                    self.of_one(policy, &about)
                }
                None => untried(&about),
            };
            (failed.about, failed.unfit) = (about.len(), unfit.len());
            misfits.extend(unfit);
        }
        misfits
    }

    /// The tools for which one policy does not pass, each once.
    fn of_one(&self, policy: &Policy, tools: &[&Tool]) -> Vec<Misfit> {
        let narrowed = tools.iter().enumerate().map(|(number, tool)| {
            let id = PolicyId::new(number.to_string());
            narrowed(policy, tool.mapped.action(), id)
        });
        let set = narrowed.collect::<Option<Vec<Policy>>>();
        let set = set.and_then(|policies| PolicySet::from_policies(policies).ok());
        let Some(set) = set else {
            return untried(tools);
        };
        let result = Validator::new(self.schema.clone()).validate(&set, ValidationMode::Strict);
        let mut found: BTreeMap<usize, Misfit> = BTreeMap::new();
        for error in result.validation_errors() {
            let number = error.policy_id().to_string().parse().unwrap_or_default();
            // A value or a type of another tool is that tool's affair.
            let is_own = |tool: &&&Tool| {
                invalid::code_of_error(error) != Code::UnknownEntity
                    || self.names_types(policy.id(), tool)
            };
            if let Some(tool) = tools.get(number).filter(is_own) {
                let why = || Why::Policy(policy.id().clone(), Box::new(error.clone()));
                let misfit = || Misfit::of(tool, why());
                found.entry(number).or_insert_with(misfit);
            }
        }
        found.into_values().collect()
    }

    fn names_types(&self, policy: &PolicyId, tool: &Tool) -> bool {
        let naming = self.index.naming.get(policy);
        naming.is_none_or(|naming| naming.names_types(tool.mapped.types()))
    }
}

fn untried(tools: &[&Tool]) -> Vec<Misfit> {
    let each = tools.iter();
    each.map(|tool| Misfit::of(tool, Why::Untried)).collect()
}

/// The same policy about one action alone.
fn narrowed(policy: &Policy, action: &str, id: PolicyId) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    let entity = serde_json::json!({ "type": "Mcp::Action", "id": action });
    *json.get_mut("action")? = serde_json::json!({ "op": "==", "entity": entity });
    Policy::from_json(Some(id), json).ok()
}

fn places(
    server: &ServerName,
    tools: &[&Tool],
    schema: &Schema,
    actions: &Entities,
) -> Result<BTreeMap<String, Place>, Fault> {
    let calls = entities::action(CALLS);
    let above =
        |entity: &&Entity| entity.uid() == calls || actions.is_ancestor_of(&entity.uid(), &calls);
    let groups: Vec<Entity> = actions.iter().filter(above).cloned().collect();
    let place = |tool: &&Tool| {
        let place = Place::of(server, tool, schema, actions, &groups)?;
        Ok((tool.mapped.action().to_owned(), place))
    };
    tools.iter().map(place).collect()
}

fn crowd(server: &ServerName, places: &BTreeMap<String, Place>) -> Result<Entities, Fault> {
    let tool = |place: &Place| place.entities.get(&place.resource).cloned();
    let tools = places.values().filter_map(tool);
    let server = entities::bare(&entities::server(server))?;
    let all = tools.chain([server]);
    Entities::from_entities(all, None).map_err(|_| Fault::UnfitEntities)
}
