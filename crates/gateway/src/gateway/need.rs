//! What the door is asked about one action on one resource.

use door::{Call, Need};

use crate::Gateway;
use crate::condition_keys;
use crate::needs::{Requirement, Target};

impl Gateway {
    /// The requirement with what guards its resource, and the keys that are not the request's own.
    pub(super) fn need(&self, call: &Call, requirement: Requirement) -> Need {
        let Requirement {
            action,
            target,
            keys,
        } = requirement;
        let arn = target.arn();
        let mut need = Need::new(action, arn.clone()).shown(match target {
            // The texts for ListAllMyBuckets and for accounts show no resource.
            Target::Service | Target::Account(_) => None,
            Target::Bucket(_) | Target::NewBucket(_) | Target::Object(..) => {
                Some(format!("\"{arn}\""))
            }
        });
        match &target {
            Target::Bucket(name) | Target::Object(name, _) => {
                if let Some(bucket) = self.store.bucket(name) {
                    let guard = self.guard(&call.caller.principal, action, &bucket);
                    need = need.owner(guard.owner).resource_policy(guard.policy);
                    if bucket.abac {
                        for (name, value) in condition_keys::bucket_tags(&bucket.tags) {
                            need = need.key(name, value);
                        }
                    }
                }
            }
            Target::Account(account) => need = need.owner(*account),
            Target::Service | Target::NewBucket(_) => {}
        }
        if let Some(days) = condition_keys::remaining_retention(&keys, call.now)
            && condition_keys::has(action, condition_keys::REMAINING_RETENTION)
        {
            need = need.key(condition_keys::REMAINING_RETENTION, days);
        }
        for (name, value) in keys {
            need = need.key(name, value);
        }
        need
    }
}
