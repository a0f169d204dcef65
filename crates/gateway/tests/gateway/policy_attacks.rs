//! Mistakes of other servers in deciding, tried here.

use http::Method;

use crate::harness::{ALL, AWAY, HOME, World, allow_if};

const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:None","Resource":"*"}]}"#;

/// CVE-2025-62506: what a session may not do, none of its own requests opens.
#[tokio::test]
async fn what_a_restricted_caller_may_not_do_no_parameter_opens() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["s3:GetObject"],"Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/k"}]}"#;
    let reader = world.role(HOME, "reader", policy).await;
    world.get("/bkt/k").by(&reader).send().await.ok();
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    for (method, target, body) in [
        (Method::PUT, "/bkt?policy", open),
        (Method::DELETE, "/bkt?publicAccessBlock", ""),
        (
            Method::PUT,
            "/bkt?abac",
            "<AbacStatus><Status>Enabled</Status></AbacStatus>",
        ),
        (Method::PUT, "/bkt/k?acl", ""),
        (Method::GET, "/bkt/k?versionId=null", ""),
        (Method::GET, "/bkt/k?acl", ""),
        (Method::GET, "/bkt/other", ""),
        (Method::PUT, "/bkt/k", "v"),
        (Method::PUT, "/other", ""),
    ] {
        let ask = world.ask(method.clone(), target).by(&reader).body(body);
        assert_eq!(ask.send().await.status, 403, "{method} {target}");
    }
}

