"""Row `stories`: seed 004 from end to end. Who signs, what they may, and what they may not (facts/05)."""

import json
import os
import ssl
import time
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from conftest import ENDPOINT, connect, keep_host
from identities import People, allow, deny, document, objects, read, refused, session, statement, trust

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@pytest.fixture
def people(iam):
    people = People(iam)
    yield people
    people.forget()


@pytest.fixture
def shelf(s3, bucket):
    """A bucket with two objects."""
    s3.put_object(Bucket=bucket, Key="open/book", Body=b"read me")
    s3.put_object(Bucket=bucket, Key="secret/book", Body=b"do not")
    yield bucket
    s3.delete_bucket_policy(Bucket=bucket)


def put_policy(s3, bucket, *statements):
    s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def to(principal, effect, actions, *resources, **rest):
    return {"Principal": principal, **statement(effect, actions, *resources, **rest)}


def test_a_group_grants_and_a_deny_takes_away(iam, people, shelf):
    anna, otto = people.user("anna"), people.user("otto")
    group = people.name("readers")
    iam.create_group(GroupName=group, Path=people.path)
    may = document(
        allow("s3:GetObject", objects(shelf)), allow("s3:ListBucket", f"arn:aws:s3:::{shelf}")
    )
    iam.put_group_policy(GroupName=group, PolicyName="read", PolicyDocument=may)
    iam.add_user_to_group(GroupName=group, UserName=anna["UserName"])
    hers, his = connect(keys=people.key(anna)), connect(keys=people.key(otto))

    assert read(hers, shelf, "open/book") == b"read me"
    assert len(hers.list_objects_v2(Bucket=shelf)["Contents"]) == 2
    refused("NoSuchKey", hers.get_object, Bucket=shelf, Key="nothing")
    message = refused("AccessDenied", hers.put_object, Bucket=shelf, Key="open/book", Body=b"")
    assert message == (
        f'User: {anna["Arn"]} is not authorized to perform: s3:PutObject on resource: '
        f'"arn:aws:s3:::{shelf}/open/book" because no identity-based policy allows the s3:PutObject action'
    )
    refused("AccessDenied", his.get_object, Bucket=shelf, Key="open/book")
    # Who may not list is not told that a key is missing.
    message = refused("AccessDenied", his.get_object, Bucket=shelf, Key="nothing")
    assert "s3:ListBucket" in message or "s3:GetObject" in message

    iam.put_user_policy(
        UserName=anna["UserName"],
        PolicyName="no-secrets",
        PolicyDocument=document(deny("s3:*", f"arn:aws:s3:::{shelf}/secret/*")),
    )
    message = refused("AccessDenied", hers.get_object, Bucket=shelf, Key="secret/book")
    assert message.endswith("with an explicit deny in an identity-based policy")
    assert read(hers, shelf, "open/book") == b"read me"

    iam.remove_user_from_group(GroupName=group, UserName=anna["UserName"])
    refused("AccessDenied", hers.get_object, Bucket=shelf, Key="open/book")


