"""Who may do what with buckets and objects, and what a refusal tells."""

import json

import pytest

from support import raw
from support.clients import As, refused
from support.policies import allow, deny, policy
from support.principals import role_arn
from support.server import ACCOUNT, Credentials


@pytest.fixture
def full(admin, bucket):
    """A bucket with an object."""
    admin.s3.put_object(Bucket=bucket, Key="dir/k", Body=b"content")
    return bucket


def arn(bucket: str, key: str | None = None) -> str:
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key is not None else "")


def implicit(caller, action: str, resource: str) -> str:
    """The text of a refusal that no identity policy speaks against."""
    return (
        f'User: {caller.arn} is not authorized to perform: {action} on resource: "{resource}" '
        f"because no identity-based policy allows the {action} action"
    )


def explicit(caller, action: str, resource: str, where: str) -> str:
    """The text of an explicit deny."""
    return (
        f'User: {caller.arn} is not authorized to perform: {action} on resource: "{resource}" '
        f"with an explicit deny in {where}"
    )


class TestIdentityPolicies:
    def test_each_operation_needs_its_action(self, account, full):
        user = account.user()
        s3 = user.s3
        for action, resource, attempt in (
            ("s3:ListBucket", arn(full), lambda: s3.list_objects_v2(Bucket=full)),
            ("s3:ListBucket", arn(full), lambda: s3.list_objects(Bucket=full)),
            ("s3:GetObject", arn(full, "dir/k"), lambda: s3.get_object(Bucket=full, Key="dir/k")),
            ("s3:PutObject", arn(full, "new ü"), lambda: s3.put_object(Bucket=full, Key="new ü", Body=b"x")),
            ("s3:PutObject", arn(full, "new"), lambda: s3.create_multipart_upload(Bucket=full, Key="new")),
            ("s3:DeleteObject", arn(full, "dir/k"), lambda: s3.delete_object(Bucket=full, Key="dir/k")),
            ("s3:DeleteBucket", arn(full), lambda: s3.delete_bucket(Bucket=full)),
            ("s3:GetBucketPolicy", arn(full), lambda: s3.get_bucket_policy(Bucket=full)),
            ("s3:PutBucketPolicy", arn(full), lambda: s3.put_bucket_policy(Bucket=full, Policy="{}")),
            ("s3:DeleteBucketPolicy", arn(full), lambda: s3.delete_bucket_policy(Bucket=full)),
            ("s3:GetBucketLocation", arn(full), lambda: s3.get_bucket_location(Bucket=full)),
            ("s3:ListBucketMultipartUploads", arn(full), lambda: s3.list_multipart_uploads(Bucket=full)),
        ):
            with refused("AccessDenied", 403, implicit(user, action, resource)):
                attempt()
        with refused(
            "AccessDenied", 403,
            f"User: {user.arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy "
            "allows the s3:ListAllMyBuckets action",
        ):
            s3.list_buckets()
        with refused("403", 403):
            s3.head_bucket(Bucket=full)
        with refused("403", 403):
            s3.head_object(Bucket=full, Key="dir/k")

    def test_a_policy_on_one_prefix_is_for_that_prefix(self, account, admin, full):
        user = account.user(policy(allow(["s3:GetObject", "s3:PutObject"], arn(full, "mine/*"))))
        user.s3.put_object(Bucket=full, Key="mine/x", Body=b"x")
        user.s3.get_object(Bucket=full, Key="mine/x")
        for key in ("dir/k", "mine", "mine2/x", "../mine/x", "mineX"):
            with refused("AccessDenied", 403):
                user.s3.put_object(Bucket=full, Key=key, Body=b"x")
        keys = [it["Key"] for it in admin.s3.list_objects_v2(Bucket=full)["Contents"]]
        assert keys == ["dir/k", "mine/x"]

    def test_keys_are_matched_as_they_are(self, account, full):
        user = account.user(policy(allow("s3:*", arn(full, "a/*")), deny("s3:*", arn(full, "a/../secret"))))
        with refused("AccessDenied", 403, explicit(user, "s3:PutObject", arn(full, "a/../secret"), "an identity-based policy")):
            user.s3.put_object(Bucket=full, Key="a/../secret", Body=b"x")
        # Dots are not resolved: this is below a/.
        user.s3.put_object(Bucket=full, Key="a/../b", Body=b"x")

    def test_listing_may_be_limited_to_a_prefix(self, account, full):
        condition = {"StringLike": {"s3:prefix": ["dir/*"]}}
        user = account.user(policy(allow("s3:ListBucket", arn(full), Condition=condition)))
        assert user.s3.list_objects_v2(Bucket=full, Prefix="dir/k")["KeyCount"] == 1
        for options in ({}, {"Prefix": ""}, {"Prefix": "di"}, {"Prefix": "other/"}):
            with refused("AccessDenied", 403):
                user.s3.list_objects_v2(Bucket=full, **options)

    def test_a_missing_key_is_404_only_to_who_may_list(self, account, full):
        lister = account.user(policy(allow("s3:GetObject", arn(full, "*")), allow("s3:ListBucket", arn(full))))
        with refused("NoSuchKey", 404, "The specified key does not exist."):
            lister.s3.get_object(Bucket=full, Key="none")
        reader = account.user(policy(allow("s3:GetObject", arn(full, "*"))))
        with refused("AccessDenied", 403, implicit(reader, "s3:ListBucket", arn(full))):
            reader.s3.get_object(Bucket=full, Key="none")
        with refused("403", 403):
            reader.s3.head_object(Bucket=full, Key="none")
        with refused("404", 404):
            lister.s3.head_object(Bucket=full, Key="none")

    def test_a_bucket_that_is_not_there_is_404_to_everybody_who_signs(self, account, name):
        user = account.user()
        with refused("NoSuchBucket", 404):
            user.s3.get_object(Bucket=name, Key="k")

    def test_a_copy_reads_and_writes(self, account, admin, full, name):
        target = f"{name}-t"
        admin.s3.create_bucket(Bucket=target, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        source = {"Bucket": full, "Key": "dir/k"}
        writer = account.user(policy(allow("s3:PutObject", arn(target, "*"))))
        with refused("AccessDenied", 403, implicit(writer, "s3:GetObject", arn(full, "dir/k"))):
            writer.s3.copy_object(Bucket=target, Key="c", CopySource=source)
        upload = writer.s3.create_multipart_upload(Bucket=target, Key="c")["UploadId"]
        with refused("AccessDenied", 403, implicit(writer, "s3:GetObject", arn(full, "dir/k"))):
            writer.s3.upload_part_copy(Bucket=target, Key="c", UploadId=upload, PartNumber=1, CopySource=source)
        reader = account.user(policy(allow("s3:GetObject", arn(full, "*"))))
        with refused("AccessDenied", 403, implicit(reader, "s3:PutObject", arn(target, "c"))):
            reader.s3.copy_object(Bucket=target, Key="c", CopySource=source)
        assert "Contents" not in admin.s3.list_objects_v2(Bucket=target)
        both = account.user(policy(allow("s3:GetObject", arn(full, "*")), allow("s3:PutObject", arn(target, "*"))))
        both.s3.copy_object(Bucket=target, Key="c", CopySource=source)

    def test_deleting_many_decides_for_each_key(self, account, admin, full):
        for key in ("a", "b", "c"):
            admin.s3.put_object(Bucket=full, Key=key, Body=b"x")
        user = account.user(policy(allow("s3:DeleteObject", arn(full, "*")), deny("s3:DeleteObject", arn(full, "b"))))
        answer = user.s3.delete_objects(Bucket=full, Delete={"Objects": [{"Key": it} for it in "abc"]})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert sorted(it["Key"] for it in answer["Deleted"]) == ["a", "c"]
        assert answer["Errors"] == [{
            "Key": "b", "Code": "AccessDenied",
            "Message": explicit(user, "s3:DeleteObject", arn(full, "b"), "an identity-based policy"),
        }]
        assert [it["Key"] for it in admin.s3.list_objects_v2(Bucket=full)["Contents"]] == ["b", "dir/k"]

    def test_a_boundary_and_a_session_policy_hold_here_too(self, account, admin, full):
        boundary = admin.iam.create_policy(
            PolicyName=account.name("b"), PolicyDocument=policy(allow("s3:GetObject"))
        )["Policy"]["Arn"]
        user = account.user(policy(allow("s3:*")), PermissionsBoundary=boundary)
        user.s3.get_object(Bucket=full, Key="dir/k")
        with refused(
            "AccessDenied", 403,
            f'User: {user.arn} is not authorized to perform: s3:PutObject on resource: "{arn(full, "x")}" '
            "because no permissions boundary allows the s3:PutObject action",
        ):
            user.s3.put_object(Bucket=full, Key="x", Body=b"x")
        session = account.session(account.role(policy(allow("s3:*"))), Policy=policy(allow("s3:GetObject")))
        session.s3.get_object(Bucket=full, Key="dir/k")
        with refused(
            "AccessDenied", 403,
            f'User: {session.arn} is not authorized to perform: s3:PutObject on resource: "{arn(full, "x")}" '
            "because no session policy allows the s3:PutObject action",
        ):
            session.s3.put_object(Bucket=full, Key="x", Body=b"x")

    def test_a_permission_that_ends_between_parts_ends_the_upload(self, account, admin, full):
        user = account.user(policy(allow("s3:PutObject", arn(full, "*"))))
        upload = user.s3.create_multipart_upload(Bucket=full, Key="big")["UploadId"]
        part = user.s3.upload_part(Bucket=full, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
        admin.iam.delete_user_policy(UserName=user.name, PolicyName="p")
        with refused("AccessDenied", 403):
            user.s3.complete_multipart_upload(
                Bucket=full, Key="big", UploadId=upload,
                MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
            )
        with refused("NoSuchKey", 404):
            admin.s3.get_object(Bucket=full, Key="big")

    def test_conditions_see_the_connection_and_not_its_headers(self, server, account, full):
        user = account.user(policy(allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})))
        user.s3.get_object(Bucket=full, Key="dir/k")
        elsewhere = account.user(policy(allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})))
        for headers in ({}, {"X-Forwarded-For": "203.0.113.9"}, {"X-Real-Ip": "203.0.113.9"},
                        {"Forwarded": "for=203.0.113.9"}, {"aws:SourceIp": "203.0.113.9"}):
            headers = {name: value for name, value in headers.items() if ":" not in name}
            answer = raw.s3(server, "GET", f"/{full}/dir/k", elsewhere.credentials, headers=headers)
            assert answer.status == 403, headers
        plain = account.user(policy(allow("s3:*"), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})))
        with refused("AccessDenied", 403):
            plain.s3.get_object(Bucket=full, Key="dir/k")


