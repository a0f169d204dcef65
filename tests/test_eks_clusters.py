"""Clusters that run elsewhere: registered, described, listed, tagged, taken off."""

import json

import pytest

from support import raw
from support.clients import As, client, refused
from support.eks import Cluster, register, trust_pods
from support.issuer import issuing
from support.organization import Organization
from support.policies import allow, policy
from support.principals import role_arn
from support.server import ACCOUNT, REGION
from support.sigv4 import sign
from support.trail import event


@pytest.fixture
def cluster(server, admin, name, authority):
    with issuing(authority, path=f"/id/{name}") as issuer:
        yield Cluster(server, admin, name, issuer)


def rest(server, method: str, target: str, credentials, body: bytes = b"", service: str = "eks", **signing):
    """A signed request to a REST service, made by hand."""
    host = server.url.split("://")[1]
    headers = sign(
        credentials, method, target, {"Content-Type": "application/json"}, body, service=service, host=host, **signing
    )
    return raw.send(server, method, target, headers, body)


def test_a_registered_cluster_is_described_as_scripts_ask(cluster, aws):
    described = cluster.admin.eks.describe_cluster(name=cluster.name)["cluster"]
    created = described.pop("createdAt")
    assert described == {
        "name": cluster.name,
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{cluster.name}",
        "identity": {"oidc": {"issuer": cluster.issuer.url}},
        "status": "ACTIVE",
        "tags": {},
    }
    issuer = aws("eks", "describe-cluster", "--name", cluster.name,
                 "--query", "cluster.identity.oidc.issuer", "--output", "text").strip()
    assert issuer == cluster.issuer.url
    # Registering is no error when it has been done, and changes nothing.
    again = register(cluster.server, cluster.admin.credentials, cluster.name, cluster.provider)
    assert again.status == 200, again.text
    told = {name: again.find(name) for name in ("Name", "Arn", "Issuer", "OpenIDConnectProviderArn")}
    assert told == {
        "Name": cluster.name, "Arn": described["arn"], "Issuer": cluster.issuer.url,
        "OpenIDConnectProviderArn": cluster.provider,
    }
    assert again.find("CreatedAt") == created.strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.admin.eks.get_waiter("cluster_active").wait(name=cluster.name)


def test_a_name_and_a_provider_are_one_clusters(cluster, server, admin, authority, name):
    credentials = admin.credentials
    with issuing(authority, path=f"/id/another-{name}") as other:
        arn = admin.iam.create_open_id_connect_provider(Url=other.url)["OpenIDConnectProviderArn"]
        register(server, credentials, cluster.name, arn).is_error(409, "ResourceInUse")
        taken = register(server, credentials, f"{name}-2", cluster.provider)
        taken.is_error(409, "ResourceInUse")
        assert f"that of the cluster {cluster.name}" in taken.message
        for bad in ("", "-a", "a/b", "a" * 101):
            register(server, credentials, bad, arn).is_error(400, "InvalidInput")
        gone = f"{arn}-none"
        register(server, credentials, f"{name}-2", gone).is_error(404, "NoSuchEntity")
        admin.eks.deregister_cluster(name=cluster.name)
        assert register(server, credentials, cluster.name, arn).status == 200
        assert admin.eks.describe_cluster(name=cluster.name)["cluster"]["identity"]["oidc"]["issuer"] == other.url


def test_lists_have_pages(own_server, authority):
    admin = As(own_server, own_server.administrator)
    assert admin.eks.list_clusters()["clusters"] == []
    names = [f"c-{number}" for number in range(5)]
    for name in names:
        url = f"https://{name}.invalid"
        arn = admin.iam.create_open_id_connect_provider(Url=url)["OpenIDConnectProviderArn"]
        assert register(own_server, admin.credentials, name, arn).status == 200
    assert admin.eks.list_clusters()["clusters"] == names
    assert admin.eks.list_clusters(include=["all"])["clusters"] == names
    pages = admin.eks.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2})
    assert [page["clusters"] for page in pages] == [names[:2], names[2:4], names[4:]]
    for wrong in ({"nextToken": "zz"}, {"maxResults": 0}, {"maxResults": 101}, {"include": ["some"]}):
        with refused("InvalidParameterException", 400):
            admin.eks.list_clusters(**wrong)
    answer = rest(own_server, "GET", "/clusters?maxResults=many", admin.credentials)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "SerializationException")


