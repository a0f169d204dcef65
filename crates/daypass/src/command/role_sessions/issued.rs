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
    /// Who asked for it: a service account's subject, another role's session, a user.
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
        let user_id = text("/responseElements/assumedRoleUser/assumedRoleId")?;
        let (id, name) = user_id.split_once(':')?;
        if id != role_id {
            return None;
        }
        Some(Self {
            access_key_id: text("/responseElements/credentials/accessKeyId")?.to_owned(),
            name: name.to_owned(),
            issued: text("/eventTime")?.parse().ok()?,
            expires: date(text("/responseElements/credentials/expiration")?)?,
            by: by(record.get("userIdentity")?),
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

/// Whom a `userIdentity` names.
fn by(identity: &Value) -> String {
    let text = |name: &str| identity.get(name).and_then(Value::as_str);
    let known = text("arn").or_else(|| text("userName"));
    let known = known.or_else(|| text("principalId"));
    known.unwrap_or_default().to_owned()
}

/// CloudTrail's `Nov 21, 2026, 9:22:06 PM`, in UTC.
fn date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%b %d, %Y, %I:%M:%S %p", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Value {
        json!({
            "eventTime": "2026-11-21T20:22:06Z",
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
    }
}
