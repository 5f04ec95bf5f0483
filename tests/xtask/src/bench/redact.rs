//! `bench redact`: what redaction costs natively, as a wasm program, and inside the module that Envoy
//! loads, all on the same messages. The measuring program is a crate of its own, so that it can be
//! built for both worlds; the module gets a small host, written in JavaScript.

mod aims;
mod row;
mod table;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use self::row::Line;
use super::machine;
use crate::node::Node;
use crate::tool::Tool;
use crate::{Failure, wasm, workspace};

const PROGRAM: &str = "portcullis-redact-bench";
/// What is always written: start-up and memory are measured with these, whatever is chosen.
const CORPUS_SIZES: &str = "1500,65536,1048576,4194304";
/// Cases that the real module is driven with when none is named.
const MODULE_CASES: &str = "clean,records,escapes,dirty,image";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A kind of message; may be repeated [default: all; inside the module, those of usual traffic]
    #[arg(long = "case")]
    cases: Vec<String>,
    /// A size in bytes; may be repeated
    #[arg(long = "size", default_values_t = [1_500, 65_536, 1_048_576, 4_194_304])]
    sizes: Vec<usize>,
    /// How long each number may take, in milliseconds; the least of all passes counts
    #[arg(long, default_value_t = 40)]
    budget_ms: u32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Builds what is measured, measures it, and prints.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let parts = Parts::build()?;
    let folder = tempfile::tempdir()?;
    let lines = parts.measure(args, folder.path())?;
    if args.json {
        return print_json(&lines);
    }
    let mut text = machine::here().join("\n- ");
    text.insert_str(0, "- ");
    text.push_str("\n- every number is the least of its passes\n");
    text.push_str(&table::engine(&lines, "native"));
    text.push_str(&table::engine(&lines, "wasm"));
    text.push_str(&table::module(&lines));
    text.push_str(&aims::judged(&lines));
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

fn print_json(lines: &[Line]) -> Result<(), Failure> {
    let mut out = io::stdout();
    writeln!(out, "{}", serde_json::json!({ "machine": machine::here() }))?;
    for line in lines {
        writeln!(out, "{}", line.with_ratios(lines)?)?;
    }
    Ok(())
}

/// What is measured, and what it runs in.
struct Parts {
    native: PathBuf,
    program: PathBuf,
    module: PathBuf,
    node: Node,
}

impl Parts {
    fn build() -> Result<Self, Failure> {
        workspace::cargo(&["build", "--quiet", "--release", "--package", PROGRAM]).run()?;
        Ok(Self {
            native: workspace::target().join("release").join(PROGRAM),
            program: wasm::package(PROGRAM, "portcullis-redact-bench.wasm")?,
            module: wasm::build()?,
            node: Node::ready()?,
        })
    }

    fn measure(&self, args: &Args, corpus: &Path) -> Result<Vec<Line>, Failure> {
        let sizes: Vec<String> = args.sizes.iter().map(usize::to_string).collect();
        let (sizes, cases) = (sizes.join(","), args.cases.join(","));
        let in_module = if cases.is_empty() {
            MODULE_CASES
        } else {
            &cases
        };
        for (cases, sizes) in [("", CORPUS_SIZES), (in_module, &sizes)] {
            let write = Tool::new(&self.native).args(&["corpus"]).arg(corpus);
            write.args(&[cases, sizes]).run()?;
        }
        let budget = args.budget_ms.to_string();
        let native = Tool::new(&self.native).args(&["measure", "native", &budget, &cases, &sizes]);
        let program = self.in_v8("program.mjs").arg(&self.program);
        let program = program.args(&["measure", "wasm", &budget, &cases, &sizes]);
        let module = self.in_v8("filter.mjs").arg(&self.module).arg(corpus);
        let module = module.args(&[&budget, in_module, &sizes]);
        let mut lines = Vec::new();
        for measured in [native, program, module] {
            for line in measured.read()?.lines() {
                lines.push(serde_json::from_str(line)?);
            }
        }
        Ok(lines)
    }

    /// With the option that Envoy's host sets: all code is optimised code.
    fn in_v8(&self, script: &str) -> Tool {
        let folder = workspace::root().join("tests/xtask/redact-bench/host");
        Tool::new(self.node.binary())
            .args(&["--no-liftoff"])
            .arg(folder.join(script))
    }
}
