// A real page of another origin against a real server; the tests are in cases/, one file a subject.
//
// Here: the server with two regions, headless Chromium (Debian's package, driven by playwright-core), the server of the
// pages, and what a test reads: the page's own view, the browser's reason, and the server's access log. Chromium takes
// *.localhost for the loopback by itself, so buckets are reached by their virtual hosts. Nothing is mocked: no request
// is routed, and no security setting of the browser is changed. Every wait is bounded; what is started here is ended
// by its process id.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { NodeHttpHandler } from "@smithy/node-http-handler";
import * as s3 from "@aws-sdk/client-s3";
import * as esbuild from "esbuild";
import { chromium } from "playwright-core";

export const HOME = "us-east-1";
export const ELSEWHERE = "eu-west-1";

const READY_MS_MAX = 30_000;
const DRAIN_MS_MAX = 20_000;
const BOTO3_MS_MAX = 20_000;
const PAGE_MS_MAX = 15_000;
const REPORT_MS_MAX = 5_000;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

const SCRIPT = "/multipart.js";
const CHROMIUM = "/usr/bin/chromium";
// --no-sandbox: CI's machines run as root, in containers. The others keep it from talking to anybody else.
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-proxy-server",
];

const keys = {
  accessKeyId: "CAIRNBROWSER00000001",
  secretAccessKey: randomBytes(20).toString("hex"),
};

// The server: its ports by region, its access log so far, and the way to end it.
async function startCairn() {
  const regions = [HOME, ELSEWHERE].map((region) => `${region}=127.0.0.1:0`).join();
  const flags = ["serve", "--in-memory", "--admin-listen", "off", "--regions", regions];
  // A request that went well is logged only for the asking.
  flags.push("--log-format", "json", "--log-filter", "info,cairn::access=debug");
  const env = { PATH: process.env.PATH, CAIRN_ROOT_ACCESS_KEY_ID: keys.accessKeyId, CAIRN_ROOT_SECRET_ACCESS_KEY: keys.secretAccessKey };
  const child = spawn(process.env.CAIRN_BIN, flags, { env, stdio: ["ignore", "pipe", "pipe"] });
  // Whatever goes wrong, it does not outlive the tests.
  process.on("exit", () => child.kill("SIGKILL"));
  let [started, log] = ["", ""];
  child.stdout.on("data", (bytes) => (started += bytes));
  child.stderr.on("data", (bytes) => {
    log += bytes;
    assert.ok(log.length < LOG_BYTES_MAX, "the server logs too much");
  });
  await until(READY_MS_MAX, "the server is ready", () => {
    assert.equal(child.exitCode, null, `the server ended: ${log}`);
    return started.includes("\n");
  });
  const ports = Object.entries(JSON.parse(started).regions).map(([region, [url]]) => [region, new URL(url).port]);
  const lines = () => log.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return {
    ports: Object.fromEntries(ports),
    requests: () => lines().filter((line) => line.target === "cairn::access"),
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), DRAIN_MS_MAX);
      if (child.exitCode === null) await once(child, "exit");
      clearTimeout(late);
      assert.equal(child.exitCode, 0, "the server drains on SIGTERM");
      assert.ok(!log.includes("panicked at"), log);
    },
  };
}

// The pages' own script, with the AWS SDK in it, as a site's build makes it.
async function bundle() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [new URL("page/multipart.js", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "multipart",
    platform: "browser",
    logLevel: "error",
  });
  return outputFiles[0].text;
}

// The pages: an empty one at every path, and their script. Two origins, as 127.0.0.1 and localhost are two.
async function startPages() {
  const script = await bundle();
  const server = http.createServer(({ url }, answer) => {
    if (url === SCRIPT) {
      answer.setHeader("Content-Type", "text/javascript; charset=utf-8");
      return answer.end(script);
    }
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    answer.end("<!doctype html><title>a page</title><body><div id=drop style='width:9em;height:9em'></div>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  return {
    origins: [`http://127.0.0.1:${port}`, `http://localhost:${port}`],
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

let cairn, pages, browser;
// The page's origin, and another that no test allows unless it says so.
export let ORIGIN, OTHER;

export async function start() {
  // One after the other: what was started before a failure is known to `stop`.
  pages = await startPages();
  cairn = await startCairn();
  [ORIGIN, OTHER] = pages.origins;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: CHROMIUM_FLAGS,
    timeout: READY_MS_MAX,
    env: { PATH: process.env.PATH, HOME: process.env.HOME ?? "/tmp" },
  });
}

export async function stop() {
  await browser?.close();
  pages?.stop();
  await cairn?.stop();
}

// True within the time, or a failure that says what was waited for.
export async function until(milliseconds, what, is) {
  const deadline = Date.now() + milliseconds;
  while (!(await is())) {
    assert.ok(Date.now() < deadline, `not within ${milliseconds} ms: ${what}`);
    await sleep(20);
  }
}

// The host of a region's endpoint, or the global one.
const authority = (region, listener) => `s3${region ? `.${region}` : ""}.localhost:${cairn.ports[listener]}`;
export const globalUrl = (bucket) => `http://${bucket}.${authority(undefined, HOME)}/`;
export const regionalUrl = (bucket, region) => `http://${bucket}.${authority(region, region)}/`;

// *.localhost is the loopback, as in browsers; the C library knows that only with nss-myhostname.
const agent = new http.Agent({
  keepAlive: false,
  lookup: (_, options, callback) => (options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4)),
});

// What an SDK is told. One attempt only: a retry would hide a failing server.
export const clientOptions = (region = HOME) => ({
  endpoint: `http://${authority(region === HOME ? undefined : region, region)}`,
  region,
  credentials: keys,
  maxAttempts: 1,
});

// The SDK outside the page, as a backend that presigns has it.
export const backend = (region = HOME, options = {}) =>
  new s3.S3Client({ ...clientOptions(region), requestHandler: new NodeHttpHandler({ httpAgent: agent }), ...options });

// A presigned POST as seed 003 makes one: by boto3, for the region's endpoint, virtual-hosted. CAIRN_TEST_PYTHON is a
// Python that has boto3.
export function presentedByBoto3(bucket, key, region, signature) {
  const arguments_ = [new URL("present.py", import.meta.url).pathname, clientOptions(region).endpoint, region, signature, bucket, key];
  const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  return JSON.parse(execFileSync(process.env.CAIRN_TEST_PYTHON ?? "python3", arguments_, { env, timeout: BOTO3_MS_MAX }));
}

// A new bucket with these CORS rules. It is not removed: the server forgets everything when it ends.
export async function newBucket(rules, region = HOME) {
  const client = backend(region);
  const Bucket = `browser-${randomUUID()}`;
  const constraint = region === HOME ? {} : { CreateBucketConfiguration: { LocationConstraint: region } };
  await client.send(new s3.CreateBucketCommand({ Bucket, ...constraint }));
  if (rules) await putCors(Bucket, rules, region);
  return Bucket;
}

export const putCors = (Bucket, CORSRules, region = HOME) =>
  backend(region).send(new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));

