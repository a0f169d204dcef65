"""Every paginator of the IAM model: pages of two show what one page shows, each entity once."""

import concurrent.futures
import json

import botocore.session
import pytest

from support import keys, saml
from support.clients import As
from support.policies import ROOT, allow, policy, trust
from support.totp import Device

MODEL = botocore.session.get_session().get_component("data_loader").load_service_model("iam", "paginators-1")
GRANT = policy(allow("s3:GetObject"))
TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(5)]


@pytest.fixture(scope="module")
def filled(module_server):
    """An account with some of everything, and what each paginator is asked with."""
    iam = As(module_server, module_server.administrator).iam
    arn = {}
    for number in range(5):
        iam.create_user(UserName=f"user-{number}")
        iam.create_group(GroupName=f"group-{number}")
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trust(ROOT), Tags=TAGS)
        iam.create_instance_profile(InstanceProfileName=f"profile-{number}", Tags=TAGS)
        iam.add_role_to_instance_profile(InstanceProfileName=f"profile-{number}", RoleName="role-0")
        made = iam.create_policy(PolicyName=f"policy-{number}", PolicyDocument=GRANT, Tags=TAGS)
        arn[number] = made["Policy"]["Arn"]
    iam.tag_user(UserName="user-0", Tags=TAGS)
    for number in range(5):
        iam.add_user_to_group(GroupName="group-0", UserName=f"user-{number}")
        if number:
            iam.add_user_to_group(GroupName=f"group-{number}", UserName="user-0")
        for kind in ("User", "Group", "Role"):
            own = {f"{kind}Name": f"{kind.lower()}-0"}
            other = {f"{kind}Name": f"{kind.lower()}-{number}"}
            getattr(iam, f"put_{kind.lower()}_policy")(**own, PolicyName=f"p{number}", PolicyDocument=GRANT)
            attach = getattr(iam, f"attach_{kind.lower()}_policy")
            attach(**own, PolicyArn=arn[number])
            if number:
                attach(**other, PolicyArn=arn[0])
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn[0], PolicyDocument=GRANT)
    for _ in range(2):
        iam.create_access_key(UserName="user-0")
    key = keys.rsa_key()
    for number in range(3):
        Device.of(iam, "user-0", f"phone-{number}")
        iam.upload_ssh_public_key(UserName="user-0", SSHPublicKeyBody=keys.ssh_line(keys.rsa_key()))
        iam.upload_server_certificate(
            ServerCertificateName=f"cert-{number}", CertificateBody=keys.pem(keys.certificate(key)),
            PrivateKey=keys.private_pem(key), Tags=TAGS,
        )
    for number in range(2):
        body = keys.pem(keys.certificate(key, f"c{number}"))
        iam.upload_signing_certificate(UserName="user-0", CertificateBody=body)
    spare = iam.create_virtual_mfa_device(VirtualMFADeviceName="spare", Tags=TAGS)["VirtualMFADevice"]
    provider = iam.create_open_id_connect_provider(Url="https://issuer.example.com", Tags=TAGS)
    identity = iam.create_saml_provider(Name="idp", SAMLMetadataDocument=saml.Idp().metadata(), Tags=TAGS)
    iam.create_account_alias(AccountAlias="paged")
    user, group, role = {"UserName": "user-0"}, {"GroupName": "group-0"}, {"RoleName": "role-0"}
    actions = {"ActionNames": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]}
    asked = {
        "GetAccountAuthorizationDetails": {},
        "GetGroup": group,
        "ListAccessKeys": user,
        "ListAccountAliases": {},
        "ListAttachedGroupPolicies": group,
        "ListAttachedRolePolicies": role,
        "ListAttachedUserPolicies": user,
        "ListEntitiesForPolicy": {"PolicyArn": arn[0]},
        "ListGroupPolicies": group,
        "ListGroups": {},
        "ListGroupsForUser": user,
        "ListInstanceProfileTags": {"InstanceProfileName": "profile-0"},
        "ListInstanceProfiles": {},
        "ListInstanceProfilesForRole": role,
        "ListMFADeviceTags": {"SerialNumber": spare["SerialNumber"]},
        "ListMFADevices": user,
        "ListOpenIDConnectProviderTags": {"OpenIDConnectProviderArn": provider["OpenIDConnectProviderArn"]},
        "ListPolicies": {"Scope": "Local"},
        "ListPolicyTags": {"PolicyArn": arn[0]},
        "ListPolicyVersions": {"PolicyArn": arn[0]},
        "ListRolePolicies": role,
        "ListRoleTags": role,
        "ListRoles": {},
        "ListSAMLProviderTags": {"SAMLProviderArn": identity["SAMLProviderArn"]},
        "ListSSHPublicKeys": user,
        "ListServerCertificateTags": {"ServerCertificateName": "cert-0"},
        "ListServerCertificates": {},
        "ListSigningCertificates": user,
        "ListUserPolicies": user,
        "ListUserTags": user,
        "ListUsers": {},
        "ListVirtualMFADevices": {},
        "SimulateCustomPolicy": {"PolicyInputList": [GRANT], **actions},
        "SimulatePrincipalPolicy": {"PolicySourceArn": arn[0].replace("policy/policy-0", "role/role-0"), **actions},
    }
    return iam, asked


def test_every_paginator_of_the_model_is_tried(filled):
    _, asked = filled
    assert sorted(asked) == sorted(MODEL["pagination"])


def shown(item: dict | str) -> str:
    """An item, without what changes because it is asked for: when the role of who asks was last used."""
    if isinstance(item, dict) and item.get("RoleName") == "Administrator":
        item = {name: value for name, value in item.items() if name != "RoleLastUsed"}
    return json.dumps(item, default=str, sort_keys=True)


@pytest.mark.parametrize("operation", sorted(MODEL["pagination"]))
def test_pages_show_everything_once(filled, operation):
    iam, asked = filled
    paginator = iam.get_paginator(botocore.xform_name(operation))
    result = MODEL["pagination"][operation]["result_key"]
    names = result if isinstance(result, list) else [result]

    def listed(size: int) -> tuple[dict, list[int]]:
        found, sizes = {name: [] for name in names}, []
        for page in paginator.paginate(**asked[operation], PaginationConfig={"PageSize": size}):
            sizes.append(sum(len(page.get(name, [])) for name in names))
            for name in names:
                found[name] += [shown(it) for it in page.get(name, [])]
        return found, sizes

    whole, [total] = listed(1000)
    pages, sizes = listed(2)
    assert pages == whole
    assert all(len(items) == len(set(items)) for items in whole.values())
    assert max(sizes) <= 2 and total >= (1 if operation == "ListAccountAliases" else 2)
    if total > 2:
        assert len(sizes) > 1


def test_a_thousand_roles_come_while_others_are_made(start_server):
    server = start_server("--quota", "roles=5000")
    iam = As(server, server.administrator).iam

    def create(number: int) -> str:
        name = f"r{number:04}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
        return name

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = set(pool.map(create, range(1200)))
        later = [pool.submit(create, number) for number in range(5000, 5100)]
        pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 100})
        names = [role["RoleName"] for page in pages for role in page["Roles"]]
        for one in later:
            one.result()
    assert len(names) == len(set(names))
    assert made <= set(names)
