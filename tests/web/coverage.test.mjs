// The page of all searches: every row of the file, filtered, and what is broken plays in each scene.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const [HEAD, ...LINES] = readFileSync(new URL("../../docs/coverage.csv", import.meta.url), "utf8").trimEnd().split("\n");
const NAMES = HEAD.split(",");
const FILE = LINES.map((line) => Object.fromEntries(line.split(",").map((field, n) => [NAMES[n], field])));
const BROKEN = FILE.filter((row) => row.verdict === "violated");
const SCENES = ["placement", "ring", "lock", "coordination", "commit"];
const LONG = 60_000;

const rows = (page) => page.locator(".cover tbody tr:not(.cover-scene)");
const chip = (page, act) => page.locator(`.dialog [data-act="coverage ${act}"]`);
const field = (page) => page.locator('.dialog [data-input="coverage"]');
const status = (page) => page.locator(".sheet-bar [role=status]").innerText();

async function open(page) {
  const help = page.locator('[data-act="dialog help"]');
  if (!(await help.isVisible())) await page.locator(".menu").click();
  await help.click();
  await page.locator(".ask-coverage").click();
  await page.locator("dialog[open] .cover").waitFor();
}

async function covered(options = {}) {
  const visitor = await visit(browser, site, options);
  await explore(visitor.page);
  await open(visitor.page);
  return visitor;
}

const sideways = (page) => page.evaluate(() => {
  const wide = [document.documentElement, document.querySelector(".dialog")].filter((e) => e.scrollWidth > e.clientWidth);
  return wide.map((element) => `${element.className || "the page"} is ${element.scrollWidth} px wide in ${element.clientWidth} px`);
});
const wordless = (page) => page.evaluate(() => document.body.outerHTML.split("⁇").slice(0, -1).map((before) => `no words after ${before.slice(-80)}`));

test("every row of the file is there, and scene, result and words leave those that they name", { timeout: LONG }, async () => {
  const { page, trouble, close } = await covered();
  assert.equal(await rows(page).count(), FILE.length);
  assert.match(await page.locator(".cover-sums").innerText(), new RegExp(`^${FILE.length} searches, .* all ${BROKEN.length} mistakes`));
  // Codes of the file stand in their row, in the file's order.
  const shown = await rows(page).evaluateAll((all) => all.map((row) => [...row.querySelectorAll("code")].map((code) => code.textContent)));
  for (const [n, row] of FILE.entries()) {
    const codes = [row.recipe, ...(row.mistake ? [row.mistake] : []), row.world, ...row.properties.split(" ")];
    assert.deepEqual(codes.filter((code) => !shown[n].includes(code)), [], `row ${n}`);
  }
  for (const scene of SCENES) {
    await chip(page, `scene ${scene}`).click();
    assert.equal(await rows(page).count(), FILE.filter((row) => row.scene === scene).length, scene);
    await chip(page, "verdict violated").click();
    assert.equal(await rows(page).count(), BROKEN.filter((row) => row.scene === scene).length, scene);
    assert.equal(await rows(page).locator("a").count(), BROKEN.filter((row) => row.scene === scene).length, scene);
    await chip(page, "verdict holds").click();
    assert.equal(await rows(page).locator("a").count(), 0);
    await page.locator('.dialog [data-act="coverage verdict"]').click();
  }
  await page.locator('.dialog [data-act="coverage scene"]').click();
  await field(page).fill("redlock  1 PAUSE");
  const wanted = FILE.filter((row) => row.recipe === "redlock" && row.faults === "pauses=1");
  assert.ok(wanted.length > 0);
  assert.equal(await rows(page).count(), wanted.length);
  assert.equal(await status(page), `${wanted.length} of ${FILE.length} searches`);
  await field(page).fill("nothing is called so");
  assert.equal(await page.locator(".cover").count(), 0);
  assert.match(await page.locator(".dialog").innerText(), /No search fits that/);
  await field(page).fill("");
  assert.equal(await rows(page).count(), FILE.length);
  none(trouble);
  await close();
});