def test_a_managed_policy_with_variables_gives_each_user_a_home(iam, s3, people, bucket):
    policy = iam.create_policy(
        PolicyName=people.name("home"),
        Path=people.path,
        PolicyDocument=document(
            allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/home/${{aws:username}}/*"),
            allow(
                "s3:ListBucket",
                f"arn:aws:s3:::{bucket}",
                Condition={"StringLike": {"s3:prefix": "home/${aws:username}/*"}},
            ),
        ),
    )["Policy"]
    clients = {}
    for text in ("anna", "otto"):
        user = people.user(text)
        iam.attach_user_policy(UserName=user["UserName"], PolicyArn=policy["Arn"])
        clients[user["UserName"]] = connect(keys=people.key(user))
    anna, otto = clients
    for name, client in clients.items():
        client.put_object(Bucket=bucket, Key=f"home/{name}/note", Body=name.encode())
        assert read(client, bucket, f"home/{name}/note") == name.encode()
        listed = client.list_objects_v2(Bucket=bucket, Prefix=f"home/{name}/")["Contents"]
        assert [entry["Key"] for entry in listed] == [f"home/{name}/note"]
    refused("AccessDenied", clients[anna].get_object, Bucket=bucket, Key=f"home/{otto}/note")
    refused("AccessDenied", clients[anna].list_objects_v2, Bucket=bucket, Prefix=f"home/{otto}/")
    refused("AccessDenied", clients[anna].list_objects_v2, Bucket=bucket)


def test_keys_are_rotated(iam, people, shelf):
    anna = people.user("anna", allow("s3:GetObject", objects(shelf)))
    name = anna["UserName"]
    old = people.key(anna)
    assert read(connect(keys=old), shelf, "open/book") == b"read me"
    new = people.key(anna)
    refused("LimitExceeded", iam.create_access_key, UserName=name)
    for key in (old, new):
        assert read(connect(keys=key), shelf, "open/book") == b"read me"
    used = iam.get_access_key_last_used(AccessKeyId=new["AccessKeyId"])
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == (name, "s3")

    iam.update_access_key(UserName=name, AccessKeyId=old["AccessKeyId"], Status="Inactive")
    refused("InvalidAccessKeyId", connect(keys=old).get_object, Bucket=shelf, Key="open/book")
    iam.update_access_key(UserName=name, AccessKeyId=old["AccessKeyId"], Status="Active")
    assert read(connect(keys=old), shelf, "open/book") == b"read me"
    iam.delete_access_key(UserName=name, AccessKeyId=old["AccessKeyId"])
    refused("InvalidAccessKeyId", connect(keys=old).get_object, Bucket=shelf, Key="open/book")
    assert read(connect(keys=new), shelf, "open/book") == b"read me"
    wrong = new | {"SecretAccessKey": old["SecretAccessKey"]}
    refused("SignatureDoesNotMatch", connect(keys=wrong).get_object, Bucket=shelf, Key="open/book")


def test_a_bucket_policy_means_the_very_user_it_named(iam, s3, people, shelf):
    anna = people.user("anna")
    grants = to({"AWS": [anna["Arn"]]}, "Allow", "s3:GetObject", objects(shelf))
    text = json.dumps({"Version": "2012-10-17", "Statement": grants}, indent=3) + "\n\n"
    s3.put_bucket_policy(Bucket=shelf, Policy=text)
    assert s3.get_bucket_policy(Bucket=shelf)["Policy"] == text
    assert read(connect(keys=people.key(anna)), shelf, "open/book") == b"read me"

    # By another name she is the same.
    iam.update_user(UserName=anna["UserName"], NewUserName=people.name("anne"))
    renamed = text.replace(anna["Arn"], anna["Arn"].replace("/anna-", "/anne-"))
    assert s3.get_bucket_policy(Bucket=shelf)["Policy"] == renamed
    iam.update_user(UserName=people.name("anne"), NewUserName=anna["UserName"])

    people.forget_user(anna["UserName"])
    gone = text.replace(anna["Arn"], anna["UserId"])
    assert s3.get_bucket_policy(Bucket=shelf)["Policy"] == gone
    other = people.user("anna")
    assert (other["Arn"], other["UserId"] != anna["UserId"]) == (anna["Arn"], True)
    hers = connect(keys=people.key(other))
    refused("AccessDenied", hers.get_object, Bucket=shelf, Key="open/book")
    assert s3.get_bucket_policy(Bucket=shelf)["Policy"] == gone

    for nobody in (
        anna["UserId"],
        anna["Arn"] + "-nobody",
        anna["Arn"].replace(people.path, "/elsewhere/"),
        "arn:aws:iam::999999999999:root",
        "999999999999",
    ):
        message = refused(
            "MalformedPolicy", s3.put_bucket_policy, Bucket=shelf, Policy=text.replace(anna["Arn"], nobody)
        )
        assert message == "Invalid principal in policy"
    assert s3.get_bucket_policy(Bucket=shelf)["Policy"] == gone
    s3.put_bucket_policy(Bucket=shelf, Policy=text)
    assert read(hers, shelf, "open/book") == b"read me"


def test_a_bucket_policy_names_a_role_and_one_of_its_sessions(iam, s3, people, shelf):
    anna = people.user("anna", allow("sts:AssumeRole", "*"))
    role = people.role("reader", trust({"AWS": anna["Arn"]}))
    sts = connect(service="sts", keys=people.key(anna))

    def assume(name, **rest):
        made = sts.assume_role(RoleArn=role["Arn"], RoleSessionName=name, **rest)
        return connect(keys=made["Credentials"])

    hers = assume("anna")
    message = refused("AccessDenied", hers.get_object, Bucket=shelf, Key="open/book")
    account = role["Arn"].split(":")[4]
    assert message.startswith(f"User: arn:aws:sts::{account}:assumed-role/{role['RoleName']}/anna ")
    put_policy(s3, shelf, to({"AWS": role["Arn"]}, "Allow", "s3:GetObject", objects(shelf)))
    assert json.loads(s3.get_bucket_policy(Bucket=shelf)["Policy"])["Statement"][0]["Principal"] == {
        "AWS": role["Arn"]
    }
    assert read(hers, shelf, "open/book") == b"read me"
    # What is given to the role is held to the session's own policy.
    narrow = assume("anna", Policy=document(allow("s3:GetObject", f"arn:aws:s3:::{shelf}/secret/*")))
    refused("AccessDenied", narrow.get_object, Bucket=shelf, Key="open/book")
    assert read(narrow, shelf, "secret/book") == b"do not"

    one = f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/anna"
    put_policy(s3, shelf, to({"AWS": one}, "Allow", "s3:GetObject", objects(shelf)))
    assert read(hers, shelf, "open/book") == b"read me"
    refused("AccessDenied", assume("other").get_object, Bucket=shelf, Key="open/book")


def test_a_session_with_mfa_passes_where_one_without_does_not(s3, people, shelf):
    anna = people.user("anna", allow("s3:*", objects(shelf)))
    serial, device = people.device("phone", anna)
    keys = people.key(anna)
    get = {"Bucket": shelf, "Key": "open/book"}
    absent = {"aws:MultiFactorAuthPresent": "false"}
    everything = ("*", "Deny", "s3:*", objects(shelf))
    # Requests with keys of a user do not have the condition key: only IfExists, and Null, mean them.
    put_policy(s3, shelf, to(*everything, Condition={"Bool": absent}))
    plain = connect(keys=session(keys))
    message = refused("AccessDenied", plain.get_object, **get)
    assert message.endswith("with an explicit deny in a resource-based policy")
    assert read(connect(keys=keys), shelf, "open/book") == b"read me"
    code = device.code()
    proven = connect(keys=session(keys, SerialNumber=serial, TokenCode=code))
    assert read(proven, shelf, "open/book") == b"read me"
    age = {"aws:MultiFactorAuthAge": "true"}
    for condition in ({"BoolIfExists": absent}, {"Null": age}):
        put_policy(s3, shelf, to(*everything, Condition=condition))
        for without in (plain, connect(keys=keys), s3):
            refused("AccessDenied", without.get_object, **get)
        assert read(proven, shelf, "open/book") == b"read me"

    # A code is good once.
    sts = connect(service="sts", keys=keys)
    refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=code)


def test_mfa_is_too_long_ago(s3, people, shelf):
    anna = people.user("anna")
    serial, device = people.device("phone", anna)
    proven = connect(keys=session(people.key(anna), SerialNumber=serial, TokenCode=device.code()))
    get = {"Bucket": shelf, "Key": "open/book"}

    def within(seconds):
        age = {"NumericLessThan": {"aws:MultiFactorAuthAge": str(seconds)}}
        put_policy(s3, shelf, to({"AWS": anna["Arn"]}, "Allow", "s3:GetObject", objects(shelf), Condition=age))

    refused("AccessDenied", proven.get_object, **get)
    within(3600)
    assert read(proven, shelf, "open/book") == b"read me"
    refused("AccessDenied", connect(keys=people.key(anna)).get_object, **get)
    within(1)
    time.sleep(1.1)
    refused("AccessDenied", proven.get_object, **get)


def test_a_role_that_wants_mfa(people, shelf):
    anna = people.user("anna", allow("sts:AssumeRole", "*"))
    serial, device = people.device("phone", anna)
    wanted = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = people.role(
        "careful", trust({"AWS": anna["Arn"]}, Condition=wanted), allow("s3:GetObject", objects(shelf))
    )
    sts = connect(service="sts", keys=people.key(anna))
    who = {"RoleArn": role["Arn"], "RoleSessionName": "anna"}
    refused("AccessDenied", sts.assume_role, **who)
    made = sts.assume_role(**who, SerialNumber=serial, TokenCode=device.code())
    assert read(connect(keys=made["Credentials"]), shelf, "open/book") == b"read me"


def test_a_federated_user_gets_no_more_than_its_maker(iam, s3, people, shelf):
    broker = people.user("broker", allow("s3:GetObject", objects(shelf)), allow("sts:GetFederationToken", "*"))
    keys = people.key(broker)
    sts = connect(service="sts", keys=keys)
    everything = document(allow("*", "*"))
    made = sts.get_federation_token(Name="bob", Policy=everything)
    bob = connect(keys=made["Credentials"])
    assert connect(service="sts", keys=made["Credentials"]).get_caller_identity()["Arn"].endswith(
        ":federated-user/bob"
    )
    assert read(bob, shelf, "open/book") == b"read me"
    for call, rest in [(bob.put_object, {"Body": b""}), (bob.delete_object, {})]:
        refused("AccessDenied", call, Bucket=shelf, Key="open/book", **rest)
    refused("AccessDenied", bob.create_bucket, Bucket=f"{shelf}-bob")
    less = sts.get_federation_token(
        Name="carl", Policy=document(allow("s3:GetObject", f"arn:aws:s3:::{shelf}/open/*"))
    )
    carl = connect(keys=less["Credentials"])
    assert read(carl, shelf, "open/book") == b"read me"
    refused("AccessDenied", carl.get_object, Bucket=shelf, Key="secret/book")
    # Whatever it is given, it calls neither IAM nor STS for more.
    refused("InvalidClientTokenId", connect(service="iam", keys=made["Credentials"]).list_users)
    refused("AccessDenied", connect(service="sts", keys=made["Credentials"]).get_session_token)

    # Without a policy there is only what a resource gives.
    nobody = sts.get_federation_token(Name="dora")
    dora = connect(keys=nobody["Credentials"])
    refused("AccessDenied", dora.get_object, Bucket=shelf, Key="open/book")
    arn = nobody["FederatedUser"]["Arn"]
    put_policy(s3, shelf, to({"AWS": arn}, "Allow", "s3:GetObject", objects(shelf)))
    assert read(dora, shelf, "open/book") == b"read me"

    # What is taken from the maker is taken from all of them.
    iam.put_user_policy(
        UserName=broker["UserName"],
        PolicyName="own",
        PolicyDocument=document(deny("s3:*", objects(shelf))),
    )
    refused("AccessDenied", bob.get_object, Bucket=shelf, Key="open/book")
    people.forget_user(broker["UserName"])
    for client in (bob, carl, dora):
        refused("InvalidAccessKeyId", client.get_object, Bucket=shelf, Key="open/book")


def test_temporary_credentials_are_whole_or_nothing(people, shelf):
    """That they are refused once they are expired is tested in Rust, with a clock that can be set."""
    anna = people.user("anna", allow("s3:GetObject", objects(shelf)))
    keys = session(people.key(anna), DurationSeconds=900)
    get = {"Bucket": shelf, "Key": "open/book"}
    assert read(connect(keys=keys), shelf, "open/book") == b"read me"
    other = session(people.key(anna))
    token = keys["SessionToken"]
    changed = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    refused("InvalidToken", connect(keys=keys | {"SessionToken": changed}).get_object, **get)
    refused("InvalidToken", connect(keys=keys | {"SessionToken": other["SessionToken"]}).get_object, **get)
    without = {name: keys[name] for name in ("AccessKeyId", "SecretAccessKey")}
    refused("InvalidAccessKeyId", connect(keys=without).get_object, **get)
    for version in ("s3", "s3v4"):
        signing = connect(keys=keys, signature_version=version)
        url = signing.generate_presigned_url("get_object", Params=get)
        with urllib.request.urlopen(url, context=TRUST) as answer:
            assert answer.read() == b"read me"


def test_a_public_bucket_until_the_account_blocks_it(s3, shelf):
    anonymous = connect(signature_version=UNSIGNED)
    account = connect(service="sts").get_caller_identity()["Account"]
    config = Config(retries={"total_max_attempts": 1})
    control = boto3.client("s3control", endpoint_url=ENDPOINT, region_name="us-east-1", config=config)
    keep_host(control)
    get = {"Bucket": shelf, "Key": "open/book"}

    s3.delete_public_access_block(Bucket=shelf)
    put_policy(s3, shelf, to("*", "Allow", "s3:GetObject", f"arn:aws:s3:::{shelf}/open/*"))
    assert read(anonymous, shelf, "open/book") == b"read me"
    refused("AccessDenied", anonymous.get_object, Bucket=shelf, Key="secret/book")
    try:
        control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=BLOCKED)
        refused("AccessDenied", anonymous.get_object, **get)
        assert read(s3, shelf, "open/book") == b"read me"
    finally:
        control.delete_public_access_block(AccountId=account)
    assert read(anonymous, shelf, "open/book") == b"read me"
    s3.put_public_access_block(Bucket=shelf, PublicAccessBlockConfiguration=BLOCKED)
    refused("AccessDenied", anonymous.get_object, **get)


def test_mfa_delete(s3, people, versioned):
    """Only the root user of the owner, with its device, removes versions (facts/06 §4)."""
    enabled = {"Status": "Enabled", "MFADelete": "Enabled"}
    put = {"Bucket": versioned, "VersioningConfiguration": enabled}
    needed = "Mfa Authentication must be used for this request"
    assert "MFADelete" not in s3.get_bucket_versioning(Bucket=versioned)
    assert refused("AccessDenied", s3.put_bucket_versioning, **put) == needed
    devices = [people.device("root-a"), people.device("root-b")]

    def proof(number):
        serial, device = devices[number]
        return f"{serial} {device.code()}"

    used = proof(0)
    s3.put_bucket_versioning(**put, MFA=used)
    shown = s3.get_bucket_versioning(Bucket=versioned)
    assert (shown["Status"], shown["MFADelete"]) == ("Enabled", "Enabled")

    versions = [s3.put_object(Bucket=versioned, Key="k", Body=b"")["VersionId"] for _ in range(3)]
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    one = {"Bucket": versioned, "Key": "k", "VersionId": versions[0]}
    assert refused("AccessDenied", s3.delete_object, **one) == needed
    suspended = {"Bucket": versioned, "VersioningConfiguration": {"Status": "Suspended"}}
    assert refused("AccessDenied", s3.put_bucket_versioning, **suspended) == needed
    # All keys fail together, also one without a version.
    both = {"Objects": [{"Key": "k", "VersionId": versions[1]}, {"Key": "other"}], "Quiet": True}
    assert refused("AccessDenied", s3.delete_objects, Bucket=versioned, Delete=both) == needed
    for wrong in (used, f"{devices[1][0]} 000000", f"{devices[0][0]}-other 123456"):
        refused("AccessDenied", s3.delete_object, **one, MFA=wrong)
    assert refused("InvalidArgument", s3.delete_object, **one, MFA="123456").startswith("Mfa header is invalid")
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 3

    # An administrator with a device of their own is not the owner.
    admin = people.user("admin", allow("*", "*"))
    serial, device = people.device("phone", admin)
    keys = people.key(admin)
    hers = connect(keys=keys)
    assert refused("AccessDenied", hers.delete_object, **one) == needed
    message = refused("AccessDenied", hers.delete_object, **one, MFA=f"{serial} {device.code()}")
    assert message == "This operation may only be performed by the bucket owner"
    temporary = connect(keys=session(keys))
    message = refused("InvalidRequest", temporary.delete_object, **one, MFA=f"{serial} 123456")
    assert message == "DevPay and Mfa are mutually exclusive authorization methods."

    s3.delete_object(**one, MFA=proof(0))
    objects = [{"Key": "k", "VersionId": version} for version in versions[1:] + [marker["VersionId"]]]
    done = s3.delete_objects(Bucket=versioned, Delete={"Objects": objects}, MFA=proof(1))
    assert (len(done["Deleted"]), "Errors" in done) == (3, False)
    assert "Versions" not in s3.list_object_versions(Bucket=versioned)
    disabled = {"Status": "Suspended", "MFADelete": "Disabled"}
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration=disabled, MFA=proof(1))
    shown = s3.get_bucket_versioning(Bucket=versioned)
    assert (shown["Status"], shown["MFADelete"]) == ("Suspended", "Disabled")
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
