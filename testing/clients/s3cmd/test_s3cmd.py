"""s3cmd against Cairn, with signatures of version 4 (its default) and 2; named after the rows of ../README.md."""

import hashlib
import urllib.error
import urllib.request

import pytest

from cairn_data import MIB, make_files, pattern, read_files


def keys(s3cmd, bucket):
    lines = s3cmd("ls", "--recursive", f"s3://{bucket}").splitlines()
    return [line.split(f"s3://{bucket}/", 1)[1] for line in lines]


def test_buckets(s3cmd, bucket):
    assert f"s3://{bucket}" in s3cmd("ls")
    assert s3cmd("ls", f"s3://{bucket}") == ""


@pytest.mark.parametrize("length", [0, 1, 100_000])
def test_objects(s3cmd, bucket, tmp_path, length):
    body = pattern(length)
    (tmp_path / "source").write_bytes(body)
    s3cmd("put", tmp_path / "source", f"s3://{bucket}/object")
    s3cmd("get", f"s3://{bucket}/object", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == body
    listed = s3cmd("ls", "--list-md5", f"s3://{bucket}/object").split()
    assert listed[2:4] == [str(length), hashlib.md5(body).hexdigest()]
    s3cmd("del", f"s3://{bucket}/object")
    assert keys(s3cmd, bucket) == []


def test_multipart_64mib(s3cmd, bucket, tmp_path):
    body = pattern(64 * MIB)
    (tmp_path / "source").write_bytes(body)
    s3cmd("put", tmp_path / "source", f"s3://{bucket}/large")  # in parts of 15 MiB
    s3cmd("get", f"s3://{bucket}/large", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == body


def test_ranges(s3cmd, bucket, tmp_path):
    """`get --continue` asks for the range that is missing."""
    body = pattern(200_000)
    (tmp_path / "source").write_bytes(body)
    (tmp_path / "target").write_bytes(body[:70_001])
    s3cmd("put", tmp_path / "source", f"s3://{bucket}/object")
    s3cmd("get", "--continue", f"s3://{bucket}/object", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == body


def test_odd_keys(s3cmd, bucket, tmp_path):
    contents = make_files(tmp_path / "source")
    # s3cmd itself changes control characters in names, and prints a listing by the line.
    for key in [key for key in contents if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in key)]:
        (tmp_path / "source" / key).unlink()
        del contents[key]
    s3cmd("sync", f"{tmp_path}/source/", f"s3://{bucket}/")
    assert keys(s3cmd, bucket) == sorted(contents, key=str.encode)
    (tmp_path / "target").mkdir()
    s3cmd("sync", f"s3://{bucket}/", f"{tmp_path}/target/")
    assert read_files(tmp_path / "target") == contents
    # Nothing is left to do.
    assert "upload:" not in s3cmd("sync", f"{tmp_path}/source/", f"s3://{bucket}/")


def test_listing_delimiter(s3cmd, bucket, tmp_path):
    (tmp_path / "x").write_bytes(b"12345")
    for key in ("a", "a/b", "a/c", "d e/f"):
        s3cmd("put", tmp_path / "x", f"s3://{bucket}/{key}")
    shown = [line.split(f"s3://{bucket}/", 1)[1] for line in s3cmd("ls", f"s3://{bucket}").splitlines()]
    assert shown == ["a/", "d e/", "a"]
    assert keys(s3cmd, bucket) == ["a", "a/b", "a/c", "d e/f"]


def test_copies(s3cmd, bucket, tmp_path):
    (tmp_path / "x").write_bytes(b"copied")
    s3cmd("put", tmp_path / "x", f"s3://{bucket}/odd key+%é")
    s3cmd("cp", f"s3://{bucket}/odd key+%é", f"s3://{bucket}/copy")
    s3cmd("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
    assert keys(s3cmd, bucket) == ["moved", "odd key+%é"]
    s3cmd("get", f"s3://{bucket}/moved", tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == b"copied"


def test_presigned(s3cmd, bucket, tmp_path):
    (tmp_path / "x").write_bytes(b"presigned")
    s3cmd("put", tmp_path / "x", f"s3://{bucket}/object")
    url = s3cmd("signurl", f"s3://{bucket}/object", "+60").strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"presigned"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("/object", "/other"))
    assert refused.value.code == 403


def test_multipart_listing(s3cmd, bucket):
    assert s3cmd("multipart", f"s3://{bucket}").splitlines()[0].strip() == f"s3://{bucket}/"


def test_errors(s3cmd, bucket):
    done = s3cmd.run("ls", f"s3://{bucket}-absent")
    assert done.returncode != 0
    assert "(NoSuchBucket)" in done.stderr.decode()
