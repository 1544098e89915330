// The placement scene at small and at real size: its numbers are the runner's, its tables are its picture, lists come and go
// as files, and everything is reached by keys.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { NARROW, launch, none, picture, ready, serve, state, until, violations, visit } from "./harness.mjs";
import { button, explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
const folder = await mkdtemp(join(tmpdir(), "faultline-lists-"));
after(async () => { await browser.close(); await site.close(); });

const NODES = Array.from({ length: 8 }, (_, n) => `cache-${n + 1}`);
const KEYS = Array.from({ length: 900 }, (_, n) => `user:${n * 7}`);
const HOST = { nodes: "As nodes", keys: "As keys" };

/** The page on the scene with its panels out. */
async function placement(options = {}) {
  const visitor = await visit(browser, site, options);
  await openScene(visitor.page, "placement");
  await explore(visitor.page);
  await settled(visitor.page);
  return visitor;
}

/** All keys are placed: nothing says how far placing has come. */
const settled = (page, ms = 20_000) => until("all keys are placed", () => page.evaluate(() => {
  const groups = [...document.querySelectorAll(".panels-columns [role=group]")];
  return groups.length > 0 && !groups.some((group) => / \d+ ?%$/.test(group.ariaLabel) && /placing|放置/.test(group.ariaLabel));
}), ms);

/** Drops a file on an element, as a reader would from a folder. */
const drop = (page, selector, name, text) => page.evaluate(({ selector, name, text }) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/plain" }));
  document.querySelector(selector).dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}, { selector, name, text });

/** Drops a list on the stage and says which of both it is. */
async function give(page, kind, name, rows) {
  await drop(page, ".stage", name, rows.join("\n") + "\n");
  await page.getByRole("dialog").getByRole("button", { name: HOST[kind] }).click();
  await until(`${name} is in the run`, async () => !(await page.locator("dialog[open]").count()));
}

/** The rows of the table of this name. */
async function table(page, title) {
  await page.locator(".stage-tools").getByRole("button", { name: "Tables" }).click();
  await page.getByRole("dialog").getByRole("button", { name: title, exact: true }).click();
  const rows = await page.$$eval("dialog .sheet tbody tr", (found) => found.map((row) => [...row.children].map((cell) => cell.innerText)));
  const note = await page.locator("dialog .hint").first().innerText();
  await page.keyboard.press("Escape");
  return { rows, note };
}

async function saved(page, name) {
  await page.locator(".share").click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("dialog").getByRole("button", { name, exact: true }).click(),
  ]);
  await page.keyboard.press("Escape");
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

async function list(name, rows) {
  const path = join(folder, name);
  await writeFile(path, rows.join("\n") + "\n");
  return path;
}

/** What the runner says would move. */
async function plan(from, to, keys, ...flags) {
  const files = [await list("from.txt", from), await list("to.txt", to), await list("keys.txt", keys)];
  const run = promisify(execFile);
  const args = ["plan", "--from", files[0], "--to", files[1], "--keys", files[2], "--format", "csv", ...flags];
  const { stdout } = await run(process.env.FAULTLINE_RUNNER, args, { maxBuffer: 64 << 20 });
  return stdout.replaceAll("\r", "").trim().split("\n");
}

const columns = (page, panel) => page.locator(".panels-columns [role=group]").nth(panel).locator(".column");

