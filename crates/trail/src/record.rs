//! The whole CloudTrail record, version 1.11.

use jiff::Timestamp;
use policy::AccountId;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::{Draft, Resource, UserIdentity};

/// Longest `errorCode` or `errorMessage` in bytes (CloudTrail record contents).
const ERROR_BYTES: usize = 1024;
/// Longest text that a client chooses freely, e.g. its user agent, in bytes.
const TEXT_BYTES: usize = 1024;
/// Longest ARN of a resource, in bytes.
const ARN_BYTES: usize = 2048;
/// Longest `additionalEventData` in bytes.
const ADDITIONAL_BYTES: usize = 28 * 1024;
/// Longest `requestParameters` of a caller that nobody knows, in bytes: what a stranger can
/// add to a trail with one request.
const STRANGER_BYTES: usize = 4 * 1024;
/// Longest `requestParameters` or `responseElements` in bytes.
const PARAMETER_BYTES: usize = 100 * 1024;

/// What the door knows of every request, whatever its operation.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The caller.
    pub identity: UserIdentity,
    /// When the request arrived.
    pub time: Timestamp,
    /// The region that served it.
    pub region: String,
    /// The peer's address, or the name of a local channel.
    pub source_ip: String,
    /// `User-Agent` as sent.
    pub user_agent: Option<String>,
    /// The answer's request id.
    pub request_id: String,
    /// The account whose trail this is.
    pub recipient: AccountId,
    /// Links the records that one cross-account call leaves in two accounts.
    pub shared_event_id: Option<String>,
    /// The TLS connection, when there was one.
    pub tls: Option<Tls>,
}

/// `tlsDetails`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// For example `TLSv1.3`.
    pub version: String,
    /// For example `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: String,
    /// The `Host` that the client asked for.
    pub host: String,
}

/// A finished record: one JSON object, in one line.
#[derive(Debug, Clone)]
pub struct Record {
    pub(crate) line: String,
    pub(crate) management: bool,
}

impl Record {
    /// Joins what the door knows and what the handler said.
    ///
    /// `event_id` is a fresh UUID. JSON escapes every control character, so a
    /// value can't forge a second line.
    #[must_use]
    pub fn new(frame: &Frame, draft: &Draft, event_id: &str) -> Self {
        let stranger = matches!(frame.identity, UserIdentity::Anonymous { .. });
        let most = if stranger {
            STRANGER_BYTES
        } else {
            PARAMETER_BYTES
        };
        let layout = Layout {
            event_version: "1.11",
            user_identity: frame.identity.to_json(),
            event_time: seconds(frame.time),
            event_source: draft.event_source,
            event_name: &draft.event_name,
            aws_region: &frame.region,
            // CloudTrail record contents, "sourceIPAddress": a service has its name there.
            source_ip_address: match &frame.identity {
                UserIdentity::AwsService { name } => name,
                _ => &frame.source_ip,
            },
            user_agent: frame.user_agent.as_deref().map(|it| cut(it, TEXT_BYTES)),
            error_code: draft.error.as_ref().map(|it| cut(&it.0, ERROR_BYTES)),
            error_message: draft.error.as_ref().map(|it| cut(&it.1, ERROR_BYTES)),
            request_parameters: bounded(draft.request_parameters.as_ref(), most),
            response_elements: bounded(draft.response_elements.as_ref(), PARAMETER_BYTES),
            additional_event_data: bounded(draft.additional.as_ref(), ADDITIONAL_BYTES),
            request_id: &frame.request_id,
            event_id,
            read_only: draft.read_only,
            resources: draft.resources.iter().map(Touched::of).collect(),
            event_type: match frame.identity {
                UserIdentity::AwsService { .. } => "AwsServiceEvent",
                _ => "AwsApiCall",
            },
            management_event: draft.management,
            recipient_account_id: frame.recipient,
            shared_event_id: frame.shared_event_id.as_deref(),
            event_category: if draft.management {
                "Management"
            } else {
                "Data"
            },
            tls_details: frame.tls.as_ref().map(|tls| TlsDetails {
                tls_version: &tls.version,
                cipher_suite: &tls.cipher_suite,
                client_provided_host_header: cut(&tls.host, TEXT_BYTES),
            }),
        };
        // Strings, numbers and JSON values always serialize; an empty line would be refused
        // by whoever reads the trail.
        let line = serde_json::to_string(&layout).unwrap_or_default();
        Self {
            line,
            management: draft.management,
        }
    }

