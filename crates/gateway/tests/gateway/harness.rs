//! A gateway over a fresh directory, and callers with policies of the test's choice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use directory::{Account, Directory, Document, EntityPath, Role, SqliteStore, Tags};
use door::{
    Answer, Api as _, Authentication, BodyError, Call, Caller, Door, DoorConfig, Incoming,
    SystemClock, Trailers,
};
use gateway::Gateway;
use http::{HeaderMap, Method, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use jiff::Timestamp;
use policy::{AccountId, Principal};
use session::{KeyEncryptionKey, Keyring, Session, SessionKind, SessionPolicies, SessionTag};
use trail::{Draft, Trail};

/// The account that most tests are in.
pub const HOME: &str = "123456789012";
/// Another account.
pub const AWAY: &str = "210987654321";

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;

/// Allows everything in S3.
pub const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// A gateway, its door, and the directory they live in.
pub struct World {
    pub dir: tempfile::TempDir,
    pub door: Door,
    pub gateway: Gateway,
    admin: Caller,
}

/// An answer, read to its end.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub event: Draft,
}

/// A request that is being put together.
pub struct Ask<'a> {
    world: &'a World,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Vec<Result<Bytes, BodyError>>,
    caller: Option<Caller>,
    presigned: bool,
    host: String,
    now: Timestamp,
}

/// When requests are made, if not said otherwise.
pub const NOW: i64 = 1_795_292_526;

/// A door to an empty directory under `dir`.
pub async fn new_door(dir: &Path) -> Door {
    let store = SqliteStore::open(&dir.join("iam.db")).await.unwrap();
    let directory = Arc::new(Directory::open(store).await.unwrap());
    Door::new(DoorConfig {
        directory,
        keyring: Keyring::generate(0),
        key_encryption: KeyEncryptionKey::generate(),
        trail: Arc::new(Trail::open(&dir.join("trail")).unwrap()),
        clock: Arc::new(SystemClock),
        region: "us-east-1".to_owned(),
        account: HOME.parse().unwrap(),
    })
}

impl World {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let door = new_door(dir.path()).await;
        let gateway = open(dir.path()).await;
        let admin = role(&door, HOME, "admin", ALL, "").await;
        Self {
            dir,
            door,
            gateway,
            admin,
        }
    }

    /// A world with a bucket `bkt` of the home account.
    pub async fn with_bucket() -> Self {
        let world = Self::new().await;
        world.put("/bkt").send().await.ok();
        world
    }

    /// The gateway of a new process on the same data.
    pub async fn reopen(&mut self) {
        self.gateway = open(self.dir.path()).await;
    }

    /// The gateway of a new process that is told of encrypted storage.
    pub async fn encrypted_storage(&mut self) {
        self.gateway = open(self.dir.path()).await.with_encrypted_storage();
    }

    /// A session of a role that has this policy.
    pub async fn role(&self, account: &str, name: &str, policy: &str) -> Caller {
        role(&self.door, account, name, policy, "").await
    }

    /// The root user of an account.
    pub async fn root(&self, account: &str) -> Caller {
        // So that the account is there.
        role(&self.door, account, "any", ALL, "").await;
        Caller::local(account.parse().unwrap(), 0)
    }

    /// The same, of a role that is deleted and made again under its name.
    pub async fn role_again(&self, account: &str, name: &str, policy: &str) -> Caller {
        let id = unique_id(account, name);
        self.door
            .directory()
            .write::<_, directory::StoreError, _>(move |transaction| {
                let role = transaction.snapshot().role_by_id(&id).cloned();
                transaction.delete_role(&role.unwrap());
                Ok(())
            })
            .await
            .unwrap();
        role(&self.door, account, name, policy, "2").await
    }

    /// A session of a role that may do these actions on these resources.
    pub async fn may(&self, name: &str, grants: &[(&str, &str)]) -> Caller {
        let statements: Vec<String> = grants
            .iter()
            .map(|(action, resource)| {
                format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
            })
            .collect();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        );
        self.role(HOME, name, &policy).await
    }

    pub fn ask(&self, method: Method, target: &str) -> Ask<'_> {
        Ask {
            world: self,
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            caller: Some(self.admin.clone()),
            presigned: false,
            host: "127.0.0.1:8080".to_owned(),
            now: Timestamp::from_second(NOW).unwrap(),
        }
    }

    pub fn get(&self, target: &str) -> Ask<'_> {
        self.ask(Method::GET, target)
    }

    pub fn head(&self, target: &str) -> Ask<'_> {
        self.ask(Method::HEAD, target)
    }

    pub fn put(&self, target: &str) -> Ask<'_> {
        self.ask(Method::PUT, target)
    }

    pub fn post(&self, target: &str) -> Ask<'_> {
        self.ask(Method::POST, target)
    }

    pub fn delete(&self, target: &str) -> Ask<'_> {
        self.ask(Method::DELETE, target)
    }

    /// Lets `bkt` have a policy for everybody that this document is for.
    pub async fn bucket_policy(&self, policy: &str) {
        self.delete("/bkt?publicAccessBlock").send().await.ok();
        self.put("/bkt?policy")
            .body(policy.to_owned())
            .send()
            .await
            .ok();
    }

    /// The data events that the trail holds.
    pub fn data_events(&self) -> Vec<serde_json::Value> {
        let files = std::fs::read_dir(self.dir.path().join("trail/data")).unwrap();
        let text: String = files
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How many files of objects and parts there are.
    pub fn files(&self) -> usize {
        walk(&self.dir.path().join("s3/data"))
    }
}

