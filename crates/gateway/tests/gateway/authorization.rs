//! Who may do what: every way in asks the door, on the right resource.

use http::Method;

use crate::harness::{ALL, AWAY, HOME, World};

#[tokio::test]
async fn each_action_that_is_missing_denies_the_operation() {
    let world = World::with_bucket().await;
    world.put("/src-bucket").send().await.ok();
    world
        .put("/src-bucket/s")
        .header("x-amz-tagging", "a=b")
        .body("v")
        .send()
        .await
        .ok();
    world.put("/bkt/k").body("v").send().await.ok();
    let upload = world.post("/bkt/m?uploads").send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let b = "arn:aws:s3:::bkt";
    let k = "arn:aws:s3:::bkt/*";
    let s = "arn:aws:s3:::src-bucket/*";
    let copy = ("x-amz-copy-source", "src-bucket/s");
    let tags = "<Tagging><TagSet/></Tagging>";
    let part = format!("/bkt/m?uploadId={id}&partNumber=1");
    let upload = format!("/bkt/m?uploadId={id}");
    type Case<'a> = (
        Method,
        &'a str,
        Option<(&'static str, &'a str)>,
        &'a str,
        &'a [(&'a str, &'a str)],
    );
    let cases: &[Case<'_>] = &[
        (
            Method::GET,
            "/",
            None,
            "",
            &[("s3:ListAllMyBuckets", "arn:aws:s3:::*")],
        ),
        (
            Method::PUT,
            "/new-bucket",
            None,
            "",
            &[("s3:CreateBucket", "arn:aws:s3:::new-bucket")],
        ),
        (Method::HEAD, "/bkt", None, "", &[("s3:ListBucket", b)]),
        (Method::GET, "/bkt", None, "", &[("s3:ListBucket", b)]),
        (
            Method::GET,
            "/bkt?list-type=2",
            None,
            "",
            &[("s3:ListBucket", b)],
        ),
        (
            Method::GET,
            "/bkt?location",
            None,
            "",
            &[("s3:GetBucketLocation", b)],
        ),
        (
            Method::GET,
            "/bkt?uploads",
            None,
            "",
            &[("s3:ListBucketMultipartUploads", b)],
        ),
        (Method::GET, "/bkt?acl", None, "", &[("s3:GetBucketAcl", b)]),
        (
            Method::GET,
            "/bkt?versioning",
            None,
            "",
            &[("s3:GetBucketVersioning", b)],
        ),
        (
            Method::PUT,
            "/bkt?tagging",
            None,
            tags,
            &[("s3:PutBucketTagging", b)],
        ),
        (
            Method::DELETE,
            "/bkt?tagging",
            None,
            "",
            &[("s3:PutBucketTagging", b)],
        ),
        (
            Method::DELETE,
            "/bkt?policy",
            None,
            "",
            &[("s3:DeleteBucketPolicy", b)],
        ),
        (Method::GET, "/bkt/k", None, "", &[("s3:GetObject", k)]),
        (
            Method::GET,
            "/bkt/k?versionId=null",
            None,
            "",
            &[("s3:GetObjectVersion", k)],
        ),
        (Method::HEAD, "/bkt/k", None, "", &[("s3:GetObject", k)]),
        (
            Method::GET,
            "/bkt/k?acl",
            None,
            "",
            &[("s3:GetObjectAcl", k)],
        ),
        (
            Method::GET,
            "/bkt/k?attributes",
            Some(("x-amz-object-attributes", "ETag")),
            "",
            &[("s3:GetObject", k), ("s3:GetObjectAttributes", k)],
        ),
        (Method::PUT, "/bkt/k", None, "v", &[("s3:PutObject", k)]),
        (
            Method::PUT,
            "/bkt/k",
            Some(("x-amz-tagging", "a=b")),
            "v",
            &[("s3:PutObject", k), ("s3:PutObjectTagging", k)],
        ),
        (
            Method::PUT,
            "/bkt/k",
            Some(("x-amz-acl", "bucket-owner-full-control")),
            "v",
            &[("s3:PutObject", k), ("s3:PutObjectAcl", k)],
        ),
        (
            Method::PUT,
            "/bkt/k2",
            Some(copy),
            "",
            &[
                ("s3:GetObject", s),
                ("s3:GetObjectTagging", s),
                ("s3:PutObjectTagging", k),
                ("s3:PutObject", k),
            ],
        ),
        (
            Method::GET,
            "/bkt/k?tagging",
            None,
            "",
            &[("s3:GetObjectTagging", k)],
        ),
        (
            Method::PUT,
            "/bkt/k?tagging",
            None,
            tags,
            &[("s3:PutObjectTagging", k)],
        ),
        (
            Method::DELETE,
            "/bkt/k?tagging",
            None,
            "",
            &[("s3:DeleteObjectTagging", k)],
        ),
        (
            Method::POST,
            "/bkt/m?uploads",
            None,
            "",
            &[("s3:PutObject", k)],
        ),
        (Method::PUT, &part, None, "v", &[("s3:PutObject", k)]),
        (
            Method::PUT,
            &part,
            Some(copy),
            "",
            &[("s3:GetObject", s), ("s3:PutObject", k)],
        ),
        (
            Method::GET,
            &upload,
            None,
            "",
            &[("s3:ListMultipartUploadParts", k)],
        ),
        (
            Method::DELETE,
            &upload,
            None,
            "",
            &[("s3:AbortMultipartUpload", k)],
        ),
        (
            Method::DELETE,
            "/bkt/k",
            None,
            "",
            &[("s3:DeleteObject", k)],
        ),
        (
            Method::DELETE,
            "/bkt/k?versionId=null",
            None,
            "",
            &[("s3:DeleteObjectVersion", k)],
        ),
    ];
    for (method, target, header, body, actions) in cases {
        let ask = |caller: &door::Caller| {
            let ask = world
                .ask(method.clone(), target)
                .by(caller)
                .body(body.to_string());
            match header {
                Some((name, value)) => ask.header(name, value),
                None => ask,
            }
        };
        for without in 0..actions.len() {
            let mut rest = actions.to_vec();
            let (missing, _) = rest.remove(without);
            // A role with nothing at all must be denied too, and a policy has a statement.
            rest.push(("s3:None", "*"));
            let caller = world.may("some", &rest).await;
            let denied = ask(&caller).send().await;
            let denied = denied.fails(403, "AccessDenied");
            let message = denied.event.error.unwrap().1;
            assert!(message.contains(missing), "{method} {target}: {message}");
        }
        let caller = world.may("all", actions).await;
        ask(&caller).send().await.ok();
    }
}

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
    for target in ["/bkt?cors", "/bkt?versions", "/bkt/k?retention"] {
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
