//! Tags of buckets: on creation, by S3 Control, and as attributes that policies see.

use http::Method;

use crate::harness::{ALL, AWAY, HOME, World};

const TAGS: &str = "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Abkt";

fn tag_request(key: &str, value: &str) -> String {
    format!(
        "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags><Tag><Key>{key}</Key><Value>{value}</Value></Tag></Tags></TagResourceRequest>"
    )
}

fn new_bucket(key: &str, value: &str) -> String {
    format!(
        "<CreateBucketConfiguration><Tags><Tag><Key>{key}</Key><Value>{value}</Value></Tag></Tags></CreateBucketConfiguration>"
    )
}

impl World {
    async fn tag(&self, key: &str, value: &str) {
        let ask = self.post(TAGS).header("x-amz-account-id", HOME);
        let reply = ask.body(tag_request(key, value)).send().await.ok();
        assert_eq!(reply.status, 204);
    }

    async fn abac(&self, status: &str) {
        let body = format!("<AbacStatus><Status>{status}</Status></AbacStatus>");
        self.put("/bkt?abac").body(body).send().await.ok();
    }

    async fn tags(&self) -> Vec<String> {
        let ask = self.get(TAGS).header("x-amz-account-id", HOME);
        ask.send().await.ok().elements("Key")
    }
}

#[tokio::test]
async fn a_bucket_is_created_with_tags_that_conditions_see() {
    let world = World::new().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:CreateBucket","s3:TagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}]}"#;
    let blue = world.role(HOME, "blue", policy).await;
    for (body, allowed) in [
        (String::new(), false),
        (new_bucket("team", "red"), false),
        (new_bucket("Team", "blue"), false),
        (new_bucket("team", "blue"), true),
    ] {
        let reply = world.put("/bkt").by(&blue).body(body.clone()).send().await;
        assert_eq!(
            reply.status.is_success(),
            allowed,
            "{body}: {}",
            reply.text()
        );
    }
    let stored = world.get("/bkt?tagging").send().await.ok();
    assert_eq!(stored.element("Value").as_deref(), Some("blue"));
}

#[tokio::test]
async fn tags_are_added_and_removed_one_by_one() {
    let mut world = World::with_bucket().await;
    assert!(world.tags().await.is_empty());
    world.tag("a", "1").await;
    world.tag("b", "2").await;
    world.tag("a", "3").await;
    world.reopen().await;
    assert_eq!(world.tags().await, ["a", "b"]);
    let remove = world.delete(&format!("{TAGS}?tagKeys=a&tagKeys=none"));
    remove.header("x-amz-account-id", HOME).send().await.ok();
    assert_eq!(world.tags().await, ["b"]);
    for number in 0..49 {
        world.tag(&format!("k{number}"), "").await;
    }
    let full = world.post(TAGS).header("x-amz-account-id", HOME);
    let full = full.body(tag_request("one-more", "")).send().await;
    full.fails(400, "InvalidTag");
    let system = world.post(TAGS).header("x-amz-account-id", HOME);
    let system = system.body(tag_request("aws:x", "")).send().await;
    system.fails(400, "InvalidTag");
    let missing = world.delete(TAGS).header("x-amz-account-id", HOME);
    missing.send().await.fails(400, "InvalidRequest");
}

#[tokio::test]
async fn each_of_them_needs_its_permission_and_the_right_account() {
    let world = World::with_bucket().await;
    let b = "arn:aws:s3:::bkt";
    for (method, target, body, action) in [
        (
            Method::GET,
            TAGS.to_owned(),
            String::new(),
            "s3:ListTagsForResource",
        ),
        (
            Method::POST,
            TAGS.to_owned(),
            tag_request("a", "b"),
            "s3:TagResource",
        ),
        (
            Method::DELETE,
            format!("{TAGS}?tagKeys=a"),
            String::new(),
            "s3:UntagResource",
        ),
    ] {
        let ask = |caller: &door::Caller, account: &str| {
            let ask = world.ask(method.clone(), &target).by(caller);
            ask.header("x-amz-account-id", account)
                .body(body.clone())
                .send()
        };
        let without = world
            .may(
                "without",
                &[("s3:PutBucketTagging", b), ("s3:GetBucketTagging", b)],
            )
            .await;
        let denied = ask(&without, HOME).await.fails(403, "AccessDenied");
        assert!(denied.text().contains(action), "{}", denied.text());
        let with = world.may("with", &[(action, b)]).await;
        ask(&with, HOME).await.ok();
        ask(&with, AWAY).await.fails(403, "AccessDenied");
        let stranger = world.role(AWAY, "stranger", ALL).await;
        ask(&stranger, HOME).await.fails(403, "AccessDenied");
        let anonymous = world.ask(method.clone(), &target).anonymously();
        let anonymous = anonymous.header("x-amz-account-id", HOME);
        anonymous
            .body(body.clone())
            .send()
            .await
            .fails(403, "AccessDenied");
    }
}

#[tokio::test]
async fn tags_count_in_policies_once_they_are_switched_on() {
    let mut world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    world.tag("team", "blue").await;
    for key in ["aws:ResourceTag", "s3:BucketTag"] {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*","Condition":{{"StringEquals":{{"{key}/team":"blue"}}}}}}]}}"#
        );
        let caller = world.role(HOME, "blue", &policy).await;
        let ask = |target: &'static str| world.get(target).by(&caller).send();
        world.abac("Disabled").await;
        ask("/bkt/k").await.fails(403, "AccessDenied");
        world.abac("Enabled").await;
        ask("/bkt/k").await.ok();
        ask("/bkt").await.ok();
        world.tag("team", "red").await;
        ask("/bkt/k").await.fails(403, "AccessDenied");
        world.tag("team", "blue").await;
    }
    world.reopen().await;
    let status = world.get("/bkt?abac").send().await.ok();
    assert_eq!(status.element("Status").as_deref(), Some("Enabled"));
    // Then they are changed by those who may tag, and by no other way.
    let tags = "<Tagging><TagSet/></Tagging>";
    world
        .put("/bkt?tagging")
        .body(tags)
        .send()
        .await
        .fails(400, "InvalidRequest");
    world
        .delete("/bkt?tagging")
        .send()
        .await
        .fails(400, "InvalidRequest");
    assert_eq!(world.tags().await, ["team"]);
    let wrong = "<AbacStatus><Status>On</Status></AbacStatus>";
    world
        .put("/bkt?abac")
        .body(wrong)
        .send()
        .await
        .fails(400, "MalformedXML");
}

/// The tags of a bucket that somebody else has are no attributes of one that is yet to be made.
#[tokio::test]
async fn a_bucket_that_is_to_be_made_has_no_attributes_yet() {
    let world = World::with_bucket().await;
    world.tag("team", "blue").await;
    world.abac("Enabled").await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}}]}"#;
    let other = world.role(AWAY, "other", policy).await;
    let create = || world.put("/bkt").by(&other);
    create().send().await.fails(403, "AccessDenied");
    let all = world.role(AWAY, "all", ALL).await;
    let taken = world.put("/bkt").by(&all).body(new_bucket("a", "b"));
    taken.send().await.fails(409, "BucketAlreadyExists");
}
