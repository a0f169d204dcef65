//! What the audit trail is told.

use directory::{AdvancedSelector, EventSelectors, FieldSelector, Selectors};
use serde_json::json;

use crate::harness::{ALL, AWAY, HOME, Reply, World, call_of};

#[tokio::test]
async fn an_object_is_a_data_event_and_its_bucket_comes_second() {
    let world = World::with_bucket().await;
    world.put("/bkt/dir/k").body("hello").send().await.ok();
    let event = world.get("/bkt/dir/k").presigned().send().await.ok().event;
    assert_eq!(event.event_source, "s3.amazonaws.com");
    assert_eq!(event.event_name, "GetObject");
    assert!(event.read_only && !event.management);
    assert_eq!(event.response_elements, None);
    assert_eq!(
        event.request_parameters.unwrap(),
        json!({
            "bucketName": "bkt", "key": "dir/k", "Host": "127.0.0.1:8080",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": "20261121T202206Z",
            "X-Amz-Expires": "60",
        })
    );
    let additional = event.additional.unwrap();
    assert_eq!(additional["bytesTransferredOut"], 5);
    assert_eq!(additional["AuthenticationMethod"], "QueryString");
    assert_eq!(additional["SignatureVersion"], "SigV4");
    let [object, bucket] = &event.resources[..] else {
        panic!("{:?}", event.resources);
    };
    assert_eq!(
        (object.kind.as_str(), object.account),
        ("AWS::S3::Object", None)
    );
    assert_eq!(object.arn, "arn:aws:s3:::bkt/dir/k");
    assert_eq!(bucket.kind, "AWS::S3::Bucket");
    assert_eq!(bucket.account.unwrap().to_string(), HOME);
}

#[tokio::test]
async fn names_and_categories_of_events() {
    let world = World::with_bucket().await;
    for (target, name, management) in [
        ("/", "ListBuckets", true),
        ("/bkt?list-type=2&prefix=a", "ListObjects", false),
        ("/bkt?location", "GetBucketLocation", true),
        ("/bkt?publicAccessBlock", "GetBucketPublicAccessBlock", true),
        ("/bkt?cors", "GetBucketCors", true),
        ("/bkt/none", "GetObject", false),
        ("/bkt?policy&acl", "Refused", true),
    ] {
        let event = world.get(target).send().await.event;
        assert_eq!(
            (event.event_name.as_str(), event.management),
            (name, management),
            "{target}"
        );
        assert!(event.read_only);
    }
    let list = world
        .get("/bkt?list-type=2&prefix=a&bucketName=other")
        .send()
        .await
        .event;
    let parameters = list.request_parameters.unwrap();
    assert_eq!(parameters["prefix"], "a");
    assert_eq!(parameters["bucketName"], "bkt");
}

#[tokio::test]
async fn a_denial_is_recorded_with_its_text() {
    let world = World::with_bucket().await;
    let nobody = world.may("nobody", &[("s3:None", "*")]).await;
    let event = world
        .put("/bkt/k")
        .by(&nobody)
        .body("secret")
        .send()
        .await
        .event;
    let (code, message) = event.error.unwrap();
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("no identity-based policy allows the s3:PutObject action"));
    assert!(!event.read_only);
}

