"""Policy documents, and roles that have them."""

import json

from support.server import ACCOUNT

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def policy(*statements: dict) -> str:
    """A document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more) -> dict:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more) -> dict:
    """A statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal, *, action="sts:AssumeRole", condition: dict | None = None) -> str:
    """A trust policy for AWS principals."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    return policy({**statement, **({"Condition": condition} if condition else {})})


def trust_provider(provider: str, subject: str | None, *, action="sts:AssumeRoleWithWebIdentity", **more) -> str:
    """A trust policy for a subject of an OIDC provider."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
        "Action": action,
    }
    condition = {"StringEquals": {f"{provider}:sub": subject}} if subject else {}
    for operator, keys in more.items():
        condition.setdefault(operator, {}).update(keys)
    return policy({**statement, **({"Condition": condition} if condition else {})})


def trust_saml(provider: str, condition: dict | None = None, *, action="sts:AssumeRoleWithSAML") -> str:
    """A trust policy for a SAML provider, by its ARN."""
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
    return policy({**statement, **({"Condition": condition} if condition else {})})
