//! How much of everything an account has, and may have.

use std::collections::BTreeMap;

use directory::{
    AccountView, CredentialOwner, LoginProfile, MfaDevice, SamlProvider, ServerCertificate,
    SigningCertificate,
};
use door::Permit;

use super::{needs, sts_preferences};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::quotas::Quotas;
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
        let entries = counts.into_iter().chain(quotas(at.quotas)).chain(CONSTANT);
        let map: BTreeMap<_, _> = entries
            .map(|(key, count)| (key.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)))
            .collect();
        Ok(GetAccountSummaryResponse {
            summary_map: Some(map),
        })
    }
}

type Entry = (&'static str, usize);

fn counts(view: &AccountView) -> Vec<Entry> {
    let policies = view.policies().iter();
    let root = CredentialOwner::root();
    let prefix = root.prefix();
    let mut signing = view.shelved_under::<SigningCertificate>(&prefix);
    let versions = policies.map(|(_, policy)| policy.versions.len()).sum();
    let devices = view.shelf::<MfaDevice>();
    let in_use = devices.iter().filter(|(_, it)| it.assigned.is_some());
    // OIDC and SAML.
    let providers = view.providers().len() + view.shelf::<SamlProvider>().len();
    vec![
        ("Users", view.users().len()),
        ("Groups", view.groups().len()),
        ("Roles", view.roles().len()),
        ("InstanceProfiles", view.instance_profiles().len()),
        ("Policies", view.policies().len()),
        ("PolicyVersionsInUse", versions),
        ("Providers", providers),
        ("MFADevices", devices.len()),
        ("MFADevicesInUse", in_use.count()),
        (
            "ServerCertificates",
            view.shelf::<ServerCertificate>().len(),
        ),
        (
            "AccountPasswordPresent",
            usize::from(view.shelved::<LoginProfile>(root.as_str()).is_some()),
        ),
        (
            "AccountSigningCertificatesPresent",
            usize::from(signing.next().is_some()),
        ),
        (
            "GlobalEndpointTokenVersion",
            sts_preferences::token_version(view),
        ),
    ]
}

fn quotas(quotas: &Quotas) -> Vec<Entry> {
    vec![
        ("UsersQuota", quotas.users),
        ("GroupsQuota", quotas.groups),
        ("RolesQuota", quotas.roles),
        ("InstanceProfilesQuota", quotas.instance_profiles),
        ("PoliciesQuota", quotas.policies),
        ("GroupsPerUserQuota", quotas.groups_per_user),
        ("AccessKeysPerUserQuota", quotas.access_keys_per_user),
        ("AttachedPoliciesPerUserQuota", quotas.policies_per_user),
        ("AttachedPoliciesPerGroupQuota", quotas.policies_per_group),
        ("AttachedPoliciesPerRoleQuota", quotas.policies_per_role),
        ("VersionsPerPolicyQuota", quotas.versions_per_policy),
        ("PolicySizeQuota", quotas.policy_size),
        ("AssumeRolePolicySizeQuota", quotas.trust_policy_size),
        ("UserPolicySizeQuota", quotas.inline_per_user),
        ("GroupPolicySizeQuota", quotas.inline_per_group),
        ("RolePolicySizeQuota", quotas.inline_per_role),
        ("ServerCertificatesQuota", quotas.server_certificates),
        (
            "SigningCertificatesPerUserQuota",
            quotas.signing_certificates_per_user,
        ),
    ]
}

/// What is the same for every account: the account's root has no keys and no MFA device, which is
/// what `AccountMFAEnabled` tells.
const CONSTANT: [Entry; 3] = [
    ("AccountMFAEnabled", 0),
    ("AccountAccessKeysPresent", 0),
    ("PolicyVersionsInUseQuota", 10_000),
];
