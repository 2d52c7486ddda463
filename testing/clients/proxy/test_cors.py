"""CORS behind nginx: what a page is told, through the proxy and out of its cache (seed 001, "proxy integrations")."""

import pytest

ORIGINS = ["https://one.example", "https://two.example"]
STRANGER = "https://three.example"
RULES = [
    {
        "AllowedOrigins": ORIGINS,
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["content-type", "x-amz-meta-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }
]
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def allowed(origin):
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag",
        "access-control-max-age": "600",
        "vary": VARY,
    }


@pytest.fixture
def shared(stage, bucket):
    """With the rules and an object."""
    client = stage.client()
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    client.put_object(Bucket=bucket, Key="k", Body=b"body", ContentType="text/html")
    return bucket


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_preflight_and_request(stage, scheme, style, shared):
    client = stage.client(scheme, style)
    url = client.generate_presigned_url("put_object", {"Bucket": shared, "Key": "up", "ContentType": "image/png"})
    wanted = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-amz-meta-some_name"}
    for origin in ORIGINS:
        answer = stage.ask("OPTIONS", url, {"Origin": origin} | wanted)
        names = {"access-control-allow-headers": "content-type, x-amz-meta-some_name"}
        assert (answer.status, answer.body, answer.cors()) == (200, b"", allowed(origin) | names)
        answer = stage.ask("PUT", url, {"Origin": origin, "Content-Type": "image/png"}, b"a cat")
        assert (answer.status, answer.cors()) == (200, allowed(origin)), answer.text
        # Refused by the signature: readable for the page.
        answer = stage.ask("PUT", url, {"Origin": origin, "Content-Type": "image/gif"}, b"a cat")
        assert (answer.status, answer.cors()) == (403, allowed(origin))
    answer = stage.ask("OPTIONS", url, {"Origin": STRANGER} | wanted)
    assert (answer.status, answer.cors()) == (403, {})
    assert "CORSResponse: This CORS request is not allowed." in answer.text
    answer = stage.ask("PUT", url, {"Origin": STRANGER, "Content-Type": "image/png"}, b"a cat")
    assert (answer.status, answer.cors()) == (200, {})


def page(stage, method, url, origin=None, **headers):
    answer = stage.ask(method, url, ({"Origin": origin} if origin else {}) | headers)
    assert answer.status == 200, answer.text
    return answer.get("x-cache-status"), answer.cors()


def cached_url(stage, scheme, shared, operation="get_object"):
    client = stage.client(scheme, ports=stage.caching, signature_version="s3v4")
    return client.generate_presigned_url(operation, {"Bucket": shared, "Key": "k"}, ExpiresIn=600)


def test_the_cache_keeps_origins_apart(stage, scheme, shared):
    """Whoever asks first: an <img> without Origin, a stranger, and each of the two."""
    url = cached_url(stage, scheme, shared)
    turns = [None, STRANGER, *ORIGINS]
    want = {None: {}, STRANGER: {}} | {origin: allowed(origin) for origin in ORIGINS}
    for status in ("MISS", "HIT", "HIT"):
        for origin in turns:
            assert page(stage, "GET", url, origin) == (status, want[origin]), origin
        turns.reverse()
    # What else decides: another method asked for is another answer.
    asked = {"Access-Control-Request-Method": "DELETE"}
    for status in ("MISS", "HIT"):
        assert page(stage, "GET", url, ORIGINS[0], **asked) == (status, {})
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    with_names = allowed(ORIGINS[0]) | {"access-control-allow-headers": "content-type"}
    for status in ("MISS", "HIT"):
        assert page(stage, "GET", url, ORIGINS[0], **asked) == (status, with_names)
    assert page(stage, "GET", url, ORIGINS[0]) == ("HIT", allowed(ORIGINS[0]))


def test_the_cache_keeps_methods_apart(stage, scheme, shared):
    """HEAD is not among the rule's methods: GET's answer may not stand for it."""
    get, head = (cached_url(stage, scheme, shared, operation) for operation in ("get_object", "head_object"))
    assert page(stage, "GET", get, ORIGINS[0])[1] == allowed(ORIGINS[0])
    for status in ("MISS", "HIT"):
        assert page(stage, "HEAD", head, ORIGINS[0]) == (status, {})


def test_the_cache_answers_by_itself(stage, scheme, shared):
    url = cached_url(stage, scheme, shared)
    assert page(stage, "GET", url, ORIGINS[0])[0] == "MISS"
    stage.client().delete_object(Bucket=shared, Key="k")
    assert page(stage, "GET", url, ORIGINS[0]) == ("HIT", allowed(ORIGINS[0]))
    # Preflights are never kept.
    wanted = {"Origin": ORIGINS[0], "Access-Control-Request-Method": "GET"}
    stage.client().delete_bucket_cors(Bucket=shared)
    answer = stage.ask("OPTIONS", url, wanted)
    assert (answer.status, answer.get("x-cache-status")) == (403, None)


def test_what_is_documented_keeps_nothing_signed(stage, scheme, shared):
    """With the file as it is: only a plain GET comes to the cache, where an error is not kept."""
    client = stage.client(scheme)
    url = client.generate_presigned_url("get_object", {"Bucket": shared, "Key": "k"})
    assert [page(stage, "GET", url, ORIGINS[0]) for _ in range(2)] == [(None, allowed(ORIGINS[0]))] * 2
    for _ in range(2):
        headers = client.get_object(Bucket=shared, Key="k")["ResponseMetadata"]["HTTPHeaders"]
        assert "x-cache-status" not in headers
    for _ in range(2):
        answer = stage.ask("GET", url.split("?")[0], {"Origin": ORIGINS[1]})
        assert (answer.status, answer.get("x-cache-status")) == (403, "MISS")
        assert answer.cors() == allowed(ORIGINS[1])
