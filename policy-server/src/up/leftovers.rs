//! Processes that a killed `portcullis up` left behind. The next run in the same folder stops
//! them, because they hold its ports and its database.
//!
//! A process is stopped only when its command line names this folder's configuration: its number
//! may have gone to somebody else since.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::folder::{self, Folder};
use super::{process, summary};

const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LOOKS_MAX: u32 = 100;

/// Writes down which processes run. Without the note they cannot be cleaned up after a kill, which
/// is no reason to stop now.
pub(crate) fn remember(folder: &Folder, ids: [Option<u32>; 2]) {
    let lines: Vec<String> = ids.into_iter().flatten().map(|id| id.to_string()).collect();
    if let Err(error) = folder::write(&folder.processes(), &lines.join("\n")) {
        summary::note(&error.to_string());
    }
}

/// Removes the note after an orderly end.
pub(crate) fn forget(folder: &Folder) {
    // A note about processes that are gone does no harm.
    let _absent = fs::remove_file(folder.processes());
}

/// Stops what an earlier run left, and waits until it is gone.
pub(crate) async fn stop(folder: &Folder) {
    // A note that cannot be believed is as good as none.
    let text = folder::read(&folder.processes())
        .ok()
        .flatten()
        .unwrap_or_default();
    let ids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    let ids: Vec<u32> = ids.into_iter().filter(|id| is_ours(folder, *id)).collect();
    for id in &ids {
        summary::note(&format!("stopping process {id}, left by an earlier run"));
        process::terminate(*id);
    }
    for _ in 0..LOOKS_MAX {
        if !ids.iter().any(|id| is_ours(folder, *id)) {
            return;
        }
        sleep(LOOK_AGAIN).await;
    }
}

fn is_ours(folder: &Folder, id: u32) -> bool {
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    [folder.envoy_config(), folder.server_config()]
        .iter()
        .any(|config| {
            line.split('\0')
                .any(|word| *word == config.to_string_lossy())
        })
}
