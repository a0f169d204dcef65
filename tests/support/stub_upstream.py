"""An S3 server that keeps objects in memory and misbehaves on demand, in any way a server or the network can."""

import contextlib
import hashlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from support.server import Credentials

CREDENTIALS = Credentials("AKIASTUBSTUBSTUBSTUB", "stub-secret-canary-4711", None)
# What must not get out: names of the machine behind.
HOST = "node7.rack3.internal.example"


@dataclass
class Seen:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    # Whether all of the body came.
    whole: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Bucket and key."""
        bucket, _, key = urlsplit(self.target).path.lstrip("/").partition("/")
        return bucket, unquote(key)

    @property
    def query(self) -> dict:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def content(self) -> bytes:
        """The body without the framing of aws-chunked."""
        if "aws-chunked" not in self.headers.get("content-encoding", ""):
            return self.body
        content, rest = b"", self.body
        while True:
            head, _, rest = rest.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if size == 0:
                return content
            content, rest = content + rest[:size], rest[size + 2:]


@dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Answer", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


def error(status: int, code: str, message: str = "m", **elements: str) -> Reply:
    """An error of S3, as it may tell too much."""
    more = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
    document = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{more}"
        f"<RequestId>THEIRS</RequestId><HostId>{HOST}</HostId></Error>"
    )
    return Reply(status, document.encode(), {"Content-Type": "application/xml"})


class Stub:
    """`plan` is asked for each request, and returns how to misbehave, or None. `objects` are what is kept."""

    def __init__(self):
        self.buckets: set[str] = set()
        self.objects: dict[tuple[str, str], bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.seen: list[Seen] = []
        self.plan = lambda _: None
        # Set to let those that hang go on, and end.
        self.released = threading.Event()
        self.connections = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def calls(self, method: str | None = None) -> list[Seen]:
        """What came, but for what asks about the bucket alone."""
        return [it for it in self.seen if it.place[1] and method in (None, it.method)]

    def refuse(self) -> None:
        """Nobody listens any more, and nobody answers."""
        with contextlib.suppress(OSError):
            # It wakes who waits in `accept`.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Ends all connections, idle ones too."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def listen(self) -> None:
        """Listens again, at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[-1].start()

    def close(self) -> None:
        self.released.set()
        self.refuse()

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while self._one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _one(self, connection: socket.socket, stream) -> bool:
        line = stream.readline().decode().split()
        if len(line) != 3:
            return False
        headers = {}
        while pair := stream.readline().strip():
            name, _, value = pair.decode().partition(":")
            headers[name.lower()] = value.strip()
        seen = Seen(line[0], line[1], headers)
        self.seen.append(seen)
        act = self.plan(seen)
        if getattr(act, "early", False):
            return act(self, connection, seen)
        length = int(headers.get("content-length", "0"))
        while len(seen.body) < length:
            piece = stream.read1(min(65536, length - len(seen.body)))
            if not piece:
                return False
            seen.body += piece
        seen.whole = True
        if act:
            return act(self, connection, seen)
        connection.sendall(self.reply(seen).encode())
        return True

    def reply(self, seen: Seen) -> Reply:
        """As a well-behaved server."""
        bucket, key = seen.place
        query = seen.query
        if not key:
            return self._bucket(seen.method, bucket)
        place = (bucket, key)
        if seen.method == "GET" and "tagging" in query:
            return _xml("Tagging", TagSet="")
        if seen.method == "POST" and "uploads" in query:
            name = f"upload-{len(self.uploads)}"
            self.uploads[name] = {}
            return _xml("InitiateMultipartUploadResult", Bucket=bucket, Key=key, UploadId=name)
        if "uploadId" in query:
            parts = self.uploads.get(query["uploadId"][0])
            if parts is None:
                return error(404, "NoSuchUpload", "The specified upload does not exist.")
            if seen.method == "PUT":
                parts[int(query["partNumber"][0])] = seen.content
                return Reply(200, headers={"ETag": _etag(seen.content)})
            del self.uploads[query["uploadId"][0]]
            if seen.method == "DELETE":
                return Reply(204)
            self.objects[place] = b"".join(parts[number] for number in sorted(parts))
            return _xml("CompleteMultipartUploadResult", Bucket=bucket, Key=key, ETag='"x-1"',
                        Location=f"http://{HOST}/{bucket}/{key}")
        if seen.method == "PUT" and "x-amz-copy-source" in seen.headers:
            source = unquote(seen.headers["x-amz-copy-source"]).lstrip("/").partition("/")
            if (source[0], source[2]) not in self.objects:
                return error(404, "NoSuchKey", "The specified key does not exist.")
            self.objects[place] = self.objects[source[0], source[2]]
            return _xml("CopyObjectResult", ETag='"x"', LastModified="2026-01-01T00:00:00.000Z")
        if seen.method == "PUT":
            self.objects[place] = seen.content
            return Reply(200, headers={"ETag": _etag(seen.content)})
        if seen.method == "DELETE":
            self.objects.pop(place, None)
            return Reply(204)
        if place not in self.objects:
            missing = error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
            return missing if seen.method == "GET" else Reply(404)
        body = self.objects[place]
        told = {"ETag": _etag(body), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Length": str(len(body))}
        return Reply(200, body if seen.method == "GET" else b"", told)

    def _bucket(self, method: str, bucket: str) -> Reply:
        if method == "PUT":
            self.buckets.add(bucket)
        elif bucket not in self.buckets:
            return Reply(404)
        elif method == "GET":
            return Reply(200, self._listing(bucket), {"Content-Type": "application/xml"})
        elif method == "DELETE":
            self.buckets.remove(bucket)
            return Reply(204)
        return Reply(200)

    def _listing(self, bucket: str) -> bytes:
        contents = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(body)}</Size><ETag>{_etag(body)}</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for (there, key), body in sorted(self.objects.items()) if there == bucket
        )
        return f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _xml(name: str, **elements: str) -> Reply:
    inner = "".join(f"<{element}>{value}</{element}>" for element, value in elements.items())
    return Reply(200, f"<{name}>{inner}</{name}>".encode(), {"Content-Type": "application/xml"})


