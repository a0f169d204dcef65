//! Who makes a request.

use std::sync::{Arc, OnceLock};

use directory::{Role, Tags, User};
use policy::{AccountId, Arn, DocumentKind, InvalidArn, Policy, Principal, RoleSession};
use session::Session;
use trail::{SessionIssuer, UserIdentity, UserSession};

use crate::attested;

/// The caller of a request, proven or anonymous.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is, as policies name it.
    pub principal: Principal,
    /// Who it is, as the audit trail names it.
    pub identity: UserIdentity,
    /// The key that signed.
    pub access_key_id: Option<String>,
    /// The session behind temporary credentials.
    pub session: Option<Arc<Session>>,
    pub(crate) attached: Attached,
    /// The session's own policy, compiled when the first decision needs it.
    session_policy: OnceLock<Arc<Policy>>,
}

/// The entity whose policies and tags are the caller's.
#[derive(Debug, Clone)]
pub(crate) enum Attached {
    Role(Arc<Role>),
    User(Arc<User>),
    None,
}

impl Caller {
    /// A request without credentials. `access_key_id` is a key that was named and not proven.
    #[must_use]
    pub fn anonymous(access_key_id: Option<String>) -> Self {
        Self {
            principal: Principal::Anonymous,
            identity: UserIdentity::Anonymous { access_key_id },
            access_key_id: None,
            session: None,
            attached: Attached::None,
            session_policy: OnceLock::new(),
        }
    }

    /// A process of this machine that came through the server's own socket, with the user
    /// id that the kernel vouched for: it acts as the account's root.
    #[must_use]
    pub fn local(account: AccountId, uid: u32) -> Self {
        Self {
            principal: Principal::Root { account },
            identity: UserIdentity::Local { account, uid },
            access_key_id: None,
            session: None,
            attached: Attached::None,
            session_policy: OnceLock::new(),
        }
    }

    /// The holder of a web identity token, before it has a session: `provider` is the OIDC
    /// provider's ARN, `audience` and `subject` are the token's.
    #[must_use]
    pub fn web_identity(provider: &str, audience: &str, subject: &str) -> Self {
        Self {
            principal: Principal::Federated {
                provider: provider.to_owned(),
            },
            identity: UserIdentity::WebIdentityUser {
                principal_id: format!("{provider}:{audience}:{subject}"),
                user_name: subject.to_owned(),
                identity_provider: provider.to_owned(),
            },
            access_key_id: None,
            session: None,
            attached: Attached::None,
            session_policy: OnceLock::new(),
        }
    }

    /// The bearer of a SAML assertion, before it has a session: `provider` is the SAML provider's
    /// ARN, `qualifier` and `subject` together name the user.
    #[must_use]
    pub fn saml(provider: &str, qualifier: &str, subject: &str) -> Self {
        Self {
            principal: Principal::Federated {
                provider: provider.to_owned(),
            },
            identity: UserIdentity::SamlUser {
                principal_id: format!("{qualifier}:{subject}"),
                user_name: subject.to_owned(),
                identity_provider: qualifier.to_owned(),
            },
            ..Self::anonymous(None)
        }
    }

    /// Somebody whom nobody has proven to be there, for the simulator: what follows from the
    /// principal, and nothing that is attached to it.
    #[must_use]
    pub fn supposed(principal: Principal) -> Self {
        Self {
            principal,
            ..Self::anonymous(None)
        }
    }

