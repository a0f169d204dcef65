"""Roles: their life, their policies, what answers show and refusals say."""

import json
import re
from urllib.parse import quote

import pytest

from support import raw
from support.clients import refused
from support.policies import ROOT, allow, policy, trust
from support.principals import role_arn
from support.server import ACCOUNT

S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def iam(admin):
    return admin.iam


def test_the_life_of_a_role(iam, name):
    created = iam.create_role(
        RoleName=name, Path="/a/b/", Description="what for", AssumeRolePolicyDocument=trust(ROOT),
        MaxSessionDuration=7200, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
    )["Role"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/a/b/{name}"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", created["RoleId"])
    assert created["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert "MaxSessionDuration" not in created

    role = iam.get_role(RoleName=name)["Role"]
    assert (role["MaxSessionDuration"], role["Description"], role["RoleLastUsed"]) == (7200, "what for", {})
    listed = next(it for it in iam.list_roles(PathPrefix="/a/b/")["Roles"] if it["RoleName"] == name)
    assert listed["MaxSessionDuration"] == 7200
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed)

    iam.update_role(RoleName=name, Description="changed", MaxSessionDuration=3600)
    iam.tag_role(RoleName=name, Tags=[{"Key": "A", "Value": "other"}, {"Key": "c", "Value": ""}])
    iam.untag_role(RoleName=name, TagKeys=["b"])
    role = iam.get_role(RoleName=name)["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (3600, "changed")
    tags = iam.list_role_tags(RoleName=name)["Tags"]
    assert [(it["Key"].lower(), it["Value"]) for it in tags] == [("a", "other"), ("c", "")]

    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(allow("s3:*")))
    iam.attach_role_policy(RoleName=name, PolicyArn=S3_FULL)
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete policies first."):
        iam.delete_role(RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    with refused("DeleteConflict", 409, "Cannot delete entity, must detach all policies first."):
        iam.delete_role(RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=S3_FULL)
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", 404, f"The role with name {name} cannot be found."):
        iam.get_role(RoleName=name)


def test_a_role_that_is_not_there(iam):
    missing = {"code": "NoSuchEntity", "status": 404, "message": "The role with name nobody cannot be found."}
    for attempt in (
        lambda: iam.get_role(RoleName="nobody"),
        lambda: iam.delete_role(RoleName="nobody"),
        lambda: iam.update_role(RoleName="nobody"),
        lambda: iam.update_assume_role_policy(RoleName="nobody", PolicyDocument=trust(ROOT)),
        lambda: iam.put_role_policy(RoleName="nobody", PolicyName="p", PolicyDocument=policy(allow("*"))),
        lambda: iam.attach_role_policy(RoleName="nobody", PolicyArn=S3_FULL),
        lambda: iam.list_role_policies(RoleName="nobody"),
        lambda: iam.list_attached_role_policies(RoleName="nobody"),
        lambda: iam.tag_role(RoleName="nobody", Tags=[{"Key": "a", "Value": "b"}]),
        lambda: iam.list_role_tags(RoleName="nobody"),
    ):
        with refused(**missing):
            attempt()


def test_names_are_unique_whatever_their_case(iam, name):
    iam.create_role(RoleName=name.upper(), AssumeRolePolicyDocument=trust(ROOT))
    for taken in (name.upper(), name):
        with refused("EntityAlreadyExists", 409, f"Role with name {taken} already exists."):
            iam.create_role(RoleName=taken, Path="/elsewhere/", AssumeRolePolicyDocument=trust(ROOT))


@pytest.mark.parametrize(("parameters", "message"), [
    ({"RoleName": "a" * 65}, "Value at 'roleName' failed to satisfy constraint: "
     "Member must have length less than or equal to 64"),
    ({"RoleName": ""}, "Value at 'roleName' failed to satisfy constraint: "
     "Member must have length greater than or equal to 1"),
    ({"RoleName": "x", "Description": "d" * 1001}, "Value at 'description' failed to satisfy constraint: "
     "Member must have length less than or equal to 1000"),
    ({"RoleName": "x", "MaxSessionDuration": "3599"}, "Value at 'maxSessionDuration' failed to satisfy constraint: "
     "Member must have value greater than or equal to 3600"),
    ({"RoleName": "x", "MaxSessionDuration": "43201"}, "Value at 'maxSessionDuration' failed to satisfy constraint: "
     "Member must have value less than or equal to 43200"),
])
def test_values_out_of_bounds_are_told_without_the_value(server, parameters, message):
    body = {"Action": "CreateRole", "Version": "2010-05-08", "AssumeRolePolicyDocument": trust(ROOT), **parameters}
    answer = raw.query(server, "iam", body, server.administrator)
    answer.is_error(400, "ValidationError")
    found = answer.message.split(": ", 1)
    assert re.match(r"\d validation errors? detected", found[0])
    assert message in answer.message, answer.message
    assert not [it for it in parameters.values() if len(it) > 3 and it in answer.message]


def test_two_errors_are_told_together(server):
    body = {"Action": "CreateRole", "Version": "2010-05-08", "AssumeRolePolicyDocument": trust(ROOT),
            "RoleName": "a" * 65, "MaxSessionDuration": 1}
    answer = raw.query(server, "iam", body, server.administrator)
    answer.is_error(400, "ValidationError")
    assert answer.message.startswith("2 validation errors detected: Value at '")
    assert "; Value at '" in answer.message


def test_names_with_other_characters_are_refused(iam):
    for wrong in ("a b", "a/b", "a:b", "ä", "a\n", "a*", "${aws:username}"):
        with refused("ValidationError", 400):
            iam.create_role(RoleName=wrong, AssumeRolePolicyDocument=trust(ROOT))
    for right in ("a+b=c,d.e@f-g_h",):
        iam.create_role(RoleName=right, AssumeRolePolicyDocument=trust(ROOT))
        iam.delete_role(RoleName=right)


def test_paths_begin_and_end_with_a_slash(iam, name):
    for wrong in ("a", "/a", "a/", "//a b/", "", "/" + "a" * 512 + "/"):
        with refused("ValidationError", 400):
            iam.create_role(RoleName=name, Path=wrong, AssumeRolePolicyDocument=trust(ROOT))
    with refused("NoSuchEntity", 404):
        iam.get_role(RoleName=name)


class TestTrustPolicies:
    @pytest.mark.parametrize(("document", "message"), [
        ("", None),
        ("{", "This policy contains invalid Json"),
        ("not json", "This policy contains invalid Json"),
        (json.dumps({"Version": "2012-10-17", "Statement": []}), "Could not parse the policy: Statement is empty!"),
        (policy({"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}), "Missing required field Effect"),
        (policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}}), "Missing required field Action"),
        (policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
        (policy({"Effect": "allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}),
         "Invalid effect: allow"),
        (policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole", "Resource": "*"}),
         "Has prohibited field Resource"),
        (policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject"}),
         "AssumeRole policy may only specify STS AssumeRole actions."),
        (policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
         'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        (policy({"Effect": "Allow", "Principal": {"AWS": role_arn("no-such-role")}, "Action": "sts:AssumeRole"}),
         f'Invalid principal in policy: "AWS":"{role_arn("no-such-role")}"'),
        (policy({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}, "Action": "sts:AssumeRole"}),
         'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"'),
        ('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Principal":{"AWS":"*"},'
         '"Action":"sts:AssumeRole"}]}', None),
        (policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole",
                 "Condition": {"StringEquels": {"a:b": "c"}}}), None),
    ])
    def test_a_wrong_trust_policy_is_refused(self, iam, name, document, message):
        code = "MalformedPolicyDocument" if document else "ValidationError"
        with refused(code, 400, message):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        with refused("NoSuchEntity", 404):
            iam.get_role(RoleName=name)

    def test_an_older_version_is_good_for_trust(self, iam, name):
        document = trust(ROOT).replace("2012-10-17", "2008-10-17")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)

    def test_any_aws_principal_may_be_trusted(self, iam, name):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("*"))

    def test_a_shared_issuer_needs_its_tenant_named(self, iam, name):
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"

        def document(**condition):
            return policy({
                "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
                **({"Condition": {"StringLike": condition}} if condition else {}),
            })

        audience = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
        for wrong in (document(), document(**audience)):
            with refused("MalformedPolicyDocument", 400):
                iam.create_role(RoleName=name, AssumeRolePolicyDocument=wrong)
        right = document(**{"token.actions.githubusercontent.com:sub": "repo:org/app:*"})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=right)

    def test_a_long_one_is_over_the_quota(self, iam, name):
        document = json.loads(trust(ROOT))
        document["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": ["x" * 100] * 25}}
        with refused("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        # White space doesn't count.
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT) + " " * 3000)


