//! Which servers are trusted to speak for an issuer.

use aws_lc_rs::digest;
use federation::{TokenError, Verifier, VerifierConfig};
use rcgen::{BasicConstraints, IsCa};
use rustls::pki_types::CertificateDer;

use crate::server::{
    Authority, DISCOVERY, Identity, NOW, Server, config, for_name, issuer_at, sign, verify,
};

fn thumbprint(certificate: &CertificateDer<'_>) -> String {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A verifier that knows no root of ours.
fn stranger() -> Verifier {
    let other = Authority::new();
    Verifier::new(config(&other)).unwrap()
}

async fn outcome(
    verifier: &Verifier,
    server: &Server,
    thumbprints: &[String],
    after: i64,
) -> Result<(), TokenError> {
    let issuer = issuer_at(server.url(""));
    server.publish(&issuer);
    let text = sign(&issuer, after);
    verify(verifier, issuer.url(), thumbprints, &text, after)
        .await
        .map(drop)
}

fn assert_untrusted(result: Result<(), TokenError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, TokenError::Thumbprint { .. }), "{error:?}");
    assert_eq!(
        error.message(),
        "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    );
}

#[tokio::test]
async fn a_server_behind_no_root_and_no_thumbprint_is_refused() {
    let authority = Authority::new();
    let server = Server::start(authority.certify(for_name("localhost"))).await;
    let other = thumbprint(&Authority::new().der);
    assert_untrusted(outcome(&stranger(), &server, &[], 0).await);
    assert_untrusted(outcome(&stranger(), &server, &[other, "junk".to_owned()], 0).await);
    assert_eq!(server.hits(DISCOVERY), 0);

    // The platform's roots alone are no help either.
    let plain = Verifier::new(VerifierConfig {
        extra_roots_pem: None,
        ..config(&authority)
    })
    .unwrap();
    assert_untrusted(outcome(&plain, &server, &[], 0).await);
}

#[tokio::test]
async fn a_registered_thumbprint_stands_in_for_a_root() {
    let authority = Authority::new();
    let identity = authority.certify(for_name("localhost"));
    let leaf = thumbprint(&identity.chain[0]);
    let server = Server::start(identity).await;
    let ca = thumbprint(&authority.der);
    for thumbprints in [
        vec![ca.clone()],
        vec![ca.to_uppercase()],
        vec!["00".repeat(20), leaf],
    ] {
        outcome(&stranger(), &server, &thumbprints, 0)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_registered_certificate_that_is_only_sent_along_vouches_for_nothing() {
    let registered = Authority::new();
    let impostor = Authority::new();
    let mut identity = impostor.certify(for_name("localhost"));
    identity.chain.push(registered.der.clone());
    let server = Server::start(identity).await;
    assert_untrusted(outcome(&stranger(), &server, &[thumbprint(&registered.der)], 0).await);
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_its_thumbprint() {
    let mut as_ca = for_name("localhost");
    as_ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for params in [for_name("localhost"), as_ca] {
        let identity = Identity::self_signed(params);
        let own = thumbprint(&identity.chain[0]);
        let server = Server::start(identity).await;
        assert_untrusted(outcome(&stranger(), &server, &[], 0).await);
        outcome(&stranger(), &server, &[own], 0).await.unwrap();
    }
}

#[tokio::test]
async fn a_thumbprint_excuses_neither_a_wrong_name_nor_a_wrong_date() {
    let authority = Authority::new();
    let ca = thumbprint(&authority.der);

    let identity = authority.certify(for_name("other.example"));
    let leaf = thumbprint(&identity.chain[0]);
    let server = Server::start(identity).await;
    assert!(
        outcome(&stranger(), &server, &[ca.clone(), leaf], 0)
            .await
            .is_err()
    );
    let trusting = Verifier::new(config(&authority)).unwrap();
    assert!(outcome(&trusting, &server, &[], 0).await.is_err());

    let mut params = for_name("localhost");
    params.not_before = rcgen::date_time_ymd(2026, 11, 1);
    params.not_after = rcgen::date_time_ymd(2026, 12, 1);
    let identity = authority.certify(params);
    let leaf = thumbprint(&identity.chain[0]);
    let server = Server::start(identity).await;
    for thumbprints in [vec![ca], vec![leaf]] {
        // NOW is 21 November.
        outcome(&stranger(), &server, &thumbprints, 0)
            .await
            .unwrap();
        for day in [-30, 30] {
            let result = outcome(&stranger(), &server, &thumbprints, day * 86_400).await;
            assert_untrusted(result);
        }
    }
    assert_eq!(NOW, 1_795_262_400);
}

#[tokio::test]
async fn keys_fetched_on_a_thumbprint_do_not_serve_a_provider_without_it() {
    let authority = Authority::new();
    let server = Server::start(authority.certify(for_name("localhost"))).await;
    let verifier = stranger();
    outcome(&verifier, &server, &[thumbprint(&authority.der)], 0)
        .await
        .unwrap();
    assert_untrusted(outcome(&verifier, &server, &[], 0).await);
}
