//! Errors of the upstream, as this server's clients may read them.

use http::{HeaderMap, Method, StatusCode};
use roxmltree::Document;

use super::answer::Answer;
use super::{Upstream, headers};
use crate::fault::{Code, Fault};
use crate::operation::Operation;

/// Codes that are about the credentials or the configuration of this server and not about the client's request.
const OURS: &[&str] = &[
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "CredentialsNotSupported",
    "ExpiredToken",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingSecurityHeader",
    "NotSignedUp",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnauthorizedAccess",
    "UnrecognizedClientException",
    "XAmzContentSHA256Mismatch",
];

/// Of these, what new keys may help against.
const OF_KEYS: &[&str] = &[
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "TokenRefreshRequired",
];

/// Elements that are written anew, or that tell of the upstream.
const LEFT_OUT: &[&str] = &[
    "Code",
    "Message",
    "RequestId",
    "HostId",
    "BucketName",
    "Bucket",
    "Resource",
    "Endpoint",
    "Region",
    "Server",
];

/// A refused request: what was asked, with the names on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused<'a> {
    pub(super) operation: Operation,
    /// Whether a version is named.
    pub(super) versioned: bool,
    /// The upstream's bucket, and its name here.
    pub(super) bucket: (&'a str, &'a str),
}

/// What an error document says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    code: String,
    message: String,
    elements: Vec<(String, String)>,
}

impl Upstream {
    /// Turns an answer that is no success into a fault.
    pub(super) async fn refused(
        &self,
        method: &Method,
        answer: Answer,
        refused: Refused<'_>,
    ) -> Fault {
        let status = answer.status;
        let kept = headers::of_error(&answer.headers);
        if status == StatusCode::NOT_MODIFIED {
            return with_headers(Fault::new(Code::NotModified), &kept);
        }
        if status.is_redirection() {
            return Fault::unavailable(format!(
                "the upstream store redirects (HTTP {}): its URL or --s3-upstream-region is another bucket's",
                status.as_u16()
            ));
        }
        let told = match *method {
            Method::HEAD => told_by_status(status),
            _ => match answer.read().await {
                Ok(document) => told(&document),
                Err(fault) => return fault,
            },
        };
        let Some(told) = told else {
            return Fault::unavailable(format!(
                "the upstream store answered HTTP {} without an error of S3",
                status.as_u16()
            ));
        };
        self.fault(status, told, &kept, refused)
    }

    fn fault(
        &self,
        status: StatusCode,
        told: Told,
        kept: &HeaderMap,
        refused: Refused<'_>,
    ) -> Fault {
        if is_ours(status, &told.code, refused) {
            if OF_KEYS.contains(&told.code.as_str()) {
                self.credentials.were_refused();
            }
            return Fault::unavailable(format!(
                "the upstream store refuses this server: {}: {}",
                told.code, told.message
            ));
        }
        let (theirs, ours) = refused.bucket;
        let clean = |text: &str| {
            let text = replaced(text, theirs, ours);
            replaced(&text, self.url.authority(), "s3")
        };
        let is_about_bucket = told.code.contains("Bucket");
        let code = Code::Upstream {
            name: told.code,
            status,
        };
        let mut fault = Fault::new(code).message(clean(&told.message));
        if is_about_bucket {
            fault = fault.element("BucketName", ours);
        }
        for (name, value) in told.elements {
            fault = fault.element(name, clean(&value));
        }
        with_headers(fault, kept)
    }
}

/// Whether the client's request has nothing to do with it. What object lock protects is refused with AccessDenied too.
fn is_ours(status: StatusCode, code: &str, refused: Refused<'_>) -> bool {
    use Operation as O;
    let may_be_locked = match refused.operation {
        O::DeleteObject => refused.versioned,
        O::PutObjectRetention | O::PutObjectLegalHold => true,
        _ => false,
    };
    if code == "AccessDenied" && may_be_locked {
        return false;
    }
    status == StatusCode::UNAUTHORIZED || OURS.contains(&code)
}

fn with_headers(mut fault: Fault, headers: &HeaderMap) -> Fault {
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            fault = fault.header(name.clone(), value);
        }
    }
    fault
}

/// An answer to HEAD has no document; S3's clients go by the status as well.
fn told_by_status(status: StatusCode) -> Option<Told> {
    let code = match status.as_u16() {
        400 => "BadRequest",
        401 | 403 => "AccessDenied",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        500 => "InternalError",
        501 => "NotImplemented",
        503 => "ServiceUnavailable",
        _ => return None,
    };
    Some(Told {
        code: code.to_owned(),
        ..Told::default()
    })
}

