"""Temporary credentials with boto3: AssumeRole, chains, federation, MFA, and tokens of an OpenID Connect issuer.

The issuer is a server of this test on the loopback, with keys of its own. facts/05 §4 unless a test says otherwise.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import struct
import threading
import time
import urllib.request
import uuid

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import ENDPOINT
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))


def client(service, credentials=None, **options):
    """A client of the root user, or with the credentials of an answer of STS or IAM."""
    config = Config(retries={"total_max_attempts": 1}, **options)
    keys = {}
    if credentials:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials.get("SessionToken"),
        }
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", config=config, **keys)


@pytest.fixture(scope="session")
def iam():
    return client("iam")


@pytest.fixture(scope="session")
def account():
    return client("sts").get_caller_identity()["Account"]


def statement(**elements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]})


@pytest.fixture
def name():
    return f"sts-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def user(iam, name):
    """A user who may call STS, with a key."""
    iam.create_user(UserName=name)
    policy = statement(Action="sts:*", Resource="*")
    iam.put_user_policy(UserName=name, PolicyName="sts", PolicyDocument=policy)
    yield iam.create_access_key(UserName=name)["AccessKey"]
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


@pytest.fixture
def make_role(iam):
    """Makes roles, whose names begin with `role-`, that may read users."""
    made = []

    def make(principal, actions=("sts:AssumeRole",), condition=None):
        role_name = f"role-{uuid.uuid4().hex[:12]}"
        elements = {"Principal": principal, "Action": list(actions)}
        if condition:
            elements["Condition"] = condition
        trust = statement(**elements)
        role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust)["Role"]
        made.append(role_name)
        policy = statement(Action=["iam:GetUser", "iam:ListUsers", "sts:AssumeRole"], Resource="*")
        iam.put_role_policy(RoleName=role_name, PolicyName="read", PolicyDocument=policy)
        return role["Arn"]

    yield make
    for role_name in made:
        iam.delete_role_policy(RoleName=role_name, PolicyName="read")
        iam.delete_role(RoleName=role_name)


def refused(code):
    """The call is refused with this code; the message is in the result."""
    return pytest.raises(ClientError, match=rf"\({code}\)")


def test_a_role_is_assumed_by_whom_it_trusts(iam, user, name, account, make_role):
    user_arn = iam.get_user(UserName=name)["User"]["Arn"]
    role = make_role({"AWS": user_arn}, condition={"StringEquals": {"sts:ExternalId": "e-1"}})
    sts = client("sts", user)
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="work")
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work", ExternalId="e-1", DurationSeconds=900)
    role_name = role.rsplit("/", 1)[1]
    session_arn = f"arn:aws:sts::{account}:assumed-role/{role_name}/work"
    assert answer["AssumedRoleUser"]["Arn"] == session_arn
    assert "PackedPolicySize" not in answer
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 0 < left <= 900
    assumed = answer["Credentials"]
    assert client("sts", assumed).get_caller_identity()["Arn"] == session_arn
    assert client("iam", assumed).get_user(UserName=name)["User"]["UserName"] == name
    with refused("AccessDenied"):
        client("iam", assumed).create_user(UserName=f"{name}-2")
    with refused("AccessDenied") as error:
        client("sts", assumed).get_session_token()
    assert "Cannot call GetSessionToken with session credentials" in str(error.value)
    with refused("AccessDenied") as error:
        client("sts").assume_role(RoleArn=role, RoleSessionName="work")
    assert "Roles may not be assumed by root accounts." in str(error.value)


def test_a_session_policy_only_takes_away(user, name, iam, make_role):
    role = make_role({"AWS": iam.get_user(UserName=name)["User"]["Arn"]})
    policy = statement(Action=["iam:ListUsers", "iam:CreateUser"], Resource="*")
    answer = client("sts", user).assume_role(RoleArn=role, RoleSessionName="less", Policy=policy)
    assert answer["PackedPolicySize"] > 0
    less = client("iam", answer["Credentials"])
    less.list_users()
    with refused("AccessDenied") as error:
        less.get_user(UserName=name)
    assert "session policy" in str(error.value)
    with refused("AccessDenied"):
        less.create_user(UserName=f"{name}-2")


def test_a_chain_hands_on_tags_and_source(user, name, iam, make_role):
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    first = make_role({"AWS": iam.get_user(UserName=name)["User"]["Arn"]}, actions)
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    second = make_role({"AWS": first}, actions, tagged)
    sts = client("sts", user)
    one = sts.assume_role(
        RoleArn=first,
        RoleSessionName="one",
        Tags=[{"Key": "team", "Value": "red"}],
        TransitiveTagKeys=["team"],
        SourceIdentity="Alice",
    )
    two = client("sts", one["Credentials"]).assume_role(RoleArn=second, RoleSessionName="two")
    assert two["SourceIdentity"] == "Alice"
    with refused("ValidationError"):
        chained = client("sts", one["Credentials"])
        chained.assume_role(RoleArn=second, RoleSessionName="two", DurationSeconds=3601)
    untagged = sts.assume_role(RoleArn=first, RoleSessionName="one")
    with refused("AccessDenied"):
        client("sts", untagged["Credentials"]).assume_role(RoleArn=second, RoleSessionName="two")


def test_a_federated_user_is_told_apart(user, account):
    sts = client("sts", user)
    policy = statement(Action="s3:*", Resource="*")
    answer = sts.get_federation_token(Name="guest", Policy=policy, DurationSeconds=900)
    arn = f"arn:aws:sts::{account}:federated-user/guest"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{account}:guest", "Arn": arn}
    guest = answer["Credentials"]
    me = client("sts", guest).get_caller_identity()
    assert (me["Arn"], me["UserId"]) == (arn, f"{account}:guest")
    # Whoever made it may all of S3 no more than it may: nothing.
    with refused("AccessDenied"):
        client("s3", guest).list_buckets()
    with refused("InvalidClientTokenId"):
        client("iam", guest).list_users()
    with refused("AccessDenied"):
        client("sts", guest).get_access_key_info(AccessKeyId=guest["AccessKeyId"])
    assert client("sts").get_access_key_info(AccessKeyId=guest["AccessKeyId"])["Account"] == account


def test_a_root_session_works_for_s3(bucket):
    root = client("sts").get_session_token(DurationSeconds=43200)["Credentials"]
    assert root["Expiration"].timestamp() - time.time() <= 3600
    s3 = client("s3", root)
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    assert urllib.request.urlopen(url, timeout=10, context=TRUST).read() == b"text"
    form = s3.generate_presigned_post(bucket, "posted")
    assert "x-amz-security-token" in form["fields"]
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in [*form["fields"].items(), ("file", "posted text")]
    ]
    body = ("".join(parts) + f"--{boundary}--\r\n").encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(form["url"], data=body, headers=headers, method="POST")
    assert urllib.request.urlopen(request, timeout=10, context=TRUST).status == 204
    assert s3.get_object(Bucket=bucket, Key="posted")["Body"].read() == b"posted text"
    wrong = dict(root, SessionToken=root["SessionToken"][:-8] + "AAAAAAA=")
    with refused("InvalidToken"):
        client("s3", wrong).list_objects_v2(Bucket=bucket)
    with refused("InvalidClientTokenId"):
        client("sts", wrong).get_caller_identity()
    with refused("InvalidAccessKeyId"):
        client("s3", {k: v for k, v in root.items() if k != "SessionToken"}).list_objects_v2(Bucket=bucket)


def test_a_presigned_identity(user, account, name):
    """What `aws eks get-token` makes, and Vault's aws auth method takes."""
    sts = client("sts", user)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    body = urllib.request.urlopen(url, timeout=10, context=TRUST).read().decode()
    assert f"arn:aws:iam::{account}:user/{name}" in body


