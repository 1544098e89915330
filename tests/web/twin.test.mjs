// Two runs side by side on one clock: what is done is done in both, and the comparison is in the link.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, ready, serve, state, until, violations, visit } from "./harness.mjs";
import { card, explore, offer, onShow, openScene, select, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const LEFT = ".stage-scroll:not(.twin-scroll)";
const RIGHT = ".twin-scroll";
const twin = (page) => page.evaluate(() => window.faultline.twin());
const list = (page) => page.getByRole("combobox", { name: /^(Compare with|对比对象)$/ });
const compare = async (page, value) => {
  await list(page).selectOption(value);
  await until("the twin is there", () => twin(page));
};
const together = async (page, what) => {
  const [ours, theirs] = [await state(page), await twin(page)];
  assert.equal(theirs.time, ours.time, what);
  return [ours, theirs];
};
const done = async ({ trouble, close }) => {
  assert.deepEqual(trouble, []);
  await close();
};

/** Another recipe: a run from its start, without what a question has arranged. */
async function afresh(page, recipe) {
  const recipes = page.locator("[data-key=recipe] select");
  const now = await recipes.inputValue();
  const other = await recipes.locator("option").evaluateAll((all, not) => all.map((o) => o.value).find((v) => v !== not), now);
  if (other) for (const value of [other, recipe ?? now]) await recipes.selectOption(value);
  const mistakes = page.locator(".left input[role=switch][data-change^=option]:checked");
  for (let left = await mistakes.count(); left; left -= 1) {
    if (!/looks/.test(await mistakes.nth(left - 1).getAttribute("data-change"))) await mistakes.nth(left - 1).click();
  }
}

/** A free run on the lock, compared with one of its mistakes. */
async function compared(options, value = "mistake storage-unchecked on") {
  const visitor = await visit(browser, site, options);
  await explore(visitor.page);
  await afresh(visitor.page, "set-nx-px-fence");
  await compare(visitor.page, value);
  return visitor;
}

test("the twin steps, plays and seeks at the run's own time", { timeout: 60_000 }, async () => {
  const visitor = await compared({}, "recipe set-nx-px");
  const { page } = visitor;
  assert.equal(await page.getByRole("group", { name: "Left: SET NX PX + fence", exact: true }).count(), 1);
  assert.equal(await page.getByRole("group", { name: "Right: SET NX PX", exact: true }).count(), 1);
  // The start has all that happens at time 0.
  await page.locator(".transport .start").click();
  const start = await twin(page);
  for (let n = 0; n < 12; n += 1) {
    await stepForward(page);
    await together(page, `after step ${n + 1}`);
  }
  const [, stepped] = await together(page, "in the middle");
  assert.ok(stepped.events > start.events, "the twin has moved");
  assert.equal(stepped.recipe, "set-nx-px");
  await page.locator(".transport .back").click();
  await together(page, "one back");
  await page.locator(".stage").click({ position: { x: 4, y: 200 } });
  await page.keyboard.press("Space");
  await until("it plays", async () => (await state(page)).playing);
  for (let n = 0; n < 5; n += 1) {
    const [a, b] = await page.evaluate(() => [window.faultline.state().time, window.faultline.twin().time]);
    assert.equal(a, b, "while it plays");
    await page.waitForTimeout(60);
  }
  await page.keyboard.press("Space");
  await until("it holds", async () => !(await state(page)).playing);
  await page.keyboard.press("Home");
  await together(page, "at the start");
  assert.equal((await twin(page)).state_hash, start.state_hash);
  await page.keyboard.press("End");
  await together(page, "at the end");
  await done(visitor);
});

test("a crash is done in both, and undo takes it back in both", { timeout: 60_000 }, async () => {
  const visitor = await compared();
  const { page } = visitor;
  for (let n = 0; n < 3; n += 1) await stepForward(page);
  const [ours, theirs] = await together(page, "before");
  await select(page, card(page));
  assert.equal(await page.locator(`${RIGHT} .card.selected`).count(), 1, "the same node is selected in both");
  await offer(page, "crash");
  for (const side of [LEFT, RIGHT]) assert.equal(await page.locator(`${side} .card.down`).count(), 1, side);
  const [after] = await together(page, "after");
  assert.notEqual(after.state_hash, ours.state_hash);
  assert.equal(await page.locator(".notice").count(), 0, "nothing was left out");
  await page.locator(".transport .history button").first().click();
  const [back, beside] = await together(page, "undone");
  assert.equal(back.state_hash, ours.state_hash);
  assert.equal(beside.state_hash, theirs.state_hash);
  assert.equal(await page.locator(`${RIGHT} .card.down`).count(), 0);
  // A node that is chosen at the right is chosen at the left.
  await page.locator(`${RIGHT} [data-node]`).nth(1).click();
  assert.equal(await page.locator(`${LEFT} .card.selected`).getAttribute("data-node"), "1");
  await done(visitor);
});

test("what cannot be done at the right is left out there, and said", { timeout: 60_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  await afresh(page, "set-nx-px-renew");
  await compare(page, "recipe set-nx-px");
  const renewal = page.locator(`${LEFT} [data-pill]`).filter({ hasText: /pexpire/i });
  for (let n = 0; n < 150 && !(await renewal.count()); n += 1) await page.locator(".transport .forward").click();
  await select(page, renewal.first());
  await page.keyboard.press("d");
  await until("it is said", async () => /Left out on the right at .*s/.test(await page.locator(".notices").innerText()));
  await together(page, "all the same");
  await done(visitor);
});

test("play stops where a promise breaks at the right, and says so", { timeout: 90_000 }, async () => {
  const visitor = await compared();
  const { page } = visitor;
  const write = page.locator(`${LEFT} [data-pill]`).filter({ hasText: /write/i });
  for (let n = 0; n < 150 && !(await write.count()); n += 1) await page.locator(".transport .forward").click();
  const id = await write.first().getAttribute("data-pill");
  assert.equal(await page.evaluate((line) => window.faultline.command(line), `delay ${id} 9000`), true);
  assert.match(await page.locator(".twin-promises").nth(1).innerText(), /no promise broken/);
  for (let n = 0; n < 6; n += 1) await page.keyboard.press("]");
  await page.getByRole("button", { name: "Play", exact: true }).last().click();
  await until("it stops", async () => !(await state(page)).playing, 40_000);
  const [ours, theirs] = await together(page, "where it broke");
  const broken = ({ findings }) => findings.filter((f) => f.promised && f.standing === "broken").map((f) => f.code);
  assert.deepEqual(broken(ours), []);
  assert.deepEqual(broken(theirs), ["NO-STALE-WRITE"]);
  assert.match(await page.locator(".twin-sentence").innerText(), /Stopped here/);
  assert.match(await page.locator(".twin-promises").nth(1).innerText(), /broken: /);
  assert.match(await page.locator(".twin-promises").nth(0).innerText(), /no promise broken/);
  assert.match(await page.locator(".spoken-beside").innerText(), /^Right: .*Stopped here/);
  await picture(page, "twin-broken");
  // The reader may go on past it.
  await page.getByRole("button", { name: "Play", exact: true }).last().click();
  await until("it goes on", async () => BigInt((await state(page)).time) > BigInt(ours.time));
  await done(visitor);
});

test("the comparison is in the link, survives reload and ends with Escape", { timeout: 60_000 }, async () => {
  const visitor = await compared();
  const { page } = visitor;
  for (let n = 0; n < 6; n += 1) await stepForward(page);
  const [ours, theirs] = await together(page, "here");
  const { page: other, trouble, close } = await visit(browser, site, { at: ours.link.slice(ours.link.indexOf("#")) });
  await until("the twin is there", () => twin(other));
  const [again, beside] = await together(other, "from the link");
  assert.equal(again.state_hash, ours.state_hash);
  assert.equal(beside.state_hash, theirs.state_hash);
  assert.deepEqual(trouble, []);
  await until("the address has it", () => other.evaluate((link) => location.href === link, again.link));
  await other.reload();
  await ready(other);
  await until("the twin is there again", () => twin(other));
  assert.equal((await together(other, "reloaded"))[1].state_hash, theirs.state_hash);
  await close();
  // Another seed starts both afresh; undo brings both back.
  await page.locator(".seed [data-act=roll]").click();
  await until("another seed", async () => (await state(page)).state_hash !== ours.state_hash);
  await together(page, "another seed");
  await page.locator(".transport .history button").first().click();
  assert.equal((await together(page, "the old seed"))[1].state_hash, theirs.state_hash);
  // Another scene has no twin; coming back, it is there.
  await openScene(page, "ring");
  await until("no twin", async () => !(await twin(page)));
  assert.equal(await page.locator(".twin-scroll").isVisible(), false);
  await until("the address is the ring's", () => page.evaluate(() => location.href === window.faultline.state().link));
  await page.goBack();
  await onShow(page, "lock");
  await until("the twin is back", () => twin(page));
  await page.locator(".stage").focus();
  await page.keyboard.press("Escape");
  await until("it has ended", async () => !(await twin(page)));
  assert.equal(await page.locator(".comparing").count(), 0);
  assert.equal(await page.locator(`${RIGHT} [data-node]`).count(), 0);
  assert.equal(await list(page).inputValue(), "");
  assert.equal((await state(page)).link.length < ours.link.length, true);
  await done(visitor);
});

test("by keyboard alone: chosen in the list, reached by Tab, ended by its button", { timeout: 60_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  await list(page).focus();
  await page.keyboard.press("ArrowDown");
  await until("the twin is there", () => twin(page));
  await page.locator(`${LEFT} [data-node][tabindex="0"]`).focus();
  const stops = [];
  for (let n = 0; n < 8; n += 1) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.closest(".twin-scroll")
      ? "card" : document.activeElement.dataset.act ?? ""));
    if (stops.at(-1) === "card") break;
  }
  assert.deepEqual(stops, ["compare-end", "card"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(`${LEFT} .card.selected`).getAttribute("data-node"), "1");
  await page.locator(".twin-head [data-act=compare-end]").focus();
  await page.keyboard.press("Enter");
  await until("it has ended", async () => !(await twin(page)));
  await done(visitor);
});

