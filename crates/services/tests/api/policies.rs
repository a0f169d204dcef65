//! Managed policies, their versions and attachments.

use std::collections::HashSet;

use serde_json::Value;

use crate::server::{ADMINISTRATOR, READ, Server, TRUST, column, document, pages, text};

const ARN: &str = "arn:aws:iam::123456789012:policy/p";

async fn create(server: &Server, name: &str) -> Value {
    let parameters = [
        ("PolicyName", name),
        ("PolicyDocument", READ),
        ("Description", "reads"),
    ];
    server.ok("CreatePolicy", &parameters).await["Policy"].clone()
}

async fn role(server: &Server, name: &str) {
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &parameters).await;
}

#[tokio::test]
async fn a_policy_from_its_creation_to_its_end() {
    let server = Server::start().await;
    let created = create(&server, "p").await;
    assert_eq!(created["Arn"], ARN);
    assert!(text(&created["PolicyId"]).starts_with("ANPA"));
    for (name, value) in [
        ("AttachmentCount", 0.into()),
        ("PermissionsBoundaryUsageCount", 0.into()),
        ("DefaultVersionId", Value::from("v1")),
        ("IsAttachable", true.into()),
    ] {
        assert_eq!(created[name], value, "{name}");
    }
    let other_path = [
        ("PolicyName", "P"),
        ("Path", "/x/"),
        ("PolicyDocument", READ),
    ];
    assert_eq!(
        server.refused("CreatePolicy", &other_path).await,
        "EntityAlreadyExists: A policy called P already exists. Duplicate names are not allowed."
    );
    let arn = ("PolicyArn", ARN);
    let got = server.ok("GetPolicy", &[arn]).await;
    assert_eq!(got["Policy"]["Description"], "reads");
    server.ok("DeletePolicy", &[arn]).await;
    for action in [
        "GetPolicy",
        "DeletePolicy",
        "ListPolicyVersions",
        "ListEntitiesForPolicy",
    ] {
        assert_eq!(
            server.refused(action, &[arn]).await,
            format!("NoSuchEntity: Policy {ARN} was not found.")
        );
    }
    assert_eq!(
        server
            .refused("GetPolicy", &[("PolicyArn", "policy/that-is-no-arn")])
            .await,
        "ValidationError: Invalid ARN:  Could not be parsed!"
    );
}

#[tokio::test]
async fn a_policy_has_up_to_five_versions_and_numbers_are_never_used_again() {
    let server = Server::start().await;
    create(&server, "p").await;
    let arn = ("PolicyArn", ARN);
    let odd = "{\"Version\": \"2012-10-17\",\n\n \"Statement\": {\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}  ";
    let second = [arn, ("PolicyDocument", odd), ("SetAsDefault", "true")];
    let second = server.ok("CreatePolicyVersion", &second).await;
    assert_eq!(second["PolicyVersion"]["VersionId"], "v2");
    assert_eq!(second["PolicyVersion"]["IsDefaultVersion"], true);
    assert!(second["PolicyVersion"]["Document"].is_null());
    let got = server
        .ok("GetPolicyVersion", &[arn, ("VersionId", "v2")])
        .await;
    assert_eq!(document(&got["PolicyVersion"]["Document"]), odd);
    let add = [arn, ("PolicyDocument", READ)];
    for _ in 3..=5 {
        server.ok("CreatePolicyVersion", &add).await;
    }
    assert_eq!(
        server.refused("CreatePolicyVersion", &add).await,
        "LimitExceeded: A managed policy can have up to 5 versions. Before you create a new \
         version, you must delete an existing version."
    );
    assert_eq!(
        server
            .refused("DeletePolicyVersion", &[arn, ("VersionId", "v2")])
            .await,
        "DeleteConflict: Cannot delete the default version of a policy."
    );
    server
        .ok("DeletePolicyVersion", &[arn, ("VersionId", "v5")])
        .await;
    server.ok("CreatePolicyVersion", &add).await;
    for items in [1, 2, 10] {
        let versions = pages(&server, "ListPolicyVersions", &[arn], "Versions", items).await;
        assert_eq!(
            column(&versions, "VersionId"),
            ["v6", "v4", "v3", "v2", "v1"]
        );
    }
    server
        .ok("SetDefaultPolicyVersion", &[arn, ("VersionId", "v6")])
        .await;
    let got = server.ok("GetPolicy", &[arn]).await;
    assert_eq!(got["Policy"]["DefaultVersionId"], "v6");
    assert_eq!(
        server
            .refused("GetPolicyVersion", &[arn, ("VersionId", "v5")])
            .await,
        format!("NoSuchEntity: Policy {ARN} version v5 does not exist or is not attachable.")
    );
    assert_eq!(
        server.refused("DeletePolicy", &[arn]).await,
        "DeleteConflict: This policy has more than one version. Before you delete a policy, you \
         must delete the policy's versions. The default version is deleted with the policy."
    );
}

