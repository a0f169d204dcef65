//! A store with one bucket, a caller who may read everything, and one who may do everything.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use directory::{Account, Directory, Document, EntityPath, Role, SqliteStore, StoreError, Tags};
use door::{
    Api, Authentication, Call, Caller, Connection, Door, DoorConfig, Form, Incoming, SystemClock,
    Trailers, full,
};
use gateway::Gateway;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use jiff::Timestamp;
use session::{KeyEncryptionKey, Keyring, Session, SessionKind, SessionPolicies};
use tokio::runtime::Runtime;
use trail::Trail;

use crate::Request as Text;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-2";
/// The domain whose subdomains are buckets.
pub const DOMAIN: &str = "s3.localhost";
/// The one bucket.
pub const BUCKET: &str = "bucket";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}"#;
const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The store and what stands before it.
pub struct World {
    runtime: Runtime,
    door: Arc<Door>,
    gateway: Arc<dyn Api>,
    /// May read everything and write nothing.
    pub reader: Caller,
    /// May do everything.
    pub writer: Caller,
}

/// What came of a request.
#[derive(Debug)]
pub struct Outcome {
    /// The answer's status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
    /// What the trail is told.
    pub event: trail::Draft,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A bucket with two objects, in a directory that `fuzz/run` removes with all of its TMPDIR.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let dir = tempfile::tempdir().expect("a directory").keep();
        let account = ACCOUNT.parse().expect("an account");
        let (door, gateway) = runtime.block_on(async {
            let store = SqliteStore::open(&dir.join("directory.db")).await;
            let directory = Directory::open(store.expect("a store")).await;
            let door = Door::new(DoorConfig {
                directory: Arc::new(directory.expect("a directory")),
                keyring: Keyring::generate(0),
                key_encryption: KeyEncryptionKey::generate(),
                trail: Arc::new(Trail::open(&dir.join("trail")).expect("a trail")),
                clock: Arc::new(SystemClock),
                region: REGION.into(),
                account,
            });
            let write = door.directory().write(move |tx| {
                tx.put_account(Account {
                    id: account,
                    canonical_id: "0".repeat(64),
                    created: Timestamp::UNIX_EPOCH,
                });
                tx.put_role(role("AROAREAD", "read", READ));
                tx.put_role(role("AROAALL", "all", ALL));
                Ok::<_, StoreError>(())
            });
            write.await.expect("roles");
            let gateway = Gateway::open(&dir.join("s3"), REGION, vec![DOMAIN.into()]).await;
            (door, gateway.expect("a gateway"))
        });
        let world = Self {
            reader: caller(role("AROAREAD", "read", READ)),
            writer: caller(role("AROAALL", "all", ALL)),
            runtime,
            door: Arc::new(door),
            gateway: Arc::new(gateway),
        };
        for (path, body) in [
            ("/bucket", ""),
            ("/bucket/a%20b/c", "0123456789"),
            ("/bucket/key", ""),
        ] {
            let text = Text {
                method: Method::PUT,
                uri: path.parse().expect("a path"),
                headers: HeaderMap::new(),
                body: body.as_bytes(),
            };
            let outcome = world.call(&text, &text.uri, "localhost", &world.writer);
            assert_eq!(outcome.status, StatusCode::OK, "{path}");
        }
        world
    }

    /// The gateway's own answer to a request that somebody has signed.
    pub fn call(&self, text: &Text<'_>, uri: &Uri, host: &str, caller: &Caller) -> Outcome {
        self.answer(text, uri, host, caller, Authentication::Header, None)
    }

    /// The answer to a form whose policy somebody has signed.
    ///
    /// # Panics
    /// Never: the target is one.
    pub fn post(&self, form: Form, file: &[u8], caller: &Caller) -> Outcome {
        let text = Text {
            method: Method::POST,
            uri: "/bucket".parse().expect("a path"),
            headers: HeaderMap::new(),
            body: file,
        };
        let proof = Authentication::Post {
            signed_at: self.door.now(),
        };
        self.answer(&text, &text.uri, "localhost", caller, proof, Some(form))
    }

    /// The answer to a request as it comes from the wire, and the body of an answer.
    ///
    /// # Panics
    /// When the answer has no end.
    pub fn enter(&self, text: &Text<'_>) -> (StatusCode, Bytes) {
        let mut request = Request::new(full(Bytes::copy_from_slice(text.body)));
        *request.method_mut() = text.method.clone();
        *request.uri_mut() = text.uri.clone();
        *request.headers_mut() = text.headers.clone();
        let by = Connection {
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tls: None,
        };
        self.runtime.block_on(async {
            let answer = self.door.enter(&self.gateway, &by, request).await;
            let status = answer.status();
            let body = answer.into_body().collect().await;
            (status, body.expect("a body").to_bytes())
        })
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.door.now()
    }

    fn answer(
        &self,
        text: &Text<'_>,
        uri: &Uri,
        host: &str,
        caller: &Caller,
        authentication: Authentication,
        form: Option<Form>,
    ) -> Outcome {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = text.method.clone();
        parts.uri = uri.clone();
        parts.headers = text.headers.clone();
        parts.headers.insert(CONTENT_LENGTH, text.body.len().into());
        if let Some(form) = form {
            parts.extensions.insert(form);
        }
        let call = Arc::new(Call {
            request_id: "6e3ac5f1-6b8d-4a2c-9d5e-0f1a2b3c4d5e".into(),
            now: self.door.now(),
            caller: caller.clone(),
            region: REGION.into(),
            signed_region: Some(REGION.into()),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            referer: None,
            host: host.into(),
            tls: None,
            authentication,
            payload_hash: None,
        });
        let incoming = Incoming {
            parts,
            body: full(Bytes::copy_from_slice(text.body)),
            trailers: Trailers::default(),
        };
        self.runtime.block_on(async {
            let answer = self.gateway.call(&self.door, &call, incoming).await;
            let status = answer.response.status();
            let body = answer.response.into_body().collect().await;
            Outcome {
                status,
                body: body.expect("a body").to_bytes(),
                event: answer.event,
            }
        })
    }
}

