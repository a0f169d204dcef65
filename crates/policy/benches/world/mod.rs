//! Requests, and the policies that have a say in them.

use policy::{
    Context, DocumentKind, Policies, Policy, Principal, Request, ResourceKind, RoleSession, Source,
};

use crate::managed;

const ACCOUNT: &str = "123456789012";
const ISSUER: &str = "oidc.example.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
pub(crate) const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],
    "Resource":["arn:aws:s3:::data","arn:aws:s3:::data/home/${aws:PrincipalTag/team}/*"]}]}"#;

/// A request and everything that applies to it.
pub(crate) struct World {
    pub(crate) name: String,
    caller: Principal,
    action: &'static str,
    resource: &'static str,
    context: Context,
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Policy>,
    trust: Option<Policy>,
}

impl World {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            caller: session(),
            action: "s3:GetObject",
            resource: "arn:aws:s3:::data/home/red/2026/11/report.csv",
            context: context(),
            identity: Vec::new(),
            boundary: None,
            session: None,
            trust: None,
        }
    }

    /// A role's session reads an object: one policy with a variable.
    pub(crate) fn one_policy() -> Self {
        Self {
            identity: vec![identity(READ)],
            ..Self::new("one policy")
        }
    }

    /// A token's subject and audience against a trust policy.
    pub(crate) fn trust() -> Self {
        let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},
            "Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{
            "{ISSUER}:sub":"system:serviceaccount:ns:app","{ISSUER}:aud":"sts.amazonaws.com"}}}}}}]}}"#
        );
        let mut world = Self {
            caller: Principal::Federated { provider },
            action: "sts:AssumeRoleWithWebIdentity",
            resource: "arn:aws:iam::123456789012:role/app",
            trust: Some(Policy::parse(DocumentKind::Trust, &text).unwrap()),
            ..Self::new("trust policy")
        };
        world
            .context
            .insert(format!("{ISSUER}:sub"), "system:serviceaccount:ns:app");
        world
            .context
            .insert(format!("{ISSUER}:aud"), "sts.amazonaws.com");
        world
    }

    /// Ten of AWS's own policies, the one that grants the last, a boundary, a session policy and
    /// three conditions.
    pub(crate) fn managed() -> Self {
        let names = [
            "AmazonEC2FullAccess",
            "AmazonVPCFullAccess",
            "ElasticLoadBalancingFullAccess",
            "AmazonRoute53FullAccess",
            "AmazonEKSClusterPolicy",
            "CloudWatchFullAccess",
            "AmazonRDSFullAccess",
            "AWSLambda_FullAccess",
            "SecurityAudit",
            "ReadOnlyAccess",
        ];
        let documents = managed::documents();
        let find = |name: &&str| {
            let found = documents.iter().find(|(known, _)| known == name);
            Policy::parse(DocumentKind::Managed, &found.unwrap().1).unwrap()
        };
        let boundary = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:*","ec2:*","logs:*"],"Resource":"*","Condition":{
                "StringEquals":{"aws:PrincipalTag/team":"red"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},
            {"Effect":"Deny","Action":["iam:*","organizations:*"],"Resource":"*"}]}"#;
        let session = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*",
            "Resource":"arn:aws:s3:::data/*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-22T00:00:00Z"}}}}"#;
        Self {
            identity: names.iter().map(find).collect(),
            boundary: Some(Policy::parse(DocumentKind::Boundary, boundary).unwrap()),
            session: Some(Policy::parse(DocumentKind::Session, session).unwrap()),
            ..Self::new("ten managed policies")
        }
    }

    /// Ten policies with this many statements each, of a hundred services, for all sorts of actions.
    pub(crate) fn many_actions(statements: usize) -> Self {
        let statement = |policy: usize, number: usize| {
            let service = number % 100;
            format!(
                r#"{{"Effect":"Allow","Action":["service{service}:Get{number}","service{service}:List{number}*"],
                "Resource":"arn:aws:service{service}:::thing-{policy}/*"}}"#
            )
        };
        Self::many(statements, "statements for many actions", statement)
    }

    /// Ten policies with this many statements each, one for each bucket.
    pub(crate) fn many_buckets(statements: usize) -> Self {
        let statement = |policy: usize, number: usize| {
            format!(
                r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket-{policy}-{number}/*"}}"#
            )
        };
        Self::many(statements, "statements for many buckets", statement)
    }

    fn many(statements: usize, name: &str, statement: impl Fn(usize, usize) -> String) -> Self {
        let mut identity: Vec<Policy> = (0..10)
            .map(|policy| {
                let statements: Vec<String> = (0..statements)
                    .map(|number| statement(policy, number))
                    .collect();
                identity(&format!(
                    r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
                    statements.join(",")
                ))
            })
            .collect();
        // What grants comes last.
        identity.push(self::identity(READ));
        Self {
            identity,
            ..Self::new(&format!("{} {name}", statements * 10))
        }
    }

    /// Hands over the request and its policies.
    pub(crate) fn ask(&self, run: impl FnOnce(&Request<'_>, &Policies<'_, '_>)) {
        let identity: Vec<Source<'_>> = self.identity.iter().map(source).collect();
        let boundary = self.boundary.as_ref().map(|policy| [source(policy)]);
        let session = self.session.as_ref().map(|policy| [source(policy)]);
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_ref().map(|sources| sources.as_slice()),
            session: session.as_ref().map(|sources| sources.as_slice()),
            resource: self.trust.as_ref().map(source),
            resource_kind: match self.trust {
                Some(_) => ResourceKind::RoleTrust,
                None => ResourceKind::Ordinary,
            },
            ..Policies::default()
        };
        let request = Request {
            principal: &self.caller,
            action: self.action,
            resource: self.resource,
            resource_account: ACCOUNT.parse().ok(),
            context: &self.context,
        };
        run(&request, &policies);
    }
}

fn identity(text: &str) -> Policy {
    Policy::parse(DocumentKind::Identity, text).unwrap()
}

fn source(policy: &Policy) -> Source<'_> {
    Source {
        policy,
        arn: None,
        name: "policy",
    }
}

fn session() -> Principal {
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

/// Keys that every request has.
fn context() -> Context {
    [
        ("aws:CurrentTime", "2026-11-21T20:12:34Z"),
        ("aws:EpochTime", "1795291954"),
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:SecureTransport", "false"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:ViaAWSService", "false"),
        ("aws:UserAgent", "aws-cli/2"),
        ("aws:ResourceAccount", ACCOUNT),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/app"),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:PrincipalTag/team", "red"),
        ("aws:userid", "AROAAPP:s1"),
        ("aws:TokenIssueTime", "2026-11-21T20:00:00Z"),
        ("s3:authType", "REST-HEADER"),
        ("s3:signatureversion", "AWS4-HMAC-SHA256"),
    ]
    .into_iter()
    .collect()
}
