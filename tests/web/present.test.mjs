// The present mode and the QR code: large, without verdicts until they are asked for, and readable by a phone.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRequire } from "node:module";
import { launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, openScene } from "./moves.mjs";

const require = createRequire(import.meta.url);
const jsqr = require("jsqr");
const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const PROJECTOR = { width: 1024, height: 768 };
const broken = (page) => page.locator(".sentence.tint-bad").count();

/** A run that has just broken a promise: the lock's first question, played to its end. */
async function brokenRun(options) {
  const visitor = await visit(browser, site, { size: PROJECTOR, ...options });
  const { page } = visitor;
  await page.locator('[data-act="answer 0"]').click();
  await page.locator(".app:not(.folded)").waitFor({ state: "attached", timeout: 30_000 });
  await page.locator(".opening-leave").click();
  await until("it is broken", async () => (await state(page)).findings.some((finding) => finding.standing === "broken"));
  for (let n = 0; n < 40 && !(await broken(page)); n += 1) await page.keyboard.press("ArrowLeft");
  assert.ok(await broken(page), "a moment at which a promise broke");
  return visitor;
}

for (const [lang, theme] of [["en", "light"], ["zh", "dark"]]) {
  test(`presenting shows stage, sentence and time, large, and no verdict until it is asked for (${lang}, ${theme})`, { timeout: 90_000 }, async () => {
    const { page, trouble, close } = await brokenRun({ lang, theme });
    const size = () => page.locator(".sentence .words").evaluate((e) => e.getBoundingClientRect().height / e.offsetHeight * parseFloat(getComputedStyle(e).fontSize));
    const tint = () => page.locator(".sentence").evaluate((e) => getComputedStyle(e).backgroundColor);
    const [plain, bad] = [await size(), await tint()];
    await page.keyboard.press("f");
    await page.locator(".present-bar").waitFor();
    for (const gone of [".header", ".left", ".right"]) assert.ok(!(await page.locator(gone).isVisible()), gone);
    for (const there of [".stage .card", ".sentence", ".diagram svg"]) assert.ok(await page.locator(there).first().isVisible(), there);
    assert.ok((await size()) > 1.4 * plain, "the sentence is larger");
    assert.notEqual(await tint(), bad);
    assert.equal(await page.locator(".halt-words").isVisible(), false);
    await picture(page, `present-${lang}-${theme}-1-unasked`);
    none(await violations(page));
    // What a clicker sends.
    const at = (await state(page)).events;
    await page.keyboard.press("PageUp");
    await until("a step back", async () => (await state(page)).events === at - 1);
    await page.keyboard.press("PageDown");
    await until("and forward", async () => (await state(page)).events === at);
    await page.keyboard.press("v");
    assert.equal(await tint(), bad);
    await picture(page, `present-${lang}-${theme}-2-shown`);
    // Both languages in either theme: of the other one its colours.
    none(await violations(page));
    await page.emulateMedia({ colorScheme: theme === "dark" ? "light" : "dark" });
    none(await violations(page, { colours: true }));
    await page.keyboard.press("v");
    none(await violations(page, { colours: true }));
    // The slider is where the pointer is, though the page is drawn larger.
    const plot = await page.locator(".diagram svg").first().boundingBox();
    await page.mouse.click(plot.x + plot.width * 0.5, plot.y + plot.height * 0.5);
    const head = await page.locator(".diagram [role=slider]").boundingBox();
    assert.ok(Math.abs(head.x + head.width / 2 - (plot.x + plot.width * 0.5)) < 12, "the playhead is under the pointer");
    await page.keyboard.press("f");
    await page.locator(".present-bar").waitFor({ state: "detached" });
    assert.ok(await page.locator(".header").isVisible());
    none(trouble);
    await close();
  });
}

test("the QR code of a moment opens that moment", { timeout: 60_000 }, async () => {
  const { page, trouble, close } = await visit(browser, site);
  await openScene(page, "commit");
  await explore(page);
  for (let n = 0; n < 12; n += 1) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("q");
  await page.locator(".qr").waitFor();
  none(await violations(page));
  await page.emulateMedia({ colorScheme: "dark" });
  none(await violations(page, { colours: true }));
  await page.emulateMedia({ colorScheme: "light" });
  await picture(page, "qr");
  const link = await page.evaluate(() => window.faultlineLink);
  const pixels = await page.evaluate(async () => {
    const svg = document.querySelector(".qr");
    const side = svg.viewBox.baseVal.width * 4;
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(svg).backgroundColor;
    context.fillRect(0, 0, side, side);
    context.scale(4, 4);
    context.fillStyle = getComputedStyle(svg.firstChild).fill;
    context.fill(new Path2D(svg.firstChild.getAttribute("d")));
    return { side, data: [...context.getImageData(0, 0, side, side).data] };
  });
  const read = jsqr(Uint8ClampedArray.from(pixels.data), pixels.side, pixels.side);
  assert.equal(read?.data, link);
  none(trouble);
  await close();
});
