//! Policies in the one layout that Cedar's own formatter gives them.
//!
//! The formatter compares the policies before and after by itself; here it is also asked until it
//! has nothing to change.

use std::str::FromStr;

use cedar_policy::PolicySet;
use cedar_policy_formatter::{Config, policies_str_to_pretty};

use super::written;
use crate::policies::{Code, Problem};

/// The layout.
const CONFIG: Config = Config {
    line_width: 80,
    indent_width: 2,
};

/// How often a text is formatted until it stays as it is.
const ROUNDS_MAX: usize = 4;

/// The text of a file, formatted. Comments are kept; a text without policies stays as it is.
///
/// # Errors
/// The text is no Cedar, or the formatter has no answer that it would leave alone.
pub fn format(file: &str, text: &str) -> Result<String, Vec<Problem>> {
    let policies = PolicySet::from_str(text).map_err(|errors| {
        let located = |error| written::located(Code::Syntax, file, text, error);
        errors.iter().map(located).collect::<Vec<_>>()
    })?;
    if policies.is_empty() {
        return Ok(text.to_owned());
    }
    let mut last = text.to_owned();
    for _ in 0..ROUNDS_MAX {
        let next = policies_str_to_pretty(&last, &CONFIG)
            .map_err(|error| vec![gave_up(file, &error.to_string())])?;
        if next == last {
            return Ok(last);
        }
        last = next;
    }
    Err(vec![gave_up(file, "its answer changes every time")])
}

fn gave_up(file: &str, why: &str) -> Problem {
    let message = format!("the formatter leaves this file alone: {why}");
    Problem::new(Code::Format, file, &message).help("format it by hand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_and_twice_is_once() {
        let text = "// first\n@id(\"a\") permit(principal,action,resource) // scope\n\
                    when{true // why\n&& resource.readOnly};\n\n// between\n\
                    forbid(principal in Mcp::Role::\"viewer\",action in [Mcp::Action::\"read\",Mcp::Action::\"write\"],resource)\
                    unless{principal.issuer==\"// no comment\"};// last\n";
        let once = format("a.cedar", text).unwrap();
        assert_ne!(once, text);
        for comment in ["// first", "// scope", "// why", "// between", "// last"] {
            assert_eq!(once.matches(comment).count(), 1, "{once}");
        }
        assert_eq!(format("a.cedar", &once).unwrap(), once);
        let reparsed = PolicySet::from_str(&once).unwrap();
        assert_eq!(reparsed.num_of_policies(), 2);
    }

    #[test]
    fn what_is_no_cedar_is_a_problem_with_a_place() {
        let problems = format("a.cedar", "permit (principal, action resource);").unwrap_err();
        assert_eq!(problems[0].code, Code::Syntax);
        assert_eq!(problems[0].place.unwrap().column, 27);
        assert_eq!(
            format("a.cedar", "// nothing yet").unwrap(),
            "// nothing yet"
        );
    }
}
