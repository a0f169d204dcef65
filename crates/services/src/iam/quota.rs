//! How much of everything there may be.

use super::fault::limit_exceeded;
use crate::wire::Fault;

/// The quotas of an account (IAM User Guide, "IAM and AWS STS quotas"). Sizes are characters
/// without white space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quotas {
    pub(super) users: usize,
    pub(super) groups: usize,
    pub(super) roles: usize,
    pub(super) instance_profiles: usize,
    pub(super) policies: usize,
    pub(super) oidc_providers: usize,
    pub(super) saml_providers: usize,
    pub(super) private_keys_per_saml_provider: usize,
    pub(super) access_keys_per_user: usize,
    pub(super) groups_per_user: usize,
    pub(super) roles_per_instance_profile: usize,
    pub(super) policies_per_user: usize,
    pub(super) policies_per_group: usize,
    pub(super) policies_per_role: usize,
    pub(super) versions_per_policy: usize,
    pub(super) policy_size: usize,
    pub(super) trust_policy_size: usize,
    /// All inline policies of one user together.
    pub(super) inline_per_user: usize,
    /// All inline policies of one group together.
    pub(super) inline_per_group: usize,
    /// All inline policies of one role together.
    pub(super) inline_per_role: usize,
    pub(super) client_ids_per_provider: usize,
    pub(super) thumbprints_per_provider: usize,
}

/// AWS's defaults.
pub(super) const QUOTAS: Quotas = Quotas {
    users: 5000,
    groups: 300,
    roles: 1000,
    instance_profiles: 1000,
    policies: 1500,
    oidc_providers: 100,
    saml_providers: 100,
    private_keys_per_saml_provider: 2,
    access_keys_per_user: 2,
    groups_per_user: 10,
    roles_per_instance_profile: 1,
    policies_per_user: 10,
    policies_per_group: 10,
    policies_per_role: 20,
    versions_per_policy: 5,
    policy_size: 6144,
    trust_policy_size: 2048,
    inline_per_user: 2048,
    inline_per_group: 5120,
    inline_per_role: 10_240,
    client_ids_per_provider: 100,
    thumbprints_per_provider: 5,
};

/// Refuses what would leave more than `limit`; `name` is the quota's in AWS's message.
pub(super) fn within(count: usize, limit: usize, name: &str) -> Result<(), Fault> {
    if count > limit {
        return Err(limit_exceeded(format!(
            "Cannot exceed quota for {name}: {limit}"
        )));
    }
    Ok(())
}
