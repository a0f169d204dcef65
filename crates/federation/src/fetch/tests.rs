//! Discovery documents, and names that resolve differently from one moment to the next.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use tokio::net::TcpListener;

use super::*;
use crate::testing::NOW;

#[test]
fn the_discovery_document_must_name_the_issuer_exactly() {
    let issuer: IssuerUrl = "https://host.example/id".parse().unwrap();
    let document =
        |name: &str| format!(r#"{{"issuer":"{name}","jwks_uri":"https://other.example/keys"}}"#);
    let url = key_set_url(&issuer, document("https://host.example/id").as_bytes());
    assert_eq!(url.unwrap(), "https://other.example/keys");
    for name in [
        "https://host.example/id/",
        "https://host.example/ID",
        "https://HOST.example/id",
        "http://host.example/id",
        "https://host.example:443/id",
        "https://user@host.example/id",
        "https://host.example",
        "https://host.example/id2",
        "",
    ] {
        let result = key_set_url(&issuer, document(name).as_bytes());
        assert!(
            matches!(result, Err(TokenError::Unverifiable { .. })),
            "{name}"
        );
    }
}

#[test]
fn the_key_set_is_fetched_over_https_only() {
    let issuer: IssuerUrl = "https://host.example".parse().unwrap();
    for url in [
        r#""http://host.example/keys""#,
        r#""HTTP://host.example/keys""#,
        r#""file:///etc/passwd""#,
        r#""//host.example/keys""#,
        r#""/keys""#,
        r#""""#,
        "7",
        "null",
    ] {
        let document = format!(r#"{{"issuer":"https://host.example","jwks_uri":{url}}}"#);
        assert!(key_set_url(&issuer, document.as_bytes()).is_err(), "{url}");
    }
    let twice = r#"{"issuer":"https://evil.example","issuer":"https://host.example","jwks_uri":"https://a"}"#;
    assert!(key_set_url(&issuer, twice.as_bytes()).is_err());
    assert!(key_set_url(&issuer, b"<html>").is_err());
}

/// Answers with one list of addresses after the other.
struct Rebinding(Mutex<Vec<Vec<SocketAddr>>>);

impl Lookup for Rebinding {
    fn lookup(
        &self,
        _: String,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        let answer = self.0.lock().unwrap().remove(0);
        Box::pin(async { Ok(answer) })
    }
}

/// Two listeners on one port, at 127.0.0.2 and 127.0.0.1.
async fn listeners() -> (TcpListener, TcpListener) {
    loop {
        let one = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let port = one.local_addr().unwrap().port();
        // The port may be somebody else's at the other address.
        if let Ok(other) = TcpListener::bind(("127.0.0.1", port)).await {
            return (one, other);
        }
    }
}

/// Counts connections to a listener and closes them.
fn counting(listener: TcpListener) -> (SocketAddr, Arc<AtomicUsize>) {
    let local = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    (local, count)
}

#[tokio::test]
async fn a_name_that_rebinds_to_this_host_reaches_nothing() {
    // The issuer may be at 127.0.0.2 and nowhere else on this host.
    let (one, other) = listeners().await;
    let (good, reached) = counting(one);
    let (bad, attacked) = counting(other);
    let metadata: SocketAddr = "169.254.169.254:0".parse().unwrap();
    let config = VerifierConfig {
        allowed_networks: vec!["127.0.0.2/32".parse().unwrap()],
        ..VerifierConfig::default()
    };
    let at = |ip: SocketAddr| SocketAddr::new(ip.ip(), 0);
    let answers = vec![
        vec![at(good)],
        vec![at(bad)],
        vec![metadata],
        vec![at(bad), at(good), metadata],
    ];
    let lookup = Arc::new(Rebinding(Mutex::new(answers)));
    let fetcher = Fetcher {
        lookup: Arc::<Rebinding>::clone(&lookup),
        ..Fetcher::new(&config).unwrap()
    };
    let issuer: IssuerUrl = format!("https://rebinding.example:{}", good.port())
        .parse()
        .unwrap();
    let now = Timestamp::from_second(NOW).unwrap();
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let error = fetcher.fetch(&issuer, &[], now).await.unwrap_err();
        outcomes.push((error.code(), error.detail().contains("isn't allowed")));
    }
    assert_eq!(
        outcomes,
        [
            ("IDPCommunicationError", false),
            ("InvalidIdentityToken", true),
            ("InvalidIdentityToken", true),
            ("IDPCommunicationError", false),
        ]
    );
    assert!(
        lookup.0.lock().unwrap().is_empty(),
        "one look-up for each fetch"
    );
    assert!(reached.load(Ordering::SeqCst) >= 2);
    assert_eq!(attacked.load(Ordering::SeqCst), 0);
}
