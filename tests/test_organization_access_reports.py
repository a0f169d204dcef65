"""Reports on the services that parts of an organization may access, and when they last did."""

import json

import pytest

from support.clients import As, refused
from support.server import Credentials

SERVICES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["iam:*", "sqs:*", "s3:GetObject"], "Resource": "*"}],
}


@pytest.fixture
def admin(own_server) -> As:
    return As(own_server, own_server.administrator)


def report(admin, path: str, **options) -> dict:
    """The details by service namespace, read over pages."""
    job = admin.iam.generate_organizations_access_report(EntityPath=path, **options)["JobId"]
    found, marker = {}, {}
    while True:
        page = admin.iam.get_organizations_access_report(JobId=job, MaxItems=2, **marker)
        assert page["JobStatus"] == "COMPLETED"
        found |= {it["ServiceNamespace"]: it for it in page["AccessDetails"]}
        if not page["IsTruncated"]:
            assert page["NumberOfServicesAccessible"] == len(found)
            return found
        marker = {"Marker": page["Marker"]}


def test_a_report_has_what_the_control_policies_leave(own_server, admin):
    organization = admin.organizations.create_organization(FeatureSet="ALL")["Organization"]
    root = admin.organizations.list_roots()["Roots"][0]["Id"]
    unit = admin.organizations.create_organizational_unit(ParentId=root, Name="apps")["OrganizationalUnit"]["Id"]
    made = admin.organizations.create_account(Email="app@example.com", AccountName="app")
    account = made["CreateAccountStatus"]["AccountId"]
    admin.organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    policy = admin.organizations.create_policy(
        Name="few", Description="few", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(SERVICES)
    )["Policy"]["PolicySummary"]["Id"]
    admin.organizations.attach_policy(PolicyId=policy, TargetId=unit)
    admin.organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)

    top = f"{organization['Id']}/{root}"
    path = f"{top}/{unit}/{account}"
    below = report(admin, path)
    assert sorted(below) == ["iam", "s3", "sqs"]
    assert all(it["TotalAuthenticatedEntities"] == 0 for it in below.values())
    # A principal of the account uses one of them.
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    answer = admin.sts.assume_role(RoleArn=role, RoleSessionName="there")
    As(own_server, Credentials.of(answer["Credentials"])).iam.list_roles()
    used = report(admin, path)
    assert used["iam"]["EntityPath"] == path and used["iam"]["TotalAuthenticatedEntities"] == 1
    assert "LastAuthenticatedTime" not in used["sqs"]
    assert sorted(report(admin, f"{top}/{unit}")) == ["iam", "s3", "sqs"]
    # Nothing limits the root's level; one policy alone leaves what it says.
    assert len(report(admin, top)) > 100
    assert sorted(report(admin, top, OrganizationsPolicyId=policy)) == ["iam", "s3", "sqs"]

    with refused("NoSuchEntity", 404):
        admin.iam.generate_organizations_access_report(EntityPath=f"{top}/ou-none-12345678")
    with refused("NoSuchEntity", 404):
        admin.iam.generate_organizations_access_report(EntityPath=top, OrganizationsPolicyId="p-absent12")


def test_without_an_organization_there_is_no_report(admin):
    with refused("OrganizationNotFoundException"):
        admin.iam.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-ab12")
