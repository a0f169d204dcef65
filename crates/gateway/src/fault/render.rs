//! The error document.

use http::{HeaderValue, Method, Response, StatusCode, header};

use super::Fault;
use crate::ids::Ids;

impl Fault {
    /// The response: the error document, or no body where HTTP or S3 has none.
    pub(crate) fn response(self, method: &Method, ids: &Ids) -> Response<door::Body> {
        let status = self.0.code.status();
        let bodiless = method == Method::HEAD || status == StatusCode::NOT_MODIFIED;
        let mut response = if bodiless {
            Response::new(door::empty())
        } else {
            Response::new(door::full(self.document(ids)))
        };
        *response.status_mut() = status;
        *response.headers_mut() = self.0.headers;
        if !bodiless {
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/xml"),
            );
        }
        response
    }

    fn document(&self, ids: &Ids) -> String {
        let mut xml = String::with_capacity(256);
        xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        // S3 Control wraps its errors, as services of this protocol do that aren't S3.
        if self.0.wrapped {
            xml.push_str("<ErrorResponse>");
        }
        xml.push_str("<Error>");
        element(&mut xml, "Code", self.0.code.name());
        element(&mut xml, "Message", &self.0.message);
        for (name, value) in &self.0.elements {
            element(&mut xml, name, value);
        }
        element(&mut xml, "RequestId", &ids.request);
        element(&mut xml, "HostId", &ids.host);
        xml.push_str("</Error>");
        if self.0.wrapped {
            element(&mut xml, "RequestId", &ids.request);
            xml.push_str("</ErrorResponse>");
        }
        xml
    }
}

/// Writes an element, its text escaped.
pub(crate) fn element(xml: &mut String, name: &str, value: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    for c in value.chars() {
        match c {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            // XML 1.0 has no way to write the other control characters.
            c if c.is_control() && c != '\n' && c != '\t' => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::fault::Code;

    fn ids() -> Ids {
        Ids {
            request: "0123456789ABCDEF".to_owned(),
            host: "aWQ=".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_document_escapes_what_the_client_sent() {
        let fault = Fault::new(Code::NoSuchKey).element("Key", "a<b>&\"\u{1}");
        let response = fault.response(&Method::GET, &ids());
        assert_eq!(response.status(), 404);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>\
             <Message>The specified key does not exist.</Message>\
             <Key>a&lt;b&gt;&amp;&quot;\u{fffd}</Key>\
             <RequestId>0123456789ABCDEF</RequestId><HostId>aWQ=</HostId></Error>"
        );
    }

    #[tokio::test]
    async fn head_and_not_modified_have_no_body() {
        for (code, method) in [
            (Code::NoSuchKey, Method::HEAD),
            (Code::NotModified, Method::GET),
        ] {
            let response = Fault::new(code).response(&method, &ids());
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.is_empty());
        }
    }
}
