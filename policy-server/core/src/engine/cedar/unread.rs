//! What policies say of a message whose arguments are not known any more: which outcomes are
//! possible, whatever the arguments were.
//!
//! Policies that read no arguments are evaluated as ever. The others go through type-aware partial
//! evaluation; where a residual reads no arguments any more, it is evaluated too. Only what is still
//! open then counts as either way. Deliberately absent: enforcement; this judges the past.

mod fallible;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::{
    Context, Effect, Entities, EntityUid, PartialEntities, PartialEntityUid, PartialRequest,
    Policy, PolicySet, PolicySetError, Request, RestrictedExpression, Schema,
};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Caller;

use super::inquiry::{Inquiry, Scene};
use super::mentions::Mentions;
use super::{Engine, INPUT, Said, entities, inputs};
use crate::catalogue::Known;
use crate::decision::Outcome;
use crate::engine::Fault;
use crate::facts::{Facts, Subject};

/// The member of the context that holds the digest of the arguments.
const DIGEST: &str = "args_digest";

/// Which outcomes are possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// The outcomes; never none.
    pub possible: BTreeSet<Outcome>,
    /// The ids of the policies that determine it, sorted, when one outcome is possible.
    pub determining: Vec<String>,
}

impl Prospect {
    /// That nothing but a denial is possible.
    #[must_use]
    pub fn denied() -> Self {
        Self {
            possible: BTreeSet::from([Outcome::Deny]),
            determining: Vec::new(),
        }
    }

    /// The one outcome, when no other is possible.
    #[must_use]
    pub fn sure(&self) -> Option<Outcome> {
        let first = self.possible.first().copied();
        first.filter(|_| self.possible.len() == 1)
    }
}

/// Most answers of partial evaluation that are remembered. One more, and all are forgotten.
const SETTLED_MAX: usize = 4_096;

/// An engine that is asked about messages without arguments, and what it has found out about its
/// policies meanwhile.
#[derive(Debug)]
pub struct Unread<'a> {
    engine: &'a Engine,
    mentions: BTreeMap<String, Option<Mentions>>,
    settled: BTreeMap<Key, Arc<Settled>>,
}

/// What partial evaluation depends on beside the policies: all but the context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    caller: Caller,
    action: EntityUid,
    resource: EntityUid,
    hidden: Vec<&'static str>,
    /// Which of the sets that apply.
    set: usize,
}

/// A set of policies, once everything but the context is known.
#[derive(Debug, Default)]
struct Settled {
    /// Those that read nothing hidden, and what is left of others where that reads nothing hidden.
    plain: PolicySet,
    /// What others say whatever is hidden.
    said: Said,
    /// Permits that may or may not hold.
    permits: Vec<String>,
    /// Forbids that may or may not hold.
    forbids: Vec<String>,
    /// Whether one of those may fail, which denies.
    may_fail: bool,
}

/// What sets of one kind say about one message.
#[derive(Default)]
struct Heard {
    sure: Said,
    permits: Vec<String>,
    forbids: Vec<String>,
    may_fail: bool,
}

/// One question with everything but the arguments.
struct Question<'q> {
    schema: &'q Schema,
    request: Request,
    principal: &'q EntityUid,
    entities: &'q Entities,
    key: Key,
}

