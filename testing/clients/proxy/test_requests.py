"""Requests of every kind of signature, as they arrive behind nginx."""

import io
import re

import pytest
from botocore.exceptions import ClientError

from cairn_data import pattern
from conftest import CLIENT, DOMAIN, PROXY

LARGE_BYTES = 24 << 20
# Paths that a proxy is tempted to tidy up.
KEYS = ["plain", "a b+c", "ü/😀", "per%cent", "%2F", "a//b", "a/./b", "x/../y", "q?#&=", "~(*)'!"]


@pytest.fixture(params=["path", "virtual"])
def client(stage, scheme, request):
    return stage.client(scheme, request.param)


def test_keys_and_headers(client, bucket):
    for key in KEYS:
        # The underscore is nginx's trap, and is signed.
        metadata = {"some_name": key.encode().hex(), "plain-name": "x"}
        client.put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata=metadata, ContentType="text/plain")
        got = client.get_object(Bucket=bucket, Key=key)
        assert (got["Body"].read(), got["Metadata"]) == (key.encode(), metadata)
    listed = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(item["Key"] for item in listed) == sorted(KEYS)
    # Conditions and ranges are passed on, not answered by the proxy.
    etag = client.head_object(Bucket=bucket, Key="plain")["ETag"]
    assert client.get_object(Bucket=bucket, Key="plain", Range="bytes=1-2")["Body"].read() == b"la"
    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket=bucket, Key="plain", IfNoneMatch=etag)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304
    for key in KEYS:
        client.delete_object(Bucket=bucket, Key=key)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_multipart(client, bucket):
    body = pattern(LARGE_BYTES)
    client.upload_fileobj(io.BytesIO(body), bucket, "large")
    assert re.fullmatch(r'"[0-9a-f]{32}-\d"', client.head_object(Bucket=bucket, Key="large")["ETag"])
    into = io.BytesIO()
    client.download_fileobj(bucket, "large", into)
    assert into.getvalue() == body


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_presigned(stage, scheme, style, version, bucket):
    client = stage.client(scheme, style, signature_version=version)
    where = {"Bucket": bucket, "Key": "up loads/ü+1"}

    def send(operation, method, body=None, headers=None, **more):
        url = client.generate_presigned_url(operation, where | more, ExpiresIn=60)
        return stage.ask(method, url, headers, body)

    put = send("put_object", "PUT", b"from a page", {"x-amz-meta-some_name": "1"}, Metadata={"some_name": "1"})
    assert put.status == 200, put.text
    got = send("get_object", "GET")
    assert (got.status, got.body, got.get("x-amz-meta-some_name")) == (200, b"from a page", "1")
    assert send("head_object", "HEAD").get("etag") == put.get("etag")
    upload = client.create_multipart_upload(**where)["UploadId"]
    part = send("upload_part", "PUT", b"a part", UploadId=upload, PartNumber=1)
    assert part.status == 200, part.text
    parts = client.list_parts(**where, UploadId=upload)["Parts"]
    assert [item["ETag"] for item in parts] == [part.get("etag")]
    assert send("delete_object", "DELETE").status == 204
    assert send("get_object", "GET").status == 404
    # A presigned answer is never the cache's.
    assert got.get("x-cache-status") is None


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_form(stage, scheme, version, bucket):
    client = stage.client(scheme, signature_version=version)
    form = client.generate_presigned_post(bucket, "form.txt", ExpiresIn=60)
    assert form["url"].startswith(f"{scheme}://{bucket}.s3.{DOMAIN}:")
    fields = "".join(
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form["fields"].items()
    )
    file = '--limit\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ndropped\r\n--limit--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    answer = stage.ask("POST", form["url"], headers, (fields + file).encode())
    assert answer.status == 204, answer.text
    # What the answer names is what the client can use.
    assert answer.get("location") == f"{form['url']}form.txt"
    assert client.get_object(Bucket=bucket, Key="form.txt")["Body"].read() == b"dropped"


def test_another_host_is_another_signature(stage, scheme, bucket):
    client = stage.client(scheme, "path", signature_version="s3v4")
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    answer = stage.ask("GET", url, {"Host": DOMAIN})
    assert (answer.status, "<Code>SignatureDoesNotMatch</Code>" in answer.text) == (403, True)


def test_nothing_is_compressed(stage, scheme, bucket):
    """The machine's own nginx.conf has gzip on: it would take the length and the strong ETag away."""
    client = stage.client(scheme)
    client.put_object(Bucket=bucket, Key="page", Body=b"text " * 1000, ContentType="text/html")
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "page"})
    answer = stage.ask("GET", url, {"Accept-Encoding": "gzip"})
    assert (answer.body, answer.get("content-length"), answer.get("content-encoding")) == (b"text " * 1000, "5000", None)
    assert answer.get("etag").startswith('"')


