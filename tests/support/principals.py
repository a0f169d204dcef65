"""Principals on demand: a user with a key, a role and a session of it."""

import itertools
import os

from support.clients import As
from support.policies import ROOT, trust
from support.server import ACCOUNT, Credentials, Server

_numbers = itertools.count(1)


class Account:
    """Makes principals in a server's account."""

    def __init__(self, server: Server, admin: As):
        self.server = server
        self.admin = admin

    @staticmethod
    def name(kind: str) -> str:
        """A name that nothing else has."""
        return f"{kind}-{next(_numbers)}-{os.urandom(3).hex()}"

    def user(self, document: str | None = None, **options) -> As:
        """A new user with an access key and an inline policy; `.name` and `.arn` tell who it is."""
        name = self.name("user")
        self.admin.iam.create_user(UserName=name, **options)
        if document:
            self.admin.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = self.admin.iam.create_access_key(UserName=name)["AccessKey"]
        made = As(self.server, Credentials.of(key))
        made.name = name
        made.arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        return made

    def role(self, document: str | None = None, trusted: str | None = None, **options) -> str:
        """A new role's name; it trusts the account unless told."""
        name = options.pop("RoleName", None) or self.name("role")
        self.admin.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trusted or trust(ROOT), **options
        )
        if document:
            self.admin.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return name

    def session(self, role: str, session: str = "session", caller: As | None = None, **options) -> As:
        """A session of a role; `.answer` is what AssumeRole answered."""
        answer = (caller or self.admin).sts.assume_role(
            RoleArn=role_arn(role), RoleSessionName=session, **options
        )
        made = As(self.server, Credentials.of(answer["Credentials"]))
        made.answer = answer
        made.arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
        made.role = role
        return made

    def session_with(self, document: str | None, **options) -> As:
        """A session of a new role with an inline policy."""
        return self.session(self.role(document), **options)


def role_arn(name: str) -> str:
    """The ARN of a role without a path."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"
