//! The kinds of problems, under names that stay: scripts and `--allow` use them.

use std::fmt;

use serde::Serialize;

use super::Severity;

/// What kind of problem it is. Those that begin with `Lint` never keep a set from loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The folder or a file of it cannot be read, or there is too much of it.
    Folder,
    /// `roles.toml` or a list of tools in the folder says something else than names.
    Names,
    /// The folder's schema is not the one of this version, or cannot be read.
    Schema,
    /// A list of tools in the folder cannot be read.
    Tools,
    /// `tags.toml` says something else than tags.
    Tags,
    /// `redaction.toml` says something else than rules of redaction.
    Redaction,
    /// `bundle.toml` is no manifest, or the files are not for its engine.
    Manifest,
    /// A Rego module is refused.
    Rego,
    /// A bundle is not signed by a key that is trusted, or is no bundle.
    Bundle,
    /// The text is no Cedar.
    Syntax,
    /// The formatter has no answer.
    Format,
    /// A template, which nothing here fills in.
    Template,
    /// The policies of a file cannot be told apart, or do not make one set.
    Unreadable,
    /// Two policies have one id.
    DuplicateId,
    /// An annotation that means nothing.
    UnknownAnnotation,
    /// An annotation with a value that it cannot have.
    BadAnnotation,
    /// A parameter of a gate on a policy that is none.
    StrayAnnotation,
    /// An `@approval` on a policy that no approval would open.
    GateShape,
    /// An approval that is read outside a gate.
    ApprovalOutsideGate,
    /// A comparison with the action `tools/call`, which is a group.
    ExactCall,
    /// An entity type that the schema does not have, or an entity that its type does not have.
    UnknownEntity,
    /// An action that the schema does not have.
    UnknownAction,
    /// An attribute that the schema does not have.
    UnknownAttribute,
    /// An attribute that may be absent, read without asking.
    MissingGuard,
    /// Values of types that do not fit.
    TypeMismatch,
    /// Strings looked for in a list with `in`, which is for entities.
    InStrings,
    /// A scope that no action of the schema fits.
    NeverApplies,
    /// Conditions that are never met.
    NeverTrue,
    /// Characters that look like others.
    LookAlike,
    /// Anything else that the validator says.
    Validation,
    /// A permit that an unconditional forbid takes back whole.
    LintOverruledPermit,
    /// Two policies that do the same.
    LintDuplicatePolicy,
    /// The id of a thing behind a server without the server's name in front.
    LintUnprefixedId,
    /// A server that is not among the known ones.
    LintUnknownServer,
    /// A tool that is not in the list of its server.
    LintUnknownTool,
    /// A role that is not among the known ones.
    LintUnknownRole,
    /// A group of approvers that is not among the known ones.
    LintUnknownGroup,
    /// A tag that no tool is given.
    LintUnknownTag,
    /// A class of data that no rule finds.
    LintUnknownClass,
    /// A URI in another spelling than the one that policies see.
    LintSpelledUri,
    /// A number that no call can have.
    LintInexactNumber,
    /// A policy on arguments that no tool that is known has.
    LintIdlePolicy,
    /// A tool that a server lists and policies do not fit.
    LintUnfitTool,
    /// A gate that an expired approval opens.
    LintGateWithoutExpiry,
    /// A gate that an approval of other arguments opens.
    LintGateWithoutDigest,
    /// A gate that does not look at who approved, or asks a group whose yes does not open it.
    LintGateWithoutGroup,
    /// Neither action nor resource are narrowed, so that every decision has to look at it.
    LintUnscoped,
    /// A path or URL compared by its beginning, which `..` leads out of.
    LintOpenPrefix,
}

/// The lints that fail a check, and can be let through.
pub const WARNINGS: [Code; 16] = [
    Code::LintOverruledPermit,
    Code::LintDuplicatePolicy,
    Code::LintUnprefixedId,
    Code::LintUnknownServer,
    Code::LintUnknownTool,
    Code::LintUnknownRole,
    Code::LintUnknownGroup,
    Code::LintUnknownTag,
    Code::LintUnknownClass,
    Code::LintSpelledUri,
    Code::LintInexactNumber,
    Code::LintIdlePolicy,
    Code::LintUnfitTool,
    Code::LintGateWithoutExpiry,
    Code::LintGateWithoutDigest,
    Code::LintGateWithoutGroup,
];

impl Code {
    /// The name, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Names => "names",
            Self::Schema => "schema",
            Self::Tools => "tools",
            Self::Tags => "tags",
            Self::Redaction => "redaction",
            Self::Manifest => "manifest",
            Self::Rego => "rego",
            Self::Bundle => "bundle",
            Self::Syntax => "syntax",
            Self::Format => "format",
            Self::Template => "template",
            Self::Unreadable => "unreadable",
            Self::DuplicateId => "duplicate-id",
            Self::UnknownAnnotation => "unknown-annotation",
            Self::BadAnnotation => "bad-annotation",
            Self::StrayAnnotation => "stray-annotation",
            Self::GateShape => "gate-shape",
            Self::ApprovalOutsideGate => "approval-outside-gate",
            Self::ExactCall => "exact-call",
            Self::UnknownEntity => "unknown-entity",
            Self::UnknownAction => "unknown-action",
            Self::UnknownAttribute => "unknown-attribute",
            Self::MissingGuard => "missing-guard",
            Self::TypeMismatch => "type-mismatch",
            Self::InStrings => "in-strings",
            Self::NeverApplies => "never-applies",
            Self::NeverTrue => "never-true",
            Self::LookAlike => "look-alike",
            Self::Validation => "validation",
            Self::LintOverruledPermit => "lint-overruled-permit",
            Self::LintDuplicatePolicy => "lint-duplicate-policy",
            Self::LintUnprefixedId => "lint-unprefixed-id",
            Self::LintUnknownServer => "lint-unknown-server",
            Self::LintUnknownTool => "lint-unknown-tool",
            Self::LintUnknownRole => "lint-unknown-role",
            Self::LintUnknownGroup => "lint-unknown-group",
            Self::LintUnknownTag => "lint-unknown-tag",
            Self::LintUnknownClass => "lint-unknown-class",
            Self::LintSpelledUri => "lint-spelled-uri",
            Self::LintInexactNumber => "lint-inexact-number",
            Self::LintIdlePolicy => "lint-idle-policy",
            Self::LintUnfitTool => "lint-unfit-tool",
            Self::LintGateWithoutExpiry => "lint-gate-without-expiry",
            Self::LintGateWithoutDigest => "lint-gate-without-digest",
            Self::LintGateWithoutGroup => "lint-gate-without-group",
            Self::LintUnscoped => "lint-unscoped",
            Self::LintOpenPrefix => "lint-open-prefix",
        }
    }

    /// How bad problems of this kind are.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::LintUnscoped | Self::LintOpenPrefix => Severity::Advice,
            _ if WARNINGS.contains(&self) => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The lint of this name, if there is one that can be let through.
    #[must_use]
    pub fn warning(name: &str) -> Option<Self> {
        WARNINGS.into_iter().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json_form() {
        let advice = [Code::LintUnscoped, Code::LintOpenPrefix];
        for code in WARNINGS.into_iter().chain(advice) {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.as_str().starts_with("lint-"));
            assert_ne!(code.severity(), Severity::Error);
        }
        for code in [Code::Folder, Code::NeverApplies, Code::InStrings] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(code.severity(), Severity::Error);
            assert_eq!(Code::warning(code.as_str()), None);
        }
        assert_eq!(
            Code::warning("lint-unknown-tool"),
            Some(Code::LintUnknownTool)
        );
    }
}
