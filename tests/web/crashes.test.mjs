// The matrix of crashes: pressed, played, filled; all at once; and a crash of the other kind beside a run.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const LONG = 120_000;
const POINTS = ["before PREPARE", "PREPARE sent", "some YES in", "all YES in", "commit forced", "one told", "all told", "all ACKs in"];
const CELLS = 8 * 4 - 2 * 3;

/** What the core's table says of presumed abort: point, node, the facts when killed and when power is lost. */
const PINNED = readFileSync(new URL("../pinned/crashes.txt", import.meta.url), "utf8")
  .split("== ")[1].split("\n").slice(1).filter(Boolean)
  .map((line) => {
    const [killed, power] = line.slice(30).split(" | power lost: ");
    return [line.slice(0, 17).trim(), line.slice(17, 30).trim(), killed, power ?? killed];
  });

const small = (page) => page.locator(".crash-small");
const row = (page, point) => page.locator(".crashes tbody tr").nth(POINTS.indexOf(point));
const cell = (page, point, column) => row(page, point).locator("td").nth(column);
const way = (page, name) => page.locator(`.way[data-act="matrix way ${name}"]`);
const filled = (page) => page.locator(".crashes .fact-link").count();
const words = async (locator) => (await locator.innerText()).replace(/\s+/g, " ").trim();
const gone = (page) => page.locator("dialog[open]").waitFor({ state: "detached" });

async function openMatrix(page) {
  if (!(await small(page).isVisible())) await page.locator(".menu").click();
  await small(page).click();
  await page.locator("dialog[open] .crashes").waitFor();
}

async function commit(options = {}) {
  const visitor = await visit(browser, site, options);
  await openScene(visitor.page, "commit");
  await explore(visitor.page);
  return visitor;
}

const tells = async (page, count) => (await small(page).locator(".visually-hidden").textContent()).includes(`: ${count} of ${CELLS} `);
const tried = (page, count) => until(`${count} cells are tried`, () => tells(page, count), 20_000);

async function tryAll(page) {
  await page.locator('[data-act="matrix all"]').click();
  await until("all cells are tried", async () => (await filled(page)) === CELLS && (await page.locator('[data-act="matrix stop"]').count()) === 0, LONG);
}

test("a cell is pressed, its run played, and then it says who waited and how it ended", { timeout: LONG }, async () => {
  const { page, trouble, close } = await commit();
  await openMatrix(page);
  assert.equal(await filled(page), 0);
  assert.equal(await words(cell(page, "all YES in", 0)), "?");
  assert.match(await words(cell(page, "one told", 1)), /^as “all told”/);
  for (const [kind, end, other] of [["killed", "committed", "beside power lost"], ["power", "aborted", "killed: committed"]]) {
    await way(page, kind).click();
    await page.getByRole("button", { name: "Try it: Coordinator, all YES in", exact: true }).click();
    await gone(page);
    await page.locator(".card.down").waitFor();
    const stood = await state(page);
    assert.equal(stood.playing, false);
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("stage")), true, "the keys are for the run");
    await page.keyboard.press("Space");
    await tried(page, 1);
    await page.keyboard.press("Space");
    await openMatrix(page);
    assert.equal(await way(page, kind).getAttribute("aria-pressed"), "true");
    assert.equal(await words(cell(page, "all YES in", 0).locator("div")), `North, East, South waited ${end} ${other}`);
  }
  // The other kind's cell knows of this one now; its link shows both beside each other.
  await way(page, "killed").click();
  assert.match(await words(cell(page, "all YES in", 0)), /power lost: aborted$/);
  await cell(page, "all YES in", 0).locator(".beside").click();
  await gone(page);
  await until("the twin is there", () => page.evaluate(() => window.faultline.twin()));
  await page.locator(".transport .end").click();
  const [ours, theirs] = [await state(page), await page.evaluate(() => window.faultline.twin())];
  assert.equal(ours.time, theirs.time);
  assert.notEqual(ours.state_hash, theirs.state_hash);
  assert.match(await page.locator(".twin-title").nth(0).innerText(), /killed/);
  assert.match(await page.locator(".twin-title").nth(1).innerText(), /power lost/);
  assert.equal(await page.locator("[data-change=compare]").inputValue(), "outage power");
  await picture(page, "crashes-beside");
  assert.deepEqual(trouble, []);
  await close();
});

test("Try all fills it as the core's table has it, and a filled cell opens its run at its start", { timeout: LONG }, async () => {
  const { page, trouble, close } = await commit({ script: () => {
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  } });
  await openMatrix(page);
  await page.evaluate(() => { window.long = []; });
  const begun = Date.now();
  await tryAll(page);
  // Times are not asserted: the machine may have other things to do.
  console.log(`tried all in ${Date.now() - begun} ms; long tasks: ${(await page.evaluate(() => window.long)).join(", ") || "none"}`);
  for (const [n, kind] of [[2, "killed"], [3, "power"]]) {
    await way(page, kind).click();
    await until("it is on show", async () => (await way(page, kind).getAttribute("aria-pressed")) === "true");
    const found = await page.$$eval(".crashes tbody tr", (rows) => rows.flatMap((row) => [...row.querySelectorAll(".crash")].map((cell) =>
      [row.querySelector("th b").firstChild.textContent.trim(), cell.querySelector(".label").textContent, [...cell.querySelectorAll(".fact")].map((fact) => fact.textContent).join("; ")])));
    assert.deepEqual(found, PINNED.filter((line) => !line[2].startsWith("as ")).map((line) => [line[0], line[1], line[n]]));
  }
  await way(page, "killed").click();
  const link = cell(page, "one told", 0).locator(".fact-link");
  const address = (await link.getAttribute("href")).replace(/^[^#]*/, "");
  await link.click();
  await gone(page);
  await until("the run is at its first step", async () => (await state(page)).events === 1);
  await openMatrix(page);
  await link.click();
  await gone(page);
  const other = await visit(browser, site, { at: address });
  assert.equal((await state(other.page)).state_hash, (await state(page)).state_hash);
  await other.close();
  // The button that tried all has kept the focus: now it empties the matrix for the next who says it first.
  await openMatrix(page);
  await page.locator('[data-act="matrix clear"]').click();
  await until("it is empty", async () => (await filled(page)) === 0);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.act), "matrix all");
  assert.deepEqual(trouble, []);
  await close();
});

