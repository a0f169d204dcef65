//! What is not served, or never set, is authorized all the same: with every permission that it needs it is
//! let through, without any one of them it is denied.

use http::Method;

use crate::harness::World;

type Header<'a> = (&'static str, &'a str);
type Case<'a> = (
    Method,
    &'a str,
    &'a [Header<'a>],
    &'a str,
    &'a [(&'a str, &'a str)],
);

const B: &str = "arn:aws:s3:::bkt";
const K: &str = "arn:aws:s3:::bkt/*";

/// Asks with all permissions but one, for each one, and then with all.
async fn check(world: &World, (method, target, headers, body, actions): &Case<'_>) {
    let ask = |caller: &door::Caller| {
        let mut ask = world.ask(method.clone(), target).by(caller);
        for (name, value) in *headers {
            ask = ask.header(name, value);
        }
        ask.body((*body).to_owned())
    };
    for without in 0..actions.len() {
        let mut rest = actions.to_vec();
        let (missing, _) = rest.remove(without);
        rest.push(("s3:None", "*"));
        let caller = world.may("some", &rest).await;
        let denied = ask(&caller).send().await.fails(403, "AccessDenied");
        let message = denied.event.error.unwrap().1;
        assert!(message.contains(missing), "{method} {target}: {message}");
    }
    let caller = world.may("all", actions).await;
    let answer = ask(&caller).send().await;
    // Whatever becomes of it then, it is past authorization.
    assert_ne!(answer.status, 403, "{method} {target}: {}", answer.text());
}

#[tokio::test]
async fn configurations_need_their_own_actions() {
    let world = World::with_bucket().await;
    for (name, get, put, delete) in [
        (
            "accelerate",
            "s3:GetAccelerateConfiguration",
            "s3:PutAccelerateConfiguration",
            "",
        ),
        (
            "analytics&id=a",
            "s3:GetAnalyticsConfiguration",
            "s3:PutAnalyticsConfiguration",
            "s3:PutAnalyticsConfiguration",
        ),
        ("analytics", "s3:GetAnalyticsConfiguration", "", ""),
        (
            "intelligent-tiering&id=a",
            "s3:GetIntelligentTieringConfiguration",
            "s3:PutIntelligentTieringConfiguration",
            "s3:PutIntelligentTieringConfiguration",
        ),
        (
            "intelligent-tiering",
            "s3:GetIntelligentTieringConfiguration",
            "",
            "",
        ),
        (
            "inventory&id=a",
            "s3:GetInventoryConfiguration",
            "",
            "s3:PutInventoryConfiguration",
        ),
        ("inventory", "s3:GetInventoryConfiguration", "", ""),
        (
            "metrics&id=a",
            "s3:GetMetricsConfiguration",
            "s3:PutMetricsConfiguration",
            "s3:PutMetricsConfiguration",
        ),
        ("metrics", "s3:GetMetricsConfiguration", "", ""),
        ("logging", "s3:GetBucketLogging", "s3:PutBucketLogging", ""),
        (
            "notification",
            "s3:GetBucketNotification",
            "s3:PutBucketNotification",
            "",
        ),
        (
            "object-lock",
            "s3:GetBucketObjectLockConfiguration",
            "s3:PutBucketObjectLockConfiguration",
            "",
        ),
        (
            "replication",
            "s3:GetReplicationConfiguration",
            "s3:PutReplicationConfiguration",
            "s3:PutReplicationConfiguration",
        ),
        (
            "requestPayment",
            "s3:GetBucketRequestPayment",
            "s3:PutBucketRequestPayment",
            "",
        ),
        (
            "website",
            "s3:GetBucketWebsite",
            "s3:PutBucketWebsite",
            "s3:DeleteBucketWebsite",
        ),
        (
            "metadataConfiguration",
            "s3:GetBucketMetadataTableConfiguration",
            "",
            "s3:DeleteBucketMetadataTableConfiguration",
        ),
        (
            "metadataTable",
            "s3:GetBucketMetadataTableConfiguration",
            "",
            "s3:DeleteBucketMetadataTableConfiguration",
        ),
        (
            "metadataInventoryTable",
            "",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "",
        ),
        (
            "metadataJournalTable",
            "",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
            "",
        ),
    ] {
        let target = format!("/bkt?{name}");
        for (method, action) in [
            (Method::GET, get),
            (Method::DELETE, delete),
            (Method::PUT, put),
        ] {
            if !action.is_empty() {
                check(&world, &(method, &target, &[], "", &[(action, B)])).await;
            }
        }
    }
    for name in ["metadataConfiguration", "metadataTable"] {
        let target = format!("/bkt?{name}");
        let action = ("s3:CreateBucketMetadataTableConfiguration", B);
        check(&world, &(Method::POST, &target, &[], "", &[action])).await;
    }
}

