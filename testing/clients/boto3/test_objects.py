"""Rows `objects`, `ranges`, `metadata`, `tags`, `conditional_writes`, `batch_delete`, `errors`."""

import datetime
import hashlib

import pytest
from botocore.exceptions import ClientError

from cairn_data import ODD_KEYS, pattern


@pytest.mark.parametrize("length", [0, 1, 1024, 65_536, 1_500_000])
def test_objects(s3, bucket, length):
    body = pattern(length)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    put = s3.put_object(Bucket=bucket, Key="object", Body=body)
    assert put["ETag"] == etag
    # A deviation, in docs/semantics.md: nothing is encrypted yet, so nothing says so.
    assert "ServerSideEncryption" not in put
    assert "VersionId" not in put

    head = s3.head_object(Bucket=bucket, Key="object")
    assert (head["ContentLength"], head["ETag"], head["ContentType"]) == (length, etag, "binary/octet-stream")
    assert head["AcceptRanges"] == "bytes"
    age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
    assert -2 < age.total_seconds() < 60

    got = s3.get_object(Bucket=bucket, Key="object")
    assert got["Body"].read() == body
    assert (got["ETag"], got["LastModified"]) == (etag, head["LastModified"])

    assert s3.delete_object(Bucket=bucket, Key="object")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="object")


def test_objects_overwritten(s3, bucket):
    s3.put_object(Bucket=bucket, Key="object", Body=b"first")
    s3.put_object(Bucket=bucket, Key="object", Body=b"second, longer")
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == b"second, longer"


@pytest.mark.parametrize(
    "asked, expected",
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=1048570-1048580", (1_048_570, 1_048_580)),
        ("bytes=2999990-", (2_999_990, 2_999_999)),
        ("bytes=-7", (2_999_993, 2_999_999)),
        ("bytes=2999999-9999999", (2_999_999, 2_999_999)),
    ],
)
def test_ranges(s3, bucket, asked, expected):
    body = pattern(3_000_000)
    s3.put_object(Bucket=bucket, Key="object", Body=body)
    first, last = expected
    got = s3.get_object(Bucket=bucket, Key="object", Range=asked)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {first}-{last}/3000000"
    assert got["ContentLength"] == last - first + 1
    assert got["Body"].read() == body[first : last + 1]


def test_ranges_beyond_the_end(s3, bucket):
    s3.put_object(Bucket=bucket, Key="object", Body=b"0123456789")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="object", Range="bytes=10-")
    assert refused.value.response["Error"]["Code"] == "InvalidRange"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416


def test_metadata(s3, bucket):
    s3.put_object(
        Bucket=bucket,
        Key="object",
        Body=b"x",
        Metadata={"Colour": "blue", "empty": "", "spaces": "a  b"},
        ContentType="text/plain; charset=utf-8",
        CacheControl="max-age=60",
        ContentDisposition='attachment; filename="a.txt"',
        ContentEncoding="gzip",
        ContentLanguage="de",
        Expires=datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    )
    for head in (s3.head_object(Bucket=bucket, Key="object"), s3.get_object(Bucket=bucket, Key="object")):
        # Names come back in lower case.
        assert head["Metadata"] == {"colour": "blue", "empty": "", "spaces": "a  b"}
        assert head["ContentType"] == "text/plain; charset=utf-8"
        assert head["CacheControl"] == "max-age=60"
        assert head["ContentDisposition"] == 'attachment; filename="a.txt"'
        assert head["ContentEncoding"] == "gzip"
        assert head["ContentLanguage"] == "de"
        assert head["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"


def test_metadata_not_ascii_is_refused_by_boto3_itself(s3, bucket):
    from botocore.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        s3.put_object(Bucket=bucket, Key="object", Body=b"x", Metadata={"name": "Grüße"})


def test_tags(s3, bucket):
    tags = [
        {"Key": "colour", "Value": "blue + green"},
        {"Key": "empty", "Value": ""},
        {"Key": "größe", "Value": "ä+-=._:/@"},
    ]
    s3.put_object(Bucket=bucket, Key="object", Body=b"x", Tagging="first=1&second=two%20words")
    got = s3.get_object_tagging(Bucket=bucket, Key="object")["TagSet"]
    assert got == [{"Key": "first", "Value": "1"}, {"Key": "second", "Value": "two words"}]

    s3.put_object_tagging(Bucket=bucket, Key="object", Tagging={"TagSet": tags})
    assert by_key(s3.get_object_tagging(Bucket=bucket, Key="object")["TagSet"]) == by_key(tags)
    assert s3.get_object(Bucket=bucket, Key="object")["TagCount"] == 3
    s3.delete_object_tagging(Bucket=bucket, Key="object")
    assert s3.get_object_tagging(Bucket=bucket, Key="object")["TagSet"] == []

    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert by_key(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == by_key(tags)
    s3.delete_bucket_tagging(Bucket=bucket)
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_tagging(Bucket=bucket)
    assert refused.value.response["Error"]["Code"] == "NoSuchTagSet"


def by_key(tags):
    return sorted(tags, key=lambda tag: tag["Key"])


def test_conditional_writes(s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="object", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="object", Body=b"second", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert refused.value.response["Error"]["Condition"] == "If-None-Match"
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == b"first"

    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="object", Body=b"third", IfMatch='"00000000000000000000000000000000"')
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="object", Body=b"fourth", IfMatch=first["ETag"])
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == b"fourth"


def test_conditional_reads(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="object", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="object", IfMatch=put["ETag"])["Body"].read() == b"x"
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="object", IfNoneMatch=put["ETag"])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="object", IfMatch='"00000000000000000000000000000000"')
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"


def test_batch_delete(s3, bucket):
    for key in ODD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    wanted = [{"Key": key} for key in ODD_KEYS] + [{"Key": "never there"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert "Errors" not in answer
    assert sorted(entry["Key"] for entry in answer["Deleted"]) == sorted(ODD_KEYS + ["never there"])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    s3.put_object(Bucket=bucket, Key="quiet", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "quiet"}], "Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_errors(s3, bucket):
    with pytest.raises(s3.exceptions.NoSuchKey) as refused:
        s3.get_object(Bucket=bucket, Key="absent key+")
    error, metadata = refused.value.response["Error"], refused.value.response["ResponseMetadata"]
    assert error == {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "absent key+"}
    assert metadata["HTTPStatusCode"] == 404
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amz-request-id"]
    assert metadata["HostId"] == metadata["HTTPHeaders"]["x-amz-id-2"]

    absent = f"{bucket}-absent"
    with pytest.raises(s3.exceptions.NoSuchBucket) as refused:
        s3.list_objects_v2(Bucket=absent)
    message = "The specified bucket does not exist"
    assert refused.value.response["Error"] == {"Code": "NoSuchBucket", "Message": message, "BucketName": absent}

    s3.put_object(Bucket=bucket, Key="object", Body=b"x")
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket=bucket)
    message = "The bucket you tried to delete is not empty"
    assert refused.value.response["Error"] == {"Code": "BucketNotEmpty", "Message": message, "BucketName": bucket}
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409

    with pytest.raises(s3.exceptions.NoSuchUpload):
        s3.list_parts(Bucket=bucket, Key="object", UploadId="absent")
