"""Makes forms with botocore's generate_presigned_post and prints them as JSON, one a line, for post_botocore.rs.

Usage: post_botocore.py SEED COUNT

The body is what urllib3, which comes with botocore, makes of the fields and a file: what is sent.
"""

import base64
import json
import random
import string
import sys

import botocore.session
from botocore.config import Config
from urllib3.filepost import encode_multipart_formdata

REGION = "eu-test-1"
BUCKET = "bucket"
ODD = " +%/=&?#~!'()*:;,@$[]{}|^`<>äß€😀.."


def text(rng, alphabet, shortest, longest):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(shortest, longest)))


def odd(rng, shortest=0, longest=12):
    return text(rng, string.ascii_letters + ODD, shortest, longest)


def asked(rng):
    """Fields, and conditions that allow them."""
    fields, conditions = {}, []
    if rng.random() < 0.5:
        fields["Content-Type"] = "image/" + text(rng, string.ascii_lowercase, 1, 5)
        conditions.append(rng.choice([["starts-with", "$Content-Type", "image/"], {"Content-Type": fields["Content-Type"]}]))
    if rng.random() < 0.5:
        fields["acl"] = "private"
        conditions.append({"acl": "private"})
    if rng.random() < 0.5:
        fields["success_action_status"] = "201"
        conditions.append(["eq", "$success_action_status", "201"])
    for number in range(rng.randint(0, 3)):
        name = f"x-amz-meta-{number}"
        fields[name] = odd(rng)
        prefix = fields[name][: rng.randint(0, 3)]
        conditions.append(rng.choice([["starts-with", "$" + name, prefix], {name.upper(): fields[name]}]))
    if rng.random() < 0.5:
        fields["x-ignore-this"] = odd(rng)
    return fields, conditions


def made(rng, session):
    secret = text(rng, string.ascii_letters + "+/", 0, 30) + "secret/+"
    token = rng.choice([None, "to+ken/" + text(rng, string.ascii_letters, 1, 9) + "=="])
    version = rng.choice(["s3v4", "s3"])
    client = session.create_client(
        "s3",
        region_name=REGION,
        aws_access_key_id="AKIDBOTOCORE",
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(signature_version=version),
    )
    data = rng.randbytes(rng.randint(0, 100)) + b"\r\n--" * rng.randint(0, 2)
    fields, conditions = asked(rng)
    conditions.append(["content-length-range", 0, rng.choice([len(data), 5368709120])])
    key = odd(rng, 1) + rng.choice(["", "/${filename}"])
    name = text(rng, string.ascii_letters + " äß€😀.-", 1, 12)
    post = client.generate_presigned_post(BUCKET, key, Fields=fields, Conditions=conditions, ExpiresIn=600)
    parts = list(post["fields"].items())
    rng.shuffle(parts)
    parts.append(("file", (name, data, "application/octet-stream")))
    if rng.random() < 0.3:
        parts.append(("submit", "Upload"))
    body, content_type = encode_multipart_formdata(parts)
    return {
        "content_type": content_type,
        "body": base64.b64encode(body).decode(),
        "file": base64.b64encode(data).decode(),
        "key": key.replace("${filename}", name),
        "meta": {n.removeprefix("x-amz-meta-"): v for n, v in fields.items() if n.startswith("x-amz-meta-")},
        "created": "success_action_status" in fields,
        "secret": secret,
        "token": token,
        "version": version,
    }


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    session = botocore.session.get_session()
    print(f"botocore {botocore.__version__}, seed {seed}", file=sys.stderr)
    for _ in range(count):
        print(json.dumps(made(rng, session)))


main()
