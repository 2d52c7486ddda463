"""Virtual MFA devices over boto3: codes are computed here, from the seed that IAM tells once (RFC 6238)."""

import base64
import hashlib
import hmac
import struct
import time
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import ENDPOINT

STEP_SECONDS = 30


@pytest.fixture(scope="module")
def iam():
    return boto3.client("iam", endpoint_url=ENDPOINT, region_name="us-east-1")


@pytest.fixture
def user(iam):
    name = f"mfa-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    yield name
    for device in iam.list_mfa_devices(UserName=name)["MFADevices"]:
        iam.deactivate_mfa_device(UserName=name, SerialNumber=device["SerialNumber"])
    iam.delete_user(UserName=name)


@pytest.fixture
def device(iam):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"d-{uuid.uuid4()}", Path="/phones/")
    made = made["VirtualMFADevice"]
    yield made
    iam.delete_virtual_mfa_device(SerialNumber=made["SerialNumber"])


def code(device, steps):
    """What the device shows so many steps from now."""
    key = base64.b32decode(device["Base32StringSeed"])
    step = int(time.time()) // STEP_SECONDS + steps
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    (word,) = struct.unpack(">I", mac[offset : offset + 4])
    return f"{(word & 0x7FFFFFFF) % 1_000_000:06}"


def early_in_a_step():
    """Codes of several steps are computed one after the other: no step may end in between."""
    left = STEP_SECONDS - time.time() % STEP_SECONDS
    if left < 5:
        time.sleep(left)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


WRONG_CODE = ("InvalidAuthenticationCode", 403, "Authentication code for device is not valid")


def test_a_device_is_enabled_with_two_consecutive_codes(iam, user, device):
    serial = device["SerialNumber"]
    assert ":mfa/phones/d-" in serial
    assert device["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert len(base64.b32decode(device["Base32StringSeed"])) == 40
    early_in_a_step()
    wanted = {"UserName": user, "SerialNumber": serial}
    first, second = code(device, -1), code(device, 0)
    for one, two in ((first, first), (second, first)):
        arguments = dict(wanted, AuthenticationCode1=one, AuthenticationCode2=two)
        assert refused(iam.enable_mfa_device, **arguments) == WRONG_CODE
    iam.enable_mfa_device(**wanted, AuthenticationCode1=first, AuthenticationCode2=second)

    (listed,) = iam.list_mfa_devices(UserName=user)["MFADevices"]
    assert (listed["UserName"], listed["SerialNumber"]) == (user, serial)
    pages = iam.get_paginator("list_virtual_mfa_devices").paginate(AssignmentStatus="Assigned")
    (found,) = [d for page in pages for d in page["VirtualMFADevices"] if d["SerialNumber"] == serial]
    assert found["User"]["UserName"] == user and "Base32StringSeed" not in found

    # The codes that enabled it are used up, for a resync as well.
    codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
    assert refused(iam.resync_mfa_device, **wanted, **codes) == WRONG_CODE
    # A clock that is an hour ahead.
    iam.resync_mfa_device(**wanted, AuthenticationCode1=code(device, 119), AuthenticationCode2=code(device, 120))

    kind, status, _ = refused(iam.delete_virtual_mfa_device, SerialNumber=serial)
    assert (kind, status) == ("DeleteConflict", 409)
    kind, status, _ = refused(iam.delete_user, UserName=user)
    assert (kind, status) == ("DeleteConflict", 409)
    iam.deactivate_mfa_device(**wanted)
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []


def test_after_five_wrong_codes_a_device_takes_none(iam, user, device):
    wanted = {"UserName": user, "SerialNumber": device["SerialNumber"]}
    early_in_a_step()
    codes = {"AuthenticationCode1": code(device, -1), "AuthenticationCode2": code(device, 0)}
    wrong = {"AuthenticationCode1": codes["AuthenticationCode2"], "AuthenticationCode2": codes["AuthenticationCode1"]}
    for _ in range(5):
        assert refused(iam.enable_mfa_device, **wanted, **wrong) == WRONG_CODE
    assert refused(iam.enable_mfa_device, **wanted, **codes) == WRONG_CODE


def test_the_root_user_has_devices_too(iam, device):
    serial = device["SerialNumber"]
    early_in_a_step()
    codes = {"AuthenticationCode1": code(device, -1), "AuthenticationCode2": code(device, 0)}
    iam.enable_mfa_device(UserName="root", SerialNumber=serial, **codes)
    try:
        assert serial in [d["SerialNumber"] for d in iam.list_mfa_devices()["MFADevices"]]
        assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    finally:
        iam.deactivate_mfa_device(UserName="root", SerialNumber=serial)


def test_what_is_not_there(iam, user):
    serial = "arn:aws:iam::123456789012:mfa/nobodys"
    message = f"VirtualMFADevice with serial number {serial} doesn't exist."
    for call in (iam.delete_virtual_mfa_device,):
        assert refused(call, SerialNumber=serial) == ("NoSuchEntity", 404, message)
    arguments = {"UserName": user, "SerialNumber": serial}
    assert refused(iam.deactivate_mfa_device, **arguments) == ("NoSuchEntity", 404, message)
