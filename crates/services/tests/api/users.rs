//! Users and their access keys.

use crate::server::{READ, Server, column, document, key_of, pages, text};

#[tokio::test]
async fn names_are_unique_without_regard_to_case_and_keep_it() {
    let server = Server::start().await;
    let created = server
        .ok("CreateUser", &[("UserName", "Bob"), ("Path", "/dev/")])
        .await;
    assert_eq!(
        created["User"]["Arn"],
        "arn:aws:iam::123456789012:user/dev/Bob"
    );
    assert!(text(&created["User"]["UserId"]).starts_with("AIDA"));
    assert_eq!(
        server.refused("CreateUser", &[("UserName", "bOB")]).await,
        "EntityAlreadyExists: User with name bOB already exists."
    );
    let got = server.ok("GetUser", &[("UserName", "BOB")]).await;
    assert_eq!(got["User"]["UserName"], "Bob");
    for action in ["GetUser", "DeleteUser", "UpdateUser", "ListUserTags"] {
        assert_eq!(
            server.refused(action, &[("UserName", "nobody")]).await,
            "NoSuchEntity: The user with name nobody cannot be found."
        );
    }
}

#[tokio::test]
async fn a_user_can_be_renamed_and_moved() {
    let server = Server::start().await;
    let before = server.ok("CreateUser", &[("UserName", "bob")]).await;
    server.ok("CreateUser", &[("UserName", "eve")]).await;
    let key = key_of(&server.ok("CreateAccessKey", &[("UserName", "bob")]).await);
    let rename = |to| [("UserName", "bob"), ("NewUserName", to), ("NewPath", "/x/")];
    assert_eq!(
        server.refused("UpdateUser", &rename("EVE")).await,
        "EntityAlreadyExists: User with name EVE already exists."
    );
    server.ok("UpdateUser", &rename("Bob")).await;
    server.ok("UpdateUser", &rename("robert")).await;
    let after = server.ok("GetUser", &[("UserName", "robert")]).await;
    assert_eq!(after["User"]["UserId"], before["User"]["UserId"]);
    assert_eq!(
        after["User"]["Arn"],
        "arn:aws:iam::123456789012:user/x/robert"
    );
    server.refused("GetUser", &[("UserName", "bob")]).await;
    // Its key goes with it.
    let denied = server.call_as(&key, "GetUser", &[]).await.unwrap_err();
    assert!(denied.message.contains("user/x/robert is not authorized"));
}

#[tokio::test]
async fn a_user_in_use_is_not_deleted() {
    let server = Server::start().await;
    let bob = ("UserName", "bob");
    let attached = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let inline = ("PolicyName", "p");
    server.ok("CreateUser", &[bob]).await;
    let key = server.ok("CreateAccessKey", &[bob]).await;
    let document = ("PolicyDocument", READ);
    server.ok("PutUserPolicy", &[bob, inline, document]).await;
    server.ok("AttachUserPolicy", &[bob, attached]).await;
    let conflict = async |what: &str| {
        assert_eq!(
            server.refused("DeleteUser", &[bob]).await,
            format!("DeleteConflict: Cannot delete entity, must {what} first.")
        );
    };
    conflict("delete access keys").await;
    let id = ("AccessKeyId", text(&key["AccessKey"]["AccessKeyId"]));
    server.ok("DeleteAccessKey", &[bob, id]).await;
    conflict("delete policies").await;
    server.ok("DeleteUserPolicy", &[bob, inline]).await;
    conflict("detach all policies").await;
    server.ok("DetachUserPolicy", &[bob, attached]).await;
    server.ok("DeleteUser", &[bob]).await;
}

#[tokio::test]
async fn lists_are_paged_at_any_size_and_filtered_by_path() {
    let server = Server::start().await;
    for n in 0..7 {
        let path = if n % 2 == 0 { "/even/" } else { "/odd/" };
        let name = format!("u{n}");
        let named = [("UserName", name.as_str()), ("Path", path)];
        server.ok("CreateUser", &named).await;
    }
    let everybody = ["admin", "u0", "u1", "u2", "u3", "u4", "u5", "u6"];
    for items in [1, 3, 5, 8, 100] {
        let users = pages(&server, "ListUsers", &[], "Users", items).await;
        assert_eq!(column(&users, "UserName"), everybody);
        let even = [("PathPrefix", "/ev")];
        let users = pages(&server, "ListUsers", &even, "Users", items).await;
        assert_eq!(column(&users, "UserName"), ["u0", "u2", "u4", "u6"]);
    }
    assert_eq!(
        server.refused("ListUsers", &[("Marker", "u3")]).await,
        "ValidationError: Invalid Marker."
    );
}

