"""The walkthrough "AWS STS and ROSA": account roles, elevation on demand, operator roles, revocation."""

import datetime
import json
import threading
import time

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, deny, policy, trust, trust_provider
from support.principals import Account, role_arn
from support.server import ACCOUNT, Credentials

INSTALLER = f"arn:aws:iam::{ACCOUNT}:role/RH-Managed-OpenShift-Installer"

ACCOUNT_ROLES = {
    "ManagedOpenShift-IAM-Role": ["ec2:*", "elasticloadbalancing:*", "iam:GetRole", "s3:CreateBucket", "s3:ListBucket",
                                  "s3:PutObject", "s3:GetBucketLocation", "s3:DeleteBucket"],
    "ManagedOpenShift-ControlPlane-Role": ["ec2:CreateVolume", "elasticloadbalancing:*", "kms:DescribeKey"],
    "ManagedOpenShift-Worker-Role": ["ec2:DescribeInstances", "ec2:DescribeRegions"],
    "ManagedOpenShift-Support-Role": ["cloudtrail:LookupEvents", "s3:ListBucket", "iam:GetRole"],
}


@pytest.fixture
def roles(own_server):
    """The four account roles; the installer's is trusted by one principal."""
    admin = As(own_server, own_server.administrator)
    admin.iam.create_role(
        RoleName="RH-Managed-OpenShift-Installer",
        AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"),
    )
    for name, actions in ACCOUNT_ROLES.items():
        admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(INSTALLER))
        made = admin.iam.create_policy(PolicyName=f"{name}-Policy", PolicyDocument=policy(allow(actions)))
        admin.iam.attach_role_policy(RoleName=name, PolicyArn=made["Policy"]["Arn"])
    return Account(own_server, admin)


