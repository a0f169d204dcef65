//! Configurations that no bucket has, and encryption.

use crate::harness::World;

#[tokio::test]
async fn what_was_never_configured_is_answered_as_s3_does() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    for (target, status, code) in [
        ("/bkt?website", 404, "NoSuchWebsiteConfiguration"),
        (
            "/bkt?replication",
            404,
            "ReplicationConfigurationNotFoundError",
        ),
        (
            "/bkt?object-lock",
            404,
            "ObjectLockConfigurationNotFoundError",
        ),
        ("/bkt?cors", 404, "NoSuchCORSConfiguration"),
        ("/bkt?lifecycle", 404, "NoSuchLifecycleConfiguration"),
        (
            "/bkt?encryption",
            404,
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        ("/bkt?analytics&id=a", 404, "NoSuchConfiguration"),
        ("/bkt?inventory&id=a", 404, "NoSuchConfiguration"),
        ("/bkt?metrics&id=a", 404, "NoSuchConfiguration"),
        ("/bkt?intelligent-tiering&id=a", 404, "NoSuchConfiguration"),
        ("/bkt/k?retention", 400, "InvalidRequest"),
        ("/bkt/k?legal-hold", 400, "InvalidRequest"),
    ] {
        let reply = world.get(target).send().await.fails(status, code);
        let named = reply.element("BucketName");
        assert_eq!(named.is_some(), status == 404, "{target}");
    }
    for (target, root) in [
        ("/bkt?logging", "BucketLoggingStatus"),
        ("/bkt?notification", "NotificationConfiguration"),
        ("/bkt?accelerate", "AccelerateConfiguration"),
    ] {
        let reply = world.get(target).send().await.ok();
        assert!(
            reply.text().contains(&format!("<{root}")),
            "{}",
            reply.text()
        );
    }
    for target in [
        "/bkt?analytics",
        "/bkt?inventory",
        "/bkt?metrics",
        "/bkt?intelligent-tiering",
    ] {
        let reply = world.get(target).send().await.ok();
        assert_eq!(
            reply.element("IsTruncated").as_deref(),
            Some("false"),
            "{target}"
        );
    }
    let payment = world.get("/bkt?requestPayment").send().await.ok();
    assert_eq!(payment.element("Payer").as_deref(), Some("BucketOwner"));
    for target in [
        "/bkt?website",
        "/bkt?replication",
        "/bkt?cors",
        "/bkt?lifecycle",
        "/bkt?encryption",
    ] {
        assert_eq!(world.delete(target).send().await.status, 204, "{target}");
    }
}

#[tokio::test]
async fn only_what_every_bucket_has_can_be_put() {
    let world = World::with_bucket().await;
    let payer = |payer: &str| {
        format!("<RequestPaymentConfiguration><Payer>{payer}</Payer></RequestPaymentConfiguration>")
    };
    for (target, same, other) in [
        (
            "/bkt?requestPayment",
            payer("BucketOwner"),
            payer("Requester"),
        ),
        (
            "/bkt?logging",
            "<BucketLoggingStatus/>".to_owned(),
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket>\
             <TargetPrefix/></LoggingEnabled></BucketLoggingStatus>"
                .to_owned(),
        ),
        (
            "/bkt?notification",
            "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"
                .to_owned(),
            "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
                .to_owned(),
        ),
    ] {
        world.put(target).body(same).send().await.ok();
        let refused = world.put(target).body(other).send().await;
        let refused = refused.fails(501, "NotImplemented");
        assert!(
            refused
                .element("Message")
                .unwrap()
                .ends_with("not implemented.")
        );
        world
            .put(target)
            .body("<x")
            .send()
            .await
            .fails(400, "MalformedXML");
    }
}

fn encryption(algorithm: &str) -> String {
    format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>{algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
         <BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
    )
}

const SSE: &str = "x-amz-server-side-encryption";

