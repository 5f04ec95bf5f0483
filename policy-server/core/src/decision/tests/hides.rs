//! What Rego hides: neither listed nor called.

use super::typed::{PAY, READ, call, shape};
use super::*;

#[test]
fn what_rego_hides_is_not_called_either() {
    let rules = "package mcp\nimport rego.v1\n\
        permits contains {\"id\": \"all\"} if input.method == \"tools/call\"\n\
        hides contains {\"id\": \"pay\"} if input.resource.name == \"pay\"\n\
        hides contains {\"id\": \"odd\"} if { input.resource.name == \"odd\"; to_number(\"x\") }\n";
    let files = [("bundle.toml", "engine = \"rego\""), ("a.rego", rules)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sources = Arc::new(Sources::new(BTreeMap::from(files)));
    let policies = Policies::load(sources, &listed(&[PAY, READ])).unwrap();
    for arguments in [r#"{"amount":1}"#, r#"{"amount":"x"}"#] {
        assert_eq!(shape(&call(&policies, "pay", arguments)), Shape::Hidden);
    }
    assert_eq!(
        call(&policies, "pay", r#"{"amount":1}"#).faults,
        [Fault::Hidden]
    );
    assert!(call(&policies, "fs.read", r#"{"path":"/a"}"#).allows());
    let failed = call(&policies, "odd", "{}");
    assert!(!failed.allows(), "a rule that fails denies: {failed:?}");
}
