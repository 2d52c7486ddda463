"""Row `checksums`: what boto3 sends by default, and every algorithm it knows."""

import base64
import hashlib
import io
import zlib

import pytest
from awscrt import checksums as crt
from botocore.exceptions import ClientError, FlexibleChecksumError

from cairn_data import MIB, pattern

BODY = pattern(300_000)

EXPECTED = {
    "CRC32": zlib.crc32(BODY).to_bytes(4, "big"),
    "CRC32C": crt.crc32c(BODY).to_bytes(4, "big"),
    "CRC64NVME": crt.crc64nvme(BODY).to_bytes(8, "big"),
    "SHA1": hashlib.sha1(BODY).digest(),
    "SHA256": hashlib.sha256(BODY).digest(),
    "SHA512": hashlib.sha512(BODY).digest(),
    "XXHASH64": crt.XXHash.compute_xxhash64(BODY),
    "XXHASH3": crt.XXHash.compute_xxhash3_64(BODY),
    "XXHASH128": crt.XXHash.compute_xxhash3_128(BODY),
}

# Those whose type of a multipart upload Amazon documents.
COMPOSITE = ["CRC32", "CRC32C", "SHA1", "SHA256"]


def text(algorithm):
    return base64.b64encode(EXPECTED[algorithm]).decode()


def test_checksums_default(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="object", Body=BODY)
    assert (put["ChecksumCRC32"], put["ChecksumType"]) == (text("CRC32"), "FULL_OBJECT")
    got = s3.get_object(Bucket=bucket, Key="object")
    assert got["Body"].read() == BODY  # verified by boto3 while reading
    assert (got["ChecksumCRC32"], got["ChecksumType"]) == (text("CRC32"), "FULL_OBJECT")
    assert "ChecksumCRC32" not in s3.get_object(Bucket=bucket, Key="object", Range="bytes=0-9")


@pytest.mark.parametrize("algorithm", EXPECTED)
def test_checksums(s3, bucket, algorithm):
    field = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="object", Body=BODY, ChecksumAlgorithm=algorithm)
    assert put[field] == text(algorithm)
    got = s3.get_object(Bucket=bucket, Key="object", ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY
    assert got[field] == text(algorithm)
    attributes = s3.get_object_attributes(Bucket=bucket, Key="object", ObjectAttributes=["Checksum", "ObjectSize"])
    assert attributes["Checksum"] == {field: text(algorithm), "ChecksumType": "FULL_OBJECT"}
    assert attributes["ObjectSize"] == len(BODY)


@pytest.mark.parametrize("algorithm", EXPECTED)
def test_checksums_wrong(s3, bucket, algorithm):
    wrong = base64.b64encode(bytes(len(EXPECTED[algorithm]))).decode()
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="object", Body=BODY, **{f"Checksum{algorithm}": wrong})
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="object")


@pytest.mark.parametrize("algorithm", EXPECTED)
def test_checksums_of_a_multipart_upload(s3, bucket, algorithm):
    body = pattern(17 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "large", ExtraArgs={"ChecksumAlgorithm": algorithm})
    target = io.BytesIO()
    s3.download_fileobj(bucket, "large", target, ExtraArgs={"ChecksumMode": "ENABLED"})
    assert target.getvalue() == body
    head = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    if algorithm == "CRC64NVME":
        assert head["ChecksumType"] == "FULL_OBJECT"
        assert head["ChecksumCRC64NVME"] == base64.b64encode(crt.crc64nvme(body).to_bytes(8, "big")).decode()
    elif algorithm in COMPOSITE:
        assert head["ChecksumType"] == "COMPOSITE"
        assert head[f"Checksum{algorithm}"].endswith("-3")


def test_checksums_none_sent(bucket):
    from conftest import connect

    s3 = connect(request_checksum_calculation="when_required")
    s3.put_object(Bucket=bucket, Key="object", Body=BODY)
    head = s3.head_object(Bucket=bucket, Key="object", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == (text("CRC64NVME"), "FULL_OBJECT")


def test_checksums_are_verified_by_boto3(s3, bucket):
    """The client must notice a body that is not what the checksum says, or the tests above prove nothing."""
    s3.put_object(Bucket=bucket, Key="object", Body=BODY)
    got = s3.get_object(Bucket=bucket, Key="object")
    got["Body"]._checksum.update(b"one byte more than was sent")
    with pytest.raises(FlexibleChecksumError):
        got["Body"].read()
