//! Any bytes as a stream, cut in two anywhere: the events are those of the whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_protocol::sse::{Event, Fault, Reader};

fn events(chunks: &[&[u8]]) -> Result<Vec<Event>, Fault> {
    let mut reader = Reader::default();
    let mut events = Vec::new();
    for chunk in chunks {
        reader.read(chunk, &mut events)?;
    }
    Ok(events)
}

fuzz_target!(|input: (usize, &[u8])| {
    let (at, bytes) = input;
    let (head, tail) = bytes.split_at(at % (bytes.len() + 1));
    assert_eq!(
        events(&[head, tail]),
        events(&[bytes]),
        "cut at {}",
        head.len()
    );
});
