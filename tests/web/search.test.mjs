// Searches in the page's worker: they find what the runner finds, they stop, go on and end within their memory, and a worker
// that does not come, dies, panics or falls silent is said to.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { launch, picture, serve, state, until, visit } from "./harness.mjs";
import { allScenes, explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const LONG = 600_000;

/** A page with all panels, on which other pages' questions can be asked. */
async function visitor(options = {}, at = site) {
  const found = await visit(browser, at, options);
  await explore(found.page);
  await found.page.waitForFunction(() => window.faultline.search);
  return found;
}

/** What is heard of a question, or of a word to the latest one. */
const ask = async (page, question) => JSON.parse(await page.evaluate((text) => window.faultline.search(text), JSON.stringify(question)));

const twoPhase = (nodes, limits = {}) => ({ scene: "model", recipe: "two-phase", symmetry: false, options: { nodes }, limits });
const states = (nodes) => 2 ** nodes + 4 ** nodes + 6 ** nodes;

/** The pinned rows, one a search. */
function pinned() {
  const file = readFileSync(new URL("../../docs/coverage.csv", import.meta.url), "utf8");
  const [head, ...lines] = file.trim().split("\n").map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(head.map((name, n) => [name, line[n]])));
}

const pairs = (text) => Object.fromEntries(text.split(" ").filter(Boolean).map((pair) => pair.split("=")));

function question(row) {
  const faults = Object.entries(pairs(row.faults)).map(([name, count]) => [name.replace("-", "_"), Number(count)]);
  const { scene, recipe, mistake, world, properties } = row;
  return { scene, recipe, mistake, world, budgets: Object.fromEntries(faults), options: pairs(row.bounds), property: properties };
}

for (const scene of [...new Set(pinned().map((row) => row.scene))]) {
  test(`every mistake of ${scene} is found in the page by the same run as natively`, { timeout: LONG }, async (t) => {
    const rows = pinned().filter((row) => row.scene === scene && row.mistake);
    assert.ok(rows.length > 0 && rows.every((row) => row.verdict === "violated"));
    const { page, trouble, close } = await visitor();
    await openScene(page, scene);
    let searched = 0;
    for (const row of rows) {
      const name = `${row.recipe} with ${row.mistake}`;
      const { answer, ...other } = await ask(page, question(row));
      assert.ok(answer, `${name}: ${JSON.stringify(other)}`);
      const [found, load] = answer;
      searched += load.searched_ms;
      assert.deepEqual(
        [found.verdict, found.properties.join(" "), String(found.length), found.progress.states, found.start],
        ["violated", row.properties, row.steps, row.states, row.run],
        name,
      );
      // At its end, here and natively.
      const native = JSON.parse(execFileSync(process.env.FAULTLINE_RUNNER, ["run", found.run, "--json"], { encoding: "utf8" }));
      assert.ok(await page.evaluate((run) => window.faultline.open(`#${run}`), found.run), name);
      const here = await state(page);
      assert.deepEqual([here.state_hash, here.run_hash, here.events], [native.state_hash, native.run_hash, native.events], name);
      const broken = here.findings.find((finding) => finding.code === row.properties);
      assert.match(broken.standing, /broken|never/, name);
    }
    t.diagnostic(`${rows.length} mistakes, searched for ${Math.round(searched)} ms in all`);
    assert.deepEqual(trouble, []);
    await close();
  });
}

test("the pinned rows are about every scene of the page", async () => {
  const { page, close } = await visit(browser, site);
  assert.deepEqual(new Set(pinned().map((row) => row.scene)), new Set(await allScenes(page)));
  await close();
});

test("a search stops, goes on, ends at its limit and goes on to a wider one", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visitor();
  // Of two words the second is answered: the first promise is broken when the page goes.
  ask(page, twoPhase(8, { states: 1_500_000 })).catch(() => {});
  await until("the worker is there", () => page.workers().length === 1);
  const { progress } = await ask(page, "stop");
  const [far] = progress;
  await page.waitForTimeout(400);
  const { progress: later } = await ask(page, "stop");
  assert.equal(later[0].expanded, far.expanded, "it went on");
  const { answer } = await ask(page, "go-on");
  assert.equal(answer[0].verdict, "unfinished");
  assert.ok(Number(answer[0].progress.states) >= 1_500_000 && Number(answer[0].progress.expanded) > Number(far.expanded));
  const { answer: wider } = await ask(page, { widen: { states: 5_000_000 } });
  assert.deepEqual([wider[0].verdict, Number(wider[0].progress.states)], ["holds", states(8)]);
  assert.deepEqual(trouble, []);
  await close();
});

test("a search that may take no more memory is not finished, and goes on when it may", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visitor();
  for (const [bytes, most] of [[1, 4 << 20], [6 << 20, 10 << 20]]) {
    const { answer: [found, load] } = await ask(page, twoPhase(8, { bytes }));
    assert.equal(found.verdict, "unfinished");
    assert.ok(Number(found.progress.states) < states(8));
    assert.ok(Number(load.memory) <= most, `${load.memory} bytes where ${bytes} were allowed`);
  }
  const { answer: [found, load] } = await ask(page, { widen: { bytes: 256 << 20 } });
  assert.deepEqual([found.verdict, Number(found.progress.states)], ["holds", states(8)]);
  assert.ok(Number(load.memory) <= 256 << 20);
  assert.deepEqual(trouble, []);
  await close();
});

