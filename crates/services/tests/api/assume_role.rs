//! `AssumeRole`: who may, for how long, and what the session may then.

use crate::server::{ACCOUNT, Key, READ, Refused, Server, TRUST, text};

const ROLE: (&str, &str) = ("RoleName", "app");

async fn app(server: &Server) {
    server
        .ok("CreateRole", &[ROLE, ("AssumeRolePolicyDocument", TRUST)])
        .await;
}

fn code(result: Result<Key, Refused>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(refused) => format!("{}: {}", refused.code, refused.message),
    }
}

async fn identity(server: &Server, key: &Key) -> Result<String, Refused> {
    let answer = server
        .ask("sts", Some(key), "GetCallerIdentity", &[])
        .await?;
    Ok(text(&answer["Arn"]).to_owned())
}

#[tokio::test]
async fn a_session_works_until_its_last_second_and_not_a_second_longer() {
    let server = Server::start().await;
    app(&server).await;
    let short = [("DurationSeconds", "900")];
    let session = server.assume(&server.admin, "app", &short).await.unwrap();
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/test");
    assert_eq!(identity(&server, &session).await.unwrap(), arn);
    server.pass(899);
    assert_eq!(identity(&server, &session).await.unwrap(), arn);
    server.pass(1);
    let refused = identity(&server, &session).await.unwrap_err();
    assert_eq!((&*refused.code, refused.status), ("ExpiredToken", 403));
    assert_eq!(
        refused.message,
        "The security token included in the request is expired"
    );
}

#[tokio::test]
async fn a_token_altered_swapped_or_left_out_is_no_credential() {
    let server = Server::start().await;
    app(&server).await;
    let one = server.assume(&server.admin, "app", &[]).await.unwrap();
    let other = server.assume(&server.admin, "app", &[]).await.unwrap();
    let token = one.token.clone().unwrap();
    let mut altered = token.clone().into_bytes();
    altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
    let with = |token: Option<String>| Key {
        token,
        ..one.clone()
    };
    for key in [
        with(Some(String::from_utf8(altered).unwrap())),
        with(other.token.clone()),
        with(None),
        with(Some("short".into())),
        Key {
            token: Some(token),
            ..server.admin.clone()
        },
    ] {
        let refused = identity(&server, &key).await.unwrap_err();
        assert_eq!(
            (&*refused.code, refused.status),
            ("InvalidClientTokenId", 403)
        );
    }
}

#[tokio::test]
async fn sessions_die_with_their_role_even_if_one_of_the_same_name_follows() {
    let server = Server::start().await;
    app(&server).await;
    let session = server.assume(&server.admin, "app", &[]).await.unwrap();
    server.ok("DeleteRole", &[ROLE]).await;
    let gone = identity(&server, &session).await.unwrap_err();
    assert_eq!(gone.code, "InvalidClientTokenId");
    app(&server).await;
    let other = identity(&server, &session).await.unwrap_err();
    assert_eq!(other.code, "InvalidClientTokenId");
}