class TestBucketPolicies:
    def grant(self, admin, bucket, principal, action="s3:GetObject", resource=None, **more):
        statement = allow(action, resource or arn(bucket, "*"), Principal={"AWS": principal}, **more)
        admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement))

    def test_their_life(self, admin, bucket, account):
        with refused("NoSuchBucketPolicy", 404, "The bucket policy does not exist"):
            admin.s3.get_bucket_policy(Bucket=bucket)
        user = account.user()
        document = policy(allow("s3:GetObject", arn(bucket, "*"), Principal={"AWS": user.arn}))
        answer = admin.s3.put_bucket_policy(Bucket=bucket, Policy=document)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert json.loads(admin.s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(document)
        admin.s3.delete_bucket_policy(Bucket=bucket)
        with refused("NoSuchBucketPolicy", 404):
            admin.s3.get_bucket_policy(Bucket=bucket)

    def test_another_user_may_be_granted(self, account, admin, full):
        user, other = account.user(), account.user()
        self.grant(admin, full, user.arn)
        assert user.s3.get_object(Bucket=full, Key="dir/k")["Body"].read() == b"content"
        with refused("AccessDenied", 403, implicit(user, "s3:PutObject", arn(full, "x"))):
            user.s3.put_object(Bucket=full, Key="x", Body=b"x")
        with refused("AccessDenied", 403, implicit(other, "s3:GetObject", arn(full, "dir/k"))):
            other.s3.get_object(Bucket=full, Key="dir/k")

    def test_a_role_may_be_granted(self, account, admin, full):
        role = account.role()
        self.grant(admin, full, role_arn(role))
        account.session(role).s3.get_object(Bucket=full, Key="dir/k")
        # But not beyond a session policy.
        narrowed = account.session(role, Policy=policy(allow("s3:PutObject")))
        with refused("AccessDenied", 403):
            narrowed.s3.get_object(Bucket=full, Key="dir/k")

    def test_one_session_may_be_granted(self, account, admin, full):
        role = account.role()
        self.grant(admin, full, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/one")
        account.session(role, "one").s3.get_object(Bucket=full, Key="dir/k")
        with refused("AccessDenied", 403):
            account.session(role, "two").s3.get_object(Bucket=full, Key="dir/k")

    def test_the_account_as_principal_only_delegates(self, account, admin, full):
        self.grant(admin, full, f"arn:aws:iam::{ACCOUNT}:root")
        with refused("AccessDenied", 403):
            account.user().s3.get_object(Bucket=full, Key="dir/k")
        account.user(policy(allow("s3:GetObject"))).s3.get_object(Bucket=full, Key="dir/k")

    def test_a_deny_wins_and_is_named(self, account, admin, full):
        user = account.user(policy(allow("s3:*")))
        document = policy(deny("s3:GetObject", arn(full, "dir/*"), Principal={"AWS": user.arn}))
        admin.s3.put_bucket_policy(Bucket=full, Policy=document)
        with refused(
            "AccessDenied", 403, explicit(user, "s3:GetObject", arn(full, "dir/k"), "a resource-based policy")
        ):
            user.s3.get_object(Bucket=full, Key="dir/k")
        user.s3.put_object(Bucket=full, Key="dir/k", Body=b"x")

    def test_a_public_policy_is_blocked(self, server, admin, full):
        public = policy(allow("s3:GetObject", arn(full, "*"), Principal="*"))
        with refused(
            "AccessDenied", 403,
            has="because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access",
        ):
            admin.s3.put_bucket_policy(Bucket=full, Policy=public)
        with refused("AccessDenied", 403, "Access Denied"):
            As(server, None).s3.get_object(Bucket=full, Key="dir/k")

    def test_everybody_at_fixed_addresses_is_not_public(self, account, admin, full):
        condition = {"IpAddress": {"aws:SourceIp": "127.0.0.0/24"}}
        document = policy(allow("s3:GetObject", arn(full, "*"), Principal="*", Condition=condition))
        admin.s3.put_bucket_policy(Bucket=full, Policy=document)
        account.user().s3.get_object(Bucket=full, Key="dir/k")

    def test_a_deleted_user_leaves_nothing_to_a_successor(self, account, admin, full):
        user = account.user()
        self.grant(admin, full, user.arn)
        admin.iam.delete_access_key(UserName=user.name, AccessKeyId=user.credentials.access_key)
        unique = admin.iam.get_user(UserName=user.name)["User"]["UserId"]
        admin.iam.delete_user(UserName=user.name)
        admin.iam.create_user(UserName=user.name)
        key = admin.iam.create_access_key(UserName=user.name)["AccessKey"]
        with refused("AccessDenied", 403):
            As(account.server, Credentials.of(key)).s3.get_object(Bucket=full, Key="dir/k")
        shown = json.loads(admin.s3.get_bucket_policy(Bucket=full)["Policy"])
        assert shown["Statement"][0]["Principal"] == {"AWS": unique}

    @pytest.mark.parametrize("change", [
        lambda it: "{",
        lambda it: "x",
        lambda it: json.dumps({**it, "Statement": []}),
        lambda it: json.dumps({**it, "Version": "2020-01-01"}),
        lambda it: json.dumps({**it, "Statement": [{**it["Statement"][0], "Resource": "arn:aws:s3:::another/*"}]}),
        lambda it: json.dumps({**it, "Statement": [{**it["Statement"][0], "Action": "s3:NoSuchAction"}]}),
        lambda it: json.dumps({**it, "Statement": [{**it["Statement"][0], "Action": "s3:ListBucket"}]}),
        lambda it: json.dumps({**it, "Statement": [{**it["Statement"][0], "Principal": {"AWS": role_arn("nobody")}}]}),
        lambda it: json.dumps({**it, "Statement": [
            {key: value for key, value in it["Statement"][0].items() if key != "Principal"}]}),
        lambda it: json.dumps({**it, "Statement": [
            {**it["Statement"][0], "Condition": {"IpAddress": {"aws:SourceIp": "300.1.1.1"}}}]}),
    ])
    def test_a_malformed_one_is_refused(self, admin, bucket, account, change):
        right = json.loads(policy(allow("s3:GetObject", arn(bucket, "*"), Principal={"AWS": account.user().arn})))
        with refused("MalformedPolicy", 400):
            admin.s3.put_bucket_policy(Bucket=bucket, Policy=change(right))
        with refused("NoSuchBucketPolicy", 404):
            admin.s3.get_bucket_policy(Bucket=bucket)


class TestAnonymous:
    def test_nothing_is_open(self, server, full):
        s3 = As(server, None).s3
        for attempt in (
            lambda: s3.list_buckets(),
            lambda: s3.list_objects_v2(Bucket=full),
            lambda: s3.get_object(Bucket=full, Key="dir/k"),
            lambda: s3.get_object(Bucket=full, Key="none"),
            lambda: s3.put_object(Bucket=full, Key="x", Body=b"x"),
            lambda: s3.delete_object(Bucket=full, Key="dir/k"),
            lambda: s3.get_bucket_policy(Bucket=full),
        ):
            with refused("AccessDenied", 403, "Access Denied"):
                attempt()
        with refused("403", 403):
            s3.head_bucket(Bucket=full)

    def test_deleting_many_is_refused_for_each(self, server, admin, full):
        try:
            answer = As(server, None).s3.delete_objects(Bucket=full, Delete={"Objects": [{"Key": "dir/k"}]})
            assert [it["Code"] for it in answer["Errors"]] == ["AccessDenied"]
        except admin.s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
        admin.s3.head_object(Bucket=full, Key="dir/k")

    def test_acls_open_nothing(self, server, admin, full):
        with refused("AccessControlListNotSupported", 400, "The bucket does not allow ACLs"):
            admin.s3.put_object(Bucket=full, Key="public", Body=b"x", ACL="public-read")
        with refused("AccessDenied", 403):
            As(server, None).s3.get_object(Bucket=full, Key="public")


def test_a_revoked_session_is_refused_in_s3(account, full):
    session = account.session(account.role(policy(allow("s3:*"))))
    session.s3.get_object(Bucket=full, Key="dir/k")
    account.admin.iam.put_role_policy(
        RoleName=session.role, PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=policy(deny(["*"], ["*"], Condition={"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00.000Z"}})),
    )
    with refused(
        "AccessDenied", 403, explicit(session, "s3:GetObject", arn(full, "dir/k"), "an identity-based policy")
    ):
        session.s3.get_object(Bucket=full, Key="dir/k")
