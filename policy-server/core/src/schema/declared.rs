//! The names of members that a schema declares, wherever it does.
//!
//! They are public: whoever may list the tool reads them. Deliberately absent: patterns of names.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names below every `properties`.
pub(super) fn names(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => {
                let declared = members.get("properties").and_then(Value::as_object);
                names.extend(declared.into_iter().flat_map(|all| all.keys().cloned()));
                waiting.extend(members.values());
            }
            _ => {}
        }
    }
    names
}
