//! A server in a temporary directory, and signed calls to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use directory::{
    AccessKey, Account, Directory, EntityPath, KeyStatus, SqliteStore, StoreError, Tags, User,
};
use door::{
    Api, Authentication, Body, Call, Caller, Clock, Connection, Door, DoorConfig, Incoming,
    Trailers, full,
};
use federation::{Issuer, ServiceAccountToken, Verifier, VerifierConfig};
use http::{Request, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use services::Services;
use session::sigv4::{RequestParts, Rules, SignedPayload, Signer, sha256};
use session::{AccessKeyId, KeyEncryptionKey, Keyring, Secret, generate_secret_access_key};
use trail::Trail;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// Allows everybody in the account to assume a role.
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;
/// A small policy.
pub(crate) const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// The issuer that the server hosts, without its scheme.
pub(crate) const ISSUER: &str = "oidc.example.com/id/A";
/// When the tests begin.
const START: i64 = 1_795_292_526;

pub(crate) struct Server {
    pub(crate) door: Arc<Door>,
    services: Arc<dyn Api>,
    pub(crate) admin: Key,
    clock: Arc<TestClock>,
    issuer: Arc<Issuer>,
    dir: tempfile::TempDir,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: AccessKeyId,
    pub(crate) secret: Secret,
    pub(crate) token: Option<String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// A clock that stands still until a test moves it.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// One 2048-bit key for all tests; making one takes a while.
fn issuer() -> Arc<Issuer> {
    static ISSUER_OF_ALL: OnceLock<Arc<Issuer>> = OnceLock::new();
    let make = || Arc::new(Issuer::generate(format!("https://{ISSUER}").parse().unwrap()).unwrap());
    Arc::clone(ISSUER_OF_ALL.get_or_init(make))
}

/// Code and message of a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
}

impl Server {
    /// With one account, and the user `admin` in it.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let store = SqliteStore::open(&dir.path().join("d.db")).await.unwrap();
        let account = ACCOUNT.parse().unwrap();
        let door = Door::new(DoorConfig {
            directory: Arc::new(Directory::open(store).await.unwrap()),
            keyring: Keyring::generate(0),
            key_encryption: KeyEncryptionKey::generate(),
            trail: Arc::new(Trail::open(&dir.path().join("trail")).unwrap()),
            clock: Arc::<TestClock>::clone(&clock),
            region: "us-east-1".into(),
            account,
        });
        let admin = Key {
            id: AccessKeyId::long_term(account, &SystemRandom::new()),
            secret: generate_secret_access_key(),
            token: None,
        };
        let created = door.now();
        let key = AccessKey {
            id: admin.id.to_string(),
            account,
            user_id: "AIDAADMIN00000000ADMIN".into(),
            status: KeyStatus::Active,
            sealed_secret: door.seal_access_key(admin.id.as_str(), &admin.secret),
            created,
        };
        let user = User {
            account,
            id: key.user_id.clone(),
            name: "admin".parse().unwrap(),
            path: EntityPath::root(),
            inline: BTreeMap::new(),
            attached: BTreeSet::from([ADMINISTRATOR.to_owned()]),
            boundary: None,
            groups: BTreeSet::new(),
            tags: Tags::default(),
            created,
        };
        door.directory()
            .write(move |tx| {
                tx.put_account(Account {
                    id: account,
                    canonical_id: "0".repeat(64),
                    created,
                });
                tx.put_user(user);
                tx.put_key(key);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        let verifier = Verifier::new(VerifierConfig::default()).unwrap();
        let issuer = issuer();
        verifier.host(Arc::clone(&issuer));
        Self {
            clock,
            issuer,
            door: Arc::new(door),
            services: Arc::new(Services::new(Arc::new(verifier))),
            admin,
            dir,
        }
    }

    /// Calls an operation as the administrator; the value is its result element.
    pub(crate) async fn call(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refused> {
        self.call_as(&self.admin, action, parameters).await
    }

    /// The same, for calls that must succeed.
    pub(crate) async fn ok(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.call(action, parameters)
            .await
            .unwrap_or_else(|refused| panic!("{action}: {refused:?}"))
    }

    /// Code and message of a call that must fail, in one text.
    pub(crate) async fn refused(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        match self.call(action, parameters).await {
            Ok(value) => panic!("{action} succeeded: {value}"),
            Err(refused) => format!("{}: {}", refused.code, refused.message),
        }
    }

    /// Calls an operation of IAM with a key.
    pub(crate) async fn call_as(
        &self,
        key: &Key,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refused> {
        self.ask("iam", Some(key), action, parameters).await
    }

    /// Calls an operation of a service, signed with a key or not at all.
    pub(crate) async fn ask(
        &self,
        service: &str,
        key: Option<&Key>,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refused> {
        let answer = self.send(service, key, action, parameters).await;
        result(action, answer)
    }

    /// Calls an operation of IAM as the account's root.
    pub(crate) async fn as_root(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refused> {
        let body = form("iam", action, parameters);
        let request = Request::post("/")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(());
        let (mut parts, ()) = request.unwrap().into_parts();
        self.services.expect(&mut parts, body.as_bytes());
        let incoming = Incoming {
            parts,
            body: full(body),
            trailers: Trailers::default(),
        };
        let call = Arc::new(self.local_call());
        let answer = self.services.call(&self.door, &call, incoming).await;
        result(action, read(answer.response).await)
    }

    async fn send(
        &self,
        service: &str,
        key: Option<&Key>,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> (u16, String) {
        let body = form(service, action, parameters);
        self.post(service, key, body).await
    }

    /// A call with any version, or none, signed for a service by the administrator.
    pub(crate) async fn raw(&self, service: &str, version: &str, action: &str) -> String {
        let mut body = format!("Action={action}");
        if !version.is_empty() {
            body.push_str(&format!("&Version={version}"));
        }
        self.post(service, Some(&self.admin), body).await.1
    }

    /// A call by the machine's administrator, for what needs no request.
    pub(crate) fn local_call(&self) -> Call {
        let account = ACCOUNT.parse().unwrap();
        Call {
            request_id: "local".into(),
            now: self.door.now(),
            caller: Caller::local(account, 0),
            region: "us-east-1".into(),
            signed_region: None,
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            referer: None,
            host: String::new(),
            tls: None,
            authentication: Authentication::None,
            payload_hash: None,
        }
    }

    async fn post(&self, service: &str, key: Option<&Key>, body: String) -> (u16, String) {
        let mut request = Request::post("/")
            .header("host", "localhost")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(full(body.clone()))
            .unwrap();
        if let Some(key) = key {
            let signer = Signer {
                access_key_id: &key.id,
                secret: &key.secret,
                session_token: key.token.as_deref(),
                region: "eu-west-1",
            };
            let parts = RequestParts {
                method: "POST",
                path: "/",
                query: "",
                headers: request.headers(),
            };
            let rules = Rules::query(service);
            let payload = SignedPayload::Sha256(sha256(body.as_bytes()));
            let signed = signer
                .sign(&parts, payload, self.door.now(), &rules)
                .unwrap();
            request.headers_mut().extend(signed);
        }
        let connection = Connection {
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tls: None,
        };
        let response = self.door.enter(&self.services, &connection, request).await;
        read(response).await
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A service account's token from the hosted issuer, for these audiences.
    pub(crate) fn token(&self, account: &str, audiences: &[&str], seconds: i64) -> String {
        let token = ServiceAccountToken {
            account: account.parse().unwrap(),
            audiences: audiences.iter().map(|it| (*it).to_owned()).collect(),
            lifetime_seconds: seconds,
            pod: None,
        };
        self.issuer.sign(&token, self.door.now()).unwrap()
    }

    /// Assumes a role with a key; `more` are further parameters.
    pub(crate) async fn assume(
        &self,
        key: &Key,
        role: &str,
        more: &[(&str, &str)],
    ) -> Result<Key, Refused> {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let mut parameters = vec![("RoleArn", &*arn), ("RoleSessionName", "test")];
        parameters.extend(more);
        let answer = self
            .ask("sts", Some(key), "AssumeRole", &parameters)
            .await?;
        Ok(session_of(&answer))
    }

    /// A new user with one inline policy and a key of its own.
    pub(crate) async fn user_with(&self, name: &str, policy: &str) -> Key {
        self.ok("CreateUser", &[("UserName", name)]).await;
        self.ok(
            "PutUserPolicy",
            &[
                ("UserName", name),
                ("PolicyName", "p"),
                ("PolicyDocument", policy),
            ],
        )
        .await;
        let key = self.ok("CreateAccessKey", &[("UserName", name)]).await;
        key_of(&key)
    }

    /// Everything that the audit trail holds.
    pub(crate) fn trail(&self) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(self.dir.path().join("trail/management")).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
        all
    }
}

/// A call's form.
fn form(service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
    let version = match service {
        "iam" => "2010-05-08",
        _ => "2011-06-15",
    };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", action)
        .append_pair("Version", version)
        .extend_pairs(parameters)
        .finish()
}

async fn read(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The result element of an answer, or what it refuses.
fn result(action: &str, (status, text): (u16, String)) -> Result<Value, Refused> {
    let body: Value = serde_json::from_str(&text).unwrap();
    if status == 200 {
        let answer = &body[format!("{action}Response")];
        return Ok(answer[format!("{action}Result")].clone());
    }
    let text = |name: &str| body["Error"][name].as_str().unwrap().to_owned();
    Err(Refused {
        code: text("Code"),
        message: text("Message"),
        status,
    })
}

/// The key in the answer of `CreateAccessKey`.
pub(crate) fn key_of(answer: &Value) -> Key {
    let key = &answer["AccessKey"];
    Key {
        id: text(&key["AccessKeyId"]).parse().unwrap(),
        secret: Secret::from(text(&key["SecretAccessKey"])),
        token: None,
    }
}

/// The session in an answer of `AssumeRole…`.
pub(crate) fn session_of(answer: &Value) -> Key {
    let key = &answer["Credentials"];
    Key {
        id: text(&key["AccessKeyId"]).parse().unwrap(),
        secret: Secret::from(text(&key["SecretAccessKey"])),
        token: Some(text(&key["SessionToken"]).to_owned()),
    }
}

/// A string member.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no string: {value}"))
}

/// A document as a client decodes it.
pub(crate) fn document(value: &Value) -> String {
    let encoded = text(value);
    assert!(!encoded.contains(['+', ' ', '"']), "not encoded: {encoded}");
    percent_encoding::percent_decode_str(encoded)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// Every page of a list, `items` at a time: the members of `list`.
pub(crate) async fn pages(
    server: &Server,
    action: &str,
    parameters: &[(&str, &str)],
    list: &str,
    items: usize,
) -> Vec<Value> {
    let mut all = Vec::new();
    let items = items.to_string();
    let mut marker: Option<String> = None;
    loop {
        let mut parameters = parameters.to_vec();
        parameters.push(("MaxItems", &items));
        if let Some(marker) = &marker {
            parameters.push(("Marker", marker));
        }
        let answer = server.ok(action, &parameters).await;
        let page = answer[list].as_array().unwrap();
        assert!(page.len() <= items.parse().unwrap());
        all.extend(page.iter().cloned());
        let truncated = answer["IsTruncated"].as_bool().unwrap();
        assert_eq!(
            truncated,
            answer.get("Marker").is_some_and(|it| !it.is_null())
        );
        if !truncated {
            return all;
        }
        marker = Some(text(&answer["Marker"]).to_owned());
    }
}

/// One member of each.
pub(crate) fn column<'a>(list: &'a [Value], name: &str) -> Vec<&'a str> {
    list.iter().map(|it| text(&it[name])).collect()
}
