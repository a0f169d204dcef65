//! Every operation with every permission that it needs, and without each one of them.

use http::Method;

use crate::harness::World;

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
            "/bkt?versioning",
            None,
            "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            &[("s3:PutBucketVersioning", b)],
        ),
        (
            Method::GET,
            "/bkt?versions",
            None,
            "",
            &[("s3:ListBucketVersions", b)],
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
