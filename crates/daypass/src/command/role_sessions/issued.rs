//! One session, as the event that issued it tells.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A session that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    /// `ASIA…`.
    pub(crate) access_key_id: String,
    pub(crate) name: String,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// Who has it: a service account's subject, another role's session, a user.
    pub(crate) by: String,
    /// Where the request came from.
    pub(crate) source_ip: String,
}

impl Issued {
    /// Reads a CloudTrail record, if it is one of a session of the role with this unique id.
    pub(crate) fn of(record: &Value, role_id: &str) -> Option<Self> {
        let text = |path: &str| record.pointer(path).and_then(Value::as_str);
        if record.get("errorCode").is_some() {
            return None;
        }
        // `AssumeRoleForPodIdentity` spells it without the d.
        let user_id = text("/responseElements/assumedRoleUser/assumedRoleId")
            .or_else(|| text("/responseElements/assumedRoleUser/assumeRoleId"))?;
        let (id, name) = user_id.split_once(':')?;
        if id != role_id {
            return None;
        }
        Some(Self {
            access_key_id: text("/responseElements/credentials/accessKeyId")?.to_owned(),
            name: name.to_owned(),
            issued: text("/eventTime")?.parse().ok()?,
            expires: date(text("/responseElements/credentials/expiration")?)?,
            by: by(record)?,
            source_ip: text("/sourceIPAddress").unwrap_or_default().to_owned(),
        })
    }

    /// For programs.
    pub(crate) fn json(&self, revoked: bool) -> Value {
        json!({
            "accessKeyId": self.access_key_id,
            "sessionName": self.name,
            "issued": self.issued,
            "expires": self.expires,
            "by": self.by,
            "sourceIPAddress": self.source_ip,
            "revoked": revoked,
        })
    }
}

/// Whom a record names: the subject of the token where a node presents a pod's, else its `userIdentity`.
fn by(record: &Value) -> Option<String> {
    let subject = record.pointer("/additionalEventData/webIdFederationData/attributes/sub");
    let of_pod = record.get("eventSource")? == "eks-auth.amazonaws.com";
    if let (true, Some(Value::String(subject))) = (of_pod, subject) {
        return Some(subject.clone());
    }
    let identity = record.get("userIdentity")?;
    let text = |name: &str| identity.get(name).and_then(Value::as_str);
    let known = text("arn").or_else(|| text("userName"));
    let known = known.or_else(|| text("principalId"));
    Some(known.unwrap_or_default().to_owned())
}

/// CloudTrail's `Nov 21, 2026, 9:22:06 PM`, in UTC; or RFC 3339, as the local socket's events have it.
fn date(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let date = DateTime::strptime("%b %d, %Y, %I:%M:%S %p", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Value {
        json!({
            "eventTime": "2026-11-21T20:22:06Z",
            "eventSource": "sts.amazonaws.com",
            "sourceIPAddress": "192.0.2.1",
            "userIdentity": {"type": "WebIdentityUser", "userName": "system:serviceaccount:a:b"},
            "responseElements": {
                "assumedRoleUser": {"assumedRoleId": "AROA1:pod", "arn": "arn"},
                "credentials": {"accessKeyId": "ASIA1", "expiration": "Nov 21, 2026, 9:22:06 PM"},
            },
        })
    }

    #[test]
    fn an_event_tells_who_has_the_session_and_until_when() {
        let issued = Issued::of(&record(), "AROA1").unwrap();
        assert_eq!(issued.name, "pod");
        assert_eq!(issued.by, "system:serviceaccount:a:b");
        assert_eq!(issued.expires.as_second() - issued.issued.as_second(), 3600);
    }

    #[test]
    fn a_pods_session_is_its_service_accounts_and_not_the_nodes() {
        let mut pods = record();
        pods["eventSource"] = "eks-auth.amazonaws.com".into();
        pods["userIdentity"] = json!({"type": "AssumedRole", "arn": "arn:of-the-node"});
        pods["responseElements"]["assumedRoleUser"] =
            json!({"assumeRoleId": "AROA1:eks-c-p-u", "arn": "arn"});
        pods["additionalEventData"] =
            json!({"webIdFederationData": {"attributes": {"sub": "system:serviceaccount:a:c"}}});
        let issued = Issued::of(&pods, "AROA1").unwrap();
        assert_eq!(issued.name, "eks-c-p-u");
        assert_eq!(issued.by, "system:serviceaccount:a:c");
    }

    #[test]
    fn failed_calls_and_other_roles_issue_nothing() {
        assert_eq!(Issued::of(&record(), "AROA2"), None);
        let mut failed = record();
        failed["errorCode"] = "AccessDenied".into();
        assert_eq!(Issued::of(&failed, "AROA1"), None);
    }

    #[test]
    fn noon_and_midnight_are_told_apart() {
        let hour = |text: &str| date(text).unwrap().strftime("%H:%M").to_string();
        assert_eq!(hour("Nov 21, 2026, 12:05:00 AM"), "00:05");
        assert_eq!(hour("Nov 1, 2026, 12:05:00 PM"), "12:05");
        assert_eq!(hour("2026-11-21T21:22:06Z"), "21:22");
    }
}
