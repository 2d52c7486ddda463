"""IAM: users, groups, roles and policies, and what they allow (facts/05 §3, §5, §6)."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError
from conftest import connect

READ_IAM = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(*actions, resource="*", **rest):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **rest}


def deny(*actions, resource="*"):
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource}


def refused(code, call, **parameters):
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert error.value.response["Error"]["Code"] == code
    return error.value.response["Error"]["Message"]


@pytest.fixture
def path(iam):
    """A path of this test's own. All below it is removed afterwards, as force_destroy of Terraform does."""
    path = f"/boto3-{uuid.uuid4()}/"
    yield path
    for user in pages(iam, "list_users", "Users", PathPrefix=path):
        remove_user(iam, user["UserName"])
    for group in pages(iam, "list_groups", "Groups", PathPrefix=path):
        remove_policies(iam, "group", GroupName=group["GroupName"])
        iam.delete_group(GroupName=group["GroupName"])
    for role in pages(iam, "list_roles", "Roles", PathPrefix=path):
        assert iam.list_instance_profiles_for_role(RoleName=role["RoleName"])["InstanceProfiles"] == []
        remove_policies(iam, "role", RoleName=role["RoleName"])
        iam.delete_role(RoleName=role["RoleName"])
    for policy in pages(iam, "list_policies", "Policies", Scope="Local", PathPrefix=path):
        for version in pages(iam, "list_policy_versions", "Versions", PolicyArn=policy["Arn"]):
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=policy["Arn"])


def pages(iam, operation, members, **parameters):
    found = iam.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 2})
    return [member for page in found for member in page[members]]


def remove_policies(iam, kind, **who):
    for policy in pages(iam, f"list_attached_{kind}_policies", "AttachedPolicies", **who):
        getattr(iam, f"detach_{kind}_policy")(**who, PolicyArn=policy["PolicyArn"])
    for name in pages(iam, f"list_{kind}_policies", "PolicyNames", **who):
        getattr(iam, f"delete_{kind}_policy")(**who, PolicyName=name)


def remove_user(iam, name):
    for group in pages(iam, "list_groups_for_user", "Groups", UserName=name):
        iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    # Others that terraform-provider-aws asks for: there are none here.
    assert iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName=name)["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"] == []
    remove_policies(iam, "user", UserName=name)
    iam.delete_user(UserName=name)


@pytest.fixture
def name():
    """Names of this test's own: the deployment may have others."""
    mark = uuid.uuid4().hex[:8]
    return lambda text: f"{text}-{mark}"


@pytest.fixture
def anna(iam, path, name):
    iam.create_user(UserName=name("anna"), Path=path)
    return name("anna")


def signed_by(iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return connect(service="iam", keys=key)


@pytest.fixture
def policy(iam, path, name):
    """Makes a managed policy, and gives its ARN."""

    def make(text, *statements):
        made = iam.create_policy(PolicyName=name(text), Path=path, PolicyDocument=document(*statements))
        return made["Policy"]["Arn"]

    return make


def test_a_group_grants_to_its_members(iam, path, name, anna, policy):
    iam.create_group(GroupName=name("readers"), Path=path)
    hers = signed_by(iam, anna)
    message = refused("AccessDenied", hers.list_users)
    assert "is not authorized to perform: iam:ListUsers" in message
    iam.attach_group_policy(GroupName=name("readers"), PolicyArn=policy("read", allow("iam:List*")))
    iam.add_user_to_group(GroupName=name("readers"), UserName=anna)
    assert anna in [user["UserName"] for user in pages(hers, "list_users", "Users", PathPrefix=path)]
    iam.update_group(GroupName=name("readers"), NewGroupName=name("auditors"))
    assert [group["GroupName"] for group in hers.list_groups_for_user(UserName=anna)["Groups"]] == [
        name("auditors")
    ]
    assert [user["UserName"] for user in iam.get_group(GroupName=name("auditors"))["Users"]] == [anna]
    iam.remove_user_from_group(GroupName=name("auditors"), UserName=anna)
    refused("AccessDenied", hers.list_users)


def test_a_deny_wins(iam, anna, policy):
    hers = signed_by(iam, anna)
    iam.attach_user_policy(UserName=anna, PolicyArn=READ_IAM)
    assert hers.get_user()["User"]["UserName"] == anna
    iam.put_user_policy(UserName=anna, PolicyName="no", PolicyDocument=document(deny("iam:GetUser")))
    assert "with an explicit deny in an identity-based policy" in refused("AccessDenied", hers.get_user)
    assert iam.get_user_policy(UserName=anna, PolicyName="no")["PolicyDocument"] == json.loads(
        document(deny("iam:GetUser"))
    )
    iam.delete_user_policy(UserName=anna, PolicyName="no")
    assert hers.get_user()["User"]["UserName"] == anna


def test_the_default_version_counts(iam, anna, policy):
    arn = policy("versioned", allow("iam:GetUser"))
    iam.attach_user_policy(UserName=anna, PolicyArn=arn)
    hers = signed_by(iam, anna)
    hers.get_user()
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:*")))
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    refused("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=document(deny("*")))
    hers.get_user()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    refused("AccessDenied", hers.get_user)
    shown = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (shown["DefaultVersionId"], shown["AttachmentCount"]) == ("v5", 1)
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(document(allow("iam:GetUser")))
    assert not version["IsDefaultVersion"]
    refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v5")
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)


def test_a_boundary_holds_whatever_else_is_allowed(iam, anna, policy):
    boundary = policy("boundary", allow("iam:GetUser"))
    iam.put_user_permissions_boundary(UserName=anna, PermissionsBoundary=boundary)
    hers = signed_by(iam, anna)
    refused("AccessDenied", hers.get_user)
    iam.put_user_policy(UserName=anna, PolicyName="all", PolicyDocument=document(allow("*")))
    shown = hers.get_user()["User"]
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    message = refused("AccessDenied", hers.list_users)
    assert "no permissions boundary allows the iam:ListUsers action" in message
    refused("AccessDenied", hers.delete_user_permissions_boundary, UserName=anna)
    assert iam.get_policy(PolicyArn=boundary)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    refused("DeleteConflict", iam.delete_policy, PolicyArn=boundary)
    iam.delete_user_permissions_boundary(UserName=anna)
    hers.list_users()


def test_keys_are_rotated(iam, anna):
    iam.put_user_policy(UserName=anna, PolicyName="own", PolicyDocument=document(allow("iam:*AccessKey*")))
    old = iam.create_access_key(UserName=anna)["AccessKey"]
    new = connect(service="iam", keys=old).create_access_key()["AccessKey"]
    refused("LimitExceeded", iam.create_access_key, UserName=anna)
    hers = connect(service="iam", keys=new)
    hers.update_access_key(AccessKeyId=old["AccessKeyId"], Status="Inactive")
    refused("InvalidClientTokenId", connect(service="iam", keys=old).list_access_keys)
    hers.delete_access_key(AccessKeyId=old["AccessKeyId"])
    left = hers.list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in left] == [new["AccessKeyId"]]


