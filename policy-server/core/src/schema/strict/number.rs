//! Numbers as written, against the doubles that most readers make of them.
//!
//! A reader that keeps all digits must not find another number than one that keeps a double. What a
//! double holds to its last digit is one number to both. Deliberately absent: numbers beyond those that
//! have been read already; the text is JSON.

/// Digits that tell every double from every other.
const DOUBLE_DIGITS: usize = 17;

/// Whether every number of a JSON text is kept by those who keep a double.
pub(super) fn all_kept(json: &str) -> bool {
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        rest = rest.get(at..).unwrap_or_default();
        let length = match rest.strip_prefix('"') {
            Some(inside) => 1 + string(inside),
            None => {
                let number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
                let end = rest.find(|c| !number(c)).unwrap_or(rest.len());
                if !rest.get(..end).is_some_and(is_kept) {
                    return false;
                }
                end
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

/// How long the rest of a string is, with its last quote.
fn string(inside: &str) -> usize {
    let mut escaped = false;
    let mut ends = |byte: u8| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    };
    let end = inside.bytes().position(&mut ends);
    end.map_or(inside.len(), |end| end + 1)
}

fn is_kept(number: &str) -> bool {
    let plain = number.strip_prefix('-').unwrap_or(number);
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        // An integer has been read as such.
        return true;
    }
    let Ok(double) = number.parse::<f64>() else {
        return false;
    };
    let written = Decimal::of(number);
    let kept = Decimal::of(&format!("{double:e}"));
    if written == kept {
        return true;
    }
    let short = written.is_some_and(|written| written.digits.len() <= DOUBLE_DIGITS);
    short && double.fract() != 0.0
}

/// A number without zeros at its ends.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(number: &str) -> Option<Self> {
        let plain = number.strip_prefix('-').unwrap_or(number);
        let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let cut = all.trim_end_matches('0');
        let digits = cut.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self {
                digits,
                exponent: 0,
            });
        }
        let zeros = i64::try_from(all.len() - cut.len()).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?;
        let exponent = exponent.checked_sub(places)?.checked_add(zeros)?;
        Some(Self { digits, exponent })
    }
}
