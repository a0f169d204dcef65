"""SSH public keys of users."""

import base64
import re

import pytest

from support import keys
from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account
from support.server import ACCOUNT

INVALID = "The public key is malformed or otherwise invalid."
UNRECOGNIZED = "The public key encoding format is unsupported or unrecognized."


@pytest.fixture
def iam(admin):
    return admin.iam


@pytest.fixture(scope="module")
def key():
    return keys.rsa_key()


def missing(id: str):
    return refused("NoSuchEntity", 404, f"The Public Key with id {id} cannot be found.")


def test_the_life_of_a_key(iam, name, key):
    line = keys.ssh_line(key, "me@here")
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=line)
    iam.create_user(UserName=name)
    made = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=f"{line}\n")["SSHPublicKey"]
    id = made["SSHPublicKeyId"]
    assert re.fullmatch(r"APKA[A-Z2-7]{17}", id)
    assert made["Fingerprint"] == keys.fingerprint(key)
    assert (made["UserName"], made["Status"], made["SSHPublicKeyBody"]) == (name, "Active", line)
    with refused("DuplicateSSHPublicKey", 400):
        iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=keys.public_pem(key))

    own = {"UserName": name, "SSHPublicKeyId": id}
    assert iam.get_ssh_public_key(**own, Encoding="SSH")["SSHPublicKey"] == made
    as_pem = iam.get_ssh_public_key(**own, Encoding="PEM")["SSHPublicKey"]
    assert as_pem == {**made, "SSHPublicKeyBody": keys.public_pem(key)}
    with refused("ValidationError", 400, has="Member must satisfy enum value set"):
        iam.get_ssh_public_key(**own, Encoding="DER")
    listed = iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]
    assert listed == [{it: made[it] for it in ("UserName", "SSHPublicKeyId", "Status", "UploadDate")}]
    iam.update_ssh_public_key(**own, Status="Inactive")
    assert iam.get_ssh_public_key(**own, Encoding="SSH")["SSHPublicKey"]["Status"] == "Inactive"
    with refused("InvalidInput", 400):
        iam.update_ssh_public_key(**own, Status="Expired")

    with refused("DeleteConflict", 409, "Cannot delete entity, must remove referenced objects first."):
        iam.delete_user(UserName=name)
    iam.update_user(UserName=name, NewUserName=f"{name}-new")
    renamed = iam.list_ssh_public_keys(UserName=f"{name}-new")["SSHPublicKeys"]
    assert [(it["UserName"], it["SSHPublicKeyId"]) for it in renamed] == [(f"{name}-new", id)]
    iam.delete_ssh_public_key(UserName=f"{name}-new", SSHPublicKeyId=id)
    for call in (
        lambda: iam.get_ssh_public_key(UserName=f"{name}-new", SSHPublicKeyId=id, Encoding="SSH"),
        lambda: iam.update_ssh_public_key(UserName=f"{name}-new", SSHPublicKeyId=id, Status="Active"),
        lambda: iam.delete_ssh_public_key(UserName=f"{name}-new", SSHPublicKeyId=id),
    ):
        with missing(id):
            call()
    iam.delete_user(UserName=f"{name}-new")


def test_a_key_in_pem_is_read_as_ssh(iam, name, key):
    iam.create_user(UserName=name)
    made = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=keys.public_pem(key))["SSHPublicKey"]
    assert made["Fingerprint"] == keys.fingerprint(key)
    shown = iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=made["SSHPublicKeyId"], Encoding="SSH")
    assert shown["SSHPublicKey"]["SSHPublicKeyBody"] == keys.ssh_line(key)


