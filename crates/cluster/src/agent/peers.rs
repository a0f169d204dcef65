//! What each address on the node uses up.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::limit::{Limit, Rate};

/// How many refusals an address may cause at once, and then one in this time. Pods with a good
/// token never pay.
const REFUSALS: u32 = 30;
const INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// The most addresses that are watched at once. A node has a hundred pods or some more.
const ADDRESSES: usize = 4096;

/// What each address on the node cost.
///
/// Ours: one pod would else use up what the node may ask or be asked, and the node's other pods
/// would have to wait.
#[derive(Debug)]
pub struct Peers {
    rate: Rate,
    owing: HashMap<IpAddr, Limit>,
}

impl Peers {
    /// So much for each address.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            owing: HashMap::new(),
        }
    }

    /// Of refusals, for pods that make up tokens.
    #[must_use]
    pub fn of_refusals() -> Self {
        Self::new(Rate::one_in(REFUSALS, INTERVAL))
    }

    /// Whether an address may ask. It pays, and [`forgive`](Self::forgive) pays it back.
    pub fn may_ask(&mut self, peer: IpAddr, now: Timestamp) -> bool {
        if !self.owing.contains_key(&peer) && self.owing.len() >= ADDRESSES {
            self.owing.retain(|_, limit| !limit.is_even(now));
            if self.owing.len() >= ADDRESSES {
                return false;
            }
        }
        let limit = self.owing.entry(peer).or_default();
        limit.take(self.rate, now).is_ok()
    }

    /// What it asked for was not refused.
    pub fn forgive(&mut self, peer: IpAddr, now: Timestamp) {
        if let Some(limit) = self.owing.get_mut(&peer) {
            limit.give_back(self.rate);
            if limit.is_even(now) {
                self.owing.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn refusals_of_one_address_bar_it_and_no_other() {
        let (mut peers, now) = (Peers::of_refusals(), Timestamp::UNIX_EPOCH);
        for _ in 0..REFUSALS {
            assert!(peers.may_ask(peer(1), now));
        }
        assert!(!peers.may_ask(peer(1), now));
        assert!(peers.may_ask(peer(2), now));
        assert!(peers.may_ask(peer(1), now + INTERVAL));
    }

    #[test]
    fn who_is_not_refused_never_pays() {
        let (mut peers, now) = (Peers::of_refusals(), Timestamp::UNIX_EPOCH);
        for _ in 0..10 * REFUSALS {
            assert!(peers.may_ask(peer(1), now));
            peers.forgive(peer(1), now);
        }
        assert!(peers.owing.is_empty());
    }

    #[test]
    fn the_addresses_are_bounded_and_forgotten_when_they_are_even() {
        let (mut peers, now) = (Peers::of_refusals(), Timestamp::UNIX_EPOCH);
        for number in 0..5000 {
            peers.may_ask(peer(number), now);
        }
        assert_eq!(peers.owing.len(), ADDRESSES);
        assert!(!peers.may_ask(peer(5000), now));
        assert!(peers.may_ask(peer(5000), now + INTERVAL));
        assert_eq!(peers.owing.len(), 1);
    }
}
