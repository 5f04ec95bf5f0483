//! The machine: which process runs on which core, and what is told about it beside the numbers.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use super::statistics::median;
use crate::Failure;
use crate::tool::{self, Tool};

/// How often the disk is tried.
const FLUSHES: usize = 100;
/// A page, as a database writes it.
const FLUSH_BYTES: usize = 4_096;

/// Where a process runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Core {
    /// Envoy's.
    Gateway,
    /// Everybody else's: generator, MCP server, policy server.
    Rest,
    /// Any: preparations.
    Any,
}

impl Core {
    /// The program on this core, where that can be had.
    pub(super) fn command(self, program: &Path) -> Command {
        let number = match self {
            Self::Gateway => "0",
            Self::Rest => "1",
            Self::Any => return Command::new(program),
        };
        if !can_pin() {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", number]).arg(program);
        command
    }
}

/// Puts the generator, which is this process, on its core.
pub(super) fn pin_self() -> Result<(), Failure> {
    if !can_pin() {
        return Ok(());
    }
    let own = std::process::id().to_string();
    Tool::new("taskset")
        .args(&["--all-tasks", "--cpu-list", "--pid", "1", &own])
        .read()?;
    Ok(())
}

fn can_pin() -> bool {
    cores() > 1 && tool::on_path("taskset").is_some()
}

/// How many cores there were before this process pinned itself.
fn cores() -> usize {
    use std::sync::OnceLock;
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// What the numbers depend on, in lines.
pub(super) fn describe(disk: &Path) -> Result<Vec<String>, Failure> {
    let pinned = if can_pin() {
        "Envoy on core 0; generator, MCP server and policy servers on core 1"
    } else {
        "nothing is pinned: there is one core, or no taskset"
    };
    let mut lines = vec![format!("cores: {}; {pinned}", cores())];
    lines.extend(here());
    lines.push(format!(
        "audit database on {}; writing {FLUSH_BYTES} bytes over old ones and fdatasync takes {:.0} us (median of {FLUSHES})",
        file_system(disk),
        flush_us(disk)?
    ));
    Ok(lines)
}

/// The processor, the kernel, and how busy they are.
pub(super) fn here() -> Vec<String> {
    let read = |path: &str| {
        fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    vec![
        format!("processor: {}", processor(&read("/proc/cpuinfo"))),
        format!(
            "kernel: {}; load average: {}",
            read("/proc/sys/kernel/osrelease"),
            read("/proc/loadavg")
        ),
    ]
}

fn processor(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

fn file_system(disk: &Path) -> String {
    let said = Tool::new("stat")
        .args(&["--file-system", "--format=%T"])
        .arg(disk)
        .read();
    said.map_or_else(
        |_| "an unknown file system".to_owned(),
        |text| text.trim().to_owned(),
    )
}

/// A page over an old one and fdatasync: what a write-ahead log costs once its file has grown.
fn flush_us(folder: &Path) -> Result<f64, Failure> {
    let path = folder.join("flush");
    let mut file = File::create(&path)?;
    file.write_all(&vec![b'x'; FLUSH_BYTES * FLUSHES])?;
    file.sync_all()?;
    file.rewind()?;
    let mut took = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let start = Instant::now();
        file.write_all(&[b'y'; FLUSH_BYTES])?;
        file.sync_data()?;
        took.push(start.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path)?;
    Ok(median(&took))
}