pub fn walk(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let count = |entry: std::fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => walk(&entry.path()),
        false => 1,
    };
    entries.map(count).sum()
}

pub async fn open(dir: &Path) -> Gateway {
    let dir = dir.join("s3");
    std::fs::create_dir_all(&dir).unwrap();
    let domains = vec!["s3.localhost".to_owned()];
    Gateway::open(&dir, "us-east-1", domains).await.unwrap()
}

fn unique_id(account: &str, name: &str) -> String {
    format!("AROA{}{account}", name.to_uppercase())
}

pub async fn role(door: &Door, account: &str, name: &str, policy: &str, again: &str) -> Caller {
    let id: AccountId = account.parse().unwrap();
    let role = Role {
        account: id,
        id: unique_id(account, name) + again,
        name: name.parse().unwrap(),
        path: EntityPath::root(),
        description: None,
        trust: Document::trust(TRUST, |_| None).unwrap(),
        max_session_duration: 3600,
        inline: BTreeMap::from([("p".to_owned(), Document::identity(policy).unwrap())]),
        attached: BTreeSet::new(),
        boundary: None,
        tags: Tags::default(),
        created: Timestamp::UNIX_EPOCH,
    };
    let stored = role.clone();
    door.directory()
        .write::<_, directory::StoreError, _>(move |transaction| {
            if transaction.snapshot().account(id).is_none() {
                transaction.put_account(Account {
                    id,
                    canonical_id: format!("{id:0>64}"),
                    created: Timestamp::UNIX_EPOCH,
                });
            }
            transaction.put_role(stored);
            Ok(())
        })
        .await
        .unwrap();
    let session = Session {
        account: id,
        kind: SessionKind::Role {
            role_id: role.id.clone(),
        },
        name: "test".parse().unwrap(),
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
    Caller::role(Arc::new(role), Arc::new(session), "ASIATEST").unwrap()
}

/// A policy that allows an action under a condition.
pub fn allow_if(action: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*","Condition":{{{condition}}}}}]}}"#
    )
}

