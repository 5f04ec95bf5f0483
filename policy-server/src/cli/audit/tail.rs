//! `portcullis audit tail`: the last records, as lines for people or as stored.

use std::io::IsTerminal as _;
use std::time::Duration;

use serde_json::Value;

use super::{ReadError, Source, block_on, store};
use crate::cli::{OK, put, show};
use crate::quiet::quiet;
use crate::store::{LogRow, head, records_after};

/// How often a followed log is looked at.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

/// Most records read at once.
const PAGE: i64 = 1_000;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    source: Source,
    /// How many records
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    lines: u32,
    /// Go on with records as they come
    #[arg(short, long)]
    follow: bool,
    /// Print records as stored, one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<u8, ReadError> {
    let store = store(
        args.source.config.as_deref(),
        args.source.database.as_deref(),
    )?;
    block_on(async {
        let sql = |error| ReadError::Store(store.sql(error));
        let mut connection = store.connect_read_only().await?;
        let end = head(&mut connection).await.map_err(sql)?;
        let mut seq = i64::try_from(end.seq).unwrap_or(i64::MAX) - i64::from(args.lines);
        loop {
            let rows = records_after(&mut connection, seq, PAGE)
                .await
                .map_err(sql)?;
            rows.iter().for_each(|row| print(row, args.json));
            seq = rows.last().map_or(seq, |row| row.seq);
            if !rows.is_empty() {
                continue;
            }
            if !args.follow {
                return Ok(OK);
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    })
}

fn print(row: &LogRow, json: bool) {
    let text = String::from_utf8_lossy(&row.record);
    match serde_json::from_slice::<Value>(&row.record) {
        Ok(record) if !json => show(&line(&record)),
        // Bytes that `verify` reads: not one may differ.
        _ => put(&text),
    }
}

/// One record in one line.
fn line(record: &Value) -> String {
    let text = |pointer: &str| -> String {
        match record.pointer(pointer) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => quiet(text).into_owned(),
            Some(other) => other.to_string(),
        }
    };
    let kind = text("/kind");
    let verdict = match kind.as_str() {
        "decision" => text("/verdict"),
        "outcome" => format!("{} {}", text("/end"), text("/status")),
        "refusal" => text("/reason"),
        "session" => format!("{} {}", text("/step"), text("/standing")),
        "list" => format!("{}/{} shown", text("/shown"), text("/listed")),
        "policies" | "start" => text("/policies"),
        _ => String::new(),
    };
    let target = text("/targets/first/0/name") + &text("/targets/first/0/path");
    let words = [
        text("/seq"),
        text("/time"),
        kind,
        coloured(&verdict),
        text("/caller/subject"),
        text("/server"),
        text("/method"),
        target,
        text("/determining/0"),
        text("/errors/0"),
        text("/call"),
    ];
    words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

fn coloured(verdict: &str) -> String {
    let colour = match verdict {
        _ if !std::io::stdout().is_terminal() => return verdict.to_owned(),
        "allow" => 32,
        "deny" => 31,
        _ => return verdict.to_owned(),
    };
    format!("\u{1b}[{colour}m{verdict}\u{1b}[0m")
}
