//! Conditional requests (RFC 9110, section 13, as S3 applies it).

use jiff::Timestamp;

use crate::fault::{Code, Fault};
use crate::reply::{http_time, parse_http_time};
use crate::request::Request;
use crate::store::{Guard, Object, Rejected};

/// The four conditions of a read.
#[derive(Debug, Clone, Default)]
struct Conditions<'a> {
    if_match: Option<&'a str>,
    if_none_match: Option<&'a str>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

/// Why a read doesn't go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Proceed,
    NotModified,
    Failed(&'static str),
}

impl Conditions<'_> {
    fn verdict(&self, etag: &str, modified: Timestamp) -> Verdict {
        match self.if_match {
            Some(wanted) if !matches(wanted, etag) => return Verdict::Failed("If-Match"),
            // A match that holds makes If-Unmodified-Since moot.
            Some(_) => {}
            None => {
                if self.if_unmodified_since.is_some_and(|t| modified > t) {
                    return Verdict::Failed("If-Unmodified-Since");
                }
            }
        }
        match self.if_none_match {
            Some(unwanted) if matches(unwanted, etag) => Verdict::NotModified,
            Some(_) => Verdict::Proceed,
            None if self.if_modified_since.is_some_and(|t| modified <= t) => Verdict::NotModified,
            None => Verdict::Proceed,
        }
    }
}

/// Checks `If-*` of a read against the object.
pub(crate) fn check_read(request: &Request, object: &Object) -> Result<(), Fault> {
    let conditions = Conditions {
        if_match: request.header("if-match"),
        if_none_match: request.header("if-none-match"),
        if_modified_since: request
            .header("if-modified-since")
            .and_then(parse_http_time),
        if_unmodified_since: request
            .header("if-unmodified-since")
            .and_then(parse_http_time),
    };
    match conditions.verdict(&object.etag, object.modified) {
        Verdict::Proceed => Ok(()),
        Verdict::Failed(condition) => Err(Fault::precondition(condition)),
        Verdict::NotModified => Err(Fault::new(Code::NotModified)
            .header(http::header::ETAG, &format!("\"{}\"", object.etag))
            .header(http::header::LAST_MODIFIED, &http_time(object.modified))),
    }
}

/// Whether a range may be answered with a part: without `If-Range`, or if the object is the one that it names
/// (RFC 9110, section 13.1.5). Who goes on with a download gets no part of another object.
pub(crate) fn range_holds(request: &Request, object: &Object) -> bool {
    let Some(wanted) = request.header("if-range").map(str::trim) else {
        return true;
    };
    match wanted.strip_prefix('"') {
        Some(tag) => tag.strip_suffix('"') == Some(object.etag.as_str()),
        None => parse_http_time(wanted) == Some(object.modified),
    }
}

/// Checks `x-amz-copy-source-if-*` against the source; for a copy nothing is "not modified".
pub(crate) fn check_source(request: &Request, object: &Object) -> Result<(), Fault> {
    let time = |name| request.header(name).and_then(parse_http_time);
    let conditions = Conditions {
        if_match: request.header("x-amz-copy-source-if-match"),
        if_none_match: request.header("x-amz-copy-source-if-none-match"),
        if_modified_since: time("x-amz-copy-source-if-modified-since"),
        if_unmodified_since: time("x-amz-copy-source-if-unmodified-since"),
    };
    match conditions.verdict(&object.etag, object.modified) {
        Verdict::Proceed => Ok(()),
        Verdict::Failed(condition) => Err(Fault::precondition(&format!(
            "x-amz-copy-source-{condition}"
        ))),
        Verdict::NotModified if conditions.if_none_match.is_some() => {
            Err(Fault::precondition("x-amz-copy-source-If-None-Match"))
        }
        Verdict::NotModified => Err(Fault::precondition("x-amz-copy-source-If-Modified-Since")),
    }
}

/// The conditions of a write; S3 knows `If-Match` and `If-None-Match: *`.
pub(crate) fn guard(request: &Request) -> Result<Guard, Fault> {
    let if_absent = match request.header("if-none-match") {
        None => false,
        Some("*") => true,
        Some(_) => return Err(Fault::header_not_implemented("If-None-Match")),
    };
    Ok(Guard {
        if_match: request.header("if-match").map(|list| {
            entity_tags(list)
                .map(|tag| (tag != "*").then(|| tag.to_owned()))
                .collect()
        }),
        if_absent,
    })
}

/// A rejected write as the client sees it.
pub(crate) fn rejected(rejected: Rejected, request: &Request) -> Fault {
    match rejected {
        Rejected::NoBucket => match request.address.bucket() {
            Some(bucket) => Fault::bucket(Code::NoSuchBucket, bucket),
            None => Fault::new(Code::NoSuchBucket),
        },
        Rejected::NoObject => match request.address.key() {
            Some(key) => Fault::new(Code::NoSuchKey).element("Key", key.as_str()),
            None => Fault::new(Code::NoSuchKey),
        },
        Rejected::NotMatching => Fault::precondition("If-Match"),
        Rejected::Exists => Fault::precondition("If-None-Match"),
        Rejected::NoUpload => Fault::new(Code::NoSuchUpload),
    }
}

fn matches(list: &str, etag: &str) -> bool {
    entity_tags(list).any(|tag| tag == "*" || tag == etag)
}

/// The tags of a list without quotes; S3 takes unquoted ones too.
fn entity_tags(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(|tag| {
        let tag = tag.trim();
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag.trim_matches('"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_matrix_of_conditions() {
        use Verdict::{Failed, NotModified, Proceed};
        let etag = "abc";
        let modified = at(100);
        // If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since.
        type Case = (
            Option<&'static str>,
            Option<&'static str>,
            Option<i64>,
            Option<i64>,
            Verdict,
        );
        let cases: &[Case] = &[
            (None, None, None, None, Proceed),
            (Some("\"abc\""), None, None, None, Proceed),
            (Some("abc"), None, None, None, Proceed),
            (Some("\"x\", \"abc\""), None, None, None, Proceed),
            (Some("*"), None, None, None, Proceed),
            (Some("\"x\""), None, None, None, Failed("If-Match")),
            (None, Some("\"abc\""), None, None, NotModified),
            (None, Some("W/\"abc\""), None, None, NotModified),
            (None, Some("*"), None, None, NotModified),
            (None, Some("\"x\""), None, None, Proceed),
            (None, None, Some(99), None, Proceed),
            (None, None, Some(100), None, NotModified),
            (None, None, Some(101), None, NotModified),
            (None, None, None, Some(99), Failed("If-Unmodified-Since")),
            (None, None, None, Some(100), Proceed),
            // S3 API Reference, GetObject: both present, the entity tag decides.
            (Some("\"abc\""), None, None, Some(99), Proceed),
            (None, Some("\"abc\""), Some(99), None, NotModified),
            (None, Some("\"x\""), Some(101), None, Proceed),
            (
                Some("\"x\""),
                Some("\"abc\""),
                None,
                None,
                Failed("If-Match"),
            ),
        ];
        for (if_match, if_none_match, since, until, expected) in cases {
            let conditions = Conditions {
                if_match: *if_match,
                if_none_match: *if_none_match,
                if_modified_since: since.map(at),
                if_unmodified_since: until.map(at),
            };
            assert_eq!(
                conditions.verdict(etag, modified),
                *expected,
                "{conditions:?}"
            );
        }
    }
}
