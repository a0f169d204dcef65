"""What the documents promise is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def sources() -> str:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )
    return "\n".join((ROOT / path).read_text() for path in listed.stdout.split())


def test_every_test_that_the_security_page_names_exists():
    rows = [line for line in (ROOT / "docs/security.md").read_text().splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_]{12,})`", row.split("|")[2])}
    assert len(named) > 50
    defined = set(re.findall(r"\b(?:fn|def) ([a-z0-9_]+)", sources()))
    assert named - defined == set()


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{it.name}" for it in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
        assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"
