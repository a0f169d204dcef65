//! Issuers whose documents are in a place of this process: that place or the network, never one instead of the other.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use federation::{
    Claims, Document, LocalDocuments, Place, ProviderRef, Registered, TokenError, UnverifiedToken,
};

use crate::server::{DISCOVERY, KEYS, Reply, World, at, sign};

const OWNER: &str = "123456789012";

/// One place, of which this is the identity now, and its documents by URL.
#[derive(Debug, Default)]
struct Kept {
    identity: Mutex<Option<&'static str>>,
    documents: Mutex<HashMap<String, Vec<u8>>>,
}

impl LocalDocuments for Kept {
    fn place(&self, _: &str, account: &str) -> Option<Place> {
        let identity = (*self.identity.lock().unwrap())?.to_owned();
        let name = "here".to_owned();
        (account == OWNER).then_some(Place { identity, name })
    }

    fn document<'a>(
        &'a self,
        url: &'a str,
        provider: Registered<'a>,
    ) -> Pin<Box<dyn Future<Output = Document> + Send + 'a>> {
        let place = self.place(url, provider.account);
        let found = self.documents.lock().unwrap().get(url).cloned();
        Box::pin(async move {
            let same = place.is_some_and(|place| place.identity == provider.place);
            found.filter(|_| same).ok_or("it is gone".to_owned())
        })
    }
}

impl Kept {
    /// Puts the issuer's documents there.
    fn put(&self, world: &World) {
        let url = |path| world.server.url(path).to_string();
        *self.identity.lock().unwrap() = Some("first");
        *self.documents.lock().unwrap() = HashMap::from([
            (url(DISCOVERY), world.issuer.discovery_document()),
            (url(KEYS), world.issuer.jwks()),
        ]);
    }
}

/// Verifies a fresh token for a provider with this place.
async fn verify(world: &World, place: Option<&str>) -> Result<Claims, TokenError> {
    let text = sign(&world.issuer, 0);
    let provider = ProviderRef {
        url: world.issuer.url(),
        thumbprints: &[],
        pushed: None,
    };
    let registered = place.map(|place| Registered {
        account: OWNER,
        place,
    });
    let token = UnverifiedToken::parse(&text).unwrap();
    let audiences = ["sts.amazonaws.com".to_owned()];
    let verifier = &world.verifier;
    verifier
        .accept(&token, &provider, registered, &audiences, at(0))
        .await
        .map(|accepted| accepted.claims)
        .map_err(|refused| refused.error)
}

async fn world() -> (World, Arc<Kept>) {
    let world = World::new().await;
    let kept = Arc::new(Kept::default());
    world
        .verifier
        .read_local(Arc::clone(&kept) as Arc<dyn LocalDocuments>);
    (world, kept)
}

#[tokio::test]
async fn a_provider_with_a_place_is_never_fetched() {
    let (world, kept) = world().await;
    kept.put(&world);
    verify(&world, Some("first")).await.unwrap();
    // Made again, gone, and without one document.
    *kept.identity.lock().unwrap() = Some("second");
    let again = verify(&world, Some("first")).await;
    *kept.identity.lock().unwrap() = None;
    let gone = verify(&world, Some("first")).await;
    kept.put(&world);
    let keys = world.server.url(KEYS).to_string();
    kept.documents.lock().unwrap().remove(&keys);
    let partly = verify(&world, Some("first")).await;
    for refused in [again, gone, partly] {
        let error = refused.unwrap_err();
        assert!(matches!(error, TokenError::Unverifiable { .. }));
        assert!(error.detail().contains("it is gone"), "{}", error.detail());
    }
    // Nor when nothing is kept here any more.
    let other = World::new().await;
    assert!(verify(&other, Some("first")).await.is_err());
    assert_eq!(
        world.server.hits(DISCOVERY) + other.server.hits(DISCOVERY),
        0
    );
}

#[tokio::test]
async fn a_provider_without_a_place_is_only_fetched() {
    let (world, kept) = world().await;
    kept.put(&world);
    world.server.on(DISCOVERY, Reply::Status(404, ""));
    verify(&world, None).await.unwrap_err();
    assert_eq!(world.server.hits(DISCOVERY), 1);
}

#[tokio::test]
async fn a_place_counts_with_the_issuers_discovery_document_in_it() {
    let (world, kept) = world().await;
    let url = world.issuer.url();
    let place = async |account| world.verifier.local_place(url, account).await;
    assert_eq!(place(OWNER).await, None);
    *kept.identity.lock().unwrap() = Some("first");
    assert_eq!(place(OWNER).await, None);
    kept.put(&world);
    assert_eq!(place(OWNER).await.unwrap().identity, "first");
    assert_eq!(place("210987654321").await, None);
    let at = world.server.url(DISCOVERY).to_string();
    let foreign = br#"{"issuer":"https://evil.example","jwks_uri":"https://evil.example/k"}"#;
    let foreign = foreign.to_vec();
    kept.documents.lock().unwrap().insert(at, foreign);
    assert_eq!(place(OWNER).await, None);
    assert_eq!(world.server.hits(DISCOVERY), 0);
}