#[tokio::test]
async fn nobody_is_told_that_plain_storage_is_encrypted() {
    let world = World::with_bucket().await;
    let refused = world
        .put("/bkt?encryption")
        .body(encryption("AES256"))
        .send()
        .await;
    let refused = refused.fails(501, "NotImplemented");
    assert!(
        refused
            .element("Message")
            .unwrap()
            .contains("--s3-encrypted-storage")
    );
    for wanted in ["AES256", "aws:kms"] {
        let put = world.put("/bkt/k").header(SSE, wanted).body("v");
        put.send().await.fails(501, "NotImplemented");
    }
    let put = world.put("/bkt/k").header(SSE, "ROT13").body("v");
    put.send()
        .await
        .fails(400, "InvalidEncryptionAlgorithmError");
    let put = world.put("/bkt/k").body("v").send().await.ok();
    assert_eq!(put.header(SSE), None);
    assert_eq!(world.get("/bkt/k").send().await.ok().header(SSE), None);
}

#[tokio::test]
async fn storage_that_is_encrypted_says_so_everywhere() {
    let mut world = World::with_bucket().await;
    world.encrypted_storage().await;
    let default = world.get("/bkt?encryption").send().await.ok();
    assert_eq!(default.element("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(
        default.element("BucketKeyEnabled").as_deref(),
        Some("false")
    );
    world
        .put("/bkt?encryption")
        .body(encryption("AES256"))
        .send()
        .await
        .ok();
    world.encrypted_storage().await;
    let put = world.get("/bkt?encryption").send().await.ok();
    assert_eq!(put.element("BucketKeyEnabled").as_deref(), Some("true"));
    assert_eq!(world.delete("/bkt?encryption").send().await.status, 204);
    let default = world.get("/bkt?encryption").send().await.ok();
    assert_eq!(
        default.element("BucketKeyEnabled").as_deref(),
        Some("false")
    );
    for algorithm in ["aws:kms", "aws:kms:dsse"] {
        let put = world
            .put("/bkt?encryption")
            .body(encryption(algorithm))
            .send()
            .await;
        put.fails(501, "NotImplemented");
    }
    let put = world
        .put("/bkt?encryption")
        .body(encryption("x"))
        .send()
        .await;
    put.fails(400, "MalformedXML");

    let asked = world
        .put("/bkt/k")
        .header(SSE, "AES256")
        .body("v")
        .send()
        .await
        .ok();
    let upload = world
        .post("/bkt/m?uploads")
        .header(SSE, "AES256")
        .send()
        .await
        .ok();
    let id = upload.element("UploadId").unwrap();
    let target = format!("/bkt/m?partNumber=1&uploadId={id}");
    let part = world.put(&target).body("v").send().await.ok();
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        part.header("etag").unwrap()
    );
    let complete = world
        .post(&format!("/bkt/m?uploadId={id}"))
        .body(parts)
        .send()
        .await
        .ok();
    let copy = world
        .put("/bkt/c")
        .header("x-amz-copy-source", "bkt/k")
        .send()
        .await
        .ok();
    let get = world.get("/bkt/k").send().await.ok();
    let head = world.head("/bkt/k").send().await.ok();
    for reply in [asked, upload, part, complete, copy, get, head] {
        assert_eq!(reply.header(SSE), Some("AES256"));
    }
    let put = world.put("/bkt/k").header(SSE, "aws:kms").body("v");
    put.send().await.fails(501, "NotImplemented");
    // A read can't ask for it.
    world
        .get("/bkt/k")
        .header(SSE, "AES256")
        .send()
        .await
        .fails(501, "NotImplemented");
}

#[tokio::test]
async fn a_policy_can_require_encryption() {
    let mut world = World::with_bucket().await;
    world.encrypted_storage().await;
    world
        .bucket_policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bkt/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}]}"#)
        .await;
    // The key is what was sent, not what is done by default.
    world
        .put("/bkt/k")
        .body("v")
        .send()
        .await
        .fails(403, "AccessDenied");
    world
        .put("/bkt/k")
        .header(SSE, "AES256")
        .body("v")
        .send()
        .await
        .ok();
}
