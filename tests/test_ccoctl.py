"""`daypass ccoctl`: an OpenShift cluster's issuer, provider and roles, as `ccoctl aws` makes them."""

import json
import re
import stat
import subprocess
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives import serialization

from support import jwt
from support.amazon import HOSTS, leading_to
from support.aws_cli import Cli
from support.certificates import Signer
from support.clients import As, refused
from support.credentials_requests import (
    CLASSIC, CREDENTIALS, EBS, INGRESS, MACHINES, NETWORK, REGISTRY, TOKEN_PATH, Component, write,
)
from support.environment import clean_environment
from support.policies import allow, policy
from support.principals import Account, role_arn
from support.raw import send
from support.server import ACCOUNT, REGION, Credentials, Server, daypass
from test_issuers import ccoctl_discovery, ccoctl_keys, key_id

TAG = "openshift.io/cloud-credential-operator"
UNVERIFIABLE = "Couldn't retrieve verification key"
# Keys of 4096 bits take a while to make; a cluster of a test that needs no new one has this.
SIGNER = jwt.Key("RS256", "")


class Cluster:
    """A name, an output directory, a directory of requests, and the command for them."""

    def __init__(self, server: Server, account: Account, home: Path, *components: Component):
        self.server, self.account, self.home = server, account, home
        self.name = account.name("c")
        self.bucket = f"{self.name}-oidc"
        self.provider = f"{self.bucket}.s3.{REGION}.amazonaws.com"
        self.issuer = f"https://{self.provider}"
        self.arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.provider}"
        self.out = home / "out"
        self.requests = write(home / "requests", *components or (REGISTRY, INGRESS))
        self.components = components or (REGISTRY, INGRESS)

    def run(self, command: str, *options, region: str | None = REGION, credentials: Credentials | None = None):
        """The command with the flags that it needs; as the administrator by the socket, or with credentials."""
        flags = [command]
        if command != "create-key-pair":
            flags += ["--name", self.name]
            flags += ["--region", region] if region else []
        if command != "delete":
            flags += ["--output-dir", str(self.out)]
        if command in ("create-all", "create-iam-roles"):
            flags += ["--credentials-requests-dir", str(self.requests)]
        if command == "create-iam-roles" and "--identity-provider-arn" not in options:
            flags += ["--identity-provider-arn", self.arn]
        more = {}
        if credentials:
            more = {"AWS_ENDPOINT_URL": self.server.url, **credentials.environment()}
        return self.server.command("ccoctl", *flags, *map(str, options), environment=more)

    def __call__(self, command: str, *options, **more) -> str:
        """What it prints; it must succeed."""
        done = self.run(command, *options, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fails(self, command: str, *options, **more) -> str:
        """What it complains of; it must fail."""
        done = self.run(command, *options, **more)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def bring(self, key: jwt.Key = SIGNER) -> None:
        """Puts a key pair into the output directory, as an earlier run would have."""
        self.out.mkdir(exist_ok=True)
        (self.out / "serviceaccount-signer.private").write_bytes(key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ))
        (self.out / "serviceaccount-signer.public").write_bytes(key.public_pem())

    def signer(self) -> jwt.Key:
        """The key of the output directory, which the cluster signs with."""
        made = jwt.Key("EdDSA", "")
        pem = (self.out / "tls/bound-service-account-signing-key.key").read_bytes()
        made.algorithm, made.private = "RS256", serialization.load_pem_private_key(pem, None)
        made.kid = key_id(made.private.public_key())
        return made

    def token(self, component: Component, account: str | None = None, key: jwt.Key | None = None, **claims) -> str:
        subject = f"system:serviceaccount:{component.namespace}:{account or component.service_accounts[0]}"
        key = key or self.signer()
        return key.sign(jwt.claims(self.issuer, subject, **claims), kid=key_id(key.private.public_key()))

    def assume(self, component: Component, token: str) -> As:
        answer = As(self.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(component.role(self.name)), RoleSessionName="pod", WebIdentityToken=token
        )
        return As(self.server, Credentials.of(answer["Credentials"]))

    def object(self, key: str) -> str:
        return self.account.admin.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def published(self) -> list:
        return [key["kid"] for key in json.loads(self.object("keys.json"))["keys"]]

    def changes(self) -> list:
        """What has been changed in the whole server, of management and data."""
        lines = [
            json.loads(line) for path in sorted(self.server.data.glob("trail/*/*.jsonl"))
            for line in path.read_text().splitlines()
        ]
        names = [
            it["eventName"] for it in lines
            if not it["readOnly"] and self.name in json.dumps(it) and "errorCode" not in it
        ]
        return [name for name in names if not name.startswith("AssumeRole")]


