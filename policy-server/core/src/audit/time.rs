//! Unix time as RFC 3339 text, and back. Reads no clock.

use crate::schema::instant_ms;

/// `2026-11-21T10:53:01.123456Z` from microseconds since 1970.
#[must_use]
pub fn rfc3339_us(unix_us: i64) -> String {
    let (date, second) = date_and_second(unix_us.div_euclid(1_000_000));
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let (second, micros) = (second % 60, unix_us.rem_euclid(1_000_000));
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// `2026-11-21T10:53:01.123Z` from milliseconds since 1970.
#[must_use]
pub fn rfc3339_ms(unix_ms: i64) -> String {
    let (date, second) = date_and_second(unix_ms.div_euclid(1_000));
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let (second, millis) = (second % 60, unix_ms.rem_euclid(1_000));
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The milliseconds since 1970 of an RFC 3339 time; a finer fraction is cut off.
#[must_use]
pub fn read_ms(text: &str) -> Option<i64> {
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    let Some((seconds, rest)) = text.split_once('.') else {
        return instant_ms(text);
    };
    let (fraction, offset) = rest.split_at_checked(digits(rest))?;
    let fraction = fraction.get(..fraction.len().min(3))?;
    instant_ms(&format!("{seconds}.{fraction}{offset}"))
}

/// The date, by Hinnant's `civil_from_days`, and the second of the day.
fn date_and_second(unix_s: i64) -> (String, i64) {
    let days = unix_s.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        unix_s.rem_euclid(86_400),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        assert_eq!(rfc3339_us(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339_ms(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(
            rfc3339_us(1_795_258_381_123_456),
            "2026-11-21T10:53:01.123456Z"
        );
        assert_eq!(rfc3339_ms(4_107_542_399_999), "2100-02-28T23:59:59.999Z");
        assert_eq!(rfc3339_us(-1), "1969-12-31T23:59:59.999999Z");
        for us in [0, 1_795_258_381_123_456, 951_782_400_000_000] {
            assert_eq!(read_ms(&rfc3339_us(us)), Some(us / 1_000));
        }
        assert_eq!(
            read_ms("2026-11-20T01:00:00+01:00"),
            Some(1_795_132_800_000)
        );
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T00:00:00",
            "2026-11-20T00:00:00.Z",
        ] {
            assert_eq!(read_ms(bad), None, "{bad}");
        }
    }
}
