"""Service-linked roles: made for a service, changed by nobody, deleted by a task."""

import re

import pytest

from support.clients import As, refused
from support.policies import ROOT, allow, policy, trust
from support.principals import Account
from support.server import ACCOUNT
from support.trail import event

POLICY = "arn:aws:iam::aws:policy/aws-service-role/"


@pytest.fixture
def iam(own_server):
    return As(own_server, own_server.administrator).iam


def role_arn(service: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}"


def test_the_life_of_a_service_linked_role(iam, own_server):
    service, name = "elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"
    created = iam.create_service_linked_role(AWSServiceName=service, Description="for the balancers")["Role"]
    assert (created["RoleName"], created["Arn"]) == (name, role_arn(service, name))
    assert created["Path"] == f"/aws-service-role/{service}/"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", created["RoleId"])
    assert created["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    ]
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "for the balancers"
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [{
        "PolicyName": "AWSElasticLoadBalancingServiceRolePolicy",
        "PolicyArn": POLICY + "AWSElasticLoadBalancingServiceRolePolicy",
    }]
    assert [it["RoleName"] for it in iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]] == [name]
    with refused(
        "InvalidInput", 400,
        f"Service role name {name} has been taken in this account, please try a different suffix.",
    ):
        iam.create_service_linked_role(AWSServiceName=service)

    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert re.fullmatch(rf"task/aws-service-role/{re.escape(service)}/{name}/[0-9a-f-]{{36}}", task)
    with refused("NoSuchEntity", 404, f"The role with name {name} cannot be found."):
        iam.get_role(RoleName=name)
    with refused("NoSuchEntity", 404, f"The role with name {name} cannot be found."):
        iam.delete_service_linked_role(RoleName=name)
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    again = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    assert again["RoleId"] != created["RoleId"]
    own_server.kill()
    own_server.restart()
    iam = As(own_server, own_server.administrator).iam
    assert iam.get_role(RoleName=name)["Role"]["RoleId"] == again["RoleId"]
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED" and "Reason" not in status


def test_suffixes_are_for_services_that_take_them(iam):
    for service in ("ecs.amazonaws.com", "es.amazonaws.com"):
        with refused("InvalidInput", 400, f"Custom suffix is not allowed for {service}"):
            iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="debug")
    service = "autoscaling.amazonaws.com"
    names = [
        iam.create_service_linked_role(AWSServiceName=service, **suffix)["Role"]["RoleName"]
        for suffix in ({}, {"CustomSuffix": "one"}, {"CustomSuffix": "two"})
    ]
    assert names == [f"AWSServiceRoleForAutoScaling{end}" for end in ("", "_one", "_two")]
    with refused("InvalidInput", 400, has="AWSServiceRoleForAutoScaling_one has been taken"):
        iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="one")
    with refused("InvalidInput", 400, has="shorter suffix"):
        iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="x" * 40)
    for unknown in ("nothing.amazonaws.com", "AutoScaling.amazonaws.com", "example.com"):
        with refused("InvalidInput", 400, has=f"{unknown} is not the principal of a service"):
            iam.create_service_linked_role(AWSServiceName=unknown)


def test_ordinary_operations_leave_it_alone(iam):
    service, name = "autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"
    iam.create_service_linked_role(AWSServiceName=service)
    iam.create_instance_profile(InstanceProfileName="machine")
    before = iam.get_role(RoleName=name)["Role"]
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    anything = policy(allow("*"))
    for call in (
        lambda: iam.attach_role_policy(RoleName=name, PolicyArn=admin),
        lambda: iam.detach_role_policy(RoleName=name, PolicyArn=POLICY + "AutoScalingServiceRolePolicy"),
        lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=anything),
        lambda: iam.delete_role_policy(RoleName=name, PolicyName="p"),
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(ROOT)),
        lambda: iam.update_role(RoleName=name, Description="mine"),
        lambda: iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=admin),
        lambda: iam.delete_role_permissions_boundary(RoleName=name),
        lambda: iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName=name),
        lambda: iam.delete_role(RoleName=name),
    ):
        with refused(
            "UnmodifiableEntity", 400,
            f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
        ):
            call()
    assert iam.get_role(RoleName=name)["Role"] == before
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    assert len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) == 1

    iam.tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "a"}, {"Key": "x", "Value": "y"}])
    iam.untag_role(RoleName=name, TagKeys=["x"])
    iam.update_role_description(RoleName=name, Description="as it may be")
    after = iam.get_role(RoleName=name)["Role"]
    assert (after["Description"], after["Tags"]) == ("as it may be", [{"Key": "team", "Value": "a"}])


