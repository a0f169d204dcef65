"""The walkthrough "Fine-grained IAM roles for ROSA workloads with STS" on a real cluster, command by command.

`oc` is `kubectl`, but for the commands that only OpenShift has. No node runs the pod: its containers' variables and the token
of its volume are taken from the pod that the API server has.
"""

import json
import re

import pytest

from support.aws_cli import Cli
from support.kubelet import Container
from support.server import REGION

SET_UP = """
export ROSA_CLUSTER_NAME=tests
export SERVICE="s3"
export AWS_ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)
export APP_NAMESPACE=iam-app
export APP_SERVICE_ACCOUNT_NAME=iam-app-s3-sa
export S3_BUCKET_NAME=rosa-irsa-bucket
""".strip()

OC = """oc() {
  case "$1 $2" in
  "new-project "*) kubectl create namespace "$2" && kubectl config set-context --current --namespace="$2" ;;
  *) kubectl "$@" ;;
  esac
}"""

# OpenShift has the issuer in an object of its own.
AUTHENTICATION = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "authentications.config.openshift.io"},
    "spec": {
        "group": "config.openshift.io", "scope": "Cluster",
        "names": {"plural": "authentications", "singular": "authentication", "kind": "Authentication"},
        "versions": [{
            "name": "v1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }],
    },
}

TRUST = """cat <<EOF > ./trust.json
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::${AWS_ACCOUNT_ID}:oidc-provider/${OIDC_PROVIDER}"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "${OIDC_PROVIDER}:sub": "system:serviceaccount:${APP_NAMESPACE}:${APP_SERVICE_ACCOUNT_NAME}"
        }
      }
    }
  ]
}
EOF"""

DEPLOYMENT = """cat <<EOF | oc create -f -
apiVersion: apps/v1
kind: Deployment
metadata:
  namespace: ${APP_NAMESPACE}
  name: awscli
  labels:
    app: awscli
spec:
  replicas: 1
  selector:
    matchLabels:
      app: awscli
  template:
    metadata:
      labels:
        app: awscli
    spec:
      containers:
        - image: amazon/aws-cli:latest
          name: awscli
          command:
            - /bin/sh
            - "-c"
            - while true; do sleep 10; done
          env:
            - name: HOME
              value: /tmp
      serviceAccount: ${APP_SERVICE_ACCOUNT_NAME}
EOF"""


@pytest.fixture
def issuer_object(own_cluster):
    """The cluster, with OpenShift's object that names its issuer."""
    own_cluster.apply(AUTHENTICATION)
    own_cluster.kubectl("wait", "--for=condition=Established", "crd/authentications.config.openshift.io")
    own_cluster.apply({
        "apiVersion": "config.openshift.io/v1", "kind": "Authentication", "metadata": {"name": "cluster"},
        "spec": {"serviceAccountIssuer": own_cluster.issuer},
    })
    return own_cluster


def test_the_walkthrough_on_a_cluster(start_server, start_webhook, issuer_object, shell, home):
    cluster = issuer_object
    server = start_server("--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8")
    sh = shell(DAYPASS_DATA=str(server.data), **cluster.environment())
    sh.run(OC)

    # Step 1. Set working variables
    sh.run('eval "$(daypass credentials)"')
    for line in SET_UP.splitlines():
        sh.run(line)

    # Step 2. Get the OIDC endpoint URL of the cluster
    sh.run(
        "export OIDC_PROVIDER=$(oc get authentication.config.openshift.io cluster "
        r"-o jsonpath='{.spec.serviceAccountIssuer}' | sed 's/https:\/\///')"
    )
    assert sh.value("OIDC_PROVIDER") == cluster.provider
    # The cluster's installer registers the issuer.
    sh.run(
        "aws iam create-open-id-connect-provider --url https://$OIDC_PROVIDER --client-id-list sts.amazonaws.com"
    )

    # Step 3. Create the application namespace and service account
    sh.run("oc new-project $APP_NAMESPACE")
    sh.run("oc create serviceaccount $APP_SERVICE_ACCOUNT_NAME -n $APP_NAMESPACE")

    # Step 4. Create an IAM role for the application service account
    sh.run(TRUST)
    sh.run('export APP_IAM_ROLE="iam-app-${SERVICE}-role"')
    sh.run("export APP_IAM_ROLE_ROLE_DESCRIPTION='IRSA role for APP $SERVICE deployment on ROSA cluster'")
    sh.run(
        'aws iam create-role --role-name "${APP_IAM_ROLE}" --assume-role-policy-document file://trust.json '
        '--description "${APP_IAM_ROLE_ROLE_DESCRIPTION}"'
    )
    sh.run("APP_IAM_ROLE_ARN=$(aws iam get-role --role-name=$APP_IAM_ROLE --query Role.Arn --output text)")

    # Step 5. Attach IAM policy to the IAM role
    sh.run(
        "POLICY_ARN=$(aws iam list-policies --query 'Policies[?PolicyName==`AmazonS3FullAccess`].Arn' --output text)"
    )
    sh.run('aws iam attach-role-policy --role-name "${APP_IAM_ROLE}" --policy-arn "${POLICY_ARN}" > /dev/null')

    # Step 6. Associate the IAM role created to the service account
    sh.run(
        "oc annotate serviceaccount -n $APP_NAMESPACE $APP_SERVICE_ACCOUNT_NAME "
        "eks.amazonaws.com/role-arn=$APP_IAM_ROLE_ARN"
    )
    described = sh.run("oc describe serviceaccount $APP_SERVICE_ACCOUNT_NAME -n $APP_NAMESPACE")
    assert re.search(
        r"^Annotations: +eks\.amazonaws\.com/role-arn: arn:aws:iam::123456789012:role/iam-app-s3-role$", described, re.M
    )

    # Step 7. Application deployment; ROSA has the webhook from its start.
    webhook = start_webhook(f"--aws-default-region={REGION}", f"--aws-endpoint-url={server.url}", of=cluster)
    webhook.install("iam-app")
    webhook.in_force("iam-app")
    sh.run(DEPLOYMENT)
    sh.run("kubectl wait --for=create pod -l app=awscli --timeout=60s")
    pod_name = "$(oc get pod -l app=awscli -o jsonpath='{.items[0].metadata.name}')"
    described = sh.run(f"oc describe pod {pod_name}")
    variables = re.findall(r"^\s*(AWS_\w+): +(\S+)$", described, re.M)
    assert ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/iam-app-s3-role") in variables
    assert ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token") in variables
    assert re.search(r"^ +TokenExpirationSeconds: +86400$", described, re.M)

    # Step 8. Create an S3 bucket
    sh.run(
        "aws s3api create-bucket --bucket $S3_BUCKET_NAME --region $AWS_REGION "
        "--create-bucket-configuration LocationConstraint=$AWS_REGION > /dev/null"
    )

    # Step 9. Verify the solution, in the pod
    pod = json.loads(sh.run(f"oc get pod {pod_name} -o json"))
    container = Container(cluster, pod, home / "pod")
    rsh = Cli(home / "pod", {**container.environment(), "HOME": str(home / "pod")})
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d rosa-irsa-bucket\n", rsh("s3", "ls"))
    (home / "pod" / "rosa.txt").write_text("Hello from ROSA\n")
    uploaded = rsh("s3", "cp", "rosa.txt", "s3://rosa-irsa-bucket/rosa.txt")
    assert "upload: ./rosa.txt to s3://rosa-irsa-bucket/rosa.txt" in uploaded
    listed = rsh("s3", "ls", "s3://rosa-irsa-bucket", "--recursive", "--human-readable", "--summarize")
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d   16 Bytes rosa\.txt$", listed, re.M), listed
    assert re.search(r"^Total Objects: 1\n   Total Size: 16 Bytes$", listed, re.M), listed

    # The trail has the pod.
    events = json.loads(sh.run("aws cloudtrail lookup-events --output json"))["Events"]
    records = [json.loads(event["CloudTrailEvent"]) for event in events]
    came = next(it for it in records if it["eventName"] == "AssumeRoleWithWebIdentity")
    assert came["userIdentity"]["userName"] == "system:serviceaccount:iam-app:iam-app-s3-sa"
    attributes = came["additionalEventData"]["webIdFederationData"]["attributes"]
    assert attributes["kubernetes.io/pod"] == pod["metadata"]["name"]
    assert attributes["kubernetes.io/pod-uid"] == pod["metadata"]["uid"]
