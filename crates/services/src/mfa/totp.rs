//! Time-based one-time passwords (RFC 6238): SHA-1, steps of 30 seconds, six digits.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use jiff::Timestamp;
use zeroize::Zeroizing;

/// Digits of a code.
pub(super) const DIGITS: usize = 6;
/// Seconds of a step.
const STEP: i64 = 30;

/// The step that a time is in, counted from the Unix epoch.
pub(super) fn step_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(STEP)
}

/// The code of a step, in decimal digits.
pub(super) fn code(seed: &[u8], step: i64) -> Zeroizing<[u8; DIGITS]> {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = sign(&key, &step.to_be_bytes());
    // RFC 4226, 5.3: the last four bits say where 31 bits of the hash are taken from.
    let hash = tag.as_ref();
    let offset = usize::from(hash.last().copied().unwrap_or_default() & 0xf);
    let taken = hash.iter().skip(offset).take(4);
    let number = taken.fold(0u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    let mut rest = number;
    let mut digits = Zeroizing::new([b'0'; DIGITS]);
    for digit in digits.iter_mut().rev() {
        // INVARIANT: a remainder of ten is one digit.
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        // The vectors have eight digits, of which ours are the last six.
        for (time, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = step_of(Timestamp::from_second(time).unwrap());
            let code = code(b"12345678901234567890", step);
            assert_eq!(&code[..], &expected.as_bytes()[2..], "{time}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_appendix_d() {
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, expected) in (0..).zip(expected) {
            assert_eq!(
                &code(b"12345678901234567890", step)[..],
                expected.as_bytes()
            );
        }
    }
}
