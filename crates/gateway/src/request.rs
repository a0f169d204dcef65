//! A request, classified and taken apart.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use s3s::dto;
use s3s::xml::{Deserialize, Deserializer};

use crate::address::Address;
use crate::classify::classify;
use crate::condition_keys::{self, Keys};
use crate::control;
use crate::documents::{NewBucket, TagResource};
use crate::fault::{Code, Fault};
use crate::name::{BucketName, ObjectKey};
use crate::operation::{Level, Operation};
use crate::outline::{self, Outlined};
use crate::post_form::Posted;
use crate::query::{Query, strict_decode};
use crate::store::{InvalidVersionId, VersionId};
use crate::tags::{BUCKET_TAGS, OBJECT_TAGS, Tags};

/// Longest body of an operation that reads it whole. A thousand keys for DeleteObjects fit,
/// escaped, and a list of 10,000 parts.
const INPUT_BYTES: usize = 4 * 1024 * 1024;

/// What a request asks for, without its body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: Method,
    /// The operation.
    pub(crate) operation: Operation,
    /// The bucket and key.
    pub(crate) address: Address,
    /// The query parameters.
    pub(crate) query: Query,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The source of a copy.
    pub(crate) source: Option<CopySource>,
    /// The path as it came.
    pub(crate) path: String,
    /// What a form asks for, once its fields have been read.
    pub(crate) posted: Option<Posted>,
}

/// `x-amz-copy-source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CopySource {
    /// The bucket to copy from.
    pub(crate) bucket: BucketName,
    /// The key to copy.
    pub(crate) key: ObjectKey,
    /// The version, if one is named.
    pub(crate) version: Option<String>,
}

/// Headers that decide something and so may come only once.
const SINGLE: &[&str] = &[
    "range",
    "content-md5",
    "content-type",
    "content-length",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
];

impl Request {
    /// Classifies a request and checks what every handler relies on.
    pub(crate) fn read(
        method: &Method,
        uri: &http::Uri,
        headers: &HeaderMap,
        host: &str,
        domains: &[String],
    ) -> Result<Self, Fault> {
        check_headers(headers)?;
        let query = uri.query().unwrap_or_default();
        let (operation, address, query) = match control::read(method, uri.path(), query, headers)? {
            Some(read) => read,
            None => {
                let address = Address::locate(host, uri.path(), domains)?;
                let query = Query::parse(query)?;
                let operation = classify(method, &address, &query, headers)?;
                (operation, address, query)
            }
        };
        let source = match operation {
            Operation::CopyObject | Operation::UploadPartCopy => headers
                .get("x-amz-copy-source")
                .and_then(|value| value.to_str().ok())
                .map(CopySource::parse)
                .transpose()?,
            _ => None,
        };
        if query.get("versionId") == Some("") {
            return Err(Fault::argument(
                "Version id cannot be the empty string",
                "versionId",
                "",
            ));
        }
        let writes =
            operation.row().version_actions.is_empty() && operation != Operation::Preflight;
        // The key of a form is in its fields.
        let is_object = operation.row().level == Level::Object;
        if writes && is_object && query.has("versionId") {
            return Err(Fault::argument(
                "This operation does not accept a version-id.",
                "versionId",
                query.get("versionId").unwrap_or_default(),
            ));
        }
        Ok(Self {
            method: method.clone(),
            operation,
            address,
            query,
            headers: headers.clone(),
            source,
            path: uri.path().to_owned(),
            posted: None,
        })
    }

    /// A header that is text; `check_headers` refused the ones that aren't.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The version that is asked for. That a text can't be one is said after authorization.
    pub(crate) fn version(&self) -> Result<Option<VersionId>, InvalidVersionId> {
        self.query.get("versionId").map(str::parse).transpose()
    }

    /// `Content-Length`.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The bucket's name; only operations on a bucket have one.
    pub(crate) fn bucket(&self) -> Result<&BucketName, Fault> {
        self.address
            .bucket()
            .ok_or_else(|| Fault::new(Code::MethodNotAllowed))
    }

    /// The key; only operations on an object have one.
    pub(crate) fn key(&self) -> Result<&ObjectKey, Fault> {
        self.address
            .key()
            .ok_or_else(|| Fault::new(Code::MethodNotAllowed))
    }
}

/// Refuses deciding headers that come twice or aren't text.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), Fault> {
    for name in headers.keys() {
        let name = name.as_str();
        if name.starts_with("x-amz-meta-") {
            continue;
        }
        let amazon = name.starts_with("x-amz-");
        if !amazon && !SINGLE.contains(&name) {
            continue;
        }
        let mut values = headers.get_all(name).iter();
        let text = values.next().is_none_or(|value| value.to_str().is_ok());
        if values.next().is_some() || !text {
            return Err(Fault::argument(
                "A header was given more than once, or is not text.",
                name,
                "",
            ));
        }
    }
    Ok(())
}

