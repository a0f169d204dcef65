//! IAM: users, access keys, groups, roles, instance profiles, policies, identity providers, tags,
//! and what is the account's own.

use crate::dispatch::Entry;
use crate::generated::iam::*;

mod access_keys;
mod account_aliases;
mod account_summary;
mod attachments;
mod boundaries;
mod change;
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
mod name;
mod needs;
mod oidc_clients;
mod oidc_providers;
mod page;
mod password_policy;
mod policies;
mod policy_entities;
mod policy_versions;
pub(crate) mod provider;
mod quota;
mod resources;
mod role_policies;
mod roles;
mod simulate;
mod tags;
mod trust;
mod usage;
mod user_policies;
mod users;

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
    Entry::of::<CreateAccountAlias>(),
    Entry::of::<ListAccountAliases>(),
    Entry::of::<DeleteAccountAlias>(),
    Entry::of::<GetAccountSummary>(),
    Entry::of::<UpdateAccountPasswordPolicy>(),
    Entry::of::<GetAccountPasswordPolicy>(),
    Entry::of::<DeleteAccountPasswordPolicy>(),
    Entry::of::<SimulatePrincipalPolicy>(),
    Entry::of::<SimulateCustomPolicy>(),
    Entry::of::<GetContextKeysForPrincipalPolicy>(),
    Entry::of::<GetContextKeysForCustomPolicy>(),
];