/// Reads an error document; `None` if it is none.
fn told(document: &[u8]) -> Option<Told> {
    let text = std::str::from_utf8(document).ok()?;
    let parsed = Document::parse(text.trim_start()).ok()?;
    let root = parsed.root_element();
    // `ErrorResponse` is what services of the query protocol answer in front of some stores.
    let error = match root.tag_name().name() {
        "Error" => root,
        _ => root.children().find(|it| it.has_tag_name("Error"))?,
    };
    let mut told = Told::default();
    for child in error.children().filter(roxmltree::Node::is_element) {
        let name = child.tag_name().name();
        let value = child.text().unwrap_or_default();
        match name {
            "Code" => value.clone_into(&mut told.code),
            "Message" => value.clone_into(&mut told.message),
            _ if LEFT_OUT.contains(&name) => {}
            _ if child.children().any(|it| it.is_element()) => {}
            _ => told.elements.push((name.to_owned(), value.to_owned())),
        }
    }
    (!told.code.is_empty()).then_some(told)
}

/// An error that came with a success, as S3 answers when it has begun to answer before it was done.
pub(super) fn told_in_success(document: &[u8]) -> Option<StatusCode> {
    let code = told(document)?.code;
    Some(match code.as_str() {
        "InternalError" => StatusCode::INTERNAL_SERVER_ERROR,
        "SlowDown" | "ServiceUnavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "PreconditionFailed" => StatusCode::PRECONDITION_FAILED,
        "ConditionalRequestConflict" | "OperationAborted" => StatusCode::CONFLICT,
        "NoSuchKey" | "NoSuchUpload" | "NoSuchVersion" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    })
}

impl Upstream {
    /// The fault that such a document tells of.
    pub(super) fn refused_in_success(
        &self,
        status: StatusCode,
        document: &[u8],
        refused: Refused<'_>,
    ) -> Fault {
        match told(document) {
            Some(told) => self.fault(status, told, &HeaderMap::new(), refused),
            None => Fault::unavailable("the upstream store's answer can't be read"),
        }
    }
}

/// `text` with a name in the place of another one, wherever that stands for itself.
fn replaced(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() || from == to {
        return text.to_owned();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        clean.push_str(before);
        clean.push_str(if alone { to } else { from });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_document_is_taken_apart() {
        let document = br#"<?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>InvalidArgument</Code><Message>m &lt;</Message><ArgumentName>a</ArgumentName>
            <BucketName>theirs</BucketName><Resource>/theirs/k</Resource><RequestId>r</RequestId>
            <HostId>host-7.rack</HostId><Empty/></Error>"#;
        let told = told(document).unwrap();
        assert_eq!(
            (told.code.as_str(), told.message.as_str()),
            ("InvalidArgument", "m <")
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            told.elements,
            [pair("ArgumentName", "a"), pair("Empty", "")]
        );
        for other in [
            "",
            "<html>Bad Gateway</html>",
            "<Error><Message>m</Message></Error>",
            "<Error>",
        ] {
            assert_eq!(super::told(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn names_are_replaced_where_they_stand_alone() {
        for (text, expected) in [
            ("The bucket theirs is gone", "The bucket ours is gone"),
            ("/theirs/k", "/ours/k"),
            ("theirs-2 and not-theirs", "theirs-2 and not-theirs"),
            ("arn:aws:s3:::theirs", "arn:aws:s3:::ours"),
            ("", ""),
        ] {
            assert_eq!(replaced(text, "theirs", "ours"), expected);
        }
    }

    #[test]
    fn what_object_lock_refuses_is_the_clients_business() {
        let of = |operation, versioned| Refused {
            operation,
            versioned,
            bucket: ("b", "b"),
        };
        let denied = |refused| is_ours(StatusCode::FORBIDDEN, "AccessDenied", refused);
        assert!(denied(of(Operation::GetObject, true)));
        assert!(denied(of(Operation::DeleteObject, false)));
        assert!(!denied(of(Operation::DeleteObject, true)));
        let state = is_ours(
            StatusCode::FORBIDDEN,
            "InvalidObjectState",
            of(Operation::GetObject, false),
        );
        assert!(!state);
    }
}
