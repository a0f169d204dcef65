//! Delegation requests: one account asks another for temporary access.

use std::fmt;

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// A request for temporary access (IAM User Guide, "IAM temporary delegation"). It is kept in the
/// account that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationRequest {
    /// The account that asks.
    pub requestor: AccountId,
    /// A UUID.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// Why it is made this time.
    pub message: Option<String>,
    /// ARN of the managed policy that its policy was made of.
    pub template: String,
    /// What was filled into the template.
    pub parameters: Vec<TemplateParameter>,
    /// What the delegated credentials may do at most.
    pub policy: String,
    /// The requestor's own name of the request.
    pub workflow_id: String,
    /// Where the requestor wants people to go on.
    pub redirect_url: Option<String>,
    /// ARN of the SNS topic that the requestor named.
    pub notification_channel: String,
    /// How long the access lasts, in seconds, from the release of the exchange token on.
    pub session_seconds: u32,
    /// Whether only its owner may release the exchange token.
    pub only_owner_sends: bool,
    /// The account that is asked, once it is known.
    pub owner_account: Option<AccountId>,
    /// Who has taken it on in that account.
    pub owner: Option<DelegationOwner>,
    /// How far it is.
    pub state: DelegationState,
    /// When it expires unless its state changes before.
    pub expires: Timestamp,
    /// Who has accepted it.
    pub approver: Option<Approver>,
    /// What was noted when it was passed on for approval.
    pub notes: Option<String>,
    /// What was noted when it was rejected.
    pub rejection_reason: Option<String>,
    /// What it is traded in for credentials with.
    pub exchange: Option<ExchangeToken>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// How far a request is (IAM User Guide, "Understanding the request lifecycle").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelegationState {
    /// Nobody has taken it on.
    Unassigned,
    /// It has an owner.
    Assigned,
    /// Its owner has passed it on for approval.
    PendingApproval,
    /// It is approved; the exchange token has not been released.
    Accepted,
    /// The exchange token is released.
    Finalized,
    /// It was turned down.
    Rejected,
    /// Nobody went on with it in time.
    Expired,
}

/// A value for a placeholder of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateParameter {
    /// The placeholder's name: `bucketName` for `@{bucketName}`.
    pub name: String,
    /// Its values: one, unless it is a list.
    pub values: Vec<String>,
    /// Whether it is a list.
    pub list: bool,
}

/// Who has taken a request on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationOwner {
    /// Its ARN.
    pub arn: String,
    /// `aws:userid`, which no later identity of the same name has.
    pub user_id: String,
}

/// Who has accepted a request, and what its credentials carried then: the delegated credentials
/// are of this identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    /// Its ARN.
    pub arn: String,
    /// The entity behind it.
    pub entity: ApproverEntity,
    /// When its session was issued; of a user with a long-term key, when it accepted. In seconds
    /// since the epoch.
    pub issued_at: i64,
    /// Its source identity.
    pub source_identity: Option<String>,
    /// Its session tags: key, value, and whether it is transitive.
    pub tags: Vec<(String, String, bool)>,
    /// The provider that vouched for it.
    pub federated: Option<ApproverProvider>,
    /// When it proved a second factor, in seconds since the epoch.
    pub mfa: Option<i64>,
    /// What an issuer attested of it.
    pub attested: Vec<(String, String)>,
}

/// The identity provider that vouched for who has accepted a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproverProvider {
    /// Its ARN.
    pub arn: String,
    /// Condition keys made of the claims of its token.
    pub keys: Vec<(String, Vec<String>)>,
}

/// The entity that has accepted a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApproverEntity {
    /// A session of a role.
    Role {
        /// `AROA…`.
        id: String,
        /// The session's name.
        session_name: String,
    },
    /// A user.
    User {
        /// `AIDA…`.
        id: String,
    },
}

/// What a request is traded in for credentials with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeToken {
    /// The token, sealed under the server's key-encryption key; base64.
    pub sealed: String,
    /// When it was released.
    pub released: Timestamp,
}

impl fmt::Debug for ExchangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExchangeToken(released {})", self.released)
    }
}

impl DelegationRequest {
    /// Its state at a time: expired when nobody went on with it before.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> DelegationState {
        if self.expires <= now {
            DelegationState::Expired
        } else {
            self.state
        }
    }
}

impl DelegationState {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unassigned => "UNASSIGNED",
            Self::Assigned => "ASSIGNED",
            Self::PendingApproval => "PENDING_APPROVAL",
            Self::Accepted => "ACCEPTED",
            Self::Finalized => "FINALIZED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }

    /// How long a request stays in a state before it expires, in hours.
    #[must_use]
    pub fn hours(self) -> i64 {
        match self {
            Self::Unassigned => 24,
            _ => 7 * 24,
        }
    }
}

impl Entity for DelegationRequest {
    const KIND: &'static str = "delegation-request";

    fn account(&self) -> AccountId {
        self.requestor
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
