//! Instance profiles: their life, their role, who may pass it.

use std::collections::BTreeSet;

use directory::{EntityPath, InstanceProfile, StoreError, Tags};
use serde_json::{Value, json};

use crate::server::{ACCOUNT, Key, READ, Server, TRUST, column, pages, text};

const PROFILE: (&str, &str) = ("InstanceProfileName", "worker");
const ROLE: (&str, &str) = ("RoleName", "app");
const CONFLICT: &str =
    "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.";

/// With the role `app` and the instance profile `worker`.
async fn start() -> Server {
    let server = Server::start().await;
    create_role(&server, "app").await;
    server.ok("CreateInstanceProfile", &[PROFILE]).await;
    server
}

async fn create_role(server: &Server, name: &str) -> Value {
    let role = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await["Role"].clone()
}

async fn got(server: &Server) -> Value {
    server.ok("GetInstanceProfile", &[PROFILE]).await["InstanceProfile"].clone()
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case_and_keep_it() {
    let server = Server::start().await;
    let created = server
        .ok(
            "CreateInstanceProfile",
            &[
                ("InstanceProfileName", "Worker"),
                ("Path", "/rosa/"),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "a"),
            ],
        )
        .await;
    let profile = &created["InstanceProfile"];
    assert_eq!(
        profile["Arn"],
        format!("arn:aws:iam::{ACCOUNT}:instance-profile/rosa/Worker")
    );
    assert_eq!(profile["Path"], "/rosa/");
    assert_eq!(profile["InstanceProfileName"], "Worker");
    assert_eq!(profile["Roles"], json!([]));
    assert_eq!(profile["Tags"], json!([{"Key": "team", "Value": "a"}]));
    let id = text(&profile["InstanceProfileId"]);
    assert!(id.starts_with("AIPA") && id.len() == 21, "{id}");
    assert_eq!(
        server
            .refused(
                "CreateInstanceProfile",
                &[("InstanceProfileName", "wORKER")]
            )
            .await,
        "EntityAlreadyExists: Instance Profile wORKER already exists."
    );
    // A role may have the same name.
    create_role(&server, "worker").await;
    let named = [("InstanceProfileName", "WORKER")];
    let shown = server.ok("GetInstanceProfile", &named).await;
    assert_eq!(&shown["InstanceProfile"], profile);
    let listed = server.ok("ListInstanceProfiles", &[]).await;
    let mut without_tags = profile.clone();
    without_tags.as_object_mut().unwrap().remove("Tags");
    assert_eq!(listed["InstanceProfiles"], json!([without_tags]));
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = Server::start().await;
    create_role(&server, "app").await;
    let missing = ("InstanceProfileName", "none");
    let tag = ("Tags.member.1.Key", "k");
    for (action, more) in [
        ("GetInstanceProfile", vec![]),
        ("DeleteInstanceProfile", vec![]),
        ("AddRoleToInstanceProfile", vec![ROLE]),
        ("RemoveRoleFromInstanceProfile", vec![ROLE]),
        (
            "TagInstanceProfile",
            vec![tag, ("Tags.member.1.Value", "v")],
        ),
        ("UntagInstanceProfile", vec![("TagKeys.member.1", "k")]),
        ("ListInstanceProfileTags", vec![]),
    ] {
        let mut parameters = vec![missing];
        parameters.extend(more);
        assert_eq!(
            server.refused(action, &parameters).await,
            "NoSuchEntity: Instance Profile none cannot be found.",
            "{action}"
        );
    }
    server.ok("CreateInstanceProfile", &[PROFILE]).await;
    let nobody = ("RoleName", "nobody");
    for (action, parameters) in [
        ("AddRoleToInstanceProfile", vec![PROFILE, nobody]),
        ("RemoveRoleFromInstanceProfile", vec![PROFILE, nobody]),
        ("ListInstanceProfilesForRole", vec![nobody]),
    ] {
        assert_eq!(
            server.refused(action, &parameters).await,
            "NoSuchEntity: The role with name nobody cannot be found.",
            "{action}"
        );
    }
    assert_eq!(
        server
            .refused("RemoveRoleFromInstanceProfile", &[PROFILE, ROLE])
            .await,
        "NoSuchEntity: The role with name app cannot be found.",
        "a role that is not in it"
    );
}

