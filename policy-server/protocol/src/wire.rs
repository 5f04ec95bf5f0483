//! The contract between filter and policy server, version 1: JSON over HTTP on the data listener.
//!
//! Unknown fields are refused on both sides. `docs/protocol.md` shows each message as the golden
//! files of `tests/golden/wire` have it. Nothing here decides anything.

mod epoch;
mod list;
mod loss;
mod query;
mod redaction;
mod report;
mod session;
mod verdict;

pub use epoch::{EpochAnswer, EpochQuery};
pub use list::{ListAnswer, ListKind, ListQuery};
pub use loss::Loss;
pub use query::{Direction, Query, Target};
pub use redaction::{
    Fit, Keys, RedactionQuery, RedactionRules, StructuredAnswer, StructuredQuery, Use,
};
pub use report::{End, Gap, Outcome, Redactions, Refusal, Report, Reports, ReportsAccepted};
pub use session::{SessionAnswer, SessionQuery, Standing, Step};
pub use verdict::{Answer, Denial, Marked, Pending, Redaction, Reveal, Shape, Terms, Verdict};

/// What the filter writes into `Host`: the policy server's listener answers to it.
pub const AUTHORITY: &str = "portcullis";
/// `POST`: one [`Query`], answered by one [`Answer`].
pub const DECIDE_PATH: &str = "/v1/decide";
/// `POST`: one [`ListQuery`], answered by one [`ListAnswer`].
pub const LISTS_PATH: &str = "/v1/lists";
/// `POST`: one [`SessionQuery`], answered by one [`SessionAnswer`].
pub const SESSIONS_PATH: &str = "/v1/sessions";
/// `POST`: one [`Reports`], answered by one [`ReportsAccepted`].
pub const OUTCOMES_PATH: &str = "/v1/outcomes";
/// `POST`: one [`RedactionQuery`], answered by the [`RedactionRules`] in force.
pub const REDACTION_PATH: &str = "/v1/redaction";
/// `POST`: one [`EpochQuery`], answered by one [`EpochAnswer`].
pub const EPOCH_PATH: &str = "/v1/epoch";
/// `POST`: one [`StructuredQuery`], answered by one [`StructuredAnswer`].
pub const STRUCTURED_PATH: &str = "/v1/structured";
