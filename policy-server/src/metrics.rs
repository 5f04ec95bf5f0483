//! What is counted and timed, for Prometheus. Every label has a bounded set of values.

mod evidence;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use portcullis_core::decision::Outcome;
use portcullis_core::redaction::Redacting;
use portcullis_protocol::names::Name;
use portcullis_protocol::redact::{Action, Class, Fact, Reason};
use portcullis_protocol::wire::{End, Loss, Redactions};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::library::State;

pub use self::evidence::Evidence;

/// Most values of one label that others choose; the rest is counted as `other`.
const VALUES_MAX: usize = 64;

/// Upper bounds of duration buckets, in seconds.
const SECONDS: [f64; 12] = [
    0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003, 0.006, 0.0125, 0.025, 0.1, 0.5, 2.0,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DecisionLabels {
    outcome: &'static str,
    server: String,
    method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WordLabels {
    result: &'static str,
}

/// The one bundle in force: others' words, but one set of them at a time.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BundleLabels {
    name: String,
    version: String,
    digest: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndLabels {
    end: &'static str,
    loss: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabels {
    reason: String,
}

/// A listener and why a request was turned away at its door.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DoorLabels {
    listener: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FindingLabels {
    class: String,
    action: &'static str,
}

/// Values that were seen of one label, and how each is shown: without secrets.
#[derive(Debug, Default)]
struct Values(Mutex<BTreeMap<String, String>>);

impl Values {
    fn bounded(&self, value: &str) -> String {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = seen.get(value) {
            return shown.clone();
        }
        if seen.len() >= VALUES_MAX {
            return "other".to_owned();
        }
        let shown = Redacting::built_in().rules().clean(value).into_owned();
        seen.insert(value.to_owned(), shown.clone());
        shown
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CandidateLabels {
    enforced: &'static str,
    candidate: &'static str,
}

/// What a report of the filter counts as.
#[derive(Debug)]
pub struct Found {
    facts: Vec<(Class, &'static str)>,
    unscanned: Vec<&'static str>,
}

impl Found {
    /// What is counted of a report: its facts, not what they are no part of.
    #[must_use]
    pub fn of(report: &Redactions) -> Self {
        let fact = |fact: &Fact| (fact.class.clone(), word(fact.action));
        Self {
            facts: report.facts.iter().map(fact).collect(),
            unscanned: report
                .unscanned
                .iter()
                .map(|part| why(part.reason))
                .collect(),
        }
    }
}

const fn word(action: Action) -> &'static str {
    match action {
        Action::Redacted => "redacted",
        Action::Tokenized => "tokenized",
        Action::Blocked => "blocked",
        Action::Detected => "detected",
        Action::Revealed => "revealed",
        Action::Restored => "restored",
    }
}

const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Media => "media",
        Reason::Blob => "blob",
        Reason::State => "state",
    }
}

/// All metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    decision_seconds: Histogram,
    append_seconds: Histogram,
    batch_records: Histogram,
    reloads: Family<WordLabels, Counter>,
    policies_good: Gauge,
    bundle_created: Family<BundleLabels, Gauge>,
    bundle_stale: Family<BundleLabels, Gauge>,
    candidates: Family<CandidateLabels, Counter>,
    costly: Family<WordLabels, Counter>,
    refusals: Family<ReasonLabels, Counter>,
    turned_away: Family<DoorLabels, Counter>,
    outcomes: Family<EndLabels, Counter>,
    redactions: Family<FindingLabels, Counter>,
    unscanned: Family<ReasonLabels, Counter>,
    evidence: Evidence,
    servers: Values,
    methods: Values,
    reasons: Values,
    classes: BTreeSet<Class>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("portcullis"),
            decisions: Family::default(),
            decision_seconds: Histogram::new(SECONDS),
            append_seconds: Histogram::new(SECONDS),
            batch_records: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            reloads: Family::default(),
            policies_good: Gauge::default(),
            bundle_created: Family::default(),
            bundle_stale: Family::default(),
            candidates: Family::default(),
            costly: Family::default(),
            refusals: Family::default(),
            turned_away: Family::default(),
            outcomes: Family::default(),
            redactions: Family::default(),
            unscanned: Family::default(),
            evidence: Evidence::default(),
            servers: Values::default(),
            methods: Values::default(),
            reasons: Values::default(),
            classes: Redacting::built_in()
                .rules()
                .classes()
                .into_iter()
                .collect(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running version", build);
        registry.register(
            "decisions",
            "Decisions that were answered",
            self.decisions.clone(),
        );
        registry.register(
            "decision_duration_seconds",
            "From the parsed question to the recorded answer",
            self.decision_seconds.clone(),
        );
        registry.register(
            "audit_append_duration_seconds",
            "From handing a record over to its commit",
            self.append_seconds.clone(),
        );
        registry.register(
            "audit_batch_size",
            "Records in one transaction",
            self.batch_records.clone(),
        );
        registry.register(
            "policies_reload",
            "Changes of the policy folder or bundle",
            self.reloads.clone(),
        );
        registry.register(
            "policies_current",
            "1 when the policies in force are those of the folder or bundle",
            self.policies_good.clone(),
        );
        registry.register(
            "policy_bundle_created_timestamp_seconds",
            "When the bundle in force was made",
            self.bundle_created.clone(),
        );
        registry.register(
            "policy_bundle_stale_timestamp_seconds",
            "When the bundle in force becomes too old, and everything is denied",
            self.bundle_stale.clone(),
        );
        registry.register(
            "refusals",
            "Messages that the filter refused",
            self.refusals.clone(),
        );
        registry.register(
            "candidate_decisions",
            "What a candidate would have decided, beside what was",
            self.candidates.clone(),
        );
        registry.register(
            "costly",
            "Questions that cost much: judged at their turn, late, refused for their steps, or hasty news",
            self.costly.clone(),
        );
        registry.register("outcomes", "How allowed calls ended", self.outcomes.clone());
        registry.register(
            "turned_away",
            "Requests that a listener did not let in, by the reason",
            self.turned_away.clone(),
        );
        self.register_redaction();
        self.evidence.register(&mut self.registry);
    }

    fn register_redaction(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "redactions",
            "Secrets that were found, by class and what became of them",
            self.redactions.clone(),
        );
        registry.register(
            "unscanned",
            "Parts of messages that were not looked at",
            self.unscanned.clone(),
        );
    }

    /// One answered decision.
    pub fn decision(&self, outcome: &'static str, server: &str, method: &str, seconds: f64) {
        let (server, method) = (self.servers.bounded(server), self.methods.bounded(method));
        self.decisions
            .get_or_create(&DecisionLabels {
                outcome,
                server,
                method,
            })
            .inc();
        self.decision_seconds.observe(seconds);
    }

    /// What a candidate said beside what was enforced.
    pub fn candidate(&self, enforced: Outcome, candidate: &'static str) {
        let enforced = enforced.as_str();
        self.candidates
            .get_or_create(&CandidateLabels {
                enforced,
                candidate,
            })
            .inc();
    }

    /// What is missing in the log, or not whole in it.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// One question that costs more than a little, and what became of it.
    pub fn costly(&self, result: &'static str) {
        self.costly.get_or_create(&WordLabels { result }).inc();
    }

    /// One append, committed or not.
    pub fn append_duration(&self, seconds: f64) {
        self.append_seconds.observe(seconds);
    }

    /// One transaction.
    pub fn batch_size(&self, records: usize) {
        self.batch_records
            .observe(u32::try_from(records).unwrap_or(u32::MAX).into());
    }

    /// A changed policy folder was loaded.
    pub fn reload_succeeded(&self) {
        self.reloads
            .get_or_create(&WordLabels { result: "success" })
            .inc();
        self.policies_good.set(1);
    }

    /// What bundle is in force, if the policies are from one.
    pub fn bundle(&self, state: &State) {
        self.bundle_created.clear();
        self.bundle_stale.clear();
        let Some((policies, stamp)) = state
            .policies
            .as_ref()
            .and_then(|policies| Some((policies, policies.stamp()?)))
        else {
            return;
        };
        let word = |word: &Option<Name>| word.as_ref().map(ToString::to_string).unwrap_or_default();
        let labels = BundleLabels {
            name: word(&stamp.name),
            version: word(&stamp.version),
            digest: policies.digest().to_string(),
        };
        self.bundle_created
            .get_or_create(&labels)
            .set(stamp.created_s);
        if let Some(stale_us) = state.stale_at_us {
            let stale_s = stale_us.div_euclid(1_000_000);
            self.bundle_stale.get_or_create(&labels).set(stale_s);
        }
    }

    /// A changed policy folder was refused.
    pub fn reload_failed(&self) {
        self.reloads
            .get_or_create(&WordLabels { result: "failure" })
            .inc();
        self.policies_good.set(0);
    }

    /// One reported refusal.
    pub fn refusal(&self, reason: &str) {
        let reason = self.reasons.bounded(reason);
        self.refusals.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// One request that a listener did not let in.
    pub fn turned_away(&self, listener: &'static str, reason: &'static str) {
        self.turned_away
            .get_or_create(&DoorLabels { listener, reason })
            .inc();
    }

    /// One reported outcome.
    pub fn outcome(&self, end: End, loss: Option<Loss>) {
        let end = match end {
            End::Complete => "complete",
            End::Disconnected => "disconnected",
            End::Withheld => "withheld",
        };
        let loss = loss.map_or("none", Loss::as_str);
        self.outcomes.get_or_create(&EndLabels { end, loss }).inc();
    }

    /// What one report of the filter found.
    pub fn redactions(&self, found: &Found) {
        for (class, action) in &found.facts {
            // Own rules make up classes as they like.
            let class = match self.classes.contains(class) {
                true => class.to_string(),
                false => "other".to_owned(),
            };
            self.redactions
                .get_or_create(&FindingLabels { class, action })
                .inc();
        }
        for reason in &found.unscanned {
            let reason = (*reason).to_owned();
            self.unscanned.get_or_create(&ReasonLabels { reason }).inc();
        }
    }

    /// All of it as text.
    ///
    /// # Errors
    /// Never for a `String`; the encoder's interface has it.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
