// Numbers of the page that take their time: its longest tasks, memory over two hours, ten frames in one page, and how
// soon it can be used, beside RaftScope's page where a copy of that is given.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve, state, visit } from "./harness.mjs";
import { host, visitHost } from "./host.mjs";
import { explore, openScene, played } from "./moves.mjs";
import { drawingThread, onThread, tasks, trace } from "./trace.mjs";

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const ms = (number) => `${number.toFixed(1)} ms`;
const mb = (bytes) => `${(bytes / (1 << 20)).toFixed(2)} MB`;

/** The longest task that these are, and how many are too long for a browser's taste (50 ms). */
function longest(what, found) {
  const [cpu, wall] = ["cpu", "wall"].map((clock) => sorted(found.map((task) => task[clock])));
  const over = (times) => times.filter((time) => time > 50).length;
  const most = (times) => ms(times.at(-1) ?? 0).padStart(9);
  console.log(`    ${what.padEnd(34)} ${most(cpu)} at work, ${over(cpu)} over 50   ${most(wall)} by the clock, ${over(wall)} over 50`);
}

/**
 * The longest task of the main thread in all that a reader does after the page has loaded: by its processor time, which is the
 * page's own, and by the clock, which runs on while others have the cores. Then all of it once more without a trace: what the
 * browser itself calls a long task, one of over 50 ms by the clock.
 */
export async function longTasks(browser, site, scenes, busy, seconds = 6) {
  console.log("\nthe longest task of the page's thread, after the page has loaded (from a trace, which costs something itself)");
  await reader(browser, site, scenes, busy, seconds, async (page, what, work) => longest(what, tasks(await trace(page, work))));
  console.log("\nthe same without a trace: what the browser calls a long task (over 50 ms by the clock)");
  let count = 0;
  await reader(browser, site, scenes, busy, seconds, async (page, what, work) => {
    await page.evaluate(() => {
      window.long ??= new PerformanceObserver(() => {});
      window.long.observe({ type: "longtask" });
    });
    await work();
    const found = await page.evaluate(() => window.long.takeRecords().map((task) => task.duration));
    count += found.length;
    if (found.length > 0) console.log(`    ${what.padEnd(34)} ${found.map(ms).join(", ")}`);
  });
  console.log(`  ${count} in all`);
}

/** All that a reader does, each kind of it handed to `measure(page, what, work)`. */
async function reader(browser, site, scenes, busy, seconds, measure) {
  for (const scene of scenes) {
    console.log(`  ${scene}`);
    const { page, close } = await visit(browser, site);
    const during = (what, work) => measure(page, what, async () => { await work(); await page.waitForTimeout(300); });
    const click = (selector) => page.locator(selector).first().evaluate((element) => element.click());
    const many = async (times, selector) => {
      for (let n = 0; n < times; n += 1) {
        await click(selector);
        await page.waitForTimeout(60);
      }
    };
    await page.waitForTimeout(300);
    await during("opening it for the first time", () => openScene(page, scene));
    await during("answering its question", async () => {
      const answer = page.locator(".answers button").first();
      if (await answer.isVisible()) await answer.click();
      await page.waitForTimeout(2_000);
    });
    await during("all panels for the first time", async () => { await explore(page); await page.waitForTimeout(300); });
    await click(".transport .start");
    for (const stop of [7, 9, 11, 13]) {
      await page.locator(".speed input").fill(String(stop));
      const shown = await page.locator(".speed").innerText();
      await during(`play, ${shown.replace(/\s+/g, " ").trim()}`.slice(0, 34), async () => {
        const end = Date.now() + seconds * 1_000;
        while (Date.now() < end) {
          await busy(page);
          for (const line of REQUESTS[scene] ?? []) await page.evaluate((line) => window.faultline.command(line), line);
          await page.waitForTimeout(250);
        }
      });
    }
    if ((await state(page)).playing) await click(".transport .play");
    await during("to the start and to the end", async () => { await click(".transport .start"); await page.waitForTimeout(300); await click(".transport .end"); });
    await during("the time slider", async () => {
      const { x, y, width } = await page.locator(".diagram .plot").boundingBox();
      await page.mouse.move(x + width * 0.9, y + 10);
      await page.mouse.down();
      for (let n = 0; n < 20; n += 1) {
        await page.mouse.move(x + width * (0.9 - n * 0.04), y + 10);
        await page.waitForTimeout(30);
      }
      await page.mouse.up();
    });
    await during("steps forward and back", async () => { await many(5, ".transport .forward"); await many(5, ".transport .back"); });
    await during("less and less time, more and more", async () => { await many(6, ".zoom [data-zoom='0.5']"); await many(14, ".zoom [data-zoom='2']"); });
    await during("a node and the list of events", async () => {
      const node = page.locator(".lane-label").first();
      if (await node.count()) await node.click();
      await page.waitForTimeout(200);
      await click("[data-act='list events']");
    });
    await click("[data-act='list properties']");
    for (const name of ["share", "find", "table", "matrix", "lessons", "tables", "charts", "coverage", "help"]) {
      const button = page.locator(`[data-act="dialog ${name}"], [data-act="${name}"]`).first();
      if (!(await button.count())) continue;
      await during(`dialog: ${name}`, async () => { await button.evaluate((element) => element.click()); await page.waitForTimeout(1_200); });
      await page.keyboard.press("Escape");
      await page.waitForTimeout(100);
    }
    await during("to another tab and back", async () => {
      // A family has one tab: coming back to it is coming back to the run that was left.
      await openScene(page, scene === "ring" ? "commit" : "ring");
      await page.waitForTimeout(800);
      await page.locator(`nav [data-scene="${scene === "coordination" ? "lock" : scene}"]`).click();
      await page.waitForTimeout(800);
    });
    await close();
  }
}

