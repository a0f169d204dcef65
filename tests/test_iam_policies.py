"""Managed policies, their versions and attachments; identity providers; pagination; the form protocol."""

import re

import pytest

from support import raw
from support.clients import As, refused
from support.policies import ROOT, allow, policy, trust
from support.server import ACCOUNT

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def iam(admin):
    return admin.iam


class TestManagedPolicies:
    def test_their_life(self, iam, account, name):
        created = iam.create_policy(
            PolicyName=name, Path="/p/", Description="d", PolicyDocument=policy(allow("s3:*")),
            Tags=[{"Key": "k", "Value": "v"}],
        )["Policy"]
        arn = f"arn:aws:iam::{ACCOUNT}:policy/p/{name}"
        assert (created["Arn"], created["DefaultVersionId"], created["AttachmentCount"]) == (arn, "v1", 0)
        assert created["PermissionsBoundaryUsageCount"] == 0 and created["IsAttachable"] is True
        assert re.fullmatch(r"ANPA[A-Z2-7]{17}", created["PolicyId"])
        with refused(
            "EntityAlreadyExists", 409, f"A policy called {name} already exists. Duplicate names are not allowed."
        ):
            iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))

        role, user = account.role(), account.user()
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
        assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 2
        entities = iam.list_entities_for_policy(PolicyArn=arn)
        assert [it["RoleName"] for it in entities["PolicyRoles"]] == [role]
        assert [it["UserName"] for it in entities["PolicyUsers"]] == [user.name]
        with refused("DeleteConflict", 409, "Cannot delete a policy attached to entities."):
            iam.delete_policy(PolicyArn=arn)
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        iam.detach_user_policy(UserName=user.name, PolicyArn=arn)
        with refused("NoSuchEntity", 404, f"Policy {arn} was not found."):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        iam.delete_policy(PolicyArn=arn)
        with refused("NoSuchEntity", 404, f"Policy {arn} was not found."):
            iam.get_policy(PolicyArn=arn)
        with refused("NoSuchEntity", 404, f"Policy {arn} does not exist or is not attachable."):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def test_the_default_version_decides(self, iam, account, name):
        arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("iam:ListUsers")))["Policy"]["Arn"]
        user = account.user()
        iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListRoles")))["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", False)
        user.iam.list_users()
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
        user.iam.list_roles()
        with refused("AccessDenied", 403):
            user.iam.list_users()
        with refused("DeleteConflict", 409, "Cannot delete the default version of a policy."):
            iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
        with refused("NoSuchEntity", 404):
            iam.get_policy_version(PolicyArn=arn, VersionId="v9")

    def test_there_are_five_versions_at_most(self, iam, name):
        arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
        for _ in range(4):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")), SetAsDefault=True)
        with refused(
            "LimitExceeded", 409,
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
            "version.",
        ):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")))
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        assert [it["VersionId"] for it in versions if it["IsDefaultVersion"]] == ["v5"]
        with refused(
            "DeleteConflict", 409,
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.",
        ):
            iam.delete_policy(PolicyArn=arn)
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
        # A number is never given again.
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")))["PolicyVersion"]
        assert made["VersionId"] == "v6"

    def test_their_size_is_limited_without_white_space(self, iam, name):
        long = policy(allow("s3:GetObject", f"arn:aws:s3:::{'b' * 6100}"))
        with refused("LimitExceeded", 409, "Cannot exceed quota for PolicySize: 6144"):
            iam.create_policy(PolicyName=name, PolicyDocument=long)
        iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")) + " " * 7000)

    def test_an_old_version_of_the_language_is_refused(self, iam, name):
        for document in (policy(allow("s3:*")).replace("2012-10-17", "2008-10-17"),
                         policy(allow("s3:*")).replace('"Version": "2012-10-17", ', "")):
            with refused(
                "MalformedPolicyDocument", 400, "Policy document must be version 2012-10-17 or greater."
            ):
                iam.create_policy(PolicyName=name, PolicyDocument=document)

    def test_awss_own_are_there_and_fixed(self, iam):
        own = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
        document = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=own["DefaultVersionId"])
        assert document["PolicyVersion"]["Document"]["Statement"] == [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}
        ]
        for attempt in (
            lambda: iam.delete_policy(PolicyArn=ADMINISTRATOR),
            lambda: iam.create_policy_version(PolicyArn=ADMINISTRATOR, PolicyDocument=policy(allow("*"))),
        ):
            with pytest.raises(iam.exceptions.ClientError):
                attempt()

    def test_an_arn_that_can_not_be_is_refused(self, iam):
        for wrong in ("arn:aws:iam::aws:policy", "x" * 30, "arn:aws:iam::123456789012:role/some-role"):
            with pytest.raises(iam.exceptions.ClientError) as caught:
                iam.get_policy(PolicyArn=wrong)
            assert caught.value.response["Error"]["Code"] in ("ValidationError", "InvalidInput", "NoSuchEntity")
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)


