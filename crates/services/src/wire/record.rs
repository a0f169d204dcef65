//! Writing shapes as they stand in a CloudTrail record's `requestParameters` and `responseElements`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::decode::push_lower_camel;
use super::secret::Secret;
use super::writer::{Shape, ShapeWriter};

/// The structure as a record holds it: lowerCamel names, dates like `Nov 21, 2026, 8:22:06 PM` (UTC), secret access
/// keys and identity tokens left out ("CloudTrail record contents", and its example events). `null` if nothing is left.
#[must_use]
pub fn of(shape: &dyn Shape) -> Value {
    let members = members_of(shape);
    if members.is_empty() {
        Value::Null
    } else {
        Value::Object(members)
    }
}

fn members_of(shape: &dyn Shape) -> Map<String, Value> {
    let mut writer = RecordWriter {
        members: Map::new(),
    };
    shape.write(&mut writer);
    writer.members
}

struct RecordWriter {
    members: Map<String, Value>,
}

impl RecordWriter {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        let mut key = String::with_capacity(name.len());
        push_lower_camel(&mut key, name);
        self.members.insert(key, value.into());
    }
}

impl ShapeWriter for RecordWriter {
    fn text(&mut self, name: &'static str, value: &str) {
        self.put(name, value);
    }

    fn secret(&mut self, _: &'static str, _: &Secret) {}

    fn integer(&mut self, name: &'static str, value: i32) {
        self.put(name, value);
    }

    fn boolean(&mut self, name: &'static str, value: bool) {
        self.put(name, value);
    }

    fn timestamp(&mut self, name: &'static str, value: Timestamp) {
        self.put(name, value.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string());
    }

    fn structure(&mut self, name: &'static str, value: &dyn Shape) {
        self.put(name, members_of(value));
    }

    fn texts(&mut self, name: &'static str, values: &[String]) {
        self.put(name, values);
    }

    fn entries(&mut self, name: &'static str, entries: &BTreeMap<String, String>) {
        let pair = |(key, value): (&String, &String)| (key.clone(), Value::from(value.clone()));
        self.put(name, entries.iter().map(pair).collect::<Map<_, _>>());
    }

    fn counts(&mut self, name: &'static str, counts: &BTreeMap<String, i32>) {
        let pair = |(key, value): (&String, &i32)| (key.clone(), Value::from(*value));
        self.put(name, counts.iter().map(pair).collect::<Map<_, _>>());
    }

    fn structures(&mut self, name: &'static str, values: &mut dyn Iterator<Item = &dyn Shape>) {
        self.put(name, values.map(members_of).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generated::iam::{
        CreateRoleRequest, CreateRoleResponse, ListUsersRequest, Role, Tag,
    };
    use crate::generated::sts::{
        AssumeRoleRequest, AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse,
        Credentials, PolicyDescriptorType,
    };

    #[test]
    fn credentials_are_recorded_without_the_secret_and_with_the_token() {
        let output = AssumeRoleWithWebIdentityResponse {
            credentials: Some(Credentials {
                access_key_id: "ASIAEXAMPLE".into(),
                secret_access_key: "hush".into(),
                session_token: "sealed".into(),
                expiration: "2026-11-21T21:22:06Z".parse().unwrap(),
            }),
            ..AssumeRoleWithWebIdentityResponse::default()
        };
        let expected = json!({ "credentials": {
            "accessKeyId": "ASIAEXAMPLE", "sessionToken": "sealed", "expiration": "Nov 21, 2026, 9:22:06 PM",
        } });
        assert_eq!(of(&output), expected);
    }

    #[test]
    fn tokens_and_codes_are_not_recorded() {
        let input = AssumeRoleWithWebIdentityRequest {
            role_arn: "arn".into(),
            role_session_name: "app".into(),
            web_identity_token: "eyJ".into(),
            duration_seconds: Some(3600),
            ..AssumeRoleWithWebIdentityRequest::default()
        };
        assert_eq!(
            of(&input),
            json!({ "roleArn": "arn", "roleSessionName": "app", "durationSeconds": 3600 })
        );
        let input = AssumeRoleRequest {
            token_code: Some("123456".into()),
            policy_arns: vec![PolicyDescriptorType {
                arn: Some("arn:p".into()),
            }],
            ..AssumeRoleRequest::default()
        };
        assert_eq!(
            of(&input),
            json!({ "roleArn": "", "roleSessionName": "", "policyArns": [{ "arn": "arn:p" }] })
        );
    }

    #[test]
    fn documents_are_raw_in_requests_and_encoded_in_answers() {
        let input = CreateRoleRequest {
            role_name: "app".into(),
            assume_role_policy_document: "{\"a\": 1}".into(),
            tags: vec![Tag {
                key: "Team".into(),
                value: "Blue".into(),
            }],
            ..CreateRoleRequest::default()
        };
        let expected = json!({
            "roleName": "app", "assumeRolePolicyDocument": "{\"a\": 1}", "tags": [{ "key": "Team", "value": "Blue" }],
        });
        assert_eq!(of(&input), expected);
        let role = Role {
            create_date: "2026-01-02T00:02:03Z".parse().unwrap(),
            assume_role_policy_document: Some("{\"a\": 1}".into()),
            ..Role::default()
        };
        let recorded = of(&CreateRoleResponse { role });
        assert_eq!(
            recorded["role"]["assumeRolePolicyDocument"],
            "%7B%22a%22%3A%201%7D"
        );
        assert_eq!(recorded["role"]["createDate"], "Jan 2, 2026, 12:02:03 AM");
    }

    #[test]
    fn an_input_without_members_is_null() {
        assert_eq!(of(&ListUsersRequest::default()), Value::Null);
    }
}
