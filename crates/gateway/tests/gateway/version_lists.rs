//! ListObjectVersions.

use crate::harness::{Reply, World};

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

/// `a` with two versions, `b/1` with a version and a delete marker, `b/2`, and `c d` from before there were versions.
async fn filled() -> World {
    let world = World::with_bucket().await;
    world.put("/bkt/c%20d").body("v").send().await.ok();
    world.put("/bkt?versioning").body(ENABLED).send().await.ok();
    for key in ["a", "a", "b/1", "b/2"] {
        world
            .put(&format!("/bkt/{key}"))
            .body("v")
            .send()
            .await
            .ok();
    }
    world.delete("/bkt/b/1").send().await.ok();
    world
}

async fn list(world: &World, parameters: &str) -> Reply {
    world
        .get(&format!("/bkt?versions{parameters}"))
        .send()
        .await
}

/// Every line of a page, in its order.
fn lines(reply: &Reply) -> Vec<String> {
    let text = reply.text();
    let mut lines = Vec::new();
    for piece in text.split("><").filter(|piece| piece.starts_with("Key>")) {
        lines.push(piece[4..].split('<').next().unwrap().to_owned());
    }
    lines
}

#[tokio::test]
async fn versions_and_markers_are_one_list_newest_first() {
    let world = filled().await;
    let reply = list(&world, "").await.ok();
    assert_eq!(lines(&reply), ["a", "a", "b/1", "b/1", "b/2", "c d"]);
    assert_eq!(
        reply.elements("IsLatest"),
        ["true", "false", "true", "false", "true", "true"]
    );
    assert_eq!(reply.elements("VersionId")[5], "null");
    assert_eq!(reply.elements("Size").len(), 5);
    assert_eq!(reply.elements("ChecksumType")[0], "FULL_OBJECT");
    assert_eq!(reply.elements("IsTruncated"), ["false"]);
    assert_eq!(reply.elements("ID").len(), 6);
    let [marker] = &reply.elements("DeleteMarker")[..] else {
        panic!("{}", reply.text());
    };
    assert!(marker.contains("<Key>b/1</Key>") && !marker.contains("ETag"));
    let at = |needle: &str| reply.text().find(needle).unwrap();
    assert!(at("<Key>a</Key>") < at("<DeleteMarker>"));
    assert!(at("<DeleteMarker>") < at("<Key>b/2</Key>"));
}

#[tokio::test]
async fn prefixes_delimiters_and_encoding() {
    let world = filled().await;
    let reply = list(&world, "&delimiter=/&encoding-type=url").await.ok();
    assert_eq!(lines(&reply), ["a", "a", "c%20d"]);
    assert!(
        reply
            .text()
            .contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>")
    );
    assert_eq!(reply.element("EncodingType").as_deref(), Some("url"));
    let reply = list(&world, "&prefix=b/&delimiter=/").await.ok();
    assert_eq!(lines(&reply), ["b/1", "b/1", "b/2"]);
    let reply = list(&world, "&max-keys=0").await.ok();
    assert_eq!(
        (lines(&reply).len(), reply.elements("IsTruncated")),
        (0, vec!["false".to_owned()])
    );
}

#[tokio::test]
async fn pages_go_on_after_what_was_removed() {
    for removing in [false, true] {
        for delimiter in ["", "&delimiter=/"] {
            let world = filled().await;
            let whole = lines(&list(&world, delimiter).await.ok());
            let mut seen = Vec::new();
            let mut markers = String::new();
            loop {
                let parameters = format!("{delimiter}&max-keys=1{markers}");
                let page = list(&world, &parameters).await.ok();
                seen.extend(lines(&page));
                for (key, version) in lines(&page).iter().zip(page.elements("VersionId")) {
                    let key = key.replace(' ', "%20");
                    if removing {
                        let target = format!("/bkt/{key}?versionId={version}");
                        world.delete(&target).send().await.ok();
                    }
                }
                let Some(key) = page.element("NextKeyMarker") else {
                    assert_eq!(page.element("IsTruncated").as_deref(), Some("false"));
                    break;
                };
                markers = format!("&key-marker={}", key.replace(' ', "%20"));
                if let Some(version) = page.element("NextVersionIdMarker") {
                    markers.push_str(&format!("&version-id-marker={version}"));
                }
            }
            assert_eq!(seen, whole, "{removing} {delimiter}");
        }
    }
}

#[tokio::test]
async fn markers_of_pages() {
    let world = filled().await;
    let reply = list(&world, "&key-marker=a").await.ok();
    assert_eq!(lines(&reply)[0], "b/1");
    assert_eq!(reply.element("KeyMarker").as_deref(), Some("a"));
    assert_eq!(reply.element("VersionIdMarker").as_deref(), Some(""));
    let alone = list(&world, "&version-id-marker=null").await;
    let alone = alone.fails(400, "InvalidArgument");
    assert_eq!(
        alone.element("Message").as_deref(),
        Some("A version-id marker cannot be specified without a key marker.")
    );
    let malformed = list(&world, "&key-marker=a&version-id-marker=x").await;
    let malformed = malformed.fails(400, "InvalidArgument");
    assert_eq!(
        malformed.element("Message").as_deref(),
        Some("Invalid version id specified")
    );
    list(&world, "&max-keys=x")
        .await
        .fails(400, "InvalidArgument");
    list(&world, "&encoding-type=x")
        .await
        .fails(400, "InvalidArgument");
}