/// What is decided over is what is read, written and deleted, byte for byte (GHSA-8r6f; P10).
#[tokio::test]
async fn keys_that_look_like_paths_are_decided_as_they_are() {
    let world = World::with_bucket().await;
    let b = "arn:aws:s3:::bkt";
    // Sent, and the key that it is.
    let keys = [
        ("a/../secret", "a/../secret"),
        ("a/%2e%2e/secret", "a/../secret"),
        ("a/%2E%2E%2Fsecret", "a/../secret"),
        ("a//secret", "a//secret"),
        ("/secret", "/secret"),
        ("a%2Fsecret", "a/secret"),
        ("a%252Fsecret", "a%2Fsecret"),
        (".", "."),
        ("..", ".."),
        ("a/./secret", "a/./secret"),
        ("a%5C..%5Csecret", "a\\..\\secret"),
        ("se%C3%A9cret", "seécret"),
        ("se%CC%81cret", "se\u{301}cret"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("a%3Fversions", "a?versions"),
        ("a%23b", "a#b"),
        ("%2A", "*"),
    ];
    for (sent, key) in keys {
        let exact = key
            .replace('*', "${*}")
            .replace('?', "${?}")
            .replace('\\', "\\\\");
        let resource = format!("{b}/{exact}");
        let own = world.may("own", &[("s3:*Object", &resource)]).await;
        let target = format!("/bkt/{sent}");
        world
            .put(&target)
            .by(&own)
            .body(key.to_owned())
            .send()
            .await
            .ok();
        let read = world.get(&target).by(&own).send().await.ok();
        assert_eq!(read.text(), key, "{sent}");
        for (other, another) in keys {
            if another != key {
                let reply = world.get(&format!("/bkt/{other}")).by(&own).send().await;
                assert_eq!(reply.status, 403, "{sent} and {other}");
            }
        }
        // The same by way of a copy, whose source is decoded once more by nobody.
        let source = format!("bkt/{sent}");
        let copy = world
            .put("/bkt/copied")
            .header("x-amz-copy-source", &source)
            .by(&own);
        copy.send().await.fails(403, "AccessDenied");
        let copier = world
            .may(
                "copier",
                &[
                    ("s3:GetObject", &resource),
                    ("s3:PutObject", "arn:aws:s3:::bkt/copied"),
                ],
            )
            .await;
        let copy = world
            .put("/bkt/copied")
            .header("x-amz-copy-source", &source)
            .by(&copier);
        copy.send().await.ok();
        assert_eq!(world.get("/bkt/copied").send().await.ok().text(), key);
        let event = world.get(&target).send().await.ok().event;
        assert!(
            event
                .resources
                .iter()
                .any(|it| it.arn == format!("{b}/{key}")),
            "{sent}"
        );
        world.delete(&target).by(&own).send().await.ok();
        world.get(&target).send().await.fails(404, "NoSuchKey");
    }
    for bad in [
        "/bkt/a%00b",
        "/bkt/%",
        "/bkt/%zz",
        "/bkt/%ff",
        "/bkt%2Fk/x",
        "/..%2Fbkt/k",
        "/%2e%2e/bkt",
    ] {
        let reply = world.get(bad).send().await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    for bad in [
        "bkt/a%00b",
        "bkt/%zz",
        "../bkt/k",
        "bkt%2F",
        "%2e%2e/bkt/k",
        "bkt/%ff",
    ] {
        let copy = world.put("/bkt/copied").header("x-amz-copy-source", bad);
        assert_eq!(copy.send().await.status, 400, "{bad}");
    }
}

/// What is listed is below a prefix that was granted, whatever else the request says (attack 35).
#[tokio::test]
async fn what_is_listed_lies_below_the_prefix_that_was_granted() {
    let world = World::with_bucket().await;
    for key in [
        "home/a",
        "home/b/c",
        "homes",
        "other/x",
        "zone/y",
        "../home/z",
    ] {
        world
            .put(&format!("/bkt/{key}"))
            .body("v")
            .send()
            .await
            .ok();
    }
    let policy = allow_if("s3:ListBucket", r#""StringLike":{"s3:prefix":"home/*"}"#);
    let caller = world.role(HOME, "home", &policy).await;
    let mut listed = 0;
    for start in [
        "",
        "&marker=a",
        "&marker=other%2F",
        "&start-after=..%2F",
        "&continuation-token=x",
    ] {
        for shape in [
            "",
            "&delimiter=%2F",
            "&delimiter=o",
            "&max-keys=1",
            "&encoding-type=url",
            "&list-type=2",
            "&list-type=2&fetch-owner=true",
        ] {
            for prefix in [
                "home%2F",
                "home%2Fb",
                "home%2F..%2F",
                "home%2F%2F",
                "home",
                "",
                "other%2F",
                "hom%65%2F",
                "%2Fhome%2F",
                "home%2F&prefix=other%2F",
                "home%2F&Prefix=other%2F",
            ] {
                let target = format!("/bkt?prefix={prefix}{shape}{start}");
                let reply = world.get(&target).by(&caller).send().await;
                if !reply.status.is_success() {
                    continue;
                }
                listed += 1;
                let contents = reply.elements("Contents");
                let keys = contents.iter().map(|it| it.split("<Key>").nth(1).unwrap());
                for key in keys {
                    assert!(
                        key.starts_with("home/") || key.starts_with("home%2F"),
                        "{target}: {key}"
                    );
                }
            }
        }
    }
    assert!(listed > 50, "{listed}");
    // Uploads under way and versions are other permissions.
    for target in [
        "/bkt?uploads&prefix=home%2F",
        "/bkt?versions&prefix=home%2F",
    ] {
        let reply = world.get(target).by(&caller).send().await;
        reply.fails(403, "AccessDenied");
    }
}

/// GHSA-x298: versions are another permission than keys, for strangers too.
#[tokio::test]
async fn a_bucket_that_everybody_may_list_shows_no_versions() {
    let world = World::with_bucket().await;
    world.bucket_policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt"}]}"#).await;
    let stranger = world.role(AWAY, "stranger", ALL).await;
    world.get("/bkt").anonymously().send().await.ok();
    world.get("/bkt").by(&stranger).send().await.ok();
    for target in [
        "/bkt?versions",
        "/bkt?versions&prefix=",
        "/bkt?uploads",
        "/bkt?acl",
        "/bkt?policy",
        "/bkt?tagging",
    ] {
        world
            .get(target)
            .anonymously()
            .send()
            .await
            .fails(403, "AccessDenied");
        world
            .get(target)
            .by(&stranger)
            .send()
            .await
            .fails(403, "AccessDenied");
    }
}

/// Every step of an upload, and every page of a listing, is decided anew (attack 25).
#[tokio::test]
async fn a_right_that_ends_ends_between_any_two_steps() {
    let world = World::with_bucket().await;
    let writing = |actions: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
        )
    };
    let all = writing(r#""s3:*""#);
    for (method, suffix, header) in [
        (Method::PUT, "&partNumber=2", None),
        (Method::PUT, "&partNumber=2", Some("bkt/k")),
        (Method::GET, "", None),
        (Method::POST, "", None),
        (Method::DELETE, "", None),
    ] {
        let writer = world.role(HOME, "writer", &all).await;
        world.put("/bkt/k").by(&writer).body("v").send().await.ok();
        let upload = world.post("/bkt/m?uploads").by(&writer).send().await.ok();
        let id = upload.element("UploadId").unwrap();
        let target = format!("/bkt/m?uploadId={id}");
        let part = world.put(&format!("{target}&partNumber=1")).by(&writer);
        part.body("v").send().await.ok();
        // By its unique id it is the same role, and has nothing any more.
        world.role(HOME, "writer", NOTHING).await;
        let mut ask = world
            .ask(method.clone(), &format!("{target}{suffix}"))
            .by(&writer);
        if let Some(source) = header {
            ask = ask.header("x-amz-copy-source", source);
        }
        ask.body("v").send().await.fails(403, "AccessDenied");
        world.delete(&target).send().await.ok();
    }
    let lister = world.role(HOME, "lister", &all).await;
    for key in ["a", "b"] {
        world
            .put(&format!("/bkt/{key}"))
            .body("v")
            .send()
            .await
            .ok();
    }
    let page = world
        .get("/bkt?list-type=2&max-keys=1")
        .by(&lister)
        .send()
        .await
        .ok();
    let token = page.element("NextContinuationToken").unwrap();
    world.role(HOME, "lister", NOTHING).await;
    let next = format!("/bkt?list-type=2&continuation-token={token}");
    world
        .get(&next)
        .by(&lister)
        .send()
        .await
        .fails(403, "AccessDenied");
    // A policy of the bucket counts from its answer on as well.
    let writer = world.role(HOME, "writer", &all).await;
    world.get("/bkt/k").by(&writer).send().await.ok();
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    world.put("/bkt?policy").body(deny).send().await.ok();
    world
        .get("/bkt/k")
        .by(&writer)
        .send()
        .await
        .fails(403, "AccessDenied");
}

#[tokio::test]
async fn the_expected_owner_holds_for_both_ends() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    for (target, method) in [
        ("/bkt", Method::GET),
        ("/bkt/k", Method::GET),
        ("/bkt/k", Method::HEAD),
        ("/bkt?acl", Method::GET),
        ("/bkt?delete", Method::POST),
    ] {
        for (owner, status) in [(AWAY, 403), ("1234", 400), ("", 400)] {
            let ask = world
                .ask(method.clone(), target)
                .header("x-amz-expected-bucket-owner", owner);
            let body = "<Delete><Object><Key>none</Key></Object></Delete>";
            let ask = ask
                .header("content-md5", "EpvYphShtu0A5NGVEQm6CQ==")
                .body(body);
            let reply = ask.send().await;
            assert_eq!(
                reply.status,
                status,
                "{method} {target} {owner}: {}",
                reply.text()
            );
        }
    }
    for (owner, status) in [(HOME, 200), (AWAY, 403), ("x", 400)] {
        let copy = world.put("/bkt/c").header("x-amz-copy-source", "bkt/k");
        let copy = copy.header("x-amz-source-expected-bucket-owner", owner);
        assert_eq!(copy.send().await.status, status, "{owner}");
    }
}