def test_nobody_makes_one_by_another_way(iam, own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    with refused("InvalidInput", 400, has="/aws-service-role/"):
        iam.create_role(
            RoleName="AWSServiceRoleForRDS", Path="/aws-service-role/rds.amazonaws.com/",
            AssumeRolePolicyDocument=trust(ROOT),
        )
    ordinary = account.role()
    with refused("PolicyNotAttachable", 400, "Cannot attach a Service Role Policy to a Customer Role."):
        iam.attach_role_policy(RoleName=ordinary, PolicyArn=POLICY + "AmazonRDSServiceRolePolicy")
    with refused("NoSuchEntity", 404, f"The role with name {ordinary} cannot be found."):
        iam.delete_service_linked_role(RoleName=ordinary)
    assert iam.get_role(RoleName=ordinary)["Role"]["RoleName"] == ordinary
    arn = iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")["Role"]["Arn"]
    with refused("AccessDenied", 403):
        As(own_server, own_server.administrator).sts.assume_role(RoleArn=arn, RoleSessionName="me")


def test_deletion_tasks_that_are_none(iam):
    for task, code, status in (
        ("task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/0e0ed58f-2d10-4a37-9a5f-7d7cbd0ff0d4",
         "NoSuchEntity", 404),
        ("task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/x", "InvalidInput", 400),
        ("nothing", "InvalidInput", 400),
        ("task/other/role/0e0ed58f-2d10-4a37-9a5f-7d7cbd0ff0d4", "InvalidInput", 400),
    ):
        with refused(code, status):
            iam.get_service_linked_role_deletion_status(DeletionTaskId=task)


def test_who_may_make_which(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    service, name = "rds.amazonaws.com", "AWSServiceRoleForRDS"
    condition = {"StringLike": {"iam:AWSServiceName": service}}
    arn = role_arn(service, name)
    user = account.user(policy(
        allow("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/*", Condition=condition)
    ))
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:CreateServiceLinkedRole on resource: "
        f"{role_arn('ecs.amazonaws.com', 'AWSServiceRoleForECS')} "
        "because no identity-based policy allows the iam:CreateServiceLinkedRole action",
    ):
        user.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    answer = user.iam.create_service_linked_role(AWSServiceName=service)
    assert answer["Role"]["Arn"] == arn
    told = event(own_server, "CreateServiceLinkedRole", answer)
    assert told["requestParameters"] == {"aWSServiceName": service}
    assert told["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": arn}]
    with refused("AccessDenied", 403, has="iam:DeleteServiceLinkedRole on resource: role AWSServiceRoleForRDS"):
        user.iam.delete_service_linked_role(RoleName=name)
    task = account.admin.iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    with refused("AccessDenied", 403, has=f"iam:GetServiceLinkedRoleDeletionStatus on resource: {arn}"):
        user.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)


def test_the_cli_makes_and_deletes_one(own_server, home):
    from support.aws_cli import Cli

    aws = Cli.of(own_server, home)
    made = aws.json("iam", "create-service-linked-role", "--aws-service-name", "connect.amazonaws.com",
                    "--custom-suffix", "7")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAmazonConnect_7"
    assert "(UnmodifiableEntity)" in aws.fails("iam", "delete-role", "--role-name", made["RoleName"])
    task = aws.json("iam", "delete-service-linked-role", "--role-name", made["RoleName"])["DeletionTaskId"]
    status = aws.json("iam", "get-service-linked-role-deletion-status", "--deletion-task-id", task)
    assert status == {"Status": "SUCCEEDED"}
