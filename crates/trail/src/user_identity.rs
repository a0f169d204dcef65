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
    /// An IAM user with a long-term key.
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
    /// Nobody: no credentials, or credentials that were refused.
    Anonymous {
        /// The key id that was presented, if any.
        access_key_id: Option<String>,
    },
}

/// `sessionContext.sessionIssuer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionIssuer {
    /// `AROA…`.
    pub principal_id: String,
    /// The role's ARN, path included.
    pub arn: String,
    /// The role's name.
    pub user_name: String,
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
            Self::Root { account, .. } => format!("arn:aws:iam::{account}:root"),
            Self::IamUser { arn, .. } | Self::AssumedRole { arn, .. } => arn.clone(),
            Self::WebIdentityUser { principal_id, .. } => principal_id.clone(),
            Self::Local { uid, .. } => format!("uid:{uid}"),
            Self::AwsAccount { principal_id, .. } => principal_id.clone(),
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
            Self::IamUser {
                account,
                principal_id,
                arn,
                user_name,
                access_key_id,
            } => json!({
                "type": "IAMUser",
                "principalId": principal_id,
                "arn": arn,
                "accountId": account.to_string(),
                "accessKeyId": access_key_id,
                "userName": user_name,
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
                context.insert(
                    "sessionIssuer".into(),
                    json!({
                        "type": "Role",
                        "principalId": issuer.principal_id,
                        "arn": issuer.arn,
                        "accountId": account.to_string(),
                        "userName": issuer.user_name,
                    }),
                );
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
                context.insert(
                    "attributes".into(),
                    json!({"creationDate": created, "mfaAuthenticated": mfa.to_string()}),
                );
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
            Self::Anonymous { access_key_id } => {
                let mut value =
                    json!({"type": "AWSAccount", "principalId": "", "accountId": "anonymous"});
                set(&mut value, "accessKeyId", access_key_id.as_deref());
                value
            }
        }
    }
}

fn set(value: &mut Value, name: &str, text: Option<&str>) {
    if let (Some(map), Some(text)) = (value.as_object_mut(), text) {
        map.insert(name.to_owned(), json!(text));
    }
}
