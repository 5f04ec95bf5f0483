//! The filter that does nothing, built the way the real one was just built.

use std::fs;
use std::path::PathBuf;

use crate::tool::Tool;
use crate::{Failure, workspace};

const TARGET: &str = "wasm32-wasip1";
const BUILD: [&str; 7] = [
    "build",
    "--profile",
    "wasm",
    "--package",
    "portcullis-noop-filter",
    "--target",
    TARGET,
];
/// Settings of the toolchain that runs this, which must not reach Debian's.
const FOREIGN: [&str; 6] = [
    "CARGO",
    "LD_LIBRARY_PATH",
    "RUSTC_WRAPPER",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
];

/// Builds it and returns its path. The real filter must have been built: where the target is
/// missing, that left a folder with the library built along, and this uses it again.
pub(super) fn build() -> Result<PathBuf, Failure> {
    let along = workspace::target().join("wasm-std");
    let built = if along.is_dir() {
        Tool::new("/usr/bin/cargo")
            .args(&BUILD)
            .args(&["-Z", "build-std=std,panic_abort"])
            .without_env(&FOREIGN)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTFLAGS", "-C linker=wasm-ld -L /usr/lib/wasm32-wasi")
            .env("CARGO_TARGET_DIR", &along)
            .folder(workspace::root())
            .run()?;
        along
    } else {
        workspace::cargo(&BUILD).run()?;
        workspace::target()
    };
    let module = built
        .join(TARGET)
        .join("wasm")
        .join("portcullis_noop_filter.wasm");
    let place = workspace::target().join("portcullis_noop_filter.wasm");
    fs::copy(&module, &place)
        .map_err(|error| format!("the build left no module at {}: {error}", module.display()))?;
    Ok(place)
}
