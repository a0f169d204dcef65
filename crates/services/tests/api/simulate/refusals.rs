//! What is refused, and what is told to whom.

use std::collections::{BTreeMap, BTreeSet};

use directory::{Account, Document, EntityPath, Role, StoreError, Tags};
use jiff::Timestamp;
use policy::AccountId;
use serde_json::json;

use super::{allow, decision, policy, question, role, role_arn, statement};
use crate::server::{ACCOUNT, Key, Server, TRUST, text};

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let server = Server::start().await;
    let source = format!("arn:aws:iam::{ACCOUNT}:user/admin");
    let missing = format!("arn:aws:iam::{ACCOUNT}:role/nobody");
    let pathless = format!("arn:aws:iam::{ACCOUNT}:role/team/admin");
    let unclear = "InvalidInput: Invalid Entity Arn: ";
    for (arn, expected) in [
        (
            &*missing,
            "NoSuchEntity: The role with name nobody cannot be found.",
        ),
        (
            &pathless,
            "NoSuchEntity: The role with name admin cannot be found.",
        ),
        ("arn:aws:s3:::a-bucket-of-ours", unclear),
        ("arn:aws:iam::123456789012:policy/p", unclear),
    ] {
        let parameters = question(arn, "s3:GetObject", "*");
        let refused = server.refused("SimulatePrincipalPolicy", &parameters).await;
        assert!(refused.starts_with(expected), "{arn}: {refused}");
    }
    let long = allow("s3:*", "*");
    let broken = "{\"Version\":\"2012-10-17\"}";
    for (name, value, expected) in [
        (
            "ActionNames.member.2",
            "s3:Get*",
            "InvalidInput: s3:Get* contains a wildcard",
        ),
        (
            "ActionNames.member.2",
            "GetObject",
            "InvalidInput: GetObject is not an action",
        ),
        (
            "ResourceArns.member.2",
            "bucket",
            "InvalidInput: ResourceNames are not in a valid ARN format: bucket.",
        ),
        (
            "PolicyInputList.member.1",
            broken,
            "InvalidInput: PolicyInputList.1 is not a valid policy",
        ),
        (
            "PermissionsBoundaryPolicyInputList.member.1",
            broken,
            "InvalidInput: PermissionsBoundaryPolicyInputList.1 is not a valid policy",
        ),
        (
            "ResourcePolicy",
            &*long,
            "InvalidInput: ResourcePolicy is not a valid policy",
        ),
        (
            "ResourceOwner",
            "12",
            "InvalidInput: '12' is not a valid as a Resource Owner.",
        ),
        ("CallerArn", "bob", "InvalidInput: Invalid Entity Arn: bob"),
        ("Marker", "x", "ValidationError: Invalid Marker."),
        (
            "ContextEntries.member.1.ContextKeyName",
            "aws:key",
            "InvalidInput: The context key aws:key",
        ),
    ] {
        let mut parameters = question(&source, "s3:GetObject", "arn:aws:s3:::b");
        parameters.push((name, value));
        let refused = server.refused("SimulatePrincipalPolicy", &parameters).await;
        assert!(refused.starts_with(expected), "{name}: {refused}");
    }
    let parameters = [
        ("PolicyInputList.member.1", &*long),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ResourcePolicy", TRUST),
    ];
    let refused = server.refused("SimulateCustomPolicy", &parameters).await;
    assert!(refused.contains("CallerArn is required"), "{refused}");
}

async fn refusal(server: &Server, key: &Key, action: &str, parameters: &[(&str, &str)]) -> String {
    let refused = server.call_as(key, action, parameters).await.unwrap_err();
    assert_eq!(refused.code, "AccessDenied");
    refused.message
}

#[tokio::test]
async fn simulating_a_principal_needs_a_permission_on_it() {
    let server = Server::start().await;
    role(&server, "app", &allow("s3:*", "*")).await;
    role(&server, "other", &allow("s3:*", "*")).await;
    let app = role_arn("app");
    let eve = server
        .user_with("eve", &allow("iam:SimulatePrincipalPolicy", &app))
        .await;
    let ask = |source: &'static str| {
        let source = source.replace("ACCOUNT", ACCOUNT);
        let (server, eve) = (&server, &eve);
        async move {
            let parameters = question(&source, "s3:GetObject", "*");
            let answer = server
                .call_as(eve, "SimulatePrincipalPolicy", &parameters)
                .await;
            answer.map(|_| ()).map_err(|refused| refused.code)
        }
    };
    let denied = Err("AccessDenied".to_owned());
    assert_eq!(ask("arn:aws:iam::ACCOUNT:role/app").await, Ok(()));
    assert_eq!(
        ask("arn:aws:sts::ACCOUNT:assumed-role/app/xy").await,
        Ok(())
    );
    for other in [
        "arn:aws:iam::ACCOUNT:role/other",
        "arn:aws:sts::ACCOUNT:assumed-role/other/xy",
        "arn:aws:iam::ACCOUNT:user/eve",
        "arn:aws:iam::ACCOUNT:role/nobody",
        "arn:aws:iam::ACCOUNT:root",
        "arn:aws:iam::999999999999:role/app",
    ] {
        assert_eq!(ask(other).await, denied, "{other}");
    }
    let document = allow("s3:*", "*");
    let parameters = [
        ("PolicyInputList.member.1", &*document),
        ("ActionNames.member.1", "s3:GetObject"),
    ];
    let message = refusal(&server, &eve, "SimulateCustomPolicy", &parameters).await;
    assert!(
        message.contains("iam:SimulateCustomPolicy on resource: *"),
        "{message}"
    );
    let parameters = [("PolicySourceArn", &*app)];
    let message = refusal(
        &server,
        &eve,
        "GetContextKeysForPrincipalPolicy",
        &parameters,
    )
    .await;
    assert!(
        message.contains(&format!("on resource: {app}")),
        "{message}"
    );
}