#[tokio::test]
async fn objects_need_their_own_actions() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let retention = "<Retention><Mode>GOVERNANCE</Mode></Retention>";
    let bypass = ("x-amz-bypass-governance-retention", "true");
    let kept = ("x-amz-bypass-governance-retention", "false");
    let encryption = "<ObjectEncryption><SSE-S3/></ObjectEncryption>";
    let cases: &[Case<'_>] = &[
        (
            Method::GET,
            "/bkt/k?legal-hold",
            &[],
            "",
            &[("s3:GetObjectLegalHold", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?legal-hold",
            &[],
            "<LegalHold><Status>ON</Status></LegalHold>",
            &[("s3:PutObjectLegalHold", K)],
        ),
        (
            Method::GET,
            "/bkt/k?retention&versionId=v",
            &[],
            "",
            &[("s3:GetObjectRetention", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?retention",
            &[],
            retention,
            &[("s3:PutObjectRetention", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?retention",
            &[kept],
            retention,
            &[("s3:PutObjectRetention", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?retention",
            &[bypass],
            retention,
            &[
                ("s3:PutObjectRetention", K),
                ("s3:BypassGovernanceRetention", K),
            ],
        ),
        (
            Method::GET,
            "/bkt/k?torrent",
            &[],
            "",
            &[("s3:GetObject", K), ("s3:GetObjectTorrent", K)],
        ),
        (
            Method::POST,
            "/bkt/k?restore",
            &[],
            "",
            &[("s3:RestoreObject", K)],
        ),
        (
            Method::POST,
            "/bkt/k?select&select-type=2",
            &[],
            "",
            &[("s3:GetObject", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?encryption",
            &[],
            encryption,
            &[("s3:PutObject", K), ("s3:UpdateObjectEncryption", K)],
        ),
        (
            Method::PUT,
            "/bkt/k?renameObject",
            &[("x-amz-rename-source", "bkt/k")],
            "",
            &[("s3express:CreateSession", K)],
        ),
        (
            Method::GET,
            "/bkt?session",
            &[],
            "",
            &[("s3express:CreateSession", B)],
        ),
        (
            Method::GET,
            "/?max-directory-buckets=1",
            &[],
            "",
            &[("s3express:ListAllMyDirectoryBuckets", "*")],
        ),
        (
            Method::POST,
            "/WriteGetObjectResponse",
            &[("x-amz-request-route", "r")],
            "",
            &[("s3-object-lambda:WriteGetObjectResponse", "*")],
        ),
        (
            Method::PUT,
            "/bkt/l",
            &[("x-amz-object-lock-mode", "GOVERNANCE")],
            "v",
            &[("s3:PutObject", K), ("s3:PutObjectRetention", K)],
        ),
        (
            Method::PUT,
            "/bkt/l",
            &[("x-amz-object-lock-legal-hold", "ON")],
            "v",
            &[("s3:PutObject", K), ("s3:PutObjectLegalHold", K)],
        ),
    ];
    for case in cases {
        check(&world, case).await;
    }
}

#[tokio::test]
async fn what_a_new_bucket_gets_needs_permission_too() {
    let world = World::new().await;
    let n = "arn:aws:s3:::new-bucket";
    let tags = "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>";
    let create = ("s3:CreateBucket", n);
    let lock = ("x-amz-bucket-object-lock-enabled", "true");
    let no_lock = ("x-amz-bucket-object-lock-enabled", "false");
    let ownership = ("x-amz-object-ownership", "BucketOwnerEnforced");
    let cases: &[Case<'_>] = &[
        (
            Method::PUT,
            "/new-bucket",
            &[lock],
            "",
            &[
                create,
                ("s3:PutBucketObjectLockConfiguration", n),
                ("s3:PutBucketVersioning", n),
            ],
        ),
        (Method::PUT, "/new-bucket", &[no_lock], "", &[create]),
        (
            Method::PUT,
            "/new-bucket",
            &[ownership],
            "",
            &[create, ("s3:PutBucketOwnershipControls", n)],
        ),
        (
            Method::PUT,
            "/new-bucket",
            &[("x-amz-acl", "private")],
            "",
            &[create],
        ),
        (
            Method::PUT,
            "/new-bucket",
            &[],
            tags,
            &[create, ("s3:TagResource", n)],
        ),
    ];
    for case in cases {
        check(&world, case).await;
        world.delete("/new-bucket").send().await;
    }
    let public = world.may("public", &[create]).await;
    for header in [("x-amz-acl", "public-read"), ("x-amz-grant-read", "id=x")] {
        let ask = world.put("/new-bucket").header(header.0, header.1);
        let denied = ask.by(&public).send().await.fails(403, "AccessDenied");
        assert!(denied.text().contains("s3:PutBucketAcl"));
    }
}

/// What can't be read says nothing that a policy could look at, so it is not gone on with.
#[tokio::test]
async fn a_body_that_is_not_understood_is_refused() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    for target in [
        "/bkt/k?retention",
        "/bkt/k?legal-hold",
        "/bkt/k?encryption",
        "/bkt?inventory&id=a",
    ] {
        let ask = world.put(target).body("<Other/>");
        ask.send().await.fails(400, "MalformedXML");
    }
}

#[tokio::test]
async fn bodies_are_seen_by_conditions() {
    let world = World::with_bucket().await;
    let deny = |action: &str, condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}},{{"Effect":"Deny","Action":"{action}","Resource":"*","Condition":{{{condition}}}}}]}}"#
        )
    };
    let until = |days: i64| {
        let now = jiff::Timestamp::from_second(1_795_292_526 + days * 86_400).unwrap();
        format!(
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{now}</RetainUntilDate></Retention>"
        )
    };
    let kms = |key: &str| {
        format!(
            "<ObjectEncryption><SSE-KMS><KMSKeyArn>{key}</KMSKeyArn></SSE-KMS></ObjectEncryption>"
        )
    };
    let inventory = |fields: &str| {
        format!(
            "<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::bkt</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>a</Id><IncludedObjectVersions>All</IncludedObjectVersions><OptionalFields>{fields}</OptionalFields><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>"
        )
    };
    for (target, action, condition, bad, good) in [
        (
            "/bkt/k?retention",
            "s3:PutObjectRetention",
            r#""NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"10"}"#,
            until(11),
            until(10),
        ),
        (
            "/bkt/k?legal-hold",
            "s3:PutObjectLegalHold",
            r#""StringEquals":{"s3:object-lock-legal-hold":"OFF"}"#,
            "<LegalHold><Status>OFF</Status></LegalHold>".to_owned(),
            "<LegalHold><Status>ON</Status></LegalHold>".to_owned(),
        ),
        (
            "/bkt/k?encryption",
            "s3:UpdateObjectEncryption",
            r#""StringNotLike":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:*:123456789012:key/*"}"#,
            kms("arn:aws:kms:eu-west-1:210987654321:key/a"),
            kms("arn:aws:kms:eu-west-1:123456789012:key/a"),
        ),
        (
            "/bkt?inventory&id=a",
            "s3:PutInventoryConfiguration",
            r#""ForAnyValue:StringEquals":{"s3:InventoryAccessibleOptionalFields":"Size"}"#,
            inventory("<Field>ETag</Field><Field>Size</Field>"),
            inventory("<Field>ETag</Field>"),
        ),
    ] {
        let caller = world
            .role(crate::harness::HOME, "keeper", &deny(action, condition))
            .await;
        let ask = |body: String| world.put(target).by(&caller).body(body).send();
        ask(bad).await.fails(403, "AccessDenied");
        ask(good).await.fails(501, "NotImplemented");
    }
}
