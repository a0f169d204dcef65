"""The environment of every program that the tests start: nothing of the caller's."""

import os
import sys
from pathlib import Path

VENV_BIN = Path(sys.executable).parent


def clean_environment(home: Path, more: dict | None = None) -> dict:
    """Variables of a user who has nothing configured and whose home is `home`."""
    binary = os.environ.get("DAYPASS_BIN")
    binaries = Path(binary).parent if binary else Path(__file__).parents[2] / "target" / "debug"
    return {
        "PATH": f"{VENV_BIN}:{binaries}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Nothing may ask the network for an instance's role.
        "AWS_EC2_METADATA_DISABLED": "true",
        **(more or {}),
    }
