"""S3 Control: Block Public Access of an account, tags of buckets, and what they decide."""

import contextlib
from urllib.parse import urlsplit

import pytest

from support import raw
from support.aws_cli import Cli
from support.clients import As, client, refused
from support.policies import allow, policy
from support.server import ACCOUNT
from support.wire import Wire

PATH = "/v20180820/configuration/publicAccessBlock"
ALL = {
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
}


def control(server, principal: As):
    """A client of S3 Control. It puts the account before the endpoint's name; that name is the server's here, as DNS
    would have it."""
    made = client(server, "s3control", principal.credentials)

    def to_the_server(request, **_):
        host = urlsplit(request.url).netloc
        assert host.startswith(f"{ACCOUNT}.")
        request.url = request.url.replace(host, urlsplit(server.url).netloc, 1)

    made.meta.events.register("before-sign.s3-control.*", to_the_server)
    return made


@contextlib.contextmanager
def blocked(server, admin, settings: dict):
    """The account's settings for a while; other tests share the server."""
    s3control = control(server, admin)
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=settings)
    try:
        yield s3control
    finally:
        s3control.delete_public_access_block(AccountId=ACCOUNT)


@pytest.fixture
def place(own_server):
    admin = As(own_server, own_server.administrator)
    admin.s3.create_bucket(Bucket="place", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    admin.s3.put_object(Bucket="place", Key="k", Body=b"content")
    return own_server, admin, "place"


def public(bucket: str) -> str:
    return policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))


def test_the_settings_of_an_account(place, tmp_path):
    server, admin, bucket = place
    s3control = control(server, admin)
    with refused("NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found"):
        s3control.get_public_access_block(AccountId=ACCOUNT)
    with blocked(server, admin, ALL):
        stored = s3control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
        assert stored == ALL
        # They outlive the bucket's own.
        admin.s3.delete_public_access_block(Bucket=bucket)
        with refused("AccessDenied", 403, has="BlockPublicPolicy setting in S3 Block Public Access"):
            admin.s3.put_bucket_policy(Bucket=bucket, Policy=public(bucket))
    admin.s3.put_bucket_policy(Bucket=bucket, Policy=public(bucket))
    anonymous = As(server, None)
    anonymous.s3.get_object(Bucket=bucket, Key="k")
    with blocked(server, admin, {"RestrictPublicBuckets": True}):
        with refused("AccessDenied", 403):
            anonymous.s3.get_object(Bucket=bucket, Key="k")
        # The policy stays what it is.
        assert admin.s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
        admin.s3.get_object(Bucket=bucket, Key="k")
    anonymous.s3.get_object(Bucket=bucket, Key="k")


def test_they_outlive_the_server(own_server):
    admin = As(own_server, own_server.administrator)
    control(own_server, admin).put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL)
    own_server.kill()
    own_server.restart()
    admin = As(own_server, own_server.administrator)
    stored = control(own_server, admin).get_public_access_block(AccountId=ACCOUNT)
    assert stored["PublicAccessBlockConfiguration"] == ALL


@pytest.mark.parametrize("whose", ["the account's", "the bucket's"])
def test_a_public_policy_that_drips_meets_a_block_that_is_set_meanwhile(place, whose):
    server, admin, bucket = place
    admin.s3.delete_public_access_block(Bucket=bucket)
    body = public(bucket).encode()
    with Wire(server) as wire:
        told = {"Expect": "100-continue", "Content-Length": str(len(body))}
        wire.send(wire.head(admin.credentials, "PUT", f"/{bucket}?policy", body, unsigned=told))
        # Its bucket has been looked up.
        assert wire.answer().status == 100
        wire.send(body[:-1])
        prevents = {"BlockPublicPolicy": True}
        with contextlib.ExitStack() as settings:
            if whose == "the account's":
                settings.enter_context(blocked(server, admin, prevents))
            else:
                admin.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=prevents)
            wire.send(body[-1:])
            answer = wire.answer()
    answer.is_error(403, "AccessDenied")
    assert "BlockPublicPolicy setting in S3 Block Public Access" in answer.text
    with refused("NoSuchBucketPolicy", 404):
        admin.s3.get_bucket_policy(Bucket=bucket)


