//! The sessions of users: `GetSessionToken`, `GetFederationToken`, and what they may not.

use crate::device::Device;
use crate::server::{ACCOUNT, Key, READ, Refused, Server, TRUST, session_of, text};

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

async fn own(server: &Server, key: &Key, more: &[(&str, &str)]) -> Result<Key, Refused> {
    let answer = server
        .ask("sts", Some(key), "GetSessionToken", more)
        .await?;
    Ok(session_of(&answer))
}

async fn federated(server: &Server, key: &Key, more: &[(&str, &str)]) -> Result<Key, Refused> {
    let mut parameters = vec![("Name", "guest")];
    parameters.extend(more);
    let answer = server
        .ask("sts", Some(key), "GetFederationToken", &parameters)
        .await?;
    Ok(session_of(&answer))
}

async fn identity(server: &Server, key: &Key) -> Result<(String, String), Refused> {
    let answer = server
        .ask("sts", Some(key), "GetCallerIdentity", &[])
        .await?;
    Ok((
        text(&answer["Arn"]).to_owned(),
        text(&answer["UserId"]).to_owned(),
    ))
}

fn told<T>(result: Result<T, Refused>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(refused) => format!("{} {}: {}", refused.status, refused.code, refused.message),
    }
}

fn with_session(operation: &str) -> String {
    format!("403 AccessDenied: Cannot call {operation} with session credentials")
}

const INVALID: &str =
    "403 InvalidClientTokenId: The security token included in the request is invalid";

#[tokio::test]
async fn a_users_session_calls_no_iam_without_mfa_and_of_sts_two_operations() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    let device = Device::of(&server, "ann").await;
    let plain = own(&server, &key, &[]).await.unwrap();
    let code = device.code(&server, 30);
    let strong = device.session(&server, &key, &code).await.unwrap();
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    for (session, iam) in [(&plain, INVALID), (&strong, "ok")] {
        assert_eq!(identity(&server, session).await.unwrap().0, arn);
        assert_eq!(
            identity(&server, session).await,
            identity(&server, &key).await
        );
        assert_eq!(told(server.call_as(session, "ListUsers", &[]).await), iam);
        assert_eq!(told(server.call_as(session, "GetUser", &[]).await), iam);
        assert_eq!(told(server.assume(session, "app", &[]).await), "ok");
        assert_eq!(
            told(own(&server, session, &[]).await),
            with_session("GetSessionToken")
        );
        let refused = told(federated(&server, session, &[]).await);
        assert_eq!(refused, with_session("GetFederationToken"));
        let info = [("AccessKeyId", key.id.as_str())];
        let info = server
            .ask("sts", Some(session), "GetAccessKeyInfo", &info)
            .await;
        assert_eq!(told(info), with_session("GetAccessKeyInfo"));
    }
}

#[tokio::test]
async fn a_federated_users_session_calls_no_iam_and_of_sts_one_operation() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    let session = federated(&server, &key, &[("Policy", ALL)]).await.unwrap();
    let (arn, id) = identity(&server, &session).await.unwrap();
    assert_eq!(arn, format!("arn:aws:sts::{ACCOUNT}:federated-user/guest"));
    assert_eq!(id, format!("{ACCOUNT}:guest"));
    assert_eq!(
        told(server.call_as(&session, "ListUsers", &[]).await),
        INVALID
    );
    for (action, parameters) in [
        ("GetSessionToken", vec![]),
        ("GetFederationToken", vec![("Name", "other")]),
        ("GetAccessKeyInfo", vec![("AccessKeyId", key.id.as_str())]),
    ] {
        let refused = server.ask("sts", Some(&session), action, &parameters).await;
        assert_eq!(told(refused), with_session(action));
    }
    assert_eq!(
        told(server.assume(&session, "app", &[]).await),
        with_session("AssumeRole")
    );
}

