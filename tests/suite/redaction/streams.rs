//! Event streams: a secret is found wherever the stream was cut, and what is clean is not kept waiting.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::Duration;

use portcullis_tests::wait::PATIENCE;

use super::{REDACTED, TOKEN, WORLD, calls, leaks, said};
use crate::world::{DEMO, World, take};

/// Long enough that two chunks are rarely read as one.
const APART: Duration = Duration::from_millis(2);

fn progress(number: usize, words: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":1,"progress":{number},"message":"{words}"}}}}"#
    )
}

/// Sends a stream in these chunks and returns what the client gets, in the era of the number.
fn streamed(world: &World, word: &str, era: usize, chunks: Vec<Vec<u8>>) -> String {
    world.upstream.when(word, move |_, answer| {
        answer.stream();
        for chunk in &chunks {
            answer.chunk(chunk);
            sleep(APART);
        }
        answer.end();
    });
    let response = world.send(&calls(world, word)[era]);
    assert_eq!(response.status, 200, "{word}");
    response.text()
}

#[test]
fn a_secret_cut_between_two_chunks_is_found() {
    let world = take(&WORLD);
    let event = format!("data: {}\n\n", said("cut", &format!("a {TOKEN} b")));
    let begin = event.find(TOKEN).unwrap();
    for cut in begin - 1..=begin + TOKEN.len() + 1 {
        let word = format!("cut-{cut}-");
        let event = event.replace("\"cut\"", &format!("\"{word}\""));
        let cut = cut + word.len() - "cut".len();
        let chunks = vec![
            event.as_bytes()[..cut].to_vec(),
            event.as_bytes()[cut..].to_vec(),
        ];
        let text = streamed(&world, &word, cut % 2, chunks);
        let wanted = format!("data: {}\n\n", said(&word, &format!("a {REDACTED} b")));
        assert_eq!(text, wanted, "cut at {cut}");
    }
}

#[test]
fn a_secret_over_two_lines_of_one_event_does_not_pass() {
    let world = take(&WORLD);
    for cut in 0..=TOKEN.len() {
        let word = format!("lines-of-{cut}-");
        let (head, tail) = TOKEN.split_at(cut);
        let event = format!(
            "data: {}\n\n",
            said(&word, &format!("a {head}\ndata: {tail} b"))
        );
        let text = streamed(&world, &word, cut % 2, vec![event.into_bytes()]);
        assert!(!leaks(&text), "cut at {cut}: {text}");
    }
    let event = said("lines-between", TOKEN).replace(",\"text\"", ",\ndata: \"text\"");
    let text = streamed(
        &world,
        "lines-between",
        0,
        vec![format!("data: {event}\n\n").into_bytes()],
    );
    assert!(text.contains(REDACTED) && !leaks(&text), "{text}");
}

#[test]
fn what_is_around_an_event_survives_its_redaction() {
    let world = take(&WORLD);
    for (number, end) in ["\n", "\r\n", "\r"].into_iter().enumerate() {
        for size in [1, 7, 1000] {
            let word = format!("around-{number}-{size}-");
            let notice = progress(1, TOKEN);
            let sent = said(&word, TOKEN);
            let lines = [
                ": keep-alive",
                "",
                "id: 7",
                "retry: 1500",
                "event: message",
                &format!("data: {notice}"),
                "",
                "id: 8",
                &format!("data: {sent}"),
                "",
                "",
            ];
            let stream = lines.join(end).into_bytes();
            let chunks = stream.chunks(size).map(<[u8]>::to_vec).collect();
            let text = if size == 1 {
                // One byte a chunk, at full speed: the cut is everywhere anyway.
                streamed_at_once(&world, &word, chunks)
            } else {
                streamed(&world, &word, number % 2, chunks)
            };
            let first = format!("data: {}\n\n", notice.replace(TOKEN, REDACTED));
            let second = format!("id: 8\ndata: {}\n\n", sent.replace(TOKEN, REDACTED));
            assert!(
                text.contains(&first) && text.contains(&second),
                "{word}: {text:?}"
            );
            for part in ["id: 7\n", "retry: 1500\n", "event: message\n"] {
                assert!(text.contains(part), "{word}: {text:?}");
            }
            assert!(text.starts_with(":\n") && !leaks(&text), "{word}: {text:?}");
        }
    }
}

fn streamed_at_once(world: &World, word: &str, chunks: Vec<Vec<u8>>) -> String {
    world.upstream.when(word, move |_, answer| {
        answer.stream();
        chunks.iter().for_each(|chunk| answer.chunk(chunk));
        answer.end();
    });
    world.send(&calls(world, word)[0]).text()
}

#[test]
fn a_redacted_event_arrives_before_the_next_is_sent() {
    let world = take(&WORLD);
    let (next, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    world.upstream.when("prompt-events", move |_, answer| {
        answer.stream();
        for number in 0..4 {
            let words = if number % 2 == 0 { TOKEN } else { "clean" };
            answer.event(&progress(number, words));
            let told = gate
                .lock()
                .is_ok_and(|gate| gate.recv_timeout(PATIENCE).is_ok());
            if !told {
                return answer.close();
            }
        }
        answer.event(&said("prompt-events", TOKEN));
        answer.end();
    });
    for request in calls(&world, "prompt-events") {
        let mut connection = world.gateway.open(&request);
        assert_eq!(connection.head().status, 200);
        for number in 0..4 {
            let (text, _) = connection.stream_until("\n\n");
            let wanted = if number % 2 == 0 { REDACTED } else { "clean" };
            assert!(text.contains(wanted) && !leaks(&text), "{number}: {text}");
            next.send(()).unwrap();
        }
        let rest = connection.stream_rest();
        assert!(rest.contains(REDACTED) && !leaks(&rest), "{rest}");
    }
}

#[test]
fn trailers_behind_a_redacted_answer_change_nothing() {
    let world = take(&WORLD);
    let end = b"0\r\nx-checked: yes\r\n\r\n";
    for (number, kind) in ["application/json", "text/event-stream"]
        .into_iter()
        .enumerate()
    {
        let word = format!("trailers-{number}-");
        let sent = said(&word, TOKEN);
        let wanted = said(&word, REDACTED);
        let data = if number == 0 {
            sent
        } else {
            format!("data: {sent}\n\n")
        };
        world.upstream.when(&word, move |_, answer| {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\ntrailer: x-checked\r\n\r\n"
            );
            answer.raw(head.as_bytes());
            answer.chunk(data.as_bytes());
            answer.raw(end);
        });
        for request in calls(&world, &word) {
            let answer = world.send(&request);
            let text = answer.text();
            assert_eq!(answer.status, 200, "{kind}: {text}");
            assert!(text.contains(&wanted) && !leaks(&text), "{kind}: {text}");
        }
    }
}

#[test]
fn replayed_events_are_redacted_again() {
    let world = take(&WORLD);
    let session = {
        let opened = world.send(&world.post(portcullis_tests::mcp::initialize("0")));
        opened
            .header("mcp-session-id")
            .expect("a session")
            .to_owned()
    };
    world.upstream.when(&session, |_, answer| {
        answer.stream();
        answer.chunk(format!("id: 41\ndata: {}\n\n", progress(1, TOKEN)).as_bytes());
        answer.end();
    });
    for _ in 0..2 {
        let request = world
            .gateway
            .stream(DEMO, "alice")
            .header("mcp-session-id", &session);
        let text = world.send(&request.header("last-event-id", "40")).text();
        assert!(
            text.contains("id: 41\n") && text.contains(REDACTED),
            "{text}"
        );
        assert!(!leaks(&text), "{text}");
    }
}
