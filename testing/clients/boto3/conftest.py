"""Fixtures: a client with boto3's defaults, and a bucket of its own for each test."""

import os
import re
import socket
import uuid

import boto3
import pytest
from botocore.config import Config

ENDPOINT = os.environ["CAIRN_TEST_ENDPOINT"]


def connect(endpoint=ENDPOINT, service="s3", keys=None, **options):
    """A client with default checksums and signing. One attempt only: a retry would hide a failing server.
    `keys` is an access key as CreateAccessKey gives it, or credentials as STS does."""
    config = Config(retries={"total_max_attempts": 1}, **options)
    signed = {}
    if keys:
        signed = {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys.get("SessionToken"),
        }
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", config=config, **signed)


@pytest.fixture(scope="session")
def s3():
    return connect()


@pytest.fixture(scope="session")
def iam():
    return connect(service="iam")


@pytest.fixture(scope="session")
def sts():
    return connect(service="sts")


@pytest.fixture
def bucket(s3):
    name = f"boto3-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    yield name
    destroy(s3, name)


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def destroy(s3, name):
    """Removes the bucket with all its versions and uploads."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def localhost_names(monkeypatch):
    """Resolves *.localhost to the loopback, as browsers do and the C library does only with nss-myhostname."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *rest, **named):
        is_local = isinstance(host, str) and host.endswith(".localhost")
        return resolve("127.0.0.1" if is_local else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def keep_host(control):
    """An S3 Control client puts the account before the host, which no resolver and no certificate knows here."""

    def without_account(request, **_):
        request.url = re.sub(r"//\d{12}\.", "//", request.url)

    control.meta.events.register("before-sign", without_account)
