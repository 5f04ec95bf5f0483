//! Evidence: records, and the chain that shows when one was changed. `docs/audit.md` has the format.
//!
//! A record is bytes: hashed as stored, never written anew. Deliberately absent: storage, and the
//! signed checkpoints that would also show a log cut off at its end.

mod basis;
mod chain;
mod line;
mod outline;
mod record;
pub mod time;

pub use basis::{ARGUMENTS_BYTES_MAX, Basis, Keep};
pub use chain::{Break, Fault, Link, Sealed, Summary, Verifier, leaf, seal};
pub use line::Extent;
pub use record::{
    CallerEntry, CandidateEntry, ChangeEntry, Decision, GapRecord, ListRecord, OutcomeRecord,
    PoliciesRecord, RECORD_BYTES_MAX, RECORD_VERSION, Record, RedactionsRecord, RefusalRecord,
    SessionRecord, Start, TargetEntry, Targets, UnknownOutcome, VerdictWord,
};
