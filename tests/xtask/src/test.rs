//! `test`: everything that must hold before a change goes in, as a table of steps. A step whose
//! tool is missing fails; it is never left out.

use std::io::{self, Write as _};
use std::time::Instant;

use crate::tool::{self, Tool};
use crate::{Failure, workspace};

const DENY_VERSION: &str = "0.20.2";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run one step only; may be repeated
    #[arg(long, value_name = "STEP", value_parser = names())]
    only: Vec<String>,
}

struct Step {
    name: &'static str,
    run: fn() -> Result<(), Failure>,
}

const STEPS: [Step; 8] = [
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "unit",
        run: unit,
    },
    Step {
        name: "envoy",
        run: crate::reference::check,
    },
    Step {
        name: "end-to-end",
        run: end_to_end,
    },
    Step {
        name: "demo",
        run: demo,
    },
    Step {
        name: "conformance",
        run: conformance,
    },
    Step {
        name: "dependencies",
        run: dependencies,
    },
];

fn names() -> clap::builder::PossibleValuesParser {
    STEPS
        .iter()
        .map(|step| step.name)
        .collect::<Vec<_>>()
        .into()
}

/// Runs the steps; all of them, so that one run tells everything.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut failed = 0_u32;
    for step in &STEPS {
        if !args.only.is_empty() && !args.only.iter().any(|name| name == step.name) {
            continue;
        }
        eprintln!("── {}", step.name);
        let begin = Instant::now();
        let result = (step.run)();
        let mark = if result.is_ok() { '✓' } else { '✗' };
        let why = result
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        failed += u32::from(!why.is_empty());
        let first = why.lines().next().unwrap_or_default();
        lines.push(format!(
            "{mark} {:<14}{:>6.0} s  {first}",
            step.name,
            begin.elapsed().as_secs_f32()
        ));
    }
    writeln!(io::stdout(), "\n{}", lines.join("\n"))?;
    match failed {
        0 => Ok(()),
        count => Err(format!("{count} of {} steps failed", lines.len()).into()),
    }
}

fn format() -> Result<(), Failure> {
    workspace::cargo(&["fmt", "--all", "--check"]).run()
}

fn lints() -> Result<(), Failure> {
    workspace::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "--deny",
        "warnings",
    ])
    .run()
}

fn unit() -> Result<(), Failure> {
    workspace::cargo(&[
        "test",
        "--workspace",
        "--quiet",
        "--exclude",
        "portcullis-tests",
    ])
    .run()
}

/// The suite finds its parts by these names.
fn end_to_end() -> Result<(), Failure> {
    let parts = crate::gateway::Parts::ensure()?;
    let rmcp = workspace::binary("portcullis-client-rmcp", "portcullis-client-rmcp")?;
    let node = crate::node::Node::ready()?;
    let suite = workspace::cargo(&["test", "--quiet", "--package", "portcullis-tests"])
        .env("PORTCULLIS_ENVOY", &parts.envoy)
        .env("PORTCULLIS_FILTER", &parts.filter)
        .env("PORTCULLIS_BIN", &parts.portcullis)
        .env("PORTCULLIS_FIXTURE", &parts.fixture)
        .env("PORTCULLIS_CLIENT_RMCP", &rmcp)
        .env("PORTCULLIS_NODE", node.binary())
        .env("PORTCULLIS_PYTHON", crate::python::clients()?);
    if tool::on_path("go").is_some() {
        return suite.run();
    }
    eprintln!("xtask: Go is not installed, so the Go client's story is left out of this run");
    suite.env("PORTCULLIS_WITHOUT_GO", "1").run()
}

fn demo() -> Result<(), Failure> {
    crate::demo::once()
}

fn conformance() -> Result<(), Failure> {
    crate::compare::run(&crate::compare::Args::default())
}

/// Licences, sources and banned crates. The tool is built without optimisation: it runs for a
/// second and would take minutes to optimise.
fn dependencies() -> Result<(), Failure> {
    let place = workspace::target()
        .join("tools")
        .join(format!("cargo-deny-{DENY_VERSION}"));
    let ours = place.join("bin/cargo-deny");
    if !ours.exists() {
        workspace::cargo(&[
            "install",
            "--quiet",
            "--locked",
            "--debug",
            "--version",
            DENY_VERSION,
        ])
        .args(&["cargo-deny", "--root"])
        .arg(&place)
        .run()?;
    }
    // Builds fetch what this platform needs; licences are those of all platforms.
    workspace::cargo(&["fetch", "--quiet", "--locked"]).run()?;
    Tool::new(ours)
        .args(&["--offline", "check", "bans", "licenses", "sources"])
        .folder(workspace::root())
        .run()
}
