//! A decision out of the log, asked again of policies as they are now.
//!
//! Deliberately absent: what the record does not say. Without the values of arguments it is told
//! which outcome is sure, and no more.

use std::path::Path;

use portcullis_core::cases::Written;
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_core::replay::{Decided, Replay, Verdict};
use portcullis_protocol::names::CallId;
use serde_json::json;

use super::super::traffic::{Log, UnreadError, block_on};
use crate::cli::show;

/// The record of a call's decision, and the tools that servers have listed.
pub(super) fn find(
    database: &Path,
    call: CallId,
) -> Result<(Option<Decided>, Registry), UnreadError> {
    block_on(async {
        let mut log = Log::open(database).await?;
        Ok((log.decision(call).await?, log.registry().await?))
    })
}

/// The question, when everything that policies read is recorded.
pub(super) fn whole(decided: &Decided) -> Option<&Written> {
    decided.question().filter(|_| decided.knows_arguments())
}

/// Says what was recorded.
pub(super) fn then(decided: &Decided) {
    let by = match &decided.determining[..] {
        [] => "no policy".to_owned(),
        ids => ids.join(", "),
    };
    let outcome = decided.outcome.as_str();
    show(&format!(
        "recorded as {}: {outcome}, by {by}; {} on {}",
        decided.seq, decided.method, decided.about
    ));
}

/// Says what is sure although arguments or other parts are not recorded.
pub(super) fn in_part(decided: &Decided, policies: &Policies, json: bool) {
    let again = Replay::new(policies).again(decided);
    if json {
        show(&json!({
            "recorded": {
                "seq": decided.seq, "outcome": decided.outcome, "determining": decided.determining,
            },
            "now": again.verdict, "determining": again.determining,
        }));
        return;
    }
    then(decided);
    match again.verdict {
        Verdict::Same(outcome) => show(&format!("now: {} as well", outcome.as_str())),
        Verdict::Changed { to, .. } => show(&format!("now: {}", to.as_str())),
        Verdict::Unknown(why) => show(&format!("now: nobody can say: {why}")),
    }
    if !again.determining.is_empty() {
        show(&format!("  by {}", again.determining.join(", ")));
    }
    show(
        &"  note: only what is recorded is known; with `audit.arguments = \"values\"` a record \
          can be explained policy by policy",
    );
}
