"""Clients that go away before they are answered."""

import json
import socket
import struct
from urllib.parse import urlsplit

from support.clients import As
from support.raw import FORM, form
from support.sigv4 import sign


def send_and_reset(server, credentials, body: bytes) -> None:
    """Sends a signed form and resets the connection instead of reading."""
    address = urlsplit(server.url)
    headers = sign(
        credentials, "POST", "/", {"Content-Type": FORM}, body, service="iam", host=address.netloc,
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address.netloc, **dict(headers)}.items())
    request = f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(request)


def test_a_client_that_hangs_up_leaves_its_event(own_server):
    credentials = own_server.administrator
    admin = As(own_server, credentials)
    made = set()
    for attempt in range(20):
        for number in range(60):
            body = form({"Action": "CreateUser", "Version": "2010-05-08", "UserName": f"gone{attempt}-{number}"})
            send_and_reset(own_server, credentials, body)
        pages = admin.iam.get_paginator("list_users").paginate()
        made = {user["UserName"] for page in pages for user in page["Users"]}
        # The reset often beats the server's read; then nothing has begun.
        if made:
            break
    assert made, "no request got through"
    # Stopping waits for what is under way, the events of clients that are gone too.
    own_server.stop()
    recorded = set()
    for segment in (own_server.data / "trail" / "management").iterdir():
        for line in segment.read_text().splitlines():
            event = json.loads(line)
            if event["eventName"] == "CreateUser" and "errorCode" not in event:
                recorded.add(event["requestParameters"]["userName"])
    assert made - recorded == set()
