// "Find a failing run": one press gives the well-known answer, and it is plain about which of three it is.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, settled, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const LONG = 120_000;
const act = (page, what) => page.locator(`[data-act="find ${what}"]`).first();
const closed = (page) => page.locator("dialog[open]").waitFor({ state: "detached", timeout: LONG });

/** Throws a switch of the left panel, which may lie behind the drawer. */
async function flip(page, name) {
  const box = page.locator(`[data-change="option ${name}"]`);
  await box.waitFor({ state: "attached" });
  await box.evaluate((element) => element.click());
}

/** The free run of a scene, with a recipe and a mistake switched on. */
async function at(scene, { recipe, mistake, ...options } = {}) {
  const visitor = await visit(browser, site, options);
  const { page } = visitor;
  await openScene(page, scene);
  await explore(page);
  const narrow = (options.size ?? WIDE).width < 600;
  if (narrow) await page.locator(".menu").click();
  if (recipe) await page.locator('[data-change="option recipe"]').selectOption(recipe);
  if (mistake) await flip(page, mistake);
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
  ["ring", null, "read-before-copy", "HANDOVER", 9],
  ["lock", "set-nx-px", "get-then-set", "MUTEX-LEASE", 12],
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
    assert.equal(found, steps);
    assert.match(told, new RegExp(code));
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("stage")), true, "the keys are for the run");
    await page.waitForTimeout(300);
    assert.equal((await state(page)).events, 1, "it plays by itself");
    await stepToTheBreak(page, code, found);
    // The answer stays, with a link to the same run.
    await page.locator(".find-chip").click();
    await page.locator("dialog[open] .hunt.bad").waitFor();
    const before = await act(page, "copy").innerText();
    await act(page, "copy").click();
    await until("it says that it is copied", async () => (await act(page, "copy").innerText()) !== before);
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

test("it holds in all states, says within which bounds, and that others may break", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("lock", { recipe: "set-nx-px" });
  await openForm(page);
  await act(page, "world sync").click();
  await act(page, "go").click();
  await page.locator(".hunt.ok").waitFor({ timeout: LONG });
  const states = Number(/all ([\d,]+) states/.exec(await verdict(page))[1].replaceAll(",", ""));
  assert.ok(states > 10, `only ${states} states`);
  const words = await page.locator(".hunt").innerText();
  for (const wanted of [/Timely messages/, /no faults/, /Clients 2/, /MUTEX-LEASE/, /other bounds/]) assert.match(words, wanted);
  assert.equal((await state(page)).scene, "lock");
  // The form is as it was, and the standard search is a press away.
  await act(page, "ask").click();
  assert.equal(await page.locator('[data-act="find world sync"]').getAttribute("aria-pressed"), "true");
  await act(page, "reset").click();
  assert.equal(await page.locator('[data-act="find world bounded"]').getAttribute("aria-pressed"), "true");
  assert.equal(await act(page, "reset").count(), 0);
  none(trouble);
  await close();
});

/** A search that takes a while: two banks, two crashes. */
async function long(options = {}) {
  const visitor = await at("commit", options);
  const { page } = visitor;
  await openForm(page);
  await act(page, "world anything").click();
  await press(page, "more crashes", 2);
  return visitor;
}

async function open(page, summary = ".find-more") {
  await page.locator(`${summary}:not([open]) > summary`).click();
}

test("a limit ends it unfinished; it goes on to twice the limit", { timeout: LONG }, async () => {
  const { page, trouble, close } = await long();
  await open(page);
  while (await act(page, "less states").isEnabled()) await act(page, "less states").click();
  await act(page, "go").click();
  await page.locator(".hunt.expected").waitFor({ timeout: LONG });
  assert.match(await verdict(page), /Not finished/);
  const words = await page.locator(".verdict").innerText();
  assert.match(words, /20,000 states/);
  const before = Number((await page.locator(".find-numbers dd").first().innerText()).replaceAll(",", ""));
  assert.ok(before >= 20_000);
  await act(page, "widen").click();
  await until("it stops at twice the limit", async () => /40,000 states/.test(await page.locator(".verdict").innerText()), LONG);
  const after = Number((await page.locator(".find-numbers dd").first().innerText()).replaceAll(",", ""));
  assert.ok(after >= 40_000 && after > before, `${before}, then ${after}`);
  none(trouble);
  await close();
});

