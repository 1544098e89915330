// "Find a failing run": one press gives the well-known answer, and it is plain about which of three it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const LONG = 120_000;
const act = (page, what) => page.locator(`[data-act="find ${what}"]`).first();
const closed = (page) => page.locator("dialog[open]").waitFor({ state: "detached", timeout: LONG });

/** The free run of a scene, with a recipe and a mistake switched on. */
async function at(scene, { recipe, mistake, ...options } = {}) {
  const visitor = await visit(browser, site, options);
  const { page } = visitor;
  await openScene(page, scene);
  await explore(page);
  const narrow = (options.size ?? WIDE).width < 600;
  if (narrow) await page.locator(".menu").click();
  if (recipe) await page.locator('[data-change="option recipe"]').selectOption(recipe);
  if (mistake) await page.evaluate((name) => document.querySelector(`[data-change="option ${name}"]`).click(), mistake);
  return visitor;
}

async function openForm(page) {
  if (!(await page.locator(".ask-find .primary").isVisible())) await page.locator(".menu").click();
  await page.locator(".ask-find .primary").click();
  await page.locator("dialog[open] .find").waitFor();
}

/** Presses a stepper so often. */
async function press(page, what, times = 1) {
  for (let n = 0; n < times; n += 1) await act(page, what).click();
}

const sideways = (page) => page.evaluate(() => {
  const wide = [document.documentElement, document.querySelector(".dialog")].filter((e) => e.scrollWidth > e.clientWidth);
  return wide.map((element) => `${element.className || "the page"} is ${element.scrollWidth} px wide in ${element.clientWidth} px`);
});

const verdict = (page) => page.locator(".verdict-head").innerText();

/** Steps through the run on show: the property must hold until the last of so many steps. */
async function stepToTheBreak(page, code, steps) {
  const property = page.locator(`.finding[data-key="${code}"]`);
  for (let n = (await state(page)).events; n < steps; n += 1) {
    assert.doesNotMatch(await property.getAttribute("class"), /\b(bad|expected)\b/, `broken before step ${steps}: ${n}`);
    await page.keyboard.press("ArrowRight");
    await until("one event more", async () => (await state(page)).events === n + 1);
  }
  await until("it is broken", async () => /\b(bad|expected)\b/.test(await property.getAttribute("class")));
}

/** Scene, recipe, mistake, property, steps: as pinned in tests/pinned/check-all.txt. */
const KNOWN = [
  ["placement", null, "own-list", "RING-AGREE", 3],
  ["ring", null, "read-before-copy", "HANDOVER", 0],
  ["lock", "set-nx-px", "get-then-set", "MUTEX-LEASE", 0],
  ["commit", null, "vote-not-forced", "AC1-AGREE", 8],
];

for (const [scene, recipe, mistake, code, steps] of KNOWN) {
  test(`${scene}: two presses find what ${mistake} breaks, and the run opens at its first step`, { timeout: LONG }, async () => {
    const { page, trouble, close } = await at(scene, { recipe, mistake });
    await openForm(page);
    assert.match(await page.locator(".find-bar .asked").innerText(), new RegExp(code));
    await act(page, "go").click();
    await closed(page);
    await until("the run is at its first step", async () => (await state(page)).events === 1);
    const told = await page.locator(".notice").first().innerText();
    const found = Number(/breaks after (\d+) steps/.exec(told)?.[1]);
    if (steps) assert.equal(found, steps);
    assert.match(told, new RegExp(code));
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("stage")), true, "the keys are for the run");
    await page.waitForTimeout(300);
    assert.equal((await state(page)).events, 1, "it plays by itself");
    await stepToTheBreak(page, code, found);
    // The answer stays, with a link to the same run.
    await page.locator(".find-chip").click();
    await page.locator("dialog[open] .hunt.bad").waitFor();
    await act(page, "copy").click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await act(page, "run").click();
    await closed(page);
    await until("it is shown again", async () => (await state(page)).events === 1);
    const other = await visit(browser, site, { at: link.replace(/^[^#]*/, "") });
    assert.equal((await state(other.page)).hash, (await state(page)).hash);
    await other.close();
    none(trouble);
    await close();
  });
}
