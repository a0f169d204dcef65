//! Dates in conditions.

/// A moment: seconds since 1970-01-01T00:00:00Z, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

impl Instant {
    /// Reads an ISO 8601 date, with or without a time, or whole seconds since the epoch. Without
    /// an offset a time is UTC.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.len() != YEAR_DIGITS
        {
            return Some(Self {
                seconds: text.parse().ok()?,
                nanoseconds: 0,
            });
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let days = days(date)?;
        let (seconds, nanoseconds) = time.map_or(Some((0, 0)), seconds_of_day)?;
        Some(Self {
            seconds: days * 86_400 + seconds,
            nanoseconds,
        })
    }
}

const YEAR_DIGITS: usize = 4;

/// Days since the epoch of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn days(date: &str) -> Option<i64> {
    let mut fields = date.split('-');
    let year = number(fields.next()?, YEAR_DIGITS)?;
    let month = fields.next().map_or(Some(1), |month| number(month, 2))?;
    let day = fields.next().map_or(Some(1), |day| number(day, 2))?;
    if fields.next().is_some()
        || !(1..=12).contains(&month)
        || !(1..=month_length(year, month)).contains(&day)
    {
        return None;
    }
    // Years that begin in March put the leap day at the end; the rest is counting.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970)
}

/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, and an offset.
fn seconds_of_day(time: &str) -> Option<(i64, u32)> {
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time.get(..at)?, offset(time.get(at..)?)?),
        None => (time, 0),
    };
    let mut fields = clock.split(':');
    let hours = number(fields.next()?, 2)?;
    let minutes = number(fields.next()?, 2)?;
    let (seconds, nanoseconds) = fields.next().map_or(Some((0, 0)), seconds)?;
    // 60 is a leap second, which counts as the first of the next minute.
    if fields.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some((hours * 3_600 + minutes * 60 + seconds - offset, nanoseconds))
}

fn seconds(text: &str) -> Option<(i64, u32)> {
    let Some((seconds, fraction)) = text.split_once('.') else {
        return Some((number(text, 2)?, 0));
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = nanoseconds.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((number(seconds, 2)?, nanoseconds))
}

fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(fields) => fields,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "00"),
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let sound = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn dates_and_epoch_seconds_mean_the_same_moments() {
        for (date, epoch) in [
            ("1970-01-01T00:00:00Z", "0"),
            ("2026-11-21T20:22:36Z", "1795292556"),
            ("2026-11-21T20:22:36.000Z", "1795292556"),
            ("2026-11-21T21:22:36+01:00", "1795292556"),
            ("2026-11-21t15:22:36-0500", "1795292556"),
            ("2026-11-21T20:22", "1795292520"),
            ("2026-11-21", "1795219200"),
            ("2024-02-29", "1709164800"),
            ("2000-03-01", "951868800"),
            ("2026-11", "1793491200"),
        ] {
            assert_eq!(at(date), at(epoch), "{date}");
        }
        assert!(at("2026-11-21T20:22:36.001Z") > at("1795292556"));
        assert!(at("1969-12-31T23:59:59Z") < at("0"));
        assert!(at("2026") < at("2026-01-02"));
    }

    #[test]
    fn what_is_no_date_has_no_value() {
        for text in [
            "",
            "today",
            "2026-13-01",
            "2026-02-29",
            "2026-11-31",
            "2026-1-1",
            "2026-11-21T",
            "2026-11-21T24:00Z",
            "2026-11-21T20:60Z",
            "2026-11-21T20:22:36.Z",
            "2026-11-21T20:22:36+1",
            "2026-11-21 20:22:36",
            "-1",
            "99999999999999999999",
            "2026-11-21T20:22:36Zx",
            "2026-11-21-01",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
