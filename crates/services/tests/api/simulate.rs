//! The policy simulator.

mod refusals;

use serde_json::{Value, json};

use crate::server::{ACCOUNT, Server, TRUST, column, pages, text};

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}"#)
}

fn policy(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn allow(action: &str, resource: &str) -> String {
    policy(&[statement("Allow", action, resource)])
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

async fn role(server: &Server, name: &str, document: &str) {
    let trust = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &trust).await;
    let parameters = [
        ("RoleName", name),
        ("PolicyName", "p"),
        ("PolicyDocument", document),
    ];
    server.ok("PutRolePolicy", &parameters).await;
}

fn question<'a>(source: &'a str, action: &'a str, resource: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("PolicySourceArn", source),
        ("ActionNames.member.1", action),
        ("ResourceArns.member.1", resource),
    ]
}

/// The one result of a simulation.
async fn simulated(server: &Server, source: &str, action: &str, resource: &str) -> Value {
    let parameters = question(source, action, resource);
    let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
    answer["EvaluationResults"][0].clone()
}

async fn custom(server: &Server, parameters: &[(&str, &str)]) -> Value {
    let answer = server.ok("SimulateCustomPolicy", parameters).await;
    answer["EvaluationResults"][0].clone()
}

fn decision(result: &Value) -> &str {
    text(&result["EvalDecision"])
}

#[tokio::test]
async fn a_result_says_what_decided_and_where_it_stands() {
    let server = Server::start().await;
    let document = "{\"Version\":\"2012-10-17\",\n \"Statement\":[\n  {\"Effect\":\"Deny\",\"Action\":\"s3:Delete*\",\"Resource\":\"*\"},\n  {\"Sid\":\"Read\",\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\"}]}";
    role(&server, "app", document).await;
    let source = role_arn("app");
    let object = "arn:aws:s3:::b/k";

    let result = simulated(&server, &source, "s3:GetObject", object).await;
    assert_eq!(decision(&result), "allowed");
    assert_eq!(text(&result["EvalResourceName"]), object);
    let matched = json!([{
        "SourcePolicyId": "p",
        "SourcePolicyType": "role",
        "StartPosition": {"Line": 4, "Column": 4},
        "EndPosition": {"Line": 4, "Column": 80},
    }]);
    assert_eq!(result["MatchedStatements"], matched);
    assert_eq!(result["MissingContextValues"], json!([]));
    assert_eq!(result["EvalDecisionDetails"], json!({}));
    assert!(text(&result["Explanation"]).contains("statement 2 (`Read`)"));

    let result = simulated(&server, &source, "s3:DeleteObject", object).await;
    assert_eq!(decision(&result), "explicitDeny");
    assert_eq!(result["MatchedStatements"][0]["StartPosition"]["Line"], 3);
    assert_eq!(result["MatchedStatements"].as_array().unwrap().len(), 1);

    let result = simulated(&server, &source, "s3:GetObject", "arn:aws:s3:::other/k").await;
    assert_eq!(decision(&result), "implicitDeny");
    assert_eq!(result["MatchedStatements"], json!([]));
}

