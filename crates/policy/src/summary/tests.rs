//! The console's documented examples (IAM User Guide, "Examples of policy summaries"), and more.

use reference::Level;

use super::*;

fn summary(statements: &str) -> Summary {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Summary::of(DocumentKind::Identity, &text, &Reference::load().unwrap()).unwrap()
}

/// The four columns of each service.
fn table(services: &[ServiceSummary]) -> Vec<[String; 4]> {
    let row = |service: &ServiceSummary| {
        [
            service.prefix.clone(),
            service.access.to_string(),
            service.resources.to_string(),
            service.conditions.to_string(),
        ]
    };
    services.iter().map(row).collect()
}

fn action<'s>(services: &'s [ServiceSummary], prefix: &str, name: &str) -> &'s ActionSummary {
    let service = services
        .iter()
        .find(|service| service.prefix == prefix)
        .unwrap();
    let action = service.actions.iter().find(|action| action.name == name);
    action.unwrap_or_else(|| panic!("{prefix}:{name}"))
}

fn problems(summary: &Summary) -> Vec<(&str, Problem, Option<&str>)> {
    let all = summary.unrecognized.iter();
    all.map(|one| (one.text.as_str(), one.problem, one.suggestion.as_deref()))
        .collect()
}

#[test]
fn administrator_access_is_full_access_to_every_service() {
    let reference = Reference::load().unwrap();
    let summary = summary(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let prefixes: Vec<&str> = summary
        .allow
        .iter()
        .map(|service| service.prefix.as_str())
        .collect();
    let expected: Vec<&str> = reference
        .services()
        .filter(|service| service.actions().len() > 0)
        .map(|service| service.prefix())
        .collect();
    assert_eq!(prefixes, expected);
    for service in &summary.allow {
        assert_eq!(
            service.access.to_string(),
            "Full access",
            "{}",
            service.prefix
        );
        assert_eq!(service.resources, Resources::All);
        assert_eq!(service.conditions.to_string(), "None");
    }
    assert!(summary.deny.is_empty() && summary.unrecognized.is_empty());
}

#[test]
fn s3_read_only_access_is_full_of_what_reads() {
    let summary = summary(
        r#"{"Effect": "Allow", "Resource": "*", "Action": ["s3:Get*", "s3:List*", "s3:Describe*",
            "s3-object-lambda:Get*", "s3-object-lambda:List*"]}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [
            ["s3", "Full: List, Read", "All resources", "None"],
            [
                "s3-object-lambda",
                "Full: List, Read",
                "All resources",
                "None"
            ],
        ]
    );
    let s3 = &summary.allow[0];
    assert_eq!(s3.name, "Amazon S3");
    assert_eq!(s3.access.at(Level::Read), Extent::Full);
    assert_eq!(s3.access.at(Level::Write), Extent::None);
    assert!(!s3.access.is_full() && !s3.access.is_none());
    assert!(s3.at(Level::Read).any(|action| action.name == "GetObject"));
    assert!(s3.actions.iter().all(|action| action.no_access.is_none()));
    assert!(summary.unrecognized.is_empty());
}

#[test]
fn allow_and_deny_stand_apart() {
    let summary = summary(
        r#"{"Sid": "FullAccess", "Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]},
           {"Sid": "DenyCustomerBucket", "Effect": "Deny", "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::customer", "arn:aws:s3:::customer/*"]}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [["s3", "Full access", "All resources", "None"]]
    );
    // "Only the actions that can be performed on a bucket or bucket object are denied."
    let [denied] = summary.deny.as_slice() else {
        panic!()
    };
    assert_eq!(denied.resources.to_string(), "Multiple");
    assert!(!denied.access.is_full());
    let bucket = action(&summary.deny, "s3", "ListBucket");
    assert_eq!(
        bucket.resources.to_string(),
        "bucket | arn:aws:s3:::customer"
    );
    let object = action(&summary.deny, "s3", "GetObject");
    assert_eq!(
        object.resources.to_string(),
        "object | arn:aws:s3:::customer/*"
    );
    let all = action(&summary.deny, "s3", "ListAllMyBuckets");
    assert_eq!(all.no_access, Some(NoAccess::NeedsAllResources));
    assert_eq!(all.resources.to_string(), "Multiple");
    let job = action(&summary.deny, "s3", "DescribeJob");
    assert_eq!(job.no_access, Some(NoAccess::NoApplicableResource));
}

