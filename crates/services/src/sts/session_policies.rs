//! Session policies of a request: parsed, found and measured before anything is issued.

use directory::Snapshot;
use policy::{AccountId, DocumentKind, Policy};
use session::{SessionPolicies, SessionTag, packed_policy_size};

use crate::generated::sts::{PolicyDescriptorType, errors};
use crate::sts::refusals::invalid_parameter;
use crate::wire::Fault;

/// Most characters of the inline policy and the ARNs together (STS quotas).
const PLAIN_CHARACTERS: usize = 2048;
/// Most managed session policies (STS API reference, `PolicyArns`).
const ARNS: usize = 10;

/// The session policies of a request. ARNs must be of `account`, the role's, or AWS's own.
pub(super) fn session_policies(
    snapshot: &Snapshot,
    account: AccountId,
    inline: Option<String>,
    arns: Vec<PolicyDescriptorType>,
) -> Result<SessionPolicies, Fault> {
    let arns: Vec<String> = arns.into_iter().filter_map(|it| it.arn).collect();
    if arns.len() > ARNS {
        return Err(invalid_parameter(format!(
            "A session can have at most {ARNS} managed policies."
        )));
    }
    let plain = inline.iter().chain(&arns).map(|it| it.chars().count());
    let plain: usize = plain.sum();
    if plain > PLAIN_CHARACTERS {
        return Err(too_large(plain * 100 / PLAIN_CHARACTERS));
    }
    if let Some(text) = &inline {
        Policy::parse(DocumentKind::Session, text)
            .map_err(|error| errors::MALFORMED_POLICY_DOCUMENT.fault(error.message()))?;
    }
    for arn in &arns {
        if snapshot.attachable(account, arn).is_none() {
            return Err(invalid_parameter(format!(
                "Policy {arn} does not exist or is not attachable."
            )));
        }
    }
    Ok(SessionPolicies { inline, arns })
}

/// `PackedPolicySize` of the answer: in percent, absent without policies and tags.
pub(crate) fn packed_size(
    policies: &SessionPolicies,
    tags: &[SessionTag],
) -> Result<Option<i32>, Fault> {
    match packed_policy_size(policies, tags) {
        Some(percent) if percent > 100 => Err(too_large(percent)),
        Some(percent) => Ok(Some(i32::try_from(percent).unwrap_or(100))),
        None => Ok(None),
    }
}

fn too_large(percent: impl std::fmt::Display) -> Fault {
    errors::PACKED_POLICY_TOO_LARGE.fault(format!(
        "Packed policy consumes {percent}% of allotted space, please use smaller policy."
    ))
}
