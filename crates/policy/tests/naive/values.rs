//! How the values of conditions are read and compared.

use std::cmp::Ordering;
use std::net::IpAddr;

/// Numbers: a sign, digits, a fraction. Compared exactly.
pub(crate) fn compare_numbers(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Number::read(left)?, Number::read(right)?);
    Some(match (left.negative, right.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => left.size(&right),
        (true, true) => right.size(&left),
    })
}

struct Number {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        // There is one zero.
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self {
            negative,
            whole,
            fraction,
        })
    }

    fn size(&self, other: &Self) -> Ordering {
        let by_length = self.whole.len().cmp(&other.whole.len());
        by_length
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

/// Dates: ISO 8601 as in W3C's profile, or seconds since 1970.
pub(crate) fn compare_dates(left: &str, right: &str) -> Option<Ordering> {
    Some(nanoseconds(left)?.cmp(&nanoseconds(right)?))
}

const SECOND: i128 = 1_000_000_000;

fn nanoseconds(text: &str) -> Option<i128> {
    if let Some(seconds) = number(text) {
        return Some(seconds * SECOND);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) || parts.next().is_some() {
        return None;
    }
    let days = days(number(year)?, number(month)?, number(day)?)?;
    let clock = match time {
        Some(time) => time_of_day(time)?,
        None => 0,
    };
    Some(days * 86_400 * SECOND + clock)
}

/// Days since 1970-01-01.
fn days(year: i128, month: i128, day: i128) -> Option<i128> {
    let leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length_of_year = |year| if leap(year) { 366 } else { 365 };
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if day < 1 || day > *months.get(month)? {
        return None;
    }
    let years: i128 = if year >= 1970 {
        (1970..year).map(length_of_year).sum()
    } else {
        -(year..1970).map(length_of_year).sum::<i128>()
    };
    Some(years + months[..month].iter().sum::<i128>() + day - 1)
}

/// `hh:mm[:ss[.fraction]]` and `Z` or an offset, in nanoseconds.
fn time_of_day(text: &str) -> Option<i128> {
    let (time, offset) = match text.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (hours, minutes) = text[at + 1..].split_once(':')?;
            let (hours, minutes) = (two(hours, 23)?, two(minutes, 59)?);
            let offset = (hours * 60 + minutes) * 60 * SECOND;
            (
                &text[..at],
                if text[at..].starts_with('-') {
                    -offset
                } else {
                    offset
                },
            )
        }
    };
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) if fraction.len() <= 9 => {
            (time, number(&format!("{fraction:0<9}"))?)
        }
        Some(_) => return None,
        None => (time, 0),
    };
    let mut parts = time.split(':');
    let (hours, minutes) = (two(parts.next()?, 23)?, two(parts.next()?, 59)?);
    let seconds = match parts.next() {
        Some(seconds) => two(seconds, 59)?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * SECOND + fraction - offset)
}

fn two(text: &str, greatest: i128) -> Option<i128> {
    number(text).filter(|number| text.len() == 2 && *number <= greatest)
}

fn number(text: &str) -> Option<i128> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// `true` and `false` in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Base64 with its padding.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::new();
    let groups = text.as_bytes().chunks(4);
    let last = groups.len();
    for (number, group) in groups.enumerate() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && number + 1 != last) {
            return None;
        }
        let mut bits = 0_usize;
        for byte in &group[..4 - padding] {
            bits = bits << 6 | ALPHABET.find(char::from(*byte))?;
        }
        bits <<= 6 * padding;
        let three = [bits >> 16 & 255, bits >> 8 & 255, bits & 255];
        bytes.extend(three[..3 - padding].iter().map(|byte| *byte as u8));
    }
    Some(bytes)
}

/// Whether an address lies in a network; a bare address is a network of one.
pub(crate) fn address_in(address: &str, network: &str) -> bool {
    let Some(address) = address.parse().ok().map(plain) else {
        return false;
    };
    let Some((network, length)) = read_network(network) else {
        return false;
    };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            same_start(&address.octets(), &network.octets(), length)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            same_start(&address.octets(), &network.octets(), length)
        }
        _ => false,
    }
}

/// An IPv4 address in IPv6 clothes is an IPv4 address.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn read_network(text: &str) -> Option<(IpAddr, usize)> {
    let Some((address, length)) = text.split_once('/') else {
        let address = plain(text.parse().ok()?);
        return Some((address, if address.is_ipv4() { 32 } else { 128 }));
    };
    let address: IpAddr = address.parse().ok()?;
    let length = usize::try_from(number(length)?).ok()?;
    if length > (if address.is_ipv4() { 32 } else { 128 }) {
        return None;
    }
    let mapped = address.is_ipv6() && plain(address).is_ipv4() && length >= 96;
    Some(if mapped {
        (plain(address), length - 96)
    } else {
        (address, length)
    })
}

fn same_start(left: &[u8], right: &[u8], bits: usize) -> bool {
    let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    (0..bits).all(|at| bit(left, at) == bit(right, at))
}
