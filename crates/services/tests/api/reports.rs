//! What reports say as time passes.

use policy::AccountId;

use crate::server::{ACCOUNT, READ, Server, TRUST, text};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_credential_report_is_good_for_four_hours() {
    let server = Server::start().await;
    let missing = server.refused("GetCredentialReport", &[]).await;
    assert_eq!(missing, "ReportNotPresent: Unknown");
    let state = server.ok("GenerateCredentialReport", &[]).await;
    assert_eq!(text(&state["State"]), "STARTED");
    server.pass(4 * HOUR);
    let state = server.ok("GenerateCredentialReport", &[]).await;
    assert_eq!(text(&state["State"]), "COMPLETE");
    let first = server.ok("GetCredentialReport", &[]).await;
    server.pass(1);
    let expired = server.refused("GetCredentialReport", &[]).await;
    assert_eq!(expired, "ReportExpired: Unknown");
    let state = server.ok("GenerateCredentialReport", &[]).await;
    assert_eq!(text(&state["State"]), "STARTED");
    let second = server.ok("GetCredentialReport", &[]).await;
    assert_ne!(first["GeneratedTime"], second["GeneratedTime"]);
}

#[tokio::test]
async fn a_service_report_can_be_fetched_for_seven_days() {
    let server = Server::start().await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/admin");
    let job = server
        .ok("GenerateServiceLastAccessedDetails", &[("Arn", &arn)])
        .await;
    let id = text(&job["JobId"]).to_owned();
    server.pass(7 * DAY);
    let get = "GetServiceLastAccessedDetails";
    let answer = server.ok(get, &[("JobId", &id)]).await;
    assert_eq!(text(&answer["JobStatus"]), "COMPLETED");
    server.pass(1);
    let gone = server.refused(get, &[("JobId", &id)]).await;
    assert!(gone.starts_with("NoSuchEntity"), "{gone}");
    // The next one sweeps it out.
    server
        .ok("GenerateServiceLastAccessedDetails", &[("Arn", &arn)])
        .await;
    let snapshot = server.door.directory().snapshot();
    let view = snapshot.account(ACCOUNT.parse().unwrap()).unwrap();
    assert_eq!(view.shelf::<directory::AccessReport>().len(), 1);
}

#[tokio::test]
async fn uses_are_told_for_four_hundred_days() {
    let server = Server::start().await;
    let role = [("RoleName", "App"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    let key = server.assume(&server.admin, "App", &[]).await.unwrap();
    let used = server
        .ask("sts", Some(&key), "GetCallerIdentity", &[])
        .await;
    used.unwrap();
    server.door.keep_last_uses().await.unwrap();
    let last_used = async || {
        let role = server.ok("GetRole", &[("RoleName", "App")]).await;
        role["Role"]["RoleLastUsed"].clone()
    };
    assert_eq!(text(&last_used().await["Region"]), "us-east-1");
    server.pass(400 * DAY);
    assert!(!last_used().await["LastUsedDate"].is_null());
    server.pass(1);
    assert_eq!(last_used().await, serde_json::json!({}));
}

#[tokio::test]
async fn what_is_kept_and_what_waits_are_one() {
    let server = Server::start().await;
    let ann = server.user_with("ann", READ).await;
    let account: AccountId = ACCOUNT.parse().unwrap();
    let id = {
        let snapshot = server.door.directory().snapshot();
        let view = snapshot.account(account).unwrap();
        view.user("ann").unwrap().id.clone()
    };
    let uses = || server.door.last_use(account, &id).unwrap().uses;
    server
        .ask("sts", Some(&ann), "GetCallerIdentity", &[])
        .await
        .unwrap();
    let pending = uses();
    server.door.keep_last_uses().await.unwrap();
    assert_eq!(uses(), pending);
    server.pass(10);
    server.call_as(&ann, "ListUsers", &[]).await.unwrap_err();
    let both = uses();
    assert_eq!(both["sts"], pending["sts"]);
    assert!(both["iam"]["ListUsers"].at > both["sts"]["GetCallerIdentity"].at);
    // One that is deleted before its uses are kept leaves none.
    let key = server.door.key_last_use(account, ann.id.as_str()).unwrap();
    assert_eq!(key.service, "iam");
    let (name, id_text) = (("UserName", "ann"), ann.id.to_string());
    server
        .ok("DeleteAccessKey", &[name, ("AccessKeyId", &id_text)])
        .await;
    server
        .ok("DeleteUserPolicy", &[name, ("PolicyName", "p")])
        .await;
    server.ok("DeleteUser", &[name]).await;
    server.door.keep_last_uses().await.unwrap();
    assert_eq!(server.door.last_use(account, &id), None);
    assert_eq!(server.door.key_last_use(account, ann.id.as_str()), None);
}
