//! The official conformance suite against one address, with every check it made, so that a run
//! through the gateway can be laid beside a direct one line by line. No failure is ever expected:
//! there is no list of exceptions.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use crate::node::{self, Finished, Node};

/// A whole set takes about ten seconds; a gateway that hangs costs 30 seconds a scenario.
const RUN_TIME: Duration = Duration::from_secs(1800);

/// Which release of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// 0.1.16: sessions only. Its sets are called `active`, `all` and `pending`.
    V0_1,
    /// 0.2.0-alpha.12: both eras. Its sets are the revisions, `2025-11-25` and `2026-07-28`.
    V0_2,
}

/// The sets we hold ourselves to, and how many checks of each the fixture passes directly.
pub(crate) const SETS: [(Suite, &str, usize); 3] = [
    (Suite::V0_1, "active", 40),
    (Suite::V0_2, "2025-11-25", 83),
    (Suite::V0_2, "2026-07-28", 197),
];

/// One check of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) scenario: String,
    pub(crate) id: String,
    /// `SUCCESS`, `FAILURE`, `WARNING`, `SKIPPED` or `INFO`.
    pub(crate) status: String,
    /// What was wrong, where something was.
    pub(crate) message: Option<String>,
}

/// What a run came to. Checks stand by scenario, and within one in the order they were made.
#[derive(Debug)]
pub(crate) struct Score {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) checks: Vec<Check>,
}

/// Why there is no score.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Node(#[from] node::Error),
    #[error("the suite can send one header only, `Authorization: Bearer …`; it was asked for {0}")]
    Header(String),
    #[error("the suite stopped before its summary (exit {code:?}):\n{said}")]
    Stopped { code: Option<i32>, said: String },
    #[error("the suite's summary says {summary}, its result files say {files}")]
    Disagree { summary: String, files: String },
    #[error("{}: {problem}", path.display())]
    Result { path: PathBuf, problem: String },
}

/// Runs one set of the suite against `url` (`…/mcp`, on loopback). For `Suite::V0_1`,
/// `requirements` names the set.
pub(crate) fn run(
    url: &str,
    headers: &[(String, String)],
    suite: Suite,
    requirements: &str,
) -> Result<Score, Error> {
    let token = token_in(headers)?;
    let node = Node::ready()?;
    let results = tempfile::tempdir().map_err(result_error(Path::new("temporary directory")))?;
    let mut command = node.script(suite.script());
    command.args(["server", "--url", url, suite.set_option(), requirements]);
    command.arg("--output-dir").arg(results.path());
    if let Some(token) = token {
        node.give_token(&mut command, url, token);
    }
    let done = node::finish(&mut command, RUN_TIME)?;
    score(&done, results.path())
}

impl Suite {
    fn script(self) -> &'static str {
        match self {
            Self::V0_1 => "node_modules/conformance-0-1/dist/index.js",
            Self::V0_2 => "node_modules/@modelcontextprotocol/conformance/dist/index.js",
        }
    }

    fn set_option(self) -> &'static str {
        match self {
            Self::V0_1 => "--suite",
            Self::V0_2 => "--requirements",
        }
    }
}

impl Score {
    /// One line a check: scenario, check, status. `INFO` lines tell what was seen, not whether it
    /// was right, and are left out.
    pub(crate) fn lines(&self) -> Vec<String> {
        let judged = self.checks.iter().filter(|check| check.status != "INFO");
        judged.map(ToString::to_string).collect()
    }

    /// The lines only one of the two runs has: `-` for this one's, `+` for the other's.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut counts = BTreeMap::<String, i64>::new();
        for line in self.lines() {
            *counts.entry(line).or_default() -= 1;
        }
        for line in other.lines() {
            *counts.entry(line).or_default() += 1;
        }
        let marked = |(line, count): (String, i64)| {
            let mark = if count < 0 { '-' } else { '+' };
            (0..count.abs())
                .map(move |_| format!("{mark} {line}"))
                .collect::<Vec<_>>()
        };
        counts.into_iter().flat_map(marked).collect()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.scenario, self.id, self.status)
    }
}

/// The suite has no option for headers; the preload that stands in for one knows this header only.
fn token_in(headers: &[(String, String)]) -> Result<Option<&str>, Error> {
    let bearer = |(name, value): &'_ (String, String)| {
        name.eq_ignore_ascii_case("authorization") && value.starts_with("Bearer ")
    };
    match headers {
        [] => Ok(None),
        [header] if bearer(header) => Ok(header.1.strip_prefix("Bearer ")),
        _ => {
            let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
            Err(Error::Header(names.join(", ")))
        }
    }
}

fn score(done: &Finished, results: &Path) -> Result<Score, Error> {
    let Some(summary) = Summary::read(&done.stdout) else {
        let said = format!("{}\n{}", done.stdout, done.stderr);
        return Err(Error::Stopped {
            code: done.status.code(),
            said,
        });
    };
    let mut checks = checks_in(results)?;
    checks.extend(summary.unfinished(&checks));
    let with = |status| checks.iter().filter(|check| check.status == status).count();
    let (passed, failed) = (with("SUCCESS"), with("FAILURE"));
    if (passed, failed) == summary.total {
        return Ok(Score {
            passed,
            failed,
            checks,
        });
    }
    let said = |(passed, failed)| format!("{passed} passed, {failed} failed");
    let (summary, files) = (said(summary.total), said((passed, failed)));
    Err(Error::Disagree { summary, files })
}

/// What the suite prints at its end.
struct Summary<'a> {
    total: (usize, usize),
    scenarios: Vec<(&'a str, (usize, usize))>,
}