#[tokio::test]
async fn names_and_paths_are_checked() {
    let server = Server::start().await;
    let named = async |name: &str| {
        let name = [("InstanceProfileName", name)];
        server.refused("CreateInstanceProfile", &name).await
    };
    assert_eq!(
        named(&"x".repeat(129)).await,
        "ValidationError: 1 validation error detected: Value at 'instanceProfileName' failed to \
         satisfy constraint: Member must have length less than or equal to 128"
    );
    assert_eq!(
        named("a b").await,
        "ValidationError: 1 validation error detected: Value at 'instanceProfileName' failed to \
         satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"
    );
    let long = [("InstanceProfileName", &*"x".repeat(128))];
    server.ok("CreateInstanceProfile", &long).await;
    let path = [PROFILE, ("Path", "x/")];
    let refused = server.refused("CreateInstanceProfile", &path).await;
    assert!(refused.starts_with("ValidationError: "), "{refused}");
}

#[tokio::test]
async fn a_profile_holds_one_role_and_a_role_is_in_many() {
    let server = start().await;
    let app = create_role(&server, "other").await;
    let pair = [PROFILE, ("RoleName", "OTHER")];
    server.ok("AddRoleToInstanceProfile", &pair).await;
    let full =
        "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1".to_owned();
    for role in ["app", "other"] {
        let pair = [PROFILE, ("RoleName", role)];
        assert_eq!(
            server.refused("AddRoleToInstanceProfile", &pair).await,
            full
        );
    }
    // The role as `CreateRole` shows it: without `MaxSessionDuration`.
    assert_eq!(got(&server).await["Roles"], json!([app]));
    for name in ["b", "C", "a"] {
        let second = ("InstanceProfileName", name);
        let path = ("Path", "/p/");
        server.ok("CreateInstanceProfile", &[second, path]).await;
        let pair = [second, ("RoleName", "other")];
        server.ok("AddRoleToInstanceProfile", &pair).await;
    }
    for items in [1, 2, 100] {
        let of_role = pages(
            &server,
            "ListInstanceProfilesForRole",
            &[("RoleName", "other")],
            "InstanceProfiles",
            items,
        )
        .await;
        assert_eq!(
            column(&of_role, "InstanceProfileName"),
            ["a", "b", "C", "worker"]
        );
        assert!(
            of_role
                .iter()
                .all(|it| it["Roles"][0]["RoleName"] == "other")
        );
        let prefix = [("PathPrefix", "/p")];
        let listed = pages(
            &server,
            "ListInstanceProfiles",
            &prefix,
            "InstanceProfiles",
            items,
        )
        .await;
        assert_eq!(column(&listed, "InstanceProfileName"), ["a", "b", "C"]);
    }
    let none = server.ok("ListInstanceProfilesForRole", &[ROLE]).await;
    assert_eq!(none["InstanceProfiles"], json!([]));
}

#[tokio::test]
async fn neither_is_deleted_while_one_holds_the_other() {
    let server = start().await;
    let pair = [PROFILE, ROLE];
    server.ok("AddRoleToInstanceProfile", &pair).await;
    assert_eq!(server.refused("DeleteRole", &[ROLE]).await, CONFLICT);
    assert_eq!(
        server.refused("DeleteInstanceProfile", &[PROFILE]).await,
        CONFLICT
    );
    // What is first told to do is what is first in the way.
    let inline = ("PolicyName", "p");
    let policy = [ROLE, inline, ("PolicyDocument", READ)];
    server.ok("PutRolePolicy", &policy).await;
    assert_eq!(
        server.refused("DeleteRole", &[ROLE]).await,
        "DeleteConflict: Cannot delete entity, must delete policies first."
    );
    server.ok("DeleteRolePolicy", &[ROLE, inline]).await;
    server.ok("RemoveRoleFromInstanceProfile", &pair).await;
    assert_eq!(got(&server).await["Roles"], json!([]));
    server.ok("DeleteRole", &[ROLE]).await;
    // A role of the same name is not in it.
    create_role(&server, "app").await;
    assert_eq!(got(&server).await["Roles"], json!([]));
    server.ok("DeleteInstanceProfile", &[PROFILE]).await;
    let listed = server.ok("ListInstanceProfiles", &[]).await;
    assert_eq!(listed["InstanceProfiles"], json!([]));
}

