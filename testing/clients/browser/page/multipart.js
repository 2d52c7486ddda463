// What an upload page's own script does; bundled with the AWS SDK for JavaScript v3 by esbuild, and run in the browser
// (`window.multipart`). It returns plain values only, and errors as text: they cross into the test.

import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

// The bytes of part `number`: each position its own, so that swapped or cut parts are noticed.
export const part = (number, bytes) => Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + number * 7) % 251);

const settled = (promise) => promise.then((value) => ({ value }), (error) => ({ error: `${error.name}: ${error.message}` }));

async function send(method, url, body) {
  const answer = await fetch(url, { method, body });
  const text = await answer.text();
  return { status: answer.status, etag: answer.headers.get("ETag"), text };
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const listed = (etags) =>
  `<CompleteMultipartUpload>${etags
    .map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(`${etag}`)}</ETag></Part>`)
    .join("")}</CompleteMultipartUpload>`;

// The page has no keys and no SDK: every URL was presigned by its backend. The upload's id comes out of the answer to
// the first, and the backend presigns the others with it.
export const create = async (url) => {
  const { text } = await send("POST", url);
  return new DOMParser().parseFromString(text, "text/xml").querySelector("UploadId").textContent;
};
export const parts = (urls, sizes) => Promise.all(urls.map((url, at) => send("PUT", url, part(at + 1, sizes[at]))));
export const complete = (url, etags) => send("POST", url, listed(etags));
export const abort = (url) => send("DELETE", url);

// The SDK in the page: it creates and completes the upload, and presigns the parts that the page's fetch sends.
export const presigning = (options, { Bucket, Key, sizes }) =>
  settled(
    (async () => {
      const client = new s3.S3Client(options);
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key, ContentType: "video/mp4" }));
      const sent = sizes.map(async (bytes, at) => {
        const command = new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1 });
        const { status, etag } = await send("PUT", await getSignedUrl(client, command, { expiresIn: 60 }), part(at + 1, bytes));
        if (status !== 200) throw new Error(`part ${at + 1}: ${status}`);
        return { PartNumber: at + 1, ETag: etag };
      });
      const Parts = await Promise.all(sent);
      const done = await client.send(
        new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
      return { etags: Parts.map(({ ETag }) => ETag), etag: done.ETag };
    })(),
  );

// The SDK's own multipart upload of one file.
export const managed = (options, { Bucket, Key, bytes }) =>
  settled(
    new Upload({ client: new s3.S3Client(options), params: { Bucket, Key, Body: new Blob([part(1, bytes)]) } })
      .done()
      .then(({ ETag }) => ({ etag: ETag })),
  );
