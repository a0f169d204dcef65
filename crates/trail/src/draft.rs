//! What a handler says of its own event; the door adds the rest.

use policy::AccountId;
use serde_json::Value;

use crate::UserIdentity;

/// The part of a CloudTrail record that only the handler of an operation knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// `iam.amazonaws.com`, `sts.amazonaws.com`, …
    pub event_source: &'static str,
    /// The operation's name, e.g. `AssumeRole`.
    pub event_name: String,
    /// The action of the event's service that was asked for, as policies name it: `GetObject`.
    /// `None` where the request asks for none that is known.
    pub action: Option<&'static str>,
    /// CloudTrail's `readOnly`; true for `AssumeRole*` too.
    pub read_only: bool,
    /// True for management events, false for data events (S3 object operations).
    pub management: bool,
    /// `requestParameters`; `None` is written as an explicit null.
    pub request_parameters: Option<Value>,
    /// `responseElements`; null for read-only and failed calls.
    pub response_elements: Option<Value>,
    /// `additionalEventData`; left out when `None`.
    pub additional: Option<Value>,
    /// The resources that the call touched, in CloudTrail's order.
    pub resources: Vec<Resource>,
    /// Error code and message of a call that failed.
    pub error: Option<(String, String)>,
    /// Why the call failed, for the server's log, where the client and the record are told
    /// less.
    pub reason: Option<String>,
    /// The caller, where only the handler could find out who it is (web identities).
    pub identity: Option<UserIdentity>,
    /// The call is nobody's: neither its caller nor its resource is known. It is logged and
    /// not recorded, so that nobody can fill the trail of an account they have nothing of.
    pub unattributed: bool,
    /// The account whose trail this is, when the caller has none.
    pub recipient: Option<AccountId>,
}

/// One entry of a record's `resources`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The owner; S3 objects are recorded without it.
    pub account: Option<AccountId>,
    /// The type, e.g. `AWS::IAM::Role`.
    pub kind: String,
    /// The resource's ARN.
    pub arn: String,
}
