//! Objects and uploads that end by themselves.

use gateway::Sweeper;
use jiff::Timestamp;

use crate::harness::{HOME, World};

pub fn rules(rules: &str) -> String {
    format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")
}

pub fn rule(id: &str, filter: &str, action: &str) -> String {
    format!("<Rule><ID>{id}</ID><Filter>{filter}</Filter><Status>Enabled</Status>{action}</Rule>")
}

pub fn days(number: u32) -> String {
    format!("<Expiration><Days>{number}</Days></Expiration>")
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl World {
    pub async fn lifecycle(&self, text: &str) {
        self.put("/bkt?lifecycle")
            .body(rules(text))
            .send()
            .await
            .ok();
    }

    /// Stores an object that was written at this time.
    pub async fn old(&self, key: &str, written: &str) {
        let put = self.put(&format!("/bkt/{key}")).at(time(written));
        put.body("0123456789").send().await.ok();
    }

    pub async fn keys(&self) -> Vec<String> {
        self.get("/bkt").send().await.ok().elements("Key")
    }

    /// The store's database, beside the server.
    pub async fn database(&self) -> sqlx::SqlitePool {
        let path = self.dir.path().join("s3/objects.db");
        let url = format!("sqlite:{}", path.display());
        sqlx::SqlitePool::connect(&url).await.unwrap()
    }

    pub async fn sweep(&self, now: &str) {
        let mut sweeper = Sweeper::default();
        sweeper.sweep(&self.gateway, &self.door, time(now)).await;
    }
}

#[tokio::test]
async fn the_life_of_a_configuration() {
    let mut world = World::with_bucket().await;
    let none = world.get("/bkt?lifecycle").send().await;
    let none = none.fails(404, "NoSuchLifecycleConfiguration");
    assert_eq!(none.element("BucketName").as_deref(), Some("bkt"));
    let text = rules(&rule("r", "<Prefix>logs/</Prefix>", &days(3)));
    let put = world.put("/bkt?lifecycle").body(text).send().await.ok();
    let size = "x-amz-transition-default-minimum-object-size";
    assert_eq!(put.header(size), Some("all_storage_classes_128K"));
    world.reopen().await;
    let got = world.get("/bkt?lifecycle").send().await.ok();
    assert_eq!(got.header(size), Some("all_storage_classes_128K"));
    assert_eq!(got.element("Prefix").as_deref(), Some("logs/"));
    assert_eq!(got.element("Days").as_deref(), Some("3"));
    let wrong = rules(&rule("r", "<Prefx>logs/</Prefx>", &days(1)));
    let refused = world.put("/bkt?lifecycle").body(wrong).send().await;
    refused.fails(400, "MalformedXML");
    assert_eq!(
        world
            .get("/bkt?lifecycle")
            .send()
            .await
            .ok()
            .element("Days")
            .as_deref(),
        Some("3")
    );
    assert_eq!(world.delete("/bkt?lifecycle").send().await.status, 204);
    assert_eq!(world.delete("/bkt?lifecycle").send().await.status, 204);
    world.reopen().await;
    world
        .get("/bkt?lifecycle")
        .send()
        .await
        .fails(404, "NoSuchLifecycleConfiguration");
    let nobody = world.may("nobody", &[("s3:None", "*")]).await;
    for (ask, action) in [
        (world.get("/bkt?lifecycle"), "s3:GetLifecycleConfiguration"),
        (world.put("/bkt?lifecycle"), "s3:PutLifecycleConfiguration"),
        (
            world.delete("/bkt?lifecycle"),
            "s3:PutLifecycleConfiguration",
        ),
    ] {
        let denied = ask.by(&nobody).send().await.fails(403, "AccessDenied");
        assert!(denied.element("Message").unwrap().contains(action));
    }
}

#[tokio::test]
async fn answers_say_when_an_object_ends() {
    let world = World::with_bucket().await;
    world
        .lifecycle(&rule(
            "Delete after 3 days",
            "<Prefix>logs/</Prefix>",
            &days(3),
        ))
        .await;
    let told =
        Some("expiry-date=\"Sun, 19 Jan 2014 00:00:00 GMT\", rule-id=\"Delete after 3 days\"");
    let now = time("2014-01-15T10:30:00Z");
    let put = world.put("/bkt/logs/a").at(now).body("v").send().await.ok();
    assert_eq!(put.header("x-amz-expiration"), told);
    for target in ["/bkt/logs/a", "/bkt/logs/a?partNumber=1"] {
        assert_eq!(
            world
                .get(target)
                .send()
                .await
                .ok()
                .header("x-amz-expiration"),
            told
        );
        assert_eq!(
            world
                .head(target)
                .send()
                .await
                .ok()
                .header("x-amz-expiration"),
            told
        );
    }
    let by_version = world.head("/bkt/logs/a?versionId=null").send().await.ok();
    assert_eq!(by_version.header("x-amz-expiration"), None);
    let copy = world
        .put("/bkt/logs/b")
        .at(now)
        .header("x-amz-copy-source", "bkt/logs/a");
    assert_eq!(copy.send().await.ok().header("x-amz-expiration"), told);
    let away = world
        .put("/bkt/other")
        .header("x-amz-copy-source", "bkt/logs/a");
    assert_eq!(away.send().await.ok().header("x-amz-expiration"), None);
    let upload = world.post("/bkt/logs/m?uploads").send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let part = world
        .put(&format!("/bkt/logs/m?partNumber=1&uploadId={id}"))
        .body("v");
    let etag = part.send().await.ok().header("etag").unwrap().to_owned();
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = world
        .post(&format!("/bkt/logs/m?uploadId={id}"))
        .at(now)
        .body(parts);
    assert_eq!(complete.send().await.ok().header("x-amz-expiration"), told);
}

#[tokio::test]
async fn objects_end_at_the_midnight_that_was_told_and_not_before() {
    let world = World::with_bucket().await;
    world.old("logs/old", "2014-01-15T10:30:00Z").await;
    world.old("logs/new", "2014-01-16T00:00:00Z").await;
    world.old("other", "2014-01-15T10:30:00Z").await;
    world
        .lifecycle(&rule("r", "<Prefix>logs/</Prefix>", &days(3)))
        .await;
    world.sweep("2014-01-18T23:59:59Z").await;
    assert_eq!(world.keys().await, ["logs/new", "logs/old", "other"]);
    assert!(world.get("/bkt/logs/old").send().await.status.is_success());
    world.sweep("2014-01-19T00:00:00Z").await;
    assert_eq!(world.keys().await, ["logs/new", "other"]);
    world
        .get("/bkt/logs/old")
        .send()
        .await
        .fails(404, "NoSuchKey");
    assert_eq!(world.files(), 2);
    world.sweep("2014-01-20T00:00:00Z").await;
    assert_eq!(world.keys().await, ["other"]);
}

#[tokio::test]
async fn every_removal_is_an_event_of_the_service() {
    let world = World::with_bucket().await;
    world.old("k", "2014-01-15T10:30:00Z").await;
    world.lifecycle(&rule("the rule", "", &days(1))).await;
    world.sweep("2014-02-01T05:06:07Z").await;
    let events = world.data_events();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(event["eventName"], "DeleteObject");
    assert_eq!(event["eventSource"], "s3.amazonaws.com");
    assert_eq!(event["eventType"], "AwsServiceEvent");
    assert_eq!(event["eventTime"], "2014-02-01T05:06:07Z");
    assert_eq!(
        event["userIdentity"],
        serde_json::json!({"type": "AWSService", "invokedBy": "s3.amazonaws.com"})
    );
    assert_eq!(event["sourceIPAddress"], "s3.amazonaws.com");
    assert_eq!(event["requestParameters"]["bucketName"], "bkt");
    assert_eq!(event["requestParameters"]["key"], "k");
    assert_eq!(event["additionalEventData"]["lifecycleRule"], "the rule");
    assert_eq!(event["resources"][0]["ARN"], "arn:aws:s3:::bkt/k");
    assert_eq!(event["resources"][1]["accountId"], HOME);
    assert_eq!(event["recipientAccountId"], HOME);
    assert_eq!(event["readOnly"], false);
    // Told once.
    world.sweep("2014-02-02T00:00:00Z").await;
    assert_eq!(world.data_events().len(), 1);
}

#[tokio::test]
async fn uploads_are_given_up_with_their_parts() {
    let world = World::with_bucket().await;
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    world
        .lifecycle(&rule("r", "<Prefix>a/</Prefix>", abort))
        .await;
    let begun = time("2014-01-15T10:30:00Z");
    let mut ids = Vec::new();
    for key in ["a/k", "b/k"] {
        let begin = world.post(&format!("/bkt/{key}?uploads")).at(begun);
        let reply = begin.send().await.ok();
        let id = reply.element("UploadId").unwrap();
        let told = key.starts_with("a/");
        let date = reply.header("x-amz-abort-date");
        assert_eq!(date, told.then_some("Sat, 18 Jan 2014 00:00:00 GMT"));
        assert_eq!(reply.header("x-amz-abort-rule-id"), told.then_some("r"));
        let part = world.put(&format!("/bkt/{key}?partNumber=1&uploadId={id}"));
        part.body("v").send().await.ok();
        let parts = world
            .get(&format!("/bkt/{key}?uploadId={id}"))
            .send()
            .await
            .ok();
        assert_eq!(parts.header("x-amz-abort-rule-id"), told.then_some("r"));
        ids.push(id);
    }
    world.sweep("2014-01-17T23:59:59Z").await;
    assert_eq!(world.files(), 2);
    world.sweep("2014-01-18T00:00:00Z").await;
    assert_eq!(world.files(), 1);
    let left = world.get("/bkt?uploads").send().await.ok();
    assert_eq!(left.elements("UploadId"), [ids[1].clone()]);
    let events = world.data_events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["eventName"], "AbortMultipartUpload");
    assert_eq!(events[0]["requestParameters"]["uploadId"], ids[0]);
}

