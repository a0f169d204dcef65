//! Roles, their trust policies and boundaries.

use crate::server::{READ, Server, TRUST, column, document, pages, text};

const BOUNDARY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

async fn create(server: &Server, name: &str) -> serde_json::Value {
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &parameters).await
}

fn trusting(arn: &str) -> String {
    TRUST.replace("123456789012", arn)
}

#[tokio::test]
async fn each_operation_shows_what_aws_shows_of_a_role() {
    let server = Server::start().await;
    let parameters = [
        ("RoleName", "App"),
        ("Path", "/team/"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Description", "for the app"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", BOUNDARY),
        ("Tags.member.1.Key", "b"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "a"),
        ("Tags.member.2.Value", "2"),
    ];
    let created = &server.ok("CreateRole", &parameters).await["Role"];
    assert_eq!(created["Arn"], "arn:aws:iam::123456789012:role/team/App");
    assert!(text(&created["RoleId"]).starts_with("AROA"));
    assert_eq!(
        column(created["Tags"].as_array().unwrap(), "Key"),
        ["a", "b"]
    );
    assert!(created["MaxSessionDuration"].is_null());
    assert!(created["RoleLastUsed"].is_null());
    assert_eq!(document(&created["AssumeRolePolicyDocument"]), TRUST);
    let got = &server.ok("GetRole", &[("RoleName", "app")]).await["Role"];
    assert_eq!(got["RoleName"], "App");
    assert_eq!(got["MaxSessionDuration"], 7200);
    assert_eq!(got["RoleLastUsed"], serde_json::json!({}));
    assert_eq!(
        got["PermissionsBoundary"]["PermissionsBoundaryArn"],
        BOUNDARY
    );
    let listed = pages(&server, "ListRoles", &[], "Roles", 100).await;
    let listed = &listed[0];
    assert_eq!(listed["MaxSessionDuration"], 7200);
    assert_eq!(listed["Description"], "for the app");
    for absent in ["Tags", "PermissionsBoundary", "RoleLastUsed"] {
        assert!(listed[absent].is_null(), "{absent}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_there_or_already_is() {
    let server = Server::start().await;
    create(&server, "App").await;
    let again = [("RoleName", "aPP"), ("AssumeRolePolicyDocument", TRUST)];
    assert_eq!(
        server.refused("CreateRole", &again).await,
        "EntityAlreadyExists: Role with name aPP already exists."
    );
    for action in ["GetRole", "DeleteRole", "UpdateRole", "ListRolePolicies"] {
        assert_eq!(
            server.refused(action, &[("RoleName", "x")]).await,
            "NoSuchEntity: The role with name x cannot be found."
        );
    }
}

#[tokio::test]
async fn updates_leave_alone_what_they_do_not_name() {
    let server = Server::start().await;
    create(&server, "App").await;
    let app = ("RoleName", "App");
    server
        .ok("UpdateRole", &[app, ("MaxSessionDuration", "43200")])
        .await;
    server
        .ok("UpdateRole", &[app, ("Description", "one")])
        .await;
    let described = [app, ("Description", "two")];
    let role = server.ok("UpdateRoleDescription", &described).await;
    assert_eq!(role["Role"]["Description"], "two");
    let role = server.ok("GetRole", &[app]).await;
    assert_eq!(role["Role"]["MaxSessionDuration"], 43200);
}

#[tokio::test]
async fn a_role_in_use_is_not_deleted() {
    let server = Server::start().await;
    create(&server, "App").await;
    let app = ("RoleName", "App");
    let inline = ("PolicyName", "p");
    let attached = ("PolicyArn", BOUNDARY);
    server
        .ok("PutRolePolicy", &[app, inline, ("PolicyDocument", READ)])
        .await;
    server.ok("AttachRolePolicy", &[app, attached]).await;
    assert_eq!(
        server.refused("DeleteRole", &[app]).await,
        "DeleteConflict: Cannot delete entity, must delete policies first."
    );
    server.ok("DeleteRolePolicy", &[app, inline]).await;
    assert_eq!(
        server.refused("DeleteRole", &[app]).await,
        "DeleteConflict: Cannot delete entity, must detach all policies first."
    );
    server.ok("DetachRolePolicy", &[app, attached]).await;
    server.ok("DeleteRole", &[app]).await;
}

#[tokio::test]
async fn a_principal_that_does_not_exist_is_refused_by_name() {
    let server = Server::start().await;
    let arn = "arn:aws:iam::123456789012:user/nobody";
    let trust = trusting(arn);
    let parameters = [("RoleName", "App"), ("AssumeRolePolicyDocument", &*trust)];
    assert_eq!(
        server.refused("CreateRole", &parameters).await,
        format!("MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"{arn}\"")
    );
    create(&server, "App").await;
    let update = [("RoleName", "App"), ("PolicyDocument", &*trust)];
    assert!(
        server
            .refused("UpdateAssumeRolePolicy", &update)
            .await
            .starts_with("MalformedPolicyDocument: Invalid principal")
    );
    let shown = server.ok("GetRole", &[("RoleName", "App")]).await;
    assert_eq!(document(&shown["Role"]["AssumeRolePolicyDocument"]), TRUST);
}

#[tokio::test]
async fn a_principal_made_again_under_its_name_is_not_trusted_again() {
    let server = Server::start().await;
    let bob = server.ok("CreateUser", &[("UserName", "bob")]).await;
    let arn = "arn:aws:iam::123456789012:user/bob";
    let trust = trusting(arn);
    let parameters = [("RoleName", "App"), ("AssumeRolePolicyDocument", &*trust)];
    server.ok("CreateRole", &parameters).await;
    let shown = async || {
        let role = server.ok("GetRole", &[("RoleName", "App")]).await;
        document(&role["Role"]["AssumeRolePolicyDocument"])
    };
    assert_eq!(shown().await, trust);
    server.ok("DeleteUser", &[("UserName", "bob")]).await;
    let by_id = trusting(text(&bob["User"]["UserId"]));
    assert_eq!(shown().await, by_id);
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    assert_eq!(shown().await, by_id);
    // Until somebody says so.
    let update = [("RoleName", "App"), ("PolicyDocument", &*trust)];
    server.ok("UpdateAssumeRolePolicy", &update).await;
    assert_eq!(shown().await, trust);
}

#[tokio::test]
async fn a_trust_policy_may_have_2048_characters_besides_white_space() {
    let server = Server::start().await;
    create(&server, "App").await;
    let sized = |characters: usize| {
        let with_sid = TRUST.replace("\"Effect\"", "\"Sid\":\"\",\n\t \"Effect\"");
        let missing = characters + 3 - with_sid.len();
        let sid = format!("\"Sid\":\"{}\"", "x".repeat(missing));
        with_sid.replace("\"Sid\":\"\"", &sid)
    };
    let update = async |document: &str| {
        let parameters = [("RoleName", "App"), ("PolicyDocument", document)];
        server.call("UpdateAssumeRolePolicy", &parameters).await
    };
    update(&sized(2048)).await.unwrap();
    let refused = update(&sized(2049)).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Cannot exceed quota for ACLSizePerRole: 2048"
    );
}

#[tokio::test]
async fn inline_policies_of_a_role_may_have_10240_characters_together() {
    let server = Server::start().await;
    create(&server, "App").await;
    let put = async |name: &str, length: usize| {
        let sid = format!("{{\"Sid\":\"{}\",\"Effect\"", "x".repeat(length));
        let document = READ.replace("{\"Effect\"", &sid);
        let parameters = [
            ("RoleName", "App"),
            ("PolicyName", name),
            ("PolicyDocument", &*document),
        ];
        server.call("PutRolePolicy", &parameters).await
    };
    put("a", 9000).await.unwrap();
    assert_eq!(
        put("b", 2000).await.unwrap_err().message,
        "Maximum policy size of 10240 bytes exceeded for role App"
    );
    put("b", 500).await.unwrap();
}

#[tokio::test]
async fn a_boundary_must_be_a_policy_that_exists() {
    let server = Server::start().await;
    create(&server, "App").await;
    let app = ("RoleName", "App");
    for (arn, expected) in [
        (
            "arn:aws:iam::123456789012:role/App",
            "ValidationError: Value (arn:aws:iam::123456789012:role/App) for parameter PermissionsBoundary is invalid.",
        ),
        (
            "not an arn, but long enough",
            "ValidationError: Value (not an arn, but long enough) for parameter PermissionsBoundary is invalid.",
        ),
        (
            "arn:aws:iam::123456789012:policy/none",
            "NoSuchEntity: Scope ARN: arn:aws:iam::123456789012:policy/none does not exist or is not attachable.",
        ),
    ] {
        let boundary = ("PermissionsBoundary", arn);
        let put = server
            .refused("PutRolePermissionsBoundary", &[app, boundary])
            .await;
        assert_eq!(put, expected);
        let user = [("UserName", "bob"), boundary];
        assert_eq!(server.refused("CreateUser", &user).await, expected);
    }
    let boundary = ("PermissionsBoundary", BOUNDARY);
    server
        .ok("PutRolePermissionsBoundary", &[app, boundary])
        .await;
    server.ok("DeleteRolePermissionsBoundary", &[app]).await;
    let role = server.ok("GetRole", &[app]).await;
    assert!(role["Role"]["PermissionsBoundary"].is_null());
    let admin = ("UserName", "admin");
    server
        .ok(
            "PutUserPermissionsBoundary",
            &[admin, ("PermissionsBoundary", crate::server::ADMINISTRATOR)],
        )
        .await;
    let user = server.ok("GetUser", &[]).await;
    assert_eq!(
        user["User"]["PermissionsBoundary"]["PermissionsBoundaryType"],
        "Policy"
    );
    server.ok("DeleteUserPermissionsBoundary", &[admin]).await;
}
