// Every scene in both languages, both themes and two sizes: axe finds nothing, and a picture is kept for people to look at.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, settled, until, violations, visit } from "./harness.mjs";
import { allScenes, explore, openScene, untilMessage } from "./moves.mjs";

const browser = await launch();
const site = await serve();
const scenes = await (async () => {
  const { page, close } = await visit(browser, site);
  const found = await allScenes(page);
  await close();
  return found;
})();
after(async () => { await browser.close(); await site.close(); });

async function check(page, name, complaints, colours) {
  // A picture in the middle of a transition is nobody's picture.
  await settled(page);
  await picture(page, name);
  complaints.push(...(await violations(page, { colours })));
  if (!colours) complaints.push(...(await sideways(page)), ...(await wordless(page)));
}

/** A sentence that no table has, perhaps because it stands in a part of the page that is not here yet. */
const wordless = (page) => page.evaluate(() => document.body.outerHTML.split("⁇").slice(0, -1).map((before) => `no words after ${before.slice(-80)}`));

/** Nothing may stick out to the right of the screen, and the page may not scroll sideways. */
const sideways = (page) => page.evaluate(() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide on a ${root.clientWidth} px screen`] : [];
});

const dark = (page) => page.evaluate(() => getComputedStyle(document.body).colorScheme.includes("dark")
  || getComputedStyle(document.documentElement).colorScheme.includes("dark"));

/** One moment in both themes: the page follows the system at once. */
async function both(page, name, complaints) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await until(`the page is ${theme}`, async () => (await dark(page)) === (theme === "dark"));
    await check(page, name(theme), complaints, theme === "dark");
  }
}

for (const scene of scenes) {
  for (const lang of ["en", "zh"]) {
    for (const [size, width] of [[WIDE, "wide"], [NARROW, "narrow"]]) {
      test(`${scene}-${lang}-${width}: no violation at the question, in the middle and with a selection`, { timeout: 90_000 }, async () => {
        const complaints = [];
        const name = (moment) => (theme) => `${scene}-${lang}-${theme}-${width}-${moment}`;
        const { page, trouble, close } = await visit(browser, site, { size, lang });
        await openScene(page, scene);
        assert.equal(await page.evaluate(() => document.documentElement.lang.slice(0, 2)), lang);
        await page.waitForTimeout(250);
        await both(page, name("1-question"), complaints);
        await explore(page);
        await untilMessage(page).catch(() => {});
        await both(page, name("2-middle"), complaints);
        await page.locator(".stage [data-node]").first().click();
        await page.locator(".inspector h2").waitFor();
        await both(page, name("3-selected"), complaints);
        if (size === NARROW) {
          await page.locator(".inspector .panel-head button").click();
          await page.locator(".menu").click();
          await page.waitForTimeout(300);
          await both(page, name("4-drawer"), complaints);
        }
        none(complaints);
        none(trouble);
        await close();
      });
    }
  }
}

for (const lang of ["en", "zh"]) {
  test(`the dialogs have no violation (${lang})`, { timeout: 90_000 }, async () => {
    const complaints = [];
    const { page, trouble, close } = await visit(browser, site, { lang });
    await explore(page);
    for (const dialog of ["share", "help"]) {
      await page.locator(`.header .${dialog}`).click();
      await page.locator("dialog[open]").waitFor();
      await both(page, (theme) => `${dialog}-${lang}-${theme}`, complaints);
      if (await page.locator("dialog").evaluate((dialog) => dialog.scrollWidth > dialog.clientWidth + 1)) complaints.push(`${dialog} scrolls sideways`);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
    none(complaints);
    none(trouble);
    await close();
  });
}

test("200 % zoom and 320 px: the page still does not scroll sideways", async () => {
  const { page, close } = await visit(browser, site, { size: { width: 320, height: 640 } });
  await explore(page);
  assert.deepEqual(await sideways(page), []);
  await picture(page, "narrowest");
  await close();
});