class TestPagination:
    @pytest.fixture(scope="class")
    def crowd(self, account):
        """Roles under one path, more than a page: the path and their names."""
        path = f"/{account.name('crowd')}/"
        names = sorted(account.name("crowd") for _ in range(23))
        for name in names:
            account.admin.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust(ROOT))
        return path, names

    @pytest.mark.parametrize("size", [1, 7, 23, 100])
    def test_pages_are_complete_and_in_order(self, iam, crowd, size):
        path, expected = crowd
        pages = list(iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": size}))
        names = [role["RoleName"] for page in pages for role in page["Roles"]]
        assert names == expected
        for page in pages:
            assert len(page["Roles"]) <= size
            assert page["IsTruncated"] is ("Marker" in page)
        assert pages[-1]["IsTruncated"] is False

    def test_a_page_has_a_hundred_unless_said(self, iam):
        page = iam.list_policies(Scope="AWS")
        assert len(page["Policies"]) == 100
        assert page["IsTruncated"] is True

    def test_the_whole_catalogue_comes_once(self, iam):
        pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
        arns = [it["Arn"] for page in pages for it in page["Policies"]]
        assert len(arns) == len(set(arns)) > 1400
        assert "arn:aws:iam::aws:policy/AmazonS3FullAccess" in arns
        assert not [it for page in pages for it in page["Policies"] if "Description" in it]

    def test_a_role_that_is_made_meanwhile_disturbs_nothing(self, iam, crowd, account):
        path, expected = crowd
        first = iam.list_roles(PathPrefix=path, MaxItems=10)
        extra = account.name("crowd-0-first")
        iam.create_role(RoleName=extra, Path=path, AssumeRolePolicyDocument=trust(ROOT))
        rest = iam.list_roles(PathPrefix=path, Marker=first["Marker"])
        iam.delete_role(RoleName=extra)
        names = [it["RoleName"] for it in first["Roles"] + rest["Roles"]]
        assert [it for it in names if it != extra] == expected

    def test_wrong_pages_are_refused(self, iam):
        for size in (0, 1001, -1):
            with refused("ValidationError", 400, has="at 'maxItems' failed to satisfy constraint"):
                iam.list_roles(MaxItems=size)
        for marker in ("", "x" * 400, "garbage", "AAAA"):
            with refused("ValidationError", 400):
                iam.list_roles(Marker=marker)

    def test_other_lists_have_pages_too(self, iam, account):
        role = account.role()
        for letter in "cab":
            iam.put_role_policy(RoleName=role, PolicyName=letter, PolicyDocument=policy(allow("s3:*")))
        pages = iam.get_paginator("list_role_policies").paginate(RoleName=role, PaginationConfig={"PageSize": 2})
        assert [it for page in pages for it in page["PolicyNames"]] == ["a", "b", "c"]


class TestProviders:
    def test_their_life(self, iam, name):
        arn = iam.create_open_id_connect_provider(
            Url=f"https://{name}.example.com/id/X", ClientIDList=["a", "b"], ThumbprintList=["a" * 40],
            Tags=[{"Key": "k", "Value": "v"}],
        )["OpenIDConnectProviderArn"]
        assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}.example.com/id/X"
        shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        # Without the scheme.
        assert shown["Url"] == f"{name}.example.com/id/X"
        assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["a", "b"], ["a" * 40])
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="c")
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="never")
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
        shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        assert (sorted(shown["ClientIDList"]), shown["ThumbprintList"]) == (["a", "b", "c"], ["b" * 40])
        assert arn in [it["Arn"] for it in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        with refused("EntityAlreadyExists", 409, f"Provider with url https://{name}.example.com/id/X already exists."):
            iam.create_open_id_connect_provider(Url=f"https://{name}.example.com/id/X")
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        with refused("NoSuchEntity", 404, f"OpenIDConnect Provider not found for arn {arn}"):
            iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)

    def test_urls_that_can_not_be_are_refused(self, iam):
        for wrong in ("http://oidc.example.com", "oidc.example.com", "https://", "https://a b.example.com",
                      "https://oidc.example.com?x=1", "https://oidc.example.com/#x", "https://user@oidc.example.com",
                      "https://oidc.example.com/a/../b"):
            with refused("ValidationError", 400, "Invalid Open ID Connect Provider URL"):
                iam.create_open_id_connect_provider(Url=wrong, ClientIDList=["a"])

    def test_thumbprints_have_a_form_and_a_number(self, iam, name):
        url = f"https://{name}.example.com"
        with refused("ValidationError", 400):
            iam.create_open_id_connect_provider(Url=url, ThumbprintList=["a" * 39])
        with refused("InvalidInput", 400, "Thumbprint list must contain fewer than 5 entries."):
            iam.create_open_id_connect_provider(Url=url, ThumbprintList=[f"{at}" * 40 for at in range(6)])

    def test_a_hundred_audiences_are_the_limit(self, iam, name):
        arn = iam.create_open_id_connect_provider(
            Url=f"https://{name}.example.com", ClientIDList=[f"c{at}" for at in range(100)]
        )["OpenIDConnectProviderArn"]
        with refused("LimitExceeded", 409, "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"):
            iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one-more")