class TestDocuments:
    DOCUMENT = (
        '{\r\n\t"Version":"2012-10-17",\n  "Id": "é ü",  "Statement": [ { "Sid":"A" , "Effect" : "Allow",'
        ' "Action":["s3:Get*"], "Resource":"arn:aws:s3:::b/${aws:username}/%41+ \\u00e9/*" } ] }\n'
    )

    def test_inline_policies_are_kept_byte_for_byte(self, server, iam, name):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=self.DOCUMENT)
        body = {"Action": "GetRolePolicy", "Version": "2010-05-08", "RoleName": name, "PolicyName": "p"}
        answer = raw.query(server, "iam", body, server.administrator)
        assert answer.find("PolicyDocument") == quote(self.DOCUMENT, safe="-_.~")
        assert "+" not in answer.find("PolicyDocument")

    def test_managed_policies_are_kept_byte_for_byte(self, server, iam, name):
        arn = iam.create_policy(PolicyName=name, PolicyDocument=self.DOCUMENT)["Policy"]["Arn"]
        body = {"Action": "GetPolicyVersion", "Version": "2010-05-08", "PolicyArn": arn, "VersionId": "v1"}
        answer = raw.query(server, "iam", body, server.administrator)
        assert answer.find("Document") == quote(self.DOCUMENT, safe="-_.~")

    def test_trust_policies_are_kept_byte_for_byte(self, server, iam, name):
        document = trust(ROOT).replace(":", " :\t", 1) + "\n"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        body = {"Action": "GetRole", "Version": "2010-05-08", "RoleName": name}
        answer = raw.query(server, "iam", body, server.administrator)
        assert answer.find("AssumeRolePolicyDocument") == quote(document, safe="-_.~")

    def test_characters_outside_latin_1_are_refused(self, iam, name):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
        with refused("ValidationError", 400):
            iam.put_role_policy(
                RoleName=name, PolicyName="p",
                PolicyDocument='{"Version":"2012-10-17","Id":"€","Statement":[]}',
            )


