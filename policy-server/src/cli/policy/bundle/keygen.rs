//! `portcullis policy bundle keygen`: an Ed25519 key pair in two PEM files.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use portcullis_core::policies::Problem;
use portcullis_core::policies::keys::SecretKey;
use portcullis_protocol::digest::Digest;

use super::problem;

/// A key pair that is written.
pub(super) struct Made {
    /// Its name in signatures.
    pub(super) id: Digest,
    /// The file of the public half.
    pub(super) public: PathBuf,
}

/// Makes the pair; files that exist are left alone.
pub(super) fn run(output: &Path) -> Result<Made, Vec<Problem>> {
    let public = public_path(output);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| problem(output, &error))?;
    let key = SecretKey::from_seed(&seed).map_err(|error| problem(output, &error))?;
    let (secret_pem, public_pem) = key.to_pem().map_err(|error| problem(output, &error))?;
    let secret_file = create(output, 0o600).map_err(|error| problem(output, &error))?;
    let public_file = match create(&public, 0o644) {
        Ok(file) => file,
        Err(error) => {
            let _gone = std::fs::remove_file(output);
            return Err(problem(&public, &error));
        }
    };
    let written = write(secret_file, &secret_pem).and_then(|()| write(public_file, &public_pem));
    if let Err(error) = written {
        // The pair is there whole or not at all.
        for path in [output, &public] {
            let _gone = std::fs::remove_file(path);
        }
        return Err(problem(output, &error));
    }
    let id = key.public().id();
    Ok(Made { id, public })
}

/// `release.pub.pem` beside `release.pem`.
fn public_path(secret: &Path) -> PathBuf {
    let name = secret.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".pem").unwrap_or(&name);
    secret.with_file_name(format!("{stem}.pub.pem"))
}

fn create(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

fn write(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