def totp(seed, moment):
    """RFC 6238 with its defaults."""
    tag = hmac.new(base64.b32decode(seed), struct.pack(">Q", int(moment) // 30), hashlib.sha1).digest()
    at = tag[19] & 0xF
    return f"{(struct.unpack('>I', tag[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_session_with_mfa(iam, user, name, make_role):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"]
    now = time.time()
    # The last two codes enable it, so that the next one is good at once: a code ahead is taken, too.
    iam.enable_mfa_device(
        UserName=name,
        SerialNumber=serial,
        AuthenticationCode1=totp(seed, now - 30),
        AuthenticationCode2=totp(seed, now),
    )
    try:
        condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        role = make_role({"AWS": iam.get_user(UserName=name)["User"]["Arn"]}, condition=condition)
        sts = client("sts", user)
        with refused("AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="work")
        without = sts.get_session_token()["Credentials"]
        with refused("AccessDenied"):
            client("sts", without).assume_role(RoleArn=role, RoleSessionName="work")
        code = totp(seed, now + 30)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        with refused("AccessDenied") as error:
            sts.get_session_token(SerialNumber=serial, TokenCode=wrong)
        assert "MultiFactorAuthentication failed with invalid MFA one time pass code." in str(error.value)
        session = sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
        client("sts", session).assume_role(RoleArn=role, RoleSessionName="work")
        with refused("AccessDenied"):
            sts.get_session_token(SerialNumber=serial, TokenCode=code)
    finally:
        iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
        iam.delete_virtual_mfa_device(SerialNumber=serial)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An OpenID Connect issuer with one RSA key."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        documents = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = documents.get(self.path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.name = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.name}"
        numbers = self.key.public_key().public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        jwk = {
            "kty": "RSA",
            "kid": "one",
            "use": "sig",
            "alg": "RS256",
            "n": encode(numbers.n.to_bytes(size, "big")),
            "e": encode(numbers.e.to_bytes(3, "big")),
        }
        discovery = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        documents["/keys"] = json.dumps({"keys": [jwk]}).encode()
        documents["/.well-known/openid-configuration"] = json.dumps(discovery).encode()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, **changes):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "user-1", "aud": "app", "iat": now, "exp": now + 300, **changes}
        head = {"alg": "RS256", "typ": "JWT", "kid": "one"}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def issuer():
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def provider(iam, issuer):
    made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])
    arn = made["OpenIDConnectProviderArn"]
    yield arn
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def web_role(make_role, provider, issuer):
    condition = {"StringEquals": {f"{issuer.name}:aud": "app", f"{issuer.name}:sub": "user-1"}}
    return make_role({"Federated": provider}, ("sts:AssumeRoleWithWebIdentity",), condition)


