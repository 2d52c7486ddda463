// Seed 002: a web font of another origin. Browsers always load fonts with CORS, and show nothing of why one is missing.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as s3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { ORIGIN, OTHER, backend, font, newBucket, newPage, putCors } from "../stage.js";

const LIMIT = { timeout: 30_000 };

// Declared by the page's own style sheet, as a site would; how the load ends, and whether the page has the font.
const load = ({ page }, family, url) =>
  page.evaluate(
    async ([family, url]) => {
      const style = document.createElement("style");
      style.textContent = `@font-face { font-family: "${family}"; src: url("${url}") format("woff2"); }`;
      document.head.append(style);
      const how = await document.fonts.load(`16px "${family}"`).then(
        (faces) => `loaded ${faces.length}`,
        (error) => error.name,
      );
      return [how, [...document.fonts].find((face) => face.family.includes(family)).status];
    },
    [family, url],
  );

test("a web font from another origin", LIMIT, async (t) => {
  const Bucket = await newBucket();
  const client = backend();
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "roboto.woff2", Body: font(), ContentType: "font/woff2" }));
  const url = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: "roboto.woff2" }), { expiresIn: 60 });
  const page = await newPage(t);

  assert.deepEqual(await load(page, "Before", url), ["NetworkError", "error"]);
  await page.reasonsAre(["MissingAllowOriginHeader"]);

  // The configuration of the seed, for a site of another name: still nothing.
  await putCors(Bucket, [{ AllowedOrigins: [OTHER], AllowedMethods: ["GET"] }]);
  assert.deepEqual(await load(page, "Other", `${url}#other`), ["NetworkError", "error"]);

  for (const origin of ["*", ORIGIN]) {
    await putCors(Bucket, [{ AllowedOrigins: [origin], AllowedMethods: ["GET"] }]);
    const fresh = await newPage(t);
    assert.deepEqual(await load(fresh, "After", url), ["loaded 1", "loaded"]);
    await fresh.reasonsAre([]);
    await fresh.preflightsAre([]);
  }
});
