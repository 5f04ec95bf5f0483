//! Where the workspace is and where it builds.

use std::env;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::tool::Tool;

/// The folder with the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A cargo command in the workspace, with the toolchain that runs this.
pub(crate) fn cargo(args: &[&str]) -> Tool {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    Tool::new(cargo).args(args).folder(root())
}

/// Builds one binary of the workspace as it is shipped, and returns its path.
pub(crate) fn optimised(package: &str, name: &str) -> Result<PathBuf, Failure> {
    let words = ["build", "--quiet", "--release", "--package", package];
    cargo(&words).args(&["--bin", name]).run()?;
    Ok(target().join("release").join(name))
}

/// Builds one binary of the workspace and returns its path.
pub(crate) fn binary(package: &str, name: &str) -> Result<PathBuf, Failure> {
    cargo(&["build", "--quiet", "--package", package, "--bin", name]).run()?;
    Ok(target().join("debug").join(name))
}
