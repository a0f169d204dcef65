"""AssumeRole: who may, for how long, with what; and what becomes of the session."""

import datetime
import json

import pytest

from support import raw
from support.clients import refused
from support.policies import ROOT, allow, deny, policy, trust, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT


def denied(caller, action: str, role: str) -> dict:
    """The refusal of an STS action: who, what and on what, and no reason."""
    return {
        "code": "AccessDenied", "status": 403,
        "message": f"User: {caller.arn} is not authorized to perform: {action} on resource: {role_arn(role)}",
    }


def test_the_answer_of_assume_role(account):
    role = account.role(Path="/service/")
    answer = account.admin.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/service/{role}", RoleSessionName="a=b,c.d@e-f_g+h"
    )
    unique = account.admin.iam.get_role(RoleName=role)["Role"]["RoleId"]
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{unique}:a=b,c.d@e-f_g+h",
        # The path is dropped.
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/a=b,c.d@e-f_g+h",
    }
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    left = credentials["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert 3590 <= left.total_seconds() <= 3600
    assert "PackedPolicySize" not in answer
    assert "SourceIdentity" not in answer


def test_the_identity_of_each_kind_of_caller(account):
    user = account.user(Path="/people/")
    told = user.sts.get_caller_identity()
    assert told["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/{user.name}"
    assert told["UserId"] == account.admin.iam.get_user(UserName=user.name)["User"]["UserId"]
    session = account.session_with(None)
    told = session.sts.get_caller_identity()
    assert told["Arn"] == session.arn
    assert told["UserId"] == session.answer["AssumedRoleUser"]["AssumedRoleId"]


def test_the_identity_can_not_be_denied(account):
    user = account.user(policy(deny("*")))
    assert user.sts.get_caller_identity()["Account"] == ACCOUNT


def test_a_role_that_is_not_there_is_refused_as_one_that_is_closed(account):
    user = account.user(policy(allow("sts:AssumeRole")))
    closed = account.role(trusted=trust(account.user().arn))
    for role in ("there-is-none", closed):
        with refused(**denied(user, "sts:AssumeRole", role)):
            account.session(role, caller=user)


def test_trust_in_the_account_needs_the_callers_own_permission(account):
    role = account.role(trusted=trust(ROOT))
    without = account.user()
    with refused(**denied(without, "sts:AssumeRole", role)):
        account.session(role, caller=without)
    account.session(role, caller=account.user(policy(allow("sts:AssumeRole", role_arn(role)))))


def test_trust_in_a_principal_is_enough_by_itself(account):
    user = account.user()
    account.session(account.role(trusted=trust(user.arn)), caller=user)
    role = account.role(trusted=trust(user.arn))
    with refused(**denied(account.user(policy(allow("*"))), "sts:AssumeRole", role) | {"message": None}):
        account.session(role, caller=account.user(policy(allow("*"))))


def test_an_explicit_deny_wins(account):
    user = account.user(policy(deny("sts:AssumeRole")))
    role = account.role(trusted=trust(user.arn))
    with refused(**denied(user, "sts:AssumeRole", role)):
        account.session(role, caller=user)


def test_a_session_of_one_role_is_no_session_of_another(account):
    first, second = account.role(policy(allow("iam:ListUsers"))), account.role(policy(allow("iam:ListRoles")))
    session = account.session(first)
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()
    with refused(**denied(session, "sts:AssumeRole", second)):
        account.session(second, caller=session)


def test_an_external_id_is_compared_when_the_trust_policy_asks(account):
    user = account.user()
    role = account.role(trusted=trust(user.arn, condition={"StringEquals": {"sts:ExternalId": "Unique-42"}}))
    account.session(role, caller=user, ExternalId="Unique-42")
    for options in ({}, {"ExternalId": "unique-42"}, {"ExternalId": "Unique-42 ".strip() + "0"}):
        with refused(**denied(user, "sts:AssumeRole", role)):
            account.session(role, caller=user, **options)


def test_a_role_that_trusts_only_an_identity_provider_is_not_assumed(account, hosted):
    user = account.user(policy(allow("*")))
    role = account.role(trusted=trust_provider(hosted, "system:serviceaccount:a:b"))
    with refused(**denied(user, "sts:AssumeRole", role)):
        account.session(role, caller=user)


class TestDurations:
    def test_the_bounds_are_those_of_the_model(self, server, account):
        role = account.role()
        for seconds, text in ((899, "greater than or equal to 900"), (43201, "less than or equal to 43200")):
            answer = raw.sts(
                server, "AssumeRole", server.administrator,
                RoleArn=role_arn(role), RoleSessionName="session", DurationSeconds=seconds,
            )
            answer.is_error(
                400, "ValidationError",
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must have value {text}",
            )
        for seconds in ("x", "", "3600.5", "99999999999999999999", "0x900"):
            answer = raw.sts(
                server, "AssumeRole", server.administrator,
                RoleArn=role_arn(role), RoleSessionName="session", DurationSeconds=seconds,
            )
            assert answer.status == 400, (seconds, answer.text)

    def test_the_roles_maximum_holds(self, account):
        role = account.role(MaxSessionDuration=7200)
        user = account.user(policy(allow("sts:AssumeRole")))
        answer = account.session(role, caller=user, DurationSeconds=7200).answer
        left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
        assert 7190 <= left.total_seconds() <= 7200
        with refused(
            "ValidationError", 400,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ):
            account.session(role, caller=user, DurationSeconds=7201)

    def test_a_chained_session_lasts_an_hour_at_most(self, account):
        first = account.role(policy(allow("sts:AssumeRole")))
        second = account.role(MaxSessionDuration=43200)
        user = account.user(policy(allow("sts:AssumeRole")))
        session = account.session(first, caller=user)
        chained = account.session(second, caller=session).answer["Credentials"]["Expiration"]
        assert (chained - datetime.datetime.now(datetime.UTC)).total_seconds() <= 3600
        account.session(second, caller=session, DurationSeconds=3600)
        with refused(
            "ValidationError", 400,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ):
            account.session(second, caller=session, DurationSeconds=3601)


class TestParameters:
    """The validation messages of STS tell the value."""

    @pytest.mark.parametrize(("changes", "message"), [
        ({"RoleSessionName": "a:b"}, "Value 'a:b' at 'roleSessionName' failed to satisfy constraint: "
         r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ({"RoleSessionName": "a"}, "Value 'a' at 'roleSessionName' failed to satisfy constraint: "
         "Member must have length greater than or equal to 2"),
        ({"RoleSessionName": "a" * 65}, f"Value '{'a' * 65}' at 'roleSessionName' failed to satisfy constraint: "
         "Member must have length less than or equal to 64"),
        ({"RoleArn": "arn:aws:iam::1:r"}, "Value 'arn:aws:iam::1:r' at 'roleArn' failed to satisfy constraint: "
         "Member must have length greater than or equal to 20"),
        ({"ExternalId": "x"}, "Value 'x' at 'externalId' failed to satisfy constraint: "
         "Member must have length greater than or equal to 2"),
        # A one-time code is a secret.
        ({"TokenCode": "12345"}, "Value at 'tokenCode' failed to satisfy constraint: "
         "Member must have length greater than or equal to 6"),
    ])
    def test_a_wrong_value_is_told(self, server, changes, message):
        parameters = {"RoleArn": role_arn("some-role"), "RoleSessionName": "session", **changes}
        answer = raw.sts(server, "AssumeRole", server.administrator, **parameters)
        answer.is_error(400, "ValidationError", f"1 validation error detected: {message}")

    def test_what_is_missing_is_told_all_at_once(self, server):
        answer = raw.sts(server, "AssumeRole", server.administrator)
        answer.is_error(400, "ValidationError")
        assert answer.message.startswith("2 validation errors detected: "), answer.message
        for field in ("roleArn", "roleSessionName"):
            assert f"Value null at '{field}' failed to satisfy constraint: Member must not be null" in answer.message

    def test_an_arn_that_is_none_is_told(self, account):
        for wrong in ("arn:aws:iam::123456789012", "this-is-no-arn-at-all-but-long", "arn:aws:iam:123456789012:role"):
            with refused("ValidationError", 400, f"{wrong} is invalid"):
                account.admin.sts.assume_role(RoleArn=wrong, RoleSessionName="session")


class TestSessionPolicies:
    def test_a_session_policy_narrows(self, account):
        role = account.role(policy(allow(["iam:ListUsers", "iam:ListRoles"])))
        session = account.session(role, Policy=policy(allow("iam:ListUsers")))
        assert 1 <= session.answer["PackedPolicySize"] <= 100
        session.iam.list_users()
        with refused(
            "AccessDenied", 403,
            f"User: {session.arn} is not authorized to perform: iam:ListRoles on resource: "
            f"arn:aws:iam::{ACCOUNT}:role/ because no session policy allows the iam:ListRoles action",
        ):
            session.iam.list_roles()

    def test_a_session_policy_never_widens(self, account):
        session = account.session(account.role(policy(allow("iam:ListUsers"))), Policy=policy(allow("*")))
        session.iam.list_users()
        with refused("AccessDenied", 403, has="because no identity-based policy allows the iam:ListRoles action"):
            session.iam.list_roles()

    def test_a_deny_in_a_session_policy_is_named(self, account):
        session = account.session(
            account.role(policy(allow("*"))), Policy=policy(allow("*"), deny("iam:ListRoles"))
        )
        with refused(
            "AccessDenied", 403,
            f"User: {session.arn} is not authorized to perform: iam:ListRoles on resource: "
            f"arn:aws:iam::{ACCOUNT}:role/ with an explicit deny in a session policy",
        ):
            session.iam.list_roles()

    def test_a_restricted_session_can_not_make_itself_free(self, account):
        session = account.session(account.role(policy(allow("*"))), Policy=policy(allow("iam:Get*")))
        for attempt in (
            lambda: session.iam.create_user(UserName="free"),
            lambda: session.iam.create_access_key(UserName="anybody"),
            lambda: session.iam.put_role_policy(RoleName=session.role, PolicyName="x", PolicyDocument=policy(allow("*"))),
            lambda: session.sts.assume_role(RoleArn=role_arn(session.role), RoleSessionName="again"),
        ):
            with refused("AccessDenied", 403):
                attempt()

    def test_managed_session_policies_are_a_union(self, account):
        role = account.role(policy(allow("iam:*")))
        made = account.admin.iam.create_policy(
            PolicyName=account.name("p"), PolicyDocument=policy(allow("iam:ListRoles"))
        )["Policy"]["Arn"]
        session = account.session(role, Policy=policy(allow("iam:ListUsers")), PolicyArns=[{"arn": made}])
        session.iam.list_users()
        session.iam.list_roles()
        with refused("AccessDenied", 403, has="because no session policy allows"):
            session.iam.list_policies()

    def test_a_session_policy_that_is_none_is_refused(self, account):
        role = account.role()
        for wrong in ("{", "null", "{}", "[]", "x", '{"Version":"2012-10-17","Statement":[]}',
                      policy({"Effect": "Allow", "Action": "*"}),
                      policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})):
            with refused("MalformedPolicyDocument", 400):
                account.session(role, Policy=wrong)

    def test_a_session_policy_that_is_too_long_is_refused(self, account):
        long = policy(*[allow("s3:GetObject", f"arn:aws:s3:::bucket-{at}/{at * 7919}*") for at in range(40)])
        assert len(long) > 2048
        with pytest.raises(Exception) as caught:
            account.session(account.role(), Policy=long)
        assert caught.value.response["Error"]["Code"] in ("ValidationError", "PackedPolicyTooLarge")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


class TestTags:
    @pytest.fixture
    def tagged(self, account):
        """A role that lets sessions be tagged, and whose sessions may do what their tag says."""
        return account.role(
            policy(
                allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
                allow(["sts:AssumeRole", "sts:TagSession"]),
            ),
            trusted=trust(ROOT, action=["sts:AssumeRole", "sts:TagSession"]),
        )

    def test_session_tags_are_the_principals(self, account, tagged):
        blue = account.session(tagged, Tags=[{"Key": "Team", "Value": "blue"}])
        blue.iam.list_users()
        assert blue.answer["PackedPolicySize"] >= 1
        for session in (account.session(tagged), account.session(tagged, Tags=[{"Key": "team", "Value": "red"}])):
            with refused("AccessDenied", 403):
                session.iam.list_users()

    def test_tags_need_a_permission_of_their_own(self, account):
        user = account.user(policy(allow("sts:AssumeRole")))
        role = account.role()
        with refused(**denied(user, "sts:TagSession", role)):
            account.session(role, caller=user, Tags=[{"Key": "a", "Value": "b"}])

    def test_tags_that_contradict_are_refused(self, account, tagged):
        with refused(
            "InvalidParameterValue", 400,
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ):
            account.session(tagged, Tags=[{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "b"}])
        with refused(
            "InvalidParameterValue", 400,
            "The specified transitive tag key must be included in the requested tags.",
        ):
            account.session(tagged, Tags=[{"Key": "team", "Value": "a"}], TransitiveTagKeys=["other"])
        with refused(**{"code": "ValidationError", "status": 400}):
            account.session(tagged, Tags=[{"Key": "", "Value": "a"}])

    def test_only_transitive_tags_are_passed_on(self, account, tagged):
        tags = [{"Key": "team", "Value": "blue"}]
        passing = account.session(tagged, Tags=tags, TransitiveTagKeys=["team"])
        keeping = account.session(tagged, Tags=tags)
        again = account.role(
            policy(allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})),
            trusted=trust(ROOT, action=["sts:AssumeRole", "sts:TagSession"]),
        )
        account.session(again, caller=passing).iam.list_users()
        with refused("AccessDenied", 403):
            account.session(again, caller=keeping).iam.list_users()
        with refused(
            "InvalidParameterValue", 400,
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session.",
        ):
            account.session(again, caller=passing, Tags=[{"Key": "Team", "Value": "x"}], TransitiveTagKeys=["Team"])


