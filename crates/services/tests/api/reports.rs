//! What reports say as time passes, and reports on an organization.

use std::sync::Arc;

use directory::Snapshot;
use federation::{Verifier, VerifierConfig};
use policy::AccountId;
use serde_json::Value;
use services::Services;
use services::iam::service_access::{AccessScopes, NoScope, Scope, ScopedAccount};

use crate::server::{ACCOUNT, READ, Server, TRUST, column, pages, text};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const PATH: &str = "o-a1b2c3d4e5/r-f6g7h8i9j0/ou-rge0-awsabcde/123456789012";

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

/// An organization of one account, which is limited to two services and one action.
#[derive(Debug)]
struct Organization;

impl AccessScopes for Organization {
    fn scope(
        &self,
        _: &Snapshot,
        asking: AccountId,
        path: &str,
        policy: Option<&str>,
    ) -> Result<Scope, NoScope> {
        if policy.is_some() {
            return Err(NoScope::NoSuchEntity("p-absent12".to_owned()));
        }
        if path != PATH {
            return Err(NoScope::NotManagementAccount);
        }
        let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","sqs:*","s3:GetObject"],"Resource":"*"}]}"#;
        Ok(Scope {
            accounts: vec![ScopedAccount {
                account: asking,
                path: path.to_owned(),
            }],
            levels: vec![vec![allow.to_owned()]],
        })
    }
}

#[tokio::test]
async fn an_organization_report_lists_what_its_policies_leave() {
    let verifier = Verifier::new(VerifierConfig::default()).unwrap();
    let services = Services::new(Arc::new(verifier)).with_scopes(Arc::new(Organization));
    let server = Server::start().await.serving(services);
    server.ok("ListUsers", &[]).await;
    let generate = "GenerateOrganizationsAccessReport";
    let job = server.ok(generate, &[("EntityPath", PATH)]).await;
    let id = text(&job["JobId"]).to_owned();
    let get = "GetOrganizationsAccessReport";
    let answer = server.ok(get, &[("JobId", &id)]).await;
    assert_eq!(answer["NumberOfServicesAccessible"], 3);
    assert_eq!(answer["NumberOfServicesNotAccessed"], 2);
    let details = answer["AccessDetails"].as_array().unwrap();
    assert_eq!(column(details, "ServiceNamespace"), ["iam", "s3", "sqs"]);
    let iam = &details[0];
    assert_eq!(text(&iam["EntityPath"]), PATH);
    assert_eq!(text(&iam["Region"]), "us-east-1");
    assert_eq!(iam["TotalAuthenticatedEntities"], 1);
    assert_eq!(details[2]["LastAuthenticatedTime"], Value::Null);

    let sorted = async |key: &str| {
        let parameters = [("JobId", id.as_str()), ("SortKey", key)];
        let all = pages(&server, get, &parameters, "AccessDetails", 2).await;
        column(&all, "ServiceNamespace").join(" ")
    };
    assert_eq!(sorted("SERVICE_NAMESPACE_DESCENDING").await, "sqs s3 iam");
    assert_eq!(
        sorted("LAST_AUTHENTICATED_TIME_ASCENDING").await,
        "s3 sqs iam"
    );
    assert_eq!(
        sorted("LAST_AUTHENTICATED_TIME_DESCENDING").await,
        "iam s3 sqs"
    );

    let refused = async |parameters: &[(&str, &str)]| server.refused(generate, parameters).await;
    let elsewhere = refused(&[("EntityPath", "o-a1b2c3d4e5/r-other")]).await;
    assert!(
        elsewhere.starts_with("CallerIsNotManagementAccountException"),
        "{elsewhere}"
    );
    let policy = [
        ("EntityPath", PATH),
        ("OrganizationsPolicyId", "p-absent12"),
    ];
    assert!(refused(&policy).await.starts_with("NoSuchEntity"));
    server.pass(7 * DAY + 1);
    let gone = server.refused(get, &[("JobId", &id)]).await;
    assert!(gone.starts_with("NoSuchEntity"), "{gone}");
}
