"""Quotas: AWS's by default, others by `--quota`, told by `GetAccountSummary`."""

import json

import pytest

from support.clients import As, refused
from support.policies import ROOT, allow, policy, trust
from support.principals import Account
from support.server import daypass

DEFAULTS = {
    "UsersQuota": 5000, "GroupsQuota": 300, "RolesQuota": 1000, "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500, "GroupsPerUserQuota": 10, "AccessKeysPerUserQuota": 2,
    "AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 20,
    "VersionsPerPolicyQuota": 5, "PolicySizeQuota": 6144, "AssumeRolePolicySizeQuota": 2048,
    "UserPolicySizeQuota": 2048, "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240,
    "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2, "PolicyVersionsInUseQuota": 10000,
}
SUMMARY = {
    "users": "UsersQuota", "groups": "GroupsQuota", "roles": "RolesQuota",
    "instance-profiles": "InstanceProfilesQuota", "policies": "PoliciesQuota",
    "groups-per-user": "GroupsPerUserQuota", "access-keys-per-user": "AccessKeysPerUserQuota",
    "policies-per-user": "AttachedPoliciesPerUserQuota", "policies-per-group": "AttachedPoliciesPerGroupQuota",
    "policies-per-role": "AttachedPoliciesPerRoleQuota", "versions-per-policy": "VersionsPerPolicyQuota",
    "policy-size": "PolicySizeQuota", "trust-policy-size": "AssumeRolePolicySizeQuota",
    "inline-per-user": "UserPolicySizeQuota", "inline-per-group": "GroupPolicySizeQuota",
    "inline-per-role": "RolePolicySizeQuota", "server-certificates": "ServerCertificatesQuota",
    "signing-certificates-per-user": "SigningCertificatesPerUserQuota",
}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OTHERS = [
    f"arn:aws:iam::aws:policy/{name}"
    for name in ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "IAMReadOnlyAccess", "IAMFullAccess")
]


def quotas(**numbers: int) -> list[str]:
    """Options of the server."""
    return [word for name, most in numbers.items() for word in ("--quota", f"{name.replace('_', '-')}={most}")]


def summary(iam) -> dict:
    shown = iam.get_account_summary()["SummaryMap"]
    return {key: number for key, number in shown.items() if key.endswith("Quota")}


def test_the_defaults_are_awss(admin):
    assert summary(admin.iam) == DEFAULTS


def test_the_summary_tells_what_is_configured(start_server):
    # A credential report has room for two of these.
    bounded = {"access-keys-per-user": 1, "signing-certificates-per-user": 0}
    numbers = {name: bounded.get(name, 100_000 + at) for at, name in enumerate(SUMMARY)}
    server = start_server(*quotas(**numbers))
    told = summary(As(server, server.administrator).iam)
    assert told == {**DEFAULTS, **{key: numbers[name] for name, key in SUMMARY.items()}}


@pytest.fixture
def small(start_server):
    """An account in which there is room for little. The administrator is a role."""
    server = start_server(*quotas(
        users=2, groups=1, roles=2, instance_profiles=1, policies=1, oidc_providers=1, access_keys_per_user=1,
        groups_per_user=0, policies_per_user=1, policies_per_group=2, policies_per_role=3, versions_per_policy=2,
        policy_size=200, trust_policy_size=300, inline_per_user=150, inline_per_group=160, inline_per_role=170,
        client_ids_per_provider=2, thumbprints_per_provider=1,
    ))
    return As(server, server.administrator).iam


def too_many(name: str, most: int):
    return refused("LimitExceeded", 409, f"Cannot exceed quota for {name}: {most}")


def document(size: int) -> str:
    """A policy of so many characters."""
    empty = json.dumps(json.loads(policy(allow("s3:*", "arn:aws:s3:::"))), separators=(",", ":"))
    return empty.replace(":::", ":::" + "b" * (size - len(empty)))


