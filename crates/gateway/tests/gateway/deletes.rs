//! Deleting one key and many.

use crate::harness::{ALL, AWAY, World, md5};

fn document(keys: &[&str], quiet: bool) -> String {
    let objects: String = keys
        .iter()
        .map(|key| format!("<Object><Key>{key}</Key></Object>"))
        .collect();
    format!("<Delete>{objects}<Quiet>{quiet}</Quiet></Delete>")
}

#[tokio::test]
async fn deleting_is_idempotent() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    for _ in 0..2 {
        assert_eq!(world.delete("/bkt/k").send().await.status, 204);
    }
    assert_eq!(world.files(), 0);
    let guarded = world.delete("/bkt/k").header("if-match", "*").send().await;
    guarded.fails(404, "NoSuchKey");
}

#[tokio::test]
async fn one_allowed_key_opens_no_other() {
    let world = World::with_bucket().await;
    for key in ["mine/a", "mine/b", "yours/a"] {
        world
            .put(&format!("/bkt/{key}"))
            .body("v")
            .send()
            .await
            .ok();
    }
    let caller = world
        .may("mine", &[("s3:DeleteObject", "arn:aws:s3:::bkt/mine/*")])
        .await;
    let body = document(
        &[
            "mine/a",
            "yours/a",
            "mine/b",
            "mine/none",
            "mine/../yours/a",
        ],
        false,
    );
    let reply = world
        .post("/bkt?delete")
        .header("content-md5", &md5(&body))
        .body(body)
        .by(&caller)
        .send()
        .await
        .ok();
    assert_eq!(reply.elements("Deleted").len(), 4, "{}", reply.text());
    let errors = reply.elements("Error");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("<Key>yours/a</Key>"), "{errors:?}");
    assert!(
        errors[0].contains("<Code>AccessDenied</Code>"),
        "{errors:?}"
    );
    world.get("/bkt/yours/a").send().await.ok();
    world
        .get("/bkt/mine/a")
        .send()
        .await
        .fails(404, "NoSuchKey");
    assert!(
        !reply
            .event
            .request_parameters
            .unwrap()
            .to_string()
            .contains("mine")
    );
}

#[tokio::test]
async fn what_a_multi_delete_must_be() {
    let world = World::with_bucket().await;
    let body = document(&["a"], true);
    let unchecked = world.post("/bkt?delete").body(body.clone()).send().await;
    unchecked.fails(400, "InvalidRequest");
    let wrong = world
        .post("/bkt?delete")
        .header("content-md5", &md5("x"))
        .body(body.clone());
    wrong.send().await.fails(400, "BadDigest");
    let quiet = world
        .post("/bkt?delete")
        .header("content-md5", &md5(&body))
        .body(body);
    assert!(quiet.send().await.ok().elements("Deleted").is_empty());
    let keys: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for keys in [&keys[..], &[]] {
        let body = document(keys, false);
        let many = world
            .post("/bkt?delete")
            .header("content-md5", &md5(&body))
            .body(body);
        many.send().await.fails(400, "MalformedXML");
    }
}

#[tokio::test]
async fn an_anonymous_multi_delete_deletes_nothing() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let body = document(&["k"], false);
    let reply = world
        .post("/bkt?delete")
        .header("content-md5", &md5(&body))
        .body(body);
    let reply = reply.anonymously().send().await;
    assert_eq!(reply.elements("Error").len(), 1);
    world.get("/bkt/k").send().await.ok();
}

#[tokio::test]
async fn a_stranger_who_deletes_many_is_told_to_the_buckets_owner() {
    let world = World::with_bucket().await;
    let member = world.role(AWAY, "admin", ALL).await;
    world.put("/theirs").by(&member).send().await.ok();
    let body = document(&["k"], false);
    let reply = world
        .post("/theirs?delete")
        .header("content-md5", &md5(&body))
        .body(body)
        .anonymously()
        .send()
        .await;
    assert_eq!(reply.elements("Error").len(), 1);
    let records = world.data_events();
    let [record] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(record["eventName"], "DeleteObject");
    assert_eq!(record["userIdentity"]["accountId"], "anonymous");
    assert_eq!(record["recipientAccountId"], AWAY);
}