#[tokio::test]
async fn a_managed_policy_may_have_6144_characters_besides_white_space() {
    let server = Server::start().await;
    let create = async |name: &str, characters: usize| {
        let sid = "x".repeat(characters - READ.len() - "\"Sid\":\"\",".len());
        let sid = format!("{{ \"Sid\" :\"{sid}\",\"Effect\"");
        let document = READ.replace("{\"Effect\"", &sid);
        let parameters = [("PolicyName", name), ("PolicyDocument", &*document)];
        server.call("CreatePolicy", &parameters).await
    };
    create("a", 6144).await.unwrap();
    let refused = create("b", 6145).await.unwrap_err();
    assert_eq!(refused.message, "Cannot exceed quota for PolicySize: 6144");
}

#[tokio::test]
async fn attachments_are_counted_and_keep_a_policy_alive() {
    let server = Server::start().await;
    create(&server, "p").await;
    role(&server, "r").await;
    let (arn, r) = (("PolicyArn", ARN), ("RoleName", "r"));
    let admin = ("UserName", "admin");
    server.ok("AttachRolePolicy", &[r, arn]).await;
    server.ok("AttachRolePolicy", &[r, arn]).await;
    server.ok("AttachUserPolicy", &[admin, arn]).await;
    server
        .ok(
            "PutRolePermissionsBoundary",
            &[r, ("PermissionsBoundary", ARN)],
        )
        .await;
    let policy = server.ok("GetPolicy", &[arn]).await["Policy"].clone();
    assert_eq!(policy["AttachmentCount"], 2);
    assert_eq!(policy["PermissionsBoundaryUsageCount"], 1);
    let conflict = "DeleteConflict: Cannot delete a policy attached to entities.";
    assert_eq!(server.refused("DeletePolicy", &[arn]).await, conflict);
    for items in [1, 2, 3] {
        let roles = pages(
            &server,
            "ListEntitiesForPolicy",
            &[arn],
            "PolicyRoles",
            items,
        )
        .await;
        let users = pages(
            &server,
            "ListEntitiesForPolicy",
            &[arn],
            "PolicyUsers",
            items,
        )
        .await;
        assert_eq!((roles.len(), users.len()), (1, 1));
        assert_eq!(column(&roles, "RoleName"), ["r"]);
        assert_eq!(column(&users, "UserName"), ["admin"]);
    }
    let entities = [arn, ("PolicyUsageFilter", "PermissionsBoundary")];
    let bounded = server.ok("ListEntitiesForPolicy", &entities).await;
    assert_eq!(bounded["PolicyUsers"], serde_json::json!([]));
    assert_eq!(bounded["PolicyGroups"], serde_json::json!([]));
    server.ok("DetachRolePolicy", &[r, arn]).await;
    server.ok("DetachUserPolicy", &[admin, arn]).await;
    assert_eq!(server.refused("DeletePolicy", &[arn]).await, conflict);
    assert_eq!(
        server.refused("DetachRolePolicy", &[r, arn]).await,
        format!("NoSuchEntity: Policy {ARN} was not found.")
    );
    let none = "arn:aws:iam::123456789012:policy/none";
    assert_eq!(
        server
            .refused("AttachRolePolicy", &[r, ("PolicyArn", none)])
            .await,
        format!("NoSuchEntity: Policy {none} does not exist or is not attachable.")
    );
    let linked = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy";
    assert_eq!(
        server
            .refused("AttachRolePolicy", &[r, ("PolicyArn", linked)])
            .await,
        "PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role."
    );
}

