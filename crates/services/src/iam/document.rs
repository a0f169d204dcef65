//! Policy documents on their way in: parsed, and not too long.

use directory::{Document, Snapshot};
use policy::{InvalidPolicy, size_without_whitespace};

use super::quota::within;
use crate::generated::iam::errors::MALFORMED_POLICY_DOCUMENT;
use crate::quotas::Quotas;
use crate::wire::Fault;

/// An inline policy; how long it may be depends on the others of its user, group
/// or role.
pub(super) fn inline(text: &str) -> Result<Document, Fault> {
    Document::identity(text).map_err(malformed)
}

/// A version of a managed policy.
pub(super) fn managed(text: &str, quotas: &Quotas) -> Result<Document, Fault> {
    let size = size_without_whitespace(text);
    within(size, quotas.policy_size, "PolicySize")?;
    Document::managed(text).map_err(malformed)
}

/// Refuses a trust policy that is too long, before anybody spends time on reading it.
pub(super) fn trust_size(text: &str, quotas: &Quotas) -> Result<(), Fault> {
    let size = size_without_whitespace(text);
    within(size, quotas.trust_policy_size, "ACLSizePerRole")
}

/// A trust policy. The users and roles that it names must exist, and are pinned to the unique
/// ids that they have in `snapshot` (IAM User Guide, "AWS JSON policy elements: Principal").
pub(super) fn trust(text: &str, snapshot: &Snapshot) -> Result<Document, Fault> {
    let document = Document::trust(text, |arn| snapshot.unique_id(arn)).map_err(malformed)?;
    match document.unknown_principals().first() {
        None => Ok(document),
        Some(arn) => Err(MALFORMED_POLICY_DOCUMENT
            .fault(format!("Invalid principal in policy: \"AWS\":\"{arn}\""))),
    }
}

fn malformed(error: InvalidPolicy) -> Fault {
    MALFORMED_POLICY_DOCUMENT.fault(error.message())
}