test("Stop stops, Continue goes on; closed and in another scene it goes on, and a chip tells", { timeout: LONG }, async () => {
  const { page, trouble, close } = await long();
  await act(page, "go").click();
  const count = async () => Number((await page.locator(".find-numbers dd").first().innerText()).replaceAll(",", ""));
  await until("states are counted", async () => (await count()) > 500, LONG);
  await act(page, "stop").click();
  await act(page, "continue").waitFor();
  await page.waitForTimeout(400);
  const stopped = await count();
  await page.waitForTimeout(600);
  assert.equal(await count(), stopped, "it went on");
  await page.keyboard.press("Escape");
  await closed(page);
  assert.match(await page.locator(".find-chip").innerText(), /stopped: [\d,]+ states/);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.act), "dialog find", "the focus does not come back");
  await page.locator(".find-chip").click();
  await act(page, "continue").click();
  await until("it goes on", async () => (await count()) > stopped, LONG);
  await page.keyboard.press("Escape");
  await openScene(page, "lock");
  await explore(page);
  const chip = page.locator(".find-chip");
  const first = await chip.innerText();
  // It may have come to its end on the way here.
  await until("the chip follows", async () => /holds in/.test(first) || (await chip.innerText()) !== first, LONG);
  await chip.click();
  assert.match(await page.locator(".hunt .asked").innerText(), /2PC/);
  await until("it has come to an end", async () => (await page.locator(".hunt.ok").count()) === 1, LONG);
  assert.equal((await state(page)).scene, "lock", "the reader was taken elsewhere");
  none(trouble);
  await close();
});

test("what is found while nobody looks waits behind a button", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("commit", { mistake: "vote-not-forced" });
  await openForm(page);
  await press(page, "more crashes", 1);
  await page.evaluate(() => {
    document.querySelector('[data-act="find go"]').click();
    document.querySelector('[data-act="close"]').click();
  });
  await closed(page);
  const before = (await state(page)).hash;
  await page.locator(".find-note").waitFor({ timeout: LONG });
  assert.match(await page.locator(".find-note").innerText(), /AC1-AGREE breaks after 8 steps/);
  assert.equal((await state(page)).hash, before, "the run came by itself");
  await openScene(page, "ring");
  await page.locator(".find-note [data-act='find run']").click();
  await until("the run is at its first step", async () => (await state(page)).scene === "commit" && (await state(page)).events === 1);
  assert.equal(await page.locator(".find-note").count(), 0);
  // Undo takes back what was on the stage before.
  await page.locator(".transport .history button").first().click();
  await until("the run before is back", async () => (await state(page)).hash === before);
  none(trouble);
  await close();
});

test("by keys alone: F, Enter, arrows", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("lock", { recipe: "set-nx-px", mistake: "get-then-set" });
  await page.locator(".stage").focus();
  await page.keyboard.press("s");
  await page.locator("dialog[open] .find").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.act), "find go");
  await page.keyboard.press("Enter");
  await closed(page);
  await until("the run is at its first step", async () => (await state(page)).events === 1);
  await stepToTheBreak(page, "MUTEX-LEASE", 12);
  await page.keyboard.press("s");
  await page.locator("dialog[open] .find").waitFor();
  await page.keyboard.press("Escape");
  await closed(page);
  none(trouble);
  await close();
});

test("switches come along from the stage and can be left out", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("lock", { recipe: "set-nx-px" });
  await page.locator('[data-change="option persistence"]').selectOption("none");
  await openForm(page);
  assert.match(await page.locator(".find-bar .asked").innerText(), /Redis keeps: none/);
  await open(page);
  await page.locator('[data-change="find carried"]').click();
  await until("they are left out", async () => !/Redis keeps/.test(await page.locator(".find-bar .asked").innerText()));
  await page.locator('[data-change="find carried"]').click();
  await until("they are back", async () => /Redis keeps/.test(await page.locator(".find-bar .asked").innerText()));
  none(trouble);
  await close();
});

