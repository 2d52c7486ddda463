"""Prints a presigned POST made by boto3, as the upload handler of seed 003 returns it."""

import json
import sys

import boto3
from botocore.config import Config

MAX_UPLOAD_BYTES = 5368709120

endpoint, region, signature, bucket, key = sys.argv[1:]
config = Config(signature_version=signature, s3={"addressing_style": "virtual"})
s3 = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)
conditions = [["content-length-range", 0, MAX_UPLOAD_BYTES]]
print(json.dumps(s3.generate_presigned_post(bucket, key, Conditions=conditions, ExpiresIn=60)))
