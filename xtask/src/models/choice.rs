//! What is generated, and where the models are known to say less than the services do.

use crate::pypi::Package;

/// Where the models come from.
pub(super) const BOTOCORE: Package = Package {
    name: "botocore",
    version: "1.43.11",
};

/// A service and the operations of it that are generated, with every shape that they reach.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Whether validation messages repeat the refused value. IAM hides it, STS and the JSON services show it.
    pub(super) shows_values: bool,
    pub(super) operations: Operations,
}

/// Which operations of a model are generated.
pub(super) enum Operations {
    /// All of them.
    All,
    /// Those with these names.
    These(&'static [&'static str]),
}

/// The services that are generated.
pub(super) const SERVICES: &[Choice] = &[
    Choice {
        name: "iam",
        version: "2010-05-08",
        shows_values: false,
        operations: Operations::All,
    },
    Choice {
        name: "sts",
        version: "2011-06-15",
        shows_values: true,
        operations: Operations::All,
    },
    Choice {
        name: "cloudtrail",
        version: "2013-11-01",
        shows_values: true,
        operations: Operations::These(CLOUDTRAIL),
    },
    Choice {
        name: "organizations",
        version: "2016-11-28",
        shows_values: false,
        operations: Operations::These(ORGANIZATIONS),
    },
    Choice {
        name: "eks",
        version: "2017-11-01",
        shows_values: false,
        operations: Operations::These(EKS),
    },
    Choice {
        name: "eks-auth",
        version: "2023-11-26",
        shows_values: false,
        operations: Operations::All,
    },
];

/// Members that hold secrets, beside those whose shapes the models mark as sensitive.
pub(super) const SECRET_MEMBERS: &[&str] = &[
    "SessionToken",
    "TokenCode",
    "AuthenticationCode1",
    "AuthenticationCode2",
    "SAMLAssertion",
    "secretAccessKey",
    "sessionToken",
];

/// Secret members that CloudTrail records nevertheless carry: a session token is useless without its secret key, and
/// AWS logs it.
pub(super) const RECORDED_SECRETS: &[&str] = &["SessionToken"];

/// Shapes that are returned URL-encoded: policy documents, in the outputs of IAM.
pub(super) const ENCODED_IN_OUTPUTS: &[(&str, &str)] = &[("iam", "policyDocumentType")];

/// Shapes whose constraints the service checks by itself, with an error of its own in place of a validation error.
pub(super) const CHECKED_BY_SERVICE: &[(&str, &str)] = &[
    ("cloudtrail", "MaxResults"),
    ("cloudtrail", "EventCategory"),
    ("cloudtrail", "ReadWriteType"),
];

/// Output members that the models call optional and that are always there.
pub(super) const ALWAYS_PRESENT: &[&str] = &["IsTruncated"];

/// Lists in outputs that are left out when they are empty. All others at the top of an output are written empty, since
/// clients index them without asking; lists further down are left out when they are empty, but for those below.
pub(super) const OMITTED_WHEN_EMPTY: &[&str] =
    &["AdvancedEventSelectors", "EventSelectors", "Tags"];

/// Lists further down in an output that are written even when they are empty.
pub(super) const WRITTEN_WHEN_EMPTY: &[(&str, &str, &str)] = &[
    ("cloudtrail", "Event", "Resources"),
    ("cloudtrail", "EventSelector", "DataResources"),
    (
        "cloudtrail",
        "EventSelector",
        "ExcludeManagementEventSources",
    ),
    ("iam", "EvaluationResult", "MatchedStatements"),
    ("iam", "EvaluationResult", "MissingContextValues"),
    ("iam", "GroupDetail", "AttachedManagedPolicies"),
    ("iam", "GroupDetail", "GroupPolicyList"),
    ("iam", "ListPoliciesGrantingServiceAccessEntry", "Policies"),
    ("iam", "ResourceSpecificResult", "MatchedStatements"),
    ("iam", "ResourceSpecificResult", "MissingContextValues"),
    ("iam", "RoleDetail", "AttachedManagedPolicies"),
    ("iam", "RoleDetail", "InstanceProfileList"),
    ("iam", "RoleDetail", "RolePolicyList"),
    ("iam", "RoleDetail", "Tags"),
    ("iam", "UserDetail", "AttachedManagedPolicies"),
    ("iam", "UserDetail", "GroupList"),
    ("iam", "UserDetail", "Tags"),
    ("organizations", "Organization", "AvailablePolicyTypes"),
    ("organizations", "Root", "PolicyTypes"),
];

/// Members of outputs that are ours and in no model: service, structure, name, and the shape of the model that it has.
/// The clients of AWS skip what their model does not name.
pub(super) const ADDED: &[(&str, &str, &str, &str)] = &[
    ("iam", "EvaluationResult", "Explanation", "stringType"),
    ("iam", "ResourceSpecificResult", "Explanation", "stringType"),
];

/// What a cluster that runs elsewhere has in EKS.
const EKS: &[&str] = &[
    "CreatePodIdentityAssociation",
    "DeletePodIdentityAssociation",
    "DeregisterCluster",
    "DescribeCluster",
    "DescribePodIdentityAssociation",
    "ListClusters",
    "ListPodIdentityAssociations",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "UpdatePodIdentityAssociation",
];

/// The event history, and the one trail that every account has.
const CLOUDTRAIL: &[&str] = &[
    "DescribeTrails",
    "GetEventSelectors",
    "GetTrail",
    "GetTrailStatus",
    "ListTrails",
    "LookupEvents",
    "PutEventSelectors",
    "StartLogging",
    "StopLogging",
];

/// Accounts, units and policies of an organization; nothing of invitations, responsibility transfers and the
/// organization's own resource policy.
const ORGANIZATIONS: &[&str] = &[
    "AttachPolicy",
    "CloseAccount",
    "CreateAccount",
    "CreateOrganization",
    "CreateOrganizationalUnit",
    "CreatePolicy",
    "DeleteOrganization",
    "DeleteOrganizationalUnit",
    "DeletePolicy",
    "DeregisterDelegatedAdministrator",
    "DescribeAccount",
    "DescribeCreateAccountStatus",
    "DescribeEffectivePolicy",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribePolicy",
    "DetachPolicy",
    "DisableAWSServiceAccess",
    "DisablePolicyType",
    "EnableAWSServiceAccess",
    "EnablePolicyType",
    "LeaveOrganization",
    "ListAWSServiceAccessForOrganization",
    "ListAccounts",
    "ListAccountsForParent",
    "ListChildren",
    "ListCreateAccountStatus",
    "ListDelegatedAdministrators",
    "ListDelegatedServicesForAccount",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListPolicies",
    "ListPoliciesForTarget",
    "ListRoots",
    "ListTagsForResource",
    "ListTargetsForPolicy",
    "MoveAccount",
    "RegisterDelegatedAdministrator",
    "RemoveAccountFromOrganization",
    "TagResource",
    "UntagResource",
    "UpdateOrganizationalUnit",
    "UpdatePolicy",
];
