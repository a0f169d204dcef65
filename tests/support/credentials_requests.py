"""CredentialsRequests as an OpenShift release has them: its six components that need AWS."""

import json
from dataclasses import dataclass
from pathlib import Path

TOKEN_PATH = "/var/run/secrets/openshift/serviceaccount/token"


@dataclass(frozen=True)
class Component:
    """A component: whose secret it is, and what its role may do."""

    name: str
    namespace: str
    secret: str
    service_accounts: tuple
    statements: tuple

    @property
    def manifest(self) -> str:
        """The name of its secret's manifest."""
        return f"{self.namespace}-{self.secret}-credentials.yaml"

    def role(self, name: str) -> str:
        """The name of its role."""
        return f"{name}-{self.namespace}-{self.secret}"[:64]

    def document(self, **annotations: str) -> str:
        """Its request. The strings are JSON's, which YAML reads as they are."""
        statements = "".join(
            f"    - effect: Allow\n"
            f"      action: {json.dumps(it['actions'])}\n"
            f"      resource: {json.dumps(it.get('resource', '*'))}\n"
            + (f"      policyCondition: {json.dumps(it['condition'])}\n" if "condition" in it else "")
            for it in self.statements
        )
        notes = "".join(f"    {key}: {json.dumps(value)}\n" for key, value in annotations.items())
        accounts = "".join(f"  - {account}\n" for account in self.service_accounts)
        return (
            "apiVersion: cloudcredential.openshift.io/v1\n"
            "kind: CredentialsRequest\n"
            "metadata:\n"
            f"  name: {self.name}\n"
            "  namespace: openshift-cloud-credential-operator\n"
            "  annotations:\n"
            "    include.release.openshift.io/self-managed-high-availability: \"true\"\n"
            f"{notes}"
            "spec:\n"
            "  serviceAccountNames:\n"
            f"{accounts}"
            "  secretRef:\n"
            f"    namespace: {self.namespace}\n"
            f"    name: {self.secret}\n"
            f"  cloudTokenPath: {TOKEN_PATH}\n"
            "  providerSpec:\n"
            "    apiVersion: cloudcredential.openshift.io/v1\n"
            "    kind: AWSProviderSpec\n"
            "    statementEntries:\n"
            f"{statements}"
        )


REGISTRY = Component(
    "openshift-image-registry", "openshift-image-registry", "installer-cloud-credentials",
    ("cluster-image-registry-operator", "registry"),
    ({"actions": [
        "s3:CreateBucket", "s3:PutBucketTagging", "s3:GetBucketTagging", "s3:PutObject", "s3:GetObject",
        "s3:DeleteObject", "s3:ListBucket",
    ]},),
)
INGRESS = Component(
    "openshift-ingress", "openshift-ingress-operator", "cloud-credentials", ("ingress-operator",),
    ({"actions": ["elasticloadbalancing:DescribeLoadBalancers", "route53:ListHostedZones", "tag:GetResources"]},),
)
EBS = Component(
    "aws-ebs-csi-driver-operator", "openshift-cluster-csi-drivers", "ebs-cloud-credentials",
    ("aws-ebs-csi-driver-operator", "aws-ebs-csi-driver-controller-sa"),
    ({"actions": ["ec2:AttachVolume", "ec2:CreateVolume", "ec2:DescribeVolumes"]},
     {"actions": ["kms:CreateGrant"], "condition": {"Bool": {"kms:GrantIsForAWSResource": True}}}),
)
NETWORK = Component(
    "openshift-cloud-network-config-controller-aws", "openshift-cloud-network-config-controller",
    "cloud-credentials", ("cloud-network-config-controller",),
    ({"actions": ["ec2:DescribeInstances", "ec2:AssignPrivateIpAddresses"]},),
)
MACHINES = Component(
    "openshift-machine-api-aws", "openshift-machine-api", "aws-cloud-credentials", ("machine-api-controllers",),
    ({"actions": ["ec2:RunInstances", "iam:CreateServiceLinkedRole"]},
     {"actions": ["iam:PassRole"], "resource": "arn:*:iam::*:role/*-worker-role"}),
)
CREDENTIALS = Component(
    "cloud-credential-operator-iam-ro", "openshift-cloud-credential-operator",
    "cloud-credential-operator-iam-ro-creds", ("cloud-credential-operator",),
    ({"actions": ["iam:GetUser", "iam:GetRole", "iam:ListRoles", "iam:ListAccessKeys"]},),
)
CLASSIC = (REGISTRY, INGRESS, EBS, NETWORK, MACHINES, CREDENTIALS)


def write(directory: Path, *components: Component) -> Path:
    """Writes requests as `oc adm release extract` does, one file each, and one with two documents."""
    directory.mkdir(parents=True, exist_ok=True)
    for place, component in enumerate(components):
        (directory / f"{place:02}_{component.name}.yaml").write_text(component.document())
    return directory
