//! Examples of own rules, tried on the engine itself: each must be found, each counterexample not.

use super::{Rules, RulesError};
use crate::json::check;
use crate::redact::{MarkKey, Plan, RawRule, redact};

/// The examples in which a rule finds nothing, and the counterexamples in which it does.
pub(super) fn unmet(rules: &Rules) -> Vec<RulesError> {
    let mut errors = Vec::new();
    for rule in &rules.raw().rules {
        let error = |message: String| RulesError {
            rule: Some(rule.id.clone()),
            message,
        };
        let dormant = rule.class.is_personal() && !rules.raw().classes.contains_key(&rule.class);
        let missed = rule
            .examples
            .iter()
            .filter(|text| !finds(rules, rule, text));
        for text in missed.filter(|_| !dormant) {
            errors.push(error(format!(
                "`examples`: it finds nothing in \"{}\"",
                text.escape_debug()
            )));
        }
        for text in rule
            .counterexamples
            .iter()
            .filter(|text| finds(rules, rule, text))
        {
            errors.push(error(format!(
                "`counterexamples`: it finds something in \"{}\"",
                text.escape_debug()
            )));
        }
    }
    errors
}

/// Whether a rule finds something in a text. Marks are of no use here, so any key will do.
fn finds(rules: &Rules, rule: &RawRule, text: &str) -> bool {
    let marks = MarkKey::new([0; 32]);
    let plan = Plan {
        rules,
        reveal: &[],
        marked: &[],
        literals: &[],
        marks: &marks,
        sealing: None,
    };
    let message = serde_json::Value::from(text).to_string();
    let facts = check(message.as_bytes()).map(|message| redact(message, &plan).facts);
    facts.is_ok_and(|facts| facts.iter().any(|fact| fact.rule.as_str() == rule.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Alphabet, Class, RawRules};

    #[test]
    fn an_example_without_a_secret_is_refused() {
        let rule = RawRule {
            id: "acme-token".to_owned(),
            class: Class::parse("secret.acme").unwrap(),
            prefixes: vec!["acme_".to_owned()],
            alphabet: Some(Alphabet::Alnum),
            min: Some(20),
            max: None,
            keys: Vec::new(),
            examples: vec!["acme_tooshort".to_owned()],
            counterexamples: vec!["an acme_tooshort is none".to_owned()],
        };
        let raw = RawRules {
            rules: vec![rule],
            ..RawRules::default()
        };
        let errors = Rules::compile(&raw).unwrap_err();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["rule `acme-token`: `examples`: it finds nothing in \"acme_tooshort\""]
        );
    }
}
