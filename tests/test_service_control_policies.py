"""What service and resource control policies take away, level by level."""

import json
import os

import pytest

from support.clients import As, refused
from support.organization import ACCESS_ROLE, Organization, by_arn, management_root
from support.policies import allow, deny, policy, trust
from support.server import ACCOUNT, REGION

DENY_LIST_USERS = policy(deny("iam:ListUsers"))


@pytest.fixture
def organization(own_server) -> Organization:
    return Organization(own_server)


def bucket_of(member, document: dict | None = None) -> str:
    """A bucket of a member account with an object; perhaps with a policy."""
    name = f"b-{os.urandom(5).hex()}"
    member.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    member.s3.put_object(Bucket=name, Key="k", Body=b"x")
    if document:
        member.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    return name


def statement(bucket: str, principal, **more) -> dict:
    return {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*", **more,
        }],
    }


def test_a_deny_at_any_level_denies_and_is_named(organization):
    outer = organization.unit("outer")
    inner = organization.unit("inner", outer)
    member = organization.account()
    organization.move(member.id, inner)
    member.iam.list_users()
    made = organization.policy(DENY_LIST_USERS)
    for target in (organization.root, outer, inner, member.id):
        organization.api.attach_policy(PolicyId=made["Id"], TargetId=target)
        with refused(
            "AccessDenied", 403,
            f"User: {member.arn} is not authorized to perform: iam:ListUsers on resource: "
            f"arn:aws:iam::{member.id}:user/ with an explicit deny in a service control policy, "
            f"with policy ARN: {made['Arn']}",
        ):
            member.iam.list_users()
        member.iam.list_roles()
        organization.api.detach_policy(PolicyId=made["Id"], TargetId=target)
        member.iam.list_users()


def test_every_level_must_allow(organization):
    unit = organization.unit("u")
    member = organization.account()
    organization.move(member.id, unit)
    only_iam = organization.policy(policy(allow("iam:*")))
    api = organization.api
    for target in (organization.root, unit, member.id):
        api.attach_policy(PolicyId=only_iam["Id"], TargetId=target)
        api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
        member.iam.list_users()
        with refused("AccessDenied", 403, has="because no service control policy allows the s3:ListAllMyBuckets action"):
            member.s3.list_buckets()
        api.attach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
        api.detach_policy(PolicyId=only_iam["Id"], TargetId=target)
        member.s3.list_buckets()
    # Allowing grants nothing.
    nobody = member.user("nobody")
    with refused("AccessDenied", 403, has="because no identity-based policy allows"):
        nobody.iam.list_users()


def test_moving_an_account_counts_at_once_and_after_a_restart(organization, own_server):
    strict = organization.unit("strict")
    organization.policy(DENY_LIST_USERS, to=strict)
    member = organization.account()
    member.iam.list_users()
    organization.move(member.id, strict)
    with refused("AccessDenied", 403, has="service control policy"):
        member.iam.list_users()
    own_server.kill()
    own_server.restart()
    member = As(own_server, member.credentials)
    with refused("AccessDenied", 403, has="service control policy"):
        member.iam.list_users()


def test_the_management_account_is_exempt_and_identity_is_never_denied(organization):
    member = organization.account()
    organization.policy(policy(deny("*")), to=organization.root)
    organization.management.iam.list_users()
    organization.management.s3.list_buckets()
    with refused("AccessDenied", 403):
        member.iam.list_users()
    assert member.sts.get_caller_identity()["Account"] == member.id


def test_a_resource_policy_does_not_get_past_a_service_control_policy(organization):
    owner, member = organization.account("owner"), organization.account("member")
    user = member.user("ann", policy(allow("s3:*")))
    bucket = bucket_of(owner)
    owner.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(statement(bucket, {"AWS": user.arn})))
    user.s3.get_object(Bucket=bucket, Key="k")
    organization.policy(policy(deny("s3:GetObject")), to=member.id)
    with refused("AccessDenied", 403, has="explicit deny in a service control policy"):
        user.s3.get_object(Bucket=bucket, Key="k")
    # It limits principals of its account, and nobody else who comes to the account's resources.
    own = bucket_of(member, None)
    member.s3.put_bucket_policy(Bucket=own, Policy=json.dumps(statement(own, {"AWS": f"arn:aws:iam::{owner.id}:root"})))
    owner.s3.get_object(Bucket=own, Key="k")