test("what is shown is copied and saved as CSV, with links that open", { timeout: LONG }, async () => {
  const { page, trouble, close } = await covered();
  await chip(page, "scene lock").click();
  await chip(page, "verdict violated").click();
  const wanted = BROKEN.filter((row) => row.scene === "lock");
  await chip(page, "copy").click();
  await page.locator(".notice").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [download] = await Promise.all([page.waitForEvent("download"), chip(page, "save").click()]);
  assert.equal(download.suggestedFilename(), "faultline-coverage.csv");
  const saved = readFileSync(await download.path(), "utf8");
  assert.equal(saved, copied);
  const [head, ...lines] = saved.trimEnd().split("\n");
  assert.equal(head, HEAD);
  assert.deepEqual(lines.map((line) => line.split(",").at(-1)), wanted.map((row) => `${site.url}#${row.run}`));
  none(trouble);
  await close();
});

for (const scene of SCENES) {
  // The longest of the scene: it has the most to go wrong with.
  const row = BROKEN.filter((row) => row.scene === scene).toSorted((a, b) => b.steps - a.steps)[0];
  test(`a broken row of ${scene} opens its run at its first step, and it ends with the break`, { timeout: LONG }, async () => {
    const { page, trouble, close } = await covered();
    await page.locator(`.cover a[href$="#${row.run}"]`).click();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await until("the run is on show", async () => (await state(page)).scene === scene && (await state(page)).events === Math.min(1, row.steps));
    await page.waitForTimeout(200);
    assert.equal((await state(page)).events, Math.min(1, row.steps), "it plays by itself");
    const property = page.locator(`.finding[data-key="${row.properties}"]`);
    await property.waitFor();
    for (let n = 1; n < row.steps; n += 1) {
      assert.match(await property.getAttribute("class"), /\b(ok|open)\b/, `broken before step ${row.steps}: ${n}`);
      await page.keyboard.press("ArrowRight");
      await until("one event more", async () => (await state(page)).events === n + 1);
    }
    await until("it is broken", async () => /\b(bad|expected)\b/.test(await property.getAttribute("class")));
    // The very same moment is nowhere to go to: the page of searches goes away all the same.
    for (let n = 1; n < row.steps; n += 1) await page.keyboard.press("ArrowLeft");
    await until("it is back at its first step", async () => (await state(page)).events === Math.min(1, row.steps));
    await page.waitForTimeout(900);
    await open(page);
    await page.locator(`.cover a[href$="#${row.run}"]`).click();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    none(trouble);
    await close();
  });
}

test("where it does not arrive it says so, and comes when it is asked for again", { timeout: LONG }, async () => {
  const { page, close } = await visit(browser, site);
  await explore(page);
  await page.route("**/page-*-coverage.wasm", (route) => route.abort());
  await page.locator('[data-act="dialog help"]').click();
  await page.locator(".ask-coverage").click();
  await page.locator(".notice.warning").waitFor();
  assert.match(await page.locator(".notice.warning").innerText(), /did not arrive/);
  assert.equal(await page.locator(".cover").count(), 0);
  await page.unroute("**/page-*-coverage.wasm");
  await page.locator(".ask-coverage").click();
  await page.locator("dialog[open] .cover").waitFor();
  await close();
});

for (const [lang, theme, size, width] of [
  ["en", "light", WIDE, "wide"], ["en", "dark", NARROW, "narrow"], ["zh", "dark", WIDE, "wide"], ["zh", "light", NARROW, "narrow"],
]) {
  test(`nothing to complain about, nothing sticks out (${lang}, ${theme}, ${width})`, { timeout: 2 * LONG }, async () => {
    const { page, trouble, close } = await covered({ lang, theme, size });
    const name = `coverage-${lang}-${theme}-${width}`;
    const complaints = [...(await sideways(page)), ...(await wordless(page))];
    await picture(page, `${name}-1-all`);
    for (const [n, scene] of SCENES.entries()) {
      await chip(page, `scene ${scene}`).click();
      // One list unfolded: it must not stick out either.
      const folded = page.locator(".cover summary").first();
      if (await folded.count()) await folded.click();
      complaints.push(...(await sideways(page)), ...(await violations(page)));
      await picture(page, `${name}-${n + 2}-${scene}`);
    }
    await chip(page, "verdict violated").click();
    await page.locator(".dialog").evaluate((dialog) => dialog.scrollTo(0, 900));
    complaints.push(...(await sideways(page)));
    if (size === WIDE) {
      const top = await page.locator(".cover thead th").first().evaluate((head) => head.getBoundingClientRect().top - document.querySelector(".dialog").getBoundingClientRect().top);
      assert.ok(top >= 0 && top < 4, `the head stays in sight: ${top} px`);
    }
    await picture(page, `${name}-6-broken`);
    none(complaints);
    none(trouble);
    await close();
  });
}
