//! RFC 3339 and ISO 8601 to the spelling that Cedar reads.
//!
//! Deliberately absent: rounding. A finer time than milliseconds, a leap second, and a duration of
//! months or years, whose length depends on when it starts, are not read.

use crate::audit::time::rfc3339_ms;

const DAY_MS: i64 = 86_400_000;

/// `2026-11-21`, if there is such a day.
pub(super) fn date(text: &str) -> Option<String> {
    days(text).map(|_| text.to_owned())
}

/// A date and time with an offset, as the same instant in UTC.
pub(super) fn instant(text: &str) -> Option<String> {
    instant_ms(text).map(rfc3339_ms)
}

/// The same in milliseconds since 1970.
pub(crate) fn instant_ms(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?,
        None => ("0", rest),
    };
    let ms = days(date)? * DAY_MS + clock_ms(clock)? + fraction_ms(fraction)? - offset_ms(offset)?;
    let written = rfc3339_ms(ms);
    // A year of four digits on both sides of the offset.
    (written.len() == 24 && !written.starts_with('-')).then_some(ms)
}

/// `P1W`, `P2DT3H`, `PT0.5S` as Cedar's `2d3h`.
pub(super) fn duration(text: &str) -> Option<String> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let text = text.strip_prefix('P')?;
    let (days, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None if text.is_empty() => return None,
        None => (text, ""),
    };
    let days = parts(days, &[('W', 7 * DAY_MS), ('D', DAY_MS)])?;
    let time = parts(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)])?;
    let ms = days.checked_add(time)?;
    let sign = if negative { "-" } else { "" };
    Some(format!("{sign}{ms}ms"))
}

/// The sum of `3H20M` with its units in this order.
fn parts(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    let mut units = units.iter();
    while !text.is_empty() {
        let (digits, rest) =
            text.split_at_checked(text.find(|c: char| !c.is_ascii_digit() && c != '.')?)?;
        let unit = rest.chars().next()?;
        let (_, worth) = units.find(|(known, _)| *known == unit)?;
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if unit == 'S' => (whole, fraction_ms(fraction)?),
            Some(_) => return None,
            None => (digits, 0),
        };
        let value = whole.parse::<i64>().ok()?.checked_mul(*worth)?;
        sum = sum.checked_add(value)?.checked_add(fraction)?;
        text = rest.get(unit.len_utf8()..)?;
    }
    Some(sum)
}

/// Two digits that are less than the limit.
fn two(text: &str, limit: i64) -> Option<i64> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse::<i64>().ok().filter(|_| digits)?;
    (value < limit).then_some(value)
}

fn clock_ms(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute) = (two(parts.next()?, 24)?, two(parts.next()?, 60)?);
    let second = two(parts.next()?, 60)?;
    let alone = parts.next().is_none();
    alone.then_some(((hour * 60 + minute) * 60 + second) * 1_000)
}

/// Up to three digits that count.
fn fraction_ms(text: &str) -> Option<i64> {
    let counts = text.trim_end_matches('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && counts.len() <= 3).then(|| format!("{counts:0<3}").parse().ok())?
}

fn offset_ms(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hour, minute) = rest.split_once(':')?;
    let minutes = two(hour, 24)? * 60 + two(minute, 60)?;
    match sign {
        "+" => Some(minutes * 60_000),
        "-" => Some(-minutes * 60_000),
        _ => None,
    }
}

/// Days since 1970, by Hinnant's `days_from_civil`.
fn days(text: &str) -> Option<i64> {
    let (year, rest) = text.split_at_checked(4)?;
    let digits = year.bytes().all(|byte| byte.is_ascii_digit());
    let year = year.parse::<i64>().ok().filter(|_| digits)?;
    let (month, day) = rest.strip_prefix('-')?.split_once('-')?;
    let (month, day) = (two(month, 13)?, two(day, 32)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    Some(era * 146_097 + of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_keep_their_instant_or_are_not_read() {
        for (text, wanted) in [
            ("2026-11-21T10:53:01Z", Some("2026-11-21T10:53:01.000Z")),
            ("2026-11-21t10:53:01.5z", Some("2026-11-21T10:53:01.500Z")),
            (
                "2026-11-21T10:53:01.123000+01:00",
                Some("2026-11-21T09:53:01.123Z"),
            ),
            (
                "2024-02-29 23:59:59-00:30",
                Some("2024-03-01T00:29:59.000Z"),
            ),
            ("0000-01-01T00:00:00+01:00", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("2026-11-21T10:53:01.1234Z", None),
            ("2026-11-21T10:53:60Z", None),
            ("2026-11-21T10:53:01", None),
            ("2026-02-29T00:00:00Z", None),
            ("2026-11-21T+1:53:01Z", None),
            ("tomorrow", None),
            ("ää", None),
        ] {
            assert_eq!(instant(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn durations_have_one_length_or_are_not_read() {
        for (text, wanted) in [
            ("PT15M", Some("900000ms")),
            ("P1W", Some("604800000ms")),
            ("P1DT2H0.5S", Some("93600500ms")),
            ("P1DT2H", Some("93600000ms")),
            ("-PT0.25S", Some("-250ms")),
            ("P1M", None),
            ("P1Y", None),
            ("PT", None),
            ("P", None),
            ("PT1S1M", None),
            ("P99999999999999D", None),
        ] {
            assert_eq!(duration(text).as_deref(), wanted, "{text}");
        }
    }
}
