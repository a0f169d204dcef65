//! What is the account's own: its alias, its summary, its password policy.

use directory::{Account, StoreError};
use serde_json::{Value, json};

use crate::server::{ACCOUNT, READ, Server, TRUST, column, pages};

async fn aliases(server: &Server) -> Value {
    server.ok("ListAccountAliases", &[]).await["AccountAliases"].clone()
}

#[tokio::test]
async fn an_account_has_one_alias_and_a_new_one_takes_its_place() {
    let server = Server::start().await;
    assert_eq!(
        server.ok("ListAccountAliases", &[]).await,
        json!({"AccountAliases": [], "IsTruncated": false})
    );
    let first = [("AccountAlias", "first-team")];
    server.ok("CreateAccountAlias", &first).await;
    assert_eq!(aliases(&server).await, json!(["first-team"]));
    let taken = "EntityAlreadyExists: The account alias first-team already exists.";
    assert_eq!(server.refused("CreateAccountAlias", &first).await, taken);
    let second = [("AccountAlias", "2nd")];
    server.ok("CreateAccountAlias", &second).await;
    assert_eq!(aliases(&server).await, json!(["2nd"]));
    assert_eq!(
        server.refused("DeleteAccountAlias", &first).await,
        "NoSuchEntity: The account alias first-team does not exist."
    );
    // The one before is free again.
    server.ok("CreateAccountAlias", &first).await;
    server.ok("DeleteAccountAlias", &first).await;
    assert_eq!(aliases(&server).await, json!([]));
    let paged = [("MaxItems", "1")];
    let listed = server.ok("ListAccountAliases", &paged).await;
    assert_eq!(listed["IsTruncated"], false);
}

