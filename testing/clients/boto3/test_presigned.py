"""Row `presigned`: URLs made by boto3, used by another HTTP client, that of Python's own library."""

import os
import ssl
import time
import urllib.error
import urllib.request

import pytest

from conftest import connect

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
KEYS = ["plain", "odd key+/../%2F=&😀"]


@pytest.fixture(params=[None, "s3v4", "s3"], ids=["default", "v4", "v2"])
def signer(request):
    return connect(signature_version=request.param) if request.param else connect()


def fetch(url, method="GET", body=None, headers=None):
    """Status and body, also of an answer that refuses."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, context=TRUST) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


@pytest.mark.parametrize("key", KEYS)
def test_presigned_get(s3, signer, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=b"presigned")
    url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=60)
    assert fetch(url) == (200, b"presigned")
    # The method is part of what is signed.
    assert fetch(url, "DELETE")[0] == 403
    # So is every query parameter of S3's own.
    status, body = fetch(url + "&response-content-type=text%2Fhtml")
    assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body


@pytest.mark.parametrize("key", KEYS)
def test_presigned_put(s3, signer, bucket, key):
    parameters = {"Bucket": bucket, "Key": key, "ContentType": "text/plain"}
    url = signer.generate_presigned_url("put_object", parameters, ExpiresIn=60)
    assert fetch(url, "PUT", b"sent", {"Content-Type": "text/html"})[0] == 403
    assert fetch(url, "PUT", b"sent", {"Content-Type": "text/plain"}) == (200, b"")
    got = s3.get_object(Bucket=bucket, Key=key)
    assert (got["Body"].read(), got["ContentType"]) == (b"sent", "text/plain")


def test_presigned_response_headers(s3, signer, bucket):
    s3.put_object(Bucket=bucket, Key="object", Body=b"x")
    parameters = {"Bucket": bucket, "Key": "object", "ResponseContentType": "text/csv"}
    url = signer.generate_presigned_url("get_object", parameters)
    with urllib.request.urlopen(url, context=TRUST) as answer:
        assert answer.headers["Content-Type"] == "text/csv"


def test_presigned_expired(s3, signer, bucket):
    s3.put_object(Bucket=bucket, Key="object", Body=b"x")
    url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "object"}, ExpiresIn=1)
    time.sleep(2.1)
    status, body = fetch(url)
    assert status == 403
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in body