#[tokio::test]
async fn a_policy_that_is_put_is_in_the_event() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bkt/*"}]}"#;
    let event = world
        .put("/bkt?policy")
        .body(policy)
        .send()
        .await
        .ok()
        .event;
    let shown = &event.request_parameters.unwrap()["bucketPolicy"];
    assert_eq!(shown["Statement"][0]["Effect"], "Deny");
    // Strangers don't fill the trail with what can't be one.
    let long = format!("{{\"Id\":\"{}\"}}", "a".repeat(20 * 1024));
    let refused = world.put("/bkt?policy").body(long).anonymously().send();
    let event = refused.await.fails(403, "AccessDenied").event;
    assert!(
        event
            .request_parameters
            .unwrap()
            .get("bucketPolicy")
            .is_none()
    );
}

#[tokio::test]
async fn a_request_without_credentials_is_the_bucket_owners_event_or_nobodys() {
    let world = World::with_bucket().await;
    let member = world.role(AWAY, "admin", ALL).await;
    world.put("/theirs").by(&member).send().await.ok();
    for (target, owner) in [
        ("/theirs/k", Some(AWAY)),
        ("/theirs", Some(AWAY)),
        ("/bkt/k", Some(HOME)),
        ("/none/k", None),
        ("/none", None),
        ("/", None),
    ] {
        let event = world.get(target).anonymously().send().await.event;
        let told = event.recipient.map(|it| it.to_string());
        assert_eq!(told.as_deref(), owner, "{target}");
        assert_eq!(event.unattributed, owner.is_none(), "{target}");
        // Whoever signs has a trail of their own.
        let event = world.get(target).send().await.event;
        assert_eq!((event.recipient, event.unattributed), (None, false));
    }
    let made = world.put("/new").anonymously().send().await.event;
    assert!(made.unattributed && made.error.is_some());
}

#[tokio::test]
async fn an_event_tells_how_many_bytes_came_in() {
    let world = World::with_bucket().await;
    let tags = "<Tagging><TagSet/></Tagging>";
    for (target, body) in [
        ("/bkt/k", "content"),
        ("/bkt/k?tagging", tags),
        ("/bkt/e", ""),
    ] {
        let put = world.put(target).body(body).send().await.ok();
        let told = &put.event.additional.as_ref().unwrap()["bytesTransferredIn"];
        assert_eq!(told, body.len(), "{target}");
    }
}

/// The records of copies, each with the account whose trail has it.
fn copies(world: &World) -> Vec<(String, String)> {
    let events = world.data_events().into_iter();
    let copies = events.filter(|event| event["eventName"] == "CopyObject");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut copies: Vec<_> = copies
        .map(|event| {
            (
                text(&event["recipientAccountId"]),
                text(&event["errorCode"]),
            )
        })
        .collect();
    copies.sort();
    copies
}

#[tokio::test]
async fn a_copy_is_in_the_trail_of_the_account_that_it_is_taken_from() {
    let world = World::with_bucket().await;
    world.put("/bkt/secret").body("v").send().await.ok();
    let thief = world.role(AWAY, "thief", ALL).await;
    world.put("/loot").by(&thief).send().await.ok();
    let copy = || {
        world
            .put("/loot/k")
            .header("x-amz-copy-source", "bkt/secret")
    };
    let call = call_of(&thief);
    let record = async |reply: Reply| world.door.record(&call, &reply.event).await.unwrap();
    record(copy().by(&thief).send().await.fails(403, "AccessDenied")).await;
    let refused = || "AccessDenied".to_owned();
    assert_eq!(
        copies(&world),
        [(HOME.to_owned(), refused()), (AWAY.to_owned(), refused())]
    );
    world
        .bucket_policy(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{AWAY}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}}]}}"#
        ))
        .await;
    record(copy().by(&thief).send().await.ok()).await;
    let done = String::new;
    assert_eq!(
        copies(&world),
        [
            (HOME.to_owned(), done()),
            (HOME.to_owned(), refused()),
            (AWAY.to_owned(), done()),
            (AWAY.to_owned(), refused()),
        ]
    );
}

#[tokio::test]
async fn a_copy_is_recorded_by_those_who_watch_its_source() {
    let world = World::with_bucket().await;
    world.put("/bkt/secret/k").body("v").send().await.ok();
    let event = world
        .put("/bkt/open/k")
        .header("x-amz-copy-source", "bkt/secret/k")
        .send()
        .await
        .ok()
        .event;
    let arns: Vec<&str> = event
        .resources
        .iter()
        .filter(|it| it.kind == "AWS::S3::Object")
        .map(|it| it.arn.as_str())
        .collect();
    let both = ["arn:aws:s3:::bkt/open/k", "arn:aws:s3:::bkt/secret/k"];
    assert_eq!(arns, both);
    let call = call_of(&world.role(HOME, "reader", ALL).await);
    let keep = async |name: &str| {
        let field = |field: &str, value: &str| FieldSelector {
            field: field.to_owned(),
            equals: vec![value.to_owned()],
            ..FieldSelector::default()
        };
        let account = HOME.parse().unwrap();
        let selectors = Selectors::Advanced(vec![
            AdvancedSelector {
                name: None,
                fields: vec![field("eventCategory", "Management")],
            },
            AdvancedSelector {
                name: None,
                fields: vec![
                    field("eventCategory", "Data"),
                    field("resources.type", "AWS::S3::Object"),
                    FieldSelector {
                        field: "resources.ARN".to_owned(),
                        starts_with: vec![format!("arn:aws:s3:::bkt/{name}/")],
                        ..FieldSelector::default()
                    },
                ],
            },
        ]);
        let selectors = EventSelectors::new(account, selectors).unwrap();
        world
            .door
            .directory()
            .write::<_, directory::StoreError, _>(move |transaction| {
                transaction.shelve(selectors);
                Ok(())
            })
            .await
            .unwrap();
        world.door.record(&call, &event).await.unwrap();
        copies(&world).len()
    };
    assert_eq!(keep("none").await, 0);
    assert_eq!(keep("open").await, 1);
    assert_eq!(keep("secret").await, 2);
}
