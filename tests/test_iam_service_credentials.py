"""Service-specific credentials of users."""

import base64
import json
import re

import pytest

from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account
from support.server import ACCOUNT

CODE_COMMIT, BEDROCK, LOGS = "codecommit.amazonaws.com", "bedrock.amazonaws.com", "logs.amazonaws.com"
SECRETS = ("ServicePassword", "ServiceCredentialSecret")


@pytest.fixture
def iam(admin):
    return admin.iam


def create(iam, user: str, service: str = CODE_COMMIT, **more) -> dict:
    answer = iam.create_service_specific_credential(UserName=user, ServiceName=service, **more)
    return answer["ServiceSpecificCredential"]


def shown(credential: dict) -> dict:
    """What lists tell of a credential: all but its secret."""
    return {key: value for key, value in credential.items() if key not in SECRETS}


def listed(iam, **which) -> list:
    return iam.list_service_specific_credentials(**which)["ServiceSpecificCredentials"]


def missing(id: str):
    return refused("NoSuchEntity", 404, f"No such credential {id} exists")


def test_the_life_of_a_name_and_password(iam, name):
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        create(iam, name)
    iam.create_user(UserName=name)
    made = create(iam, name)
    id = made["ServiceSpecificCredentialId"]
    assert re.fullmatch(r"ACCA[A-Z2-7]{17}", id)
    assert made["ServiceUserName"] == f"{name}-at-{ACCOUNT}"
    assert len(base64.b64decode(made["ServicePassword"])) == 32
    assert (made["UserName"], made["ServiceName"], made["Status"]) == (name, CODE_COMMIT, "Active")
    assert not {"ExpirationDate", "ServiceCredentialAlias", "ServiceCredentialSecret"} & set(made)
    assert listed(iam, UserName=name) == [shown(made)]

    own = {"UserName": name, "ServiceSpecificCredentialId": id}
    reset = iam.reset_service_specific_credential(**own)["ServiceSpecificCredential"]
    assert shown(reset) == shown(made)
    assert reset["ServicePassword"] != made["ServicePassword"]
    iam.update_service_specific_credential(**own, Status="Inactive")
    assert listed(iam, UserName=name)[0]["Status"] == "Inactive"
    with refused("InvalidInput", 400):
        iam.update_service_specific_credential(**own, Status="Expired")

    with refused("DeleteConflict", 409, "Cannot delete entity, must remove referenced objects first."):
        iam.delete_user(UserName=name)
    iam.update_user(UserName=name, NewUserName=f"{name}-new")
    renamed, = listed(iam, UserName=f"{name}-new")
    # Who has configured the name goes on with it.
    assert (renamed["UserName"], renamed["ServiceUserName"]) == (f"{name}-new", made["ServiceUserName"])
    iam.create_user(UserName=name)
    assert create(iam, name)["ServiceUserName"] == f"{name}+1-at-{ACCOUNT}"
    own["UserName"] = f"{name}-new"
    iam.delete_service_specific_credential(**own)
    for call in (
        lambda: iam.reset_service_specific_credential(**own),
        lambda: iam.update_service_specific_credential(**own, Status="Active"),
        lambda: iam.delete_service_specific_credential(**own),
    ):
        with missing(id):
            call()
    iam.delete_user(UserName=f"{name}-new")


def test_an_api_key_holds_its_alias_and_may_expire(iam, name):
    iam.create_user(UserName=name)
    for service, prefix in ((BEDROCK, "ABSK"), (LOGS, "ACWL")):
        made = create(iam, name, service, CredentialAgeDays=30)
        assert made["ServiceCredentialAlias"] == f"{name}-at-{ACCOUNT}"
        assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
        secret = made["ServiceCredentialSecret"]
        assert secret.startswith(prefix)
        alias, _, random = base64.b64decode(secret[4:]).decode().partition(":")
        assert alias == made["ServiceCredentialAlias"] and len(base64.b64decode(random)) == 44
        assert not {"ServiceUserName", "ServicePassword"} & set(made)
        reset = iam.reset_service_specific_credential(
            UserName=name, ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"]
        )["ServiceSpecificCredential"]
        assert reset["ServiceCredentialSecret"] not in (secret, None)
        assert shown(reset) == shown(made)
    assert "ExpirationDate" not in create(iam, name, BEDROCK)
    with refused("ValidationError", 400):
        create(iam, name, CODE_COMMIT, CredentialAgeDays=30)
    for days in (0, 36601):
        with refused("ValidationError", 400):
            create(iam, name, LOGS, CredentialAgeDays=days)


def test_two_for_each_service_that_has_any(iam, name):
    iam.create_user(UserName=name)
    made = [create(iam, name), create(iam, name)]
    assert [it["ServiceUserName"] for it in made] == [f"{name}-at-{ACCOUNT}", f"{name}+1-at-{ACCOUNT}"]
    with refused("LimitExceeded", 409, "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"):
        create(iam, name)
    create(iam, name, "cassandra.amazonaws.com")
    for service in ("s3.amazonaws.com", "codecommit", "CODECOMMIT.amazonaws.com"):
        with refused("NotSupportedService", 404):
            create(iam, name, service)
        with refused("NotSupportedService", 404):
            listed(iam, UserName=name, ServiceName=service)
    assert len(listed(iam, UserName=name)) == 3
    of_one = listed(iam, UserName=name, ServiceName=CODE_COMMIT)
    assert of_one == sorted((shown(it) for it in made), key=lambda it: it["ServiceSpecificCredentialId"])


