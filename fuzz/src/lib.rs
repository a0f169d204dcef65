//! What several targets share: requests as text, so that seeds can be read and written by hand.

pub mod s3;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// A request as an HTTP server hands it on.
#[derive(Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The target.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads `METHOD TARGET`, header lines, an empty line and a body. `None` for what no HTTP server lets in.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (head, body) = match text.windows(2).position(|two| two == b"\n\n") {
            Some(at) => (&text[..at], &text[at + 2..]),
            None => (text, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let (method, target) = str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
        let mut headers = HeaderMap::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            let value = line[colon + 1..].trim_ascii();
            headers.append(name, HeaderValue::from_bytes(value).ok()?);
        }
        Some(Self {
            method: Method::from_bytes(method.as_bytes()).ok()?,
            uri: target.parse().ok()?,
            headers,
            body,
        })
    }

    /// The query without its question mark.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }
}
