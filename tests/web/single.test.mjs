// The page that is one file: from a disk, without a network, in a frame that may only run scripts. Same hashes as natively.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, test } from "node:test";
import { launch, none, picture, ready, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene, stepForward } from "./moves.mjs";

const FILE = join(process.env.FAULTLINE_DIST, "faultline.html");
const disk = { origin: "file://", url: pathToFileURL(FILE).href };
const browser = await launch();
after(() => browser.close());

/** Opens it from the disk in a browser that has no network. */
const offline = (options = {}) => visit(browser, disk, { offline: true, ...options });

/** Links with the hashes that the headless runner gets. */
function native(words) {
  const text = execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8" });
  return text.trim().split("\n").map((line) => line.split("\t"));
}

const SCENES = ["commit", "coordination", "lock", "placement", "ring"];

/** Opens each link in a page or a frame, and complains of what differs. */
async function same(frame, rows) {
  const seen = new Set();
  for (const [link, stateHash, runHash] of rows) {
    const got = await frame.evaluate(async (link) => {
      const opened = await window.faultline.open(link);
      const { scene, state_hash, run_hash } = window.faultline.state();
      return { opened, scene, state_hash, run_hash };
    }, link);
    seen.add(got.scene);
    assert.deepEqual([got.opened, got.state_hash, got.run_hash], [true, stateHash, runHash], link);
  }
  assert.deepEqual([...seen].sort(), SCENES);
}

/** The first mistake of the pinned table, and the run that breaks it, as the headless runner found it. */
function pinned() {
  const lines = readFileSync(new URL("../../docs/coverage.csv", import.meta.url), "utf8").trim().split("\n");
  const names = lines[0].split(",");
  const rows = lines.slice(1).map((line) => Object.fromEntries(line.split(",").map((cell, n) => [names[n], cell])));
  const { scene, recipe, mistake, world, faults, bounds, properties, run } = rows.find((row) => row.mistake && !row.faults);
  assert.equal(faults, "");
  const options = Object.fromEntries(bounds.split(" ").map((pair) => pair.split("=")));
  return { question: JSON.stringify({ scene, recipe, mistake, world, budgets: {}, options, property: properties }), run };
}

/** Asks the worker in a page or a frame. */
async function searches(frame) {
  const { question, run } = pinned();
  await frame.waitForFunction(() => window.faultline.search);
  const text = await frame.evaluate((text) => window.faultline.search(text), question);
  const [found] = JSON.parse(text).answer ?? assert.fail(text.slice(0, 400));
  assert.deepEqual([found.verdict, found.start], ["violated", run]);
}

test("one file of at most 3,500,000 bytes, whose policy names its scripts and asks nothing of any host", () => {
  const text = readFileSync(FILE, "utf8");
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(text)[1];
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+' 'wasm-unsafe-eval'; style-src 'sha256-[^ ]+';/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:|connect-src/);
  assert.ok(statSync(FILE).size <= 3_500_000, `${statSync(FILE).size} bytes`);
});

test("from the disk and without a network all scenes open with the hashes of the headless runner", async () => {
  const { page, trouble, close } = await offline();
  await same(page, native(["links", "--count", "20", "--seed", "3"]));
  none(trouble);
  await close();
});

test("from the disk all scenes step, each to the moment that the headless runner finds behind its link", async () => {
  const { page, trouble, close } = await offline();
  for (const scene of SCENES) {
    await openScene(page, scene);
    await explore(page);
    for (let n = 0; n < 4; n += 1) await stepForward(page);
    const there = await state(page);
    const link = there.link.slice(there.link.indexOf("#"));
    const text = execFileSync(process.env.FAULTLINE_RUNNER, ["run", link, "--json"], { encoding: "utf8" });
    assert.match(text, new RegExp(there.state_hash), scene);
  }
  none(trouble);
  await close();
});

test("a link opens its moment from the disk, and the address follows the run", async () => {
  const [link, stateHash] = native(["links", "--count", "1", "--seed", "7"])[0];
  const { page, trouble, close } = await offline({ at: `#${link}` });
  assert.equal((await state(page)).state_hash, stateHash);
  await page.locator(".transport .start").click();
  const moved = await until("the run is at its start", async () => {
    const { state_hash, link } = await state(page);
    return state_hash !== stateHash && page.url() === link && { state_hash };
  });
  await page.reload();
  await ready(page);
  assert.equal((await state(page)).state_hash, moved.state_hash);
  none(trouble);
  await close();
});

test("a search runs in its worker from the disk", async () => {
  const { page, trouble, close } = await offline();
  await explore(page);
  await searches(page);
  none(trouble);
  await close();
});

test("in Chinese from the disk, and axe has nothing to say", async () => {
  for (const [lang, theme] of [["zh", "light"], ["en", "dark"]]) {
    const { page, trouble, close } = await offline({ lang, theme });
    if (lang === "zh") assert.match(await page.locator("body").innerText(), /分布式|锁/);
    assert.deepEqual(await violations(page), []);
    await explore(page);
    assert.deepEqual(await violations(page), []);
    await picture(page, `single-${lang}-${theme}`);
    none(trouble);
    await close();
  }
});

for (const sandbox of ["allow-scripts", null]) {
  test(`in a frame of another site's page: ${sandbox ?? "no sandbox"}`, async (t) => {
    const file = readFileSync(FILE);
    // The file on one origin, without any header that would let others read it; the page around it on another.
    const host = createServer((request, response) => {
      const inner = request.url.startsWith("/faultline.html");
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      const attribute = sandbox ? `sandbox="${sandbox}"` : "";
      const address = `http://localhost:${host.address().port}/faultline.html?embed`;
      response.end(inner ? file : `<!doctype html><title>Course</title><iframe ${attribute} src="${address}" title="Run" width="900" height="600"></iframe>`);
    });
    await new Promise((done) => host.listen(0, done));
    t.after(() => {
      host.closeAllConnections();
      host.close();
    });
    const port = host.address().port;
    const trouble = [];
    const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) trouble.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
    await frame.waitForFunction(() => !document.getElementById("boot") && window.faultline?.state?.());
    await same(frame, native(["links", "--count", "15", "--seed", "5"]));
    await searches(frame);
    none(trouble.filter((line) => !/favicon/.test(line)));
    await page.context().close();
  });
}
