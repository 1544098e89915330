// The course pages of examples/, built by their tools: each frame shows the run that its address says, and nothing complains.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { launch, picture, until, visit } from "./harness.mjs";

const BUILT = process.env.FAULTLINE_EXAMPLES;
const DIST = process.env.FAULTLINE_DIST;
/** What other parts of the site bring: a frame's own page, and the element. */
const FRAME = existsSync(join(DIST, "embed.html"));
const ELEMENT = existsSync(join(DIST, "v1", "embed.js"));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const PAGES = [
  { example: "plain", at: "", frames: 2 },
  { example: "plain", at: "element.html", frames: 1, needs: ELEMENT || "the site has no v1/embed.js" },
  { example: "mdbook", at: "blocked.html", frames: 1 },
  { example: "mdbook", at: "moment.html", frames: 1 },
  { example: "vitepress", at: "", frames: 1 },
  { example: "vitepress", at: "zh/", frames: 1, lang: "zh" },
  { example: "reveal", at: "#/1", frames: 1 },
  { example: "reveal", at: "#/2", frames: 1 },
  { example: "jupyter", at: "", frames: 1 },
  { example: "mkdocs", at: "", frames: 1 },
  { example: "mkdocs", at: "try/", frames: 1 },
];

let browser;
const sites = new Map();
before(async () => { browser = await launch(); });
after(async () => {
  await browser?.close();
  for (const { server } of sites.values()) { server.close(); server.closeAllConnections(); }
});

for (const { example, at, frames, needs = true, lang = "en" } of PAGES) {
  const skip = needs === true ? missing(example) : needs;
  test(`${example}/${at}: ${frames} of its frames show what their addresses say`, { skip, timeout: 60_000 }, async (t) => {
    const site = await siteOf(example);
    const { page, trouble, close } = await visit(browser, site, { at, bare: true, lang });
    await page.locator(":is(h1, h2):visible").first().waitFor();
    const shown = page.locator("iframe:visible");
    await until(`${frames} frames`, async () => (await shown.count()) >= frames, 10_000);
    assert.equal(await shown.count(), frames);
    for (let n = 0; n < frames; n += 1) {
      const element = shown.nth(n);
      await element.scrollIntoViewIfNeeded();
      assert.ok((await element.getAttribute("title"))?.length > 8, "a frame without a title");
      const { width, height } = await element.boundingBox();
      assert.ok(width >= 320 && height >= 256, `a frame of ${width} × ${height}`);
      const address = await element.evaluate((frame) => frame.src);
      const frame = await (await element.elementHandle()).contentFrame();
      const got = await until(`a run in ${address}`, () => running(frame), 20_000);
      const run = /#(1\.[\w-]+)$/.exec(address)?.[1];
      if (run) {
        const wanted = JSON.parse(execFileSync(process.env.FAULTLINE_RUNNER, ["run", run, "--json"], { encoding: "utf8" }));
        assert.equal(got.state_hash, wanted.state_hash, address);
      } else if (FRAME) {
        assert.equal(got.scene, new URL(address).searchParams.get("sim"), address);
      } else {
        t.diagnostic(`${address}: what it opens is not tried, the site has no embed.html yet`);
      }
      if (lang === "zh") assert.match(await frame.evaluate(() => document.documentElement.lang), /^zh/);
    }
    await page.waitForTimeout(200);
    await picture(page, `example-${example}-${at.replace(/\W+/g, "") || "index"}`);
    assert.deepEqual(trouble, []);
    await close();
  });
}

/** The frame's run once it is on show. */
async function running(frame) {
  try {
    return await frame?.evaluate(() => !document.getElementById("boot") && window.faultline?.state?.());
  } catch {
    // It is still on its way from one document to the next.
    return null;
  }
}

/** Why the example was not built, if it was not. */
function missing(example) {
  if (!BUILT) throw new Error("FAULTLINE_EXAMPLES is not set: cargo xtask test --only web sets it");
  const line = readFileSync(join(BUILT, "skipped.txt"), "utf8").split("\n").find((line) => line.startsWith(`${example}: `));
  return line ?? false;
}

/** An example at the top of a host of its own, and Faultline below /faultline/ as its pages expect. */
async function siteOf(example) {
  if (sites.has(example)) return sites.get(example);
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://x");
    // A host has an icon of its own.
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    const own = /^\/faultline\/(.*)$/.exec(pathname);
    const name = normalize(decodeURIComponent(own ? own[1] : pathname.slice(1)));
    if (own && name === "embed.html" && !FRAME) {
      // The old way to say the same, which the page keeps for ever.
      response.writeHead(302, { location: `/faultline/index.html${search}&embed` }).end();
      return;
    }
    let file = join(own ? DIST : join(BUILT, example), name);
    if (name.startsWith("..") || !existsSync(file)) return void response.writeHead(404).end();
    if (statSync(file).isDirectory()) file = join(file, "index.html");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const site = { server, origin, url: `${origin}/` };
  sites.set(example, site);
  return site;
}
