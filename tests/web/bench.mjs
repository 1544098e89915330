// The numbers of the page, measured in headless Chromium on the real site: how long it takes to start, what a frame of
// play costs in scripting (from a trace, not from timers of our own), and how fast the core is in wasm.
import { execFileSync } from "node:child_process";
import { launch, serve, state, visit } from "./harness.mjs";
import { besideRaftScope, embeds, farAway, longTasks, memory } from "./measures.mjs";
import { allScenes, explore, openScene } from "./moves.mjs";
import { trace } from "./trace.mjs";

const PLAY_MS = 6_000;
const FRAME_MS = 1000 / 60;
const browser = await launch(["--enable-precise-memory-info"]);
const site = await serve();

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const share = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))] ?? NaN;
const ms = (number) => `${number.toFixed(2)} ms`;

/**
 * Scripting per frame: a frame is the time from one FireAnimationFrame to the next on the thread that fires them; what
 * counts is every outermost script event within it, by the time that the thread was at work: a busy machine does not count.
 * Layout and painting are left out, as the name says.
 */
function scripting(events) {
  const names = new Set(["FireAnimationFrame", "FunctionCall", "TimerFire", "EventDispatch", "RunMicrotasks", "EvaluateScript", "V8.GC_SCAVENGER", "MinorGC", "MajorGC"]);
  const frames = events.filter((event) => event.name === "FireAnimationFrame");
  const thread = frames[0] && `${frames[0].pid} ${frames[0].tid}`;
  const own = events.filter((event) => event.ph === "X" && names.has(event.name) && `${event.pid} ${event.tid}` === thread);
  own.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const outer = [];
  for (const event of own) {
    const last = outer.at(-1);
    if (!last || event.ts >= last.ts + last.dur) outer.push(event);
  }
  const starts = sorted(new Set(frames.filter((event) => `${event.pid} ${event.tid}` === thread).map((event) => event.ts)));
  return starts.slice(0, -1).map((start, n) => {
    const inside = outer.filter((event) => event.ts >= start && event.ts < starts[n + 1]);
    return inside.reduce((sum, event) => sum + (event.tdur ?? event.dur), 0) / 1_000;
  });
}

/** Where nothing happens by itself, does what the scene offers; plays on where it has halted. */
async function busy(page) {
  if (!(await state(page)).playing) await page.locator(".transport .play").click();
  await page.evaluate(() => {
    window.asked = (window.asked ?? 0) + 1;
    const lines = [...document.querySelectorAll(".left [data-line]")].map((element) => element.dataset.line);
    const line = lines.find((found) => found.startsWith("request") && found.includes("{}")) ?? lines[0];
    if (line) window.faultline.command(line.replace("{}", `key-${window.asked}`));
  });
}

console.log("\nstart, median of 5 (a fresh profile each, nothing compressed, no throttling)");
const starts = [];
for (let n = 0; n < 5; n += 1) {
  const { page, close } = await visit(browser, site);
  starts.push(await page.evaluate(() => performance.getEntriesByType("mark").find((m) => m.name === "faultline-started")?.startTime ?? NaN));
  await close();
}
console.log(`  until the page runs            ${ms(share(starts, 0.5))}`);

const first = await visit(browser, site);
const scenes = await allScenes(first.page);
await first.close();

await besideRaftScope(browser, site);
await longTasks(browser, site, scenes, busy);
await farAway(browser, site);
await embeds(browser, site);
await memory(browser, site, scenes, busy);

console.log(`\nscripting per frame while playing for ${PLAY_MS / 1000} s (from a trace; a frame at 60 Hz has ${ms(FRAME_MS)})`);
for (const scene of scenes) {
  const { page, close } = await visit(browser, site);
  await openScene(page, scene);
  await explore(page);
  await page.locator(".transport .start").click();
  // A second on the screen is a second of the system: more events a frame than a reader would choose.
  await page.locator(".speed input").fill("9");
  const events = await trace(page, async () => {
    const end = Date.now() + PLAY_MS;
    while (Date.now() < end) {
      await busy(page);
      await page.waitForTimeout(200);
    }
  });
  const frames = scripting(events);
  const moved = (await state(page)).events;
  const late = frames.filter((time) => time > FRAME_MS).length;
  console.log(`  ${scene.padEnd(8)} median ${ms(share(frames, 0.5))}   p95 ${ms(share(frames, 0.95))}   most ${ms(share(frames, 1))}   ${frames.length} frames, ${late} over a frame, ${moved} events`);
  await close();
}

