// Rows `odd_keys`, `listing_pages`, `listing_delimiter`, `batch_delete`, `copies`.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as s3 from "@aws-sdk/client-s3";

import { client, get, newBucket, oddKeys, put } from "../cairn.js";

async function fill(Bucket) {
  for (const [index, key] of oddKeys.entries()) await put(Bucket, key, `body ${index}`);
}

test("odd_keys", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  for (const [index, key] of oddKeys.entries()) {
    assert.equal((await get(Bucket, key)).bytes.toString(), `body ${index}`, key);
  }
  for (const Key of oddKeys) await client.send(new s3.DeleteObjectCommand({ Bucket, Key }));
  assert.equal((await client.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
});

test("listing_pages", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  for (const pageSize of [1, 7, 1000]) {
    const listed = [];
    for await (const page of s3.paginateListObjectsV2({ client, pageSize }, { Bucket })) {
      assert.equal(page.KeyCount, page.Contents.length);
      listed.push(...page.Contents.map((object) => object.Key));
    }
    assert.deepEqual(listed, oddKeys, `pages of ${pageSize}`);
  }
});

test("listing_pages with encoding-type=url", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  const decode = (text) => decodeURIComponent(text.replaceAll("+", "%20"));
  const listed = [];
  let Marker;
  do {
    const page = await client.send(new s3.ListObjectsCommand({ Bucket, Marker, MaxKeys: 9, EncodingType: "url" }));
    listed.push(...page.Contents.map((object) => decode(object.Key)));
    Marker = page.IsTruncated ? listed.at(-1) : undefined;
  } while (Marker !== undefined);
  assert.deepEqual(listed, oddKeys);
});

// What a listing shows: keys, and common prefixes once each.
function folded(prefix, delimiter) {
  const keys = [];
  const prefixes = new Set();
  for (const key of oddKeys.filter((key) => key.startsWith(prefix))) {
    const at = key.indexOf(delimiter, prefix.length);
    if (at < 0) keys.push(key);
    else prefixes.add(key.slice(0, at + delimiter.length));
  }
  return { keys, prefixes: [...prefixes] };
}

test("listing_delimiter", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  for (const Delimiter of ["/", "%", " ", "😀"]) {
    for (const Prefix of ["", "dots/", "/"]) {
      const got = { keys: [], prefixes: [] };
      for await (const page of s3.paginateListObjectsV2({ client, pageSize: 3 }, { Bucket, Delimiter, Prefix })) {
        got.keys.push(...(page.Contents ?? []).map((object) => object.Key));
        got.prefixes.push(...(page.CommonPrefixes ?? []).map((common) => common.Prefix));
      }
      assert.deepEqual(got, folded(Prefix, Delimiter), `${Prefix} ${Delimiter}`);
    }
  }
});

test("batch_delete", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  const Objects = oddKeys.map((Key) => ({ Key }));
  const answer = await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.equal(answer.Errors, undefined);
  assert.deepEqual(new Set(answer.Deleted.map((entry) => entry.Key)), new Set(oddKeys));
  assert.equal((await client.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
});

test("copies", async (t) => {
  const Bucket = await newBucket(t);
  await fill(Bucket);
  for (const [index, key] of oddKeys.entries()) {
    const CopySource = `${Bucket}/${encodeURIComponent(key)}`;
    await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    assert.equal((await get(Bucket, "copy")).bytes.toString(), `body ${index}`, key);
  }
  const replace = { MetadataDirective: "REPLACE", Metadata: { new: "yes" }, ContentType: "text/html" };
  await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/plain`, ...replace }));
  const got = await get(Bucket, "copy");
  assert.deepEqual([got.Metadata, got.ContentType], [{ new: "yes" }, "text/html"]);
});