#[tokio::test]
async fn tags_sizes_and_dates_count() {
    let world = World::with_bucket().await;
    let written = time("2014-01-15T10:30:00Z");
    for (key, tags, body) in [
        ("tagged", "tmp=1", "v"),
        ("plain", "", "v"),
        ("large", "", "vvvvv"),
    ] {
        let put = world.put(&format!("/bkt/{key}")).at(written);
        put.header("x-amz-tagging", tags)
            .body(body)
            .send()
            .await
            .ok();
    }
    let tag = "<Tag><Key>tmp</Key><Value>1</Value></Tag>";
    let large = "<ObjectSizeGreaterThan>4</ObjectSizeGreaterThan>";
    world
        .lifecycle(&(rule("t", tag, &days(1)) + &rule("s", large, &days(2))))
        .await;
    world.sweep("2014-01-17T00:00:00Z").await;
    assert_eq!(world.keys().await, ["large", "plain"]);
    world.sweep("2014-01-18T00:00:00Z").await;
    assert_eq!(world.keys().await, ["plain"]);
    let date = "<Expiration><Date>2014-03-01T00:00:00Z</Date></Expiration>";
    world.lifecycle(&rule("d", "", date)).await;
    world.sweep("2014-02-28T23:59:59Z").await;
    assert_eq!(world.keys().await, ["plain"]);
    world.old("later", "2015-01-01T00:00:00Z").await;
    world.sweep("2014-03-01T00:00:00Z").await;
    assert!(world.keys().await.is_empty());
}

