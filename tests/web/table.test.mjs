// The table of worlds and properties: searched in the page while the page stays at hand, and each failure opens its run.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

/** A row a world; MUTEX-BELIEF, MUTEX-LEASE, NO-STALE-WRITE without a fence and with one. */
const HOLDS = [[true, true, true, true], [false, true, false, true], [false, false, false, true]];
const LONG = 120_000;

const rows = (page) => page.locator(".worlds tbody tr:not(.lesson)");
const cell = (page, row, column) => rows(page).nth(row).locator("td").nth(column);
const status = (page) => page.locator(".search-bar [role=status]").innerText();
const searched = (page) => page.locator(".worlds td:is(.ok, .bad, .expected)").count();
const act = (page, name) => page.locator(`.search-bar [data-act="search ${name}"]`);

async function openTable(page) {
  if (await page.locator(".ask-table").isVisible()) await page.locator(".ask-table").click();
  else {
    await page.locator(".menu").click();
    await page.locator(".ask-table").click();
  }
  await page.locator("dialog[open] .worlds").waitFor();
}

/** The free run of the lock, with all panels. */
async function lock(options = {}) {
  const visitor = await visit(browser, site, options);
  await openScene(visitor.page, "lock");
  await explore(visitor.page);
  return visitor;
}

const toTheEnd = (page) => until("all cells are searched", async () => (await searched(page)) === 12, LONG);

const sideways = (page) => page.evaluate(() => {
  const wide = [document.documentElement, document.querySelector(".dialog")].filter((e) => e.scrollWidth > e.clientWidth);
  return wide.map((element) => `${element.className || "the page"} is ${element.scrollWidth} px wide in ${element.clientWidth} px`);
});

/** Notes what the browser itself calls a long task. */
const measured = () => {
  window.long = [];
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
};

