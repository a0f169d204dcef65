//! Credentials of a pod, as the service gives them and as the agent hands them out.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::client::timestamp;

/// What a pod gets. It holds secrets, so it has no `Debug`.
pub(crate) struct Issued {
    /// The answer's body.
    pub(crate) body: Bytes,
    pub(crate) expires: Timestamp,
    /// The session's ARN.
    pub(crate) session: String,
    /// The association's id.
    pub(crate) association: String,
}

/// The members that SDKs read of a container's credentials, in upstream's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    account_id: &'a str,
    expiration: String,
}

impl Issued {
    /// Of the answer to `AssumeRoleForPodIdentity`; `None` if something is missing in it.
    pub(crate) fn read(answer: &Value) -> Option<Self> {
        let text = |path: &str| answer.pointer(path).and_then(Value::as_str);
        let session = text("/assumedRoleUser/arn")?;
        let expires = timestamp(answer.pointer("/credentials/expiration")?)?;
        let body = Answer {
            access_key_id: text("/credentials/accessKeyId")?,
            secret_access_key: text("/credentials/secretAccessKey")?,
            token: text("/credentials/sessionToken")?,
            account_id: session.split(':').nth(4)?,
            expiration: expires.to_string(),
        };
        let association = text("/podIdentityAssociation/associationId");
        Some(Self {
            body: Bytes::from(serde_json::to_vec(&body).ok()?),
            expires,
            session: session.to_owned(),
            association: association.unwrap_or_default().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_is_what_sdks_read() {
        let mut answer = json!({
            "assumedRoleUser": {"arn": "arn:aws:sts::123456789012:assumed-role/r/s", "assumeRoleId": "AROA:s"},
            "podIdentityAssociation": {"associationArn": "arn:a", "associationId": "a-1"},
            "credentials": {"accessKeyId": "ASIA", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1.7e9},
        });
        let issued = Issued::read(&answer).unwrap();
        assert_eq!(
            issued.body,
            r#"{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","AccountId":"123456789012","Expiration":"2023-11-14T22:13:20Z"}"#
        );
        assert_eq!(issued.association, "a-1");
        answer["credentials"]["sessionToken"] = Value::Null;
        assert!(Issued::read(&answer).is_none());
    }
}
