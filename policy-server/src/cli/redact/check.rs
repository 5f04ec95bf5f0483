//! `portcullis redact check`: what own rules look for, what that costs, and what is wrong with them.

use std::path::PathBuf;

use portcullis_core::policies::{Problem, Severity};
use portcullis_core::redaction::{self, Chance, allowed_characters, chance};
use portcullis_protocol::limits::TAIL_MAX;
use portcullis_protocol::redact::{
    Alphabet, BuiltIn, Class, Mode, RawRule, RawRules, Rules, built_in,
};
use serde::Serialize;
use serde_json::json;

use super::{File, print};
use crate::cli::render::Color;
use crate::cli::{OK, PROBLEMS, sarif, say};

/// Say what the rules of a file look for, what each costs, and what is wrong with them
///
/// The file is read exactly as the server does it, and examples are tried. Then it is said of each
/// own rule how rare its prefixes are in base64 of random bytes, the usual noise in results of
/// tools: how often a prefix turns up in a gigabyte, and how often chance makes a whole finding.
/// Keys are compared as whole names and cost nothing.
///
/// Warnings fail the check: modes that let secrets through, prefixes that chance makes, rules that
/// are never asked. Advice fails nothing.
///
/// Exit codes: 0 nothing to complain about, 1 errors or warnings, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules
    #[arg(default_value = "policies/redaction.toml")]
    file: PathBuf,
    /// Print the built-in rules instead: name, class, how it finds
    #[arg(long, conflicts_with = "sarif")]
    list: bool,
    /// Print one JSON object: ok, mode, rules, classes, problems; with `--list`, an array
    #[arg(long)]
    json: bool,
    /// Print a SARIF 2.1.0 log instead, for code hosts that show problems beside a change
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

/// What is known of a file.
#[derive(Serialize)]
struct Report {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    rules: Vec<Explained>,
    classes: Vec<Setting>,
    problems: Vec<Problem>,
}

/// One own rule.
#[derive(Serialize)]
struct Explained {
    id: String,
    class: Class,
    mode: Mode,
    prefixes: Vec<Prefix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alphabet: Option<Alphabet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<usize>,
    keys: Vec<String>,
    examples: usize,
    counterexamples: usize,
}

/// A prefix, and how often chance makes it and a finding in a gigabyte of base64.
#[derive(Serialize)]
struct Prefix {
    prefix: String,
    #[serde(flatten)]
    chance: Chance,
}

/// What becomes of a class that the file names.
#[derive(Serialize)]
struct Setting {
    class: Class,
    mode: Mode,
    /// How many rules have it.
    rules: usize,
}

