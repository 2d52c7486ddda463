"""Row `stories`: seed 004 with the aws CLI (facts/05): users, groups, keys, roles, sessions, policies, ACLs."""

import json
import urllib.parse
import uuid

import pytest
from cairn_mfa import Device
from conftest import ENDPOINT, Aws


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, action, *resources, **rest):
    return {"Effect": effect, "Action": action, "Resource": list(resources), **rest}


def signed_by(keys):
    """The command with the keys of CreateAccessKey, or credentials of STS."""
    return Aws(
        AWS_ACCESS_KEY_ID=keys["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
        AWS_SESSION_TOKEN=keys.get("SessionToken"),
    )


def call(aws, *words):
    """What a command of any service printed."""
    printed = aws(*words)
    return json.loads(printed) if printed.strip() else {}


class People:
    """Makes users below a path; names have a mark, so that each test has its own."""

    def __init__(self, aws, path):
        self.aws = aws
        self.path = path
        self.mark = uuid.uuid4().hex[:8]

    def name(self, text):
        return f"{text}-{self.mark}"

    def iam(self, *words):
        return call(self.aws, "iam", *words)

    def user(self, text, *allowed):
        user = self.iam("create-user", "--user-name", self.name(text), "--path", self.path)["User"]
        if allowed:
            self.allow(user, *allowed)
        return user

    def allow(self, user, *statements):
        words = ("--user-name", user["UserName"], "--policy-name", "own")
        self.iam("put-user-policy", *words, "--policy-document", document(*statements))

    def key(self, user):
        return self.iam("create-access-key", "--user-name", user["UserName"])["AccessKey"]

    def forget(self):
        """Removes all that is below the path."""
        for user in self.iam("list-users", "--path-prefix", self.path)["Users"]:
            who = ("--user-name", user["UserName"])
            for key in self.iam("list-access-keys", *who)["AccessKeyMetadata"]:
                self.iam("delete-access-key", *who, "--access-key-id", key["AccessKeyId"])
            for device in self.iam("list-mfa-devices", *who)["MFADevices"]:
                serial = ("--serial-number", device["SerialNumber"])
                self.iam("deactivate-mfa-device", *who, *serial)
                self.iam("delete-virtual-mfa-device", *serial)
            for group in self.iam("list-groups-for-user", *who)["Groups"]:
                self.iam("remove-user-from-group", *who, "--group-name", group["GroupName"])
            self._policies("user", *who)
            self.iam("delete-user", *who)
        for group in self.iam("list-groups", "--path-prefix", self.path)["Groups"]:
            self._policies("group", "--group-name", group["GroupName"])
            self.iam("delete-group", "--group-name", group["GroupName"])
        for role in self.iam("list-roles", "--path-prefix", self.path)["Roles"]:
            self._policies("role", "--role-name", role["RoleName"])
            self.iam("delete-role", "--role-name", role["RoleName"])
        for policy in self.iam("list-policies", "--scope", "Local", "--path-prefix", self.path)["Policies"]:
            self.iam("delete-policy", "--policy-arn", policy["Arn"])

    def _policies(self, kind, *who):
        for policy in self.iam(f"list-attached-{kind}-policies", *who)["AttachedPolicies"]:
            self.iam(f"detach-{kind}-policy", *who, "--policy-arn", policy["PolicyArn"])
        for name in self.iam(f"list-{kind}-policies", *who)["PolicyNames"]:
            self.iam(f"delete-{kind}-policy", *who, "--policy-name", name)


@pytest.fixture(scope="module")
def path(aws):
    """Of all tests, so that it is cleared once: a process for each request is slow."""
    path = f"/awscli-{uuid.uuid4()}/"
    yield path
    People(aws, path).forget()


@pytest.fixture
def people(aws, path):
    return People(aws, path)


@pytest.fixture
def shelf(aws, bucket):
    aws("s3", "cp", "-", f"s3://{bucket}/open/book", stdin=b"read me")
    yield bucket
    aws.api("delete-bucket-policy", bucket=bucket)


def read(aws, bucket, key="open/book"):
    return aws("s3", "cp", f"s3://{bucket}/{key}", "-")


def test_groups_and_managed_policies(aws, people, shelf):
    anna = people.user("anna")
    group = people.name("readers")
    people.iam("create-group", "--group-name", group, "--path", people.path)
    may = document(statement("Allow", ["s3:GetObject", "s3:ListBucket"], "*"))
    words = ("--policy-name", people.name("read"), "--path", people.path, "--policy-document", may)
    policy = people.iam("create-policy", *words)["Policy"]
    people.iam("attach-group-policy", "--group-name", group, "--policy-arn", policy["Arn"])
    hers = signed_by(people.key(anna))
    assert "AccessDenied" in hers.refused("s3api", "list-objects-v2", "--bucket", shelf)
    people.iam("add-user-to-group", "--group-name", group, "--user-name", anna["UserName"])
    assert read(hers, shelf) == b"read me"
    assert call(hers, "s3api", "list-objects-v2", "--bucket", shelf)["Contents"][0]["Key"] == "open/book"
    assert "AccessDenied" in hers.refused("s3", "rm", f"s3://{shelf}/open/book")
    people.allow(anna, statement("Deny", "s3:GetObject", f"arn:aws:s3:::{shelf}/*"))
    refusal = hers.refused("s3api", "get-object", "--bucket", shelf, "--key", "open/book", "/dev/null")
    assert "with an explicit deny in an identity-based policy" in refusal


def test_keys_are_rotated(people, shelf):
    anna = people.user("anna", statement("Allow", "s3:GetObject", f"arn:aws:s3:::{shelf}/*"))
    who = ("--user-name", anna["UserName"])
    old, new = people.key(anna), people.key(anna)
    assert "LimitExceeded" in people.aws.refused("iam", "create-access-key", *who)
    assert read(signed_by(old), shelf) == read(signed_by(new), shelf) == b"read me"
    people.iam("update-access-key", *who, "--access-key-id", old["AccessKeyId"], "--status", "Inactive")
    refusal = signed_by(old).refused("s3api", "list-objects-v2", "--bucket", shelf)
    assert "InvalidAccessKeyId" in refusal
    people.iam("delete-access-key", *who, "--access-key-id", old["AccessKeyId"])
    assert read(signed_by(new), shelf) == b"read me"
    used = people.iam("get-access-key-last-used", "--access-key-id", new["AccessKeyId"])
    assert used["UserName"] == anna["UserName"]


def test_who_am_i_and_sessions(aws, people, shelf):
    root = call(aws, "sts", "get-caller-identity")
    assert root["Arn"] == f"arn:aws:iam::{root['Account']}:root"
    reads = statement("Allow", "s3:GetObject", f"arn:aws:s3:::{shelf}/*")
    anna = people.user("anna", reads, statement("Allow", "sts:GetFederationToken", "*"))
    hers = signed_by(people.key(anna))
    assert call(hers, "sts", "get-caller-identity") == {
        "UserId": anna["UserId"],
        "Account": root["Account"],
        "Arn": anna["Arn"],
    }
    session = signed_by(call(hers, "sts", "get-session-token", "--duration-seconds", "900")["Credentials"])
    assert call(session, "sts", "get-caller-identity")["Arn"] == anna["Arn"]
    assert read(session, shelf) == b"read me"
    assert "InvalidClientTokenId" in session.refused("iam", "list-users")

    everything = document(statement("Allow", "*", "*"))
    made = call(hers, "sts", "get-federation-token", "--name", "bob", "--policy", everything)
    bob = signed_by(made["Credentials"])
    assert call(bob, "sts", "get-caller-identity")["UserId"] == f"{root['Account']}:bob"
    assert read(bob, shelf) == b"read me"
    words = ("s3api", "put-object", "--bucket", shelf, "--key", "k")
    assert "AccessDenied" in bob.refused(*words)
    assert "AccessDenied" in session.refused(*words)


def test_a_session_with_mfa(people, shelf):
    anna = people.user("anna", statement("Allow", "s3:*", "*"))
    words = ("--virtual-mfa-device-name", people.name("phone"), "--bootstrap-method", "Base32StringSeed")
    printed = people.aws("iam", "create-virtual-mfa-device", *words, "--outfile", "/dev/stdout").decode()
    told, _, answer = printed.partition("{")
    serial = json.loads("{" + answer)["VirtualMFADevice"]["SerialNumber"]
    device = Device(told.strip())
    first, second = device.enabling()
    codes = ("--authentication-code1", first, "--authentication-code2", second)
    people.iam("enable-mfa-device", "--user-name", anna["UserName"], "--serial-number", serial, *codes)

    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    requires = statement("Deny", "s3:*", f"arn:aws:s3:::{shelf}/*", Principal="*", Condition=condition)
    people.aws("s3api", "put-bucket-policy", "--bucket", shelf, "--policy", document(requires))
    hers = signed_by(people.key(anna))
    plain = signed_by(call(hers, "sts", "get-session-token")["Credentials"])
    get = ("s3api", "get-object", "--bucket", shelf, "--key", "open/book", "/dev/null")
    assert "explicit deny in a resource-based policy" in plain.refused(*get)
    words = ("--serial-number", serial, "--token-code", device.code())
    proven = signed_by(call(hers, "sts", "get-session-token", *words)["Credentials"])
    assert read(proven, shelf) == b"read me"


def test_roles_and_profiles(people, shelf, tmp_path):
    anna = people.user("anna", statement("Allow", "sts:AssumeRole", "*"))
    trust = {"Effect": "Allow", "Principal": {"AWS": anna["Arn"]}, "Action": "sts:AssumeRole"}
    words = ("--role-name", people.name("reader"), "--path", people.path)
    role = people.iam("create-role", *words, "--assume-role-policy-document", document(trust))["Role"]
    may = document(statement("Allow", "s3:GetObject", f"arn:aws:s3:::{shelf}/*"))
    words = ("--role-name", role["RoleName"], "--policy-name", "read", "--policy-document", may)
    people.iam("put-role-policy", *words)
    keys = people.key(anna)
    hers = signed_by(keys)
    assume = ("sts", "assume-role", "--role-arn", role["Arn"], "--role-session-name", "by-hand")
    made = call(hers, *assume)
    assert made["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{role['RoleName']}/by-hand")
    assert read(signed_by(made["Credentials"]), shelf) == b"read me"
    assert "Roles may not be assumed by root accounts." in people.aws.refused(*assume)

    # The CLI assumes the role itself.
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(
        f"[profile reader]\nrole_arn = {role['Arn']}\nsource_profile = anna\nrole_session_name = by-profile\n"
        f"region = us-east-1\n[profile anna]\nregion = us-east-1\n"
    )
    credentials.write_text(
        f"[anna]\naws_access_key_id = {keys['AccessKeyId']}\naws_secret_access_key = {keys['SecretAccessKey']}\n"
    )
    reader = Aws(
        AWS_CONFIG_FILE=str(config),
        AWS_SHARED_CREDENTIALS_FILE=str(credentials),
        AWS_PROFILE="reader",
        AWS_ENDPOINT_URL=ENDPOINT,
        AWS_ACCESS_KEY_ID=None,
        AWS_SECRET_ACCESS_KEY=None,
        HOME=str(tmp_path),
    )
    who = call(reader, "sts", "get-caller-identity")
    assert who["Arn"].endswith(f":assumed-role/{role['RoleName']}/by-profile")
    assert who["UserId"] == f"{role['RoleId']}:by-profile"
    assert read(reader, shelf) == b"read me"
    assert "AccessDenied" in reader.refused("s3api", "put-object", "--bucket", shelf, "--key", "k")


def test_policies_acls_and_public_access(aws, people, shelf):
    anna = people.user("anna")
    hers = signed_by(people.key(anna))
    grants = statement("Allow", "s3:GetObject", f"arn:aws:s3:::{shelf}/*", Principal={"AWS": anna["Arn"]})
    aws("s3api", "put-bucket-policy", "--bucket", shelf, "--policy", document(grants))
    shown = aws.api("get-bucket-policy", bucket=shelf)["Policy"]
    assert json.loads(shown) == json.loads(document(grants))
    assert read(hers, shelf) == b"read me"
    grants["Principal"]["AWS"] += "-nobody"
    refusal = aws.refused("s3api", "put-bucket-policy", "--bucket", shelf, "--policy", document(grants))
    assert "(MalformedPolicy)" in refusal and "Invalid principal in policy" in refusal
    aws.api("delete-bucket-policy", bucket=shelf)
    get = ("s3api", "get-object", "--bucket", shelf, "--key", "open/book", "/dev/null")
    assert "AccessDenied" in hers.refused(*get)

    controls = "Rules=[{ObjectOwnership=BucketOwnerPreferred}]"
    aws.api("put-bucket-ownership-controls", bucket=shelf, ownership_controls=controls)
    refusal = aws.refused("s3api", "put-bucket-acl", "--bucket", shelf, "--acl", "public-read")
    assert "AccessDenied" in refusal
    aws.api("delete-public-access-block", bucket=shelf)
    aws.api("put-bucket-acl", bucket=shelf, acl="public-read")
    aws.api("put-object-acl", bucket=shelf, key="open/book", acl="public-read")
    unsigned = ("--no-sign-request",)
    assert aws("s3", "cp", f"s3://{shelf}/open/book", "-", *unsigned) == b"read me"
    blocked = (
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    )
    aws.api("put-public-access-block", bucket=shelf, public_access_block_configuration=blocked)
    assert "AccessDenied" in aws.refused(*get, *unsigned)

    # Of the account: the client puts its number before the host. No resolver knows that name here, so the server is its
    # proxy, too.
    account = call(aws, "sts", "get-caller-identity")["Account"]
    port = urllib.parse.urlsplit(ENDPOINT).port
    named = Aws(HTTP_PROXY=ENDPOINT, http_proxy=ENDPOINT)
    named.endpoint = f"http://localhost:{port}"
    aws.api("delete-public-access-block", bucket=shelf)
    assert aws("s3", "cp", f"s3://{shelf}/open/book", "-", *unsigned) == b"read me"
    words = ("--account-id", account)
    try:
        named("s3control", "put-public-access-block", *words, "--public-access-block-configuration", blocked)
        shown = call(named, "s3control", "get-public-access-block", *words)
        assert all(shown["PublicAccessBlockConfiguration"].values())
        assert "AccessDenied" in aws.refused(*get, *unsigned)
    finally:
        named("s3control", "delete-public-access-block", *words)
    assert aws("s3", "cp", f"s3://{shelf}/open/book", "-", *unsigned) == b"read me"