test("another branch beside this one", { timeout: 60_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  await afresh(page, "set-nx-px-fence");
  for (let n = 0; n < 4; n += 1) await stepForward(page);
  const fork = await state(page);
  await page.evaluate(() => window.faultline.command("crash a"));
  for (let n = 0; n < 6; n += 1) await stepForward(page);
  const first = await state(page);
  for (let n = 0; n < 7; n += 1) await page.locator(".transport .back").click();
  assert.equal((await state(page)).state_hash, fork.state_hash);
  await page.evaluate(() => window.faultline.command("pause b"));
  await page.locator(".branch-button").click();
  await page.getByRole("button", { name: "Compare with branch 1" }).click();
  await until("the twin is there", () => twin(page));
  await together(page, "after the fork");
  assert.equal(await page.locator(`${RIGHT} .card.down`).count(), 1);
  assert.equal(await page.locator(`${LEFT} .card.down`).count(), 0);
  assert.match(await page.locator(".twin-title").nth(1).innerText(), /other branch/);
  assert.equal(await list(page).inputValue(), "branch 0");
  await page.evaluate(() => window.faultline.command("pause redis"));
  for (const side of [LEFT, RIGHT]) await page.locator(`${side} .card.titled.paused`).first().waitFor();
  assert.ok(first.events > fork.events);
  // Its link carries both.
  const here = await state(page);
  const { page: other, close } = await visit(browser, site, { at: here.link.slice(here.link.indexOf("#")) });
  await until("the twin is there", () => twin(other));
  assert.equal((await twin(other)).state_hash, (await twin(page)).state_hash);
  await close();
  await done(visitor);
});