class TestSourceIdentity:
    @pytest.fixture
    def named(self, account):
        document = policy(
            allow(["sts:AssumeRole", "sts:SetSourceIdentity"]),
            allow("iam:ListUsers", Condition={"StringEquals": {"aws:SourceIdentity": "alice"}}),
        )
        return account.role(document, trusted=trust(ROOT, action=["sts:AssumeRole", "sts:SetSourceIdentity"]))

    def test_it_stays_through_a_chain(self, account, named):
        session = account.session(named, SourceIdentity="alice")
        assert session.answer["SourceIdentity"] == "alice"
        session.iam.list_users()
        chained = account.session(named, "second", caller=session)
        assert chained.answer["SourceIdentity"] == "alice"
        chained.iam.list_users()
        with refused("AccessDenied", 403):
            account.session(named, caller=session, SourceIdentity="bob")

    def test_it_needs_a_permission_of_its_own(self, account):
        user = account.user(policy(allow("sts:AssumeRole")))
        role = account.role()
        with refused(**denied(user, "sts:SetSourceIdentity", role)):
            account.session(role, caller=user, SourceIdentity="alice")


class TestTheEndOfARole:
    def test_sessions_of_a_deleted_role_are_dead_and_stay_dead(self, account):
        role = account.role(policy(allow("iam:ListUsers")))
        session = account.session(role)
        session.iam.list_users()
        account.admin.iam.delete_role_policy(RoleName=role, PolicyName="p")
        account.admin.iam.delete_role(RoleName=role)
        with refused("InvalidClientTokenId", 403, "The security token included in the request is invalid"):
            session.iam.list_users()
        with refused("InvalidClientTokenId", 403):
            session.sts.get_caller_identity()
        # The same name is another role.
        account.role(policy(allow("*")), RoleName=role)
        with refused("InvalidClientTokenId", 403):
            session.iam.list_users()

    def test_trust_in_a_role_does_not_pass_to_its_successor(self, account):
        trusted = account.role()
        role = account.role(trusted=trust(role_arn(trusted)))
        unique = account.admin.iam.get_role(RoleName=trusted)["Role"]["RoleId"]
        account.session(role, caller=account.session(trusted))
        account.admin.iam.delete_role(RoleName=trusted)
        shown = account.admin.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        assert shown["Statement"][0]["Principal"] == {"AWS": unique}
        account.role(RoleName=trusted)
        with refused("AccessDenied", 403):
            account.session(role, caller=account.session(trusted))

    def test_a_change_of_policy_takes_effect_at_once(self, account):
        session = account.session(account.role(policy(allow("iam:ListUsers"))))
        session.iam.list_users()
        account.admin.iam.delete_role_policy(RoleName=session.role, PolicyName="p")
        with refused("AccessDenied", 403):
            session.iam.list_users()

    def test_a_change_of_trust_leaves_sessions_alone(self, account):
        session = account.session(account.role(policy(allow("iam:ListUsers"))))
        account.admin.iam.update_assume_role_policy(
            RoleName=session.role, PolicyDocument=trust(account.user().arn)
        )
        session.iam.list_users()
        with refused("AccessDenied", 403):
            account.session(session.role)


def test_a_permissions_boundary_holds_for_sessions(account):
    boundary = account.admin.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=policy(allow("iam:ListUsers"))
    )["Policy"]["Arn"]
    session = account.session(account.role(policy(allow("*")), PermissionsBoundary=boundary))
    session.iam.list_users()
    with refused(
        "AccessDenied", 403,
        f"User: {session.arn} is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::{ACCOUNT}:role/ "
        "because no permissions boundary allows the iam:ListRoles action",
    ):
        session.iam.list_roles()


def test_every_refusal_is_in_the_trail(account):
    user = account.user()
    with refused("AccessDenied", 403):
        account.session(account.role(), caller=user)
    events = account.admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": user.credentials.access_key}]
    )["Events"]
    record = json.loads(events[0]["CloudTrailEvent"])
    assert (record["eventName"], record["errorCode"]) == ("AssumeRole", "AccessDenied")
    assert record["userIdentity"]["arn"] == user.arn
    assert record["readOnly"] is True
