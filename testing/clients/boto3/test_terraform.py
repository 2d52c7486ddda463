"""Row `terraform`: the calls that terraform-provider-aws makes, in its order, for resources of IAM and buckets.

Its plugins are in no registry that tests may use. So this is what its source does to create, read, change and delete a
resource, and what answers it takes for "there is none".
"""

import json
import uuid

import pytest
from conftest import connect, destroy
from identities import People, allow, document, objects, refused, trust

# What the provider asks of every aws_s3_bucket it reads, and what it takes for "not configured". It also takes 501: that
# is for what Cairn has not built yet.
SUB_RESOURCES = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_acl": None,
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NotImplemented",
    "get_bucket_versioning": None,
    "get_bucket_accelerate_configuration": "NotImplemented",
    "get_bucket_request_payment": "NotImplemented",
    "get_bucket_logging": "NotImplemented",
    "get_bucket_lifecycle_configuration": "NotImplemented",
    "get_bucket_replication": "NotImplemented",
    "get_bucket_encryption": "NotImplemented",
    "get_object_lock_configuration": "NotImplemented",
    "get_bucket_tagging": "NoSuchTagSet",
}


@pytest.fixture
def people(iam):
    people = People(iam)
    yield people
    people.forget()


def test_the_provider_itself():
    identity = connect(service="sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:root"


def test_aws_iam_user(iam, people):
    name, renamed = people.name("user"), people.name("renamed")
    tags = [{"Key": "team", "Value": "red"}]
    made = iam.create_user(UserName=name, Path=people.path, Tags=tags)["User"]
    assert made["Tags"] == tags
    shown = iam.get_user(UserName=name)["User"]
    assert {key: shown[key] for key in made} == made
    assert "PermissionsBoundary" not in shown

    iam.update_user(UserName=name, NewUserName=renamed, NewPath=people.path)
    boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    iam.put_user_permissions_boundary(UserName=renamed, PermissionsBoundary=boundary)
    iam.untag_user(UserName=renamed, TagKeys=["team"])
    iam.tag_user(UserName=renamed, Tags=[{"Key": "team", "Value": "blue"}])
    shown = iam.get_user(UserName=renamed)["User"]
    assert (shown["UserId"], shown["Tags"]) == (made["UserId"], [{"Key": "team", "Value": "blue"}])
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    iam.delete_user_permissions_boundary(UserName=renamed)
    refused("NoSuchEntity", iam.get_user, UserName=name)

    # aws_iam_access_key
    key = iam.create_access_key(UserName=renamed)["AccessKey"]
    iam.update_access_key(UserName=renamed, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    (listed,) = iam.list_access_keys(UserName=renamed)["AccessKeyMetadata"]
    assert (listed["AccessKeyId"], listed["Status"]) == (key["AccessKeyId"], "Inactive")

    # aws_iam_user_policy
    inline = document(allow("s3:GetObject", "*"))
    iam.put_user_policy(UserName=renamed, PolicyName="inline", PolicyDocument=inline)
    assert iam.get_user_policy(UserName=renamed, PolicyName="inline")["PolicyDocument"] == json.loads(inline)
    iam.delete_user_policy(UserName=renamed, PolicyName="inline")
    refused("NoSuchEntity", iam.get_user_policy, UserName=renamed, PolicyName="inline")

    # force_destroy
    assert iam.list_groups_for_user(UserName=renamed)["Groups"] == []
    for listed in iam.list_access_keys(UserName=renamed)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=renamed, AccessKeyId=listed["AccessKeyId"])
    assert iam.list_ssh_public_keys(UserName=renamed)["SSHPublicKeys"] == []
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [device for device in assigned if device.get("User", {}).get("UserName") == renamed] == []
    assert iam.list_mfa_devices(UserName=renamed)["MFADevices"] == []
    refused("NoSuchEntity", iam.delete_login_profile, UserName=renamed)
    assert iam.list_signing_certificates(UserName=renamed)["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName=renamed)["ServiceSpecificCredentials"] == []
    iam.delete_user(UserName=renamed)
    refused("NoSuchEntity", iam.get_user, UserName=renamed)
    refused("NoSuchEntity", iam.list_access_keys, UserName=renamed)


def test_aws_iam_role_and_attachments(iam, people):
    name, user = people.name("role"), people.user("user")
    made = iam.create_role(
        RoleName=name,
        Path=people.path,
        AssumeRolePolicyDocument=trust({"AWS": user["Arn"]}),
        MaxSessionDuration=3600,
        Tags=[{"Key": "team", "Value": "red"}],
    )["Role"]
    shown = iam.get_role(RoleName=name)["Role"]
    assert (shown["Arn"], shown["MaxSessionDuration"]) == (made["Arn"], 3600)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []

    account = made["Arn"].split(":")[4]
    trusts = trust({"AWS": f"arn:aws:iam::{account}:root"})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusts)
    iam.update_role_description(RoleName=name, Description="changed")
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    iam.untag_role(RoleName=name, TagKeys=["team"])
    iam.tag_role(RoleName=name, Tags=[{"Key": "env", "Value": "test"}])
    shown = iam.get_role(RoleName=name)["Role"]
    assert shown["AssumeRolePolicyDocument"] == json.loads(trusts)
    assert (shown["MaxSessionDuration"], shown["Tags"]) == (7200, [{"Key": "env", "Value": "test"}])

    # aws_iam_policy: five versions, of which the oldest makes room for the next
    policy = iam.create_policy(
        PolicyName=people.name("policy"),
        Path=people.path,
        Description="a policy",
        PolicyDocument=document(allow("s3:GetObject", "*")),
        Tags=[{"Key": "team", "Value": "red"}],
    )["Policy"]
    arn = policy["Arn"]
    for number in range(2, 8):
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        if len(versions) >= 5:
            oldest = min(
                (version for version in versions if not version["IsDefaultVersion"]),
                key=lambda version: int(version["VersionId"][1:]),
            )
            iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
        text = document(allow("s3:GetObject", f"arn:aws:s3:::b{number}/*"))
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        assert version == f"v{number}"
        shown = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        assert shown["Document"] == json.loads(text)
    iam.untag_policy(PolicyArn=arn, TagKeys=["team"])
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "env", "Value": "test"}])
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "env", "Value": "test"}]

    # aws_iam_role_policy_attachment, aws_iam_user_policy_attachment, aws_iam_policy_attachment
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.attach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    (attached,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached == {"PolicyName": people.name("policy"), "PolicyArn": arn}
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [entity["RoleName"] for entity in entities["PolicyRoles"]] == [name]
    assert [entity["UserName"] for entity in entities["PolicyUsers"]] == [user["UserName"]]
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    refused("NoSuchEntity", iam.detach_role_policy, RoleName=name, PolicyArn=arn)
    iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)

    # aws_iam_role_policy
    inline = document(allow("s3:GetObject", "*"))
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=inline)
    assert iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"] == json.loads(inline)
    refused("DeleteConflict", iam.delete_role, RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    refused("NoSuchEntity", iam.get_role_policy, RoleName=name, PolicyName="inline")

    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    iam.delete_role(RoleName=name)
    refused("NoSuchEntity", iam.get_role, RoleName=name)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)
    refused("NoSuchEntity", iam.get_policy, PolicyArn=arn)


