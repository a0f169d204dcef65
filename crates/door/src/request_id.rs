//! Ids of requests and events.

use aws_lc_rs::rand;
use uuid::{Builder, Uuid};

/// A random UUID, from the process's own generator: the kernel's costs a system call each.
pub(crate) fn fresh_id() -> String {
    let mut bytes = [0; 16];
    match rand::fill(&mut bytes) {
        Ok(()) => Builder::from_random_bytes(bytes).into_uuid(),
        Err(_) => Uuid::new_v4(),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_uuids() {
        let (one, other) = (fresh_id(), fresh_id());
        assert_ne!(one, other);
        assert_eq!(one.parse::<Uuid>().unwrap().get_version_num(), 4);
    }
}
