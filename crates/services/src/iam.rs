//! IAM: users and what they sign in with, groups, roles, instance profiles, policies, identity providers,
//! certificates, tags, reports, and what is the account's own.

mod access_keys;
mod account_aliases;
mod account_summary;
mod attachments;
mod authorization_details;
mod belongings;
mod boundaries;
mod certificate_bundle;
mod change;
mod change_password;
mod credential_faults;
mod credential_report;
mod credential_service;
mod credential_status;
pub(crate) mod delegation;
mod describe;
mod document;
mod fault;
mod group_members;
mod group_policies;
mod groups;
mod holder;
mod inline;
mod instance_profile_roles;
mod instance_profile_tags;
mod instance_profiles;
mod last_used;
mod login_profiles;
mod mfa_device_tags;
mod mfa_devices;
mod name;
mod needs;
mod oidc_clients;
mod oidc_providers;
mod outbound_federation;
mod page;
mod password_policy;
mod password_rules;
mod passwords;
mod pem;
mod policies;
mod policy_entities;
mod policy_versions;
mod private_key;
pub(crate) mod provider;
mod quota;
mod resources;
mod role_policies;
mod roles;
mod root_access;
mod saml_private_keys;
mod saml_provider_tags;
mod saml_provider_update;
mod saml_providers;
mod server_certificate_tags;
mod server_certificates;
mod service_access;
mod service_credential_list;
mod service_credentials;
mod service_linked_roles;
mod signing_certificates;
mod simulate;
mod ssh_key;
mod ssh_public_keys;
mod sts_preferences;
mod tags;
mod trust;
mod usage;
mod user_policies;
mod users;
mod virtual_mfa_devices;
mod whose;
mod x509;

pub(crate) use root_access::{ROOT_ACCESS_SERVICE, managed_organization};
pub(crate) use saml_private_keys::opened;

use crate::dispatch::Entry;
use crate::generated::iam::*;