impl Outcome {
    /// The error's code, if it is one.
    pub fn code(&self) -> Option<&str> {
        self.event.error.as_ref().map(|(code, _)| code.as_str())
    }

    /// What holds for every answer: no fault of the server's, and a code that stands in the document.
    ///
    /// # Panics
    /// When it doesn't.
    pub fn check(&self, method: &Method) {
        let (status, code) = (self.status, self.code());
        let is_server_fault = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        assert!(!is_server_fault, "{status} {code:?}");
        // 304 and the answers to HEAD have no body.
        let bare = *method == Method::HEAD || !status.is_client_error();
        if let (Some(code), false) = (code, bare) {
            let body = str::from_utf8(&self.body).expect("an error is text");
            assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
        }
    }
}

fn role(id: &str, name: &str, policy: &str) -> Role {
    Role {
        account: ACCOUNT.parse().expect("an account"),
        id: id.into(),
        name: name.parse().expect("a name"),
        path: EntityPath::root(),
        description: None,
        trust: Document::trust(TRUST, |_| None).expect("a policy"),
        max_session_duration: 3600,
        inline: BTreeMap::from([("p".into(), Document::identity(policy).expect("a policy"))]),
        attached: BTreeSet::new(),
        boundary: None,
        tags: Tags::default(),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn caller(role: Role) -> Caller {
    let session = Session {
        account: role.account,
        kind: SessionKind::Role {
            role_id: role.id.clone(),
        },
        name: "session".parse().expect("a name"),
        issued_at: 0,
        expires_at: i64::MAX,
        source_identity: None,
        tags: Vec::new(),
        policies: SessionPolicies::default(),
        federated: None,
        mfa: None,
        chained: false,
        attested: Vec::new(),
    };
    Caller::role(Arc::new(role), Arc::new(session), "ASIAEXAMPLE").expect("a caller")
}