def test_lists_are_of_one_user_or_of_all(iam, account, name):
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    user = account.user(policy(allow("iam:ListServiceSpecificCredentials", own)))
    other = account.user().name
    made = [create(iam, it, service) for it in (user.name, other) for service in (BEDROCK, LOGS, LOGS)]
    ids = [it["ServiceSpecificCredentialId"] for it in made]
    assert {it["ServiceSpecificCredentialId"] for it in listed(user.iam)} == set(ids[:3])
    with refused("ValidationError", 400, "AllUsers cannot be specified together with UserName."):
        listed(iam, UserName=other, AllUsers=True)
    everybody = f"arn:aws:iam::{ACCOUNT}:user/"
    with refused("AccessDenied", 403, has=f"iam:ListServiceSpecificCredentials on resource: {everybody} because"):
        listed(user.iam, AllUsers=True)
    seen, marker = [], {}
    while True:
        page = iam.list_service_specific_credentials(AllUsers=True, ServiceName=LOGS, MaxItems=3, **marker)
        assert len(page["ServiceSpecificCredentials"]) <= 3
        seen += [it["ServiceSpecificCredentialId"] for it in page["ServiceSpecificCredentials"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert len(seen) == len(set(seen))
    assert set(seen) >= {it["ServiceSpecificCredentialId"] for it in made if it["ServiceName"] == LOGS}


def test_conditions_see_service_and_age(iam, account):
    target = account.user().name
    limits = {
        "StringEquals": {"iam:ServiceSpecificCredentialServiceName": BEDROCK},
        "NumericLessThanEquals": {"iam:ServiceSpecificCredentialAgeDays": "30"},
    }
    user = account.user(policy(
        allow("iam:CreateServiceSpecificCredential", Condition=limits),
        allow(
            ["iam:DeleteServiceSpecificCredential", "iam:ResetServiceSpecificCredential",
             "iam:UpdateServiceSpecificCredential"],
            Condition={"StringEquals": {"iam:ServiceSpecificCredentialServiceName": BEDROCK}},
        ),
    ))
    for service, more in ((LOGS, {"CredentialAgeDays": 30}), (BEDROCK, {"CredentialAgeDays": 31}), (BEDROCK, {})):
        with refused("AccessDenied", 403, has="iam:CreateServiceSpecificCredential"):
            create(user.iam, target, service, **more)
    good = {"UserName": target, "ServiceSpecificCredentialId": create(
        user.iam, target, BEDROCK, CredentialAgeDays=30)["ServiceSpecificCredentialId"]}
    other = {**good, "ServiceSpecificCredentialId": create(iam, target, LOGS)["ServiceSpecificCredentialId"]}
    for call, more in (
        (user.iam.update_service_specific_credential, {"Status": "Inactive"}),
        (user.iam.reset_service_specific_credential, {}),
        (user.iam.delete_service_specific_credential, {}),
    ):
        with refused("AccessDenied", 403):
            call(**other, **more)
        call(**good, **more)
    # Gone, it has no service that could be allowed.
    with refused("AccessDenied", 403):
        user.iam.delete_service_specific_credential(**good)


def test_secrets_are_told_once_and_kept_by_nobody(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    user = account.user().name
    made = [create(iam, user), create(iam, user, BEDROCK)]
    reset = iam.reset_service_specific_credential(
        UserName=user, ServiceSpecificCredentialId=made[0]["ServiceSpecificCredentialId"]
    )["ServiceSpecificCredential"]
    before = listed(iam, UserName=user)
    events = account.admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateServiceSpecificCredential"}]
    )["Events"]
    recorded = json.loads(events[0]["CloudTrailEvent"])["responseElements"]["serviceSpecificCredential"]
    assert recorded["serviceCredentialAlias"] == made[1]["ServiceCredentialAlias"]
    own_server.kill()
    secrets = [it[key] for it in (*made, reset) for key in SECRETS if key in it]
    secrets += [base64.b64decode(made[1]["ServiceCredentialSecret"][4:]).decode().partition(":")[2]]
    assert len(secrets) == 4
    for path in [*own_server.data.rglob("*"), own_server.log_file]:
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
    own_server.restart()
    assert listed(As(own_server, own_server.administrator).iam, UserName=user) == before


def test_the_cli_manages_credentials(aws, account):
    user = ("--user-name", account.user().name)
    made = aws.json("iam", "create-service-specific-credential", *user, "--service-name", CODE_COMMIT)
    made = made["ServiceSpecificCredential"]
    id = ("--service-specific-credential-id", made["ServiceSpecificCredentialId"])
    reset = aws.json("iam", "reset-service-specific-credential", *user, *id)["ServiceSpecificCredential"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    aws("iam", "update-service-specific-credential", *user, *id, "--status", "Inactive")
    credentials = aws.json("iam", "list-service-specific-credentials", *user)["ServiceSpecificCredentials"]
    assert credentials == [{**shown(made), "Status": "Inactive"}]
    aws("iam", "delete-service-specific-credential", *user, *id)
    assert "(NoSuchEntity)" in aws.fails("iam", "delete-service-specific-credential", *user, *id)
