//! Block Public Access of an account, which holds for all of its buckets.

use crate::harness::{ALL, AWAY, HOME, World};

const PATH: &str = "/v20180820/configuration/publicAccessBlock";
const PUBLIC: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}]}"#;

fn block(setting: &str) -> String {
    format!(
        "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><{setting}>true</{setting}></PublicAccessBlockConfiguration>"
    )
}

impl World {
    async fn account_block(&self, setting: &str) {
        let ask = self.put(PATH).header("x-amz-account-id", HOME);
        ask.body(block(setting)).send().await.ok();
    }
}

#[tokio::test]
async fn an_account_has_settings_of_its_own() {
    let mut world = World::with_bucket().await;
    let get = || world.get(PATH).header("x-amz-account-id", HOME);
    let none = get().send().await;
    let none = none.fails(404, "NoSuchPublicAccessBlockConfiguration");
    assert!(
        none.text().contains("<ErrorResponse><Error><Code>"),
        "{}",
        none.text()
    );
    world.account_block("BlockPublicPolicy").await;
    world.reopen().await;
    let get = || world.get(PATH).header("x-amz-account-id", HOME);
    let stored = get().send().await.ok();
    assert_eq!(stored.element("BlockPublicPolicy").as_deref(), Some("true"));
    assert_eq!(stored.element("BlockPublicAcls").as_deref(), Some("false"));
    // Clients put the account before the endpoint's name, as they do with a bucket's.
    let named = get().host("123456789012.s3.localhost").send().await.ok();
    assert_eq!(named.event.event_name, "GetAccountPublicAccessBlock");
    let delete = world.ask(http::Method::DELETE, PATH);
    let delete = delete.header("x-amz-account-id", HOME).send().await.ok();
    assert_eq!(delete.event.event_name, "DeleteAccountPublicAccessBlock");
    get()
        .send()
        .await
        .fails(404, "NoSuchPublicAccessBlockConfiguration");
}

#[tokio::test]
async fn only_the_account_itself_and_who_may_changes_them() {
    let world = World::with_bucket().await;
    let stranger = world.role(AWAY, "stranger", ALL).await;
    let reader = world
        .may("reader", &[("s3:GetAccountPublicAccessBlock", "*")])
        .await;
    // There is no resource that a policy could name.
    let narrow = world.may("narrow", &[("s3:*", "arn:aws:s3:::*")]).await;
    let put = |caller: &door::Caller| {
        let ask = world.put(PATH).header("x-amz-account-id", HOME);
        ask.body(block("BlockPublicPolicy")).by(caller).send()
    };
    for caller in [&stranger, &reader, &narrow] {
        put(caller).await.fails(403, "AccessDenied");
    }
    let anonymous = world
        .put(PATH)
        .header("x-amz-account-id", HOME)
        .anonymously();
    anonymous
        .body(block("BlockPublicPolicy"))
        .send()
        .await
        .fails(403, "AccessDenied");
    let get = world.get(PATH).header("x-amz-account-id", HOME).by(&reader);
    get.send()
        .await
        .fails(404, "NoSuchPublicAccessBlockConfiguration");
    let writer = world
        .may("writer", &[("s3:PutAccountPublicAccessBlock", "*")])
        .await;
    put(&writer).await.ok();
    let get = world.get(PATH).header("x-amz-account-id", HOME).by(&writer);
    get.send().await.fails(403, "AccessDenied");
    // An account that is none, and one with nothing to say here.
    let odd = world.get(PATH).header("x-amz-account-id", "none");
    odd.send().await.fails(400, "InvalidRequest");
}

#[tokio::test]
async fn without_the_account_the_path_is_an_objects() {
    let world = World::new().await;
    world.get(PATH).send().await.fails(404, "NoSuchBucket");
    world.put("/v20180820").send().await.ok();
    world.put(PATH).body("v").send().await.ok();
    assert_eq!(world.get(PATH).send().await.ok().text(), "v");
}

#[tokio::test]
async fn the_account_keeps_public_policies_out_of_every_bucket() {
    let world = World::with_bucket().await;
    world.delete("/bkt?publicAccessBlock").send().await.ok();
    world.account_block("BlockPublicPolicy").await;
    let refused = world.put("/bkt?policy").body(PUBLIC).send().await;
    refused.fails(403, "AccessDenied");
    world.account_block("IgnorePublicAcls").await;
    world.put("/bkt?policy").body(PUBLIC).send().await.ok();
}

#[tokio::test]
async fn the_account_restricts_buckets_that_are_public_already() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    world.bucket_policy(PUBLIC).await;
    let stranger = world.role(AWAY, "stranger", ALL).await;
    world.get("/bkt/k").anonymously().send().await.ok();
    world.account_block("RestrictPublicBuckets").await;
    for target in ["/bkt/k", "/bkt", "/bkt?versions"] {
        let anonymous = world.get(target).anonymously().send().await;
        anonymous.fails(403, "AccessDenied");
        let strange = world.get(target).by(&stranger).send().await;
        strange.fails(403, "AccessDenied");
    }
    world.get("/bkt/k").send().await.ok();
    // A bucket's own settings can't open what the account closes.
    let open = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    world
        .put("/bkt?publicAccessBlock")
        .body(open)
        .send()
        .await
        .ok();
    world
        .get("/bkt/k")
        .anonymously()
        .send()
        .await
        .fails(403, "AccessDenied");
    let delete = world
        .ask(http::Method::DELETE, PATH)
        .header("x-amz-account-id", HOME);
    delete.send().await.ok();
    world.get("/bkt/k").anonymously().send().await.ok();
}

#[tokio::test]
async fn another_accounts_settings_are_not_ours() {
    let world = World::with_bucket().await;
    let other = world.role(AWAY, "other", ALL).await;
    let put = world.put(PATH).header("x-amz-account-id", AWAY).by(&other);
    put.body(block("BlockPublicPolicy")).send().await.ok();
    world.bucket_policy(PUBLIC).await;
    world.get("/bkt").anonymously().send().await.ok();
}