pub(super) fn run(args: &Args) -> u8 {
    if args.list {
        list(args);
        return OK;
    }
    let file = File::read(&args.file);
    let report = match file.rules {
        Ok(rules) => Report::of(&rules, &file.path, file.text.as_deref().unwrap_or_default()),
        Err(problems) => Report::refused(problems),
    };
    if args.json {
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else if args.sarif {
        say(&sarif::log(&report.problems, &str::to_owned));
    } else {
        report.rules.iter().for_each(Explained::print);
        report.classes.iter().for_each(Setting::print);
        print(
            &report.problems,
            &file.path,
            file.text.as_deref(),
            args.color,
        );
        if report.ok {
            let (own, known) = (report.rules.len(), built_in().len());
            say(&format!("ok: {own} own rules, {known} built-in ones"));
        }
    }
    if report.ok { OK } else { PROBLEMS }
}

/// All built-in rules, as a table or as JSON.
fn list(args: &Args) {
    let rules = built_in();
    if args.json {
        let value = |rule: &BuiltIn| {
            json!({
                "id": rule.id, "class": rule.class, "by": rule.by.word(), "prefixes": rule.prefixes,
            })
        };
        say(&serde_json::Value::from_iter(rules.iter().map(value)));
        return;
    }
    let ids = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let classes = rules.iter().map(|rule| rule.class.as_str().len());
    let classes = classes.max().unwrap_or(0);
    for rule in rules {
        let (id, class, by) = (rule.id, rule.class.as_str(), rule.by.word());
        say(&format!("{id:ids$}  {class:classes$}  {by}"));
    }
}

impl Report {
    fn refused(problems: Vec<Problem>) -> Self {
        Self {
            ok: false,
            mode: None,
            rules: Vec::new(),
            classes: Vec::new(),
            problems,
        }
    }

    fn of(rules: &Rules, path: &str, text: &str) -> Self {
        let raw = rules.raw();
        let problems = redaction::advice(path, text, raw);
        let fails = |problem: &Problem| problem.severity != Severity::Advice;
        let explained = raw.rules.iter().map(|rule| Explained::of(rule, rules));
        let classes = raw.classes.iter().map(|(class, mode)| Setting {
            class: class.clone(),
            mode: *mode,
            rules: rules_of(class, raw),
        });
        Self {
            ok: !problems.iter().any(fails),
            mode: Some(raw.mode),
            rules: explained.collect(),
            classes: classes.collect(),
            problems,
        }
    }
}

fn rules_of(class: &Class, raw: &RawRules) -> usize {
    let own = raw.rules.iter().filter(|rule| rule.class == *class).count();
    own + built_in()
        .iter()
        .filter(|rule| rule.class == *class)
        .count()
}

impl Explained {
    fn of(rule: &RawRule, rules: &Rules) -> Self {
        let prefix = |prefix: &String| Prefix {
            chance: chance(rule, prefix),
            prefix: prefix.clone(),
        };
        Self {
            id: rule.id.clone(),
            class: rule.class.clone(),
            mode: rules.mode(&rule.class),
            prefixes: rule.prefixes.iter().map(prefix).collect(),
            alphabet: rule.alphabet,
            min: rule.min,
            max: rule.max,
            keys: rule.keys.clone(),
            examples: rule.examples.len(),
            counterexamples: rule.counterexamples.len(),
        }
    }

    fn print(&self) {
        say(&format!(
            "{} ({}): {}",
            self.id,
            self.class,
            mode(self.mode)
        ));
        for one in &self.prefixes {
            let characters = self.alphabet.map_or("anything", allowed_characters);
            say(&format!(
                "  looks for \"{}\" and {} to {} of {characters}",
                one.prefix,
                self.min.unwrap_or_default(),
                self.max.unwrap_or(TAIL_MAX)
            ));
            say(&format!("    cost: {}", cost(one)));
        }
        if !self.keys.is_empty() {
            say(&format!("  looks below keys: {}", self.keys.join(", ")));
            say(&"    cost: none; whole names are compared");
        }
        say(&format!(
            "  examples: {}, counterexamples: {}",
            self.examples, self.counterexamples
        ));
    }
}

/// What a prefix costs, in words.
fn cost(prefix: &Prefix) -> String {
    if prefix.chance.looks == 0.0 {
        return "no base64 holds this prefix; text alone is looked at where it stands".to_owned();
    }
    format!(
        "in 1 GB of base64 about {} looks and at most {} findings by chance",
        count(prefix.chance.looks),
        count(prefix.chance.findings)
    )
}

/// A count that may be far below one.
fn count(times: f64) -> String {
    if times >= 10.0 {
        format!("{times:.0}")
    } else if times >= 0.01 {
        format!("{times:.2}")
    } else {
        format!("{times:.0e}")
    }
}

impl Setting {
    fn print(&self) {
        let rules = match self.rules {
            1 => "1 rule".to_owned(),
            rules => format!("{rules} rules"),
        };
        say(&format!(
            "class {}: {} ({rules})",
            self.class,
            mode(self.mode)
        ));
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Redact => "a placeholder takes its place",
        Mode::Block => "the message goes nowhere",
        Mode::Detect => "reported only, and goes through",
        Mode::Tokenize => "a handle takes its place",
    }
}
