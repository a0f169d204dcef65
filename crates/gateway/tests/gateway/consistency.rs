//! What was acknowledged is what everybody reads from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::harness::World;

/// The number that an object says it is.
fn number(text: &str) -> u64 {
    text.trim_start_matches('0').parse().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_that_begins_after_an_acknowledged_write_sees_it_or_a_newer_one() {
    const KEYS: usize = 3;
    const WRITES: u64 = 60;
    let world = Arc::new(World::with_bucket().await);
    let acknowledged: Arc<Vec<AtomicU64>> =
        Arc::new((0..KEYS).map(|_| AtomicU64::new(0)).collect());
    let seen: Arc<Vec<AtomicU64>> = Arc::new((0..KEYS).map(|_| AtomicU64::new(0)).collect());
    let done = Arc::new(AtomicBool::new(false));
    for key in 0..KEYS {
        world
            .put(&format!("/bkt/{key}"))
            .body("0")
            .send()
            .await
            .ok();
    }
    let readers: Vec<_> = (0..4)
        .map(|reader| {
            let (world, acknowledged, seen, done) = (
                world.clone(),
                acknowledged.clone(),
                seen.clone(),
                done.clone(),
            );
            tokio::spawn(async move {
                let mut reads = 0;
                while !done.load(Ordering::SeqCst) || reads < 20 {
                    let key = (reads + reader) % KEYS;
                    let target = format!("/bkt/{key}");
                    // What anybody was told or has read before this read begins.
                    let least = acknowledged[key]
                        .load(Ordering::SeqCst)
                        .max(seen[key].load(Ordering::SeqCst));
                    let read = if reads % 3 == 0 {
                        let head = world.head(&target).send().await.ok();
                        number(head.header("x-amz-meta-n").unwrap_or_default())
                    } else {
                        let get = world.get(&target).send().await.ok();
                        // Row and bytes are of one version.
                        assert_eq!(get.header("x-amz-meta-n").unwrap_or("0"), get.text());
                        number(&get.text())
                    };
                    assert!(read >= least, "read {read} after {least}");
                    seen[key].fetch_max(read, Ordering::SeqCst);
                    reads += 1;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..KEYS)
        .map(|key| {
            let (world, acknowledged) = (world.clone(), acknowledged.clone());
            tokio::spawn(async move {
                for n in 1..=WRITES {
                    let text = n.to_string();
                    let put = world.put(&format!("/bkt/{key}"));
                    let put = put.header("x-amz-meta-n", &text).body(text);
                    put.send().await.ok();
                    acknowledged[key].store(n, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deleted_object_is_gone_for_every_reader_at_once() {
    let world = Arc::new(World::with_bucket().await);
    for round in 0..30 {
        world.put("/bkt/k").body("v").send().await.ok();
        let deleted = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (world, deleted) = (world.clone(), deleted.clone());
                tokio::spawn(async move {
                    loop {
                        let gone = deleted.load(Ordering::SeqCst);
                        let get = world.get("/bkt/k").send().await;
                        assert!(!gone || get.status == 404, "{}", get.status);
                        if gone {
                            return;
                        }
                    }
                })
            })
            .collect();
        if round % 2 == 0 {
            world.delete("/bkt/k").send().await.ok();
        } else {
            let document =
                "<Delete><Object><Key>k</Key></Object><Object><Key>l</Key></Object></Delete>";
            let delete = world
                .post("/bkt?delete")
                .header("content-md5", "8aqexVnl8tUWiWOyrS2LqA==");
            delete.body(document).send().await.ok();
        }
        deleted.store(true, Ordering::SeqCst);
        for reader in readers {
            reader.await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_kind_of_write_is_seen_by_the_next_read() {
    let world = World::with_bucket().await;
    let read = async || world.get("/bkt/k").send().await;
    assert_eq!(read().await.status, 404);
    world.put("/bkt/k").body("put").send().await.ok();
    assert_eq!(read().await.ok().text(), "put");
    world.put("/bkt/other").body("copied").send().await.ok();
    world
        .put("/bkt/k")
        .header("x-amz-copy-source", "bkt/other")
        .send()
        .await
        .ok();
    assert_eq!(read().await.ok().text(), "copied");

    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    world.put("/bkt/k?tagging").body(tags).send().await.ok();
    assert_eq!(read().await.header("x-amz-tagging-count"), Some("1"));
    world.delete("/bkt/k?tagging").send().await.ok();
    assert_eq!(read().await.header("x-amz-tagging-count"), None);

    let upload = world.post("/bkt/k?uploads").send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let part = world.put(&format!("/bkt/k?uploadId={id}&partNumber=1"));
    let part = part.body("in parts").send().await.ok();
    assert_eq!(read().await.ok().text(), "copied");
    let etag = part.header("etag").unwrap();
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = world.post(&format!("/bkt/k?uploadId={id}"));
    complete.body(document).send().await.ok();
    assert_eq!(read().await.ok().text(), "in parts");

    // A bucket that is made again under its name has none of the objects of the first.
    world.delete("/bkt/k").send().await.ok();
    assert_eq!(read().await.status, 404);
    world.delete("/bkt/other").send().await.ok();
    world.delete("/bkt").send().await.ok();
    world.put("/bkt").send().await.ok();
    assert_eq!(read().await.status, 404);
}

#[tokio::test]
async fn a_decision_over_tags_is_one_over_the_tags_of_now() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/open":"yes"}}}]}"#;
    let caller = world.role(crate::harness::HOME, "tagreader", policy).await;
    world
        .put("/bkt/k")
        .header("x-amz-tagging", "open=yes")
        .body("v")
        .send()
        .await
        .ok();
    for _ in 0..2 {
        world.get("/bkt/k").by(&caller).send().await.ok();
    }
    world.delete("/bkt/k?tagging").send().await.ok();
    let denied = world.get("/bkt/k").by(&caller).send().await;
    denied.fails(403, "AccessDenied");
}

/// The version that a removed one gives way to is there at once, and what was removed is not read from memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_never_without_its_newest_version_while_newer_ones_come_and_go() {
    const ROUNDS: u64 = 40;
    let world = Arc::new(World::with_bucket().await);
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bkt?versioning").body(enabled).send().await.ok();
    let put = async |world: &World, n: u64| {
        let n = n.to_string();
        let put = world.put("/bkt/k").header("x-amz-meta-n", &n).body(n);
        let reply = put.send().await.ok();
        reply.header("x-amz-version-id").unwrap().to_owned()
    };
    let first = put(&world, 0).await;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (world, done, first) = (world.clone(), done.clone(), first.clone());
            tokio::spawn(async move {
                let mut reads = 0;
                while !done.load(Ordering::SeqCst) || reads < 20 {
                    let get = world.get("/bkt/k").send().await.ok();
                    // Row and bytes are of one version.
                    assert_eq!(get.header("x-amz-meta-n").unwrap(), get.text());
                    let named = format!("/bkt/k?versionId={first}");
                    assert_eq!(world.get(&named).send().await.ok().text(), "0");
                    reads += 1;
                }
            })
        })
        .collect();
    for n in 1..=ROUNDS {
        let version = put(&world, n).await;
        let newest = world.get("/bkt/k").send().await.ok().text();
        assert_eq!(newest, n.to_string());
        let remove = world.delete(&format!("/bkt/k?versionId={version}"));
        remove.send().await.ok();
        assert_eq!(world.get("/bkt/k").send().await.ok().text(), "0");
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}
