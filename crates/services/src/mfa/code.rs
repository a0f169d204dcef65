//! Whether a code is right: the rules, over what is known of a device.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use directory::{MfaDevice, WrongCodes};
use jiff::Timestamp;

use super::seed::Seed;
use super::totp;
use crate::wire::Secret;

/// How far a code may be away from the device's time, in steps (RFC 6238, 5.2 and 6).
const REACH: i64 = 1;
/// The same for a device that is synchronized again: ten minutes.
const FAR_REACH: i64 = 20;
/// Wrong codes in a row before no code is looked at for a while.
const FREE_MISTAKES: u32 = 5;
/// How long that is first, in seconds; each further mistake doubles it.
const FIRST_BAR: i64 = 60;
/// The longest that it gets, in seconds.
const LONGEST_BAR: i64 = 3600;

/// What the server's log says of [`Judged::Barred`]; clients are told of a wrong code.
pub(crate) const BARRED: &str =
    "there were too many wrong codes, so that none is looked at for a while";

/// What somebody shows as the codes of a device.
#[derive(Debug)]
pub(crate) enum Claim {
    /// The present one.
    Present(Secret),
    /// Two that follow each other, the second the present one, to enable a device.
    Pair(Secret, Secret),
    /// Two that follow each other, from about the present time, to synchronize a device again.
    Distant(Secret, Secret),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// They are the device's, and were never used.
    Right,
    /// They are not, or not any more.
    Wrong,
    /// Nobody looked at them: there were too many wrong ones.
    Barred,
}

/// Judges codes, and notes in the device what follows: a step that is used up, a wrong code, a clock that differs. The
/// caller keeps the device as it is then, whatever the answer.
pub(crate) fn judge(device: &mut MfaDevice, seed: &Seed, claim: &Claim, now: Timestamp) -> Judged {
    let second = now.as_second();
    if device
        .wrong
        .barred_until
        .is_some_and(|until| second < until)
    {
        return Judged::Barred;
    }
    let present = totp::step_of(now);
    let (first, last, around, reach) = match claim {
        Claim::Present(code) => (None, code, present + device.drift, REACH),
        Claim::Pair(first, last) => (Some(first), last, present, REACH),
        Claim::Distant(first, last) => (Some(first), last, present, FAR_REACH),
    };
    let Some(step) = find(device, seed, first, last, around, reach) else {
        device.wrong = after_mistake(device.wrong, second);
        return Judged::Wrong;
    };
    device.used = Some(step);
    device.wrong = WrongCodes::default();
    if first.is_some() {
        let differs = step - present;
        // Within reach it is the time that typing takes.
        device.drift = if differs.abs() <= REACH { 0 } else { differs };
    }
    Judged::Right
}

/// The step of the last code. Every step in reach is tried, whichever fits, so that the time it takes tells nothing.
fn find(
    device: &MfaDevice,
    seed: &Seed,
    first: Option<&Secret>,
    last: &Secret,
    around: i64,
    reach: i64,
) -> Option<i64> {
    let mut found = None;
    for step in around - reach..=around + reach {
        let fits = is_code(seed, step, last);
        let follows = first.is_none_or(|code| is_code(seed, step - 1, code));
        let earliest = if first.is_some() { step - 1 } else { step };
        let unused = device.used.is_none_or(|used| earliest > used);
        if fits & follows & unused {
            found = Some(step);
        }
    }
    found
}

fn is_code(seed: &Seed, step: i64, code: &Secret) -> bool {
    verify_slices_are_equal(
        &totp::code(seed.bytes(), step)[..],
        code.reveal().as_bytes(),
    )
    .is_ok()
}

fn after_mistake(before: WrongCodes, second: i64) -> WrongCodes {
    let in_a_row = before.in_a_row.saturating_add(1);
    let doublings = in_a_row.checked_sub(FREE_MISTAKES);
    let bar = |doublings: u32| {
        FIRST_BAR
            .checked_shl(doublings.min(16))
            .unwrap_or(LONGEST_BAR)
    };
    WrongCodes {
        in_a_row,
        barred_until: doublings.map(|it| second + bar(it).min(LONGEST_BAR)),
    }
}

#[cfg(test)]
mod tests {
    use directory::{EntityPath, Tags};

    use super::*;

