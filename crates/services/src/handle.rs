//! What an operation declares.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use directory::{AccountView, Snapshot};
use door::{Call, Denied, Door, Need, Permit, ResourcePolicies};
use federation::Verifier;
use policy::AccountId;
use saml::ServiceProvider;
use serde_json::Value;
use trail::{Resource, UserIdentity};

use crate::outbound::Outbound;
use crate::quotas::Quotas;
use crate::wire::{Fault, Operation};

/// What a handler sees besides its input.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The door: directory, server keys, clock, authorization.
    pub door: &'a Door,
    /// The request: who, when, from where.
    pub call: &'a Call,
    /// The caller's account, or the server's own for callers without one.
    pub account: AccountId,
    /// Verifies the tokens of OIDC providers.
    pub verifier: &'a Verifier,
    /// Who SAML assertions must be for.
    pub saml: &'a ServiceProvider,
    /// The policies of other services' resources, for the simulator.
    pub resources: Option<&'a dyn ResourcePolicies>,
    /// The accounts' issuers for other services.
    pub outbound: &'a Outbound,
    /// How much of everything an account may have.
    pub quotas: &'a Quotas,
    /// What the handler adds to the audit record.
    pub notes: &'a Notes,
}

/// What only a handler can find out for the audit record; each is written once.
#[derive(Debug, Default)]
pub struct Notes {
    /// The caller, where a token in the request says who it is.
    pub identity: OnceLock<UserIdentity>,
    /// The account whose trail it is, for callers that have none.
    pub recipient: OnceLock<AccountId>,
    /// `additionalEventData`.
    pub additional: OnceLock<Value>,
    /// The resources of the record, where the input alone does not name them.
    pub resources: OnceLock<Vec<Resource>>,
    /// Why the call failed, for the server's log only.
    pub reason: OnceLock<String>,
    /// Why the caller was refused, sealed, for the answer's header.
    pub authorization_message: OnceLock<String>,
    /// The record's `errorMessage`, where it is another text than the client's.
    pub error_message: OnceLock<&'static str>,
}

impl At<'_> {
    /// What exists now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.door.directory().snapshot()
    }

    /// Notes a refusal by policy: its reason for the server's log, and for the caller the sealed message that
    /// `DecodeAuthorizationMessage` opens.
    pub fn refused(&self, denied: &Denied) {
        let _ = self.notes.reason.set(denied.told());
        if let Some(message) = self.door.authorization_message(self.call, denied) {
            let _ = self.notes.authorization_message.set(message);
        }
    }

    /// Reads from the caller's account.
    ///
    /// # Errors
    /// What `read` answers, or an internal fault when the account is gone.
    pub fn view<T>(&self, read: impl FnOnce(&AccountView) -> Result<T, Fault>) -> Result<T, Fault> {
        let snapshot = self.snapshot();
        read(account_view(&snapshot, self.account)?)
    }
}

/// An account's entities in a snapshot.
///
/// # Errors
/// An internal fault when there is no such account; callers always have one that exists.
pub fn account_view(snapshot: &Snapshot, account: AccountId) -> Result<&AccountView, Fault> {
    let errors = crate::wire::Protocol::Query.errors();
    snapshot.account(account).ok_or_else(|| {
        let message = format!("The account {account} does not exist.");
        errors.internal.fault(message)
    })
}

/// What has to be allowed before an operation runs.
pub enum Needs {
    /// Nothing beyond valid credentials, and no policy can deny it (`GetCallerIdentity`).
    Credentials,
    /// The handler decides itself, because what is needed depends on more than the input:
    /// it calls [`Door::authorize`] or [`Door::authorize_as`] and takes that permit on.
    OwnDecision,
    /// Every one of these.
    All(Vec<Need>),
}

impl From<Need> for Needs {
    fn from(need: Need) -> Self {
        Self::All(vec![need])
    }
}

/// An operation: the declaration that everything else follows from.
pub trait Handle: Operation {
    /// CloudTrail's `readOnly`.
    const READ_ONLY: bool;
    /// Whether the audit record holds the answer's elements; they are left out of read-only
    /// operations, but for `AssumeRole*`.
    const RECORDS_ANSWER: bool = !Self::READ_ONLY;
    /// Whether it is called without a signature.
    const UNSIGNED: bool = false;

    /// The actions and resources that the caller must be allowed.
    ///
    /// # Errors
    /// A fault in the input that is found before authorization.
    fn needs(input: &Self::Input, at: &At<'_>) -> Result<Needs, Fault>;

    /// The resources for the audit record.
    fn resources(_input: &Self::Input, _at: &At<'_>) -> Vec<Resource> {
        Vec::new()
    }

    /// Does it. Only the door makes a [`Permit`], so this can't be called unauthorized.
    fn handle(
        input: Self::Input,
        permit: Permit,
        at: &At<'_>,
    ) -> impl Future<Output = Result<Self::Output, Fault>> + Send;
}