test("what cannot be asked is said to be wrong", async () => {
  const { page, trouble, close } = await visitor();
  for (const [asked, words] of [
    [{ scene: "lock" }, /recipe/],
    [{ scene: "loch", recipe: "x" }, /loch/],
    [{ scene: "lock", recipe: "set-nx-px", property: "LUCK" }, /LUCK.*MUTEX-LEASE/],
    [{ scene: "lock", recipe: "set-nx-px", options: { clients: 4000 } }, /clients/],
    [{ scene: "lock", recipe: "set-nx-px", from: "1.AAAA" }, /cut off/],
  ]) assert.match((await ask(page, asked)).wrong ?? "", words);
  assert.deepEqual(trouble, []);
  await close();
});

for (const [what, pattern] of [["script", "**/*-checker.js"], ["WebAssembly", "**/*-checker.wasm"]]) {
  test(`a worker whose ${what} does not arrive is said not to have started, and comes when it is asked for again`, async () => {
    const { page, close } = await visitor();
    await page.route(pattern, (route) => route.abort());
    assert.match((await ask(page, twoPhase(3))).died, /did not start.*worker-src/);
    await page.unroute(pattern);
    assert.equal((await ask(page, twoPhase(3))).answer[0].verdict, "holds");
    await close();
  });
}

test("a host whose policy forbids workers is told what to allow", async () => {
  const strict = await serve(undefined, `${process.env.FAULTLINE_POLICY}; worker-src 'none'`);
  const { page, close } = await visitor({ lang: "zh" }, strict);
  assert.match((await ask(page, twoPhase(3))).died, /未能启动.*worker-src/);
  await close();
  await strict.close();
});

test("a worker that was killed is given up after a minute without a word", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visitor();
  const asked = ask(page, twoPhase(10));
  await until("the worker is there", () => page.workers().length === 1);
  await page.workers()[0].evaluate(() => self.close());
  const begun = Date.now();
  assert.match((await asked).died, /not been heard of for a minute/);
  assert.ok(Date.now() - begun > 50_000);
  assert.deepEqual(trouble, []);
  await close();
});

test("behind another tab a search goes on, and nobody thinks it lost", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visitor();
  const hide = (hidden) => page.evaluate((now) => {
    // Headless, every page believes to be in front.
    Object.defineProperty(document, "hidden", { configurable: true, get: () => now });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  const asked = ask(page, twoPhase(9, { states: 4_000_000 }));
  await hide(true);
  const other = await page.context().newPage();
  await other.bringToFront();
  await page.waitForTimeout(3_000);
  await hide(false);
  await page.bringToFront();
  const { answer } = await asked;
  assert.equal(answer[0].verdict, "unfinished");
  assert.ok(Number(answer[0].progress.states) >= 4_000_000);
  assert.deepEqual(trouble, []);
  await close();
});

test("a property that panics is reported with the run before it", async () => {
  const test = await serve(process.env.FAULTLINE_PANIC_DIST);
  const { page, close } = await visitor({}, test);
  const row = pinned().find(({ scene, mistake }) => scene === "lock" && mistake === "unconditional-del");
  const asked = question(row);
  const { died, run } = await ask(page, { ...asked, options: { ...asked.options, end: "panic 57" } });
  assert.match(died, /has stopped: .*asked to panic/s);
  assert.ok(await page.evaluate((link) => window.faultline.open(`#${link}`), run));
  const native = JSON.parse(execFileSync(process.env.FAULTLINE_RUNNER, ["run", run, "--json"], { encoding: "utf8" }));
  const here = await state(page);
  assert.deepEqual([here.state_hash, here.events], [native.state_hash, native.events]);
  assert.ok(here.events > 0);
  // A lack of memory leaves no message of ours: what the browser says has to do.
  const trapped = await ask(page, { ...asked, options: { ...asked.options, end: "trap 57" } });
  assert.match(trapped.died, /has stopped: .*unreachable/s);
  assert.equal(trapped.run, null);
  // And the page lives on.
  assert.equal((await ask(page, twoPhase(3))).answer[0].verdict, "holds");
  await close();
  await test.close();
});

test("the page keeps its frames while a search runs", { timeout: LONG }, async (t) => {
  const { page, trouble, close } = await visitor();
  await openScene(page, "lock");
  await page.locator(".transport .play").click();
  const measure = () => page.evaluate(async () => {
    const long = [];
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: "longtask" });
    const gaps = [];
    let last = performance.now();
    const end = last + 5_000;
    while (last < end) {
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
    }
    observer.disconnect();
    return { gaps: gaps.slice(1).sort((a, b) => a - b), long };
  });
  const said = ({ gaps, long }) => {
    const share = (part) => gaps[Math.floor((gaps.length - 1) * part)].toFixed(1);
    return `${gaps.length} frames, median ${share(0.5)} ms, p99 ${share(0.99)} ms, ${gaps.filter((gap) => gap > 25).length} over 25 ms, ${long.length} long tasks`;
  };
  const alone = await measure();
  ask(page, twoPhase(10)).catch(() => {});
  await until("the worker is there", () => page.workers().length === 1);
  const beside = await measure();
  const { progress } = await ask(page, "stop");
  // Other programs on this machine count as well, so times are told, not asserted.
  t.diagnostic(`without a search: ${said(alone)}; with one: ${said(beside)}; ${progress[0].states} states meanwhile`);
  assert.ok(Number(progress[0].states) > 10_000);
  await picture(page, "searching-beside-play");
  assert.deepEqual(trouble, []);
  await close();
});