impl CopySource {
    fn parse(header: &str) -> Result<Self, Fault> {
        let invalid = || {
            Fault::argument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                "x-amz-copy-source",
                header,
            )
        };
        let (path, version) = match header.split_once("?versionId=") {
            Some((path, version)) => (path, Some(strict_decode(version)?)),
            None => (header, None),
        };
        let path = strict_decode(path)?;
        if path.starts_with("arn:") {
            return Err(Fault::header_not_implemented("x-amz-copy-source"));
        }
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = path.split_once('/').ok_or_else(invalid)?;
        if key.is_empty() || version.as_deref() == Some("") {
            return Err(invalid());
        }
        Ok(Self {
            bucket: BucketName::parse(bucket)?,
            key: ObjectKey::parse(key)?,
            version,
        })
    }

    /// The version that is asked for. That a text can't be one is said after authorization.
    pub(crate) fn version(&self) -> Result<Option<VersionId>, InvalidVersionId> {
        self.version.as_deref().map(str::parse).transpose()
    }
}

/// What has to be known of a request's content before it can be authorized.
#[derive(Debug)]
pub(crate) struct Input {
    /// The body, for operations that read it whole.
    pub(crate) bytes: Bytes,
    /// The tags that the request sets.
    pub(crate) tags: Option<Result<Tags, Fault>>,
    /// The region that CreateBucket asks for.
    pub(crate) location: Option<Result<String, Fault>>,
    /// Condition keys that the body says.
    pub(crate) said: Result<Keys, Fault>,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            bytes: Bytes::new(),
            tags: None,
            location: None,
            said: Ok(Keys::new()),
        }
    }
}

impl Input {
    /// Takes the content apart. What is wrong with it is said after authorization.
    pub(crate) fn read(request: &Request, bytes: Bytes) -> Self {
        let from_header = || request.header("x-amz-tagging").map(Tags::from_header);
        let from_body =
            |most| Some(xml::<dto::Tagging>(&bytes).and_then(|t| tags_of(t.tag_set, most)));
        let tags = match request.operation {
            Operation::PutObject | Operation::CreateMultipartUpload | Operation::CopyObject => {
                from_header()
            }
            Operation::PostObject => {
                let document = request.posted.as_ref().and_then(|it| it.tagging.as_ref());
                document.map(|text| {
                    xml::<dto::Tagging>(text.as_bytes())
                        .and_then(|it| tags_of(it.tag_set, OBJECT_TAGS))
                })
            }
            Operation::PutObjectTagging => from_body(OBJECT_TAGS),
            Operation::PutBucketTagging => from_body(BUCKET_TAGS),
            Operation::TagResource => {
                let wanted = xml::<TagResource>(&bytes);
                Some(wanted.and_then(|wanted| tags_of(wanted.tags, BUCKET_TAGS)))
            }
            _ => None,
        };
        let said = condition_keys::of_body(request.operation, &bytes);
        if request.operation == Operation::CreateBucket && !bytes.is_empty() {
            return Self::of_new_bucket(bytes);
        }
        Self {
            tags,
            said,
            bytes,
            location: None,
        }
    }

    /// What a write has besides its bytes: these tags.
    pub(crate) fn with_tags(tags: Tags) -> Self {
        Self {
            tags: Some(Ok(tags)),
            ..Self::default()
        }
    }

    fn of_new_bucket(bytes: Bytes) -> Self {
        let (location, tags) = match xml::<NewBucket>(&bytes) {
            Ok(NewBucket { location, tags }) => (
                location.map(Ok),
                tags.map(|tags| tags_of(tags, BUCKET_TAGS)),
            ),
            Err(fault) => (Some(Err(fault)), None),
        };
        Self {
            bytes,
            tags,
            location,
            said: Ok(Keys::new()),
        }
    }

    /// Complains of what could not be told: a decision that would have looked at it was made
    /// without it.
    pub(crate) fn is_understood(&mut self) -> Result<(), Fault> {
        if let Some(Err(_)) = self.location {
            self.take_location()?;
        }
        if let Some(Err(_)) = self.tags {
            self.take_tags()?;
        }
        std::mem::replace(&mut self.said, Ok(Keys::new())).map(drop)
    }

    /// The tags, once it is time to complain about them.
    pub(crate) fn take_tags(&mut self) -> Result<Tags, Fault> {
        self.tags.take().unwrap_or_else(|| Ok(Tags::default()))
    }

    /// The location, once it is time to complain about it.
    pub(crate) fn take_location(&mut self) -> Result<Option<String>, Fault> {
        self.location.take().transpose()
    }
}

