//! `conformance`: the official suite against the fixture, directly and through the gateway with
//! policies that allow everything. Both must pass whole, and agree check by check.

use std::fs;
use std::io::{self, Write as _};

use serde_json::json;

use crate::Failure;
use crate::conformance::{self, SETS, Score, Suite};
use crate::gateway::{Gateway, Parts};

#[derive(Default, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// What the suite is judged by: everything is permitted, so that only the gateway's own doing shows.
const ALLOW_ALL: &str = "@id(\"allow-all\")\npermit (principal, action, resource);\n";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let parts = Parts::ensure()?;
    let policies = tempfile::tempdir()?;
    fs::write(policies.path().join("allow-all.cedar"), ALLOW_ALL)?;
    let gateway = Gateway::start(&parts, policies.path())?;
    let mut wrong = 0_u32;
    for (suite, set, checks) in SETS {
        let pair = Pair::score(&gateway, suite, set)?;
        pair.print(args)?;
        wrong += u32::from(!pair.is_right(checks));
    }
    gateway.stop()?;
    match wrong {
        0 => Ok(()),
        wrong => Err(format!("{wrong} of {} sets are not as they should be", SETS.len()).into()),
    }
}

/// One set, both ways.
struct Pair {
    suite: &'static str,
    set: &'static str,
    direct: Score,
    gateway: Score,
}

impl Pair {
    fn score(gateway: &Gateway, suite: Suite, set: &'static str) -> Result<Self, Failure> {
        let token = format!("Bearer {}", gateway.token("alice"));
        let headers = [("authorization".to_owned(), token)];
        Ok(Self {
            suite: release(suite),
            set,
            direct: conformance::run(&gateway.direct, &[], suite, set)?,
            gateway: conformance::run(gateway.url(), &headers, suite, set)?,
        })
    }

    /// No failure, no difference, and no fewer checks than are known to be there.
    fn is_right(&self, checks: usize) -> bool {
        self.direct.failed == 0
            && self.gateway.failed == 0
            && self.direct.passed >= checks
            && self.direct.differences(&self.gateway).is_empty()
    }

    fn print(&self, args: &Args) -> Result<(), Failure> {
        let mut out = io::stdout();
        if args.json {
            for (via, score) in [("direct", &self.direct), ("gateway", &self.gateway)] {
                let line = json!({
                    "suite": self.suite, "requirements": self.set, "via": via,
                    "passed": score.passed, "failed": score.failed,
                });
                writeln!(out, "{line}")?;
            }
            return Ok(());
        }
        let column = |score: &Score| format!("{} / {}", score.passed, score.failed);
        writeln!(
            out,
            "{:<16}{:<12} direct {:>9}   gateway {:>9}   (passed / failed)",
            self.suite,
            self.set,
            column(&self.direct),
            column(&self.gateway)
        )?;
        for line in self.direct.differences(&self.gateway) {
            writeln!(out, "    {line}")?;
        }
        Ok(())
    }
}

const fn release(suite: Suite) -> &'static str {
    match suite {
        Suite::V0_1 => "0.1.16",
        Suite::V0_2 => "0.2.0-alpha.12",
    }
}
