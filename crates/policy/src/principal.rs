//! Who is asking.

use std::borrow::Cow;

use crate::{AccountId, Arn};

/// The caller of a request, as the authentication of the request established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An unsigned request.
    Anonymous,
    /// The root user of an account.
    Root {
        /// Its account.
        account: AccountId,
    },
    /// An IAM user, with long-term keys or the credentials of GetSessionToken.
    User {
        /// The account that owns the user.
        account: AccountId,
        /// `arn:aws:iam::A:user/path/NAME`.
        arn: Arn,
        /// `AIDA…`.
        unique_id: String,
    },
    /// A session of a role.
    Role(Box<RoleSession>),
    /// A session made by GetFederationToken.
    FederatedUser {
        /// The account of the user that asked for the session.
        account: AccountId,
        /// `arn:aws:sts::A:federated-user/NAME`.
        arn: Arn,
        /// ARN of the IAM user (or root user) that asked for the session.
        user_arn: Arn,
        /// Unique id of that user.
        user_id: String,
    },
    /// The caller of AssumeRoleWithWebIdentity or AssumeRoleWithSAML, known only by its provider.
    Federated {
        /// Provider ARN, or the name of a built-in provider such as `accounts.google.com`.
        provider: String,
    },
    /// An AWS service calling on its own behalf.
    Service {
        /// `ec2.amazonaws.com`.
        name: String,
    },
}

/// The principal of a session of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSession {
    /// The account that owns the role.
    pub account: AccountId,
    /// `arn:aws:iam::A:role/path/NAME`.
    pub role_arn: Arn,
    /// `AROA…`.
    pub role_id: String,
    /// `arn:aws:sts::A:assumed-role/NAME/SESSION` (the path of the role is dropped).
    pub session_arn: Arn,
    /// The name the session was given.
    pub session_name: String,
    /// ARN or built-in name of the provider whose identity the session was made for.
    pub federated_provider: Option<String>,
}

impl Principal {
    /// The account whose identity policies speak for the caller, if there is one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Anonymous | Self::Federated { .. } | Self::Service { .. } => None,
            Self::Root { account }
            | Self::User { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Role(session) => Some(session.account),
        }
    }

    /// What stands after `User: ` in the text of a denial: the ARN as GetCallerIdentity shows it,
    /// or the name of a caller that has none.
    #[must_use]
    pub fn arn_text(&self) -> Cow<'_, str> {
        match self {
            Self::Anonymous => Cow::Borrowed("anonymous"),
            Self::Root { account } => Cow::Owned(format!("arn:aws:iam::{account}:root")),
            Self::User { arn, .. } | Self::FederatedUser { arn, .. } => Cow::Borrowed(arn.as_str()),
            Self::Role(session) => Cow::Borrowed(session.session_arn.as_str()),
            Self::Federated { provider } => Cow::Borrowed(provider),
            Self::Service { name } => Cow::Borrowed(name),
        }
    }
}
