//! The way to a file: every folder and link on it is looked at before it is walked.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use super::FileError;
use super::judge::{Facts, Fault, Kind, Me, Mount, judge_way};

/// Most links on the way to a file, as in the kernel.
const LINKS_MAX: u32 = 40;

/// A step of a path.
enum Step {
    /// Back to the top.
    Root,
    /// Up.
    Up,
    /// Down.
    Into(OsString),
}

/// The path of what is there, without links; nobody else can exchange any part of it.
pub(super) fn resolve(path: &Path, me: &Me) -> Result<PathBuf, FileError> {
    walk(path, me).map_err(|fault| FileError::new(path, fault))
}

fn walk(path: &Path, me: &Me) -> Result<PathBuf, Fault> {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    let absolute = std::path::absolute(path).map_err(Fault::Io)?;
    let mut place = PathBuf::from("/");
    let mut steps: VecDeque<Step> = VecDeque::from([Step::Root]);
    steps.extend(steps_of(&absolute));
    let mut links = 0;
    while let Some(step) = steps.pop_front() {
        let next = match step {
            Step::Root => PathBuf::from("/"),
            Step::Up => place.parent().unwrap_or(&place).to_owned(),
            Step::Into(name) => place.join(name),
        };
        let metadata = std::fs::symlink_metadata(&next).map_err(Fault::Io)?;
        let facts = Facts::of(&metadata);
        match facts.kind {
            Kind::Folder => judge_way(&next, &facts, mount(&next), me)?,
            Kind::Link => {
                judge_way(&next, &facts, Mount::Writable, me)?;
                links += 1;
                if links > LINKS_MAX {
                    return Err(Fault::Io(io::ErrorKind::InvalidInput.into()));
                }
                let target = std::fs::read_link(&next).map_err(Fault::Io)?;
                for step in steps_of(&target).into_iter().rev() {
                    steps.push_front(step);
                }
                continue;
            }
            Kind::File | Kind::Socket | Kind::Other if !steps.is_empty() => {
                return Err(Fault::Io(io::ErrorKind::NotADirectory.into()));
            }
            // What stands at the end is judged when it is open.
            Kind::File | Kind::Socket | Kind::Other => {}
        }
        place = next;
    }
    Ok(place)
}

/// Where the system does not say, it may be written.
pub(super) fn mount(folder: &Path) -> Mount {
    let flags = rustix::fs::statvfs(folder).map(|found| found.f_flag);
    match flags.is_ok_and(|flags| flags.contains(StatVfsMountFlags::RDONLY)) {
        true => Mount::ReadOnly,
        false => Mount::Writable,
    }
}

fn steps_of(path: &Path) -> Vec<Step> {
    let step = |component| match component {
        Component::RootDir => Some(Step::Root),
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Into(name.to_owned())),
        Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(step).collect()
}
