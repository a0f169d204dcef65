//! PostObject: an upload by a form, answered as the form asks for.

use door::Permit;
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Context, Upload, put};
use crate::fault::{Code, Fault, xml_element};
use crate::post_form::Success;
use crate::reply::Reply;
use crate::request::Input;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Stores the file of the form.
pub(super) async fn post_object(
    cx: &Context<'_>,
    permit: &Permit,
    input: &mut Input,
    upload: Upload,
) -> Result<Reply, Fault> {
    let stored = put::put_object(cx, permit, input, upload).await?;
    answer_form(cx, stored)
}

/// What the browser gets once the file is stored.
pub(crate) fn answer_form(cx: &Context<'_>, stored: Reply) -> Result<Reply, Fault> {
    let posted = cx.request.posted.as_ref();
    let success = posted
        .ok_or_else(|| Fault::new(Code::NotImplemented))?
        .success
        .clone();
    let (bucket, key) = (cx.request.bucket()?, cx.request.key()?);
    let etag = stored.response.headers().get(ETAG);
    let etag = etag
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    match success {
        Success::Redirect(target) => {
            let pairs = [
                ("bucket", bucket.as_str()),
                ("key", key.as_str()),
                ("etag", &etag),
            ];
            Ok(answered(
                stored,
                StatusCode::SEE_OTHER,
                &redirected(&target, &pairs),
            ))
        }
        Success::Status(StatusCode::CREATED) => {
            let location = location(cx, key.as_str());
            let mut document =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>".to_owned();
            for (name, value) in [
                ("Location", location.as_str()),
                ("Bucket", bucket.as_str()),
                ("Key", key.as_str()),
                ("ETag", &etag),
            ] {
                xml_element(&mut document, name, value);
            }
            document.push_str("</PostResponse>");
            let mut reply = Reply::bytes("application/xml", document.into_bytes());
            for (name, value) in stored.response.headers() {
                if !reply.response.headers().contains_key(name) {
                    reply.response.headers_mut().insert(name, value.clone());
                }
            }
            reply.elements = stored.elements;
            Ok(answered(reply, StatusCode::CREATED, &location))
        }
        Success::Status(status) => Ok(answered(stored, status, &location(cx, key.as_str()))),
    }
}

fn answered(mut reply: Reply, status: StatusCode, location: &str) -> Reply {
    *reply.response.status_mut() = status;
    reply.with(LOCATION, location)
}

/// The object's URL, as the client came to the bucket.
fn location(cx: &Context<'_>, key: &str) -> String {
    let scheme = if cx.call.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let key = utf8_percent_encode(key, RESERVED);
    let bucket = cx.request.path.trim_end_matches('/');
    format!("{scheme}://{}{bucket}/{key}", cx.call.host)
}

/// The URL with further parameters, before its fragment if it has one.
fn redirected(target: &str, pairs: &[(&str, &str)]) -> String {
    let (url, fragment) = match target.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (target, String::new()),
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)))
        .collect();
    let separator = match url.rsplit_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{}{fragment}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_keeps_what_the_url_has() {
        let pairs = [("bucket", "b"), ("key", "a/ü&?"), ("etag", "\"e\"")];
        let added = "bucket=b&key=a%2F%C3%BC%26%3F&etag=%22e%22";
        for (target, expected) in [
            ("http://h/p", format!("http://h/p?{added}")),
            ("http://h/p?x=1", format!("http://h/p?x=1&{added}")),
            ("http://h/?", format!("http://h/?{added}")),
            ("http://h/p#f", format!("http://h/p?{added}#f")),
        ] {
            assert_eq!(redirected(target, &pairs), expected);
        }
    }
}
