//! The whole CloudTrail record, version 1.11.

use jiff::Timestamp;
use policy::AccountId;
use serde_json::{Map, Value, json};

use crate::{Draft, UserIdentity};

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
        let mut record = Map::new();
        let mut put = |name: &str, value: Value| {
            record.insert(name.to_owned(), value);
        };
        put("eventVersion", json!("1.11"));
        put("userIdentity", frame.identity.to_json());
        put("eventTime", json!(seconds(frame.time)));
        put("eventSource", json!(draft.event_source));
        put("eventName", json!(draft.event_name));
        put("awsRegion", json!(frame.region));
        put("sourceIPAddress", json!(frame.source_ip));
        if let Some(agent) = &frame.user_agent {
            put("userAgent", json!(cut(agent, TEXT_BYTES)));
        }
        if let Some((code, message)) = &draft.error {
            put("errorCode", json!(cut(code, ERROR_BYTES)));
            put("errorMessage", json!(cut(message, ERROR_BYTES)));
        }
        let stranger = matches!(frame.identity, UserIdentity::Anonymous { .. });
        let most = if stranger {
            STRANGER_BYTES
        } else {
            PARAMETER_BYTES
        };
        put(
            "requestParameters",
            bounded(&draft.request_parameters, most),
        );
        put(
            "responseElements",
            bounded(&draft.response_elements, PARAMETER_BYTES),
        );
        if draft.additional.is_some() {
            let additional = bounded(&draft.additional, ADDITIONAL_BYTES);
            put("additionalEventData", additional);
        }
        put("requestID", json!(frame.request_id));
        put("eventID", json!(event_id));
        put("readOnly", json!(draft.read_only));
        if !draft.resources.is_empty() {
            let resources = draft.resources.iter().map(|resource| {
                let mut entry = Map::new();
                if let Some(account) = &resource.account {
                    entry.insert("accountId".into(), json!(account.to_string()));
                }
                entry.insert("type".into(), json!(resource.kind));
                entry.insert("ARN".into(), json!(cut(&resource.arn, ARN_BYTES)));
                Value::Object(entry)
            });
            put("resources", Value::Array(resources.collect()));
        }
        put("eventType", json!("AwsApiCall"));
        put("managementEvent", json!(draft.management));
        put("recipientAccountId", json!(frame.recipient.to_string()));
        if let Some(shared) = &frame.shared_event_id {
            put("sharedEventID", json!(shared));
        }
        let category = if draft.management {
            "Management"
        } else {
            "Data"
        };
        put("eventCategory", json!(category));
        if let Some(tls) = &frame.tls {
            put(
                "tlsDetails",
                json!({
                    "tlsVersion": tls.version,
                    "cipherSuite": tls.cipher_suite,
                    "clientProvidedHostHeader": cut(&tls.host, TEXT_BYTES),
                }),
            );
        }
        Self {
            line: Value::Object(record).to_string(),
            management: draft.management,
        }
    }

    /// The record's JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.line
    }
}

/// `2026-11-21T20:22:06Z`: CloudTrail's times have whole seconds.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn bounded(value: &Option<Value>, most: usize) -> Value {
    match value {
        None => Value::Null,
        Some(value) if value.to_string().len() > most => {
            json!({"omitted": true, "reason": format!("larger than {most} bytes")})
        }
        Some(value) => value.clone(),
    }
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
