//! Versions and delete markers.

use http::Method;

use crate::harness::{HOME, Reply, World, md5};

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

async fn versioning(world: &World, configuration: &'static str) {
    let put = world.put("/bkt?versioning").body(configuration);
    put.send().await.ok();
}

async fn with_versions() -> World {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    world
}

/// Puts an object and answers its version.
async fn put(world: &World, key: &str, body: &'static str) -> String {
    let reply = world.put(&format!("/bkt/{key}")).body(body).send().await;
    id(&reply.ok())
}

fn id(reply: &Reply) -> String {
    reply.header("x-amz-version-id").unwrap().to_owned()
}

fn is_marker(reply: &Reply) -> bool {
    reply.header("x-amz-delete-marker") == Some("true")
}

/// What ListObjectVersions has of a key: ids, newest first.
async fn listed(world: &World, prefix: &str) -> Vec<String> {
    let list = world.get(&format!("/bkt?versions&prefix={prefix}"));
    list.send().await.ok().elements("VersionId")
}

async fn text(world: &World, target: &str) -> String {
    world.get(target).send().await.ok().text()
}

#[tokio::test]
async fn a_bucket_that_never_had_versions_has_null_versions_and_no_headers_of_them() {
    let world = World::with_bucket().await;
    let put = world.put("/bkt/k").body("v").send().await.ok();
    assert_eq!(put.header("x-amz-version-id"), None);
    let get = world.get("/bkt/k").send().await.ok();
    assert_eq!(get.header("x-amz-version-id"), None);
    let named = world.get("/bkt/k?versionId=null").send().await.ok();
    assert_eq!(id(&named), "null");
    assert_eq!(listed(&world, "").await, ["null"]);
    let delete = world.delete("/bkt/k").send().await.ok();
    assert_eq!(delete.header("x-amz-version-id"), None);
    assert_eq!(listed(&world, "").await, [""; 0]);
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn the_setting() {
    let world = World::with_bucket().await;
    let status = async || {
        let get = world.get("/bkt?versioning").send().await.ok();
        get.element("Status")
    };
    assert_eq!(status().await, None);
    for (body, code, error) in [
        ("", 400, "MissingRequestBodyError"),
        ("<VersioningConfiguration><", 400, "MalformedXML"),
        (
            "<VersioningConfiguration/>",
            400,
            "IllegalVersioningConfigurationException",
        ),
        (
            "<VersioningConfiguration><Status>Disabled</Status></VersioningConfiguration>",
            400,
            "MalformedXML",
        ),
        (
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
            501,
            "NotImplemented",
        ),
        (
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>On</MfaDelete></VersioningConfiguration>",
            400,
            "MalformedXML",
        ),
    ] {
        let put = world.put("/bkt?versioning").body(body).send().await;
        put.fails(code, error);
        assert_eq!(status().await, None);
    }
    let harmless = "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>";
    versioning(&world, harmless).await;
    assert_eq!(status().await.as_deref(), Some("Enabled"));
    versioning(&world, SUSPENDED).await;
    assert_eq!(status().await.as_deref(), Some("Suspended"));
    let event = world
        .put("/bkt?versioning")
        .body(ENABLED)
        .send()
        .await
        .event;
    assert_eq!(event.event_name, "PutBucketVersioning");
    let parameters = event.request_parameters.unwrap();
    let told = &parameters["VersioningConfiguration"];
    assert_eq!(*told, serde_json::json!({"Status": "Enabled"}));
    assert!(event.management && !event.read_only);
}

#[tokio::test]
async fn every_write_is_a_version_and_reads_can_name_it() {
    let mut world = with_versions().await;
    let first = put(&world, "k", "one").await;
    let second = put(&world, "k", "two").await;
    assert_ne!(first, second);
    for again in [false, true] {
        if again {
            world.reopen().await;
        }
        assert_eq!(text(&world, "/bkt/k").await, "two");
        for (version, body) in [(&first, "one"), (&second, "two")] {
            let target = format!("/bkt/k?versionId={version}");
            let get = world.get(&target).send().await.ok();
            assert_eq!((id(&get), get.text()), (version.clone(), body.to_owned()));
            let head = world.head(&target).send().await.ok();
            assert_eq!(id(&head), *version);
            let attributes = world
                .get(&format!("/bkt/k?attributes&versionId={version}"))
                .header("x-amz-object-attributes", "ObjectSize");
            assert_eq!(id(&attributes.send().await.ok()), *version);
        }
        assert_eq!(listed(&world, "").await, [second.clone(), first.clone()]);
    }
    assert_eq!(world.files(), 2);
}

#[tokio::test]
async fn ids_that_are_none() {
    let world = with_versions().await;
    let version = put(&world, "k", "one").await;
    let other = format!(
        "{}{}",
        &version[..31],
        if version.ends_with('0') { 1 } else { 0 }
    );
    for (method, target) in [
        (Method::GET, "/bkt/k?versionId="),
        (Method::GET, "/bkt/k?tagging&versionId="),
        (Method::GET, "/bkt/none?versionId="),
    ] {
        let ask = |id: &str| world.ask(method.clone(), &format!("{target}{id}"));
        ask(&other).send().await.fails(404, "NoSuchVersion");
        ask("null").send().await.fails(404, "NoSuchVersion");
        let malformed = ask("x").send().await.fails(400, "InvalidArgument");
        assert_eq!(
            malformed.element("Message").as_deref(),
            Some("Invalid version id specified")
        );
    }
    // What isn't there counts as deleted, and nothing else goes.
    for id in [&other, "null"] {
        let delete = world.delete(&format!("/bkt/k?versionId={id}")).send().await;
        let delete = delete.ok();
        assert_eq!(delete.header("x-amz-version-id"), Some(id));
        assert!(!is_marker(&delete));
    }
    let malformed = world.delete("/bkt/k?versionId=x").send().await;
    malformed.fails(400, "InvalidArgument");
    assert_eq!(listed(&world, "").await, [version]);
}

#[tokio::test]
async fn a_delete_leaves_a_marker_and_removing_that_brings_the_object_back() {
    let mut world = with_versions().await;
    let first = put(&world, "k", "one").await;
    let delete = world.delete("/bkt/k").send().await.ok();
    let marker = id(&delete);
    assert!(is_marker(&delete));
    let told = delete.event.response_elements.unwrap();
    assert_eq!(told["x-amz-version-id"], marker.as_str());
    world.reopen().await;
    for method in [Method::GET, Method::HEAD] {
        let gone = world.ask(method.clone(), "/bkt/k").send().await;
        let gone = gone.fails(404, "NoSuchKey");
        assert!(is_marker(&gone));
        assert_eq!(id(&gone), marker);
        let named = world.ask(method, &format!("/bkt/k?versionId={marker}"));
        let named = named.send().await.fails(405, "MethodNotAllowed");
        assert!(is_marker(&named));
        assert_eq!(named.header("allow"), Some("DELETE"));
        assert!(named.header("last-modified").is_some());
    }
    assert_eq!(
        text(&world, &format!("/bkt/k?versionId={first}")).await,
        "one"
    );
    assert_eq!(world.get("/bkt").send().await.ok().elements("Key"), [""; 0]);
    assert_eq!(listed(&world, "").await, [marker.clone(), first.clone()]);
    let undo = world.delete(&format!("/bkt/k?versionId={marker}"));
    let undo = undo.send().await.ok();
    assert!(is_marker(&undo));
    assert_eq!(id(&undo), marker);
    let get = world.get("/bkt/k").send().await.ok();
    assert_eq!((id(&get), get.text()), (first, "one".to_owned()));
    assert_eq!(world.get("/bkt").send().await.ok().elements("Key"), ["k"]);
}

#[tokio::test]
async fn markers_have_no_tags_no_acl_and_no_copies() {
    let world = with_versions().await;
    put(&world, "k", "one").await;
    let marker = id(&world.delete("/bkt/k").send().await.ok());
    let named = format!("&versionId={marker}");
    let tags = "<Tagging><TagSet/></Tagging>";
    for (method, target, body) in [
        (Method::GET, "/bkt/k?tagging", ""),
        (Method::PUT, "/bkt/k?tagging", tags),
        (Method::DELETE, "/bkt/k?tagging", ""),
        (Method::PUT, "/bkt/k?acl", ""),
    ] {
        for version in ["", &named] {
            let target = format!("{target}{version}");
            let ask = world.ask(method.clone(), &target).body(body);
            let reply = ask.send().await.fails(405, "MethodNotAllowed");
            assert_eq!(
                reply.element("ResourceType").as_deref(),
                Some("DeleteMarker")
            );
        }
    }
    world.get("/bkt/k?acl").send().await.fails(404, "NoSuchKey");
    let acl = world.get(&format!("/bkt/k?acl{named}")).send().await;
    acl.fails(405, "MethodNotAllowed");
    for (source, status, code) in [
        ("bkt/k".to_owned(), 404, "NoSuchKey"),
        (format!("bkt/k?versionId={marker}"), 400, "InvalidRequest"),
    ] {
        let copy = world.put("/bkt/c").header("x-amz-copy-source", &source);
        copy.send().await.fails(status, code);
        let upload = world.post("/bkt/m?uploads").send().await.ok();
        let upload = upload.element("UploadId").unwrap();
        let part = world
            .put(&format!("/bkt/m?uploadId={upload}&partNumber=1"))
            .header("x-amz-copy-source", &source);
        part.send().await.fails(status, code);
    }
}

#[tokio::test]
async fn who_may_not_list_is_not_told_of_markers() {
    let world = with_versions().await;
    put(&world, "k", "one").await;
    world.delete("/bkt/k").send().await.ok();
    let object = "arn:aws:s3:::bkt/*";
    let actions = [("s3:GetObject", object), ("s3:GetObjectTagging", object)];
    let caller = world.may("reader", &actions).await;
    for target in ["/bkt/k", "/bkt/none", "/bkt/k?tagging", "/bkt/none?tagging"] {
        let reply = world.get(target).by(&caller).send().await;
        let reply = reply.fails(403, "AccessDenied");
        assert!(reply.header("x-amz-delete-marker").is_none(), "{target}");
        assert!(reply.text().contains("s3:ListBucket"), "{target}");
    }
}

#[tokio::test]
async fn a_version_needs_its_own_permission_even_if_it_is_the_newest() {
    let world = with_versions().await;
    let version = put(&world, "k", "one").await;
    let object = "arn:aws:s3:::bkt/*";
    let plain = world
        .may(
            "plain",
            &[("s3:GetObject", object), ("s3:DeleteObject", object)],
        )
        .await;
    let target = format!("/bkt/k?versionId={version}");
    for method in [Method::GET, Method::DELETE] {
        let reply = world.ask(method, &target).by(&plain).send().await;
        reply.fails(403, "AccessDenied");
    }
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}},{{"Effect":"Deny","Action":"s3:GetObjectVersion","Resource":"*","Condition":{{"StringEquals":{{"s3:versionid":"{version}"}}}}}}]}}"#
    );
    let other = put(&world, "k", "two").await;
    let caller = world.role(HOME, "versions", &policy).await;
    let get = async |version: &str| {
        let target = format!("/bkt/k?versionId={version}");
        world.get(&target).by(&caller).send().await.status.as_u16()
    };
    assert_eq!((get(&version).await, get(&other).await), (403, 200));
    let source = format!("bkt/k?versionId={version}");
    let copy = world.put("/bkt/c").header("x-amz-copy-source", &source);
    copy.by(&caller).send().await.fails(403, "AccessDenied");
}

