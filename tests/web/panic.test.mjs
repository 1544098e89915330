// A panic leaves a page that can be read: what happened, which version, and the link of the run, which opens it again.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { launch, picture, serve, state, visit, violations } from "./harness.mjs";
import { card, explore, offer, select, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve(process.env.FAULTLINE_PANIC_DIST);
after(async () => { await browser.close(); await site.close(); });

const panic = (page) => page.evaluate(() => { try { window.faultline.command("panic"); } catch { /* the trap */ } });

async function actAndPanic(page) {
  await explore(page);
  await stepForward(page);
  await select(page, card(page));
  await offer(page, "crash");
  const before = await state(page);
  await panic(page);
  await page.getByRole("dialog").waitFor();
  return before;
}

test("the screen shows message, version and a link that reproduces the run", async () => {
  const { page, close } = await visit(browser, site);
  const before = await actAndPanic(page);
  const screen = page.getByRole("dialog");
  const text = await screen.textContent();
  assert.match(text, /Faultline has stopped/);
  assert.match(text, /panicked|asked to panic/);
  assert.match(text, new RegExp(await page.evaluate(() => document.documentElement.dataset.version)));
  assert.deepEqual(await violations(page), []);
  await picture(page, "stopped-en");
  const link = await screen.getByRole("link").getAttribute("href");
  await screen.getByRole("button", { name: "Open the run again" }).click();
  await page.waitForFunction(() => !document.querySelector("dialog.boot-screen") && window.faultline?.state?.());
  const again = await state(page);
  assert.equal(again.state_hash, before.state_hash);
  assert.equal(again.run_hash, before.run_hash);
  const other = await visit(browser, site, { at: link.slice(link.indexOf("#")) });
  assert.equal((await state(other.page)).state_hash, before.state_hash);
  await other.close();
  await close();
});

test("in Chinese the screen speaks Chinese, and by keyboard one gets out of it", async () => {
  const { page, close } = await visit(browser, site, { lang: "zh", theme: "dark" });
  await actAndPanic(page);
  const screen = page.getByRole("dialog");
  assert.match(await screen.textContent(), /已停止运行/);
  assert.deepEqual(await violations(page), []);
  await picture(page, "stopped-zh");
  await page.keyboard.press("Escape");
  assert.ok(await screen.isVisible(), "Escape must not lead back into a dead page");
  await screen.getByRole("button", { name: "从头开始" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("dialog.boot-screen") && window.faultline?.state?.());
  assert.equal(await page.evaluate(() => location.hash.length < 3 || Boolean(window.faultline.state())), true);
  await close();
});

test("after the panic nothing enters WebAssembly again", async () => {
  const { page, trouble, close } = await visit(browser, site);
  await actAndPanic(page);
  trouble.length = 0;
  for (const key of ["Space", "ArrowRight", "Tab", "?"]) await page.keyboard.press(key);
  await page.setViewportSize({ width: 900, height: 700 });
  await page.evaluate(() => { location.hash = "#nonsense"; });
  await page.waitForTimeout(500);
  assert.deepEqual(trouble, []);
  await close();
});

test("the site that people get has no such command", async () => {
  const real = await serve();
  const { page, close } = await visit(browser, real);
  await panic(page);
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.ok(await state(page));
  await close();
  await real.close();
});
