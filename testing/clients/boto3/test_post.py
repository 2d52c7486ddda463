"""Row `post`: forms by generate_presigned_post, sent as a browser sends them (facts/04 §5)."""

import os
import ssl
import urllib.error
import urllib.request
import uuid
import xml.etree.ElementTree

import pytest

from conftest import connect

TRUST = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
BODY = b"\x00\r\n--binary\xff" * 1000


@pytest.fixture(params=[None, "s3v4", "s3"], ids=["default", "v4", "v2"])
def signer(request):
    return connect(signature_version=request.param) if request.param else connect()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A 303 is the answer to look at."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.HTTPSHandler(context=TRUST), NoRedirect)


def send(form, body, file_name="photo.jpg"):
    """Status, headers and body of the answer, also of one that refuses."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    data = "".join(parts).encode() + body + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    try:
        with OPENER.open(urllib.request.Request(form["url"], data, headers)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


def test_round_trip(s3, signer, bucket):
    form = signer.generate_presigned_post(
        bucket,
        "user/${filename}",
        Fields={"Content-Type": "image/jpeg", "x-amz-meta-from": "form", "success_action_status": "201"},
        Conditions=[
            ["starts-with", "$Content-Type", "image/"],
            {"x-amz-meta-from": "form"},
            {"success_action_status": "201"},
            ["content-length-range", 1, len(BODY)],
        ],
        ExpiresIn=60,
    )
    status, headers, document = send(form, BODY)
    assert status == 201, document
    answer = {child.tag: child.text for child in xml.etree.ElementTree.fromstring(document)}
    assert (answer["Bucket"], answer["Key"]) == (bucket, "user/photo.jpg")
    assert answer["ETag"] == headers["ETag"] and answer["Location"] == headers["Location"]
    got = s3.get_object(Bucket=bucket, Key="user/photo.jpg")
    assert (got["Body"].read(), got["ContentType"]) == (BODY, "image/jpeg")
    assert (got["Metadata"], got["ETag"]) == ({"from": "form"}, answer["ETag"])


def test_success(s3, signer, bucket):
    status, _, body = send(signer.generate_presigned_post(bucket, "plain"), BODY)
    assert (status, body) == (204, b"")
    target = {"success_action_redirect": "https://app.example/done"}
    form = signer.generate_presigned_post(bucket, "redirected", Fields=dict(target), Conditions=[target])
    status, headers, _ = send(form, BODY)
    assert status == 303
    etag = s3.head_object(Bucket=bucket, Key="redirected")["ETag"].strip('"')
    to = f"https://app.example/done?bucket={bucket}&key=redirected&etag=%22{etag}%22"
    assert headers["Location"] == to


def test_refused(s3, signer, bucket):
    form = signer.generate_presigned_post(
        bucket, "refused", Fields={"acl": "private"}, Conditions=[["content-length-range", 0, 10]]
    )
    status, _, body = send(form, b"x")
    assert status == 403
    assert b"<Message>Invalid according to Policy: Extra input fields: acl</Message>" in body
    del form["fields"]["acl"]
    status, _, body = send(form, b"x" * 11)
    assert status == 400 and b"<Code>EntityTooLarge</Code>" in body
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
