//! The condition keys that every request has (IAM user guide, "AWS global condition
//! context keys"). A client's headers never become keys, but for the two documented ones.

use jiff::Timestamp;
use policy::{AccountId, Context, Principal, Value};

use crate::{Authentication, Call, Caller};

/// The global and S3-wide keys of a request by `caller`. `owner` owns the resource.
pub(crate) fn global(call: &Call, caller: &Caller, owner: Option<AccountId>) -> Context {
    let mut keys = Context::new();
    keys.insert("aws:CurrentTime", iso(call.now));
    keys.insert("aws:EpochTime", call.now.as_second());
    keys.insert("aws:SourceIp", call.source_ip.to_canonical().to_string());
    keys.insert("aws:SecureTransport", call.tls.is_some());
    keys.insert("aws:RequestedRegion", call.region.clone());
    keys.insert("aws:ViaAWSService", false);
    if let Some(agent) = &call.user_agent {
        keys.insert("aws:UserAgent", agent.clone());
    }
    if let Some(referer) = &call.referer {
        keys.insert("aws:referer", referer.clone());
    }
    if let Some(owner) = owner {
        keys.insert("aws:ResourceAccount", owner.to_string());
        keys.insert("s3:ResourceAccount", owner.to_string());
    }
    principal(&mut keys, caller);
    session(&mut keys, call, caller);
    s3(&mut keys, call);
    keys
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

fn session(keys: &mut Context, call: &Call, caller: &Caller) {
    let Some(session) = &caller.session else {
        return;
    };
    let issued = Timestamp::from_second(session.issued_at).unwrap_or_default();
    keys.insert("aws:TokenIssueTime", iso(issued));
    if let Some(source) = &session.source_identity {
        keys.insert("aws:SourceIdentity", source.as_str());
    }
    // Session tags stand over the role's tags of the same name.
    for tag in &session.tags {
        keys.insert(format!("aws:PrincipalTag/{}", tag.key), tag.value.clone());
    }
    match &session.federated {
        Some(federated) => {
            keys.insert("aws:FederatedProvider", federated.provider.clone());
            for (key, values) in &federated.keys {
                keys.insert(key.clone(), values_of(values));
            }
        }
        // Absent for federated sessions and for long-term keys, not false.
        None => keys.insert("aws:MultiFactorAuthPresent", session.mfa.is_some()),
    }
    if let Some(used) = session.mfa {
        keys.insert(
            "aws:MultiFactorAuthAge",
            call.now.as_second().saturating_sub(used),
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