/** Long tasks by the browser's own count in what a reader does far from a run's start. */
export async function farAway(browser, site, minutes = 60) {
  console.log(`\nlong tasks (over 50 ms by the clock, without a trace) after ${minutes} minutes of play`);
  for (const scene of ["coordination", "lock"]) {
    const far = played(scene, minutes);
    const { page, close } = await visit(browser, site);
    await explore(page);
    let count = 0;
    const during = async (what, work, wait = 500) => {
      await page.evaluate(() => {
        window.long ??= new PerformanceObserver(() => {});
        window.long.observe({ type: "longtask" });
      });
      await work();
      await page.waitForTimeout(wait);
      const found = await page.evaluate(() => window.long.takeRecords().map((task) => task.duration));
      count += found.length;
      if (found.length > 0) console.log(`    ${scene}, ${what.padEnd(34)} ${found.map(ms).join(", ")}`);
    };
    const click = (selector) => page.locator(selector).first().evaluate((element) => element.click());
    const save = async (what) => {
      await click(".share");
      await page.waitForTimeout(300);
      await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), click(`[data-act="export ${what}"]`)]);
      await page.keyboard.press("Escape");
    };
    const branch = async (n) => {
      if (!(await page.locator(".branch-list").count())) await click(".branch-button");
      await page.waitForTimeout(300);
      await click(`.branch-list [data-act="branch ${n}"]`);
    };
    await during("opening its link", () => page.evaluate((link) => window.faultline.open(link), far.link));
    await during("saving its events as JSON", () => save("trace"));
    await during("saving its events for ShiViz", () => save("shiviz"));
    await during("copying the log", async () => { await click("[data-act='list events']"); await page.waitForTimeout(300); await click("[data-act=copy-log]"); }, 2_000);
    await during("to the start", () => click(".transport .start"));
    await during("five steps on", async () => { for (let n = 0; n < 5; n += 1) { await click(".transport .forward"); await page.waitForTimeout(60); } });
    await during("acting there, which makes a branch", async () => {
      await click(".stage [data-node]");
      await page.waitForTimeout(300);
      await click('.inspector [data-line^="pause "]');
    });
    await during("undo", () => click("[data-act=undo]"));
    await during("redo", () => click("[data-act=redo]"));
    await during("the first branch", () => branch(0));
    await during("the second branch", () => branch(1));
    await during("the first branch again", () => branch(0));
    await during("comparing with another recipe", () => page.getByRole("combobox", { name: "Compare with" }).selectOption({ index: 1 }), 2_500);
    await during("acting beside it", () => click('.inspector [data-line^="pause "], .inspector [data-line^="crash "]'), 2_500);
    await during("undo beside it", () => click("[data-act=undo]"), 2_500);
    await during("playing beside it", async () => { await click(".transport .play"); await page.waitForTimeout(2_000); await click(".transport .play"); });
    await during("to the start beside it", () => click(".transport .start"));
    await during("to the end beside it", () => click(".transport .end"));
    await during("comparing at the start with another", async () => {
      await click("[data-act=compare-end]");
      await click(".transport .start");
      await page.getByRole("combobox", { name: "Compare with" }).selectOption({ index: 2 });
    }, 2_500);
    await during("then to the end", () => click(".transport .end"));
    console.log(`  ${scene}, ${far.events} events: ${count}`);
    await close();
  }
}

