"""Rows `odd_keys`, `listing_pages`, `listing_delimiter`."""

import pytest

from cairn_data import ODD_KEYS


@pytest.fixture
def odd(s3, bucket):
    for index, key in enumerate(ODD_KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=f"body {index}".encode())
    return bucket


def test_odd_keys(s3, odd):
    for index, key in enumerate(ODD_KEYS):
        assert s3.get_object(Bucket=odd, Key=key)["Body"].read() == f"body {index}".encode(), key
        assert s3.head_object(Bucket=odd, Key=key)["ContentLength"] == len(f"body {index}"), key
        page = s3.list_objects_v2(Bucket=odd, Prefix=key, MaxKeys=1)
        assert (page["Prefix"], page["Contents"][0]["Key"]) == (key, key)
    for key in ODD_KEYS:
        s3.delete_object(Bucket=odd, Key=key)
    assert s3.list_objects_v2(Bucket=odd)["KeyCount"] == 0


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_listing_pages(s3, odd, operation, size):
    pages = list(s3.get_paginator(operation).paginate(Bucket=odd, PaginationConfig={"PageSize": size}))
    expected = [ODD_KEYS[start : start + size] for start in range(0, len(ODD_KEYS), size)]
    assert [[entry["Key"] for entry in page["Contents"]] for page in pages] == expected
    entry = pages[0]["Contents"][0]
    assert (entry["Size"], entry["StorageClass"]) == (len("body 0"), "STANDARD")


def test_listing_pages_of_versions(s3, odd):
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=odd, PaginationConfig={"PageSize": 7}))
    versions = [version for page in pages for version in page["Versions"]]
    assert [version["Key"] for version in versions] == ODD_KEYS
    assert all(version["VersionId"] == "null" and version["IsLatest"] for version in versions)


def test_listing_after(s3, odd):
    for index, key in enumerate(ODD_KEYS[:-1]):
        page = s3.list_objects_v2(Bucket=odd, StartAfter=key, MaxKeys=1)
        assert page["StartAfter"] == key
        assert page["Contents"][0]["Key"] == ODD_KEYS[index + 1]


def test_listing_many(s3, bucket):
    keys = [f"key-{i:04}" for i in range(1203)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    first = s3.list_objects_v2(Bucket=bucket)
    assert (first["KeyCount"], first["IsTruncated"], first["MaxKeys"]) == (1000, True, 1000)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    for start in (0, 1000):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[start : start + 1000]]})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("delimiter", ["/", "%", "--", " ", "😀"])
@pytest.mark.parametrize("prefix", ["", "dots/", "d", "/"])
def test_listing_delimiter(s3, shared_odd, operation, size, delimiter, prefix):
    keys, prefixes = folded(prefix, delimiter)
    options = {"Bucket": shared_odd, "Delimiter": delimiter, "Prefix": prefix, "PaginationConfig": {"PageSize": size}}
    pages = list(s3.get_paginator(operation).paginate(**options))
    entries = "Versions" if operation == "list_object_versions" else "Contents"
    assert [entry["Key"] for page in pages for entry in page.get(entries, [])] == keys
    assert [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])] == prefixes
    assert all(len(page.get(entries, [])) + len(page.get("CommonPrefixes", [])) <= size for page in pages)


def folded(prefix, delimiter):
    """What a listing shows: keys, and common prefixes once each."""
    keys, prefixes = [], []
    for key in ODD_KEYS:
        if not key.startswith(prefix):
            continue
        head, found, _ = key[len(prefix) :].partition(delimiter)
        if not found:
            keys.append(key)
        elif prefix + head + delimiter not in prefixes:
            prefixes.append(prefix + head + delimiter)
    return keys, prefixes


@pytest.fixture(scope="module")
def shared_odd(s3):
    """One bucket for the many delimiter cases, which only read."""
    from uuid import uuid4

    from conftest import destroy

    name = f"boto3-{uuid4()}"
    s3.create_bucket(Bucket=name)
    for key in ODD_KEYS:
        s3.put_object(Bucket=name, Key=key, Body=b"")
    yield name
    destroy(s3, name)
