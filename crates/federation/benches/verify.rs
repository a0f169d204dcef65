//! What verifying a token costs with the key at hand, beside the bare signature verification in it.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark; criterion's macros make undocumented items"
)]

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use criterion::{Criterion, criterion_group, criterion_main};
use federation::{
    Issuer, IssuerUrl, ProviderRef, ServiceAccountToken, UnverifiedToken, Verifier, VerifierConfig,
};
use jiff::Timestamp;

fn verify(criterion: &mut Criterion) {
    let now = Timestamp::from_second(1_795_262_400).unwrap();
    let url: IssuerUrl = "https://oidc.example/id/ABCDEF".parse().unwrap();
    let issuer = Arc::new(Issuer::generate(url.clone()).unwrap());
    let request = ServiceAccountToken {
        account: "my-app/reader".parse().unwrap(),
        audiences: vec!["sts.amazonaws.com".to_owned()],
        lifetime_seconds: 86_400,
        pod: None,
    };
    let text = issuer.sign(&request, now).unwrap();
    let verifier = |max_verified_tokens| {
        let verifier = Verifier::new(VerifierConfig {
            max_verified_tokens,
            ..VerifierConfig::default()
        });
        let verifier = verifier.unwrap();
        verifier.host(Arc::clone(&issuer));
        verifier
    };
    let provider = ProviderRef {
        url: &url,
        thumbprints: &[],
        pushed: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();

    let mut group = criterion.benchmark_group("RS256-2048");
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()).unwrap();
    let (message, _) = text.rsplit_once('.').unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    group.bench_function("signature alone", |bencher| {
        bencher.iter(|| {
            key.verify_sig(black_box(message.as_bytes()), &signature)
                .unwrap()
        });
    });
    for (name, verifier) in [
        ("parse and verify a token", verifier(0)),
        (
            "parse and verify a token that is remembered",
            verifier(1000),
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let token = UnverifiedToken::parse(black_box(&text)).unwrap();
                runtime
                    .block_on(verifier.verify(&token, &provider, now))
                    .unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
