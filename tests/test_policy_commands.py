"""Policies without a server: what they give access to, and what they decide."""

import gzip
import json
import subprocess
from pathlib import Path

from support.server import binary

ROOT = Path(__file__).parents[1]
CASES = ROOT / "crates/policy/tests/cases/policy-decisions.jsonl.gz"
# Listed with their reasons in crates/policy/tests/evaluation/cases.rs.
DEPARTURES = 38

READER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
            "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        },
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"},
    ],
}
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def daypass(*words: str, given: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([binary(), "policy", *words], input=given, capture_output=True, text=True, timeout=60)


def row(text: str, first: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith(first)]
    return line


def test_a_summary_is_the_consoles_table():
    told = daypass("summary", "-", given=json.dumps(READER))
    assert told.returncode == 0, told.stderr
    allow, deny = told.stdout.split("\nExplicit deny\n")
    assert allow.startswith("Allow\nService")
    assert row(allow, "Amazon S3").split("  ")[1:] != []
    for part in ("Limited: List, Read", "Multiple", "aws:SourceIp | IpAddress | 203.0.113.0/24"):
        assert part in row(allow, "Amazon S3")
    assert "Full access" in row(deny, "Amazon DynamoDB")


def test_a_summary_has_every_action_and_is_json_for_programs(tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(READER))
    actions = daypass("summary", "--actions", str(policy)).stdout
    assert "object | arn:aws:s3:::data/*" in row(actions, "s3:GetObject ")
    assert "bucket | arn:aws:s3:::data" in row(actions, "s3:ListBucket ")
    summary = json.loads(daypass("summary", "-o", "json", str(policy)).stdout)
    assert [service["prefix"] for service in summary["allow"]] == ["s3"]
    assert [service["prefix"] for service in summary["deny"]] == ["dynamodb"]


def test_policies_of_one_role_are_summarized_together(tmp_path):
    for name, policy in (("a", READER), ("b", ADMINISTRATOR)):
        (tmp_path / name).write_text(json.dumps(policy))
    both = daypass("summary", "-o", "json", str(tmp_path / "a"), str(tmp_path / "b"))
    services = {service["prefix"] for service in json.loads(both.stdout)["allow"]}
    assert {"s3", "iam", "ec2", "sts"} < services


def test_a_document_that_is_no_policy_is_told_by_name(tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Deny"}]}')
    told = daypass("summary", str(broken))
    assert told.returncode != 0
    assert str(broken) in told.stderr and "given twice" in told.stderr
    assert "daypass policy check" in told.stderr
    missing = daypass("summary", str(tmp_path / "missing.json"))
    assert missing.returncode != 0 and "cannot read" in missing.stderr


def test_the_recorded_cases_are_decided_as_they_were_recorded_but_for_the_listed_ones():
    cases = gzip.decompress(CASES.read_bytes()).decode()
    decided = daypass("decide", given=cases)
    assert decided.returncode == 0, decided.stderr
    recorded = [json.loads(line) for line in cases.splitlines()]
    answers = [json.loads(line) for line in decided.stdout.splitlines()]
    assert [case["name"] for case in recorded] == [answer["name"] for answer in answers]
    pairs = zip(recorded, answers, strict=True)
    differing = [case["name"] for case, answer in pairs if case["decision"] != answer["decision"]]
    assert len(differing) == DEPARTURES


def test_a_decision_can_say_why_and_a_bad_case_does_not_stop_the_others():
    case = {
        "name": "one",
        "principal": "arn:aws:sts::123456789012:assumed-role/app/pod",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::data/x",
        "resourceAccount": "123456789012",
        "context": {"aws:SourceIp": "198.51.100.1"},
        "identity": [READER],
    }
    decided = daypass("decide", "--explain", given=f"{json.dumps(case)}\nnonsense\n{json.dumps(case)}\n")
    assert decided.returncode == 1
    first, second, third = map(json.loads, decided.stdout.splitlines())
    assert first == third and first["decision"] == "ImplicitlyDenied"
    assert '`IpAddress` asks `aws:SourceIp` for "203.0.113.0/24"' in first["reason"]
    assert "198.51.100.1" in first["reason"]
    assert "not a case" in second["error"]