/** Whether the parts of the page lie over one another or stick out. */
const overlaps = (page) => page.evaluate(() => {
  const box = (selector) => {
    const element = document.querySelector(selector);
    const rect = element?.getBoundingClientRect();
    return rect && rect.width && getComputedStyle(element).display !== "none" ? [selector, rect] : undefined;
  };
  const boxes = [".header", ".stage", ".sentence:not(.twin-sentence)", ".twin-sentence", ".dock"].map(box).filter(Boolean);
  const within = [".left-side", ".stage-scroll:not(.twin-scroll)", ".right-side", ".twin-scroll"].map(box).filter(Boolean);
  const found = [];
  for (const all of [boxes, within]) {
    for (let a = 0; a < all.length; a += 1) {
      for (let b = a + 1; b < all.length; b += 1) {
        const [[one, p], [two, q]] = [all[a], all[b]];
        const over = Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1
          && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1;
        if (over) found.push(`${one} lies over ${two}`);
      }
    }
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  for (const card of document.querySelectorAll(".stage .card")) {
    const own = card.getBoundingClientRect();
    const stage = card.closest(".stage-scroll").getBoundingClientRect();
    if (own.right > stage.right + 1 || own.left < stage.left - 1) found.push(`a card sticks out: ${card.textContent}`);
  }
  return found;
});

for (const [scene, value] of [["lock", "mistake storage-unchecked on"], ["commit", "mistake vote-not-forced on"], ["ring", undefined]]) {
  for (const [size, width] of [[WIDE, "wide"], [NARROW, "narrow"]]) {
    for (const [lang, theme] of [["en", "light"], ["zh", "dark"]]) {
      test(`${scene}: looks (${width}, ${lang}, ${theme})`, { timeout: 60_000 }, async () => {
        const visitor = await visit(browser, site, { size, lang, theme });
        const { page } = visitor;
        await openScene(page, scene);
        await explore(page);
        if (size === NARROW) await page.locator(".menu").click();
        await afresh(page, scene === "lock" ? "set-nx-px-fence" : undefined);
        const chosen = value ?? await list(page).locator("option").nth(1).getAttribute("value");
        await compare(page, chosen);
        if (size === NARROW) await page.locator(".menu").click();
        await page.locator(".transport .start").click();
        for (let n = 0; n < 60 && !(await page.locator(`${RIGHT} [data-pill]`).count()); n += 1) {
          await page.locator(".transport .forward").click();
        }
        await together(page, "in lock-step");
        assert.equal(await page.locator(`${LEFT} [data-node].card`).count(), await page.locator(`${RIGHT} [data-node].card`).count());
        await picture(page, `twin-${scene}-${lang}-${theme}-${width}`);
        const complaints = [...(await overlaps(page)), ...(await violations(page))];
        if ((await page.locator("body").innerText()).includes("⁇")) complaints.push("a sentence without words");
        none(complaints);
        await done(visitor);
      });
    }
  }
}
