//! Checks of identity policies, boundaries and session policies, in the order in which IAM
//! reports them.

use super::{
    CURRENT_VERSION, Checked, FIRST_VERSION, conditions, effect_in_right_case, repeated_sid,
};
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::syntax::{Document, Statement, Text};

pub(super) const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";

pub(super) fn check(kind: DocumentKind, document: &Document<'_>) -> Checked {
    check_syntax(kind, document)?;
    check_version(kind, document)?;
    check_legacy(kind, document)?;
    check_sids(kind, document)?;
    for statement in &document.statements {
        check_elements(kind, statement)?;
    }
    if let Some((text, message)) = document
        .statements
        .iter()
        .flat_map(resources)
        .find_map(misformed_resource)
    {
        return Err(InvalidPolicy::new(
            kind,
            &text.span,
            message,
            "this resource cannot be matched by any request",
        ));
    }
    let actions = document
        .statements
        .iter()
        .filter_map(|statement| statement.action.as_ref());
    actions
        .flat_map(|actions| &actions.texts)
        .try_for_each(|action| check_action(kind, action))
}

fn check_syntax(kind: DocumentKind, document: &Document<'_>) -> Checked {
    let syntax = |span, reason: String| Err(InvalidPolicy::new(kind, span, SYNTAX, reason));
    if let Some(version) = &document.version
        && version.value != CURRENT_VERSION
        && version.value != FIRST_VERSION
    {
        return syntax(
            &version.span,
            format!("there is no policy language of version `{}`", version.value),
        );
    }
    for statement in &document.statements {
        match &statement.effect {
            None => return syntax(&statement.span, "a statement needs `Effect`".to_owned()),
            Some(effect)
                if effect.value.eq_ignore_ascii_case("allow")
                    || effect.value.eq_ignore_ascii_case("deny") => {}
            Some(effect) => {
                return syntax(&effect.span, "an effect is `Allow` or `Deny`".to_owned());
            }
        }
    }
    match conditions::unknown_operator(document) {
        Some(name) => {
            let reason = format!("there is no condition operator `{}`", name.value);
            let error = InvalidPolicy::new(kind, &name.span, SYNTAX, reason);
            Err(error.with_remedy(conditions::operator_remedy(&name.value)))
        }
        None => Ok(()),
    }
}

/// Managed policies must be written in the current language; inline ones may be older.
fn check_version(kind: DocumentKind, document: &Document<'_>) -> Checked {
    let current = document
        .version
        .as_ref()
        .is_some_and(|version| version.value == CURRENT_VERSION);
    if kind != DocumentKind::Managed || current {
        return Ok(());
    }
    let message = "Policy document must be version 2012-10-17 or greater.";
    let span = document
        .version
        .as_ref()
        .map_or(&document.span, |version| &version.span);
    Err(InvalidPolicy::new(
        kind,
        span,
        message,
        "a managed policy needs `\"Version\": \"2012-10-17\"`",
    )
    .with_remedy("write `\"Version\": \"2012-10-17\"` at its beginning".to_owned()))
}

fn check_legacy(kind: DocumentKind, document: &Document<'_>) -> Checked {
    let legacy = |span, reason: String| Err(InvalidPolicy::new(kind, span, LEGACY, reason));
    let effects = document
        .statements
        .iter()
        .filter_map(|statement| statement.effect.as_ref());
    for effect in effects {
        if effect.value != "Allow" && effect.value != "Deny" {
            return legacy(
                &effect.span,
                "an effect is `Allow` or `Deny`, in that case".to_owned(),
            )
            .map_err(|error| error.with_remedy(effect_in_right_case(&effect.value)));
        }
    }
    if let Some(fault) = conditions::bad_date(document) {
        return legacy(&fault.span, fault.reason);
    }
    for text in document.statements.iter().flat_map(resources) {
        // What has an own text below is reported by it.
        if misformed_resource(text).is_some() {
            return Ok(());
        }
        let short = text.value.matches(':').count() < 5 && text.value.contains("::");
        if text.value != "*" && (short || text.value.split(':').nth(2) == Some("")) {
            return legacy(
                &text.span,
                "an ARN has six parts and names a service".to_owned(),
            );
        }
    }
    Ok(())
}

pub(super) fn check_sids(kind: DocumentKind, document: &Document<'_>) -> Checked {
    let mut sids = document
        .statements
        .iter()
        .filter_map(|statement| statement.sid.as_ref());
    if let Some(sid) = sids.find(|sid| !sid.value.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
        return Err(InvalidPolicy::new(
            kind,
            &sid.span,
            message,
            "a `Sid` has letters and digits only",
        ));
    }
    match repeated_sid(document) {
        Some(sid) => {
            let message = match kind {
                DocumentKind::Trust => "The Statement Ids in the policy are not unique",
                _ => "Statement IDs (SID) in a single policy must be unique.",
            };
            Err(InvalidPolicy::new(
                kind,
                &sid.span,
                message,
                format!("the `Sid` `{}` is given twice", sid.value),
            ))
        }
        None => Ok(()),
    }
}

