"""`daypass policy check`: what is wrong in documents, and what is surely not meant."""

import json
import subprocess

import pytest

from support.environment import clean_environment
from support.server import binary

TYPO = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Größe", "Effect": "Allow", "Actions": "s3:*", "Resource": "*"}
  ]
}
"""
LISTS_OBJECTS = """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListObjects"],
    "Resource": "arn:aws:s3:::reports/*"
  }]
}
"""
REDUNDANT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*"},
}
SOUND = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/A"
ANY_NAMESPACE = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"oidc.example.com/id/A:sub": "system:serviceaccount:*:app"}},
    },
}
READABLE_BY_ALL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}


@pytest.fixture
def check(home):
    """Runs the command in a directory with documents."""

    def run(*words: str, given: str = "", **documents):
        for name, document in documents.items():
            path = home / f"{name}.json"
            if isinstance(document, bytes):
                path.write_bytes(document)
            else:
                path.write_text(document if isinstance(document, str) else json.dumps(document))
        return subprocess.run(
            [binary(), "policy", "check", *words],
            input=given, cwd=home, env=clean_environment(home), capture_output=True, timeout=60, encoding="utf-8",
        )

    return run


def reports(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_error_is_drawn_under_the_text_and_says_what_to_write(check):
    done = check("p.json", p=TYPO)
    assert done.returncode == 1, done.stderr
    assert done.stdout == """\
error[MalformedPolicyDocument]: there is no element `Actions` here
 --> p.json:4:41
  |
4 |     {"Sid": "Größe", "Effect": "Allow", "Actions": "s3:*", "Resource": "*"}
  |                                         ^^^^^^^^^
  |
  = note: the API answers: Syntax errors in policy.
  = help: write `Action`

p.json: read as an identity policy (`--kind` says what it is): 1 error
"""


def test_a_warning_is_drawn_and_no_error(check):
    done = check("p.json", p=LISTS_OBJECTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == """\
warning[INVALID_ACTION]: Amazon S3 has no action `ListObjects`
 --> p.json:5:32
  |
5 |     "Action": ["s3:GetObject", "s3:ListObjects"],
  |                                ^^^^^^^^^^^^^^^^
  |
  = help: write `s3:ListBucket`

p.json: read as an identity policy: no errors, 1 warning
"""


def test_json_has_places_and_bytes(check):
    [typo, lists] = reports(check("-o", "json", "a.json", "b.json", a=TYPO, b=LISTS_OBJECTS))
    start = TYPO.encode().index(b'"Actions"')
    assert typo == {
        "file": "a.json", "kind": "identity", "warnings": [], "errors": [{
            "code": "MalformedPolicyDocument", "message": "Syntax errors in policy.",
            "reason": "there is no element `Actions` here", "remedy": "write `Action`",
            "line": 4, "column": 41, "span": {"start": start, "end": start + 9},
        }],
    }
    [warning] = lists["warnings"]
    assert (lists["file"], lists["errors"]) == ("b.json", [])
    span = warning.pop("span")
    assert LISTS_OBJECTS.encode()[span["start"]:span["end"]] == b'"s3:ListObjects"'
    assert warning == {
        "code": "INVALID_ACTION", "severity": "warning", "message": "Amazon S3 has no action `ListObjects`",
        "remedy": "write `s3:ListBucket`", "line": 5, "column": 32,
    }


def test_warnings_may_be_denied_and_notes_may_not(check):
    documents = {"warned": LISTS_OBJECTS, "noted": REDUNDANT, "sound": SOUND}
    assert check("--deny-warnings", "sound.json", **documents).returncode == 0
    assert check("--deny-warnings", "warned.json", "sound.json").returncode == 1
    noted = check("--deny-warnings", "-o", "json", "noted.json")
    assert noted.returncode == 0
    assert [(it["code"], it["severity"]) for it in reports(noted)[0]["warnings"]] == [("REDUNDANT_ACTION", "note")]


def test_the_kind_is_guessed_unless_it_is_said(check):
    documents = {"trust": ANY_NAMESPACE, "bucket": READABLE_BY_ALL, "identity": SOUND}
    found = reports(check("-o", "json", "trust.json", "bucket.json", "identity.json", **documents))
    assert [(it["kind"], [warning["code"] for warning in it["warnings"]]) for it in found] == [
        ("trust", ["OIDC_PROVIDER_WITHOUT_AUDIENCE", "WILDCARD_IN_OIDC_SUBJECT"]),
        ("bucket", ["STAR_PRINCIPAL_WITHOUT_CONDITION"]),
        ("identity", []),
    ]
    done = check("--kind", "trust", "identity.json")
    assert done.returncode == 1
    assert done.stdout.endswith("identity.json: read as a trust policy: 1 error\n")
    assert check("--kind", "nonsense", "identity.json").returncode == 2


def test_standard_input(check):
    done = check("-", given=LISTS_OBJECTS)
    assert done.returncode == 0
    assert " --> standard input:5:32\n" in done.stdout


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_checked(check):
    done = check("missing.json", "latin.json", "sound.json", latin="é".encode("latin-1"), sound=SOUND)
    assert done.returncode == 2
    missing, latin = done.stderr.splitlines()
    assert missing.startswith("daypass: cannot read missing.json")
    assert latin == "daypass: latin.json is not UTF-8 text, which JSON has to be"
    assert done.stdout == "sound.json: read as an identity policy: no errors\n"
    assert check().returncode == 2


@pytest.mark.parametrize("text", ["{", "[]", "\ufeff{}", '{"Statement": "\\ud800"}', "\0", "\n\n"])
def test_broken_documents_have_an_error_and_a_place(check, text):
    done = check("-o", "json", "p.json", p=text)
    [report] = reports(done)
    [error] = report["errors"]
    assert done.returncode == 1
    assert 0 <= error["span"]["start"] <= error["span"]["end"] <= len(text.encode())
    assert error["reason"] and error["line"] >= 1 and error["column"] >= 1
    assert check("p.json").stdout.startswith("error[MalformedPolicyDocument]: ")
