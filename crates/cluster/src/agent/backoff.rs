//! How long to wait after an error.

use jiff::{SignedDuration, Timestamp};

use super::renewal::Chance;

/// Pauses that double up to an end, and of which chance takes up to a half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: SignedDuration,
    longest: SignedDuration,
}

impl Backoff {
    /// Between the tries to renew credentials that are still good.
    pub const RENEWAL: Self = Self {
        first: SignedDuration::from_secs(5),
        longest: SignedDuration::from_mins(2),
    };
    /// Between the tries to reach a service that doesn't answer, over all pods.
    pub const SERVICE: Self = Self {
        first: SignedDuration::from_millis(100),
        longest: SignedDuration::from_secs(4),
    };

    /// The pause after so many failures in a row, of which there was one at least.
    #[must_use]
    pub fn pause(self, failures: u32, chance: Chance) -> SignedDuration {
        // Beyond this the pause is the longest one whatever it began with.
        let doubled = self.first * (1 << failures.saturating_sub(1).min(16));
        let pause = doubled.min(self.longest);
        pause - chance.part(pause / 2)
    }
}

/// Whether the service answers, as far as is known.
///
/// While it doesn't, it is tried now and then and not for each pod that asks: a service that comes
/// back is not overrun.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    failures: u32,
    until: Option<Timestamp>,
}

impl Outage {
    /// Whether it may be asked now.
    #[must_use]
    pub fn may_ask(&self, now: Timestamp) -> bool {
        let left = |until: Timestamp| until.duration_since(now);
        // More than the longest pause is left only if the clock was set back.
        self.until
            .is_none_or(|it| it <= now || left(it) > Backoff::SERVICE.longest)
    }

    /// It answered, whatever the answer was.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// It did not, or asked for a pause. Failures of requests that went out together are one.
    pub fn failed(&mut self, now: Timestamp, chance: Chance) {
        if self.may_ask(now) {
            self.failures = self.failures.saturating_add(1);
            self.until = Some(now + Backoff::SERVICE.pause(self.failures, chance));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_up_to_an_end() {
        let seconds = |failures| Backoff::RENEWAL.pause(failures, Chance::of(0)).as_secs();
        let pauses: Vec<_> = (1..8).map(seconds).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 120, 120]);
    }

    #[test]
    fn an_outage_ends_with_the_first_answer() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let never = Chance::of(0);
        let mut outage = Outage::default();
        assert!(outage.may_ask(at(0)));
        outage.failed(at(0), never);
        // Of a second request that was under way at the same time.
        outage.failed(at(1), never);
        assert!(!outage.may_ask(at(99)) && outage.may_ask(at(100)));
        outage.failed(at(100), never);
        assert!(!outage.may_ask(at(299)) && outage.may_ask(at(300)));
        outage.answered();
        assert_eq!(outage, Outage::default());
    }

    #[test]
    fn a_clock_that_is_set_back_ends_the_pause() {
        let mut outage = Outage::default();
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        outage.failed(later, Chance::of(0));
        assert!(outage.may_ask(Timestamp::UNIX_EPOCH));
    }

    proptest! {
        #[test]
        fn chance_takes_half_of_it_at_most(failures: u32, bits: u32) {
            for backoff in [Backoff::RENEWAL, Backoff::SERVICE] {
                let full = backoff.pause(failures, Chance::of(0));
                let pause = backoff.pause(failures, Chance::of(bits));
                prop_assert!(full <= backoff.longest && full >= backoff.first);
                prop_assert!(pause <= full && pause * 2 >= full);
            }
        }
    }
}