/// Conditions on tags look at the tags of the version that is named.
#[tokio::test]
async fn tags_belong_to_a_version() {
    let world = with_versions().await;
    let first = put(&world, "k", "one").await;
    let second = put(&world, "k", "two").await;
    let secret =
        "<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>";
    let tagging = format!("/bkt/k?tagging&versionId={first}");
    let set = world.put(&tagging).body(secret).send().await.ok();
    assert_eq!(id(&set), first);
    let get = world.get(&tagging).send().await.ok();
    assert_eq!(
        (id(&get), get.elements("Value")),
        (first.clone(), vec!["secret".to_owned()])
    );
    let newest = world.get("/bkt/k?tagging").send().await.ok();
    assert_eq!(
        (id(&newest), newest.elements("Value")),
        (second.clone(), vec![])
    );
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject*","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}}]}"#;
    let caller = world.role(HOME, "secrets", policy).await;
    let get = async |version: &str| {
        let target = format!("/bkt/k?versionId={version}");
        world.get(&target).by(&caller).send().await.status.as_u16()
    };
    assert_eq!((get(&first).await, get(&second).await), (403, 200));
    // The old version is the newest again, with its tags.
    let remove = world.delete(&format!("/bkt/k?versionId={second}"));
    remove.send().await.ok();
    world
        .get("/bkt/k")
        .by(&caller)
        .send()
        .await
        .fails(403, "AccessDenied");
    let removed = world.delete(&tagging).send().await.ok();
    assert_eq!(id(&removed), first);
    world.get("/bkt/k").by(&caller).send().await.ok();
}

