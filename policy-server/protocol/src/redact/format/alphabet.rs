//! Sets of ASCII characters that tokens are made of.

/// A set of ASCII characters: one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alphabet(u128);

impl Alphabet {
    const fn range(self, first: u8, last: u8) -> Self {
        let mut bits = self.0;
        let mut byte = first;
        while byte <= last {
            bits |= 1 << byte;
            byte += 1;
        }
        Self(bits)
    }

    pub(super) const fn and(self, byte: u8) -> Self {
        self.range(byte, byte)
    }

    pub(super) const fn without(self, byte: u8) -> Self {
        Self(self.0 & !(1 << byte))
    }

    /// One character.
    pub(super) const fn only(byte: u8) -> Self {
        Self(0).and(byte)
    }

    pub(super) const fn has(self, byte: u8) -> bool {
        byte.is_ascii() && self.0 >> (byte & 127) & 1 == 1
    }
}

/// `0-9`
pub(super) const DIGIT: Alphabet = Alphabet(0).range(b'0', b'9');
/// `0-9a-f`
pub(super) const HEX: Alphabet = DIGIT.range(b'a', b'f');
/// `0-9a-fA-F`
pub(super) const HEXES: Alphabet = HEX.range(b'A', b'F');
/// `0-9a-z`
pub(super) const LOWER: Alphabet = DIGIT.range(b'a', b'z');
/// `0-9A-Z`
pub(super) const UPPER: Alphabet = DIGIT.range(b'A', b'Z');
/// `a-z2-7`
pub(super) const BASE32: Alphabet = Alphabet(0).range(b'a', b'z').range(b'2', b'7');
/// `0-9A-Za-z`
pub(super) const ALNUM: Alphabet = LOWER.range(b'A', b'Z');
/// `0-9A-Za-z` without `0`, `I`, `O`, `l`
pub(super) const BASE58: Alphabet = ALNUM
    .without(b'0')
    .without(b'I')
    .without(b'O')
    .without(b'l');
/// What Bech32 writes behind its `1`, in lower case.
pub(super) const BECH32: Alphabet = LOWER
    .without(b'1')
    .without(b'b')
    .without(b'i')
    .without(b'o');
/// The same in upper case.
pub(super) const BECH32_UPPER: Alphabet = UPPER
    .without(b'1')
    .without(b'B')
    .without(b'I')
    .without(b'O');
/// `0-9A-Za-z_`
pub(super) const WORD: Alphabet = ALNUM.and(b'_');
/// `0-9A-Za-z_-`
pub(super) const URL64: Alphabet = WORD.and(b'-');
/// `0-9A-Za-z+/`
pub(super) const STD64: Alphabet = ALNUM.and(b'+').and(b'/');
/// `0-9A-Za-z+/=`
pub(super) const PADDED: Alphabet = STD64.and(b'=');
/// `0-9A-Za-z_.-`
pub(super) const NAME: Alphabet = URL64.and(b'.');
/// `0-9A-Za-z_-+/=`
pub(super) const ANY64: Alphabet = URL64.and(b'+').and(b'/').and(b'=');
/// What the value of a parameter in a URL is made of: `0-9A-Za-z_.~%+/-`
pub(super) const VALUE: Alphabet = NAME.and(b'~').and(b'%').and(b'+').and(b'/');
/// `0-9A-Za-z/`
pub(super) const PATH: Alphabet = ALNUM.and(b'/');
