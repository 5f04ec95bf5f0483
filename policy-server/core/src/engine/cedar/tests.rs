//! What only the inside of the engine can show: slices beside the whole set.

mod bundles;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Authorizer, Decision, Entity, EntityUid};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::requests::Draw;
use super::inquiry::Input;
use super::*;
use crate::catalogue::{Catalogue, Known};
use crate::facts::Subject;
use crate::policies::Sources;
use crate::registry::Registry;
use crate::schema::{BaseContext, Mentioned, Reads};

/// Comparisons of a usual run. `PORTCULLIS_COMPARISONS` asks for more: `cargo xtask nightly` does.
const COMPARISONS: usize = 20_000;

/// Requests for each bundle; loading one costs more than judging.
const REQUESTS: usize = 100;

#[allow(
    clippy::disallowed_methods,
    reason = "how much a test does is no judgement"
)]
fn comparisons() -> usize {
    let asked = std::env::var("PORTCULLIS_COMPARISONS")
        .ok()
        .map(|count| count.parse().unwrap());
    asked.unwrap_or(COMPARISONS)
}

/// What the whole set says: every enforced policy asked at once.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    decision: Decision,
    reasons: BTreeSet<String>,
    errors: BTreeSet<String>,
}

/// The whole set with the request and the entities that the slices were asked with.
fn whole(policies: &PolicySet, request: &Request, entities: &Entities) -> Said {
    let response = Authorizer::new().is_authorized(request, policies, entities);
    let diagnostics = response.diagnostics();
    let failed = |error: &cedar_policy::AuthorizationError| {
        let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
        error.policy_id().to_string()
    };
    Said {
        decision: response.decision(),
        reasons: diagnostics.reason().map(ToString::to_string).collect(),
        errors: diagnostics.errors().map(failed).collect(),
    }
}

/// What slices said, before anything is left out for the sake of one verdict.
fn sliced(said: &super::Said, gates: &super::Said) -> Said {
    let forbids: BTreeSet<String> = said.forbids.iter().chain(&gates.forbids).cloned().collect();
    let permits: BTreeSet<String> = said.permits.iter().cloned().collect();
    let allowed = forbids.is_empty() && !permits.is_empty();
    Said {
        decision: if allowed {
            Decision::Allow
        } else {
            Decision::Deny
        },
        reasons: if forbids.is_empty() { permits } else { forbids },
        errors: said.faults.iter().chain(&gates.faults).cloned().collect(),
    }
}

fn numbered(texts: &[String]) -> String {
    let numbered = texts.iter().enumerate();
    let each = numbered.map(|(number, policy)| format!("@id(\"p{number}\") {policy}\n"));
    each.collect()
}

/// A bundle's engine, its tools, and all of its enforced policies in one set.
struct Bundle {
    engine: Engine,
    /// One that has learnt of tools one after another, as far as policies name none of them.
    learnt: Option<Engine>,
    catalogue: Catalogue,
    whole: PolicySet,
    actions: Entities,
}

/// The actions of all schemas, each once.
fn actions(engine: &Engine) -> Entities {
    let schemas = engine.fittings.schemas().chain([&engine.index.bare]);
    let all = schemas.flat_map(|schema| schema.action_entities().unwrap());
    let all: BTreeMap<EntityUid, Entity> = all.map(|one| (one.uid(), one)).collect();
    Entities::from_entities(all.into_values(), None).unwrap()
}

impl Bundle {
    /// The bundle of those policies that load.
    fn of(mut texts: Vec<String>) -> Option<Self> {
        let base = BaseContext::read(SCHEMA).unwrap();
        let gather = |count| {
            let tools = Sources::new(bundles::tools(count));
            Catalogue::gather(&tools, &Registry::default(), &base, None).unwrap()
        };
        let catalogue = gather(bundles::TOOLS);
        let (sources, engine) = loop {
            let mut files = bundles::tools(bundles::TOOLS);
            files.insert("t.cedar".to_owned(), numbered(&texts));
            let sources = Sources::new(files);
            let problems = match Engine::load(&sources, &catalogue) {
                Ok(engine) => break (sources, engine),
                Err(problems) => problems,
            };
            let bad: Vec<String> = problems.into_iter().filter_map(|one| one.policy).collect();
            let before = texts.len();
            let mut number = 0;
            texts.retain(|_| {
                number += 1;
                !bad.contains(&format!("p{}", number - 1))
            });
            assert!(texts.len() < before, "no policy is to blame");
        };
        if texts.is_empty() {
            return None;
        }
        let mut found = found::all(&sources).unwrap();
        found.retain(|found| found.meaning.mode == annotations::Mode::Enforce);
        let whole = found::unique(&found).unwrap();
        let of_few = (0..bundles::TOOLS).find_map(|count| {
            let engine = Engine::load(&sources, &gather(count)).ok()?;
            Some((count, engine))
        });
        let learnt = of_few.map(|(count, engine)| {
            let mut later = (count + 1)..=bundles::TOOLS;
            let learnt = later.try_fold(engine, |engine, count| engine.learn(&gather(count)));
            let learnt = learnt.expect("the built-in schema can be read");
            assert_eq!(learnt.unfit().next(), None, "what fits all tools fits each");
            learnt
        });
        Some(Self {
            learnt,
            actions: actions(&engine),
            engine,
            catalogue,
            whole,
        })
    }

