"""An organization of a server's own, and member accounts in it."""

import json
import os

from support.clients import As
from support.policies import allow, policy
from support.server import ACCOUNT, Credentials, Server

ACCESS_ROLE = "OrganizationAccountAccessRole"
ALLOW_ALL = policy(allow("*"))


class Organization:
    """The management account's view; `.id`, `.root` and `.management` tell what it is."""

    def __init__(self, server: Server, feature_set: str = "ALL"):
        self.server = server
        self.management = As(server, server.administrator)
        self.api = self.management.organizations
        self.described = self.api.create_organization(FeatureSet=feature_set)["Organization"]
        self.id = self.described["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]

    def account(self, name: str = "member", **options) -> "Member":
        """A new account, and its administrator."""
        email = options.pop("Email", f"{name}-{os.urandom(4).hex()}@example.com")
        status = self.api.create_account(Email=email, AccountName=name, **options)["CreateAccountStatus"]
        assert status["State"] == "SUCCEEDED", status
        return Member(self, status["AccountId"], options.get("RoleName", ACCESS_ROLE))

    def unit(self, name: str, parent: str | None = None) -> str:
        """A new unit's id."""
        made = self.api.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def move(self, account: str, to: str) -> None:
        """Moves an account to a unit or the root."""
        source = self.api.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.api.move_account(AccountId=account, SourceParentId=source, DestinationParentId=to)

    def policy(self, document: str, kind: str = "SERVICE_CONTROL_POLICY", to: str | None = None) -> dict:
        """A new policy's summary; attached if `to` says what to."""
        made = self.api.create_policy(
            Name=f"p-{os.urandom(4).hex()}", Description="", Type=kind, Content=document
        )["Policy"]["PolicySummary"]
        if to:
            self.api.attach_policy(PolicyId=made["Id"], TargetId=to)
        return made


class Member(As):
    """The administrator of a member account, by its access role."""

    def __init__(self, organization: Organization, account: str, role: str):
        self.id = account
        self.organization = organization
        self.role_arn = f"arn:aws:iam::{account}:role/{role}"
        answer = organization.management.sts.assume_role(RoleArn=self.role_arn, RoleSessionName="admin")
        self.arn = answer["AssumedRoleUser"]["Arn"]
        super().__init__(organization.server, Credentials.of(answer["Credentials"]))

    def user(self, name: str, document: str | None = None) -> As:
        """A user of the account, with a key and perhaps an inline policy."""
        self.iam.create_user(UserName=name)
        if document:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        made = As(self.organization.server, Credentials.of(key))
        made.name, made.arn = name, f"arn:aws:iam::{self.id}:user/{name}"
        return made

    def role(self, name: str, trusted: str, document: str | None = ALLOW_ALL) -> str:
        """A role's ARN."""
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
        if document:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return f"arn:aws:iam::{self.id}:role/{name}"


def by_arn(server: Server, caller: As, role: str, session: str = "session", **options) -> As:
    """A session of a role that is named by its ARN."""
    answer = caller.sts.assume_role(RoleArn=role, RoleSessionName=session, **options)
    made = As(server, Credentials.of(answer["Credentials"]))
    made.answer = answer
    return made


def management_root() -> str:
    """The ARN of the management account's root."""
    return f"arn:aws:iam::{ACCOUNT}:root"


def events(caller: As, name: str) -> list[dict]:
    """The records of an operation in the caller's account, newest first."""
    found = caller.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
    )["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]