/** What a scene is asked again and again, where nothing in its left panel does that. */
const REQUESTS = {
  lock: ["request a acquire", "request b acquire"],
  commit: ["request coordinator transfer north east 1", "request coordinator transfer east north 1"],
};

/** Memory after minutes of the system's time, at the highest speed: of JavaScript after a collection, and of WebAssembly. */
export async function memory(browser, site, scenes, busy, minutes = [1, 15, 30, 60, 120]) {
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
    let asked = 0;
    for (const minute of minutes) {
      while (BigInt((await state(page)).time) < BigInt(minute) * 60_000_000n) {
        await busy(page);
        for (const line of REQUESTS[scene] ?? []) await page.evaluate((line) => window.faultline.command(line), line);
        asked += 1 + (REQUESTS[scene] ?? []).length;
        await page.waitForTimeout(200);
      }
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const metric = (name) => metrics.find((found) => found.name === name)?.value ?? NaN;
      const wasm = await page.evaluate(() => window.moduleMemory?.buffer.byteLength ?? NaN);
      const { events } = await state(page);
      console.log(`  ${scene.padEnd(10)} ${String(minute).padStart(3)} min   WebAssembly ${mb(wasm)}   JavaScript ${mb(metric("JSHeapUsedSize"))}   ${metric("Nodes")} nodes of the document   ${events} events, ${asked} requests   (${Math.round((Date.now() - begun) / 1_000)} s)`);
    }
    await close();
  }));
}

/** Ten frames in one page, of which three are seen: what each draws, and what that costs the thread that they share. */
export async function embeds(browser, site, seconds = 8) {
  console.log(`\nten frames in one page, three of them seen, playing for ${seconds} s (they share one thread)`);
  const hosting = await host(site);
  const sims = ["lock", "commit", "ring", "lock", "ring", "commit", "lock", "ring", "commit", "lock"];
  const frames = sims.map((sim) => ({ src: `embed.html?sim=${sim}&autoplay=true&loop=true&controls=minimal`, height: 264 }));
  const { page, close } = await visitHost(browser, site, hosting, frames, { size: { width: 800, height: 790 } });
  await page.waitForTimeout(1_500);
  const times = () => Promise.all(page.frames().filter((frame) => frame.url().startsWith(site.origin)).map((frame) => frame.evaluate(() => Number(window.faultline.state().time))));
  const before = await times();
  const begun = Date.now();
  const events = await trace(page, () => page.waitForTimeout(seconds * 1_000));
  const wall = (Date.now() - begun) / 1_000;
  const moved = (await times()).filter((time, n) => time !== before[n]).length;
  const drawn = new Map();
  for (const { name, args, tdur = 0 } of onThread(events, drawingThread(events))) {
    if (name === "FireAnimationFrame") drawn.set(args.data.frame, (drawn.get(args.data.frame) ?? 0) + tdur / 1_000);
  }
  // A browser may call all documents of a thread for each of them, with the time of one and the same frame of the screen.
  const offered = (frame) => frame.evaluate((wanted) => new Promise((done) => {
    const times = new Set();
    const end = performance.now() + wanted;
    requestAnimationFrame(function look(now) {
      times.add(now);
      if (now < end) requestAnimationFrame(look);
      else done(times.size / (Math.max(...times) - Math.min(...times)) * 1_000);
    });
  }), seconds * 500);
  const inside = page.frames().filter((frame) => frame.url().startsWith(site.origin));
  const rates = await Promise.all(inside.slice(0, 3).map(offered));
  for (const [n, script] of [...drawn.values()].entries()) {
    console.log(`  frame ${n + 1} that draws   ${rates[n]?.toFixed(1)} frames a second   its script ${ms(script / wall / (rates[n] ?? NaN))} a frame`);
  }
  const work = tasks(events, drawingThread(events)).reduce((sum, { cpu }) => sum + cpu, 0);
  console.log(`  ${moved} of ten have moved, ${drawn.size} have drawn; their thread was at work ${(work / wall / 10).toFixed(0)} % of the time, ${ms(work / wall / Math.max(...rates))} for a frame of all`);
  await close();
  await hosting.close();
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
