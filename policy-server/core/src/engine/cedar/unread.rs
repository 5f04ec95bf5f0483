//! What policies say of a message whose arguments are not known any more: which outcomes are
//! possible, whatever the arguments were.
//!
//! Policies that read no arguments are evaluated as ever. The others go through type-aware partial
//! evaluation; where a residual reads no arguments any more, it is evaluated too. Only what is still
//! open then counts as either way. Deliberately absent: enforcement; this judges the past.

mod fallible;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    Context, Effect, Entities, EntityUid, PartialEntities, PartialEntityUid, PartialRequest,
    Policy, PolicySet, Request, RestrictedExpression,
};
use portcullis_protocol::digest::Digest;

use super::mentions::Mentions;
use super::slices::Cut;
use super::{Engine, INPUT, Inquiry, Said, Scene, entities, inputs};
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

/// An engine that is asked about messages without arguments, and what it has found out about its
/// policies meanwhile.
#[derive(Debug)]
pub struct Unread<'a> {
    engine: &'a Engine,
    mentions: BTreeMap<String, Option<Mentions>>,
}

/// What policies of one kind say.
#[derive(Default)]
struct Heard {
    sure: Said,
    /// Permits that may or may not hold.
    permits: Vec<String>,
    /// Forbids that may or may not hold.
    forbids: Vec<String>,
    /// Whether one of those may fail, which denies.
    may_fail: bool,
}

/// One question with everything but the arguments.
struct Question<'q> {
    request: Request,
    principal: &'q EntityUid,
    action: EntityUid,
    resource: EntityUid,
    entities: &'q Entities,
    /// The members of the context that are not known.
    hidden: Vec<&'static str>,
}

impl<'a> Unread<'a> {
    /// Asks this engine.
    #[must_use]
    pub const fn new(engine: &'a Engine) -> Self {
        Self {
            engine,
            mentions: BTreeMap::new(),
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
        let layers = scene.layers;
        let input = matches!(subject.known, Known::Tool(_)) || inputs::are_read(facts.method);
        let hidden = [input.then_some(INPUT), digest.is_none().then_some(DIGEST)];
        let question = question(&inquiry, &scene, hidden.into_iter().flatten().collect())?;
        let mut base = Heard::default();
        let mut gates = Heard::default();
        for cut in layers {
            let Cut {
                base: enforced,
                gates: shut,
                ..
            } = cut;
            self.hear(&question, enforced, &mut base);
            self.hear(&question, shut, &mut gates);
        }
        Ok(weighed(base, gates))
    }

    fn hear(&mut self, question: &Question<'_>, set: &PolicySet, heard: &mut Heard) {
        let (reading, plain): (Vec<Policy>, Vec<Policy>) = set
            .policies()
            .cloned()
            .partition(|policy| self.reads(policy, &question.hidden));
        heard.sure.add(self.ask(question, plain));
        if reading.is_empty() {
            return;
        }
        for policy in self.residuals(question, reading, &mut heard.sure) {
            let closed = Mentions::of(&policy).is_some_and(|all| !all.any_of(&question.hidden));
            if closed {
                heard.sure.add(self.ask(question, vec![policy]));
                continue;
            }
            heard.may_fail |= fallible::may_fail(&policy);
            let open = match policy.effect() {
                Effect::Permit => &mut heard.permits,
                Effect::Forbid => &mut heard.forbids,
            };
            open.push(policy.id().to_string());
        }
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

    fn ask(&self, question: &Question<'_>, policies: Vec<Policy>) -> Said {
        match PolicySet::from_policies(policies) {
            Ok(set) => self.engine.ask(&set, &question.request, question.entities),
            // Policies of one set, so that this cannot be; a fault denies.
            Err(error) => Said {
                faults: vec![error.to_string()],
                ..Said::default()
            },
        }
    }

    /// What is left of policies once everything but the context is known. What holds or fails
    /// whatever the context is goes to `sure`.
    fn residuals(
        &self,
        question: &Question<'_>,
        policies: Vec<Policy>,
        sure: &mut Said,
    ) -> Vec<Policy> {
        let schema = &self.engine.schema;
        let known = |uid: &EntityUid| PartialEntityUid::from_concrete(uid.clone());
        let request = PartialRequest::new(
            known(question.principal),
            question.action.clone(),
            known(&question.resource),
            None,
            schema,
        );
        let entities = PartialEntities::from_concrete(question.entities.clone(), schema);
        let (Ok(request), Ok(entities)) = (request, entities) else {
            return policies;
        };
        let Ok(set) = PolicySet::from_policies(policies.iter().cloned()) else {
            return policies;
        };
        let Ok(response) = set.tpe(&request, &entities, schema) else {
            return policies;
        };
        let ids = |id: &cedar_policy::PolicyId| id.to_string();
        sure.permits.extend(response.true_permits().map(ids));
        sure.forbids.extend(response.true_forbids().map(ids));
        let failed = response.error_permits().chain(response.error_forbids());
        sure.faults.extend(failed.map(ids));
        response.residual_policies().collect()
    }
}

fn inquiry<'e>(
    engine: &'e Engine,
    facts: &Facts<'_>,
    digest: Option<Digest>,
) -> Result<Inquiry<'e>, Fault> {
    let method = engine
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
        principal: engine.principals.of(facts.caller, &engine.schema)?,
        pairs,
    })
}

fn question<'q>(
    inquiry: &'q Inquiry<'_>,
    scene: &'q Scene<'_>,
    hidden: Vec<&'static str>,
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
        request,
        principal,
        action: scene.action.clone(),
        resource: scene.resource.clone(),
        entities: &scene.entities,
        hidden,
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
