"""A foreign OIDC issuer: an https server inside the test process."""

import contextlib
import http.server
import json
import ssl
import threading
import uuid

from support.certificates import Authority
from support.jwt import Key, claims


class Issuer:
    """Serves discovery and keys at `https://localhost:PORT/PATH`. `keys` may be changed while it runs."""

    def __init__(self, authority: Authority, path: str | None = None):
        self.keys = [Key("RS256", "rsa-1"), Key("ES256", "ec-1")]
        self.requests: list[str] = []
        # A port may be given again, and servers remember issuers.
        self.path = path or f"/id/{uuid.uuid4().hex[:12]}"
        # What discovery says, if not the truth.
        self.claimed_issuer: str | None = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                self._answer(outer.document(self.path))

            def _answer(self, document):
                body = json.dumps(document or {}).encode()
                self.send_response(200 if document else 404)
                self.send_header("Content-Type", "application/json")
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
    def provider(self) -> str:
        """Host, port and path: the name of ARNs and condition keys."""
        return f"localhost:{self.server.server_port}{self.path}"

    @property
    def url(self) -> str:
        return f"https://{self.provider}"

    def document(self, path: str) -> dict | None:
        """What is served at a path."""
        if path == f"{self.path}/.well-known/openid-configuration":
            return {"issuer": self.claimed_issuer or self.url, "jwks_uri": f"{self.url}/keys"}
        if path == f"{self.path}/keys":
            return self.key_set()
        return None

    def key_set(self) -> dict:
        """The JWK set of its keys."""
        return {"keys": [key.jwk() for key in self.keys]}

    def token(self, subject: str = "system:serviceaccount:ns:sa", key: int = 0, **changes) -> str:
        """A token of one of its keys."""
        return self.keys[key].sign(claims(self.url, subject, **changes))

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextlib.contextmanager
def issuing(authority: Authority, **options):
    """An issuer that is closed at the end."""
    issuer = Issuer(authority, **options)
    try:
        yield issuer
    finally:
        issuer.close()
