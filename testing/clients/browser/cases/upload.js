// Seed 003: a file dropped on a page, and uploaded through a presigned POST; and the preflight that meets a redirect.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createPresignedPost } from "@aws-sdk/s3-presigned-post";

import { ELSEWHERE, ORIGIN, backend, globalUrl, newBucket, newPage, preflight, presentedByBoto3, regionalUrl, stored } from "../stage.js";

const LIMIT = { timeout: 30_000 };
const RULE = () => ({ AllowedOrigins: [ORIGIN], AllowedMethods: ["POST"], AllowedHeaders: ["*"], ExposeHeaders: ["ETag", "Location"] });

// Listens for a drop as an upload page does: the form's fields, then the file. With `progress` the page watches the
// upload, for which browsers ask the server first, as for a custom header.
const listen = ({ page }, form, progress) =>
  page.evaluate(
    ([{ url, fields }, progress]) => {
      const zone = document.getElementById("drop");
      zone.addEventListener("dragover", (event) => event.preventDefault());
      window.uploaded = new Promise((resolve) => {
        zone.addEventListener("drop", (event) => {
          event.preventDefault();
          const [file] = event.dataTransfer.files;
          const data = new FormData();
          for (const [name, value] of Object.entries(fields)) data.append(name, value);
          data.append("file", file);
          const request = new XMLHttpRequest();
          let most = 0;
          if (progress) request.upload.addEventListener("progress", ({ loaded }) => (most = loaded));
          request.timeout = 10_000;
          request.onloadend = () => {
            const read = (name) => request.getResponseHeader(name);
            resolve({ status: request.status, text: request.responseText, etag: read("ETag"), location: read("Location"), most });
          };
          request.open("POST", url);
          request.send(data);
        });
      });
    },
    [form, progress],
  );

// The browser's own events with the browser's own DataTransfer.
async function drop({ page }, name, type, text) {
  const transfer = await page.evaluateHandle(
    ([name, type, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name, { type }));
      return transfer;
    },
    [name, type, text],
  );
  for (const event of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("#drop", event, { dataTransfer: transfer });
  return page.evaluate(() => window.uploaded);
}

const NOTHING = { status: 0, text: "", etag: null, location: null, most: 0 };

const present = (Bucket, region, more = {}) =>
  createPresignedPost(backend(region), {
    Bucket,
    Key: "uploads/${filename}",
    Expires: 60,
    Conditions: [["content-length-range", 1, 1000], ["starts-with", "$Content-Type", "image/"]],
    Fields: { "Content-Type": "image/jpeg", success_action_status: "201" },
    ...more,
  });

for (const progress of [false, true]) {
  test(`a dropped file, ${progress ? "its upload watched" : "plain"}`, LIMIT, async (t) => {
    const Bucket = await newBucket([RULE()]);
    const page = await newPage(t);
    await listen(page, await present(Bucket), progress);
    const sent = await drop(page, "cat.jpg", "image/jpeg", "a cat");
    assert.equal(sent.status, 201, sent.text);
    assert.match(sent.text, /<PostResponse>.*<Key>uploads\/cat.jpg<\/Key>/s);
    assert.ok(sent.location?.endsWith("cat.jpg"), sent.location);
    assert.equal(sent.most > 0, progress);
    await page.preflightsAre(progress ? [200] : []);
    const kept = await stored(Bucket, "uploads/cat.jpg");
    assert.deepEqual([kept.text, kept.ContentType, kept.ETag], ["a cat", "image/jpeg", sent.etag]);
  });
}

for (const signature of ["s3v4", "s3"]) {
  test(`a dropped file, its form by the seed's boto3, ${signature}`, LIMIT, async (t) => {
    const Bucket = await newBucket([RULE()], ELSEWHERE);
    const form = presentedByBoto3(Bucket, "cat.jpg", ELSEWHERE, signature);
    assert.equal(form.url, regionalUrl(Bucket, ELSEWHERE));
    const page = await newPage(t);
    await listen(page, form, true);
    const sent = await drop(page, "cat.jpg", "image/jpeg", "a cat");
    assert.equal(sent.status, 204, sent.text);
    await page.preflightsAre([200]);
    const kept = await stored(Bucket, "cat.jpg", ELSEWHERE);
    assert.deepEqual([kept.text, kept.ETag], ["a cat", sent.etag]);
  });
}

test("the policy refuses a file, and the page can read why", LIMIT, async (t) => {
  const Bucket = await newBucket([RULE()]);
  const page = await newPage(t);
  await listen(page, await present(Bucket), false);
  const sent = await drop(page, "large.jpg", "image/jpeg", "x".repeat(1001));
  assert.equal(sent.status, 400);
  assert.match(sent.text, /<Code>EntityTooLarge<\/Code>/);
  assert.equal(await stored(Bucket, "uploads/large.jpg"), undefined);
});

test("POST is not allowed: the file is stored, the answer is hidden", LIMIT, async (t) => {
  const Bucket = await newBucket([{ ...RULE(), AllowedMethods: ["GET", "PUT"] }]);
  const page = await newPage(t);
  await listen(page, await present(Bucket), false);
  assert.deepEqual(await drop(page, "cat.jpg", "image/jpeg", "a cat"), NOTHING);
  await page.reasonsAre(["MissingAllowOriginHeader"]);
  assert.equal((await stored(Bucket, "uploads/cat.jpg")).text, "a cat");
  // Watched, it is asked for first, and does not leave the browser.
  const watching = await newPage(t);
  await listen(watching, await present(Bucket), true);
  assert.deepEqual(await drop(watching, "dog.jpg", "image/jpeg", "a dog"), NOTHING);
  await watching.preflightsAre([403]);
  assert.equal(await stored(Bucket, "uploads/dog.jpg"), undefined);
});

test("a form to the global name of a bucket elsewhere fails, to its region's name it works", LIMIT, async (t) => {
  const Bucket = await newBucket([RULE()], ELSEWHERE);
  const form = await present(Bucket, ELSEWHERE);
  assert.equal(form.url, regionalUrl(Bucket, ELSEWHERE));
  const wrong = { ...form, url: globalUrl(Bucket) };
  for (const progress of [true, false]) {
    const page = await newPage(t);
    await listen(page, wrong, progress);
    assert.deepEqual(await drop(page, "cat.jpg", "image/jpeg", "a cat"), NOTHING);
    // A preflight may not be redirected; a plain form's redirect has no CORS headers.
    await page.reasonsAre([progress ? "PreflightDisallowedRedirect" : "MissingAllowOriginHeader"]);
  }
  const answer = await preflight(wrong.url, { method: "POST" });
  assert.equal(answer.status, 307);
  assert.equal(answer.headers["access-control-allow-origin"], undefined);
  assert.equal(await stored(Bucket, "uploads/cat.jpg", ELSEWHERE), undefined);

  for (const progress of [true, false]) {
    const page = await newPage(t);
    await listen(page, form, progress);
    const sent = await drop(page, "cat.jpg", "image/jpeg", "a cat");
    assert.equal(sent.status, 201, sent.text);
    await page.reasonsAre([]);
  }
  assert.equal((await stored(Bucket, "uploads/cat.jpg", ELSEWHERE)).text, "a cat");
});