def test_a_role_trusts_the_user_it_named(iam, path, name, anna):
    arn = iam.get_user(UserName=anna)["User"]["Arn"]
    trust = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName=name("worker"),
        Path=path,
        AssumeRolePolicyDocument=document(trust),
        Description="works",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "red"}],
    )["Role"]
    assert made["AssumeRolePolicyDocument"] == json.loads(document(trust))
    shown = iam.get_role(RoleName=name("worker"))["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("works", 7200)
    assert shown["Tags"] == [{"Key": "team", "Value": "red"}]
    unique_id = iam.get_user(UserName=anna)["User"]["UserId"]
    iam.delete_user(UserName=anna)
    # Another of its name is not the one that is trusted.
    iam.create_user(UserName=anna, Path=path)
    shown = iam.get_role(RoleName=name("worker"))["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"AWS": unique_id}
    trust["Principal"]["AWS"] = arn + "-nobody"
    message = refused(
        "MalformedPolicyDocument",
        iam.update_assume_role_policy,
        RoleName=name("worker"),
        PolicyDocument=document(trust),
    )
    assert message == f'Invalid principal in policy: "AWS":"{arn}-nobody"'
    iam.update_role(RoleName=name("worker"), MaxSessionDuration=3600)
    changed = iam.update_role_description(RoleName=name("worker"), Description="rests")["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("rests", 3600)


def test_who_has_a_policy_is_told(iam, path, name, anna, policy):
    arn = policy("shared", allow("s3:*"))
    iam.create_group(GroupName=name("g"), Path=path)
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name("r"), Path=path, AssumeRolePolicyDocument=document(trust))
    iam.attach_user_policy(UserName=anna, PolicyArn=arn)
    iam.attach_group_policy(GroupName=name("g"), PolicyArn=arn)
    iam.attach_role_policy(RoleName=name("r"), PolicyArn=arn)
    found = {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": []}
    for page in iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=arn, PaginationConfig={"PageSize": 1}
    ):
        for kind, entities in found.items():
            entities.extend(page[kind])
    assert [user["UserName"] for user in found["PolicyUsers"]] == [anna]
    assert [group["GroupName"] for group in found["PolicyGroups"]] == [name("g")]
    assert [role["RoleName"] for role in found["PolicyRoles"]] == [name("r")]


def test_tags_come_and_go(iam, anna, policy):
    arn = policy("tagged", allow("s3:*"))
    for tag, untag, tags, who in [
        (iam.tag_user, iam.untag_user, iam.list_user_tags, {"UserName": anna}),
        (iam.tag_policy, iam.untag_policy, iam.list_policy_tags, {"PolicyArn": arn}),
    ]:
        tag(**who, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "ü"}])
        assert [found["Key"] for found in tags(**who)["Tags"]] == ["a", "b"]
        untag(**who, TagKeys=["b"])
        assert tags(**who)["Tags"] == [{"Key": "a", "Value": "ü"}]
