"""Rows `versioning` and `copies`."""

import pytest
from botocore.exceptions import ClientError

from cairn_data import MIB, ODD_KEYS, pattern


def test_versioning(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="object", Body=b"before versioning")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"

    first = s3.put_object(Bucket=bucket, Key="object", Body=b"first")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="object", Body=b"second")["VersionId"]
    assert len({first, second, "null"}) == 3
    marker = s3.delete_object(Bucket=bucket, Key="object")
    assert marker["DeleteMarker"] is True

    with pytest.raises(s3.exceptions.NoSuchKey) as refused:
        s3.get_object(Bucket=bucket, Key="object")
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["x-amz-version-id"] == marker["VersionId"]
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="object", VersionId=marker["VersionId"])
    assert refused.value.response["Error"]["Code"] == "MethodNotAllowed"
    for version, body in ((first, b"first"), (second, b"second"), ("null", b"before versioning")):
        got = s3.get_object(Bucket=bucket, Key="object", VersionId=version)
        assert (got["Body"].read(), got["VersionId"]) == (body, version)

    listing = s3.list_object_versions(Bucket=bucket)
    shown = [(version["VersionId"], version["IsLatest"], version["Size"]) for version in listing["Versions"]]
    assert shown == [(second, False, 6), (first, False, 5), ("null", False, 17)]
    markers = [(entry["VersionId"], entry["IsLatest"]) for entry in listing["DeleteMarkers"]]
    assert markers == [(marker["VersionId"], True)]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    undone = s3.delete_object(Bucket=bucket, Key="object", VersionId=marker["VersionId"])
    assert (undone["DeleteMarker"], undone["VersionId"]) == (True, marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == b"second"
    gone = s3.delete_object(Bucket=bucket, Key="object", VersionId=second)
    assert gone["VersionId"] == second and "DeleteMarker" not in gone
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == b"first"
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="object", VersionId=second)
    assert refused.value.response["Error"]["Code"] == "NoSuchVersion"


def test_versioning_suspended(s3, versioned):
    kept = s3.put_object(Bucket=versioned, Key="object", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=versioned, Key="object", Body=b"null one")
    assert "VersionId" not in s3.put_object(Bucket=versioned, Key="object", Body=b"null two")
    shown = [version["VersionId"] for version in s3.list_object_versions(Bucket=versioned)["Versions"]]
    assert shown == ["null", kept]
    marker = s3.delete_object(Bucket=versioned, Key="object")
    assert (marker["DeleteMarker"], marker["VersionId"]) == (True, "null")
    assert s3.get_object(Bucket=versioned, Key="object", VersionId=kept)["Body"].read() == b"kept"


def test_versioning_in_a_batch_delete(s3, versioned):
    keys = ["a", "a/b", "odd key+%"]
    versions = {key: s3.put_object(Bucket=versioned, Key=key, Body=b"x")["VersionId"] for key in keys}
    markers = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": key} for key in keys]})["Deleted"]
    assert all(entry["DeleteMarker"] and entry["DeleteMarkerVersionId"] for entry in markers)
    wanted = [{"Key": key, "VersionId": version} for key, version in versions.items()]
    wanted += [{"Key": entry["Key"], "VersionId": entry["DeleteMarkerVersionId"]} for entry in markers]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": wanted})
    assert len(answer["Deleted"]) == 6 and "Errors" not in answer
    listing = s3.list_object_versions(Bucket=versioned)
    assert "Versions" not in listing and "DeleteMarkers" not in listing


def test_copies(s3, bucket):
    body = pattern(100_000)
    described = {"Metadata": {"a": "1"}, "ContentType": "text/plain", "Tagging": "t=1"}
    put = s3.put_object(Bucket=bucket, Key="source", Body=body, **described)
    copy = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "source"})
    assert copy["CopyObjectResult"]["ETag"] == put["ETag"]
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == body
    assert (got["Metadata"], got["ContentType"], got["TagCount"]) == ({"a": "1"}, "text/plain", 1)

    s3.copy_object(
        Bucket=bucket,
        Key="replaced",
        CopySource={"Bucket": bucket, "Key": "source"},
        MetadataDirective="REPLACE",
        Metadata={"b": "2"},
        ContentType="text/html",
        TaggingDirective="REPLACE",
        Tagging="other=2",
    )
    got = s3.get_object(Bucket=bucket, Key="replaced")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (body, {"b": "2"}, "text/html")
    tags = s3.get_object_tagging(Bucket=bucket, Key="replaced")["TagSet"]
    assert tags == [{"Key": "other", "Value": "2"}]

    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket=bucket, Key="source", CopySource={"Bucket": bucket, "Key": "source"})
    assert refused.value.response["Error"]["Code"] == "InvalidRequest"


def test_copies_of_odd_keys(s3, bucket):
    for index, key in enumerate(ODD_KEYS):
        body = f"body {index}".encode()
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
        assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body, key


def test_copies_of_a_version(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="object", Body=b"first")["VersionId"]
    s3.put_object(Bucket=versioned, Key="object", Body=b"second")
    source = {"Bucket": versioned, "Key": "object", "VersionId": first}
    copy = s3.copy_object(Bucket=versioned, Key="object", CopySource=source)
    assert copy["CopySourceVersionId"] == first
    assert copy["VersionId"] != first
    assert s3.get_object(Bucket=versioned, Key="object")["Body"].read() == b"first"


def test_copies_in_parts(s3, bucket):
    body = pattern(20 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=body)
    # The managed copy makes an upload of parts copied by range, above 8 MiB.
    s3.copy({"Bucket": bucket, "Key": "source"}, bucket, "copy")
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == body
    assert got["ETag"].endswith('-3"')
