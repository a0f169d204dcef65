//! Buckets and their settings.

use crate::harness::{ALL, AWAY, World};

#[tokio::test]
async fn the_life_of_a_bucket() {
    let world = World::new().await;
    assert_eq!(world.get("/").send().await.ok().elements("Name").len(), 0);
    world.put("/bkt").send().await.ok();
    world
        .put("/bkt")
        .send()
        .await
        .fails(409, "BucketAlreadyOwnedByYou");
    let other = world.role(AWAY, "other", ALL).await;
    world
        .put("/bkt")
        .by(&other)
        .send()
        .await
        .fails(409, "BucketAlreadyExists");
    assert_eq!(world.get("/").send().await.ok().elements("Name"), ["bkt"]);
    assert!(
        world
            .get("/")
            .by(&other)
            .send()
            .await
            .ok()
            .elements("Name")
            .is_empty()
    );
    let head = world.head("/bkt").send().await.ok();
    assert_eq!(head.header("x-amz-bucket-region"), Some("us-east-1"));
    let location = world.get("/bkt?location").send().await.ok();
    assert!(
        location.text().contains("<LocationConstraint xmlns"),
        "{}",
        location.text()
    );
    world.put("/bkt/k").body("v").send().await.ok();
    world
        .delete("/bkt")
        .send()
        .await
        .fails(409, "BucketNotEmpty");
    world.delete("/bkt/k").send().await.ok();
    world.post("/bkt/m?uploads").send().await.ok();
    assert_eq!(world.delete("/bkt").send().await.status, 204);
    let gone = world.get("/bkt").send().await.fails(404, "NoSuchBucket");
    assert_eq!(gone.element("BucketName").as_deref(), Some("bkt"));
}

#[tokio::test]
async fn names_and_places() {
    let world = World::new().await;
    for name in ["/UPPER", "/a", "/a_b", "/127.0.0.1", "/x-s3alias", "/xn--a"] {
        world.put(name).send().await.fails(400, "InvalidBucketName");
    }
    let constraint = |region: &str| {
        format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )
    };
    world
        .put("/bkt")
        .body(constraint("eu-west-1"))
        .send()
        .await
        .fails(400, "IllegalLocationConstraintException");
    world
        .put("/bkt")
        .body(constraint("A B"))
        .send()
        .await
        .fails(400, "InvalidLocationConstraint");
    world
        .put("/bkt")
        .body("<nonsense")
        .send()
        .await
        .fails(400, "MalformedXML");
    world
        .put("/bkt")
        .header("x-amz-acl", "public-read")
        .send()
        .await
        .fails(400, "InvalidBucketAclWithObjectOwnership");
    assert_eq!(world.head("/bkt").send().await.status, 404);
    world
        .put("/bkt")
        .body(constraint("us-east-1"))
        .send()
        .await
        .ok();
}

#[tokio::test]
async fn settings_survive_a_restart() {
    let mut world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17", "Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    world.put("/bkt?policy").body(policy).send().await.ok();
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    world
        .put("/bkt?publicAccessBlock")
        .body(block)
        .send()
        .await
        .ok();
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    world.put("/bkt?tagging").body(tags).send().await.ok();
    world.put("/bkt/k").body("v").send().await.ok();
    world.reopen().await;
    assert_eq!(world.get("/bkt?policy").send().await.ok().text(), policy);
    let stored = world.get("/bkt?publicAccessBlock").send().await.ok();
    assert_eq!(stored.element("BlockPublicAcls").as_deref(), Some("true"));
    assert_eq!(
        stored.element("BlockPublicPolicy").as_deref(),
        Some("false")
    );
    assert_eq!(
        world
            .get("/bkt?tagging")
            .send()
            .await
            .ok()
            .element("Key")
            .as_deref(),
        Some("a")
    );
    world
        .delete("/bkt/k")
        .send()
        .await
        .fails(403, "AccessDenied");
    assert_eq!(world.delete("/bkt?policy").send().await.status, 204);
    world
        .get("/bkt?policy")
        .send()
        .await
        .fails(404, "NoSuchBucketPolicy");
    world.delete("/bkt/k").send().await.ok();
    world.delete("/bkt?tagging").send().await.ok();
    world
        .get("/bkt?tagging")
        .send()
        .await
        .fails(404, "NoSuchTagSet");
    world.delete("/bkt?publicAccessBlock").send().await.ok();
    world
        .get("/bkt?publicAccessBlock")
        .send()
        .await
        .fails(404, "NoSuchPublicAccessBlockConfiguration");
}

#[tokio::test]
async fn what_is_off_says_so() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let versioning = world.get("/bkt?versioning").send().await.ok();
    assert_eq!(versioning.element("Status"), None);
    let ownership = world.get("/bkt?ownershipControls").send().await.ok();
    assert_eq!(
        ownership.element("ObjectOwnership").as_deref(),
        Some("BucketOwnerEnforced")
    );
    for target in ["/bkt?acl", "/bkt/k?acl"] {
        let acl = world.get(target).send().await.ok();
        assert_eq!(acl.element("Permission").as_deref(), Some("FULL_CONTROL"));
        assert_eq!(acl.elements("ID").len(), 2);
        let canned = world.put(target).header("x-amz-acl", "public-read");
        canned
            .send()
            .await
            .fails(400, "AccessControlListNotSupported");
    }
    let abac = world.get("/bkt?abac").send().await.ok();
    assert_eq!(abac.element("Status").as_deref(), Some("Disabled"));
    let tables = world.get("/bkt?metadataTable").send().await;
    tables.fails(501, "NotImplemented");
}

#[tokio::test]
async fn bucket_policies_are_checked_before_they_are_stored() {
    let world = World::with_bucket().await;
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}]}"#;
    let twice = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(21_000));
    for policy in ["{", "[]", other, twice, &long] {
        world
            .put("/bkt?policy")
            .body(policy.to_owned())
            .send()
            .await
            .fails(400, "MalformedPolicy");
    }
    world
        .get("/bkt?policy")
        .send()
        .await
        .fails(404, "NoSuchBucketPolicy");
}
