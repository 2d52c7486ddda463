"""Row `access`: ACLs, bucket policies, Object Ownership and Block Public Access; what nobody may."""

import json

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import ENDPOINT, connect, keep_host

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@pytest.fixture
def anonymous():
    return connect(signature_version=UNSIGNED)


@pytest.fixture
def shared(s3, bucket):
    """A bucket that has ACLs and blocks nothing."""
    rules = [{"ObjectOwnership": "BucketOwnerPreferred"}]
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def readable(bucket):
    statement = {
        "Sid": "PublicRead",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_public_bucket_until_public_access_is_blocked(s3, bucket, anonymous):
    s3.put_object(Bucket=bucket, Key="page.html", Body=b"hello")
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == BLOCKED
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=readable(bucket)) == "AccessDenied"
    assert code(anonymous.get_object, Bucket=bucket, Key="page.html") == "AccessDenied"

    s3.delete_public_access_block(Bucket=bucket)
    assert code(s3.get_public_access_block, Bucket=bucket) == "NoSuchPublicAccessBlockConfiguration"
    s3.put_bucket_policy(Bucket=bucket, Policy=readable(bucket))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert anonymous.get_object(Bucket=bucket, Key="page.html")["Body"].read() == b"hello"
    assert code(anonymous.put_object, Bucket=bucket, Key="page.html", Body=b"") == "AccessDenied"
    assert code(anonymous.list_objects_v2, Bucket=bucket) == "AccessDenied"

    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCKED)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == BLOCKED
    assert code(anonymous.get_object, Bucket=bucket, Key="page.html") == "AccessDenied"
    assert s3.get_object(Bucket=bucket, Key="page.html")["Body"].read() == b"hello"


def test_policies_and_their_refusals(s3, bucket):
    assert code(s3.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"
    assert code(s3.get_bucket_policy_status, Bucket=bucket) == "NoSuchBucketPolicy"
    deny = readable(bucket).replace("Allow", "Deny").replace("s3:GetObject", "s3:DeleteObject")
    s3.put_bucket_policy(Bucket=bucket, Policy=deny)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == deny
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False

    s3.put_object(Bucket=bucket, Key="kept")
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket=bucket, Key="kept")
    message = refused.value.response["Error"]["Message"]
    assert message.endswith(
        ":root is not authorized to perform: s3:DeleteObject on resource: "
        f'"arn:aws:s3:::{bucket}/kept" with an explicit deny in a resource-based policy'
    )
    errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "kept"}]})["Errors"]
    assert [error["Code"] for error in errors] == ["AccessDenied"]

    for policy, reason in [
        ("", "MissingRequestBodyError"),
        ("{}", "MalformedPolicy"),
        (deny.replace(bucket, f"{bucket}-other"), "MalformedPolicy"),
        (deny.replace("s3:DeleteObject", "s3:Sing"), "MalformedPolicy"),
    ]:
        assert code(s3.put_bucket_policy, Bucket=bucket, Policy=policy) == reason
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == deny
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="kept")


def test_acls_come_back(s3, shared, anonymous):
    owner = s3.get_bucket_acl(Bucket=shared)["Owner"]
    assert list(owner) == ["ID"]
    full = {"Grantee": {"ID": owner["ID"], "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    public = {"Grantee": {"URI": ALL_USERS, "Type": "Group"}, "Permission": "READ"}
    s3.put_object(Bucket=shared, Key="k", Body=b"body", ACL="public-read")
    assert s3.get_object_acl(Bucket=shared, Key="k")["Grants"] == [full, public]
    assert anonymous.get_object(Bucket=shared, Key="k")["Body"].read() == b"body"

    acl = {"Owner": owner, "Grants": [full]}
    s3.put_object_acl(Bucket=shared, Key="k", AccessControlPolicy=acl)
    assert s3.get_object_acl(Bucket=shared, Key="k")["Grants"] == [full]
    assert code(anonymous.get_object, Bucket=shared, Key="k") == "AccessDenied"

    s3.put_bucket_acl(Bucket=shared, GrantFullControl=f'id="{owner["ID"]}"', GrantRead=f'uri="{ALL_USERS}"')
    assert s3.get_bucket_acl(Bucket=shared)["Grants"] == [full, public]
    assert [entry["Key"] for entry in anonymous.list_objects_v2(Bucket=shared)["Contents"]] == ["k"]
    refused = code(
        s3.put_bucket_ownership_controls,
        Bucket=shared,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )
    assert refused == "InvalidBucketAclWithObjectOwnership"


def test_buckets_have_no_acls_by_default(s3, bucket):
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    for call, key in [(s3.put_bucket_acl, {}), (s3.put_object, {"Key": "k"})]:
        assert code(call, Bucket=bucket, ACL="public-read", **key) == "AccessControlListNotSupported"
    s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")


def test_public_access_block_of_the_account(s3, bucket):
    """S3 Control: the account's own flags. None is turned on: other tests share the account."""
    s3.put_object(Bucket=bucket, Key="k")
    deny = readable(bucket).replace("Allow", "Deny")
    s3.put_bucket_policy(Bucket=bucket, Policy=deny)
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="k")
    account = refused.value.response["Error"]["Message"].split(":")[5]
    s3.delete_bucket_policy(Bucket=bucket)

    config = Config(retries={"total_max_attempts": 1})
    control = boto3.client("s3control", endpoint_url=ENDPOINT, region_name="us-east-1", config=config)
    keep_host(control)
    missing = code(control.get_public_access_block, AccountId=account)
    assert missing == "NoSuchPublicAccessBlockConfiguration"
    nothing = dict.fromkeys(BLOCKED, False)
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=nothing)
    assert control.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == nothing
    control.delete_public_access_block(AccountId=account)
    assert code(control.get_public_access_block, AccountId=account) == "NoSuchPublicAccessBlockConfiguration"
    assert code(control.get_public_access_block, AccountId="999999999999") == "AccessDenied"
