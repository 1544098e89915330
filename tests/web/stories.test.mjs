// The stories of lock and commit: one click each, a sentence before, the run, a sentence after. And the stage with several servers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const sideways = (page) => page.evaluate(() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide on a ${root.clientWidth} px screen`] : [];
});
const wordless = (page) => page.evaluate(() => document.body.outerHTML.split("⁇").slice(0, -1).map((before) => `no words after ${before.slice(-80)}`));
const text = (page, selector) => page.locator(selector).first().innerText();

/** Plays to the end of the story, going on where a broken promise halts it. */
async function toTheEnd(page) {
  for (let n = 0; n < 12 && !(await page.locator(".why").count()); n += 1) {
    const primary = page.locator(".answers .primary");
    if (!(await page.evaluate(() => window.faultline.state().playing))) await primary.click();
    await page.waitForFunction(() => document.querySelector(".why") || !window.faultline.state().playing, null, { timeout: 20_000 });
  }
}

for (const [scene, least, size, lang, theme] of [
  // Those of both scenes of the lock's tab.
  ["coordination", 25, WIDE, "en", "light"],
  ["coordination", 25, NARROW, "zh", "dark"],
  ["commit", 27, WIDE, "en", "dark"],
  ["commit", 27, NARROW, "zh", "light"],
]) {
  const name = `stories-${scene}-${lang}-${theme}-${size.width}`;
  test(`${name}: every story is one click, tells before and after, and shows what it says`, { timeout: 400_000 }, async () => {
    const { page, trouble, close } = await visit(browser, site, { size, lang, theme });
    await openScene(page, scene);
    await explore(page);
    const complaints = [];
    await page.locator(".case").nth(least - 1).waitFor({ state: "attached" });
    const count = await page.locator(".case").count();
    assert.ok(count >= least, `${count} cases`);
    const told = new Set();
    for (let n = 1; n < count; n += 1) {
      await page.evaluate((n) => document.querySelectorAll(".case")[n].click(), n);
      await page.waitForFunction((n) => document.querySelectorAll(".case")[n].getAttribute("aria-pressed") === "true", n);
      const before = await text(page, ".question");
      assert.ok(before.length > 12 && !told.has(before), before);
      told.add(before);
      if (size === WIDE || n % 4 === 0) {
        // As fast as it goes: what is looked at is the end.
        await page.evaluate(() => { const slider = document.querySelector(".speed input"); slider.value = slider.max; slider.dispatchEvent(new Event("input", { bubbles: true })); });
        await toTheEnd(page);
        const why = await text(page, ".why");
        assert.ok(why.length > 12 && !told.has(why), why);
        told.add(why);
        if (n % 4 === 0) {
          await picture(page, `${name}-${n}`);
          complaints.push(...(await violations(page)));
        }
      }
      complaints.push(...(await sideways(page)), ...(await wordless(page)));
    }
    none(complaints);
    none(trouble);
    await close();
  });
}

const link = (recipe, options) => {
  const words = ["links", "--spec", recipe, ...options.flatMap(([key, value]) => ["--option", `${key}=${value}`])];
  return execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8" }).split("\t")[0];
};

for (const [name, recipe, options] of [
  ["redlock-3", "redlock", []],
  ["redlock-5", "redlock", [["masters", "5"], ["clients", "5"]]],
  ["replica", "set-nx-px", [["replica", "on"], ["persistence", "everysec"]]],
  ["compare-and-set", "compare-and-set", []],
  ["zookeeper-follower", "coordination/zookeeper", [["follower", "on"], ["clients", "5"]]],
  ["etcd", "coordination/etcd", [["clients", "4"]]],
  ["consul", "coordination/consul", [["delay", "2000"]]],
  ["commit-five", "commit/presumed-nothing", [["participants", "5"], ["client", "on"], ["load", "3"]]],
  ["commit-together", "commit/three-phase-termination", [["participants", "4"], ["load", "2"]]],
  ["commit-cooperative", "commit/presumed-commit", [["cooperative", "on"], ["on-lock", "wait"], ["load", "4"], ["client", "on"]]],
]) {
  for (const [size, lang, theme] of [[WIDE, "en", "dark"], [NARROW, "zh", "light"]]) {
    test(`${name}-${size.width}: the stage holds all its servers, and no card lies on another`, { timeout: 60_000 }, async () => {
      const { page, trouble, close } = await visit(browser, site, { size, lang, theme, at: `#${link(recipe, options)}` });
      await page.locator(".transport .forward").waitFor();
      for (let n = 0; n < 9; n += 1) await page.locator(".transport .forward").click();
      await picture(page, `stage-${name}-${lang}-${theme}-${size.width}`);
      const overlaps = await page.evaluate(() => {
        const cards = [...document.querySelectorAll(".stage .card")].map((card) => [card, card.getBoundingClientRect()]);
        const found = [];
        cards.forEach(([card, a], i) => cards.slice(i + 1).forEach(([other, b]) => {
          if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
            found.push(`${card.innerText.split("\n")[0]} on ${other.innerText.split("\n")[0]}`);
          }
        }));
        cards.forEach(([card]) => {
          if (card.scrollHeight > card.clientHeight + 2) found.push(`${card.innerText.split("\n").join(" ")} is ${card.scrollHeight - card.clientHeight} px too high`);
        });
        return found;
      });
      assert.deepEqual(overlaps, []);
      none([...(await violations(page)), ...(await sideways(page)), ...(await wordless(page))]);
      none(trouble);
      await close();
    });
  }
}
