//! What browsers are told.

use http::Method;

use crate::harness::{Ask, Reply, World};

const APP: &str = "https://app.example";

const RULES: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example</AllowedOrigin>\
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>\
    <AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
    <MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>";

async fn world() -> World {
    let world = World::with_bucket().await;
    world.put("/bkt?cors").body(RULES).send().await.ok();
    world.put("/bkt/k").body("v").send().await.ok();
    world
}

fn preflight<'a>(world: &'a World, target: &str, origin: &str, method: &str) -> Ask<'a> {
    world
        .ask(Method::OPTIONS, target)
        .anonymously()
        .header("origin", origin)
        .header("access-control-request-method", method)
}

fn allowed(reply: &Reply) -> Option<&str> {
    reply.header("access-control-allow-origin")
}

#[tokio::test]
async fn the_life_of_a_configuration() {
    let mut world = World::with_bucket().await;
    let none = world.get("/bkt?cors").send().await;
    let none = none.fails(404, "NoSuchCORSConfiguration");
    assert_eq!(none.element("BucketName").as_deref(), Some("bkt"));
    world.put("/bkt?cors").body(RULES).send().await.ok();
    world.reopen().await;
    let rules = world.get("/bkt?cors").send().await.ok();
    assert_eq!(rules.elements("AllowedMethod"), ["GET", "PUT"]);
    assert_eq!(rules.element("MaxAgeSeconds").as_deref(), Some("600"));
    let wrong = RULES.replace("PUT", "PATCH");
    let refused = world.put("/bkt?cors").body(wrong).send().await;
    refused.fails(400, "InvalidRequest");
    world
        .put("/bkt?cors")
        .send()
        .await
        .fails(400, "MissingRequestBodyError");
    // What was there before stays.
    assert_eq!(
        world
            .get("/bkt?cors")
            .send()
            .await
            .ok()
            .elements("AllowedMethod")
            .len(),
        2
    );
    assert_eq!(world.delete("/bkt?cors").send().await.status, 204);
    assert_eq!(world.delete("/bkt?cors").send().await.status, 204);
    world.reopen().await;
    world
        .get("/bkt?cors")
        .send()
        .await
        .fails(404, "NoSuchCORSConfiguration");
}

#[tokio::test]
async fn a_new_bucket_of_the_same_name_has_no_rules() {
    let mut world = world().await;
    world.delete("/bkt/k").send().await.ok();
    world.delete("/bkt").send().await.ok();
    world.put("/bkt").send().await.ok();
    world
        .get("/bkt?cors")
        .send()
        .await
        .fails(404, "NoSuchCORSConfiguration");
    world.reopen().await;
    world
        .get("/bkt?cors")
        .send()
        .await
        .fails(404, "NoSuchCORSConfiguration");
}

#[tokio::test]
async fn browsers_may_ask_without_credentials() {
    let world = world().await;
    for target in [
        "/bkt/k",
        "/bkt/none",
        "/bkt",
        "/bkt/k?partNumber=1&uploadId=x",
        "/bkt/k?versionId=v",
    ] {
        let ask = preflight(&world, target, APP, "PUT")
            .header("access-control-request-headers", "X-Amz-Date,content-type");
        let reply = ask.send().await.ok();
        assert_eq!(reply.status, 200, "{target}");
        assert_eq!(allowed(&reply), Some(APP));
        assert_eq!(
            reply.header("access-control-allow-credentials"),
            Some("true")
        );
        assert_eq!(
            reply.header("access-control-allow-methods"),
            Some("GET, PUT")
        );
        let headers = reply.header("access-control-allow-headers");
        assert_eq!(headers, Some("x-amz-date, content-type"));
        assert_eq!(reply.header("access-control-expose-headers"), Some("ETag"));
        assert_eq!(reply.header("access-control-max-age"), Some("600"));
        assert!(reply.body.is_empty());
        assert_eq!(reply.event.event_name, "PreflightObject");
        assert!(reply.event.read_only && !reply.event.management);
    }
    let by_host = world
        .ask(Method::OPTIONS, "/k")
        .host("bkt.s3.localhost")
        .anonymously()
        .header("origin", APP)
        .header("access-control-request-method", "GET");
    assert_eq!(allowed(&by_host.send().await.ok()), Some(APP));
}

