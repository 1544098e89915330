// With reduced motion things step instead of gliding; nothing moves before it is asked to.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { launch, serve, state, until, visit } from "./harness.mjs";
import { PILL, explore, untilMessage } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const running = (page) => page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running").length);

/** How many different places the messages were seen at during a second of play. */
async function places(page) {
  return page.evaluate(async (pill) => {
    const seen = new Set();
    const end = performance.now() + 1_000;
    while (performance.now() < end) {
      await new Promise((done) => requestAnimationFrame(done));
      for (const element of document.querySelectorAll(pill)) {
        const box = element.getBoundingClientRect();
        seen.add(`${element.dataset.pill} ${box.x.toFixed(1)} ${box.y.toFixed(1)}`);
      }
    }
    return seen.size;
  }, PILL);
}

test("nothing plays by itself", async () => {
  const { page, close } = await visit(browser, site);
  const before = await state(page);
  await page.waitForTimeout(1_200);
  const after = await state(page);
  assert.equal(after.time, before.time);
  assert.equal(after.playing, false);
  assert.equal(await running(page), 0);
  await close();
});

test("with reduced motion nothing is animated and messages do not glide", async () => {
  const steps = {};
  for (const motion of ["no-preference", "reduce"]) {
    const { page, trouble, close } = await visit(browser, site, { motion });
    await explore(page);
    await untilMessage(page);
    // Slow enough that a message is under way for the whole second.
    await page.locator(".speed input").fill("3");
    await page.locator(".transport .play").click();
    await until("it plays", async () => (await state(page)).playing);
    steps[motion] = await places(page);
    if (motion === "reduce") assert.equal(await running(page), 0);
    assert.deepEqual(trouble, []);
    await close();
  }
  assert.ok(steps["no-preference"] > 20, `messages glide: ${steps["no-preference"]} places`);
  assert.ok(steps.reduce < steps["no-preference"] / 3, `messages step: ${steps.reduce} places`);
});
