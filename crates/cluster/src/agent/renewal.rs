//! When credentials are renewed.

use jiff::{SignedDuration, Timestamp};

/// Credentials with less life than this are not handed out (eks-pod-identity-agent: 15 s).
pub const LEAST_LIFE: SignedDuration = SignedDuration::from_secs(15);
/// How long before their end they are renewed at the latest. SDKs begin to ask again when a
/// quarter of an hour is left, and must find newer ones then.
const EARLY: SignedDuration = SignedDuration::from_mins(20);

/// A random number of `[0, 1)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance(f64);

impl Chance {
    /// From random bits.
    #[must_use]
    pub fn of(bits: u32) -> Self {
        Self(f64::from(bits) / (f64::from(u32::MAX) + 1.0))
    }

    /// This part of a time.
    #[must_use]
    pub fn part(self, of: SignedDuration) -> SignedDuration {
        of.mul_f64(self.0)
    }
}

/// When credentials that came `now` are to be renewed: after `retention`, twenty minutes before
/// they expire, or after half of their life, whichever comes first. Up to a tenth of that is taken
/// off by chance, so that pods which were started together do not renew together.
///
/// Ours: upstream waits for the end if that comes before the retention's.
#[must_use]
pub fn renewal_time(
    now: Timestamp,
    expires: Timestamp,
    retention: SignedDuration,
    chance: Chance,
) -> Timestamp {
    let life = expires.duration_since(now).max(SignedDuration::ZERO);
    let wait = retention.min(life - EARLY.min(life / 2));
    now + (wait - chance.part(wait / 10))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(life: i64, retention: i64) -> i64 {
        let now = Timestamp::UNIX_EPOCH;
        let expires = now + SignedDuration::from_mins(life);
        let at = renewal_time(
            now,
            expires,
            SignedDuration::from_mins(retention),
            Chance::of(0),
        );
        at.duration_since(now).as_mins()
    }

    #[test]
    fn the_retention_the_last_twenty_minutes_or_half_of_the_life() {
        assert_eq!(minutes(6 * 60, 180), 180);
        assert_eq!(minutes(60, 180), 40);
        assert_eq!(minutes(30, 180), 15);
    }

    proptest! {
        #[test]
        fn it_is_never_after_the_retention_nor_in_the_last_half_and_the_last_twenty_minutes(
            life in 0i64..100_000, retention in 0i64..100_000, bits: u32
        ) {
            let now = Timestamp::UNIX_EPOCH;
            let (life, retention) = (SignedDuration::from_secs(life), SignedDuration::from_secs(retention));
            let wait = renewal_time(now, now + life, retention, Chance::of(bits)).duration_since(now);
            prop_assert!(wait >= SignedDuration::ZERO && wait <= retention);
            prop_assert!(life - wait >= EARLY.min(life / 2));
            // Chance takes a tenth at most.
            prop_assert!(wait >= (retention.min(life - EARLY.min(life / 2)) * 9) / 10);
        }
    }
}
