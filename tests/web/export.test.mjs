// What the Share dialog saves is what others can open, and every picture has its tables.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const NAMES = {
  en: { svg: "Stage as SVG", png: "Stage as PNG", diagram: "Diagram as SVG", json: "Events as JSON", shiviz: "Events for ShiViz", tables: "Tables" },
  zh: { svg: "舞台（SVG）", png: "舞台（PNG）", diagram: "时空图（SVG）", json: "事件（JSON）", shiviz: "事件（ShiViz 日志）", tables: "表格" },
};

/** A scene after some events, with all panels. */
async function scene(name, options = {}) {
  const visitor = await visit(browser, site, options);
  await openScene(visitor.page, name);
  await explore(visitor.page);
  for (let n = 0; n < 6; n += 1) await stepForward(visitor.page);
  return visitor;
}

async function saved(page, name) {
  const dialog = page.getByRole("dialog");
  if (!(await dialog.count())) await page.locator(".share").click();
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 30_000 }),
    dialog.getByRole("button", { name, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Width, height, and how many different colours there are, as the browser decodes it. */
const png = (page, bytes) => page.evaluate(async (text) => {
  const blob = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: "image/png" });
  const image = await createImageBitmap(blob);
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  return { width: image.width, height: image.height, colours: new Set(pixels).size };
}, bytes.toString("base64"));

/** What the browser makes of an SVG: text that lies outside, or over other text. */
const judged = (page, text) => page.evaluate((svg) => {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  if (parsed.querySelector("parsererror")) return { error: parsed.documentElement.textContent };
  const root = document.body.appendChild(document.importNode(parsed.documentElement, true));
  const [, , width, height] = root.getAttribute("viewBox").split(" ").map(Number);
  const words = [...root.querySelectorAll("text")].map((element) => ({ words: element.textContent, box: element.getBBox() }));
  const outside = words.filter(({ box }) => box.x < -1 || box.y < -1 || box.x + box.width > width + 1 || box.y + box.height > height + 1);
  const over = words.filter(({ box }, n) => words.slice(0, n).some((other) =>
    Math.min(box.x + box.width, other.box.x + other.box.width) - Math.max(box.x, other.box.x) > 3 &&
    Math.min(box.y + box.height, other.box.y + other.box.height) - Math.max(box.y, other.box.y) > 5));
  root.remove();
  return { title: root.querySelector("title").textContent, count: words.length, outside: outside.map((w) => w.words), over: over.map((w) => w.words) };
}, text);

test("every file of a moment is saved under its name, and says what the page says", { timeout: 180_000 }, async () => {
  for (const [name, options] of [["lock", {}], ["commit", { lang: "zh", theme: "dark" }], ["ring", { theme: "dark" }]]) {
    const { page, trouble, close } = await scene(name, options);
    const words = NAMES[options.lang ?? "en"];
    const there = await state(page);
    const begins = new RegExp(`^${name}-[a-z0-9-]+-\\d+\\.\\d{3}s`);
    const size = await page.$eval(".stage-scroll", (scroll) => [scroll.clientWidth, Math.max(scroll.clientHeight, scroll.querySelector(".stage-canvas").clientHeight)]);

    const svg = await saved(page, words.svg);
    assert.match(svg.name, new RegExp(`${begins.source}\\.svg$`));
    const stage = await judged(page, svg.bytes.toString());
    assert.ok(!stage.error && stage.count > 3 && stage.title.includes(name), JSON.stringify(stage));
    assert.deepEqual([stage.outside, stage.over], [[], []]);
    assert.equal(await page.evaluate(() => window.faultline.exportSvg()), svg.bytes.toString(), "for other pages the same");
    assert.ok(svg.bytes.includes(there.state_hash), "the picture says which moment it is");

    const drawn = await saved(page, words.png);
    assert.match(drawn.name, new RegExp(`${begins.source}\\.png$`));
    const { width, height, colours } = await png(page, drawn.bytes);
    assert.deepEqual([width, height], [size[0] * 2, size[1] * 2]);
    // Letters have edges of many shades.
    assert.ok(colours > 100, `${name}: ${colours} colours`);

    const diagram = await saved(page, words.diagram);
    assert.match(diagram.name, new RegExp(`${begins.source}-diagram\\.svg$`));
    const lanes = await judged(page, diagram.bytes.toString());
    assert.ok(!lanes.error && lanes.count > 5, JSON.stringify(lanes));
    assert.deepEqual([lanes.outside, lanes.over], [[], []]);

    const trace = JSON.parse((await saved(page, words.json)).bytes);
    assert.deepEqual([trace.format, trace.version, trace.language], ["faultline-trace", 1, options.lang ?? "en"]);
    assert.deepEqual([trace.state_hash, trace.run_hash, trace.events.length], [there.state_hash, there.run_hash, there.events]);

    const log = (await saved(page, words.shiviz)).bytes.toString().split("\n");
    // As ShiViz does it: the first line takes the others apart.
    const parser = new RegExp(`^${log[0]}$`, "m");
    const events = log.slice(2).filter(Boolean).map((line) => parser.exec(line)?.groups);
    assert.ok(events.length > 3 && events.every((event) => event && JSON.parse(event.clock)[event.host] > 0));

    assert.equal(await page.getByRole("dialog").count(), 1, "the dialog stays");
    none(await violations(page));
    await picture(page, `export-${name}`);
    assert.deepEqual(trouble, []);
    await close();
  }
});