#[tokio::test]
async fn what_a_trust_policy_says_is_told_to_those_who_may_read_it() {
    let server = Server::start().await;
    role(&server, "app", &allow("s3:*", "*")).await;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Hidden","Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"hush"}}}}}}]}}"#,
        role_arn("app")
    );
    let create = [
        ("RoleName", "target"),
        ("AssumeRolePolicyDocument", &*trust),
    ];
    server.ok("CreateRole", &create).await;
    let (source, target) = (role_arn("app"), role_arn("target"));
    let may_ask = statement("Allow", "iam:SimulatePrincipalPolicy", "*");
    let may_read = statement("Allow", "iam:GetRole", &target);
    let eve = server
        .user_with("eve", &policy(std::slice::from_ref(&may_ask)))
        .await;
    let ann = server.user_with("ann", &policy(&[may_ask, may_read])).await;
    for id in [None, Some("hush")] {
        let mut parameters = question(&source, "sts:AssumeRole", &target);
        if let Some(id) = id {
            parameters.extend([
                ("ContextEntries.member.1.ContextKeyName", "sts:ExternalId"),
                ("ContextEntries.member.1.ContextKeyValues.member.1", id),
            ]);
        }
        let action = "SimulatePrincipalPolicy";
        let blind = server.call_as(&eve, action, &parameters).await.unwrap();
        let seeing = server.call_as(&ann, action, &parameters).await.unwrap();
        let (blind, seeing) = (
            &blind["EvaluationResults"][0],
            &seeing["EvaluationResults"][0],
        );
        assert_eq!(decision(blind), decision(seeing));
        assert_eq!(decision(blind) == "allowed", id.is_some());
        let shown = blind.to_string();
        assert!(
            !shown.contains("Hidden") && !shown.contains("hush"),
            "{shown}"
        );
        assert_eq!(blind["MatchedStatements"], json!([]));
        assert_eq!(blind["MissingContextValues"], json!([]));
        assert!(
            text(&blind["Explanation"]).contains("may iam:GetRole"),
            "{shown}"
        );
        assert!(text(&seeing["Explanation"]).contains("Hidden"), "{seeing}");
    }
}

/// A role of another account that any user of this one may assume who knows a word.
async fn foreign_role(server: &Server, account: &str, name: &str) -> String {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"hush"}}}}}}]}}"#
    );
    let id: AccountId = account.parse().unwrap();
    let role = Role {
        account: id,
        id: "AROAFOREIGN00000ROLE".into(),
        name: name.parse().unwrap(),
        path: EntityPath::root(),
        description: None,
        trust: Document::trust(&trust, |_| None).unwrap(),
        max_session_duration: 3600,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary: None,
        tags: Tags::default(),
        created: Timestamp::UNIX_EPOCH,
    };
    let arn = role.arn();
    server
        .door
        .directory()
        .write(move |tx| {
            tx.put_account(Account {
                id,
                canonical_id: "1".repeat(64),
                created: Timestamp::UNIX_EPOCH,
            });
            tx.put_role(role);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    arn
}

#[tokio::test]
async fn a_trust_policy_of_another_account_cannot_be_tried_out() {
    let server = Server::start().await;
    role(&server, "app", &allow("sts:AssumeRole", "*")).await;
    let there = foreign_role(&server, "999999999999", "target").await;
    let missing = "arn:aws:iam::999999999999:role/nobody";
    let source = role_arn("app");
    for word in ["hush", "wrong"] {
        let mut answers = Vec::new();
        for target in [&*there, missing] {
            let mut parameters = question(&source, "sts:AssumeRole", target);
            parameters.extend([
                ("ContextEntries.member.1.ContextKeyName", "sts:ExternalId"),
                ("ContextEntries.member.1.ContextKeyValues.member.1", word),
            ]);
            let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
            let result = &answer["EvaluationResults"][0];
            assert_eq!(decision(result), "implicitDeny", "{target} {word}");
            answers.push(result.to_string().replace(target, "TARGET"));
        }
        // It looks like a role that is not there.
        assert_eq!(answers[0], answers[1], "{word}");
    }
    // The word is right: the trust policy does let in who knows it.
    let app = server.assume(&server.admin, "app", &[]).await.unwrap();
    for (word, is_in) in [("hush", true), ("wrong", false)] {
        let parameters = [
            ("RoleArn", &*there),
            ("RoleSessionName", "test"),
            ("ExternalId", word),
        ];
        let answer = server
            .ask("sts", Some(&app), "AssumeRole", &parameters)
            .await;
        assert_eq!(answer.is_ok(), is_in, "{word}");
    }
}
