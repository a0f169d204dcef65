//! Points in time as signatures write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// `YYYYMMDD'T'HHMMSS'Z'`.
pub(super) fn basic(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `YYYY-MM-DD'T'HH:MM:SS'Z'`, as S3's error bodies have it.
pub(super) fn extended(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads `YYYYMMDD'T'HHMMSS'Z'`, and nothing else.
pub(super) fn parse_basic(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        bytes[range].iter().try_fold(0i16, |n, b| {
            b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0'))
        })
    };
    let small = |range| number(range).and_then(|n| i8::try_from(n).ok());
    if bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    DateTime::new(
        number(0..4)?,
        small(4..6)?,
        small(6..8)?,
        small(9..11)?,
        small(11..13)?,
        small(13..15)?,
        0,
    )
    .ok()?
    .to_zoned(TimeZone::UTC)
    .ok()
    .map(|zoned| zoned.timestamp())
}

/// Reads the value of a `Date` header: the HTTP form or the basic form.
pub(super) fn parse_date_header(text: &str) -> Option<Timestamp> {
    parse_basic(text).or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_same_instant() {
        let at = parse_basic("20130524T000001Z").unwrap();
        assert_eq!(parse_date_header("Fri, 24 May 2013 00:00:01 GMT"), Some(at));
        assert_eq!(parse_date_header("20130524T000001Z"), Some(at));
        assert_eq!(basic(at), "20130524T000001Z");
        assert_eq!(extended(at), "2013-05-24T00:00:01Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for bad in [
            "",
            "20130524T000000",
            "20130524T000000+",
            "20131324T000000Z",
            "20130230T000000Z",
            "20130524T240000Z",
            "20130524T006000Z",
            "2013-05-24T00:00:00Z",
            "+0130524T000000Z",
            "20130524t000000z",
            "2013052éT00000Z",
        ] {
            assert_eq!(parse_basic(bad), None, "{bad}");
        }
    }
}