def test_the_account_roles_can_be_inspected(roles):
    iam = roles.admin.iam
    for name, actions in ACCOUNT_ROLES.items():
        role = iam.get_role(RoleName=name)["Role"]
        assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": INSTALLER}
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        assert [it["PolicyName"] for it in attached] == [f"{name}-Policy"]
        arn = attached[0]["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        assert document["Statement"][0]["Action"] == actions


def test_only_the_installer_assumes_the_installation_role(roles):
    installer = roles.session("RH-Managed-OpenShift-Installer", "installer")
    elevated = roles.session("ManagedOpenShift-IAM-Role", "installing", caller=installer)
    elevated.s3.create_bucket(
        Bucket="cluster-bootstrap", CreateBucketConfiguration={"LocationConstraint": "us-east-2"}
    )
    assert elevated.sts.get_caller_identity()["Arn"] == elevated.arn
    with refused("AccessDenied", 403):
        elevated.s3.list_buckets()

    # Not by somebody else of the account, whatever that one may do.
    with refused(
        "AccessDenied", 403,
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Administrator/"
        f"{roles.admin.sts.get_caller_identity()['Arn'].rsplit('/')[-1]} is not authorized to perform: "
        f"sts:AssumeRole on resource: {role_arn('ManagedOpenShift-IAM-Role')}",
    ):
        roles.session("ManagedOpenShift-IAM-Role")


def test_a_user_elevates_with_the_cli_and_has_nothing_otherwise(roles, shell):
    roles.admin.iam.create_role(
        RoleName="Operations", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root")
    )
    roles.admin.iam.put_role_policy(
        RoleName="Operations", PolicyName="p", PolicyDocument=policy(allow("iam:ListRoles"))
    )
    user = roles.user(policy(allow("sts:AssumeRole", role_arn("Operations"))))
    sh = shell(
        **user.credentials.environment(),
        AWS_ENDPOINT_URL=roles.server.url, AWS_REGION="us-east-2", AWS_DEFAULT_REGION="us-east-2",
    )
    assert json.loads(sh.run("aws sts get-caller-identity"))["Arn"] == user.arn
    assert sh.fails("aws iam list-roles").endswith(
        "An error occurred (AccessDenied) when calling the ListRoles operation: "
        f"User: {user.arn} is not authorized to perform: iam:ListRoles on resource: "
        f"arn:aws:iam::{ACCOUNT}:role/ because no identity-based policy allows the iam:ListRoles action"
    )
    sh.run(
        f"read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<< $(aws sts assume-role "
        f"--role-arn {role_arn('Operations')} --role-session-name day2 --duration-seconds 900 "
        "--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)"
    )
    sh.run("export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN")
    assert json.loads(sh.run("aws sts get-caller-identity"))["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Operations/day2"
    )
    assert "ManagedOpenShift-Support-Role" in sh.run("aws iam list-roles --query 'Roles[].RoleName' --output text")


def test_a_profile_with_role_arn_elevates_by_itself(roles, home):
    operations = roles.role(policy(allow("iam:ListUsers")))
    user = roles.user(policy(allow("sts:AssumeRole", role_arn(operations))))
    (home / "config").write_text(
        f"[profile base]\naws_access_key_id = {user.credentials.access_key}\n"
        f"aws_secret_access_key = {user.credentials.secret_key}\n"
        f"[profile elevated]\nsource_profile = base\nrole_arn = {role_arn(operations)}\n"
    )
    cli = Cli(home, {
        "AWS_CONFIG_FILE": str(home / "config"), "AWS_ENDPOINT_URL": roles.server.url,
    })
    assert user.name in cli("iam", "list-users", "--profile", "elevated")
    assert "AccessDenied" in cli.fails("iam", "list-users", "--profile", "base")


def test_operator_roles_trust_the_clusters_provider(roles):
    provider = roles.server.issuer()
    roles.admin.iam.create_open_id_connect_provider(
        Url=f"https://{provider}", ClientIDList=["openshift", "sts.amazonaws.com"],
        ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
    )
    operator = "system:serviceaccount:openshift-image-registry:registry"
    roles.admin.iam.create_role(
        RoleName="cluster-openshift-image-registry", AssumeRolePolicyDocument=trust_provider(provider, operator)
    )
    roles.admin.iam.put_role_policy(
        RoleName="cluster-openshift-image-registry", PolicyName="registry",
        PolicyDocument=policy(allow("s3:ListAllMyBuckets")),
    )
    anonymous = As(roles.server, None)

    def assume(service_account: str):
        token = roles.server.token(service_account, "--audience", "openshift")
        return anonymous.sts.assume_role_with_web_identity(
            RoleArn=role_arn("cluster-openshift-image-registry"), RoleSessionName="operator",
            WebIdentityToken=token,
        )

    answer = assume("openshift-image-registry/registry")
    assert answer["SubjectFromWebIdentityToken"] == operator
    assert answer["Audience"] == "openshift"
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"
    As(roles.server, Credentials.of(answer["Credentials"])).s3.list_buckets()
    with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume("openshift-ingress-operator/ingress-operator")


def test_sessions_are_revoked_on_demand(roles):
    role = roles.role(policy(allow("iam:ListRoles")))
    old = roles.session(role, "old")
    old.iam.list_roles()
    _revoke_until_now(roles, role)

    arn = f"arn:aws:iam::{ACCOUNT}:role/"
    with refused(
        "AccessDenied", 403,
        f"User: {old.arn} is not authorized to perform: iam:ListRoles on resource: {arn} "
        "with an explicit deny in an identity-based policy",
    ):
        old.iam.list_roles()
    assert old.sts.get_caller_identity()["Arn"] == old.arn
    # The one beside it isn't touched.
    roles.admin.iam.list_roles()

    later = roles.session(role, "later")
    later.iam.list_roles()
    with refused("AccessDenied", 403):
        old.iam.list_roles()


def _revoke_until_now(roles, role: str) -> None:
    """What the console's "Revoke active sessions" does, for sessions up to this second."""
    # Issue times are whole seconds: a later session is one of the next second.
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=1)
    document = policy({
        "Effect": "Deny", "Action": ["*"], "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{now:%Y-%m-%dT%H:%M:%S}.000Z"}},
    })
    roles.admin.iam.put_role_policy(
        RoleName=role, PolicyName="AWSRevokeOlderSessions", PolicyDocument=document
    )
    time.sleep(max(0, (now - datetime.datetime.now(datetime.UTC)).total_seconds()))


def test_no_request_passes_once_a_revocation_is_answered(roles):
    role = roles.role(policy(allow("iam:ListRoles")))
    sessions = [roles.session(role, f"session-{at}") for at in range(4)]
    revoked, stop, passed, refusals = threading.Event(), threading.Event(), [], []

    def hammer(session):
        while not stop.is_set():
            after = revoked.is_set()
            try:
                session.iam.list_roles()
                passed.append(after)
            except session.iam.exceptions.ClientError:
                refusals.append(after)

    threads = [threading.Thread(target=hammer, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    document = policy(deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}}))
    roles.admin.iam.put_role_policy(RoleName=role, PolicyName="AWSRevokeOlderSessions", PolicyDocument=document)
    revoked.set()
    deadline = time.monotonic() + 20
    while refusals.count(True) < 200 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert refusals.count(True) >= 200
    assert passed.count(True) == 0