fn check_elements(kind: DocumentKind, statement: &Statement<'_>) -> Checked {
    if statement
        .action
        .as_ref()
        .is_none_or(|action| action.texts.is_empty())
    {
        let message = "Policy statement must contain actions.";
        return Err(InvalidPolicy::new(
            kind,
            &statement.span,
            message,
            "a statement needs `Action` or `NotAction`",
        ));
    }
    if statement
        .resource
        .as_ref()
        .is_none_or(|resource| resource.texts.is_empty())
    {
        let message = "Policy statement must contain resources.";
        return Err(InvalidPolicy::new(
            kind,
            &statement.span,
            message,
            "a statement needs `Resource` or `NotResource`",
        ));
    }
    match &statement.principal {
        Some(principal) => {
            let message = "Policy document should not specify a principal.";
            let reason = "an identity policy speaks of the identity that it is attached to";
            let remedy = "remove it; who may assume a role, or use a resource, is said in the role's or the resource's own policy";
            let error = InvalidPolicy::new(kind, &principal.span, message, reason);
            Err(error.with_remedy(remedy.to_owned()))
        }
        None => Ok(()),
    }
}

pub(super) fn check_action(kind: DocumentKind, action: &Text<'_>) -> Checked {
    let text = action.value.as_ref();
    let message = match text.split_once(':') {
        None if text == "*" => return Ok(()),
        None => {
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned()
        }
        Some((_, name)) if name.contains(':') => {
            "Actions/Condition can contain only one colon.".to_owned()
        }
        Some((vendor, _)) => {
            let sound = vendor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
            if vendor == "*" || sound {
                return Ok(());
            }
            format!("Vendor {vendor} is not valid")
        }
    };
    let reason = format!("`{text}` is not of the form `service:Name`");
    let remedy = (!text.contains(':')).then(|| {
        let name = if text.is_empty() { "GetObject" } else { text };
        format!("write the service before it, as in `s3:{name}`")
    });
    Err(InvalidPolicy::new(kind, &action.span, message, reason).with_remedy(remedy))
}

fn resources<'d, 'a>(statement: &'d Statement<'a>) -> impl Iterator<Item = &'d Text<'a>> {
    statement
        .resource
        .iter()
        .flat_map(|resource| &resource.texts)
}

/// A resource that IAM has an own text for.
fn misformed_resource<'d, 'a>(resource: &'d Text<'a>) -> Option<(&'d Text<'a>, String)> {
    resource_error(&resource.value).map(|message| (resource, message))
}

fn resource_error(text: &str) -> Option<String> {
    if text == "*" {
        return None;
    }
    let mut parts = text.splitn(6, ':');
    let (Some("arn" | "*"), Some(partition)) = (parts.next(), parts.next()) else {
        return Some(format!("Resource {text} must be in ARN format or \"*\"."));
    };
    let (service, region, account) = (parts.next(), parts.next(), parts.next());
    let resource = parts.next().unwrap_or_default();
    if partition != "*" && !PARTITIONS.contains(&partition) {
        let or_star = |part: Option<&str>| part.unwrap_or("*").to_owned();
        let rest = [or_star(service), or_star(region), or_star(account)].join(":");
        let resource = if account.is_some() && text.matches(':').count() > 4 {
            resource
        } else {
            "*"
        };
        return Some(format!(
            "Partition \"{partition}\" is not valid for resource \"arn:{partition}:{rest}:{resource}\"."
        ));
    }
    let Some(service) = service.filter(|service| !service.contains(['*', '?'])) else {
        return Some(
            "Resource vendor must be fully qualified and cannot contain regexes.".to_owned(),
        );
    };
    let has_region = region != Some("") || account.is_none();
    match service {
        "iam" if has_region => Some(format!(
            "IAM resource {text} cannot contain region information."
        )),
        "iam" if !is_iam_resource(resource) => Some(IAM_PATH.to_owned()),
        "s3" if has_region
            && !S3_WITH_REGION
                .iter()
                .any(|start| resource.starts_with(start)) =>
        {
            Some(format!(
                "Resource {text} can not contain region information."
            ))
        }
        _ => None,
    }
}

fn is_iam_resource(resource: &str) -> bool {
    let listed = IAM_RESOURCES.iter().chain(IAM_RESOURCES_UNLISTED);
    resource == "*"
        || resource == "root"
        || listed.into_iter().any(|start| resource.starts_with(start))
}

const PARTITIONS: &[&str] = &[
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

/// Resources of S3 that live in a region.
const S3_WITH_REGION: &[&str] = &[
    "accesspoint/",
    "job/",
    "storage-lens",
    "access-grants/",
    "async-request/",
    "*",
];

pub(super) const IAM_PATH: &str = "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
    instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, \
    access-report/.";

const IAM_RESOURCES: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Newer than the text above.
const IAM_RESOURCES_UNLISTED: &[&str] =
    &["contextProvider/", "delegation-request/", "role-template/"];