#[tokio::test]
async fn suspended_versioning_writes_the_null_version_and_leaves_the_others() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("before").send().await.ok();
    versioning(&world, ENABLED).await;
    let kept = put(&world, "k", "kept").await;
    assert_eq!(listed(&world, "").await, [kept.as_str(), "null"]);
    versioning(&world, SUSPENDED).await;
    for body in ["after", "again"] {
        let put = world.put("/bkt/k").body(body).send().await.ok();
        assert_eq!(put.header("x-amz-version-id"), None);
        let get = world.get("/bkt/k").send().await.ok();
        assert_eq!((id(&get), get.text()), ("null".to_owned(), body.to_owned()));
        assert_eq!(listed(&world, "").await, ["null", &kept]);
        assert_eq!(world.files(), 2);
    }
    for _ in 0..2 {
        let delete = world.delete("/bkt/k").send().await.ok();
        assert!(is_marker(&delete));
        assert_eq!(id(&delete), "null");
        assert_eq!(listed(&world, "").await, ["null", &kept]);
        assert_eq!(world.files(), 1);
    }
    assert_eq!(
        id(&world.get("/bkt/k").send().await.fails(404, "NoSuchKey")),
        "null"
    );
    world.delete("/bkt/k?versionId=null").send().await.ok();
    assert_eq!(text(&world, "/bkt/k").await, "kept");
}

