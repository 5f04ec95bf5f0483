//! The Python environment of the client stories: made once, with every package pinned by hash.

use std::fs;
use std::path::PathBuf;

use crate::tool::Tool;
use crate::{Failure, workspace};

/// The Python that has the client packages.
pub(crate) fn ensure() -> Result<PathBuf, Failure> {
    let requirements = workspace::root().join("tests/clients/requirements.txt");
    let place = workspace::target().join("tools/clients-venv");
    let python = place.join("bin/python");
    let stamp = place.join("installed-requirements.txt");
    let wanted = fs::read(&requirements)?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) && python.exists() {
        return Ok(python);
    }
    eprintln!("xtask: installing the Python client packages");
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