console.log("\nplacement at real size: 1,000 nodes and 100,000 keys");
if (scenes.includes("placement")) {
  const { page, close } = await visit(browser, site);
  page.setDefaultTimeout(120_000);
  await openScene(page, "placement");
  await explore(page);
  /** Drops a list and says which it is; the time from then until the picture shows it. */
  const give = async (key, rows) => page.evaluate(async ({ key, text }) => {
    const file = new File([text], `${key}.txt`, { type: "text/plain" });
    const data = new DataTransfer();
    data.items.add(file);
    const started = performance.now();
    const drawn = new Promise((done) => {
      const watcher = new MutationObserver(() => requestAnimationFrame(() => { watcher.disconnect(); done(performance.now()); }));
      watcher.observe(document.querySelector(".panels-still"), { subtree: true, childList: true });
    });
    const where = document.querySelector(`.left [data-key="${key}"]`);
    where.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    return (await drawn) - started;
  }, { key, text: rows.join("\n") + "\n" });
  const placed = async () => {
    for (;;) {
      const left = await page.evaluate(() => [...document.querySelectorAll(".panels-columns [role=group]")].some((group) => /placing/.test(group.ariaLabel)));
      if (!left) return performance.now();
      await page.waitForTimeout(20);
    }
  };
  await give("nodes", Array.from({ length: 1000 }, (_, n) => `web-${n + 1}`));
  await page.locator('.left [data-change$=" vnodes"]').fill("200");
  await page.waitForTimeout(200);
  await placed();
  const start = performance.now();
  const first = await give("keys", Array.from({ length: 100_000 }, (_, n) => `session:${(n * 2_654_435_761) % 4_294_967_296}:${n}`));
  console.log(`  from the drop of the keys to the first picture  ${ms(first)}`);
  console.log(`  until all of them are placed                    ${ms((await placed()) - start)}`);
  // A second of the system a second: keys fly for one and a half.
  await page.locator(".speed input").fill("9");
  const events = await trace(page, async () => {
    for (const change of ["add", "remove", "add"]) {
      if (!(await state(page)).playing) await page.locator(".transport .play").click();
      await page.locator(`.left [data-line^="request directory ${change}"]`).first().click();
      await page.waitForTimeout(2_000);
    }
  });
  const frames = scripting(events);
  const late = frames.filter((time) => time > 8).length;
  console.log(`  scripting per frame while three changes move keys: median ${ms(share(frames, 0.5))}   p95 ${ms(share(frames, 0.95))}   most ${ms(share(frames, 1))}   ${frames.length} frames, ${late} over 8 ms`);
  await close();
}

console.log("\nthe core in wasm");
{
  const { page, close } = await visit(browser, site);
  // Only scenes whose part of the page is there are measured.
  for (const scene of scenes) await openScene(page, scene);
  const numbers = await page.evaluate(() => window.faultline.bench?.());
  if (numbers === undefined) console.log("  this build of the page has no window.faultline.bench");
  else for (const [name, value] of Object.entries(numbers)) console.log(`  ${name.padEnd(30)} ${value}`);
  await close();
}

console.log("\nsearches in the page's worker (by its own clock; stateright natively, one thread, by its processor time)");
{
  const { page, close } = await visit(browser, site);
  await explore(page);
  await page.waitForFunction(() => window.faultline.search);
  const ask = async (question) => JSON.parse(await page.evaluate((text) => window.faultline.search(text), JSON.stringify(question))).answer;
  const twoPhase = (nodes, states) => ({ scene: "model", recipe: "two-phase", symmetry: false, options: { nodes }, limits: { states } });
  const told = ([{ verdict, progress }, { memory, searched_ms: time }]) => {
    const rate = Math.round((Number(progress.states) * 1_000) / time);
    return { rate, words: `${verdict}, ${progress.states} states, ${rate} a second, memory of the module ${(Number(memory) / (1 << 20)).toFixed(1)} MB` };
  };
  for (const nodes of [7, 8]) {
    const here = told(await ask(twoPhase(nodes, 20_000_000)));
    let beside = "";
    if (process.env.FAULTLINE_SEARCH) {
      const { states, work_us: work } = JSON.parse(execFileSync(process.env.FAULTLINE_SEARCH, ["stateright", String(nodes)], { encoding: "utf8" }));
      const rate = Math.round((states * 1_000_000) / work);
      beside = `; stateright ${rate} a second: ${(here.rate / rate).toFixed(2)} x`;
    }
    console.log(`  TwoPhase, n = ${nodes}   ${here.words}${beside}`);
  }
  console.log(`  TwoPhase at two million states   ${told(await ask(twoPhase(9, 2_000_000))).words}`);
  const wide = { crashes: 2, drops: 2, dups: 1, pauses: 1, clock_steps: 1 };
  for (const [scene, recipe] of [["lock", "set-nx-px"], ["commit", "presumed-abort"]]) {
    const question = { scene, recipe, world: "anything", budgets: wide, limits: { states: 2_000_000, bytes: 256 << 20 } };
    console.log(`  ${scene}/${recipe} with many faults   ${told(await ask(question)).words}`);
  }
  await close();
}

await browser.close();
await site.close();
