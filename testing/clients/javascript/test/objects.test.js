// Rows `buckets`, `addressing`, `objects`, `ranges`, `metadata`, `tags`, `conditional_writes`, `errors`.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";

import * as s3 from "@aws-sdk/client-s3";

import { client, connect, endpoint, get, hash, newBucket, pattern, put, refusal, sameBytes } from "../cairn.js";

test("buckets", async (t) => {
  const Bucket = await newBucket(t);
  const head = await client.send(new s3.HeadBucketCommand({ Bucket }));
  assert.equal(head.BucketRegion, "us-east-1");
  const location = await client.send(new s3.GetBucketLocationCommand({ Bucket }));
  assert.equal(location.LocationConstraint, undefined);
  const list = await client.send(new s3.ListBucketsCommand({ Prefix: Bucket }));
  assert.deepEqual(list.Buckets.map((bucket) => bucket.Name), [Bucket]);
  const absent = new s3.HeadBucketCommand({ Bucket: `${Bucket}-absent` });
  await assert.rejects(client.send(absent), refusal("NotFound", 404));
});

test("addressing, virtual-hosted", async (t) => {
  const Bucket = await newBucket(t);
  const hosted = connect(`http://s3.localhost:${endpoint.port}`, { forcePathStyle: false });
  const hosts = [];
  const note = (next) => (args) => {
    hosts.push(args.request.hostname);
    return next(args);
  };
  hosted.middlewareStack.add(note, { step: "finalizeRequest", priority: "low" });
  const Key = "odd key+/../x";
  await hosted.send(new s3.PutObjectCommand({ Bucket, Key, Body: "addressed" }));
  const got = await hosted.send(new s3.GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body.transformToString(), "addressed");
  assert.deepEqual(hosts, [`${Bucket}.s3.localhost`, `${Bucket}.s3.localhost`]);
});

for (const length of [0, 1, 1024, 65_536, 1_500_000]) {
  test(`objects of ${length} bytes`, async (t) => {
    const Bucket = await newBucket(t);
    const body = pattern(length);
    const etag = `"${hash("md5", body, "hex")}"`;
    const answer = await put(Bucket, "object", body);
    assert.equal(answer.ETag, etag);
    // A deviation, in docs/semantics.md: nothing is encrypted yet, so nothing says so.
    assert.equal(answer.ServerSideEncryption, undefined);
    const got = await get(Bucket, "object");
    sameBytes(got.bytes, body);
    assert.deepEqual([got.ETag, got.ContentLength], [etag, length]);
    await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "object" }));
    await assert.rejects(get(Bucket, "object"), refusal("NoSuchKey", 404));
  });
}

test("objects from a stream: chunks with a trailing checksum", async (t) => {
  const Bucket = await newBucket(t);
  const body = pattern(1_000_000);
  // S3 wants 8 KiB in every chunk but the last, and the SDK makes a chunk of each piece it is given.
  const ends = [0, 8192, 70_000, 999_999, 1_000_000];
  const pieces = ends.slice(1).map((end, i) => body.subarray(ends[i], end));
  await put(Bucket, "object", Readable.from(pieces), { ContentLength: body.length });
  sameBytes((await get(Bucket, "object")).bytes, body);

  const small = Readable.from([body.subarray(0, 1), body.subarray(1, 20_000)]);
  await assert.rejects(put(Bucket, "small", small, { ContentLength: 20_000 }), refusal("InvalidChunkSizeError", 400));
});

test("ranges", async (t) => {
  const Bucket = await newBucket(t);
  const body = pattern(3_000_000);
  await put(Bucket, "object", body);
  const ranges = {
    "bytes=0-9": [0, 9],
    "bytes=1048570-1048580": [1_048_570, 1_048_580],
    "bytes=2999990-": [2_999_990, 2_999_999],
    "bytes=-7": [2_999_993, 2_999_999],
  };
  for (const [Range, [first, last]] of Object.entries(ranges)) {
    const got = await get(Bucket, "object", { Range });
    sameBytes(got.bytes, body.subarray(first, last + 1));
    assert.equal(got.ContentRange, `bytes ${first}-${last}/3000000`);
  }
  await assert.rejects(get(Bucket, "object", { Range: "bytes=3000000-" }), refusal("InvalidRange", 416));
});

test("metadata", async (t) => {
  const Bucket = await newBucket(t);
  const Expires = new Date("2030-01-02T03:04:05Z");
  const described = { ContentType: "text/plain", CacheControl: "max-age=60", ContentDisposition: "attachment", ContentLanguage: "de" };
  await put(Bucket, "object", "x", { Metadata: { Colour: "blue", empty: "" }, ...described, Expires });
  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "object" }));
  assert.deepEqual(head.Metadata, { colour: "blue", empty: "" });
  for (const [name, value] of Object.entries(described)) assert.equal(head[name], value);
  assert.equal(head.ExpiresString, "Wed, 02 Jan 2030 03:04:05 GMT");
});

test("tags", async (t) => {
  const Bucket = await newBucket(t);
  const TagSet = [{ Key: "colour", Value: "blue + green" }, { Key: "größe", Value: "" }];
  const sorted = (tags) => tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1));
  await put(Bucket, "object", "x", { Tagging: "a=1" });
  const target = { Bucket, Key: "object" };
  assert.deepEqual((await client.send(new s3.GetObjectTaggingCommand(target))).TagSet, [{ Key: "a", Value: "1" }]);
  await client.send(new s3.PutObjectTaggingCommand({ ...target, Tagging: { TagSet } }));
  assert.deepEqual(sorted((await client.send(new s3.GetObjectTaggingCommand(target))).TagSet), TagSet);
  assert.equal((await get(Bucket, "object")).TagCount, 2);
  await client.send(new s3.DeleteObjectTaggingCommand(target));
  assert.deepEqual((await client.send(new s3.GetObjectTaggingCommand(target))).TagSet, []);

  await client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  assert.deepEqual(sorted((await client.send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet), TagSet);
  await client.send(new s3.DeleteBucketTaggingCommand({ Bucket }));
  await assert.rejects(client.send(new s3.GetBucketTaggingCommand({ Bucket })), refusal("NoSuchTagSet", 404));
});

test("conditional_writes", async (t) => {
  const Bucket = await newBucket(t);
  const first = await put(Bucket, "object", "first", { IfNoneMatch: "*" });
  await assert.rejects(put(Bucket, "object", "second", { IfNoneMatch: "*" }), refusal("PreconditionFailed", 412));
  assert.equal((await get(Bucket, "object")).bytes.toString(), "first");
  const other = `"${hash("md5", "other", "hex")}"`;
  await assert.rejects(put(Bucket, "object", "third", { IfMatch: other }), refusal("PreconditionFailed", 412));
  await put(Bucket, "object", "fourth", { IfMatch: first.ETag });
  assert.equal((await get(Bucket, "object")).bytes.toString(), "fourth");
});

test("errors", async (t) => {
  const Bucket = await newBucket(t);
  await assert.rejects(get(Bucket, "absent"), (error) => {
    assert.ok(error instanceof s3.NoSuchKey);
    assert.equal(error.message, "The specified key does not exist.");
    assert.match(error.$metadata.requestId, /^[0-9A-Z]{16}$/);
    return true;
  });
  const list = new s3.ListObjectsV2Command({ Bucket: `${Bucket}-absent` });
  await assert.rejects(client.send(list), (error) => error instanceof s3.NoSuchBucket);
  await put(Bucket, "object", "x");
  await assert.rejects(client.send(new s3.DeleteBucketCommand({ Bucket })), refusal("BucketNotEmpty", 409));
});