/// What the caller is told about adding `app` to `worker`.
async fn adding(server: &Server, key: &Key) -> Result<(), String> {
    let called = server
        .call_as(key, "AddRoleToInstanceProfile", &[PROFILE, ROLE])
        .await;
    called.map(|_| ()).map_err(|refused| refused.message)
}

#[tokio::test]
async fn only_who_may_pass_the_role_adds_it() {
    let server = start().await;
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/worker");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/app");
    let policy =
        |statements: Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let allow = |action: &str, resource: &str, condition: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition});
    let to = |service: &str| json!({"StringEquals": {"iam:PassedToService": service}});
    let add = allow("iam:AddRoleToInstanceProfile", &profile, json!({}));
    let refused = |name: &str, action: &str, resource: &str| {
        Err(format!(
            "User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: \
             iam:{action} on resource: {resource} because no identity-based policy allows the \
             iam:{action} action"
        ))
    };
    let passes = |condition: Value| allow("iam:PassRole", &role, condition);
    let elsewhere = allow("iam:PassRole", &role.replace("app", "other"), json!({}));
    for (name, statements) in [
        ("adder", json!([add])),
        ("elsewhere", json!([add, elsewhere])),
        ("lambda", json!([add, passes(to("lambda.amazonaws.com"))])),
    ] {
        let key = server.user_with(name, &policy(statements)).await;
        assert_eq!(
            adding(&server, &key).await,
            refused(name, "PassRole", &role)
        );
    }
    let passer = policy(json!([passes(json!({}))]));
    let passer = server.user_with("passer", &passer).await;
    assert_eq!(
        adding(&server, &passer).await,
        refused(
            "passer",
            "AddRoleToInstanceProfile",
            "instance profile worker"
        )
    );
    assert_eq!(got(&server).await["Roles"], json!([]));
    let both = policy(json!([add, passes(to("ec2.amazonaws.com"))]));
    let both = server.user_with("both", &both).await;
    assert_eq!(adding(&server, &both).await, Ok(()));
    // To take it out again, the profile alone is enough.
    let remove = allow("iam:RemoveRoleFromInstanceProfile", &profile, json!({}));
    let remover = server.user_with("remover", &policy(json!([remove]))).await;
    let pair = [PROFILE, ROLE];
    let removed = server
        .call_as(&remover, "RemoveRoleFromInstanceProfile", &pair)
        .await;
    removed.unwrap();
}

#[tokio::test]
async fn tags_limit_who_may_change_a_profile() {
    let server = start().await;
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*InstanceProfile*"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}]}"#;
    let bob = server.user_with("bob", document).await;
    let refused = server.call_as(&bob, "GetInstanceProfile", &[PROFILE]).await;
    assert_eq!(refused.unwrap_err().code, "AccessDenied");
    let tag = [
        PROFILE,
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    server.ok("TagInstanceProfile", &tag).await;
    let profile = server.call_as(&bob, "GetInstanceProfile", &[PROFILE]).await;
    let profile = profile.unwrap();
    assert_eq!(profile["InstanceProfile"]["Tags"][0]["Key"], "team");
    // With tags, creating needs the right to tag as well.
    let creator = server
        .user_with(
            "creator",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateInstanceProfile","Resource":"*"}]}"#,
        )
        .await;
    let mut new = tag;
    new[0].1 = "new";
    let refused = server
        .call_as(&creator, "CreateInstanceProfile", &new)
        .await;
    assert_eq!(
        refused.unwrap_err().message,
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/creator is not authorized to perform: \
             iam:TagInstanceProfile on resource: arn:aws:iam::{ACCOUNT}:instance-profile/new \
             because no identity-based policy allows the iam:TagInstanceProfile action"
        )
    );
    let created = server
        .call_as(&creator, "CreateInstanceProfile", &new[..1])
        .await;
    created.unwrap();
    let listed = server.call_as(&creator, "ListInstanceProfiles", &[]).await;
    assert_eq!(
        listed.unwrap_err().message,
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/creator is not authorized to perform: \
             iam:ListInstanceProfiles on resource: arn:aws:iam::{ACCOUNT}:instance-profile/ \
             because no identity-based policy allows the iam:ListInstanceProfiles action"
        )
    );
}