@pytest.fixture
def make(server, account, home):
    """Makes clusters; what they have made is deleted at the end."""
    made = []

    def start(*components: Component) -> Cluster:
        cluster = Cluster(server, account, home / f"c{len(made)}", *components)
        cluster.home.mkdir(exist_ok=True)
        made.append(cluster)
        return cluster

    yield start
    for cluster in made:
        cluster.run("delete")


@pytest.fixture
def cluster(make) -> Cluster:
    """A cluster with two components, whose key pair is there."""
    made = make()
    made.bring()
    return made


def tags(pairs: list) -> dict:
    return {pair["Key"]: pair["Value"] for pair in pairs}


def test_a_whole_cluster_is_made_and_each_component_may_what_it_asked_for(make, server, account, home):
    cluster = make(*CLASSIC)
    for component in CLASSIC:
        assert len(component.role(cluster.name)) <= 64
    printed = cluster("create-all")
    assert f"Identity Provider created with ARN: {cluster.arn}" in printed
    signer = cluster.signer()
    assert signer.private.key_size == 4096
    for component in CLASSIC:
        for service_account in component.service_accounts:
            session = cluster.assume(component, cluster.token(component, service_account, signer))
            identity = session.sts.get_caller_identity()["Arn"]
            assert identity == f"arn:aws:sts::{ACCOUNT}:assumed-role/{component.role(cluster.name)}/pod"
        for audience in (["openshift"], "sts.amazonaws.com"):
            cluster.assume(component, cluster.token(component, key=signer, aud=audience))
        with refused("InvalidIdentityToken", has="Incorrect token audience"):
            cluster.assume(component, cluster.token(component, key=signer, aud="https://kubernetes.default.svc"))
        # Another component's service account, and one of the same name elsewhere.
        for foreign in (c for c in CLASSIC if c is not component):
            with refused("AccessDenied", 403):
                cluster.assume(component, cluster.token(foreign, key=signer))
        elsewhere = Component("x", "default", "x", component.service_accounts, ())
        with refused("AccessDenied", 403):
            cluster.assume(component, cluster.token(elsewhere, key=signer))

    reader = cluster.assume(CREDENTIALS, cluster.token(CREDENTIALS, key=signer))
    assert reader.iam.get_role(RoleName=REGISTRY.role(cluster.name))["Role"]["Tags"]
    with refused("AccessDenied", 403):
        reader.iam.create_user(UserName="nobody")
    with refused("AccessDenied", 403):
        reader.s3.list_objects_v2(Bucket=cluster.bucket)
    machines = cluster.assume(MACHINES, cluster.token(MACHINES, key=signer))
    with refused("AccessDenied", 403):
        machines.iam.get_role(RoleName=REGISTRY.role(cluster.name))

    # What IAM says of roles whose services are not here.
    simulate = account.admin.iam.simulate_principal_policy
    for component, action, context, expected in [
        (INGRESS, "route53:ListHostedZones", None, "allowed"),
        (INGRESS, "route53:ChangeResourceRecordSets", None, "implicitDeny"),
        (NETWORK, "ec2:AssignPrivateIpAddresses", None, "allowed"),
        (NETWORK, "ec2:RunInstances", None, "implicitDeny"),
        (EBS, "kms:CreateGrant", "true", "allowed"),
        (EBS, "kms:CreateGrant", "false", "implicitDeny"),
    ]:
        entries = [{
            "ContextKeyName": "kms:GrantIsForAWSResource", "ContextKeyType": "boolean", "ContextKeyValues": [context],
        }] if context else []
        result, = simulate(
            PolicySourceArn=role_arn(component.role(cluster.name)), ActionNames=[action], ContextEntries=entries
        )["EvaluationResults"]
        assert result["EvalDecision"] == expected, (component.name, action, context)

    # The registry works with the very file of its secret, as its pod has it.
    manifest = (cluster.out / "manifests" / REGISTRY.manifest).read_text()
    profile = re.search(r"credentials: \|-\n((?:    .*\n)+)", manifest)[1].replace("    ", "")
    token = home / "token"
    token.write_text(cluster.token(REGISTRY, "registry", signer))
    (home / "credentials").write_text(profile.replace(TOKEN_PATH, str(token)))
    pod = Cli(home, {"AWS_ENDPOINT_URL": server.url, "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials")})
    registry = f"{cluster.name}-image-registry"
    location = f"LocationConstraint={REGION}"
    pod("s3api", "create-bucket", "--bucket", registry, "--create-bucket-configuration", location)
    pod("s3", "cp", home / "token", f"s3://{registry}/blob")
    assert "blob" in pod("s3", "ls", f"s3://{registry}")
    assert "AccessDenied" in pod.fails("s3api", "delete-bucket", "--bucket", registry)
    assert "AccessDenied" in pod.fails("iam", "list-users")