test("from the moment on the stage: what is found goes on from there", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("lock", { recipe: "set-nx-px", mistake: "get-then-set" });
  await openForm(page);
  await act(page, "go").click();
  await closed(page);
  await until("the run is at its first step", async () => (await state(page)).events === 1);
  for (let n = 2; n <= 4; n += 1) {
    await page.keyboard.press("ArrowRight");
    await until("one event more", async () => (await state(page)).events === n);
  }
  await openForm(page);
  await act(page, "here yes").click();
  await until("it says from where", async () => /run on the stage/.test(await page.locator(".find-bar .asked").innerText()));
  await act(page, "go").click();
  await closed(page);
  await until("the first step after that moment is on show", async () => (await state(page)).events === 5);
  const told = await page.locator(".notice").last().innerText();
  assert.match(told, /MUTEX-LEASE breaks after 8 steps/);
  await stepToTheBreak(page, "MUTEX-LEASE", 12);
  // It is broken here already: there is nothing to step to.
  await openForm(page);
  await act(page, "here yes").click();
  await act(page, "go").click();
  await closed(page);
  assert.match(await page.locator(".notice").last().innerText(), /already at this moment/);
  none(trouble);
  await close();
});

test("can it be put off for ever: a lasso, with what it assumes", { timeout: LONG }, async () => {
  const { page, trouble, close } = await at("commit");
  await openForm(page);
  await act(page, "aim put-off").click();
  assert.match(await page.locator(".find-bar .asked").innerText(), /AC5-TERMINATE/);
  await act(page, "world sync").click();
  await press(page, "more crashes");
  await act(page, "go").click();
  await page.locator(".hunt.ok").waitFor({ timeout: LONG });
  assert.match(await verdict(page), /cannot be put off for ever/);
  await act(page, "ask").click();
  await page.locator('[data-change="find repairs"]').click();
  await act(page, "go").click();
  await closed(page);
  await until("the run is at its first step", async () => (await state(page)).events === 1);
  await page.locator(".find-chip").click();
  await page.locator(".hunt.bad").waitFor();
  const words = await page.locator(".hunt").innerText();
  assert.match(words, /From step 6 on, the last 3 steps repeat without end/);
  assert.match(words, /stays so/);
  assert.match(words, /fair/);
  await picture(page, "find-put-off");
  none([...(await violations(page)), ...(await sideways(page))]);
  await act(page, "cycle").click();
  await closed(page);
  await until("it stands where the cycle begins", async () => (await state(page)).events === 5);
  none(trouble);
  await close();
});

for (const lang of ["en", "zh"]) {
  for (const theme of ["light", "dark"]) {
    for (const [size, width] of [[WIDE, "wide"], [NARROW, "narrow"]]) {
      test(`no violation and nothing sticks out (${lang}, ${theme}, ${width})`, { timeout: LONG }, async () => {
        const { page, trouble, close } = await long({ lang, theme, size });
        const complaints = [];
        const look = async (name) => {
          await settled(page);
          complaints.push(...(await violations(page)), ...(await sideways(page)));
          if ((await page.locator("body").innerText()).includes("⁇")) complaints.push(`${name}: a sentence is missing`);
          await picture(page, `find-${lang}-${theme}-${width}-${name}`);
        };
        await look("1-form");
        await open(page);
        await page.locator(".dialog").evaluate((dialog) => dialog.scrollTo(0, dialog.scrollHeight));
        await look("2-more");
        while (await act(page, "less states").isEnabled()) await act(page, "less states").click();
        await act(page, "go").click();
        await until("it searches", async () => (await page.locator(".find-numbers dd").first().innerText()) !== "0", LONG);
        await look("3-searching");
        await page.locator(".hunt.expected").waitFor({ timeout: LONG });
        await look("4-unfinished");
        await act(page, "ask").click();
        await act(page, "reset").click();
        await act(page, "world sync").click();
        await act(page, "go").click();
        await page.locator(".hunt.ok").waitFor({ timeout: LONG });
        await look("5-holds");
        await page.keyboard.press("Escape");
        await closed(page);
        await look("6-chip");
        await flip(page, "first-vote");
        await openForm(page);
        await act(page, "go").click();
        await closed(page);
        await look("7-run");
        if (size === NARROW) await page.locator(".menu").click();
        await page.locator(".find-chip").click();
        await page.locator(".hunt.bad").waitFor();
        await look("8-broken");
        none(complaints);
        none(trouble);
        await close();
      });
    }
  }
}
