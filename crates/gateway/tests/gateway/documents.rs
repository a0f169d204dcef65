//! XML documents that hold more, or other, than their operation's schema.

use crate::harness::{Ask, World, md5};

/// What is not understood is never taken for what is not there: each of these would delete another version, remove tags or
/// open a bucket if the element were passed over.
#[tokio::test]
async fn an_element_that_is_not_of_the_schema_is_refused() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let begun = world.post("/bkt/k?uploads").send().await.ok();
    let upload = begun.element("UploadId").unwrap();
    let part = format!("/bkt/k?partNumber=1&uploadId={upload}");
    let part = world.put(&part).body("part").send().await.ok();
    let etag = part.header("etag").unwrap();
    let complete = format!("/bkt/k?uploadId={upload}");
    let tagged = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    world.put("/bkt?tagging").body(tagged).send().await.ok();
    world.put("/bkt/k?tagging").body(tagged).send().await.ok();

    let all_blocks = "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
                      <BlockPublicPolicy>true</BlockPublicPolicy>";
    for tagging in ["/bkt?tagging", "/bkt/k?tagging"] {
        for body in [
            "<Tagging><TagSet><<Object>>a</<Object></TagSet></Tagging>",
            "<Tagging><TagSet><Tags><Key>a</Key><Value>c</Value></Tags></TagSet></Tagging>",
            "<Tagging><TagSet><Tag><Key>a</Key><value>c</value></Tag></TagSet></Tagging>",
            "<Tagging><TagSet><Tag><Key>a</Key><Value><![CDATA[c]]></Value></Tag></TagSet></Tagging>",
            "<Tagging><TagSet>a=c</TagSet></Tagging>",
        ] {
            malformed(world.put(tagging), body).await;
        }
    }
    for (ask, body) in [
        (
            world.post("/bkt?delete"),
            "<Delete><Object><Key>k</Key><VersionID>x</VersionID></Object></Delete>".to_owned(),
        ),
        (
            world.post(&complete),
            format!(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>\
                 <ChecksumCrc32>AAAAAA==</ChecksumCrc32></Part></CompleteMultipartUpload>"
            ),
        ),
        (
            world.put("/bkt?publicAccessBlock"),
            format!(
                "<PublicAccessBlockConfiguration>{all_blocks}\
                 <RestrictPublicBucket>true</RestrictPublicBucket></PublicAccessBlockConfiguration>"
            ),
        ),
        (
            world.put("/bkt?versioning"),
            "<VersioningConfiguration><Status>Enabled</Status><Mfa>Enabled</Mfa></VersioningConfiguration>"
                .to_owned(),
        ),
        (
            world.put("/bkt?ownershipControls"),
            "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership><Acl/></Rule></OwnershipControls>"
                .to_owned(),
        ),
    ] {
        malformed(ask, &body).await;
    }

    // Nothing has changed.
    for tagging in ["/bkt?tagging", "/bkt/k?tagging"] {
        let tags = world.get(tagging).send().await.ok();
        assert_eq!(tags.elements("Value"), ["b"], "{tagging}");
    }
    assert_eq!(world.get("/bkt/k").send().await.ok().text(), "v");
    let uploads = world.get("/bkt?uploads").send().await.ok();
    assert_eq!(uploads.elements("UploadId"), [upload]);
    let versioning = world.get("/bkt?versioning").send().await.ok();
    assert_eq!(versioning.element("Status"), None);
    let blocks = world.get("/bkt?publicAccessBlock").send().await.ok();
    let restricts = blocks.element("RestrictPublicBuckets");
    assert_eq!(restricts.as_deref(), Some("true"));
}

async fn malformed(ask: Ask<'_>, body: &str) {
    let ask = ask.header("content-md5", &md5(body)).body(body.to_owned());
    ask.send().await.fails(400, "MalformedXML");
}
