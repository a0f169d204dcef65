//! What guards a bucket and its objects: whose they are, and the bucket's policy.

use std::sync::Arc;

use door::{Guard, ResourcePolicies};
use policy::{Policy, Principal};

use crate::Gateway;
use crate::name::BucketName;
use crate::store::Bucket;

/// The actions on a bucket's policy itself.
const ABOUT_POLICY: [&str; 3] = [
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
];

impl Gateway {
    /// What guards a bucket, or an object in it, against an action.
    pub(crate) fn guard(&self, caller: &Principal, action: &str, bucket: &Bucket) -> Guard {
        Guard {
            owner: bucket.owner,
            policy: self.policy_for(caller, action, bucket),
            read_by: ("s3:GetBucketPolicy", bucket.name.arn()),
        }
    }

    /// The bucket policy as far as it counts. The owner's root user always gets at the policy
    /// itself, else a policy could lock everybody out (S3 User Guide, "Bucket policies").
    fn policy_for(&self, caller: &Principal, action: &str, bucket: &Bucket) -> Option<Arc<Policy>> {
        let is_about_policy = ABOUT_POLICY
            .iter()
            .any(|it| it.eq_ignore_ascii_case(action));
        let is_owner_root =
            matches!(caller, Principal::Root { account } if *account == bucket.owner);
        if is_about_policy && is_owner_root {
            return None;
        }
        bucket.policy_for(caller, || self.store.access_block(bucket))
    }
}

impl ResourcePolicies for Gateway {
    fn of(&self, caller: &Principal, action: &str, resource: &str) -> Option<Guard> {
        let path = resource.strip_prefix("arn:aws:s3:::")?;
        let bucket = path.split('/').next()?;
        // A bucket that is to be created has no owner yet, even if there is one of that name.
        if action.eq_ignore_ascii_case("s3:CreateBucket") {
            return None;
        }
        let bucket = self.store.bucket(&BucketName::parse(bucket).ok()?)?;
        Some(self.guard(caller, action, &bucket))
    }
}