#[tokio::test]
async fn sessions_of_roles_make_no_sessions_of_users() {
    let server = Server::start().await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    let policy = [
        ("RoleName", "app"),
        ("PolicyName", "p"),
        ("PolicyDocument", ALL),
    ];
    server.ok("PutRolePolicy", &policy).await;
    let session = server.assume(&server.admin, "app", &[]).await.unwrap();
    assert_eq!(
        told(own(&server, &session, &[]).await),
        with_session("GetSessionToken")
    );
    let refused = told(federated(&server, &session, &[("Policy", ALL)]).await);
    assert_eq!(refused, with_session("GetFederationToken"));
}

#[tokio::test]
async fn a_users_sessions_die_with_the_user_and_not_with_its_key() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let sessions = [
        own(&server, &key, &[]).await.unwrap(),
        federated(&server, &key, &[("Policy", ALL)]).await.unwrap(),
    ];
    let id = [("UserName", "ann"), ("AccessKeyId", key.id.as_str())];
    server
        .ok("UpdateAccessKey", &[id[0], id[1], ("Status", "Inactive")])
        .await;
    assert_eq!(told(identity(&server, &key).await), INVALID);
    for session in &sessions {
        assert_eq!(told(identity(&server, session).await), "ok");
    }
    server.ok("DeleteAccessKey", &id).await;
    server
        .ok(
            "DeleteUserPolicy",
            &[("UserName", "ann"), ("PolicyName", "p")],
        )
        .await;
    server.ok("DeleteUser", &[("UserName", "ann")]).await;
    server.ok("CreateUser", &[("UserName", "ann")]).await;
    for session in &sessions {
        assert_eq!(told(identity(&server, session).await), INVALID);
    }
}

#[tokio::test]
async fn a_users_sessions_last_twelve_hours_or_as_long_as_was_asked() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    for (seconds, more) in [
        (43_200, vec![]),
        (129_600, vec![("DurationSeconds", "129600")]),
    ] {
        let sessions = [
            own(&server, &key, &more).await.unwrap(),
            federated(&server, &key, &more).await.unwrap(),
        ];
        server.pass(seconds - 1);
        for session in &sessions {
            assert_eq!(told(identity(&server, session).await), "ok");
        }
        server.pass(1);
        for session in &sessions {
            assert!(told(identity(&server, session).await).starts_with("403 ExpiredToken"));
        }
    }
    for seconds in ["899", "129601", "-900"] {
        let more = [("DurationSeconds", seconds)];
        assert!(told(own(&server, &key, &more).await).starts_with("400 ValidationError"));
        assert!(told(federated(&server, &key, &more).await).starts_with("400 ValidationError"));
    }
}

#[tokio::test]
async fn a_users_own_session_is_no_link_of_a_chain() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server
        .ok(
            "CreateRole",
            &[role[0], role[1], ("MaxSessionDuration", "43200")],
        )
        .await;
    let policy = [
        ("RoleName", "app"),
        ("PolicyName", "p"),
        ("PolicyDocument", ALL),
    ];
    server.ok("PutRolePolicy", &policy).await;
    let long = [("DurationSeconds", "43200")];
    let session = own(&server, &key, &[]).await.unwrap();
    let role = server.assume(&session, "app", &long).await.unwrap();
    let chained = told(server.assume(&role, "app", &long).await);
    assert!(
        chained.contains("1 hour session limit for roles assumed by role chaining"),
        "{chained}"
    );
}

