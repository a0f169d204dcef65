//! Who may do what: every way in asks the door, on the right resource.

use http::Method;

use crate::harness::{ALL, AWAY, HOME, World};

#[tokio::test]
async fn a_missing_key_is_told_to_those_who_could_list_it() {
    let world = World::with_bucket().await;
    let reader = world
        .may("reader", &[("s3:GetObject", "arn:aws:s3:::bkt/*")])
        .await;
    let denied = world
        .get("/bkt/none")
        .by(&reader)
        .send()
        .await
        .fails(403, "AccessDenied");
    assert!(
        denied.text().contains(
            "is not authorized to perform: s3:ListBucket on resource: &quot;arn:aws:s3:::bkt&quot;"
        ),
        "{}",
        denied.text()
    );
    let head = world.head("/bkt/none").by(&reader).send().await;
    assert_eq!((head.status.as_u16(), head.body.len()), (403, 0));
    let lister = world
        .may(
            "lister",
            &[
                ("s3:GetObject", "arn:aws:s3:::bkt/*"),
                ("s3:ListBucket", "arn:aws:s3:::bkt"),
            ],
        )
        .await;
    let missing = world
        .get("/bkt/none")
        .by(&lister)
        .send()
        .await
        .fails(404, "NoSuchKey");
    assert_eq!(missing.element("Key").as_deref(), Some("none"));
    // Nor does a copy tell.
    let copier = world
        .may("copier", &[("s3:GetObject", "*"), ("s3:PutObject", "*")])
        .await;
    let copy = world
        .put("/bkt/k")
        .header("x-amz-copy-source", "bkt/none")
        .by(&copier);
    copy.send().await.fails(403, "AccessDenied");
}

#[tokio::test]
async fn a_denial_says_why_within_the_account_only() {
    let world = World::with_bucket().await;
    let nobody = world.may("nobody", &[("s3:None", "*")]).await;
    let denied = world
        .put("/bkt/k")
        .by(&nobody)
        .body("v")
        .send()
        .await
        .fails(403, "AccessDenied");
    assert_eq!(
        denied.event.error.unwrap().1,
        "User: arn:aws:sts::123456789012:assumed-role/nobody/test is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::bkt/k\" because no identity-based policy allows the s3:PutObject action"
    );
    let stranger = world.role(AWAY, "stranger", ALL).await;
    let denied = world
        .get("/bkt/k")
        .by(&stranger)
        .send()
        .await
        .fails(403, "AccessDenied");
    assert_eq!(denied.element("Message").as_deref(), Some("Access Denied"));
    let denied = world
        .get("/bkt/k")
        .anonymously()
        .send()
        .await
        .fails(403, "AccessDenied");
    assert_eq!(denied.element("Message").as_deref(), Some("Access Denied"));
    world
        .get("/none")
        .by(&stranger)
        .send()
        .await
        .fails(404, "NoSuchBucket");
    world
        .get("/none")
        .anonymously()
        .send()
        .await
        .fails(403, "AccessDenied");
}

#[tokio::test]
async fn listing_is_bound_by_the_prefix_that_was_granted() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt","Condition":{"StringEquals":{"s3:prefix":["","home/"]}}}]}"#;
    let caller = world.role(HOME, "home", policy).await;
    for (target, allowed) in [
        ("/bkt?list-type=2&prefix=&delimiter=%2F", true),
        ("/bkt?list-type=2&prefix=home%2F", true),
        ("/bkt?prefix=home/", true),
        ("/bkt?list-type=2", false),
        ("/bkt", false),
        ("/bkt?prefix=other%2F", false),
        ("/bkt?prefix=home/&prefix=other/", false),
        ("/bkt?Prefix=home/", false),
        ("/bkt?versions&prefix=home/", false),
    ] {
        let reply = world.get(target).by(&caller).send().await;
        assert_eq!(
            reply.status.is_success(),
            allowed,
            "{target}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_tag_conditioned_deny_fires_on_every_path() {
    let world = World::with_bucket().await;
    world
        .put("/bkt/k")
        .header("x-amz-tagging", "class=secret")
        .body("v")
        .send()
        .await
        .ok();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":["s3:GetObject*","s3:PutObjectTagging","s3:DeleteObjectTagging"],"Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}}]}"#;
    let caller = world.role(HOME, "curious", policy).await;
    let tags = "<Tagging><TagSet/></Tagging>";
    for (method, target) in [
        (Method::GET, "/bkt/k"),
        (Method::GET, "/bkt/k?versionId=null"),
        (Method::HEAD, "/bkt/k"),
        (Method::GET, "/bkt/k?tagging"),
        (Method::GET, "/bkt/k?acl"),
        (Method::GET, "/bkt/k?attributes"),
        (Method::PUT, "/bkt/k?tagging"),
        (Method::DELETE, "/bkt/k?tagging"),
    ] {
        let ask = world.ask(method.clone(), target).body(tags).by(&caller);
        assert_eq!(ask.send().await.status, 403, "{method} {target}");
    }
    for (target, header) in [
        ("/bkt/copy", "bkt/k"),
        ("/bkt/copy", "/bkt/k?versionId=null"),
    ] {
        let copy = world
            .put(target)
            .header("x-amz-copy-source", header)
            .by(&caller);
        copy.send().await.fails(403, "AccessDenied");
    }
}

