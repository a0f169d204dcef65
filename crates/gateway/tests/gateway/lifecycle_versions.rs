//! Old versions and delete markers that end by themselves.

use crate::harness::World;
use crate::lifecycle::{days, rule, time};

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
const MARKERS: &str =
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";

fn noncurrent(days: u32, keep: u32) -> String {
    let newer = match keep {
        0 => String::new(),
        keep => format!("<NewerNoncurrentVersions>{keep}</NewerNoncurrentVersions>"),
    };
    format!(
        "<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays>{newer}\
         </NoncurrentVersionExpiration>"
    )
}

impl World {
    async fn versioned(status: &str) -> Self {
        let world = Self::with_bucket().await;
        world.versioning(status).await;
        world
    }

    async fn versioning(&self, status: &str) {
        self.put("/bkt?versioning")
            .body(status.to_owned())
            .send()
            .await
            .ok();
    }

    /// The versions and the delete markers, as `key` or `key!`, newest first.
    async fn versions(&self) -> Vec<String> {
        let text = self.get("/bkt?versions").send().await.ok().text();
        let mut found = Vec::new();
        for piece in text.split("<Key>").skip(1) {
            let key = piece.split("</Key>").next().unwrap();
            let marker = piece.contains("</DeleteMarker>")
                && piece.find("</DeleteMarker>") < piece.find("<Version>").or(Some(usize::MAX));
            found.push(format!("{key}{}", if marker { "!" } else { "" }));
        }
        found
    }
}

