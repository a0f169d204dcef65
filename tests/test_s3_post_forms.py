"""Uploads by forms that browsers post, as boto3 makes them, and presigned URLs of Signature Version 2."""

import urllib3

from support import raw
from support.aws_cli import Cli
from support.clients import client, refused
from support.policies import allow, policy
from support.server import Credentials

CONTENT = b"what somebody has chosen\r\n--not a boundary"


def post(made: dict, name: str, content: bytes, ca: str | None = None, **fields):
    """Posts a form as a browser does: the fields in order, then the file."""
    parts = [*{**made["fields"], **fields}.items(), ("file", (name, content))]
    with urllib3.PoolManager(ca_certs=ca) as pool:
        return pool.request("POST", made["url"], fields=parts, redirect=False, timeout=30, retries=False)


class TestForms:
    def test_a_form_of_boto3(self, server, admin, bucket):
        signer = client(server, "s3", server.administrator)
        made = signer.generate_presigned_post(
            bucket, "inbox/${filename}", Fields={"Content-Type": "text/plain", "x-amz-meta-from": "a form"},
            Conditions=[
                {"Content-Type": "text/plain"}, ["starts-with", "$x-amz-meta-from", ""],
                ["content-length-range", 1, 1_000_000],
            ],
        )
        answer = post(made, "notes.txt", CONTENT)
        assert (answer.status, answer.data) == (204, b"")
        got = admin.s3.get_object(Bucket=bucket, Key="inbox/notes.txt")
        assert got["Body"].read() == CONTENT
        assert (got["ContentType"], got["Metadata"]) == ("text/plain", {"from": "a form"})
        assert answer.headers["ETag"] == got["ETag"]
        answer = post(made, "notes.txt", b"x" * 1_000_001)
        assert (answer.status, b"EntityTooLarge" in answer.data) == (400, True), answer.data
        answer = post(made, "notes.txt", b"x", key="elsewhere")
        told = b"Policy Condition failed: [&quot;starts-with&quot;, &quot;$key&quot;, &quot;inbox/&quot;]"
        assert (answer.status, told in answer.data) == (403, True), answer.data

    def test_a_large_file_over_https(self, https_server, authority):
        ca = str(authority.ca)
        signer = client(https_server, "s3", https_server.administrator, verify=ca)
        signer.create_bucket(Bucket="forms", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        data = bytes(range(256)) * 65_536
        made = signer.generate_presigned_post(
            "forms", "large", Fields={"success_action_status": "201"}, Conditions=[{"success_action_status": "201"}],
        )
        answer = post(made, "large", data, ca)
        assert answer.status == 201, answer.data
        assert f"<Location>{https_server.url}/forms/large</Location>".encode() in answer.data
        assert signer.get_object(Bucket="forms", Key="large")["Body"].read() == data

    def test_a_wrong_secret_writes_nothing(self, server, admin, bucket):
        keys = server.administrator
        forged = client(server, "s3", Credentials(keys.access_key, "x" * 40, keys.token))
        answer = post(forged.generate_presigned_post(bucket, "k"), "k", b"x")
        assert (answer.status, b"SignatureDoesNotMatch" in answer.data) == (403, True), answer.data
        assert "Contents" not in admin.s3.list_objects_v2(Bucket=bucket)

    def test_the_signers_permissions_decide(self, server, account, admin, bucket):
        user = account.user(policy(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/theirs/*")))
        theirs = client(server, "s3", user.credentials)
        assert post(theirs.generate_presigned_post(bucket, "theirs/k"), "k", b"x").status == 204
        answer = post(theirs.generate_presigned_post(bucket, "others/k"), "k", b"x")
        assert (answer.status, b"AccessDenied" in answer.data) == (403, True), answer.data
        with refused("NoSuchKey", 404):
            admin.s3.get_object(Bucket=bucket, Key="others/k")


class TestVersion2:
    def test_the_clis_presigned_urls_are_taken_where_they_are_switched_on(self, server, start_server, tmp_path, name):
        lax = start_server("--allow-sigv2-query")
        for it, status in ((server, 400), (lax, 200)):
            cli = Cli.of(it, tmp_path)
            (tmp_path / "f").write_bytes(CONTENT)
            cli("s3", "mb", f"s3://{name}")
            cli("s3", "cp", "f", f"s3://{name}/a b")
            url = cli("s3", "presign", f"s3://{name}/a b", "--region", "us-east-1").strip()
            # The CLI's own choice for this region.
            assert "AWSAccessKeyId=" in url
            target = url.removeprefix(it.url)
            answer = raw.send(it, "GET", target, {})
            assert answer.status == status, answer.text
            if status == 200:
                assert answer.body == CONTENT
                assert raw.send(it, "GET", target.replace("/a%20b", "/other"), {}).status == 403
                assert raw.send(it, "DELETE", target, {}).status == 403
                assert raw.send(it, "GET", f"{target}&attributes", {}).status == 400
            else:
                assert answer.message.endswith("Please use AWS4-HMAC-SHA256.")
