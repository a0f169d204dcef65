//! `AssumeRoleWithWebIdentity`: what a token must be, and what its refusal says.

use serde_json::Value;

use crate::server::{ACCOUNT, ISSUER, Key, Refused, Server, session_of, text};

const AUDIENCE: &str = "sts.amazonaws.com";

fn trust(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{{condition}}}}}]}}"#
    )
}

async fn server() -> Server {
    let server = Server::start().await;
    let url = format!("https://{ISSUER}");
    let provider = [("Url", &*url), ("ClientIDList.member.1", AUDIENCE)];
    server.ok("CreateOpenIDConnectProvider", &provider).await;
    let trust = trust(&format!(
        r#""StringEquals":{{"{ISSUER}:sub":"system:serviceaccount:ns:app","{ISSUER}:aud":"{AUDIENCE}"}}"#
    ));
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", &*trust)];
    server.ok("CreateRole", &role).await;
    server
}

async fn exchange(server: &Server, role: &str, token: &str) -> Result<Value, Refused> {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let parameters = [
        ("RoleArn", &*arn),
        ("RoleSessionName", "pod"),
        ("WebIdentityToken", token),
    ];
    let action = "AssumeRoleWithWebIdentity";
    server.ask("sts", None, action, &parameters).await
}

async fn refused(server: &Server, role: &str, token: &str) -> String {
    let refused = exchange(server, role, token).await.unwrap_err();
    format!("{} {}: {}", refused.status, refused.code, refused.message)
}

#[tokio::test]
async fn a_token_becomes_a_session_of_exactly_that_role() {
    let server = server().await;
    let token = server.token("ns/app", &[AUDIENCE], 86_400);
    // SDKs send the file as it is, its last newline too.
    let answer = exchange(&server, "app", &format!("{token}\n"))
        .await
        .unwrap();
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
    assert_eq!(text(&answer["Provider"]), provider);
    assert_eq!(text(&answer["Audience"]), AUDIENCE);
    assert_eq!(
        text(&answer["SubjectFromWebIdentityToken"]),
        "system:serviceaccount:ns:app"
    );
    assert!(answer.get("PackedPolicySize").is_none());
    let session = session_of(&answer);
    let identity = server.ask("sts", Some(&session), "GetCallerIdentity", &[]);
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/pod");
    assert_eq!(text(&identity.await.unwrap()["Arn"]), arn);
    let trail = server.trail();
    assert!(!trail.contains(&token), "the token is in the trail");
    let record = trail
        .lines()
        .find(|it| it.contains("WebIdentityUser"))
        .unwrap();
    let record: Value = serde_json::from_str(record).unwrap();
    assert_eq!(
        record["userIdentity"]["principalId"],
        format!("{provider}:{AUDIENCE}:system:serviceaccount:ns:app")
    );
}

#[tokio::test]
async fn another_service_account_another_role_and_no_role_get_one_answer() {
    let server = server().await;
    let denied = "403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    for account in ["ns/other", "evil/app", "ns/app2"] {
        let token = server.token(account, &[AUDIENCE], 3600);
        assert_eq!(refused(&server, "app", &token).await, denied, "{account}");
    }
    let right = server.token("ns/app", &[AUDIENCE], 3600);
    assert_eq!(refused(&server, "missing", &right).await, denied);
    let assume_only = crate::server::TRUST;
    let role = [
        ("RoleName", "other"),
        ("AssumeRolePolicyDocument", assume_only),
    ];
    server.ok("CreateRole", &role).await;
    assert_eq!(refused(&server, "other", &right).await, denied);
    let trail = server.trail();
    let denied = trail
        .lines()
        .filter(|line| line.contains(r#""errorMessage":"An unknown error occurred""#));
    assert_eq!(denied.count(), 5);
}

#[tokio::test]
async fn a_web_identity_role_cannot_be_assumed_with_a_signature() {
    let server = server().await;
    let refused = server.assume(&server.admin, "app", &[]).await.unwrap_err();
    assert_eq!(refused.code, "AccessDenied");
}

#[tokio::test]
async fn wrong_audience_expired_unknown_issuer_and_garbage_have_their_own_errors() {
    let server = server().await;
    let api_server = server.token("ns/app", &["https://kubernetes.default.svc"], 3600);
    assert_eq!(
        refused(&server, "app", &api_server).await,
        "400 InvalidIdentityToken: Incorrect token audience"
    );
    let token = server.token("ns/app", &[AUDIENCE], 600);
    let mut altered = token.clone().into_bytes();
    let last = altered.len() - 10;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    let answer = refused(&server, "app", &altered).await;
    assert!(answer.starts_with("400 InvalidIdentityToken"), "{answer}");
    server.pass(600);
    let answer = refused(&server, "app", &token).await;
    assert!(
        answer.starts_with("400 ExpiredTokenException: Token expired: current date/time"),
        "{answer}"
    );
    let answer = refused(&server, "app", "not-a-token").await;
    assert!(answer.starts_with("400 InvalidIdentityToken"), "{answer}");
    let fresh = server.token("ns/app", &[AUDIENCE], 600);
    let arn = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
    let provider = ("OpenIDConnectProviderArn", &*arn);
    server.ok("DeleteOpenIDConnectProvider", &[provider]).await;
    assert_eq!(
        refused(&server, "app", &fresh).await,
        format!(
            "400 InvalidIdentityToken: No OpenIDConnect provider found in your account for https://{ISSUER}"
        )
    );
}

#[tokio::test]
async fn a_session_from_a_token_keeps_its_claims_as_condition_keys() {
    let server = server().await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:GetRole","Resource":"*","Condition":{{"StringEquals":{{"{ISSUER}:sub":"system:serviceaccount:ns:app"}},"ArnLike":{{"aws:FederatedProvider":"arn:aws:iam::*:oidc-provider/{ISSUER}"}},"Null":{{"aws:MultiFactorAuthPresent":"true"}}}}}}]}}"#
    );
    let put = [
        ("RoleName", "app"),
        ("PolicyName", "p"),
        ("PolicyDocument", &*policy),
    ];
    server.ok("PutRolePolicy", &put).await;
    let token = server.token("ns/app", &[AUDIENCE], 3600);
    let answer = exchange(&server, "app", &token).await.unwrap();
    let session: Key = session_of(&answer);
    let get = server.call_as(&session, "GetRole", &[("RoleName", "app")]);
    get.await.unwrap();
}

#[tokio::test]
async fn a_query_with_two_actions_is_refused_whatever_they_are() {
    let server = server().await;
    let doubled = [("Action", "GetCallerIdentity")];
    let result = server
        .ask("sts", None, "AssumeRoleWithWebIdentity", &doubled)
        .await
        .unwrap_err();
    // Nothing is read of it, not even that one of the two needs no signature.
    assert_eq!(
        (&*result.code, result.status),
        ("MissingAuthenticationToken", 403)
    );
}

#[tokio::test]
async fn strangers_leave_nothing_in_the_trail() {
    let server = server().await;
    let before = server.trail().lines().count();
    refused(&server, "app", "not-a-token").await;
    let unsigned = server.ask("iam", None, "ListRoles", &[]).await.unwrap_err();
    assert_eq!(
        (&*unsigned.code, unsigned.status),
        ("MissingAuthenticationToken", 403)
    );
    let unknown = server.ask("sts", None, "Nothing", &[]).await.unwrap_err();
    assert_eq!(unknown.code, "MissingAuthenticationToken");
    assert_eq!(server.trail().lines().count(), before);
}
