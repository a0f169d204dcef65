//! The condition keys that every request has (IAM user guide, "AWS global condition
//! context keys"). A client's headers never become keys, but for the two documented ones.

use jiff::Timestamp;
use policy::{AccountId, Context, Principal, Value};
use session::SessionKind;

use crate::attested::{attested, attested_key};
use crate::{Authentication, Call, Caller};

/// The global and S3-wide keys of a request by `caller` for `action`. `owner` owns the
/// resource.
pub(crate) fn global(
    call: &Call,
    caller: &Caller,
    action: &str,
    owner: Option<AccountId>,
) -> Context {
    let mut keys = standing_keys(call.now, &call.region, caller, action, owner);
    connection(&mut keys, call);
    s3(&mut keys, call);
    keys
}

/// The keys that every request of `caller` for `action` has, whatever connection it comes over:
/// who it is, its session, its tags, the time, the server's own `region`, the account that owns
/// the resource.
#[must_use]
pub fn standing_keys(
    now: Timestamp,
    region: &str,
    caller: &Caller,
    action: &str,
    owner: Option<AccountId>,
) -> Context {
    let mut keys = Context::new();
    keys.insert("aws:CurrentTime", iso(now));
    keys.insert("aws:EpochTime", now.as_second());
    // IAM and Organizations are global services; their region is always this one.
    let service = action.split(':').next().unwrap_or_default();
    let is_global = ["iam", "organizations"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(service));
    let region = match is_global {
        true => "us-east-1",
        false => region,
    };
    keys.insert("aws:RequestedRegion", region);
    keys.insert("aws:ViaAWSService", false);
    if let Some(owner) = owner {
        keys.insert("aws:ResourceAccount", owner.to_string());
        keys.insert("s3:ResourceAccount", owner.to_string());
    }
    principal(&mut keys, caller);
    session(&mut keys, now, caller);
    keys
}

fn connection(keys: &mut Context, call: &Call) {
    keys.insert("aws:SourceIp", call.source_ip.to_canonical().to_string());
    keys.insert("aws:SecureTransport", call.tls.is_some());
    if let Some(agent) = &call.user_agent {
        keys.insert("aws:UserAgent", agent.clone());
    }
    if let Some(referer) = &call.referer {
        keys.insert("aws:referer", referer.clone());
    }
}

fn principal(keys: &mut Context, caller: &Caller) {
    keys.insert("aws:userid", caller.user_id());
    let account = caller.account().map(|it| it.to_string());
    keys.insert(
        "aws:PrincipalAccount",
        account.unwrap_or_else(|| "anonymous".into()),
    );
    let (kind, arn) = match &caller.principal {
        Principal::Root { .. } => ("Account", Some(caller.arn())),
        Principal::User { .. } => ("User", Some(caller.arn())),
        // The role's ARN with its path, never the session's.
        Principal::Role(role) => ("AssumedRole", Some(role.role_arn.to_string())),
        Principal::FederatedUser { arn, .. } => ("FederatedUser", Some(arn.to_string())),
        Principal::Anonymous | Principal::Federated { .. } | Principal::Service { .. } => {
            ("Anonymous", None)
        }
    };
    keys.insert("aws:PrincipalType", kind);
    if let Some(arn) = arn {
        keys.insert("aws:PrincipalArn", arn);
        keys.insert("aws:PrincipalIsAWSService", false);
    }
    if let Principal::Service { name } = &caller.principal {
        keys.insert("aws:PrincipalIsAWSService", true);
        keys.insert("aws:PrincipalServiceName", name.clone());
    }
    if let Some(name) = caller.user_name() {
        keys.insert("aws:username", name);
    }
    for (key, value) in caller
        .entity_tags()
        .into_iter()
        .flat_map(|tags| tags.iter())
    {
        keys.insert(format!("aws:PrincipalTag/{key}"), value);
    }
}

