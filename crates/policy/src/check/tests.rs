use crate::{DocumentKind, InvalidPolicy, Policy};

fn error(kind: DocumentKind, text: &str) -> InvalidPolicy {
    Policy::parse(kind, text).map(|_| ()).expect_err(text)
}

fn accepts(kind: DocumentKind, text: &str) {
    if let Err(error) = Policy::parse(kind, text) {
        panic!("{error}: {}\n{text}", error.reason());
    }
}

/// A document with one statement, whose effect is Allow unless the members say otherwise.
fn one(members: &str) -> String {
    let effect = if members.contains("\"Effect\"") {
        ""
    } else {
        "\"Effect\":\"Allow\","
    };
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{{effect}{members}}}]}}")
}

const ACTION: &str = r#""Action":"s3:GetObject""#;
const RESOURCE: &str = r#""Resource":"*""#;
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/";

fn trust(principal: &str, rest: &str) -> String {
    one(&format!(
        r#""Principal":{principal},"Action":"sts:AssumeRoleWithWebIdentity"{rest}"#
    ))
}

#[test]
fn identity_policies_are_refused_in_iams_words() {
    let allow = |resource: &str| one(&format!(r#"{ACTION},"Resource":"{resource}""#));
    let action = |action: &str| one(&format!(r#""Action":"{action}",{RESOURCE}"#));
    let syntax = "Syntax errors in policy.";
    let legacy = "The policy failed legacy parsing";
    for (text, message) in [
        ("".to_owned(), syntax),
        ("[]".to_owned(), syntax),
        ("{}".to_owned(), syntax),
        (
            r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
            syntax,
        ),
        (
            r#"{"version":"2012-10-17","Statement":[]}"#.to_owned(),
            syntax,
        ),
        (one(&format!("{ACTION},{RESOURCE},\"Foo\":1")), syntax),
        (
            one(&format!("{ACTION},\"NotAction\":\"*\",{RESOURCE}")),
            syntax,
        ),
        (
            one(&format!("{ACTION},{RESOURCE},\"Effect\":\"Permit\"")),
            syntax,
        ),
        (
            one(&format!(
                "{ACTION},{RESOURCE},\"Condition\":{{\"StringSame\":{{\"a:b\":\"c\"}}}}"
            )),
            syntax,
        ),
        (
            one(&format!(
                "{ACTION},{RESOURCE},\"Condition\":{{\"Bool\":{{\"a:b\":null}}}}"
            )),
            syntax,
        ),
        (
            one(&format!("{ACTION},{RESOURCE},\"Effect\":\"allow\"")),
            legacy,
        ),
        (
            one(&format!(
                "{ACTION},{RESOURCE},\"Condition\":{{\"DateLessThan\":{{\"a:b\":\"soon\"}}}}"
            )),
            legacy,
        ),
        (allow("arn:aws:s3::"), legacy),
        (
            one(&format!("{ACTION},{RESOURCE},\"Sid\":\"a b\"")),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
        (one(RESOURCE), "Policy statement must contain actions."),
        (
            one(&format!("\"Action\":[],{RESOURCE}")),
            "Policy statement must contain actions.",
        ),
        (one(ACTION), "Policy statement must contain resources."),
        (
            one(&format!("{ACTION},{RESOURCE},\"Principal\":\"*\"")),
            "Policy document should not specify a principal.",
        ),
        (
            allow("bucket"),
            "Resource bucket must be in ARN format or \"*\".",
        ),
        (
            allow("arn:awz:s3:::b"),
            "Partition \"awz\" is not valid for resource \"arn:awz:s3:::b\".",
        ),
        (
            allow("arn:aws"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            allow("arn:aws:s*:::b"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            allow("arn:aws:iam:eu-west-1:1:user/a"),
            "IAM resource arn:aws:iam:eu-west-1:1:user/a cannot contain region information.",
        ),
        (
            allow("arn:aws:s3:eu-west-1::b"),
            "Resource arn:aws:s3:eu-west-1::b can not contain region information.",
        ),
        (allow("arn:aws:iam::1:usr/a"), super::identity::IAM_PATH),
        (
            action("GetObject"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            action("s3:Get:Object"),
            "Actions/Condition can contain only one colon.",
        ),
        (action("s 3:GetObject"), "Vendor s 3 is not valid"),
    ] {
        let error = error(DocumentKind::Identity, &text);
        assert_eq!(error.message(), message, "{text}");
        assert_eq!(error.code(), "MalformedPolicyDocument");
        assert!(
            !error.reason().is_empty() && text.get(error.span()).is_some(),
            "{error:?}"
        );
    }
    let twice = r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let error = error(DocumentKind::Identity, twice);
    assert_eq!(
        error.message(),
        "Statement IDs (SID) in a single policy must be unique."
    );
    assert_eq!((error.span(), &twice[error.span()]), (78..81, "\"A\""));
}

#[test]
fn what_is_legal_is_accepted() {
    for text in [
        one(&format!("{ACTION},{RESOURCE}")),
        one(r#""Action":"foo:Bar","Resource":["*","arn:*:foo:x:y:z"],"Sid":"""#),
        one(r#""NotAction":["*:*","iam:*"],"NotResource":"arn:aws:iam::123456789012:*""#),
        one(r#""Action":"*","Resource":"arn:aws:sts::1:x","Condition":{}"#),
        one(r#""Action":"*","Resource":"*","Condition":{"Made:Up":{},"Null":{"a:b":false},"NumericLessThan":{"s3:max-keys":[10,1.5]}}"#),
        r#"{"Id":"x","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.to_owned(),
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"","Effect":"Deny","Action":"*","Resource":"*"}]}"#.to_owned(),
    ] {
        accepts(DocumentKind::Identity, &text);
        accepts(DocumentKind::Session, &text);
        accepts(DocumentKind::Scp, &text);
    }
}

#[test]
fn managed_policies_need_the_current_version() {
    for version in ["", r#""Version":"2008-10-17","#] {
        let text =
            format!(r#"{{{version}"Statement":{{"Effect":"Deny","Action":"*","Resource":"*"}}}}"#);
        let error = error(DocumentKind::Managed, &text);
        assert_eq!(
            error.message(),
            "Policy document must be version 2012-10-17 or greater."
        );
        accepts(DocumentKind::Boundary, &text);
    }
}

#[test]
fn session_policies_tell_broken_json_from_broken_policies() {
    assert_eq!(
        error(DocumentKind::Session, "{").message(),
        "The policy is not in the valid JSON format."
    );
    assert_eq!(
        error(DocumentKind::Session, "null").message(),
        "Syntax errors in policy."
    );
    assert_eq!(
        error(DocumentKind::Session, "{}").message(),
        "Syntax errors in policy."
    );
}

#[test]
fn duplicate_effect_is_refused() {
    for kind in [
        DocumentKind::Identity,
        DocumentKind::Trust,
        DocumentKind::Bucket,
        DocumentKind::Scp,
    ] {
        let text =
            r#"{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}"#;
        assert!(
            error(kind, text)
                .reason()
                .contains("`Effect` is given twice")
        );
        let escaped = text.replacen("\"Effect\"", "\"E\\u0066fect\"", 1);
        assert!(
            error(kind, &escaped)
                .reason()
                .contains("`Effect` is given twice")
        );
    }
}

#[test]
fn trust_policies_are_refused_in_iams_words() {
    let anyone = r#"{"AWS":"*"}"#;
    let action = |action: &str| one(&format!(r#""Principal":{anyone},"Action":"{action}""#));
    for (text, message) in [
        ("{".to_owned(), "This policy contains invalid Json"),
        (r#"{"Statement":[]}"#.to_owned(), "Could not parse the policy: Statement is empty!"),
        (r#"{"Version":"2012"}"#.to_owned(), "Missing required field Statement"),
        (r#"{"Version":"2012","Statement":{}}"#.to_owned(), "The policy must contain a valid version string"),
        (r#"{"Statement":{}}"#.to_owned(), "Missing required field Effect"),
        (one(r#""Effect":"Permit""#), "Invalid effect: Permit"),
        (one(r#""Action":"sts:AssumeRole""#), "Missing required field Principal"),
        (one(r#""Principal":{"AWS":"*"}"#), "Missing required field Action"),
        (one(r#""Principal":{},"Action":"sts:AssumeRole""#), "Missing required field Principal cannot be empty!"),
        (one(r#""Principal":{"AWS":[]},"Action":"sts:AssumeRole""#), "Missing required field Principal cannot be empty!"),
        (trust(anyone, r#","Resource":"*""#), "Has prohibited field Resource"),
        (trust("\"*\"", ""), "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."),
        (one(r#""NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole""#), "Allow with NotPrincipal is not allowed."),
        (one(r#""Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole""#), "AssumeRole policy must not contain NotPrincipal field."),
        (action("s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (action("*"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (action("sts:GetCallerIdentity"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(r#"{"AWS":"arn:aws:iam::123456789012:user/*"}"#, ""), "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:user/*\""),
        (trust(r#"{"Service":"x"}"#, ""), "Invalid principal in policy: \"SERVICE\":\"x\""),
        (trust(r#"{"Federated":"*"}"#, ""), "Federated principals must be valid domain names or SAML metadata ARNs"),
        (trust(r#"{"aws":"*"}"#, ""), "Invalid principal in policy: \"AWS\":\"*\""),
        (trust(r#"{"Federated":"cognito-identity.amazonaws.com"}"#, ""), "A condition block must be present for the Cognito provider"),
        (trust(anyone, r#","Condition":{"StringEqual":{"a:b":"c"}}"#), "Syntax errors in policy."),
        (r#"{"Statement":[{"Sid":"A","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},{"Sid":"A","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#.to_owned(), "The Statement Ids in the policy are not unique"),
    ] {
        assert_eq!(error(DocumentKind::Trust, &text).message(), message, "{text}");
    }
    accepts(DocumentKind::Trust, &trust(anyone, ""));
    for name in [
        "sts:*",
        "STS:assumerole",
        "sts:TagSession",
        "sts:Assume*",
        "sts:SetContext",
    ] {
        accepts(DocumentKind::Trust, &action(name));
    }
    let provider =
        format!(r#"{{"Federated":"{PROVIDER}oidc.eks.eu-west-1.amazonaws.com/id/ABC"}}"#);
    accepts(DocumentKind::Trust, &trust(&provider, ""));
}

#[test]
fn shared_issuers_need_a_condition_on_their_tenant() {
    let issuer = "token.actions.githubusercontent.com";
    let principal = format!(r#"{{"Federated":"{PROVIDER}{issuer}"}}"#);
    let with = |condition: &str| trust(&principal, &format!(r#","Condition":{{{condition}}}"#));
    for condition in [
        "",
        r#""StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}"#,
        r#""StringLike":{"token.actions.githubusercontent.com:sub":"*"}"#,
        r#""StringLike":{"token.actions.githubusercontent.com:sub":["repo:a/b:*","?*"]}"#,
        r#""StringEqualsIfExists":{"token.actions.githubusercontent.com:sub":"repo:a/b"}"#,
        r#""StringNotEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b"}"#,
        r#""ForAllValues:StringEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b"}"#,
        r#""Null":{"token.actions.githubusercontent.com:sub":"false"}"#,
        r#""StringEquals":{"token.actions.githubusercontent.com:sub":"${token.actions.githubusercontent.com:sub}"}"#,
        r#""StringLike":{"token.actions.githubusercontent.com:sub":"${token.actions.githubusercontent.com:sub}*"}"#,
    ] {
        let error = error(DocumentKind::Trust, &with(condition));
        assert!(
            error
                .message()
                .contains("token.actions.githubusercontent.com:sub"),
            "{condition}: {error}"
        );
    }
    accepts(
        DocumentKind::Trust,
        &with(r#""StringLike":{"Token.actions.githubusercontent.com:SUB":"repo:a/b:*"}"#),
    );
    accepts(
        DocumentKind::Trust,
        &with(r#""StringEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b"}"#),
    );
    let cognito = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
    let sub = r#","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:sub":"x"}}"#;
    assert!(Policy::parse(DocumentKind::Trust, &trust(cognito, sub)).is_err());
    let aud = r#","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"pool"}}"#;
    accepts(DocumentKind::Trust, &trust(cognito, aud));
    // An operator that asks nothing is no condition.
    for empty in [r#""StringEquals":{}"#, r#""Strng":{}"#] {
        let nothing = format!(r#","Condition":{{{empty}}}"#);
        assert!(Policy::parse(DocumentKind::Trust, &trust(cognito, &nothing)).is_err());
    }
    // Only the action that brings such tokens, and only grants, are looked at.
    accepts(
        DocumentKind::Trust,
        &trust(&principal, "").replace("Allow", "Deny"),
    );
}

fn bucket(action: &str, resource: &str, rest: &str) -> String {
    one(&format!(
        r#""Principal":"*","Action":"{action}","Resource":"{resource}"{rest}"#
    ))
}

#[test]
fn bucket_policies_are_refused_in_s3s_words() {
    let objects = "arn:aws:s3:::b/*";
    let condition =
        |action: &str, text: &str| bucket(action, objects, &format!(r#","Condition":{text}"#));
    for (text, message) in [
        (
            " {}".to_owned(),
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            "".to_owned(),
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        ("{".to_owned(), "This policy contains invalid Json"),
        ("{}".to_owned(), "Missing required field Statement"),
        (
            r#"{"Statement":[]}"#.to_owned(),
            "Could not parse the policy: Statement is empty!",
        ),
        (
            format!("{{{}}}", " ".repeat(20_480)),
            "The policy document exceeds the maximum allowed size",
        ),
        (
            one(&format!("{ACTION},{RESOURCE}")),
            "Missing required field Principal",
        ),
        (
            one(&format!("{ACTION},\"Principal\":\"*\"")),
            "Missing required field Resource",
        ),
        (
            one(&format!("{RESOURCE},\"Principal\":\"*\"")),
            "Missing required field Action",
        ),
        (
            one(&format!("{ACTION},{RESOURCE},\"NotPrincipal\":\"*\"")),
            "Allow with NotPrincipal is not allowed.",
        ),
        (
            one(&format!(
                "{ACTION},{RESOURCE},\"Principal\":{{\"AWS\":\"nobody\"}}"
            )),
            "Invalid principal in policy",
        ),
        (
            bucket("s3:GetObject", "b/*", ""),
            "Policy has invalid resource",
        ),
        (
            bucket("s3:GetObject", "arn:aws:sqs:::b/*", ""),
            "Policy has invalid resource",
        ),
        (
            bucket("iam:PassRole", objects, ""),
            "Policy has invalid action",
        ),
        (
            bucket("s3:ListObjectsV2", objects, ""),
            "Policy has invalid action",
        ),
        (bucket("s3:Foo*", objects, ""), "Policy has invalid action"),
        (
            bucket("s3:GetObject", "arn:aws:s3:::b", ""),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            bucket("s3:ListBucket", objects, ""),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            condition("s3:GetObject", r#"{"StringEquals":{"s3:prefix":"x"}}"#),
            "Conditions do not apply to combination of actions and resources in statement",
        ),
        (
            condition("s3:*", r#"{"StringEquals":{"s3:nonsense":"x"}}"#),
            "Policy has an invalid condition key",
        ),
        (
            condition("s3:*", r#"{"StringEquals":{"ec2:Region":"x"}}"#),
            "Policy has an invalid condition key",
        ),
        (
            condition("s3:*", r#"{"StringIs":{"aws:userid":"x"}}"#),
            "Invalid Condition type : StringIs",
        ),
        (
            condition("s3:*", r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#),
            "Invalid IP address in Conditions",
        ),
    ] {
        let error = error(DocumentKind::Bucket, &text);
        assert_eq!(error.message(), message, "{text}");
        assert_eq!(error.code(), "MalformedPolicy");
    }
    for text in [
        bucket("s3:GetObject", objects, ""),
        bucket(
            "s3:ListBucket",
            "arn:aws:s3:::b",
            r#","Condition":{"StringLike":{"s3:prefix":["","home/*"]}}"#,
        ),
        bucket("s3:GetObject", "arn:aws:s3:::b*", ""),
        bucket("s3:*", "arn:aws:s3:::b", ""),
        bucket(
            "*",
            "*",
            r#","Condition":{"Bool":{"aws:SecureTransport":false},"StringEquals":{"s3:ExistingObjectTag/team":"a","saml:sub":"x","issuer.example.com/x:sub":"y"}}"#,
        ),
        bucket(
            "s3:PutObject",
            objects,
            r#","Sid":"with blanks","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#,
        ),
        bucket("s3:GetObject", objects, "").replace(
            "\"*\",\"Action",
            "{\"Service\":\"cloudtrail.amazonaws.com\",\"AWS\":[\"123456789012\"]},\"Action",
        ),
    ] {
        accepts(DocumentKind::Bucket, &text);
    }
}

#[test]
fn resource_control_policies_only_deny_everybody() {
    let rcp =
        |effect: &str, rest: &str| one(&format!(r#""Effect":"{effect}","Principal":"*",{rest}"#));
    accepts(
        DocumentKind::Rcp,
        &rcp("Allow", r#""Action":"*","Resource":"*""#),
    );
    accepts(
        DocumentKind::Rcp,
        &rcp("Deny", r#""Action":"s3:*","Resource":"*""#),
    );
    for text in [
        rcp("Allow", r#""Action":"s3:*","Resource":"*""#),
        rcp("Deny", r#""NotAction":"s3:*","Resource":"*""#),
        rcp("Deny", r#""Action":"s3:*""#),
        one(r#""Effect":"Deny","Action":"s3:*","Resource":"*""#),
        one(r#""Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*""#),
        "{".to_owned(),
    ] {
        let message = "The provided policy document does not meet the requirements of the specified policy type.";
        assert_eq!(error(DocumentKind::Rcp, &text).message(), message, "{text}");
    }
    assert!(
        Policy::parse(
            DocumentKind::Scp,
            &rcp("Deny", r#""Action":"s3:*","Resource":"*""#)
        )
        .is_err()
    );
}

#[test]
fn spans_are_whole_characters() {
    let long = format!("{{\"{}\"", "€".repeat(100_000));
    for text in ["", "€", "[]", &long] {
        for kind in [DocumentKind::Bucket, DocumentKind::Identity] {
            assert!(text.get(error(kind, text).span()).is_some());
        }
    }
}

#[test]
fn remedies_say_what_to_write_instead() {
    let identity = DocumentKind::Identity;
    let statement =
        |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
    let cases = [
        (
            identity,
            r#""Effect": "Allow", "Actions": "s3:*", "Resource": "*""#,
            Some("write `Action`"),
        ),
        (identity, r#""Effect": "Allow", "Frobnicate": 1"#, None),
        (
            identity,
            r#""Effect": "Allow", "Effect": "Deny""#,
            Some("write it once, with all its values in one list"),
        ),
        (
            identity,
            r#""Effect": "allow", "Action": "s3:*", "Resource": "*""#,
            Some("write `Allow`"),
        ),
        (
            identity,
            r#""Effect": "Permit", "Action": "s3:*", "Resource": "*""#,
            None,
        ),
        (
            DocumentKind::Trust,
            r#""Effect": "deny", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}"#,
            Some("write `Deny`"),
        ),
        (
            identity,
            r#""Effect": "Allow", "Action": "GetObject", "Resource": "*""#,
            Some("write the service before it, as in `s3:GetObject`"),
        ),
        (
            identity,
            r#""Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValues:StringEqualIfExists": {"a:b": "c"}}"#,
            Some("write `ForAnyValue:StringEqualsIfExists`"),
        ),
        (
            DocumentKind::Scp,
            r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Stringlike": {"a:b": "c"}}"#,
            Some("write `StringLike`"),
        ),
        (
            DocumentKind::Resource,
            r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Foo": {"a:b": "c"}}"#,
            None,
        ),
        (
            DocumentKind::Trust,
            r#""Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Resource": "*""#,
            Some("remove it"),
        ),
    ];
    for (kind, text, remedy) in cases {
        assert_eq!(error(kind, &statement(text)).remedy(), remedy, "{text}");
    }
    let error_of = error(
        DocumentKind::Managed,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    );
    assert_eq!(
        error_of.remedy(),
        Some(r#"write `"Version": "2012-10-17"` at its beginning"#)
    );
    let error_of = error(
        identity,
        &statement(r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#),
    );
    assert!(
        error_of
            .remedy()
            .is_some_and(|remedy| remedy.starts_with("remove it"))
    );
}
