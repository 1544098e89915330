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

/**
 * What of these is not wholly inside the window, or not inside what is seen of the stage, in one of the next frames: a window that
 * has grown shows all of it as it was, then larger and cut, and then larger and whole.
 */
const hidden = (page, selectors) => page.evaluate(async (selectors) => {
  const look = () => {
    const screen_ = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const stage = document.querySelector(".stage-scroll").getBoundingClientRect();
    return selectors.flatMap((selector) => {
      const found = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
      if (!found.length) return [`no ${selector}`];
      const frame = selector.includes(".card") ? stage : screen_;
      return found.filter((element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return left < frame.left - 1 || top < frame.top - 1 || right > frame.right + 1 || bottom > frame.bottom + 1;
      }).map((element) => `${selector} ${element.innerText?.split("\n")[0] ?? ""}`);
    });
  };
  for (let frame = 0; frame < 20; frame += 1) {
    const cut = look();
    if (cut.length) return cut;
    await new Promise((done) => requestAnimationFrame(done));
  }
  return [];
}, selectors);

async function whole(page, what, selectors) {
  let cut = [];
  const seen = async () => (cut = await hidden(page, selectors)).length === 0;
  await until(what, seen).catch((error) => { throw new Error(`${error.message}; not wholly seen: ${cut.join(", ")}`); });
}

const PROJECTORS = [{ width: 1280, height: 800 }, { width: 1920, height: 1080 }, PROJECTOR];
const SHOWN = [".stage .card", ".sentence", ".transport", ".present-bar button"];
const ON_SHOW = [["lock", "en", "light"], ["coordination", "zh", "dark"], ["commit", "en", "dark"], ["placement", "zh", "light"], ["ring", "en", "light"]];

for (const [scene, lang, theme] of ON_SHOW) {
  test(`a projector shows the whole stage of ${scene}, and the whole QR code`, { timeout: 90_000 }, async () => {
    for (const size of PROJECTORS) {
      const { page, trouble, close } = await visit(browser, site, { size, lang, theme });
      await openScene(page, scene);
      await explore(page);
      for (let n = 0; n < 12; n += 1) await page.keyboard.press("ArrowRight");
      await page.locator(".stage").focus();
      await page.keyboard.press("f");
      await page.locator(".present-bar").waitFor();
      const at = `${scene} at ${size.width}×${size.height}`;
      await whole(page, at, SHOWN);
      await picture(page, `present-whole-${scene}-${size.width}`);
      await page.keyboard.press("q");
      await page.locator(".qr").waitFor();
      await whole(page, `the code of ${at}`, [".dialog", "#dialog-title", '.dialog [data-act="close"]', ".qr"]);
      const code = await page.locator(".qr").boundingBox();
      assert.ok(code.height > 0.66 * size.height && Math.abs(code.width - code.height) < 2, `the code is large and square: ${code.width}×${code.height}`);
      await picture(page, `present-whole-qr-${scene}-${size.width}`);
      await page.locator('.dialog [data-act="close"]').click();
      await page.locator("dialog[open]").waitFor({ state: "detached" });
      none(trouble);
      await close();
    }
  });
}

test("a projector shows the whole stage and the whole question of a lesson, and follows the window", { timeout: 120_000 }, async () => {
  for (const [lesson, lang] of [["valid-lease-wrong-write", "en"], ["presume-abort", "zh"]]) {
    const { page, trouble, close } = await visit(browser, site, { size: PROJECTORS[0], lang, at: `?lang=${lang}&lesson=${lesson}` });
    const answer = page.locator(".lesson .answer").first();
    await page.locator('[data-act="lesson begin"]').click();
    await answer.waitFor({ timeout: 20_000 });
    await page.locator(".stage").focus();
    await page.keyboard.press("f");
    await page.locator(".present-bar").waitFor();
    // A window that fills its screen has that screen's size: another is what a projector that is plugged in would make it.
    const screen = await page.context().newCDPSession(page);
    for (const size of [...PROJECTORS, PROJECTORS[0]]) {
      await screen.send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false });
      await until("the window has its size", () => page.evaluate((size) => innerWidth === size.width && innerHeight === size.height, size));
      await whole(page, `${lesson} at ${size.width}×${size.height}`, [...SHOWN, ".lesson .question", ".lesson .answer"]);
      const cut = await page.locator(".opening").evaluate((opening) => opening.scrollHeight - opening.clientHeight);
      assert.ok(cut <= 1, `${cut} pixels of the question are below its end`);
      const large = await page.locator(".lesson .question").evaluate((e) => e.getBoundingClientRect().height / e.offsetHeight * parseFloat(getComputedStyle(e).fontSize));
      assert.ok(large >= 15 * 1.1, `the question is read from the last row: ${large}`);
      await picture(page, `present-whole-${lesson}-${size.width}`);
    }
    none(trouble);
    await close();
  }
});

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
