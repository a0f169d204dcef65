//! Trust policies: who may assume a role.

use directory::Role as Entity;
use door::Permit;
use trail::Resource;

use super::holder::change;
use super::{document, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for UpdateAssumeRolePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateAssumeRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &UpdateAssumeRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: UpdateAssumeRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        document::trust_size(&input.policy_document, at.quotas)?;
        change::<Entity>(at, input.role_name, move |role, snapshot| {
            role.trust = document::trust(&input.policy_document, snapshot)?;
            Ok(())
        })
        .await
    }
}
