//! What conditions see: what the request says, and nothing that it only calls so.

use http::Method;

use crate::harness::{HOME, World, allow_if, session_of};

/// A header or parameter that is called like a condition key is none (CVE-2026-21862, GHSA-6r96).
#[tokio::test]
async fn nothing_that_is_called_like_a_key_becomes_one() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let headers = [
        "userid",
        "username",
        "principaltype",
        "sourceip",
        "aws-sourceip",
        "aws-userid",
        "x-aws-sourceip",
        "x-amz-sourceip",
        "x-amz-userid",
        "x-amz-username",
        "x-amz-principalarn",
        "x-amz-principaltag-team",
        "x-amz-principal-tag-team",
        "x-amz-securetransport",
        "x-amz-existingobjecttag-team",
        "x-amz-requestobjecttag-team",
        "x-amz-prefix",
        "x-amz-delimiter",
        "x-amz-max-keys",
        "x-amz-versionid",
        "x-amz-authtype",
        "x-amz-signatureversion",
        "x-amz-meta-team",
        "x-amz-meta-userid",
        "s3-prefix",
        "prefix",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-real-ip",
        "forwarded",
        "cf-connecting-ip",
        "true-client-ip",
        "x-client-ip",
        "x-original-forwarded-for",
        "x-principal",
        "groups",
    ];
    // Each holds only if the client gets its value into the context.
    for (key, value) in [
        ("aws:SourceIp", "10.1.2.3"),
        ("aws:userid", "10.1.2.3"),
        ("aws:username", "10.1.2.3"),
        ("aws:PrincipalArn", "10.1.2.3"),
        ("aws:PrincipalTag/team", "10.1.2.3"),
        ("aws:SourceVpce", "10.1.2.3"),
        ("aws:SecureTransport", "true"),
        ("s3:ExistingObjectTag/team", "10.1.2.3"),
        ("s3:RequestObjectTag/team", "10.1.2.3"),
        ("s3:prefix", "10.1.2.3"),
        ("s3:versionid", "10.1.2.3"),
        ("s3:authType", "POST"),
        ("s3:DataAccessPointArn", "10.1.2.3"),
    ] {
        let policy = allow_if("s3:*", &format!(r#""StringEquals":{{"{key}":"{value}"}}"#));
        let caller = world.role(HOME, "claims", &policy).await;
        for (method, target) in [
            (Method::GET, "/bkt/k".to_owned()),
            (Method::PUT, "/bkt/new".to_owned()),
            (Method::GET, "/bkt?max-keys=1".to_owned()),
            // Nor by the query, however it is spelled.
            (Method::GET, format!("/bkt/k?{key}={value}")),
            (Method::GET, format!("/bkt?{key}={value}")),
            (
                Method::GET,
                format!("/bkt/k?{}={value}", key.replace(':', "%3A")),
            ),
            (Method::GET, format!("/bkt/k?prefix={value}")),
            (
                Method::PUT,
                format!("/bkt/new?prefix={value}&userid={value}"),
            ),
        ] {
            let mut ask = world.ask(method.clone(), &target).by(&caller);
            for header in headers {
                ask = ask.header(header, value);
            }
            let reply = ask.body("v").send().await;
            assert_eq!(reply.status, 403, "{method} {target} with {key}");
        }
    }
    world.get("/bkt/new").send().await.fails(404, "NoSuchKey");
}

/// Keys are there with the requests that say them, and only then.
#[tokio::test]
async fn keys_are_those_of_the_action_that_is_asked_for() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>";
    for (action, key, value, asks) in [
        (
            "s3:ListBucket",
            "s3:prefix",
            "a",
            vec![
                ("GET", "/bkt?prefix=a", "", ""),
                ("GET", "/bkt?list-type=2&prefix=a", "", ""),
            ],
        ),
        (
            "s3:ListBucket",
            "s3:delimiter",
            "/",
            vec![("GET", "/bkt?delimiter=%2F", "", "")],
        ),
        (
            "s3:ListBucket",
            "s3:max-keys",
            "1000",
            vec![("GET", "/bkt", "", ""), ("HEAD", "/bkt", "", "")],
        ),
        (
            "s3:GetObjectVersion",
            "s3:versionid",
            "null",
            vec![("GET", "/bkt/k?versionId=null", "", "")],
        ),
        (
            "s3:DeleteObject",
            "s3:if-match",
            "*",
            vec![("DELETE", "/bkt/none", "if-match", "*")],
        ),
        (
            "s3:PutObject",
            "s3:if-none-match",
            "*",
            vec![("PUT", "/bkt/a", "if-none-match", "*")],
        ),
        (
            "s3:PutObject",
            "s3:x-amz-storage-class",
            "STANDARD",
            vec![("PUT", "/bkt/b", "x-amz-storage-class", "STANDARD")],
        ),
        (
            "s3:PutObject",
            "s3:ObjectCreationOperation",
            "true",
            vec![("PUT", "/bkt/c", "", "")],
        ),
        (
            "s3:PutObject",
            "s3:ObjectCreationOperation",
            "false",
            vec![("POST", "/bkt/c?uploads", "", "")],
        ),
        (
            "s3:PutObject*",
            "s3:x-amz-acl",
            "bucket-owner-full-control",
            vec![("PUT", "/bkt/d", "x-amz-acl", "bucket-owner-full-control")],
        ),
        (
            "s3:PutObjectTagging",
            "s3:RequestObjectTag/team",
            "blue",
            vec![("PUT", "/bkt/k?tagging", "", "")],
        ),
        (
            "s3:PutObjectTagging",
            "s3:RequestObjectTagKeys",
            "team",
            vec![("PUT", "/bkt/k?tagging", "", "")],
        ),
        (
            "s3:*",
            "s3:authType",
            "REST-HEADER",
            vec![("GET", "/bkt", "", ""), ("PUT", "/bkt/e", "", "")],
        ),
        (
            "s3:*",
            "s3:signatureversion",
            "AWS4-HMAC-SHA256",
            vec![("GET", "/bkt", "", "")],
        ),
        (
            "s3:*",
            "s3:ResourceAccount",
            HOME,
            vec![("GET", "/bkt", "", ""), ("GET", "/bkt?acl", "", "")],
        ),
    ] {
        let operator = if key.ends_with("TagKeys") {
            "ForAnyValue:StringEquals"
        } else {
            "StringEquals"
        };
        let condition = format!(r#""{operator}":{{"{key}":"{value}"}}"#);
        let with = world
            .role(HOME, "with", &allow_if(action, &condition))
            .await;
        let condition = format!(r#""{operator}":{{"{key}":"another"}}"#);
        let without = world
            .role(HOME, "without", &allow_if(action, &condition))
            .await;
        for (method, target, header, said) in asks {
            let ask = |caller: &door::Caller| {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let mut ask = world.ask(method, target).by(caller).body(tags);
                if !header.is_empty() {
                    ask = ask.header(Box::leak(header.to_owned().into_boxed_str()), said);
                }
                ask.send()
            };
            assert_eq!(ask(&without).await.status, 403, "{key}: {method} {target}");
            let reply = ask(&with).await;
            assert_ne!(
                reply.status,
                403,
                "{key}: {method} {target}: {}",
                reply.text()
            );
        }
    }
    // What is not said is absent, and no default stands in for it.
    for (key, method, target) in [
        ("s3:prefix", "GET", "/bkt"),
        ("s3:delimiter", "GET", "/bkt?prefix=a"),
        ("s3:prefix", "HEAD", "/bkt"),
        ("s3:versionid", "GET", "/bkt/k"),
        ("s3:x-amz-storage-class", "PUT", "/bkt/f"),
        ("s3:x-amz-server-side-encryption", "PUT", "/bkt/f"),
        ("s3:RequestObjectTagKeys", "PUT", "/bkt/f"),
        ("s3:signatureAge", "GET", "/bkt/k"),
        ("s3:BucketTag/team", "GET", "/bkt/k"),
        ("aws:ResourceTag/team", "GET", "/bkt/k"),
    ] {
        let present = allow_if("s3:*", &format!(r#""Null":{{"{key}":"false"}}"#));
        let caller = world.role(HOME, "present", &present).await;
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = world.ask(method, target).by(&caller).body("v").send().await;
        assert_eq!(reply.status, 403, "{key}: {target}");
    }
}

/// GHSA-5w8r: a way to the object on which its tags are not loaded makes it look untagged.
#[tokio::test]
async fn a_tagged_object_is_tagged_on_every_way_to_it() {
    let world = World::with_bucket().await;
    let put = world.put("/bkt/k").header("x-amz-tagging", "class=secret");
    put.body("v").send().await.ok();
    // Everything but what is marked as open: a missing tag is no permission either.
    let policy = allow_if(
        "s3:*",
        r#""StringNotEquals":{"s3:ExistingObjectTag/class":"secret"}"#,
    );
    let caller = world.role(HOME, "curious", &policy).await;
    let tags = "<Tagging><TagSet/></Tagging>";
    for (method, target) in [
        (Method::GET, "/bkt/k"),
        (Method::GET, "/bkt/k?partNumber=1"),
        (Method::GET, "/bkt/k?versionId=null"),
        (Method::GET, "/bkt/k?response-content-type=a"),
        (Method::HEAD, "/bkt/k"),
        (Method::GET, "/bkt/k?acl"),
        (Method::GET, "/bkt/k?attributes"),
        (Method::GET, "/bkt/k?tagging"),
        (Method::PUT, "/bkt/k?tagging"),
        (Method::DELETE, "/bkt/k?tagging"),
        (Method::PUT, "/bkt/k?acl"),
    ] {
        let ask = world.ask(method.clone(), target).by(&caller).body(tags);
        assert_eq!(ask.send().await.status, 403, "{method} {target}");
        let ask = world
            .ask(method.clone(), target)
            .by(&caller)
            .body(tags)
            .presigned();
        assert_eq!(ask.send().await.status, 403, "presigned {method} {target}");
    }
    let id = world
        .post("/bkt/m?uploads")
        .send()
        .await
        .ok()
        .element("UploadId")
        .unwrap();
    let part = format!("/bkt/m?uploadId={id}&partNumber=1");
    for target in ["/bkt/copy", part.as_str()] {
        for source in ["bkt/k", "/bkt/k", "bkt/k?versionId=null", "bkt/%6B"] {
            let copy = world.put(target).header("x-amz-copy-source", source);
            let copy = copy
                .header("x-amz-tagging-directive", "REPLACE")
                .by(&caller);
            copy.send().await.fails(403, "AccessDenied");
        }
    }
}

/// A value of the caller never becomes a pattern (attack 27).
#[tokio::test]
async fn a_tag_that_looks_like_a_pattern_opens_one_home() {
    let world = World::with_bucket().await;
    for key in ["ann/k", "*/k", "${aws:PrincipalTag/home}/k", "?nn/k", "/k"] {
        let target = format!(
            "/bkt/{}",
            key.replace('?', "%3F")
                .replace('$', "%24")
                .replace('{', "%7B")
                .replace('}', "%7D")
        );
        world.put(&target).body("v").send().await.ok();
    }
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/${aws:PrincipalTag/home}/*"},{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt","Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/home}/*"}}}]}"#;
    let role = world.role(HOME, "home", policy).await;
    for (home, own) in [
        ("ann", "ann/k"),
        ("*", "%2A/k"),
        ("?nn", "%3Fnn/k"),
        (
            "${aws:PrincipalTag/home}",
            "%24%7Baws:PrincipalTag%2Fhome%7D/k",
        ),
        ("a*", "none"),
        ("", "%2Fk"),
    ] {
        let caller = session_of(&role, "test", &[("home", home)]);
        for target in [
            "ann/k",
            "%2A/k",
            "%3Fnn/k",
            "%24%7Baws:PrincipalTag%2Fhome%7D/k",
            "bob/k",
        ] {
            let reply = world
                .get(&format!("/bkt/{target}"))
                .by(&caller)
                .send()
                .await;
            assert_eq!(
                reply.status.is_success(),
                target == own,
                "{home} and {target}"
            );
        }
        for (prefix, allowed) in [("ann%2F", home == "ann"), ("bob%2F", false), ("", false)] {
            let reply = world
                .get(&format!("/bkt?prefix={prefix}"))
                .by(&caller)
                .send()
                .await;
            assert_eq!(reply.status.is_success(), allowed, "{home} lists {prefix}");
        }
    }
    // Without the tag there is no home at all.
    let reply = world.get("/bkt//k").by(&role).send().await;
    assert_eq!(reply.status, 403);
}
