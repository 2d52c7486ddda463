// Presigned URLs used by a page's fetch: what it may do, and what it may read of the answer (facts/03 §3, §6).

import assert from "node:assert/strict";
import { test } from "node:test";

import * as s3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { HIDDEN, ORIGIN, OTHER, backend, newBucket, newPage, preflight, putCors, requestsOf, stored } from "../stage.js";

const LIMIT = { timeout: 30_000 };
// Signed as headers, as they would otherwise be moved into the URL and the page would have none to send.
const SIGNED = ["content-type", "x-amz-meta-colour"];

const presign = (client, command) =>
  getSignedUrl(client, command, { expiresIn: 60, signableHeaders: new Set(["host", ...SIGNED]), unhoistableHeaders: new Set(SIGNED) });

for (const style of ["virtual-hosted", "path"]) {
  test(`presigned PUT, GET and DELETE, ${style}`, LIMIT, async (t) => {
    const Bucket = await newBucket([
      {
        AllowedOrigins: [ORIGIN],
        AllowedMethods: ["GET", "PUT", "DELETE"],
        AllowedHeaders: ["content-type", "x-amz-meta-*", "x-amz-checksum-*", "x-amz-sdk-*"],
        ExposeHeaders: ["ETag", "x-amz-meta-colour"],
      },
    ]);
    const client = backend(undefined, { forcePathStyle: style === "path" });
    const page = await newPage(t);
    const [Key, ContentType, Metadata] = ["notes/one.txt", "text/x-note", { colour: "blue" }];

    const put = await presign(client, new s3.PutObjectCommand({ Bucket, Key, ContentType, Metadata }));
    assert.equal(new URL(put).hostname.startsWith(Bucket), style !== "path");
    const headers = { "Content-Type": ContentType, "x-amz-meta-colour": "blue" };
    const sent = await page.fetch(put, { method: "PUT", headers, body: "a note" });
    assert.equal(sent.status, 200);
    await page.preflightsAre([200]);
    const kept = await stored(Bucket, Key);
    assert.deepEqual([kept.text, kept.ContentType, kept.Metadata, kept.ETag], ["a note", ContentType, Metadata, sent.headers.etag]);

    // No header of the page's own: a simple request, without a preflight.
    const get = await presign(client, new s3.GetObjectCommand({ Bucket, Key }));
    const got = await page.fetch(get);
    assert.deepEqual([got.status, got.type, got.text], [200, "cors", "a note"]);
    assert.deepEqual([got.headers.etag, got.headers["x-amz-meta-colour"]], [kept.ETag, "blue"]);
    assert.equal(got.headers["x-amz-request-id"], undefined, "not exposed");
    await page.preflightsAre([200]);

    // A changed signature: refused, and the page can read why.
    const forged = await page.fetch(`${get.slice(0, -4)}0000`);
    assert.equal(forged.status, 403);
    assert.match(forged.text, /<Code>SignatureDoesNotMatch<\/Code>/);

    const remove = await presign(client, new s3.DeleteObjectCommand({ Bucket, Key }));
    assert.equal((await page.fetch(remove, { method: "DELETE" })).status, 204);
    await page.preflightsAre([200, 200]);
    assert.equal(await stored(Bucket, Key), undefined);
    const gone = await page.fetch(get, { cache: "no-store" });
    assert.equal(gone.status, 404);
    assert.match(gone.text, /<Code>NoSuchKey<\/Code>/);
    await page.reasonsAre([]);
  });
}

test("nothing is exposed unless it is listed", LIMIT, async (t) => {
  const Bucket = await newBucket([{ AllowedOrigins: [ORIGIN], AllowedMethods: ["GET"] }]);
  const client = backend();
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "body", Metadata: { colour: "blue" } }));
  const page = await newPage(t);
  const got = await page.fetch(await presign(client, new s3.GetObjectCommand({ Bucket, Key: "k" })));
  assert.deepEqual([got.status, got.text], [200, "body"]);
  assert.deepEqual([got.headers.etag, got.headers["x-amz-meta-colour"]], [undefined, undefined]);
});

// "Headers not found in CORS response": the seed's own two configurations.
test("of two metadata headers the one that is listed is exposed", LIMIT, async (t) => {
  const [one, two] = ["x-amz-meta-custom-header1", "x-amz-meta-custom-header2"];
  const rule = { AllowedOrigins: [ORIGIN], AllowedMethods: ["GET"] };
  const Bucket = await newBucket([{ ...rule, ExposeHeaders: [one] }]);
  const client = backend();
  const Metadata = { "custom-header1": "1", "custom-header2": "2" };
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "body", Metadata }));
  const url = await presign(client, new s3.GetObjectCommand({ Bucket, Key: "k" }));
  const read = async () => {
    const { status, headers } = await (await newPage(t)).fetch(url);
    return [status, headers[one], headers[two]];
  };
  assert.deepEqual(await read(), [200, "1", undefined]);
  await putCors(Bucket, [{ ...rule, ExposeHeaders: [one, two] }]);
  assert.deepEqual(await read(), [200, "1", "2"]);
});