#[tokio::test]
async fn what_is_off_or_gone_ends_nothing() {
    let world = World::with_bucket().await;
    world.old("k", "2014-01-15T10:30:00Z").await;
    let disabled = rule("r", "", &days(1)).replace("Enabled", "Disabled");
    world.lifecycle(&disabled).await;
    world.sweep("2020-01-01T00:00:00Z").await;
    assert_eq!(
        world
            .head("/bkt/k")
            .send()
            .await
            .ok()
            .header("x-amz-expiration"),
        None
    );
    world.lifecycle(&rule("r", "", &days(1))).await;
    world.delete("/bkt?lifecycle").send().await.ok();
    world.sweep("2020-01-01T00:00:00Z").await;
    assert_eq!(world.keys().await, ["k"]);
    assert!(world.data_events().is_empty());
}

#[tokio::test]
async fn a_bucket_is_looked_through_once_a_day_and_again_for_new_rules() {
    let world = World::with_bucket().await;
    let mut sweeper = Sweeper::default();
    world
        .lifecycle(&rule("r", "<Prefix>a</Prefix>", &days(1)))
        .await;
    sweeper
        .sweep(&world.gateway, &world.door, time("2014-01-20T00:00:00Z"))
        .await;
    world.old("a", "2014-01-15T10:30:00Z").await;
    sweeper
        .sweep(&world.gateway, &world.door, time("2014-01-20T23:00:00Z"))
        .await;
    assert_eq!(world.keys().await, ["a"]);
    sweeper
        .sweep(&world.gateway, &world.door, time("2014-01-21T00:30:00Z"))
        .await;
    assert!(world.keys().await.is_empty());
    world.old("b", "2014-01-15T10:30:00Z").await;
    world.lifecycle(&rule("r", "", &days(1))).await;
    sweeper
        .sweep(&world.gateway, &world.door, time("2014-01-21T01:30:00Z"))
        .await;
    assert!(world.keys().await.is_empty());
}

