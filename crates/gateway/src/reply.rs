//! What a handler answers with.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use s3s::dto;
use s3s::xml::{Serialize, Serializer};

use crate::fault::Fault;
use crate::store::VersionId;

/// Names the version that was read, written or removed.
pub(crate) const VERSION_ID: HeaderName = HeaderName::from_static("x-amz-version-id");
/// Says that that version is a delete marker.
pub(crate) const DELETE_MARKER: HeaderName = HeaderName::from_static("x-amz-delete-marker");
/// Names the version that was copied.
pub(crate) const COPY_SOURCE_VERSION_ID: HeaderName =
    HeaderName::from_static("x-amz-copy-source-version-id");

/// A successful answer and what the audit trail is to know of it.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The response without the headers that every one has.
    pub(crate) response: Response<door::Body>,
    /// Bytes of the body.
    pub(crate) length: u64,
    /// `responseElements` of the event.
    pub(crate) elements: Option<serde_json::Value>,
}

impl Reply {
    /// Only a status.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let mut response = Response::new(door::empty());
        *response.status_mut() = status;
        Self {
            response,
            length: 0,
            elements: None,
        }
    }

    /// An XML document.
    pub(crate) fn xml(value: &impl Serialize) -> Result<Self, Fault> {
        let mut document = Vec::with_capacity(512);
        let mut writer = Serializer::new(&mut document);
        writer
            .decl()
            .and_then(|()| value.serialize(&mut writer))
            .map_err(|error| Fault::internal("an answer can't be written as XML", &error))?;
        Ok(Self::bytes("application/xml", document))
    }

    /// A document of this type.
    pub(crate) fn bytes(content_type: &'static str, document: Vec<u8>) -> Self {
        let length = document.len() as u64;
        let mut response = Response::new(door::full(document));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            response,
            length,
            elements: None,
        }
        .with(CONTENT_LENGTH, &length.to_string())
    }

    /// Names the version that was written, if it has an id of its own, to the client and to the audit trail.
    pub(crate) fn versioned(mut self, version: Option<VersionId>) -> Self {
        if let Some(version) = version {
            let version = version.to_string();
            self.set(VERSION_ID, &version);
            let elements = self.elements.get_or_insert_with(|| serde_json::json!({}));
            if let Some(elements) = elements.as_object_mut() {
                elements.insert(VERSION_ID.to_string(), version.into());
            }
        }
        self
    }

    /// One more header; left out if the value can't be one.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a header; left out if the value can't be one.
    pub(crate) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.response.headers_mut().insert(name, value);
        }
    }

    /// Sets a header whose name is only known at run time.
    pub(crate) fn set_named(&mut self, name: &str, value: &str) {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            self.set(name, value);
        }
    }
}

/// A time for an XML document.
pub(crate) fn xml_time(time: jiff::Timestamp) -> dto::Timestamp {
    dto::Timestamp::from(std::time::SystemTime::from(time))
}

/// A time for a header, e.g. `Sat, 21 Nov 2026 20:22:06 GMT`.
pub(crate) fn http_time(time: jiff::Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A time from a header; what isn't one is ignored, as HTTP has it.
pub(crate) fn parse_http_time(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_headers_come_back() {
        let time = jiff::Timestamp::from_second(1_795_292_526).unwrap();
        let text = http_time(time);
        assert_eq!(text, "Sat, 21 Nov 2026 20:22:06 GMT");
        assert_eq!(parse_http_time(&text), Some(time));
        assert_eq!(parse_http_time("yesterday"), None);
    }
}