def test_the_number_of_clusters_has_a_quota(start_server):
    server = start_server("--quota", "clusters=1")
    admin = As(server, server.administrator)
    for number, status in ((1, 200), (2, 409)):
        arn = admin.iam.create_open_id_connect_provider(Url=f"https://q{number}.invalid")["OpenIDConnectProviderArn"]
        assert register(server, admin.credentials, f"c{number}", arn).status == status


def test_a_cluster_with_associations_is_not_taken_off(cluster, account):
    role = account.role(trusted=trust_pods())
    made = cluster.associate(role_arn(role))
    eks = cluster.admin.eks
    with refused("ResourceInUseException", 409, "Cluster has Pod Identity associations"):
        eks.deregister_cluster(name=cluster.name)
    eks.delete_pod_identity_association(clusterName=cluster.name, associationId=made["associationId"])
    gone = eks.deregister_cluster(name=cluster.name)["cluster"]
    assert gone["arn"] == cluster.arn
    for call in (eks.describe_cluster, eks.deregister_cluster):
        with refused("ResourceNotFoundException", 404, f"No cluster found for name: {cluster.name}."):
            call(name=cluster.name)
    assert cluster.name not in eks.list_clusters()["clusters"]


def test_errors_are_in_the_form_of_the_protocol(cluster):
    answer = rest(cluster.server, "GET", "/clusters/nothing", cluster.admin.credentials)
    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "__type": "ResourceNotFoundException", "message": "No cluster found for name: nothing.",
        "clusterName": "nothing",
    }
    user = As(cluster.server, cluster.admin.credentials)
    with pytest.raises(user.eks.exceptions.ResourceNotFoundException) as caught:
        user.eks.describe_cluster(name="nothing")
    assert caught.value.response["clusterName"] == "nothing"


def test_tags_of_a_cluster(cluster, account):
    eks = cluster.admin.eks
    eks.tag_resource(resourceArn=cluster.arn, tags={"team": "blue", "Env": "prod"})
    assert eks.list_tags_for_resource(resourceArn=cluster.arn)["tags"] == {"team": "blue", "Env": "prod"}
    assert eks.describe_cluster(name=cluster.name)["cluster"]["tags"] == {"team": "blue", "Env": "prod"}
    eks.untag_resource(resourceArn=cluster.arn, tagKeys=["Env", "none"])
    assert eks.list_tags_for_resource(resourceArn=cluster.arn)["tags"] == {"team": "blue"}
    # A tag decides over the cluster that has it, and over no other.
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    user = account.user(policy(allow("eks:DescribeCluster", Condition=condition)))
    user.eks.describe_cluster(name=cluster.name)
    with refused("AccessDeniedException", 403):
        user.eks.describe_cluster(name="nothing")
    narrow = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    tagger = account.user(policy(allow("eks:TagResource", cluster.arn, Condition=narrow)))
    tagger.eks.tag_resource(resourceArn=cluster.arn, tags={"team": "red"})
    for tags in ({"team": "green"}, {"team": "red", "other": "x"}):
        with refused("AccessDeniedException", 403):
            tagger.eks.tag_resource(resourceArn=cluster.arn, tags=tags)
    for tags in ({"aws:x": "y"}, {"Team": "a", "team": "b"}):
        with refused("BadRequestException", 400):
            eks.tag_resource(resourceArn=cluster.arn, tags=tags)
    for arn in (f"{cluster.arn}x", cluster.arn.replace(REGION, "eu-west-9"), f"{cluster.arn}/a-b"):
        with refused("NotFoundException", 404):
            eks.list_tags_for_resource(resourceArn=arn)
    for arn in ("x", "arn:aws:iam::123456789012:role/x"):
        with refused("BadRequestException", 400):
            eks.list_tags_for_resource(resourceArn=arn)
    with refused("AccessDeniedException", 403):
        eks.list_tags_for_resource(resourceArn=cluster.arn.replace(ACCOUNT, "999999999999"))
    with refused("InvalidParameterException", 400):
        eks.tag_resource(resourceArn=cluster.arn, tags={"k" * 129: "v"})


