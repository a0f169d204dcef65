//! Organizations: accounts, units and the control policies over them.

use crate::dispatch::Entry;
use crate::generated::organizations::*;

mod accounts;
mod attachments;
mod create_account;
mod create_account_status;
mod delegation;
mod describe;
mod effective_policies;
mod fault;
mod ids;
mod leaving;
mod needs;
mod organization;
mod page;
mod policies;
mod policy_types;
mod quota;
mod seen;
mod service_access;
mod tagging;
mod target;
mod tree;
mod units;

/// The operations of Organizations that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<CreateOrganization>(),
    Entry::of::<DescribeOrganization>(),
    Entry::of::<DeleteOrganization>(),
    Entry::of::<CreateAccount>(),
    Entry::of::<DescribeCreateAccountStatus>(),
    Entry::of::<ListCreateAccountStatus>(),
    Entry::of::<ListAccounts>(),
    Entry::of::<ListAccountsForParent>(),
    Entry::of::<DescribeAccount>(),
    Entry::of::<MoveAccount>(),
    Entry::of::<CloseAccount>(),
    Entry::of::<RemoveAccountFromOrganization>(),
    Entry::of::<LeaveOrganization>(),
    Entry::of::<ListRoots>(),
    Entry::of::<ListParents>(),
    Entry::of::<ListChildren>(),
    Entry::of::<CreateOrganizationalUnit>(),
    Entry::of::<UpdateOrganizationalUnit>(),
    Entry::of::<DescribeOrganizationalUnit>(),
    Entry::of::<DeleteOrganizationalUnit>(),
    Entry::of::<ListOrganizationalUnitsForParent>(),
    Entry::of::<CreatePolicy>(),
    Entry::of::<UpdatePolicy>(),
    Entry::of::<DescribePolicy>(),
    Entry::of::<DeletePolicy>(),
    Entry::of::<ListPolicies>(),
    Entry::of::<AttachPolicy>(),
    Entry::of::<DetachPolicy>(),
    Entry::of::<ListPoliciesForTarget>(),
    Entry::of::<ListTargetsForPolicy>(),
    Entry::of::<EnablePolicyType>(),
    Entry::of::<DisablePolicyType>(),
    Entry::of::<DescribeEffectivePolicy>(),
    Entry::of::<TagResource>(),
    Entry::of::<UntagResource>(),
    Entry::of::<ListTagsForResource>(),
    Entry::of::<EnableAWSServiceAccess>(),
    Entry::of::<DisableAWSServiceAccess>(),
    Entry::of::<ListAWSServiceAccessForOrganization>(),
    Entry::of::<RegisterDelegatedAdministrator>(),
    Entry::of::<DeregisterDelegatedAdministrator>(),
    Entry::of::<ListDelegatedAdministrators>(),
    Entry::of::<ListDelegatedServicesForAccount>(),
];
