//! `wasm`: builds the filter.
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
const BUILD: [&str; 7] = [
    "build",
    "--profile",
    "wasm",
    "--package",
    "portcullis-filter",
    "--target",
    TARGET,
];

/// Builds the filter and returns the path of `portcullis_filter.wasm` in the target folder.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let built = if has_target()? {
        workspace::cargo(&BUILD).run()?;
        workspace::target()
    } else {
        debian::build()?
    };
    let module = module_in(&built);
    let place = workspace::target().join("portcullis_filter.wasm");
    fs::copy(&module, &place)
        .map_err(|error| format!("the build left no module at {}: {error}", module.display()))?;
    Ok(place)
}

fn module_in(target: &Path) -> PathBuf {
    target
        .join(TARGET)
        .join("wasm")
        .join("portcullis_filter.wasm")
}

fn has_target() -> Result<bool, Failure> {
    let sysroot = Tool::new("rustc")
        .args(&["--print", "sysroot"])
        .folder(workspace::root())
        .read()?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
    Ok(library.join("lib").is_dir())
}