#[test]
fn one_resource_and_one_condition_are_shown() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["dynamodb:DeleteItem", "dynamodb:GetItem"],
            "Resource": "arn:aws:dynamodb:us-west-1:123456789012:table/myDynamoTable",
            "Condition": {"ForAllValues:StringEquals":
                {"dynamodb:LeadingKeys": ["${cognito-identity.amazonaws.com:sub}", "x"]}}}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [[
            "dynamodb",
            "Limited: Read, Write",
            "table | arn:aws:dynamodb:us-west-1:123456789012:table/myDynamoTable",
            "dynamodb:LeadingKeys | ForAllValues:StringEquals | ${cognito-identity.amazonaws.com:sub}, x",
        ]]
    );
}

#[test]
fn a_wildcard_for_the_account_leaves_the_type_clear() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/*"}"#,
    );
    assert_eq!(table(&summary.allow)[0][2], "key | arn:aws:kms:*:*:key/*");
}

#[test]
fn several_resources_and_conditions_are_multiple() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectAcl"],
            "Resource": ["arn:aws:s3:::Apple_bucket/*"],
            "Condition": {"StringEquals": {"s3:x-amz-acl": ["public-read"]}}},
           {"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectAcl"],
            "Resource": ["arn:aws:s3:::Orange_bucket/*"],
            "Condition": {"StringEquals":
                {"s3:x-amz-acl": ["custom"], "s3:x-amz-grant-full-control": ["1234"]}}}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [[
            "s3",
            "Limited: Write, Permissions management",
            "Multiple",
            "Multiple"
        ]]
    );
    let put = action(&summary.allow, "s3", "PutObject");
    assert_eq!(put.conditions.0.len(), 3);
    let Resources::Named(texts) = &put.resources else {
        panic!()
    };
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "object | arn:aws:s3:::Apple_bucket/*",
            "object | arn:aws:s3:::Orange_bucket/*"
        ]
    );
}

#[test]
fn each_service_keeps_to_its_own_resources() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["codebuild:StartBuild", "codecommit:GitPull", "codedeploy:Get*"],
            "Resource": ["arn:aws:codebuild:us-east-2:123456789012:project/my-demo-project",
                "arn:aws:codecommit:us-east-2:123456789012:MyDemoRepo",
                "arn:aws:codedeploy:us-east-2:123456789012:application:WordPress_App",
                "arn:aws:codedeploy:us-east-2:123456789012:instance/AssetTag*"]}"#,
    );
    let rows = table(&summary.allow);
    assert_eq!(
        rows[0][2],
        "project | arn:aws:codebuild:us-east-2:123456789012:project/my-demo-project"
    );
    assert_eq!(
        rows[1][2],
        "repository | arn:aws:codecommit:us-east-2:123456789012:MyDemoRepo"
    );
    assert_eq!(
        rows[2][2],
        "application | arn:aws:codedeploy:us-east-2:123456789012:application:WordPress_App"
    );
    assert_eq!(
        problems(&summary),
        [(
            "arn:aws:codedeploy:us-east-2:123456789012:instance/AssetTag*",
            Problem::UnusedResource,
            None
        )]
    );
}

#[test]
fn what_does_not_exist_is_listed() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["dynamobd:*", "codedploy:GetDeployment", "s3:ListObjects", "s3:Gett*"],
         "Resource": "*"},
        {"Effect": "Deny", "Action": ["ec2:RunInstances", "ec2:RebootoInstances"], "Resource": "*",
         "Condition": {"StringEquals": {"ec2:Region": "ap-northeast-2"}}}]}"#;
    let summary = Summary::of(DocumentKind::Identity, text, &Reference::load().unwrap()).unwrap();
    assert_eq!(
        problems(&summary),
        [
            ("dynamobd:*", Problem::UnknownService, Some("dynamodb:*")),
            (
                "codedploy:GetDeployment",
                Problem::UnknownService,
                Some("codedeploy:GetDeployment")
            ),
            (
                "s3:ListObjects",
                Problem::UnknownAction,
                Some("s3:ListBucket")
            ),
            ("s3:Gett*", Problem::UnknownAction, None),
            (
                "ec2:RebootoInstances",
                Problem::UnknownAction,
                Some("ec2:RebootInstances")
            ),
        ]
    );
    let span = summary.unrecognized[2].span.clone();
    assert_eq!(&text[span], r#""s3:ListObjects""#);
    assert!(summary.allow.is_empty());
    assert_eq!(
        table(&summary.deny),
        [[
            "ec2",
            "Limited: Write",
            "All resources",
            "ec2:Region | StringEquals | ap-northeast-2"
        ]]
    );
}

/// `SummaryAllElements` of the User Guide, with services that still exist.
#[test]
fn what_has_no_effect_is_flagged_and_does_not_count() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["codecommit:GitPull"],
            "Resource": ["arn:aws:codebuild:us-east-1:123456789012:project/my-demo-project"]},
           {"Effect": "Allow",
            "Action": ["s3:ListAllMyBuckets", "s3:GetObject", "s3:DeletObject", "s3:PutObject", "s3:PutObjectAcl"],
            "Resource": ["arn:aws:s3:::developer_bucket", "arn:aws:s3:::developer_bucket/*",
                "arn:aws:autoscling:us-east-2:123456789012:autoscalgrp"],
            "Condition": {"StringEquals": {"s3:x-amz-acl": ["public-read"]}}}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [
            ["codecommit", "None", "None", "None"],
            [
                "s3",
                "Limited: Write, Permissions management",
                "object | arn:aws:s3:::developer_bucket/*",
                "s3:x-amz-acl | StringEquals | public-read",
            ],
        ]
    );
    assert!(summary.allow[0].access.is_none());
    let reason = |prefix, name| action(&summary.allow, prefix, name).no_access.clone();
    assert_eq!(
        reason("codecommit", "GitPull"),
        Some(NoAccess::NoApplicableResource)
    );
    assert_eq!(
        reason("s3", "ListAllMyBuckets"),
        Some(NoAccess::NeedsAllResources)
    );
    assert_eq!(
        reason("s3", "GetObject"),
        Some(NoAccess::UnsupportedConditionKey("s3:x-amz-acl".to_owned()))
    );
    assert_eq!(reason("s3", "PutObject"), None);
    assert_eq!(
        problems(&summary),
        [
            (
                "arn:aws:codebuild:us-east-1:123456789012:project/my-demo-project",
                Problem::UnusedResource,
                None
            ),
            (
                "s3:DeletObject",
                Problem::UnknownAction,
                Some("s3:DeleteObject")
            ),
            (
                "arn:aws:s3:::developer_bucket",
                Problem::UnusedResource,
                None
            ),
            (
                "arn:aws:autoscling:us-east-2:123456789012:autoscalgrp",
                Problem::UnusedResource,
                None
            ),
        ]
    );
}

#[test]
fn a_condition_that_holds_without_its_key_does_not_hinder() {
    for (operator, values, expected) in [
        ("StringEquals", r#""private""#, true),
        ("StringEqualsIfExists", r#""private""#, false),
        ("StringNotEquals", r#""private""#, false),
        ("ForAllValues:StringEquals", r#""private""#, false),
        ("ForAnyValue:StringNotEquals", r#""private""#, true),
        ("Null", r#""true""#, false),
        ("Null", r#""false""#, true),
    ] {
        let summary = summary(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
                "Condition": {{"{operator}": {{"s3:x-amz-acl": {values}}}}}}}"#
        ));
        let action = action(&summary.allow, "s3", "GetObject");
        assert_eq!(action.no_access.is_some(), expected, "{operator} {values}");
    }
}

#[test]
fn keys_of_sessions_and_global_keys_go_with_every_action() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["ec2:DescribeInstances", "s3:ListAllMyBuckets"], "Resource": "*",
            "Condition": {"ArnLike": {"ec2:SourceInstanceArn": "arn:aws:ec2:*:*:instance/*"},
                "StringEquals": {"aws:PrincipalTag/Team": "a", "oidc.example.com/id:sub": "b"}}}"#,
    );
    assert!(
        summary
            .allow
            .iter()
            .flat_map(|service| &service.actions)
            .all(|one| one.no_access.is_none())
    );
    assert_eq!(summary.allow.len(), 2);
}

#[test]
fn not_action_is_all_the_rest() {
    let summary = summary(
        r#"{"Effect": "Allow", "NotAction": ["iam:*", "s3:Put*", "s4:*"], "Resource": "*"}"#,
    );
    assert!(summary.allow.len() > 400);
    assert!(summary.allow.iter().all(|service| service.prefix != "iam"));
    let s3 = summary
        .allow
        .iter()
        .find(|service| service.prefix == "s3")
        .unwrap();
    assert_eq!(s3.access.at(Level::Read), Extent::Full);
    assert_eq!(s3.access.at(Level::Write), Extent::Limited);
    assert!(
        s3.actions
            .iter()
            .all(|action| !action.name.starts_with("Put"))
    );
    let (text, problem, _) = problems(&summary)[0];
    assert_eq!((text, problem), ("s4:*", Problem::UnknownService));
}

#[test]
fn everything_on_one_resource_names_its_service_only() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:sqs:eu-west-1:123456789012:q"}"#,
    );
    assert_eq!(table(&summary.allow)[0][0], "sqs");
    assert!(
        summary
            .allow
            .iter()
            .all(|service| !service.access.is_none())
    );
    assert!(summary.allow.len() < 5, "{:?}", table(&summary.allow));
}

#[test]
fn not_resource_is_all_but() {
    let summary = summary(
        r#"{"Effect": "Deny", "Action": "s3:DeleteObject",
            "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}"#,
    );
    assert_eq!(
        table(&summary.deny),
        [[
            "s3",
            "Limited: Write",
            "All except arn:aws:s3:::a/*, arn:aws:s3:::b/*",
            "None"
        ]]
    );
}

#[test]
fn wildcards_in_the_middle_expand() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": "S3:*object?agging", "Resource": "arn:aws:s3:::b*"}"#,
    );
    let names: Vec<&str> = summary.allow[0]
        .actions
        .iter()
        .map(|action| action.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "DeleteObjectTagging",
            "GetObjectTagging",
            "PutObjectTagging"
        ]
    );
    // Both a bucket and an object may be meant.
    assert_eq!(
        table(&summary.allow),
        [["s3", "Limited: Read, Tagging", "arn:aws:s3:::b*", "None"]]
    );
}

#[test]
fn policies_of_a_role_are_merged() {
    let reference = Reference::load().unwrap();
    let attached = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
        "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}"#;
    let inline = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket", "sts:Nothing"], "Resource": "arn:aws:s3:::b/*"}}"#;
    let list = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}}"#;
    let documents = [
        (DocumentKind::Managed, attached),
        (DocumentKind::Identity, inline),
        (DocumentKind::Identity, list),
    ];
    let summary = Summary::of_all(documents, &reference).unwrap();
    assert_eq!(
        table(&summary.allow),
        [[
            "s3",
            "Limited: List, Read",
            "Multiple",
            "aws:SecureTransport | Bool | true"
        ]]
    );
    let get = action(&summary.allow, "s3", "GetObject");
    assert_eq!(get.resources, Resources::All);
    // Without effect in one document, with effect in another.
    let list = action(&summary.allow, "s3", "ListBucket");
    assert_eq!(
        (list.resources.to_string().as_str(), &list.no_access),
        ("bucket | arn:aws:s3:::b", &None)
    );
    assert_eq!(summary.unrecognized[0].policy, 1);
}

#[test]
fn what_covers_everything_hides_the_rest() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
           {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#,
    );
    assert_eq!(
        table(&summary.allow),
        [["s3", "Full access", "All resources", "None"]]
    );
}

#[test]
fn list_actions_of_iam_have_resources() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": ["iam:ListUsers", "iam:ListPolicies"],
            "Resource": "arn:aws:iam::123456789012:user/*"},
           {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::*"},
           {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:s3:::*"}"#,
    );
    let reason = |prefix, name| action(&summary.allow, prefix, name).no_access.clone();
    assert_eq!(reason("iam", "ListUsers"), None);
    assert_eq!(
        reason("iam", "ListPolicies"),
        Some(NoAccess::NeedsAllResources)
    );
    assert_eq!(reason("s3", "ListAllMyBuckets"), None);
    assert_eq!(
        reason("ec2", "DescribeInstances"),
        Some(NoAccess::NeedsAllResources)
    );
}

#[test]
fn a_trust_policy_speaks_of_its_role() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "123456789012"}}}"#;
    let summary = Summary::of(DocumentKind::Trust, text, &Reference::load().unwrap()).unwrap();
    assert_eq!(
        table(&summary.allow),
        [["sts", "Limited: Write", "All resources", "None"]]
    );
}

#[test]
fn an_invalid_document_has_no_summary() {
    let error = Summary::of(DocumentKind::Identity, "{}", &Reference::load().unwrap()).unwrap_err();
    assert_eq!(error.code(), "MalformedPolicyDocument");
}

#[test]
fn rows_serialize() {
    let summary = summary(
        r#"{"Effect": "Allow", "Action": "sts:AssumeRoot", "Resource": "arn:aws:iam::1:root"}"#,
    );
    let json = serde_json::to_value(&summary).unwrap();
    let row = &json["allow"][0];
    assert_eq!(row["prefix"], "sts");
    assert_eq!(row["actions"][0]["level"], "Write");
    assert_eq!(row["access"][2]["extent"], "limited");
    assert_eq!(
        row["resources"]["named"][0]["matching"]["kind"],
        "root-user"
    );
    assert_eq!(json["deny"], serde_json::json!([]));
}