#[tokio::test]
async fn access_keys_belong_to_the_caller_when_no_user_is_named() {
    let server = Server::start().await;
    let allow = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:user/${aws:username}"}}"#;
    let bob = server.user_with("bob", allow).await;
    let second = server.call_as(&bob, "CreateAccessKey", &[]).await.unwrap();
    assert_eq!(second["AccessKey"]["UserName"], "bob");
    assert_eq!(second["AccessKey"]["Status"], "Active");
    let third = server.call_as(&bob, "CreateAccessKey", &[]).await;
    let third = third.unwrap_err();
    assert_eq!(
        (third.code.as_str(), third.message.as_str(), third.status),
        (
            "LimitExceeded",
            "Cannot exceed quota for AccessKeysPerUser: 2",
            409
        )
    );
    let listed = server.call_as(&bob, "ListAccessKeys", &[]).await.unwrap();
    assert_eq!(listed["AccessKeyMetadata"].as_array().unwrap().len(), 2);
    let me = server.call_as(&bob, "GetUser", &[]).await.unwrap();
    assert_eq!(me["User"]["UserName"], "bob");
    // The new key signs, until it is made inactive.
    let second = key_of(&second);
    server.call_as(&second, "GetUser", &[]).await.unwrap();
    let id = ("AccessKeyId", second.id.as_str());
    let off = [id, ("Status", "Inactive")];
    server.call_as(&bob, "UpdateAccessKey", &off).await.unwrap();
    let refused = server.call_as(&second, "GetUser", &[]).await.unwrap_err();
    assert_eq!(refused.code, "InvalidClientTokenId");
    server
        .call_as(&bob, "DeleteAccessKey", &[id])
        .await
        .unwrap();
    let gone = server.call_as(&bob, "DeleteAccessKey", &[id]).await;
    assert_eq!(
        gone.unwrap_err().message,
        format!("The Access Key with id {} cannot be found.", second.id)
    );
}

#[tokio::test]
async fn a_key_of_another_user_is_not_found_under_this_one() {
    let server = Server::start().await;
    let bob = server.user_with("bob", READ).await;
    server.ok("CreateUser", &[("UserName", "eve")]).await;
    let id = ("AccessKeyId", bob.id.as_str());
    let refused = server
        .refused("DeleteAccessKey", &[("UserName", "eve"), id])
        .await;
    assert!(refused.starts_with("NoSuchEntity: The Access Key with id AKIA"));
}

#[tokio::test]
async fn a_key_that_was_never_used_says_so() {
    let server = Server::start().await;
    let bob = server.user_with("bob", READ).await;
    let id = ("AccessKeyId", bob.id.as_str());
    let answer = server.ok("GetAccessKeyLastUsed", &[id]).await;
    assert_eq!(answer["UserName"], "bob");
    let used = &answer["AccessKeyLastUsed"];
    assert_eq!(
        (&used["ServiceName"], &used["Region"]),
        (&"N/A".into(), &"N/A".into())
    );
    assert!(used["LastUsedDate"].is_null());
    let denied = server.call_as(&bob, "GetAccessKeyLastUsed", &[id]).await;
    let expected = format!(
        "iam:GetAccessKeyLastUsed on resource: access key {}",
        bob.id
    );
    assert!(denied.unwrap_err().message.contains(&expected));
}

#[tokio::test]
async fn a_secret_access_key_is_in_no_record() {
    let server = Server::start().await;
    let bob = server.user_with("bob", READ).await;
    let trail = server.trail();
    assert!(trail.contains("\"CreateAccessKey\""), "{trail}");
    assert!(trail.contains(bob.id.as_str()));
    assert!(!trail.contains(bob.secret.expose_text().unwrap()));
}

#[tokio::test]
async fn inline_policies_share_one_quota_and_keep_every_byte() {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    let odd = "{\n\t\"Version\" : \"2012-10-17\",\r\n  \"Statement\":[ {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::a+b/é%20*\"} ]\n}\n";
    let put = async |name: &str, document: &str| {
        let parameters = [
            ("UserName", "bob"),
            ("PolicyName", name),
            ("PolicyDocument", document),
        ];
        server.call("PutUserPolicy", &parameters).await
    };
    put("odd", odd).await.unwrap();
    let odd_one = [("UserName", "bob"), ("PolicyName", "odd")];
    let got = server.ok("GetUserPolicy", &odd_one).await;
    assert_eq!(document(&got["PolicyDocument"]), odd);
    // White space is free, and what is replaced no longer counts.
    let padded = |sid: &str| {
        READ.replace(
            "{\"Effect\"",
            &format!("{}{{\"Sid\":\"{sid}\",\"Effect\"", " ".repeat(3000)),
        )
    };
    put("a", &padded(&"x".repeat(1000))).await.unwrap();
    put("a", &padded(&"y".repeat(1000))).await.unwrap();
    let refused = put("b", &padded(&"x".repeat(1000))).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        (
            "LimitExceeded",
            "Maximum policy size of 2048 bytes exceeded for user bob"
        )
    );
    let malformed = put("b", "{").await.unwrap_err();
    assert_eq!(malformed.code, "MalformedPolicyDocument");
    let names = pages(
        &server,
        "ListUserPolicies",
        &[("UserName", "bob")],
        "PolicyNames",
        1,
    );
    assert_eq!(names.await, ["a", "odd"]);
    let missing = [("UserName", "bob"), ("PolicyName", "z")];
    for action in ["GetUserPolicy", "DeleteUserPolicy"] {
        assert_eq!(
            server.refused(action, &missing).await,
            "NoSuchEntity: The user policy with name z cannot be found."
        );
    }
}

#[tokio::test]
async fn of_two_that_create_one_name_at_once_one_succeeds() {
    let server = Server::start().await;
    let (one, two) = tokio::join!(
        server.call("CreateUser", &[("UserName", "bob")]),
        server.call("CreateUser", &[("UserName", "BOB")]),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
}

#[tokio::test]
async fn of_keys_that_are_created_at_once_two_succeed() {
    let server = Server::start().await;
    let bob = [("UserName", "bob")];
    server.ok("CreateUser", &bob).await;
    let create = || server.call("CreateAccessKey", &bob);
    let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
    let made = [a, b, c, d].iter().filter(|it| it.is_ok()).count();
    assert_eq!(made, 2);
}
