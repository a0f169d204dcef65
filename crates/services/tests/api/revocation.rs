//! Revocation: once the call has returned, nothing older gets in.

use std::sync::Arc;

use crate::server::{Key, Server, TRUST};

const ROLE: (&str, &str) = ("RoleName", "app");

fn revoke_before(server: &Server) -> String {
    let now = server.door.now().strftime("%Y-%m-%dT%H:%M:%S.000Z");
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{now}"}}}}}}]}}"#
    )
}

async fn session(server: &Server) -> Key {
    server.assume(&server.admin, "app", &[]).await.unwrap()
}

async fn revoke(server: &Server) {
    server.pass(1);
    let policy = revoke_before(server);
    let put = [
        ROLE,
        ("PolicyName", "AWSRevokeOlderSessions"),
        ("PolicyDocument", &*policy),
    ];
    server.ok("PutRolePolicy", &put).await;
}

async fn server_with_app() -> Server {
    let server = Server::start().await;
    let trust = ("AssumeRolePolicyDocument", TRUST);
    server.ok("CreateRole", &[ROLE, trust]).await;
    let read = ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    server.ok("AttachRolePolicy", &[ROLE, read]).await;
    server
}

#[tokio::test]
async fn older_sessions_are_denied_newer_ones_and_their_identity_are_not() {
    let server = server_with_app().await;
    let old = session(&server).await;
    server.call_as(&old, "GetRole", &[ROLE]).await.unwrap();
    revoke(&server).await;
    let refused = server.call_as(&old, "GetRole", &[ROLE]).await.unwrap_err();
    assert!(
        refused.message.ends_with(
            "iam:GetRole on resource: role app with an explicit deny in an identity-based policy"
        ),
        "{}",
        refused.message
    );
    let identity = server.ask("sts", Some(&old), "GetCallerIdentity", &[]);
    identity.await.unwrap();
    let new = session(&server).await;
    server.call_as(&new, "GetRole", &[ROLE]).await.unwrap();
    // Long-term keys have no issue time.
    server.ok("GetRole", &[ROLE]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_after_the_acknowledgement_gets_in() {
    let server = Arc::new(server_with_app().await);
    let old = session(&server).await;
    revoke(&server).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (server, old) = (Arc::clone(&server), old.clone());
        calls.spawn(async move { server.call_as(&old, "GetRole", &[ROLE]).await.is_ok() });
    }
    let allowed = calls.join_all().await.into_iter().filter(|it| *it).count();
    assert_eq!(allowed, 0);
}

#[tokio::test]
async fn detaching_a_policy_and_deactivating_a_key_work_at_once() {
    let server = server_with_app().await;
    let session = session(&server).await;
    let read = ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    server.ok("DetachRolePolicy", &[ROLE, read]).await;
    assert!(server.call_as(&session, "GetRole", &[ROLE]).await.is_err());
    let user = server.user_with("bob", crate::server::READ).await;
    let deactivate = [
        ("UserName", "bob"),
        ("AccessKeyId", user.id.as_str()),
        ("Status", "Inactive"),
    ];
    server.ok("UpdateAccessKey", &deactivate).await;
    let refused = server
        .ask("sts", Some(&user), "GetCallerIdentity", &[])
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidClientTokenId");
}
