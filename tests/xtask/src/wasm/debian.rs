//! A package built by Debian's compiler, which brings the library's source and a linker.

use std::path::{Path, PathBuf};

use crate::tool::Tool;
use crate::{Failure, workspace};

/// Each package, and a file by which it is known to be there.
const PACKAGES: [(&str, &str); 5] = [
    ("rustc-web", "/usr/bin/rustc"),
    ("cargo-web", "/usr/bin/cargo"),
    (
        "rust-web-src",
        "/usr/lib/rustlib/src/rust/library/std/Cargo.toml",
    ),
    ("lld", "/usr/bin/wasm-ld"),
    ("wasi-libc", "/usr/lib/wasm32-wasi/libc.a"),
];

/// Settings of another toolchain that would reach this one.
const FOREIGN: [&str; 10] = [
    "CARGO",
    "CARGO_BUILD_RUSTC",
    "CARGO_ENCODED_RUSTFLAGS",
    "LD_LIBRARY_PATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
];

/// Runs cargo with these arguments and returns the target folder, which is not the usual one: two
/// compilers would invalidate each other's work.
pub(super) fn build(arguments: &[&str]) -> Result<PathBuf, Failure> {
    ensure_packages()?;
    let target = workspace::target().join("wasm-std");
    Tool::new("/usr/bin/cargo")
        .args(arguments)
        .args(&["-Z", "build-std=std,panic_abort"])
        .without_env(&FOREIGN)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTFLAGS", "-C linker=wasm-ld -L /usr/lib/wasm32-wasi")
        .env("CARGO_TARGET_DIR", &target)
        .folder(workspace::root())
        .run()?;
    Ok(target)
}

fn missing() -> Vec<&'static str> {
    let absent = PACKAGES
        .iter()
        .filter(|(_, file)| !Path::new(file).exists());
    absent.map(|(package, _)| *package).collect()
}

fn ensure_packages() -> Result<(), Failure> {
    let wanted = missing();
    if wanted.is_empty() {
        return Ok(());
    }
    let names = wanted.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root()? {
        return Err(format!(
            "there is no wasm target: run 'rustup target add wasm32-wasip1', or on Debian \
             'apt-get install {names}'"
        )
        .into());
    }
    install(&wanted)?;
    match missing().as_slice() {
        [] => Ok(()),
        still => Err(format!("apt-get did not bring {}", still.join(" ")).into()),
    }
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    eprintln!(
        "xtask: installing {} for the wasm target",
        packages.join(" ")
    );
    Tool::new("apt-get").args(&["update", "--quiet"]).run()?;
    Tool::new("apt-get")
        .args(&["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

fn is_root() -> Result<bool, Failure> {
    Ok(Tool::new("id").args(&["-u"]).read()?.trim() == "0")
}
