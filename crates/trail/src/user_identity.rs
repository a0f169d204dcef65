//! `userIdentity`: who made the request, in CloudTrail's forms.

use policy::AccountId;
use serde_json::{Map, Value, json};

/// The caller as a CloudTrail record names it (CloudTrail user guide, "userIdentity element").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserIdentity {
    /// The account's root.
    Root {
        /// The account.
        account: AccountId,
        /// The key that signed, if one did.
        access_key_id: Option<String>,
    },
    /// The root of a member account, by a session of `AssumeRoot`.
    AssumedRoot {
        /// The account.
        account: AccountId,
        /// The key that signed.
        access_key_id: String,
        /// When the session was issued, RFC 3339.
        created: String,
        /// The session's source identity.
        source_identity: Option<String>,
    },
    /// An IAM user, with a long-term key or the credentials of `GetSessionToken`.
    IamUser {
        /// The account.
        account: AccountId,
        /// `AIDA…`.
        principal_id: String,
        /// The user's ARN.
        arn: String,
        /// The user's name.
        user_name: String,
        /// The key that signed.
        access_key_id: String,
        /// Set for temporary credentials.
        session: Option<UserSession>,
    },
    /// The session of `GetFederationToken`.
    FederatedUser {
        /// The account.
        account: AccountId,
        /// `ACCOUNT:NAME`.
        principal_id: String,
        /// `arn:aws:sts::…:federated-user/…`.
        arn: String,
        /// The key that signed.
        access_key_id: String,
        /// The user that asked for the session.
        issuer: SessionIssuer,
        /// When the session was issued, RFC 3339.
        created: String,
    },
    /// A role session.
    AssumedRole {
        /// The account.
        account: AccountId,
        /// `AROA…:session`.
        principal_id: String,
        /// `arn:aws:sts::…:assumed-role/…`.
        arn: String,
        /// The key that signed.
        access_key_id: String,
        /// The role behind the session.
        issuer: SessionIssuer,
        /// Set for sessions from a web identity.
        web_identity: Option<WebIdentityFederation>,
        /// When the session was issued, RFC 3339.
        created: String,
        /// Whether MFA was used when the session was issued.
        mfa: bool,
        /// The session's source identity.
        source_identity: Option<String>,
    },
    /// The unsigned caller of `AssumeRoleWithWebIdentity`.
    WebIdentityUser {
        /// `PROVIDER:AUDIENCE:SUBJECT`.
        principal_id: String,
        /// The token's subject.
        user_name: String,
        /// The provider's ARN.
        identity_provider: String,
    },
    /// The unsigned caller of `AssumeRoleWithSAML`.
    SamlUser {
        /// `NAMEQUALIFIER:SUBJECT`.
        principal_id: String,
        /// The assertion's subject.
        user_name: String,
        /// The name qualifier, which stands for the provider.
        identity_provider: String,
    },
    /// A process of this machine that came through the local socket.
    Local {
        /// The account.
        account: AccountId,
        /// Its Unix user id.
        uid: u32,
    },
    /// A principal of another account, in the trail of the account it came to.
    AwsAccount {
        /// The principal's account.
        account: AccountId,
        /// `AROA…:session` or `AIDA…`.
        principal_id: String,
    },
    /// A service of AWS that acts by itself, as a resource of the account tells it to.
    AwsService {
        /// For example `s3.amazonaws.com`.
        name: String,
    },
    /// Nobody: no credentials, or credentials that were refused.
    Anonymous {
        /// The key id that was presented, if any.
        access_key_id: Option<String>,
    },
}

/// `sessionContext.attributes` of a user's own session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSession {
    /// When the session was issued, RFC 3339.
    pub created: String,
    /// Whether MFA was used when the session was issued.
    pub mfa: bool,
}

/// `sessionContext.sessionIssuer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionIssuer {
    /// `AROA…` or `AIDA…`.
    pub principal_id: String,
    /// The role's or user's ARN, path included.
    pub arn: String,
    /// The role's or user's name.
    pub user_name: String,
}

impl SessionIssuer {
    /// `kind` is `Role` or `IAMUser`.
    fn to_json(&self, kind: &str, account: AccountId) -> Value {
        json!({
            "type": kind,
            "principalId": self.principal_id,
            "arn": self.arn,
            "accountId": account.to_string(),
            "userName": self.user_name,
        })
    }
}

/// `sessionContext.webIdFederationData`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentityFederation {
    /// The OIDC provider's ARN.
    pub provider: String,
    /// What its token attested, by name.
    pub attributes: Vec<(String, String)>,
}