// Seed 001: each refusal, seen from the page, from the browser, and from the wire.
const refusals = [
  { what: "the origin", rule: () => ({ AllowedOrigins: [OTHER] }), resource: "OBJECT" },
  { what: "the scheme of the origin", rule: () => ({ AllowedOrigins: [ORIGIN.replace("http:", "https:")] }), resource: "OBJECT" },
  { what: "the slash after the origin", rule: () => ({ AllowedOrigins: [`${ORIGIN}/`] }), resource: "OBJECT" },
  { what: "the method", rule: () => ({ AllowedMethods: ["GET", "POST"] }), resource: "OBJECT" },
  { what: "a header", rule: () => ({ AllowedHeaders: ["x-amz-meta-*"] }), resource: "OBJECT" },
  { what: "a bucket without rules", rule: () => undefined, resource: "BUCKET" },
];
for (const { what, rule, resource } of refusals) {
  test(`preflight refused: ${what}`, LIMIT, async (t) => {
    const allowed = { AllowedOrigins: [ORIGIN], AllowedMethods: ["PUT"], AllowedHeaders: ["*"] };
    const change = rule();
    const Bucket = await newBucket(change && [{ ...allowed, ...change }]);
    const Key = `refused-${Bucket}`;
    const url = await presign(backend(), new s3.PutObjectCommand({ Bucket, Key, ContentType: "image/jpeg" }));
    const page = await newPage(t);
    const sent = { method: "PUT", headers: { "Content-Type": "image/jpeg" }, body: "a cat" };
    assert.deepEqual(await page.fetch(url, sent), HIDDEN);
    await page.preflightsAre([403]);
    await page.reasonsAre(["PreflightMissingAllowOriginHeader"]);
    // The upload never left the browser.
    assert.deepEqual(await requestsOf(`/${Key}`, 1), ["OPTIONS 403"]);
    assert.equal(await stored(Bucket, Key), undefined);

    const answer = await preflight(url, { method: "PUT", headers: "content-type" });
    assert.equal(answer.status, 403);
    assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-")), []);
    const message = change ? "This CORS request is not allowed. This is usually because the evalution" : "CORS is not enabled for this bucket.";
    assert.ok(answer.text.includes(`<Code>AccessForbidden</Code><Message>CORSResponse: ${message}`), answer.text);
    assert.ok(answer.text.includes(`<Method>PUT</Method><ResourceType>${resource}</ResourceType>`), answer.text);
  });
}

test("CORS hides an answer, it does not block the request", LIMIT, async (t) => {
  const Bucket = await newBucket([{ AllowedOrigins: [OTHER], AllowedMethods: ["GET"] }]);
  const client = backend();
  const Key = `hidden-${Bucket}`;
  await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: "body" }));
  const page = await newPage(t);
  const url = await presign(client, new s3.GetObjectCommand({ Bucket, Key }));
  assert.deepEqual(await page.fetch(url), HIDDEN);
  await page.reasonsAre(["MissingAllowOriginHeader"]);
  assert.deepEqual(await requestsOf(`/${Key}`, 2), ["PUT 200", "GET 200"]);
  // Without reading it, a page may always ask.
  const opaque = await page.fetch(url, { mode: "no-cors" });
  assert.deepEqual([opaque.status, opaque.type, opaque.text], [0, "opaque", ""]);
  // The other origin may read it.
  assert.equal((await (await newPage(t, OTHER)).fetch(url)).text, "body");
});

// What `cairn explain cors` hints at where the rules allow a GET: an answer to a request without Origin has no Vary.
test("an answer kept from an <img> without crossorigin is hidden from the page's fetch", LIMIT, async (t) => {
  const Bucket = await newBucket([{ AllowedOrigins: [ORIGIN], AllowedMethods: ["GET"] }]);
  const client = backend();
  const Body = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
  const object = { Bucket, Key: "i.svg", Body, ContentType: "image/svg+xml", CacheControl: "max-age=600" };
  await client.send(new s3.PutObjectCommand(object));
  const url = await presign(client, new s3.GetObjectCommand({ Bucket, Key: "i.svg" }));
  const show = ({ page }, crossOrigin) =>
    page.evaluate(
      ([url, crossOrigin]) =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve("shown");
          image.onerror = () => resolve("failed");
          image.crossOrigin = crossOrigin;
          image.src = url;
        }),
      [url, crossOrigin],
    );
  const page = await newPage(t);
  assert.equal(await show(page, null), "shown");
  assert.deepEqual(await page.fetch(url), HIDDEN);
  await page.reasonsAre(["MissingAllowOriginHeader"]);
  assert.equal((await page.fetch(url, { cache: "no-store" })).text, Body);

  const careful = await newPage(t);
  assert.equal(await show(careful, "anonymous"), "shown");
  assert.equal((await careful.fetch(url)).text, Body);
  await careful.reasonsAre([]);
});

test("credentials mode", LIMIT, async (t) => {
  const client = backend();
  const include = { credentials: "include" };
  const page = await newPage(t);
  const open = await newBucket([{ AllowedOrigins: ["*"], AllowedMethods: ["GET"] }]);
  const named = await newBucket([{ AllowedOrigins: [ORIGIN], AllowedMethods: ["GET"] }]);
  const pattern = await newBucket([{ AllowedOrigins: ["http://*"], AllowedMethods: ["GET"] }]);
  for (const Bucket of [open, named, pattern]) {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "body" }));
  }
  const url = (Bucket) => presign(client, new s3.GetObjectCommand({ Bucket, Key: "k" }));

  assert.equal((await page.fetch(await url(open))).text, "body");
  assert.deepEqual(await page.fetch(await url(open), include), HIDDEN);
  await page.reasonsAre(["WildcardOriginNotAllowed"]);
  // Echoed, so allowed with credentials; `*` inside a pattern is not the lone `*`.
  assert.equal((await page.fetch(await url(named), include)).text, "body");
  assert.equal((await page.fetch(await url(pattern), include)).text, "body");
});
