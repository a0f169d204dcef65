"""AWS's host names leading to a Daypass server: a proxy that answers every CONNECT with a way to it."""

import contextlib
import select
import socket
import socketserver
import threading
from urllib.parse import urlsplit

HOSTS = ("iam.amazonaws.com", "sts.us-east-2.amazonaws.com", "s3.us-east-2.amazonaws.com")


class Proxy:
    """An HTTP proxy at `url`; `asked` are the hosts that were asked for."""

    def __init__(self, server_url: str):
        parts = urlsplit(server_url)
        self.asked: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline().decode()
                while self.rfile.readline().strip():
                    pass
                outer.asked.append(line.split()[1])
                with socket.create_connection((parts.hostname, parts.port), timeout=10) as other:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _join(self.connection, other)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.listener.handle_error = lambda *_: None
        self.thread = threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.server_address[1]}"

    def close(self) -> None:
        self.listener.shutdown()
        self.thread.join()
        self.listener.server_close()


def _join(one: socket.socket, other: socket.socket) -> None:
    """Hands on what either says until one of them ends."""
    ways = {one: other, other: one}
    while True:
        readable, _, _ = select.select(list(ways), [], [], 30)
        for end in readable:
            read = end.recv(65536)
            if not read:
                return
            ways[end].sendall(read)
        if not readable:
            return


@contextlib.contextmanager
def leading_to(server_url: str):
    """A proxy that is closed at the end."""
    proxy = Proxy(server_url)
    try:
        yield proxy
    finally:
        proxy.close()
