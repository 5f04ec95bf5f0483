//! Secrets that are cut: between chunks at every byte, between `data:` lines wherever JSON lets
//! them, and anywhere at random. What comes out is what comes out of the whole.

use portcullis_protocol::json;
use portcullis_redact_corpus::{Case, Label, Random, engine, judge, positives, tokens};

use super::stream::{Refused, redacted};
use super::times;

/// Where the secret stands in its message: the string tokens that hold it.
fn span(case: &Case) -> (usize, usize) {
    let Label::Secret { slots, .. } = &case.label else {
        panic!("an innocent message");
    };
    let pieces = tokens(&case.message);
    let begin = pieces[..slots[0]].iter().map(|piece| piece.len()).sum();
    (begin, begin + pieces[slots[0]].len())
}

fn event(data: &str) -> String {
    format!("id: 7\nevent: message\ndata: {data}\n\n")
}

/// The data of the only event, its lines joined again.
fn data_of(stream: &[u8]) -> String {
    let text = std::str::from_utf8(stream).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_secret_cut_between_chunks_is_found() {
    let rules = engine::shipped_rules().unwrap();
    let (mut missed, mut all) = (0, 0);
    for case in positives(11, times("PORTCULLIS_SPLIT_EACH", 2)) {
        let stream = event(&case.message);
        let whole = redacted(&[stream.as_bytes()], &rules).unwrap();
        all += 1;
        missed += usize::from(judge(&case, Some(&data_of(&whole))).is_err());
        let (begin, end) = span(&case);
        let offset = stream.find(&case.message).unwrap();
        for at in offset + begin..=offset + end {
            let (head, tail) = stream.as_bytes().split_at(at);
            let cut = redacted(&[head, tail], &rules).unwrap();
            assert!(cut == whole, "cut at byte {at} of {stream}");
        }
    }
    assert!(
        missed * 100 <= all * 3,
        "{missed} of {all} were missed even whole"
    );
}

#[test]
fn a_message_cut_between_data_lines_is_redacted() {
    let rules = engine::shipped_rules().unwrap();
    let (mut legal, mut illegal) = (0, 0);
    for case in positives(12, times("PORTCULLIS_SPLIT_EACH", 1)) {
        let message = &case.message;
        let whole = redacted(&[event(message).as_bytes()], &rules).unwrap();
        let whole = data_of(&whole).replace('\n', "");
        for at in (0..=message.len()).filter(|at| message.is_char_boundary(*at)) {
            let (head, tail) = message.split_at(at);
            let stream = format!("data: {head}\ndata: {tail}\n\n");
            let is_legal = json::check(format!("{head}\n{tail}").as_bytes()).is_ok();
            match redacted(&[stream.as_bytes()], &rules) {
                Ok(cut) => {
                    assert!(is_legal, "a broken message went on: {stream}");
                    assert_eq!(data_of(&cut).replace('\n', ""), whole, "{stream}");
                    legal += 1;
                }
                Err(refused) => {
                    assert_eq!((refused, is_legal), (Refused::Json, false), "{stream}");
                    illegal += 1;
                }
            }
        }
    }
    assert!(
        legal > 1_000 && illegal > 1_000,
        "{legal} legal and {illegal} illegal cuts"
    );
}

#[test]
fn a_cut_inside_a_string_is_refused() {
    let rules = engine::shipped_rules().unwrap();
    let stream = "data: {\"a\":\"ghp_zQWBuTSOoRi4A9s\ndata: pHcVY5ncnsDkxkJ0mLq17\"}\n\n";
    assert_eq!(redacted(&[stream.as_bytes()], &rules), Err(Refused::Json));
}

#[test]
fn line_ends_of_every_kind_hide_nothing() {
    let rules = engine::shipped_rules().unwrap();
    for case in positives(13, 1) {
        let spread = case.message.replacen(',', ",\ndata: ", 1);
        for data in [&case.message, &spread] {
            let stream = format!(": hello\n\n{}", event(data));
            let Ok(whole) = redacted(&[stream.as_bytes()], &rules) else {
                // The first comma of some messages stands in a string.
                assert!(data == &spread, "{stream}");
                continue;
            };
            for end in ["\r", "\r\n"] {
                let stream = stream.replace('\n', end);
                let other = redacted(&[stream.as_bytes()], &rules).unwrap();
                assert!(other == whole, "{end:?}: {stream:?}");
                let (head, tail) = stream.as_bytes().split_at(stream.len() - 1);
                let cut = redacted(&[head, tail], &rules).unwrap();
                assert!(cut == whole, "{end:?}, the last byte late: {stream:?}");
            }
        }
    }
}

#[test]
fn random_chunks_give_what_the_whole_gives() {
    /// How often one stream is cut.
    const EACH: usize = 100;
    let rules = engine::shipped_rules().unwrap();
    let mut random = Random::new(14);
    let cases = positives(14, 4);
    let mut left = times("PORTCULLIS_CHUNKINGS", 20_000);
    while left > 0 {
        let stream = stream(&mut random, &cases);
        let whole = redacted(&[stream.as_bytes()], &rules).unwrap();
        for _ in 0..EACH.min(left) {
            let chunks = cuts(&mut random, stream.as_bytes());
            let cut = redacted(&chunks, &rules).unwrap();
            assert!(
                cut == whole,
                "{:?} of {stream:?}",
                chunks.iter().map(|chunk| chunk.len()).collect::<Vec<_>>()
            );
        }
        left -= EACH.min(left);
    }
}

/// One to three events, with comments, ids and retry lines between them.
fn stream(random: &mut Random, cases: &[Case]) -> String {
    let mut stream = String::new();
    for _ in 0..1 + random.below(3) {
        let message = &cases[random.below(cases.len())].message;
        stream += random.one(&[
            "",
            ": é\n\n",
            "id: 1\ndata:\n\n",
            "retry: 300\n\n",
            "id: ü\nevent: message\n",
        ]);
        stream += &format!("data: {message}\n\n");
    }
    let end = random.one(&["\n", "\r", "\r\n"]);
    stream.replace('\n', end)
}

fn cuts<'a>(random: &mut Random, bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let most = [1, 3, 16, 200][random.below(4)];
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = if most == 1 && random.percent(99) {
            rest.len() / 2
        } else {
            random.below(most + 1)
        };
        let (head, tail) = rest.split_at(length.clamp(usize::from(random.percent(90)), rest.len()));
        chunks.push(head);
        rest = tail;
    }
    chunks
}
