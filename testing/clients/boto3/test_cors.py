"""Row `cors`: a bucket's CORS configuration, and what a browser is told by it."""

import http.client
import os
import ssl
import urllib.parse

import pytest
from botocore.exceptions import ClientError

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
ORIGIN = "https://app.example"
RULES = [
    {
        "ID": "uploads",
        "AllowedOrigins": [ORIGIN, "http://localhost:*"],
        "AllowedMethods": ["PUT", "POST", "DELETE"],
        "AllowedHeaders": ["Content-Type", "x-amz-*"],
        "ExposeHeaders": ["ETag", "x-amz-version-id"],
        "MaxAgeSeconds": 3000,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]},
]


def ask(method, url, headers, body=None):
    """What a browser would send: no SDK between. The answer, and its CORS headers by lower-case name."""
    address = urllib.parse.urlsplit(url)
    if address.scheme == "https":
        connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=20, context=TRUST)
    else:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    target = address.path + (f"?{address.query}" if address.query else "")
    connection.request(method, target, body=body, headers=headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    cors = {name.lower(): value for name, value in answer.getheaders() if name.lower().startswith("access-control-")}
    return answer, cors


def test_cors(s3, bucket):
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_cors(Bucket=bucket)
    assert refused.value.response["Error"]["Code"] == "NoSuchCORSConfiguration"
    assert refused.value.response["Error"]["BucketName"] == bucket

    # With the SDK's default integrity header.
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES

    bad = [RULES[0] | {"AllowedMethods": ["PATCH"]}]
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": bad})
    assert refused.value.response["Error"]["Code"] == "InvalidRequest"
    message = "Found unsupported HTTP method in CORS config. Unsupported method is PATCH"
    assert refused.value.response["Error"]["Message"] == message
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES

    for _ in range(2):
        assert s3.delete_bucket_cors(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError):
        s3.get_bucket_cors(Bucket=bucket)


def test_cors_of_a_presigned_upload(s3, bucket):
    """Seed 001: the preflight of a page's PUT, refused and then allowed, and the answer that the page may read."""
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "cat.jpg", "ContentType": "image/jpeg"})
    wanted = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    answer, cors = ask("OPTIONS", url, wanted)
    assert (answer.status, cors) == (403, {})
    assert "CORSResponse: CORS is not enabled for this bucket." in answer.text

    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    allowed = {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "PUT, POST, DELETE",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag, x-amz-version-id",
        "access-control-max-age": "3000",
    }
    answer, cors = ask("OPTIONS", url, wanted)
    assert (answer.status, answer.text) == (200, "")
    assert cors == allowed | {"access-control-allow-headers": "content-type"}

    answer, cors = ask("PUT", url, {"Origin": ORIGIN, "Content-Type": "image/jpeg"}, b"a cat")
    assert (answer.status, cors) == (200, allowed)
    answer, cors = ask("PUT", url, {"Origin": ORIGIN, "Content-Type": "image/png"}, b"a cat")
    assert (answer.status, cors) == (403, allowed)
    assert s3.get_object(Bucket=bucket, Key="cat.jpg")["Body"].read() == b"a cat"

    answer, cors = ask("OPTIONS", url, wanted | {"Origin": "https://evil.example"})
    assert (answer.status, cors) == (403, {})
    assert "evalution" in answer.text


def test_cors_of_a_client(s3, bucket):
    """boto3's own requests have no Origin, and their answers no CORS headers."""
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    headers = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in headers if name.startswith("access-control-") or name == "vary"]