#[tokio::test]
async fn an_action_has_one_result_for_all_its_resources() {
    let server = Server::start().await;
    let document = policy(&[
        statement("Allow", "s3:GetObject", "arn:aws:s3:::b/*"),
        statement("Deny", "s3:GetObject", "arn:aws:s3:::b/secret"),
    ]);
    role(&server, "app", &document).await;
    let source = role_arn("app");
    let mut parameters = question(&source, "s3:GetObject", "arn:aws:s3:::b/k");
    parameters.push(("ResourceArns.member.2", "arn:aws:s3:::c/k"));
    parameters.push(("ResourceArns.member.3", "arn:aws:s3:::b/secret"));
    let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
    let results = answer["EvaluationResults"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(decision(&results[0]), "explicitDeny");
    assert_eq!(
        text(&results[0]["EvalResourceName"]),
        "arn:aws:s3:::b/secret"
    );
    let specific = results[0]["ResourceSpecificResults"].as_array().unwrap();
    assert_eq!(
        column(specific, "EvalResourceDecision"),
        ["allowed", "implicitDeny", "explicitDeny"]
    );

    let without = [
        ("PolicySourceArn", &*source),
        ("ActionNames.member.1", "s3:GetObject"),
    ];
    let answer = server.ok("SimulatePrincipalPolicy", &without).await;
    let result = &answer["EvaluationResults"][0];
    assert_eq!(text(&result["EvalResourceName"]), "*");
    assert!(result.get("ResourceSpecificResults").is_none());
    assert!(result.get("EvalDecisionDetails").is_none());
}

#[tokio::test]
async fn results_come_in_pages_and_in_the_order_of_the_actions() {
    let server = Server::start().await;
    role(&server, "app", &allow("s3:Get*", "*")).await;
    let source = role_arn("app");
    let names: Vec<_> = (1..=12)
        .map(|n| format!("ActionNames.member.{n}"))
        .collect();
    let actions: Vec<_> = (1..=12)
        .map(|n| format!("s3:{}{n}", if n % 3 == 0 { "Put" } else { "Get" }))
        .collect();
    let mut parameters = vec![("PolicySourceArn", &*source)];
    parameters.extend(
        names
            .iter()
            .map(|it| &**it)
            .zip(actions.iter().map(|it| &**it)),
    );
    let all = pages(
        &server,
        "SimulatePrincipalPolicy",
        &parameters,
        "EvaluationResults",
        5,
    )
    .await;
    assert_eq!(column(&all, "EvalActionName"), actions);
    let allowed = all.iter().filter(|it| decision(it) == "allowed").count();
    assert_eq!(allowed, 8);
}

#[tokio::test]
async fn the_caller_has_its_own_keys_and_the_request_may_suppose_others() {
    let server = Server::start().await;
    let condition = |operator: &str, key: &str, value: &str| {
        policy(&[format!(
            r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}"#
        )])
    };
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    server
        .ok(
            "TagUser",
            &[
                ("UserName", "bob"),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "blue"),
            ],
        )
        .await;
    let source = format!("arn:aws:iam::{ACCOUNT}:user/bob");
    let asked = |document: String, more: Vec<(&'static str, &'static str)>| {
        let (server, source) = (&server, &source);
        async move {
            let mut parameters = question(source, "s3:GetObject", "arn:aws:s3:::b/k");
            parameters.push(("PolicyInputList.member.1", &document));
            parameters.extend(more);
            let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
            answer["EvaluationResults"][0].clone()
        }
    };
    for (operator, key, value) in [
        ("StringEquals", "aws:username", "bob"),
        ("StringEquals", "aws:PrincipalTag/team", "blue"),
        ("StringLike", "aws:userid", "AIDA*"),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
    ] {
        let result = asked(condition(operator, key, value), vec![]).await;
        assert_eq!(decision(&result), "allowed", "{key}");
        assert_eq!(result["MissingContextValues"], json!([]), "{key}");
        let matched = &result["MatchedStatements"][0];
        assert_eq!(matched["SourcePolicyId"], "PolicyInputList.1");
        assert_eq!(matched["SourcePolicyType"], "none");
    }
    let network = || condition("IpAddress", "aws:SourceIp", "192.0.2.0/24");
    let result = asked(network(), vec![]).await;
    assert_eq!(decision(&result), "implicitDeny");
    assert_eq!(result["MissingContextValues"], json!(["aws:SourceIp"]));
    assert!(text(&result["Explanation"]).contains("no such key"));
    let entry = |value, kind| {
        vec![
            ("ContextEntries.member.1.ContextKeyName", "AWS:sourceip"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", value),
            ("ContextEntries.member.1.ContextKeyType", kind),
        ]
    };
    let result = asked(network(), entry("192.0.2.7", "ip")).await;
    assert_eq!(decision(&result), "allowed");
    let result = asked(network(), entry("198.51.100.7", "ip")).await;
    assert_eq!(decision(&result), "implicitDeny");
    assert_eq!(result["MissingContextValues"], json!([]));
    // What is supposed stands over what the caller has.
    let other = vec![
        ("ContextEntries.member.1.ContextKeyName", "aws:username"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "eve"),
    ];
    let named = condition("StringEquals", "aws:username", "bob");
    assert_eq!(decision(&asked(named, other).await), "implicitDeny");
}