def test_what_is_no_rsa_key_of_2048_bits_is_refused(iam, name, key):
    iam.create_user(UserName=name)
    line = keys.ssh_line(key)
    for body, code, message in (
        (keys.ssh_line(keys.ec_key()), "UnrecognizedPublicKeyEncoding", UNRECOGNIZED),
        ("hello", "UnrecognizedPublicKeyEncoding", UNRECOGNIZED),
        (keys.private_pem(key), "UnrecognizedPublicKeyEncoding", UNRECOGNIZED),
        (keys.ssh_line(keys.rsa_key(1024)), "InvalidPublicKey", INVALID),
        (keys.public_pem(keys.rsa_key(1024)), "InvalidPublicKey", INVALID),
        (keys.public_pem(keys.ec_key()), "InvalidPublicKey", INVALID),
        (line[:-8], "InvalidPublicKey", INVALID),
        (f"ssh-rsa {base64.b64encode(b'x' * 40).decode()}", "InvalidPublicKey", INVALID),
        (f"{line}\n{line}", "InvalidPublicKey", INVALID),
    ):
        with refused(code, 400, message):
            iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=body)
    assert iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"] == []


def test_a_user_has_five_and_pages_show_each_once(iam, account, name, key):
    user = account.user(policy(allow("iam:ListSSHPublicKeys", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")))
    others = [key] + [keys.rsa_key() for _ in range(4)]
    made = [
        iam.upload_ssh_public_key(UserName=user.name, SSHPublicKeyBody=keys.ssh_line(it))["SSHPublicKey"]
        for it in others
    ]
    with refused("LimitExceeded", 409, "Cannot exceed quota for SSHPublicKeysPerUser: 5"):
        iam.upload_ssh_public_key(UserName=user.name, SSHPublicKeyBody=keys.ssh_line(keys.rsa_key()))
    # Another user may have the same key.
    iam.create_user(UserName=name)
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=keys.ssh_line(key))
    # The caller's own, when nobody is named.
    pages = user.iam.get_paginator("list_ssh_public_keys").paginate(PaginationConfig={"PageSize": 2})
    listed = [[it["SSHPublicKeyId"] for it in page["SSHPublicKeys"]] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert sorted(sum(listed, [])) == sorted(it["SSHPublicKeyId"] for it in made)


def test_a_key_of_another_user_is_not_there(iam, account, name, key):
    iam.create_user(UserName=name)
    id = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=keys.ssh_line(key))["SSHPublicKey"]["SSHPublicKeyId"]
    other = account.user()
    with missing(id):
        iam.get_ssh_public_key(UserName=other.name, SSHPublicKeyId=id, Encoding="SSH")
    with missing(id):
        iam.delete_ssh_public_key(UserName=other.name, SSHPublicKeyId=id)
    with refused(
        "AccessDenied", 403,
        f"User: {other.arn} is not authorized to perform: iam:GetSSHPublicKey on resource: user {name} "
        "because no identity-based policy allows the iam:GetSSHPublicKey action",
    ):
        other.iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=id, Encoding="SSH")


def test_keys_survive_a_kill(own_server, key):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    user = account.user().name
    made = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=keys.ssh_line(key, "x"))["SSHPublicKey"]
    gone = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=keys.ssh_line(keys.rsa_key()))["SSHPublicKey"]
    iam.delete_ssh_public_key(UserName=user, SSHPublicKeyId=gone["SSHPublicKeyId"])
    own_server.kill()
    own_server.restart()
    iam = As(own_server, own_server.administrator).iam
    shown = iam.get_ssh_public_key(UserName=user, SSHPublicKeyId=made["SSHPublicKeyId"], Encoding="SSH")
    assert shown["SSHPublicKey"] == made
    assert len(iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]) == 1


def test_the_cli_manages_keys(aws, account, key):
    user = ("--user-name", account.user().name)
    made = aws.json("iam", "upload-ssh-public-key", *user, "--ssh-public-key-body", keys.ssh_line(key))["SSHPublicKey"]
    id = ("--ssh-public-key-id", made["SSHPublicKeyId"])
    shown = aws.json("iam", "get-ssh-public-key", *user, *id, "--encoding", "PEM")["SSHPublicKey"]
    assert shown["SSHPublicKeyBody"] == keys.public_pem(key)
    aws("iam", "update-ssh-public-key", *user, *id, "--status", "Inactive")
    assert aws.json("iam", "list-ssh-public-keys", *user)["SSHPublicKeys"][0]["Status"] == "Inactive"
    aws("iam", "delete-ssh-public-key", *user, *id)
    assert "(NoSuchEntity)" in aws.fails("iam", "get-ssh-public-key", *user, *id, "--encoding", "SSH")
