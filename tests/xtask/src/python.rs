//! The Python environments of the client stories and of the public detectors: each made once, with
//! every package pinned by hash.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tool::Tool;
use crate::{Failure, workspace};

/// The Python that has the client packages.
pub(crate) fn clients() -> Result<PathBuf, Failure> {
    ensure("tests/clients/requirements.txt", "tools/clients-venv")
}

/// The folder with the programs of the public detectors.
pub(crate) fn detectors() -> Result<PathBuf, Failure> {
    let python = ensure(
        "tests/tools/detectors-requirements.txt",
        "tools/detectors-venv",
    )?;
    let folder = python.parent();
    folder
        .map(Path::to_owned)
        .ok_or_else(|| "the environment of the detectors has no folder".into())
}

/// The folder with the programs of the public servers on one line of a library: `sdk-1`, `fastmcp-3`.
pub(crate) fn peers(line: &str) -> Result<PathBuf, Failure> {
    let requirements = format!("tests/peers/{line}-requirements.txt");
    let python = ensure(&requirements, &format!("tools/peers-{line}-venv"))?;
    let folder = python.parent();
    folder
        .map(Path::to_owned)
        .ok_or_else(|| "the environment of the servers has no folder".into())
}

fn ensure(requirements: &str, place: &str) -> Result<PathBuf, Failure> {
    let requirements = workspace::root().join(requirements);
    let place = workspace::target().join(place);
    let python = place.join("bin/python");
    let stamp = place.join("installed-requirements.txt");
    let wanted = fs::read(&requirements)?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) && python.exists() {
        return Ok(python);
    }
    eprintln!(
        "xtask: installing the Python packages of {}",
        requirements.display()
    );
    Tool::new("python3")
        .args(&["-m", "venv", "--clear"])
        .arg(&place)
        .run()?;
    Tool::new(&python)
        .args(&[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        // The file names every package. Left to resolve them, pip asks for newer ones of those that
        // another wants with an extra, and then refuses them for want of a hash.
        .args(&["--no-deps", "--require-hashes", "--requirement"])
        .arg(&requirements)
        .run()?;
    Tool::new(&python).args(&["-m", "pip", "check"]).run()?;
    fs::write(stamp, wanted)?;
    Ok(python)
}
