//! Callers and documents that several tests share.

use policy::{
    AccountId, Context, Decision, DocumentKind, Policies, Policy, Principal, Request, ResourceKind,
    RoleSession, Source, decide,
};

pub(crate) const HOME: &str = "123456789012";
pub(crate) const OTHER: &str = "210987654321";

pub(crate) fn account(number: &str) -> AccountId {
    number.parse().unwrap()
}

pub(crate) fn user() -> Principal {
    let arn = format!("arn:aws:iam::{HOME}:user/alice").parse().unwrap();
    Principal::User {
        account: account(HOME),
        arn,
        unique_id: "AIDAALICE".to_owned(),
    }
}

pub(crate) fn session() -> Principal {
    Principal::Role(Box::new(RoleSession {
        account: account(HOME),
        role_arn: format!("arn:aws:iam::{HOME}:role/team/app")
            .parse()
            .unwrap(),
        role_id: "AROAAPP".to_owned(),
        session_arn: format!("arn:aws:sts::{HOME}:assumed-role/app/s1")
            .parse()
            .unwrap(),
        session_name: "s1".to_owned(),
        federated_provider: None,
    }))
}

pub(crate) fn federated_user() -> Principal {
    Principal::FederatedUser {
        account: account(HOME),
        arn: format!("arn:aws:sts::{HOME}:federated-user/Bob")
            .parse()
            .unwrap(),
        user_arn: format!("arn:aws:iam::{HOME}:user/alice").parse().unwrap(),
        user_id: "AIDAALICE".to_owned(),
    }
}

pub(crate) fn root() -> Principal {
    Principal::Root {
        account: account(HOME),
    }
}

pub(crate) fn parse(kind: DocumentKind, text: &str) -> Policy {
    Policy::parse(kind, text).unwrap_or_else(|error| panic!("{error}: {}\n{text}", error.reason()))
}

/// One statement about everything.
pub(crate) fn identity(effect: &str, action: &str) -> Policy {
    parse(
        DocumentKind::Identity,
        &format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Only","Effect":"{effect}","Action":"{action}","Resource":"*"}}}}"#
        ),
    )
}

/// One statement of a resource's policy about everything; `principal` is JSON.
pub(crate) fn resource(effect: &str, principal: &str) -> Policy {
    parse(
        DocumentKind::Resource,
        &format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{principal},"Action":"*","Resource":"*"}}}}"#
        ),
    )
}

pub(crate) fn source(policy: &Policy) -> Source<'_> {
    Source {
        policy,
        arn: Some("arn:aws:iam::aws:policy/P"),
        name: "P",
    }
}

fn sources(policies: &[Policy]) -> Vec<Source<'_>> {
    policies.iter().map(source).collect()
}

/// The policies of a request, owned.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) identity: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    pub(crate) session: Option<Policy>,
    pub(crate) resource: Option<Policy>,
    pub(crate) scps: Option<Vec<Policy>>,
    pub(crate) rcps: Option<Vec<Policy>>,
    pub(crate) trust: bool,
    pub(crate) context: Context,
}

impl World {
    /// Asks for `s3:GetObject` (or AssumeRole) on a resource of `owner`.
    pub(crate) fn ask(&self, principal: &Principal, owner: &str) -> Decision<'_> {
        let identity = sources(&self.identity);
        let boundary = self.boundary.as_ref().map(|policy| [source(policy)]);
        let session = self.session.as_ref().map(|policy| [source(policy)]);
        let scps = self.scps.as_deref().map(sources);
        let rcps = self.rcps.as_deref().map(sources);
        let scps: Option<Vec<&[Source<'_>]>> = scps.as_ref().map(|level| level.chunks(1).collect());
        let rcps: Option<Vec<&[Source<'_>]>> = rcps.as_ref().map(|level| level.chunks(1).collect());
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_ref().map(|sources| sources.as_slice()),
            session: session.as_ref().map(|sources| sources.as_slice()),
            resource: self.resource.as_ref().map(source),
            resource_kind: if self.trust {
                ResourceKind::RoleTrust
            } else {
                ResourceKind::Ordinary
            },
            scps: scps.as_deref(),
            rcps: rcps.as_deref(),
        };
        let request = Request {
            principal,
            action: if self.trust {
                "sts:AssumeRole"
            } else {
                "s3:GetObject"
            },
            resource: "arn:aws:s3:::b/k",
            resource_account: Some(account(owner)),
            context: &self.context,
        };
        decide(&request, &policies)
    }
}

/// Everybody, as a resource policy names them.
pub(crate) const EVERYBODY: &str = r#""Principal":"*""#;
/// The user that [`user`] is.
pub(crate) const USER: &str = r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}"#;

/// A policy that allows everything.
pub(crate) fn allow() -> Policy {
    identity("Allow", "*")
}

/// A policy that allows something else than what is asked.
pub(crate) fn unrelated() -> Policy {
    identity("Allow", "sqs:*")
}

/// What a request comes to.
pub(crate) fn outcome(world: &World, principal: &Principal, owner: &str) -> policy::Outcome {
    world.ask(principal, owner).outcome
}
