// Numbers of the page that take their time: the longest task while it plays, memory over an hour, and how soon it can be
// used, beside RaftScope's page where a copy of that is given.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve, state, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const ms = (number) => `${number.toFixed(1)} ms`;
const mb = (bytes) => `${(bytes / (1 << 20)).toFixed(2)} MB`;

/** The longest tasks of the main thread (those over 50 ms, which is what a browser reports) in so many seconds of play. */
export async function longTasks(browser, site, scenes, busy, seconds = 10) {
  console.log(`\ntasks over 50 ms while playing for ${seconds} s at the usual speed, after the page has loaded`);
  for (const scene of scenes) {
    const { page, close } = await visit(browser, site);
    await openScene(page, scene);
    await explore(page);
    await page.locator(".transport .start").click();
    await page.waitForTimeout(500);
    await page.evaluate(() => {
      window.longTasks = [];
      new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    });
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      await busy(page);
      await page.waitForTimeout(250);
    }
    const tasks = sorted(await page.evaluate(() => window.longTasks));
    const said = tasks.length ? `${tasks.length}, the longest ${ms(tasks.at(-1))}` : "none";
    console.log(`  ${scene.padEnd(10)} ${said}   (${(await state(page)).events} events)`);
    await close();
  }
}

/** What a scene is asked again and again, where nothing in its left panel does that. */
const REQUESTS = {
  lock: ["request a acquire", "request b acquire"],
  commit: ["request coordinator transfer north east 1", "request coordinator transfer east north 1"],
};

/** Memory after minutes of the system's time, at the highest speed: of JavaScript after a collection, and of WebAssembly. */
export async function memory(browser, site, scenes, busy, minutes = [1, 10, 60]) {
  console.log(`\nmemory after ${minutes.join(", ")} minutes of the system's time, at 20 s a second`);
  // The module's memory is nowhere on the page: what instantiates it is watched.
  const script = () => {
    const keep = ({ instance, ...rest }) => {
      if (instance.exports.memory) window.moduleMemory = instance.exports.memory;
      return { instance, ...rest };
    };
    for (const name of ["instantiate", "instantiateStreaming"]) {
      const usual = WebAssembly[name];
      WebAssembly[name] = async (...words) => {
        const made = await usual.apply(WebAssembly, words);
        return made.instance ? keep(made) : made;
      };
    }
  };
  // Side by side: it takes as long as the longest.
  await Promise.all(scenes.map(async (scene) => {
    const { page, close } = await visit(browser, site, { script });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await openScene(page, scene);
    await explore(page);
    await page.locator(".transport .start").click();
    await page.locator(".speed input").evaluate((slider) => { slider.value = slider.max; slider.dispatchEvent(new Event("input", { bubbles: true })); });
    const begun = Date.now();
    for (const minute of minutes) {
      while (BigInt((await state(page)).time) < BigInt(minute) * 60_000_000n) {
        await busy(page);
        for (const line of REQUESTS[scene] ?? []) await page.evaluate((line) => window.faultline.command(line), line);
        await page.waitForTimeout(200);
      }
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const metric = (name) => metrics.find((found) => found.name === name)?.value ?? NaN;
      const wasm = await page.evaluate(() => window.moduleMemory?.buffer.byteLength ?? NaN);
      const { events } = await state(page);
      console.log(`  ${scene.padEnd(10)} ${String(minute).padStart(3)} min   WebAssembly ${mb(wasm)}   JavaScript ${mb(metric("JSHeapUsedSize"))}   ${metric("Nodes")} nodes of the document   ${events} events   (${Math.round((Date.now() - begun) / 1_000)} s)`);
    }
    await close();
  }));
}

/**
 * When the page can be used: the first frame in which what the reader acts on is there and its script has run, since the
 * navigation began. Both pages by the same watcher, in turn, each in a fresh profile and uncompressed from the same server.
 */
export async function besideRaftScope(browser, site, times = 5) {
  const folder = process.env.FAULTLINE_RAFTSCOPE;
  console.log(`\ninteractive, median of ${times}, fresh profiles, uncompressed, no throttling`);
  if (!folder) {
    console.log("  not beside RaftScope: FAULTLINE_RAFTSCOPE=/path/to/its/folder (github.com/ongardie/raftscope, with its submodules)");
    return;
  }
  if (!/raft\.js/.test(readFileSync(join(folder, "index.html"), "utf8"))) throw new Error(`${folder} is not RaftScope's folder`);
  const other = await serve(folder, "default-src * 'unsafe-inline'");
  // Its five servers are drawn and its sliders stand; our question stands and its answers can be pressed.
  const ours = () => !document.getElementById("boot") && window.faultline?.state?.() && document.querySelector(".answers button");
  const theirs = () => document.querySelectorAll("#servers > *").length >= 5 && document.getElementById("speedSlider");
  const watch = `(there) => {
    const look = () => { try { if (there()) { window.usable = performance.now(); return; } } catch {} requestAnimationFrame(look); };
    requestAnimationFrame(look);
  }`;
  const once = async (at, there) => {
    const { page, close } = await visit(browser, at, { bare: true, script: `(${watch})(${there})` });
    await page.waitForFunction(() => window.usable, null, { timeout: 20_000 });
    const usable = await page.evaluate(() => window.usable);
    await close();
    return usable;
  };
  const found = { ours: [], theirs: [] };
  for (let n = 0; n < times; n += 1) {
    found.ours.push(await once(site, ours));
    found.theirs.push(await once(other, theirs));
  }
  const [here, there] = [median(found.ours), median(found.theirs)];
  console.log(`  Faultline ${ms(here)} (${sorted(found.ours).map(Math.round).join(", ")})   RaftScope ${ms(there)} (${sorted(found.theirs).map(Math.round).join(", ")})   ${(here / there).toFixed(2)} x`);
  await other.close();
}
