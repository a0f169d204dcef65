"""An https server that hands what it is asked to a Daypass server, as a load balancer with a certificate would."""

import contextlib
import http.client
import http.server
import ssl
import threading
from urllib.parse import urlsplit

from support.certificates import Authority


class Front:
    """`https://localhost:PORT`; `behind` is the server's URL, which may be set later."""

    def __init__(self, authority: Authority):
        self.behind = ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(outer.behind)
                connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
                with contextlib.closing(connection):
                    connection.request("GET", self.path, headers={"Host": self.headers["Host"]})
                    answer = connection.getresponse()
                    body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type") or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextlib.contextmanager
def fronting(authority: Authority):
    """A front that is closed at the end."""
    front = Front(authority)
    try:
        yield front
    finally:
        front.close()
