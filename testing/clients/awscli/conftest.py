"""The aws command with its defaults, and a bucket of its own for each test."""

import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest

ENDPOINT = os.environ["CAIRN_TEST_ENDPOINT"]
PROGRAM = pathlib.Path(sys.executable).parent / "aws"


class Aws:
    """Runs `aws`; one attempt only, because a retry would hide a failing server. `environment` is added to its own;
    a variable that is None there is taken away."""

    def __init__(self, **environment):
        self.environment = environment
        self.endpoint = ENDPOINT

    def run(self, *words, stdin=None):
        command = [str(PROGRAM), "--endpoint-url", self.endpoint, *map(str, words)]
        environment = os.environ | {"AWS_MAX_ATTEMPTS": "1", "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}
        environment |= self.environment
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=120)

    def __call__(self, *words, stdin=None):
        """What the command printed; it must succeed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, f"aws {' '.join(map(str, words))}\n{done.stderr.decode()}"
        return done.stdout

    def api(self, operation, **options):
        """`aws s3api`: the answer as a dictionary."""
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        printed = self("s3api", operation, *words)
        return json.loads(printed) if printed.strip() else {}

    def refused(self, *words):
        """What the command said while it failed."""
        done = self.run(*words)
        assert done.returncode != 0, f"aws {' '.join(words)} succeeded"
        return done.stderr.decode()


@pytest.fixture(scope="session")
def aws():
    return Aws()


@pytest.fixture
def bucket(aws):
    name = f"awscli-{uuid.uuid4()}"
    aws("s3", "mb", f"s3://{name}")
    yield name
    listing = aws.api("list-object-versions", bucket=name)
    entries = listing.get("Versions", []) + listing.get("DeleteMarkers", [])
    if entries:
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = aws.api("delete-objects", bucket=name, delete=json.dumps({"Objects": objects, "Quiet": True}))
        assert "Errors" not in answer
    aws("s3", "rb", f"s3://{name}")
