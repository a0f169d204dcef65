//! What a restart and a crash leave.

use std::fs;

use crate::harness::World;

#[tokio::test]
async fn what_was_acknowledged_survives() {
    let mut world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    world.put("/bkt/k").body("w").send().await.ok();
    let upload = world.post("/bkt/m?uploads").send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let part = world
        .put(&format!("/bkt/m?uploadId={id}&partNumber=1"))
        .body("p");
    part.send().await.ok();
    world.reopen().await;
    assert_eq!(world.get("/bkt/k").send().await.ok().text(), "w");
    let parts = world
        .get(&format!("/bkt/m?uploadId={id}"))
        .send()
        .await
        .ok();
    assert_eq!(parts.elements("PartNumber"), ["1"]);
    assert_eq!(world.files(), 2);
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_and_nothing_else() {
    let mut world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let data = world.dir.path().join("s3/data");
    let shard = data.join("ab");
    fs::create_dir_all(&shard).unwrap();
    fs::write(
        shard.join("ab23456789abcdef0123456789abcdef"),
        "half an obj",
    )
    .unwrap();
    fs::write(shard.join("notes.txt"), "not ours").unwrap();
    world.reopen().await;
    assert_eq!(world.files(), 2);
    assert!(shard.join("notes.txt").exists());
    assert_eq!(world.get("/bkt/k").send().await.ok().text(), "v");
}

#[tokio::test]
async fn a_request_that_is_dropped_midway_leaves_old_or_new() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("old").send().await.ok();
    for micros in [0, 50, 200, 500, 1000, 2000, 4000, 8000] {
        let put = world.put("/bkt/k").body("new").send();
        let patience = std::time::Duration::from_micros(micros);
        let _ = tokio::time::timeout(patience, put).await;
        let text = world.get("/bkt/k").send().await.ok().text();
        assert!(text == "old" || text == "new", "{text}");
    }
    world.put("/bkt/k").body("last").send().await.ok();
    assert_eq!(world.get("/bkt/k").send().await.ok().text(), "last");
}

#[tokio::test]
async fn readers_see_one_version_while_writers_replace_it() {
    let world = World::with_bucket().await;
    let body = |n: u8| vec![b'a' + n; 300_000];
    world.put("/bkt/k").body(body(0)).send().await.ok();
    let write = async {
        for n in 0..20 {
            world.put("/bkt/k").body(body(n % 26)).send().await.ok();
        }
    };
    let read = async {
        for _ in 0..40 {
            let get = world.get("/bkt/k").send().await.ok();
            assert_eq!(get.body.len(), 300_000);
            assert!(get.body.iter().all(|byte| *byte == get.body[0]));
        }
    };
    tokio::join!(write, read);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn one_of_many_racing_creators_wins() {
    let world = World::with_bucket().await;
    let create = |n: usize| {
        let put = world.put("/bkt/k").header("if-none-match", "*");
        put.body(n.to_string()).send()
    };
    let replies = futures_util::future::join_all((0..10).map(create)).await;
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(won, 1);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn a_broken_database_is_named_and_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("objects.db");
    fs::write(
        &path,
        "this is not a database, and longer than a header of one".repeat(20),
    )
    .unwrap();
    let error = gateway::Gateway::open(dir.path(), "us-east-1", Vec::new())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("this is not")
    );
}
