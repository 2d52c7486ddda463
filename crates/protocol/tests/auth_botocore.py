"""Signs requests with botocore and prints them as JSON, one a line, for auth_botocore.rs to verify.

Usage: auth_botocore.py SEED COUNT

Every request has an odd key, odd parameters and odd headers, and is signed by one of S3SigV4Auth,
S3SigV4QueryAuth, HmacV1Auth and HmacV1QueryAuth. What is printed is what would be sent.
"""

import json
import random
import string
import sys
from urllib.parse import quote, urlsplit

import botocore
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-test-1"
ODD = " +%/=&?#~!'()*:;,@$[]{}|\\^`\"<>äß€😀.."
SUB_RESOURCES = ["acl", "versionId", "uploads", "uploadId", "tagging", "response-content-type"]


def text(rng, alphabet, longest):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, longest)))


def odd(rng, longest=10):
    return text(rng, string.ascii_letters + ODD, longest)


def parameters(rng):
    names = [odd(rng, 4) or "a" for _ in range(rng.randint(0, 2))]
    names += rng.sample(SUB_RESOURCES, rng.randint(0, 2))
    return {name: odd(rng) for name in names}


def headers(rng, repeated):
    found = {}
    for _ in range(rng.randint(0, 3)):
        name = "x-amz-meta-" + text(rng, string.ascii_letters + string.digits, 6) + "m"
        # Names that differ only in case are one header, sent twice.
        name = name if repeated else name.lower()
        found[name] = " a  b" + text(rng, string.printable[:94] + "  ", 10)
    if rng.random() < 0.5:
        found["Content-Type"] = "text/plain; charset=utf-8"
    if rng.random() < 0.3:
        found["Range"] = "bytes=0-9"
    if rng.random() < 0.2:
        found["Content-MD5"] = "1B2M2Y8AsgTpgAmY7PhCfg=="
    return found


def signed(rng):
    secret = text(rng, string.ascii_letters + "+/", 30) + "secret/+"
    token = rng.choice([None, "to+ken/" + text(rng, string.ascii_letters, 9) + "=="])
    credentials = Credentials("AKIDBOTOCORE", secret, token)
    virtual = rng.random() < 0.5
    host = "bucket.s3.localhost:9000" if virtual else "s3.localhost:9000"
    path = "/" + quote(odd(rng, 20), safe="/~")
    if not virtual:
        path = "/bucket" + path
    url = f"http://{host}{path}"
    kind = rng.choice([S3SigV4Auth, S3SigV4QueryAuth, HmacV1Auth, HmacV1QueryAuth])
    version_2 = kind in (HmacV1Auth, HmacV1QueryAuth)
    arguments = {}
    if rng.random() < 0.5 and not version_2:
        arguments["params"] = parameters(rng)
    else:
        pairs = [f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in parameters(rng).items()]
        pairs += rng.sample(["uploads", "flag", "empty=", "plus=a+b", "raw=a!(b)*c"], rng.randint(0, 2))
        if pairs:
            url += "?" + "&".join(pairs)
    request = AWSRequest(
        method=rng.choice(["GET", "PUT", "DELETE", "HEAD", "POST"]),
        url=url,
        # HmacV1QueryAuth signs a repeated header whole and puts only the first value into the query.
        headers=headers(rng, repeated=kind is not HmacV1QueryAuth),
        data=b"body" if kind is S3SigV4Auth else b"",
        **arguments,
    )
    if version_2:
        request.auth_path = path if not virtual else "/bucket" + path
        kind(credentials).add_auth(request)
    else:
        kind(credentials, "s3", REGION).add_auth(request)
    sent = list(request.headers.items())
    if kind is HmacV1QueryAuth:
        # It has put them into the query.
        sent = []
    target = urlsplit(request.prepare().url)
    return {
        "kind": kind.__name__,
        "method": request.method,
        "host": host,
        "path": target.path,
        "query": target.query,
        "headers": sent,
        "secret": secret,
        "token": token,
        "virtual": virtual,
    }


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    print(f"botocore {botocore.__version__}, seed {seed}", file=sys.stderr)
    for _ in range(count):
        print(json.dumps(signed(rng)))


main()
