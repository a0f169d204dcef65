//! Tags, the same on the five kinds that have them.

use crate::server::{READ, Server, TRUST, column, pages};

const POLICY: &str = "arn:aws:iam::123456789012:policy/p";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com";

/// Operations' name of the kind, and what names the one of it.
const KINDS: [(&str, (&str, &str)); 5] = [
    ("User", ("UserName", "bob")),
    ("Role", ("RoleName", "r")),
    ("InstanceProfile", ("InstanceProfileName", "ip")),
    ("Policy", ("PolicyArn", POLICY)),
    (
        "OpenIDConnectProvider",
        ("OpenIDConnectProviderArn", PROVIDER),
    ),
];

async fn start() -> Server {
    let server = Server::start().await;
    server.ok("CreateUser", &[("UserName", "bob")]).await;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    server.ok("CreateRole", &role).await;
    server
        .ok("CreateInstanceProfile", &[("InstanceProfileName", "ip")])
        .await;
    let policy = [("PolicyName", "p"), ("PolicyDocument", READ)];
    server.ok("CreatePolicy", &policy).await;
    let provider = [("Url", "https://oidc.example.com")];
    server.ok("CreateOpenIDConnectProvider", &provider).await;
    server
}

#[tokio::test]
async fn tags_are_set_listed_and_removed() {
    let server = start().await;
    for (kind, named) in KINDS {
        let (tag, untag) = (format!("Tag{kind}"), format!("Untag{kind}"));
        let list = format!("List{kind}Tags");
        for (key, value) in [("b", "1"), ("a", "2"), ("c", ""), ("B", "3")] {
            let one = [
                named,
                ("Tags.member.1.Key", key),
                ("Tags.member.1.Value", value),
            ];
            server.ok(&tag, &one).await;
        }
        for items in [1, 2, 50] {
            let tags = pages(&server, &list, &[named], "Tags", items).await;
            assert_eq!(column(&tags, "Key"), ["B", "a", "c"], "{kind}");
            assert_eq!(column(&tags, "Value"), ["3", "2", ""], "{kind}");
        }
        let keys = [
            named,
            ("TagKeys.member.1", "b"),
            ("TagKeys.member.2", "none"),
        ];
        server.ok(&untag, &keys).await;
        let tags = pages(&server, &list, &[named], "Tags", 50).await;
        assert_eq!(column(&tags, "Key"), ["a", "c"], "{kind}");
    }
}

#[tokio::test]
async fn tags_that_are_refused() {
    let server = start().await;
    let pairs = |keys: &[&str]| -> Vec<(String, String)> {
        let keys = keys.iter().enumerate();
        keys.flat_map(|(n, key)| {
            let n = n + 1;
            [
                (format!("Tags.member.{n}.Key"), (*key).to_owned()),
                (format!("Tags.member.{n}.Value"), "v".to_owned()),
            ]
        })
        .collect()
    };
    let many: Vec<_> = (0..50).map(|n| format!("k{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for (kind, named) in KINDS {
        let tag = async |keys: &[&str]| {
            let pairs = pairs(keys);
            let mut parameters = vec![named];
            parameters.extend(pairs.iter().map(|(name, value)| (&**name, &**value)));
            let called = server.call(&format!("Tag{kind}"), &parameters).await;
            called.map_err(|refused| format!("{}: {}", refused.code, refused.message))
        };
        assert_eq!(
            tag(&["Key", "kEY"]).await.unwrap_err(),
            "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case \
             insensitive."
        );
        assert!(
            tag(&["AWS:x"])
                .await
                .unwrap_err()
                .starts_with("InvalidInput")
        );
        tag(&many).await.unwrap();
        tag(&["K1"]).await.unwrap();
        assert_eq!(
            tag(&["another"]).await.unwrap_err(),
            "LimitExceeded: The number of tags has reached the maximum limit."
        );
    }
}
