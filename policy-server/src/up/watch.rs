//! What happens while the gateway runs, for the person at the terminal: other policies in force, messages
//! refused, tools in quarantine, errors. Taken from where it is kept anyway, the audit database and the logs.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::folder::Folder;
use super::summary::note;
use crate::config::Sync;
use crate::store::{Store, head, records_after};

/// How often is looked.
const INTERVAL: Duration = Duration::from_millis(500);

/// Most records that are told of at once; of more it is said how many they are.
const TOLD_MAX: usize = 20;

/// Most records that are read at once.
const PAGE: i64 = 1_000;

/// Most bytes of a log that are read at once.
const LOG_BYTES_MAX: u64 = 64 * 1024;

/// Tells of what happens, for ever.
pub(super) async fn tell(folder: Folder) {
    let mut logs = [folder.log("policy-server"), folder.log("envoy")].map(Log::at_end);
    let store = Store::new(folder.database(), Sync::Os);
    let mut after = None;
    loop {
        for log in &mut logs {
            log.news().iter().for_each(|line| note(line));
        }
        // Where it cannot be read it will be at the next look, or the log says why.
        if let Some(seq) = records(&store, after).await {
            after = Some(seq);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Tells of the records after one, and which was the last; of nothing at the first look.
async fn records(store: &Store, after: Option<i64>) -> Option<i64> {
    let mut connection = store.connect_read_only().await.ok()?;
    let Some(after) = after else {
        let end = head(&mut connection).await.ok()?;
        return i64::try_from(end.seq).ok();
    };
    let rows = records_after(&mut connection, after, PAGE).await.ok()?;
    let records = rows
        .iter()
        .filter_map(|row| serde_json::from_slice(&row.record).ok());
    let lines: Vec<String> = records.filter_map(|record: Value| line(&record)).collect();
    lines.iter().take(TOLD_MAX).for_each(|line| note(line));
    if lines.len() > TOLD_MAX {
        note(&format!(
            "and {} more: `portcullis audit tail` has them",
            lines.len() - TOLD_MAX
        ));
    }
    Some(rows.last().map_or(after, |row| row.seq))
}

/// A record that somebody at the terminal wants to hear of, in words.
fn line(record: &Value) -> Option<String> {
    let text = |pointer: &str| {
        record
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let who = match text("/caller/subject") {
        "" => "somebody",
        subject => subject,
    };
    let target = format!(
        "{}{}",
        text("/targets/first/0/name"),
        text("/targets/first/0/path")
    );
    let what = [text("/server"), text("/method"), &target];
    let what: Vec<&str> = what.into_iter().filter(|word| !word.is_empty()).collect();
    let what = what.join(" ");
    match (text("/kind"), text("/verdict")) {
        ("decision", "deny") => {
            let by = [text("/determining/0"), text("/errors/0")];
            let by = by.into_iter().find(|by| !by.is_empty());
            let by = by.map_or_else(
                || "no policy permits it".to_owned(),
                |by| format!("because of `{by}`"),
            );
            Some(format!("denied: {who}, {what}: {by}"))
        }
        ("decision", "approve") => Some(format!("held: {who}, {what}: a person must approve")),
        ("refusal", _) => Some(format!("refused: {who}, {what}: {}", text("/reason"))),
        _ => None,
    }
}

/// A log file, and how much of it was read.
struct Log {
    path: PathBuf,
    read: u64,
}

impl Log {
    fn at_end(path: PathBuf) -> Self {
        let read = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        Self { path, read }
    }

    /// The lines that are news: warnings and errors, and other policies.
    fn news(&mut self) -> Vec<String> {
        let text = new_text(&self.path, &mut self.read).unwrap_or_default();
        let lines = text.lines().filter(|line| {
            let words = [" WARN ", " ERROR ", "[warning]", "[error]", "[critical]"];
            words.iter().any(|word| line.contains(word)) || line.contains("policies are in force")
        });
        lines.map(|line| line.trim().to_owned()).collect()
    }
}

/// What was written since, up to the last whole line. A file that is shorter than it was is another one.
fn new_text(path: &Path, read: &mut u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < *read {
        *read = 0;
    }
    file.seek(SeekFrom::Start(*read))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES_MAX).read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    let whole = end.map_or(0, |end| end + 1);
    bytes.truncate(whole);
    *read += u64::try_from(whole).unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_stopped_is_told_and_nothing_else() {
        let decision = |verdict: &str| {
            json!({"kind": "decision", "verdict": verdict, "server": "files", "method": "tools/call",
                "caller": {"subject": "bob"}, "targets": {"first": [{"name": "delete"}]}, "determining": []})
        };
        assert_eq!(
            line(&decision("deny")).unwrap(),
            "denied: bob, files tools/call delete: no policy permits it"
        );
        assert_eq!(line(&decision("allow")), None);
        let refusal = json!({"kind": "refusal", "reason": "unauthenticated"});
        assert_eq!(
            line(&refusal).unwrap(),
            "refused: somebody, : unauthenticated"
        );
        assert_eq!(line(&json!({"kind": "outcome"})), None);
    }

    #[test]
    fn a_log_is_read_on_by_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "old WARN x\n").unwrap();
        let mut log = Log::at_end(path.clone());
        let more = |text: &str| {
            let before = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, before + text).unwrap();
        };
        more("a  INFO ready\nb  WARN one\nc  ERROR tw");
        assert_eq!(log.news(), ["b  WARN one"]);
        more("o\n");
        assert_eq!(log.news(), ["c  ERROR two"]);
        std::fs::write(&path, "d  INFO policies are in force\n").unwrap();
        assert_eq!(log.news(), ["d  INFO policies are in force"]);
    }
}