impl<'a> Unread<'a> {
    /// Asks this engine.
    #[must_use]
    pub const fn new(engine: &'a Engine) -> Self {
        Self {
            engine,
            mentions: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
    }

    /// What is possible for one target. The arguments in `facts` are not looked at; `digest` is
    /// theirs, where that is known.
    #[must_use]
    pub fn prospect(
        &mut self,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
        digest: Option<Digest>,
    ) -> Prospect {
        // What cannot be put as a question is denied.
        self.asked(facts, subject, digest)
            .unwrap_or_else(|_| Prospect::denied())
    }

    fn asked(
        &mut self,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
        digest: Option<Digest>,
    ) -> Result<Prospect, Fault> {
        let inquiry = inquiry(self.engine, facts, digest)?;
        let scene = inquiry.scene(subject)?;
        let input = matches!(subject.known, Known::Tool(_)) || inputs::are_read(facts.method);
        let hidden = [input.then_some(INPUT), digest.is_none().then_some(DIGEST)];
        let key = Key {
            caller: facts.caller.clone(),
            action: scene.action.clone(),
            resource: scene.resource.clone(),
            hidden: hidden.into_iter().flatten().collect(),
            set: 0,
        };
        let mut question = question(&inquiry, &scene, key)?;
        let mut base = Heard::default();
        let mut gates = Heard::default();
        for cut in scene.cuts() {
            for (set, heard) in [(&cut.base, &mut base), (&cut.gates, &mut gates)] {
                if !set.is_empty() {
                    self.hear(&question, set, heard);
                }
                question.key.set += 1;
            }
        }
        let mut prospect = weighed(base, gates);
        // What policies read of a tool's arguments must be exact, which nobody knows any more.
        let reads =
            matches!(subject.known, Known::Tool(_)) && !scene.reads(self.engine).is_nothing();
        prospect.possible.extend(reads.then_some(Outcome::Deny));
        Ok(prospect)
    }

    fn hear(&mut self, question: &Question<'_>, set: &PolicySet, heard: &mut Heard) {
        let settled = match self.settled.get(&question.key) {
            Some(settled) => settled.clone(),
            None => self.remember(question, set),
        };
        let said = self
            .engine
            .ask(&settled.plain, &question.request, question.entities);
        heard.sure.add(said);
        heard.sure.add(settled.said.clone());
        heard.permits.extend(settled.permits.iter().cloned());
        heard.forbids.extend(settled.forbids.iter().cloned());
        heard.may_fail |= settled.may_fail;
    }

    fn remember(&mut self, question: &Question<'_>, set: &PolicySet) -> Arc<Settled> {
        // That policies of one set do not make one set cannot be; a fault denies.
        let settled = self.settle(question, set).unwrap_or_else(|error| Settled {
            said: Said {
                faults: vec![error.to_string()],
                ..Said::default()
            },
            ..Settled::default()
        });
        let settled = Arc::new(settled);
        if self.settled.len() >= SETTLED_MAX {
            self.settled.clear();
        }
        self.settled.insert(question.key.clone(), settled.clone());
        settled
    }

    fn settle(
        &mut self,
        question: &Question<'_>,
        set: &PolicySet,
    ) -> Result<Settled, Box<PolicySetError>> {
        let hidden = &question.key.hidden;
        let mut settled = Settled::default();
        let mut reading = PolicySet::new();
        for policy in set.policies() {
            if self.reads(policy, hidden) {
                reading.add(policy.clone())?;
            } else {
                settled.plain.add(policy.clone())?;
            }
        }
        if reading.is_empty() {
            return Ok(settled);
        }
        for policy in self.residuals(question, &reading, &mut settled.said) {
            // What is left may hold errors, and is then no policy that could be read.
            if Mentions::of(&policy).is_some_and(|mentions| !mentions.any_of(hidden)) {
                settled.plain.add(policy)?;
                continue;
            }
            settled.may_fail |= fallible::may_fail(&policy);
            let open = match policy.effect() {
                Effect::Permit => &mut settled.permits,
                Effect::Forbid => &mut settled.forbids,
            };
            open.push(policy.id().to_string());
        }
        Ok(settled)
    }

    fn reads(&mut self, policy: &Policy, hidden: &[&str]) -> bool {
        let mentions = self
            .mentions
            .entry(policy.id().to_string())
            .or_insert_with(|| Mentions::of(policy));
        mentions
            .as_ref()
            .is_none_or(|mentions| mentions.any_of(hidden))
    }

    /// What is left of policies once everything but the context is known. What holds or fails
    /// whatever the context is goes to `said`.
    fn residuals(
        &self,
        question: &Question<'_>,
        policies: &PolicySet,
        said: &mut Said,
    ) -> Vec<Policy> {
        let schema = question.schema;
        let known = |uid: &EntityUid| PartialEntityUid::from_concrete(uid.clone());
        let request = PartialRequest::new(
            known(question.principal),
            question.key.action.clone(),
            known(&question.key.resource),
            None,
            schema,
        );
        let entities = PartialEntities::from_concrete(question.entities.clone(), schema);
        let (Ok(request), Ok(entities)) = (request, entities) else {
            return policies.policies().cloned().collect();
        };
        let Ok(response) = policies.tpe(&request, &entities, schema) else {
            return policies.policies().cloned().collect();
        };
        let ids = |id: &cedar_policy::PolicyId| id.to_string();
        said.permits.extend(response.true_permits().map(ids));
        said.forbids.extend(response.true_forbids().map(ids));
        let failed = response.error_permits().chain(response.error_forbids());
        said.faults.extend(failed.map(ids));
        response.residual_policies().collect()
    }
}

fn inquiry<'e>(
    engine: &'e Engine,
    facts: &Facts<'_>,
    digest: Option<Digest>,
) -> Result<Inquiry<'e>, Fault> {
    let method = engine
        .index
        .slices
        .method(facts.method)
        .ok_or(Fault::UnknownMethod)?;
    let server = entities::server(facts.server);
    let mut pairs = entities::context(facts, &server)?;
    pairs.retain(|(name, _)| name != DIGEST);
    let digest = digest.map(|digest| RestrictedExpression::new_string(digest.to_string()));
    pairs.extend(digest.map(|digest| (DIGEST.to_owned(), digest)));
    Ok(Inquiry {
        engine,
        method,
        server,
        principal: engine.principals.of(facts.caller, &engine.index.bare)?,
        pairs,
        said: Ok(None),
    })
}

