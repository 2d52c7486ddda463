"""Cairn as amazonaws.com: six regions and their DNS, in a network namespace of our own (inside.sh).

A module says with WIRE whether its server speaks plain HTTP at port 80 or TLS at port 443, as some clients without
an endpoint speak only that. Each module's server starts empty. No test names an address: the resolver does.
"""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import boto3
import pytest
from botocore.config import Config

DOMAIN = "amazonaws.com"
REGIONS = {
    "us-east-1": "127.0.0.1",
    "us-west-2": "127.0.0.2",
    "eu-west-1": "127.0.0.3",
    "eu-central-1": "127.0.0.4",
    "ap-southeast-3": "127.0.0.5",
    "af-south-1": "127.0.0.6",
}
# This region listens at an IPv6 address as well.
IPV6 = {"eu-west-1": "::1"}
OPT_IN = {"ap-southeast-3", "af-south-1"}
PROPAGATION_SECONDS = 2
TTL_SECONDS = 1
ADMIN = "127.0.0.1:9001"
READY_SECONDS = 30
DRAIN_SECONDS = 40
SCRATCH = pathlib.Path(os.environ["CAIRN_TEST_SCRATCH"])

os.environ["AWS_ACCESS_KEY_ID"] = "CAIRNREGIONS00000001"
os.environ["AWS_SECRET_ACCESS_KEY"] = "regions+secret/of-forty-characters-1234567"[:40]


def certificates():
    """A CA, and a certificate of its for every endpoint name; the variables by which the clients trust it."""
    services = ["s3"] + [form.format(r) for r in REGIONS for form in ("s3.{}", "s3-{}", "s3.dualstack.{}")]
    names = [name for service in services for name in (service, f"*.{service}")]
    names += ["account"] + [f"account.{region}" for region in REGIONS]
    san = "subjectAltName=" + ",".join(f"DNS:{name}.{DOMAIN}" for name in names)
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]

    def run(*words):
        subprocess.run([str(word) for word in words], cwd=SCRATCH, check=True, capture_output=True, timeout=60)

    run(*make, "-subj", "/CN=cairn test CA", "-keyout", "ca.key", "-out", "ca.pem")
    run(*make, "-subj", "/CN=cairn test", "-addext", san, "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "tls.key", "-out", "tls.pem")
    ca = str(SCRATCH / "ca.pem")
    for variable in ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        os.environ[variable] = ca


class Cairn:
    """The server of a module."""

    def __init__(self, wire, name):
        self.wire = wire
        self.scheme, port = ("https", 443) if wire == "tls" else ("http", 80)
        listeners = [f"{region}={address}:{port}" for region, address in REGIONS.items()]
        listeners += [f"{region}=[{address}]:{port}" for region, address in IPV6.items()]
        regions = ",".join(listeners)
        self.log = SCRATCH / f"{name}.log"
        command = [os.environ["CAIRN_BIN"], "serve", "--regions", regions, "--domain", DOMAIN]
        command += ["--data-dir", str(SCRATCH / name), "--admin-listen", ADMIN, "--opt-in-regions", "enabled"]
        command += ["--dns-listen", "127.0.0.1:53", "--dns-propagation-seconds", str(PROPAGATION_SECONDS)]
        command += ["--dns-ttl-seconds", str(TTL_SECONDS)]
        if wire == "tls":
            command += ["--tls-cert", str(SCRATCH / "tls.pem"), "--tls-key", str(SCRATCH / "tls.key")]
        keys = {f"CAIRN_ROOT_{name}": os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, env=os.environ | keys, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            assert self.process.poll() is None, f"the server ended:\n{self.log.read_text()}"
            try:
                with urllib.request.urlopen(f"http://{ADMIN}/-/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            assert time.monotonic() < deadline, f"the server is not ready:\n{self.log.read_text()}"
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DRAIN_SECONDS) == 0, self.log.read_text()[-2000:]
        assert "panicked at" not in self.log.read_text()

    def client(self, region, service="s3", **options):
        """boto3 as a user has it: a region, no endpoint. A retry would hide a failing server, so there is none."""
        config = Config(retries={"total_max_attempts": 1}, **options)
        return boto3.client(service, region_name=region, use_ssl=self.wire == "tls", config=config)

    def bucket(self, home):
        """A new bucket in that region, made at the global endpoint, as most users make one."""
        name = f"regions-{uuid.uuid4()}"
        constraint = {} if home == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": home}}
        self.client("us-east-1").create_bucket(Bucket=name, **constraint)
        return name

    def url(self, bucket, key=""):
        """The bucket's global name."""
        return f"{self.scheme}://{bucket}.s3.{DOMAIN}/{key}"


def address_of(host, family=socket.AF_INET):
    """What the machine's own resolver says."""
    return {info[4][0] for info in socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)}


def wait_for_address(host, address):
    """Until DNS answers that: publication, and the answers cached before it."""
    deadline = time.monotonic() + 3 * (PROPAGATION_SECONDS + TTL_SECONDS)
    while address_of(host) != {address}:
        assert time.monotonic() < deadline, f"{host} is {address_of(host)}, not {address}"
        time.sleep(0.1)


@pytest.fixture(scope="session", autouse=True)
def trust():
    certificates()


@pytest.fixture(scope="module")
def cairn(request, trust):
    server = Cairn(request.module.WIRE, request.module.__name__)
    yield server
    server.stop()
