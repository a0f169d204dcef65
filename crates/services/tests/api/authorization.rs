//! What operations need, and how a denial words it.

use crate::server::{Key, READ, Server, TRUST};

async fn denied(server: &Server, key: &Key, action: &str, parameters: &[(&str, &str)]) -> String {
    let refused = server.call_as(key, action, parameters).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.status),
        ("AccessDenied", 403)
    );
    let (_, said) = refused.message.split_once(" to perform: ").unwrap();
    let (said, _) = said.split_once(" because ").unwrap_or((said, ""));
    said.to_owned()
}

fn allow(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"{condition}}}}}"#
    )
}

#[tokio::test]
async fn denials_name_the_resource_as_iam_does() {
    let server = Server::start().await;
    let eve = server.user_with("eve", READ).await;
    let account = "arn:aws:iam::123456789012";
    let url = "https://oidc.example.com";
    let policy = format!("{account}:policy/p");
    for (action, parameters, resource) in [
        ("GetRole", vec![("RoleName", "x")], "role x".to_owned()),
        ("GetUser", vec![], "user eve".to_owned()),
        (
            "ListAccessKeys",
            vec![("UserName", "admin")],
            "user admin".to_owned(),
        ),
        (
            "GetPolicy",
            vec![("PolicyArn", &*policy)],
            format!("policy {policy}"),
        ),
        (
            "CreateRole",
            vec![
                ("RoleName", "x"),
                ("Path", "/p/"),
                ("AssumeRolePolicyDocument", TRUST),
            ],
            format!("{account}:role/p/x"),
        ),
        (
            "CreateUser",
            vec![("UserName", "x")],
            format!("{account}:user/x"),
        ),
        (
            "CreatePolicy",
            vec![("PolicyName", "p"), ("PolicyDocument", READ)],
            "policy p".to_owned(),
        ),
        (
            "CreateOpenIDConnectProvider",
            vec![("Url", url)],
            format!("{account}:oidc-provider/oidc.example.com"),
        ),
        (
            "ListRoles",
            vec![("PathPrefix", "/a/")],
            format!("{account}:role/a/"),
        ),
        ("ListUsers", vec![], format!("{account}:user/")),
        ("ListPolicies", vec![], "policy path /".to_owned()),
        (
            "ListOpenIDConnectProviders",
            vec![],
            format!("{account}:oidc-provider/*"),
        ),
    ] {
        assert_eq!(
            denied(&server, &eve, action, &parameters).await,
            format!("iam:{action} on resource: {resource}")
        );
    }
}

#[tokio::test]
async fn the_decision_is_about_the_path_that_the_role_has() {
    let server = Server::start().await;
    let role = [
        ("RoleName", "r"),
        ("Path", "/dev/"),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    server.ok("CreateRole", &role).await;
    let dev = "arn:aws:iam::123456789012:role/dev/*";
    let dev = server
        .user_with("dev", &allow("iam:GetRole", dev, ""))
        .await;
    let root = "arn:aws:iam::123456789012:role/r";
    let root = server
        .user_with("root", &allow("iam:GetRole", root, ""))
        .await;
    let r = [("RoleName", "r")];
    server.call_as(&dev, "GetRole", &r).await.unwrap();
    assert_eq!(
        denied(&server, &root, "GetRole", &r).await,
        "iam:GetRole on resource: role r"
    );
    // One that isn't there is judged under `/`: who may not see it doesn't learn that.
    denied(&server, &dev, "GetRole", &[("RoleName", "none")]).await;
}

#[tokio::test]
async fn creating_with_tags_needs_tagging_too() {
    let server = Server::start().await;
    let creator = server
        .user_with("creator", &allow("iam:CreateRole", "*", ""))
        .await;
    let role = [
        ("RoleName", "r"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    assert_eq!(
        denied(&server, &creator, "CreateRole", &role).await,
        "iam:TagRole on resource: arn:aws:iam::123456789012:role/r"
    );
    server
        .call_as(&creator, "CreateRole", &role[..2])
        .await
        .unwrap();
}

#[tokio::test]
async fn conditions_see_tags_boundaries_and_policies() {
    let server = Server::start().await;
    let condition = |key: &str, value: &str| {
        format!(r#","Condition":{{"StringEquals":{{"{key}":"{value}"}}}}"#)
    };
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let role = |name| vec![("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    let tagged = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let bounded = [("PermissionsBoundary", read_only)];
    server
        .ok("CreateRole", &[role("team"), tagged.to_vec()].concat())
        .await;
    server
        .ok("CreateRole", &[role("bounded"), bounded.to_vec()].concat())
        .await;
    server.ok("CreateRole", &role("plain")).await;
    let inline = [("PolicyName", "p"), ("PolicyDocument", READ)];
    let put = |name| [&[("RoleName", name)][..], &inline].concat();
    let attach = |arn| vec![("RoleName", "plain"), ("PolicyArn", arn)];
    let tag = |value| {
        vec![
            ("RoleName", "plain"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", value),
        ]
    };
    for (n, (action, key, value, allowed, refused)) in [
        (
            "PutRolePolicy",
            "iam:ResourceTag/team",
            "a",
            put("team"),
            put("plain"),
        ),
        (
            "PutRolePolicy",
            "aws:ResourceTag/team",
            "a",
            put("team"),
            put("plain"),
        ),
        (
            "PutRolePolicy",
            "iam:PermissionsBoundary",
            read_only,
            put("bounded"),
            put("plain"),
        ),
        (
            "CreateRole",
            "iam:PermissionsBoundary",
            read_only,
            [role("new"), bounded.to_vec()].concat(),
            role("newer"),
        ),
        (
            "AttachRolePolicy",
            "iam:PolicyARN",
            read_only,
            attach(read_only),
            attach("arn:aws:iam::aws:policy/AdministratorAccess"),
        ),
        ("TagRole", "aws:RequestTag/team", "a", tag("a"), tag("b")),
    ]
    .into_iter()
    .enumerate()
    {
        let policy = allow(&format!("iam:{action}"), "*", &condition(key, value));
        let user = server.user_with(&format!("u{n}"), &policy).await;
        let done = server.call_as(&user, action, &allowed).await;
        assert!(done.is_ok(), "{action} {key}: {done:?}");
        denied(&server, &user, action, &refused).await;
    }
}

#[tokio::test]
async fn renaming_needs_permission_on_both_names() {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    let only_bob = "arn:aws:iam::123456789012:user/bob";
    let helper = server
        .user_with("helper", &allow("iam:UpdateUser", only_bob, ""))
        .await;
    let rename = [("UserName", "bob"), ("NewUserName", "boss")];
    assert_eq!(
        denied(&server, &helper, "UpdateUser", &rename).await,
        "iam:UpdateUser on resource: arn:aws:iam::123456789012:user/boss"
    );
}

#[tokio::test]
async fn records_name_the_resources_that_were_touched() {
    let server = Server::start().await;
    let role = [
        ("RoleName", "r"),
        ("Path", "/dev/"),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    server.ok("CreateRole", &role).await;
    let trail = server.trail();
    assert!(
        trail.contains(r#""ARN":"arn:aws:iam::123456789012:role/dev/r""#),
        "{trail}"
    );
    assert!(trail.contains(r#""type":"AWS::IAM::Role""#));
}