test("a node is added: picture, tables, files and the runner say the same", { timeout: 120_000 }, async () => {
  const { page, trouble, close } = await placement();
  await give(page, "nodes", "nodes.txt", NODES);
  await give(page, "keys", "keys.txt", KEYS);
  await settled(page);
  assert.equal(await columns(page, 0).count(), NODES.length);
  const before = await columns(page, 0).evaluateAll((all) => all.map((column) => column.ariaLabel));
  const line = await page.locator('.left [data-line^="request directory add"]').first().getAttribute("data-line");
  const added = line.split(" ").at(-1);
  await page.locator('.left [data-line^="request directory add"]').first().click();
  await page.locator(".transport .forward").click();
  await settled(page);
  assert.equal(await columns(page, 0).count(), NODES.length + 1);
  const after = await columns(page, 0).evaluateAll((all) => all.map((column) => column.ariaLabel));
  assert.notDeepEqual(after, before);

  const { rows, note } = await table(page, "Ring");
  assert.equal(rows.length, NODES.length + 1);
  // The words of a column and its row in the table: the same number of keys.
  for (const [n, row] of rows.entries()) assert.match(after[n], new RegExp(`^${row[0]}: ${row[2]}\\b`));
  assert.equal(rows.reduce((sum, row) => sum + Number(row[2]), 0), KEYS.length);

  const csv = await saved(page, "plan.csv");
  assert.match(csv.name, /^placement-\d+-plan\.csv$/);
  const ours = csv.bytes.toString().replaceAll("\r", "").trim().split("\n");
  const theirs = await plan(NODES, [...NODES, added], KEYS, "--strategy", "ring", "--vnodes", "100");
  assert.deepEqual(ours.slice(1).sort(), theirs.slice(1).sort());
  assert.ok(ours.length > 50 && ours.length < 200, `${ours.length} rows`);
  assert.ok(note.includes(String(ours.length - 1)), `${note} does not say ${ours.length - 1}`);
  assert.deepEqual(trouble, []);
  await close();
});

