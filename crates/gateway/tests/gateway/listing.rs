//! ListObjects, versions 1 and 2.

use crate::harness::World;

async fn world(keys: &[&str]) -> World {
    let world = World::with_bucket().await;
    for key in keys {
        world
            .put(&format!("/bkt/{key}"))
            .body("v")
            .send()
            .await
            .ok();
    }
    world
}

#[tokio::test]
async fn pages_of_version_two() {
    let world = world(&["a", "b/1", "b/2", "c", "d/1"]).await;
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let target = format!("/bkt?list-type=2&delimiter=%2F&max-keys=2{token}");
        let page = world.get(&target).send().await.ok();
        names.extend(page.elements("Key"));
        let prefixes: Vec<String> = page.elements("CommonPrefixes");
        names.extend(prefixes);
        let Some(next) = page.element("NextContinuationToken") else {
            assert_eq!(page.element("IsTruncated").as_deref(), Some("false"));
            break;
        };
        token = format!("&continuation-token={next}");
    }
    assert_eq!(
        names,
        ["a", "<Prefix>b/</Prefix>", "c", "<Prefix>d/</Prefix>"]
    );
    let after = world
        .get("/bkt?list-type=2&start-after=b/1")
        .send()
        .await
        .ok();
    assert_eq!(after.elements("Key"), ["b/2", "c", "d/1"]);
    assert_eq!(after.element("KeyCount").as_deref(), Some("3"));
    let forged = world
        .get("/bkt?list-type=2&continuation-token=%21%21")
        .send()
        .await;
    forged.fails(400, "InvalidArgument");
}

#[tokio::test]
async fn pages_of_version_one() {
    let world = world(&["a", "b/1", "b/2", "c"]).await;
    let page = world.get("/bkt?delimiter=/&max-keys=2").send().await.ok();
    assert_eq!(page.element("NextMarker").as_deref(), Some("b/"));
    let next = world.get("/bkt?delimiter=/&marker=b/").send().await.ok();
    assert_eq!(next.elements("Key"), ["c"]);
    assert!(next.elements("CommonPrefixes").is_empty());
    let plain = world.get("/bkt?max-keys=2").send().await.ok();
    assert_eq!(plain.element("IsTruncated").as_deref(), Some("true"));
    assert_eq!(plain.element("NextMarker"), None);
    let next = world.get("/bkt?marker=b/1").send().await.ok();
    assert_eq!(next.elements("Key"), ["b/2", "c"]);
    assert_eq!(next.elements("Owner").len(), 2);
}

#[tokio::test]
async fn names_are_encoded_on_request() {
    let world = world(&["a%20b%2Bc%26", "%D0%BA"]).await;
    let encoded = world
        .get("/bkt?list-type=2&encoding-type=url&prefix=")
        .send()
        .await
        .ok();
    assert_eq!(encoded.elements("Key"), ["a%20b%2Bc%26", "%D0%BA"]);
    assert_eq!(encoded.element("EncodingType").as_deref(), Some("url"));
    let plain = world.get("/bkt?list-type=2").send().await.ok();
    assert_eq!(plain.elements("Key"), ["a b+c&amp;", "к"]);
    let bad = world.get("/bkt?encoding-type=base64").send().await;
    bad.fails(400, "InvalidArgument");
}

#[tokio::test]
async fn the_number_of_keys_is_bounded() {
    let world = world(&["a", "b"]).await;
    let none = world.get("/bkt?list-type=2&max-keys=0").send().await.ok();
    assert_eq!(none.element("IsTruncated").as_deref(), Some("false"));
    assert!(none.elements("Key").is_empty());
    let many = world.get("/bkt?max-keys=5000").send().await.ok();
    assert_eq!(many.element("MaxKeys").as_deref(), Some("1000"));
    for bad in ["-1", "x", "2147483648"] {
        let reply = world.get(&format!("/bkt?max-keys={bad}")).send().await;
        reply.fails(400, "InvalidArgument");
    }
}