#[tokio::test]
async fn an_account_has_a_thousand_at_most() {
    let server = Server::start().await;
    let (account, created) = (ACCOUNT.parse().unwrap(), server.door.now());
    let fill = server.door.directory().write(move |tx| {
        for n in 0..999 {
            tx.put_instance_profile(InstanceProfile {
                account,
                id: format!("AIPA{n:017}"),
                name: format!("p{n}").parse().unwrap(),
                path: EntityPath::root(),
                role: None,
                tags: Tags::default(),
                created,
            });
        }
        Ok::<_, StoreError>(())
    });
    fill.await.unwrap();
    server.ok("CreateInstanceProfile", &[PROFILE]).await;
    let more = [("InstanceProfileName", "one-more")];
    assert_eq!(
        server.refused("CreateInstanceProfile", &more).await,
        "LimitExceeded: Cannot exceed quota for InstanceProfilesPerAccount: 1000"
    );
    server.ok("DeleteInstanceProfile", &[PROFILE]).await;
    server.ok("CreateInstanceProfile", &more).await;
    let listed = pages(
        &server,
        "ListInstanceProfiles",
        &[],
        "InstanceProfiles",
        300,
    )
    .await;
    let ids: BTreeSet<_> = column(&listed, "InstanceProfileId").into_iter().collect();
    assert_eq!(ids.len(), 1000);
}

#[tokio::test]
async fn the_trail_names_profile_and_role() {
    let server = Server::start().await;
    create_role(&server, "app").await;
    let path = [PROFILE, ("Path", "/rosa/")];
    server.ok("CreateInstanceProfile", &path).await;
    server
        .ok("AddRoleToInstanceProfile", &[PROFILE, ROLE])
        .await;
    let trail = server.trail();
    let record = |action: &str| -> Value {
        let name = format!("\"{action}\"");
        let line = trail.lines().find(|it| it.contains(&name)).unwrap();
        serde_json::from_str(line).unwrap()
    };
    let added = record("AddRoleToInstanceProfile");
    let parameters = &added["requestParameters"];
    assert_eq!(
        parameters,
        &json!({"instanceProfileName": "worker", "roleName": "app"})
    );
    assert_eq!(added["readOnly"], false);
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/rosa/worker");
    let touched = added["resources"].as_array().unwrap();
    assert_eq!(
        column(touched, "ARN"),
        [&*profile, &*format!("arn:aws:iam::{ACCOUNT}:role/app")]
    );
    assert_eq!(
        column(touched, "type"),
        ["AWS::IAM::InstanceProfile", "AWS::IAM::Role"]
    );
    let created = record("CreateInstanceProfile");
    assert_eq!(created["resources"][0]["ARN"], *profile);
    assert_eq!(
        created["responseElements"]["instanceProfile"]["arn"],
        *profile
    );
}

#[tokio::test]
async fn of_an_addition_and_a_deletion_at_once_nothing_is_half_done() {
    let server = start().await;
    let pair = [PROFILE, ROLE];
    let (added, deleted) = tokio::join!(
        server.call("AddRoleToInstanceProfile", &pair),
        server.call("DeleteRole", &pair[1..]),
    );
    assert_ne!(added.is_ok(), deleted.is_ok());
    let roles = got(&server).await["Roles"].as_array().unwrap().len();
    assert_eq!(roles, usize::from(added.is_ok()));
}
