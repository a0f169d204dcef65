//! The second factor: codes that are right once, and what they open.

use crate::device::Device;
use crate::server::{ACCOUNT, Key, Refused, Server, TRUST, session_of, text};

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const WRONG: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";

fn told(result: Result<Key, Refused>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(refused) => format!("{} {}: {}", refused.status, refused.code, refused.message),
    }
}

fn wrong() -> String {
    format!("403 AccessDenied: {WRONG}")
}

async fn ann(server: &Server) -> (Key, Device) {
    let key = server.user_with("ann", ALL).await;
    let device = Device::of(server, "ann").await;
    (key, device)
}

#[tokio::test]
async fn a_code_opens_one_session_and_no_second() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    // The device was enabled with this one.
    let code = device.code(&server, 0);
    assert_eq!(told(device.session(&server, &key, &code).await), wrong());
    let code = device.code(&server, 30);
    assert_eq!(told(device.session(&server, &key, &code).await), "ok");
    assert_eq!(told(device.session(&server, &key, &code).await), wrong());
    server.pass(30);
    assert_eq!(told(device.session(&server, &key, &code).await), wrong());
    server.pass(30);
    let code = device.code(&server, 0);
    assert_eq!(told(device.session(&server, &key, &code).await), "ok");
}

#[tokio::test]
async fn two_requests_with_one_code_get_one_session() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    let code = device.code(&server, 30);
    let (one, other) = tokio::join!(
        device.session(&server, &key, &code),
        device.session(&server, &key, &code)
    );
    assert_ne!(one.is_ok(), other.is_ok());
}

#[tokio::test]
async fn too_many_wrong_codes_bar_the_right_one_too() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    let right = device.code(&server, 30);
    let guess = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        assert_eq!(told(device.session(&server, &key, guess).await), wrong());
    }
    assert_eq!(told(device.session(&server, &key, &right).await), wrong());
    server.pass(59);
    let right = device.code(&server, 0);
    assert_eq!(told(device.session(&server, &key, &right).await), wrong());
    server.pass(1);
    let right = device.code(&server, 0);
    assert_eq!(told(device.session(&server, &key, &right).await), "ok");
}

#[tokio::test]
async fn a_device_serves_the_user_that_it_is_enabled_for() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    let bob = server.user_with("bob", ALL).await;
    let code = device.code(&server, 30);
    let unknown = "403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  \
                   Please verify your MFA serial number is valid and associated with this user.";
    assert_eq!(told(device.session(&server, &bob, &code).await), unknown);
    for (parameters, message) in [
        (
            [("SerialNumber", &*device.serial)],
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        ),
        (
            [("TokenCode", &*code)],
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        ),
    ] {
        let asked = server.ask("sts", Some(&key), "GetSessionToken", &parameters);
        assert_eq!(asked.await.unwrap_err().message, message);
    }
    let of_ann = [("UserName", "ann"), ("SerialNumber", &*device.serial)];
    server.ok("DeactivateMFADevice", &of_ann).await;
    assert_eq!(told(device.session(&server, &key, &code).await), unknown);
    // Bob gets it, with codes that Ann hasn't used.
    server.pass(60);
    device.enable(&server, "bob", -30, 0).await.unwrap();
    let code = device.code(&server, 30);
    assert_eq!(told(device.session(&server, &key, &code).await), unknown);
    assert_eq!(told(device.session(&server, &bob, &code).await), "ok");
}

#[tokio::test]
async fn a_device_whose_clock_is_wrong_is_synchronized() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    server.pass(600);
    let late = device.code(&server, -300);
    assert_eq!(told(device.session(&server, &key, &late).await), wrong());
    let resync = |first, second| device.pair(&server, "ResyncMFADevice", "ann", first, second);
    let refused = resync(-330, -270).await.unwrap_err();
    assert_eq!(
        (&*refused.code, refused.status),
        ("InvalidAuthenticationCode", 403)
    );
    assert_eq!(
        refused.message,
        "Authentication code for device is not valid."
    );
    resync(-330, -300).await.unwrap();
    let late = device.code(&server, -270);
    assert_eq!(told(device.session(&server, &key, &late).await), "ok");
}

#[tokio::test]
async fn enabling_asks_for_two_codes_in_a_row_of_a_free_device() {
    let server = Server::start().await;
    server.user_with("ann", ALL).await;
    server.user_with("bob", ALL).await;
    let device = Device::create(&server, "phone").await;
    for (first, second) in [(0, 0), (0, -30), (-60, 0), (-120, -90)] {
        let refused = device
            .enable(&server, "ann", first, second)
            .await
            .unwrap_err();
        assert_eq!(
            (&*refused.code, refused.status),
            ("InvalidAuthenticationCode", 403)
        );
    }
    device.enable(&server, "ann", -30, 0).await.unwrap();
    for user in ["ann", "bob"] {
        let refused = device.enable(&server, user, 30, 60).await.unwrap_err();
        assert_eq!(
            (&*refused.code, refused.status),
            ("EntityAlreadyExists", 409)
        );
        assert_eq!(refused.message, "MFA Device is already in use.");
    }
    for number in 1..8 {
        let device = Device::create(&server, &format!("phone-{number}")).await;
        device.enable(&server, "ann", -30, 0).await.unwrap();
    }
    let ninth = Device::create(&server, "phone-9").await;
    let refused = ninth.enable(&server, "ann", -30, 0).await.unwrap_err();
    assert_eq!((&*refused.code, refused.status), ("LimitExceeded", 409));
    assert_eq!(
        refused.message,
        "Cannot exceed quota for MFADevicesPerUser: 8"
    );
    let summary = server.ok("GetAccountSummary", &[]).await;
    assert_eq!(summary["SummaryMap"]["MFADevices"], 9);
    assert_eq!(summary["SummaryMap"]["MFADevicesInUse"], 8);
}