    /// The record's JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.line
    }
}

/// The record's members in CloudTrail's order. Absent ones are left out, but for the two
/// that are an explicit null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layout<'a> {
    event_version: &'static str,
    user_identity: Value,
    event_time: String,
    event_source: &'static str,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    request_parameters: Option<Box<RawValue>>,
    response_elements: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Box<RawValue>>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Touched<'a>>,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: AccountId,
    #[serde(rename = "sharedEventID", skip_serializing_if = "Option::is_none")]
    shared_event_id: Option<&'a str>,
    event_category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_details: Option<TlsDetails<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Touched<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(rename = "ARN")]
    arn: &'a str,
}

impl<'a> Touched<'a> {
    fn of(resource: &'a Resource) -> Self {
        Self {
            account_id: resource.account,
            kind: &resource.kind,
            arn: cut(&resource.arn, ARN_BYTES),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TlsDetails<'a> {
    tls_version: &'a str,
    cipher_suite: &'a str,
    client_provided_host_header: &'a str,
}

/// `2026-11-21T20:22:06Z`: CloudTrail's times have whole seconds.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A value as JSON text, unless that is longer than `most` bytes.
fn bounded(value: Option<&Value>, most: usize) -> Option<Box<RawValue>> {
    let text = to_raw_value(value?).ok()?;
    if text.get().len() <= most {
        return Some(text);
    }
    to_raw_value(&json!({"omitted": true, "reason": format!("larger than {most} bytes")})).ok()
}

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            identity: UserIdentity::Anonymous {
                access_key_id: None,
            },
            time: Timestamp::from_second(1_795_292_526).unwrap(),
            region: "us-east-1".into(),
            source_ip: "127.0.0.1".into(),
            user_agent: Some("evil\n{\"eventName\":\"Forged\"}".into()),
            request_id: "r".into(),
            recipient: "123456789012".parse().unwrap(),
            shared_event_id: None,
            tls: None,
        }
    }

    #[test]
    fn a_newline_in_a_header_cannot_forge_a_second_record() {
        let record = Record::new(&frame(), &Draft::default(), "e");
        assert!(!record.json().contains('\n'));
        let parsed: Value = serde_json::from_str(record.json()).unwrap();
        assert_eq!(parsed["eventName"], "");
    }

    #[test]
    fn parameters_are_null_when_there_are_none_and_other_absent_fields_are_left_out() {
        let record = Record::new(&frame(), &Draft::default(), "e");
        let parsed: Value = serde_json::from_str(record.json()).unwrap();
        assert!(parsed.get("requestParameters").unwrap().is_null());
        assert!(parsed.get("responseElements").unwrap().is_null());
        assert!(parsed.get("errorCode").is_none());
        assert!(parsed.get("tlsDetails").is_none());
        assert_eq!(parsed["eventTime"], "2026-11-21T20:22:06Z");
    }

    #[test]
    fn what_a_stranger_can_add_to_a_trail_is_bounded() {
        let mut frame = frame();
        frame.user_agent = Some("x".repeat(300_000));
        frame.tls = Some(Tls {
            version: "TLSv1.3".into(),
            cipher_suite: "s".into(),
            host: "h".repeat(300_000),
        });
        let draft = Draft {
            request_parameters: Some(json!({"key": "k".repeat(300_000)})),
            additional: Some(json!({"x": "y".repeat(300_000)})),
            resources: vec![crate::Resource {
                account: None,
                kind: "AWS::S3::Object".into(),
                arn: "a".repeat(300_000),
            }],
            error: Some(("AccessDenied".into(), "m".repeat(300_000))),
            ..Draft::default()
        };
        let length = Record::new(&frame, &draft, "e").json().len();
        assert!(length < 8 * 1024, "{length}");
    }

    #[test]
    fn long_errors_are_cut_at_a_character_boundary() {
        let draft = Draft {
            error: Some(("AccessDenied".into(), "ä".repeat(2000))),
            ..Draft::default()
        };
        let record = Record::new(&frame(), &draft, "e");
        let parsed: Value = serde_json::from_str(record.json()).unwrap();
        assert_eq!(parsed["errorMessage"].as_str().unwrap().len(), 1024);
    }
}
