//! S3's request line, headers and body, from a caller who may read everything and write nothing, in a store with one bucket.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use daypass_fuzz::Request as Text;
use directory::{Account, Directory, Document, EntityPath, Role, SqliteStore, StoreError, Tags};
use door::{
    Api, Authentication, Call, Caller, Door, DoorConfig, Incoming, SystemClock, Trailers, full,
};
use gateway::Gateway;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use session::{KeyEncryptionKey, Keyring, Session, SessionKind, SessionPolicies};
use tokio::runtime::Runtime;
use trail::Trail;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-2";
const DOMAIN: &str = "s3.localhost";
const BUCKET: &str = "bucket";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}"#;
const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

struct World {
    runtime: Runtime,
    door: Door,
    gateway: Gateway,
    reader: Caller,
}

/// What an answer shows.
#[derive(Debug)]
struct Seen {
    status: StatusCode,
    event: String,
    code: Option<String>,
}

/// What two spellings of one request have in common. Which of several mistakes is found first may differ.
impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        let refused = |seen: &Self| seen.event == "Refused";
        let same = self.status == other.status && self.code == other.code;
        self.event == other.event && (same || refused(self))
    }
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| {
    let Some(text) = Text::parse(data) else {
        return;
    };
    let host = text.headers.get(HOST).and_then(|it| it.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let seen = WORLD.answer(&text, &text.uri, &host);

    // The order of the parameters changes nothing.
    let path = text.uri.path();
    let reversed: Vec<&str> = text.query().rsplit('&').collect();
    if reversed.len() > 1
        && let Ok(uri) = format!("{path}?{}", reversed.join("&")).parse()
    {
        assert_eq!(WORLD.answer(&text, &uri, &host), seen);
    }

    // Both styles name the same thing.
    let rest = path.strip_prefix("/bucket");
    if let Some(rest) = rest.filter(|rest| rest.starts_with('/') && !host.contains(DOMAIN))
        && let Ok(uri) = format!("{rest}?{}", text.query()).parse()
    {
        let host = format!("{BUCKET}.{DOMAIN}");
        assert_eq!(WORLD.answer(&text, &uri, &host), seen);
    }
});

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        // `fuzz/run` removes it with all of its TMPDIR.
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
            runtime,
            door,
            gateway,
        };
        world.fill(&caller(role("AROAALL", "all", ALL)));
        world
    }

    fn fill(&self, writer: &Caller) {
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
            let (status, ..) = self.call(&text, &text.uri, "localhost", writer);
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }

    fn answer(&self, text: &Text<'_>, uri: &Uri, host: &str) -> Seen {
        let (status, body, event) = self.call(text, uri, host, &self.reader);
        let code = event.error.map(|(code, _)| code);
        let is_server_fault = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        assert!(!is_server_fault, "{status} {code:?}");
        // 304 and the answers to HEAD have no body.
        let bare = text.method == Method::HEAD || !status.is_client_error();
        if let (Some(code), false) = (&code, bare) {
            let body = String::from_utf8(body.to_vec()).expect("an error is text");
            assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
        }
        Seen {
            status,
            event: event.event_name,
            code,
        }
    }

    fn call(
        &self,
        text: &Text<'_>,
        uri: &Uri,
        host: &str,
        caller: &Caller,
    ) -> (StatusCode, Bytes, trail::Draft) {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = text.method.clone();
        parts.uri = uri.clone();
        parts.headers = text.headers.clone();
        parts.headers.insert(CONTENT_LENGTH, text.body.len().into());
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
            authentication: Authentication::Header,
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
            (status, body.expect("a body").to_bytes(), answer.event)
        })
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
