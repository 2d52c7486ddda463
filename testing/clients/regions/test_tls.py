"""Clients that speak only HTTPS when they are told no endpoint; they trust the CA by their own variables."""

import json
import os
import pathlib
import subprocess

import pytest
from botocore.exceptions import ClientError
from conftest import DOMAIN, OPT_IN, REGIONS, SCRATCH

WIRE = "tls"
CLIENTS = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def homes(cairn):
    """A bucket with an object in every region."""
    buckets = {home: cairn.bucket(home) for home in REGIONS}
    for home, bucket in buckets.items():
        cairn.client(home).put_object(Bucket=bucket, Key="k", Body=b"body")
    return buckets


def run(command, homes, folder, **more):
    environment = os.environ | {"CAIRN_TEST_BUCKETS": ",".join(f"{h}={b}" for h, b in homes.items())} | more
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_javascript(cairn, homes):
    """`followRegionRedirects: true`."""
    assert "6 buckets" in run(["node", "regions.mjs"], homes, CLIENTS / "javascript")


def test_go(cairn, homes):
    """`manager.GetBucketRegion`."""
    command = [os.environ["CAIRN_TEST_GO"], "-test.run", "^TestRegions$", "-test.v"]
    assert "--- PASS: TestRegions" in run(command, homes, CLIENTS / "go")


def test_java(cairn, homes):
    """`crossRegionAccessEnabled(true)`."""
    store = SCRATCH / "trust.p12"
    word = ["-storepass", "changeit", "-noprompt", "-keystore", store, "-storetype", "PKCS12"]
    run(["keytool", "-importcert", "-alias", "cairn", "-file", SCRATCH / "ca.pem", *word], {}, SCRATCH)
    trust = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    classpath = os.environ["CAIRN_TEST_JAVA_CLASSPATH"]
    command = ["java", *trust, "-cp", classpath, "cairn.Regions"]
    assert "6 buckets" in run(command, homes, CLIENTS / "java")


def test_botocore(cairn, homes):
    """Once over TLS as well: `Location` and `<Endpoint>` name hosts of the certificate."""
    for bucket in homes.values():
        assert cairn.client("us-west-2").get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"


def test_location_is_https(cairn):
    bucket = cairn.bucket("eu-west-1")
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--dump-header", "-", f"https://{bucket}.s3.{DOMAIN}/k?x=1"]
    head = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout
    assert f"location: https://{bucket}.s3.eu-west-1.{DOMAIN}/k?x=1" in head.lower(), head


def aws(*words, region="us-east-1"):
    command = [os.environ["CAIRN_TEST_AWS"], "--region", region, *words]
    environment = os.environ | {"AWS_MAX_ATTEMPTS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def aws_json(*words, **options):
    done = aws(*words, "--output", "json", **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else {}


def test_awscli_wrong_region(cairn, homes):
    for home, region in (("eu-west-1", "us-west-2"), ("af-south-1", "us-east-1")):
        done = aws("s3", "cp", f"s3://{homes[home]}/k", "-", region=region)
        assert done.stdout == "body", done.stderr
    listed = aws_json("s3api", "list-buckets", "--bucket-region", "af-south-1", region="eu-central-1")
    assert [bucket["BucketRegion"] for bucket in listed["Buckets"]] == ["af-south-1"]


def test_awscli_account(cairn, homes):
    """An account disables a region and enables it again; the service's endpoint is found in DNS, too."""
    listed = {r["RegionName"]: r["RegionOptStatus"] for r in aws_json("account", "list-regions")["Regions"]}
    assert listed == {region: "ENABLED" if region in OPT_IN else "ENABLED_BY_DEFAULT" for region in REGIONS}
    aws_json("account", "disable-region", "--region-name", "af-south-1")
    status = aws_json("account", "get-region-opt-status", "--region-name", "af-south-1")
    assert status["RegionOptStatus"] == "DISABLED"
    refused(cairn, homes, "InvalidAccessKeyId")
    aws_json("account", "enable-region", "--region-name", "af-south-1")
    assert cairn.client("af-south-1").get_object(Bucket=homes["af-south-1"], Key="k")["Body"].read() == b"body"


def refused(cairn, homes, code):
    with pytest.raises(ClientError) as error:
        cairn.client("af-south-1").get_object(Bucket=homes["af-south-1"], Key="k")
    assert error.value.response["Error"]["Code"] == code