class TestInlinePolicies:
    @pytest.fixture
    def role(self, account):
        return account.role()

    def test_their_life(self, iam, role):
        iam.put_role_policy(RoleName=role, PolicyName="b", PolicyDocument=policy(allow("s3:*")))
        iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=policy(allow("s3:*")))
        iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=policy(allow("sqs:*")))
        assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["a", "b"]
        found = iam.get_role_policy(RoleName=role, PolicyName="a")
        assert found["PolicyDocument"]["Statement"][0]["Action"] == "sqs:*"
        iam.delete_role_policy(RoleName=role, PolicyName="a")
        with refused("NoSuchEntity", 404, "The role policy with name a cannot be found."):
            iam.get_role_policy(RoleName=role, PolicyName="a")
        with refused("NoSuchEntity", 404, "The role policy with name a cannot be found."):
            iam.delete_role_policy(RoleName=role, PolicyName="a")

    def test_their_size_is_limited_together(self, iam, role):
        def long(length):
            return policy(allow("s3:GetObject", [f"arn:aws:s3:::{'b' * length}"]))

        iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=long(6000))
        with refused("LimitExceeded", 409, f"Maximum policy size of 10240 bytes exceeded for role {role}"):
            iam.put_role_policy(RoleName=role, PolicyName="b", PolicyDocument=long(6000))
        assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["a"]

    @pytest.mark.parametrize(("document", "message"), [
        ("{", "Syntax errors in policy."),
        ("null", "Syntax errors in policy."),
        ('{"Version":"2012-10-17","Statement":[]}', "Syntax errors in policy."),
        (policy(allow("s3:*")).replace("Statement", "statement"), "Syntax errors in policy."),
        (policy(allow("s3:*", Condition={"NoSuchOperator": {"a:b": "c"}})), "Syntax errors in policy."),
        ('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}',
         "Syntax errors in policy."),
        (policy({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
        (policy({"Effect": "Allow", "Action": "*"}), "Policy statement must contain resources."),
        (policy(allow("*", Principal={"AWS": "*"})), "Policy document should not specify a principal."),
        (policy(allow("s3:*", "bucket")), 'Resource bucket must be in ARN format or "*".'),
        (policy(allow("GetObject")),
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (policy(allow("s3:Get:Object")), "Actions/Condition can contain only one colon."),
        (policy(allow("*", Sid="a"), allow("*", Sid="a")), "Statement IDs (SID) in a single policy must be unique."),
    ])
    def test_a_malformed_one_is_told_how(self, iam, role, document, message):
        with refused("MalformedPolicyDocument", 400, message):
            iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)
        assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []

    def test_unknown_services_and_actions_are_accepted(self, iam, role):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy(allow("foo:Bar")))

    def test_numbers_and_booleans_need_no_quotes(self, iam, role):
        condition = {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": True}}
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy(allow("s3:*", Condition=condition)))


def test_a_denial_names_the_role_and_not_its_arn(account, name):
    user = account.user()
    for attempt, action in (
        (lambda: user.iam.get_role(RoleName=name), "iam:GetRole"),
        (lambda: user.iam.delete_role(RoleName=name), "iam:DeleteRole"),
        (lambda: user.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("*"))),
         "iam:PutRolePolicy"),
    ):
        with refused(
            "AccessDenied", 403,
            f"User: {user.arn} is not authorized to perform: {action} on resource: role {name} "
            f"because no identity-based policy allows the {action} action",
        ):
            attempt()
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:CreateRole on resource: "
        f"arn:aws:iam::{ACCOUNT}:role/p/{name} because no identity-based policy allows the iam:CreateRole action",
    ):
        user.iam.create_role(RoleName=name, Path="/p/", AssumeRolePolicyDocument=trust(ROOT))