def test_disabled_policies_limit_nobody(organization):
    member = organization.account()
    organization.policy(DENY_LIST_USERS, to=organization.root)
    with refused("AccessDenied", 403):
        member.iam.list_users()
    kind = {"RootId": organization.root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    organization.api.disable_policy_type(**kind)
    member.iam.list_users()
    organization.api.enable_policy_type(**kind)
    member.iam.list_users()


def test_an_account_that_leaves_is_free(organization):
    member = organization.account()
    organization.policy(DENY_LIST_USERS, to=organization.root)
    with refused("AccessDenied", 403):
        member.iam.list_users()
    organization.api.remove_account_from_organization(AccountId=member.id)
    member.iam.list_users()


def test_resource_control_policies_guard_buckets_of_members(organization):
    api = organization.api
    api.enable_policy_type(RootId=organization.root, PolicyType="RESOURCE_CONTROL_POLICY")
    owner, friend, stranger = (organization.account(name) for name in ("owner", "friend", "stranger"))
    api.remove_account_from_organization(AccountId=stranger.id)
    bucket = bucket_of(owner)
    both = {"AWS": [f"arn:aws:iam::{it.id}:root" for it in (friend, stranger)]}
    owner.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(statement(bucket, both)))
    for reader in (owner, friend, stranger):
        reader.s3.get_object(Bucket=bucket, Key="k")
    perimeter = policy(deny(
        "s3:*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization.id}}
    ))
    made = organization.policy(perimeter, "RESOURCE_CONTROL_POLICY", to=organization.root)
    for reader in (owner, friend):
        reader.s3.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403, "Access Denied"):
        stranger.s3.get_object(Bucket=bucket, Key="k")
    # Those of the organization are told which policy it was.
    api.update_policy(PolicyId=made["Id"], Content=policy(deny("s3:GetObject", Principal="*")))
    for reader in (owner, friend):
        with refused("AccessDenied", 403, has=f"in a resource control policy, with policy ARN: {made['Arn']}"):
            reader.s3.get_object(Bucket=bucket, Key="k")
    # The management account's own resources are not under it, and neither is IAM.
    mine = bucket_of(organization.management)
    organization.management.s3.get_object(Bucket=mine, Key="k")
    api.update_policy(PolicyId=made["Id"], Content=policy(deny("iam:*", Principal="*")))
    owner.iam.list_users()


def test_resource_control_policies_guard_roles_of_members(organization, own_server):
    organization.api.enable_policy_type(RootId=organization.root, PolicyType="RESOURCE_CONTROL_POLICY")
    member = organization.account()
    role = member.role("app", trust(management_root()))
    by_arn(own_server, organization.management, role)
    made = organization.policy(
        policy(deny("sts:AssumeRole", role, Principal="*")), "RESOURCE_CONTROL_POLICY", to=member.id
    )
    with refused("AccessDenied", 403, f"User: {organization.management.sts.get_caller_identity()['Arn']} is not "
                 f"authorized to perform: sts:AssumeRole on resource: {role}"):
        organization.management.sts.assume_role(RoleArn=role, RoleSessionName="session")
    by_arn(own_server, organization.management, member.role_arn)
    organization.api.detach_policy(PolicyId=made["Id"], TargetId=member.id)
    by_arn(own_server, organization.management, role)


def test_condition_keys_tell_of_the_organization(organization):
    unit = organization.unit("u")
    owner, friend = organization.account("owner"), organization.account("friend")
    organization.move(friend.id, unit)
    bucket = bucket_of(owner)
    everybody = {"AWS": "*"}
    owner.s3.delete_public_access_block(Bucket=bucket)

    def open_to(condition: dict) -> None:
        document = statement(bucket, everybody, Condition=condition)
        owner.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))

    def may(caller) -> bool:
        try:
            caller.s3.get_object(Bucket=bucket, Key="k")
        except caller.s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            return False
        return True

    path = f"{organization.id}/{organization.root}/{unit}/"
    for condition, expected in (
        ({"StringEquals": {"aws:PrincipalOrgID": organization.id}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-other12345"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": path}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{organization.id}/*/{unit}/*"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": f"{organization.id}/{organization.root}/"}}, False),
        ({"StringEquals": {"aws:ResourceOrgID": organization.id}}, True),
        ({"ForAnyValue:StringEquals": {"aws:ResourceOrgPaths": f"{organization.id}/{organization.root}/"}}, True),
        ({"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}, True),
    ):
        open_to(condition)
        assert may(friend) is expected, condition
    open_to({"StringEquals": {"aws:PrincipalOrgID": organization.id}})
    organization.api.remove_account_from_organization(AccountId=friend.id)
    assert may(friend) is False
    open_to({"Null": {"aws:PrincipalOrgID": "true", "aws:PrincipalOrgPaths": "true"}})
    assert may(friend) is True


def test_the_simulator_takes_them_along(organization):
    member = organization.account()
    user = member.user("ann", policy(allow("*")))
    made = organization.policy(DENY_LIST_USERS, to=member.id)

    def simulate() -> dict:
        answer = member.iam.simulate_principal_policy(
            PolicySourceArn=user.arn, ActionNames=["iam:ListUsers", "iam:ListRoles"]
        )
        return {
            it["EvalActionName"]: (it["EvalDecision"], it.get("OrganizationsDecisionDetail"))
            for it in answer["EvaluationResults"]
        }

    assert simulate() == {
        "iam:ListUsers": ("explicitDeny", {"AllowedByOrganizations": False}),
        "iam:ListRoles": ("allowed", {"AllowedByOrganizations": True}),
    }
    organization.api.detach_policy(PolicyId=made["Id"], TargetId=member.id)
    assert simulate()["iam:ListUsers"] == ("allowed", {"AllowedByOrganizations": True})
    main = organization.management.iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/Administrator", ActionNames=["iam:ListUsers"]
    )["EvaluationResults"][0]
    assert main["EvalDecision"] == "allowed" and "OrganizationsDecisionDetail" not in main


def test_a_guardrail_protects_the_access_role(organization):
    member = organization.account()
    role = f"arn:aws:iam::*:role/{ACCESS_ROLE}"
    insider = member.user("ann", policy(allow("*")))
    organization.policy(policy(deny(
        "iam:*", role, Condition={"ArnNotLike": {"aws:PrincipalArn": role}}
    )), to=organization.root)
    with refused("AccessDenied", 403, has="explicit deny in a service control policy"):
        insider.iam.detach_role_policy(
            RoleName=ACCESS_ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )
    member.iam.get_role(RoleName=ACCESS_ROLE)