#[tokio::test]
async fn a_version_is_restored_by_a_copy_onto_its_own_key() {
    let world = with_versions().await;
    let meta = world.put("/bkt/k").header("x-amz-meta-a", "1").body("one");
    let first = id(&meta.send().await.ok());
    put(&world, "k", "two").await;
    let source = format!("bkt/k?versionId={first}");
    let copy = world.put("/bkt/k").header("x-amz-copy-source", &source);
    let copy = copy.send().await.ok();
    assert_eq!(
        copy.header("x-amz-copy-source-version-id"),
        Some(first.as_str())
    );
    let get = world.get("/bkt/k").send().await.ok();
    assert_eq!((id(&get), get.text()), (id(&copy), "one".to_owned()));
    assert_eq!(get.header("x-amz-meta-a"), Some("1"));
    let newest = world.put("/bkt/k").header("x-amz-copy-source", "bkt/k");
    newest.send().await.fails(400, "InvalidRequest");
    assert_eq!(world.files(), 3);
}

#[tokio::test]
async fn a_multipart_upload_becomes_a_version_and_takes_parts_from_versions() {
    let world = with_versions().await;
    let first = put(&world, "k", "one").await;
    put(&world, "k", "two").await;
    let upload = world.post("/bkt/k?uploads").send().await.ok();
    let upload = upload.element("UploadId").unwrap();
    let part = world
        .put(&format!("/bkt/k?uploadId={upload}&partNumber=1"))
        .header("x-amz-copy-source", &format!("bkt/k?versionId={first}"));
    let part = part.send().await.ok();
    assert_eq!(
        part.header("x-amz-copy-source-version-id"),
        Some(first.as_str())
    );
    let etag = part.element("ETag").unwrap();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = world.post(&format!("/bkt/k?uploadId={upload}")).body(body);
    let version = id(&complete.send().await.ok());
    assert_eq!(listed(&world, "").await[0], version);
    assert_eq!(text(&world, "/bkt/k").await, "one");
    assert_eq!(listed(&world, "").await.len(), 3);
}