    const NOW: i64 = 1_795_292_530;

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn device() -> MfaDevice {
        MfaDevice {
            account: "123456789012".parse().unwrap(),
            name: "ann".parse().unwrap(),
            path: EntityPath::root(),
            sealed_seed: String::new(),
            tags: Tags::default(),
            created: time(0),
            assigned: None,
            drift: 0,
            used: None,
            wrong: WrongCodes::default(),
        }
    }

    fn seed() -> Seed {
        Seed::from(&b"12345678901234567890"[..])
    }

    fn code_at(second: i64) -> Secret {
        let code = totp::code(seed().bytes(), totp::step_of(time(second)));
        Secret::from(std::str::from_utf8(&code[..]).unwrap())
    }

    fn present(device: &mut MfaDevice, code: Secret, second: i64) -> Judged {
        judge(device, &seed(), &Claim::Present(code), time(second))
    }

    #[test]
    fn the_codes_of_three_steps_are_right_and_no_others() {
        for (away, expected) in [
            (-60, Judged::Wrong),
            (-30, Judged::Right),
            (0, Judged::Right),
            (30, Judged::Right),
            (60, Judged::Wrong),
        ] {
            assert_eq!(
                present(&mut device(), code_at(NOW + away), NOW),
                expected,
                "{away}"
            );
        }
    }

    #[test]
    fn a_code_is_used_once_and_takes_the_earlier_ones_with_it() {
        let mut device = device();
        assert_eq!(present(&mut device, code_at(NOW), NOW), Judged::Right);
        assert_eq!(present(&mut device, code_at(NOW), NOW), Judged::Wrong);
        assert_eq!(present(&mut device, code_at(NOW - 30), NOW), Judged::Wrong);
        assert_eq!(present(&mut device, code_at(NOW + 30), NOW), Judged::Right);
    }

    #[test]
    fn a_pair_must_follow_each_other_and_be_unused() {
        let pair = |first, last| Claim::Pair(code_at(NOW + first), code_at(NOW + last));
        for (first, last, expected) in [
            (-30, 0, Judged::Right),
            (-60, -30, Judged::Right),
            (0, 30, Judged::Right),
            (0, -30, Judged::Wrong),
            (0, 0, Judged::Wrong),
            (-60, 0, Judged::Wrong),
            (-90, -60, Judged::Wrong),
        ] {
            let judged = judge(&mut device(), &seed(), &pair(first, last), time(NOW));
            assert_eq!(judged, expected, "{first} {last}");
        }
        let mut device = device();
        assert_eq!(
            judge(&mut device, &seed(), &pair(-30, 0), time(NOW)),
            Judged::Right
        );
        assert_eq!(present(&mut device, code_at(NOW), NOW), Judged::Wrong);
        // Its first code is the last one of the pair before.
        assert_eq!(
            judge(&mut device, &seed(), &pair(0, 30), time(NOW)),
            Judged::Wrong
        );
    }

    #[test]
    fn a_clock_that_is_wrong_is_learned_from_two_codes() {
        let behind = NOW - 300;
        let mut device = device();
        assert_eq!(present(&mut device, code_at(behind), NOW), Judged::Wrong);
        let pair = Claim::Distant(code_at(behind - 30), code_at(behind));
        assert_eq!(judge(&mut device, &seed(), &pair, time(NOW)), Judged::Right);
        assert_eq!(device.drift, -10);
        assert_eq!(
            present(&mut device, code_at(behind + 60), NOW + 60),
            Judged::Right
        );
        assert_eq!(
            present(&mut device, code_at(NOW + 90), NOW + 90),
            Judged::Wrong
        );
        let far = Claim::Distant(code_at(NOW + 660), code_at(NOW + 690));
        assert_eq!(judge(&mut device, &seed(), &far, time(NOW)), Judged::Wrong);
    }

    #[test]
    fn wrong_codes_bar_a_device_for_longer_and_longer() {
        let mut device = device();
        let wrong = || Secret::from("000000");
        for _ in 0..4 {
            assert_eq!(present(&mut device, wrong(), NOW), Judged::Wrong);
        }
        let mut second = NOW;
        for seconds in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert_eq!(present(&mut device, wrong(), second), Judged::Wrong);
            let last = second + seconds - 1;
            assert_eq!(present(&mut device, code_at(last), last), Judged::Barred);
            second += seconds;
        }
        assert_eq!(present(&mut device, code_at(second), second), Judged::Right);
        assert_eq!(device.wrong, WrongCodes::default());
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for text in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(
                present(&mut device(), Secret::from(text), NOW),
                Judged::Wrong
            );
        }
    }
}