def test_what_is_made_is_ccoctls(make, account):
    cluster = make(EBS)
    cluster("create-all")
    admin, signer = account.admin, cluster.signer()
    assert cluster.object(".well-known/openid-configuration") == ccoctl_discovery(cluster.issuer)
    assert cluster.object("keys.json") == ccoctl_keys(signer.private.public_key())
    mine = {f"{TAG}/{cluster.name}": "owned", "Name": cluster.name}
    for key in (".well-known/openid-configuration", "keys.json"):
        assert tags(admin.s3.get_object_tagging(Bucket=cluster.bucket, Key=key)["TagSet"]) == mine
    assert tags(admin.s3.get_bucket_tagging(Bucket=cluster.bucket)["TagSet"]) == mine
    block = admin.s3.get_public_access_block(Bucket=cluster.bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False,
    }
    statement, = json.loads(admin.s3.get_bucket_policy(Bucket=cluster.bucket)["Policy"])["Statement"]
    assert statement == {
        "Sid": "AllowReadPublicAccess", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{cluster.bucket}/*"],
    }
    # Everybody may read the documents, and nothing else.
    assert send(cluster.server, "GET", f"/{cluster.bucket}/keys.json", {}).status == 200
    assert send(cluster.server, "GET", f"/{cluster.bucket}", {}).status == 403
    provider = admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    assert provider["Url"] == cluster.provider
    assert sorted(provider["ClientIDList"]) == ["openshift", "sts.amazonaws.com"]
    assert tags(provider["Tags"]) == mine

    role = admin.iam.get_role(RoleName=EBS.role(cluster.name))["Role"]
    assert role["RoleName"] == f"{cluster.name}-openshift-cluster-csi-drivers-ebs-cloud-credentials"[:64]
    assert role["Description"] == "OpenShift role for openshift-cluster-csi-drivers/ebs-cloud-credentials"
    assert tags(role["Tags"]) == mine
    assert role["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": cluster.arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{cluster.provider}:sub": [
                "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator",
                "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-controller-sa",
            ]}},
        }],
    }
    inline = admin.iam.get_role_policy(RoleName=role["RoleName"], PolicyName=role["RoleName"])["PolicyDocument"]
    assert inline == {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["ec2:AttachVolume", "ec2:CreateVolume", "ec2:DescribeVolumes"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["kms:CreateGrant"], "Resource": "*",
         "Condition": {"Bool": {"kms:GrantIsForAWSResource": True}}},
    ]}

    out = cluster.out
    assert (out / "manifests/cluster-authentication-02-config.yaml").read_text() == (
        "apiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata:\n  name: cluster\nspec:\n"
        f"  serviceAccountIssuer: {cluster.issuer}"
    )
    assert (out / "manifests" / EBS.manifest).read_text() == (
        "apiVersion: v1\nstringData:\n  credentials: |-\n    [default]\n    sts_regional_endpoints = regional\n"
        f"    role_arn = {role['Arn']}\n    web_identity_token_file = {TOKEN_PATH}\n"
        "kind: Secret\nmetadata:\n  name: ebs-cloud-credentials\n  namespace: openshift-cluster-csi-drivers\n"
        "type: Opaque"
    )
    private = (out / "serviceaccount-signer.private").read_text()
    assert private.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert (out / "tls/bound-service-account-signing-key.key").read_text() == private
    public = (out / "serviceaccount-signer.public").read_bytes()
    assert public == signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for path in (out / "serviceaccount-signer.private", out / "tls/bound-service-account-signing-key.key",
                 out / "manifests" / EBS.manifest):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(cluster):
    """openshift/cloud-credential-operator#684: it wrote the issuer anew."""
    cluster("create-all")
    before, files = cluster.changes(), {path: path.read_bytes() for path in cluster.out.rglob("*") if path.is_file()}
    assert {"CreateBucket", "PutObject", "CreateOpenIDConnectProvider", "CreateRole", "PutRolePolicy"} <= set(before)
    printed = cluster("create-all")
    assert cluster.changes() == before
    assert {path: path.read_bytes() for path in cluster.out.rglob("*") if path.is_file()} == files
    assert f"Existing Identity Provider found with ARN: {cluster.arn}" in printed
    for thing in ("serviceaccount-signer.private", f"bucket {cluster.bucket}", "keys.json", "openid-configuration",
                  f"role/{REGISTRY.role(cluster.name)}", f"role/{INGRESS.role(cluster.name)}"):
        assert re.search(f"{re.escape(thing)}: is there already", printed), printed
    # Its parts are the same again too.
    cluster("create-key-pair")
    cluster("create-identity-provider")
    cluster("create-iam-roles", region=None)
    assert cluster.changes() == before


def test_a_run_goes_on_where_another_was_interrupted(cluster, account):
    admin = account.admin
    location = {"LocationConstraint": REGION}
    # A bucket, and nothing in it.
    admin.s3.create_bucket(Bucket=cluster.bucket, CreateBucketConfiguration=location)
    cluster("create-identity-provider")
    assert tags(admin.s3.get_bucket_tagging(Bucket=cluster.bucket)["TagSet"])["Name"] == cluster.name
    assert send(cluster.server, "GET", f"/{cluster.bucket}/keys.json", {}).status == 200
    # No keys yet.
    admin.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    admin.s3.delete_object(Bucket=cluster.bucket, Key="keys.json")
    cluster("create-all")
    # A role without its policy, and one that is missing.
    role = INGRESS.role(cluster.name)
    admin.iam.delete_role_policy(RoleName=role, PolicyName=role)
    gone = REGISTRY.role(cluster.name)
    admin.iam.delete_role_policy(RoleName=gone, PolicyName=gone)
    admin.iam.delete_role(RoleName=gone)
    (cluster.out / "serviceaccount-signer.public").unlink()
    printed = cluster("create-all")
    assert f"role {role}: its policy is written" in printed
    assert f"role/{gone}: created" in printed
    for component in (REGISTRY, INGRESS):
        cluster.assume(component, cluster.token(component))


def test_a_role_follows_its_request(cluster, account):
    cluster("create-all")
    more = Component(
        INGRESS.name, INGRESS.namespace, INGRESS.secret, ("ingress-operator", "another"),
        ({"actions": ["iam:ListRoles"]},),
    )
    write(cluster.requests, REGISTRY, more)
    role = INGRESS.role(cluster.name)
    printed = cluster("create-iam-roles")
    assert f"role {role}: its policy is updated" in printed
    assert cluster.assume(INGRESS, cluster.token(INGRESS)).iam.list_roles()["Roles"]
    # Whom it trusts is not changed behind anybody's back. What is printed does it.
    with refused("AccessDenied", 403):
        cluster.assume(INGRESS, cluster.token(INGRESS, "another"))
    command = re.search(r"aws iam update-assume-role-policy .*", printed)[0]
    shell(cluster, command)
    cluster.assume(INGRESS, cluster.token(INGRESS, "another"))
    assert "update-assume-role-policy" not in cluster("create-iam-roles")


def shell(cluster: Cluster, commands: str) -> str:
    """Runs commands as they were printed, with the real `aws`."""
    credentials = cluster.server.administrator.environment()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True, timeout=180, cwd=cluster.home,
        stdin=subprocess.DEVNULL, env=clean_environment(cluster.home, {
            **credentials, "AWS_ENDPOINT_URL": cluster.server.url, "AWS_DEFAULT_REGION": REGION,
        }),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_permissions_boundary_holds(cluster, account):
    admin = account.admin
    boundary = admin.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=policy(allow("s3:ListBucket"))
    )["Policy"]["Arn"]
    cluster("create-all", "--permissions-boundary-arn", boundary)
    role = admin.iam.get_role(RoleName=REGISTRY.role(cluster.name))["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    session = cluster.assume(REGISTRY, cluster.token(REGISTRY))
    session.s3.list_objects_v2(Bucket=cluster.bucket)
    with refused("AccessDenied", 403, has="permissions boundary"):
        session.s3.put_object(Bucket=cluster.bucket, Key="k", Body=b"")
    # It is for new roles; the others keep theirs, and that is told.
    printed = cluster("create-iam-roles", "--permissions-boundary-arn", f"arn:aws:iam::{ACCOUNT}:policy/other")
    assert f"its permissions boundary is {boundary}, and stays so" in printed


def test_a_key_is_rotated_with_overlap(cluster):
    cluster("create-all")
    old, new = cluster.signer(), jwt.Key("RS256", "")
    (cluster.home / "new.pub").write_bytes(new.public_pem())
    assert cluster.published() == [old.kid]
    with refused("InvalidIdentityToken", has=UNVERIFIABLE):
        cluster.assume(REGISTRY, cluster.token(REGISTRY, key=new))

    rotation = ("create-identity-provider", "--public-key-file", cluster.home / "new.pub")
    cluster(*rotation, "--keep-keys")
    assert cluster.published() == [old.kid, new.kube_id()]
    for key in (old, new):
        cluster.assume(REGISTRY, cluster.token(REGISTRY, key=key))
    before = cluster.changes()
    cluster(*rotation, "--keep-keys")
    # A whole run meanwhile takes none away.
    cluster("create-all")
    assert cluster.changes() == before

    printed = cluster(*rotation)
    assert f"tokens that were signed with {old.kid} are refused from now on" in printed
    assert cluster.published() == [new.kube_id()]
    cluster.assume(REGISTRY, cluster.token(REGISTRY, key=new))
    with refused("InvalidIdentityToken", has=UNVERIFIABLE):
        cluster.assume(REGISTRY, cluster.token(REGISTRY, key=old))


def test_a_key_is_rotated_as_openshifts_guide_says(cluster, aws):
    """docs/rotate-oidc-key.md of the cloud-credential-operator: a dry run's keys.json, joined with the current one."""
    cluster("create-all")
    old, new = cluster.signer(), jwt.Key("RS256", "")
    work = cluster.home / "work"
    work.mkdir()
    (work / "serviceaccount-signer.public").write_bytes(new.public_pem())
    done = daypass(
        "ccoctl", "aws", "create-identity-provider", "--dry-run", "--output-dir", str(work), "--name", "fake",
        "--region", "us-east-1", data=cluster.home / "no-server", home=cluster.home,
    )
    assert done.returncode == 0, done.stderr
    aws("s3api", "get-object", "--bucket", cluster.bucket, "--key", "keys.json", work / "current.json")
    keys = [json.loads((work / name).read_text())["keys"] for name in ("current.json", "03-keys.json")]
    (work / "combined.json").write_text(json.dumps({"keys": keys[0] + keys[1]}))
    put = ("s3api", "put-object", "--bucket", cluster.bucket, "--tagging", f"{TAG}/{cluster.name}=owned",
           "--key", "keys.json", "--body")
    aws(*put, work / "combined.json")
    for key in (old, new):
        cluster.assume(REGISTRY, cluster.token(REGISTRY, key=key))
    aws(*put, work / "03-keys.json")
    cluster.assume(REGISTRY, cluster.token(REGISTRY, key=new))
    with refused("InvalidIdentityToken", has=UNVERIFIABLE):
        cluster.assume(REGISTRY, cluster.token(REGISTRY, key=old))


def test_another_key_pair_does_not_replace_the_clusters(cluster, make):
    cluster("create-all")
    before = cluster.changes()
    cluster.bring(jwt.Key("RS256", ""))
    told = cluster.fails("create-all")
    assert "Nothing has been changed" in told and cluster.published()[0] in told and "--keep-keys" in told
    assert cluster.changes() == before


def test_a_private_bucket_needs_nothing_else_here(make):
    cluster = make(INGRESS)
    cluster.bring()
    printed = cluster("create-all", "--create-private-s3-bucket")
    assert f"bucket {cluster.bucket}: private" in printed
    assert "Daypass reads the documents from its own bucket" in printed
    assert send(cluster.server, "GET", f"/{cluster.bucket}/keys.json", {}).status == 403
    block = cluster.account.admin.s3.get_public_access_block(Bucket=cluster.bucket)
    assert all(block["PublicAccessBlockConfiguration"].values())
    cluster.assume(INGRESS, cluster.token(INGRESS))
    before = cluster.changes()
    cluster("create-all", "--create-private-s3-bucket=true")
    assert cluster.changes() == before
    # It does not become public because a flag is forgotten, nor private because of one. What is printed does it.
    told = cluster("create-identity-provider")
    assert "is private, and stays so" in told and cluster.changes() == before
    shell(cluster, told.split("to make it public: ")[1].splitlines()[0])
    assert send(cluster.server, "GET", f"/{cluster.bucket}/keys.json", {}).status == 200
    before = cluster.changes()
    told = cluster.fails("create-identity-provider", "--create-private-s3-bucket")
    assert "is not private, and has not been changed" in told and cluster.changes() == before
    shell(cluster, told.split("to make it private: ")[1])
    assert send(cluster.server, "GET", f"/{cluster.bucket}/keys.json", {}).status == 403
    cluster("create-all", "--create-private-s3-bucket")
    cluster.assume(INGRESS, cluster.token(INGRESS))


def commands(printed: str) -> str:
    return "\n".join(line for line in printed.splitlines() if line.startswith("aws "))


def test_a_dry_run_makes_nothing_and_its_commands_make_all(cluster):
    cluster.server = Server.__new__(Server)  # Nobody is asked.
    cluster.server.command = lambda *words, environment: daypass(
        *words, data=cluster.home / "no-server", home=cluster.home, environment=environment
    )
    issuer = cluster("create-identity-provider", "--dry-run")
    roles = cluster("create-iam-roles", "--dry-run=true")
    cluster.server = cluster.account.server
    assert cluster.changes() == []
    assert sorted(path.name for path in cluster.out.iterdir() if path.name[0] == "0") == [
        "01-oidc-bucket.json", "02-openid-configuration", "03-keys.json", "04-iam-identity-provider.json",
        f"05-0-{cluster.name}-openshift-image-registry-installer-cloud-credentials-role.json",
        f"05-1-{cluster.name}-openshift-ingress-operator-cloud-credentials-role.json",
        f"06-0-{cluster.name}-openshift-image-registry-installer-cloud-credentials-policy.json",
        f"06-1-{cluster.name}-openshift-ingress-operator-cloud-credentials-policy.json",
    ]
    assert (cluster.out / "02-openid-configuration").read_text() == ccoctl_discovery(cluster.issuer)
    assert (cluster.out / "03-keys.json").read_text() == ccoctl_keys(SIGNER.private.public_key())
    shell(cluster, commands(issuer))
    shell(cluster, commands(roles))
    for component in cluster.components:
        cluster.assume(component, cluster.token(component, key=SIGNER))
        manifest = (cluster.out / "manifests" / component.manifest).read_text()
        assert f"role_arn = {role_arn(component.role(cluster.name))}\n" in manifest
    # It is what a real run would have made.
    before = cluster.changes()
    printed = cluster("create-all")
    assert [it for it in cluster.changes() if it not in before] == []
    assert "not what would be made" not in printed
    cluster("delete")
    assert "nothing that was made for" in cluster("delete")


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
def test_files_of_a_private_bucket_are_inputs_of_aws(cluster, region):
    printed = cluster("create-identity-provider", "--dry-run", "--create-private-s3-bucket", region=region)
    found = re.findall(r"^aws (\S+) (\S+) .*?--cli-input-json file://(\S+)", printed, re.M)
    assert [Path(file).name[:2] for *_, file in found] == ["01", "05", "06", "07", "08", "04"]
    loader = botocore.session.get_session()
    for service, operation, file in found:
        model = loader.get_service_model(service.replace("s3api", "s3"))
        shapes = {xform_name(name, "-"): model.operation_model(name).input_shape for name in model.operation_names}
        report = ParamValidator().validate(json.loads(Path(file).read_text()), shapes[operation])
        assert not report.has_errors(), report.generate_report()
    distribution = json.loads((cluster.out / "08-cloudfront-distribution.json").read_text())
    origin, = distribution["DistributionConfigWithTags"]["DistributionConfig"]["Origins"]["Items"]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    assert origin["DomainName"] == f"{cluster.bucket}.s3.{region}.{suffix}"
    text = (cluster.out / "manifests/cluster-authentication-02-config.yaml").read_text()
    assert "<enter_cloudfront_distribution_url_here>" in text


def test_a_deletion_takes_what_was_made_and_nothing_else(cluster, make, account):
    other = make(INGRESS)
    other.bring()
    # Its name begins with the first one's.
    other.name = f"{cluster.name}-2"
    other.bucket = f"{other.name}-oidc"
    for made in (cluster, other):
        made("create-all")
    # Roles of the same beginning that somebody else has.
    mine = account.role(RoleName=f"{cluster.name}-mine")
    printed = cluster("delete")
    for component in cluster.components:
        assert f"role {component.role(cluster.name)}: deleted" in printed
    admin = account.admin
    with refused("NoSuchEntity"):
        admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    with refused("NoSuchBucket"):
        admin.s3.list_objects_v2(Bucket=cluster.bucket)
    with refused("NoSuchEntity"):
        admin.iam.get_role(RoleName=REGISTRY.role(cluster.name))
    admin.iam.get_role(RoleName=mine)
    admin.iam.get_role(RoleName=INGRESS.role(other.name))
    assert other.object("keys.json")
    assert "there is nothing that was made for" in cluster("delete")
    # Made again, it works again, with the same key.
    cluster("create-all")
    cluster.assume(REGISTRY, cluster.token(REGISTRY))


def test_a_deletion_goes_on_where_another_has_failed(cluster, account):
    cluster("create-all")
    admin, user = account.admin, account.user(policy(allow("iam:*"), allow("s3:*"), allow("sts:*")))
    account.admin.iam.put_user_policy(UserName=user.name, PolicyName="limits", PolicyDocument=policy(
        {"Effect": "Deny", "Action": ["iam:DeleteOpenIDConnectProvider"], "Resource": "*"}
    ))
    told = cluster.fails("delete", credentials=user.credentials)
    assert "AccessDenied" in told and "the bucket stays" in told and "run the command again" in told
    admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    assert cluster.published()
    # An object that somebody else has put there is not deleted.
    admin.s3.put_object(Bucket=cluster.bucket, Key="mine/a b+c&d", Body=b"mine")
    told = cluster.fails("delete")
    assert "`mine/a b+c&d`" in told
    with refused("NoSuchEntity"):
        admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    admin.s3.put_object_tagging(Bucket=cluster.bucket, Key="mine/a b+c&d", Tagging={
        "TagSet": [{"Key": f"{TAG}/{cluster.name}", "Value": "owned"}],
    })
    cluster("delete")
    with refused("NoSuchBucket"):
        admin.s3.list_objects_v2(Bucket=cluster.bucket)


def test_roles_that_have_more_are_not_forced(cluster, account):
    cluster("create-all")
    role = INGRESS.role(cluster.name)
    attach = {"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    account.admin.iam.attach_role_policy(**attach)
    told = cluster.fails("delete")
    assert f"DeleteRole {role}: DeleteConflict" in told
    account.admin.iam.detach_role_policy(**attach)
    cluster("delete")


def test_what_is_somebody_elses_is_neither_used_nor_changed(cluster, account):
    admin = account.admin
    location = {"LocationConstraint": REGION}
    admin.s3.create_bucket(Bucket=cluster.bucket, CreateBucketConfiguration=location)
    admin.s3.put_object(Bucket=cluster.bucket, Key="payroll.csv", Body=b"")
    before = cluster.changes()
    assert "Its objects would be published" in cluster.fails("create-all")
    assert cluster.changes() == before
    assert "stays, because it has no tag" in cluster("delete")
    admin.s3.delete_object(Bucket=cluster.bucket, Key="payroll.csv")
    admin.s3.put_bucket_tagging(Bucket=cluster.bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert "was not made for this name" in cluster.fails("create-identity-provider")
    admin.s3.delete_bucket(Bucket=cluster.bucket)

    role = account.role(RoleName=INGRESS.role(cluster.name))
    cluster("create-identity-provider")
    told = cluster.fails("create-iam-roles")
    assert f"the role {role} is there already, and was not made for this name" in told
    assert admin.iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    with refused("NoSuchEntity"):
        admin.iam.get_role(RoleName=REGISTRY.role(cluster.name))
    admin.iam.delete_role(RoleName=role)


def test_a_bucket_of_another_issuer_is_told(cluster):
    cluster("create-all")
    before = cluster.changes()
    told = cluster.fails("create-identity-provider", region="eu-west-1")
    assert cluster.issuer in told and "Nothing has been changed" in told
    assert cluster.changes() == before


def test_a_provider_of_a_bucket_that_is_gone_is_told(cluster, account):
    """Daypass reads a provider from the bucket that it was registered with, and from no other."""
    cluster("create-all")
    for key in ("keys.json", ".well-known/openid-configuration"):
        account.admin.s3.delete_object(Bucket=cluster.bucket, Key=key)
    account.admin.s3.delete_bucket(Bucket=cluster.bucket)
    told = cluster.fails("create-all")
    assert "Nothing has been changed" in told
    shell(cluster, re.search(r"aws iam delete-open-id-connect-provider .*", told)[0])
    cluster("create-all")
    cluster.assume(REGISTRY, cluster.token(REGISTRY))


def test_nothing_is_made_of_requests_that_are_wrong(cluster):
    text = REGISTRY.document().replace("  - registry\n", "  - Registry!\n")
    (cluster.requests / "zz.yaml").write_text(INGRESS.document() + "---\n" + text)
    told = cluster.fails("create-all")
    assert f"`{cluster.requests}/zz.yaml`: document 2 (openshift-cloud-credential-operator/openshift-image-registry)" in told
    assert "`spec.serviceAccountNames[1]` is `Registry!`, which is no name in Kubernetes" in told
    (cluster.requests / "zz.yaml").write_text(REGISTRY.document())
    assert "leave one of them out" in cluster.fails("create-all")
    (cluster.requests / "zz.yaml").write_text("a: [")
    assert "it is not YAML" in cluster.fails("create-all")
    assert cluster.changes() == []
    for path in cluster.requests.iterdir():
        path.rename(path.with_suffix(".txt"))
    assert "there are no CredentialsRequests" in cluster.fails("create-all")


def test_requests_that_are_left_out_are_told(cluster):
    (cluster.requests / "deleted.yaml").write_text(EBS.document(**{"release.openshift.io/delete": "true"}))
    preview = NETWORK.document(**{"release.openshift.io/feature-set": "TechPreviewNoUpgrade"})
    (cluster.requests / "preview.yml").write_text(preview)
    cluster("create-identity-provider")
    printed = cluster("create-iam-roles")
    assert "aws-ebs-csi-driver-operator: left out, because it is marked for deletion" in printed
    assert f"{NETWORK.name}: left out, because it belongs to the feature set TechPreviewNoUpgrade" in printed
    assert NETWORK.role(cluster.name) not in printed
    printed = cluster("create-iam-roles", "--enable-tech-preview")
    assert f"role/{NETWORK.role(cluster.name)}: created" in printed
    assert EBS.role(cluster.name) not in printed


def test_mistakes_are_told_with_the_next_command(cluster, home):
    missing = home / "missing.public"
    told = cluster.fails("create-identity-provider", "--public-key-file", missing)
    assert f"cannot read the public key `{missing}`" in told
    missing.write_text("junk")
    assert "no RSA public key" in cluster.fails("create-identity-provider", "--public-key-file", missing)
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/nowhere.example"
    told = cluster.fails("create-iam-roles", "--identity-provider-arn", arn)
    assert f"there is no identity provider {arn}" in told and "create-identity-provider" in told
    (cluster.out / "serviceaccount-signer.public").write_bytes(jwt.Key("RS256", "").public_pem())
    assert "is not the public key of" in cluster.fails("create-key-pair")
    (cluster.out / "serviceaccount-signer.private").unlink()
    assert "without its private key" in cluster.fails("create-key-pair")
    (cluster.out / "serviceaccount-signer.private").write_text("junk")
    assert "can't be used" in cluster.fails("create-key-pair")
    cluster.name = "Not_A_Bucket"
    cluster.bring()
    assert "can't be part of a bucket's name" in cluster.fails("create-identity-provider")
    for words, expected in [
        (("--region", "nowhere"), "is not a region"),
        (("--region", "us-iso-east-1"), "partitions"),
        (("--region", REGION, "--thumbprint", "xyz"), "40 hexadecimal digits"),
    ]:
        done = cluster.run("create-identity-provider", *words, region=None)
        assert done.returncode == 2 and expected in done.stderr, done.stderr
    done = cluster.run("create-iam-roles", "--identity-provider-arn", "arn:x")
    assert done.returncode == 2 and "not the ARN of an OIDC provider" in done.stderr


def test_who_may_not_is_told_what_is_missing(cluster, account):
    user = account.user(policy(allow("s3:*")))
    told = cluster.fails("create-all", credentials=user.credentials)
    assert "iam:GetOpenIDConnectProvider" in told
    assert "CreateBucket" not in cluster.changes()


def test_a_thumbprint_that_is_given_is_registered(cluster, account):
    thumbprint = "a9d53002e97e00e043244f3d170d6f4c414104fd"
    cluster("create-identity-provider", "--thumbprint", thumbprint)
    provider = account.admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    assert provider["ThumbprintList"] == [thumbprint]


def test_without_an_endpoint_aws_itself_is_asked(start_server, home):
    """Its host names lead to a server here, with a certificate for them."""
    signer = Signer()
    certificate, key = signer.server(*HOSTS)
    for name, content in (("cert", certificate), ("key", key), ("ca", signer.pem())):
        (home / name).write_bytes(content)
    server = start_server("--tls-cert", str(home / "cert"), "--tls-key", str(home / "key"))
    account = Account(server, As(server, server.administrator, verify=str(home / "ca")))
    cluster = Cluster(server, account, home, INGRESS)
    cluster.bring()
    with leading_to(server.url) as proxy:
        environment = {
            **server.administrator.environment(), "HTTPS_PROXY": proxy.url, "AWS_CA_BUNDLE": str(home / "ca"),
        }

        def run(command: str, *options):
            words = ["aws", command, "--name", cluster.name, "--region", REGION, *options]
            return daypass(
                "ccoctl", *words, data=home / "no-server", home=home, environment=environment
            )

        everything = ("--output-dir", str(cluster.out), "--credentials-requests-dir", str(cluster.requests))
        # The issuer of a private bucket needs what is not here.
        done = run("create-all", *everything, "--create-private-s3-bucket")
        assert done.returncode == 1 and "aws cloudfront create-distribution-with-tags" in done.stderr, done.stderr
        assert cluster.changes() == []
        done = run("create-all", *everything)
        assert done.returncode == 0, done.stderr
        assert f"AWS, account {ACCOUNT}" in done.stdout
        assert "thumbprint: found by IAM itself" in done.stdout
        cluster.account.admin.iam.get_role(RoleName=INGRESS.role(cluster.name))
        assert sorted(set(proxy.asked)) == sorted(f"{host}:443" for host in HOSTS)
        before = cluster.changes()
        assert run("create-all", *everything).returncode == 0
        assert cluster.changes() == before
        done = run("delete")
        assert done.returncode == 0, done.stderr
        with refused("NoSuchBucket"):
            cluster.account.admin.s3.list_objects_v2(Bucket=cluster.bucket)
