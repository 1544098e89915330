// Sharing: each code that the dialog writes is put on a page and opens that very moment.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, test } from "node:test";
import { launch, NARROW, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve();
let page_ = "";
const server = createServer((request, response) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page_));
await new Promise((done) => server.listen(0, "127.0.0.1", done));

after(async () => {
  await browser.close();
  await site.close();
  server.closeAllConnections();
  server.close();
});

/** The code under a name in the dialog. */
const code = (page, name) => page.locator("dialog").getByRole("textbox", { name, exact: true }).inputValue();

/** A moment of a scene, with the dialog open. */
async function sharing(scene, options = {}) {
  const visitor = await visit(browser, site, options);
  const { page } = visitor;
  if (scene !== "lock") await openScene(page, scene);
  await explore(page);
  for (let n = 0; n < 5; n += 1) await stepForward(page);
  const here = await state(page);
  await page.locator(".share").click();
  await page.getByRole("dialog").waitFor();
  return { ...visitor, here };
}

/** Puts a code onto another site's page; comes back with the frame in it, once a run is on show. */
async function placed(markup) {
  page_ = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A course</title><body><h1>A course</h1>${markup}</body></html>`;
  const page = await browser.newPage({ viewport: { width: 900, height: 900 } });
  await page.goto(`http://localhost:${server.address().port}/`);
  const frame = await until("the frame is there", () => page.frames().find((frame) => frame.url().startsWith(site.origin)), 10_000);
  await frame.waitForFunction(() => !document.getElementById("boot") && window.faultline?.state?.());
  const at = await frame.evaluate(() => window.faultline.state());
  const look = await frame.evaluate(() => ({ theme: document.documentElement.dataset.theme, few: Boolean(document.querySelector(".few-controls")) }));
  return { page, at, look };
}

const same = (at, here) => assert.deepEqual([at.scene, at.state_hash, at.run_hash], [here.scene, here.state_hash, here.run_hash]);

for (const scene of ["lock", "coordination", "ring"]) {
  test(`every code of the dialog opens the same moment: ${scene}`, async () => {
    const { page, here, trouble, close } = await sharing(scene);
    const link = await code(page, "Link to this moment");
    const markdown = await code(page, "Link in Markdown");
    const [, words, target] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(markdown);
    assert.equal(target, link);
    assert.match(words, /^Faultline: \w+, step \d+$/);
    const linked = await visit(browser, { ...site, url: "" }, { at: target });
    same(await state(linked.page), here);
    await linked.close();

    const frame = await code(page, "Frame");
    assert.match(frame, /^<iframe src="[^"]+" title="[^"]+" width="100%" height="480" loading="lazy" allow="fullscreen; clipboard-write"><\/iframe>$/);
    const framed = await placed(frame);
    same(framed.at, here);
    assert.deepEqual(framed.look, { theme: "auto", few: false });
    await framed.page.close();

    const element = await placed(await code(page, "Element"));
    same(element.at, here);
    await element.page.close();

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("dialog").getByRole("button", { name: "Save as HTML file" }).click(),
    ]);
    const file = join(mkdtempSync(join(tmpdir(), "faultline-")), download.suggestedFilename());
    assert.match(file, new RegExp(`faultline-${scene}-\\d+\\.html$`));
    await download.saveAs(file);
    const alone = await visit(browser, { origin: "file://", url: pathToFileURL(file).href }, { offline: true });
    same(await state(alone.page), here);
    none(alone.trouble);
    await alone.close();
    none(trouble);
    await close();
  });
}

test("options change the code, by the keyboard, and what is placed follows them", async () => {
  const { page, here, trouble, close } = await sharing("lock");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Height in pixels").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("600");
  await page.keyboard.press("Tab");
  await page.keyboard.type("dark");
  await page.keyboard.press("Tab");
  await page.keyboard.type("play");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  const frame = await until("the code has all four", async () => {
    const text = await code(page, "Frame");
    return /theme=dark&amp;controls=minimal&amp;autoplay=true#/.test(text) && /height="600"/.test(text) && text;
  });
  const placedFrame = await placed(frame.replace("&amp;autoplay=true", ""));
  same(placedFrame.at, here);
  assert.deepEqual(placedFrame.look, { theme: "dark", few: true });
  await placedFrame.page.close();
  assert.match(await code(page, "Element"), /height="600" theme="dark" controls="minimal" autoplay="true">/);
  // Nothing begins to move where nothing can stop it.
  await dialog.getByLabel("Controls").selectOption("none");
  assert.doesNotMatch(await code(page, "Element"), /autoplay/);
  assert.ok(await dialog.getByLabel("Plays by itself").isDisabled());
  await dialog.getByLabel("Height in pixels").fill("7");
  await dialog.getByLabel("Height in pixels").press("Enter");
  await until("the height is mended", async () => /height="256"/.test(await code(page, "Frame")));
  const copy = dialog.getByRole("button", { name: "Copy Element" });
  await copy.focus();
  await page.keyboard.press("Enter");
  const wanted = await code(page, "Element");
  await until("it is in the clipboard", async () => (await page.evaluate(() => navigator.clipboard.readText())) === wanted);
  none(trouble);
  await close();
});

test("in the page that is one file the dialog writes what works there", async () => {
  const file = { origin: "file://", url: pathToFileURL(join(process.env.FAULTLINE_DIST, "faultline.html")).href };
  const { page, trouble, close } = await visit(browser, file);
  await explore(page);
  await stepForward(page);
  await page.locator(".share").click();
  assert.match(await code(page, "Frame"), /^<iframe src="faultline\.html\?embed&amp;sim=lock#1\./);
  assert.equal(await page.getByRole("dialog").getByRole("textbox", { name: "Element" }).count(), 0);
  assert.equal(await page.getByRole("dialog").getByRole("button", { name: "Save as HTML file" }).count(), 0);
  none(trouble);
  await close();
});

// On a wide screen looks.test.mjs looks at it.
for (const [lang, theme] of [["zh", "dark"], ["en", "light"]]) {
  test(`the dialog in ${lang}, ${theme}, on a phone: axe, no overflow, a picture`, async () => {
    const { page, trouble, close } = await visit(browser, site, { lang, theme, size: NARROW });
    await explore(page);
    await page.locator(".menu").click();
    await page.locator(".share").click();
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.locator("dialog").evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth + 1));
    await picture(page, `share-dialog-${lang}-${theme}-narrow`);
    none(trouble);
    await close();
  });
}
