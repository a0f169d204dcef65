//! What credentials cost: minting them, opening a token, verifying a request's signature.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark; criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderMap;
use http::header::HOST;
use jiff::Timestamp;
use session::sigv4::{Presented, RequestParts, Rules, SignedPayload, Signer, parse, sha256};
use session::{Federated, Keyring, Session, SessionKind, SessionPolicies};

const NOW: i64 = 1_795_262_400;

fn tokens(criterion: &mut Criterion) {
    let keyring = Keyring::generate(NOW);
    let session = session();
    criterion.bench_function("mint", |bencher| {
        bencher.iter(|| keyring.mint(black_box(&session)).unwrap());
    });
    let credentials = keyring.mint(&session).unwrap();
    criterion.bench_function("open", |bencher| {
        let (id, token) = (&credentials.access_key_id, &credentials.session_token);
        bencher.iter(|| keyring.open(black_box(id), token, NOW).unwrap());
    });
}

fn signatures(criterion: &mut Criterion) {
    let credentials = Keyring::generate(NOW).mint(&session()).unwrap();
    let now = Timestamp::from_second(NOW).unwrap();
    let rules = Rules::s3();
    let mut headers = HeaderMap::new();
    headers.insert(HOST, "localhost:8480".parse().unwrap());
    headers.insert("amz-sdk-request", "attempt=1".parse().unwrap());
    let unsigned = RequestParts {
        method: "GET",
        path: "/data/home/red/2026/11/report.csv",
        query: "partNumber=1",
        headers: &headers,
    };
    let signer = Signer {
        access_key_id: &credentials.access_key_id,
        secret: &credentials.secret_access_key,
        session_token: Some(&credentials.session_token),
        region: "eu-west-1",
    };
    let hash = sha256(b"");
    let added = signer
        .sign(&unsigned, SignedPayload::Sha256(hash), now, &rules)
        .unwrap();
    let mut headers = headers.clone();
    headers.extend(added);
    let parts = RequestParts {
        headers: &headers,
        ..unsigned
    };
    let read = || match parse(black_box(&parts), &rules).unwrap() {
        Presented::Signed(signed) => signed,
        Presented::Anonymous | Presented::SignedV2(_) => unreachable!("it is signed by version 4"),
    };
    criterion.bench_function("sigv4: parse", |bencher| bencher.iter(read));
    criterion.bench_function("sigv4: parse and verify", |bencher| {
        let secret = &credentials.secret_access_key;
        bencher.iter(|| read().verify(&parts, secret, Some(hash), &rules).unwrap());
    });
}

/// The session of a service account's role.
fn session() -> Session {
    let issuer = "oidc.example.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let key = |name: &str, value: &str| (format!("{issuer}:{name}"), vec![value.to_owned()]);
    Session {
        account: "123456789012".parse().unwrap(),
        kind: SessionKind::Role {
            role_id: "AROAQNZGKIQY56JQ7WMLA".to_owned(),
        },
        name: "botocore-session-1795262400".parse().unwrap(),
        issued_at: NOW,
        expires_at: NOW + 3600,
        source_identity: None,
        tags: Vec::new(),
        policies: SessionPolicies::default(),
        federated: Some(Federated {
            provider: format!("arn:aws:iam::123456789012:oidc-provider/{issuer}"),
            keys: vec![
                key("aud", "sts.amazonaws.com"),
                key("sub", "system:serviceaccount:ns:app"),
            ],
        }),
        mfa: None,
        chained: false,
        attested: Vec::new(),
    }
}

criterion_group!(benches, tokens, signatures);
criterion_main!(benches);
