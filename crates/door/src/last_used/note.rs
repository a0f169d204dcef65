//! What a request adds.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use policy::{AccountId, Principal as Caller};
use trail::Draft;

use super::{Key, LastUsed, Noted, Principal};
use crate::{Authentication, Call};

/// What the ids of long-term access keys begin with (IAM User Guide, "IAM identifiers").
const LONG_TERM: &str = "AKIA";

impl LastUsed {
    /// Notes that the caller of a request asked for an action, allowed or not. Only callers
    /// who proved with a signature who they are count.
    pub(crate) fn note(&self, call: &Call, draft: &Draft, region: &str) {
        let (Some(action), Some(service)) = (
            draft.action,
            draft.event_source.strip_suffix(".amazonaws.com"),
        ) else {
            return;
        };
        if call.authentication == Authentication::None {
            return;
        }
        let new = New {
            service,
            action,
            at: call.now,
            region,
        };
        match &call.caller.principal {
            Caller::User {
                account, unique_id, ..
            } => self.principal(*account, unique_id, &new),
            Caller::Role(role) => self.principal(role.account, &role.role_id, &new),
            Caller::Root { account } => self.principal(*account, &account.to_string(), &new),
            // A session that a user handed out has no last use of its own, and the others have
            // not signed.
            Caller::FederatedUser { .. }
            | Caller::Anonymous
            | Caller::Federated { .. }
            | Caller::Service { .. } => {}
        }
        let key = call.caller.access_key_id.as_deref();
        if let (Some(account), Some(key)) = (call.caller.account(), key)
            && key.starts_with(LONG_TERM)
        {
            self.key(account, key, &new);
        }
    }

    fn principal(&self, account: AccountId, id: &str, new: &New<'_>) {
        let mut shard = self.shard(id);
        if let Some(principal) = shard.principals.get_mut(id) {
            let mut uses = principal.uses.iter_mut();
            let same = |it: &&mut Noted| it.service == new.service && it.action == new.action;
            if let Some(old) = uses.find(same) {
                new.renew(old);
            } else if self.has_room() {
                principal.uses.push(new.to_noted());
                self.held.fetch_add(1, Ordering::Relaxed);
            }
        } else if self.has_room() {
            let uses = vec![new.to_noted()];
            let principal = Principal { account, uses };
            shard.principals.insert(id.into(), principal);
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn key(&self, account: AccountId, id: &str, new: &New<'_>) {
        let mut shard = self.shard(id);
        if let Some(key) = shard.keys.get_mut(id) {
            new.renew(&mut key.last);
        } else if self.has_room() {
            let last = new.to_noted();
            shard.keys.insert(id.into(), Key { account, last });
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A use that is not noted yet.
struct New<'r> {
    service: &'static str,
    action: &'static str,
    at: Timestamp,
    region: &'r str,
}

impl New<'_> {
    fn to_noted(&self) -> Noted {
        Noted {
            service: self.service,
            action: self.action,
            at: self.at,
            region: self.region.into(),
        }
    }

    /// Takes the place of an earlier use. The region rarely changes, so it is copied only then.
    fn renew(&self, old: &mut Noted) {
        if self.at < old.at {
            return;
        }
        (old.service, old.action, old.at) = (self.service, self.action, self.at);
        if *old.region != *self.region {
            old.region = self.region.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MOST;
    use super::*;

    fn new(action: &'static str, second: i64, region: &'static str) -> New<'static> {
        New {
            service: "s3",
            action,
            at: Timestamp::from_second(second).unwrap(),
            region,
        }
    }

    fn account() -> AccountId {
        "123456789012".parse().unwrap()
    }

    #[test]
    fn an_earlier_use_does_not_take_the_place_of_a_later_one() {
        let used = LastUsed::default();
        used.key(account(), "AKIA1", &new("GetObject", 20, "late"));
        used.key(account(), "AKIA1", &new("PutObject", 10, "early"));
        let last = used.shard("AKIA1").keys.get("AKIA1").unwrap().last.clone();
        assert_eq!((last.action, &*last.region), ("GetObject", "late"));
        used.key(account(), "AKIA1", &new("PutObject", 30, "new"));
        let last = used.shard("AKIA1").keys.get("AKIA1").unwrap().last.clone();
        assert_eq!((last.action, &*last.region), ("PutObject", "new"));
    }

    #[test]
    fn what_waits_is_bounded_and_what_is_known_is_still_renewed() {
        let used = LastUsed::default();
        for n in 0..MOST + 100 {
            used.principal(account(), &format!("AIDA{n}"), &new("GetObject", 1, "r"));
        }
        assert_eq!(used.held.load(Ordering::Relaxed), MOST);
        assert!(!used.shard("AIDA70000").principals.contains_key("AIDA70000"));
        used.principal(account(), "AIDA0", &new("GetObject", 2, "r"));
        let first = used.shard("AIDA0").principals.get("AIDA0").unwrap().uses[0].at;
        assert_eq!(first.as_second(), 2);
    }
}
