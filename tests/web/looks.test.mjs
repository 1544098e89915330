// Every scene in both languages, both themes and two sizes: axe finds nothing, and a picture is kept for people to look at.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, violations, visit } from "./harness.mjs";
import { PILL, explore, openScene, scenesOf } from "./moves.mjs";

const browser = await launch();
const site = await serve();
const scenes = await (async () => {
  const { page, close } = await visit(browser, site);
  const found = await scenesOf(page);
  await close();
  return found;
})();
after(async () => { await browser.close(); await site.close(); });

async function check(page, name, complaints) {
  // A picture in the middle of a transition is nobody's picture.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  await picture(page, name);
  complaints.push(...(await violations(page)), ...(await sideways(page)), ...(await wordless(page)));
}

/** A sentence that no table has, perhaps because it stands in a part of the page that is not here yet. */
const wordless = (page) => page.evaluate(() => document.body.outerHTML.split("⁇").slice(0, -1).map((before) => `no words after ${before.slice(-80)}`));

/** Nothing may stick out to the right of the screen, and the page may not scroll sideways. */
const sideways = (page) => page.evaluate(() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide on a ${root.clientWidth} px screen`] : [];
});

for (const scene of scenes) {
  for (const lang of ["en", "zh"]) {
    for (const theme of ["light", "dark"]) {
      for (const [size, width] of [[WIDE, "wide"], [NARROW, "narrow"]]) {
        const name = `${scene}-${lang}-${theme}-${width}`;
        test(`${name}: no violation at the question, in the middle and with a selection`, { timeout: 60_000 }, async () => {
          const complaints = [];
          const { page, trouble, close } = await visit(browser, site, { size, lang, theme });
          await openScene(page, scene);
          assert.equal(await page.evaluate(() => document.documentElement.lang.slice(0, 2)), lang);
          const dark = await page.evaluate(() => getComputedStyle(document.body).colorScheme.includes("dark")
            || getComputedStyle(document.documentElement).colorScheme.includes("dark"));
          assert.equal(dark, theme === "dark", "the page does not follow the system's colours");
          await page.waitForTimeout(250);
          await check(page, `${name}-1-question`, complaints);
          await explore(page);
          for (let n = 0; n < 40 && !(await page.locator(PILL).count()); n += 1) {
            await page.locator(".transport .forward").click();
          }
          await check(page, `${name}-2-middle`, complaints);
          await page.locator(".stage [data-node]").first().click();
          await page.locator(".inspector h2").waitFor();
          await check(page, `${name}-3-selected`, complaints);
          if (size === NARROW) {
            await page.locator(".inspector .panel-head button").click();
            await page.locator(".menu").click();
            await page.waitForTimeout(300);
            await check(page, `${name}-4-drawer`, complaints);
          }
          none(complaints);
          none(trouble);
          await close();
        });
      }
    }
  }
}

for (const lang of ["en", "zh"]) {
  for (const theme of ["light", "dark"]) {
    test(`the dialogs have no violation (${lang}, ${theme})`, { timeout: 60_000 }, async () => {
      const complaints = [];
      const { page, trouble, close } = await visit(browser, site, { lang, theme });
      await explore(page);
      const share = lang === "en" ? "Share" : "分享";
      await page.getByRole("banner").getByRole("button", { name: share }).click();
      await page.locator("dialog[open]").waitFor();
      await check(page, `share-${lang}-${theme}`, complaints);
      await page.keyboard.press("Escape");
      await page.locator(".header .help").click();
      await page.locator("dialog[open]").waitFor();
      await check(page, `help-${lang}-${theme}`, complaints);
      none(complaints);
      none(trouble);
      await close();
    });
  }
}

test("200 % zoom and 320 px: the page still does not scroll sideways", async () => {
  const { page, close } = await visit(browser, site, { size: { width: 320, height: 640 } });
  await explore(page);
  assert.deepEqual(await sideways(page), []);
  await picture(page, "narrowest");
  await close();
});
