//! What exists: accounts and organizations, users, groups, roles, instance profiles, policies,
//! identity providers.
//!
//! Reads go to an immutable [`Snapshot`] in memory, with every policy compiled at most once.
//! A write is a closure over a [`Transaction`]: its changes are committed to the store in
//! one transaction and only then become the next snapshot, so nothing is acknowledged, and
//! nothing visible, before it is durable.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod access_report;
mod account_request;
pub mod catalogue;
mod cluster;
mod credential_owner;
mod credential_report;
mod delegation_request;
mod document;
mod entity;
mod event_selectors;
pub mod last_use;
mod live;
mod login_profile;
mod mfa_device;
mod name;
mod organization;
mod organization_member;
mod organization_path;
mod organization_policy;
mod organizational_unit;
mod outbound_federation;
mod pod_identity_association;
mod provider_keys;
mod role_deletion;
mod saml_provider;
mod server_certificate;
mod service_credential;
mod shelf;
mod signing_certificate;
mod snapshot;
mod sorted;
mod sqlite;
mod ssh_public_key;
mod store;
mod sts_preferences;
mod tags;
mod transaction;

pub use access_report::{
    AccessReport, AccessibleService, AccessingEntity, OrganizationAccessReport, OrganizationService,
};
pub use account_request::AccountRequest;
pub use cluster::{Cluster, ClusterName, InvalidClusterName};
pub use credential_owner::CredentialOwner;
pub use credential_report::CredentialReport;
pub use delegation_request::{
    Approver, ApproverEntity, ApproverProvider, DelegationOwner, DelegationRequest,
    DelegationState, ExchangeToken, TemplateParameter,
};
pub use document::Document;
pub use entity::{
    AccessKey, Account, Group, InstanceProfile, KeyStatus, ManagedPolicy, OidcProvider,
    PasswordPolicy, PolicyVersion, Role, User,
};
pub use event_selectors::{
    AdvancedSelector, BasicSelector, DataEvent, DataResource, EventSelectors, FieldSelector,
    InvalidEventSelectors, S3_OBJECT, Selectors,
};
pub use last_use::{KeyUse, PrincipalUse, Use, Uses};
pub use live::{Directory, OpenError};
pub use login_profile::LoginProfile;
pub use mfa_device::{MfaAssignment, MfaDevice, WrongCodes};
pub use name::{AccountAlias, EntityName, EntityPath, InvalidName};
pub use organization::{FeatureSet, Organization, OrganizationRoot, RootFeature};
pub use organization_member::{MemberStatus, OrganizationMember};
pub use organization_path::{ControlPolicy, OrganizationPath, UNIT_LEVELS, unit_path};
pub use organization_policy::{ControlPolicyKind, FullAccess, OrganizationPolicy};
pub use organizational_unit::OrganizationalUnit;
pub use outbound_federation::OutboundFederation;
pub use pod_identity_association::PodIdentityAssociation;
pub use provider_keys::ProviderKeys;
pub use role_deletion::RoleDeletion;
pub use saml_provider::{AssertionEncryption, SamlPrivateKey, SamlProvider};
pub use server_certificate::ServerCertificate;
pub use service_credential::ServiceCredential;
pub use shelf::{Entity, Shelved, Shelves};
pub use signing_certificate::SigningCertificate;
pub use snapshot::{AccountView, AttachedPolicy, Snapshot};
pub use sorted::SortedMap;
pub use sqlite::SqliteStore;
pub use ssh_public_key::SshPublicKey;
pub use store::{Change, Each, Row, Store, StoreError};
pub use sts_preferences::StsPreferences;
pub use tags::{Tags, TooManyTags};
pub use transaction::Transaction;
