// One server and one browser for all cases: starting them takes longer than most tests.

import { after, before } from "node:test";

import { start, stop } from "./stage.js";

before(start, { timeout: 60_000 });
after(stop, { timeout: 60_000 });

await import("./cases/fetch.js");
await import("./cases/preflight.js");
await import("./cases/font.js");
await import("./cases/upload.js");
await import("./cases/multipart.js");
