//! What a token's characters must be like where the prefix alone says too little.

/// What the characters behind a prefix must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Anything of the alphabet.
    Any,
    /// Of two kinds among digits, capitals and small letters, and not the same few again and again:
    /// words and names are not like that, and nearly all random tokens are.
    Mixed,
    /// The same, with at least so many different characters: the prefix is also one of numbers
    /// written in base64.
    Varied(usize),
    /// With a digit.
    Digit,
    /// With a digit or one of the letters that English words hardly have.
    Rare,
    /// Holding this text.
    Holds(&'static str),
    /// Anything; but when its first so many characters end in their own CRC-32, the token needs no
    /// edges.
    Sealed(usize),
}

/// The digits of the checksum of GitHub and npm.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How many of them there are.
const CHECKSUM: usize = 6;

impl Look {
    pub(super) fn fits(self, secret: &[u8]) -> bool {
        match self {
            Self::Any | Self::Sealed(_) => true,
            Self::Mixed => is_mixed(secret, 8),
            Self::Varied(different) => is_mixed(secret, different),
            Self::Digit => secret.iter().any(u8::is_ascii_digit),
            Self::Rare => secret
                .iter()
                .any(|b| b.is_ascii_digit() || b"JQXZ".contains(b)),
            Self::Holds(text) => memchr::memmem::find(secret, text.as_bytes()).is_some(),
        }
    }
}

fn is_mixed(secret: &[u8], different: usize) -> bool {
    let kinds: [fn(&u8) -> bool; 3] = [
        u8::is_ascii_digit,
        u8::is_ascii_uppercase,
        u8::is_ascii_lowercase,
    ];
    let kinds = kinds.iter().filter(|is| secret.iter().any(*is));
    let seen = secret.iter().fold(0_u128, |seen, b| seen | 1 << (b & 127));
    kinds.count() >= 2 && seen.count_ones() as usize >= (secret.len() / 2).min(different)
}

/// Whether the last six characters are the CRC-32 of those before, in base 62.
pub(super) fn is_sealed(token: &[u8]) -> bool {
    let Some((body, checksum)) = token.split_last_chunk::<CHECKSUM>() else {
        return false;
    };
    body.iter().all(u8::is_ascii_alphanumeric) && *checksum == seal(body)
}

/// The CRC-32 of a body, in base 62, six digits.
pub(super) fn seal(body: &[u8]) -> [u8; CHECKSUM] {
    let mut rest = crc32(body);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        let value = (rest % 62) as usize;
        *digit = BASE62.get(value).copied().unwrap_or_default();
        rest /= 62;
    }
    digits
}

/// CRC-32 as in ISO 3309, bit by bit: it is asked about tokens only.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
