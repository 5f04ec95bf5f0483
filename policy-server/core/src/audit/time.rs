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

/// `2026-11-21T10:53:01Z` from seconds since 1970.
#[must_use]
pub fn rfc3339_s(unix_s: i64) -> String {
    let (date, second) = date_and_second(unix_s);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Seconds since 1970 from exactly the form of [`rfc3339_s`]: whole seconds, in UTC.
#[must_use]
pub fn parse_rfc3339_s(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let second = number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?;
    let unix_s = days * 86_400 + second;
    // Written again, it must be the same text: there is no 30 February, and no other form.
    (rfc3339_s(unix_s) == text).then_some(unix_s)
}

/// The days from 1970 to a date, by Hinnant's `days_from_civil`.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
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

    #[test]
    fn whole_seconds_read_back() {
        for unix_s in [
            0,
            -1,
            951_782_400,
            1_795_258_381,
            4_107_542_399,
            -2_208_988_800,
        ] {
            assert_eq!(parse_rfc3339_s(&rfc3339_s(unix_s)), Some(unix_s));
        }
        for bad in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.0Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01t00:00:00z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z ",
            "２０２６-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339_s(bad), None, "{bad}");
        }
    }
}
