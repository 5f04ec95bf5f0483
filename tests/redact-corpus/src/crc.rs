//! The checksum in tokens of GitHub and npm: CRC-32 in base 62, six digits.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The six digits that close a token with this random part.
pub(crate) fn digits(random: &str) -> String {
    let mut rest = crc32(random.as_bytes());
    let mut digits = Vec::new();
    for _ in 0..6 {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        digits.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        rest /= 62;
    }
    digits.into_iter().rev().collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            0 => crc >> 1,
            _ => (crc >> 1) ^ 0xedb8_8320,
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(digits("123456789").len(), 6);
    }
}
