//! What groups give to their members, and what may be done with groups.

use directory::{StoreError, Transaction, User};

use crate::server::{ACCOUNT, ADMINISTRATOR, Key, READ, Server, key_of, text};

const LIST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#;
const NO_LIST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}"#;

/// A user without policies.
async fn user(server: &Server, name: &str) -> Key {
    server.ok("CreateUser", &[("UserName", name)]).await;
    key_of(&server.ok("CreateAccessKey", &[("UserName", name)]).await)
}

async fn group(server: &Server, name: &str, document: &str) {
    server.ok("CreateGroup", &[("GroupName", name)]).await;
    let parameters = [
        ("GroupName", name),
        ("PolicyName", "of-group"),
        ("PolicyDocument", document),
    ];
    server.ok("PutGroupPolicy", &parameters).await;
}

/// Whether the key may list users, or what it is told.
async fn lists(server: &Server, key: &Key) -> Result<(), String> {
    let answer = server.call_as(key, "ListUsers", &[]).await;
    let told = |said: &str| {
        said.split(" arn:aws:iam::123456789012:user/ ")
            .nth(1)
            .unwrap()
            .to_owned()
    };
    answer.map(|_| ()).map_err(|refused| told(&refused.message))
}

const UNHEARD: &str = "because no identity-based policy allows the iam:ListUsers action";

