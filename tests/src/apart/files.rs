//! The files of a gateway taken apart: written by `portcullis up`, and changed before the start.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::DEMO;
use crate::child::Child;
use crate::parts;

/// Lets `portcullis up` write its files, and stops it again.
pub(super) fn write_by_up(folder: &Path, upstream: &str) -> Value {
    let mut command = Command::new(parts::portcullis());
    command.args(["up", "--json", "--upstream", &format!("{DEMO}={upstream}")]);
    command.arg("--policies").arg(folder.join("policies"));
    command.arg("--dir").arg(folder.join("run"));
    command
        .arg("--filter")
        .arg(parts::filter())
        .arg("--envoy")
        .arg(parts::envoy());
    let mut up = Child::start(
        "'portcullis up'",
        &mut command,
        &folder.join("up.log"),
        None,
    );
    up.ready(|| serde_json::from_slice(&fs::read(folder.join("run/endpoints.json")).ok()?).ok())
}

/// Puts another `[policies]` section into the policy server's configuration in the folder `run`.
///
/// # Panics
/// The configuration has no such section.
pub fn configure_policies(run: &Path, section: &str) {
    let file = run.join("portcullis.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    let (head, rest) = text.split_once("[policies]\n").expect("a section");
    let (_, tail) = rest.split_once("\n\n").expect("another section");
    let text = format!("{head}[policies]\n{section}\n\n{tail}");
    fs::write(&file, text).expect("the configuration is written");
}
