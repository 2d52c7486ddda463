// Rows `multipart_64mib`, `multipart_listing`, `versioning`, `presigned`, `checksums`.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import zlib from "node:zlib";

import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { MIB, client, get, hash, newBucket, oddKeys, pattern, put, refusal, sameBytes } from "../cairn.js";

function multipartETag(body, part) {
  const digests = [];
  for (let at = 0; at < body.length; at += part) digests.push(hash("md5", body.subarray(at, at + part)));
  return `"${hash("md5", Buffer.concat(digests), "hex")}-${digests.length}"`;
}

test("multipart_64mib", async (t) => {
  const Bucket = await newBucket(t);
  const body = pattern(64 * MIB);
  // From a stream, as a program would send a file.
  const pieces = Readable.from((function* () {
    for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
  })());
  const upload = new Upload({ client, params: { Bucket, Key: "large", Body: pieces } });
  const done = await upload.done();
  assert.equal(done.ETag, multipartETag(body, 5 * MIB));
  sameBytes((await get(Bucket, "large")).bytes, body);
  const third = await get(Bucket, "large", { PartNumber: 3 });
  assert.equal(third.PartsCount, 13);
  sameBytes(third.bytes, body.subarray(10 * MIB, 15 * MIB));
});

test("multipart_listing", async (t) => {
  const Bucket = await newBucket(t);
  const uploads = new Map();
  for (const Key of oddKeys.slice(0, 7)) {
    uploads.set(Key, (await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }))).UploadId);
  }
  const list = await client.send(new s3.ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(list.Uploads.map(({ Key, UploadId }) => [Key, UploadId]), [...uploads]);
  assert.equal(list.IsTruncated, false);

  const [Key, UploadId] = [...uploads][0];
  const etags = [];
  for (const PartNumber of [1, 2, 3]) {
    const part = await client.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: "part" }));
    etags.push(part.ETag);
  }
  const listed = [];
  // Not by paginateListParts: it ignores IsTruncated and, against Amazon too, starts again from the first page.
  let PartNumberMarker;
  do {
    const page = await client.send(new s3.ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker, MaxParts: 2 }));
    listed.push(...page.Parts.map((part) => part.ETag));
    PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (PartNumberMarker !== undefined);
  assert.deepEqual(listed, etags);

  for (const [Key, UploadId] of uploads) {
    await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  assert.equal((await client.send(new s3.ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  const parts = new s3.ListPartsCommand({ Bucket, Key, UploadId });
  await assert.rejects(client.send(parts), refusal("NoSuchUpload", 404));
});

test("versioning", async (t) => {
  const Bucket = await newBucket(t);
  const Key = "object";
  const enabled = { Bucket, VersioningConfiguration: { Status: "Enabled" } };
  await client.send(new s3.PutBucketVersioningCommand(enabled));
  assert.equal((await client.send(new s3.GetBucketVersioningCommand({ Bucket }))).Status, "Enabled");
  const first = (await put(Bucket, Key, "first")).VersionId;
  const second = (await put(Bucket, Key, "second")).VersionId;
  const marker = await client.send(new s3.DeleteObjectCommand({ Bucket, Key }));
  assert.equal(marker.DeleteMarker, true);
  await assert.rejects(get(Bucket, Key), refusal("NoSuchKey", 404));
  await assert.rejects(get(Bucket, Key, { VersionId: marker.VersionId }), refusal("MethodNotAllowed", 405));
  assert.equal((await get(Bucket, Key, { VersionId: first })).bytes.toString(), "first");

  const listing = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(listing.Versions.map((version) => version.VersionId), [second, first]);
  assert.deepEqual(listing.DeleteMarkers.map((entry) => [entry.VersionId, entry.IsLatest]), [[marker.VersionId, true]]);

  const undone = await client.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId: marker.VersionId }));
  assert.equal(undone.DeleteMarker, true);
  assert.equal((await get(Bucket, Key)).bytes.toString(), "second");
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId: second }));
  assert.equal((await get(Bucket, Key)).bytes.toString(), "first");
});

// URLs made by the SDK, used by another client: node's own fetch.
test("presigned", async (t) => {
  const Bucket = await newBucket(t);
  for (const Key of ["plain", "odd key+/%2F=&😀"]) {
    const toPut = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
    assert.equal((await fetch(toPut, { method: "PUT", body: "sent" })).status, 200);
    const toGet = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key }), { expiresIn: 60 });
    const got = await fetch(toGet);
    assert.deepEqual([got.status, await got.text()], [200, "sent"]);
    const changed = await fetch(`${toGet}&response-content-type=x`);
    assert.equal(changed.status, 403);
    assert.match(await changed.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  }
});

test("checksums", async (t) => {
  const Bucket = await newBucket(t);
  const body = pattern(300_000);
  const crc32 = Buffer.alloc(4);
  crc32.writeUInt32BE(zlib.crc32(body));
  // Known here by other means; the SDK computes and compares every one of them.
  const expected = {
    CRC32: crc32.toString("base64"),
    SHA1: hash("sha1", body, "base64"),
    SHA256: hash("sha256", body, "base64"),
    CRC32C: undefined,
    CRC64NVME: undefined,
  };
  for (const [ChecksumAlgorithm, sum] of Object.entries(expected)) {
    const field = `Checksum${ChecksumAlgorithm}`;
    const sent = await put(Bucket, "object", body, { ChecksumAlgorithm });
    const got = await get(Bucket, "object");
    sameBytes(got.bytes, body);
    assert.equal(got[field], sent[field]);
    assert.equal(got.ChecksumType, "FULL_OBJECT");
    if (sum) assert.equal(got[field], sum);
    assert.ok(got[field]);
  }
  // By default the SDK sends CRC32.
  assert.equal((await put(Bucket, "object", body)).ChecksumCRC32, expected.CRC32);
  await assert.rejects(put(Bucket, "object", body, { ChecksumCRC32: "AAAAAA==" }), refusal("BadDigest", 400));
});
