//! Scans find what a naive search finds, in its order.

use proptest::prelude::*;

use super::{Anchor, Anchors, Case};

fn stands(anchor: &Anchor<'_>, text: &[u8], at: usize) -> bool {
    let there = text.get(at..at + anchor.text.len());
    there.is_some_and(|there| match anchor.case {
        Case::Exact => there == anchor.text.as_bytes(),
        Case::Ignored => there.eq_ignore_ascii_case(anchor.text.as_bytes()),
    })
}

/// What an anchor's acceptance does in these tests: nothing, or a jump.
fn answer(at: usize, index: usize) -> Option<usize> {
    match (at + index) % 4 {
        0 => Some(at + 1 + (index + at) % 9),
        1 => Some(at.saturating_sub(2)),
        _ => None,
    }
}

fn naive(anchors: &[Anchor<'_>], text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let mut here: Vec<usize> = (0..anchors.len())
            .filter(|index| stands(&anchors[*index], text, at))
            .collect();
        here.sort_by_key(|index| (usize::MAX - anchors[*index].text.len(), *index));
        let next = here.into_iter().find_map(|index| {
            found.push((at, index));
            answer(at, index)
        });
        at = next.unwrap_or(0).max(at + 1);
    }
    found
}

fn scanned(anchors: &[Anchor<'_>], text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    Anchors::new(anchors).scan(text, |at, index| {
        found.push((at, index));
        answer(at, index)
    });
    found
}

fn anchor_lists() -> impl Strategy<Value = Vec<(String, bool)>> {
    prop::collection::vec(
        ("[abAB_é]{2,4}|[ab]{3,12}|[a-cA-C0]{3}", any::<bool>()),
        1..30,
    )
    .prop_map(|list| {
        list.into_iter()
            .filter(|(text, _)| text.len() >= 3)
            .collect()
    })
}

proptest! {
    #[test]
    fn a_scan_is_a_naive_search(list in anchor_lists(), text in "[abcABC_0é]{0,80}") {
        let anchor = |(text, ignored): &'_ (String, bool)| (text.clone(), *ignored);
        let list: Vec<(String, bool)> = list.iter().map(anchor).collect();
        let anchors: Vec<Anchor<'_>> = list
            .iter()
            .map(|(text, ignored)| Anchor {
                text,
                case: if *ignored { Case::Ignored } else { Case::Exact },
            })
            .collect();
        prop_assert_eq!(scanned(&anchors, text.as_bytes()), naive(&anchors, text.as_bytes()));
    }

    #[test]
    fn an_anchor_is_found_at_every_offset(before in 0_usize..40, after in 0_usize..40) {
        let anchors = ["abc", "SeCrEt", "a-long-anchor-of-many-bytes"].map(|text| Anchor {
            text,
            case: Case::Ignored,
        });
        for (index, anchor) in anchors.iter().enumerate() {
            let text = ".".repeat(before) + &anchor.text.to_uppercase() + &".".repeat(after);
            let mut found = Vec::new();
            Anchors::new(&anchors).scan(text.as_bytes(), |at, index| {
                found.push((at, index));
                None
            });
            prop_assert_eq!(found, vec![(before, index)]);
        }
    }
}

#[test]
fn the_longest_comes_first() {
    let anchors = ["sk_", "sk_live_", "SK_LIVE"].map(|text| Anchor {
        text,
        case: Case::Ignored,
    });
    let mut found = Vec::new();
    Anchors::new(&anchors).scan(b"a sk_live_b", |at, index| {
        found.push((at, index));
        None
    });
    assert_eq!(found, [(2, 1), (2, 2), (2, 0)]);
}

#[test]
fn nothing_is_found_in_nothing() {
    let anchors = [Anchor {
        text: "abc",
        case: Case::Exact,
    }];
    for text in ["", "a", "ab", "bc", "ab\0", "abd"] {
        Anchors::new(&anchors).scan(text.as_bytes(), |_, _| unreachable!("in {text:?}"));
    }
    Anchors::new(&[]).scan(b"abc", |_, _| unreachable!());
}

/// Entries that are compared, not time: near-misses and repeats stay linear.
#[test]
fn every_offset_is_asked_about_once() {
    let anchors = ["aaa", "aaaa", "aab"].map(|text| Anchor {
        text,
        case: Case::Exact,
    });
    let text = "a".repeat(10_000);
    let mut asked = 0;
    Anchors::new(&anchors).scan(text.as_bytes(), |_, _| {
        asked += 1;
        None
    });
    assert_eq!(asked, 9_998 + 9_997);
}