fn question<'q>(
    inquiry: &'q Inquiry<'_>,
    scene: &'q Scene<'_>,
    key: Key,
) -> Result<Question<'q>, Fault> {
    let context =
        Context::from_pairs(inquiry.pairs.iter().cloned()).map_err(|_| Fault::UnfitRequest)?;
    let principal = inquiry.principal.uid();
    // Not checked against the schema, which would miss what is hidden; no policy that is asked
    // with it reads that.
    let request = Request::new(
        principal.clone(),
        scene.action.clone(),
        scene.resource.clone(),
        context,
        None,
    )
    .map_err(|_| Fault::UnfitRequest)?;
    Ok(Question {
        schema: scene.schema,
        request,
        principal,
        entities: &scene.near.entities,
        key,
    })
}

/// What [`crate::decision::outcome`] could say, whichever way the open policies turn out.
fn weighed(base: Heard, gates: Heard) -> Prospect {
    if !base.sure.faults.is_empty() || !gates.sure.faults.is_empty() {
        return Prospect::denied();
    }
    let mut denied = Prospect::denied();
    denied.determining.clone_from(&base.sure.forbids);
    denied.determining.sort();
    let none = base.sure.permits.is_empty() && base.permits.is_empty();
    if !base.sure.forbids.is_empty() || none {
        return denied;
    }
    let mut possible = BTreeSet::new();
    let forbidden = !base.forbids.is_empty() || base.may_fail || gates.may_fail;
    if forbidden || base.sure.permits.is_empty() {
        possible.insert(Outcome::Deny);
    }
    if !gates.sure.forbids.is_empty() || !gates.forbids.is_empty() {
        possible.insert(Outcome::Approve);
    }
    if gates.sure.forbids.is_empty() {
        possible.insert(Outcome::Allow);
    }
    let mut determining = match possible.first() {
        Some(Outcome::Allow) => base.sure.permits,
        _ => gates.sure.forbids,
    };
    determining.sort();
    determining.dedup();
    Prospect {
        possible,
        determining,
    }
}
