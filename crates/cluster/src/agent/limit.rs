//! How often something may be done.

use jiff::{SignedDuration, Timestamp};

/// How much older a request's time may be than one's that was counted before it: threads read the
/// clock, and only then wait for their turn.
const DISORDER: SignedDuration = SignedDuration::from_secs(1);

/// So many at once, and then one each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    interval: SignedDuration,
}

impl Rate {
    /// A burst, and so many a second.
    #[must_use]
    pub fn per_second(burst: u32, number: u32) -> Self {
        Self::one_in(
            burst,
            SignedDuration::from_secs(1) / number.max(1).cast_signed(),
        )
    }

    /// A burst, and one in this time.
    #[must_use]
    pub fn one_in(burst: u32, interval: SignedDuration) -> Self {
        Self {
            burst: burst.max(1),
            interval,
        }
    }
}

/// What was used of a [`Rate`] (the generic cell rate algorithm: a token bucket in one number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit {
    /// When everything that was taken will have been paid back.
    even: Option<Timestamp>,
}

impl Limit {
    /// Takes one.
    ///
    /// # Errors
    /// How long there is none.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), SignedDuration> {
        let most = rate.interval * i32::try_from(rate.burst).unwrap_or(i32::MAX);
        // So much is owed only if the clock was set back.
        let owed = self
            .even
            .filter(|it| it.duration_since(now) <= most + DISORDER);
        let even = owed.map_or(now, |it| it.max(now)) + rate.interval;
        let debt = even.duration_since(now);
        if debt > most {
            return Err(debt - most);
        }
        self.even = Some(even);
        Ok(())
    }

    /// Gives one back that was not used after all.
    pub fn give_back(&mut self, rate: Rate) {
        self.even = self.even.map(|it| it - rate.interval);
    }

    /// Whether nothing is owed.
    #[must_use]
    pub fn is_even(&self, now: Timestamp) -> bool {
        self.even.is_none_or(|it| it <= now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn a_burst_and_then_one_each_interval() {
        let rate = Rate::per_second(2, 4);
        let mut limit = Limit::default();
        assert!(limit.take(rate, at(0)).is_ok() && limit.take(rate, at(0)).is_ok());
        assert_eq!(
            limit.take(rate, at(0)),
            Err(SignedDuration::from_millis(250))
        );
        assert!(limit.take(rate, at(249)).is_err() && limit.take(rate, at(250)).is_ok());
        limit.give_back(rate);
        assert!(limit.take(rate, at(250)).is_ok());
        assert!(!limit.is_even(at(749)) && limit.is_even(at(750)));
    }

    #[test]
    fn a_request_that_was_overtaken_resets_nothing() {
        let rate = Rate::per_second(2, 4);
        let mut limit = Limit::default();
        assert!(limit.take(rate, at(1000)).is_ok() && limit.take(rate, at(1000)).is_ok());
        for before in [999, 900, 1] {
            assert!(limit.take(rate, at(before)).is_err(), "{before}");
        }
        assert!(limit.take(rate, at(1000)).is_err() && limit.take(rate, at(1250)).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        let rate = Rate::per_second(2, 4);
        let mut limit = Limit::default();
        assert!(limit.take(rate, at(3_600_000)).is_ok());
        assert!(limit.take(rate, at(0)).is_ok());
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_has_more_than_the_burst_and_its_share(
            burst in 1u32..20, number in 1u32..20, gaps in prop::collection::vec(0i64..400, 1..200)
        ) {
            let rate = Rate::per_second(burst, number);
            let mut limit = Limit::default();
            let mut now = 0;
            let mut taken = Vec::new();
            for gap in gaps {
                now += gap;
                if limit.take(rate, at(now)).is_ok() {
                    taken.push(now);
                }
            }
            for (place, from) in taken.iter().enumerate() {
                for (count, until) in taken[place..].iter().enumerate() {
                    let share = (until - from) as f64 / 1000.0 * f64::from(number);
                    prop_assert!((count as f64) < f64::from(burst) + share + 0.001);
                }
            }
        }
    }
}
