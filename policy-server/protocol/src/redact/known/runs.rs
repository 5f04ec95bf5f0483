//! Runs of characters that stand for bytes: base64, base32, hexadecimal and other codes.
//!
//! A run may begin with characters that do not belong to it, so that it is decoded from each place
//! at which its groups may begin.

/// Shortest runs, in characters: what eight bytes take.
const BASE64_MIN: usize = 11;
const BASE32_MIN: usize = 13;
const HEX_MIN: usize = 16;
/// Longest word that may stand between decimal codes: `chr(115).chr(101)`.
const CALL_BYTES_MAX: usize = 4;
/// Fewest codes of characters, and most digits of one.
const DECIMAL_MIN: usize = 8;
const CODE_DIGITS_MAX: usize = 21;

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
    for is_digit in [is_upper32, is_lower32] {
        split(packed, is_digit, BASE32_MIN, |run| {
            grouped(run, base32, 5, 8, visit);
        });
    }
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

/// Whether what follows is more of a word.
fn goes_on(next: Option<u8>) -> bool {
    next.is_some_and(|byte| byte.is_ascii_alphabetic() && hex_digit(byte).is_none())
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
            // `73h 65h`
            (Some(b'h' | b'H'), next) if digits.len() >= 2 && !goes_on(next) => {}
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

/// Codes of characters, decimal, octal or binary, with something between them: `[115, 101, 99]`. Beside
/// each may stand where it belongs: `{"0":115,"1":101}`.
pub(super) fn codes(text: &[u8], visit: &mut impl FnMut(&[u8])) {
    let mut codes: Vec<&[u8]> = Vec::new();
    for word in text.split(|byte| !byte.is_ascii_alphanumeric()) {
        let is_call = word.len() <= CALL_BYTES_MAX && word.iter().all(u8::is_ascii_alphabetic);
        if is_call {
            continue;
        }
        let word = match word {
            [b'0', b'o' | b'O' | b'b' | b'B' | b'd', digits @ ..] => digits,
            word => word,
        };
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (first, rest) = word.split_at(digits);
        let is_code = digits > 0 && digits <= CODE_DIGITS_MAX;
        codes.extend(is_code.then_some(first));
        if (!word.is_empty() && !is_code) || !rest.is_empty() {
            tell(&mut codes, visit);
            // The first code may be glued to a word.
            let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit());
            let glued = rest.split_at(rest.len() - digits.count()).1;
            let is_code = !glued.is_empty() && glued.len() <= CODE_DIGITS_MAX;
            codes.extend(is_code.then_some(glued));
        }
    }
    tell(&mut codes, visit);
}

fn code(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

fn tell(codes: &mut Vec<&[u8]>, visit: &mut impl FnMut(&[u8])) {
    if codes.len() >= DECIMAL_MIN {
        for radix in [10, 8, 2] {
            let read: Option<Vec<char>> = codes.iter().map(|digits| code(digits, radix)).collect();
            let Some(read) = read else {
                // A decimal code that is none leaves the others what they are.
                if radix == 10 {
                    let some: Vec<char> = codes.iter().filter_map(|one| code(one, 10)).collect();
                    say(&some, visit);
                }
                continue;
            };
            say(&read, visit);
            behind_places(&read)
                .into_iter()
                .for_each(|behind| say(&behind, visit));
        }
    }
    codes.clear();
}

/// Every other code, where those between them count the places: `0, 115, 1, 101`.
fn behind_places(codes: &[char]) -> Option<Vec<char>> {
    let pairs = codes.as_chunks::<2>().0;
    let first = u32::from(pairs.first()?[0]);
    let counts = (first..)
        .zip(pairs)
        .all(|(at, [place, _])| u32::from(*place) == at);
    let behind = pairs.iter().map(|[_, code]| *code);
    (counts && pairs.len() >= DECIMAL_MIN).then(|| behind.collect())
}

/// Codes as bytes, where they are such, else as characters.
fn say(codes: &[char], visit: &mut impl FnMut(&[u8])) {
    let bytes: Option<Vec<u8>> = codes
        .iter()
        .map(|c| u8::try_from(u32::from(*c)).ok())
        .collect();
    visit(&bytes.unwrap_or_else(|| codes.iter().collect::<String>().into_bytes()));
}

/// Base64 and base32 whose parts stand apart: in texts that are put together, behind `>`, or in groups.
pub(super) fn together(packed: &[u8], visit: &mut impl FnMut(&[u8])) {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    let mut joined = Vec::with_capacity(packed.len());
    let mut rest = packed;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        joined.extend(base64(*byte).map(|_| *byte));
        let puts = behind.iter().take_while(|byte| **byte == b'+').count();
        if is_quote(byte) && behind.get(puts).is_some_and(is_quote) {
            rest = behind.get(puts..).unwrap_or_default();
        }
    }
    // Elsewhere, too, `+` may be a space where parts meet.
    let mut bare = Vec::with_capacity(joined.len());
    for part in packed.split(|byte| base64(*byte).is_none()) {
        let begin = part.iter().take_while(|byte| **byte == b'+').count();
        let part = part.get(begin..).unwrap_or_default();
        let end = part.iter().rev().take_while(|byte| **byte == b'+').count();
        bare.extend_from_slice(part.get(..part.len() - end).unwrap_or_default());
    }
    let ways = [Some(&joined), (bare.len() < joined.len()).then_some(&bare)];
    for digits in ways.into_iter().flatten() {
        if digits.len() < packed.len() && digits.len() >= BASE64_MIN {
            grouped(digits, base64, 6, 4, visit);
        }
    }
    for is_digit in [is_upper32, is_lower32] {
        let digits: Vec<u8> = joined
            .iter()
            .copied()
            .filter(|byte| is_digit(*byte))
            .collect();
        if digits.len() >= BASE32_MIN && digits.len() < packed.len() {
            grouped(&digits, base32, 5, 8, visit);
        }
    }
}

const fn is_upper32(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

const fn is_lower32(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'2'..=b'7')
}