#[tokio::test]
async fn federation_needs_its_own_permission_and_another_for_tags() {
    let server = Server::start().await;
    let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/guest");
    let one = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"{arn}"}}}}"#
    );
    let without = server.user_with("ann", READ).await;
    let refused = |action| {
        let user = format!("arn:aws:iam::{ACCOUNT}:user/ann");
        format!(
            "403 AccessDenied: User: {user} is not authorized to perform: {action} on resource: {arn}"
        )
    };
    assert_eq!(
        told(federated(&server, &without, &[]).await),
        refused("sts:GetFederationToken")
    );
    let policy = [
        ("UserName", "ann"),
        ("PolicyName", "p"),
        ("PolicyDocument", &*one),
    ];
    server.ok("PutUserPolicy", &policy).await;
    assert_eq!(told(federated(&server, &without, &[]).await), "ok");
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    assert_eq!(
        told(federated(&server, &without, &tag).await),
        refused("sts:TagSession")
    );
    // Nobody is kept from a session of its own.
    let deny =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let policy = [
        ("UserName", "ann"),
        ("PolicyName", "p"),
        ("PolicyDocument", deny),
    ];
    server.ok("PutUserPolicy", &policy).await;
    assert_eq!(told(own(&server, &without, &[]).await), "ok");
}

#[tokio::test]
async fn records_tell_a_users_session_and_who_is_behind_a_federated_one() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let device = Device::of(&server, "ann").await;
    let code = device.code(&server, 30);
    let strong = device.session(&server, &key, &code).await.unwrap();
    let guest = federated(&server, &key, &[]).await.unwrap();
    identity(&server, &strong).await.unwrap();
    identity(&server, &guest).await.unwrap();
    let trail = server.trail();
    let records: Vec<serde_json::Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let by = |key: &Key| {
        let id = key.id.as_str();
        let found = records
            .iter()
            .find(|it| it["userIdentity"]["accessKeyId"] == id);
        found.unwrap()["userIdentity"].clone()
    };
    let own = by(&strong);
    assert_eq!(own["type"], "IAMUser");
    assert_eq!(own["userName"], "ann");
    assert_eq!(
        own["sessionContext"]["attributes"]["mfaAuthenticated"],
        "true"
    );
    let other = by(&guest);
    assert_eq!(other["type"], "FederatedUser");
    assert_eq!(other["principalId"], format!("{ACCOUNT}:guest"));
    assert_eq!(
        other["arn"],
        format!("arn:aws:sts::{ACCOUNT}:federated-user/guest")
    );
    let issuer = &other["sessionContext"]["sessionIssuer"];
    assert_eq!(issuer["type"], "IAMUser");
    assert_eq!(issuer["arn"], format!("arn:aws:iam::{ACCOUNT}:user/ann"));
    assert_eq!(issuer["principalId"], own["principalId"]);
    assert_eq!(
        other["sessionContext"]["attributes"]["mfaAuthenticated"],
        "false"
    );
    assert!(by(&key)["sessionContext"].is_null());
    for name in ["GetSessionToken", "GetFederationToken"] {
        let record = records.iter().find(|it| it["eventName"] == name).unwrap();
        assert_eq!(record["readOnly"], true);
        assert!(record["responseElements"]["credentials"]["accessKeyId"].is_string());
        assert!(record["responseElements"]["credentials"]["secretAccessKey"].is_null());
    }
}

#[tokio::test]
async fn an_access_key_tells_its_account() {
    let server = Server::start().await;
    let key = server.user_with("ann", READ).await;
    let ask = async |by, id: &'static str| {
        let info = [("AccessKeyId", id)];
        server.ask("sts", Some(by), "GetAccessKeyInfo", &info).await
    };
    // The example of the public write-ups of this encoding: another account's.
    let known = ask(&server.admin, "ASIAQNZGKIQY56JQ7WML").await.unwrap();
    assert_eq!(known["Account"], "029608264753");
    assert_eq!(
        told(ask(&server.admin, "AKIAIOSFODNN7EXAMPLE").await),
        "400 ValidationError: The access key id AKIAIOSFODNN7EXAMPLE does not name an account."
    );
    assert_eq!(
        told(ask(&key, "ASIAQNZGKIQY56JQ7WML").await),
        format!(
            "403 AccessDenied: User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: \
             sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action"
        )
    );
}
