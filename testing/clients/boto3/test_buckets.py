"""Rows `buckets` and `addressing`."""

import urllib.parse
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import ENDPOINT, connect


def test_buckets(s3):
    name = f"boto3-{uuid.uuid4()}"
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"

    head = s3.head_bucket(Bucket=name)
    assert head["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert head["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert [bucket["Name"] for bucket in s3.list_buckets(Prefix=name)["Buckets"]] == [name]

    assert s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError) as refused:
        s3.head_bucket(Bucket=name)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_buckets_by_page(s3):
    run = uuid.uuid4().hex[:8]
    names = [f"boto3-page-{run}-{i}" for i in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix=f"boto3-page-{run}-", MaxBuckets=2))
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    for name in names:
        s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_addressing(bucket, localhost_names, style):
    address = urllib.parse.urlsplit(ENDPOINT)
    s3 = connect(f"{address.scheme}://s3.localhost:{address.port}", s3={"addressing_style": style})
    seen = []
    s3.meta.events.register("before-send.s3", lambda request, **_: seen.append(request.url))

    s3.put_object(Bucket=bucket, Key="odd key+/../x", Body=b"addressed")
    assert s3.get_object(Bucket=bucket, Key="odd key+/../x")["Body"].read() == b"addressed"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["odd key+/../x"]

    expected = f"://{bucket}.s3.localhost:" if style == "virtual" else f"://s3.localhost:{address.port}/{bucket}"
    assert len(seen) == 3 and all(expected in url for url in seen)
