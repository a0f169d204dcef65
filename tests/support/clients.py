"""boto3 clients, and what their errors must say."""

import contextlib

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from support.server import REGION, Credentials, Server

# The service models are read once.
_loader = botocore.session.get_session().get_component("data_loader")


def client(server: Server, service: str, credentials: Credentials | None, **options):
    """A client of a service; without credentials it does not sign. `options` are those of `Config`, and
    `verify` and `endpoint_url`."""
    verify = options.pop("verify", None)
    url = options.pop("endpoint_url", server.url)
    inner = botocore.session.Session()
    inner.register_component("data_loader", _loader)
    if credentials is None:
        options["signature_version"] = UNSIGNED
    config = Config(
        **{"retries": {"total_max_attempts": 1}, "connect_timeout": 10, "read_timeout": 30,
           # What is wrong must reach the server.
           "parameter_validation": False, **options}
    )
    session = boto3.Session(botocore_session=inner, region_name=REGION)
    keys = {}
    if credentials is not None:
        keys = {
            "aws_access_key_id": credentials.access_key,
            "aws_secret_access_key": credentials.secret_key,
            "aws_session_token": credentials.token,
        }
    return session.client(service, endpoint_url=url, verify=verify, config=config, **keys)


class As:
    """One principal's clients, made when they are first asked for."""

    def __init__(self, server: Server, credentials: Credentials | None, **options):
        self._server = server
        self.credentials = credentials
        self._options = options

    def __getattr__(self, service: str):
        if service not in ("iam", "sts", "s3", "cloudtrail", "organizations", "eks", "eks_auth"):
            raise AttributeError(service)
        made = client(self._server, service.replace("_", "-"), self.credentials, **self._options)
        setattr(self, service, made)
        return made


@contextlib.contextmanager
def refused(code: str, status: int | None = None, message: str | None = None, has: str | None = None):
    """The call inside must be answered with this error: the exact message, or a part of it."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    told = error.get("Message", "")
    assert error["Code"] == code, f"{error['Code']}: {told}"
    if message is not None:
        assert told == message
    if has is not None:
        assert has in told, told
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
