"""Virtual MFA devices: made, enabled, used, taken away."""

import json
import re
import time

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy, trust
from support.principals import Account, role_arn
from support.server import ACCOUNT, Credentials
from support.totp import Device

WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
NOT_THE_USERS = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user."
)
INVALID = "Authentication code for device is not valid."


@pytest.fixture
def iam(admin):
    return admin.iam


def missing(serial: str):
    return refused("NoSuchEntity", 404, f"VirtualMFADevice with serial number {serial} doesn't exist.")


def codes(first: str, second: str) -> dict:
    return {"AuthenticationCode1": first, "AuthenticationCode2": second}


def test_the_life_of_a_device(iam, account, name):
    made = iam.create_virtual_mfa_device(
        VirtualMFADeviceName=name, Path="/phones/", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]
    )["VirtualMFADevice"]
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/phones/{name}"
    assert made["SerialNumber"] == serial
    assert re.fullmatch(rb"[A-Z2-7]{64}", made["Base32StringSeed"])
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert made["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    assert "User" not in made and "EnableDate" not in made
    with refused("EntityAlreadyExists", 409, "MFADevice entity at the same path and name already exists."):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/phones/")
    # Another path, another device.
    other = Device.create(iam, name)
    assert other.serial == f"arn:aws:iam::{ACCOUNT}:mfa/{name}"

    user = account.user().name
    device = Device(serial, made["Base32StringSeed"])
    here = {"UserName": user, "SerialNumber": serial}
    with refused("NoSuchEntity", 404, "MFA Device invalid for user."):
        iam.get_mfa_device(**here)
    with refused("InvalidAuthenticationCode", 403, INVALID):
        iam.enable_mfa_device(**here, **codes("000000", "000000"))
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []
    device.enable(iam, user)
    with refused("EntityAlreadyExists", 409, "MFA Device is already in use."):
        iam.enable_mfa_device(**here, **codes(*device.pair()))
    shown = iam.get_mfa_device(**here)
    assert (shown["UserName"], shown["SerialNumber"]) == (user, serial)
    assert "Certifications" not in shown
    listed = iam.list_mfa_devices(UserName=user)["MFADevices"]
    assert listed == [{**here, "EnableDate": shown["EnableDate"]}]

    with refused("DeleteConflict", 409, "MFA VirtualDevice in use. Must deactivate first."):
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.deactivate_mfa_device(**here)
    with refused("NoSuchEntity", 404, "MFA Device invalid for user."):
        iam.deactivate_mfa_device(**here)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    for call in (
        lambda: iam.delete_virtual_mfa_device(SerialNumber=serial),
        lambda: iam.enable_mfa_device(**here, **codes("123456", "123456")),
        lambda: iam.resync_mfa_device(**here, **codes("123456", "123456")),
        lambda: iam.deactivate_mfa_device(**here),
        lambda: iam.get_mfa_device(**here),
        lambda: iam.list_mfa_device_tags(SerialNumber=serial),
    ):
        with missing(serial):
            call()
    iam.delete_virtual_mfa_device(SerialNumber=other.serial)


def test_the_cli_sets_up_a_phone_and_logs_in_with_it(server, aws, account, home, name):
    user = account.user(policy(allow("iam:ListUsers")))
    seed, picture = home / "seed", home / "qr.png"
    made = aws.json(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", name,
        "--bootstrap-method", "Base32StringSeed", "--outfile", str(seed),
    )["VirtualMFADevice"]
    device = Device(made["SerialNumber"], seed.read_text())
    spare = aws.json(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", f"{name}-spare",
        "--bootstrap-method", "QRCodePNG", "--outfile", str(picture),
    )["VirtualMFADevice"]["SerialNumber"]
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    of_user = ("--user-name", user.name)
    this = (*of_user, "--serial-number", device.serial)
    first, second = device.pair()
    pair = ("--authentication-code1", first, "--authentication-code2", second)
    aws("iam", "enable-mfa-device", *this, *pair)
    assert "(InvalidAuthenticationCode)" in aws.fails("iam", "resync-mfa-device", *this, *pair)
    assert [it["SerialNumber"] for it in aws.json("iam", "list-mfa-devices", *of_user)["MFADevices"]] == [device.serial]
    assert aws.json("iam", "get-mfa-device", *this)["UserName"] == user.name
    unassigned = aws.json("iam", "list-virtual-mfa-devices", "--assignment-status", "Unassigned")
    serials = [it["SerialNumber"] for it in unassigned["VirtualMFADevices"]]
    assert spare in serials and device.serial not in serials

    own = Cli.of(server, home, user.credentials)
    login = ("sts", "get-session-token", "--serial-number", device.serial, "--token-code")
    code = device.fresh()
    session = Credentials.of(json.loads(own(*login, code))["Credentials"])
    assert WRONG in own.fails(*login, code)
    strong = Cli.of(server, home, session)
    assert strong.json("sts", "get-caller-identity")["Arn"] == user.arn
    strong("iam", "list-users")
    plain = Credentials.of(own.json("sts", "get-session-token")["Credentials"])
    assert "(InvalidClientTokenId)" in Cli.of(server, home, plain).fails("iam", "list-users")

    aws("iam", "tag-mfa-device", "--serial-number", spare, "--tags", "Key=team,Value=a", "Key=x,Value=")
    aws("iam", "untag-mfa-device", "--serial-number", spare, "--tag-keys", "X")
    tags = aws.json("iam", "list-mfa-device-tags", "--serial-number", spare)["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    aws("iam", "deactivate-mfa-device", *this)
    for serial in (device.serial, spare):
        aws("iam", "delete-virtual-mfa-device", "--serial-number", serial)


def test_a_used_code_stays_used_over_a_restart(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    user = account.user(policy(allow("iam:ListUsers")))
    device = Device.of(account.admin.iam, user.name)
    code = device.fresh()
    used = {"SerialNumber": device.serial, "TokenCode": code}
    answer = user.sts.get_session_token(**used)
    own_server.kill()
    own_server.restart()
    user = As(own_server, user.credentials)
    with refused("AccessDenied", 403, WRONG):
        user.sts.get_session_token(**used)
    # The session is still one, and the device still the user's.
    strong = As(own_server, Credentials.of(answer["Credentials"]))
    strong.iam.list_users()
    admin = As(own_server, own_server.administrator)
    listed = admin.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [it["SerialNumber"] for it in listed] == [device.serial]
    summary = admin.iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"], summary["AccountMFAEnabled"]) == (1, 1, 0)


def test_wrong_codes_stay_counted_over_a_restart(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    user = account.user()
    device = Device.of(account.admin.iam, user.name)
    code = device.fresh()
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(5):
        with refused("AccessDenied", 403, WRONG):
            user.sts.get_session_token(SerialNumber=device.serial, TokenCode=wrong)
    own_server.kill()
    own_server.restart()
    with refused("AccessDenied", 403, WRONG):
        As(own_server, user.credentials).sts.get_session_token(SerialNumber=device.serial, TokenCode=code)
    own_server.logged("too many wrong codes")


def test_a_role_that_asks_for_a_second_factor(account):
    user = account.user()
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = account.role(
        policy(allow("iam:ListUsers", Condition=condition)), trusted=trust(user.arn, condition=condition)
    )
    device = Device.of(account.admin.iam, user.name)
    denied = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn(role)}"
    with refused("AccessDenied", 403, denied):
        account.session(role, caller=user)
    code = device.fresh()
    wrong = "000000" if code != "000000" else "000001"
    with refused("AccessDenied", 403, WRONG):
        account.session(role, caller=user, SerialNumber=device.serial, TokenCode=wrong)
    for lone in ({"SerialNumber": device.serial}, {"TokenCode": code}):
        with refused("AccessDenied", 403, has="must provide both MFA serial number and one time pass code."):
            account.session(role, caller=user, **lone)
    stranger = account.user(policy(allow("*")))
    with refused("AccessDenied", 403, NOT_THE_USERS):
        account.session(account.role(), caller=stranger, SerialNumber=device.serial, TokenCode=code)
    session = account.session(role, caller=user, SerialNumber=device.serial, TokenCode=code)
    session.iam.list_users()
    # A role has no device.
    with refused("AccessDenied", 403, NOT_THE_USERS):
        account.session(account.role(), caller=session, SerialNumber=device.serial, TokenCode=code)


def test_a_user_with_a_device_is_not_deleted(iam, name):
    iam.create_user(UserName=name)
    device = Device.of(iam, name)
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete MFA device first."):
        iam.delete_user(UserName=name)
    # A new name changes nothing about whose it is.
    iam.update_user(UserName=name, NewUserName=f"{name}-new")
    assert iam.get_mfa_device(UserName=f"{name}-new", SerialNumber=device.serial)["UserName"] == f"{name}-new"
    iam.deactivate_mfa_device(UserName=f"{name}-new", SerialNumber=device.serial)
    iam.delete_user(UserName=f"{name}-new")


def test_paginators_show_every_device_once(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam, user = account.admin.iam, account.user().name
    devices = [Device.create(iam, f"d-{number:02}") for number in range(25)]
    for device in devices[:8]:
        device.enable(iam, user)
    serials = [device.serial for device in devices]
    for status, expected in ((None, serials), ("Any", serials), ("Assigned", serials[:8]), ("Unassigned", serials[8:])):
        options = {"AssignmentStatus": status} if status else {}
        pages = list(iam.get_paginator("list_virtual_mfa_devices").paginate(**options, PaginationConfig={"PageSize": 3}))
        assert all(len(page["VirtualMFADevices"]) <= 3 for page in pages)
        listed = [it for page in pages for it in page["VirtualMFADevices"]]
        assert [it["SerialNumber"] for it in listed] == expected
        for it in listed:
            assigned = it["SerialNumber"] in serials[:8]
            assert ("User" in it, "EnableDate" in it) == (assigned, assigned)
            assert "Base32StringSeed" not in it and "QRCodePNG" not in it and "Tags" not in it
            if assigned:
                assert it["User"]["UserName"] == user
    pages = iam.get_paginator("list_mfa_devices").paginate(UserName=user, PaginationConfig={"PageSize": 5})
    listed = [[it["SerialNumber"] for it in page["MFADevices"]] for page in pages]
    assert [len(page) for page in listed] == [5, 3]
    assert sum(listed, []) == serials[:8]
    with refused("LimitExceeded", 409, "Cannot exceed quota for MFADevicesPerUser: 8"):
        devices[8].enable(iam, user)


def test_each_operation_needs_its_permission(account, iam, name):
    stranger = account.user()
    device = Device.of(iam, account.user().name, name)
    owner = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    owner = next(it["User"]["UserName"] for it in owner if it["SerialNumber"] == device.serial)
    this, here = {"SerialNumber": device.serial}, {"UserName": owner, "SerialNumber": device.serial}
    pair = codes("123456", "654321")
    new = f"arn:aws:iam::{ACCOUNT}:mfa/{name}-new"
    for action, on, call in (
        ("CreateVirtualMFADevice", new, lambda: stranger.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{name}-new")),
        ("DeleteVirtualMFADevice", device.serial, lambda: stranger.iam.delete_virtual_mfa_device(**this)),
        ("ListVirtualMFADevices", f"arn:aws:iam::{ACCOUNT}:mfa/", lambda: stranger.iam.list_virtual_mfa_devices()),
        ("EnableMFADevice", f"user {owner}", lambda: stranger.iam.enable_mfa_device(**here, **pair)),
        ("ResyncMFADevice", f"user {owner}", lambda: stranger.iam.resync_mfa_device(**here, **pair)),
        ("DeactivateMFADevice", f"user {owner}", lambda: stranger.iam.deactivate_mfa_device(**here)),
        ("ListMFADevices", f"user {owner}", lambda: stranger.iam.list_mfa_devices(UserName=owner)),
        ("GetMFADevice", f"user {owner}", lambda: stranger.iam.get_mfa_device(**here)),
        ("TagMFADevice", device.serial, lambda: stranger.iam.tag_mfa_device(**this, Tags=[{"Key": "k", "Value": "v"}])),
        ("UntagMFADevice", device.serial, lambda: stranger.iam.untag_mfa_device(**this, TagKeys=["k"])),
        ("ListMFADeviceTags", device.serial, lambda: stranger.iam.list_mfa_device_tags(**this)),
    ):
        with refused(
            "AccessDenied", 403,
            f"User: {stranger.arn} is not authorized to perform: iam:{action} on resource: {on} because no "
            f"identity-based policy allows the iam:{action} action",
        ):
            call()


def test_users_look_after_their_own_device(account, name):
    """The documented policy for that, with the user's name in it."""
    own_user = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    user = account.user(policy(
        allow("iam:CreateVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/*"),
        allow(["iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"], own_user),
        allow("iam:DeactivateMFADevice", own_user, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ))
    device = Device.create(user.iam, name)
    with refused("AccessDenied", 403):
        device.enable(user.iam, account.user().name)
    device.enable(user.iam, user.name)
    assert len(user.iam.list_mfa_devices()["MFADevices"]) == 1
    here = {"UserName": user.name, "SerialNumber": device.serial}
    with refused("AccessDenied", 403, has="iam:DeactivateMFADevice"):
        user.iam.deactivate_mfa_device(**here)
    answer = user.sts.get_session_token(SerialNumber=device.serial, TokenCode=device.fresh())
    strong = As(account.server, Credentials.of(answer["Credentials"]))
    strong.iam.deactivate_mfa_device(SerialNumber=device.serial)
    assert user.iam.list_mfa_devices()["MFADevices"] == []


def test_tags_of_a_device_decide(account, iam, name):
    mine = Device.create(iam, name, Tags=[{"Key": "team", "Value": "a"}])
    other = Device.create(iam, f"{name}-other", Tags=[{"Key": "team", "Value": "b"}])
    user = account.user(policy(
        allow(["iam:TagMFADevice", "iam:DeleteVirtualMFADevice"],
              Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
        allow("iam:CreateVirtualMFADevice"),
        allow("iam:TagMFADevice", Condition={"StringEquals": {"aws:RequestTag/team": "a"}}),
    ))
    user.iam.tag_mfa_device(SerialNumber=mine.serial, Tags=[{"Key": "x", "Value": "y"}])
    with refused("AccessDenied", 403, has="iam:TagMFADevice"):
        user.iam.tag_mfa_device(SerialNumber=other.serial, Tags=[{"Key": "x", "Value": "y"}])
    with refused("AccessDenied", 403, has="iam:TagMFADevice"):
        Device.create(user.iam, f"{name}-2", Tags=[{"Key": "team", "Value": "b"}])
    Device.create(user.iam, f"{name}-2", Tags=[{"Key": "team", "Value": "a"}])
    with refused("AccessDenied", 403):
        user.iam.delete_virtual_mfa_device(SerialNumber=other.serial)
    user.iam.delete_virtual_mfa_device(SerialNumber=mine.serial)
    with refused("InvalidInput", 400, has="Duplicate tag keys found."):
        iam.tag_mfa_device(SerialNumber=other.serial, Tags=[{"Key": "k", "Value": ""}, {"Key": "K", "Value": ""}])


@pytest.mark.parametrize("parameters, text", [
    ({"VirtualMFADeviceName": "a/b"}, "failed to satisfy constraint"),
    ({"VirtualMFADeviceName": ""}, "failed to satisfy constraint"),
    ({"VirtualMFADeviceName": "a", "Path": "no"}, "path"),
    ({"VirtualMFADeviceName": "a" * 120, "Path": f"/{'p' * 120}/"}, "256 characters"),
])
def test_names_that_no_device_can_have(iam, parameters, text):
    with refused("ValidationError", 400, has=text):
        iam.create_virtual_mfa_device(**parameters)


def test_records_name_the_device_and_no_code(admin, account, name):
    user = account.user().name
    device = Device.of(admin.iam, user, name)
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": device.serial}]
    )["Events"]
    records = {it["EventName"]: json.loads(it["CloudTrailEvent"]) for it in events}
    enabled = records["EnableMFADevice"]
    assert enabled["requestParameters"] == {"userName": user, "serialNumber": device.serial}
    assert {"AWS::IAM::User", "AWS::IAM::MfaDevice"} == {it["type"] for it in enabled["resources"]}
    created = records["CreateVirtualMFADevice"]
    assert created["responseElements"] == {"virtualMFADevice": {"serialNumber": device.serial}}
    assert device.seed not in json.dumps(list(records.values()))


def test_a_clock_that_is_off_is_learned(account, iam, name):
    user = account.user()
    device = Device.of(iam, user.name, name)
    # A phone that is four minutes ahead.
    ahead = int(time.time()) // 30 + 8
    with refused("AccessDenied", 403):
        user.sts.get_session_token(SerialNumber=device.serial, TokenCode=device.code(ahead))
    with refused("InvalidAuthenticationCode", 403):
        iam.resync_mfa_device(UserName=user.name, SerialNumber=device.serial, **codes(device.code(ahead), "000000"))
    iam.resync_mfa_device(
        UserName=user.name, SerialNumber=device.serial, **codes(device.code(ahead), device.code(ahead + 1))
    )
    user.sts.get_session_token(SerialNumber=device.serial, TokenCode=device.code(ahead + 2))
