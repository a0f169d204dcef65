"""Requests made by hand, for what no client would send."""

import http.client
import json
import re
import ssl
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from support.server import REGION, Credentials, Server
from support.sigv4 import sign

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def find(self, name: str) -> str | None:
        """The text of the first XML element of a name, whatever its namespace."""
        for element in ElementTree.fromstring(self.body).iter():
            if re.sub(r"^\{.*\}", "", element.tag) == name:
                return element.text or ""
        return None

    @property
    def code(self) -> str | None:
        return self.find("Code")

    @property
    def message(self) -> str | None:
        return self.find("Message")

    def is_error(self, status: int, code: str, message: str | None = None) -> None:
        """Asserts an XML error."""
        assert (self.status, self.code) == (status, code), self.text
        if message is not None:
            assert self.message == message, self.text


def send(
    server: Server, method: str, target: str, headers: dict | list, body: bytes = b"",
    authority: str | None = None,
) -> Answer:
    """Sends exactly these bytes. The length is added unless the headers tell it."""
    parts = urlsplit(server.url)
    if server.tls:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        if "host" not in names:
            connection.putheader("Host", authority or parts.netloc)
        for name, value in pairs:
            connection.putheader(name, value)
        if not names & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        read = response.read()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, read)
    finally:
        connection.close()


def form(parameters: dict) -> bytes:
    """A form body as botocore writes it."""
    return "&".join(
        f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in parameters.items()
    ).encode()


def query(
    server: Server, service: str, body: bytes | dict, credentials: Credentials | None,
    headers: dict | None = None, **signing,
) -> Answer:
    """A signed POST to IAM or STS; unsigned without credentials. `signing` goes to `sign`."""
    body = form(body) if isinstance(body, dict) else body
    headers = {"Content-Type": FORM, **(headers or {})}
    if credentials is not None:
        headers = sign(
            credentials, "POST", "/", headers, body,
            service=service, host=urlsplit(server.url).netloc, **signing,
        )
    return send(server, "POST", "/", headers, body)


def sts(server: Server, action: str, credentials: Credentials | None = None, **parameters) -> Answer:
    """A POST to STS."""
    return query(server, "sts", {"Action": action, "Version": "2011-06-15", **parameters}, credentials)


def cloudtrail(server: Server, operation: str, credentials: Credentials | None, body: dict, **signing) -> Answer:
    """A POST to CloudTrail."""
    sent = json.dumps(body).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}",
    }
    if credentials is not None:
        headers = sign(
            credentials, "POST", "/", headers, sent,
            service="cloudtrail", host=urlsplit(server.url).netloc, **signing,
        )
    return send(server, "POST", "/", headers, sent)


def s3(
    server: Server, method: str, target: str, credentials: Credentials, body: bytes = b"",
    headers: dict | None = None, unsigned: dict | None = None, **signing,
) -> Answer:
    """A signed request to S3; the headers of `unsigned` are added after signing."""
    signed = sign(
        credentials, method, target, headers or {}, body,
        service="s3", host=urlsplit(server.url).netloc, **signing,
    )
    return send(server, method, target, {**signed, **(unsigned or {})}, body)


__all__ = ["REGION", "Answer", "cloudtrail", "form", "query", "s3", "send", "sts"]