#[tokio::test]
async fn conditions_are_about_the_current_version() {
    let world = with_versions().await;
    let first = put(&world, "k", "one").await;
    let etag = |reply: Reply| reply.header("etag").unwrap().to_owned();
    let old = etag(world.head("/bkt/k").send().await);
    put(&world, "k", "two").await;
    let new = etag(world.head("/bkt/k").send().await);
    let stale = world.delete("/bkt/k").header("if-match", &old).send().await;
    stale.fails(412, "PreconditionFailed");
    let stale = world.put("/bkt/k").header("if-match", &old).body("x");
    stale.send().await.fails(412, "PreconditionFailed");
    let target = format!("/bkt/k?versionId={first}");
    let stale = world.delete(&target).header("if-match", &old).send().await;
    stale.fails(412, "PreconditionFailed");
    let right = world.delete(&target).header("if-match", &new).send().await;
    right.ok();
    let taken = world.put("/bkt/k").header("if-none-match", "*").body("x");
    taken.send().await.fails(412, "PreconditionFailed");
    world
        .delete("/bkt/k")
        .header("if-match", &new)
        .send()
        .await
        .ok();
    // A delete marker is no object.
    let again = world.delete("/bkt/k").header("if-match", "*").send().await;
    again.fails(404, "NoSuchKey");
    let absent = world.put("/bkt/k").header("if-match", &new).body("x");
    absent.send().await.fails(404, "NoSuchKey");
    let free = world.put("/bkt/k").header("if-none-match", "*").body("x");
    free.send().await.ok();
    assert_eq!(listed(&world, "").await.len(), 3);
}

#[tokio::test]
async fn a_bucket_with_old_versions_or_markers_is_not_empty() {
    let world = with_versions().await;
    let version = put(&world, "k", "one").await;
    let marker = id(&world.delete("/bkt/k").send().await.ok());
    let full = world
        .delete("/bkt")
        .send()
        .await
        .fails(409, "BucketNotEmpty");
    assert_eq!(
        full.element("Message").as_deref(),
        Some(
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        )
    );
    for id in [version, marker] {
        world
            .delete("/bkt")
            .send()
            .await
            .fails(409, "BucketNotEmpty");
        let target = format!("/bkt/k?versionId={id}");
        world.delete(&target).send().await.ok();
    }
    world.delete("/bkt").send().await.ok();
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn many_versions_are_deleted_at_once_and_each_is_told() {
    let world = with_versions().await;
    let first = put(&world, "a", "one").await;
    let second = put(&world, "a", "two").await;
    put(&world, "b", "one").await;
    let marker = id(&world.delete("/bkt/c").send().await.ok());
    let body = format!(
        "<Delete><Object><Key>a</Key><VersionId>{first}</VersionId></Object><Object><Key>b</Key></Object>\
         <Object><Key>c</Key><VersionId>{marker}</VersionId></Object>\
         <Object><Key>a</Key><VersionId>x</VersionId></Object></Delete>"
    );
    let reply = world
        .post("/bkt?delete")
        .header("content-md5", &md5(&body))
        .body(body);
    let reply = reply.send().await.ok();
    let deleted = reply.elements("Deleted");
    assert_eq!(deleted.len(), 3, "{}", reply.text());
    assert!(deleted[0].contains(&first) && !deleted[0].contains("DeleteMarker"));
    assert!(deleted[1].contains("<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>"));
    assert!(!deleted[1].contains("<VersionId>"));
    assert!(deleted[2].contains(&format!(
        "<DeleteMarkerVersionId>{marker}</DeleteMarkerVersionId>"
    )));
    assert_eq!(reply.elements("Code"), ["NoSuchVersion"]);
    assert_eq!(listed(&world, "a").await, [second]);
    assert_eq!(listed(&world, "b").await.len(), 2);
    assert_eq!(listed(&world, "c").await.len(), 0);
    let events = world.data_events();
    let told: Vec<_> = events
        .iter()
        .filter(|event| event["eventName"] == "DeleteObject")
        .map(|event| &event["requestParameters"]["versionId"])
        .collect();
    assert_eq!(told[0], first.as_str());
    assert!(told[1].is_null());
}
