//! What the server's own socket gives to this machine's administrator: short-lived
//! credentials and service accounts' tokens, decided by the same policies and recorded in
//! the same trail as any call.

mod issuers;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use directory::{Role, StoreError};
use door::{Authentication, Call, Caller, Door, Need, Permit};
use federation::{Issuer, ServiceAccountRef, ServiceAccountToken};
use jiff::Timestamp;
use policy::{AccountId, Arn};
use serde_json::json;
use session::{Credentials, Session, SessionDuration, SessionPolicies};
use thiserror::Error;
use trail::{Draft, Resource};
use uuid::Uuid;

use crate::iam::delegation;
use crate::sts::Grant;
use crate::wire::Secret;

/// Why the socket refused.
#[derive(Debug, Error)]
pub enum LocalError {
    /// No such role.
    #[error("the role `{0}` does not exist; `aws iam list-roles` shows those that do")]
    NoSuchRole(String),
    /// The duration is not one that the role allows.
    #[error("`{name}` allows sessions of 900 to {most} seconds, not {asked}")]
    Duration {
        /// The role's name.
        name: String,
        /// The role's maximum.
        most: u32,
        /// What was asked for.
        asked: u32,
    },
    /// The role's trust policy does not allow the account's root, which the socket acts as.
    #[error("{0}; the socket acts as the account's root, which the role's trust policy must allow")]
    Denied(String),
    /// No delegation request's exchange token can be had.
    #[error(
        "the delegation request `{0}` has no exchange token: it does not exist, or nobody has \
         released the token with SendDelegationToken"
    )]
    NoExchangeToken(String),
    /// A token can't have these properties.
    #[error("{0}")]
    Token(String),
    /// An issuer can't be changed as asked.
    #[error("{0}")]
    Issuer(String),
    /// The trail or the directory can't be written, or a session can't be sealed.
    #[error("{0}")]
    Failed(String),
}

impl From<StoreError> for LocalError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// One request through the socket.
#[derive(Debug)]
pub struct Local<'a> {
    door: &'a Door,
    uid: u32,
    call: Call,
}

impl<'a> Local<'a> {
    /// A request by the process of this user id, which the kernel has vouched for.
    #[must_use]
    pub fn new(door: &'a Door, uid: u32) -> Self {
        let call = Call {
            request_id: Uuid::new_v4().to_string(),
            now: door.now(),
            caller: Caller::local(door.account(), uid),
            region: door.region().to_owned(),
            signed_region: None,
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: Some("daypass".to_owned()),
            referer: None,
            host: String::new(),
            tls: None,
            authentication: Authentication::None,
            payload_hash: None,
        };
        Self { door, uid, call }
    }

    /// Credentials of a role for `seconds`, one hour when not said.
    ///
    /// # Errors
    /// [`LocalError`]; a refusal is recorded too.
    pub async fn credentials(
        &self,
        role_arn: &str,
        seconds: Option<u32>,
    ) -> Result<Credentials, LocalError> {
        let mut event = Draft {
            event_source: "sts.amazonaws.com",
            event_name: "AssumeRole".to_owned(),
            read_only: true,
            management: true,
            request_parameters: Some(json!({
                "roleArn": role_arn,
                "roleSessionName": self.session_name(),
                "durationSeconds": seconds,
            })),
            resources: vec![Resource {
                account: Some(account_of(role_arn).unwrap_or(self.door.account())),
                kind: "AWS::IAM::Role".to_owned(),
                arn: role_arn.to_owned(),
            }],
            ..Draft::default()
        };
        let result = self.assume(role_arn, seconds);
        match &result {
            Ok((credentials, session)) => {
                event.response_elements = Some(answer(credentials, session));
            }
            Err(error) => event.error = Some(("AccessDenied".to_owned(), error.to_string())),
        }
        self.record(&event).await?;
        result.map(|(credentials, _)| credentials)
    }

