//! Issuers that redirect, flood, stall, or point elsewhere.

use std::time::{Duration, Instant};

use federation::TokenError;
use serde_json::{Value, json};

use crate::server::{DISCOVERY, KEYS, Reply, TURNS, World};

#[tokio::test]
async fn redirects_are_not_followed() {
    let world = World::new().await;
    let cases = [(DISCOVERY, 302), (DISCOVERY, 308), (KEYS, 301), (KEYS, 307)];
    for ((path, status), after) in cases.into_iter().zip(TURNS) {
        world.server.publish(&world.issuer);
        world.server.on("/target", Reply::Body(world.issuer.jwks()));
        world
            .server
            .on(path, Reply::Status(status, "Location: /target\r\n"));
        let error = world.verify(after).await.unwrap_err();
        assert!(
            matches!(error, TokenError::Unverifiable { .. }),
            "{path}: {error:?}"
        );
    }
    assert_eq!(world.server.hits("/target"), 0);
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let world = World::new().await;
    for (path, after) in [(DISCOVERY, 0), (KEYS, 10)] {
        world.server.publish(&world.issuer);
        world.server.on(path, Reply::Endless);
        let error = world.verify(after).await.unwrap_err();
        assert!(
            error.detail().contains("more than 1 MiB"),
            "{}",
            error.detail()
        );
    }
    let body = [world.issuer.jwks(), vec![b' '; 1024 * 1024]].concat();
    world.server.publish(&world.issuer);
    world.server.on(KEYS, Reply::Body(body));
    assert!(world.verify(20).await.is_err());
    assert_eq!(world.server.hits(KEYS), 2);
}

#[tokio::test]
async fn slow_and_silent_servers_use_up_one_budget() {
    let world = World::with(|config| config.timeout = Duration::from_millis(400)).await;
    let cases = [
        (DISCOVERY, Reply::Drip),
        (KEYS, Reply::Drip),
        (DISCOVERY, Reply::Silence),
        (KEYS, Reply::Silence),
    ];
    for ((path, reply), after) in cases.into_iter().zip(TURNS) {
        world.server.publish(&world.issuer);
        world.server.on(path, reply);
        let started = Instant::now();
        let error = world.verify(after).await.unwrap_err();
        assert_eq!(error.code(), "IDPCommunicationError", "{path}: {error:?}");
        // Far above the budget, so that a busy machine passes; without a budget this never returns.
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn ten_thousand_keys_are_refused() {
    let world = World::new().await;
    let document: Value = serde_json::from_slice(&world.issuer.jwks()).unwrap();
    let own = &document["keys"][0];
    let small = |n: usize| json!({"kty": "RSA", "kid": format!("k{n}"), "n": "AQAB", "e": "AQAB"});
    let mut keys: Vec<Value> = (0..10_000).map(small).collect();
    keys.insert(0, own.clone());
    world.server.on(
        KEYS,
        Reply::Body(json!({ "keys": keys }).to_string().into_bytes()),
    );
    let error = world.verify(0).await.unwrap_err();
    assert_eq!(error.code(), "InvalidIdentityToken");
    assert!(
        error.detail().contains("more than 100 keys"),
        "{}",
        error.detail()
    );
}

#[tokio::test]
async fn the_discovery_document_cannot_point_into_the_host_or_its_cloud() {
    let world = World::new().await;
    let port = world.server.port;
    let targets = [
        "https://169.254.169.254/latest/meta-data/iam".to_owned(),
        format!("https://[::1]:{port}{KEYS}"),
        format!("https://0.0.0.0:{port}{KEYS}"),
        "https://[fd00:ec2::254]/latest".to_owned(),
        "https://[::ffff:169.254.169.254]/".to_owned(),
        "https://2852039166/".to_owned(),
        format!("http://localhost:{port}{KEYS}"),
        "file:///etc/passwd".to_owned(),
        "https://".to_owned(),
    ];
    for (target, after) in targets.into_iter().zip(TURNS) {
        let document = json!({"issuer": world.issuer.url(), "jwks_uri": target});
        world
            .server
            .on(DISCOVERY, Reply::Body(document.to_string().into_bytes()));
        let error = world.verify(after).await.unwrap_err();
        assert!(
            matches!(error, TokenError::Unverifiable { .. }),
            "{target}: {error:?}"
        );
    }
    assert_eq!(world.server.hits(DISCOVERY), 9);
    assert_eq!(world.server.hits(KEYS), 0);
}
