"""Secrets don't get out: not into the log, the trail, an error, or a file that others can read."""

import base64
import contextlib
import stat

import pytest
from botocore.exceptions import ClientError

from support import jwt, keys, raw
from support.clients import As
from support.policies import allow, policy, trust_provider
from support.principals import Account, role_arn
from support.server import Credentials
from support.totp import Device


@pytest.fixture
def busy(start_server):
    """A server that logs everything it can and has done everything it can, and the secrets that went through it."""
    server = start_server("--log-format", "json", environment={"RUST_LOG": "trace", "DAYPASS_LOG": "trace"})
    account = Account(server, As(server, server.administrator))
    secrets = {"the administrator's secret key": server.administrator.secret_key}
    answers = []

    user = account.user(policy(allow("*")))
    secrets["a user's secret key"] = user.credentials.secret_key
    secrets["a user's password"], secrets["the one after it"] = "Correct-horse-4711", "Battery-staple-4712"
    user.iam.create_login_profile(Password="Correct-horse-4711")
    user.iam.change_password(OldPassword="Correct-horse-4711", NewPassword="Battery-staple-4712")
    with contextlib.suppress(ClientError):
        user.iam.change_password(OldPassword="Correct-horse-4711", NewPassword="Battery-staple-4712")
    for service in ("codecommit.amazonaws.com", "bedrock.amazonaws.com"):
        made = user.iam.create_service_specific_credential(UserName=user.name, ServiceName=service)
        made = made["ServiceSpecificCredential"]
        secret = made.get("ServicePassword") or made.get("ServiceCredentialSecret")
        secrets[f"a credential for {service}"] = secret
    key = keys.ec_key()
    secrets["a server certificate's key"] = keys.private_pem(key).splitlines()[1]
    user.iam.upload_server_certificate(
        ServerCertificateName="web", CertificateBody=keys.pem(keys.certificate(key)), PrivateKey=keys.private_pem(key)
    )
    session = account.session_with(policy(allow("*")))
    secrets["a session's secret key"] = session.credentials.secret_key
    session.iam.list_users()
    session.s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    session.s3.put_object(Bucket="bucket", Key="k", Body=b"body-of-an-object-4711")
    secrets["an object's body"] = "body-of-an-object-4711"

    device = Device.of(account.admin.iam, user.name)
    secrets["the seed of a phone"] = device.seed
    secrets["the seed of a phone, in base64"] = base64.b64encode(device.seed.encode()).decode()
    strong = user.sts.get_session_token(SerialNumber=device.serial, TokenCode=device.fresh())["Credentials"]
    secrets["the secret key of a user's session"] = strong["SecretAccessKey"]
    As(server, Credentials.of(strong)).iam.list_virtual_mfa_devices()

    provider = server.issuer()
    account.admin.iam.create_open_id_connect_provider(Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com"])
    role = account.role(trusted=trust_provider(provider, "system:serviceaccount:ns:sa"))
    anonymous = As(server, None)
    for service_account in ("ns/sa", "ns/other"):
        token = server.token(service_account)
        secrets[f"the token of {service_account}"] = token.split(".")[2]
        secrets[f"the claims of {service_account}"] = token.split(".")[1]
        with contextlib.suppress(ClientError):
            answer = anonymous.sts.assume_role_with_web_identity(
                RoleArn=role_arn(role), RoleSessionName="session", WebIdentityToken=token
            )
            secrets["a pod's secret key"] = answer["Credentials"]["SecretAccessKey"]
            pod = As(server, Credentials.of(answer["Credentials"]))
            pod.sts.get_caller_identity()
        head, claims, proof = token.split(".")
        for broken in (f"{head}.{claims}.{jwt.encode(b'x' * 256)}", f"{head}.{claims}", f"x{token}"):
            answers.append(raw.sts(
                server, "AssumeRoleWithWebIdentity", RoleArn=role_arn(role), RoleSessionName="session",
                WebIdentityToken=broken,
            ))
    wrong = Credentials(user.credentials.access_key, "k" * 40)
    answers += [
        raw.sts(server, "GetCallerIdentity", wrong),
        raw.s3(server, "GET", "/bucket/k", wrong),
        raw.s3(server, "PUT", "/bucket/k", session.credentials, b"body-of-an-object-4711", payload="0" * 64),
        raw.sts(server, "AssumeRole", user.credentials, RoleArn="x", RoleSessionName=":"),
        raw.cloudtrail(server, "LookupEvents", wrong, {}),
        raw.send(server, "POST", "/", {"Content-Type": raw.FORM}, b"Action=AssumeRole&SecretAccessKey=" + b"z" * 40),
    ]
    return server, secrets, answers


def test_nothing_secret_is_in_logs_records_errors_or_files(busy):
    server, secrets, answers = busy
    assert all(answer.status >= 400 for answer in answers)
    places = {f"answer {at}": answer.body for at, answer in enumerate(answers)}
    places["the log"] = server.log().encode()
    for path in server.data.rglob("*"):
        if path.is_file() and not path.is_relative_to(server.data / "s3" / "data"):
            places[str(path.relative_to(server.data))] = path.read_bytes()
    assert any(name.startswith("trail/") and body for name, body in places.items())
    assert places["the log"]
    found = [
        f"{what} in {where}" for where, body in places.items() for what, secret in secrets.items()
        if secret.encode() in body
    ]
    assert not found


def test_what_is_stored_is_for_the_owner_only(busy):
    server, _, _ = busy
    for path in [server.data, server.data / "key", server.data / "daypass.sock"]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_each_server_has_keys_of_its_own(busy, start_server):
    server, _, _ = busy
    other = start_server()
    assert (server.data / "key").read_bytes() != (other.data / "key").read_bytes()
    assert server.issuer() != other.issuer()
    # A session of one is nothing to the other, though the account has the same number.
    answer = raw.sts(other, "GetCallerIdentity", server.administrator)
    answer.is_error(403, "InvalidClientTokenId", "The security token included in the request is invalid")