def test_each_operation_needs_its_permission(cluster, account, admin, name):
    arn, eks = cluster.arn, f"arn:aws:eks:{REGION}:{ACCOUNT}"
    calls = {
        ("eks:DescribeCluster", arn): lambda it: it.describe_cluster(name=cluster.name),
        ("eks:ListClusters", f"{eks}:cluster/*"): lambda it: it.list_clusters(),
        ("eks:TagResource", arn): lambda it: it.tag_resource(resourceArn=arn, tags={"a": "b"}),
        ("eks:UntagResource", arn): lambda it: it.untag_resource(resourceArn=arn, tagKeys=["a"]),
        ("eks:ListTagsForResource", arn): lambda it: it.list_tags_for_resource(resourceArn=arn),
        ("eks:DeregisterCluster", arn): lambda it: it.deregister_cluster(name=cluster.name),
    }
    for (action, resource), call in calls.items():
        others = [other for other, _ in calls if other != action]
        user = account.user(policy(allow(others)))
        because = f"because no identity-based policy allows the {action} action"
        with refused("AccessDeniedException", 403,
                     f"User: {user.arn} is not authorized to perform: {action} on resource: {resource} {because}"):
            call(user.eks)
        call(account.user(policy(allow(action, resource))).eks)
    both = ["daypass:RegisterCluster", "eks:RegisterCluster"]
    for missing in both:
        user = account.user(policy(allow([action for action in both if action != missing])))
        answer = register(cluster.server, user.credentials, cluster.name, cluster.provider)
        answer.is_error(403, "AccessDenied")
        assert missing in answer.message
    user = account.user(policy(allow(both, arn)))
    assert register(cluster.server, user.credentials, cluster.name, cluster.provider).status == 200
    register(cluster.server, user.credentials, name + "-2", cluster.provider).is_error(403, "AccessDenied")


def test_an_account_has_its_own_clusters(own_server, authority):
    organization = Organization(own_server)
    one, other = organization.account("one"), organization.account("other")
    with issuing(authority) as issuer:
        mine = Cluster(own_server, one, "prod", issuer)
        with refused("ResourceNotFoundException", 404):
            other.eks.describe_cluster(name="prod")
        assert other.eks.list_clusters()["clusters"] == []
        # The provider is one of the other account's, or none.
        register(own_server, other.credentials, "prod", mine.provider).is_error(404, "NoSuchEntity")
        theirs = Cluster(own_server, other, "prod", issuer)
        assert mine.arn != theirs.arn
        with refused("AccessDeniedException", 403):
            other.eks.tag_resource(resourceArn=mine.arn, tags={"a": "b"})


def test_a_provider_can_be_deleted_and_its_cluster_stays(cluster):
    cluster.admin.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.provider)
    described = cluster.admin.eks.describe_cluster(name=cluster.name)["cluster"]
    assert described["identity"]["oidc"]["issuer"] == cluster.issuer.url
    cluster.admin.eks.deregister_cluster(name=cluster.name)


def test_clusters_survive_a_kill(own_server, authority):
    with issuing(authority) as issuer:
        cluster = Cluster(own_server, As(own_server, own_server.administrator), "prod", issuer)
        cluster.admin.eks.tag_resource(resourceArn=cluster.arn, tags={"a": "b"})
        role = cluster.admin.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust_pods())["Role"]["Arn"]
        made = cluster.associate(role, tags={"c": "d"}, clientRequestToken="once")
        before = cluster.admin.eks.describe_cluster(name="prod")["cluster"]
        own_server.kill()
        own_server.restart()
        eks = As(own_server, own_server.administrator).eks
        assert eks.describe_cluster(name="prod")["cluster"] == before
        found = eks.describe_pod_identity_association(clusterName="prod", associationId=made["associationId"])
        assert found["association"] == made


def test_what_is_not_served_says_so(cluster):
    with refused("UnknownOperationException", 404, "The operation CreateNodegroup of eks is not served here."):
        cluster.admin.eks.create_nodegroup(clusterName=cluster.name, nodegroupName="n", subnets=[], nodeRole="r")
    with refused("UnknownOperationException", 404, has="`daypass create cluster` registers a cluster"):
        cluster.admin.eks.register_cluster(name="x", connectorConfig={"roleArn": "r", "provider": "OTHER"})
    answer = rest(cluster.server, "PATCH", "/clusters", cluster.admin.credentials)
    assert (answer.status, answer.json["__type"]) == (404, "UnknownOperationException")


