//! Passwords, certificates and service-specific credentials where the caller is the root, the
//! time passes, or two come at once.

use serde_json::{Value, json};

use crate::server::{Server, column, text};

const USER: (&str, &str) = ("UserName", "u");
const FIRST: &str = "First-password-1";
const CHANGE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"*"}]}"#;

fn certificate() -> String {
    let names = vec!["server".to_owned()];
    rcgen::generate_simple_self_signed(names)
        .unwrap()
        .cert
        .pem()
}

async fn summary(server: &Server, key: &str) -> Value {
    server.ok("GetAccountSummary", &[]).await["SummaryMap"][key].clone()
}

#[tokio::test]
async fn the_root_reaches_its_own_by_calling_without_a_name() {
    let server = Server::start().await;
    let body = certificate();
    let uploaded = server
        .as_root("UploadSigningCertificate", &[("CertificateBody", &body)])
        .await
        .unwrap();
    assert_eq!(uploaded["Certificate"]["UserName"], "root");
    let listed = server
        .as_root("ListSigningCertificates", &[])
        .await
        .unwrap();
    assert_eq!(listed["Certificates"], json!([uploaded["Certificate"]]));
    // A user who calls without a name reaches its own, which are others.
    let own = server.ok("ListSigningCertificates", &[]).await;
    assert_eq!(own["Certificates"], json!([]));
    assert_eq!(
        summary(&server, "AccountSigningCertificatesPresent").await,
        1
    );
    let id = text(&uploaded["Certificate"]["CertificateId"]);
    let by_id = ("CertificateId", id);
    let gone = format!("The Certificate with id {id} cannot be found.");
    assert_eq!(
        server.refused("DeleteSigningCertificate", &[by_id]).await,
        format!("NoSuchEntity: {gone}")
    );
    let inactive = [by_id, ("Status", "Inactive")];
    server
        .as_root("UpdateSigningCertificate", &inactive)
        .await
        .unwrap();
    server
        .as_root("DeleteSigningCertificate", &[by_id])
        .await
        .unwrap();
    assert_eq!(
        summary(&server, "AccountSigningCertificatesPresent").await,
        0
    );
}

#[tokio::test]
async fn the_roots_password_is_never_given_by_somebody_else() {
    let server = Server::start().await;
    assert_eq!(summary(&server, "AccountPasswordPresent").await, 0);
    let given = server
        .as_root("CreateLoginProfile", &[("Password", FIRST)])
        .await;
    assert_eq!(given.unwrap_err().code, "ValidationError");
    let made = server.as_root("CreateLoginProfile", &[]).await.unwrap();
    assert_eq!(made["LoginProfile"]["UserName"], "root");
    assert_eq!(server.as_root("GetLoginProfile", &[]).await.unwrap(), made);
    assert_eq!(summary(&server, "AccountPasswordPresent").await, 1);
    let passwords = [("OldPassword", FIRST), ("NewPassword", FIRST)];
    let changed = server.as_root("ChangePassword", &passwords).await;
    assert_eq!(changed.unwrap_err().code, "InvalidUserType");
    server.as_root("DeleteLoginProfile", &[]).await.unwrap();
    let missing = server.as_root("GetLoginProfile", &[]).await.unwrap_err();
    assert_eq!(
        missing.message,
        "Login Profile for User root cannot be found."
    );
}

#[tokio::test]
async fn an_api_key_expires_on_its_day() {
    let server = Server::start().await;
    server.ok("CreateUser", &[USER]).await;
    let service = ("ServiceName", "bedrock.amazonaws.com");
    let with_age = [USER, service, ("CredentialAgeDays", "2")];
    server
        .ok("CreateServiceSpecificCredential", &with_age)
        .await;
    server
        .ok("CreateServiceSpecificCredential", &[USER, service])
        .await;
    let day = 24 * 60 * 60;
    for (seconds, expired) in [(2 * day - 1, 0), (1, 1), (1000 * day, 1)] {
        server.pass(seconds);
        let listed = server.ok("ListServiceSpecificCredentials", &[USER]).await;
        let listed = listed["ServiceSpecificCredentials"]
            .as_array()
            .unwrap()
            .clone();
        let status = column(&listed, "Status");
        assert_eq!(status.len(), 2);
        let count = status.iter().filter(|it| **it == "Expired").count();
        assert_eq!(count, expired, "{listed:?}");
    }
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_told_to_try_again() {
    let server = Server::start().await;
    let key = server.user_with("u", CHANGE).await;
    server
        .ok("CreateLoginProfile", &[USER, ("Password", FIRST)])
        .await;
    let change = async |to: &str| {
        let passwords = [("OldPassword", FIRST), ("NewPassword", to)];
        server.call_as(&key, "ChangePassword", &passwords).await
    };
    let (second, third) = ("Second-password-2", "Third-password-3");
    let (one, other) = tokio::join!(change(second), change(third));
    let (won, refused) = match (one, other) {
        (Ok(_), Err(refused)) => (second, refused),
        (Err(refused), Ok(_)) => (third, refused),
        both => panic!("{both:?}"),
    };
    assert_eq!(
        (refused.code.as_str(), refused.status),
        ("EntityTemporarilyUnmodifiable", 409)
    );
    let passwords = [("OldPassword", won), ("NewPassword", FIRST)];
    server
        .call_as(&key, "ChangePassword", &passwords)
        .await
        .unwrap();
}
