"""Passwords, the account's own settings, and the policy simulator over boto3."""

import json
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import ENDPOINT


def client(**keys):
    return boto3.client("iam", endpoint_url=ENDPOINT, region_name="us-east-1", **keys)


@pytest.fixture(scope="module")
def iam():
    return client()


@pytest.fixture
def user(iam):
    name = f"u-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    yield name
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    try:
        iam.delete_login_profile(UserName=name)
    except iam.exceptions.NoSuchEntityException:
        pass
    iam.delete_user(UserName=name)


def allow(actions, resource="*"):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_user_changes_its_own_password(iam, user):
    for bad in ("short1A", "nothing-but-lower"):
        with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
            iam.create_login_profile(UserName=user, Password=bad)
    made = iam.create_login_profile(UserName=user, Password="Correct-1", PasswordResetRequired=True)
    assert made["LoginProfile"]["PasswordResetRequired"] is True
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_login_profile(UserName=user, Password="Correct-1")
    key = iam.create_access_key(UserName=user)["AccessKey"]
    own = client(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    with pytest.raises(ClientError, match="not authorized to perform: iam:ChangePassword"):
        own.change_password(OldPassword="Correct-1", NewPassword="Correct-2")
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("iam:ChangePassword", arn))
    with pytest.raises(ClientError) as caught:
        own.change_password(OldPassword="Correct-2", NewPassword="Correct-3")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    own.change_password(OldPassword="Correct-1", NewPassword="Correct-2")
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is False
    with pytest.raises(ClientError) as caught:
        iam.change_password(OldPassword="Correct-2", NewPassword="Correct-3")
    assert caught.value.response["Error"]["Code"] == "InvalidUserType"


def test_the_password_policy(iam, user):
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_account_password_policy()
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, PasswordReusePrevention=1)
    try:
        policy = iam.get_account_password_policy()["PasswordPolicy"]
        assert (policy["MinimumPasswordLength"], policy["RequireSymbols"]) == (12, True)
        assert (policy["ExpirePasswords"], policy["PasswordReusePrevention"]) == (False, 1)
        with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
            iam.create_login_profile(UserName=user, Password="twelve characters")
        iam.create_login_profile(UserName=user, Password="twelve-characters")
        with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
            iam.update_login_profile(UserName=user, Password="twelve-characters")
        iam.update_login_profile(UserName=user, Password="twelve-characters-more")
    finally:
        iam.delete_account_password_policy()


def test_aliases(iam):
    alias = f"a-{uuid.uuid4()}"
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_account_alias(AccountAlias=alias)
    iam.delete_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == []
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.delete_account_alias(AccountAlias=alias)


def test_the_details_and_the_simulator_see_the_same_user(iam, user):
    iam.put_user_policy(UserName=user, PolicyName="read", PolicyDocument=allow("s3:GetObject", "arn:aws:s3:::b/*"))
    pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1})
    (detail,) = [u for page in pages for u in page["UserDetailList"] if u["UserName"] == user]
    (policy,) = detail["UserPolicyList"]
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == "s3:GetObject"
    results = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=detail["Arn"],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::b/k"],
        PaginationConfig={"PageSize": 1},
    )
    found = {r["EvalActionName"]: r for page in results for r in page["EvaluationResults"]}
    assert found["s3:GetObject"]["EvalDecision"] == "allowed"
    assert found["s3:PutObject"]["EvalDecision"] == "implicitDeny"
    (matched,) = found["s3:GetObject"]["MatchedStatements"]
    assert matched["SourcePolicyType"] == "user" and matched["StartPosition"]["Line"] == 1


def test_a_custom_policy_is_simulated_with_a_context(iam):
    condition = {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    (result,) = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:ListBucket"])["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:MultiFactorAuthAge"]
    entry = {
        "ContextKeyName": "aws:MultiFactorAuthAge",
        "ContextKeyType": "numeric",
        "ContextKeyValues": ["60"],
    }
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=["s3:ListBucket"], ContextEntries=[entry]
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert keys == ["aws:MultiFactorAuthAge"]
