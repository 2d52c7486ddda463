// A multipart upload from a page: by URLs that a backend presigned, and by the AWS SDK for JavaScript in the page itself.
// Completing needs each part's ETag, which the page reads only where the configuration exposes it (seed 001: "Headers not
// found in CORS response").

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import * as s3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { ORIGIN, backend, clientOptions, globalUrl, newBucket, newPage, preflight } from "../stage.js";
import { part } from "../page/multipart.js";

const LIMIT = { timeout: 60_000 };
const RULE = () => ({
  AllowedOrigins: [ORIGIN],
  AllowedMethods: ["GET", "POST", "PUT", "DELETE"],
  AllowedHeaders: ["*"],
  ExposeHeaders: ["ETag"],
});
// No part but the last may be smaller (facts/06).
const PART_BYTES = 5 * 1024 * 1024;
const SIZES = [PART_BYTES + 1, 17];
const Key = "film/one two.mp4";

const md5 = (bytes) => createHash("md5").update(bytes).digest();
// What the parts' ETags and the object's are.
const wanted = (sizes) => {
  const digests = sizes.map((bytes, at) => md5(part(at + 1, bytes)));
  return { parts: digests.map((digest) => `"${digest.toString("hex")}"`), whole: `"${md5(Buffer.concat(digests)).toString("hex")}-${sizes.length}"` };
};
const whole = (sizes) => md5(Buffer.concat(sizes.map((bytes, at) => part(at + 1, bytes))));

const call = ({ page }, name, ...values) => page.evaluate(([name, values]) => window.multipart[name](...values), [name, values]);

async function contents(Bucket) {
  const got = await backend().send(new s3.GetObjectCommand({ Bucket, Key }));
  return [md5(await got.Body.transformToByteArray()), got.ETag, got.ContentType];
}

async function uploads(Bucket) {
  return ((await backend().send(new s3.ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).length;
}

async function missing(Bucket) {
  await assert.rejects(backend().send(new s3.HeadObjectCommand({ Bucket, Key })), { name: "NotFound" });
}

// The backend's side: each step of the upload as a URL.
function presigner(Bucket) {
  const client = backend();
  const url = (command) => getSignedUrl(client, command, { expiresIn: 60 });
  return {
    create: () => url(new s3.CreateMultipartUploadCommand({ Bucket, Key, ContentType: "video/mp4" })),
    part: (UploadId, PartNumber) => url(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber })),
    complete: (UploadId) => url(new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId })),
    abort: (UploadId) => url(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
  };
}

test("multipart by presigned URLs of a backend", LIMIT, async (t) => {
  const Bucket = await newBucket([RULE()]);
  const page = await newPage(t, ORIGIN, { script: true });
  const urls = presigner(Bucket);
  const id = await call(page, "create", await urls.create());
  const partUrls = await Promise.all(SIZES.map((_, at) => urls.part(id, at + 1)));

  const sent = await call(page, "parts", partUrls, SIZES);
  const want = wanted(SIZES);
  assert.deepEqual(sent.map(({ status, etag }) => [status, etag]), want.parts.map((etag) => [200, etag]));
  const done = await call(page, "complete", await urls.complete(id), sent.map(({ etag }) => etag));
  assert.equal(done.status, 200, done.text);
  assert.match(done.text, /<CompleteMultipartUploadResult/);
  assert.deepEqual((await contents(Bucket)).slice(0, 2), [whole(SIZES), want.whole]);
  await page.reasonsAre([]);

  // One part's URL is not another's.
  const second = await call(page, "create", await urls.create());
  const swapped = (await urls.part(second, 1)).replace("partNumber=1", "partNumber=2");
  const [refused] = await call(page, "parts", [swapped], [10]);
  assert.equal(refused.status, 403);
  assert.match(refused.text, /<Code>SignatureDoesNotMatch<\/Code>/);
  assert.equal((await call(page, "abort", await urls.abort(second))).status, 204);
  assert.equal(await uploads(Bucket), 0);
});

test("multipart by presigned URLs: ETag not exposed", LIMIT, async (t) => {
  const Bucket = await newBucket([{ ...RULE(), ExposeHeaders: ["x-amz-request-id"] }]);
  const page = await newPage(t, ORIGIN, { script: true });
  const urls = presigner(Bucket);
  const id = await call(page, "create", await urls.create());
  const partUrls = await Promise.all(SIZES.map((_, at) => urls.part(id, at + 1)));
  const sent = await call(page, "parts", partUrls, SIZES);
  // Uploaded, but the page cannot know what to complete with, and is told so when it tries.
  assert.deepEqual(sent.map(({ status, etag }) => [status, etag]), SIZES.map(() => [200, null]));
  const refused = await call(page, "complete", await urls.complete(id), sent.map(({ etag }) => etag));
  assert.equal(refused.status, 400);
  assert.match(refused.text, /<Code>InvalidPart<\/Code>/);
  await missing(Bucket);
  assert.equal(await uploads(Bucket), 1, "the parts are kept: the upload can still be completed");
  assert.equal((await call(page, "complete", await urls.complete(id), wanted(SIZES).parts)).status, 200);
});

test("multipart by the SDK in the page, its parts by URLs it presigns", LIMIT, async (t) => {
  const Bucket = await newBucket([RULE()]);
  const page = await newPage(t, ORIGIN, { script: true });
  const want = wanted(SIZES);
  const done = await call(page, "presigning", clientOptions(), { Bucket, Key, sizes: SIZES });
  assert.deepEqual(done, { value: { etags: want.parts, etag: want.whole } });
  assert.deepEqual(await contents(Bucket), [whole(SIZES), want.whole, "video/mp4"]);
  await page.reasonsAre([]);
  // What the SDK's own requests need of the configuration, as no page can see it.
  const asked = "amz-sdk-invocation-id,amz-sdk-request,authorization,x-amz-content-sha256,x-amz-date,x-amz-user-agent";
  const answer = await preflight(`${globalUrl(Bucket)}k`, { method: "POST", headers: asked });
  assert.equal(answer.headers["access-control-allow-headers"], asked.replaceAll(",", ", "));
});

// By default the SDK has a checksum of each part, and completes with what it reads of them, too.
const exposures = [
  { ExposeHeaders: ["ETag", "x-amz-checksum-crc32"], error: undefined },
  { ExposeHeaders: ["ETag"], error: /^InvalidRequest: The upload was created using a crc32 checksum\./ },
  // The SDK's own words.
  { ExposeHeaders: ["x-amz-checksum-crc32"], error: /missing ETag.*CORS configuration/ },
];
for (const { ExposeHeaders, error } of exposures) {
  test(`multipart by the SDK's upload manager in the page, exposed: ${ExposeHeaders}`, LIMIT, async (t) => {
    const Bucket = await newBucket([{ ...RULE(), ExposeHeaders }]);
    const page = await newPage(t, ORIGIN, { script: true });
    const bytes = PART_BYTES + 1000;
    const done = await call(page, "managed", clientOptions(), { Bucket, Key, bytes });
    if (error) {
      assert.match(done.error ?? "uploaded", error);
      await missing(Bucket);
    } else {
      assert.match(done.value?.etag ?? done.error, /^"[0-9a-f]{32}-2"$/);
      assert.deepEqual((await contents(Bucket))[0], md5(part(1, bytes)));
    }
    // Where it failed the SDK has removed the upload.
    assert.equal(await uploads(Bucket), 0);
  });
}
