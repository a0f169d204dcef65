"""One connection to a server, byte by byte."""

import contextlib
import os
import socket
import ssl
from urllib.parse import urlsplit

from support.raw import Answer
from support.server import Credentials, Server
from support.sigv4 import sign


class Wire:
    """A connection that stays, and on which anything may be sent."""

    def __init__(self, server: Server, ca: str | None = None, name: str = "localhost"):
        self.host = urlsplit(server.url).netloc
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        if ca is not None:
            self.socket = ssl.create_default_context(cafile=ca).wrap_socket(self.socket, server_hostname=name)
        self.read = self.socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.read.close()
        self.socket.close()

    def head(
        self, credentials: Credentials, method: str, target: str, body: bytes = b"", *, headers: dict | None = None,
        unsigned: dict | None = None, host: str | None = None, **signing,
    ) -> bytes:
        """The head of a signed request. The length is added unless the unsigned headers tell it."""
        sent = sign(
            credentials, method, target, headers or {}, body, service="s3", host=host or self.host, **signing
        )
        sent |= unsigned or {}
        if not {name.lower() for name in sent} & {"content-length", "transfer-encoding"}:
            sent["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        return "\r\n".join(lines).encode()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, credentials: Credentials, method: str, target: str, body: bytes = b"", **options) -> Answer:
        """A whole request and its answer."""
        self.send(self.head(credentials, method, target, body, **options) + body)
        return self.answer(method)

    def answer(self, method: str = "GET") -> Answer:
        """Reads one answer; an interim one counts."""
        first = self.read.readline().split()
        assert first[:1] == [b"HTTP/1.1"], first
        headers = {}
        while line := self.read.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        status = int(first[1])
        if method == "HEAD" or status in (100, 204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.read.read(int(headers.get("content-length", "0")))
        return Answer(status, headers, body)

    def _chunk(self) -> bytes:
        size = int(self.read.readline().split(b";")[0], 16)
        data = self.read.read(size)
        self.read.readline()
        return data

    def ended(self) -> bool:
        """Whether the server closes without another byte."""
        try:
            return self.read.read(1) == b""
        except ConnectionResetError:
            return True


def descriptors(server: Server) -> list[str]:
    """What a server has open."""
    found = []
    for entry in os.scandir(f"/proc/{server.process.pid}/fd"):
        # Some are gone before they are looked at.
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(entry.path))
    return found