#[tokio::test]
async fn a_role_has_up_to_twenty_managed_policies() {
    let server = Server::start().await;
    role(&server, "r").await;
    for n in 0..21 {
        let name = format!("p{n:02}");
        create(&server, &name).await;
        let arn = format!("arn:aws:iam::123456789012:policy/{name}");
        let parameters = [("RoleName", "r"), ("PolicyArn", arn.as_str())];
        let attached = server.call("AttachRolePolicy", &parameters).await;
        match n {
            20 => assert_eq!(
                attached.unwrap_err().message,
                "Cannot exceed quota for PoliciesPerRole: 20"
            ),
            _ => assert!(attached.is_ok()),
        }
    }
    for items in [1, 7, 20] {
        let r = [("RoleName", "r")];
        let list = pages(
            &server,
            "ListAttachedRolePolicies",
            &r,
            "AttachedPolicies",
            items,
        );
        let list = list.await;
        assert_eq!(list.len(), 20);
        assert_eq!(list[19]["PolicyName"], "p19");
    }
    let users = pages(
        &server,
        "ListAttachedUserPolicies",
        &[("UserName", "admin")],
        "AttachedPolicies",
        5,
    );
    assert_eq!(column(&users.await, "PolicyArn"), [ADMINISTRATOR]);
}

#[tokio::test]
async fn the_list_holds_the_policies_of_aws_too() {
    let server = Server::start().await;
    create(&server, "p").await;
    let all = pages(&server, "ListPolicies", &[], "Policies", 333).await;
    let arns: HashSet<_> = column(&all, "Arn").into_iter().collect();
    assert_eq!(arns.len(), all.len());
    assert!(arns.contains("arn:aws:iam::aws:policy/AmazonS3FullAccess") && arns.contains(ARN));
    assert!(all.iter().all(|policy| policy["Description"].is_null()));
    let list = async |parameters: &[(&str, &str)]| {
        pages(&server, "ListPolicies", parameters, "Policies", 1000).await
    };
    let local = list(&[("Scope", "Local")]).await;
    assert_eq!(column(&local, "Arn"), [ARN]);
    let aws = list(&[("Scope", "AWS")]).await;
    assert_eq!(aws.len() + 1, all.len());
    let attached = list(&[("OnlyAttached", "true")]).await;
    assert_eq!(column(&attached, "Arn"), [ADMINISTRATOR]);
    assert_eq!(attached[0]["AttachmentCount"], 1);
    let job = list(&[("PathPrefix", "/job-function/")]).await;
    assert!(!job.is_empty() && job.iter().all(|it| it["Path"] == "/job-function/"));
    let bounds = list(&[("PolicyUsageFilter", "PermissionsBoundary")]).await;
    assert!(bounds.is_empty());
}

#[tokio::test]
async fn the_policies_of_aws_are_read_only() {
    let server = Server::start().await;
    let arn = ("PolicyArn", ADMINISTRATOR);
    let got = server.ok("GetPolicy", &[arn]).await["Policy"].clone();
    assert_eq!(got["AttachmentCount"], 1);
    let version = text(&got["DefaultVersionId"]).to_owned();
    let versions = server.ok("ListPolicyVersions", &[arn]).await;
    assert_eq!(
        column(versions["Versions"].as_array().unwrap(), "VersionId"),
        [&version]
    );
    let got = server
        .ok("GetPolicyVersion", &[arn, ("VersionId", &version)])
        .await;
    assert!(document(&got["PolicyVersion"]["Document"]).contains("\"Statement\""));
    let tags = server.ok("ListPolicyTags", &[arn]).await;
    assert_eq!(tags["Tags"], serde_json::json!([]));
    let tag = [
        arn,
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    for (action, parameters) in [("DeletePolicy", &[arn][..]), ("TagPolicy", &tag)] {
        assert_eq!(
            server.refused(action, parameters).await,
            format!(
                "AccessDenied: User: arn:aws:iam::123456789012:user/admin is not authorized to \
                 perform: iam:{action} on resource: policy {ADMINISTRATOR}"
            )
        );
    }
}
