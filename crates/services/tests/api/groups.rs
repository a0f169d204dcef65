//! Groups: their life, their members, their policies.

use crate::server::{ACCOUNT, READ, Server, TRUST, column, document, pages, text};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[tokio::test]
async fn names_are_unique_without_regard_to_case_and_keep_it() {
    let server = Server::start().await;
    let created = server
        .ok("CreateGroup", &[("GroupName", "Devs"), ("Path", "/dev/")])
        .await;
    let group = &created["Group"];
    assert_eq!(
        group["Arn"],
        format!("arn:aws:iam::{ACCOUNT}:group/dev/Devs")
    );
    assert_eq!(
        (&group["Path"], &group["GroupName"]),
        (&"/dev/".into(), &"Devs".into())
    );
    let id = text(&group["GroupId"]);
    assert!(id.starts_with("AGPA") && id.len() == 21, "{id}");
    assert_eq!(
        server
            .refused("CreateGroup", &[("GroupName", "dEVS")])
            .await,
        "EntityAlreadyExists: Group with name dEVS already exists."
    );
    // A user may have the same name.
    server.ok("CreateUser", &[("UserName", "devs")]).await;
    let got = server.ok("GetGroup", &[("GroupName", "DEVS")]).await;
    assert_eq!(&got["Group"], group);
    assert_eq!(got["Users"], serde_json::json!([]));
    assert_eq!(got["IsTruncated"], false);
    let policy = ("PolicyArn", READ_ONLY);
    let inline = ("PolicyName", "p");
    let user = ("UserName", "devs");
    let document = ("PolicyDocument", READ);
    for (action, more) in [
        ("GetGroup", vec![]),
        ("UpdateGroup", vec![]),
        ("DeleteGroup", vec![]),
        ("AddUserToGroup", vec![user]),
        ("RemoveUserFromGroup", vec![user]),
        ("PutGroupPolicy", vec![inline, document]),
        ("GetGroupPolicy", vec![inline]),
        ("ListGroupPolicies", vec![]),
        ("DeleteGroupPolicy", vec![inline]),
        ("AttachGroupPolicy", vec![policy]),
        ("DetachGroupPolicy", vec![policy]),
        ("ListAttachedGroupPolicies", vec![]),
    ] {
        let mut parameters = vec![("GroupName", "nobodies")];
        parameters.extend(more);
        assert_eq!(
            server.refused(action, &parameters).await,
            "NoSuchEntity: The group with name nobodies cannot be found.",
            "{action}"
        );
    }
}

#[tokio::test]
async fn names_and_paths_are_checked() {
    let server = Server::start().await;
    let named = |name: &str| {
        let name = name.to_owned();
        let server = &server;
        async move { server.refused("CreateGroup", &[("GroupName", &name)]).await }
    };
    assert_eq!(
        named(&"x".repeat(129)).await,
        "ValidationError: 1 validation error detected: Value at 'groupName' failed to satisfy \
         constraint: Member must have length less than or equal to 128"
    );
    assert_eq!(
        named("a b").await,
        "ValidationError: 1 validation error detected: Value at 'groupName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"
    );
    let long = "x".repeat(128);
    server.ok("CreateGroup", &[("GroupName", &long)]).await;
    let path = [("GroupName", "g"), ("Path", "g/")];
    assert!(
        server
            .refused("CreateGroup", &path)
            .await
            .starts_with("ValidationError: ")
    );
}