#[tokio::test]
async fn what_no_rule_allows_is_refused_and_tells_nothing() {
    let world = world().await;
    world.put("/plain").send().await.ok();
    let not_allowed = "CORSResponse: This CORS request is not allowed.";
    let not_enabled = "CORSResponse: CORS is not enabled for this bucket.";
    for (target, origin, method, message, kind) in [
        (
            "/bkt/k",
            "https://evil.example",
            "PUT",
            not_allowed,
            "OBJECT",
        ),
        ("/bkt/k", APP, "DELETE", not_allowed, "OBJECT"),
        ("/bkt", "null", "GET", not_allowed, "BUCKET"),
        ("/plain/k", APP, "GET", not_enabled, "BUCKET"),
        // Whether there is such a bucket is nothing that a stranger is told.
        ("/none/k", APP, "GET", not_enabled, "BUCKET"),
    ] {
        let reply = preflight(&world, target, origin, method).send().await;
        let reply = reply.fails(403, "AccessForbidden");
        assert!(reply.element("Message").unwrap().starts_with(message));
        assert_eq!(reply.element("Method").as_deref(), Some(method));
        assert_eq!(reply.element("ResourceType").as_deref(), Some(kind));
        assert_eq!(allowed(&reply), None, "{target} {origin}");
    }
    let ask = world.ask(Method::OPTIONS, "/bkt/k").anonymously();
    let bare = ask.send().await.fails(400, "BadRequest");
    let message = "Insufficient information. Origin request header needed.";
    assert_eq!(bare.element("Message").as_deref(), Some(message));
    let ask = world.ask(Method::OPTIONS, "/bkt/k").anonymously();
    ask.header("origin", APP)
        .send()
        .await
        .fails(400, "BadRequest");
    let root = world.ask(Method::OPTIONS, "/").anonymously();
    root.header("origin", APP)
        .send()
        .await
        .fails(405, "MethodNotAllowed");
}

#[tokio::test]
async fn answers_name_an_origin_only_if_a_rule_allows_it() {
    let world = world().await;
    for (origin, own) in [
        (APP, true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let get = |target| world.get(target).header("origin", origin);
        let expected = own.then_some(origin);
        let found = get("/bkt/k").send().await.ok();
        assert_eq!(allowed(&found), expected, "{origin}");
        assert!(found.header("vary").unwrap().starts_with("Origin"));
        assert_eq!(
            found.header("access-control-allow-credentials").is_some(),
            own
        );
        // A page has to be able to read why it was refused.
        let missing = get("/bkt/none").send().await.fails(404, "NoSuchKey");
        assert_eq!(allowed(&missing), expected);
        let denied = get("/bkt/k")
            .anonymously()
            .send()
            .await
            .fails(403, "AccessDenied");
        assert_eq!(allowed(&denied), expected);
        let unreadable = get("/bkt/k?acl&tagging")
            .send()
            .await
            .fails(400, "InvalidArgument");
        assert_eq!(allowed(&unreadable), expected);
        // The method counts, and other buckets' rules don't.
        let delete = world
            .delete("/bkt/k2")
            .header("origin", origin)
            .send()
            .await
            .ok();
        assert_eq!(allowed(&delete), None);
        let elsewhere = get("/").send().await.ok();
        assert_eq!(
            (allowed(&elsewhere), elsewhere.header("vary")),
            (None, None)
        );
    }
    // A cache would otherwise give this answer to pages.
    let plain = world.get("/bkt/k").send().await.ok();
    assert!(plain.header("vary").unwrap().starts_with("Origin"));
    assert_eq!(allowed(&plain), None);
}

#[tokio::test]
async fn everybodys_rule_names_nobody() {
    let world = World::with_bucket().await;
    let rules = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
        <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
    world.put("/bkt?cors").body(rules).send().await.ok();
    let reply = preflight(&world, "/bkt/k", "https://evil.example", "GET")
        .send()
        .await
        .ok();
    assert_eq!(allowed(&reply), Some("*"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let ask =
        preflight(&world, "/bkt/k", APP, "GET").header("access-control-request-headers", "x-a");
    ask.send().await.fails(403, "AccessForbidden");
}

#[tokio::test]
async fn rules_open_nothing_to_who_may_not() {
    let world = world().await;
    let nobody = world.may("nobody", &[("s3:None", "*")]).await;
    let put = world
        .put("/bkt/k")
        .header("origin", APP)
        .by(&nobody)
        .body("x");
    put.send().await.fails(403, "AccessDenied");
    for (ask, action) in [
        (world.get("/bkt?cors"), "s3:GetBucketCORS"),
        (world.put("/bkt?cors").body(RULES), "s3:PutBucketCORS"),
        (world.delete("/bkt?cors"), "s3:PutBucketCORS"),
    ] {
        let denied = ask.by(&nobody).send().await.fails(403, "AccessDenied");
        assert!(denied.element("Message").unwrap().contains(action));
    }
}

/// Anybody may ask, so what one question costs has a bound.
#[tokio::test]
async fn a_page_that_names_too_many_headers_is_allowed_none() {
    let world = World::with_bucket().await;
    let rule = "<CORSRule><AllowedOrigin>http://o</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule>";
    let document = format!("<CORSConfiguration>{rule}</CORSConfiguration>");
    world.put("/bkt?cors").body(document).send().await.ok();
    let asked = async |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("h{number}")).collect();
        world
            .ask(http::Method::OPTIONS, "/bkt/k")
            .anonymously()
            .header("origin", "http://o")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", &names.join(","))
            .send()
            .await
    };
    asked(100).await.ok();
    let refused = asked(101).await.fails(403, "AccessForbidden");
    assert_eq!(refused.header("access-control-allow-origin"), None);
}
