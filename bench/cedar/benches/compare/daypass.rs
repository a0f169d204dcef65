//! A scenario for Daypass.

use policy::{
    AccountId, Context, DocumentKind, Policies, Policy, Principal, Request, RoleSession, Source,
    decide,
};

use crate::scenario::{ACTION, Facts, RESOURCE, Scenario};

const ACCOUNT: &str = "123456789012";

pub(crate) struct Engine {
    caller: Principal,
    account: AccountId,
    attached: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Policy>,
}

impl Engine {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let parse = |kind| move |text: &str| Policy::parse(kind, text).unwrap();
        let managed = parse(DocumentKind::Managed);
        Self {
            caller: caller(),
            account: ACCOUNT.parse().unwrap(),
            attached: scenario
                .attached
                .iter()
                .map(|(_, text)| managed(text))
                .collect(),
            boundary: scenario.boundary.map(parse(DocumentKind::Boundary)),
            session: scenario.session.map(parse(DocumentKind::Session)),
        }
    }

    pub(crate) fn allows(&self, facts: &Facts) -> bool {
        self.ask(facts, |request, policies| {
            decide(request, policies).is_allowed()
        })
    }

    /// Hands over the request and its policies.
    pub(crate) fn ask<T>(
        &self,
        facts: &Facts,
        run: impl FnOnce(&Request<'_>, &Policies<'_, '_>) -> T,
    ) -> T {
        let attached: Vec<Source<'_>> = self.attached.iter().map(source).collect();
        let boundary = self.boundary.as_ref().map(|policy| [source(policy)]);
        let session = self.session.as_ref().map(|policy| [source(policy)]);
        let policies = Policies {
            identity: &attached,
            boundary: boundary.as_ref().map(|sources| sources.as_slice()),
            session: session.as_ref().map(|sources| sources.as_slice()),
            ..Policies::default()
        };
        let context = context(facts);
        let request = Request {
            principal: &self.caller,
            action: ACTION,
            resource: RESOURCE,
            resource_account: Some(self.account),
            context: &context,
        };
        run(&request, &policies)
    }
}

fn source(policy: &Policy) -> Source<'_> {
    Source {
        policy,
        arn: None,
        name: "policy",
    }
}

fn caller() -> Principal {
    let arn = |text: String| text.parse().unwrap();
    Principal::Role(Box::new(RoleSession {
        account: ACCOUNT.parse().unwrap(),
        role_arn: arn(format!("arn:aws:iam::{ACCOUNT}:role/app")),
        role_id: "AROAAPP".to_owned(),
        session_arn: arn(format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/s1")),
        session_name: "s1".to_owned(),
        federated_provider: None,
    }))
}

/// The keys that the server sets for a role's session that reads an object.
fn context(facts: &Facts) -> Context {
    [
        ("aws:CurrentTime", facts.time),
        ("aws:EpochTime", "1795291954"),
        ("aws:SourceIp", facts.address),
        ("aws:SecureTransport", "false"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:ViaAWSService", "false"),
        ("aws:UserAgent", "aws-cli/2"),
        ("aws:ResourceAccount", ACCOUNT),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/app"),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:PrincipalTag/team", facts.team),
        ("aws:userid", "AROAAPP:s1"),
        ("aws:TokenIssueTime", "2026-11-21T20:00:00Z"),
        ("s3:authType", "REST-HEADER"),
        ("s3:signatureversion", "AWS4-HMAC-SHA256"),
    ]
    .into_iter()
    .collect()
}
