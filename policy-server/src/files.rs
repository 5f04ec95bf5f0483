//! Files that are believed, and so may be nobody else's: keys, secrets, the database, the working
//! folder of `portcullis up`.
//!
//! A file is opened once and judged by what is open, so that nobody can exchange it in between.
//! Whose it must be and what others may do with it is [`Trust`]; who we are is [`Me`]. Deliberately
//! absent: repairing what is found. Whoever may write a file may have written it.

mod judge;
mod way;

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub use judge::{Fault, Me, Trust};

use judge::{Facts, Mount, judge};

/// Why a file is not used: which, whose fault, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path}: {fault}")]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

impl FileError {
    pub(crate) fn new(path: &Path, fault: Fault) -> Self {
        let path = path.to_owned();
        Self { path, fault }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(&self.fault, Fault::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a file as text, when it may be believed.
///
/// # Errors
/// It cannot be read, is another's or open to others, longer than the bound, or no text.
pub fn read(path: &Path, trust: Trust, bytes_max: u64) -> Result<String, FileError> {
    let at = |fault| FileError::new(path, fault);
    let file = open(path, trust)?;
    let mut bytes = Vec::new();
    let read = file
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes);
    read.map_err(|error| at(Fault::Io(error)))?;
    if bytes.len() as u64 > bytes_max {
        return Err(at(Fault::TooLong(bytes_max)));
    }
    String::from_utf8(bytes).map_err(|_| at(Fault::NoText))
}

/// Opens a file to read it, when it may be believed.
///
/// # Errors
/// It cannot be opened, is another's or open to others.
pub fn open(path: &Path, trust: Trust) -> Result<File, FileError> {
    let place = match trust.follows_links() {
        true => way::resolve(path, &Me::now())?,
        false => path.to_owned(),
    };
    let mut options = OpenOptions::new();
    options.read(true);
    open_judged(&options, &place, trust).map_err(|fault| FileError::new(path, fault))
}

/// Opens a file to write behind its end, and makes it for its owner alone when there is none.
///
/// # Errors
/// It cannot be opened, is another's or open to others.
pub fn append(path: &Path, trust: Trust) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    open_judged(&options, path, trust).map_err(|fault| FileError::new(path, fault))
}

/// Writes a file for its owner alone; a reader sees the old text or the new, never a part. What is
/// in its place is replaced and never written through, also where that is a link.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = create_new(&beside, 0o600)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| FileError::new(path, Fault::Io(error)))
}

/// Makes a file that was not there. What an earlier run left in its place is removed, not opened.
///
/// # Errors
/// It cannot be made.
pub fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(path)
}

/// Judges what is in a place without opening it; a link is judged itself.
///
/// # Errors
/// It is another's, open to others, or a link.
pub fn look(path: &Path, trust: Trust) -> Result<(), FileError> {
    let at = |fault| FileError::new(path, fault);
    let metadata = std::fs::symlink_metadata(path).map_err(|error| at(Fault::Io(error)))?;
    judge(trust, &Facts::of(&metadata), &Me::now()).map_err(at)
}

/// Judges what a path leads to, links and all, without opening it.
///
/// # Errors
/// It is another's, or open to others.
pub fn look_along(path: &Path, trust: Trust) -> Result<(), FileError> {
    let at = |fault| FileError::new(path, fault);
    let metadata = std::fs::metadata(path).map_err(|error| at(Fault::Io(error)))?;
    judge(trust, &Facts::of(&metadata), &Me::now()).map_err(at)
}

/// Whether nobody can write to this folder, whatever its mode says: it is mounted to be read.
#[must_use]
pub fn is_mounted_to_be_read(folder: &Path) -> bool {
    way::mount(folder) == Mount::ReadOnly
}

/// A folder's path without links, when nobody else can put another in its place.
///
/// # Errors
/// A folder on the way belongs to somebody else, or others may exchange what is in it.
pub fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    way::resolve(path, &Me::now())
}

fn open_judged(options: &OpenOptions, path: &Path, trust: Trust) -> Result<File, Fault> {
    // Without waiting: a pipe in the place of a file would hold us up for ever.
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if !trust.may_be_any_path() {
        flags |= OFlags::NOFOLLOW;
    }
    let mut options = options.clone();
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    let file = options.open(path).map_err(|error| opening(path, error))?;
    let metadata = file.metadata().map_err(Fault::Io)?;
    judge(trust, &Facts::of(&metadata), &Me::now())?;
    Ok(file)
}

/// The system says "too many levels of symbolic links" where there is one.
fn opening(path: &Path, error: io::Error) -> Fault {
    let link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    match link {
        true => Fault::Link,
        false => Fault::Io(error),
    }
}

#[cfg(test)]
mod tests;
