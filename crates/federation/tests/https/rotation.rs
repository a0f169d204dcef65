//! How long keys count, and how often they are fetched.

use std::sync::Arc;

use federation::{Issuer, TokenError};

use crate::server::{DISCOVERY, KEYS, Reply, World, at, issuer_at, sign, verify};

#[tokio::test]
async fn a_new_key_is_accepted_after_one_refresh() {
    let mut world = World::new().await;
    world.verify(0).await.unwrap();
    let old = sign(&world.issuer, 0);
    world.issuer = world.issuer.with_new_key(at(0)).unwrap();
    world.server.publish(&world.issuer);
    world.verify(11).await.unwrap();
    assert_eq!(world.server.hits(KEYS), 2);
    // The earlier key is still published, so its tokens go on.
    verify(&world.verifier, world.issuer.url(), &[], &old, 12)
        .await
        .unwrap();
    assert_eq!(world.server.hits(KEYS), 2);
}

#[tokio::test]
async fn a_removed_key_is_refused_once_the_refresh_is_due() {
    let mut world = World::new().await;
    let old = sign(&world.issuer, 0);
    let url = &world.issuer.url().clone();
    verify(&world.verifier, url, &[], &old, 0).await.unwrap();

    let (removed, _) = world.issuer.key_ids(at(0)).swap_remove(0);
    let rotated = world.issuer.with_new_key(at(0)).unwrap();
    world.issuer = rotated.without_key(&removed, at(0)).unwrap();
    world.server.publish(&world.issuer);
    verify(&world.verifier, url, &[], &old, 200).await.unwrap();
    let error = verify(&world.verifier, url, &[], &old, 300)
        .await
        .unwrap_err();
    assert!(
        matches!(error, TokenError::Unverifiable { .. }),
        "{error:?}"
    );
    world.verify(300).await.unwrap();
}

#[tokio::test]
async fn keys_outlive_an_outage_for_a_bounded_time() {
    let world = World::new().await;
    world.verify(0).await.unwrap();
    world.server.on(DISCOVERY, Reply::Status(503, ""));
    world.verify(299).await.unwrap();
    world.verify(400).await.unwrap();
    world.verify(3_599).await.unwrap();
    let error = world.verify(3_620).await.unwrap_err();
    assert_eq!(error.code(), "IDPCommunicationError");
    world.server.publish(&world.issuer);
    world.verify(3_640).await.unwrap();
}

#[tokio::test]
async fn a_clock_set_back_does_not_make_keys_young() {
    let world = World::new().await;
    world.verify(10_000).await.unwrap();
    world.verify(0).await.unwrap();
    assert_eq!(world.server.hits(KEYS), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_does_not_fetch_for_each() {
    let world = Arc::new(World::new().await);
    world.verify(0).await.unwrap();
    let foreign = Issuer::generate(world.issuer.url().clone()).unwrap();
    let text = Arc::new(sign(&foreign, 0));
    for after in [1, 11, 12, 20] {
        let flood: Vec<_> = (0..250)
            .map(|_| {
                let (world, text) = (Arc::clone(&world), Arc::clone(&text));
                tokio::spawn(async move {
                    verify(&world.verifier, world.issuer.url(), &[], &text, after).await
                })
            })
            .collect();
        for refused in flood {
            let error = refused.await.unwrap().unwrap_err();
            assert!(
                matches!(error, TokenError::Unverifiable { .. }),
                "{error:?}"
            );
        }
    }
    // One for the cold start, one for the thousand: at 1 s, 12 s and 20 s the last fetch is too young.
    assert_eq!(
        (world.server.hits(DISCOVERY), world.server.hits(KEYS)),
        (2, 2)
    );
    world.verify(20).await.unwrap();
}

#[tokio::test]
async fn callers_who_come_at_once_share_one_fetch() {
    let world = Arc::new(World::new().await);
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.verify(0).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(world.server.hits(DISCOVERY), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_end_the_fetch() {
    let world = World::new().await;
    {
        let first = std::pin::pin!(world.verify(0));
        let moment = std::time::Duration::ZERO;
        assert!(tokio::time::timeout(moment, first).await.is_err());
    }
    world.verify(0).await.unwrap();
    assert_eq!(world.server.hits(DISCOVERY), 1);
}

#[tokio::test]
async fn an_issuer_that_fails_is_not_asked_for_every_token() {
    let world = World::new().await;
    world.server.on(DISCOVERY, Reply::Status(503, ""));
    for _ in 0..20 {
        assert_eq!(
            world.verify(0).await.unwrap_err().code(),
            "IDPCommunicationError"
        );
    }
    assert_eq!(world.server.hits(DISCOVERY), 1);
    world.server.publish(&world.issuer);
    world.verify(10).await.unwrap();
}

#[tokio::test]
async fn keys_are_renewed_before_anybody_has_to_wait() {
    let world = World::new().await;
    world.verify(0).await.unwrap();
    world.verify(239).await.unwrap();
    assert_eq!(world.server.hits(KEYS), 1);
    world.verify(241).await.unwrap();
    while world.server.hits(KEYS) < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn forgetting_an_issuer_keeps_its_keys_and_the_limit_on_fetches() {
    let world = World::new().await;
    let url = world.issuer.url();
    world.verify(0).await.unwrap();
    for _ in 0..5 {
        world.verifier.forget(url);
        world.verify(0).await.unwrap();
    }
    assert_eq!(world.server.hits(DISCOVERY), 1);
    let other = issuer_at(url.clone()).with_new_key(at(0)).unwrap();
    let unknown = sign(&other, 1);
    for _ in 0..5 {
        world.verifier.forget(url);
        verify(&world.verifier, url, &[], &unknown, 1)
            .await
            .unwrap_err();
    }
    assert_eq!(world.server.hits(DISCOVERY), 1);
}

#[tokio::test]
async fn an_issuer_that_is_hosted_is_no_longer_fetched() {
    let world = World::new().await;
    world.verify(0).await.unwrap();
    world
        .verifier
        .host(Arc::new(issuer_at(world.issuer.url().clone())));
    world.verify(5_000).await.unwrap();
    assert_eq!(world.server.hits(DISCOVERY), 1);
}
