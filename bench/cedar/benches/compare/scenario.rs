//! What is asked, and the IAM policies that have a say in it.

use serde_json::Value;

use crate::managed;

pub(crate) const ACTION: &str = "s3:GetObject";
pub(crate) const BUCKET: &str = "data";
pub(crate) const RESOURCE: &str = "arn:aws:s3:::data/home/red/2026/11/report.csv";

const GRANT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*",
    "Resource":"arn:aws:s3:::data/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}]}"#;

const BOUNDARY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:*","ec2:*","logs:*"],"Resource":"*","Condition":{
        "StringEquals":{"aws:PrincipalTag/team":"red"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},
    {"Effect":"Deny","Action":["iam:*","organizations:*"],"Resource":"*"}]}"#;

const SESSION: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*",
    "Resource":"arn:aws:s3:::data/*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-22T00:00:00Z"}}}]}"#;

const ATTACHED: [&str; 10] = [
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

/// What conditions ask about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) team: &'static str,
    pub(crate) address: &'static str,
    pub(crate) time: &'static str,
}

/// With these, every scenario's request is allowed.
pub(crate) const FACTS: Facts = Facts {
    team: "red",
    address: "192.0.2.7",
    time: "2026-11-21T20:12:34Z",
};

const WRONG_TEAM: Facts = Facts {
    team: "blue",
    ..FACTS
};

/// The policies of a role's session that reads an object.
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// Names and documents of the attached policies.
    pub(crate) attached: Vec<(String, String)>,
    pub(crate) boundary: Option<&'static str>,
    pub(crate) session: Option<&'static str>,
    /// With these, the request is refused.
    pub(crate) refused: Vec<Facts>,
}

impl Scenario {
    /// Ten of AWS's own policies, the one that grants the last; a boundary, a session policy and three conditions.
    pub(crate) fn managed() -> Self {
        let documents = managed::documents();
        let find = |name: &str| documents.iter().find(|(known, _)| known == name);
        Self {
            name: "ten managed policies, boundary, session".to_owned(),
            attached: ATTACHED
                .iter()
                .map(|name| find(name).unwrap().clone())
                .collect(),
            boundary: Some(BOUNDARY),
            session: Some(SESSION),
            refused: vec![
                WRONG_TEAM,
                Facts {
                    address: "198.51.100.7",
                    ..FACTS
                },
                Facts {
                    time: "2026-11-22T00:00:01Z",
                    ..FACTS
                },
            ],
        }
    }

    /// One policy with one condition.
    pub(crate) fn small() -> Self {
        Self {
            name: "one small policy".to_owned(),
            attached: vec![("grant".to_owned(), GRANT.to_owned())],
            boundary: None,
            session: None,
            refused: vec![WRONG_TEAM],
        }
    }

    /// Ten policies with this many statements together, each for another bucket, before the one that grants.
    pub(crate) fn buckets(statements: usize) -> Self {
        let document = |policy: usize| {
            let statements: Vec<String> = (0..statements / 10)
                .map(|number| {
                    format!(
                        r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket-{policy}-{number}/*"}}"#
                    )
                })
                .collect();
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
                statements.join(",")
            )
        };
        let mut scenario = Self {
            name: format!("{statements} other buckets"),
            ..Self::small()
        };
        let others = (0..10).map(|policy| (format!("buckets-{policy}"), document(policy)));
        scenario.attached.splice(0..0, others);
        scenario
    }

    /// How many statements there are in all policies.
    pub(crate) fn statements(&self) -> usize {
        let attached = self.attached.iter().map(|(_, document)| document.as_str());
        attached
            .chain(self.boundary)
            .chain(self.session)
            .map(|document| statements(document).len())
            .sum()
    }
}

/// The statements of a document.
pub(crate) fn statements(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).unwrap();
    document["Statement"].as_array().unwrap().clone()
}