    /// Compares on one request; false when it cannot be put.
    fn agrees(&self, draw: &mut Draw<'_>) -> bool {
        let asked = draw.asked();
        let known = self.catalogue.known(&asked.server, &asked.target);
        let subject = Subject {
            target: &asked.target,
            known,
            also: Vec::new(),
        };
        let facts = asked.facts();
        let inquiry = self.engine.inquire(&facts).unwrap();
        if let Some(learnt) = &self.learnt {
            let other = learnt.inquire(&facts).unwrap();
            let opinion = inquiry.opinion(&subject, facts.arguments);
            assert_eq!(
                other.opinion(&subject, facts.arguments),
                opinion,
                "{asked:?}\n{}",
                self.whole
            );
            assert_eq!(
                other.shown(&subject),
                inquiry.shown(&subject),
                "{asked:?}\n{}",
                self.whole
            );
        }
        let Ok(scene) = inquiry.scene(&subject) else {
            return false;
        };
        // What policies do not read is left out where they are asked in slices, and there in the whole.
        let input = inquiry.input(&scene, &subject, facts.arguments).unwrap();
        let Ok(request) = inquiry.request(&scene, input.as_ref()) else {
            return false;
        };
        let all = match known {
            Known::Tool(tool) => Some(
                Input::read(tool, facts.arguments, Reads::Whole, &Mentioned::default()).unwrap(),
            ),
            _ => None,
        };
        let full = inquiry.request(&scene, all.as_ref()).unwrap();
        let mut base = super::Said::default();
        let mut gates = super::Said::default();
        for cut in scene.cuts() {
            base.add(self.engine.ask(&cut.base, &request, &scene.near.entities));
            gates.add(self.engine.ask(&cut.gates, &request, &scene.near.entities));
        }
        let entities = self
            .actions
            .clone()
            .add_entities(scene.near.entities.iter().cloned(), None)
            .unwrap();
        let wanted = whole(&self.whole, &full, &entities);
        assert_eq!(sliced(&base, &gates), wanted, "{asked:?}\n{}", self.whole);
        true
    }
}

/// Random bundles and requests: slices say what the whole set says, with the same reasons and the
/// same errors, whether all tools were there at load or became known later.
#[test]
fn slices_say_what_the_whole_set_says() {
    let wanted = comparisons();
    let compared = std::cell::Cell::new(0);
    let loaded = std::cell::Cell::new(0);
    let learnt = std::cell::Cell::new(0);
    let mut seed = 1;
    while compared.get() < wanted {
        let config = Config {
            cases: 1,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..Config::default()
        };
        let texts = proptest::collection::vec(bundles::policy(), 1..12);
        let bytes = proptest::collection::vec(any::<u8>(), 16 * REQUESTS);
        let result = TestRunner::new(config).run(&(texts, bytes), |(texts, bytes)| {
            if let Some(bundle) = Bundle::of(texts) {
                loaded.set(loaded.get() + 1);
                learnt.set(learnt.get() + usize::from(bundle.learnt.is_some()));
                for bytes in bytes.chunks(16) {
                    let agreed = bundle.agrees(&mut Draw::new(bytes));
                    compared.set(compared.get() + usize::from(agreed));
                }
            }
            Ok(())
        });
        result.unwrap();
        seed += 1;
    }
    let (compared, loaded, learnt) = (compared.get(), loaded.get(), learnt.get());
    println!(
        "{compared} comparisons over {loaded} bundles, {learnt} of which learnt of tools later"
    );
    assert!(learnt * 4 > loaded, "too few bundles learn of tools later");
}