test("every cell is as published, and a failing one opens its run, which ends with the break", { timeout: LONG }, async () => {
  const { page, trouble, close } = await lock({ script: measured });
  await page.evaluate(() => { window.long = []; });
  const begun = Date.now();
  await openTable(page);
  await toTheEnd(page);
  const long = await page.evaluate(() => window.long);
  // Times are not asserted: the machine may have other things to do.
  console.log(`searched in ${Date.now() - begun} ms; ${long.length} long tasks of the page`);
  await until("it says that it is done", async () => /All 12 cells/.test(await status(page)));
  for (const [n, row] of HOLDS.entries()) {
    for (const [m, holds] of row.entries()) {
      const words = await cell(page, n, m).innerText();
      assert.match(words, holds ? /holds in all [\d,]+ states/ : /fails after \d+ steps/, `row ${n}, column ${m}`);
      assert.equal(await cell(page, n, m).locator("a").count(), holds ? 0 : 1);
    }
  }
  const link = cell(page, 1, 2).locator("a");
  const steps = Number(/after (\d+) steps/.exec(await link.innerText())[1]);
  const address = (await link.getAttribute("href")).replace(/^[^#]*/, "");
  await link.click();
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await until("the run is at its first step", async () => (await state(page)).events === 1);
  await page.waitForTimeout(200);
  assert.equal((await state(page)).events, 1, "it plays by itself");
  assert.equal(await page.evaluate(() => document.activeElement.classList.contains("stage")), true, "the keys are for the run");
  const property = page.locator('.finding[data-key="NO-STALE-WRITE"]');
  assert.match(await property.getAttribute("class"), /\bok\b/);
  for (let n = 1; n < steps; n += 1) {
    assert.match(await property.getAttribute("class"), /\bok\b/, `broken before step ${steps}: ${n}`);
    await page.keyboard.press("ArrowRight");
    await until("one event more", async () => (await state(page)).events === n + 1);
  }
  await until("it is broken", async () => /\bexpected\b/.test(await property.getAttribute("class")));
  // The same run in a page of its own, by its link.
  const other = await visit(browser, site, { at: address });
  assert.equal((await state(other.page)).events, 1);
  assert.deepEqual(other.trouble, []);
  await other.close();
  assert.deepEqual(trouble, []);
  await close();
});

test("Stop stops, Continue goes on, and what is known is kept when the table is opened again", { timeout: LONG }, async () => {
  const { page, trouble, close } = await lock();
  await openTable(page);
  await act(page, "stop").click();
  await act(page, "continue").waitFor();
  // The worker's last word on how far it is may come a moment later.
  await page.waitForTimeout(400);
  const [words, table] = [await status(page), await page.locator(".worlds").innerText()];
  assert.match(words, /Stopped\. \d+ of 12/);
  await page.waitForTimeout(400);
  assert.equal(await page.locator(".worlds").innerText(), table, "it went on");
  await page.keyboard.press("Escape");
  await openTable(page);
  assert.equal(await status(page), words, "it was begun again");
  await act(page, "continue").click();
  await until("some cells are known", async () => (await searched(page)) >= 4, LONG);
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await openTable(page);
  assert.ok((await searched(page)) >= 4, "what was known is forgotten");
  await toTheEnd(page);
  await page.keyboard.press("Escape");
  await openTable(page);
  assert.equal(await searched(page), 12);
  assert.equal(await act(page, "stop").count(), 0);
  // A link to the very moment that is on show has nowhere to go: the table goes away all the same.
  for (const last of [false, true]) {
    await cell(page, 2, 2).locator("a").click();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await until("the run is at its first step", async () => (await state(page)).events === 1);
    if (!last) {
      await page.waitForTimeout(900);
      await openTable(page);
    }
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("a table that does not arrive says so, and comes when it is asked for again", async () => {
  const { page, close } = await lock();
  await page.route("**/page-*-search.wasm", (route) => route.abort());
  await page.locator(".ask-table").click();
  await page.locator(".notice.warning").waitFor();
  assert.match(await page.locator(".notice.warning").innerText(), /did not arrive/);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.unroute("**/page-*-search.wasm");
  await openTable(page);
  await close();
});

test("scenes without a table have no button for one", async () => {
  const { page, close } = await lock();
  await openScene(page, "ring");
  await explore(page);
  await page.locator(".finding").first().waitFor();
  assert.equal(await page.locator(".ask-table").count(), 0);
  await close();
});

for (const lang of ["en", "zh"]) {
  for (const theme of ["light", "dark"]) {
    for (const [size, width] of [[WIDE, "wide"], [NARROW, "narrow"]]) {
      test(`the table has no violation and nothing sticks out (${lang}, ${theme}, ${width})`, { timeout: LONG }, async () => {
        const { page, trouble, close } = await lock({ lang, theme, size });
        await openTable(page);
        await act(page, "stop").click();
        const complaints = [...(await violations(page)), ...(await sideways(page))];
        await picture(page, `table-${lang}-${theme}-${width}-1-stopped`);
        await act(page, "continue").click();
        await toTheEnd(page);
        complaints.push(...(await violations(page)), ...(await sideways(page)));
        await picture(page, `table-${lang}-${theme}-${width}-2-done`);
        await page.locator(".dialog").evaluate((dialog) => dialog.scrollTo(0, dialog.scrollHeight));
        await picture(page, `table-${lang}-${theme}-${width}-3-end`);
        assert.equal((await page.locator(".dialog").innerText()).includes("⁇"), false, "a sentence is missing");
        none(complaints);
        none(trouble);
        await close();
      });
    }
  }
}

/** What the commit's table says, a row each: 2PC agrees and waits; 3PC by its timers; with termination it agrees, is free. */
const COMMIT = [
  [".ok", ".moot", ".ok", ".ok", ".moot"],
  [".ok", ".bad", ".bad", ".ok", ".ok"],
  [".ok", ".bad", ".bad", ".bad", ".ok"],
  [".ok", ".moot", ".bad", ".bad", ".moot"],
];

for (const [lang, theme, size, width] of [["en", "light", WIDE, "wide"], ["zh", "dark", NARROW, "narrow"]]) {
  test(`the commit's table: every cell as the core has it, and a failing one opens its run (${lang}, ${width})`, { timeout: LONG }, async () => {
    const { page, trouble, close } = await visit(browser, site, { lang, theme, size });
    await openScene(page, "commit");
    await explore(page);
    await openTable(page);
    await until("all cells are known", async () => (await page.locator(".worlds td:is(.ok, .bad, .moot, .expected)").count()) === 20, LONG);
    for (const [row, wanted] of COMMIT.entries()) {
      for (const [column, kind] of wanted.entries()) {
        assert.equal(await cell(page, row, column).and(page.locator(kind)).count(), 1, `row ${row}, column ${column}`);
      }
    }
    await picture(page, `table-commit-${lang}-${theme}-${width}`);
    assert.equal((await page.locator(".dialog").innerText()).includes("⁇"), false, "a sentence is missing");
    none([...(await violations(page)), ...(await sideways(page))]);
    await cell(page, 3, 2).locator("a").click();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await until("the run is at its first step", async () => (await state(page)).events === 1 && (await state(page)).scene === "commit");
    none(trouble);
    await close();
  });
}