#[tokio::test]
async fn a_boundary_limits_and_another_may_be_supposed() {
    let server = Server::start().await;
    role(&server, "app", &allow("s3:*", "*")).await;
    let boundary = allow("s3:Get*", "*");
    let created = server
        .ok(
            "CreatePolicy",
            &[("PolicyName", "limit"), ("PolicyDocument", &boundary)],
        )
        .await;
    let arn = text(&created["Policy"]["Arn"]);
    let put = [("RoleName", "app"), ("PermissionsBoundary", arn)];
    server.ok("PutRolePermissionsBoundary", &put).await;
    let source = role_arn("app");
    let detail = "PermissionsBoundaryDecisionDetail";
    for (action, expected, within) in [
        ("s3:GetObject", "allowed", true),
        ("s3:PutObject", "implicitDeny", false),
        ("iam:GetRole", "implicitDeny", false),
    ] {
        let result = simulated(&server, &source, action, "*").await;
        assert_eq!(decision(&result), expected, "{action}");
        assert_eq!(
            result[detail],
            json!({"AllowedByPermissionsBoundary": within})
        );
    }
    let admin = format!("arn:aws:iam::{ACCOUNT}:user/admin");
    let unlimited = simulated(&server, &admin, "s3:GetObject", "*").await;
    assert!(unlimited.get(detail).is_none());

    let other = allow("s3:Put*", "*");
    let mut parameters = question(&source, "s3:PutObject", "*");
    parameters.push(("PermissionsBoundaryPolicyInputList.member.1", &other));
    let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(decision(&answer["EvaluationResults"][0]), "allowed");
    parameters[1].1 = "s3:GetObject";
    let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(decision(&answer["EvaluationResults"][0]), "implicitDeny");
}

#[tokio::test]
async fn a_trust_policy_decides_who_may_assume_a_role() {
    let server = Server::start().await;
    role(&server, "app", &allow("sts:AssumeRole", "*")).await;
    role(&server, "stranger", &allow("s3:*", "*")).await;
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/pod-1");
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{session}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let closed = [
        ("RoleName", "closed"),
        ("AssumeRolePolicyDocument", &*trust),
    ];
    server.ok("CreateRole", &closed).await;
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let other = format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/pod-2");
    for (source, target, expected) in [
        // TRUST leaves it to the account's own policies.
        (role_arn("app"), "app", "allowed"),
        (role_arn("stranger"), "app", "implicitDeny"),
        (role_arn("app"), "closed", "implicitDeny"),
        (session.clone(), "closed", "allowed"),
        (other, "closed", "implicitDeny"),
        (role_arn("app"), "missing", "implicitDeny"),
        (root, "app", "implicitDeny"),
    ] {
        let result = simulated(&server, &source, "sts:AssumeRole", &role_arn(target)).await;
        assert_eq!(decision(&result), expected, "{source} {target}: {result}");
    }
    let result = simulated(&server, &session, "sts:AssumeRole", &role_arn("closed")).await;
    let matched = &result["MatchedStatements"][0];
    assert_eq!(matched["SourcePolicyId"], role_arn("closed"));
    assert_eq!(matched["SourcePolicyType"], "resource");
    assert_eq!(
        result["EvalDecisionDetails"],
        json!({"Trust Policy": "allowed"})
    );
    // One that is supposed stands in the place of the stored one.
    let source = role_arn("app");
    let target = role_arn("closed");
    let mut parameters = question(&source, "sts:AssumeRole", &target);
    parameters.push(("ResourcePolicy", TRUST));
    let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
    assert_eq!(decision(&answer["EvaluationResults"][0]), "allowed");
}

#[tokio::test]
async fn a_provider_is_the_caller_of_assume_role_with_web_identity() {
    let server = Server::start().await;
    let url = ("Url", "https://oidc.example.com/id");
    let client = ("ClientIDList.member.1", "sts.amazonaws.com");
    server
        .ok("CreateOpenIDConnectProvider", &[url, client])
        .await;
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.com/id");
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"oidc.example.com/id:sub":"system:serviceaccount:ns:app","oidc.example.com/id:aud":"sts.amazonaws.com"}}}}}}]}}"#
    );
    let create = [("RoleName", "pod"), ("AssumeRolePolicyDocument", &*trust)];
    server.ok("CreateRole", &create).await;
    let target = role_arn("pod");
    let action = "sts:AssumeRoleWithWebIdentity";
    let result = simulated(&server, &provider, action, &target).await;
    assert_eq!(decision(&result), "implicitDeny");
    assert_eq!(
        result["MissingContextValues"],
        json!(["oidc.example.com/id:aud", "oidc.example.com/id:sub"])
    );
    for (account, expected) in [("app", "allowed"), ("other", "implicitDeny")] {
        let subject = format!("system:serviceaccount:ns:{account}");
        let mut parameters = question(&provider, action, &target);
        parameters.extend([
            (
                "ContextEntries.member.1.ContextKeyName",
                "oidc.example.com/id:sub",
            ),
            (
                "ContextEntries.member.1.ContextKeyValues.member.1",
                &*subject,
            ),
            (
                "ContextEntries.member.2.ContextKeyName",
                "oidc.example.com/id:aud",
            ),
            (
                "ContextEntries.member.2.ContextKeyValues.member.1",
                "sts.amazonaws.com",
            ),
        ]);
        let answer = server.ok("SimulatePrincipalPolicy", &parameters).await;
        let result = &answer["EvaluationResults"][0];
        assert_eq!(decision(result), expected, "{result}");
    }
}