/// The operations of IAM that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<CreateUser>(),
    Entry::of::<GetUser>(),
    Entry::of::<ListUsers>(),
    Entry::of::<UpdateUser>(),
    Entry::of::<DeleteUser>(),
    Entry::of::<CreateAccessKey>(),
    Entry::of::<ListAccessKeys>(),
    Entry::of::<UpdateAccessKey>(),
    Entry::of::<DeleteAccessKey>(),
    Entry::of::<GetAccessKeyLastUsed>(),
    Entry::of::<CreateVirtualMFADevice>(),
    Entry::of::<ListVirtualMFADevices>(),
    Entry::of::<DeleteVirtualMFADevice>(),
    Entry::of::<EnableMFADevice>(),
    Entry::of::<ResyncMFADevice>(),
    Entry::of::<DeactivateMFADevice>(),
    Entry::of::<ListMFADevices>(),
    Entry::of::<GetMFADevice>(),
    Entry::of::<TagMFADevice>(),
    Entry::of::<UntagMFADevice>(),
    Entry::of::<ListMFADeviceTags>(),
    Entry::of::<CreateLoginProfile>(),
    Entry::of::<GetLoginProfile>(),
    Entry::of::<UpdateLoginProfile>(),
    Entry::of::<DeleteLoginProfile>(),
    Entry::of::<ChangePassword>(),
    Entry::of::<UploadSSHPublicKey>(),
    Entry::of::<GetSSHPublicKey>(),
    Entry::of::<ListSSHPublicKeys>(),
    Entry::of::<UpdateSSHPublicKey>(),
    Entry::of::<DeleteSSHPublicKey>(),
    Entry::of::<CreateServiceSpecificCredential>(),
    Entry::of::<ListServiceSpecificCredentials>(),
    Entry::of::<UpdateServiceSpecificCredential>(),
    Entry::of::<ResetServiceSpecificCredential>(),
    Entry::of::<DeleteServiceSpecificCredential>(),
    Entry::of::<UploadSigningCertificate>(),
    Entry::of::<ListSigningCertificates>(),
    Entry::of::<UpdateSigningCertificate>(),
    Entry::of::<DeleteSigningCertificate>(),
    Entry::of::<UploadServerCertificate>(),
    Entry::of::<GetServerCertificate>(),
    Entry::of::<ListServerCertificates>(),
    Entry::of::<UpdateServerCertificate>(),
    Entry::of::<DeleteServerCertificate>(),
    Entry::of::<TagServerCertificate>(),
    Entry::of::<UntagServerCertificate>(),
    Entry::of::<ListServerCertificateTags>(),
    Entry::of::<CreateGroup>(),
    Entry::of::<GetGroup>(),
    Entry::of::<ListGroups>(),
    Entry::of::<UpdateGroup>(),
    Entry::of::<DeleteGroup>(),
    Entry::of::<AddUserToGroup>(),
    Entry::of::<RemoveUserFromGroup>(),
    Entry::of::<ListGroupsForUser>(),
    Entry::of::<CreateRole>(),
    Entry::of::<GetRole>(),
    Entry::of::<ListRoles>(),
    Entry::of::<UpdateRole>(),
    Entry::of::<UpdateRoleDescription>(),
    Entry::of::<UpdateAssumeRolePolicy>(),
    Entry::of::<DeleteRole>(),
    Entry::of::<CreateServiceLinkedRole>(),
    Entry::of::<DeleteServiceLinkedRole>(),
    Entry::of::<GetServiceLinkedRoleDeletionStatus>(),
    Entry::of::<CreateInstanceProfile>(),
    Entry::of::<GetInstanceProfile>(),
    Entry::of::<ListInstanceProfiles>(),
    Entry::of::<ListInstanceProfilesForRole>(),
    Entry::of::<AddRoleToInstanceProfile>(),
    Entry::of::<RemoveRoleFromInstanceProfile>(),
    Entry::of::<DeleteInstanceProfile>(),
    Entry::of::<PutRolePermissionsBoundary>(),
    Entry::of::<DeleteRolePermissionsBoundary>(),
    Entry::of::<PutUserPermissionsBoundary>(),
    Entry::of::<DeleteUserPermissionsBoundary>(),
    Entry::of::<PutRolePolicy>(),
    Entry::of::<GetRolePolicy>(),
    Entry::of::<ListRolePolicies>(),
    Entry::of::<DeleteRolePolicy>(),
    Entry::of::<PutUserPolicy>(),
    Entry::of::<GetUserPolicy>(),
    Entry::of::<ListUserPolicies>(),
    Entry::of::<DeleteUserPolicy>(),
    Entry::of::<PutGroupPolicy>(),
    Entry::of::<GetGroupPolicy>(),
    Entry::of::<ListGroupPolicies>(),
    Entry::of::<DeleteGroupPolicy>(),
    Entry::of::<CreatePolicy>(),
    Entry::of::<GetPolicy>(),
    Entry::of::<ListPolicies>(),
    Entry::of::<DeletePolicy>(),
    Entry::of::<CreatePolicyVersion>(),
    Entry::of::<GetPolicyVersion>(),
    Entry::of::<ListPolicyVersions>(),
    Entry::of::<DeletePolicyVersion>(),
    Entry::of::<SetDefaultPolicyVersion>(),
    Entry::of::<AttachRolePolicy>(),
    Entry::of::<DetachRolePolicy>(),
    Entry::of::<AttachUserPolicy>(),
    Entry::of::<DetachUserPolicy>(),
    Entry::of::<AttachGroupPolicy>(),
    Entry::of::<DetachGroupPolicy>(),
    Entry::of::<ListAttachedRolePolicies>(),
    Entry::of::<ListAttachedUserPolicies>(),
    Entry::of::<ListAttachedGroupPolicies>(),
    Entry::of::<ListEntitiesForPolicy>(),
    Entry::of::<CreateOpenIDConnectProvider>(),
    Entry::of::<GetOpenIDConnectProvider>(),
    Entry::of::<ListOpenIDConnectProviders>(),
    Entry::of::<DeleteOpenIDConnectProvider>(),
    Entry::of::<AddClientIDToOpenIDConnectProvider>(),
    Entry::of::<RemoveClientIDFromOpenIDConnectProvider>(),
    Entry::of::<UpdateOpenIDConnectProviderThumbprint>(),
    Entry::of::<CreateSAMLProvider>(),
    Entry::of::<GetSAMLProvider>(),
    Entry::of::<ListSAMLProviders>(),
    Entry::of::<UpdateSAMLProvider>(),
    Entry::of::<DeleteSAMLProvider>(),
    Entry::of::<TagSAMLProvider>(),
    Entry::of::<UntagSAMLProvider>(),
    Entry::of::<ListSAMLProviderTags>(),
    Entry::of::<TagRole>(),
    Entry::of::<UntagRole>(),
    Entry::of::<ListRoleTags>(),
    Entry::of::<TagUser>(),
    Entry::of::<UntagUser>(),
    Entry::of::<ListUserTags>(),
    Entry::of::<TagPolicy>(),
    Entry::of::<UntagPolicy>(),
    Entry::of::<ListPolicyTags>(),
    Entry::of::<TagOpenIDConnectProvider>(),
    Entry::of::<UntagOpenIDConnectProvider>(),
    Entry::of::<ListOpenIDConnectProviderTags>(),
    Entry::of::<TagInstanceProfile>(),
    Entry::of::<UntagInstanceProfile>(),
    Entry::of::<ListInstanceProfileTags>(),
    Entry::of::<CreateDelegationRequest>(),
    Entry::of::<GetDelegationRequest>(),
    Entry::of::<ListDelegationRequests>(),
    Entry::of::<AssociateDelegationRequest>(),
    Entry::of::<UpdateDelegationRequest>(),
    Entry::of::<AcceptDelegationRequest>(),
    Entry::of::<RejectDelegationRequest>(),
    Entry::of::<SendDelegationToken>(),
    Entry::of::<GetHumanReadableSummary>(),
    Entry::of::<CreateAccountAlias>(),
    Entry::of::<ListAccountAliases>(),
    Entry::of::<DeleteAccountAlias>(),
    Entry::of::<GetAccountSummary>(),
    Entry::of::<SetSecurityTokenServicePreferences>(),
    Entry::of::<GetAccountAuthorizationDetails>(),
    Entry::of::<GenerateCredentialReport>(),
    Entry::of::<GetCredentialReport>(),
    Entry::of::<GenerateServiceLastAccessedDetails>(),
    Entry::of::<GetServiceLastAccessedDetails>(),
    Entry::of::<GetServiceLastAccessedDetailsWithEntities>(),
    Entry::of::<ListPoliciesGrantingServiceAccess>(),
    Entry::of::<GenerateOrganizationsAccessReport>(),
    Entry::of::<GetOrganizationsAccessReport>(),
    Entry::of::<UpdateAccountPasswordPolicy>(),
    Entry::of::<GetAccountPasswordPolicy>(),
    Entry::of::<DeleteAccountPasswordPolicy>(),
    Entry::of::<EnableOrganizationsRootCredentialsManagement>(),
    Entry::of::<DisableOrganizationsRootCredentialsManagement>(),
    Entry::of::<EnableOrganizationsRootSessions>(),
    Entry::of::<DisableOrganizationsRootSessions>(),
    Entry::of::<ListOrganizationsFeatures>(),
    Entry::of::<EnableOutboundWebIdentityFederation>(),
    Entry::of::<DisableOutboundWebIdentityFederation>(),
    Entry::of::<GetOutboundWebIdentityFederationInfo>(),
    Entry::of::<SimulatePrincipalPolicy>(),
    Entry::of::<SimulateCustomPolicy>(),
    Entry::of::<GetContextKeysForPrincipalPolicy>(),
    Entry::of::<GetContextKeysForCustomPolicy>(),
];
