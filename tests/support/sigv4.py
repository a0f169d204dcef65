"""Signature Version 4, written out, so that each part of it can be made wrong."""

import datetime
import hashlib
import hmac
from urllib.parse import quote, unquote

from support.server import REGION, Credentials

EMPTY = hashlib.sha256(b"").hexdigest()


def stamp(when: datetime.datetime | None = None) -> str:
    """A time as `X-Amz-Date` has it; now unless told."""
    return (when or datetime.datetime.now(datetime.UTC)).strftime("%Y%m%dT%H%M%SZ")


def ago(seconds: int) -> datetime.datetime:
    """A time in the past, or in the future if negative."""
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _canonical_query(text: str) -> str:
    pairs = []
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        pairs.append((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signature(
    secret: str, method: str, target: str, headers: dict, signed: list, payload: str,
    date: str, region: str, service: str,
) -> str:
    """The signature of a request; `headers` have lower-case names."""
    path, _, text = target.partition("?")
    canonical = "\n".join([
        method, path, _canonical_query(text),
        *(f"{name}:{' '.join(headers[name].split())}" for name in signed), "",
        ";".join(signed), payload,
    ])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join([
        "AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest(),
    ])
    key = signing_key(secret, date[:8], region, service)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def sign(
    credentials: Credentials, method: str, target: str, headers: dict, body: bytes, *,
    service: str, host: str, region: str = REGION, when: datetime.datetime | None = None,
    payload: str | None = None, leave_out: tuple = (), scope_service: str | None = None,
) -> dict:
    """The headers of a request with its signature. `payload` is the payload hash to claim, `leave_out` names headers
    that are sent but not signed, `scope_service` another service than the request is for."""
    hashed = payload or hashlib.sha256(body).hexdigest()
    date = stamp(when)
    sent = {"Host": host, "X-Amz-Date": date, **headers}
    if credentials.token:
        sent["X-Amz-Security-Token"] = credentials.token
    if service == "s3":
        sent["X-Amz-Content-Sha256"] = hashed
    lower = {name.lower(): value for name, value in sent.items()}
    signed = sorted(name for name in lower if name not in leave_out)
    scoped = scope_service or service
    proof = signature(
        credentials.secret_key, method, target, lower, signed, hashed, date, region, scoped
    )
    sent["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{date[:8]}/{region}/{scoped}/aws4_request, "
        f"SignedHeaders={';'.join(signed)}, Signature={proof}"
    )
    return sent