#[tokio::test]
async fn forwarded_and_invented_headers_change_no_decision() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#;
    let caller = world.role(HOME, "inside", policy).await;
    for header in [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "x-amz-sourceip",
        "x-amz-meta-aws:sourceip",
    ] {
        let name: http::HeaderName = header.parse().unwrap_or(http::header::FROM);
        let ask = world.put("/bkt/k").by(&caller).body("v");
        let ask = ask.header(
            Box::leak(name.as_str().to_owned().into_boxed_str()),
            "10.0.0.1",
        );
        ask.send().await.fails(403, "AccessDenied");
    }
}

#[tokio::test]
async fn block_public_access_keeps_the_public_out() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let public = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}]}"#;
    let refused = world
        .put("/bkt?policy")
        .body(public)
        .send()
        .await
        .fails(403, "AccessDenied");
    assert!(refused.text().contains("because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"));
    world.bucket_policy(public).await;
    let stranger = world.role(AWAY, "stranger", ALL).await;
    world.get("/bkt/k").anonymously().send().await.ok();
    world.get("/bkt/k").by(&stranger).send().await.ok();
    assert_eq!(
        world
            .get("/bkt?policyStatus")
            .send()
            .await
            .ok()
            .element("IsPublic")
            .as_deref(),
        Some("true")
    );
    // Versions are another permission, which nobody gave.
    world
        .get("/bkt?versions")
        .anonymously()
        .send()
        .await
        .fails(403, "AccessDenied");
    let restrict = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    world
        .put("/bkt?publicAccessBlock")
        .body(restrict)
        .send()
        .await
        .ok();
    world
        .get("/bkt/k")
        .anonymously()
        .send()
        .await
        .fails(403, "AccessDenied");
    world
        .get("/bkt/k")
        .by(&stranger)
        .send()
        .await
        .fails(403, "AccessDenied");
    world.get("/bkt/k").send().await.ok();
}

#[tokio::test]
async fn a_bucket_policy_is_the_business_of_its_own_account() {
    let world = World::with_bucket().await;
    world
        .bucket_policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"s3:*","Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}]}"#)
        .await;
    let guest = world.role(AWAY, "guest", ALL).await;
    world.put("/bkt/k").by(&guest).body("v").send().await.ok();
    world
        .get("/bkt?policy")
        .by(&guest)
        .send()
        .await
        .fails(405, "MethodNotAllowed");
    world
        .delete("/bkt?policy")
        .by(&guest)
        .send()
        .await
        .fails(405, "MethodNotAllowed");
    // Both sides have to agree.
    let powerless = world.role(AWAY, "powerless", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:None","Resource":"*"}]}"#).await;
    world
        .get("/bkt/k")
        .by(&powerless)
        .send()
        .await
        .fails(403, "AccessDenied");
}

#[tokio::test]
async fn a_change_of_policy_counts_for_the_next_step_of_an_upload() {
    let world = World::with_bucket().await;
    let writer = world
        .may("writer", &[("s3:PutObject", "arn:aws:s3:::bkt/*")])
        .await;
    let upload = world.post("/bkt/m?uploads").by(&writer).send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let part = world
        .put(&format!("/bkt/m?uploadId={id}&partNumber=1"))
        .by(&writer)
        .body("v")
        .send()
        .await
        .ok();
    let etag = part.header("etag").unwrap().to_owned();
    // The same role, by its unique id, without its permission.
    world.may("writer", &[("s3:None", "*")]).await;
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = world
        .post(&format!("/bkt/m?uploadId={id}"))
        .by(&writer)
        .body(list);
    complete.send().await.fails(403, "AccessDenied");
    world.get("/bkt/m").send().await.fails(404, "NoSuchKey");
}

#[tokio::test]
async fn what_is_not_served_is_denied_before_it_is_declined() {
    let world = World::with_bucket().await;
    let nobody = world.may("nobody", &[("s3:None", "*")]).await;
    for target in ["/bkt?replication", "/bkt/k?retention"] {
        world
            .get(target)
            .by(&nobody)
            .send()
            .await
            .fails(403, "AccessDenied");
        world
            .get(target)
            .anonymously()
            .send()
            .await
            .fails(403, "AccessDenied");
    }
}

#[tokio::test]
async fn the_expected_owner_is_checked() {
    let world = World::with_bucket().await;
    for (owner, status) in [(HOME, 200), (AWAY, 403)] {
        let ask = world
            .put("/bkt/k")
            .header("x-amz-expected-bucket-owner", owner)
            .body("v");
        assert_eq!(ask.send().await.status, status);
    }
}

#[tokio::test]
async fn a_role_made_again_is_not_the_one_that_a_bucket_policy_let_in() {
    let mut world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let nothing = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:None","Resource":"*"}]}"#;
    let first = world.role(HOME, "guest", nothing).await;
    let policy = |name: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{HOME}:role/{name}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}}]}}"#
        )
    };
    let unknown = world.put("/bkt?policy").body(policy("nobody")).send().await;
    let unknown = unknown.fails(400, "MalformedPolicy");
    assert_eq!(
        unknown.element("Message").as_deref(),
        Some("Invalid principal in policy")
    );
    world
        .put("/bkt?policy")
        .body(policy("guest"))
        .send()
        .await
        .ok();
    world.get("/bkt/k").by(&first).send().await.ok();
    world.reopen().await;
    world.get("/bkt/k").by(&first).send().await.ok();
    let second = world.role_again(HOME, "guest", nothing).await;
    world
        .get("/bkt/k")
        .by(&second)
        .send()
        .await
        .fails(403, "AccessDenied");
    let shown = world.get("/bkt?policy").send().await.ok().text();
    assert!(shown.contains("\"AROAGUEST123456789012\""), "{shown}");
}
