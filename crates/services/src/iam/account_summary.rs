//! How much of everything an account has, and may have.

use std::collections::BTreeMap;

use directory::{AccountView, SamlProvider};
use door::Permit;

use super::needs;
use super::quota::QUOTAS;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for GetAccountSummary {
    const READ_ONLY: bool = true;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetAccountSummaryResponse, Fault> {
        let counts = at.view(|view| Ok(counts(view)))?;
        let entries = counts.into_iter().chain(quotas()).chain(CONSTANT);
        let map: BTreeMap<_, _> = entries
            .map(|(key, count)| (key.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)))
            .collect();
        Ok(GetAccountSummaryResponse {
            summary_map: Some(map),
        })
    }
}

type Entry = (&'static str, usize);

fn counts(view: &AccountView) -> [Entry; 7] {
    let policies = view.policies().iter();
    let versions = policies.map(|(_, policy)| policy.versions.len()).sum();
    // OIDC and SAML.
    let providers = view.providers().len() + view.shelf::<SamlProvider>().len();
    [
        ("Users", view.users().len()),
        ("Groups", view.groups().len()),
        ("Roles", view.roles().len()),
        ("InstanceProfiles", view.instance_profiles().len()),
        ("Policies", view.policies().len()),
        ("PolicyVersionsInUse", versions),
        ("Providers", providers),
    ]
}

fn quotas() -> [Entry; 16] {
    [
        ("UsersQuota", QUOTAS.users),
        ("GroupsQuota", QUOTAS.groups),
        ("RolesQuota", QUOTAS.roles),
        ("InstanceProfilesQuota", QUOTAS.instance_profiles),
        ("PoliciesQuota", QUOTAS.policies),
        ("GroupsPerUserQuota", QUOTAS.groups_per_user),
        ("AccessKeysPerUserQuota", QUOTAS.access_keys_per_user),
        ("AttachedPoliciesPerUserQuota", QUOTAS.policies_per_user),
        ("AttachedPoliciesPerGroupQuota", QUOTAS.policies_per_group),
        ("AttachedPoliciesPerRoleQuota", QUOTAS.policies_per_role),
        ("VersionsPerPolicyQuota", QUOTAS.versions_per_policy),
        ("PolicySizeQuota", QUOTAS.policy_size),
        ("AssumeRolePolicySizeQuota", QUOTAS.trust_policy_size),
        ("UserPolicySizeQuota", QUOTAS.inline_per_user),
        ("GroupPolicySizeQuota", QUOTAS.inline_per_group),
        ("RolePolicySizeQuota", QUOTAS.inline_per_role),
    ]
}

/// What is the same for every account: there are no certificates, MFA devices and passwords,
/// and the account's root has no keys. Session tokens work in every region, which is version 2
/// of them. The quotas are AWS's.
const CONSTANT: [Entry; 11] = [
    ("ServerCertificates", 0),
    ("ServerCertificatesQuota", 20),
    ("SigningCertificatesPerUserQuota", 2),
    ("MFADevices", 0),
    ("MFADevicesInUse", 0),
    ("AccountMFAEnabled", 0),
    ("AccountAccessKeysPresent", 0),
    ("AccountPasswordPresent", 0),
    ("AccountSigningCertificatesPresent", 0),
    ("PolicyVersionsInUseQuota", 10_000),
    ("GlobalEndpointTokenVersion", 2),
];
