//! What the audit trail is told.

use serde_json::json;

use crate::harness::{ALL, AWAY, HOME, World};

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
