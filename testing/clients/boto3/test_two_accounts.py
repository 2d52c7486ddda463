"""Row `stories`: two accounts share a bucket, by policy, by ACL and by a role (facts/05 §6, §8)."""

import json
import os
import ssl
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import ENDPOINT, connect
from identities import People, allow, document, objects, read, refused, statement, trust

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))


def create_account(name):
    """What `cairn account create` does (docs/accounts.md)."""
    headers = {"content-type": "application/json"}
    request = AWSRequest("POST", f"{ENDPOINT}/createAccount", headers, json.dumps({"name": name}))
    operator = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(operator, "cairn", "us-east-1").add_auth(request)
    sent = urllib.request.Request(request.url, request.data.encode(), dict(request.headers.items()))
    with urllib.request.urlopen(sent, context=TRUST) as answer:
        return json.load(answer)


class Account:
    def __init__(self, made):
        self.id = made["account_id"]
        self.canonical = made["canonical_user_id"]
        self.root = {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}
        self.s3 = connect(keys=self.root)
        self.people = People(connect(service="iam", keys=self.root))


@pytest.fixture(scope="module")
def other():
    """An account beside the one whose keys the suite has. Accounts cannot be removed."""
    account = Account(create_account("boto3"))
    yield account
    account.people.forget()


@pytest.fixture
def shelf(s3, bucket):
    s3.put_object(Bucket=bucket, Key="book", Body=b"read me")
    yield bucket
    s3.delete_bucket_policy(Bucket=bucket)


def share(s3, bucket, principal, actions):
    grant = {"Principal": principal, **statement("Allow", actions, objects(bucket))}
    s3.put_bucket_policy(Bucket=bucket, Policy=document(grant))


def test_an_account_is_shared_with_by_policy(s3, shelf, other):
    get = {"Bucket": shelf, "Key": "book"}
    anna = other.people.user("anna")
    hers = connect(keys=other.people.key(anna))
    # Nothing is told across accounts.
    for client in (other.s3, hers):
        assert refused("AccessDenied", client.get_object, **get) == "Access Denied"
    share(s3, shelf, {"AWS": other.id}, "s3:GetObject")
    assert read(other.s3, shelf, "book") == b"read me"
    # The account has to allow its user, too.
    refused("AccessDenied", hers.get_object, **get)
    other.people.iam.put_user_policy(
        UserName=anna["UserName"], PolicyName="own", PolicyDocument=document(allow("s3:*", "*"))
    )
    assert read(hers, shelf, "book") == b"read me"
    refused("AccessDenied", hers.put_object, **get, Body=b"")
    refused("AccessDenied", hers.list_objects_v2, Bucket=shelf)

    # Named itself, she still needs both; of another account nobody else is meant.
    share(s3, shelf, {"AWS": anna["Arn"]}, "s3:GetObject")
    assert read(hers, shelf, "book") == b"read me"
    refused("AccessDenied", other.s3.get_object, **get)
    share(s3, shelf, {"CanonicalUser": other.canonical}, "s3:GetObject")
    assert read(other.s3, shelf, "book") == b"read me"
    s3.delete_bucket_policy(Bucket=shelf)
    refused("AccessDenied", hers.get_object, **get)


def test_an_account_is_shared_with_by_acl(s3, shelf, other):
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=shelf, OwnershipControls=rules)
    grantee = f'id="{other.canonical}"'
    s3.put_bucket_acl(Bucket=shelf, GrantWrite=grantee)
    refused("AccessDenied", other.s3.get_object, Bucket=shelf, Key="book")
    s3.put_object_acl(Bucket=shelf, Key="book", GrantRead=grantee)
    assert read(other.s3, shelf, "book") == b"read me"

    # Who writes an object owns it, and may share it with the owner of the bucket.
    other.s3.put_object(Bucket=shelf, Key="theirs", Body=b"theirs")
    assert other.s3.get_object_acl(Bucket=shelf, Key="theirs")["Owner"]["ID"] == other.canonical
    refused("AccessDenied", s3.get_object, Bucket=shelf, Key="theirs")
    other.s3.put_object_acl(Bucket=shelf, Key="theirs", ACL="bucket-owner-full-control")
    assert read(s3, shelf, "theirs") == b"theirs"


def test_a_role_is_shared(iam, s3, shelf, other):
    """What AWS recommends instead: the bucket's account lends a role of its own."""
    people = People(iam)
    try:
        anna = other.people.user("anna-of-role")
        role = people.role("lent", trust({"AWS": other.id}), allow("s3:GetObject", objects(shelf)))
        sts = connect(service="sts", keys=other.people.key(anna))
        who = {"RoleArn": role["Arn"], "RoleSessionName": "anna"}
        refused("AccessDenied", sts.assume_role, **who)
        other.people.iam.put_user_policy(
            UserName=anna["UserName"],
            PolicyName="own",
            PolicyDocument=document(allow("sts:AssumeRole", role["Arn"])),
        )
        hers = connect(keys=sts.assume_role(**who)["Credentials"])
        assert read(hers, shelf, "book") == b"read me"
        refused("AccessDenied", hers.delete_object, Bucket=shelf, Key="book")
    finally:
        people.forget()
