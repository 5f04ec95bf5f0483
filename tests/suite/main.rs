//! One binary, a module a subject. Most drive the real gateway: Envoy, the filter, the policy
//! server. `cargo xtask test --only end-to-end` builds the parts and runs all of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails where it finds something unexpected"
)]

/// What comes back: sound, withheld, streamed, asked.
mod answers;
/// Policies as one signed file.
mod bundles;
/// Who hangs up cancels.
mod cancellation;
/// The cases of policies, and explanations.
mod cases;
/// The clients people use, through the gateway.
mod clients;
/// The wire contract, as golden files.
mod contract;
/// Drafts of policies against what was recorded.
mod drafts;
/// Whatever breaks: no call is forwarded, and it heals.
mod faults;
/// Who asks: tokens, challenges, metadata.
mod identity;
/// Who may talk to the policy server, and whose files it believes.
mod listeners;
/// Much of what is hostile from one, and the others go on.
mod overload;
/// How servers behave in the field, and what agents notice of it.
mod peers;
/// The tools of a server: fetched, pinned, compared with what it says later.
mod pins;
/// The commands that look after policies.
mod policies;
/// Policies at work, through the whole gateway.
mod policy;
/// Secrets taken out of recorded messages, on the command line.
mod redact;
/// Secrets on their way through the gateway.
mod redaction;
/// Secrets in messages, without a gateway: how many are found, and that nothing hides them.
mod secrets;
/// A session belongs to whoever opened it.
mod sessions;
/// Requests that mean one thing to us and another behind us.
mod smuggling;
/// The main job: list, allow, deny, change a policy, read the record.
mod story;
/// The house rules.
mod tidy;
/// One gateway in front of one recording upstream.
mod world;
