//! When principals and access keys were last used, and for what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// One use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When the request arrived.
    pub at: Timestamp,
    /// The region that served it.
    pub region: String,
}

/// The last uses of actions, by service prefix (`iam`) and action (`GetUser`).
pub type Uses = BTreeMap<String, BTreeMap<String, Use>>;

/// What a user, a role or the root of an account was last used for. It goes with the user or
/// the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalUse {
    /// The principal's account.
    pub account: AccountId,
    /// `AIDA…` or `AROA…`; for the root, the account's number.
    pub principal: String,
    /// Its last uses. Those that were refused count, too.
    pub uses: Uses,
}

/// The last use of a long-term access key. It goes with the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// The key's account.
    pub account: AccountId,
    /// `AKIA…`.
    pub key: String,
    /// The prefix of the service that it was used for.
    pub service: String,
    /// When and where.
    pub last: Use,
}

impl Entity for PrincipalUse {
    const KIND: &'static str = "last-use";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.principal.clone()
    }
}

impl Entity for KeyUse {
    const KIND: &'static str = "last-use-of-key";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.key.clone()
    }
}

impl PrincipalUse {
    /// A principal that was never used.
    #[must_use]
    pub fn none(account: AccountId, principal: &str) -> Self {
        Self {
            account,
            principal: principal.to_owned(),
            uses: Uses::new(),
        }
    }

    /// Adds uses; of each action, the later one stays.
    pub fn merge(&mut self, others: &Uses) {
        for (service, actions) in others {
            let own = self.uses.entry(service.clone()).or_default();
            for (action, other) in actions {
                match own.get_mut(action) {
                    Some(use_) if use_.at >= other.at => {}
                    Some(use_) => *use_ = other.clone(),
                    None => {
                        own.insert(action.clone(), other.clone());
                    }
                }
            }
        }
    }

    /// The last use of all.
    #[must_use]
    pub fn latest(&self) -> Option<&Use> {
        self.uses.values().filter_map(latest).max_by_key(|it| it.at)
    }
}

/// The last use of a service's actions.
#[must_use]
pub fn latest(actions: &BTreeMap<String, Use>) -> Option<&Use> {
    actions.values().max_by_key(|it| it.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(action: &str, second: i64, region: &str) -> Uses {
        let use_ = Use {
            at: Timestamp::from_second(second).unwrap(),
            region: region.to_owned(),
        };
        Uses::from([("s3".to_owned(), BTreeMap::from([(action.to_owned(), use_)]))])
    }

    #[test]
    fn of_each_action_the_later_use_stays() {
        let mut all = PrincipalUse::none("123456789012".parse().unwrap(), "AIDA1");
        assert_eq!(all.latest(), None);
        all.merge(&uses("GetObject", 20, "late"));
        all.merge(&uses("GetObject", 10, "early"));
        all.merge(&uses("ListBucket", 15, "other"));
        assert_eq!(all.uses["s3"]["GetObject"].region, "late");
        assert_eq!(all.latest().unwrap().region, "late");
        all.merge(&uses("ListBucket", 30, "last"));
        assert_eq!(all.latest().unwrap().region, "last");
    }
}
