"""Well-known S3 clients, unmodified, with sessions of a web identity that may use one prefix of one bucket.

What each of them does is in a program of its own, in `s3_clients/`. It ends well only if everything that it was allowed
worked and everything else was refused; what it leaves is looked at here.
"""

import os
from pathlib import Path

import pytest

from support.clients import As
from support.policies import allow, policy
from support.s3_backends import fronting, upstream
from support.service_account import ServiceAccount

SCRIPTS = Path(__file__).parent / "s3_clients"
CLIENTS = Path(os.environ.get("DAYPASS_S3_CLIENTS", "/none"))
PYTHON = str(CLIENTS / "venv" / "bin" / "python")

# The program, the part of the clients that it needs, and the keys that it leaves below `mine/`.
ODD = "odd/a b+c%20d&ü=日本.txt"
PROGRAMS = {
    "aws": (["bash", "aws_cli.sh"], "venv", {ODD, "large"}),
    "boto3": ([PYTHON, "boto3_client.py"], "venv", {ODD, "SHA256-large"}),
    "minio": ([PYTHON, "minio_client.py"], "venv", {ODD, "large"}),
    "s3fs": ([PYTHON, "s3fs_client.py"], "venv", {ODD, "large"}),
    "rclone": (["bash", "rclone_client.sh"], "rclone", {ODD, "large"}),
    "javascript": (["node", "javascript_client.mjs"], "node_modules", {ODD, "large"}),
}


@pytest.fixture(scope="session")
def front():
    """A server that keeps objects at another one."""
    with upstream("daypass") as (url, credentials):
        server = fronting(url, credentials)
        try:
            yield server.start()
        finally:
            server.remove()


@pytest.fixture(params=["https", "http and an upstream"])
def place(request, authority):
    """A server, its administrator's clients, and the authority's certificate if it speaks https."""
    secure = request.param == "https"
    server = request.getfixturevalue("https_server" if secure else "front")
    verify = str(authority.ca) if secure else None
    return server, As(server, server.administrator, verify=verify), verify


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_role_for_one_prefix_in_the_hands_of(program, place, name, home):
    command, needed, kept = PROGRAMS[program]
    if not (CLIENTS / needed).exists():
        pytest.skip(f"tests/s3_clients/install could not get {needed}")
    server, admin, ca = place
    admin.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    admin.s3.put_object(Bucket=name, Key="other/secret", Body=b"not for pods")
    arn = f"arn:aws:s3:::{name}"
    # Without a prefix, too: that is what a request for a missing key is asked for, and clients look before they write.
    listed = {"StringLikeIfExists": {"s3:prefix": ["mine", "mine/*"]}}
    pod = ServiceAccount(server, admin, policy(
        allow("s3:*Object*", f"{arn}/mine/*"), allow("s3:*Multipart*", f"{arn}/mine/*"),
        allow("s3:ListBucket", arn, Condition=listed),
    ))
    trusted = {} if ca is None else {"AWS_CA_BUNDLE": ca, "NODE_EXTRA_CA_CERTS": ca}
    environment = {"HOME": str(home), "BUCKET": name, "S3_CLIENTS": str(CLIENTS), "PYTHONWARNINGS": "ignore", **trusted}
    done = pod.run(command[0], str(SCRIPTS / command[1]), environment=environment)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stdout + done.stderr

    objects = {it["Key"]: it["Size"] for it in admin.s3.list_objects_v2(Bucket=name)["Contents"]}
    assert objects.keys() == {"other/secret", *(f"mine/{key}" for key in kept)}
    assert objects[f"mine/{ODD}"] == 3
    assert all(size > 10_000_000 for key, size in objects.items() if key not in ("other/secret", f"mine/{ODD}"))
    assert admin.s3.get_object(Bucket=name, Key="other/secret")["Body"].read() == b"not for pods"
    assert "Uploads" not in admin.s3.list_multipart_uploads(Bucket=name)
