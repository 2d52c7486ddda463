"""The aws CLI against Cairn; the tests are named after the rows of ../README.md."""

import hashlib
import json
import os
import ssl
import urllib.error
import urllib.request

import pytest

from cairn_data import MIB, ODD_KEYS, make_files, pattern, read_files

# A process for each request is slow: these stand for the others, which boto3's suite has.
SOME_KEYS = [key for key in ODD_KEYS if key in ("a", "a/b", "a//b", "/leading", "dots/../there", "trailing/")]
SOME_KEYS += ["plus+plus per%cent", "slash%2Fencoded", "non-bmp-𠜎 'quoted\"", "a=b&c=d?e#f"]


def test_buckets(aws, bucket):
    assert bucket in aws("s3", "ls").decode()
    assert aws.api("head-bucket", bucket=bucket)["BucketRegion"] == "us-east-1"
    assert aws.api("get-bucket-location", bucket=bucket) == {"LocationConstraint": None}


def test_objects(aws, bucket):
    for length in (0, 1, 100_000):
        body = pattern(length)
        aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=body)
        assert aws("s3", "cp", f"s3://{bucket}/object", "-") == body
        head = aws.api("head-object", bucket=bucket, key="object")
        assert (head["ContentLength"], head["ETag"]) == (length, f'"{hashlib.md5(body).hexdigest()}"')
    aws("s3", "rm", f"s3://{bucket}/object")
    assert aws("s3", "ls", f"s3://{bucket}/") == b""


def test_multipart_64mib(aws, bucket, tmp_path):
    body = pattern(64 * MIB)
    (tmp_path / "source").write_bytes(body)
    aws("s3", "cp", "--only-show-errors", tmp_path / "source", f"s3://{bucket}/large")
    assert aws.api("head-object", bucket=bucket, key="large")["ETag"].endswith('-8"')
    aws("s3", "cp", "--only-show-errors", f"s3://{bucket}/large", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == body
    # Copied by the server, part by part.
    aws("s3", "cp", "--only-show-errors", f"s3://{bucket}/large", f"s3://{bucket}/copy")
    got = aws("s3", "cp", "--only-show-errors", f"s3://{bucket}/copy", "-")
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


def test_ranges(aws, bucket, tmp_path):
    body = pattern(100_000)
    aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=body)
    asked = ("--bucket", bucket, "--key", "object", "--range", "bytes=-7")
    got = json.loads(aws("s3api", "get-object", *asked, tmp_path / "x"))
    assert got["ContentRange"] == "bytes 99993-99999/100000"
    assert (tmp_path / "x").read_bytes() == body[-7:]


def test_odd_keys(aws, bucket, tmp_path):
    for key in SOME_KEYS:
        (tmp_path / "source").write_text(key)
        aws.api("put-object", bucket=bucket, key=key, body=tmp_path / "source")
    listed = [entry["Key"] for entry in aws.api("list-objects-v2", bucket=bucket)["Contents"]]
    assert listed == sorted(SOME_KEYS, key=str.encode)
    for key in SOME_KEYS:
        aws("s3api", "get-object", "--bucket", bucket, "--key", key, tmp_path / "target")
        assert (tmp_path / "target").read_text() == key


def test_odd_keys_of_a_folder(aws, bucket, tmp_path):
    contents = make_files(tmp_path / "source")
    aws("s3", "sync", "--only-show-errors", tmp_path / "source", f"s3://{bucket}")
    listing = aws.api("list-objects-v2", bucket=bucket, page_size="7")
    listed = [entry["Key"] for entry in listing["Contents"]]
    assert listed == sorted(contents, key=str.encode)
    aws("s3", "sync", "--only-show-errors", f"s3://{bucket}", tmp_path / "target")
    assert read_files(tmp_path / "target") == contents
    # Nothing is left to do.
    assert aws("s3", "sync", tmp_path / "source", f"s3://{bucket}") == b""
    aws("s3", "rm", "--only-show-errors", "--recursive", f"s3://{bucket}")
    assert "Contents" not in aws.api("list-objects-v2", bucket=bucket)


def test_listing_delimiter(aws, bucket):
    for key in ("a", "a/b", "a/c", "d e/f", "z"):
        aws("s3", "cp", "-", f"s3://{bucket}/{key}", stdin=b"12345")
    lines = [line.split(maxsplit=3) for line in aws("s3", "ls", f"s3://{bucket}/").decode().splitlines()]
    assert lines[:2] == [["PRE", "a/"], ["PRE", "d", "e/"]]
    assert [line[2:] for line in lines[2:]] == [["5", "a"], ["5", "z"]]
    page = aws.api("list-objects-v2", bucket=bucket, delimiter="/", prefix="a/")
    assert [entry["Key"] for entry in page["Contents"]] == ["a/b", "a/c"]


def test_versioning(aws, bucket):
    aws.api("put-bucket-versioning", bucket=bucket, versioning_configuration="Status=Enabled")
    assert aws.api("get-bucket-versioning", bucket=bucket) == {"Status": "Enabled"}
    aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=b"first")
    aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=b"second")
    aws("s3", "rm", f"s3://{bucket}/object")
    listing = aws.api("list-object-versions", bucket=bucket)
    assert [version["Size"] for version in listing["Versions"]] == [6, 5]
    marker = listing["DeleteMarkers"][0]["VersionId"]
    assert "NoSuchKey" in aws.refused("s3api", "get-object", "--bucket", bucket, "--key", "object", "/dev/null")
    aws.api("delete-object", bucket=bucket, key="object", version_id=marker)
    assert aws("s3", "cp", f"s3://{bucket}/object", "-") == b"second"


