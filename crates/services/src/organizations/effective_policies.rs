//! `DescribeEffectivePolicy`. Control policies have none: each level limits by itself. The types
//! that have one are not served, so nothing is ever in effect.

use directory::OrganizationMember;
use door::Permit;

use super::fault::{no_access, no_target};
use super::needs;
use super::seen::{Who, read};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for DescribeEffectivePolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribeEffectivePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let own = at.account.to_string();
        let target = input.target_id.as_deref().unwrap_or(&own);
        let need = needs::target::<Self>(at, target);
        Ok(needs::of_type(need, &input.policy_type).into())
    }

    async fn handle(
        input: DescribeEffectivePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeEffectivePolicyResponse, Fault> {
        let own = at.account.to_string();
        let target = input.target_id.unwrap_or_else(|| own.clone());
        // Every account may ask for itself.
        let who = match target == own {
            true => Who::Member,
            false => Who::Administrator,
        };
        read(at, who, |seen| {
            let member = seen.view.shelved::<OrganizationMember>(&target);
            match member {
                Some(_) => Err(errors::EFFECTIVE_POLICY_NOT_FOUND.fault(
                    "The effective policy of this type was not found for the specified target.",
                )),
                None if who == Who::Member => Err(no_access()),
                None => Err(no_target()),
            }
        })
    }
}
