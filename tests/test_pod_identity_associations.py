"""Pod Identity associations: made, changed, listed, deleted, and by whom."""

import json
import re
import uuid

import pytest

from support.clients import As, refused
from support.eks import AUDIENCE, Cluster, trust_pods
from support.issuer import issuing
from support.organization import Organization
from support.policies import ROOT, allow, policy, trust
from support.principals import role_arn
from support.server import ACCOUNT, REGION
from support.trail import event

NARROW = policy(allow("s3:GetObject"))


@pytest.fixture
def cluster(server, admin, name, authority):
    with issuing(authority, path=f"/id/{name}") as issuer:
        yield Cluster(server, admin, name, issuer)


@pytest.fixture
def role(account) -> str:
    return role_arn(account.role(trusted=trust_pods()))


def test_the_life_of_an_association(cluster, role, account):
    eks, name = cluster.admin.eks, cluster.name
    made = cluster.associate(role, tags={"team": "blue"})
    assert re.fullmatch(r"a-[a-z0-9]{17}", made["associationId"])
    where = {"clusterName": name, "associationId": made["associationId"]}
    created = made["createdAt"]
    assert made == {
        "clusterName": name, "namespace": "ns", "serviceAccount": "sa", "roleArn": role,
        "associationArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{name}/{made['associationId']}",
        "associationId": made["associationId"], "tags": {"team": "blue"},
        "createdAt": created, "modifiedAt": created, "disableSessionTags": False,
    }
    assert eks.describe_pod_identity_association(**where)["association"] == made
    listed = eks.list_pod_identity_associations(clusterName=name)["associations"]
    short = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")
    assert listed == [{key: made[key] for key in short}]
    target = f"arn:aws:iam::{ACCOUNT}:role/elsewhere"
    changed = eks.update_pod_identity_association(**where, targetRoleArn=target)["association"]
    assert changed["targetRoleArn"] == target and changed["roleArn"] == role
    assert changed["externalId"] == f"{REGION}/{ACCOUNT}/{name}/ns/sa"
    assert changed["createdAt"] == created and changed["modifiedAt"] >= created
    other = role_arn(account.role(trusted=trust_pods()))
    changed = eks.update_pod_identity_association(**where, roleArn=other, targetRoleArn="")["association"]
    assert changed["roleArn"] == other and not {"targetRoleArn", "externalId"} & changed.keys()
    changed = eks.update_pod_identity_association(**where, disableSessionTags=True, policy=NARROW)["association"]
    assert changed["disableSessionTags"] is True and changed["policy"] == NARROW
    assert eks.delete_pod_identity_association(**where)["association"] == changed
    assert eks.list_pod_identity_associations(clusterName=name)["associations"] == []
    for call in (
        eks.describe_pod_identity_association, eks.delete_pod_identity_association,
        lambda **more: eks.update_pod_identity_association(**more, roleArn=role),
    ):
        with refused("ResourceNotFoundException", 404, has=made["associationId"]):
            call(**where)
        with refused("ResourceNotFoundException", 404, "No cluster found for name: nothing."):
            call(clusterName="nothing", associationId=made["associationId"])


def test_the_cli_makes_and_lists_them(cluster, role, aws):
    made = aws.json("eks", "create-pod-identity-association", "--cluster-name", cluster.name, "--namespace", "ns",
                    "--service-account", "sa", "--role-arn", role, "--tags", "a=b", "--no-disable-session-tags")
    made = made["association"]
    listed = aws.json("eks", "list-pod-identity-associations", "--cluster-name", cluster.name, "--namespace", "ns")
    assert [it["associationId"] for it in listed["associations"]] == [made["associationId"]]
    described = aws.json("eks", "describe-pod-identity-association", "--cluster-name", cluster.name,
                         "--association-id", made["associationId"])
    assert described["association"]["tags"] == {"a": "b"}
    aws("eks", "delete-pod-identity-association", "--cluster-name", cluster.name,
        "--association-id", made["associationId"])


def test_a_service_account_has_one(cluster, role):
    made = cluster.associate(role)
    with refused("ResourceInUseException", 409, f"Association already exists: {made['associationId']}"):
        cluster.associate(role)
    # Others of the same name, elsewhere.
    cluster.associate(role, namespace="other")
    cluster.associate(role, service_account="other")