test("what is saved can be read by others: CSV, JSON, SVG, PNG", { timeout: 120_000 }, async () => {
  const { page, trouble, close } = await placement();
  await page.locator('.left [data-line^="request directory add"]').first().click();
  await page.locator(".transport .forward").click();
  await settled(page);
  const placed = JSON.parse((await saved(page, "placement.json")).bytes);
  assert.ok(placed.length > 400 && placed.every((row) => typeof row.key === "string" && row.nodes.length >= 1));
  const csv = (await saved(page, "placement.csv")).bytes.toString().trim().split("\n");
  assert.equal(csv.length, placed.length + 1);
  const moved = JSON.parse((await saved(page, "plan.json")).bytes);
  assert.ok(moved.length > 0 && moved.every((row) => row.from !== row.to));
  for (const scene of ["placement", "ring", "lock", "commit"]) {
    await openScene(page, scene);
    await explore(page);
    const svg = await saved(page, "Stage as SVG");
    assert.match(svg.name, new RegExp(`^${scene}-[a-z0-9-]+-\\d+\\.\\d{3}s\\.svg$`));
    const told = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
      const root = parsed.documentElement;
      return { name: root.nodeName, title: root.querySelector("title")?.textContent, words: root.querySelectorAll("text").length };
    }, svg.bytes.toString());
    assert.equal(told.name, "svg");
    assert.ok(told.title.includes(scene) && told.words > 3, JSON.stringify(told));
    const png = await saved(page, "Stage as PNG");
    assert.deepEqual([...png.bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.ok(png.bytes.length > 5_000, `${scene}: ${png.bytes.length} bytes`);
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("real size: 1,000 nodes and 100,000 keys are dropped, drawn, moved, and survive a reload", { timeout: 300_000 }, async (t) => {
  const { page, trouble, close } = await placement();
  const nodes = Array.from({ length: 1000 }, (_, n) => `web-${n + 1}`);
  const keys = Array.from({ length: 100_000 }, (_, n) => `session:${(n * 2_654_435_761) % 4_294_967_296}:${n}`);
  await give(page, "nodes", "thousand.txt", nodes);
  await settled(page, 120_000);
  const start = Date.now();
  await give(page, "keys", "hundred-thousand.txt", keys);
  await page.locator(".panels-still .panel-bin").first().waitFor({ state: "attached", timeout: 60_000 });
  t.diagnostic(`from the drop to the first picture: ${Date.now() - start} ms`);
  await settled(page, 120_000);
  t.diagnostic(`until all keys are placed: ${Date.now() - start} ms`);
  const { rows, note } = await table(page, "Ring");
  assert.equal(rows.length, 200);
  assert.match(note, /100000|100,000/);
  await picture(page, "placement-real-size");
  const { link, state_hash } = await state(page);
  assert.ok(link.length < 2_000, `a link of ${link.length} characters`);
  await page.reload();
  await ready(page);
  await until("the run is back", async () => (await state(page))?.scene === "placement", 60_000);
  assert.equal((await state(page)).state_hash, state_hash);
  await settled(page, 120_000);
  assert.deepEqual(trouble, []);
  await close();
});

test("a list that is only named is asked for, checked by its digest, and accepted under any name", { timeout: 120_000 }, async () => {
  const keys = Array.from({ length: 3_000 }, (_, n) => `order-${n}`);
  const first = await placement();
  await give(first.page, "keys", "orders.txt", keys);
  await settled(first.page);
  const sent = await state(first.page);
  await first.close();
  const { page, trouble, close } = await visit(browser, site, { at: sent.link.slice(sent.link.indexOf("#")) });
  const dialog = page.getByRole("dialog");
  await dialog.getByText("orders.txt").waitFor();
  none(await violations(page));
  await drop(page, "dialog", "other.txt", "a\nb\n");
  await dialog.getByRole("alert").waitFor();
  assert.match(await dialog.getByRole("alert").innerText(), /other\.txt/);
  assert.notEqual((await state(page))?.scene, "placement");
  await drop(page, "dialog", "renamed.csv", `key\r\n${keys.join("\r\n")}\r\n`);
  await until("the run is open", async () => (await state(page))?.scene === "placement");
  assert.equal((await state(page)).state_hash, sent.state_hash);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("bad rows are told by their lines, the good ones are used, and nothing usable changes nothing", { timeout: 120_000 }, async () => {
  const { page, trouble, close } = await placement();
  const rows = ["good-1", "", "good-2", ...Array.from({ length: 30 }, (_, n) => (n % 2 ? "" : "a\tb")), "good-3"];
  await drop(page, '.left [data-key="keys"]', "mixed.txt", rows.join("\n"));
  const dialog = page.getByRole("dialog");
  await dialog.getByText("3 keys of “mixed.txt” are used.").waitFor();
  const told = await dialog.locator(".list-bad li").allInnerTexts();
  assert.equal(told.length, 21);
  assert.match(told[0], /line 2/);
  assert.match(told.at(-1), /11 more/);
  none(await violations(page));
  await page.keyboard.press("Escape");
  await settled(page);
  const before = await state(page);
  await drop(page, '.left [data-key="nodes"]', "blank.txt", "\n\n \n");
  await dialog.getByRole("alert").waitFor();
  await page.keyboard.press("Escape");
  assert.equal((await state(page)).state_hash, before.state_hash);
  assert.deepEqual(trouble, []);
  await close();
});

test("a list is pasted", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await placement();
  await page.locator(".stage").focus();
  await page.evaluate(() => navigator.clipboard.writeText("alpha\t1\tz1\nbeta\t2\tz2\ngamma\t1\tz1\n"));
  await page.keyboard.press("Control+v");
  await page.getByRole("dialog").getByRole("button", { name: HOST.nodes }).click();
  await until("three columns", async () => (await columns(page, 0).count()) === 3);
  assert.match(await columns(page, 0).nth(1).getAttribute("aria-label"), /^beta: /);
  assert.deepEqual(trouble, []);
  await close();
});

test("keys alone: columns, a node, its offers, the tables", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await placement();
  await page.locator(".stage").focus();
  await page.keyboard.press("Tab");
  const here = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  await until("a column has the focus", async () => {
    if (await page.evaluate(() => document.activeElement.matches(".column"))) return true;
    await page.keyboard.press("Tab");
    return false;
  });
  const first = await here();
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await here(), first);
  assert.equal(await page.locator(".panels-tip").innerText(), await here());
  await page.keyboard.press("Enter");
  await page.locator(".inspector h2").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-pressed")), "true");
  await page.keyboard.press("t");
  const dialog = page.getByRole("dialog");
  await dialog.locator(".sheet").waitFor();
  none(await violations(page));
  await dialog.locator(".sheet-filter input").focus();
  await page.keyboard.type("node-2");
  await until("one row is left", async () => (await dialog.locator(".sheet tbody tr").count()) === 1);
  await dialog.locator(".sheet tbody button").focus();
  await page.keyboard.press("Enter");
  await until("the dialog has closed", async () => !(await page.locator("dialog[open]").count()));
  assert.match(await page.locator(".inspector h2").innerText(), /node-2/i);
  assert.deepEqual(trouble, []);
  await close();
});

test("the pointer tells columns and arcs, selects nodes, and looks up the nearest key", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await placement();
  const column = columns(page, 0).nth(2);
  await column.hover();
  await until("the label is told", async () => (await page.locator(".panels-tip").innerText()) === (await column.getAttribute("aria-label")));
  await column.click();
  await page.locator(".inspector h2").waitFor();
  const field = page.locator('.left form[data-line="lookup {}"] input');
  const before = await field.inputValue();
  // In the middle of the band of keys, at the right of the first circle.
  const at = await page.evaluate(() => {
    const box = document.querySelector(".panels-still > g > g").getBoundingClientRect();
    return { x: box.x + box.width / 2 + box.width * 0.38, y: box.y + box.height / 2 };
  });
  await page.mouse.click(at.x, at.y);
  await until("another key is looked up", async () => (await field.inputValue()) !== before);
  assert.deepEqual(trouble, []);
  await close();
});

test("a table is sorted by number, and copied", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await placement();
  await page.locator(".stage-tools").getByRole("button", { name: "Tables" }).click();
  const dialog = page.getByRole("dialog");
  const keys = () => dialog.locator(".sheet tbody tr td:nth-child(3)").allInnerTexts();
  const head = dialog.locator(".sheet thead th").nth(2);
  await head.locator("button").click();
  const up = (await keys()).map(Number);
  assert.deepEqual(up, up.toSorted((a, b) => a - b));
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  await head.locator("button").click();
  assert.deepEqual((await keys()).map(Number), up.toReversed());
  await button(page, "Copy as a table").click();
  await page.locator(".notice").first().waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.trim().split("\n").length, up.length + 1);
  assert.ok(copied.split("\n")[0].includes("\t"));
  assert.deepEqual(trouble, []);
  await close();
});

test("plots are counted on, with theory dashed and the numbers beside them", { timeout: 120_000 }, async () => {
  const { page, trouble, close } = await placement();
  await page.locator(".stage-tools").getByRole("button", { name: "Plots" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator(".chart-line.theory").first().waitFor({ state: "attached" });
  await until("all is counted", async () => !(await dialog.getByText(/Counting:/).count()), 60_000);
  await dialog.locator(".chart-numbers summary").first().click();
  assert.ok((await dialog.locator(".chart-numbers[open] tbody tr").count()) > 10);
  none(await violations(page));
  await picture(page, "placement-plots");
  assert.deepEqual(trouble, []);
  await close();
});

test("at 360 pixels the dialogs fit and the columns can be touched", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await placement({ size: NARROW });
  await columns(page, 0).first().tap();
  await page.locator(".inspector h2").waitFor();
  await page.locator(".inspector .panel-head button").click();
  await page.locator(".stage-tools").getByRole("button", { name: "Tables" }).click();
  await page.getByRole("dialog").locator(".sheet").waitFor();
  await picture(page, "placement-tables-narrow");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false);
  none(await violations(page));
  assert.deepEqual(trouble, []);
  await close();
});
