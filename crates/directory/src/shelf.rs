//! Entities that an account keeps whole, each kind on a shelf of its own.
//!
//! Users, roles and the others of the first hour have indexes of their own. What needs nothing
//! but its account and a key is declared here in one line.

use std::fmt::Debug;
use std::sync::Arc;

use policy::AccountId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    AccessReport, AccountRequest, AccountView, CredentialReport, DelegationRequest, KeyUse,
    MfaDevice, Organization, OrganizationAccessReport, OrganizationMember, OrganizationPolicy,
    OrganizationalUnit, OutboundFederation, PrincipalUse, RoleDeletion, Row, Snapshot, SortedMap,
    StoreError, StsPreferences, Transaction,
};

/// An entity that belongs to an account and is found there by its key.
pub trait Entity: Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind of its rows. It sorts after `account`, for an account is loaded before what is
    /// in it.
    const KIND: &'static str;

    /// Its account.
    fn account(&self) -> AccountId;

    /// Its key among its kind in its account.
    fn key(&self) -> String;

    /// Keeps an index of the whole snapshot, when the entity comes to its shelf.
    fn placed(&self, _snapshot: &mut Snapshot) {}

    /// The same when it goes.
    fn displaced(&self, _snapshot: &mut Snapshot) {}
}

/// An entity with a shelf.
pub trait Shelved: Entity {
    /// The shelf.
    fn shelf(shelves: &Shelves) -> &SortedMap<String, Arc<Self>>;

    /// The shelf, to be changed.
    fn shelf_mut(shelves: &mut Shelves) -> &mut SortedMap<String, Arc<Self>>;
}

macro_rules! shelves {
    ($($field:ident: $entity:ty,)*) => {
        /// An account's shelves, one for each kind of entity.
        #[derive(Debug, Clone, Default)]
        pub struct Shelves {
            $($field: SortedMap<String, Arc<$entity>>,)*
        }

        $(
            impl Shelved for $entity {
                fn shelf(shelves: &Shelves) -> &SortedMap<String, Arc<Self>> {
                    &shelves.$field
                }

                fn shelf_mut(shelves: &mut Shelves) -> &mut SortedMap<String, Arc<Self>> {
                    &mut shelves.$field
                }
            }
        )*

        /// Places a stored row, if it is of one of these kinds.
        pub(crate) fn load(transaction: &mut Transaction, row: &Row) -> Option<Result<(), StoreError>> {
            match row.kind.as_str() {
                $(<$entity as Entity>::KIND => Some(transaction.load_shelved::<$entity>(row)),)*
                _ => None,
            }
        }
    };
}

shelves! {
    mfa_devices: MfaDevice,
    account_requests: AccountRequest,
    organizations: Organization,
    organization_members: OrganizationMember,
    organization_policies: OrganizationPolicy,
    organizational_units: OrganizationalUnit,
    login_profiles: crate::LoginProfile,
    server_certificates: crate::ServerCertificate,
    service_credentials: crate::ServiceCredential,
    signing_certificates: crate::SigningCertificate,
    ssh_public_keys: crate::SshPublicKey,
    outbound_federation: OutboundFederation,
    delegation_requests: DelegationRequest,
    event_selectors: crate::EventSelectors,
    role_deletions: RoleDeletion,
    sts_preferences: StsPreferences,
    saml_providers: crate::SamlProvider,
    access_reports: AccessReport,
    credential_reports: CredentialReport,
    key_uses: KeyUse,
    organization_access_reports: OrganizationAccessReport,
    principal_uses: PrincipalUse,
    provider_keys: crate::ProviderKeys,
    clusters: crate::Cluster,
    pod_identity_associations: crate::PodIdentityAssociation,
}

impl AccountView {
    /// The entities of a kind, by key.
    #[must_use]
    pub fn shelf<T: Shelved>(&self) -> &SortedMap<String, Arc<T>> {
        T::shelf(&self.shelves)
    }

    /// The entity of a kind with this key.
    #[must_use]
    pub fn shelved<T: Shelved>(&self, key: &str) -> Option<&Arc<T>> {
        self.shelf::<T>().get(key)
    }

    /// The entities of a kind whose keys begin with `prefix`, by key.
    pub fn shelved_under<'a, T: Shelved>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Arc<T>> {
        let first = self.shelf::<T>().get(prefix).into_iter();
        let others = self.shelf::<T>().after(prefix);
        let under = others.take_while(move |(key, _)| key.starts_with(prefix));
        first.chain(under.map(|(_, entity)| entity))
    }
}