#[tokio::test]
async fn more_objects_than_a_page_end_in_batches_each_with_its_event() {
    let world = World::with_bucket().await;
    let pool = world.database().await;
    // Rows alone: a file that is missing is no reason to keep one.
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
         INSERT INTO object (bucket, key, file, size, etag, modified, tags, description)
         SELECT 1, CAST(printf('p/%06d', i) AS BLOB), printf('%032x', i), 0, '',
             CASE i % 10 WHEN 0 THEN 4000000000 ELSE 1000 END, '{}', '{}' FROM n
         UNION ALL SELECT 1, CAST('a' AS BLOB), printf('%032x', 5000), 0, '', 1000, '{}', '{}'
         UNION ALL SELECT 1, CAST('q' AS BLOB), printf('%032x', 5001), 0, '', 1000, '{}', '{}'",
    )
    .execute(&pool)
    .await
    .unwrap();
    world
        .lifecycle(&rule("r", "<Prefix>p/</Prefix>", &days(1)))
        .await;
    world.sweep("2014-02-01T00:00:00Z").await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM object")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 302);
    let events = world.data_events();
    let told: std::collections::BTreeSet<&str> = events
        .iter()
        .map(|event| event["requestParameters"]["key"].as_str().unwrap())
        .collect();
    assert_eq!((events.len(), told.len()), (2700, 2700));
}

#[tokio::test]
async fn a_removal_that_was_not_recorded_is_recorded_by_the_next_process() {
    let mut world = World::with_bucket().await;
    // What is left when the process is killed between the removal and its record.
    let url = format!(
        "sqlite:{}",
        world.dir.path().join("s3/objects.db").display()
    );
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let body = r#"{"owner":"123456789012","time":"2014-02-01T00:00:00Z","bucket":"bkt","key":"k","rule":"r","what":"Object"}"#;
    let insert = sqlx::query("INSERT INTO removal (body) VALUES (?1)").bind(body);
    insert.execute(&pool).await.unwrap();
    world.reopen().await;
    // The bucket need not be there any more.
    world.delete("/bkt").send().await.ok();
    world.sweep("2014-02-05T00:00:00Z").await;
    world.sweep("2014-02-06T00:00:00Z").await;
    let events = world.data_events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["eventName"], "DeleteObject");
    assert_eq!(events[0]["eventTime"], "2014-02-01T00:00:00Z");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM removal")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_sweep_that_is_broken_off_anywhere_is_finished_by_the_next_one() {
    for steps in 0..16 {
        let world = World::with_bucket().await;
        world.old("a", "2014-01-15T10:30:00Z").await;
        world.old("b", "2014-01-15T10:30:00Z").await;
        world.lifecycle(&rule("r", "", &days(1))).await;
        let mut broken = Box::pin(world.sweep("2014-02-01T00:00:00Z"));
        for _ in 0..steps {
            let _ = futures_util::poll!(&mut broken);
            tokio::task::yield_now().await;
        }
        drop(broken);
        world.sweep("2014-02-01T00:00:00Z").await;
        assert!(world.keys().await.is_empty());
        assert_eq!(world.files(), 0);
        let mut told: Vec<String> = world
            .data_events()
            .iter()
            .map(|event| {
                event["requestParameters"]["key"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        told.sort();
        told.dedup();
        assert_eq!(told, ["a", "b"]);
    }
}
