//! Laying shapes over a [`Node`] tree: values out, every missed constraint collected.

mod cursor;

use std::collections::BTreeMap;

pub use self::cursor::Cursor;
use super::fault::Fault;
use super::node::Node;
use super::service::{Operation, Protocol, Service};
use super::violation::{Constraint, Offender, Violation};

/// Reads the input of an operation from a call's parameters. Parameters that the operation does not have are ignored,
/// as AWS ignores them.
///
/// # Errors
/// A value of the wrong type, or all missed constraints together, as the fault that the service answers.
pub fn decode<O: Operation>(parameters: &Node) -> Result<O::Input, Fault> {
    let service = O::SHAPE.service;
    let mut decoder = Decoder {
        service,
        path: String::new(),
        violations: Vec::new(),
        wrong_type: None,
    };
    let input = decoder.at(parameters).structure();
    let errors = service.protocol.errors();
    match decoder {
        Decoder {
            wrong_type: Some(message),
            ..
        } => Err(errors.wrong_type.fault(message)),
        Decoder { violations, .. } if !violations.is_empty() => Err(service.invalid(&violations)),
        _ => Ok(input),
    }
}

/// A structure that can be read from a call. The generated input shapes implement it.
///
/// Where a value is missing or wrong, an implementation puts the default and goes on, so that the message can name
/// every mistake; [`decode`] lets no such half-read input out.
pub trait Decode: Default {
    /// Reads the structure's members.
    fn decode(fields: &mut Fields<'_, '_>) -> Self;
}

/// The input of an operation without parameters: whatever is sent is of no account.
impl Decode for () {
    fn decode(_: &mut Fields<'_, '_>) -> Self {}
}

/// What has been found wrong so far, and where the reader stands.
pub struct Decoder {
    service: &'static Service,
    path: String,
    violations: Vec<Violation>,
    wrong_type: Option<&'static str>,
}

impl Decoder {
    fn at<'n, 'd>(&'d mut self, node: &'n Node) -> Cursor<'n, 'd> {
        Cursor {
            node,
            decoder: self,
        }
    }

    fn violated(&mut self, offender: Offender, constraint: Constraint) {
        self.violations.push(Violation {
            path: self.path.clone(),
            offender,
            constraint,
        });
    }

    /// What the message may show in place of a value.
    fn shown(&self, value: impl FnOnce() -> Offender) -> Offender {
        if self.service.shows_values {
            value()
        } else {
            Offender::Hidden
        }
    }

    /// The first value of a wrong type decides the answer: AWS fails on it before it validates anything.
    fn mistyped(&mut self, query: &'static str, json: &'static str) {
        let message = match self.service.protocol {
            Protocol::Query => query,
            Protocol::Json11 | Protocol::RestJson => json,
        };
        self.wrong_type.get_or_insert(message);
    }

    fn within<T>(
        &mut self,
        step: impl FnOnce(&mut String),
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        step(&mut self.path);
        let value = read(self);
        self.path.truncate(outer);
        value
    }
}

/// The members of a structure that is being read.
pub struct Fields<'n, 'd> {
    fields: &'n BTreeMap<String, Node>,
    decoder: &'d mut Decoder,
}

impl Fields<'_, '_> {
    /// Reads a member that may be absent.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Cursor<'_, '_>) -> T,
    ) -> Option<T> {
        let node = self
            .fields
            .get(name)
            .filter(|node| !matches!(node, Node::Null))?;
        Some(self.decoder.within(
            |path| push_lower_camel(path, name),
            |decoder| read(decoder.at(node)),
        ))
    }

    /// Reads a member that must be there.
    pub fn required<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Cursor<'_, '_>) -> T,
    ) -> T {
        if let Some(value) = self.optional(name, read) {
            return value;
        }
        self.decoder.within(
            |path| push_lower_camel(path, name),
            |decoder| {
                let offender = decoder.shown(|| Offender::Null);
                decoder.violated(offender, Constraint::NotNull);
            },
        );
        T::default()
    }
}

