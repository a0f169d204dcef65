//! From a provider's URL to its keys.

use federation::{Issuer, TokenError, Verifier, VerifierConfig};

use crate::server::{
    DISCOVERY, KEYS, Reply, Server, TURNS, World, config, for_name, issuer_at, sign, verify,
};

#[tokio::test]
async fn a_token_is_verified_by_discovery_and_the_keys_are_kept() {
    let world = World::new().await;
    for _ in 0..100 {
        let claims = world.verify(0).await.unwrap();
        assert_eq!(claims.subject, "system:serviceaccount:ns:sa");
    }
    assert_eq!(
        (world.server.hits(DISCOVERY), world.server.hits(KEYS)),
        (1, 1)
    );
}

#[tokio::test]
async fn an_issuer_with_a_path_and_a_trailing_slash_is_found_below_it() {
    let world = World::new().await;
    let url = world.server.url("/id/A/");
    let issuer = issuer_at(url.clone());
    world.server.on(
        "/id/A/.well-known/openid-configuration",
        Reply::Body(issuer.discovery_document()),
    );
    world
        .server
        .on("/id/A/keys.json", Reply::Body(issuer.jwks()));
    let claims = verify(&world.verifier, &url, &[], &sign(&issuer, 0), 0)
        .await
        .unwrap();
    assert_eq!(claims.issuer, url);
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_refused() {
    let world = World::new().await;
    let url = world.server.url("");
    let others = [
        format!("{url}/"),
        "https://evil.example".to_owned(),
        url.to_string().replace("localhost", "LOCALHOST"),
        url.to_string().replace("https", "http"),
    ];
    for (other, after) in others.into_iter().zip(TURNS) {
        let document = format!(r#"{{"issuer":"{other}","jwks_uri":"{url}{KEYS}"}}"#);
        world
            .server
            .on(DISCOVERY, Reply::Body(document.into_bytes()));
        let error = world.verify(after).await.unwrap_err();
        assert!(
            matches!(error, TokenError::Unverifiable { .. }),
            "{other}: {error:?}"
        );
    }
    assert_eq!(world.server.hits(KEYS), 0);
}

#[tokio::test]
async fn the_key_set_may_be_at_another_host() {
    let world = World::new().await;
    let keys = Server::start(world.authority.certify(for_name("localhost"))).await;
    keys.on("/other", Reply::Body(world.issuer.jwks()));
    let document = format!(
        r#"{{"issuer":"{}","jwks_uri":"{}"}}"#,
        world.server.url(""),
        keys.url("/other")
    );
    world
        .server
        .on(DISCOVERY, Reply::Body(document.into_bytes()));
    world.verify(0).await.unwrap();
    assert_eq!((keys.hits("/other"), world.server.hits(KEYS)), (1, 0));
}

#[tokio::test]
async fn what_an_issuer_answers_decides_the_error() {
    let world = World::new().await;
    let mut after = 0;
    for (path, reply, code) in [
        (DISCOVERY, Reply::Status(404, ""), "InvalidIdentityToken"),
        (DISCOVERY, Reply::Status(403, ""), "InvalidIdentityToken"),
        (DISCOVERY, Reply::Status(503, ""), "IDPCommunicationError"),
        (DISCOVERY, Reply::Status(429, ""), "IDPCommunicationError"),
        (
            DISCOVERY,
            Reply::Body(b"<html>".to_vec()),
            "InvalidIdentityToken",
        ),
        (KEYS, Reply::Status(404, ""), "InvalidIdentityToken"),
        (KEYS, Reply::Status(500, ""), "IDPCommunicationError"),
        (
            KEYS,
            Reply::Body(br#"{"keys":[]}"#.to_vec()),
            "InvalidIdentityToken",
        ),
        (KEYS, Reply::Body(b"[]".to_vec()), "InvalidIdentityToken"),
    ] {
        world.server.publish(&world.issuer);
        world.server.on(path, reply);
        after += 3600;
        let error = world.verify(after).await.unwrap_err();
        assert_eq!(error.code(), code, "{path}: {error:?}");
    }
    world.server.publish(&world.issuer);
    world.verify(after + 3600).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_unreachable() {
    let world = World::new().await;
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for url in [
        format!("https://localhost:{port}"),
        "https://no-such-host.invalid".to_owned(),
    ] {
        let issuer = issuer_at(url.parse().unwrap());
        let error = verify(&world.verifier, issuer.url(), &[], &sign(&issuer, 0), 0)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "IDPCommunicationError", "{error:?}");
        assert!(!error.message().contains(&url), "the caller isn't told why");
    }
}

#[tokio::test]
async fn issuers_on_this_host_are_not_even_connected_to() {
    let world = World::new().await;
    let guarded = Verifier::new(VerifierConfig {
        allowed_networks: Vec::new(),
        ..config(&world.authority)
    })
    .unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}", world.server.port);
        let issuer: Issuer = issuer_at(url.parse().unwrap());
        let error = verify(&guarded, issuer.url(), &[], &sign(&issuer, 0), 0)
            .await
            .unwrap_err();
        assert!(
            matches!(error, TokenError::Unverifiable { .. }),
            "{error:?}"
        );
        assert!(
            error.detail().contains("isn't allowed"),
            "{}",
            error.detail()
        );
    }
    assert_eq!(world.server.hits("connection"), 0);
}