def test_copies(aws, bucket):
    source = "odd key+%2F/é"
    described = ("--metadata", "a=1", "--content-type", "text/plain")
    aws("s3", "cp", "-", f"s3://{bucket}/{source}", *described, stdin=b"copied")
    aws("s3", "cp", f"s3://{bucket}/{source}", f"s3://{bucket}/same")
    head = aws.api("head-object", bucket=bucket, key="same")
    assert (head["Metadata"], head["ContentType"]) == ({"a": "1"}, "text/plain")
    aws("s3", "mv", f"s3://{bucket}/same", f"s3://{bucket}/new", "--metadata", "b=2", "--metadata-directive", "REPLACE")
    assert aws.api("head-object", bucket=bucket, key="new")["Metadata"] == {"b": "2"}
    assert aws("s3", "cp", f"s3://{bucket}/new", "-") == b"copied"
    assert "404" in aws.refused("s3api", "head-object", "--bucket", bucket, "--key", "same")


def test_presigned(aws, bucket):
    key = "odd key+&=é"
    aws("s3", "cp", "-", f"s3://{bucket}/{key}", stdin=b"presigned")
    url = aws("s3", "presign", f"s3://{bucket}/{key}", "--expires-in", "60").decode().strip()
    trust = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    with urllib.request.urlopen(url, context=trust) as answer:
        assert answer.read() == b"presigned"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("odd", "other"), context=trust)
    assert refused.value.code == 403


def test_tags(aws, bucket):
    tags = {"TagSet": [{"Key": "colour", "Value": "blue + green"}]}
    aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=b"x")
    aws.api("put-object-tagging", bucket=bucket, key="object", tagging=json.dumps(tags))
    assert aws.api("get-object-tagging", bucket=bucket, key="object") == tags
    aws.api("put-bucket-tagging", bucket=bucket, tagging=json.dumps(tags))
    assert aws.api("get-bucket-tagging", bucket=bucket) == tags
    aws.api("delete-bucket-tagging", bucket=bucket)
    assert "NoSuchTagSet" in aws.refused("s3api", "get-bucket-tagging", "--bucket", bucket)


def test_conditional_writes(aws, bucket, tmp_path):
    (tmp_path / "x").write_text("x")
    aws.api("put-object", bucket=bucket, key="object", body=tmp_path / "x", if_none_match="*")
    again = ("s3api", "put-object", "--bucket", bucket, "--key", "object", "--if-none-match", "*")
    assert "PreconditionFailed" in aws.refused(*again)


def test_metadata(aws, bucket):
    described = ("--metadata", "Colour=blue", "--cache-control", "max-age=60", "--content-language", "de")
    aws("s3", "cp", "-", f"s3://{bucket}/object", *described, stdin=b"x")
    head = aws.api("head-object", bucket=bucket, key="object")
    assert (head["Metadata"], head["CacheControl"], head["ContentLanguage"]) == ({"colour": "blue"}, "max-age=60", "de")


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(aws, bucket, tmp_path, algorithm):
    body = pattern(300_000)
    (tmp_path / "source").write_bytes(body)
    aws("s3", "cp", tmp_path / "source", f"s3://{bucket}/object", "--checksum-algorithm", algorithm)
    aws("s3", "cp", f"s3://{bucket}/object", tmp_path / "target", "--checksum-mode", "ENABLED")
    assert (tmp_path / "target").read_bytes() == body
    head = aws.api("head-object", bucket=bucket, key="object", checksum_mode="ENABLED")
    assert head["ChecksumType"] == "FULL_OBJECT" and head[f"Checksum{algorithm}"]


def test_batch_delete(aws, bucket):
    keys = ["a", "odd key+%é"]
    for key in keys:
        aws("s3", "cp", "-", f"s3://{bucket}/{key}", stdin=b"x")
    wanted = json.dumps({"Objects": [{"Key": key} for key in keys]})
    answer = aws.api("delete-objects", bucket=bucket, delete=wanted)
    assert sorted(entry["Key"] for entry in answer["Deleted"]) == keys and "Errors" not in answer


def test_multipart_listing(aws, bucket):
    upload = aws.api("create-multipart-upload", bucket=bucket, key="odd key+")["UploadId"]
    uploads = aws.api("list-multipart-uploads", bucket=bucket)["Uploads"]
    assert [(entry["Key"], entry["UploadId"]) for entry in uploads] == [("odd key+", upload)]
    part = {"bucket": bucket, "key": "odd key+", "upload_id": upload}
    aws.api("upload-part", **part, part_number="1", body="pytest.ini")
    assert [entry["PartNumber"] for entry in aws.api("list-parts", **part)["Parts"]] == [1]
    aws.api("abort-multipart-upload", **part)
    assert "Uploads" not in aws.api("list-multipart-uploads", bucket=bucket)


def test_errors(aws, bucket):
    absent = f"{bucket}-absent"
    said = aws.refused("s3api", "list-objects-v2", "--bucket", absent)
    assert "(NoSuchBucket)" in said and "The specified bucket does not exist" in said
    aws("s3", "cp", "-", f"s3://{bucket}/object", stdin=b"x")
    said = aws.refused("s3", "rb", f"s3://{bucket}")
    assert "(BucketNotEmpty)" in said and "The bucket you tried to delete is not empty" in said