#[tokio::test]
async fn a_group_can_be_renamed_and_moved_and_keeps_its_members() {
    let server = Server::start().await;
    let before = server.ok("CreateGroup", &[("GroupName", "devs")]).await;
    server.ok("CreateGroup", &[("GroupName", "ops")]).await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    let member = [("GroupName", "devs"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &member).await;
    let rename = |to| {
        [
            ("GroupName", "devs"),
            ("NewGroupName", to),
            ("NewPath", "/x/"),
        ]
    };
    assert_eq!(
        server.refused("UpdateGroup", &rename("OPS")).await,
        "EntityAlreadyExists: Group with name OPS already exists."
    );
    server.ok("UpdateGroup", &rename("Devs")).await;
    server.ok("UpdateGroup", &rename("builders")).await;
    let new = [("UserName", "bob"), ("NewUserName", "robert")];
    server.ok("UpdateUser", &new).await;
    let after = server.ok("GetGroup", &[("GroupName", "builders")]).await;
    assert_eq!(after["Group"]["GroupId"], before["Group"]["GroupId"]);
    assert_eq!(
        after["Group"]["Arn"],
        format!("arn:aws:iam::{ACCOUNT}:group/x/builders")
    );
    assert_eq!(
        column(after["Users"].as_array().unwrap(), "UserName"),
        ["robert"]
    );
    let groups = server
        .ok("ListGroupsForUser", &[("UserName", "robert")])
        .await;
    assert_eq!(groups["Groups"][0], after["Group"]);
    assert_eq!(
        server.refused("GetGroup", &[("GroupName", "devs")]).await,
        "NoSuchEntity: The group with name devs cannot be found."
    );
    // Whoever takes the old name gets neither members nor policies.
    server.ok("CreateGroup", &[("GroupName", "devs")]).await;
    let anew = server.ok("GetGroup", &[("GroupName", "devs")]).await;
    assert_eq!(anew["Users"], serde_json::json!([]));
}

#[tokio::test]
async fn membership_is_told_in_both_directions() {
    let server = Server::start().await;
    for group in ["b", "C", "a"] {
        server.ok("CreateGroup", &[("GroupName", group)]).await;
    }
    for user in ["u2", "U1", "u0"] {
        server.ok("CreateUser", &[("UserName", user)]).await;
        for group in ["A", "b", "c"] {
            let pair = [("GroupName", group), ("UserName", user)];
            server.ok("AddUserToGroup", &pair).await;
            // Once more changes nothing.
            server.ok("AddUserToGroup", &pair).await;
        }
    }
    for items in [1, 2, 3, 100] {
        let named = [("GroupName", "a")];
        let users = pages(&server, "GetGroup", &named, "Users", items).await;
        assert_eq!(column(&users, "UserName"), ["u0", "U1", "u2"]);
        let named = [("UserName", "u1")];
        let groups = pages(&server, "ListGroupsForUser", &named, "Groups", items).await;
        assert_eq!(column(&groups, "GroupName"), ["a", "b", "C"]);
    }
    let pair = [("GroupName", "b"), ("UserName", "u1")];
    server.ok("RemoveUserFromGroup", &pair).await;
    server.ok("RemoveUserFromGroup", &pair).await;
    let groups = server.ok("ListGroupsForUser", &[("UserName", "u1")]).await;
    assert_eq!(
        column(groups["Groups"].as_array().unwrap(), "GroupName"),
        ["a", "C"]
    );
    let left = server.ok("GetGroup", &[("GroupName", "b")]).await;
    assert_eq!(
        column(left["Users"].as_array().unwrap(), "UserName"),
        ["u0", "u2"]
    );
    for action in ["AddUserToGroup", "RemoveUserFromGroup"] {
        let nobody = [("GroupName", "a"), ("UserName", "nobody")];
        assert_eq!(
            server.refused(action, &nobody).await,
            "NoSuchEntity: The user with name nobody cannot be found."
        );
    }
    assert_eq!(
        server
            .refused("ListGroupsForUser", &[("UserName", "nobody")])
            .await,
        "NoSuchEntity: The user with name nobody cannot be found."
    );
}

#[tokio::test]
async fn lists_are_paged_at_any_size_and_filtered_by_path() {
    let server = Server::start().await;
    for n in 0..7 {
        let path = if n % 2 == 0 { "/even/" } else { "/odd/" };
        let name = format!("g{n}");
        server
            .ok("CreateGroup", &[("GroupName", &name), ("Path", path)])
            .await;
    }
    for items in [1, 3, 7, 100] {
        let groups = pages(&server, "ListGroups", &[], "Groups", items).await;
        let all = ["g0", "g1", "g2", "g3", "g4", "g5", "g6"];
        assert_eq!(column(&groups, "GroupName"), all);
        let even = [("PathPrefix", "/ev")];
        let groups = pages(&server, "ListGroups", &even, "Groups", items).await;
        assert_eq!(column(&groups, "GroupName"), ["g0", "g2", "g4", "g6"]);
    }
    assert_eq!(
        server.refused("ListGroups", &[("Marker", "g3")]).await,
        "ValidationError: Invalid Marker."
    );
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let server = Server::start().await;
    let group = ("GroupName", "devs");
    let user = ("UserName", "bob");
    let inline = ("PolicyName", "p");
    let own = server
        .ok(
            "CreatePolicy",
            &[("PolicyName", "own"), ("PolicyDocument", READ)],
        )
        .await;
    let arn = text(&own["Policy"]["Arn"]);
    server.ok("CreateGroup", &[group]).await;
    server.ok("CreateUser", &[user]).await;
    server.ok("AddUserToGroup", &[group, user]).await;
    server
        .ok("PutGroupPolicy", &[group, inline, ("PolicyDocument", READ)])
        .await;
    server
        .ok("AttachGroupPolicy", &[group, ("PolicyArn", arn)])
        .await;
    let conflict = async |action: &str, parameter, what: &str| {
        assert_eq!(
            server.refused(action, &[parameter]).await,
            format!("DeleteConflict: Cannot delete entity, must {what} first.")
        );
    };
    conflict("DeleteUser", user, "remove users from group").await;
    conflict("DeleteGroup", group, "remove users from group").await;
    server.ok("RemoveUserFromGroup", &[group, user]).await;
    server.ok("DeleteUser", &[user]).await;
    conflict("DeleteGroup", group, "delete policies").await;
    server.ok("DeleteGroupPolicy", &[group, inline]).await;
    conflict("DeleteGroup", group, "detach all policies").await;
    assert_eq!(
        server.refused("DeletePolicy", &[("PolicyArn", arn)]).await,
        "DeleteConflict: Cannot delete a policy attached to entities."
    );
    server
        .ok("DetachGroupPolicy", &[group, ("PolicyArn", arn)])
        .await;
    server.ok("DeletePolicy", &[("PolicyArn", arn)]).await;
    server.ok("DeleteGroup", &[group]).await;
    server.refused("GetGroup", &[group]).await;
}

#[tokio::test]
async fn inline_policies_share_one_quota_and_keep_every_byte() {
    let server = Server::start().await;
    let group = ("GroupName", "devs");
    server.ok("CreateGroup", &[group]).await;
    let odd = "{\n\t\"Version\" : \"2012-10-17\",\r\n  \"Statement\":[ {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::a+b/é%20*\"} ]\n}\n";
    let put = async |name: &str, document: &str| {
        let parameters = [group, ("PolicyName", name), ("PolicyDocument", document)];
        server.call("PutGroupPolicy", &parameters).await
    };
    put("odd", odd).await.unwrap();
    let got = server
        .ok("GetGroupPolicy", &[group, ("PolicyName", "odd")])
        .await;
    assert_eq!(
        (&got["GroupName"], &got["PolicyName"]),
        (&"devs".into(), &"odd".into())
    );
    assert_eq!(document(&got["PolicyDocument"]), odd);
    let of_size = |size: usize| {
        let sid = "x".repeat(size - READ.len() - r#""Sid":"","#.len());
        READ.replace(
            "{\"Effect\"",
            &format!("  {{\"Sid\":\"{sid}\",  \"Effect\""),
        )
    };
    server
        .ok("DeleteGroupPolicy", &[group, ("PolicyName", "odd")])
        .await;
    put("a", &of_size(2560)).await.unwrap();
    put("b", &of_size(2560)).await.unwrap();
    let refused = put("b", &of_size(2561)).await.unwrap_err();
    assert_eq!(
        (
            refused.code.as_str(),
            refused.message.as_str(),
            refused.status
        ),
        (
            "LimitExceeded",
            "Maximum policy size of 5120 bytes exceeded for group devs",
            409
        )
    );
    assert_eq!(
        put("b", "{").await.unwrap_err().code,
        "MalformedPolicyDocument"
    );
    let names = pages(&server, "ListGroupPolicies", &[group], "PolicyNames", 1).await;
    assert_eq!(names, ["a", "b"]);
    for action in ["GetGroupPolicy", "DeleteGroupPolicy"] {
        assert_eq!(
            server.refused(action, &[group, ("PolicyName", "z")]).await,
            "NoSuchEntity: The group policy with name z cannot be found."
        );
    }
}

#[tokio::test]
async fn attachments_count_and_are_listed_with_those_of_users_and_roles() {
    let server = Server::start().await;
    let own = server
        .ok(
            "CreatePolicy",
            &[("PolicyName", "own"), ("PolicyDocument", READ)],
        )
        .await;
    let arn = text(&own["Policy"]["Arn"]);
    let policy = ("PolicyArn", arn);
    let group = ("GroupName", "devs");
    let role = ("RoleName", "app");
    let user = ("UserName", "bob");
    let created = server.ok("CreateGroup", &[group, ("Path", "/team/")]).await;
    server
        .ok("CreateRole", &[role, ("AssumeRolePolicyDocument", TRUST)])
        .await;
    server.ok("CreateUser", &[user]).await;
    server.ok("AttachGroupPolicy", &[group, policy]).await;
    server.ok("AttachGroupPolicy", &[group, policy]).await;
    server.ok("AttachRolePolicy", &[role, policy]).await;
    server.ok("AttachUserPolicy", &[user, policy]).await;
    let got = server.ok("GetPolicy", &[policy]).await;
    assert_eq!(got["Policy"]["AttachmentCount"], 3);

    let entities = server.ok("ListEntitiesForPolicy", &[policy]).await;
    let listed = &entities["PolicyGroups"][0];
    assert_eq!(
        (&listed["GroupName"], &listed["GroupId"]),
        (&"devs".into(), &created["Group"]["GroupId"])
    );
    assert_eq!(entities["PolicyRoles"][0]["RoleName"], "app");
    assert_eq!(entities["PolicyUsers"][0]["UserName"], "bob");
    let count = async |more: &[(&str, &str)]| {
        let parameters = [&[policy], more].concat();
        let mut counts = [0; 3];
        for (count, list) in counts
            .iter_mut()
            .zip(["PolicyGroups", "PolicyRoles", "PolicyUsers"])
        {
            let found = pages(&server, "ListEntitiesForPolicy", &parameters, list, 100);
            *count = found.await.len();
        }
        counts
    };
    assert_eq!(count(&[("EntityFilter", "Group")]).await, [1, 0, 0]);
    assert_eq!(count(&[("EntityFilter", "User")]).await, [0, 0, 1]);
    assert_eq!(count(&[("PathPrefix", "/team/")]).await, [1, 0, 0]);
    assert_eq!(
        count(&[("PolicyUsageFilter", "PermissionsBoundary")]).await,
        [0, 0, 0]
    );
    // One by one, under one marker.
    let first = server
        .ok("ListEntitiesForPolicy", &[policy, ("MaxItems", "1")])
        .await;
    assert_eq!(
        column(first["PolicyGroups"].as_array().unwrap(), "GroupName"),
        ["devs"]
    );
    let marker = ("Marker", text(&first["Marker"]));
    let rest = server.ok("ListEntitiesForPolicy", &[policy, marker]).await;
    assert_eq!(rest["PolicyGroups"], serde_json::json!([]));
    assert_eq!(rest["PolicyUsers"][0]["UserName"], "bob");

    server
        .ok("AttachGroupPolicy", &[group, ("PolicyArn", READ_ONLY)])
        .await;
    let attached = pages(
        &server,
        "ListAttachedGroupPolicies",
        &[group],
        "AttachedPolicies",
        1,
    )
    .await;
    assert_eq!(column(&attached, "PolicyName"), ["own", "ReadOnlyAccess"]);
    server.ok("DetachGroupPolicy", &[group, policy]).await;
    assert_eq!(
        server.refused("DetachGroupPolicy", &[group, policy]).await,
        format!("NoSuchEntity: Policy {arn} was not found.")
    );
    let missing = format!("arn:aws:iam::{ACCOUNT}:policy/none");
    assert_eq!(
        server
            .refused("AttachGroupPolicy", &[group, ("PolicyArn", &missing)])
            .await,
        format!("NoSuchEntity: Policy {missing} does not exist or is not attachable.")
    );
}

#[tokio::test]
async fn quotas_are_those_of_aws() {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    for n in 0..300 {
        let name = format!("g{n}");
        server.ok("CreateGroup", &[("GroupName", &name)]).await;
        if n < 10 {
            let pair = [("GroupName", name.as_str()), ("UserName", "bob")];
            server.ok("AddUserToGroup", &pair).await;
            let policy = format!("p{n}");
            let named = [("PolicyName", policy.as_str()), ("PolicyDocument", READ)];
            let created = server.ok("CreatePolicy", &named).await;
            let arn = ("PolicyArn", text(&created["Policy"]["Arn"]));
            server
                .ok("AttachGroupPolicy", &[("GroupName", "g0"), arn])
                .await;
        }
    }
    for (action, parameters, quota) in [
        (
            "CreateGroup",
            vec![("GroupName", "one-more")],
            "GroupsPerAccount: 300",
        ),
        (
            "AddUserToGroup",
            vec![("GroupName", "g10"), ("UserName", "bob")],
            "GroupsPerUser: 10",
        ),
        (
            "AttachGroupPolicy",
            vec![("GroupName", "g0"), ("PolicyArn", READ_ONLY)],
            "PoliciesPerGroup: 10",
        ),
    ] {
        assert_eq!(
            server.refused(action, &parameters).await,
            format!("LimitExceeded: Cannot exceed quota for {quota}")
        );
    }
    // Who is in it already may be added again, and a group that is gone makes room.
    let pair = [("GroupName", "g0"), ("UserName", "bob")];
    server.ok("AddUserToGroup", &pair).await;
    server.ok("DeleteGroup", &[("GroupName", "g299")]).await;
    server.ok("CreateGroup", &[("GroupName", "one-more")]).await;
}

#[tokio::test]
async fn a_group_is_no_principal() {
    let server = Server::start().await;
    server.ok("CreateGroup", &[("GroupName", "devs")]).await;
    let trust = TRUST.replace(
        &format!("\"{ACCOUNT}\""),
        &format!("\"arn:aws:iam::{ACCOUNT}:group/devs\""),
    );
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", &*trust)];
    let refused = server.refused("CreateRole", &role).await;
    assert!(
        refused.starts_with("MalformedPolicyDocument: "),
        "{refused}"
    );
}

#[tokio::test]
async fn of_two_that_join_at_once_and_a_deletion_nothing_is_half_done() {
    let server = Server::start().await;
    let group = ("GroupName", "devs");
    server.ok("CreateGroup", &[group]).await;
    server.ok("CreateUser", &[("UserName", "a")]).await;
    server.ok("CreateUser", &[("UserName", "b")]).await;
    let [a, b] = ["a", "b"].map(|name| [group, ("UserName", name)]);
    let (one, two, deleted) = tokio::join!(
        server.call("AddUserToGroup", &a),
        server.call("AddUserToGroup", &b),
        server.call("DeleteGroup", &a[..1]),
    );
    assert_eq!(deleted.is_ok(), one.is_err() && two.is_err());
    for (name, added) in [("a", one), ("b", two)] {
        let groups = server.ok("ListGroupsForUser", &[("UserName", name)]).await;
        let count = groups["Groups"].as_array().unwrap().len();
        assert_eq!(count, usize::from(added.is_ok()));
    }
}

#[tokio::test]
async fn the_trail_names_group_and_user() {
    let server = Server::start().await;
    let group = ("GroupName", "devs");
    let user = ("UserName", "bob");
    server.ok("CreateGroup", &[group, ("Path", "/team/")]).await;
    server.ok("CreateUser", &[user]).await;
    server.ok("AddUserToGroup", &[group, user]).await;
    let trail = server.trail();
    let record = trail
        .lines()
        .find(|it| it.contains("\"AddUserToGroup\""))
        .unwrap();
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    assert_eq!(record["requestParameters"]["groupName"], "devs");
    assert_eq!(record["requestParameters"]["userName"], "bob");
    assert_eq!(record["readOnly"], false);
    let arns = record["resources"].as_array().unwrap();
    assert_eq!(
        column(arns, "ARN"),
        [
            format!("arn:aws:iam::{ACCOUNT}:group/team/devs"),
            format!("arn:aws:iam::{ACCOUNT}:user/bob"),
        ]
    );
    assert_eq!(column(arns, "type"), ["AWS::IAM::Group", "AWS::IAM::User"]);
}