/// Checks the tags of a document.
pub(crate) fn tags_of(tags: Vec<dto::Tag>, most: usize) -> Result<Tags, Fault> {
    let pairs = tags
        .into_iter()
        .map(|tag| match (tag.key, tag.value) {
            (Some(key), value) => Ok((key, value.unwrap_or_default())),
            (None, _) => Err(Fault::new(Code::MalformedXml)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Tags::new(pairs, most)
}

/// Reads an XML document.
///
/// # Errors
/// `MissingRequestBodyError` if there is none, `MalformedXML` if it isn't one, or holds what its schema doesn't have.
pub(crate) fn xml<T: for<'x> Deserialize<'x> + Outlined>(bytes: &[u8]) -> Result<T, Fault> {
    if bytes.is_empty() {
        return Err(Fault::new(Code::MissingRequestBody));
    }
    let mut reader = Deserializer::new(bytes);
    let malformed = |_| Fault::new(Code::MalformedXml);
    let value = T::deserialize(&mut reader).map_err(malformed)?;
    reader.expect_eof().map_err(malformed)?;
    outline::check(bytes, T::OUTLINE)?;
    Ok(value)
}

/// Reads a short body to its end, where its signature is checked.
pub(crate) async fn read_whole(
    body: &mut door::Body,
    announced: Option<u64>,
) -> Result<Bytes, Fault> {
    let too_long = || {
        Fault::new(Code::MaxMessageLengthExceeded)
            .element("MaxMessageLengthBytes", INPUT_BYTES.to_string())
    };
    if announced.is_some_and(|length| length > INPUT_BYTES as u64) {
        return Err(too_long());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if whole.len() + data.len() > INPUT_BYTES {
                return Err(too_long());
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the request line, the key is the path decoded once, or there is no request.
        #[test]
        fn any_request_line_is_refused_or_means_what_it_says(
            method in "(GET|PUT|POST|DELETE|HEAD|X)",
            path in "/[a-c/%2.e\\\\?&=+;-]{0,24}",
            query in "([a-z%=&+]|acl|delete|uploadId|versionId|list-type=2){0,8}",
        ) {
            let target = format!("{path}?{query}");
            let Ok(uri) = target.parse::<http::Uri>() else { return Ok(()) };
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = Request::read(&method, &uri, &HeaderMap::new(), "localhost", &[]);
            if let Ok(request) = request && let Some(key) = request.address.key() {
                let raw = uri.path().splitn(3, '/').nth(2).unwrap();
                let decoded = percent_encoding::percent_decode_str(raw).decode_utf8().unwrap();
                prop_assert_eq!(key.as_str(), &*decoded);
            }
        }
    }

    fn read(
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Request, Fault> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Request::read(&method, &target.parse().unwrap(), &map, "localhost", &[])
    }

    #[test]
    fn a_deciding_header_given_twice_is_refused() {
        let twice = [("x-amz-acl", "private"), ("x-amz-acl", "public-read")];
        assert!(read(Method::PUT, "/bkt/k", &twice).is_err());
        let meta = [("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")];
        assert!(read(Method::PUT, "/bkt/k", &meta).is_ok());
    }

    #[test]
    fn copy_sources() {
        for (header, key, version) in [
            ("src/k", "k", None),
            ("/src/a/b", "a/b", None),
            ("src/a%2Fb%20c", "a/b c", None),
            ("src/a+b", "a+b", None),
            ("src/..%2F..%2Fk", "../../k", None),
            ("src/k?versionId=null", "k", Some("null")),
        ] {
            let source = CopySource::parse(header).unwrap();
            assert_eq!(source.bucket.as_str(), "src");
            assert_eq!(source.key.as_str(), key, "{header}");
            assert_eq!(source.version.as_deref(), version);
        }
        for header in [
            "",
            "src",
            "src/",
            "/",
            "S_/k",
            "src/k?versionId=",
            "arn:aws:s3:x",
        ] {
            assert!(CopySource::parse(header).is_err(), "{header}");
        }
    }

    #[test]
    fn only_operations_with_version_actions_take_a_version() {
        assert!(read(Method::GET, "/bkt/k?versionId=x", &[]).is_ok());
        assert!(read(Method::PUT, "/bkt/k?versionId=x", &[]).is_err());
        assert!(read(Method::GET, "/bkt/k?versionId=", &[]).is_err());
    }

    #[test]
    fn tags_of_a_request_are_known_before_it_is_authorized() {
        let request = read(Method::PUT, "/bkt/k?tagging", &[]).unwrap();
        let body = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
        let mut input = Input::read(&request, Bytes::from_static(body.as_bytes()));
        assert_eq!(input.take_tags().unwrap().iter().next(), Some(("a", "b")));
        let mut input = Input::read(&request, Bytes::from_static(b"<Tagging><"));
        assert!(input.take_tags().is_err());
    }
}