test("what makes files is fetched when it is first used, and its absence is said", async () => {
  const { page, close } = await scene("lock");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.route("**/page-*-export.wasm", (route) => route.abort());
  await page.locator(".share").click();
  await page.getByRole("dialog").getByRole("button", { name: NAMES.en.svg }).click();
  await page.locator(".notice.warning").waitFor();
  assert.ok(asked.some((address) => /page-[0-9a-f]+-export\.wasm$/.test(address)), asked.join("\n"));
  await page.unroute("**/page-*-export.wasm");
  assert.match((await saved(page, NAMES.en.svg)).name, /\.svg$/);
  await close();
});

test("every picture has its tables: the lock's and the commit's by button and by key", { timeout: 120_000 }, async () => {
  for (const [name, options, titles] of [
    ["lock", {}, ["Nodes", "Messages under way", "Links", "Timers"]],
    ["commit", { size: NARROW, theme: "dark", lang: "zh" }, ["节点", "在途消息", "链路", "定时器"]],
    ["coordination", {}, ["Nodes", "Messages under way", "Links", "Timers"]],
  ]) {
    const { page, trouble, close } = await scene(name, options);
    const wide = (options.size ?? WIDE) === WIDE;
    const cards = await page.locator(".stage .card").count();
    const pills = await page.$$eval(".stage .pill", (found) => found.map((pill) => pill.querySelector("span").textContent).sort());
    const tools = page.locator(".stage-tools").first();
    assert.equal(await tools.getByRole("button", { name: "Plots" }).count(), 0, "there is no plot of it");
    if (wide) {
      await page.locator(".stage").first().focus();
      await page.keyboard.press("t");
    } else await tools.getByRole("button", { name: NAMES[options.lang ?? "en"].tables }).click();
    const dialog = page.getByRole("dialog");
    const rows = (title) => until(title, async () => {
      await dialog.locator(".ways").getByRole("button", { name: title, exact: true }).click();
      return page.$$eval("dialog .sheet tbody tr", (found) => found.map((row) => [...row.children].map((cell) => cell.innerText.trim())));
    });
    const nodes = await rows(titles[0]);
    assert.equal(nodes.length, cards);
    assert.ok(nodes.every((row) => row.every(Boolean)), JSON.stringify(nodes));
    await picture(page, `tables-${name}`);
    none(await violations(page));
    assert.deepEqual((await rows(titles[1])).map((row) => row[0]).sort(), pills);
    for (const title of titles.slice(2)) assert.ok((await rows(title)).length > 0, title);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false);
    assert.deepEqual(trouble, []);
    await close();
  }
});

test("the button of the tables covers no card and no heading, in any scene", { timeout: 120_000 }, async () => {
  for (const size of [WIDE, { width: 1024, height: 600 }, NARROW]) {
    const { page, trouble, close } = await visit(browser, site, { size });
    for (const name of ["lock", "coordination", "commit", "ring", "placement"]) {
      await openScene(page, name);
      await explore(page);
      await page.locator(".stage-tools").getByRole("button", { name: "Tables" }).waitFor();
      await page.waitForTimeout(200);
      const covered = await page.evaluate(() => {
        const box = (element) => element.getBoundingClientRect();
        const tools = box(document.querySelector(".stage-tools"));
        const scroll = box(document.querySelector(".stage-scroll"));
        const over = [...document.querySelectorAll(".stage .card, .stage .stage-heading")].filter((element) => {
          const { left, right, top, bottom } = box(element);
          // What the stage has scrolled away is not seen.
          return left < tools.right && right > tools.left && top < tools.bottom && Math.min(bottom, scroll.bottom) > tools.top;
        });
        return over.map((element) => element.textContent);
      });
      assert.deepEqual(covered, [], `${name} at ${size.width}`);
    }
    assert.deepEqual(trouble, []);
    await close();
  }
});