def test_aws_iam_group(iam, people):
    name, user = people.name("group"), people.user("user")
    iam.create_group(GroupName=name, Path=people.path)
    assert iam.get_group(GroupName=name)["Group"]["Path"] == people.path
    renamed = people.name("renamed")
    iam.update_group(GroupName=name, NewGroupName=renamed, NewPath=people.path)
    refused("NoSuchEntity", iam.get_group, GroupName=name)
    # aws_iam_group_membership, aws_iam_user_group_membership
    iam.add_user_to_group(GroupName=renamed, UserName=user["UserName"])
    assert [member["UserName"] for member in iam.get_group(GroupName=renamed)["Users"]] == [user["UserName"]]
    groups = iam.list_groups_for_user(UserName=user["UserName"])["Groups"]
    assert [group["GroupName"] for group in groups] == [renamed]
    iam.remove_user_from_group(GroupName=renamed, UserName=user["UserName"])
    # aws_iam_group_policy
    inline = document(allow("s3:GetObject", "*"))
    iam.put_group_policy(GroupName=renamed, PolicyName="inline", PolicyDocument=inline)
    shown = iam.get_group_policy(GroupName=renamed, PolicyName="inline")
    assert shown["PolicyDocument"] == json.loads(inline)
    iam.delete_group_policy(GroupName=renamed, PolicyName="inline")
    iam.delete_group(GroupName=renamed)
    refused("NoSuchEntity", iam.get_group, GroupName=renamed)


def test_aws_s3_bucket(s3, people):
    name = f"boto3-{uuid.uuid4()}"
    assert refused("404", s3.head_bucket, Bucket=name)
    s3.create_bucket(Bucket=name)
    try:
        assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
        assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
        for call, code in SUB_RESOURCES.items():
            if code:
                refused(code, getattr(s3, call), Bucket=name)
            else:
                getattr(s3, call)(Bucket=name)
        tags = [{"Key": "team", "Value": "red"}]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags
        s3.delete_bucket_tagging(Bucket=name)

        # aws_s3_bucket_ownership_controls, aws_s3_bucket_acl
        rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
        assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"] == rules
        s3.put_bucket_acl(Bucket=name, ACL="private")
        acl = s3.get_bucket_acl(Bucket=name)
        s3.put_bucket_acl(
            Bucket=name, AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]}
        )
        after = s3.get_bucket_acl(Bucket=name)
        assert (after["Owner"], after["Grants"]) == (acl["Owner"], acl["Grants"])
        s3.delete_bucket_ownership_controls(Bucket=name)
        refused("OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, Bucket=name)

        # aws_s3_bucket_public_access_block
        block = {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": False,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": False,
        }
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == block
        s3.delete_public_access_block(Bucket=name)
        refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=name)

        # aws_s3_bucket_policy: what is read back has to mean what was sent, or the plan is never empty
        user = people.user("user")
        policy = document({"Principal": {"AWS": user["Arn"]}, **allow("s3:GetObject", objects(name))})
        s3.put_bucket_policy(Bucket=name, Policy=policy)
        assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(policy)
        s3.delete_bucket_policy(Bucket=name)
        refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=name)

        # aws_s3_bucket_versioning: with mfa_delete = "Disabled", which needs no device
        for status in ("Enabled", "Suspended"):
            wanted = {"Status": status, "MFADelete": "Disabled"}
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=wanted)
            shown = s3.get_bucket_versioning(Bucket=name)
            assert {key: shown[key] for key in wanted} == wanted

        # force_destroy
        s3.put_object(Bucket=name, Key="left over")
        refused("BucketNotEmpty", s3.delete_bucket, Bucket=name)
    finally:
        destroy(s3, name)
    refused("404", s3.head_bucket, Bucket=name)
    refused("NoSuchBucket", s3.get_bucket_policy, Bucket=name)
