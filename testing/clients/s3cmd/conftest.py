"""The s3cmd command with its defaults, and a bucket of its own for each test."""

import os
import pathlib
import subprocess
import sys
import urllib.parse
import uuid

import pytest

ENDPOINT = urllib.parse.urlsplit(os.environ["CAIRN_TEST_ENDPOINT"])
PROGRAM = pathlib.Path(sys.executable).parent / "s3cmd"

CONFIGURATION = f"""[default]
access_key = {os.environ["AWS_ACCESS_KEY_ID"]}
secret_key = {os.environ["AWS_SECRET_ACCESS_KEY"]}
host_base = {ENDPOINT.netloc}
host_bucket = {ENDPOINT.netloc}
use_https = {ENDPOINT.scheme == "https"}
max_retries = 1
"""


class S3cmd:
    """Runs `s3cmd`, with one of its two signatures."""

    def __init__(self, configuration, *options):
        self.start = [str(PROGRAM), "--config", str(configuration), "--no-progress", *options]

    def run(self, *words):
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        return subprocess.run([*self.start, *map(str, words)], capture_output=True, env=environment, timeout=120)

    def __call__(self, *words):
        """What the command printed; it must succeed, without a retry or other warning."""
        done = self.run(*words)
        said = done.stderr.decode()
        assert done.returncode == 0, f"s3cmd {' '.join(map(str, words))}\n{said}"
        assert "WARNING" not in said and "ERROR" not in said, said
        return done.stdout.decode()


@pytest.fixture(scope="session", params=["v4", "v2"])
def s3cmd(request, tmp_path_factory):
    configuration = tmp_path_factory.mktemp("s3cmd") / "config"
    configuration.write_text(CONFIGURATION)
    return S3cmd(configuration, *(["--signature-v2"] if request.param == "v2" else []))


@pytest.fixture
def bucket(s3cmd):
    name = f"s3cmd-{uuid.uuid4()}"
    s3cmd("mb", f"s3://{name}")
    yield name
    # Not by `s3cmd(...)`: it warns when the bucket is empty already.
    removed = s3cmd.run("rb", "--recursive", "--force", f"s3://{name}")
    assert removed.returncode == 0, removed.stderr.decode()
