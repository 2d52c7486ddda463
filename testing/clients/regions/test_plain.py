"""Tools over plain HTTP: curl follows the redirect while DNS does not know the bucket, and needs none afterwards."""

import http.client
import os
import socket
import subprocess

import pytest
from conftest import DOMAIN, IPV6, REGIONS, address_of, wait_for_address

WIRE = "plain"


def curl(*words):
    """Body, status and number of redirects followed."""
    form = "\n%{http_code} %{num_redirects} %{remote_ip}"
    family = [] if "--ipv6" in words else ["--ipv4"]
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", form, *family, *words]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30)
    body, _, told = done.stdout.rpartition("\n")
    status, redirects, address = told.split()
    return body, int(status), int(redirects), address


@pytest.mark.parametrize("home", ["us-west-2", "eu-west-1", "eu-central-1"])
def test_curl_through_the_window(cairn, home):
    """A URL presigned by a global client with SigV2, which does not sign the host (facts/02 §1)."""
    bucket = cairn.bucket(home)
    cairn.client(home).put_object(Bucket=bucket, Key="puppy.jpg", Body=b"a puppy")
    old = cairn.client("us-east-1", signature_version="s3", s3={"addressing_style": "virtual"})
    url = old.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "puppy.jpg"})
    assert url.startswith(f"http://{bucket}.s3.{DOMAIN}/puppy.jpg?")

    early, answer = address_of(f"{bucket}.s3.{DOMAIN}"), curl("--location", url)
    assert early == {REGIONS["us-east-1"]}
    assert answer == ("a puppy", 200, 1, REGIONS[home])
    put = old.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "kitten.jpg"})
    assert curl("--location", "--data-binary", "a kitten", "--request", "PUT", "--header", "Content-Type:", put)[1] == 200

    wait_for_address(f"{bucket}.s3.{DOMAIN}", REGIONS[home])
    assert curl("--location", url) == ("a puppy", 200, 0, REGIONS[home])
    assert cairn.client(home).get_object(Bucket=bucket, Key="kitten.jpg")["Body"].read() == b"a kitten"


def test_curl_does_not_follow_a_301(cairn):
    bucket = cairn.bucket("eu-west-1")
    body, status, redirects, _ = curl("--location", f"http://s3.us-west-2.{DOMAIN}/{bucket}/k")
    assert (status, redirects) == (301, 0)
    assert f"<Endpoint>{bucket}.s3-eu-west-1.{DOMAIN}</Endpoint>" in body
    # What it names is a name.
    assert address_of(f"{bucket}.s3-eu-west-1.{DOMAIN}") == {REGIONS["eu-west-1"]}


def test_every_spelling_has_an_address(cairn):
    bucket = cairn.bucket("eu-west-1")
    for region, address in REGIONS.items():
        for form in ("s3.{}", "s3-{}", "s3.dualstack.{}"):
            host = f"{form.format(region)}.{DOMAIN}"
            for name in (host, f"{bucket}.{host}", f"no.such.bucket.{host}"):
                assert address_of(name) == {address}, name
    assert address_of(f"s3.{DOMAIN}") == {REGIONS["us-east-1"]}
    assert address_of(f"no-such-bucket.s3.{DOMAIN}") == {REGIONS["us-east-1"]}


def test_ipv6(cairn):
    bucket = cairn.bucket("eu-west-1")
    host = f"{bucket}.s3.dualstack.eu-west-1.{DOMAIN}"
    assert address_of(host, socket.AF_INET6) == {IPV6["eu-west-1"]}
    url = cairn.client("eu-west-1", s3={"use_dualstack_endpoint": True}).generate_presigned_url("head_bucket", {"Bucket": bucket})
    _, status, _, address = curl("--ipv6", "--head", url)
    assert (status, address) == (200, IPV6["eu-west-1"])
    with pytest.raises(socket.gaierror):
        address_of(f"s3.us-west-2.{DOMAIN}", socket.AF_INET6)


def test_deleted_and_created_elsewhere(cairn):
    """The name is the new home's, in DNS too (facts/01 §4)."""
    bucket = cairn.bucket("eu-west-1")
    wait_for_address(f"{bucket}.s3.{DOMAIN}", REGIONS["eu-west-1"])
    cairn.client("eu-west-1").delete_bucket(Bucket=bucket)
    west = cairn.client("us-west-2")
    west.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    west.put_object(Bucket=bucket, Key="k", Body=b"new")
    assert cairn.client("us-east-1").get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"
    wait_for_address(f"{bucket}.s3.{DOMAIN}", REGIONS["us-west-2"])
    assert cairn.client("us-east-1").get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def preflight(url):
    """What a browser asks before it sends the form."""
    host = url.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=20)
    headers = {"Origin": "http://localhost:8080", "Access-Control-Request-Method": "POST"}
    connection.request("OPTIONS", "/", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_presigned_post_of_a_global_client(cairn):
    """Seed 003: weeks lost. The form goes to the global name; the preflight is redirected, and browsers refuse that."""
    bucket = cairn.bucket("us-west-2")
    form = cairn.client(None).generate_presigned_post(bucket, "cat.jpg")
    assert form["url"] == f"http://{bucket}.s3.{DOMAIN}/"
    answer = preflight(form["url"])
    assert answer.status == 307
    assert answer.getheader("Location") == f"http://{bucket}.s3.us-west-2.{DOMAIN}/"
    assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control-")]


def test_presigned_post_of_a_regional_client(cairn):
    """The cure: the region, SigV4, the virtual host. The home answers, as the bucket's CORS says (facts/03 §4)."""
    bucket = cairn.bucket("us-west-2")
    client = cairn.client("us-west-2", signature_version="s3v4", s3={"addressing_style": "virtual"})
    form = client.generate_presigned_post(bucket, "cat.jpg")
    assert form["url"] == f"http://{bucket}.s3.us-west-2.{DOMAIN}/"
    answer = preflight(form["url"])
    assert answer.status == 403
    assert answer.getheader("Location") is None
    rule = {"AllowedOrigins": ["http://localhost:8080"], "AllowedMethods": ["POST"]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    answer = preflight(form["url"])
    assert answer.status == 200
    assert answer.getheader("Access-Control-Allow-Origin") == "http://localhost:8080"


def test_rust(cairn):
    """The SDK without TLS (../rust): its user sees PermanentRedirect, and reads the region from the raw response."""
    buckets = ",".join(f"{home}={cairn.bucket(home)}" for home in REGIONS)
    command = [os.environ["CAIRN_TEST_RUST"], "--ignored", "--exact", "regions::wrong_region", "--nocapture"]
    done = subprocess.run(command, env=os.environ | {"CAIRN_TEST_BUCKETS": buckets}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
