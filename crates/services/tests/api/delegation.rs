//! Delegation requests between two accounts, and what time does to them.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::rand::SystemRandom;
use directory::{AccessKey, Account, EntityPath, KeyStatus, StoreError, Tags, User};
use policy::AccountId;
use serde_json::{Value, json};
use services::local::Local;
use session::{AccessKeyId, generate_secret_access_key};

use crate::server::{ACCOUNT, ADMINISTRATOR, Key, Refused, Server, TRUST, session_of, text};

const PARTNER: &str = "210987654321";
const TEMPLATE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/@{userName}"}]}"#;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Another account, with an administrator.
async fn partner(server: &Server) -> Key {
    let account: AccountId = PARTNER.parse().unwrap();
    let key = Key {
        id: AccessKeyId::long_term(account, &SystemRandom::new()),
        secret: generate_secret_access_key(),
        token: None,
    };
    let created = server.door.now();
    let stored = AccessKey {
        id: key.id.to_string(),
        account,
        user_id: "AIDAPARTNER0000PARTNER".into(),
        status: KeyStatus::Active,
        sealed_secret: server.door.seal_access_key(key.id.as_str(), &key.secret),
        created,
    };
    let user = User {
        account,
        id: stored.user_id.clone(),
        name: "partner".parse().unwrap(),
        path: EntityPath::root(),
        inline: BTreeMap::new(),
        attached: BTreeSet::from([ADMINISTRATOR.to_owned()]),
        boundary: None,
        groups: BTreeSet::new(),
        tags: Tags::default(),
        created,
    };
    let write = server.door.directory().write(move |tx| {
        tx.put_account(Account {
            id: account,
            canonical_id: "1".repeat(64),
            created,
        });
        tx.put_user(user);
        tx.put_key(stored);
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
    let template = [("PolicyName", "template"), ("PolicyDocument", TEMPLATE)];
    server
        .call_as(&key, "CreatePolicy", &template)
        .await
        .unwrap();
    key
}

/// A request of the partner's; its id.
async fn request(server: &Server, partner: &Key, more: &[(&str, &str)]) -> String {
    let template = format!("arn:aws:iam::{PARTNER}:policy/template");
    let mut parameters = vec![
        ("Description", "set up"),
        ("RequestorWorkflowId", "work-1"),
        (
            "NotificationChannel",
            "arn:aws:sns:us-east-1:210987654321:topic",
        ),
        ("SessionDuration", "7200"),
        ("Permissions.PolicyTemplateArn", &*template),
        ("Permissions.Parameters.member.1.Name", "userName"),
        ("Permissions.Parameters.member.1.Values.member.1", "admin"),
        ("Permissions.Parameters.member.1.Type", "string"),
    ];
    parameters.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    parameters.extend(more);
    let made = server
        .call_as(partner, "CreateDelegationRequest", &parameters)
        .await;
    text(&made.unwrap()["DelegationRequestId"]).to_owned()
}

async fn shown(server: &Server, id: &str) -> Value {
    let id = [("DelegationRequestId", id)];
    server.ok("GetDelegationRequest", &id).await["DelegationRequest"].clone()
}

/// A session of a new role that may do everything.
async fn approver(server: &Server) -> Key {
    let role = [
        ("RoleName", "approver"),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    server.ok("CreateRole", &role).await;
    let attach = [("RoleName", "approver"), ("PolicyArn", ADMINISTRATOR)];
    server.ok("AttachRolePolicy", &attach).await;
    server.assume(&server.admin, "approver", &[]).await.unwrap()
}

/// Accepts a request with a session and releases its token; the token.
async fn released(server: &Server, session: &Key, id: &str) -> String {
    let named = [("DelegationRequestId", id)];
    for action in [
        "AssociateDelegationRequest",
        "AcceptDelegationRequest",
        "SendDelegationToken",
    ] {
        server.call_as(session, action, &named).await.unwrap();
    }
    let local = Local::new(&server.door, 0);
    local
        .delegation_token(id)
        .await
        .unwrap()
        .reveal()
        .to_owned()
}

async fn trade(server: &Server, key: &Key, token: &str) -> Result<Value, Refused> {
    let token = [("TradeInToken", token)];
    server
        .ask("sts", Some(key), "GetDelegatedAccessToken", &token)
        .await
}

fn code(refused: Result<Value, Refused>) -> String {
    refused.unwrap_err().code
}

#[tokio::test]
async fn a_request_is_seen_by_the_account_that_is_asked() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[]).await;
    let named = [("DelegationRequestId", &*id)];
    // Nobody is asked yet: everybody sees it, nobody lists it.
    assert_eq!(shown(&server, &id).await["State"], "UNASSIGNED");
    assert!(
        server
            .call_as(&partner, "GetDelegationRequest", &named)
            .await
            .is_ok()
    );
    let listed = server.ok("ListDelegationRequests", &[]).await;
    assert_eq!(
        listed,
        json!({"DelegationRequests": [], "isTruncated": false})
    );

    server.ok("AssociateDelegationRequest", &named).await;
    let request = shown(&server, &id).await;
    assert_eq!(request["OwnerAccountId"], ACCOUNT);
    assert_eq!(
        request["OwnerId"],
        format!("arn:aws:iam::{ACCOUNT}:user/admin")
    );
    assert_eq!(
        (&request["RequestorId"], &request["State"]),
        (&json!(PARTNER), &json!("ASSIGNED"))
    );
    let listed = server.ok("ListDelegationRequests", &[]).await;
    assert_eq!(listed["DelegationRequests"], json!([request]));
    for action in [
        "GetDelegationRequest",
        "AssociateDelegationRequest",
        "UpdateDelegationRequest",
        "AcceptDelegationRequest",
        "RejectDelegationRequest",
        "SendDelegationToken",
    ] {
        let refused = server.call_as(&partner, action, &named).await;
        assert_eq!(code(refused), "NoSuchEntity", "{action}");
    }
    let listed = server
        .call_as(&partner, "ListDelegationRequests", &[])
        .await;
    assert_eq!(listed.unwrap()["DelegationRequests"], json!([]));
    let arn = format!("arn:aws:iam::{PARTNER}:delegation-request/{id}");
    let summary = [("EntityArn", &*arn)];
    let refused = server
        .call_as(&partner, "GetHumanReadableSummary", &summary)
        .await;
    assert_eq!(code(refused), "NoSuchEntity");
    assert_eq!(
        code(server.call("GetHumanReadableSummary", &summary).await),
        "NoSuchEntity"
    );
}

#[tokio::test]
async fn a_request_for_one_account_is_hidden_from_the_others() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[("OwnerAccountId", PARTNER)]).await;
    let named = [("DelegationRequestId", &*id)];
    for action in ["GetDelegationRequest", "AssociateDelegationRequest"] {
        assert_eq!(
            code(server.call(action, &named).await),
            "NoSuchEntity",
            "{action}"
        );
    }
}