test("a crash by hand fills its cell; one with another fault fills none; another recipe has a matrix of its own", { timeout: LONG }, async () => {
  const { page, trouble, close } = await commit();
  await page.locator(".control.choice select[data-change='option recipe']").selectOption("presumed-abort");
  await page.locator(".seed input").fill("4");
  await page.locator(".seed input").press("Enter");
  const does = (line) => page.evaluate((line) => window.faultline.command(line), line);
  assert.equal(await does("request coordinator transfer north east 20 fee south 1"), true);
  await until("PREPARE is sent", async () => (await page.locator(".crash-line.now .crash-name").innerText()) === "PREPARE sent");
  assert.equal(await does("crash coordinator"), true);
  for (let n = 0; n < 12; n += 1) await page.locator(".transport .forward").click();
  assert.equal(await does("restart coordinator"), true);
  for (let n = 0; n < 40 && !(await tells(page, 1)); n += 1) await page.locator(".transport .forward").click();
  await tried(page, 1);
  await openMatrix(page);
  assert.match(await words(cell(page, "PREPARE sent", 0)), /aborted/);
  await page.keyboard.press("Escape");
  await page.locator(".control.choice select[data-change='option recipe']").selectOption("presumed-commit");
  await until("it is empty", async () => (await small(page).locator(".visually-hidden").textContent()).includes(": 0 of"));
  await page.locator(".transport .history button").first().click();
  await tried(page, 1);
  assert.deepEqual(trouble, []);
  await close();
});

test("by keyboard alone", { timeout: LONG }, async () => {
  const { page, trouble, close } = await commit();
  await small(page).focus();
  await page.keyboard.press("Enter");
  await page.locator("dialog[open] .crashes").waitFor();
  const stops = [];
  for (let n = 0; n < 6; n += 1) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.dataset.act ?? document.activeElement.tagName));
  }
  assert.deepEqual(stops.slice(-5), ["matrix way power", "matrix all", "matrix try 0 0", "matrix try 0 1", "matrix try 0 2"]);
  await page.keyboard.press("Enter");
  await gone(page);
  await page.locator(".card.down").waitFor();
  await page.keyboard.press("Space");
  await tried(page, 1);
  assert.deepEqual(trouble, []);
  await close();
});

test("scenes without crash moments have no such matrix, and a question hides it", async () => {
  const { page, close } = await visit(browser, site);
  await explore(page);
  assert.equal(await page.locator(".ask-matrix, .crash-small").count(), 0);
  await openScene(page, "commit");
  await page.locator(".opening .answers").waitFor();
  assert.equal(await page.locator(".ask-matrix, .crash-small").count(), 0);
  await close();
});

const sideways = (page) => page.evaluate(() => {
  const wide = [document.documentElement, document.querySelector(".dialog")].filter((e) => e.scrollWidth > e.clientWidth);
  return wide.map((element) => `${element.className || "the page"} is ${element.scrollWidth} px wide in ${element.clientWidth} px`);
});

for (const [lang, theme, size, width] of [
  ["en", "light", WIDE, "wide"], ["zh", "dark", WIDE, "wide"], ["en", "dark", NARROW, "narrow"], ["zh", "light", NARROW, "narrow"],
]) {
  test(`the matrix has no violation and nothing sticks out (${lang}, ${theme}, ${width})`, { timeout: LONG }, async () => {
    const { page, trouble, close } = await commit({ lang, theme, size });
    await openMatrix(page);
    const complaints = [...(await violations(page)), ...(await sideways(page))];
    await picture(page, `crashes-${lang}-${theme}-${width}-1-empty`);
    await tryAll(page);
    complaints.push(...(await violations(page)), ...(await sideways(page)));
    await picture(page, `crashes-${lang}-${theme}-${width}-2-full`);
    await page.locator(".dialog").evaluate((dialog) => dialog.scrollTo(0, dialog.scrollHeight));
    await picture(page, `crashes-${lang}-${theme}-${width}-3-end`);
    assert.equal((await page.locator(".dialog").innerText()).includes("⁇"), false, "a sentence is missing");
    await page.keyboard.press("Escape");
    await gone(page);
    await small(page).scrollIntoViewIfNeeded();
    await picture(page, `crashes-${lang}-${theme}-${width}-4-small`);
    complaints.push(...(await violations(page)).filter((complaint) => complaint.includes("crash")), ...(await sideways(page)));
    none(complaints);
    none(trouble);
    await close();
  });
}
