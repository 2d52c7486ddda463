// The AWS SDK for JavaScript v3 against Cairn; the tests are named after the rows of ../README.md.
//
// Here: the client with the SDK's defaults, a bucket of its own for each test, the shared data.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";

import { NodeHttpHandler } from "@smithy/node-http-handler";
import * as s3 from "@aws-sdk/client-s3";

export const MIB = 1024 * 1024;
export const endpoint = new URL(process.env.CAIRN_TEST_ENDPOINT);

// In UTF-8 order, which is the order of S3's listings.
export const oddKeys = JSON.parse(fs.readFileSync(new URL("../shared/odd-keys.json", import.meta.url)));

// *.localhost is the loopback, as in browsers; the C library knows that only with nss-myhostname.
function lookup(host, options, callback) {
  dns.lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, callback);
}
const agent = new http.Agent({ keepAlive: true, maxSockets: 50, lookup });

// Default checksums and signing. One attempt only: a retry would hide a failing server.
export function connect(url = endpoint.href, options = {}) {
  const requestHandler = endpoint.protocol === "http:" ? new NodeHttpHandler({ httpAgent: agent }) : undefined;
  return new s3.S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, maxAttempts: 1, requestHandler, ...options });
}

export const client = connect();

// A fresh bucket, removed with everything in it when the test `t` ends.
export async function newBucket(t) {
  const Bucket = `javascript-${randomUUID()}`;
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  t.after(() => destroy(Bucket));
  return Bucket;
}

async function destroy(Bucket) {
  let markers = {};
  do {
    const page = await client.send(new s3.ListObjectVersionsCommand({ Bucket, ...markers }));
    for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      await client.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId }));
    }
    markers = page.IsTruncated && { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  } while (markers);
  await client.send(new s3.DeleteBucketCommand({ Bucket }));
}

export const put = (Bucket, Key, Body, more = {}) => client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));

export async function get(Bucket, Key, more = {}) {
  const answer = await client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, bytes: Buffer.from(await answer.Body.transformToByteArray()) };
}

// Comparing megabytes by assert.equal would print them.
export function sameBytes(got, want) {
  assert.ok(Buffer.compare(Buffer.from(got), Buffer.from(want)) === 0, `${got.length} bytes are not the ${want.length} expected`);
}

// An error with this name and status.
export const refusal = (name, status) => (error) => {
  assert.equal(error.name, name);
  assert.equal(error.$metadata.httpStatusCode, status);
  return true;
};

const BLOCK_BYTES = 1_048_573;
let block;

// The shared test data: a block of prime length made of SHA-256 digests, repeated.
export function pattern(length) {
  if (!block) {
    const digests = [];
    for (let i = 0; i * 32 < BLOCK_BYTES; i++) digests.push(createHash("sha256").update(`cairn${i}`).digest());
    block = Buffer.concat(digests).subarray(0, BLOCK_BYTES);
  }
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += BLOCK_BYTES) block.copy(bytes, at);
  return bytes;
}

export const hash = (algorithm, body, form) => createHash(algorithm).update(body).digest(form);