#[tokio::test]
async fn the_token_is_the_requestors_and_lasts_as_long_as_the_access() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[]).await;
    let session = approver(&server).await;
    let token = released(&server, &session, &id).await;

    let refused = trade(&server, &server.admin, &token).await;
    assert_eq!(code(refused), "ValidationError");
    for wrong in ["x", "a.b", &format!("{id}.x"), &token[1..]] {
        assert_eq!(
            code(trade(&server, &partner, wrong).await),
            "ValidationError"
        );
    }
    let answer = trade(&server, &partner, &token).await.unwrap();
    let principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/approver/test");
    assert_eq!(answer["AssumedPrincipal"], principal);
    let now = server.door.now().as_second();
    let end = |answer: &Value| answer["Credentials"]["Expiration"].as_f64().unwrap();
    assert_eq!(end(&answer), (now + HOUR) as f64);

    let delegated = session_of(&answer);
    let who = server
        .ask("sts", Some(&delegated), "GetCallerIdentity", &[])
        .await;
    assert_eq!(who.unwrap()["Arn"], principal);
    let admin = [("UserName", "admin")];
    assert!(server.call_as(&delegated, "GetUser", &admin).await.is_ok());
    let listed = server.call_as(&delegated, "ListUsers", &[]).await;
    assert_eq!(code(listed), "AccessDenied");
    // What is narrowed already can't be passed on.
    let again = request(&server, &partner, &[("RequestorWorkflowId", "work-2")]).await;
    let named = [("DelegationRequestId", &*again)];
    server.ok("AssociateDelegationRequest", &named).await;
    assert_eq!(
        code(
            server
                .call_as(&delegated, "AcceptDelegationRequest", &named)
                .await
        ),
        "AccessDenied"
    );

    server.pass(HOUR + HOUR / 2);
    let answer = trade(&server, &partner, &token).await.unwrap();
    assert_eq!(end(&answer), (now + 2 * HOUR) as f64);
    server.pass(HOUR / 2);
    let refused = trade(&server, &partner, &token).await;
    assert_eq!(code(refused), "ExpiredTradeInTokenException");
    let who = server
        .ask("sts", Some(&session_of(&answer)), "GetCallerIdentity", &[])
        .await;
    assert_eq!(code(who), "ExpiredToken");
    let all = server.trail();
    assert!(all.contains("GetDelegatedAccessToken") && all.contains("ReadDelegationToken"));
    assert!(
        !all.contains(token.split_once('.').unwrap().1),
        "the token is in the trail"
    );
}

