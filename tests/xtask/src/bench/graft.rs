//! The listener that `portcullis up` wrote for its own Envoy, moved into the bench's.
//!
//! What is measured is thereby what the quick start runs. Only names change that two such
//! listeners would share: the cluster of the policy server, and the VM.

use serde_json::Value;

use crate::Failure;

const POLICY_SERVER: &str = "portcullis";

/// The listener, and the cluster of its policy server, with `name` in their names.
pub(super) fn graft(config: &str, name: &str) -> Result<(Value, Value), Failure> {
    let config: Value = serde_json::from_str(config)?;
    let missing =
        || format!("the Envoy configuration of 'portcullis up' has another shape: {config}");
    let resources = config.get("static_resources").ok_or_else(missing)?;
    let mut listener = resources
        .pointer("/listeners/0")
        .cloned()
        .ok_or_else(missing)?;
    let clusters = resources.get("clusters").and_then(Value::as_array);
    let mut cluster = clusters
        .and_then(|clusters| clusters.iter().find(|cluster| named(cluster)))
        .cloned()
        .ok_or_else(missing)?;
    set(&mut listener, "/name", name);
    set(&mut cluster, "/name", name);
    set(&mut cluster, "/load_assignment/cluster_name", name);
    let filters = "/filter_chains/0/filters/0/typed_config/http_filters";
    let filters = listener.pointer_mut(filters).and_then(Value::as_array_mut);
    let filter = filters.and_then(|filters| filters.iter_mut().find(|filter| named(filter)));
    aim(filter.ok_or_else(missing)?, name)?;
    Ok((listener, cluster))
}

/// Points the filter at the renamed cluster and gives it a VM of its own.
fn aim(filter: &mut Value, name: &str) -> Result<(), Failure> {
    set(filter, "/typed_config/config/vm_config/vm_id", name);
    let text = filter
        .pointer_mut("/typed_config/config/configuration/value")
        .ok_or("the filter has no configuration")?;
    let mut own: Value = serde_json::from_str(text.as_str().unwrap_or_default())?;
    set(&mut own, "/policy_server/cluster", name);
    *text = Value::String(own.to_string());
    Ok(())
}

fn named(value: &Value) -> bool {
    value.get("name").and_then(Value::as_str) == Some(POLICY_SERVER)
}

fn set(value: &mut Value, pointer: &str, text: &str) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = Value::String(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"static_resources": {
        "listeners": [{"name": "mcp", "filter_chains": [{"filters": [{"typed_config": {"http_filters": [
            {"name": "portcullis", "typed_config": {"config": {
                "vm_config": {"vm_id": "portcullis"},
                "configuration": {"value": "{\"policy_server\":{\"cluster\":\"portcullis\"}}"}
            }}}
        ]}}]}]}],
        "clusters": [
            {"name": "mcp-bench"},
            {"name": "portcullis", "load_assignment": {"cluster_name": "portcullis"}}
        ]}}"#;

    #[test]
    fn the_listener_asks_the_renamed_cluster() {
        let (listener, cluster) = graft(CONFIG, "portcullis-os").unwrap();
        assert_eq!(cluster["load_assignment"]["cluster_name"], "portcullis-os");
        let text = listener.to_string();
        assert!(!text.contains(r#""portcullis\""#), "{text}");
        assert_eq!(text.matches("portcullis-os").count(), 3, "{text}");
    }

    #[test]
    fn another_shape_is_an_error() {
        assert!(graft("{}", "x").is_err());
    }
}
