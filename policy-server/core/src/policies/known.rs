//! The names that a deployment knows, for lints that look for misspelt ones.
//!
//! What is not known is not looked for: without a list there is no complaint.

use std::collections::{BTreeMap, BTreeSet};

/// Known names. The default knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// All servers, when they are known.
    pub servers: Option<BTreeSet<String>>,
    /// The tools of those servers whose list is pinned, by server.
    pub tools: BTreeMap<String, BTreeSet<String>>,
    /// All roles that tokens carry, when they are known.
    pub roles: Option<BTreeSet<String>>,
    /// All groups that may approve, when they are known.
    pub groups: Option<BTreeSet<String>>,
}
