//! Numbers in conditions.

/// An exact decimal number, in units of 10⁻¹².
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(i128);

const SCALE: i32 = 12;

impl Decimal {
    /// Reads `-12.5`, `3` or `1e3`. `None` if the text is no number, or one that does not fit.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() || digits.ends_with('.') {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
            units = units.checked_mul(10)?.checked_add(digit)?;
        }
        let shift = SCALE + i32::from(exponent) - i32::try_from(fraction.len()).ok()?;
        let units = scaled(units, shift)?;
        Some(Self(if negative { -units } else { units }))
    }
}

fn scaled(units: i128, shift: i32) -> Option<i128> {
    if units == 0 {
        return Some(0);
    }
    let power = 10i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 {
        units.checked_mul(power)
    } else if units % power == 0 {
        Some(units / power)
    } else {
        // Finer than what can be told apart.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn equal_numbers_are_equal_however_they_are_written() {
        for (left, right) in [
            ("10", "10.0"),
            ("1e3", "1000"),
            ("-0", "0"),
            ("+1", "1"),
            (".5", "0.50"),
            ("1E-2", "0.01"),
        ] {
            assert_eq!(decimal(left), decimal(right));
        }
    }

    #[test]
    fn large_and_small_numbers_keep_their_order() {
        let ordered = [
            "-2",
            "-1.5",
            "0",
            "0.000000000001",
            "9007199254740992",
            "9007199254740993",
            "1e25",
        ];
        assert!(
            ordered
                .windows(2)
                .all(|pair| decimal(pair[0]) < decimal(pair[1]))
        );
    }

    #[test]
    fn what_is_no_number_has_no_value() {
        for text in [
            "", "-", ".", "1.", "1,5", "0x10", "ten", "1e", "NaN", "inf", " 1", "1e400", "1e-13",
            "١",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
