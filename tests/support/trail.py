"""The audit trail as it is on disk."""

import json
from pathlib import Path

from support.server import Server


class Reader:
    """Reads what is new in a server's trail of management events."""

    def __init__(self, data: Path):
        self._directory = data / "trail" / "management"
        self._read: dict[Path, int] = {}

    def new(self) -> list[dict]:
        """The records since the last call; a line that is being written is left for the next one."""
        records = []
        for segment in sorted(self._directory.glob("*.jsonl")):
            with segment.open("rb") as lines:
                lines.seek(self._read.get(segment, 0))
                whole = lines.read().rpartition(b"\n")
            self._read[segment] = self._read.get(segment, 0) + len(whole[0]) + len(whole[1])
            records += [json.loads(line) for line in whole[0].splitlines() if line]
        return records


def event(server: Server, name: str, answer: dict) -> dict:
    """The record of an operation that was answered so."""
    wanted = answer["ResponseMetadata"]["RequestId"]
    found, = [it for it in Reader(server.data).new() if it.get("requestID") == wanted]
    assert found["eventName"] == name
    return found