def test_a_request_that_is_repeated_makes_nothing_more(cluster, role):
    token = str(uuid.uuid4())
    made = cluster.associate(role, clientRequestToken=token, tags={"a": "b"})
    assert cluster.associate(role, clientRequestToken=token, tags={"a": "b"}) == made
    for other in ({"tags": {"a": "c"}}, {"tags": {"a": "b"}, "disableSessionTags": True},
                  {"tags": {"a": "b"}, "service_account": "other"}):
        with refused("InvalidParameterException", 400, "The clientRequestToken was used with other parameters."):
            cluster.associate(role, clientRequestToken=token, **other)
    eks, where = cluster.admin.eks, {"clusterName": cluster.name, "associationId": made["associationId"]}
    token = str(uuid.uuid4())
    update = {**where, "disableSessionTags": True, "clientRequestToken": token}
    changed = eks.update_pod_identity_association(**update)["association"]
    assert eks.update_pod_identity_association(**update)["association"] == changed
    with refused("InvalidParameterException", 400, "The clientRequestToken was used with other parameters."):
        eks.update_pod_identity_association(**{**update, "disableSessionTags": False})
    assert len(eks.list_pod_identity_associations(clusterName=cluster.name)["associations"]) == 1


def test_what_is_no_association_is_refused(cluster, role, account):
    no_role = "Role provided in the request does not exist."
    no_trust = "Trust policy of the role provided is invalid."
    pathed = account.role(trusted=trust_pods(), Path="/team/")
    untagged = role_arn(account.role(trusted=trust_pods(action=["sts:AssumeRole"])))
    for arn, message in (
        (role_arn("nobody"), no_role),
        (f"{role}x", no_role),
        (role_arn(pathed), no_role),
        (role_arn(account.role()), no_trust),
        (untagged, no_trust),
        (role_arn(account.role(trusted=trust_pods(action=["sts:TagSession"]))), no_trust),
        (role_arn(account.role(trusted=trust_pods().replace("pods.eks", "eks"))), no_trust),
    ):
        with refused("InvalidParameterException", 400, message):
            cluster.associate(arn)
    for wrong, message in (
        ({"namespace": "Upper"}, "The namespace provided is invalid."),
        ({"namespace": "a/b"}, "The namespace provided is invalid."),
        ({"service_account": "a/b"}, "The service account provided is invalid."),
        ({"service_account": ""}, "The service account provided is invalid."),
        ({"targetRoleArn": "x"}, "Target role provided in the request is invalid."),
        ({"policy": NARROW}, "Session tags must be disabled when a policy is provided."),
        ({"policy": policy(allow("s3:Get" + "x" * 2048)), "disableSessionTags": True},
         "The policy can have at most 2048 characters."),
    ):
        with refused("InvalidParameterException", 400, message):
            cluster.associate(role, **wrong)
    for wrong in ({"policy": "{}", "disableSessionTags": True}, {"tags": {"k" * 129: "v"}},
                  {"policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}', "disableSessionTags": True}):
        with refused("InvalidParameterException", 400):
            cluster.associate(role, **wrong)
    with refused("InvalidParameterException", 400, has="Member must not be null"):
        cluster.admin.eks.create_pod_identity_association(clusterName=cluster.name, roleArn=role)
    with refused("ResourceNotFoundException", 404, "No cluster found for name: nothing."):
        cluster.admin.eks.create_pod_identity_association(
            clusterName="nothing", namespace="ns", serviceAccount="sa", roleArn=role
        )
    # With its path the role is found; without tags nobody needs to tag.
    cluster.associate(f"arn:aws:iam::{ACCOUNT}:role/team/{pathed}")
    made = cluster.associate(untagged, "other", disableSessionTags=True)
    where = {"clusterName": cluster.name, "associationId": made["associationId"]}
    update = cluster.admin.eks.update_pod_identity_association
    for wrong, message in (
        ({}, "At least one of roleArn, targetRoleArn, disableSessionTags and policy must be provided."),
        ({"disableSessionTags": False}, no_trust), ({"roleArn": role_arn("nobody")}, no_role),
    ):
        with refused("InvalidParameterException", 400, message):
            update(**where, **wrong)


def test_a_trust_policy_with_conditions_is_one(cluster, account):
    conditions = {"StringEquals": {
        "aws:RequestTag/kubernetes-namespace": "ns", "aws:RequestTag/kubernetes-service-account": "sa",
    }}
    cluster.associate(role_arn(account.role(trusted=trust_pods(conditions))))


def test_lists_are_filtered_and_have_pages(cluster, role):
    eks = cluster.admin.eks
    made = [cluster.associate(role, f"sa-{number}", f"ns-{number % 2}") for number in range(5)]
    def ids(associations) -> set:
        return {it["associationId"] for it in associations}
    pages = eks.get_paginator("list_pod_identity_associations").paginate(
        clusterName=cluster.name, PaginationConfig={"PageSize": 2}
    )
    found = [page["associations"] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert ids(sum(found, [])) == ids(made)
    def listed(**more):
        return ids(eks.list_pod_identity_associations(clusterName=cluster.name, **more)["associations"])
    assert listed(namespace="ns-1") == ids([made[1], made[3]])
    assert listed(serviceAccount="sa-2") == ids([made[2]])
    assert listed(namespace="ns-1", serviceAccount="sa-2") == set()
    with refused("InvalidParameterException", 400):
        eks.list_pod_identity_associations(clusterName=cluster.name, maxResults=101)
    with refused("ResourceNotFoundException", 404):
        eks.list_pod_identity_associations(clusterName="nothing")


def test_a_cluster_whose_name_begins_another_has_its_own(cluster, role, admin, server, authority):
    with issuing(authority, path=f"/id/longer-{cluster.name}") as issuer:
        longer = Cluster(server, admin, f"{cluster.name}-x", issuer)
        longer.associate(role)
        assert cluster.admin.eks.list_pod_identity_associations(clusterName=cluster.name)["associations"] == []
        cluster.admin.eks.deregister_cluster(name=cluster.name)


def test_their_number_has_a_quota(start_server, authority):
    server = start_server("--quota", "pod-identity-associations-per-cluster=1")
    with issuing(authority) as issuer:
        cluster = Cluster(server, As(server, server.administrator), "prod", issuer)
        arn = cluster.admin.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust_pods())["Role"]["Arn"]
        cluster.associate(arn)
        with refused("ResourceLimitExceededException", 400):
            cluster.associate(arn, "other")


def test_each_operation_needs_its_permission(cluster, role, account):
    made = cluster.associate(role)
    arn, where = made["associationArn"], {"clusterName": cluster.name, "associationId": made["associationId"]}
    another = {"clusterName": cluster.name, "namespace": "ns", "serviceAccount": "other", "roleArn": role}
    calls = {
        ("eks:DescribePodIdentityAssociation", arn): lambda it: it.describe_pod_identity_association(**where),
        ("eks:ListPodIdentityAssociations", cluster.arn):
            lambda it: it.list_pod_identity_associations(clusterName=cluster.name),
        ("eks:CreatePodIdentityAssociation", cluster.arn): lambda it: it.create_pod_identity_association(**another),
        ("eks:UpdatePodIdentityAssociation", arn):
            lambda it: it.update_pod_identity_association(**where, disableSessionTags=True),
        ("eks:TagResource", arn): lambda it: it.tag_resource(resourceArn=arn, tags={"a": "b"}),
        ("eks:ListTagsForResource", arn): lambda it: it.list_tags_for_resource(resourceArn=arn),
        ("eks:UntagResource", arn): lambda it: it.untag_resource(resourceArn=arn, tagKeys=["a"]),
        ("eks:DeletePodIdentityAssociation", arn): lambda it: it.delete_pod_identity_association(**where),
    }
    passing = allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": AUDIENCE}})
    for (action, resource), call in calls.items():
        others = [other for other, _ in calls if other != action]
        user = account.user(policy(allow(others), passing))
        with refused("AccessDeniedException", 403, has=f"{user.arn} is not authorized to perform: {action} on resource: "
                                                       f"{resource} because no identity-based policy allows"):
            call(user.eks)
        call(account.user(policy(allow(action, resource), passing)).eks)


def test_nobody_gives_away_a_role_that_he_may_not_pass(cluster, role, account):
    other = role_arn(account.role(trusted=trust_pods()))
    made = cluster.associate(role, policy=NARROW, disableSessionTags=True)
    where = {"clusterName": cluster.name, "associationId": made["associationId"]}
    def may_pass(arn, service):
        return allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": service}})
    for statement in (may_pass(other, AUDIENCE), may_pass(role, "eks.amazonaws.com")):
        user = account.user(policy(allow("eks:*"), statement))
        denied = f"User: {user.arn} is not authorized to perform: iam:PassRole on resource: {role}"
        with refused("AccessDeniedException", 403, has=denied):
            user.eks.create_pod_identity_association(
                clusterName=cluster.name, namespace="ns", serviceAccount="other", roleArn=role
            )
        # What takes the session policy away, or brings in another role by way of this one, gives more of this one.
        for change in ({"policy": ""}, {"roleArn": role}, {"targetRoleArn": other}, {"disableSessionTags": True}):
            with refused("AccessDeniedException", 403, has=denied):
                user.eks.update_pod_identity_association(**where, **change)
    user = account.user(policy(allow("eks:*"), may_pass(role, AUDIENCE)))
    user.eks.update_pod_identity_association(**where, policy="", disableSessionTags=False)
    with refused("AccessDeniedException", 403, has="iam:PassRole"):
        user.eks.update_pod_identity_association(**where, roleArn=other)
    # A tag of the role decides too.
    tagged = account.role(trusted=trust_pods(), Tags=[{"Key": "for", "Value": "pods"}])
    condition = {"StringEquals": {"iam:ResourceTag/for": "pods"}}
    user = account.user(policy(allow("eks:*"), allow("iam:PassRole", Condition=condition)))
    update = user.eks.update_pod_identity_association
    update(**where, roleArn=role_arn(tagged))
    with refused("AccessDeniedException", 403, has="iam:PassRole"):
        update(**where, roleArn=role)


def test_another_accounts_role_and_association_are_out_of_reach(own_server, authority):
    organization = Organization(own_server)
    one, other = organization.account("one"), organization.account("other")
    with issuing(authority) as issuer:
        cluster = Cluster(own_server, one, "prod", issuer)
        theirs = other.role("app", trust_pods())
        with refused("AccessDeniedException", 403, has=f"{one.arn} is not authorized to perform: iam:PassRole "
                                                       f"on resource: {theirs}"):
            cluster.associate(theirs)
        made = cluster.associate(one.role("app", trust_pods()))
        where = {"clusterName": "prod", "associationId": made["associationId"]}
        for call in (other.eks.describe_pod_identity_association, other.eks.delete_pod_identity_association):
            with refused("ResourceNotFoundException", 404):
                call(**where)
        with refused("AccessDeniedException", 403):
            other.eks.tag_resource(resourceArn=made["associationArn"], tags={"a": "b"})


def test_tags_decide_at_creation_and_later(cluster, role, account):
    condition = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    passing = allow("iam:PassRole", role)
    user = account.user(policy(allow(["eks:CreatePodIdentityAssociation", "eks:TagResource"], Condition=condition), passing))
    create = {"clusterName": cluster.name, "namespace": "ns", "serviceAccount": "sa", "roleArn": role}
    for tags in ({}, {"tags": {"team": "red"}}):
        with refused("AccessDeniedException", 403, has="eks:CreatePodIdentityAssociation"):
            user.eks.create_pod_identity_association(**create, **tags)
    made = user.eks.create_pod_identity_association(**create, tags={"team": "blue"})["association"]
    without = account.user(policy(allow("eks:CreatePodIdentityAssociation"), passing))
    with refused("AccessDeniedException", 403, has="eks:TagResource"):
        without.eks.create_pod_identity_association(**create, tags={"team": "blue"})
    own = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    keeper = account.user(policy(allow("eks:*", Condition=own)))
    where = {"clusterName": cluster.name, "associationId": made["associationId"]}
    keeper.eks.describe_pod_identity_association(**where)
    keeper.eks.untag_resource(resourceArn=made["associationArn"], tagKeys=["team"])
    with refused("AccessDeniedException", 403):
        keeper.eks.describe_pod_identity_association(**where)


def test_records_tell_who_gave_which_role(cluster, role, server, account):
    answer = cluster.admin.eks.create_pod_identity_association(
        clusterName=cluster.name, namespace="ns", serviceAccount="sa", roleArn=role
    )
    record = event(server, "CreatePodIdentityAssociation", answer)
    assert record["eventSource"] == "eks.amazonaws.com" and record["readOnly"] is False
    asked = record["requestParameters"]
    assert (asked["clusterName"], asked["namespace"], asked["serviceAccount"], asked["roleArn"]) == (
        cluster.name, "ns", "sa", role
    )
    assert record["responseElements"]["association"]["associationId"] == answer["association"]["associationId"]
    user = account.user(policy(allow("eks:*")))
    with pytest.raises(user.eks.exceptions.ClientError) as caught:
        user.eks.update_pod_identity_association(
            clusterName=cluster.name, associationId=answer["association"]["associationId"], roleArn=role
        )
    record = event(server, "UpdatePodIdentityAssociation", caught.value.response)
    assert record["errorCode"] == "AccessDenied" and "iam:PassRole" in record["errorMessage"]
    assert record["userIdentity"]["arn"] == user.arn
    assert record["resources"] == [{
        "accountId": ACCOUNT, "type": "AWS::EKS::PodIdentityAssociation", "ARN": answer["association"]["associationArn"],
    }]


def test_the_trust_policy_counts_that_the_role_has_when_it_is_passed(cluster, account):
    name = account.role(trusted=trust(ROOT))
    with refused("InvalidParameterException", 400):
        cluster.associate(role_arn(name))
    deny = {**json.loads(trust_pods())["Statement"][0], "Effect": "Deny"}
    statements = [*json.loads(trust_pods())["Statement"], deny]
    for document, fine in ((policy(*statements), False), (trust_pods(), True)):
        account.admin.iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        if fine:
            cluster.associate(role_arn(name))
        else:
            with refused("InvalidParameterException", 400):
                cluster.associate(role_arn(name))
