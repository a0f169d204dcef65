//! Names of lints.

use std::fmt;

/// How much a lint matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It could be simpler, or it is a risk that is often taken knowingly.
    Note,
    /// Probably wrong, or dangerous.
    Warning,
}

impl Severity {
    /// `note` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a lint is about. Where IAM Access Analyzer has the same check, the name is its issue code (IAM User Guide,
/// "Access Analyzer policy check reference").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LintCode {
    /// No action has this name, or none is covered by this pattern.
    InvalidAction,
    /// No service has this prefix.
    InvalidServiceInAction,
    /// The action is in the list twice, or a pattern of the list covers it.
    RedundantAction,
    /// None of the statement's resources can be the action's.
    ActionWithoutResource,
    /// The resource is in the list twice, or a pattern of the list covers it.
    RedundantResource,
    /// A condition key without a colon.
    InvalidConditionKeyFormat,
    /// There is no such key that begins with `aws:`.
    InvalidGlobalConditionKey,
    /// The service has no such key.
    InvalidServiceConditionKey,
    /// No request for one of the statement's actions has the key.
    UnsupportedServiceConditionKey,
    /// The operator is made for values of another type than the key's.
    TypeMismatch,
    /// The operand of a boolean operator is neither `true` nor `false`.
    TypeMismatchBoolean,
    /// The operand of a numeric operator is no number.
    TypeMismatchNumber,
    /// The operand of an IP address operator is neither an address nor a network.
    TypeMismatchIpRange,
    /// The operand of an ARN operator is no ARN.
    TypeMismatchArn,
    /// The operand of a binary operator is no Base64.
    TypeMismatchBinary,
    /// A wildcard in the operand of an operator that has none.
    WildcardWithoutLikeOperator,
    /// A key with several values, without `ForAllValues` or `ForAnyValue`.
    MissingQualifier,
    /// `ForAllValues` on a key that has one value.
    ForAllValuesWithSingleValuedKey,
    /// An `Allow` with `ForAllValues`, which a missing key meets.
    ForAllValuesWithoutNullCheck,
    /// An `Allow` with a negated operator, which a missing key meets.
    AllowWithNegatedOperator,
    /// An `Allow` with an `…IfExists` operator, which a missing key meets.
    AllowWithIfExists,
    /// A `Deny` without multi-factor authentication that long-term keys escape.
    MfaConditionWithoutIfExists,
    /// The document names no version.
    MissingVersion,
    /// A policy variable in a document whose version has none.
    VariableUnsupportedInVersion,
    /// A policy variable where none is put in.
    VariableUnsupportedInElement,
    /// A policy variable in the operand of an operator that doesn't put it in.
    InvalidVariableForOperator,
    /// A policy variable without its closing brace.
    MissingBraceInVariable,
    /// A policy variable of a key that doesn't exist.
    UnknownKeyInVariable,
    /// A policy variable of a key with several values.
    MultivaluedKeyInVariable,
    /// A condition without operands.
    EmptyArrayCondition,
    /// A type of principals without one.
    EmptyArrayPrincipal,
    /// `Condition`, or an operator in it, without anything.
    EmptyObjectCondition,
    /// A `Sid` without text.
    EmptySidValue,
    /// Every action on every resource.
    FullAdministrativeAccess,
    /// An `Allow` of all actions but some.
    AllowWithNotAction,
    /// An `Allow` on all resources but some.
    AllowWithNotResource,
    /// `iam:PassRole` for every role.
    PassRoleWithStarInResource,
    /// `iam:PassRole`, by a pattern, for every role.
    PassRoleWithStarInActionAndResource,
    /// `iam:PassRole` for all roles but some.
    PassRoleWithNotResource,
    /// Everybody, whatever the request.
    StarPrincipalWithoutCondition,
    /// An AWS service, whoever it works for.
    RestrictAccessToServicePrincipal,
    /// Every token of an identity provider.
    OidcProviderWithoutSubject,
    /// Tokens of an identity provider that are meant for somebody else.
    OidcProviderWithoutAudience,
    /// A wildcard in the place of a namespace, an owner or a name.
    WildcardInOidcSubject,
    /// A claim of another identity provider than the one that is trusted.
    ConditionKeyOfAnotherIssuer,
}

impl LintCode {
    /// Every code.
    pub const ALL: [Self; 45] = [
        Self::InvalidAction,
        Self::InvalidServiceInAction,
        Self::RedundantAction,
        Self::ActionWithoutResource,
        Self::RedundantResource,
        Self::InvalidConditionKeyFormat,
        Self::InvalidGlobalConditionKey,
        Self::InvalidServiceConditionKey,
        Self::UnsupportedServiceConditionKey,
        Self::TypeMismatch,
        Self::TypeMismatchBoolean,
        Self::TypeMismatchNumber,
        Self::TypeMismatchIpRange,
        Self::TypeMismatchArn,
        Self::TypeMismatchBinary,
        Self::WildcardWithoutLikeOperator,
        Self::MissingQualifier,
        Self::ForAllValuesWithSingleValuedKey,
        Self::ForAllValuesWithoutNullCheck,
        Self::AllowWithNegatedOperator,
        Self::AllowWithIfExists,
        Self::MfaConditionWithoutIfExists,
        Self::MissingVersion,
        Self::VariableUnsupportedInVersion,
        Self::VariableUnsupportedInElement,
        Self::InvalidVariableForOperator,
        Self::MissingBraceInVariable,
        Self::UnknownKeyInVariable,
        Self::MultivaluedKeyInVariable,
        Self::EmptyArrayCondition,
        Self::EmptyArrayPrincipal,
        Self::EmptyObjectCondition,
        Self::EmptySidValue,
        Self::FullAdministrativeAccess,
        Self::AllowWithNotAction,
        Self::AllowWithNotResource,
        Self::PassRoleWithStarInResource,
        Self::PassRoleWithStarInActionAndResource,
        Self::PassRoleWithNotResource,
        Self::StarPrincipalWithoutCondition,
        Self::RestrictAccessToServicePrincipal,
        Self::OidcProviderWithoutSubject,
        Self::OidcProviderWithoutAudience,
        Self::WildcardInOidcSubject,
        Self::ConditionKeyOfAnotherIssuer,
    ];

