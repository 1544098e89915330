// Far from a run's start: hours of play are opened, saved, compared and branched between frames, and are what the runner says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { launch, none, picture, serve, state, until, visit } from "./harness.mjs";
import { explore, openScene, played } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const runner = (...words) => execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8", maxBuffer: 1 << 28 });

/** The page on the run, asked for as a host would. */
async function opened(page, run) {
  assert.equal(await page.evaluate((link) => window.faultline.open(link), run.link), true);
  const now = await state(page);
  assert.deepEqual([now.events, now.state_hash, now.run_hash], [run.events, run.state_hash, run.run_hash]);
}

const notice = (page) => page.locator(".notice[data-key=coming]");

test("a run of many hours comes with a line that says how far it is, which can be stopped", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await visit(browser, site);
  await explore(page);
  const before = await state(page);
  const far = played("coordination", 60 * 10);
  await page.evaluate((link) => { window.coming = window.faultline.open(link).then((there) => { window.came = there; }); }, far.link);
  await notice(page).waitFor();
  const first = await notice(page).locator("progress").evaluate((bar) => bar.value);
  await until("it gets on", async () => (await notice(page).locator("progress").evaluate((bar) => bar.value)) > first);
  await picture(page, "far-opening");
  // Meanwhile the run before stays in hand.
  await page.locator(".transport .forward").click();
  assert.ok((await state(page)).events > before.events);
  await notice(page).getByRole("button", { name: "Stop" }).click();
  await until("it is told", () => page.evaluate(() => window.came === false));
  assert.equal((await state(page)).scene, before.scene);
  assert.equal(await notice(page).count(), 0);
  // Whoever turns to something else does not get it either.
  await page.evaluate((link) => { window.came = undefined; window.faultline.open(link).then((there) => { window.came = there; }); }, far.link);
  await notice(page).waitFor();
  await openScene(page, "ring");
  await until("it is told", () => page.evaluate(() => window.came === false));
  assert.equal((await state(page)).scene, "ring");
  // And who waits has it.
  await opened(page, far);
  await close();
  none(trouble);
});

test("a reload comes back to a moment far from the start", { timeout: 60_000 }, async () => {
  const far = played("lock", 60 * 4);
  const { page, trouble, close } = await visit(browser, site, { at: `#${far.link}` });
  await until("the run is there", async () => (await state(page)).events === far.events, 20_000);
  assert.equal((await state(page)).state_hash, far.state_hash);
  await close();
  none(trouble);
});

test("who turns elsewhere while the first run is still on its way gets there", { timeout: 60_000 }, async () => {
  const far = played("coordination", 60 * 10);
  const { page, trouble, close } = await visit(browser, site, { at: `#${far.link}`, bare: true });
  await notice(page).waitFor();
  await page.locator('nav [data-scene="ring"]').click();
  await until("the ring is there", async () => (await page.evaluate(() => window.faultline.state()?.scene)) === "ring");
  await page.waitForTimeout(500);
  assert.equal((await state(page)).scene, "ring");
  assert.equal(await notice(page).count(), 0);
  await close();
  none(trouble);
});

test("an hour saved, undone, branched and compared is what the runner says", { timeout: 120_000 }, async () => {
  for (const scene of ["coordination", "lock"]) {
    const { page, trouble, close } = await visit(browser, site);
    const hour = played(scene, 60);
    await opened(page, hour);
    await explore(page);
    for (const [name, what] of [["Events as JSON", "trace"], ["Events for ShiViz", "shiviz"]]) {
      if (!(await page.getByRole("dialog").count())) await page.locator(".share").click();
      const [download] = await Promise.all([
        page.waitForEvent("download", { timeout: 30_000 }),
        page.getByRole("dialog").getByRole("button", { name, exact: true }).click(),
      ]);
      const saved = await readFile(await download.path(), "utf8");
      const wanted = runner("export", "--as", what, hour.link);
      assert.ok(saved === wanted, `${scene}, ${what}: ${saved.length} characters, not ${wanted.length}`);
    }
    await page.keyboard.press("Escape");
    // Somebody acts near the beginning, and takes it back.
    const node = await page.evaluate(() => document.querySelector(".stage [data-node]").dataset.node);
    await page.locator(".transport .start").click();
    for (let n = 0; n < 5; n += 1) await page.locator(".transport .forward").click();
    const there = await state(page);
    await page.locator(`.stage [data-node="${node}"]`).first().click();
    await page.locator('.inspector [data-line^="pause "]').first().click();
    await until("a branch", async () => (await page.locator(".branch-button").innerText()).includes("2"));
    const branch = await state(page);
    await page.locator("[data-act=undo]").click();
    await until("taken back", async () => (await state(page)).state_hash === there.state_hash);
    await page.locator(".transport .end").click();
    await until("the hour again", async () => (await state(page)).state_hash === hour.state_hash);
    await page.locator("[data-act=redo]").click();
    await until("done again", async () => (await state(page)).state_hash === branch.state_hash);
    await page.locator(".branch-button").click();
    await page.locator(".branch-list [data-act='branch 0']").click();
    await until("the first branch", async () => (await state(page)).state_hash === hour.state_hash);
    // Beside another recipe, then with something done in both.
    await page.getByRole("combobox", { name: "Compare with" }).selectOption({ index: 1 });
    const twin = () => page.evaluate(() => window.faultline.twin());
    await until("a twin", async () => (await twin())?.time === hour.time_us, 20_000);
    const beside = await twin();
    await page.locator(".transport .forward").click();
    await page.locator(".transport .forward").click();
    await until("both go on", async () => {
      const [ours, theirs] = [await state(page), await twin()];
      return ours.time === theirs.time && theirs.run_hash !== beside.run_hash && ours.time !== hour.time_us;
    });
    await close();
    none(trouble);
  }
});