#[tokio::test]
async fn durations_have_the_roles_and_the_chains_limits() {
    let server = Server::start().await;
    let long = ("MaxSessionDuration", "7200");
    let trust = ("AssumeRolePolicyDocument", TRUST);
    server.ok("CreateRole", &[ROLE, trust, long]).await;
    let attach = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    server.ok("AttachRolePolicy", &[ROLE, attach]).await;
    let assume = async |key: &Key, seconds: &str| {
        let parameters = [("DurationSeconds", seconds)];
        code(server.assume(key, "app", &parameters).await)
    };
    let admin = &server.admin;
    assert_eq!(assume(admin, "7200").await, "ok");
    assert_eq!(
        assume(admin, "7201").await,
        "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    for (seconds, limit) in [
        ("899", "Member must have value greater than or equal to 900"),
        (
            "43201",
            "Member must have value less than or equal to 43200",
        ),
        ("-1", "Member must have value greater than or equal to 900"),
    ] {
        assert_eq!(
            assume(admin, seconds).await,
            format!(
                "ValidationError: 1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: {limit}"
            )
        );
    }
    assert!(assume(admin, "x").await.starts_with("MalformedInput"));
    let session = server.assume(admin, "app", &[]).await.unwrap();
    assert_eq!(assume(&session, "3600").await, "ok");
    assert_eq!(
        assume(&session, "3601").await,
        "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    );
}

#[tokio::test]
async fn a_missing_role_and_a_forbidden_one_look_the_same() {
    let server = Server::start().await;
    app(&server).await;
    let eve = server.user_with("eve", READ).await;
    for role in ["app", "missing"] {
        assert_eq!(
            code(server.assume(&eve, role, &[]).await),
            format!(
                "AccessDenied: User: arn:aws:iam::{ACCOUNT}:user/eve is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/{role}"
            )
        );
    }
}

#[tokio::test]
async fn the_external_id_must_be_the_one_in_the_trust_policy() {
    let server = Server::start().await;
    let trust = TRUST.replace(
        "}]}",
        r#","Condition":{"StringEquals":{"sts:ExternalId":"Right"}}}]}"#,
    );
    server
        .ok("CreateRole", &[ROLE, ("AssumeRolePolicyDocument", &trust)])
        .await;
    for (id, works) in [
        (None, false),
        (Some("right"), false),
        (Some("Wrong"), false),
        (Some("Right"), true),
    ] {
        let parameters: Vec<_> = id.map(|id| ("ExternalId", id)).into_iter().collect();
        let result = server.assume(&server.admin, "app", &parameters).await;
        assert_eq!(result.is_ok(), works, "{id:?}");
    }
}

#[tokio::test]
async fn a_session_policy_narrows_and_never_widens() {
    let server = Server::start().await;
    app(&server).await;
    let inline = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetRole","iam:ListRoles"],"Resource":"*"}]}"#;
    let put = [ROLE, ("PolicyName", "p"), ("PolicyDocument", inline)];
    server.ok("PutRolePolicy", &put).await;
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetRole","iam:CreateUser"],"Resource":"*"}]}"#;
    let session = server
        .assume(&server.admin, "app", &[("Policy", narrow)])
        .await
        .unwrap();
    let get = server.call_as(&session, "GetRole", &[ROLE]).await;
    get.unwrap();
    let list = server
        .call_as(&session, "ListRoles", &[])
        .await
        .unwrap_err();
    assert!(
        list.message
            .ends_with("because no session policy allows the iam:ListRoles action"),
        "{}",
        list.message
    );
    let create = server
        .call_as(&session, "CreateUser", &[("UserName", "x")])
        .await
        .unwrap_err();
    assert!(create.message.contains("no identity-based policy allows"));
    for (policy, wrong) in [
        ("{", "MalformedPolicyDocument"),
        ("null", "MalformedPolicyDocument"),
        ("{}", "MalformedPolicyDocument"),
        (
            &*format!("{narrow}{}", " ".repeat(2048)),
            "PackedPolicyTooLarge",
        ),
    ] {
        let refused = code(
            server
                .assume(&server.admin, "app", &[("Policy", policy)])
                .await,
        );
        assert!(refused.starts_with(wrong), "{policy:.20}: {refused}");
    }
}

#[tokio::test]
async fn tags_and_a_source_identity_need_their_own_permission_and_stay_in_a_chain() {
    let server = Server::start().await;
    app(&server).await;
    let tags = [
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "blue"),
        ("TransitiveTagKeys.member.1", "Team"),
        ("SourceIdentity", "alice"),
    ];
    let refused = code(server.assume(&server.admin, "app", &tags).await);
    assert!(refused.contains("sts:TagSession"), "{refused}");
    let trust = TRUST.replace(
        r#""sts:AssumeRole""#,
        r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#,
    );
    let update = [ROLE, ("PolicyDocument", &*trust)];
    server.ok("UpdateAssumeRolePolicy", &update).await;
    let administrator = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    server.ok("AttachRolePolicy", &[ROLE, administrator]).await;
    let session = server.assume(&server.admin, "app", &tags).await.unwrap();
    let again = [("SourceIdentity", "mallory")];
    let changed = code(server.assume(&session, "app", &again).await);
    assert!(changed.starts_with("AccessDenied"), "{changed}");
    let other = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
    ];
    let overridden = code(server.assume(&session, "app", &other).await);
    assert!(overridden.contains("conflicts with a transitive tag key"));
    server.assume(&session, "app", &[]).await.unwrap();
    let trail = server.trail();
    let last = trail.lines().last().unwrap();
    assert!(last.contains(r#""sourceIdentity":"alice""#), "{last}");
}

#[tokio::test]
async fn the_trail_has_the_session_and_not_its_secret() {
    let server = Server::start().await;
    app(&server).await;
    let session = server.assume(&server.admin, "app", &[]).await.unwrap();
    let trail = server.trail();
    let record = trail.lines().last().unwrap();
    assert!(record.contains(r#""eventName":"AssumeRole""#));
    assert!(record.contains(r#""readOnly":true"#));
    assert!(record.contains(session.id.as_str()));
    assert!(!trail.contains(session.secret.expose_text().unwrap()));
}

#[tokio::test]
async fn a_permit_for_nothing_issues_nothing() {
    let server = Server::start().await;
    app(&server).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/app");
    let snapshot = server.door.directory().snapshot();
    let grant = || services::sts::Grant {
        role: std::sync::Arc::clone(snapshot.role_by_arn(&arn).unwrap()),
        name: "test".parse().unwrap(),
        seconds: 3600,
        source_identity: None,
        tags: Vec::new(),
        policies: session::SessionPolicies::default(),
        federated: None,
        mfa: None,
        chained: false,
        attested: Vec::new(),
    };
    let call = server.local_call();
    let other = format!("arn:aws:iam::{ACCOUNT}:role/other");
    let trust = snapshot.role_by_arn(&arn).unwrap().trust.policy();
    let need = |resource: &str| {
        door::Need::new("sts:AssumeRole", resource).trust_policy(std::sync::Arc::clone(&trust))
    };
    for (needs, issues) in [
        (vec![], false),
        (vec![need(&other)], false),
        (vec![need(&arn)], true),
    ] {
        let permit = server.door.authorize(&call, &needs).unwrap();
        let issued = grant().issue(&server.door, server.door.now(), &permit);
        assert_eq!(issued.is_ok(), issues, "{needs:?}");
    }
}

#[tokio::test]
async fn a_signature_for_one_service_opens_no_other_with_or_without_a_version() {
    let server = Server::start().await;
    let action = "GetCallerIdentity";
    let versioned = server.raw("iam", "2011-06-15", action).await;
    assert!(versioned.contains("SignatureDoesNotMatch"), "{versioned}");
    let unversioned = server.raw("iam", "", action).await;
    assert!(unversioned.contains("InvalidAction"), "{unversioned}");
    let unknown = server.raw("sts", "2012-01-01", action).await;
    assert!(unknown.contains("InvalidAction"), "{unknown}");
}

#[tokio::test]
async fn a_wrong_signature_is_an_event_of_the_account_whose_key_was_named() {
    let server = Server::start().await;
    let forged = Key {
        secret: session::Secret::from("not the secret"),
        ..server.admin.clone()
    };
    let refused = identity(&server, &forged).await.unwrap_err();
    assert_eq!(refused.code, "SignatureDoesNotMatch");
    let trail = server.trail();
    let record: serde_json::Value = serde_json::from_str(trail.lines().last().unwrap()).unwrap();
    assert_eq!(record["errorCode"], "SignatureDoesNotMatch");
    assert_eq!(record["recipientAccountId"], ACCOUNT);
    assert_eq!(
        record["userIdentity"]["accessKeyId"],
        server.admin.id.as_str()
    );
}