def _early(act):
    """For what happens before the request's body is read."""
    act.early = True
    return act


def answering(reply: Reply, early: bool = False):
    """This answer and no other; `early`, before the body has come."""
    def act(_, connection, __):
        connection.sendall(reply.encode())
        # A server that does not want the body closes.
        return not early
    return _early(act) if early else act


def saying(data: bytes, then: str = "close"):
    """These bytes, and then the end of the connection, a reset, or silence."""
    def act(stub, connection, _):
        connection.sendall(data)
        return _end(stub, connection, then)
    return act


def carried_out(then: str = "close"):
    """Does what was asked for, and says nothing of it."""
    def act(stub, connection, seen):
        stub.reply(seen)
        return _end(stub, connection, then)
    return act


def carried_out_in_pieces(stub, connection, seen):
    """Does what was asked for, and answers byte by byte."""
    for byte in stub.reply(seen).encode():
        connection.sendall(bytes([byte]))
    return True


def with_headers(**more: str):
    """The right answer with more headers than there should be."""
    def act(stub, connection, seen):
        reply = stub.reply(seen)
        reply.headers |= {name.replace("_", "-"): value for name, value in more.items()}
        connection.sendall(reply.encode())
        return True
    return act


@_early
def deaf(stub, connection, _):
    """Never reads the body, and never answers."""
    return _end(stub, connection, "hang")


@_early
def slammed(stub, connection, _):
    """Resets the connection while the body is coming."""
    return _end(stub, connection, "reset")


def _end(stub: Stub, connection: socket.socket, how: str) -> bool:
    if how == "hang":
        stub.released.wait(60)
    elif how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return how == "stay"


@contextlib.contextmanager
def stubbing():
    """A stub that is closed at the end."""
    stub = Stub()
    try:
        yield stub
    finally:
        stub.close()
