"""botocore's region redirector: a client of one region, buckets in all the others (facts/02 §5)."""

import itertools

import pytest
from botocore.exceptions import ClientError
from conftest import OPT_IN, REGIONS, address_of, wait_for_address

WIRE = "plain"
# The first request, the redirected one, and one HeadBucket in between.
REQUESTS_MAX = 3
PAIRS = [
    (client, home)
    for client, home in itertools.product(["us-east-1", "us-west-2", "eu-west-1", "af-south-1"], REGIONS)
    if client != home
]

OPERATIONS = {
    "PutObject": lambda s3, b: s3.put_object(Bucket=b, Key="new", Body=b"x" * 100_000)["ETag"],
    "GetObject": lambda s3, b: s3.get_object(Bucket=b, Key="k")["Body"].read() == b"body",
    "HeadObject": lambda s3, b: s3.head_object(Bucket=b, Key="k")["ContentLength"] == 4,
    "HeadBucket": lambda s3, b: s3.head_bucket(Bucket=b)["BucketRegion"],
    "ListObjectsV2": lambda s3, b: s3.list_objects_v2(Bucket=b, Prefix="k")["KeyCount"] == 1,
    "DeleteObjects": lambda s3, b: s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "new"}]})["Deleted"],
}


@pytest.fixture(scope="module")
def homes(cairn):
    """A bucket with an object in every region."""
    buckets = {home: cairn.bucket(home) for home in REGIONS}
    for home, bucket in buckets.items():
        cairn.client(home).put_object(Bucket=bucket, Key="k", Body=b"body")
    return buckets


def counted(s3):
    sent = []
    s3.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.url))
    return sent


@pytest.mark.parametrize("region,home", PAIRS)
def test_wrong_region(cairn, homes, region, home):
    for name, operation in OPERATIONS.items():
        # A client that has not learnt yet where the bucket is.
        s3 = cairn.client(region)
        sent = counted(s3)
        assert operation(s3, homes[home]), name
        assert 1 < len(sent) <= REQUESTS_MAX, (name, sent)


def test_client_remembers(cairn, homes):
    s3 = cairn.client("us-west-2")
    for bucket in homes.values():
        s3.get_object(Bucket=bucket, Key="k")
    sent = counted(s3)
    for bucket in homes.values():
        s3.get_object(Bucket=bucket, Key="k")
    assert len(sent) == len(homes), sent


def test_path_style(cairn, homes):
    for region in ("us-east-1", "eu-central-1", "ap-southeast-3"):
        s3 = cairn.client(region, s3={"addressing_style": "path"})
        for bucket in homes.values():
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"


def test_dualstack(cairn, homes):
    s3 = cairn.client("eu-west-1", s3={"use_dualstack_endpoint": True})
    for bucket in homes.values():
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"


def test_location_from_everywhere(cairn, homes):
    for region in REGIONS:
        for home, bucket in homes.items():
            expected = None if home == "us-east-1" else home
            assert cairn.client(region).get_bucket_location(Bucket=bucket)["LocationConstraint"] == expected


def test_missing_bucket(cairn):
    for region in REGIONS:
        s3 = cairn.client(region)
        sent = counted(s3)
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket="no-such-bucket-anywhere", Key="k")
        assert refused.value.response["Error"]["Code"] == "NoSuchBucket"
        assert len(sent) == 1, sent


def test_list_buckets(cairn, homes):
    for region in REGIONS:
        listed = {b["Name"]: b["BucketRegion"] for b in cairn.client(region).list_buckets()["Buckets"]}
        assert {bucket: home for home, bucket in homes.items()}.items() <= listed.items()
        listed = cairn.client(region).list_buckets(BucketRegion="eu-west-1")["Buckets"]
        assert {b["BucketRegion"] for b in listed} == {"eu-west-1"}


def test_create_conflict(cairn, homes):
    """No redirect for CreateBucket: the answer is about the name."""
    with pytest.raises(ClientError) as refused:
        configuration = {"LocationConstraint": "us-west-2"}
        cairn.client("us-west-2").create_bucket(Bucket=homes["eu-west-1"], CreateBucketConfiguration=configuration)
    assert refused.value.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"


def test_copy_between_regions(cairn, homes):
    for source, home in (("eu-west-1", "us-west-2"), ("us-east-1", "ap-southeast-3"), ("af-south-1", "us-east-1")):
        s3 = cairn.client(home)
        s3.copy_object(Bucket=homes[home], Key="copy", CopySource={"Bucket": homes[source], "Key": "k"})
        assert s3.get_object(Bucket=homes[home], Key="copy")["Body"].read() == b"body"


@pytest.mark.parametrize("home", REGIONS)
def test_through_the_window(cairn, home):
    """The default client, from creation until its bucket's record is published, and after (facts/01 §4)."""
    bucket = cairn.bucket(home)
    host = f"{bucket}.s3.amazonaws.com"
    assert address_of(host) == {REGIONS["us-east-1"]}
    cairn.client("us-east-1").put_object(Bucket=bucket, Key="k", Body=b"early")
    if home in OPT_IN:
        # Never re-routed: there is nothing to wait for, so the answer is asked after those of the others.
        wait_for_address(f"{cairn_old(cairn)}.s3.amazonaws.com", REGIONS["eu-west-1"])
        assert address_of(host) == {REGIONS["us-east-1"]}
    else:
        wait_for_address(host, REGIONS[home])
    assert cairn.client("us-east-1").get_object(Bucket=bucket, Key="k")["Body"].read() == b"early"


def cairn_old(cairn):
    return cairn.bucket("eu-west-1")
