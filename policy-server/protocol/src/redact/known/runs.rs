//! Runs of characters that stand for bytes: base64, base32, hexadecimal and decimal codes.
//!
//! A run may begin with characters that do not belong to it, so that it is decoded from each place
//! at which its groups may begin.

/// Shortest runs, in characters: what eight bytes take.
const BASE64_MIN: usize = 11;
const BASE32_MIN: usize = 13;
const HEX_MIN: usize = 16;
/// Longest word that may stand between decimal codes: `chr(115).chr(101)`.
const CALL_BYTES_MAX: usize = 4;
/// Fewest decimal codes.
const DECIMAL_MIN: usize = 8;

/// Calls `visit` with what the runs in a text without white space stand for.
pub(super) fn all(packed: &[u8], visit: &mut impl FnMut(&[u8])) {
    split(
        packed,
        |byte| base64(byte).is_some(),
        BASE64_MIN,
        |run| {
            grouped(run, base64, 6, 4, visit);
        },
    );
    let upper = |byte: u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    split(packed, upper, BASE32_MIN, |run| {
        grouped(run, base32, 5, 8, visit)
    });
    let lower = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    split(packed, lower, BASE32_MIN, |run| {
        grouped(run, base32, 5, 8, visit);
    });
    hex(packed, visit);
}

/// Calls `visit` with each run of at least `min` bytes.
fn split(text: &[u8], is_in: impl Fn(u8) -> bool, min: usize, mut visit: impl FnMut(&[u8])) {
    for run in text.split(|byte| !is_in(*byte)) {
        if run.len() >= min {
            visit(run);
        }
    }
}

/// Decodes digits of so many bits from each place at which a group of them may begin.
fn grouped(
    run: &[u8],
    digit: fn(u8) -> Option<u8>,
    bits: u32,
    group: usize,
    visit: &mut impl FnMut(&[u8]),
) {
    for begin in 0..group {
        let digits = run.get(begin..).unwrap_or_default();
        let mut bytes = Vec::with_capacity(digits.len() * bits as usize / 8);
        let (mut value, mut have) = (0_u32, 0);
        for digit in digits.iter().filter_map(|byte| digit(*byte)) {
            value = (value << bits | u32::from(digit)) & 0xffff;
            have += bits;
            if have >= 8 {
                have -= 8;
                bytes.push((value >> have) as u8);
            }
        }
        visit(&bytes);
    }
}

const fn base64(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

const fn base32(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Hexadecimal codes: side by side, behind `0x`, or with something between them.
fn hex(text: &[u8], visit: &mut impl FnMut(&[u8])) {
    let mut digits: Vec<u8> = Vec::new();
    let mut at = 0;
    loop {
        let byte = text.get(at).copied();
        let next = text.get(at + 1).copied();
        match (byte, next) {
            (Some(b'0'), Some(b'x' | b'X'))
            | (Some(b'\\'), Some(b'x'))
            | (Some(b'U' | b'u'), Some(b'+')) => at += 1,
            // Whatever is no letter may stand between codes, beyond ASCII too.
            (Some(byte), _) if byte.is_ascii_punctuation() || !byte.is_ascii() => {}
            (Some(byte), _) if hex_digit(byte).is_some() => digits.extend(hex_digit(byte)),
            (byte, _) => {
                if digits.len() >= HEX_MIN {
                    for begin in 0..2 {
                        let pairs = digits.get(begin..).unwrap_or_default().as_chunks::<2>().0;
                        let bytes: Vec<u8> = pairs.iter().map(|[a, b]| a << 4 | b).collect();
                        visit(&bytes);
                    }
                }
                digits.clear();
                if byte.is_none() {
                    return;
                }
            }
        }
        at += 1;
    }
}

/// Decimal codes of characters, with something between them: `[115, 101, 99]`.
pub(super) fn decimal(text: &[u8], visit: &mut impl FnMut(&[u8])) {
    let mut codes: Vec<u32> = Vec::new();
    for word in text.split(|byte| !byte.is_ascii_alphanumeric()) {
        let is_call = word.len() <= CALL_BYTES_MAX && word.iter().all(u8::is_ascii_alphabetic);
        if is_call {
            continue;
        }
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (first, rest) = word.split_at(digits);
        codes.extend(code(first));
        if (!word.is_empty() && code(first).is_none()) || !rest.is_empty() {
            tell(&mut codes, visit);
            // The first code may be glued to a word.
            let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit());
            codes.extend(code(rest.split_at(rest.len() - digits.count()).1));
        }
    }
    tell(&mut codes, visit);
}

fn code(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.len() <= 7)?;
    let code = digits.parse().ok()?;
    char::from_u32(code).map(u32::from)
}

fn tell(codes: &mut Vec<u32>, visit: &mut impl FnMut(&[u8])) {
    if codes.len() >= DECIMAL_MIN {
        let bytes: Option<Vec<u8>> = codes.iter().map(|code| u8::try_from(*code).ok()).collect();
        let text = || {
            codes
                .iter()
                .filter_map(|code| char::from_u32(*code))
                .collect::<String>()
        };
        visit(&bytes.unwrap_or_else(|| text().into_bytes()));
    }
    codes.clear();
}
