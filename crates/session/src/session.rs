//! The session record: everything that temporary credentials carry.

use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::name::{SessionName, SourceIdentity};

/// One session, as it is sealed into its token. Times are seconds since the Unix epoch.
///
/// The layout is part of the token format: a change of fields or their order needs a new token version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The account of the principal.
    pub account: AccountId,
    /// Whose session it is.
    pub kind: SessionKind,
    /// `RoleSessionName`; of a federated user its `Name`; of a user's own session (`GetSessionToken`), which has no name on the
    /// wire, the user's unique id.
    pub name: SessionName,
    /// When the credentials were issued: `aws:TokenIssueTime`.
    pub issued_at: i64,
    /// The first second at which they no longer work.
    pub expires_at: i64,
    /// `sts:SourceIdentity`, fixed for a whole chain of roles.
    pub source_identity: Option<SourceIdentity>,
    /// Session tags, own and inherited: `aws:PrincipalTag/…`.
    pub tags: Vec<SessionTag>,
    /// Session policies, which can only narrow what the principal may do.
    pub policies: SessionPolicies,
    /// Set when an identity provider vouched for the caller.
    pub federated: Option<Federated>,
    /// When the caller proved a second factor; `None` when it didn't.
    pub mfa: Option<i64>,
    /// True when the session was obtained with another role's session (role chaining).
    pub chained: bool,
    /// What an issuer attested of the workload behind the session, whatever name the caller chose for it: `namespace`,
    /// `serviceaccount`, `pod`, … with their values. It passes on to the sessions of a chain, which also carry the
    /// `provider` and the `sub` that `federated` holds in the first one.
    pub attested: Vec<(String, String)>,
}

/// The principal behind a session, by unique id, so that an entity of the same name that is created later is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionKind {
    /// An assumed role.
    Role {
        /// `AROA…`
        role_id: String,
    },
    /// `GetFederationToken`.
    FederatedUser {
        /// `AIDA…` of the user that called.
        user_id: String,
    },
    /// `GetSessionToken`.
    User {
        /// `AIDA…`
        user_id: String,
    },
    /// `AssumeRoot`: the root of a member account, for one task.
    Root {
        /// ARN of the task policy, which is the most that the session may do.
        task_policy: String,
    },
}

/// One session tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    /// The key, in the case in which it was given.
    pub key: String,
    /// The value.
    pub value: String,
    /// True when the tag passes on to roles assumed from this session.
    pub transitive: bool,
}

/// The session policies: their union is intersected with the principal's own permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicies {
    /// `Policy`: the document as it was given.
    pub inline: Option<String>,
    /// `PolicyArns`: managed policies, read at the time of each request.
    pub arns: Vec<String>,
}

impl SessionPolicies {
    /// True when the session isn't narrowed at all.
    pub fn is_empty(&self) -> bool {
        self.inline.is_none() && self.arns.is_empty()
    }
}

/// What is kept of the identity provider's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Federated {
    /// The provider's ARN: `aws:FederatedProvider`.
    pub provider: String,
    /// Condition keys made of its claims (`issuer.example.com:sub`), with their values.
    pub keys: Vec<(String, Vec<String>)>,
}

impl Session {
    /// `aws:userid` and `GetCallerIdentity`'s `UserId`: `AROA…:name`, `account:name` of a federated user, `AIDA…`.
    pub fn user_id(&self) -> String {
        match &self.kind {
            SessionKind::Role { role_id } => format!("{role_id}:{}", self.name),
            SessionKind::FederatedUser { .. } => format!("{}:{}", self.account, self.name),
            SessionKind::User { user_id } => user_id.clone(),
            SessionKind::Root { .. } => format!("{}:{}", self.account, self.name),
        }
    }

    /// The unique id of the entity that must still exist for the session to be honoured; `None` for the root, which is its
    /// account.
    pub fn principal_id(&self) -> Option<&str> {
        match &self.kind {
            SessionKind::Role { role_id } => Some(role_id),
            SessionKind::FederatedUser { user_id } | SessionKind::User { user_id } => Some(user_id),
            SessionKind::Root { .. } => None,
        }
    }
}