def test_long_urls_and_heads(stage, scheme, bucket):
    client = stage.client(scheme, signature_version="s3v4")
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"long": "m" * 2000})
    saved_as = "attachment; filename=" + "n" * 9000
    where = {"Bucket": bucket, "Key": "k", "ResponseContentDisposition": saved_as}
    answer = stage.ask("GET", client.generate_presigned_url("get_object", where))
    assert (answer.status, answer.get("content-disposition")) == (200, saved_as), answer.text
    assert answer.get("x-amz-meta-long") == "m" * 2000


def test_an_upload_is_not_kept_by_the_proxy(stage, scheme, bucket):
    """Cairn refuses it by its head: the answer comes while nearly all of the body was not sent."""
    client = stage.client(scheme)
    url = client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"}).replace("Signature=", "Signature=0")
    connection, host, target = stage.connect(url)
    connection.putrequest("PUT", target, skip_host=True)
    connection.putheader("Host", host)
    connection.putheader("Content-Length", str(1 << 30))
    connection.endheaders()
    connection.send(b"x" * 65536)
    answer = connection.getresponse()
    assert (answer.status, b"SignatureDoesNotMatch" in answer.read()) == (403, True)
    connection.close()


def test_bodies_stream(stage, scheme, bucket):
    client = stage.client(scheme)
    body = pattern(LARGE_BYTES)
    where = {"Bucket": bucket, "Key": "large"}
    half = len(body) // 2

    connection, host, target = stage.connect(client.generate_presigned_url("put_object", where))
    connection.putrequest("PUT", target, skip_host=True)
    connection.putheader("Host", host)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:half])
    assert not stage.nginx.keeps_bodies()
    connection.send(body[half:])
    assert connection.getresponse().status == 200
    connection.close()

    connection, host, target = stage.connect(client.generate_presigned_url("get_object", where))
    # A client that stops reading: the proxy may not read on for it.
    connection.request("GET", target, headers={"Host": host})
    answer = connection.getresponse()
    begin = answer.read(1 << 20)
    assert not stage.nginx.keeps_bodies()
    assert begin + answer.read() == body
    connection.close()


def test_redirects_lead_to_the_proxy(stage, scheme, bucket):
    elsewhere = f"{bucket}-west"
    region = {"LocationConstraint": "eu-west-1"}
    stage.client(scheme).create_bucket(Bucket=elsewhere, CreateBucketConfiguration=region)
    port = stage.ports[scheme]
    answer = stage.ask("GET", f"{scheme}://{elsewhere}.s3.{DOMAIN}:{port}/a%20b?versionId=1")
    assert answer.status == 307
    assert answer.get("location") == f"{scheme}://{elsewhere}.s3.eu-west-1.{DOMAIN}:{port}/a%20b?versionId=1"
    # And the URL of a finished upload.
    client = stage.client(scheme)
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = client.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
    assert done["Location"].startswith(f"{scheme}://{bucket}.s3.{DOMAIN}"), done["Location"]


def test_the_client_is_the_clients_address(stage, scheme, bucket):
    key = f"peer-{bucket}-{scheme}"
    url = f"{scheme}://{bucket}.s3.{DOMAIN}:{stage.ports[scheme]}/{key}"
    lies = {
        "X-Forwarded-For": "198.51.100.66",
        "X-Forwarded-Host": "other.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "for=198.51.100.66;host=other.example",
    }
    for number, headers in enumerate([{}, lies], 1):
        answer = stage.ask("GET", f"{url}?acl", headers)
        assert answer.status in (403, 501), answer.text
        assert [line["peer"] for line in stage.cairn.logged(f"/{key}", number)] == [f"{CLIENT}:0"] * number


def test_nobody_but_the_proxy_is_believed(stage, bucket):
    """Directly at the server, from an address that is not trusted, and from the one that is."""
    url = f"http://inside.example:{stage.cairn.ports['us-east-1']}/direct-{bucket}"
    told = {"X-Forwarded-For": "198.51.100.66", "X-Forwarded-Host": f"{bucket}.s3.{DOMAIN}"}
    answer = stage.ask("GET", url, told)
    # Path style at a host that means nothing, where the path names the bucket.
    assert f"<BucketName>direct-{bucket}</BucketName>" in answer.text
    (line,) = stage.cairn.logged(f"/direct-{bucket}")
    assert line["peer"].startswith(f"{CLIENT}:") and line["peer"] != f"{CLIENT}:0"

    answer = stage.ask("GET", url, told, source=PROXY)
    assert "<Code>AccessDenied</Code>" in answer.text
    assert stage.cairn.logged(f"/direct-{bucket}", 2)[1]["peer"] == "198.51.100.66:0"
    for name, value in {"X-Forwarded-For": "unknown", "X-Forwarded-Host": "a,b", "X-Forwarded-Proto": "gopher"}.items():
        answer = stage.ask("GET", url, told | {name: value}, source=PROXY)
        assert (answer.status, f"<Message>{name} of a trusted proxy" in answer.text) == (400, True), answer.text