/// The partner's access within `actions`, accepted by the user `admin`.
async fn delegated_by_admin(server: &Server, partner: &Key, actions: &[&str]) -> Key {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let document = document.to_string();
    let policy = [("PolicyName", "own"), ("PolicyDocument", &*document)];
    server
        .call_as(partner, "CreatePolicy", &policy)
        .await
        .unwrap();
    let own = format!("arn:aws:iam::{PARTNER}:policy/own");
    let parameters = [
        ("Description", "set up"),
        ("RequestorWorkflowId", "own-work"),
        (
            "NotificationChannel",
            "arn:aws:sns:us-east-1:210987654321:topic",
        ),
        ("SessionDuration", "900"),
        ("Permissions.PolicyTemplateArn", &*own),
    ];
    let made = server.call_as(partner, "CreateDelegationRequest", &parameters);
    let made = made.await.unwrap();
    let id = text(&made["DelegationRequestId"]);
    let token = released(server, &server.admin, id).await;
    session_of(&trade(server, partner, &token).await.unwrap())
}

/// A role that trusts the user `admin` by name, under a condition.
async fn role_for_admin(server: &Server, name: &str, condition: Value) {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Condition": condition,
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/admin")}}});
    let trust = trust.to_string();
    let role = [
        ("RoleName", name),
        ("AssumeRolePolicyDocument", &*trust),
        ("MaxSessionDuration", "43200"),
    ];
    server.ok("CreateRole", &role).await;
}

#[tokio::test]
async fn what_names_the_user_who_accepted_does_not_widen_the_access() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    role_for_admin(&server, "named", json!({})).await;
    let delegated = delegated_by_admin(&server, &partner, &["iam:GetUser"]).await;
    assert!(server.assume(&server.admin, "named", &[]).await.is_ok());
    let refused = server.assume(&delegated, "named", &[]).await;
    assert_eq!(refused.err().unwrap().code, "AccessDenied");
}

