"""Rows `multipart_64mib`, `multipart_listing`."""

import base64
import hashlib
import io
import zlib

import pytest
from botocore.exceptions import ClientError

from cairn_data import MIB, ODD_KEYS, pattern

PART = 8 * MIB  # boto3's default part size


def multipart_etag(body, part):
    """The ETag of a multipart object: the MD5 of the parts' MD5s, and their number."""
    digests = [hashlib.md5(body[start : start + part]).digest() for start in range(0, len(body), part)]
    return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'


def test_multipart_64mib(s3, bucket, tmp_path):
    body = pattern(64 * MIB)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(body)
    s3.upload_file(str(source), bucket, "large", ExtraArgs={"Metadata": {"colour": "blue"}})

    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == 64 * MIB
    assert head["ETag"] == multipart_etag(body, PART)
    assert head["Metadata"] == {"colour": "blue"}

    # download_file fetches ranges side by side.
    s3.download_file(bucket, "large", str(target))
    assert target.read_bytes() == body

    third = s3.get_object(Bucket=bucket, Key="large", PartNumber=3)
    assert (third["PartsCount"], third["ContentLength"]) == (8, PART)
    assert third["ContentRange"] == f"bytes {2 * PART}-{3 * PART - 1}/{64 * MIB}"
    assert third["Body"].read() == body[2 * PART : 3 * PART]

    across = s3.get_object(Bucket=bucket, Key="large", Range=f"bytes={PART - 5}-{PART + 4}")
    assert across["Body"].read() == body[PART - 5 : PART + 5]


def test_multipart_from_a_stream(s3, bucket):
    body = pattern(20 * MIB + 1)
    s3.upload_fileobj(io.BytesIO(body), bucket, "stream")
    target = io.BytesIO()
    s3.download_fileobj(bucket, "stream", target)
    assert target.getvalue() == body


@pytest.mark.parametrize("key", ["plain", "odd key+/../%2F😀"])
def test_multipart_by_hand(s3, bucket, key):
    parts = [pattern(5 * MIB), pattern(5 * MIB + 17), b"the end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="text/plain")["UploadId"]
    target = {"Bucket": bucket, "Key": key, "UploadId": upload}
    done = []
    # Sent backwards, with gaps in the numbers.
    for number, part in reversed(list(zip((2, 5, 9), parts))):
        answer = s3.upload_part(**target, PartNumber=number, Body=part)
        # boto3 sends CRC32 with each part by default, also when the upload was created without an algorithm.
        checksum = base64.b64encode(zlib.crc32(part).to_bytes(4, "big")).decode()
        assert answer["ChecksumCRC32"] == checksum
        done.insert(0, {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum})
    complete = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": done})
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    etag = f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert (complete["Bucket"], complete["Key"], complete["ETag"]) == (bucket, key, etag)

    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == b"".join(parts)
    assert (got["ContentType"], got["ETag"]) == ("text/plain", etag)
    with pytest.raises(s3.exceptions.NoSuchUpload):
        s3.list_parts(**target)


def test_multipart_listing(s3, bucket):
    uploads = {}
    for key in ODD_KEYS[:9]:
        uploads[key] = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
    listed = [(upload["Key"], upload["UploadId"]) for page in pages for upload in page["Uploads"]]
    assert listed == list(uploads.items())

    target = {"Bucket": bucket, "Key": ODD_KEYS[0], "UploadId": uploads[ODD_KEYS[0]]}
    etags = [s3.upload_part(**target, PartNumber=n, Body=b"part %d" % n)["ETag"] for n in (1, 2, 3)]
    assert etags[0] == f'"{hashlib.md5(b"part 1").hexdigest()}"'
    pages = list(s3.get_paginator("list_parts").paginate(**target, PaginationConfig={"PageSize": 2}))
    assert [[part["PartNumber"] for part in page["Parts"]] for page in pages] == [[1, 2], [3]]
    assert [part["ETag"] for page in pages for part in page["Parts"]] == etags
    assert [part["Size"] for page in pages for part in page["Parts"]] == [6, 6, 6]

    with pytest.raises(ClientError) as refused:
        parts = [{"PartNumber": n, "ETag": etag} for n, etag in zip((1, 2, 3), etags)]
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
    assert refused.value.response["Error"]["Code"] == "EntityTooSmall"

    for key, upload in uploads.items():
        answer = s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with pytest.raises(s3.exceptions.NoSuchUpload):
        s3.upload_part(**target, PartNumber=1, Body=b"late")