def test_a_token_of_an_issuer_assumes_a_role(provider, issuer, make_role, account, iam):
    role = web_role(make_role, provider, issuer)
    sts = client("sts", signature_version=UNSIGNED)
    answer = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="page", WebIdentityToken=issuer.token()
    )
    assert answer["SubjectFromWebIdentityToken"] == "user-1"
    assert (answer["Provider"], answer["Audience"]) == (provider, "app")
    role_name = role.rsplit("/", 1)[1]
    me = client("sts", answer["Credentials"]).get_caller_identity()
    assert me["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role_name}/page"
    client("iam", answer["Credentials"]).list_users()
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    assert (shown["Url"], shown["ClientIDList"]) == (issuer.name, ["app"])
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert {"Arn": provider} in providers


def test_tokens_that_are_not_taken(provider, issuer, make_role):
    role = web_role(make_role, provider, issuer)
    sts = client("sts", signature_version=UNSIGNED)

    def assume(token):
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="page", WebIdentityToken=token)

    now = int(time.time())
    with refused("ExpiredTokenException"):
        assume(issuer.token(iat=now - 600, exp=now - 300))
    with refused("InvalidIdentityToken"):
        assume(issuer.token(aud="elsewhere"))
    with refused("InvalidIdentityToken"):
        assume(issuer.token(iss="http://127.0.0.1:1"))
    with refused("InvalidIdentityToken"):
        assume("not a token")
    with refused("AccessDenied"):
        assume(issuer.token(sub="user-2"))
    stranger = Issuer()
    try:
        # Somebody else's key under the issuer's name.
        with refused("InvalidIdentityToken"):
            assume(stranger.token(iss=issuer.url))
    finally:
        stranger.close()
    assume(issuer.token())


def test_an_issuer_that_is_away(iam, make_role):
    issuer = Issuer()
    issuer.close()
    made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])
    try:
        role = web_role(make_role, made["OpenIDConnectProviderArn"], issuer)
        sts = client("sts", signature_version=UNSIGNED)
        with refused("IDPCommunicationError"):
            sts.assume_role_with_web_identity(
                RoleArn=role, RoleSessionName="page", WebIdentityToken=issuer.token()
            )
    finally:
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])
