//! `wasm`: builds the filter, and other packages the way the filter is built.
//!
//! An ordinary machine has the wasm target from rustup. Where it has not, Debian's compiler and
//! library sources build the standard library along ([`debian`]). A download of the target is never
//! started: it would hang on a machine that reaches package registries only.

mod debian;

use std::fs;
use std::path::{Path, PathBuf};

use crate::tool::Tool;
use crate::{Failure, workspace};

const TARGET: &str = "wasm32-wasip1";

/// Builds the filter and returns the path of `portcullis_filter.wasm` in the target folder.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    package("portcullis-filter", "portcullis_filter.wasm")
}

/// Builds one package, and returns the path of its module in the target folder.
pub(crate) fn package(name: &str, module: &str) -> Result<PathBuf, Failure> {
    let build = [
        "build",
        "--profile",
        "wasm",
        "--package",
        name,
        "--target",
        TARGET,
    ];
    let built = if has_target()? {
        workspace::cargo(&build).run()?;
        workspace::target()
    } else {
        debian::build(&build)?
    };
    let made = built.join(TARGET).join("wasm").join(module);
    let place = workspace::target().join(module);
    fs::copy(&made, &place)
        .map_err(|error| format!("the build left no module at {}: {error}", made.display()))?;
    Ok(place)
}

fn has_target() -> Result<bool, Failure> {
    let sysroot = Tool::new("rustc")
        .args(&["--print", "sysroot"])
        .folder(workspace::root())
        .read()?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
    Ok(library.join("lib").is_dir())
}