    /// The stable name: `INVALID_ACTION`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidAction => "INVALID_ACTION",
            Self::InvalidServiceInAction => "INVALID_SERVICE_IN_ACTION",
            Self::RedundantAction => "REDUNDANT_ACTION",
            Self::ActionWithoutResource => "ACTION_WITHOUT_RESOURCE",
            Self::RedundantResource => "REDUNDANT_RESOURCE",
            Self::InvalidConditionKeyFormat => "INVALID_CONDITION_KEY_FORMAT",
            Self::InvalidGlobalConditionKey => "INVALID_GLOBAL_CONDITION_KEY",
            Self::InvalidServiceConditionKey => "INVALID_SERVICE_CONDITION_KEY",
            Self::UnsupportedServiceConditionKey => "UNSUPPORTED_SERVICE_CONDITION_KEY",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::TypeMismatchBoolean => "TYPE_MISMATCH_BOOLEAN",
            Self::TypeMismatchNumber => "TYPE_MISMATCH_NUMBER",
            Self::TypeMismatchIpRange => "TYPE_MISMATCH_IP_RANGE",
            Self::TypeMismatchArn => "TYPE_MISMATCH_ARN",
            Self::TypeMismatchBinary => "TYPE_MISMATCH_BINARY",
            Self::WildcardWithoutLikeOperator => "WILDCARD_WITHOUT_LIKE_OPERATOR",
            Self::MissingQualifier => "MISSING_QUALIFIER",
            Self::ForAllValuesWithSingleValuedKey => "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
            Self::ForAllValuesWithoutNullCheck => "FORALLVALUES_WITHOUT_NULL_CHECK",
            Self::AllowWithNegatedOperator => "ALLOW_WITH_NEGATED_OPERATOR",
            Self::AllowWithIfExists => "ALLOW_WITH_IF_EXISTS",
            Self::MfaConditionWithoutIfExists => "MFA_CONDITION_WITHOUT_IF_EXISTS",
            Self::MissingVersion => "MISSING_VERSION",
            Self::VariableUnsupportedInVersion => "VARIABLE_UNSUPPORTED_IN_VERSION",
            Self::VariableUnsupportedInElement => "VARIABLE_UNSUPPORTED_IN_ELEMENT",
            Self::InvalidVariableForOperator => "INVALID_VARIABLE_FOR_OPERATOR",
            Self::MissingBraceInVariable => "MISSING_BRACE_IN_VARIABLE",
            Self::UnknownKeyInVariable => "UNKNOWN_KEY_IN_VARIABLE",
            Self::MultivaluedKeyInVariable => "MULTIVALUED_KEY_IN_VARIABLE",
            Self::EmptyArrayCondition => "EMPTY_ARRAY_CONDITION",
            Self::EmptyArrayPrincipal => "EMPTY_ARRAY_PRINCIPAL",
            Self::EmptyObjectCondition => "EMPTY_OBJECT_CONDITION",
            Self::EmptySidValue => "EMPTY_SID_VALUE",
            Self::FullAdministrativeAccess => "FULL_ADMINISTRATIVE_ACCESS",
            Self::AllowWithNotAction => "ALLOW_WITH_NOT_ACTION",
            Self::AllowWithNotResource => "ALLOW_WITH_NOT_RESOURCE",
            Self::PassRoleWithStarInResource => "PASS_ROLE_WITH_STAR_IN_RESOURCE",
            Self::PassRoleWithStarInActionAndResource => {
                "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"
            }
            Self::PassRoleWithNotResource => "PASS_ROLE_WITH_NOT_RESOURCE",
            Self::StarPrincipalWithoutCondition => "STAR_PRINCIPAL_WITHOUT_CONDITION",
            Self::RestrictAccessToServicePrincipal => "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
            Self::OidcProviderWithoutSubject => "OIDC_PROVIDER_WITHOUT_SUBJECT",
            Self::OidcProviderWithoutAudience => "OIDC_PROVIDER_WITHOUT_AUDIENCE",
            Self::WildcardInOidcSubject => "WILDCARD_IN_OIDC_SUBJECT",
            Self::ConditionKeyOfAnotherIssuer => "CONDITION_KEY_OF_ANOTHER_ISSUER",
        }
    }

    /// How much a lint of this code matters, if nothing else is known.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::RedundantAction
            | Self::RedundantResource
            | Self::AllowWithIfExists
            | Self::MissingVersion
            | Self::EmptyArrayPrincipal
            | Self::EmptyObjectCondition
            | Self::EmptySidValue => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
