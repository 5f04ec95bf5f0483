//! An event stream through the reader, the engine and the writer: what the filter does to one.

use portcullis_protocol::redact::Rules;
use portcullis_protocol::sse::{Event, Reader};
use portcullis_redact_corpus::engine;

/// Why a stream was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no event stream.
    Stream,
    /// The data of an event is no JSON.
    Json,
    /// A message went nowhere.
    Message,
}

/// What the agent gets of a stream that comes in these chunks.
pub(super) fn redacted(chunks: &[&[u8]], rules: &Rules) -> Result<Vec<u8>, Refused> {
    let mut reader = Reader::default();
    let mut out = Vec::new();
    for chunk in chunks {
        let mut events = Vec::new();
        let read = reader.read(chunk, &mut events);
        read.map_err(|_| Refused::Stream)?;
        for event in events {
            pass(event, rules, &mut out)?;
        }
    }
    Ok(out)
}

fn pass(mut event: Event, rules: &Rules, out: &mut Vec<u8>) -> Result<(), Refused> {
    let data = event.data.take();
    event.data = match data {
        Some(data) if !data.is_empty() => {
            portcullis_protocol::json::check(data.as_bytes()).map_err(|_| Refused::Json)?;
            let text = engine::answer(&data, rules).text;
            Some(text.ok_or(Refused::Message)?)
        }
        empty => empty,
    };
    event.write(out);
    Ok(())
}