// What is stored, read by the backend; undefined where nothing is.
export async function stored(Bucket, Key, region = HOME) {
  try {
    const got = await backend(region).send(new s3.GetObjectCommand({ Bucket, Key }));
    return { ...got, text: await got.Body.transformToString() };
  } catch (error) {
    assert.equal(error.name, "NoSuchKey");
    return undefined;
  }
}

// A page in a browser profile of its own, so that no cache of preflights or of answers is shared between tests.
// `script`: with the pages' script loaded.
export async function newPage(t, origin = ORIGIN, { script = false } = {}) {
  const context = await browser.newContext();
  t.after(() => context.close());
  context.setDefaultTimeout(PAGE_MS_MAX);
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  if (script) await page.addScriptTag({ url: SCRIPT });
  // What the browser itself says of each request: the status of preflights, and why it kept an answer from the page.
  const session = await context.newCDPSession(page);
  const [preflights, reasons] = [[], []];
  session.on("Network.responseReceived", ({ type, response }) => {
    if (type === "Preflight") preflights.push(response.status);
  });
  session.on("Network.loadingFailed", ({ corsErrorStatus }) => {
    if (corsErrorStatus) reasons.push(corsErrorStatus.corsError);
  });
  await session.send("Network.enable");

  return {
    page,
    // Compared once they are there: the browser's reports come after the page's own answer.
    preflightsAre: (want) => come("preflights", preflights, want),
    reasonsAre: (want) => come("reasons", reasons, want),
    // The page's own fetch: all that a script can read of the answer, or the name of the error.
    fetch: (url, options = {}) =>
      page.evaluate(
        async ([url, options, limit]) => {
          try {
            const answer = await fetch(url, { signal: AbortSignal.timeout(limit), ...options });
            return { status: answer.status, type: answer.type, headers: Object.fromEntries(answer.headers), text: await answer.text() };
          } catch (error) {
            return { error: error.name };
          }
        },
        [url, options, PAGE_MS_MAX],
      ),
  };
}

async function come(what, list, want) {
  await until(REPORT_MS_MAX, `${want.length} ${what}, of which are here: ${list}`, () => list.length >= want.length);
  assert.deepEqual(list, want);
}

// What the page sees of a refusal: nothing but that there was one.
export const HIDDEN = { error: "TypeError" };

// The methods and statuses of the requests the server had for that path, in order, once there are so many of them: the
// log is written when the answer is, and a pipe is read later.
export async function requestsOf(path, count) {
  const found = () => cairn.requests().filter((line) => line.path === path).map((line) => `${line.method} ${line.status}`);
  await until(REPORT_MS_MAX, `${count} requests of ${path}`, () => found().length >= count);
  return found();
}

// The answer to a preflight, header by header, as no page can see it.
export function preflight(url, { origin = ORIGIN, method, headers }) {
  const { hostname, port, pathname, search } = new URL(url);
  const asked = { Host: `${hostname}:${port}`, Origin: origin, "Access-Control-Request-Method": method };
  if (headers) asked["Access-Control-Request-Headers"] = headers;
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: "127.0.0.1", port, path: pathname + search, method: "OPTIONS", headers: asked, timeout: PAGE_MS_MAX },
      (answer) => {
        let text = "";
        answer.on("data", (bytes) => (text += bytes));
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.end();
  });
}

export const font = () => fs.readFileSync(new URL("node_modules/@fontsource/roboto/files/roboto-latin-400-normal.woff2", import.meta.url));
