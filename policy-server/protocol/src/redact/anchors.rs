//! Anchors: the few bytes with which a secret, or the word beside one, begins; all of them are
//! looked for in one pass.
//!
//! Only every second offset is looked at: an anchor that begins at an even offset shows its first
//! three bytes there, one that begins at an odd offset shows its second to fourth byte at the next.
//! A set of such triples tells which offsets are worth a comparison; four are asked per branch, and
//! none waits for another, which is what makes this faster than an automaton.
//!
//! Deliberately absent: what an anchor means.

#[cfg(test)]
mod tests;

/// Whether letters must be as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// They must.
    Exact,
    /// Upper and lower case are one.
    Ignored,
}

/// One anchor: at least three bytes; a shorter one is never found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor<'a> {
    pub(super) text: &'a str,
    pub(super) case: Case,
}

/// All anchors, ready to be looked for; the tables take 26 KB, and each anchor 48 bytes more.
#[derive(Debug)]
pub(super) struct Anchors {
    /// The second and third byte of anchors of three bytes.
    pairs: Box<[u64; 1024]>,
    /// The first to third, and the second to fourth byte of anchors, hashed.
    triples: Box<[u64; 2048]>,
    /// Where the entries of each group begin; see [`group`].
    groups: Box<[u16; GROUPS + 1]>,
    entries: Vec<Entry>,
}

/// An anchor, ready to be compared.
#[derive(Debug)]
struct Entry {
    /// Its first eight bytes, masked.
    head: u64,
    /// Which bits of the text's next eight bytes must be those of `head`.
    mask: u64,
    /// The bytes behind those eight.
    tail: Box<[u8]>,
    /// How long it is.
    length: usize,
    case: Case,
    /// Its place in the list that was given.
    index: usize,
}

/// Entries are grouped by their first three bytes, hashed.
const GROUPS: usize = 1024;
/// An odd number without pattern.
const SPREAD: u32 = 0x9E37_79B1;
/// All bits of a letter but the one that tells upper from lower case.
const LETTER: u8 = 0xDF;