#[tokio::test]
async fn a_trust_policy_sees_the_code_and_its_age() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/ann"}},
        "Action":"sts:AssumeRole","Condition":{{"Bool":{{"aws:MultiFactorAuthPresent":"true"}},
        "NumericLessThan":{{"aws:MultiFactorAuthAge":"60"}}}}}}}}"#
    );
    let role = [
        ("RoleName", "careful"),
        ("AssumeRolePolicyDocument", &*trust),
    ];
    server.ok("CreateRole", &role).await;
    let denied = format!(
        "403 AccessDenied: User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: \
         sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/careful"
    );
    assert_eq!(told(server.assume(&key, "careful", &[]).await), denied);
    let code = device.code(&server, 30);
    let factor = [("SerialNumber", &*device.serial), ("TokenCode", &*code)];
    assert_eq!(told(server.assume(&key, "careful", &factor).await), "ok");
    assert_eq!(told(server.assume(&key, "careful", &factor).await), wrong());
    // The session of GetSessionToken has it too, until it is too old.
    server.pass(60);
    let code = device.code(&server, 0);
    let session = device.session(&server, &key, &code).await.unwrap();
    server.pass(59);
    assert_eq!(told(server.assume(&session, "careful", &[]).await), "ok");
    server.pass(1);
    assert_eq!(told(server.assume(&session, "careful", &[]).await), denied);
    // A session without it is no better than a key.
    let plain = server
        .ask("sts", Some(&key), "GetSessionToken", &[])
        .await
        .unwrap();
    let plain = session_of(&plain);
    assert_eq!(told(server.assume(&plain, "careful", &[]).await), denied);
}

#[tokio::test]
async fn a_key_has_no_word_on_mfa_and_a_session_has_one() {
    let server = Server::start().await;
    let (key, device) = ann(&server).await;
    // Denied where the key is there and false; absent is not false.
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*",
        "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
    let parameters = [
        ("UserName", "ann"),
        ("PolicyName", "p"),
        ("PolicyDocument", policy),
    ];
    server.ok("PutUserPolicy", &parameters).await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    assert_eq!(told(server.assume(&key, "app", &[]).await), "ok");
    let plain = server
        .ask("sts", Some(&key), "GetSessionToken", &[])
        .await
        .unwrap();
    let plain = session_of(&plain);
    assert!(told(server.assume(&plain, "app", &[]).await).starts_with("403 AccessDenied"));
    let code = device.code(&server, 30);
    let session = device.session(&server, &key, &code).await.unwrap();
    assert_eq!(told(server.assume(&session, "app", &[]).await), "ok");
}

#[tokio::test]
async fn a_user_is_kept_while_a_device_is_its() {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "ann")]).await;
    let device = Device::of(&server, "ann").await;
    let user = [("UserName", "ann")];
    assert_eq!(
        server.refused("DeleteUser", &user).await,
        "DeleteConflict: Cannot delete entity, must delete MFA device first."
    );
    let serial = [("SerialNumber", &*device.serial)];
    assert_eq!(
        server.refused("DeleteVirtualMFADevice", &serial).await,
        "DeleteConflict: MFA VirtualDevice in use. Must deactivate first."
    );
    server
        .ok("DeactivateMFADevice", &[user[0], serial[0]])
        .await;
    server.ok("DeleteUser", &user).await;
    server.ok("DeleteVirtualMFADevice", &serial).await;
}

#[tokio::test]
async fn neither_seed_nor_codes_are_in_the_trail() {
    let server = Server::start().await;
    let key = server.user_with("ann", ALL).await;
    let made = server
        .ok(
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "shown")],
        )
        .await;
    let seed = text(&made["VirtualMFADevice"]["Base32StringSeed"]).to_owned();
    let device = Device::of(&server, "ann").await;
    let codes = [
        device.code(&server, -30),
        device.code(&server, 0),
        device.code(&server, 30),
    ];
    device.session(&server, &key, &codes[2]).await.unwrap();
    let trail = server.trail();
    assert!(trail.contains("\"EnableMFADevice\""));
    assert!(trail.contains(&device.serial));
    for secret in codes.iter().chain([&seed]) {
        assert!(!trail.contains(&format!("\"{secret}\"")), "{secret}");
    }
    for name in [
        "authenticationCode1",
        "tokenCode",
        "base32StringSeed",
        "qRCodePNG",
    ] {
        assert!(!trail.contains(name), "{name}");
    }
}
