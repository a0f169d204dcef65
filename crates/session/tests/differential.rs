//! Against AWS's own signer for Rust: what it signs, we verify, and both sign alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use session::Secret;
use session::sigv4::{Family, Location, Rules, SignedPayload, Signer, sha256};
use support::{KEY_ID, Request, SECRET, at};

fn now() -> Timestamp {
    at("2026-11-21T20:12:34Z")
}

struct Peer<'a> {
    rules: &'a Rules,
    token: Option<&'a str>,
    presign: Option<u64>,
}

impl Peer<'_> {
    /// Lets the other implementation sign, and puts what it says into the request.
    fn sign(&self, request: &mut Request, body: SignableBody<'_>) {
        let mut settings = SigningSettings::default();
        if self.rules.family == Family::S3 {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        settings.session_token_mode = SessionTokenMode::Include;
        if let Some(seconds) = self.presign {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(seconds));
        }
        let identity =
            Credentials::new(KEY_ID, SECRET, self.token.map(str::to_owned), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(&self.rules.service)
            .time(SystemTime::from(now()))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!(
            "https://{}{}{}",
            request.headers["host"].to_str().unwrap(),
            request.path,
            match &*request.query {
                "" => String::new(),
                query => format!("?{query}"),
            }
        );
        let headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let signable = SignableRequest::new(
            &request.method,
            uri,
            headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
            body,
        )
        .unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let (headers, parameters) = instructions.into_parts();
        for header in headers {
            request
                .headers
                .insert(header.name(), header.value().parse().unwrap());
        }
        for (name, value) in parameters {
            let separator = if request.query.is_empty() { "" } else { "&" };
            let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
            request
                .query
                .push_str(&format!("{separator}{name}={value}"));
        }
    }
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn path(segments: &[String]) -> String {
    let segments = segments
        .iter()
        .map(|segment| utf8_percent_encode(segment, RESERVED).to_string());
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}

fn query(pairs: &[(String, String)]) -> String {
    form(pairs).replace('+', "%20")
}

fn form(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let encoded = |text| {
            utf8_percent_encode(text, NON_ALPHANUMERIC)
                .to_string()
                .replace("%20", "+")
        };
        format!("{}={}", encoded(name), encoded(value))
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![
        Just(Rules::s3()),
        Just(Rules::query("sts")),
        Just(Rules::json("cloudtrail"))
    ]
}

prop_compose! {
    fn any_request()(
        method in prop_oneof![Just("GET"), Just("PUT"), Just("POST"), Just("DELETE")],
        segments in vec(prop_oneof![Just(".".to_owned()), Just("..".to_owned()), Just(String::new()), "\\PC{1,6}"], 0..5),
        pairs in vec(("[a-zA-Z~ü +/-]{1,4}", "\\PC{0,6}"), 0..5),
        plus in any::<bool>(),
        values in vec("[!-~]{1,4}( {1,3}[!-~]{1,4}){0,3}", 0..3),
        same in vec("[!-~]{1,8}", 0..3),
    ) -> Request {
        let query = if plus { form(&pairs) } else { query(&pairs) };
        let mut request = Request::new(method, &path(&segments), &[("host", "iam.example.com:8443")]);
        request.query = query;
        for (at, value) in values.iter().enumerate() {
            let name: http::HeaderName = format!("x-amz-meta-{at}").parse().unwrap();
            request.headers.insert(name, value.parse().unwrap());
        }
        for value in &same {
            request.headers.append("content-type", value.parse().unwrap());
        }
        request
    }
}

proptest! {
    #[test]
    fn header_signatures_of_the_other_signer_verify(
        mut request in any_request(),
        rules in rules(),
        token in proptest::option::of("[A-Za-z0-9+/=]{1,80}"),
        body in vec(any::<u8>(), 0..50),
    ) {
        Peer { rules: &rules, token: token.as_deref(), presign: None }.sign(&mut request, SignableBody::Bytes(&body));
        let verified = request.check(&rules, now(), Some(&body));
        prop_assert!(verified.is_ok(), "{verified:?} for {} {} ? {}", request.method, request.path, request.query);
        prop_assert_eq!(request.signed(&rules).unwrap().session_token, token);
        // Nothing that the signature covers may change.
        let mut other = body.clone();
        other.push(0);
        prop_assert!(request.check(&rules, now(), Some(&other)).is_err());
        request.method.push('X');
        prop_assert!(request.check(&rules, now(), Some(&body)).is_err());
    }

    #[test]
    fn presigned_requests_of_the_other_signer_verify(
        mut request in any_request(),
        rules in rules(),
        token in proptest::option::of("[A-Za-z0-9+/=]{1,80}"),
        seconds in 1u64..604_800,
    ) {
        let body = if rules.family == Family::S3 { SignableBody::UnsignedPayload } else { SignableBody::Bytes(b"") };
        Peer { rules: &rules, token: token.as_deref(), presign: Some(seconds) }.sign(&mut request, body);
        let verified = request.check(&rules, now(), Some(b""));
        prop_assert!(verified.is_ok(), "{verified:?} for {} {} ? {}", request.method, request.path, request.query);
        let signed = request.signed(&rules).unwrap();
        prop_assert_eq!(signed.location, Location::Query { expires_seconds: u32::try_from(seconds).unwrap() });
        prop_assert_eq!(signed.session_token, token);
        request.query.push_str("&a=b");
        prop_assert!(request.check(&rules, now(), Some(b"")).is_err());
    }

    #[test]
    fn our_signatures_are_theirs(
        request in any_request(),
        rules in rules(),
        token in proptest::option::of("[A-Za-z0-9+/=]{1,80}"),
        body in vec(any::<u8>(), 0..50),
    ) {
        let mut theirs = Request { headers: request.headers.clone(), ..request };
        let ours = Signer {
            access_key_id: &KEY_ID.parse().unwrap(),
            secret: &Secret::from(SECRET),
            session_token: token.as_deref(),
            region: "eu-west-1",
        }
        .sign(&theirs.parts(), SignedPayload::Sha256(sha256(&body)), now(), &rules)
        .unwrap();
        Peer { rules: &rules, token: token.as_deref(), presign: None }.sign(&mut theirs, SignableBody::Bytes(&body));
        let signature = |headers: &http::HeaderMap| {
            headers["authorization"].to_str().unwrap().rsplit_once("Signature=").unwrap().1.to_owned()
        };
        prop_assert_eq!(signature(&ours), signature(&theirs.headers));
    }

    #[test]
    fn no_request_makes_the_parser_panic(
        path in "\\PC{0,20}",
        query in "([ -~]{0,10}|X-Amz-[A-Za-z]{4,9}=[ -~]{0,9}|&|%|X-Amz-Algorithm=AWS4-HMAC-SHA256){0,8}",
        authorization in "(AWS4-HMAC-SHA256 ?|Credential=|Signature=|SignedHeaders=|[ -~]{0,8}|,|/|aws4_request){0,10}",
        date in "[0-9TZ]{0,17}|\\PC{0,10}",
    ) {
        let mut request = Request::new("GET", "/", &[("host", "h")]);
        request.path = path;
        request.query = query;
        if let Ok(value) = authorization.parse() {
            request.headers.insert("authorization", value);
        }
        if let Ok(value) = date.parse() {
            request.headers.insert("x-amz-date", value);
        }
        for rules in [Rules::s3(), Rules::query("iam"), Rules::json("cloudtrail")] {
            let _ = session::sigv4::claimed_service(&request.parts());
            if let Err(error) = request.check(&rules, now(), Some(b"")) {
                prop_assert!((400..500).contains(&error.status(rules.family)), "{error:?}");
                prop_assert!(!error.code(rules.family).is_empty());
                prop_assert!(!error.message(rules.family).is_empty());
                let _ = error.details();
            }
        }
    }
}