def test_nothing_is_written_when_it_is_denied(account, name):
    user = account.user(policy(allow("iam:Get*")))
    with refused("AccessDenied", 403):
        user.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
    with refused("NoSuchEntity", 404):
        user.iam.get_role(RoleName=name)


class TestBoundaries:
    def test_their_life(self, iam, account, name):
        boundary = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
        role = account.role(PermissionsBoundary=boundary)
        shown = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]
        assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        assert iam.get_policy(PolicyArn=boundary)["Policy"]["PermissionsBoundaryUsageCount"] == 1
        with refused("DeleteConflict", 409):
            iam.delete_policy(PolicyArn=boundary)
        iam.delete_role_permissions_boundary(RoleName=role)
        assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
        iam.delete_policy(PolicyArn=boundary)

    def test_a_boundary_that_is_not_there(self, iam, account):
        with refused("NoSuchEntity", 404):
            iam.put_role_permissions_boundary(
                RoleName=account.role(), PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/none"
            )


def test_attachments_have_a_quota(iam, account, name):
    role = account.role()
    managed = iam.list_policies(Scope="AWS", MaxItems=21)["Policies"]
    for it in managed[:20]:
        iam.attach_role_policy(RoleName=role, PolicyArn=it["Arn"])
    # Again is no more.
    iam.attach_role_policy(RoleName=role, PolicyArn=managed[0]["Arn"])
    with refused("LimitExceeded", 409, "Cannot exceed quota for PoliciesPerRole: 20"):
        iam.attach_role_policy(RoleName=role, PolicyArn=managed[20]["Arn"])
    assert len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 20


def test_tags_have_rules(iam, account, name):
    role = account.role()
    with refused(
        "InvalidInput", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    ):
        iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    for wrong in ([{"Key": "", "Value": "x"}], [{"Key": "k" * 129, "Value": "x"}], [{"Key": "k", "Value": "v" * 257}],
                  [{"Key": "a*", "Value": "x"}]):
        with refused("ValidationError", 400, has="tags.1.member."):
            iam.tag_role(RoleName=role, Tags=wrong)
    fifty = [{"Key": f"k{at}", "Value": "v"} for at in range(50)]
    iam.tag_role(RoleName=role, Tags=fifty)
    with refused("LimitExceeded", 409):
        iam.tag_role(RoleName=role, Tags=[{"Key": "one-more", "Value": "v"}])
    assert len(iam.list_role_tags(RoleName=role)["Tags"]) == 50
