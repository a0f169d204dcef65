//! An https server that answers as a test tells it to, and an issuer behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use federation::{
    Claims, Issuer, IssuerUrl, ProviderRef, ServiceAccountToken, TokenError, UnverifiedToken,
    Verifier, VerifierConfig,
};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// 2026-11-21T12:00:00Z.
pub(crate) const NOW: i64 = 1_795_262_400;

/// The answer to a path.
#[derive(Clone)]
pub(crate) enum Reply {
    Body(Vec<u8>),
    Status(u16, &'static str),
    /// A body without end.
    Endless,
    /// One byte of the header every 50 ms.
    Drip,
    /// Nothing, ever.
    Silence,
}

/// A certificate authority.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
}

/// A server's certificate chain and key.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Issuers are found by name, so each authority has its own.
        let name = format!("test authority {:?}", key.public_key_raw());
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: rcgen::Issuer::new(params, key),
        }
    }

    /// A certificate for a name, with this authority's own behind it.
    pub(crate) fn certify(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            chain: vec![certificate.der().clone(), self.der.clone()],
            key,
        }
    }
}

impl Identity {
    pub(crate) fn self_signed(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            key,
        }
    }
}

pub(crate) fn for_name(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

pub(crate) struct Server {
    pub(crate) port: u16,
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    hits: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(identity: Identity) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            replies: Arc::default(),
            hits: Arc::default(),
        };
        let (replies, hits) = (Arc::clone(&server.replies), Arc::clone(&server.hits));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, replies) = (acceptor.clone(), Arc::clone(&replies));
                let hits = Arc::clone(&hits);
                hits.lock().unwrap().push("connection".to_owned());
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(stream).await else {
                        return;
                    };
                    while let Some(path) = request(&mut tls).await {
                        hits.lock().unwrap().push(path.clone());
                        let reply = replies.lock().unwrap().get(&path).cloned();
                        let reply = reply.unwrap_or(Reply::Status(404, ""));
                        if answer(&mut tls, reply).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> IssuerUrl {
        format!("https://localhost:{}{path}", self.port)
            .parse()
            .unwrap()
    }

    pub(crate) fn on(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// How often a path was asked for; `connection` counts connections.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.hits
            .lock()
            .unwrap()
            .iter()
            .filter(|hit| *hit == path)
            .count()
    }

    /// Serves an issuer's two documents as they are now.
    pub(crate) fn publish(&self, issuer: &Issuer) {
        self.on(DISCOVERY, Reply::Body(issuer.discovery_document()));
        self.on(KEYS, Reply::Body(issuer.jwks()));
    }
}

pub(crate) const DISCOVERY: &str = Issuer::DISCOVERY_PATH;
pub(crate) const KEYS: &str = Issuer::KEY_SET_PATH;

/// Seconds after the start, so far apart that an issuer that failed is asked again each time.
pub(crate) const TURNS: [i64; 10] = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90];

async fn request(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    head.split(' ').nth(1).map(str::to_owned)
}

async fn answer(stream: &mut (impl AsyncWriteExt + Unpin), reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Body(body) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
        }
        Reply::Status(status, headers) => {
            let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(&[b' '; 16 * 1024]).await?;
            }
        }
        Reply::Drip => {
            for byte in b"HTTP/1.1 200 OK\r\nX: "
                .iter()
                .chain(std::iter::repeat(&b'a'))
            {
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Reply::Silence => std::future::pending().await,
    }
    stream.flush().await
}

/// An issuer at a server that a verifier trusts.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) issuer: Issuer,
    pub(crate) verifier: Verifier,
    pub(crate) authority: Authority,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut VerifierConfig)) -> Self {
        let authority = Authority::new();
        let server = Server::start(authority.certify(for_name("localhost"))).await;
        let issuer = issuer_at(server.url(""));
        server.publish(&issuer);
        let mut config = config(&authority);
        change(&mut config);
        Self {
            server,
            issuer,
            verifier: Verifier::new(config).unwrap(),
            authority,
        }
    }

    /// Verifies a fresh token of the issuer so many seconds after the start.
    pub(crate) async fn verify(&self, after: i64) -> Result<Claims, TokenError> {
        let text = sign(&self.issuer, after);
        verify(&self.verifier, self.issuer.url(), &[], &text, after).await
    }
}

pub(crate) fn config(authority: &Authority) -> VerifierConfig {
    VerifierConfig {
        extra_roots_pem: Some(authority.pem.clone().into_bytes()),
        allowed_networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..VerifierConfig::default()
    }
}

/// An issuer of some URL. All of them share a key, which takes long to make.
pub(crate) fn issuer_at(url: IssuerUrl) -> Issuer {
    static KEYS: OnceLock<Vec<federation::StoredKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Issuer::generate(url.clone()).unwrap().stored_keys());
    Issuer::from_stored(url, keys).unwrap()
}

pub(crate) fn at(after: i64) -> Timestamp {
    Timestamp::from_second(NOW + after).unwrap()
}

pub(crate) fn sign(issuer: &Issuer, after: i64) -> String {
    let token = ServiceAccountToken {
        account: "ns/sa".parse().unwrap(),
        audiences: vec!["sts.amazonaws.com".to_owned()],
        lifetime_seconds: 86_400,
        pod: None,
    };
    issuer.sign(&token, at(after)).unwrap()
}

pub(crate) async fn verify(
    verifier: &Verifier,
    url: &IssuerUrl,
    thumbprints: &[String],
    text: &str,
    after: i64,
) -> Result<Claims, TokenError> {
    let token = UnverifiedToken::parse(text).unwrap();
    let provider = ProviderRef {
        url,
        thumbprints,
        pushed: None,
    };
    verifier.verify(&token, &provider, at(after)).await
}
