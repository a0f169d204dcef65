//! The signing test suite that ships with AWS's own signer for Rust, whole: 38 cases, each in the header and in the query, down to the
//! canonical request; and two older ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::*;
use crate::Secret;

#[derive(Deserialize)]
struct Case {
    credentials: Keys,
    expiration_in_seconds: u32,
    normalize: bool,
    region: String,
    service: String,
    timestamp: String,
}

#[derive(Deserialize)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

/// A request as the suite writes it, which isn't quite HTTP: targets with spaces and letters of any language.
struct Written {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: String,
}

/// The suite, where cargo has put the locked version of the crate.
fn suite() -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let signer = packages
        .iter()
        .find(|it| it["name"] == "aws-sigv4")
        .unwrap();
    let manifest = Path::new(signer["manifest_path"].as_str().unwrap());
    manifest.with_file_name("aws-signing-test-suite").join("v4")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

impl Written {
    fn read(path: &Path) -> Self {
        let text = text(path);
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        // A value that goes on is one line to whoever reads headers.
        let head = head.replace("\n ", " ");
        let mut lines = head.lines();
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let target = target.rsplit_once(" HTTP/").map_or(target, |(it, _)| it);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.trim_end_matches('\n').to_owned(),
        }
    }

    fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }
}

/// Every step of one case, from what is signed to the signature.
fn check(dir: &Path, place: &str, case: &Case) {
    let mut written = Written::read(&dir.join(format!("{place}-signed-request.txt")));
    let file = |name: &str| text(&dir.join(format!("{place}-{name}.txt")));
    let what = format!("{} {place}", dir.display());
    let wanted = file("canonical-request");
    let timestamp = case.timestamp.replace(['-', ':'], "");
    let timestamp = clock::parse_basic(&timestamp).unwrap();
    let scope = Scope {
        date: clock::basic(timestamp)[..8].to_owned(),
        region: case.region.clone(),
        service: case.service.clone(),
    };
    // Paths that aren't normalised are those of S3.
    let family = match case.normalize {
        true => Family::Query,
        false => Family::S3,
    };
    let query = written.query.clone();
    if case.credentials.token.is_some() && !wanted.to_lowercase().contains("security-token") {
        // It was added after signing.
        written.query = without_token(&query);
    }
    let names = wanted.lines().rev().nth(1).unwrap();
    let names = parse::signed_headers(names, Location::Header).unwrap();
    let hash = sha256(written.body.as_bytes());
    let hashed = crate::hex::encode(&hash);
    let canonical = canonical::request(&written.parts(), family, &names, &hashed).unwrap();
    assert_eq!(String::from_utf8_lossy(&canonical), wanted, "{what}");
    let to_sign = canonical::string_to_sign(timestamp, &scope, &canonical);
    assert_eq!(to_sign, file("string-to-sign"), "{what}");
    let secret = Secret::from(case.credentials.secret_access_key.as_str());
    let signature = SigningKey::derive(&secret, &scope).sign(&to_sign);
    assert_eq!(signature, file("signature"), "{what}");
    if place == "query" {
        assert!(
            query.contains(&format!("X-Amz-Signature={signature}")),
            "{what}"
        );
        assert!(query.contains(&format!("X-Amz-Expires={}", case.expiration_in_seconds)));
        return;
    }
    verify(&mut written, case, &hash, timestamp, &what);
}

/// As a server does it, which takes no key id as short as the suite's; it isn't part of what a header signs.
fn verify(written: &mut Written, case: &Case, hash: &[u8; 32], now: jiff::Timestamp, what: &str) {
    let authorization = written.headers["authorization"].to_str().unwrap();
    let longer = authorization.replace(&case.credentials.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    written
        .headers
        .insert("authorization", longer.parse().unwrap());
    let rules = Rules {
        service: case.service.clone(),
        ..Rules::query("")
    };
    let Presented::Signed(signed) = parse(&written.parts(), &rules).unwrap() else {
        panic!("{what}: it is signed");
    };
    signed.check_time(now, &rules).unwrap();
    assert_eq!(signed.session_token, case.credentials.token, "{what}");
    let with =
        |secret: &str| signed.verify(&written.parts(), &Secret::from(secret), Some(*hash), &rules);
    // Without normalisation it is no request of these services.
    let verified = with(&case.credentials.secret_access_key);
    assert!(verified.is_ok() || !case.normalize, "{what}: {verified:?}");
    assert!(
        matches!(with("x"), Err(SignatureError::Mismatch(_))),
        "{what}"
    );
}

fn without_token(query: &str) -> String {
    let kept = query
        .split('&')
        .filter(|pair| !pair.starts_with("X-Amz-Security-Token="));
    kept.collect::<Vec<_>>().join("&")
}

#[test]
fn the_signing_test_suite_passes_whole() {
    let mut cases = 0;
    for entry in fs::read_dir(suite()).unwrap() {
        let dir = entry.unwrap().path();
        let Ok(context) = fs::read_to_string(dir.join("context.json")) else {
            continue;
        };
        let case: Case = serde_json::from_str(&context).unwrap();
        check(&dir, "header", &case);
        check(&dir, "query", &case);
        cases += 1;
    }
    assert_eq!(cases, 38);
}

/// The two older ones have no context. Of one the crate's tests tell the secret, of the other what is signed.
#[test]
fn the_older_cases_of_the_suite_pass() {
    let older = |name: &str, file: &str| suite().join(name).join(file);
    let names = ["host".to_owned(), "x-amz-date".to_owned()];
    let empty = crate::hex::encode(&sha256(b""));

    let written = Written::read(&older("double-encode-path", "header-signed-request.txt"));
    let canonical = canonical::request(&written.parts(), Family::Query, &names, &empty).unwrap();
    let wanted = text(&older("double-encode-path", "header-canonical-request.txt"));
    let path = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert_eq!(path(&String::from_utf8_lossy(&canonical)), path(&wanted));
    let scope = Scope {
        date: "20150830".to_owned(),
        region: "us-east-1".to_owned(),
        service: "service".to_owned(),
    };
    let at = clock::parse_basic("20150830T123600Z").unwrap();
    let to_sign = canonical::string_to_sign(at, &scope, &canonical);
    let secret = Secret::from("notrealrnrELgWzOk3IfjzDKtFBhDby");
    let signature = SigningKey::derive(&secret, &scope).sign(&to_sign);
    let authorization = written.headers["authorization"].to_str().unwrap();
    assert!(authorization.ends_with(&signature), "{signature}");

    let written = Written::read(&older("double-url-encode", "header-signed-request.txt"));
    let canonical = canonical::request(&written.parts(), Family::Query, &names, &empty).unwrap();
    let wanted = text(&older("double-url-encode", "header-canonical-request.txt"));
    assert_eq!(String::from_utf8_lossy(&canonical), wanted);
    let scope = Scope {
        date: "20210511".to_owned(),
        region: "us-east-2".to_owned(),
        service: "lambda".to_owned(),
    };
    let at = clock::parse_basic("20210511T154045Z").unwrap();
    let wanted = text(&older("double-url-encode", "header-string-to-sign.txt"));
    assert_eq!(
        canonical::string_to_sign(at, &scope, &canonical),
        wanted.trim_end()
    );
}
