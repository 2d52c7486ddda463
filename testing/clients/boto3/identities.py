"""What the tests of identities share: documents, refusals, and users that are gone after the test."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError
from cairn_mfa import Device
from conftest import connect


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, actions, *resources, **rest):
    actions = [actions] if isinstance(actions, str) else actions
    return {"Effect": effect, "Action": actions, "Resource": list(resources), **rest}


def allow(actions, *resources, **rest):
    return statement("Allow", actions, *resources, **rest)


def deny(actions, *resources, **rest):
    return statement("Deny", actions, *resources, **rest)


def trust(principal, **rest):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **rest})


def objects(bucket):
    return f"arn:aws:s3:::{bucket}/*"


def refused(code, call, **arguments):
    """Calls what has to be refused with this code; gives the message."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


def read(client, bucket, key):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


class People:
    """Makes users, groups and roles below a path of its own, and removes them with all they have."""

    def __init__(self, iam):
        self.iam = iam
        self.mark = uuid.uuid4().hex[:8]
        self.path = f"/people-{self.mark}/"
        self.devices = []

    def name(self, text):
        return f"{text}-{self.mark}"

    def user(self, text, *allowed):
        """A user whose inline policy has these statements."""
        user = self.iam.create_user(UserName=self.name(text), Path=self.path)["User"]
        if allowed:
            self.iam.put_user_policy(
                UserName=user["UserName"], PolicyName="own", PolicyDocument=document(*allowed)
            )
        return user

    def key(self, user):
        return self.iam.create_access_key(UserName=user["UserName"])["AccessKey"]

    def role(self, text, trusted, *allowed):
        role = self.iam.create_role(
            RoleName=self.name(text), Path=self.path, AssumeRolePolicyDocument=trusted
        )["Role"]
        if allowed:
            self.iam.put_role_policy(
                RoleName=role["RoleName"], PolicyName="own", PolicyDocument=document(*allowed)
            )
        return role

    def device(self, text, user=None):
        """An MFA device enabled for a user, or for who made the client: its serial number and itself."""
        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=self.name(text), Path=self.path)
        serial = made["VirtualMFADevice"]["SerialNumber"]
        device = Device(made["VirtualMFADevice"]["Base32StringSeed"].decode())
        whose = user["UserName"] if user else "root"
        self.devices.append((whose, serial))
        first, second = device.enabling()
        self.iam.enable_mfa_device(
            UserName=whose, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
        )
        return serial, device

    def forget_user(self, name):
        for serial in [serial for whose, serial in self.devices if whose == name]:
            self._forget_device(name, serial)
        for key in self.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for group in self.iam.list_groups_for_user(UserName=name)["Groups"]:
            self.iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
        self._forget_policies("user", UserName=name)
        self.iam.delete_user(UserName=name)

    def forget(self):
        for user in self.iam.list_users(PathPrefix=self.path)["Users"]:
            self.forget_user(user["UserName"])
        for group in self.iam.list_groups(PathPrefix=self.path)["Groups"]:
            self._forget_policies("group", GroupName=group["GroupName"])
            self.iam.delete_group(GroupName=group["GroupName"])
        for role in self.iam.list_roles(PathPrefix=self.path)["Roles"]:
            self._forget_policies("role", RoleName=role["RoleName"])
            self.iam.delete_role(RoleName=role["RoleName"])
        for policy in self.iam.list_policies(Scope="Local", PathPrefix=self.path)["Policies"]:
            self.iam.delete_policy(PolicyArn=policy["Arn"])
        for whose, serial in list(self.devices):
            self._forget_device(whose, serial)

    def _forget_device(self, whose, serial):
        self.iam.deactivate_mfa_device(UserName=whose, SerialNumber=serial)
        self.iam.delete_virtual_mfa_device(SerialNumber=serial)
        self.devices.remove((whose, serial))

    def _forget_policies(self, kind, **who):
        for policy in getattr(self.iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]:
            getattr(self.iam, f"detach_{kind}_policy")(**who, PolicyArn=policy["PolicyArn"])
        for name in getattr(self.iam, f"list_{kind}_policies")(**who)["PolicyNames"]:
            getattr(self.iam, f"delete_{kind}_policy")(**who, PolicyName=name)


def session(keys, **parameters):
    """Credentials of GetSessionToken."""
    return connect(service="sts", keys=keys).get_session_token(**parameters)["Credentials"]