/// The caller with other tags and another name of its session.
pub fn session_of(caller: &Caller, name: &str, tags: &[(&str, &str)]) -> Caller {
    let mut session = Session::clone(caller.session.as_ref().unwrap());
    session.name = name.parse().unwrap();
    session.tags = tags
        .iter()
        .map(|(key, value)| SessionTag {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            transitive: false,
        })
        .collect();
    let Principal::Role(role) = &caller.principal else {
        panic!("not a session of a role")
    };
    let mut role = role.clone();
    role.session_name = name.to_owned();
    let session_arn = role
        .session_arn
        .as_str()
        .rsplit_once('/')
        .unwrap()
        .0
        .to_owned();
    role.session_arn = format!("{session_arn}/{name}").parse().unwrap();
    let mut other = caller.clone();
    other.principal = Principal::Role(role);
    other.session = Some(Arc::new(session));
    other
}

impl Ask<'_> {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = vec![Ok(bytes.into())];
        self
    }

    /// A body that turns out to be another one than was signed.
    pub fn forged(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = vec![
            Ok(bytes.into()),
            Err(BodyError::Transport("the signature is wrong".into())),
        ];
        self
    }

    pub fn by(mut self, caller: &Caller) -> Self {
        self.caller = Some(caller.clone());
        self
    }

    pub fn anonymously(mut self) -> Self {
        self.caller = None;
        self
    }

    pub fn presigned(mut self) -> Self {
        self.presigned = true;
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// The request as it is made on another day.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    pub async fn send(mut self) -> Reply {
        let length: usize = self.body.iter().flatten().map(Bytes::len).sum();
        if !self.headers.contains_key("content-length") {
            let length = length.to_string().parse().unwrap();
            self.headers.insert("content-length", length);
        }
        let now = self.now;
        let authentication = match (&self.caller, self.presigned) {
            (None, _) => Authentication::None,
            (Some(_), false) => Authentication::Header,
            (Some(_), true) => Authentication::Query {
                signed_at: now,
                expires_seconds: 60,
            },
        };
        let call = Call {
            now,
            host: self.host,
            authentication,
            ..call_of(&self.caller.unwrap_or_else(|| Caller::anonymous(None)))
        };
        let mut request = http::Request::new(());
        *request.method_mut() = self.method;
        *request.uri_mut() = self.target.parse().unwrap();
        *request.headers_mut() = self.headers;
        let frames = self.body.into_iter().map(|chunk| chunk.map(Frame::data));
        let incoming = Incoming {
            parts: request.into_parts().0,
            body: StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync(),
            trailers: Trailers::default(),
        };
        let world = self.world;
        let Answer { response, event } = world
            .gateway
            .call(&world.door, &Arc::new(call), incoming)
            .await;
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
            event,
        }
    }
}

/// A `Content-MD5`.
pub fn md5(body: &str) -> String {
    use base64::Engine as _;
    use s3s::crypto::Checksum as _;
    base64::engine::general_purpose::STANDARD.encode(s3s::crypto::Md5::checksum(body.as_bytes()))
}

/// A call of this caller.
pub fn call_of(caller: &Caller) -> Call {
    Call {
        request_id: "0123456789ABCDEF".to_owned(),
        now: Timestamp::from_second(NOW).unwrap(),
        caller: caller.clone(),
        region: "us-east-1".to_owned(),
        signed_region: Some("us-east-1".to_owned()),
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        referer: None,
        host: String::new(),
        tls: None,
        authentication: Authentication::Header,
        payload_hash: None,
    }
}

impl Reply {
    /// The reply, which must be a success.
    pub fn ok(self) -> Self {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        self
    }

    /// The reply, which must be this error.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.event.error.as_ref().unwrap().0, code);
        if !self.body.is_empty() {
            assert_eq!(self.element("Code").as_deref(), Some(code));
        }
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The content of the first element of this name.
    pub fn element(&self, name: &str) -> Option<String> {
        self.elements(name).into_iter().next()
    }

    /// The contents of all elements of this name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.text()
            .split(&open)
            .skip(1)
            .filter_map(|rest| rest.split_once(&close))
            .map(|(content, _)| content.to_owned())
            .collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}