    /// A service account's token from an issuer that this server hosts.
    ///
    /// # Errors
    /// [`LocalError::Token`] when the lifetime or an audience is not possible.
    pub async fn token(
        &self,
        issuer: &Issuer,
        account: ServiceAccountRef,
        audiences: Vec<String>,
        lifetime_seconds: i64,
    ) -> Result<String, LocalError> {
        let mut event = Draft {
            event_source: "sts.amazonaws.com",
            event_name: "IssueServiceAccountToken".to_owned(),
            read_only: false,
            management: true,
            request_parameters: Some(json!({
                "issuer": issuer.url().as_str(),
                "subject": format!("system:serviceaccount:{}:{}", account.namespace(), account.name()),
                "audiences": audiences,
                "durationSeconds": lifetime_seconds,
            })),
            ..Draft::default()
        };
        let claims = ServiceAccountToken {
            account,
            audiences,
            lifetime_seconds,
            pod: None,
        };
        let result = issuer
            .sign(&claims, self.call.now)
            .map_err(|error| LocalError::Token(error.to_string()));
        if let Err(error) = &result {
            event.error = Some(("ValidationException".to_owned(), error.to_string()));
        }
        self.record(&event).await?;
        result
    }

    /// The exchange token of a delegation request, once it is released. Nothing is sent to the
    /// notification channel of the request, so this is how its requestor gets it.
    ///
    /// # Errors
    /// [`LocalError::NoExchangeToken`] when there is none.
    pub async fn delegation_token(&self, id: &str) -> Result<Secret, LocalError> {
        let mut event = Draft {
            event_source: "iam.amazonaws.com",
            event_name: "ReadDelegationToken".to_owned(),
            read_only: true,
            management: true,
            request_parameters: Some(json!({"delegationRequestId": id})),
            ..Draft::default()
        };
        let snapshot = self.door.directory().snapshot();
        let request = delegation::find(&snapshot, id);
        let token = request.and_then(|request| delegation::token_of(self.door, request));
        let result = token.ok_or_else(|| LocalError::NoExchangeToken(id.to_owned()));
        if let Err(error) = &result {
            event.error = Some(("NoSuchEntityException".to_owned(), error.to_string()));
        }
        self.record(&event).await?;
        result
    }

    fn assume(
        &self,
        role_arn: &str,
        seconds: Option<u32>,
    ) -> Result<(Credentials, Arc<Session>), LocalError> {
        let snapshot = self.door.directory().snapshot();
        let role = snapshot
            .assumable_role(role_arn)
            .ok_or_else(|| LocalError::NoSuchRole(role_arn.to_owned()))?;
        let permit = self.permit(role)?;
        let seconds = duration(role, seconds)?;
        let grant = Grant {
            role: Arc::clone(role),
            name: self
                .session_name()
                .parse()
                .map_err(|_| LocalError::Failed("the session has no valid name".to_owned()))?,
            seconds,
            source_identity: None,
            tags: Vec::new(),
            policies: SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        grant
            .issue(self.door, self.call.now, &permit)
            .map_err(|error| LocalError::Failed(error.to_string()))
    }

    fn permit(&self, role: &Role) -> Result<Permit, LocalError> {
        let need = Need::new("sts:AssumeRole", role.arn())
            .owner(role.account)
            .trust_policy(role.trust.policy())
            .key("sts:RoleSessionName", self.session_name());
        self.door
            .authorize(&self.call, &[need])
            .map_err(|denied| LocalError::Denied(denied.short))
    }

    fn session_name(&self) -> String {
        format!("local-uid-{}", self.uid)
    }

    async fn record(&self, event: &Draft) -> Result<(), LocalError> {
        self.door
            .record(&self.call, event)
            .await
            .map_err(|error| LocalError::Failed(error.to_string()))
    }
}

fn duration(role: &Role, asked: Option<u32>) -> Result<u32, LocalError> {
    let asked = asked.unwrap_or(SessionDuration::HOUR.seconds());
    if (SessionDuration::MIN.seconds()..=role.max_session_duration).contains(&asked) {
        return Ok(asked);
    }
    Err(LocalError::Duration {
        name: role.name.to_string(),
        most: role.max_session_duration,
        asked,
    })
}

fn answer(credentials: &Credentials, session: &Session) -> serde_json::Value {
    let expires = Timestamp::from_second(credentials.expires_at).unwrap_or_default();
    json!({
        "credentials": {
            "accessKeyId": credentials.access_key_id.as_str(),
            "expiration": expires.to_string(),
        },
        "assumedRoleUser": {"assumedRoleId": session.user_id()},
    })
}

/// The account that a role's ARN names.
fn account_of(arn: &str) -> Option<AccountId> {
    let arn: Arn = arn.parse().ok()?;
    arn.account().parse().ok()
}