def test_only_a_signature_for_eks_opens_its_paths(cluster, admin, bucket):
    target = f"/clusters/{cluster.name}"
    assert rest(cluster.server, "GET", target, admin.credentials).status == 200
    # A signature for another service leads to that service: this path is a key of a bucket there.
    for service in ("s3", "iam", "sts", "daypass"):
        answer = rest(cluster.server, "GET", target, admin.credentials, service=service)
        assert answer.status in (400, 403, 404), (service, answer.text)
        assert "oidc" not in answer.text
    # And one for EKS opens no object, nor one operation of EKS Auth.
    admin.s3.put_object(Bucket=bucket, Key="key", Body=b"text")
    assert rest(cluster.server, "GET", f"/{bucket}/key", admin.credentials).status == 404
    path = f"{target}/assume-role-for-pod-identity"
    assert rest(cluster.server, "POST", path, admin.credentials, b"{}").status == 404
    # Objects of a bucket that is called like a path of EKS are the bucket's.
    admin.s3.create_bucket(Bucket="clusters", CreateBucketConfiguration={"LocationConstraint": REGION})
    admin.s3.put_object(Bucket="clusters", Key=cluster.name, Body=b"text")
    assert admin.s3.get_object(Bucket="clusters", Key=cluster.name)["Body"].read() == b"text"


def test_a_signature_is_for_one_path_and_one_body(cluster, admin):
    credentials, server = admin.credentials, cluster.server
    host = server.url.split("://")[1]
    target, other = f"/clusters/{cluster.name}", "/clusters/other"
    headers = sign(credentials, "GET", target, {}, b"", service="eks", host=host)
    assert raw.send(server, "GET", target, headers).status == 200
    for method, path in (("DELETE", target), ("GET", other), ("GET", "/clusters")):
        answer = raw.send(server, method, path, headers)
        assert (answer.status, answer.json["__type"]) == (403, "InvalidSignatureException")
    # Paths with segments that signatures leave out are nobody's.
    for path in (f"//clusters/{cluster.name}", f"/clusters/./{cluster.name}", f"/x/../clusters/{cluster.name}"):
        answer = raw.send(server, "GET", path, headers)
        assert answer.status in (403, 404) and "oidc" not in answer.text, answer.text
    sent = json.dumps({"tags": {"a": "b"}}).encode()
    target = f"/tags/{cluster.arn.replace(':', '%3A').replace('/', '%2F')}"
    canonical = target.replace("%", "%25")
    headers = sign(credentials, "POST", canonical, {"Content-Type": "application/json"}, sent, service="eks", host=host)
    assert raw.send(server, "POST", target, headers, sent.replace(b"b", b"c")).status == 403
    assert raw.send(server, "POST", target, headers, sent).status == 200
    # What stands in the path is not read from the body.
    sent = json.dumps({"resourceArn": "x", "tags": {"a": "c"}}).encode()
    headers = sign(credentials, "POST", canonical, {"Content-Type": "application/json"}, sent, service="eks", host=host)
    assert raw.send(server, "POST", target, headers, sent).status == 200
    for body in (b'{"tags":{"a":"b","a":"c"}}', b"[]", b"{", b'{"tags":{"a":1}}', b'{"tags":[]}'):
        headers = sign(credentials, "POST", canonical, {"Content-Type": "application/json"}, body, service="eks", host=host)
        answer = raw.send(server, "POST", target, headers, body)
        assert (answer.status, answer.json["__type"]) == (400, "SerializationException"), (body, answer.text)


def test_strangers_and_wrong_keys_are_refused(cluster, admin):
    answer = raw.send(cluster.server, "GET", f"/clusters/{cluster.name}", {})
    assert answer.status in (403, 404) and "oidc" not in answer.text
    forged = type(admin.credentials)(admin.credentials.access_key, "wrong", admin.credentials.token)
    with refused("InvalidSignatureException", 403):
        client(cluster.server, "eks", forged).describe_cluster(name=cluster.name)
    unknown = type(admin.credentials)("AKIAIOSFODNN7EXAMPLE", "wrong")
    with refused("UnrecognizedClientException", 403):
        client(cluster.server, "eks", unknown).describe_cluster(name=cluster.name)


def test_records_name_the_cluster(cluster, server):
    answer = cluster.admin.eks.describe_cluster(name=cluster.name)
    record = event(server, "DescribeCluster", answer)
    assert record["eventSource"] == "eks.amazonaws.com" and record["awsRegion"] == REGION
    assert record["requestParameters"] == {"name": cluster.name}
    assert record["responseElements"] is None and record["readOnly"] is True
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::EKS::Cluster", "ARN": cluster.arn}]
    answer = cluster.admin.eks.deregister_cluster(name=cluster.name)
    record = event(server, "DeregisterCluster", answer)
    assert record["readOnly"] is False
    assert record["responseElements"]["cluster"]["arn"] == cluster.arn