#[tokio::test]
async fn a_session_is_one_that_is_issued_now() {
    let server = Server::start().await;
    let revoked = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2020-01-01T00:00:00Z"}}},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*:bad"}}}]}"#;
    role(&server, "app", revoked).await;
    let session = |name: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/{name}");
    for (source, expected) in [
        (session("good"), "allowed"),
        (session("bad"), "explicitDeny"),
        (role_arn("app"), "allowed"),
    ] {
        let result = simulated(&server, &source, "s3:GetObject", "*").await;
        assert_eq!(decision(&result), expected, "{source}");
    }
    // A role alone has no session name that could be known.
    let result = simulated(&server, &role_arn("app"), "s3:GetObject", "*").await;
    assert_eq!(result["MissingContextValues"], json!(["aws:userid"]));
}

#[tokio::test]
async fn policies_alone_are_simulated_with_nothing_that_is_stored() {
    let server = Server::start().await;
    let document = allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*");
    let object = "arn:aws:s3:::b/bob/k";
    let base = [
        ("PolicyInputList.member.1", &*document),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ResourceArns.member.1", object),
    ];
    let result = custom(&server, &base).await;
    assert_eq!(decision(&result), "implicitDeny");
    assert_eq!(result["MissingContextValues"], json!(["aws:username"]));
    // The caller doesn't have to exist.
    let mut named = base.to_vec();
    let bob = "arn:aws:iam::111122223333:user/bob";
    named.push(("CallerArn", bob));
    assert_eq!(decision(&custom(&server, &named).await), "allowed");

    // Another account's resource: both sides must allow.
    named.push(("ResourceOwner", "arn:aws:iam::444455556666:root"));
    let result = custom(&server, &named).await;
    assert_eq!(decision(&result), "implicitDeny");
    let details = &result["EvalDecisionDetails"];
    assert_eq!(*details, json!({"Resource Policy": "implicitDeny"}));
    let open = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{bob}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
    );
    named.push(("ResourcePolicy", &open));
    let result = custom(&server, &named).await;
    assert_eq!(decision(&result), "allowed", "{result}");
    assert_eq!(
        result["EvalDecisionDetails"],
        json!({"IAM Policy": "allowed", "Resource Policy": "allowed"})
    );
    let sources = result["MatchedStatements"].as_array().unwrap();
    assert_eq!(
        column(sources, "SourcePolicyId"),
        ["ResourcePolicy", "PolicyInputList.1"]
    );
}

#[tokio::test]
async fn context_keys_are_listed_once() {
    let server = Server::start().await;
    let first = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}"#;
    let second = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"AWS:sourceIP":"192.0.2.0/24"},"Bool":{"aws:SecureTransport":"true"}}}]}"#;
    let lists = [
        ("PolicyInputList.member.1", first),
        ("PolicyInputList.member.2", second),
    ];
    let answer = server.ok("GetContextKeysForCustomPolicy", &lists).await;
    let expected = json!(["aws:SecureTransport", "aws:SourceIp", "aws:username"]);
    assert_eq!(answer["ContextKeyNames"], expected);

    role(&server, "app", first).await;
    let source = role_arn("app");
    let parameters = [("PolicySourceArn", &*source)];
    let answer = server
        .ok("GetContextKeysForPrincipalPolicy", &parameters)
        .await;
    let expected = json!(["aws:SourceIp", "aws:username"]);
    assert_eq!(answer["ContextKeyNames"], expected);
}