impl UserIdentity {
    /// Who it is in one word, for log lines.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Root { account, .. } | Self::AssumedRoot { account, .. } => {
                format!("arn:aws:iam::{account}:root")
            }
            Self::IamUser { arn, .. }
            | Self::FederatedUser { arn, .. }
            | Self::AssumedRole { arn, .. } => arn.clone(),
            Self::WebIdentityUser { principal_id, .. } | Self::SamlUser { principal_id, .. } => {
                principal_id.clone()
            }
            Self::Local { uid, .. } => format!("uid:{uid}"),
            Self::AwsAccount { principal_id, .. } => principal_id.clone(),
            Self::AwsService { name } => name.clone(),
            Self::Anonymous { .. } => "anonymous".to_owned(),
        }
    }

    /// The JSON of `userIdentity`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Root {
                account,
                access_key_id,
            } => {
                let mut value = json!({
                    "type": "Root",
                    "principalId": account.to_string(),
                    "arn": format!("arn:aws:iam::{account}:root"),
                    "accountId": account.to_string(),
                });
                set(&mut value, "accessKeyId", access_key_id.as_deref());
                value
            }
            // IAM User Guide, "Track privileged tasks in CloudTrail".
            Self::AssumedRoot {
                account,
                access_key_id,
                created,
                source_identity,
            } => {
                let mut context = json!({
                    "attributes": {"creationDate": created, "mfaAuthenticated": "false"},
                    "assumedRoot": "true",
                });
                set(&mut context, "sourceIdentity", source_identity.as_deref());
                json!({
                    "type": "Root",
                    "principalId": account.to_string(),
                    "arn": format!("arn:aws:iam::{account}:root"),
                    "accountId": account.to_string(),
                    "accessKeyId": access_key_id,
                    "sessionContext": context,
                })
            }
            Self::IamUser {
                account,
                principal_id,
                arn,
                user_name,
                access_key_id,
                session,
            } => {
                let mut value = json!({
                    "type": "IAMUser",
                    "principalId": principal_id,
                    "arn": arn,
                    "accountId": account.to_string(),
                    "accessKeyId": access_key_id,
                    "userName": user_name,
                });
                if let (Some(map), Some(session)) = (value.as_object_mut(), session) {
                    let attributes = attributes(&session.created, session.mfa);
                    map.insert("sessionContext".into(), json!({"attributes": attributes}));
                }
                value
            }
            Self::FederatedUser {
                account,
                principal_id,
                arn,
                access_key_id,
                issuer,
                created,
            } => json!({
                "type": "FederatedUser",
                "principalId": principal_id,
                "arn": arn,
                "accountId": account.to_string(),
                "accessKeyId": access_key_id,
                "sessionContext": {
                    "sessionIssuer": issuer.to_json("IAMUser", *account),
                    "attributes": attributes(created, false),
                },
            }),
            Self::AssumedRole {
                account,
                principal_id,
                arn,
                access_key_id,
                issuer,
                web_identity,
                created,
                mfa,
                source_identity,
            } => {
                let mut context = Map::new();
                context.insert("sessionIssuer".into(), issuer.to_json("Role", *account));
                if let Some(web) = web_identity {
                    let attributes: Map<String, Value> = web
                        .attributes
                        .iter()
                        .map(|(name, value)| (name.clone(), json!(value)))
                        .collect();
                    context.insert(
                        "webIdFederationData".into(),
                        json!({"federatedProvider": web.provider, "attributes": attributes}),
                    );
                }
                context.insert("attributes".into(), attributes(created, *mfa));
                if let Some(source) = source_identity {
                    context.insert("sourceIdentity".into(), json!(source));
                }
                json!({
                    "type": "AssumedRole",
                    "principalId": principal_id,
                    "arn": arn,
                    "accountId": account.to_string(),
                    "accessKeyId": access_key_id,
                    "sessionContext": context,
                })
            }
            Self::WebIdentityUser {
                principal_id,
                user_name,
                identity_provider,
            } => json!({
                "type": "WebIdentityUser",
                "principalId": principal_id,
                "userName": user_name,
                "identityProvider": identity_provider,
            }),
            Self::SamlUser {
                principal_id,
                user_name,
                identity_provider,
            } => json!({
                "type": "SAMLUser",
                "principalId": principal_id,
                "userName": user_name,
                "identityProvider": identity_provider,
            }),
            // CloudTrail has no such caller; `Unknown` is its own type for one it can't name.
            Self::Local { account, uid } => json!({
                "type": "Unknown",
                "principalId": format!("uid:{uid}"),
                "accountId": account.to_string(),
                "userName": format!("local socket, uid {uid}"),
            }),
            Self::AwsAccount {
                account,
                principal_id,
            } => json!({
                "type": "AWSAccount",
                "principalId": principal_id,
                "accountId": account.to_string(),
            }),
            Self::AwsService { name } => json!({"type": "AWSService", "invokedBy": name}),
            Self::Anonymous { access_key_id } => {
                let mut value =
                    json!({"type": "AWSAccount", "principalId": "", "accountId": "anonymous"});
                set(&mut value, "accessKeyId", access_key_id.as_deref());
                value
            }
        }
    }
}

fn attributes(created: &str, mfa: bool) -> Value {
    json!({"creationDate": created, "mfaAuthenticated": mfa.to_string()})
}

fn set(value: &mut Value, name: &str, text: Option<&str>) {
    if let (Some(map), Some(text)) = (value.as_object_mut(), text) {
        map.insert(name.to_owned(), json!(text));
    }
}
