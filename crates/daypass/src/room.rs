//! Places for connections, of which one address does not take all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections that there are, over all listeners of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
    per_peer: usize,
}

/// One connection's place.
pub(crate) struct Place {
    room: Room,
    peer: IpAddr,
}

impl Room {
    /// For so many connections at once, and of them so many of one address.
    pub(crate) fn new(most: usize, per_peer: usize) -> Self {
        Self {
            taken: Arc::default(),
            most,
            per_peer,
        }
    }

    /// A place, unless all or the peer's are taken.
    pub(crate) fn place(&self, peer: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        let own = taken.get(&peer).copied().unwrap_or_default();
        if own >= self.per_peer || taken.values().sum::<usize>() >= self.most {
            return None;
        }
        taken.insert(peer, own + 1);
        Some(Place {
            room: self.clone(),
            peer,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        match taken.get_mut(&self.peer) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.peer);
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
    fn one_address_does_not_take_the_place_of_the_others() {
        let room = Room::new(1024, 64);
        let mut own: Vec<_> = (0..64).map(|_| room.place(peer(1)).unwrap()).collect();
        assert!(room.place(peer(1)).is_none());
        assert!(room.place(peer(2)).is_some());
        own.pop();
        assert!(room.place(peer(1)).is_some());
        drop(own);
        assert!(room.taken().is_empty());
    }

    #[test]
    fn all_of_them_have_a_bound() {
        let room = Room::new(1024, 64);
        let places: Vec<_> = (0..2000).filter_map(|it| room.place(peer(it))).collect();
        assert_eq!(places.len(), 1024);
    }
}