class TestForms:
    """The query protocol as every client writes it."""

    def call(self, server, body: str | bytes, **options):
        body = body.encode() if isinstance(body, str) else body
        return raw.query(server, "iam", body, server.administrator, **options)

    def test_a_space_may_be_a_plus_or_percent_20(self, server, iam, account):
        for space in ("+", "%20"):
            role = account.role()
            answer = self.call(
                server,
                f"Action=UpdateRole&Version=2010-05-08&RoleName={role}&Description=for{space}all%2Bnone",
            )
            assert answer.status == 200, answer.text
            assert iam.get_role(RoleName=role)["Role"]["Description"] == "for all+none"

    def test_the_parameters_may_be_in_the_query_string(self, server):
        headers = raw.sign(
            server.administrator, "GET", "/?Action=GetRole&RoleName=Administrator&Version=2010-05-08", {}, b"",
            service="iam", host=server.url.removeprefix("http://"),
        )
        answer = raw.send(server, "GET", "/?Action=GetRole&RoleName=Administrator&Version=2010-05-08", headers)
        assert answer.status == 200, answer.text
        assert answer.find("RoleName") == "Administrator"

    def test_an_empty_list_is_an_empty_list(self, server, name):
        answer = self.call(
            server,
            "Action=CreateOpenIDConnectProvider&Version=2010-05-08&ClientIDList=&ThumbprintList="
            f"&Url=https%3A%2F%2F{name}.example.com",
        )
        assert answer.status == 200, answer.text

    def test_lists_may_be_in_any_order(self, server, iam, account):
        role = account.role()
        answer = self.call(
            server,
            f"Tags.member.2.Value=y&Action=TagRole&Tags.member.1.Key=a&Tags.member.2.Key=b&RoleName={role}"
            "&Tags.member.1.Value=x&Version=2010-05-08",
        )
        assert answer.status == 200, answer.text
        assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "a", "Value": "x"}, {"Key": "b", "Value": "y"}]

    def test_structures_that_make_no_sense_are_refused(self, server, account):
        role = account.role()
        start = f"Action=TagRole&Version=2010-05-08&RoleName={role}"
        for wrong in ("&Tags.member.1=x", "&Tags.member.x.Key=a", "&Tags.member.-1.Key=a", "&Tags=x",
                      "&Tags.member.99999999999999999999.Key=a&Tags.member.99999999999999999999.Value=b",
                      "&RoleName.member.1=x", "&Tags.member.1.Key.x=a&Tags.member.1.Value=b"):
            answer = self.call(server, start + wrong)
            assert answer.status == 400, (wrong, answer.text)

    def test_a_number_that_is_none_is_refused(self, server):
        answer = self.call(server, "Action=ListRoles&Version=2010-05-08&MaxItems=ten")
        assert (answer.status, answer.code) == (400, "MalformedInput")

    def test_other_versions_are_not_known(self, server):
        answer = self.call(server, "Action=ListRoles&Version=2009-01-01")
        assert (answer.status, answer.code) == (400, "InvalidAction")

    def test_answers_in_json_have_numbers_for_times(self, server):
        answer = self.call(
            server, "Action=GetRole&Version=2010-05-08&RoleName=Administrator", headers={"Accept": "application/json"}
        )
        role = answer.json["GetRoleResponse"]["GetRoleResult"]["Role"]
        assert isinstance(role["CreateDate"], float)
        assert role["RoleName"] == "Administrator"
        answer = self.call(
            server, "Action=GetRole&Version=2010-05-08&RoleName=nobody", headers={"Accept": "application/json"}
        )
        assert answer.status == 404
        assert answer.json["Error"]["Code"] == "NoSuchEntity"

    def test_characters_of_xml_are_escaped(self, server, iam, account):
        role = account.role(Description="<a>&\"'</a>")
        assert iam.get_role(RoleName=role)["Role"]["Description"] == "<a>&\"'</a>"

    def test_times_have_no_fraction(self, server):
        answer = self.call(server, "Action=GetRole&Version=2010-05-08&RoleName=Administrator")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.find("CreateDate"))


def test_anonymous_calls_are_refused(server):
    with refused("MissingAuthenticationToken", 403, "Request is missing Authentication Token"):
        As(server, None).iam.list_roles()
