"""What the Python clients' scripts have in common: where to go, and what must be refused."""

import contextlib
import os
import ssl
import sys
import urllib.request
from pathlib import Path

URL = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]
BUCKET = os.environ["BUCKET"]
# What the role may use, and a key beside it that it may not.
PREFIX = "mine/"
FORBIDDEN = "other/secret"
CA = os.environ.get("AWS_CA_BUNDLE")
ODD = "odd/a b+c%20d&ü=日本.txt"
PART = 5 * 1024 * 1024


def fetch(url: str) -> bytes:
    """What a browser would get."""
    context = ssl.create_default_context(cafile=CA) if CA else None
    with urllib.request.urlopen(url, context=context, timeout=30) as answer:
        return answer.read()


@contextlib.contextmanager
def denied(*kinds: type[BaseException]):
    """The call inside must fail because it is not allowed."""
    try:
        yield
    except kinds as error:
        text = f"{error!r} {error}"
        words = ("AccessDenied", "ACCESS_DENIED", "Forbidden", "403", "is not authorized to perform")
        assert any(word in text for word in words), text
    else:
        raise AssertionError("it was allowed")


if __name__ == "__main__":
    # A link, and the file that it must lead to.
    assert fetch(sys.argv[1]) == Path(sys.argv[2]).read_bytes(), sys.argv[1]