def test_every_quota_of_an_account_is_enforced(small):
    iam = small
    for name in ("a", "b"):
        iam.create_user(UserName=name)
    with too_many("UsersPerAccount", 2):
        iam.create_user(UserName="c")
    iam.create_group(GroupName="g")
    with too_many("GroupsPerAccount", 1):
        iam.create_group(GroupName="h")
    with too_many("GroupsPerUser", 0):
        iam.add_user_to_group(GroupName="g", UserName="a")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(ROOT))
    with too_many("RolesPerAccount", 2):
        iam.create_role(RoleName="s", AssumeRolePolicyDocument=trust(ROOT))
    with too_many("RolesPerAccount", 2):
        iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    iam.create_instance_profile(InstanceProfileName="p")
    with too_many("InstanceProfilesPerAccount", 1):
        iam.create_instance_profile(InstanceProfileName="q")
    iam.create_access_key(UserName="a")
    with too_many("AccessKeysPerUser", 1):
        iam.create_access_key(UserName="a")
    arn = iam.create_policy(PolicyName="m", PolicyDocument=document(200))["Policy"]["Arn"]
    with too_many("PoliciesPerAccount", 1):
        iam.create_policy(PolicyName="n", PolicyDocument=document(200))
    with too_many("PolicySize", 200):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(201))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(199))
    with refused("LimitExceeded", 409, has="A managed policy can have up to 2 versions."):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(199))
    for attach, name, most, quota in (
        (iam.attach_user_policy, {"UserName": "a"}, 1, "PoliciesPerUser"),
        (iam.attach_group_policy, {"GroupName": "g"}, 2, "PoliciesPerGroup"),
        (iam.attach_role_policy, {"RoleName": "r"}, 3, "PoliciesPerRole"),
    ):
        for policy_arn in OTHERS[:most]:
            attach(**name, PolicyArn=policy_arn)
        with too_many(quota, most):
            attach(**name, PolicyArn=READ_ONLY)
    for put, name, most, kind in (
        (iam.put_user_policy, {"UserName": "a"}, 150, "user a"),
        (iam.put_group_policy, {"GroupName": "g"}, 160, "group g"),
        (iam.put_role_policy, {"RoleName": "r"}, 170, "role r"),
    ):
        put(**name, PolicyName="p", PolicyDocument=document(most))
        with refused("LimitExceeded", 409, f"Maximum policy size of {most} bytes exceeded for {kind}"):
            put(**name, PolicyName="p", PolicyDocument=document(most + 1))
    long = trust(ROOT, condition={"StringEquals": {"aws:userid": "x" * 300}})
    with too_many("ACLSizePerRole", 300):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=long)


def test_the_quotas_of_providers_are_enforced(small):
    first = small.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    for provider in first:
        small.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    with too_many("ClientIdsPerOpenIdConnectProvider", 2):
        small.create_open_id_connect_provider(Url="https://a.example", ClientIDList=["1", "2", "3"])
    with refused("InvalidInput", 400, "Thumbprint list must contain fewer than 1 entries."):
        small.create_open_id_connect_provider(Url="https://a.example", ThumbprintList=["a" * 40, "b" * 40])
    arn = small.create_open_id_connect_provider(
        Url="https://a.example", ClientIDList=["1", "2"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    with too_many("OpenIdConnectProvidersPerAccount", 1):
        small.create_open_id_connect_provider(Url="https://b.example")
    with too_many("ClientIdsPerOpenIdConnectProvider", 2):
        small.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="3")
    with refused("InvalidInput", 400, has="Thumbprint list"):
        small.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40, "b" * 40]
        )


def test_more_than_aws_allows_is_possible(start_server):
    server = start_server(*quotas(policies_per_role=30, inline_per_user=20_000))
    account = Account(server, As(server, server.administrator))
    iam = account.admin.iam
    role = account.role()
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PathPrefix="/job-function/")
    arns = [it["Arn"] for page in pages for it in page["Policies"]]
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PathPrefix="/service-role/")
    arns = (arns + [it["Arn"] for page in pages for it in page["Policies"]])[:30]
    for arn in arns:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with too_many("PoliciesPerRole", 30):
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    user = account.user()
    iam.put_user_policy(UserName=user.name, PolicyName="long", PolicyDocument=document(20_000))


def test_a_quota_that_there_is_not_is_told(home):
    for option, told in (
        ("rolls=5", "there is no quota `rolls`; there are users, groups, roles,"),
        ("roles=many", "a quota is written NAME=NUMBER"),
        ("roles", "a quota is written NAME=NUMBER"),
        ("access-keys-per-user=3", "can be 2 at most"),
    ):
        done = daypass("serve", "--quota", option, data=home / "d", home=home)
        assert done.returncode == 2 and told in done.stderr, done.stderr
        assert not (home / "d").exists()


def test_the_version_of_tokens_is_kept_and_told(own_server, home):
    from support.aws_cli import Cli

    aws = Cli.of(own_server, home)
    account = Account(own_server, As(own_server, own_server.administrator))

    def version() -> int:
        iam = As(own_server, own_server.administrator).iam
        return iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"]

    assert version() == 2
    aws("iam", "set-security-token-service-preferences", "--global-endpoint-token-version", "v1Token")
    assert version() == 1
    own_server.kill()
    own_server.restart()
    assert version() == 1
    iam = As(own_server, own_server.administrator).iam
    with refused("ValidationError", 400, has="Member must satisfy enum value set: [v1Token, v2Token]"):
        iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v3Token")
    account = Account(own_server, As(own_server, own_server.administrator))
    with refused("AccessDenied", 403, has="iam:SetSecurityTokenServicePreferences"):
        account.user().iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert version() == 2