impl<'a> Summary<'a> {
    fn read(stdout: &'a str) -> Option<Self> {
        let total = stdout
            .lines()
            .find_map(|line| counts(line.strip_prefix("Total: ")?))?;
        let scenario = |line: &'a str| {
            let line = line.strip_prefix('✓').or_else(|| line.strip_prefix('✗'))?;
            let (name, rest) = line.trim().split_once(": ")?;
            Some((name, counts(rest)?))
        };
        Some(Self {
            total,
            scenarios: stdout.lines().filter_map(scenario).collect(),
        })
    }

    /// A scenario that broke off counts as one failure and leaves no file.
    fn unfinished(&self, checks: &[Check]) -> Vec<Check> {
        let missing = |name: &str| checks.iter().all(|check| check.scenario != name);
        let broken = |(name, (_, failed)): &(&str, (usize, usize))| *failed > 0 && missing(name);
        let check = |(name, _): &(&str, _)| Check {
            scenario: (*name).to_owned(),
            id: (*name).to_owned(),
            status: "FAILURE".to_owned(),
            message: Some("the scenario broke off".to_owned()),
        };
        self.scenarios
            .iter()
            .filter(|scenario| broken(scenario))
            .map(check)
            .collect()
    }
}

/// `12 passed, 3 failed…`
fn counts(text: &str) -> Option<(usize, usize)> {
    let (passed, rest) = text.split_once(" passed, ")?;
    let (failed, _) = rest.split_once(" failed")?;
    Some((passed.parse().ok()?, failed.parse().ok()?))
}

/// Each scenario has its directory, `server-<scenario>-<time>`, and in it `checks.json`.
fn checks_in(results: &Path) -> Result<Vec<Check>, Error> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(results).map_err(result_error(results))? {
        let entry = entry.map_err(result_error(results))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let file = entry.path().join("checks.json");
        if let Some(scenario) = scenario_in(&name).filter(|_| file.exists()) {
            found.insert(scenario.to_owned(), file);
        }
    }
    let mut checks = Vec::new();
    for (scenario, file) in found {
        checks.extend(read_checks(&scenario, &file)?);
    }
    Ok(checks)
}

/// The time has dashes for its colons: `2026-11-21T11-07-53-777Z`.
fn scenario_in(directory: &str) -> Option<&str> {
    let name = directory.strip_prefix("server-").unwrap_or(directory);
    let (name, _) = name.rsplit_once('T')?;
    let mut parts = name.rsplitn(4, '-');
    parts.nth(3)
}

fn read_checks(scenario: &str, file: &Path) -> Result<Vec<Check>, Error> {
    let text = fs::read_to_string(file).map_err(result_error(file))?;
    let wrong = |problem: String| Error::Result {
        path: file.to_owned(),
        problem,
    };
    let list: Vec<Value> = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let text = |check: &Value, key| check.get(key).and_then(Value::as_str).map(str::to_owned);
    let check = |check: &Value| {
        Some(Check {
            scenario: scenario.to_owned(),
            id: text(check, "id")?,
            status: text(check, "status")?,
            message: text(check, "errorMessage"),
        })
    };
    let checks: Option<Vec<_>> = list.iter().map(check).collect();
    checks.ok_or_else(|| wrong("a check without id or status".to_owned()))
}

fn result_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::Result {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scenario: &str, status: &str) -> Check {
        let (scenario, id) = (scenario.to_owned(), "id".to_owned());
        Check {
            scenario,
            id,
            status: status.to_owned(),
            message: None,
        }
    }

    fn score_of(checks: Vec<Check>) -> Score {
        Score {
            passed: 0,
            failed: 0,
            checks,
        }
    }

    #[test]
    fn finds_the_scenario_in_a_directory_name() {
        let name = "server-server-sse-polling-2026-11-21T11-07-53-777Z";
        assert_eq!(scenario_in(name), Some("server-sse-polling"));
        let name = "server-json-schema-2020-12-2026-11-21T11-08-01-762Z";
        assert_eq!(scenario_in(name), Some("json-schema-2020-12"));
        assert_eq!(scenario_in("notes"), None);
    }

    #[test]
    fn reads_the_summary() {
        let said = "✓ ping: 1 passed, 0 failed\n✗ caching: 0 passed, 1 failed, 2 warnings\n\n\
                    Total: 1 passed, 1 failed\n";
        let summary = Summary::read(said).unwrap();
        assert_eq!(summary.total, (1, 1));
        assert_eq!(summary.scenarios, [("ping", (1, 0)), ("caching", (0, 1))]);
        let unfinished = summary.unfinished(&[check("ping", "SUCCESS")]);
        assert_eq!(unfinished.len(), 1);
        assert_eq!(unfinished[0].scenario, "caching");
        assert!(Summary::read("Killed").is_none());
    }

    #[test]
    fn shows_the_lines_that_differ() {
        let direct = score_of(vec![
            check("a", "SUCCESS"),
            check("a", "SUCCESS"),
            check("b", "INFO"),
        ]);
        let gateway = score_of(vec![check("a", "SUCCESS"), check("a", "FAILURE")]);
        assert_eq!(
            direct.differences(&gateway),
            ["+ a id FAILURE", "- a id SUCCESS"]
        );
        assert!(direct.differences(&direct).is_empty());
    }

    #[test]
    fn takes_a_bearer_token_and_nothing_else() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(token_in(&[]).unwrap(), None);
        let bearer = [header("authorization", "Bearer abc")];
        assert_eq!(token_in(&bearer).unwrap(), Some("abc"));
        assert!(token_in(&[header("Authorization", "Basic abc")]).is_err());
        assert!(token_in(&[header("X-Tenant", "a")]).is_err());
    }
}
