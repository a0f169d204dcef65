"""The walkthrough "Fine-grained IAM roles for ROSA workloads with STS", command by command.

The commands stand as the article has them; braces that its formatting lost are back, and what `oc` did is done by
`daypass credentials` (the issuer) and `daypass run` (the pod).
"""

import json
import re

SET_UP = """
export SERVICE="s3"
export AWS_ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)
export APP_NAMESPACE=iam-app
export APP_SERVICE_ACCOUNT_NAME=iam-app-s3-sa
export S3_BUCKET_NAME=rosa-irsa-bucket
""".strip()

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

POD = "daypass run --role-arn $APP_IAM_ROLE_ARN --service-account $APP_NAMESPACE/$APP_SERVICE_ACCOUNT_NAME --"


def test_the_walkthrough_from_a_service_account_to_an_object(own_server, shell):
    sh = shell(DAYPASS_DATA=str(own_server.data))

    # Nobody has a key; the administrator's session lasts an hour.
    sh.run('eval "$(daypass credentials)"')
    for line in SET_UP.splitlines():
        sh.run(line)
    assert sh.value("AWS_ACCOUNT_ID") == "123456789012"
    assert sh.value("AWS_REGION") == "us-east-2"
    assert re.fullmatch(r"[^/:]+/.+", sh.value("OIDC_PROVIDER"))

    # The cluster's installer registers the issuer.
    sh.run(
        "aws iam create-open-id-connect-provider --url https://$OIDC_PROVIDER --client-id-list sts.amazonaws.com"
    )

    # Step 4. Create an IAM role for the application service account
    sh.run(TRUST)
    sh.run('export APP_IAM_ROLE="iam-app-${SERVICE}-role"')
    sh.run("export APP_IAM_ROLE_ROLE_DESCRIPTION='IRSA role for APP $SERVICE deployment on ROSA cluster'")
    created = json.loads(sh.run(
        'aws iam create-role --role-name "${APP_IAM_ROLE}" --assume-role-policy-document file://trust.json '
        '--description "${APP_IAM_ROLE_ROLE_DESCRIPTION}"'
    ))["Role"]
    assert created["Description"] == "IRSA role for APP $SERVICE deployment on ROSA cluster"
    assert created["AssumeRolePolicyDocument"] == json.loads(sh.run("cat trust.json"))
    assert "MaxSessionDuration" not in created
    sh.run("APP_IAM_ROLE_ARN=$(aws iam get-role --role-name=$APP_IAM_ROLE --query Role.Arn --output text)")
    assert sh.value("APP_IAM_ROLE_ARN") == "arn:aws:iam::123456789012:role/iam-app-s3-role"

    # Step 5. Attach IAM policy to the IAM role
    sh.run(
        "POLICY_ARN=$(aws iam list-policies --query 'Policies[?PolicyName==`AmazonS3FullAccess`].Arn' --output text)"
    )
    assert sh.value("POLICY_ARN") == "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    sh.run('aws iam attach-role-policy --role-name "${APP_IAM_ROLE}" --policy-arn "${POLICY_ARN}" > /dev/null')

    # Step 7: what the webhook puts into the pod
    pod_environment = sh.run(f"{POD} env | grep '^AWS_'")
    assert "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/iam-app-s3-role" in pod_environment
    assert "AWS_WEB_IDENTITY_TOKEN_FILE=/" in pod_environment
    assert "SECRET" not in pod_environment

    # Step 8. Create an S3 bucket
    sh.run(
        "aws s3api create-bucket --bucket $S3_BUCKET_NAME --region $AWS_REGION "
        "--create-bucket-configuration LocationConstraint=$AWS_REGION > /dev/null"
    )

    # Step 9. Verify the solution, in the pod
    listed = sh.run(f"{POD} aws s3 ls")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d rosa-irsa-bucket", listed)
    sh.run('echo "Hello from ROSA" > ./rosa.txt')
    uploaded = sh.run(f"{POD} aws s3 cp ./rosa.txt s3://$S3_BUCKET_NAME/rosa.txt")
    assert "upload: ./rosa.txt to s3://rosa-irsa-bucket/rosa.txt" in uploaded
    listed = sh.run(f"{POD} aws s3 ls s3://$S3_BUCKET_NAME --recursive --human-readable --summarize")
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d   16 Bytes rosa\.txt$", listed, re.M), listed
    assert re.search(r"^Total Objects: 1\n   Total Size: 16 Bytes$", listed, re.M), listed

    # Another service account, in a pod with a home of its own, is not let in.
    refused = sh.fails(
        "HOME=$(mktemp -d) daypass run --role-arn $APP_IAM_ROLE_ARN --service-account $APP_NAMESPACE/somebody-else -- aws s3 ls"
    )
    assert (
        "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: "
        "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    ) in refused

    _the_trail_has_it_all(sh)


def _the_trail_has_it_all(sh):
    events = json.loads(sh.run("aws cloudtrail lookup-events --output json"))["Events"]
    records = [json.loads(event["CloudTrailEvent"]) for event in events]
    happened = [(it["eventName"], it.get("errorCode")) for it in reversed(records)]
    steps = [
        "GetCallerIdentity", "CreateOpenIDConnectProvider", "CreateRole", "GetRole", "ListPolicies",
        "AttachRolePolicy", "CreateBucket", "AssumeRoleWithWebIdentity", "ListBuckets",
    ]
    position = -1
    for step in steps:
        found = [at for at, it in enumerate(happened) if it == (step, None) and at > position]
        assert found, f"{step} is missing after {happened[: position + 1]}"
        position = found[0]
    assert ("AssumeRoleWithWebIdentity", "AccessDenied") in happened

    # Which pod it was, whatever session name it chose.
    provider = sh.run("echo arn:aws:iam::$AWS_ACCOUNT_ID:oidc-provider/$OIDC_PROVIDER")
    subject = "system:serviceaccount:iam-app:iam-app-s3-sa"
    assumed = [it for it in records if it["eventName"] == "AssumeRoleWithWebIdentity"]
    let_in = next(it for it in assumed if "errorCode" not in it)
    assert let_in["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    assert let_in["readOnly"] is True
    assert let_in["requestParameters"]["roleArn"].endswith(":role/iam-app-s3-role")
    assert let_in["responseElements"]["subjectFromWebIdentityToken"] == subject
    assert "secretAccessKey" not in json.dumps(let_in)
    kept_out = next(it for it in assumed if "errorCode" in it)
    assert kept_out["errorMessage"] == "An unknown error occurred"
    assert kept_out["responseElements"] is None
    assert kept_out["userIdentity"]["userName"] == "system:serviceaccount:iam-app:somebody-else"
