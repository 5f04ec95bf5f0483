//! The manifest `bundle.toml`: which engine a policy set is for, and what it is called.
//!
//! A folder without one holds Cedar policies. Deliberately absent: guessing the engine from the
//! files, and anything that policies themselves say.

use portcullis_protocol::names::Name;
use serde::Deserialize;

use super::{Code, MANIFEST_FILE, Place, Problem, Sources};

/// The engine that a set is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Cedar, in `*.cedar` files.
    #[default]
    Cedar,
    /// Rego, in `*.rego` files.
    Rego,
}

impl EngineKind {
    /// The word in the manifest.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cedar => "cedar",
            Self::Rego => "rego",
        }
    }
}

/// What a set says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The engine.
    #[serde(default)]
    pub engine: EngineKind,
    /// What the set is called.
    pub name: Option<Name>,
    /// Which version of it this is, in its authors' own words.
    pub version: Option<Name>,
}

impl Manifest {
    /// The manifest of a set, held against the languages of its files.
    ///
    /// # Errors
    /// It is no manifest, or there are files that its engine does not read.
    pub fn of(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let manifest = match sources.text(MANIFEST_FILE) {
            Some(text) => Self::parse(text).map_err(|problem| vec![problem])?,
            None => Self::default(),
        };
        let problems: Vec<Problem> = match manifest.engine {
            EngineKind::Cedar => sources.rego().map(stray_rego).collect(),
            EngineKind::Rego => sources.cedar().map(stray_cedar).collect(),
        };
        if problems.is_empty() {
            Ok(manifest)
        } else {
            Err(problems)
        }
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let help = "it may say `engine = \"cedar\"` or `\"rego\"`, `name` and `version`";
        toml::from_str(text).map_err(|error: toml::de::Error| Problem {
            place: error.span().map(|span| Place::of(text, span.start)),
            ..Problem::new(Code::Manifest, MANIFEST_FILE, error.message()).help(help)
        })
    }
}

fn stray_rego((file, _): (&str, &str)) -> Problem {
    let message = "this is a Rego file, and the policies are for Cedar";
    let help = "write `engine = \"rego\"` into bundle.toml, or remove the file";
    Problem::new(Code::Manifest, file, message).help(help)
}

fn stray_cedar((file, _): (&str, &str)) -> Problem {
    let message = "this is a Cedar file, and bundle.toml says that the policies are for Rego";
    let help = "write `engine = \"cedar\"` into bundle.toml, or remove the file";
    Problem::new(Code::Manifest, file, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::registry::Registry;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Sources::new(files.iter().map(owned).collect())
    }

    #[test]
    fn a_manifest_names_the_set() {
        let text = "engine = \"cedar\"\nname = \"payments\"\nversion = \"2026.11 rc 1\"\n";
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest.name.unwrap().as_str(), "payments");
        assert_eq!(manifest.version.unwrap().as_str(), "2026.11 rc 1");
        assert_eq!(Manifest::parse("").unwrap(), Manifest::default());
        assert_eq!(Manifest::default().engine.word(), "cedar");
    }

    #[test]
    fn what_is_no_manifest_has_a_place() {
        for (text, line) in [
            ("name = \"a\"\nextra = 1\n", 2),
            ("\nengine = \"opa\"\n", 2),
            ("name = \n", 1),
            ("name = \"\"\n", 1),
            ("name = \"a\\u202eb\"\n", 1),
            ("name = \"a\"\nname = \"b\"\n", 2),
        ] {
            let problem = Manifest::parse(text).unwrap_err();
            assert_eq!(problem.place.map(|place| place.line), Some(line), "{text}");
        }
        let long = format!("version = \"{}\"", "x".repeat(100_000));
        assert!(Manifest::parse(&long).is_err());
    }

    #[test]
    fn files_of_the_other_language_are_refused() {
        let rego = ("a.rego", "package portcullis");
        let cedar = ("a.cedar", "permit (principal, action, resource);");
        let says_rego = ("bundle.toml", "engine = \"rego\"");
        for (files, stray) in [
            (vec![rego], "a.rego"),
            (vec![rego, cedar], "a.rego"),
            (vec![says_rego, rego, cedar], "a.cedar"),
        ] {
            let problems = Manifest::of(&sources(&files)).unwrap_err();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].file, stray);
            assert!(problems[0].help.as_ref().unwrap().contains("engine = "));
            assert!(Policies::load(sources(&files), &Registry::default()).is_err());
        }
        let right = Manifest::of(&sources(&[says_rego, rego])).unwrap();
        assert_eq!(right.engine, EngineKind::Rego);
    }
}
