//! How many issuers' keys are kept, and when none are fetched at all.

use federation::{Issuer, ProviderRef, PushedKeys, UnverifiedToken};

use crate::server::{DISCOVERY, KEYS, Reply, World, at, issuer_at, sign, verify};

/// An issuer at a path of the world's server.
fn issuer_below(world: &World, path: &str) -> Issuer {
    let issuer = issuer_at(world.server.url(path));
    let serve = |below: &str, body| {
        world
            .server
            .on(&format!("{path}{below}"), Reply::Body(body))
    };
    serve(DISCOVERY, issuer.discovery_document());
    serve(KEYS, issuer.jwks());
    issuer
}

async fn fetches(world: &World) -> [usize; 2] {
    let issuers = [issuer_below(world, "/one"), issuer_below(world, "/two")];
    for after in 0..3 {
        for issuer in &issuers {
            let text = sign(issuer, after);
            verify(&world.verifier, issuer.url(), &[], &text, after)
                .await
                .unwrap();
        }
    }
    ["/one", "/two"].map(|path| world.server.hits(&format!("{path}{KEYS}")))
}

#[tokio::test]
async fn the_keys_of_few_issuers_are_kept_and_of_more_they_are_fetched_again() {
    assert_eq!(fetches(&World::new().await).await, [1, 1]);
    let few = World::with(|config| config.max_issuers = 1).await;
    assert_eq!(fetches(&few).await, [3, 3]);
    // Less than one key set: only the last one asked for stays.
    let small = World::with(|config| config.max_key_bytes = 1000).await;
    assert_eq!(fetches(&small).await, [3, 3]);
}

#[tokio::test]
async fn nothing_is_fetched_for_a_provider_with_pushed_keys() {
    let world = World::new().await;
    let keys = PushedKeys::from_jwks(&world.issuer.jwks()).unwrap();
    let stranger = Issuer::generate(world.issuer.url().clone()).unwrap();
    let provider = ProviderRef {
        url: world.issuer.url(),
        thumbprints: &[],
        pushed: Some(&keys),
    };
    for (issuer, good) in [(&world.issuer, true), (&stranger, false)] {
        let token = UnverifiedToken::parse(&sign(issuer, 0)).unwrap();
        let result = world.verifier.verify(&token, &provider, at(0)).await;
        assert_eq!(result.is_ok(), good);
    }
    assert_eq!(world.server.hits("connection"), 0);
}

#[tokio::test]
async fn issuers_in_private_ranges_are_refused_where_that_is_configured() {
    let world = World::with(|config| {
        config.private_networks = false;
        config.timeout = std::time::Duration::from_secs(2);
    })
    .await;
    for host in ["10.255.255.1", "192.168.255.254"] {
        let issuer = issuer_at(format!("https://{host}:8443").parse().unwrap());
        let error = verify(&world.verifier, issuer.url(), &[], &sign(&issuer, 0), 0)
            .await
            .unwrap_err();
        assert!(
            error.detail().contains("isn't allowed"),
            "{}",
            error.detail()
        );
    }
}