#[tokio::test]
async fn a_role_assumed_with_delegated_access_lasts_an_hour_at_most() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    role_for_admin(&server, "long", json!({})).await;
    let delegated = delegated_by_admin(&server, &partner, &["sts:AssumeRole"]).await;
    let long = [("DurationSeconds", "43200")];
    assert!(server.assume(&server.admin, "long", &long).await.is_ok());
    let refused = server.assume(&delegated, "long", &long).await;
    let message = refused.err().unwrap().message;
    assert!(message.contains("role chaining"), "{message}");
    let hour = [("DurationSeconds", "3600")];
    assert!(server.assume(&delegated, "long", &hour).await.is_ok());
}

#[tokio::test]
async fn a_delegated_session_attests_whose_it_is() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let condition =
        |account: &str| json!({"StringEquals": {"daypass:attested/delegated-to": account}});
    role_for_admin(&server, "partners", condition(PARTNER)).await;
    role_for_admin(&server, "others", condition(ACCOUNT)).await;
    let delegated = delegated_by_admin(&server, &partner, &["sts:AssumeRole"]).await;
    assert!(server.assume(&delegated, "partners", &[]).await.is_ok());
    for (key, role) in [(&server.admin, "partners"), (&delegated, "others")] {
        let refused = server.assume(key, role, &[]).await;
        assert_eq!(refused.err().unwrap().code, "AccessDenied", "{role}");
    }
}

#[tokio::test]
async fn the_owners_trail_says_who_has_got_access() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[]).await;
    let session = approver(&server).await;
    let token = released(&server, &session, &id).await;
    let owners = || {
        let all = server.trail();
        let records = all.lines().map(|line| serde_json::from_str(line).unwrap());
        let own = records.filter(|record: &Value| {
            record["eventName"] == "GetDelegatedAccessToken"
                && record["recipientAccountId"] == ACCOUNT
        });
        own.collect::<Vec<_>>()
    };
    // A token that is none leaves nothing with the owner, although it names the request.
    let wrong = trade(&server, &partner, &format!("{id}.x")).await;
    assert_eq!(code(wrong), "ValidationError");
    assert!(owners().is_empty());
    let answer = trade(&server, &partner, &token).await.unwrap();
    let [record] = &*owners() else {
        panic!("one record with the owner");
    };
    assert_eq!(record["userIdentity"]["accountId"], PARTNER);
    assert_eq!(
        record["resources"],
        json!([{"accountId": ACCOUNT, "type": "AWS::IAM::DelegationRequest",
            "ARN": format!("arn:aws:iam::{ACCOUNT}:delegation-request/{id}")}])
    );
    // By the key, the session's own events are found.
    assert_eq!(
        record["responseElements"]["credentials"]["accessKeyId"],
        answer["Credentials"]["AccessKeyId"]
    );
    server.pass(2 * HOUR);
    let late = trade(&server, &partner, &token).await;
    assert_eq!(code(late), "ExpiredTradeInTokenException");
    assert_eq!(owners().len(), 1);
}

#[tokio::test]
async fn a_check_of_too_many_permissions_is_unsure() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    for (actions, told) in [(31, "ALLOWED"), (32, "UNSURE")] {
        let name = format!("pairs-{actions}");
        let actions: Vec<_> = (0..actions).map(|at| format!("s3:Get{at}")).collect();
        let places: Vec<_> = (0..32).map(|at| format!("arn:aws:s3:::b{at}")).collect();
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": places}]})
        .to_string();
        let policy = [("PolicyName", &*name), ("PolicyDocument", &*document)];
        server
            .call_as(&partner, "CreatePolicy", &policy)
            .await
            .unwrap();
        let template = format!("arn:aws:iam::{PARTNER}:policy/{name}");
        let parameters = [
            ("Description", "set up"),
            ("RequestorWorkflowId", &*name),
            (
                "NotificationChannel",
                "arn:aws:sns:us-east-1:210987654321:topic",
            ),
            ("SessionDuration", "900"),
            ("Permissions.PolicyTemplateArn", &*template),
        ];
        let made = server.call_as(&partner, "CreateDelegationRequest", &parameters);
        let made = made.await.unwrap();
        let id = [
            ("DelegationRequestId", text(&made["DelegationRequestId"])),
            ("DelegationPermissionCheck", "true"),
        ];
        server.ok("AssociateDelegationRequest", &id[..1]).await;
        let checked = server.ok("GetDelegationRequest", &id).await;
        assert_eq!(checked["PermissionCheckResult"], told, "{name}");
    }
}