    /// A service of AWS that acts for a resource of its own, e.g. EKS for a cluster. What it does is decided by the
    /// policies of resources alone.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::supposed(Principal::Service {
            name: name.to_owned(),
        })
    }

    /// An IAM user with a long-term key.
    ///
    /// # Errors
    /// When the user's ARN isn't one, which validated names rule out.
    pub fn user(user: Arc<User>, access_key_id: &str) -> Result<Self, InvalidArn> {
        let arn: Arn = user.arn().parse()?;
        Ok(Self {
            principal: Principal::User {
                account: user.account,
                arn,
                unique_id: user.id.clone(),
            },
            identity: UserIdentity::IamUser {
                account: user.account,
                principal_id: user.id.clone(),
                arn: user.arn(),
                user_name: user.name.to_string(),
                access_key_id: access_key_id.to_owned(),
                session: None,
            },
            access_key_id: Some(access_key_id.to_owned()),
            session: None,
            attached: Attached::User(user),
            session_policy: OnceLock::new(),
        })
    }

    /// An IAM user with the credentials of `GetSessionToken`: the user itself, and no principal
    /// of its own (IAM user guide, "AWS JSON policy elements: Principal").
    ///
    /// # Errors
    /// When the user's ARN isn't one, which validated names rule out.
    pub fn user_session(
        user: Arc<User>,
        session: Arc<Session>,
        access_key_id: &str,
    ) -> Result<Self, InvalidArn> {
        let mut caller = Self::user(user, access_key_id)?;
        if let UserIdentity::IamUser { session: told, .. } = &mut caller.identity {
            *told = Some(UserSession {
                created: issue_time(&session),
                mfa: session.mfa.is_some(),
            });
        }
        caller.session = Some(session);
        Ok(caller)
    }

    /// The session of `GetFederationToken`, with the policies and tags of the user that asked
    /// for it.
    ///
    /// # Errors
    /// When the user's ARN or the session's isn't one, which validated names rule out.
    pub fn federated_user(
        user: Arc<User>,
        session: Arc<Session>,
        access_key_id: &str,
    ) -> Result<Self, InvalidArn> {
        let account = user.account;
        let arn = format!("arn:aws:sts::{account}:federated-user/{}", session.name);
        Ok(Self {
            principal: Principal::FederatedUser {
                account,
                arn: arn.parse()?,
                user_arn: user.arn().parse()?,
                user_id: user.id.clone(),
            },
            identity: UserIdentity::FederatedUser {
                account,
                principal_id: session.user_id(),
                arn,
                access_key_id: access_key_id.to_owned(),
                issuer: SessionIssuer {
                    principal_id: user.id.clone(),
                    arn: user.arn(),
                    user_name: user.name.to_string(),
                },
                created: issue_time(&session),
            },
            access_key_id: Some(access_key_id.to_owned()),
            session: Some(session),
            attached: Attached::User(user),
            session_policy: OnceLock::new(),
        })
    }

    /// A role session.
    ///
    /// # Errors
    /// When the role's ARN or the session's isn't one, which validated names rule out.
    pub fn role(
        role: Arc<Role>,
        session: Arc<Session>,
        access_key_id: &str,
    ) -> Result<Self, InvalidArn> {
        let name = session.name.as_str();
        let account = role.account;
        // The session's ARN drops the role's path (IAM user guide, "IAM identifiers").
        let session_arn = format!("arn:aws:sts::{account}:assumed-role/{}/{name}", role.name);
        let federated = session.federated.as_ref();
        Ok(Self {
            principal: Principal::Role(Box::new(RoleSession {
                account,
                role_arn: role.arn().parse()?,
                role_id: role.id.clone(),
                session_arn: session_arn.parse()?,
                session_name: name.to_owned(),
                federated_provider: federated.map(|it| it.provider.clone()),
            })),
            identity: UserIdentity::AssumedRole {
                account,
                principal_id: format!("{}:{name}", role.id),
                arn: session_arn,
                access_key_id: access_key_id.to_owned(),
                issuer: SessionIssuer {
                    principal_id: role.id.clone(),
                    arn: role.arn(),
                    user_name: role.name.to_string(),
                },
                web_identity: attested::federation(&session),
                created: issue_time(&session),
                mfa: session.mfa.is_some(),
                source_identity: session
                    .source_identity
                    .as_ref()
                    .map(|it| it.as_str().to_owned()),
            },
            access_key_id: Some(access_key_id.to_owned()),
            session: Some(session),
            attached: Attached::Role(role),
            session_policy: OnceLock::new(),
        })
    }

    /// The root of a member account, by a session of `AssumeRoot`.
    #[must_use]
    pub(crate) fn assumed_root(session: Arc<Session>, access_key_id: &str) -> Self {
        let account = session.account;
        let created = jiff::Timestamp::from_second(session.issued_at).unwrap_or_default();
        let source_identity = session.source_identity.as_ref();
        Self {
            identity: UserIdentity::AssumedRoot {
                account,
                access_key_id: access_key_id.to_owned(),
                created: created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                source_identity: source_identity.map(|it| it.as_str().to_owned()),
            },
            access_key_id: Some(access_key_id.to_owned()),
            session: Some(session),
            ..Self::supposed(Principal::Root { account })
        }
    }

    /// The caller's account; anonymous and federated callers have none.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.principal.account()
    }

    /// The caller's own ARN: for a session, the session's.
    #[must_use]
    pub fn arn(&self) -> String {
        self.principal.arn_text().into_owned()
    }

    /// `UserId` of `GetCallerIdentity`, `aws:userid` of policies.
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Root { account } => account.to_string(),
            Principal::User { unique_id, .. } => unique_id.clone(),
            Principal::Role(role) => format!("{}:{}", role.role_id, role.session_name),
            // `ACCOUNT:NAME`; the principal's `user_id` is that of the user behind it.
            Principal::FederatedUser { account, arn, .. } => {
                let name = arn.resource().rsplit('/').next().unwrap_or_default();
                format!("{account}:{name}")
            }
            Principal::Anonymous | Principal::Federated { .. } | Principal::Service { .. } => {
                "anonymous".to_owned()
            }
        }
    }

    /// The user's name, for IAM users with long-term keys or the credentials of
    /// `GetSessionToken`; federated users have none.
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        match (&self.principal, &self.attached) {
            (Principal::User { .. }, Attached::User(user)) => Some(user.name.as_str()),
            _ => None,
        }
    }

    /// The policy that the session was made with, if any. One that can't be read denies everything.
    pub(crate) fn session_policy(&self) -> Option<&Arc<Policy>> {
        let text = self.session.as_ref()?.policies.inline.as_ref()?;
        Some(self.session_policy.get_or_init(|| {
            let policy = Policy::parse(DocumentKind::Session, text);
            Arc::new(policy.unwrap_or_else(|_| Policy::deny_all()))
        }))
    }

    pub(crate) fn entity_tags(&self) -> Option<&Tags> {
        match &self.attached {
            Attached::Role(role) => Some(&role.tags),
            Attached::User(user) => Some(&user.tags),
            Attached::None => None,
        }
    }
}

/// When a session was issued, as records have it.
fn issue_time(session: &Session) -> String {
    let issued = jiff::Timestamp::from_second(session.issued_at).unwrap_or_default();
    issued.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