/// Appends a member's name as messages and records spell it: the first letter in lower case.
pub(super) fn push_lower_camel(out: &mut String, name: &str) {
    let mut letters = name.chars();
    out.extend(letters.next().map(|first| first.to_ascii_lowercase()));
    out.push_str(letters.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::cloudtrail::LookupEvents;
    use crate::generated::eks::TagResource;
    use crate::generated::iam::{
        CreatePolicyVersion, CreateRole, ListPolicies, ListRoles, TagRole, UntagRole,
        UpdateOpenIDConnectProviderThumbprint,
    };
    use crate::generated::organizations::CreateOrganizationalUnit;
    use crate::generated::sts::{AssumeRole, AssumeRoleWithWebIdentity};

    fn form<O: Operation>(body: &str) -> Result<O::Input, Fault> {
        decode::<O>(&Node::from_form(b"", body.as_bytes()).unwrap())
    }

    #[test]
    fn organizations_tells_the_kind_of_the_first_missed_constraint() {
        for (body, reason) in [
            (r#"{"ParentId": "root", "Name": "n"}"#, "INVALID_PATTERN"),
            (r#"{"ParentId": "r-root"}"#, "INPUT_REQUIRED"),
            (
                r#"{"ParentId": "r-root", "Name": ""}"#,
                "MIN_LENGTH_EXCEEDED",
            ),
        ] {
            let fault = json::<CreateOrganizationalUnit>(body).unwrap_err();
            assert_eq!(fault.shape.code, "InvalidInputException");
            assert_eq!(fault.reason, Some(reason), "{body}");
        }
    }

    fn json<O: Operation>(body: &str) -> Result<O::Input, Fault> {
        decode::<O>(&Node::from_json(body.as_bytes()).unwrap())
    }

    fn refusal<T>(result: Result<T, Fault>) -> (&'static str, u16, String) {
        let fault = result.err().unwrap();
        (fault.shape.code, fault.shape.status, fault.message)
    }

    const ROLE: &str = "arn:aws:iam::123456789012:role/app";

    #[test]
    fn an_input_is_read_whole() {
        let input = form::<CreateRole>(
            "Action=CreateRole&Version=2010-05-08&RoleName=app&Path=%2Fteam%2F&AssumeRolePolicyDocument=%7B%7D\
             &MaxSessionDuration=7200&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=a&Tags.member.1.Value=1",
        )
        .unwrap();
        assert_eq!(input.role_name, "app");
        assert_eq!(input.path.as_deref(), Some("/team/"));
        assert_eq!(input.assume_role_policy_document, "{}");
        assert_eq!(input.max_session_duration, Some(7200));
        assert_eq!(input.description, None);
        let tags: Vec<_> = input
            .tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .collect();
        assert_eq!(tags, [("a", "1"), ("b", "")]);
    }

    #[test]
    fn iam_hides_the_refused_value() {
        let name = "x".repeat(65);
        assert_eq!(
            refusal(form::<CreateRole>(&format!(
                "RoleName={name}&AssumeRolePolicyDocument=%7B%7D"
            ))),
            (
                "ValidationError",
                400,
                "1 validation error detected: Value at 'roleName' failed to satisfy constraint: \
                 Member must have length less than or equal to 64"
                    .to_owned()
            )
        );
        let (_, _, message) = refusal(form::<CreateRole>("RoleName=app"));
        assert_eq!(
            message,
            "1 validation error detected: Value at 'assumeRolePolicyDocument' failed to satisfy constraint: \
             Member must not be null"
        );
    }

    #[test]
    fn sts_shows_the_refused_value() {
        let (code, _, message) = refusal(form::<AssumeRole>(&format!(
            "RoleArn={ROLE}&RoleSessionName=Session1%3A2"
        )));
        assert_eq!(code, "ValidationError");
        assert_eq!(
            message,
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
        let (_, _, message) = refusal(form::<AssumeRole>("DurationSeconds=899&RoleSessionName=ok"));
        assert_eq!(
            message,
            "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
             Value '899' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value greater than or equal to 900"
        );
    }

    #[test]
    fn a_token_is_in_no_message() {
        let (_, _, message) = refusal(form::<AssumeRoleWithWebIdentity>(&format!(
            "RoleArn={ROLE}&RoleSessionName=ok&WebIdentityToken=abc"
        )));
        assert_eq!(
            message,
            "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: \
             Member must have length greater than or equal to 4"
        );
        let input = form::<AssumeRoleWithWebIdentity>(&format!(
            "RoleArn={ROLE}&RoleSessionName=ok&WebIdentityToken=abcd"
        ))
        .unwrap();
        assert!(!format!("{input:?}").contains("abcd"));
        assert_eq!(input.web_identity_token.reveal(), "abcd");
    }

    #[test]
    fn members_of_lists_are_named_by_position() {
        let (_, _, message) = refusal(form::<TagRole>(
            "RoleName=app&Tags.member.3.Key=ok&Tags.member.3.Value=v&Tags.member.7.Key=no%2A&Tags.member.7.Value=v",
        ));
        assert_eq!(
            message,
            "1 validation error detected: Value at 'tags.2.member.key' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"
        );
        let (_, _, message) = refusal(form::<UntagRole>("RoleName=app&TagKeys.member.1="));
        assert!(
            message.starts_with("2 validation errors detected: Value at 'tagKeys.1.member' "),
            "{message}"
        );
    }

    #[test]
    fn an_empty_list_is_there_and_a_long_one_is_refused() {
        let input = form::<UpdateOpenIDConnectProviderThumbprint>(
            "OpenIDConnectProviderArn=arn:aws:iam::123456789012:oidc-provider/x&ThumbprintList=",
        );
        assert_eq!(input.unwrap().thumbprint_list, Vec::<String>::new());
        let tags: String = (1..=51)
            .map(|n| format!("&TagKeys.member.{n}=k{n}"))
            .collect();
        let (_, _, message) = refusal(form::<UntagRole>(&format!("RoleName=app{tags}")));
        assert_eq!(
            message,
            "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: \
             Member must have length less than or equal to 50"
        );
    }

    #[test]
    fn enumerations_are_closed() {
        let (_, _, message) = refusal(form::<ListPolicies>("Scope=aws"));
        assert_eq!(
            message,
            "1 validation error detected: Value at 'scope' failed to satisfy constraint: \
             Member must satisfy enum value set: [All, AWS, Local]"
        );
        assert_eq!(
            form::<ListPolicies>("Scope=AWS").unwrap().scope.as_deref(),
            Some("AWS")
        );
    }

    #[test]
    fn wrong_types_are_malformed_input_before_any_validation() {
        for body in [
            "MaxItems=ten",
            "MaxItems=99999999999",
            "MaxItems=1.5",
            "MaxItems=",
            "MaxItems=x&PathPrefix=nope",
        ] {
            assert_eq!(
                refusal(form::<ListRoles>(body)),
                ("MalformedInput", 400, String::new()),
                "{body}"
            );
        }
        let policy = "PolicyArn=arn:aws:iam::123456789012:policy/p&PolicyDocument=%7B%7D";
        assert_eq!(
            refusal(form::<CreatePolicyVersion>(&format!(
                "{policy}&SetAsDefault=yes"
            )))
            .0,
            "MalformedInput"
        );
        assert_eq!(
            form::<CreatePolicyVersion>(&format!("{policy}&SetAsDefault=true"))
                .unwrap()
                .set_as_default,
            Some(true)
        );
        for body in [
            "RoleName.x=a",
            "RoleName=a&Tags=x",
            "RoleName=a&Tags.1.Key=x",
            "RoleName=a&Tags.member.1=x",
        ] {
            assert_eq!(refusal(form::<TagRole>(body)).0, "MalformedInput", "{body}");
        }
    }

    #[test]
    fn unknown_parameters_are_ignored() {
        assert!(form::<ListRoles>("Frobnicate=1&MaxItems=5&X-Amz-Signature=abc").is_ok());
    }

    #[test]
    fn json_inputs_are_typed() {
        let input = json::<LookupEvents>(
            r#"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"AssumeRole"}],
                "StartTime":1732220526.5,"EndTime":1732220527,"MaxResults":999}"#,
        )
        .unwrap();
        assert_eq!(input.lookup_attributes[0].attribute_key, "EventName");
        assert_eq!(
            input.start_time.unwrap().as_millisecond(),
            1_732_220_526_500
        );
        assert_eq!(input.end_time.unwrap().as_second(), 1_732_220_527);
        assert_eq!(
            input.max_results,
            Some(999),
            "LookupEvents itself answers InvalidMaxResultsException"
        );
        for body in [
            r#"{"MaxResults":"5"}"#,
            r#"{"MaxResults":5.5}"#,
            r#"{"NextToken":5}"#,
            r#"{"StartTime":1e300}"#,
            r#"{"StartTime":"now"}"#,
            r#"{"LookupAttributes":{"member":{"1":{}}}}"#,
            r#"{"LookupAttributes":[null]}"#,
        ] {
            assert_eq!(
                refusal(json::<LookupEvents>(body)).0,
                "SerializationException",
                "{body}"
            );
        }
    }

    #[test]
    fn maps_are_read_under_the_rules_of_their_keys_and_values() {
        let input = json::<TagResource>(r#"{"resourceArn":"x","tags":{"b":"","a":"1"}}"#).unwrap();
        let tags: Vec<_> = input.tags.iter().collect();
        assert_eq!(
            tags,
            [(&"a".into(), &"1".into()), (&"b".into(), &"".into())]
        );
        let long = "v".repeat(257);
        for (tags, place) in [
            ("{}", "'tags'"),
            (r#"{"":"v"}"#, "'tags.key'"),
            (&*format!(r#"{{"k":"{long}"}}"#), "'tags.value'"),
        ] {
            let body = format!(r#"{{"resourceArn":"x","tags":{tags}}}"#);
            let (code, status, message) = refusal(json::<TagResource>(&body));
            assert_eq!((code, status), ("InvalidParameterException", 400));
            assert!(message.contains(&format!("at {place} failed")), "{message}");
        }
        for tags in ["[]", "1", r#"{"k":1}"#, r#"{"k":null}"#] {
            let body = format!(r#"{{"resourceArn":"x","tags":{tags}}}"#);
            let (code, _, _) = refusal(json::<TagResource>(&body));
            assert_eq!(code, "SerializationException", "{tags}");
        }
    }

    #[test]
    fn json_violations_are_a_validation_exception() {
        let (code, status, message) = refusal(json::<LookupEvents>(
            r#"{"LookupAttributes":[{"AttributeKey":"X","AttributeValue":"y"}]}"#,
        ));
        assert_eq!((code, status), ("ValidationException", 400));
        assert!(
            message.starts_with("1 validation error detected: Value 'X' at 'lookupAttributes.1.member.attributeKey' "),
            "{message}"
        );
    }
}
