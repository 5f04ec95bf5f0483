//! Every bound on the path of a call, with its unit last in the name and its reason.
//!
//! A value over its bound is refused; nothing is ever cut off silently.

/// Longest request body that is read. rmcp, the Python and the TypeScript SDK stop at 4 MiB too.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest JSON response, and longest single event of a stream. rmcp's client stops at 16 MiB.
pub const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deepest nesting of a JSON document. Real messages stay under 20; recursion stays cheap.
pub const JSON_DEPTH_MAX: usize = 64;

/// Longest method, tool and prompt name. MCP advises 128 for tool names (SEP-986).
pub const NAME_BYTES_MAX: usize = 256;

/// Longest resource URI, task id or template.
pub const URI_BYTES_MAX: usize = 8 * 1024;

/// Longest JSON-RPC id as written, quotes included.
pub const ID_BYTES_MAX: usize = 512;

/// Longest session id. The specification asks for visible ASCII and names no bound; some are signed tokens.
pub const SESSION_BYTES_MAX: usize = 4096;

/// Most resources that one `subscriptions/listen` may name.
pub const TARGETS_MAX: usize = 256;

/// Most roles that one caller may carry.
pub const ROLES_MAX: usize = 256;

/// Most server requests inside one `input_required` result.
pub const INPUT_REQUESTS_MAX: usize = 32;

/// Most requests of the server that one answer or stream may bring: each costs a verdict.
pub const SERVER_REQUESTS_MAX: u64 = 1_000;

/// Most of them that are answered in the agent's place.
pub const TELLS_MAX: usize = 100;

/// Longest policy-server answer that the filter reads, beside the lists.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Most reports in one batch to the policy server.
pub const REPORTS_MAX: usize = 256;

/// Longest batch of reports in bytes of JSON, one report of [`REPORT_BYTES_MAX`] apart.
pub const BATCH_BYTES_MAX: usize = 512 * 1024;

/// Longest report in bytes of JSON: a caller with the most and longest roles, and the most findings in
/// the longest places, every byte of them escaped, come to less.
pub const REPORT_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of reports of one caller that wait in the filter. Beyond it the caller's messages are
/// refused until some are taken.
pub const CALLER_REPORTS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most bytes of all reports that wait in the filter. Beyond it they are dropped and counted; the server
/// closes calls whose outcome never came as `unknown` at its next start.
pub const REPORTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most findings of one message that are told of; more are counted, and replaced all the same.
pub const FACTS_MAX: usize = 64;

/// Most findings in one message; with more it goes nowhere.
pub const FINDINGS_MAX: usize = 4_000;

/// Most findings in all messages of one answer together; with more it ends. Real answers hold a few;
/// one that is made of secrets would keep a worker from all others.
pub const ANSWER_FINDINGS_MAX: u64 = 20_000;

/// Most layers of encoding inside a string that are looked into; what lies deeper is masked.
pub const LAYERS_MAX: usize = 4;

/// Most rules of a deployment's own.
pub const OWN_RULES_MAX: usize = 200;

/// Most prefixes, keys, examples or counterexamples of one own rule.
pub const RULE_PARTS_MAX: usize = 100;

/// Shortest prefix of a rule: shorter ones stand in ordinary text too often to be looked at.
pub const PREFIX_BYTES_MIN: usize = 3;

/// Longest prefix of a rule, and longest name of a key.
pub const PREFIX_BYTES_MAX: usize = 64;

/// Fewest characters behind a prefix: fewer are guessed, and stand in ordinary words.
pub const TAIL_MIN: usize = 4;

/// Most characters behind a prefix, and longest value or example in rules.
pub const TAIL_MAX: usize = 4096;

/// Most values, and most keys, that are allowed by name.
pub const ALLOWED_MAX: usize = 1_000;

/// Most arguments in which handles become secrets again.
pub const USES_MAX: usize = 200;

/// Shortest life of a handle in seconds: a call must have time to arrive.
pub const HANDLE_SECONDS_MIN: u64 = 60;

/// Longest life of a handle in seconds: 30 days.
pub const HANDLE_SECONDS_MAX: u64 = 2_592_000;