#[tokio::test]
async fn where_versions_are_kept_a_delete_marker_ends_the_object() {
    let world = World::versioned(ENABLED).await;
    world.old("k", "2014-01-15T10:30:00Z").await;
    world.lifecycle(&rule("r", "", &days(1))).await;
    world.sweep("2014-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["k!", "k"]);
    assert_eq!(world.files(), 1);
    let gone = world.get("/bkt/k").send().await.fails(404, "NoSuchKey");
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    let events = world.data_events();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(event["eventName"], "DeleteObject");
    let made = &event["responseElements"];
    assert_eq!(made["x-amz-delete-marker"], "true");
    assert_eq!(
        made["x-amz-version-id"],
        *gone.header("x-amz-version-id").unwrap()
    );
    // There is a version behind the marker, so it stays.
    world.sweep("2015-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["k!", "k"]);
}

#[tokio::test]
async fn where_versioning_is_suspended_only_the_null_version_goes() {
    let world = World::versioned(ENABLED).await;
    world.old("k", "2014-01-14T00:00:00Z").await;
    world.versioning(SUSPENDED).await;
    world.old("k", "2014-01-15T10:30:00Z").await;
    world.lifecycle(&rule("r", "", &days(1))).await;
    world.sweep("2014-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["k!", "k"]);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn versions_end_so_long_after_they_were_replaced() {
    let world = World::versioned(ENABLED).await;
    for written in [
        "2013-01-01T00:00:00Z",
        "2014-01-15T10:30:00Z",
        "2014-01-17T00:00:00Z",
    ] {
        world.old("a/k", written).await;
        world.old("b/k", written).await;
    }
    world
        .lifecycle(&rule("r", "<Prefix>a/</Prefix>", &noncurrent(3, 0)))
        .await;
    // The first one was replaced on the 15th, and its own age doesn't count.
    world.sweep("2014-01-18T23:59:59Z").await;
    assert_eq!(world.versions().await.len(), 6);
    world.sweep("2014-01-19T00:00:00Z").await;
    assert_eq!(world.versions().await, ["a/k", "a/k", "b/k", "b/k", "b/k"]);
    world.sweep("2014-01-21T00:00:00Z").await;
    assert_eq!(world.versions().await, ["a/k", "b/k", "b/k", "b/k"]);
    assert_eq!((world.keys().await.len(), world.files()), (2, 4));
    let events = world.data_events();
    assert_eq!(events.len(), 2);
    assert!(events[0]["requestParameters"]["versionId"].is_string());
    assert_ne!(
        events[0]["requestParameters"]["versionId"],
        events[1]["requestParameters"]["versionId"]
    );
    world.sweep("2020-01-01T00:00:00Z").await;
    assert_eq!(world.versions().await.len(), 4);
}

#[tokio::test]
async fn so_many_newer_versions_are_kept() {
    let world = World::versioned(ENABLED).await;
    let mut ids = Vec::new();
    for day in 1..=9 {
        let put = world
            .put("/bkt/k")
            .at(time(&format!("2014-01-0{day}T00:00:00Z")));
        let put = put.body("v").send().await.ok();
        ids.push(put.header("x-amz-version-id").unwrap().to_owned());
    }
    world.lifecycle(&rule("r", "", &noncurrent(1, 3))).await;
    // The current one and the three before it.
    world.sweep("2014-06-01T00:00:00Z").await;
    let mut left = world
        .get("/bkt?versions")
        .send()
        .await
        .ok()
        .elements("VersionId");
    left.reverse();
    assert_eq!(left, ids[5..]);
    let gone = world
        .get(&format!("/bkt/k?versionId={}", ids[4]))
        .send()
        .await;
    gone.fails(404, "NoSuchVersion");
    // Of the three, one more goes for each that becomes one of them.
    world.old("k", "2014-06-02T00:00:00Z").await;
    world.sweep("2014-07-01T00:00:00Z").await;
    assert_eq!(world.versions().await.len(), 4);
}

#[tokio::test]
async fn tags_and_sizes_of_old_versions_are_their_own() {
    let world = World::versioned(ENABLED).await;
    let put = world.put("/bkt/k").at(time("2014-01-01T00:00:00Z"));
    put.header("x-amz-tagging", "tmp=1")
        .body("old")
        .send()
        .await
        .ok();
    world.old("k", "2014-01-02T00:00:00Z").await;
    world.old("k", "2014-01-03T00:00:00Z").await;
    let tag = "<Tag><Key>tmp</Key><Value>1</Value></Tag>";
    world.lifecycle(&rule("r", tag, &noncurrent(1, 0))).await;
    world.sweep("2014-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["k", "k"]);
    let small = "<ObjectSizeLessThan>5</ObjectSizeLessThan>";
    world.lifecycle(&rule("r", small, &noncurrent(1, 0))).await;
    world.sweep("2014-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["k", "k"]);
}

#[tokio::test]
async fn delete_markers_with_nothing_behind_them_are_removed() {
    let world = World::versioned(ENABLED).await;
    let deleted = time("2014-01-15T10:30:00Z");
    // One with a version behind it, one alone, one behind another marker.
    world.old("a", "2014-01-01T00:00:00Z").await;
    for key in ["a", "b", "c", "c"] {
        world
            .delete(&format!("/bkt/{key}"))
            .at(deleted)
            .send()
            .await
            .ok();
    }
    world
        .lifecycle(&rule("off", "", &MARKERS.replace("true", "false")))
        .await;
    world.sweep("2014-02-01T00:00:00Z").await;
    assert_eq!(world.versions().await, ["a!", "a", "b!", "c!", "c!"]);
    world.lifecycle(&rule("r", "", MARKERS)).await;
    world.sweep("2014-01-15T11:00:00Z").await;
    assert_eq!(world.versions().await, ["a!", "a", "c!", "c!"]);
    let events = world.data_events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["requestParameters"]["key"], "b");
    assert_eq!(events[0]["additionalEventData"]["deleteMarker"], true);
    // A rule with days ends markers of that age; old versions and markers go first.
    world
        .lifecycle(&rule("r", "", &(days(2) + &noncurrent(1, 0))))
        .await;
    world.sweep("2014-01-17T00:00:00Z").await;
    assert_eq!(world.versions().await, ["a!", "c!"]);
    world.sweep("2014-01-18T00:00:00Z").await;
    assert!(world.versions().await.is_empty());
    assert_eq!(world.files(), 0);
    world.delete("/bkt").send().await.ok();
}

#[tokio::test]
async fn more_versions_of_a_key_than_a_page_are_counted_on() {
    let world = World::versioned(ENABLED).await;
    let pool = world.database().await;
    // Delete markers are versions without a file: many are made in one statement.
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
         INSERT INTO version (bucket, key, sequence, version, size, etag, modified, tags, description, superseded)
         SELECT 1, CAST(CASE i / 2500 WHEN 0 THEN 'p/a' ELSE 'p/b' END AS BLOB), i % 2500,
             printf('%016x%016x', i % 2500, i), 0, '', 1000, '{}', '{}',
             CASE i % 2500 WHEN 2499 THEN NULL ELSE 2000 END FROM n",
    )
    .execute(&pool)
    .await
    .unwrap();
    world
        .lifecycle(&rule("r", "<Prefix>p/</Prefix>", &noncurrent(1, 1200)))
        .await;
    world.sweep("2014-01-01T00:00:00Z").await;
    let left: Vec<(i64, i64)> =
        sqlx::query_as("SELECT count(*), min(sequence) FROM version GROUP BY key")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(left, [(1201, 1299), (1201, 1299)]);
    assert_eq!(world.data_events().len(), 2598);
}
