// How long a browser remembers a preflight: MaxAgeSeconds, counted in the server's access log (facts/03 §3, §6).
// No fetch here sets `cache`: with "no-store" Chromium forgets preflights as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import * as s3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { ORIGIN, backend, newBucket, newPage, requestsOf } from "../stage.js";

const LIMIT = { timeout: 30_000 };
const [ASKED, SENT] = ["OPTIONS 200", "PUT 200"];

const cases = [
  { what: "600: asked once", seconds: 600, waitMs: 0, want: [ASKED, SENT, SENT, SENT] },
  // The standard's default of 5 seconds.
  { what: "absent: asked once within 5 seconds", seconds: undefined, waitMs: 0, want: [ASKED, SENT, SENT, SENT] },
  { what: "0: asked each time", seconds: 0, waitMs: 0, want: [ASKED, SENT, ASKED, SENT, ASKED, SENT] },
  { what: "1: asked again when it is over", seconds: 1, waitMs: 1500, want: [ASKED, SENT, ASKED, SENT, ASKED, SENT] },
];
for (const { what, seconds, waitMs, want } of cases) {
  test(`MaxAgeSeconds ${what}`, LIMIT, async (t) => {
    const rule = { AllowedOrigins: [ORIGIN], AllowedMethods: ["PUT"], AllowedHeaders: ["*"] };
    const Bucket = await newBucket([seconds === undefined ? rule : { ...rule, MaxAgeSeconds: seconds }]);
    const Key = `aged-${Bucket}`;
    const url = await getSignedUrl(backend(), new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
    const page = await newPage(t);
    for (let time = 0; time < 3; time++) {
      if (time > 0) await sleep(waitMs);
      assert.equal((await page.fetch(url, { method: "PUT", body: `${time}` })).status, 200);
    }
    assert.deepEqual(await requestsOf(`/${Key}`, want.length), want);
  });
}

test("a remembered preflight is of one method and its headers", LIMIT, async (t) => {
  const rule = { AllowedOrigins: [ORIGIN], AllowedMethods: ["PUT"], AllowedHeaders: ["*"], MaxAgeSeconds: 600 };
  const Bucket = await newBucket([rule]);
  const Key = `headers-${Bucket}`;
  const url = await getSignedUrl(backend(), new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
  const page = await newPage(t);
  await page.fetch(url, { method: "PUT", body: "1" });
  await page.fetch(url, { method: "PUT", body: "2", headers: { "Content-Type": "image/jpeg" } });
  await page.fetch(url, { method: "PUT", body: "3" });
  assert.deepEqual(await requestsOf(`/${Key}`, 5), [ASKED, SENT, ASKED, SENT, SENT]);
});