def test_the_real_command(place, tmp_path):
    server, admin, _ = place
    # As a proxy the server gets what the client sends to the account's own name, which nobody has to resolve.
    aws = Cli.of(server, tmp_path, http_proxy=server.url, NO_PROXY="")
    aws(
        "s3control", "put-public-access-block", "--account-id", ACCOUNT,
        "--public-access-block-configuration", "BlockPublicAcls=true,RestrictPublicBuckets=true",
    )
    stored = aws.json("s3control", "get-public-access-block", "--account-id", ACCOUNT, "--output", "json")
    assert stored["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"] is True
    assert stored["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
    aws("s3control", "delete-public-access-block", "--account-id", ACCOUNT)
    assert "NoSuchPublicAccessBlockConfiguration" in aws.fails(
        "s3control", "get-public-access-block", "--account-id", ACCOUNT
    )


def test_only_the_account_itself_changes_them(server, account, admin):
    user = account.user(policy(allow("s3:PutAccountPublicAccessBlock", "*")))
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: s3:GetAccountPublicAccessBlock because no identity-based policy "
        "allows the s3:GetAccountPublicAccessBlock action",
    ):
        control(server, user).get_public_access_block(AccountId=ACCOUNT)
    answer = raw.s3(server, "GET", PATH, admin.credentials, headers={"x-amz-account-id": "210987654321"})
    answer.is_error(403, "AccessDenied")
    # Unsigned, the account is nobody's word.
    answer = raw.send(server, "PUT", PATH, {"x-amz-account-id": ACCOUNT}, b"<x/>")
    answer.is_error(403, "AccessDenied")


def test_tags_of_a_bucket(server, account, admin, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    s3control = control(server, admin)
    s3control.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=[{"Key": "team", "Value": "blue"}])
    s3control.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    assert s3control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=arn)["Tags"] == [
        {"Key": "stage", "Value": "test"}, {"Key": "team", "Value": "blue"},
    ]
    assert len(admin.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 2
    s3control.untag_resource(AccountId=ACCOUNT, ResourceArn=arn, TagKeys=["stage", "none"])
    assert admin.s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "blue"}]
    # What may be tagged is said in conditions.
    condition = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    red = control(server, account.user(policy(allow("s3:TagResource", arn, Condition=condition))))
    red.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=[{"Key": "team", "Value": "red"}])
    for tags in ([{"Key": "team", "Value": "blue"}], [{"Key": "team", "Value": "red"}, {"Key": "x", "Value": "y"}]):
        with refused("AccessDenied", 403, has="s3:TagResource"):
            red.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=tags)


def test_tags_open_buckets_where_that_is_switched_on(account, admin, bucket, name):
    condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    user = account.user(policy(allow("s3:*", Condition=condition)), Tags=[{"Key": "team", "Value": "blue"}])
    admin.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    admin.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    assert admin.s3.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Disabled"}
    with refused("AccessDenied", 403):
        user.s3.get_object(Bucket=bucket, Key="k")
    admin.s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    user.s3.get_object(Bucket=bucket, Key="k")
    user.s3.list_objects_v2(Bucket=bucket)
    with refused("InvalidRequest", 400):
        admin.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    tagged = f"{name}-new"
    place = {"LocationConstraint": "us-east-2", "Tags": [{"Key": "team", "Value": "red"}]}
    admin.s3.create_bucket(Bucket=tagged, CreateBucketConfiguration=place)
    admin.s3.put_bucket_abac(Bucket=tagged, AbacStatus={"Status": "Enabled"})
    with refused("AccessDenied", 403):
        user.s3.list_objects_v2(Bucket=tagged)