#[tokio::test]
async fn an_alias_is_one_accounts_on_the_whole_server() {
    let server = Server::start().await;
    let created = server.door.now();
    let other = "210987654321".parse().unwrap();
    let write = server.door.directory().write(move |tx| {
        tx.put_account(Account {
            id: other,
            canonical_id: "1".repeat(64),
            created,
        });
        tx.put_alias(other, "theirs".parse().unwrap());
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
    let alias = [("AccountAlias", "theirs")];
    assert_eq!(
        server.refused("CreateAccountAlias", &alias).await,
        "EntityAlreadyExists: The account alias theirs already exists."
    );
    assert_eq!(
        server.refused("DeleteAccountAlias", &alias).await,
        "NoSuchEntity: The account alias theirs does not exist."
    );
    assert_eq!(aliases(&server).await, json!([]));
}

#[tokio::test]
async fn aliases_are_checked() {
    let server = Server::start().await;
    let refused = async |action: &str, alias: &str| {
        let alias = [("AccountAlias", alias)];
        server.refused(action, &alias).await
    };
    for action in ["CreateAccountAlias", "DeleteAccountAlias"] {
        for bad in ["-abc", "abc-", "a--b", "Team", "a_b", "a b"] {
            assert_eq!(
                refused(action, bad).await,
                "ValidationError: 1 validation error detected: Value at 'accountAlias' failed to \
                 satisfy constraint: Member must satisfy regular expression pattern: \
                 ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
                "{bad}"
            );
        }
        let long = refused(action, &"x".repeat(64)).await;
        assert!(
            long.contains("Member must have length less than or equal to 63"),
            "{long}"
        );
        let short = refused(action, "ab").await;
        assert!(
            short.contains("Member must have length greater than or equal to 3"),
            "{short}"
        );
    }
    let longest = "x".repeat(63);
    let alias = [("AccountAlias", &*longest)];
    server.ok("CreateAccountAlias", &alias).await;
    let listed = pages(&server, "ListAccountAliases", &[], "AccountAliases", 1).await;
    assert_eq!(listed, [json!(longest)]);
}

#[tokio::test]
async fn the_summary_counts_what_is_there() {
    let server = Server::start().await;
    let summary = async || server.ok("GetAccountSummary", &[]).await["SummaryMap"].clone();
    let empty = summary().await;
    assert_eq!(empty.as_object().unwrap().len(), 34);
    // The administrator.
    assert_eq!(empty["Users"], 1);
    for (key, expected) in [
        ("UsersQuota", 5000),
        ("GroupsQuota", 300),
        ("RolesQuota", 1000),
        ("InstanceProfilesQuota", 1000),
        ("PoliciesQuota", 1500),
        ("GroupsPerUserQuota", 10),
        ("AccessKeysPerUserQuota", 2),
        ("AttachedPoliciesPerRoleQuota", 20),
        ("AttachedPoliciesPerUserQuota", 10),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("VersionsPerPolicyQuota", 5),
        ("PolicySizeQuota", 6144),
        ("AssumeRolePolicySizeQuota", 2048),
        ("UserPolicySizeQuota", 2048),
        ("GroupPolicySizeQuota", 5120),
        ("RolePolicySizeQuota", 10_240),
        ("AccountMFAEnabled", 0),
    ] {
        assert_eq!(empty[key], expected, "{key}");
    }
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    server.ok("CreateGroup", &[("GroupName", "devs")]).await;
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    let profile = [("InstanceProfileName", "worker")];
    server.ok("CreateInstanceProfile", &profile).await;
    let policy = [("PolicyName", "p"), ("PolicyDocument", READ)];
    server.ok("CreatePolicy", &policy).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/p");
    let version = [("PolicyArn", &*arn), ("PolicyDocument", READ)];
    server.ok("CreatePolicyVersion", &version).await;
    let provider = [("Url", "https://oidc.example.com")];
    server.ok("CreateOpenIDConnectProvider", &provider).await;
    let full = summary().await;
    for (key, expected) in [
        ("Users", 2),
        ("Groups", 1),
        ("Roles", 1),
        ("InstanceProfiles", 1),
        ("Policies", 1),
        ("PolicyVersionsInUse", 2),
        ("Providers", 1),
    ] {
        assert_eq!(full[key], expected, "{key}");
    }
}

const NO_POLICY: &str =
    "NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found.";

#[tokio::test]
async fn a_password_policy_is_set_as_a_whole_and_removed() {
    let server = Server::start().await;
    let read = async || server.ok("GetAccountPasswordPolicy", &[]).await["PasswordPolicy"].clone();
    assert_eq!(
        server.refused("GetAccountPasswordPolicy", &[]).await,
        NO_POLICY
    );
    assert_eq!(
        server.refused("DeleteAccountPasswordPolicy", &[]).await,
        "NoSuchEntity: The account policy with name PasswordPolicy cannot be found."
    );
    let strict = [
        ("MinimumPasswordLength", "14"),
        ("RequireSymbols", "true"),
        ("RequireNumbers", "true"),
        ("RequireUppercaseCharacters", "true"),
        ("RequireLowercaseCharacters", "true"),
        ("AllowUsersToChangePassword", "true"),
        ("MaxPasswordAge", "90"),
        ("PasswordReusePrevention", "24"),
        ("HardExpiry", "false"),
    ];
    server.ok("UpdateAccountPasswordPolicy", &strict).await;
    assert_eq!(
        read().await,
        json!({
            "MinimumPasswordLength": 14, "RequireSymbols": true, "RequireNumbers": true,
            "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
            "AllowUsersToChangePassword": true, "ExpirePasswords": true, "MaxPasswordAge": 90,
            "PasswordReusePrevention": 24, "HardExpiry": false,
        })
    );
    // What isn't given goes back to its default.
    let some = [("RequireNumbers", "true")];
    server.ok("UpdateAccountPasswordPolicy", &some).await;
    assert_eq!(
        read().await,
        json!({
            "MinimumPasswordLength": 6, "RequireSymbols": false, "RequireNumbers": true,
            "RequireUppercaseCharacters": false, "RequireLowercaseCharacters": false,
            "AllowUsersToChangePassword": false, "ExpirePasswords": false,
        })
    );
    let short = [("MinimumPasswordLength", "5")];
    assert_eq!(
        server.refused("UpdateAccountPasswordPolicy", &short).await,
        "ValidationError: 1 validation error detected: Value at 'minimumPasswordLength' failed to \
         satisfy constraint: Member must have value greater than or equal to 6"
    );
    server.ok("DeleteAccountPasswordPolicy", &[]).await;
    assert_eq!(
        server.refused("GetAccountPasswordPolicy", &[]).await,
        NO_POLICY
    );
}

#[tokio::test]
async fn each_needs_its_own_permission_on_everything() {
    let server = Server::start().await;
    let alias = ("AccountAlias", "team");
    let operations = [
        ("CreateAccountAlias", vec![alias]),
        ("ListAccountAliases", vec![]),
        ("DeleteAccountAlias", vec![alias]),
        ("GetAccountSummary", vec![]),
        ("UpdateAccountPasswordPolicy", vec![]),
        ("GetAccountPasswordPolicy", vec![]),
        ("DeleteAccountPasswordPolicy", vec![]),
    ];
    let nobody = server.user_with("nobody", READ).await;
    for (action, parameters) in &operations {
        let refused = server.call_as(&nobody, action, parameters).await;
        assert_eq!(
            refused.unwrap_err().message,
            format!(
                "User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: \
                 iam:{action} on resource: * because no identity-based policy allows the \
                 iam:{action} action"
            )
        );
        let document = READ.replace("s3:GetObject", &format!("iam:{action}"));
        let one = server.user_with(action, &document).await;
        if let Err(refused) = server.call_as(&one, action, parameters).await {
            panic!("{action}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn changes_are_in_the_trail() {
    let server = Server::start().await;
    let alias = [("AccountAlias", "team")];
    server.ok("CreateAccountAlias", &alias).await;
    server.ok("GetAccountSummary", &[]).await;
    server.ok("UpdateAccountPasswordPolicy", &[]).await;
    let trail = server.trail();
    let records: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        column(&records, "eventName"),
        [
            "CreateAccountAlias",
            "GetAccountSummary",
            "UpdateAccountPasswordPolicy"
        ]
    );
    let created = &records[0];
    assert_eq!(
        created["requestParameters"],
        json!({"accountAlias": "team"})
    );
    assert_eq!(created["readOnly"], false);
    assert_eq!(records[1]["readOnly"], true);
    assert_eq!(records[1]["requestParameters"], Value::Null);
}