fn session(keys: &mut Context, now: Timestamp, caller: &Caller) {
    let Some(session) = &caller.session else {
        return;
    };
    let issued = Timestamp::from_second(session.issued_at).unwrap_or_default();
    keys.insert("aws:TokenIssueTime", iso(issued));
    if let Some(source) = &session.source_identity {
        keys.insert("aws:SourceIdentity", source.as_str());
    }
    if matches!(session.kind, SessionKind::Root { .. }) {
        keys.insert("aws:AssumedRoot", true);
    }
    // Session tags stand over the role's or user's tags of the same name.
    for tag in &session.tags {
        keys.insert(format!("aws:PrincipalTag/{}", tag.key), tag.value.clone());
    }
    for (name, value) in attested(session) {
        keys.insert(attested_key(name), value);
    }
    if let Some(federated) = &session.federated {
        keys.insert("aws:FederatedProvider", federated.provider.clone());
        for (key, values) in &federated.keys {
            keys.insert(key.clone(), values_of(values));
        }
    } else if matches!(
        session.kind,
        SessionKind::Role { .. } | SessionKind::User { .. }
    ) {
        // Absent for federated sessions and for long-term keys, not false.
        keys.insert("aws:MultiFactorAuthPresent", session.mfa.is_some());
    }
    if let Some(used) = session.mfa {
        keys.insert(
            "aws:MultiFactorAuthAge",
            now.as_second().saturating_sub(used),
        );
    }
}

fn s3(keys: &mut Context, call: &Call) {
    match &call.authentication {
        Authentication::None => {}
        Authentication::Header => {
            keys.insert("s3:authType", "REST-HEADER");
            keys.insert("s3:signatureversion", "AWS4-HMAC-SHA256");
        }
        Authentication::Query { signed_at, .. } => {
            keys.insert("s3:authType", "REST-QUERY-STRING");
            keys.insert("s3:signatureversion", "AWS4-HMAC-SHA256");
            let age = call.now.as_millisecond() - signed_at.as_millisecond();
            keys.insert("s3:signatureAge", age.max(0));
        }
        // It doesn't say when it was signed.
        Authentication::QueryV2 { .. } => {
            keys.insert("s3:authType", "REST-QUERY-STRING");
            keys.insert("s3:signatureversion", "AWS");
        }
        Authentication::Post { signed_at } => {
            keys.insert("s3:authType", "POST");
            keys.insert("s3:signatureversion", "AWS4-HMAC-SHA256");
            let age = call.now.as_millisecond() - signed_at.as_millisecond();
            keys.insert("s3:signatureAge", age.max(0));
        }
    }
    if let Some(tls) = &call.tls {
        keys.insert("s3:TlsVersion", tls.version.trim_start_matches("TLSv"));
    }
    if let Some(hash) = &call.payload_hash {
        keys.insert("s3:x-amz-content-sha256", hash.clone());
    }
}

/// One value as a single one, several as a multi-valued key.
fn values_of(values: &[String]) -> Value {
    match values {
        [one] => Value::One(one.clone()),
        many => Value::Many(many.to_vec()),
    }
}

fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::net::IpAddr;
    use std::sync::Arc;

    use directory::{Document, EntityPath, Role, Tags};
    use session::{Federated, Session, SessionPolicies, SessionTag};

    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;

    fn call(caller: Caller) -> Call {
        Call {
            request_id: "r".into(),
            now: Timestamp::from_second(1000).unwrap(),
            caller,
            region: "eu-west-1".into(),
            signed_region: Some("us-west-2".into()),
            source_ip: "::ffff:192.0.2.1".parse::<IpAddr>().unwrap(),
            user_agent: None,
            referer: None,
            host: "h".into(),
            tls: None,
            authentication: Authentication::Header,
            payload_hash: None,
        }
    }

    fn session_of_app(federated: Option<Federated>) -> Caller {
        let account = "123456789012".parse().unwrap();
        let mut tags = Tags::default();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        tags.set([pair("Team", "role"), pair("Only", "role")])
            .unwrap();
        let role = Role {
            account,
            id: "AROAX".into(),
            name: "app".parse().unwrap(),
            path: "/team/".parse::<EntityPath>().unwrap(),
            description: None,
            trust: Document::trust(TRUST, |_| None).unwrap(),
            max_session_duration: 3600,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            tags,
            created: Timestamp::UNIX_EPOCH,
        };
        let session = Session {
            account,
            kind: SessionKind::Role {
                role_id: "AROAX".into(),
            },
            name: "pod".parse().unwrap(),
            issued_at: 900,
            expires_at: 4500,
            source_identity: None,
            tags: vec![SessionTag {
                key: "team".into(),
                value: "session".into(),
                transitive: false,
            }],
            policies: SessionPolicies::default(),
            federated,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        Caller::role(Arc::new(role), Arc::new(session), "ASIAX").unwrap()
    }

    fn value(keys: &Context, name: &str) -> Option<String> {
        match keys.get(name)? {
            Value::One(one) => Some(one.clone()),
            Value::Many(many) => Some(many.join(",")),
        }
    }

    #[test]
    fn a_sessions_keys_are_those_of_its_role_and_its_own() {
        let caller = session_of_app(None);
        let keys = global(&call(caller.clone()), &caller, "s3:GetObject", None);
        for (name, expected) in [
            (
                "aws:PrincipalArn",
                "arn:aws:iam::123456789012:role/team/app",
            ),
            ("aws:userid", "AROAX:pod"),
            ("aws:PrincipalType", "AssumedRole"),
            ("aws:PrincipalAccount", "123456789012"),
            ("aws:TokenIssueTime", "1970-01-01T00:15:00Z"),
            ("aws:PrincipalTag/Team", "session"),
            ("aws:PrincipalTag/Only", "role"),
            ("aws:MultiFactorAuthPresent", "false"),
            ("aws:SourceIp", "192.0.2.1"),
            ("aws:SecureTransport", "false"),
            // The server's, whatever region the client signed for.
            ("aws:RequestedRegion", "eu-west-1"),
        ] {
            assert_eq!(value(&keys, name).as_deref(), Some(expected), "{name}");
        }
        for absent in ["aws:username", "aws:UserAgent", "aws:SourceIdentity"] {
            assert_eq!(value(&keys, absent), None, "{absent}");
        }
    }

    #[test]
    fn a_federated_session_has_its_claims_and_no_word_on_mfa() {
        let caller = session_of_app(Some(Federated {
            provider: "arn:p".into(),
            keys: vec![("h/id:sub".into(), vec!["system:serviceaccount:a:b".into()])],
        }));
        let keys = global(&call(caller.clone()), &caller, "s3:GetObject", None);
        assert_eq!(
            value(&keys, "aws:FederatedProvider").as_deref(),
            Some("arn:p")
        );
        assert_eq!(
            value(&keys, "h/id:sub").as_deref(),
            Some("system:serviceaccount:a:b")
        );
        assert_eq!(value(&keys, "aws:MultiFactorAuthPresent"), None);
    }

    #[test]
    fn what_does_not_come_with_the_connection_stands_without_one() {
        let caller = session_of_app(None);
        let call = call(caller.clone());
        let whole = global(&call, &caller, "s3:GetObject", None);
        let standing = standing_keys(call.now, &call.region, &caller, "s3:GetObject", None);
        let missing: Vec<_> = whole
            .iter()
            .filter(|(key, _)| standing.get(key).is_none())
            .map(|(key, _)| key)
            .collect();
        let of_the_connection = ["aws:SecureTransport", "aws:SourceIp"];
        let of_s3 = ["s3:authType", "s3:signatureversion"];
        assert_eq!(missing, [of_the_connection, of_s3].concat());
        assert!(standing.iter().all(|(key, it)| whole.get(key) == Some(it)));
    }

    #[test]
    fn anonymous_callers_have_no_arn_and_no_issue_time() {
        let caller = Caller::anonymous(None);
        let keys = global(&call(caller.clone()), &caller, "s3:GetObject", None);
        assert_eq!(
            value(&keys, "aws:PrincipalAccount").as_deref(),
            Some("anonymous")
        );
        assert_eq!(value(&keys, "aws:PrincipalArn"), None);
        assert_eq!(value(&keys, "aws:TokenIssueTime"), None);
    }
}
