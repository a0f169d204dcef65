"""Tags of users, policies and OIDC providers: set, changed, shown, taken away; and what they decide."""

import pytest

from support.clients import refused
from support.policies import allow, policy


def pairs(tags: list[dict]) -> dict:
    return {tag["Key"]: tag["Value"] for tag in tags}


@pytest.fixture(params=["user", "policy", "oidc"])
def tagged(request, admin, name):
    """How each kind of entity is tagged: tag, untag, list, and its ARN."""
    iam = admin.iam
    match request.param:
        case "user":
            arn = iam.create_user(UserName=name)["User"]["Arn"]
            who, suffix = {"UserName": name}, "user"
        case "policy":
            arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:GetObject")))["Policy"]["Arn"]
            who, suffix = {"PolicyArn": arn}, "policy"
        case _:
            made = iam.create_open_id_connect_provider(Url=f"https://{name}.example.com")
            arn = made["OpenIDConnectProviderArn"]
            who, suffix = {"OpenIDConnectProviderArn": arn}, "open_id_connect_provider"

    def call(iam, what: str, **options):
        return getattr(iam, what.format(suffix))(**who, **options)

    return call, arn


def test_tags_are_set_changed_and_taken_away(admin, tagged):
    call, _ = tagged
    call(admin.iam, "tag_{}", Tags=[{"Key": "Team", "Value": "a"}, {"Key": "Stage", "Value": "dev"}])
    call(admin.iam, "tag_{}", Tags=[{"Key": "Team", "Value": "b"}])
    assert pairs(call(admin.iam, "list_{}_tags")["Tags"]) == {"Team": "b", "Stage": "dev"}
    call(admin.iam, "untag_{}", TagKeys=["Stage", "absent"])
    assert pairs(call(admin.iam, "list_{}_tags")["Tags"]) == {"Team": "b"}
    with refused("InvalidInput", 400, has="Duplicate tag keys found"):
        call(admin.iam, "tag_{}", Tags=[{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}])
    with refused("InvalidInput", 400):
        call(admin.iam, "tag_{}", Tags=[{"Key": "aws:x", "Value": "1"}])
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    with refused("LimitExceeded", 409):
        call(admin.iam, "tag_{}", Tags=many)
    assert pairs(call(admin.iam, "list_{}_tags")["Tags"]) == {"Team": "b"}


def test_who_may_tag_is_decided_by_the_tags(admin, account, tagged):
    call, arn = tagged
    call(admin.iam, "tag_{}", Tags=[{"Key": "Owner", "Value": "ann"}])
    own = {"StringEquals": {"iam:ResourceTag/Owner": "ann"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["Stage"]}}
    user = account.user(policy(allow(["iam:Tag*", "iam:Untag*"], arn, Condition=own)))
    call(user.iam, "tag_{}", Tags=[{"Key": "Stage", "Value": "dev"}])
    call(user.iam, "untag_{}", TagKeys=["Stage"])
    for what, options in (
        ("tag_{}", {"Tags": [{"Key": "Owner", "Value": "eve"}]}), ("untag_{}", {"TagKeys": ["Owner"]}),
        ("list_{}_tags", {}),
    ):
        with refused("AccessDenied", 403):
            call(user.iam, what, **options)
    call(admin.iam, "tag_{}", Tags=[{"Key": "Owner", "Value": "bob"}])
    with refused("AccessDenied", 403):
        call(user.iam, "tag_{}", Tags=[{"Key": "Stage", "Value": "dev"}])
