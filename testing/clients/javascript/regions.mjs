// The AWS SDK for JavaScript v3 with `followRegionRedirects`, in the network of the suite `regions` (../regions): no
// endpoint is configured. Not a file of `node --test`: pytest starts it with the buckets of each region.

import assert from "node:assert/strict";

import * as s3 from "@aws-sdk/client-s3";

const homes = process.env.CAIRN_TEST_BUCKETS.split(",").map((pair) => pair.split("="));

function connect(region, followRegionRedirects) {
  const client = new s3.S3Client({ region, followRegionRedirects, maxAttempts: 1 });
  const statuses = [];
  // What came over the wire, below the redirects.
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      statuses.push(answer.response.statusCode);
      return answer;
    },
    { step: "deserialize", priority: "low", name: "statuses" },
  );
  return { client, statuses };
}

for (const region of ["us-east-1", "eu-west-1", "af-south-1"]) {
  for (const [home, Bucket] of homes) {
    // No client remembers a region, so each operation is redirected for itself.
    const { client, statuses } = connect(region, true);
    const got = await client.send(new s3.GetObjectCommand({ Bucket, Key: "k" }));
    assert.equal(await got.Body.transformToString(), "body");
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "from-javascript", Body: "new" }));
    assert.equal((await client.send(new s3.HeadBucketCommand({ Bucket }))).BucketRegion, home);
    const listed = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: "from-javascript" }));
    assert.equal(listed.KeyCount, 1);
    const refused = statuses.filter((status) => status !== 200);
    assert.equal(refused.length, home === region ? 0 : 4, `${region} -> ${home}: ${statuses}`);
  }
}

// The default: the error is the user's to handle, and has what is needed.
const { client } = connect("us-west-2", false);
const Bucket = Object.fromEntries(homes)["eu-west-1"];
await assert.rejects(client.send(new s3.GetObjectCommand({ Bucket, Key: "k" })), (error) => {
  assert.equal(error.name, "PermanentRedirect");
  assert.equal(error.Endpoint, `${Bucket}.s3-eu-west-1.amazonaws.com`);
  assert.equal(error.$response.headers["x-amz-bucket-region"], "eu-west-1");
  return true;
});
console.log(`${homes.length} buckets`);