#[tokio::test]
async fn members_have_what_their_groups_have_until_they_leave() {
    let server = Server::start().await;
    let bob = user(&server, "bob").await;
    group(&server, "listers", LIST).await;
    assert_eq!(lists(&server, &bob).await, Err(UNHEARD.to_owned()));
    let pair = [("GroupName", "listers"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &pair).await;
    assert_eq!(lists(&server, &bob).await, Ok(()));
    // New names change nothing.
    let name = [("GroupName", "listers"), ("NewGroupName", "readers")];
    server.ok("UpdateGroup", &name).await;
    let name = [("UserName", "bob"), ("NewUserName", "robert")];
    server.ok("UpdateUser", &name).await;
    assert_eq!(lists(&server, &bob).await, Ok(()));
    let pair = [("GroupName", "readers"), ("UserName", "robert")];
    server.ok("RemoveUserFromGroup", &pair).await;
    assert_eq!(lists(&server, &bob).await, Err(UNHEARD.to_owned()));
    // And with an attached policy.
    server.ok("AddUserToGroup", &pair).await;
    let inline = [("GroupName", "readers"), ("PolicyName", "of-group")];
    server.ok("DeleteGroupPolicy", &inline).await;
    assert_eq!(lists(&server, &bob).await, Err(UNHEARD.to_owned()));
    let attached = [("GroupName", "readers"), ("PolicyArn", ADMINISTRATOR)];
    server.ok("AttachGroupPolicy", &attached).await;
    assert_eq!(lists(&server, &bob).await, Ok(()));
    server.ok("DetachGroupPolicy", &attached).await;
    assert_eq!(lists(&server, &bob).await, Err(UNHEARD.to_owned()));
}

#[tokio::test]
async fn a_deny_of_a_group_holds_against_everything_else() {
    let server = Server::start().await;
    let bob = server.user_with("bob", LIST).await;
    group(&server, "silent", NO_LIST).await;
    let pair = [("GroupName", "silent"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &pair).await;
    assert_eq!(
        lists(&server, &bob).await,
        Err("with an explicit deny in an identity-based policy".to_owned())
    );
    let inline = [("GroupName", "silent"), ("PolicyName", "of-group")];
    server.ok("DeleteGroupPolicy", &inline).await;
    assert_eq!(lists(&server, &bob).await, Ok(()));
    let managed = [("PolicyName", "no-list"), ("PolicyDocument", NO_LIST)];
    let created = server.ok("CreatePolicy", &managed).await;
    let arn = text(&created["Policy"]["Arn"]);
    let attached = [("GroupName", "silent"), ("PolicyArn", arn)];
    server.ok("AttachGroupPolicy", &attached).await;
    assert_eq!(
        lists(&server, &bob).await,
        Err(format!(
            "with an explicit deny in an identity-based policy, with policy ARN: {arn}"
        ))
    );
}

/// Nothing in the API leads there, but a group that can't be read may have denied something.
#[tokio::test]
async fn a_group_that_is_gone_from_under_its_member_denies() {
    let server = Server::start().await;
    let bob = server.user_with("bob", LIST).await;
    assert_eq!(lists(&server, &bob).await, Ok(()));
    let directory = server.door.directory();
    let gone = |tx: &mut Transaction| {
        let view = tx.snapshot().account(ACCOUNT.parse().unwrap()).unwrap();
        let mut user = User::clone(view.user("bob").unwrap());
        user.groups.insert("AGPAGONE".into());
        tx.put_user(user);
        Ok::<_, StoreError>(())
    };
    directory.write(gone).await.unwrap();
    assert_eq!(
        lists(&server, &bob).await,
        Err("with an explicit deny in an identity-based policy".to_owned())
    );
}

#[tokio::test]
async fn a_boundary_holds_what_comes_from_a_group() {
    let server = Server::start().await;
    let bob = user(&server, "bob").await;
    group(&server, "listers", LIST).await;
    let pair = [("GroupName", "listers"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &pair).await;
    let boundary = (
        "PermissionsBoundary",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    );
    server
        .ok(
            "PutUserPermissionsBoundary",
            &[("UserName", "bob"), boundary],
        )
        .await;
    assert_eq!(
        lists(&server, &bob).await,
        Err("because no permissions boundary allows the iam:ListUsers action".to_owned())
    );
}

#[tokio::test]
async fn denials_name_groups_as_iam_does() {
    let server = Server::start().await;
    let eve = server.user_with("eve", READ).await;
    let account = format!("arn:aws:iam::{ACCOUNT}");
    server
        .ok("CreateGroup", &[("GroupName", "there"), ("Path", "/p/")])
        .await;
    let there = ("GroupName", "there");
    let inline = ("PolicyName", "p");
    let policy = ("PolicyArn", ADMINISTRATOR);
    let eve_too = ("UserName", "eve");
    for (action, parameters, resource) in [
        (
            "CreateGroup",
            vec![("GroupName", "x"), ("Path", "/q/")],
            format!("{account}:group/q/x"),
        ),
        ("ListGroups", vec![], format!("{account}:group/")),
        (
            "ListGroups",
            vec![("PathPrefix", "/p/")],
            format!("{account}:group/p/"),
        ),
        (
            "GetGroup",
            vec![("GroupName", "not-there")],
            "group not-there".to_owned(),
        ),
        ("GetGroup", vec![there], "group there".to_owned()),
        ("UpdateGroup", vec![there], "group there".to_owned()),
        ("DeleteGroup", vec![there], "group there".to_owned()),
        (
            "AddUserToGroup",
            vec![there, eve_too],
            "group there".to_owned(),
        ),
        (
            "RemoveUserFromGroup",
            vec![there, eve_too],
            "group there".to_owned(),
        ),
        ("ListGroupsForUser", vec![eve_too], "user eve".to_owned()),
        (
            "PutGroupPolicy",
            vec![there, inline, ("PolicyDocument", READ)],
            "group there".to_owned(),
        ),
        (
            "GetGroupPolicy",
            vec![there, inline],
            "group there".to_owned(),
        ),
        ("ListGroupPolicies", vec![there], "group there".to_owned()),
        (
            "DeleteGroupPolicy",
            vec![there, inline],
            "group there".to_owned(),
        ),
        (
            "AttachGroupPolicy",
            vec![there, policy],
            "group there".to_owned(),
        ),
        (
            "DetachGroupPolicy",
            vec![there, policy],
            "group there".to_owned(),
        ),
        (
            "ListAttachedGroupPolicies",
            vec![there],
            "group there".to_owned(),
        ),
    ] {
        let refused = server.call_as(&eve, action, &parameters).await.unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.status),
            ("AccessDenied", 403)
        );
        let expected = format!(
            "User: {account}:user/eve is not authorized to perform: iam:{action} on resource: \
             {resource} because no identity-based policy allows the iam:{action} action"
        );
        assert_eq!(refused.message, expected);
    }
}

#[tokio::test]
async fn permission_is_for_the_arn_with_its_path() {
    let server = Server::start().await;
    for (name, path) in [("a", "/teams/"), ("b", "/teams/"), ("c", "/")] {
        server
            .ok("CreateGroup", &[("GroupName", name), ("Path", path)])
            .await;
    }
    let teams = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::{ACCOUNT}:group/teams/*"}}}}"#
    );
    let lead = server.user_with("lead", &teams).await;
    let call = async |action: &str, parameters: &[(&str, &str)]| {
        let answer = server.call_as(&lead, action, parameters).await;
        answer.map(|_| ()).map_err(|refused| refused.code)
    };
    let denied = Err("AccessDenied".to_owned());
    // On the group alone: the user needs no permission of its own.
    assert_eq!(
        call(
            "AddUserToGroup",
            &[("GroupName", "a"), ("UserName", "admin")]
        )
        .await,
        Ok(())
    );
    assert_eq!(
        call(
            "AddUserToGroup",
            &[("GroupName", "c"), ("UserName", "admin")]
        )
        .await,
        denied
    );
    // A new name is permitted on both sides.
    let rename = [("GroupName", "b"), ("NewGroupName", "d")];
    assert_eq!(call("UpdateGroup", &rename).await, Ok(()));
    let out = [("GroupName", "d"), ("NewPath", "/")];
    assert_eq!(call("UpdateGroup", &out).await, denied);
    let into = [("GroupName", "c"), ("NewPath", "/teams/")];
    assert_eq!(call("UpdateGroup", &into).await, denied);
}

#[tokio::test]
async fn which_policy_is_attached_is_a_condition() {
    let server = Server::start().await;
    server.ok("CreateGroup", &[("GroupName", "devs")]).await;
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:AttachGroupPolicy","Resource":"*","Condition":{{"ArnEquals":{{"iam:PolicyARN":"{read_only}"}}}}}}}}"#
    );
    let lead = server.user_with("lead", &document).await;
    let attach = async |arn: &str| {
        let parameters = [("GroupName", "devs"), ("PolicyArn", arn)];
        server
            .call_as(&lead, "AttachGroupPolicy", &parameters)
            .await
    };
    attach(read_only).await.unwrap();
    assert_eq!(
        attach(ADMINISTRATOR).await.unwrap_err().code,
        "AccessDenied"
    );
}

#[tokio::test]
async fn the_simulator_knows_groups() {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    group(&server, "listers", LIST).await;
    let pair = [("GroupName", "listers"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &pair).await;
    let attached = [("GroupName", "listers"), ("PolicyArn", ADMINISTRATOR)];
    let simulated = async |source: &str, action: &str| {
        let source = format!("arn:aws:iam::{ACCOUNT}:{source}");
        let parameters = [
            ("PolicySourceArn", &*source),
            ("ActionNames.member.1", action),
        ];
        let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
        let result = answer["EvaluationResults"][0].clone();
        let matched = result["MatchedStatements"].as_array().unwrap().clone();
        let matched: Vec<_> = matched
            .iter()
            .map(|it| {
                format!(
                    "{} {}",
                    text(&it["SourcePolicyType"]),
                    text(&it["SourcePolicyId"])
                )
            })
            .collect();
        (text(&result["EvalDecision"]).to_owned(), matched)
    };
    for source in ["user/bob", "group/listers"] {
        let (decision, matched) = simulated(source, "iam:ListUsers").await;
        assert_eq!(
            (decision.as_str(), matched),
            ("allowed", vec!["group of-group".to_owned()])
        );
        let (decision, _) = simulated(source, "iam:ListRoles").await;
        assert_eq!(decision, "implicitDeny");
    }
    server.ok("AttachGroupPolicy", &attached).await;
    for source in ["user/bob", "group/listers"] {
        let (decision, matched) = simulated(source, "iam:ListRoles").await;
        let managed = vec!["aws-managed AdministratorAccess".to_owned()];
        assert_eq!((decision.as_str(), matched), ("allowed", managed));
    }
    let keys = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"x"}}}}"#;
    let inline = [
        ("GroupName", "listers"),
        ("PolicyName", "keys"),
        ("PolicyDocument", keys),
    ];
    server.ok("PutGroupPolicy", &inline).await;
    for source in ["user/bob", "group/listers"] {
        let source = format!("arn:aws:iam::{ACCOUNT}:{source}");
        let parameters = [("PolicySourceArn", source.as_str())];
        let answer = server
            .ok("GetContextKeysForPrincipalPolicy", &parameters)
            .await;
        assert_eq!(
            answer["ContextKeyNames"],
            serde_json::json!(["aws:UserAgent"])
        );
    }
    let missing = format!("arn:aws:iam::{ACCOUNT}:group/path/listers");
    let parameters = [
        ("PolicySourceArn", &*missing),
        ("ActionNames.member.1", "s3:GetObject"),
    ];
    assert_eq!(
        server.refused("SimulatePrincipalPolicy", &parameters).await,
        "NoSuchEntity: The group with name listers cannot be found."
    );
}
