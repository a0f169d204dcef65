//! Faulty and right documents.

use super::LintCode;
use super::LintCode as C;
use crate::document::DocumentKind;
use crate::document::DocumentKind::{Bucket, Identity, Resource, Scp, Trust};

/// Code, kind, the faulty statement, what is pointed at, and the right statement.
pub(super) type Case = (
    LintCode,
    DocumentKind,
    &'static str,
    &'static str,
    &'static str,
);

pub(super) const ACTIONS: &[Case] = &[
    (
        C::InvalidAction,
        Identity,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListObjects"], "Resource": "*"}"#,
        r#""s3:ListObjects""#,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:listbucket", "s3:List*", "*"], "Resource": "*"}"#,
    ),
    (
        C::InvalidAction,
        Identity,
        r#"{"Effect": "Allow", "NotAction": "s3:Lits*", "Resource": "*"}"#,
        r#""s3:Lits*""#,
        r#"{"Effect": "Allow", "NotAction": "s3:?et*", "Resource": "*"}"#,
    ),
    (
        C::InvalidServiceInAction,
        Identity,
        r#"{"Effect": "Allow", "Action": "dynamobd:GetItem", "Resource": "*"}"#,
        r#""dynamobd:GetItem""#,
        r#"{"Effect": "Allow", "Action": ["DynamoDB:GetItem", "*:Get*"], "Resource": "*"}"#,
    ),
    (
        C::RedundantAction,
        Identity,
        r#"{"Effect": "Allow", "Action": ["s3:Get*", "s3:getobject"], "Resource": "*"}"#,
        r#""s3:getobject""#,
        r#"{"Effect": "Allow", "Action": ["s3:Get?bject*", "s3:Get*Object", "s3:Put*"], "Resource": "*"}"#,
    ),
    (
        C::ActionWithoutResource,
        Identity,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::b/*"}"#,
        r#""s3:ListBucket""#,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}"#,
    ),
    (
        C::ActionWithoutResource,
        Scp,
        r#"{"Effect": "Deny", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:*:*:instance/*"}"#,
        r#""ec2:DescribeInstances""#,
        r#"{"Effect": "Deny", "Action": ["ec2:StartInstances", "*", "s3:*"],
            "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:s3:::b*"]}"#,
    ),
    (
        C::ActionWithoutResource,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:sqs:*:*:q"}"#,
        r#""s3:GetObject""#,
        r#"{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject"],
            "NotResource": "arn:aws:s3:::b"}"#,
    ),
    (
        C::RedundantResource,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/a*", "arn:aws:s3:::b/*"]}"#,
        r#""arn:aws:s3:::b/a*""#,
        r#"{"Effect": "Allow", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::c/${aws:username}/*"]}"#,
    ),
];

pub(super) const CONDITION_KEYS: &[Case] = &[
    (
        C::InvalidConditionKeyFormat,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"SourceIp": "203.0.113.1"}}}"#,
        r#""SourceIp""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.1"}}}"#,
    ),
    (
        C::InvalidGlobalConditionKey,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrg": "o-1"}}}"#,
        r#""aws:PrincipalOrg""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"AWS:principalorgid": "o-1", "aws:PrincipalTag/Team": "x"}}}"#,
    ),
    (
        C::InvalidServiceConditionKey,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefixes": "x"}}}"#,
        r#""s3:prefixes""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "x"},
            "StringEquals": {"oidc.example.com/id:anything": "x", "secretsmanager:ResourceTag/Team": "y"}}}"#,
    ),
    (
        C::UnsupportedServiceConditionKey,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "x"}}}"#,
        r#""s3:prefix""#,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*",
            "Condition": {"StringLike": {"s3:prefix": "x"}}}"#,
    ),
    (
        C::UnsupportedServiceConditionKey,
        Trust,
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/o.example.com"},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}"#,
        r#""sts:ExternalId""#,
        r#"{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}"#,
    ),
];

pub(super) const OPERANDS: &[Case] = &[
    (
        C::TypeMismatch,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
        r#""StringNotEquals""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Null": {"aws:SourceIp": "false"},
            "StringEquals": {"aws:SecureTransport": "false"}, "NumericLessThan": {"aws:EpochTime": "1"}}}"#,
    ),
    (
        C::TypeMismatch,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"NumericGreaterThan": {"aws:CurrentTime": "1790000000"}}}"#,
        r#""NumericGreaterThan""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}}"#,
    ),
    (
        C::TypeMismatchBoolean,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "no"}}}"#,
        r#""no""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": false},
            "Null": {"aws:SourceIp": "True"}}}"#,
    ),
    (
        C::TypeMismatchNumber,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": ["1", "1h"]}}}"#,
        r#""1h""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}}"#,
    ),
    (
        C::TypeMismatchIpRange,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.*"}}}"#,
        r#""203.0.113.*""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::1"]}}}"#,
    ),
    (
        C::TypeMismatchArn,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "*"}}}"#,
        r#""*""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/*", "arn:*:*:*:*:*", "${aws:SourceArn}"]}}}"#,
    ),
    (
        C::TypeMismatchBinary,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BinaryEquals": {"aws:PrincipalTag/x": "a*"}}}"#,
        r#""a*""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BinaryEquals": {"aws:PrincipalTag/x": "aGk="}}}"#,
    ),
    (
        C::WildcardWithoutLikeOperator,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/x": ["a", "b*"]}}}"#,
        r#""b*""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/x": "b${*}${aws:PrincipalTag/y, '*'}"},
            "StringLike": {"aws:PrincipalTag/z": "*"}, "StringEqualsIgnoreCase": {"aws:referer": "https://a/?b"}}}"#,
    ),
];

pub(super) const MISSING_KEYS: &[Case] = &[
    (
        C::MissingQualifier,
        Identity,
        r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "x"}}}"#,
        r#""StringEquals""#,
        r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}, "Null": {"aws:TagKeys": "false"}}}"#,
    ),
    (
        C::ForAllValuesWithSingleValuedKey,
        Identity,
        r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
        r#""ForAllValues:StringEquals""#,
        r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"},
            "ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
    ),
    (
        C::ForAllValuesWithSingleValuedKey,
        Trust,
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/o.example.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"ForAllValues:StringEquals": {"o.example.com:sub": "x", "o.example.com:aud": "y"}}}"#,
        r#""ForAllValues:StringEquals""#,
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/o.example.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"o.example.com:sub": "x", "o.example.com:aud": "y"},
            "ForAllValues:StringEquals": {"o.example.com:amr": "z"}}}"#,
    ),
    (
        C::ForAllValuesWithoutNullCheck,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}}"#,
        r#""ForAllValues:StringLike""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*", "aws:TagKeys": "x"},
            "Null": {"aws:principalorgpaths": "false"}}},
           {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}}"#,
    ),
    (
        C::AllowWithNegatedOperator,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}"#,
        r#""StringNotEquals""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {
            "StringNotEquals": {"aws:RequestedRegion": "us-east-1", "aws:SourceVpce": "vpce-1", "aws:PrincipalTag/x": ""},
            "Null": {"aws:SourceVpce": "false"}}},
           {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}"#,
    ),
    (
        C::AllowWithIfExists,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}"#,
        r#""StringEqualsIfExists""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}"#,
    ),
    (
        C::MfaConditionWithoutIfExists,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}"#,
        r#""Bool""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
           {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
    ),
    (
        C::MfaConditionWithoutIfExists,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": false}}}"#,
        r#""Bool""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": false}}},
           {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:MultiFactorAuthPresent": true}}}"#,
    ),
];

pub(super) const VARIABLES: &[Case] = &[
    (
        C::MissingVersion,
        Identity,
        r#" {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#,
        "{",
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#,
    ),
    (
        C::VariableUnsupportedInVersion,
        Identity,
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*",
            "Resource": "arn:aws:s3:::b/${aws:username}/*"}}"#,
        r#""arn:aws:s3:::b/${aws:username}/*""#,
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${x}"}}"#,
    ),
    (
        C::VariableUnsupportedInElement,
        Identity,
        r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:${aws:PrincipalAccount}:key/*"}"#,
        r#""arn:aws:kms:*:${aws:PrincipalAccount}:key/*""#,
        r#"{"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::*:role/${aws:username}"}"#,
    ),
    (
        C::InvalidVariableForOperator,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "${aws:PrincipalTag/ip}"}}}"#,
        r#""${aws:PrincipalTag/ip}""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "${aws:PrincipalTag/tls}"},
            "ArnEquals": {"aws:SourceArn": "${aws:PrincipalTag/arn}"}}}"#,
    ),
    (
        C::MissingBraceInVariable,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username/*"}"#,
        r#""arn:aws:s3:::b/${aws:username/*""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${$}{aws:username/*"}"#,
    ),
    (
        C::UnknownKeyInVariable,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${username}"}"#,
        r#""arn:aws:s3:::b/${username}""#,
        r#"{"Effect": "Allow", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/Team, 'x'}", "arn:aws:s3:::b/${o.example.com:sub}", "arn:aws:s3:::b/${*}"]}"#,
    ),
    (
        C::MultivaluedKeyInVariable,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringLike": {"s3:prefix": "${aws:TagKeys}"}}}"#,
        r#""${aws:TagKeys}""#,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "${aws:userid}"}}}"#,
    ),
];

pub(super) const EMPTY: &[Case] = &[
    (
        C::EmptyArrayCondition,
        Identity,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": []}}}"#,
        "[]",
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": ["x"]}}}"#,
    ),
    (
        C::EmptyArrayPrincipal,
        Resource,
        r#"{"Effect": "Allow", "Principal": {"AWS": "123456789012", "Service": [ ]}, "Action": "sqs:*", "Resource": "*"}"#,
        "[ ]",
        r#"{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sqs:*", "Resource": "*"}"#,
    ),
    (
        C::EmptyObjectCondition,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { }}"#,
        "{ }",
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "x"}}}"#,
    ),
    (
        C::EmptyObjectCondition,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {}}}"#,
        "{}",
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
    ),
    (
        C::EmptySidValue,
        Identity,
        r#"{"Sid": "", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
        r#""""#,
        r#"{"Sid": "x", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
    ),
];

pub(super) const GRANTS: &[Case] = &[
    (
        C::FullAdministrativeAccess,
        Identity,
        r#"{"Effect": "Allow", "Action": ["*"], "Resource": "*"}"#,
        r#"["*"]"#,
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}"#,
    ),
    (
        C::FullAdministrativeAccess,
        Identity,
        r#"{"Effect": "Allow", "Action": "*:*", "Resource": "*"}"#,
        r#""*:*""#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "x"}}}"#,
    ),
    (
        C::AllowWithNotAction,
        Identity,
        r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#,
        r#""iam:*""#,
        r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}"#,
    ),
    (
        C::AllowWithNotResource,
        Identity,
        r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}"#,
        r#""arn:aws:s3:::b""#,
        r#"{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}"#,
    ),
    (
        C::PassRoleWithStarInResource,
        Identity,
        r#"{"Effect": "Allow", "Action": ["ec2:RunInstances", "iam:passrole"], "Resource": "*"}"#,
        r#""iam:passrole""#,
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app-*"}"#,
    ),
    (
        C::PassRoleWithStarInActionAndResource,
        Identity,
        r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::123456789012:role/*"}"#,
        r#""iam:*""#,
        r#"{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#,
    ),
    (
        C::PassRoleWithNotResource,
        Identity,
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/x"}"#,
        r#""iam:PassRole""#,
        r#"{"Effect": "Deny", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/x"}"#,
    ),
    (
        C::StarPrincipalWithoutCondition,
        Trust,
        r#"{"Effect": "Allow", "Principal": {"AWS": ["123456789012", "*"]}, "Action": "sts:AssumeRole"}"#,
        r#""*""#,
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
    ),
    (
        C::StarPrincipalWithoutCondition,
        Bucket,
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#,
        r#""*""#,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#,
    ),
    (
        C::RestrictAccessToServicePrincipal,
        Resource,
        r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}"#,
        r#""sns.amazonaws.com""#,
        r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}"#,
    ),
    (
        C::RestrictAccessToServicePrincipal,
        Trust,
        r#"{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
        r#""scheduler.amazonaws.com""#,
        r#"{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
    ),
];

/// A trust policy for one provider.
macro_rules! trusting {
    ($condition:literal) => {
        concat!(
            r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/o.example.com/id"},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": "#,
            $condition,
            "}"
        )
    };
}

const PROVIDER: &str = r#""arn:aws:iam::123456789012:oidc-provider/o.example.com/id""#;
pub(super) const SOUND: &str = trusting!(
    r#"{"StringEquals": {"o.example.com/id:sub": "system:serviceaccount:ns:sa", "O.example.com/id:aud": "sts.amazonaws.com"}}"#
);

pub(super) const PROVIDERS: &[Case] = &[
    (
        C::OidcProviderWithoutSubject,
        Trust,
        trusting!(r#"{"StringEquals": {"o.example.com/id:aud": "sts.amazonaws.com"}}"#),
        PROVIDER,
        SOUND,
    ),
    (
        C::OidcProviderWithoutSubject,
        Trust,
        trusting!(r#"{"StringNotEquals": {"o.example.com/id:sub": "x"}}"#),
        PROVIDER,
        trusting!(r#"{"StringEquals": {"o.example.com/id:repository_id": "1"}}"#),
    ),
    (
        C::OidcProviderWithoutAudience,
        Trust,
        trusting!(r#"{"StringEquals": {"o.example.com/id:sub": "x"}}"#),
        PROVIDER,
        SOUND,
    ),
    (
        C::WildcardInOidcSubject,
        Trust,
        trusting!(
            r#"{"StringLike": {"o.example.com/id:sub": ["a", "system:serviceaccount:*:sa"]}}"#
        ),
        r#""system:serviceaccount:*:sa""#,
        trusting!(
            r#"{"StringLike": {"o.example.com/id:sub": ["system:serviceaccount:ns:app-*", "spiffe://x/*"]}}"#
        ),
    ),
    (
        C::WildcardInOidcSubject,
        Trust,
        trusting!(r#"{"StringLike": {"o.example.com/id:sub": "repo:org/*"}}"#),
        r#""repo:org/*""#,
        trusting!(r#"{"StringLike": {"o.example.com/id:sub": "repo:org/app:*"}}"#),
    ),
    (
        C::ConditionKeyOfAnotherIssuer,
        Trust,
        trusting!(r#"{"StringEquals": {"https://o.example.com/id:sub": "x"}}"#),
        r#""https://o.example.com/id:sub""#,
        SOUND,
    ),
    (
        C::ConditionKeyOfAnotherIssuer,
        Trust,
        trusting!(r#"{"StringEquals": {"o.example.com/ID2:sub": "x"}}"#),
        r#""o.example.com/ID2:sub""#,
        trusting!(
            r#"{"StringEquals": {"o.example.com/id:sub": "x", "aws:FederatedProvider": "y"}}"#
        ),
    ),
];

pub(super) const ALL: [&[Case]; 8] = [
    ACTIONS,
    CONDITION_KEYS,
    OPERANDS,
    MISSING_KEYS,
    VARIABLES,
    EMPTY,
    GRANTS,
    PROVIDERS,
];