impl Anchors {
    pub(super) fn new(anchors: &[Anchor<'_>]) -> Self {
        let mut made = Self {
            pairs: Box::new([0; 1024]),
            triples: Box::new([0; 2048]),
            groups: Box::new([0; GROUPS + 1]),
            entries: Vec::with_capacity(anchors.len()),
        };
        for (index, anchor) in anchors.iter().enumerate() {
            if anchor.text.len() >= 3 {
                made.enter(anchor);
                made.entries.push(Entry::new(anchor, index));
            }
        }
        let order = |entry: &Entry| (group(entry.head), usize::MAX - entry.length, entry.index);
        made.entries.sort_by_key(order);
        let entries = &made.entries;
        for (number, begin) in made.groups.iter_mut().enumerate() {
            let before = entries.partition_point(|entry| group(entry.head) < number);
            *begin = u16::try_from(before).unwrap_or(u16::MAX);
        }
        made
    }

    /// Calls `accept` with each place where an anchor stands (its offset, and the anchor's index in
    /// the list that was given to `new`; the longest first at one offset), until it answers with
    /// the offset at which to go on.
    pub(super) fn scan(&self, text: &[u8], mut accept: impl FnMut(usize, usize) -> Option<usize>) {
        let (mut at, mut from) = (0, 0);
        while let Some(hit) = self.next_hit(text, at) {
            at = hit + 2;
            for start in hit.saturating_sub(1)..=hit {
                if start < from {
                    continue;
                }
                if let Some(next) = self.ask(text, start, &mut accept) {
                    from = next.max(start + 1);
                    at = at.max(from & !1);
                }
            }
        }
    }

    /// Asks about each anchor that stands at `start`, until one is accepted.
    fn ask(
        &self,
        text: &[u8],
        start: usize,
        accept: &mut impl FnMut(usize, usize) -> Option<usize>,
    ) -> Option<usize> {
        let word = word(text, start);
        let group = group(word);
        let begin = usize::from(*self.groups.get(group)?);
        let end = usize::from(*self.groups.get(group + 1)?);
        self.entries
            .get(begin..end)?
            .iter()
            .filter(|entry| entry.stands(word, text, start))
            .find_map(|entry| accept(start, entry.index))
    }

    /// The next even offset, from the even offset `at` on, at which or before which an anchor may
    /// begin.
    fn next_hit(&self, text: &[u8], mut at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let mut word = word(text, at);
        for eight in rest.get(8..).unwrap_or_default().as_chunks::<8>().0 {
            let next = u64::from_le_bytes(*eight);
            let last = (word >> 48) | (next << 16);
            let (first, second) = (self.is_hit(word), self.is_hit(word >> 16));
            let (third, fourth) = (self.is_hit(word >> 32), self.is_hit(last));
            if (first | second | third | fourth) & 1 != 0 {
                let hits = (first & 1) | (second & 1) << 2 | (third & 1) << 4 | (fourth & 1) << 6;
                return Some(at + hits.trailing_zeros() as usize);
            }
            (word, at) = (next, at + 8);
        }
        while at + 1 < text.len() {
            if self.is_hit(self::word(text, at)) & 1 != 0 {
                return Some(at);
            }
            at += 2;
        }
        None
    }

    /// Whether the first two or three bytes of `word` are worth a comparison: its lowest bit.
    #[inline]
    fn is_hit(&self, word: u64) -> u64 {
        let pair = usize::from(word as u16);
        let triple = triple(word);
        let pairs = self.pairs.get(pair >> 6).copied().unwrap_or_default();
        let triples = self.triples.get(triple >> 6).copied().unwrap_or_default();
        (pairs >> (pair & 63)) | (triples >> (triple & 63))
    }

    /// Enters what will show an anchor.
    fn enter(&mut self, anchor: &Anchor<'_>) {
        let bytes = anchor.text.as_bytes();
        let mut add = |triple_of: &[u8]| {
            for case in 0..8_u8 {
                let mut turned = [0; 8];
                for (place, (to, byte)) in turned.iter_mut().zip(triple_of).enumerate() {
                    let turn = anchor.case == Case::Ignored
                        && byte.is_ascii_alphabetic()
                        && case >> place & 1 == 1;
                    *to = if turn { byte ^ !LETTER } else { *byte };
                }
                let word = u64::from_le_bytes(turned);
                let (set, bit): (&mut [u64], usize) = match triple_of.len() {
                    2 => (&mut *self.pairs, usize::from(word as u16)),
                    _ => (&mut *self.triples, triple(word)),
                };
                if let Some(bits) = set.get_mut(bit >> 6) {
                    *bits |= 1 << (bit & 63);
                }
            }
        };
        add(bytes.get(..3).unwrap_or_default());
        add(bytes.get(1..bytes.len().min(4)).unwrap_or_default());
    }
}

impl Entry {
    fn new(anchor: &Anchor<'_>, index: usize) -> Self {
        let bytes = anchor.text.as_bytes();
        let mut mask = [0; 8];
        for (mask, byte) in mask.iter_mut().zip(bytes) {
            let either = anchor.case == Case::Ignored && byte.is_ascii_alphabetic();
            *mask = if either { LETTER } else { 0xFF };
        }
        let mask = u64::from_le_bytes(mask);
        Self {
            head: word(bytes, 0) & mask,
            mask,
            tail: bytes.get(8..).unwrap_or_default().into(),
            length: bytes.len(),
            case: anchor.case,
            index,
        }
    }

    /// Whether this anchor stands at `start`, where `word` are the text's next eight bytes.
    #[inline]
    fn stands(&self, word: u64, text: &[u8], start: usize) -> bool {
        word & self.mask == self.head
            && start + self.length <= text.len()
            && (self.length <= 8 || self.goes_on(text, start + 8))
    }

    /// Whether the bytes behind the first eight stand at `at`.
    fn goes_on(&self, text: &[u8], at: usize) -> bool {
        let there = text.get(at..at + self.tail.len());
        there.is_some_and(|there| match self.case {
            Case::Exact => *self.tail == *there,
            Case::Ignored => self.tail.eq_ignore_ascii_case(there),
        })
    }
}

/// The eight bytes at `at`; zeros behind the end.
#[inline]
fn word(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_le_bytes(padded)
}

/// The place of three bytes among 131,072 bits.
#[inline]
fn triple(word: u64) -> usize {
    (((word as u32) << 8).wrapping_mul(SPREAD) >> 15) as usize
}

/// The group of three bytes, whatever their case.
#[inline]
fn group(word: u64) -> usize {
    (((word as u32 & 0x00DF_DFDF) << 8).wrapping_mul(SPREAD) >> 22) as usize
}