#[tokio::test]
async fn revoking_the_approvers_sessions_revokes_delegated_ones() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[]).await;
    let session = approver(&server).await;
    let token = released(&server, &session, &id).await;
    server.pass(60);
    let revoke = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": server.door.now().to_string()}},
    }]})
    .to_string();
    let put = [
        ("RoleName", "approver"),
        ("PolicyName", "revoke"),
        ("PolicyDocument", &*revoke),
    ];
    server.ok("PutRolePolicy", &put).await;
    server.pass(60);
    let delegated = session_of(&trade(&server, &partner, &token).await.unwrap());
    let admin = [("UserName", "admin")];
    let refused = server.call_as(&delegated, "GetUser", &admin).await;
    assert_eq!(code(refused), "AccessDenied");
}

#[tokio::test]
async fn a_policy_that_does_not_fit_into_a_session_is_told_when_it_is_traded() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    // Names that don't compress.
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 94).unwrap())
    };
    let name: String = (0..3000)
        .map(|_| next())
        .filter(|it| !"$*?\"\\{}".contains(*it))
        .collect();
    let name = [("Permissions.Parameters.member.1.Values.member.1", &*name)];
    let id = request(&server, &partner, &name).await;
    let session = approver(&server).await;
    let token = released(&server, &session, &id).await;
    assert_eq!(
        code(trade(&server, &partner, &token).await),
        "PackedPolicyTooLarge"
    );
}

#[tokio::test]
async fn requests_expire_in_every_state() {
    let server = Server::start().await;
    let partner = partner(&server).await;
    let id = request(&server, &partner, &[]).await;
    let named = [("DelegationRequestId", &*id)];
    server.pass(DAY);
    assert_eq!(shown(&server, &id).await["State"], "EXPIRED");
    let refused = server.refused("AssociateDelegationRequest", &named).await;
    assert_eq!(
        refused,
        "InvalidInput: The delegation request is in state EXPIRED, and must be in UNASSIGNED for \
         this operation."
    );
    let mut ways: Vec<&[&str]> = vec![&["AssociateDelegationRequest"]];
    ways.push(&["AssociateDelegationRequest", "UpdateDelegationRequest"]);
    ways.push(&["AssociateDelegationRequest", "AcceptDelegationRequest"]);
    ways.push(&["AssociateDelegationRequest", "RejectDelegationRequest"]);
    for (at, way) in ways.into_iter().enumerate() {
        let workflow = format!("way-{at}");
        let id = request(&server, &partner, &[("RequestorWorkflowId", &workflow)]).await;
        let named = [("DelegationRequestId", &*id)];
        for action in way {
            server.ok(action, &named).await;
        }
        let before = shown(&server, &id).await;
        server.pass(7 * DAY - 1);
        assert_eq!(shown(&server, &id).await, before);
        server.pass(1);
        assert_eq!(shown(&server, &id).await["State"], "EXPIRED");
        for action in [
            "UpdateDelegationRequest",
            "RejectDelegationRequest",
            "SendDelegationToken",
        ] {
            assert_eq!(
                code(server.call(action, &named).await),
                "InvalidInput",
                "{action}"
            );
        }
        assert_eq!(
            code(server.call("AcceptDelegationRequest", &named).await),
            "ConcurrentModification"
        );
    }
    // They are forgotten 30 days later, when the requestor asks anew.
    server.pass(31 * DAY);
    request(&server, &partner, &[("RequestorWorkflowId", "later")]).await;
    assert_eq!(
        code(server.call("GetDelegationRequest", &named).await),
        "NoSuchEntity"
    );
}
