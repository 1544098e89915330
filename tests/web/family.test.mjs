// Scenes that share a tab: one list of recipes and of stories, and runs of several scenes side by side.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, serve, state, until, violations, visit } from "./harness.mjs";
import { explore, onShow, openScene, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const twin = (page, n) => page.evaluate((n) => window.faultline.twin(n), n);
const recipes = (page) => page.locator("[data-key=recipe] select");
const compare = (page) => page.locator("select[data-change=compare]");
const also = (page) => page.locator("select[data-change='compare 1']");
const scene = (page, name) => until(`${name} is on show`, async () => (await state(page)).scene === name);
const groups = (select) => select.locator("optgroup").evaluateAll((all) => all.map((group) => group.label));
const done = async ({ trouble, close }) => {
  assert.deepEqual(trouble, []);
  await close();
};
const drawer = async (page, size) => { if (size === NARROW) await page.locator(".menu").click(); };

for (const [lang, names] of [["en", ["Redis", "Coordination services"]], ["zh", ["Redis", "协调服务"]]]) {
  test(`a recipe of another service is one choice away, and the way back one press (${lang})`, { timeout: 60_000 }, async () => {
    const visitor = await visit(browser, site, { lang });
    const { page } = visitor;
    await explore(page);
    assert.deepEqual(await groups(recipes(page)), names);
    const known = await recipes(page).locator("option").allInnerTexts();
    assert.ok(known.every((words) => words && !words.includes("⁇")), known.join(", "));
    await page.evaluate(() => window.faultline.command("set latency 30 40"));
    await page.locator(".seed input").fill("11");
    await page.locator(".seed input").press("Enter");
    const clients = page.locator("[data-key=clients] input");
    await clients.fill("2");
    await clients.dispatchEvent("change");
    const before = await state(page);
    await page.waitForTimeout(900);
    await recipes(page).selectOption("coordination zookeeper");
    await scene(page, "coordination");
    assert.equal(await page.locator('nav [data-scene="lock"]').getAttribute("aria-current"), "page", "it is the same tab");
    assert.equal(await page.locator("nav [data-scene]").count(), 4);
    assert.equal(await page.locator(".seed input").inputValue(), "11");
    assert.equal(await page.locator("[data-key=clients] input").inputValue(), "2");
    assert.deepEqual(await groups(recipes(page)), names);
    await page.locator("[data-act=undo]").click();
    await scene(page, "lock");
    assert.equal((await state(page)).state_hash, before.state_hash);
    await page.locator("[data-act=redo]").click();
    await scene(page, "coordination");
    // The tab comes back as it was left.
    await openScene(page, "commit");
    await page.locator('nav [data-scene="lock"]').click();
    await onShow(page, "lock");
    await scene(page, "coordination");
    await page.waitForTimeout(900);
    await page.goBack();
    await scene(page, "commit");
    await done(visitor);
  });
}

test("Back returns to the service before", { timeout: 60_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  await page.waitForTimeout(900);
  await recipes(page).selectOption("coordination etcd");
  await scene(page, "coordination");
  await page.waitForTimeout(900);
  await page.goBack();
  await scene(page, "lock");
  await page.goForward();
  await scene(page, "coordination");
  assert.equal((await state(page)).recipe, "etcd");
  await done(visitor);
});

test("the stories of all services are under one head, and telling one opens its scene", { timeout: 60_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  assert.deepEqual(await page.locator(".cases-of").allInnerTexts(), ["Redis", "Coordination services"]);
  await page.locator("[data-act='member coordination']").click();
  const first = page.locator("[data-act='case coordination 0']");
  await first.waitFor();
  const title = await first.innerText();
  await first.click();
  await scene(page, "coordination");
  await page.locator(".opening .question").waitFor();
  assert.ok((await page.locator(".case[aria-pressed=true]").allInnerTexts()).includes(title));
  await page.locator("[data-act='case lock 0']").click();
  await scene(page, "lock");
  await done(visitor);
});

test("Redis, ZooKeeper and etcd stand side by side, and what is done is done in all", { timeout: 90_000 }, async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  await explore(page);
  await recipes(page).selectOption("set-nx-px");
  await compare(page).selectOption("scene coordination zookeeper");
  await until("ZooKeeper is beside it", async () => (await twin(page))?.recipe === "zookeeper");
  await also(page).selectOption("scene coordination etcd");
  await until("etcd as well", async () => (await twin(page, 1))?.recipe === "etcd");
  assert.equal(await page.locator(".twin-head:visible").count(), 3);
  for (let n = 0; n < 12; n += 1) await stepForward(page);
  await page.evaluate(() => window.faultline.command("pause a"));
  await page.evaluate(() => window.faultline.command("cut b redis"));
  const [ours, zookeeper, etcd] = [await state(page), await twin(page), await twin(page, 1)];
  assert.equal(zookeeper.time, ours.time);
  assert.equal(etcd.time, ours.time);
  assert.equal(await page.locator(".card:visible", { hasText: "paused" }).count(), 3, "A is paused in all three");
  // A click on the server of one selects that of each.
  await page.locator(".twin-scroll:not(.third) [data-node='3']").click();
  assert.equal(await page.locator(".card.selected:visible").count(), 3);
  await page.keyboard.press("Escape");
  // What was done is in all three: undone, each is as it was.
  await page.locator("[data-act=undo]").click();
  await page.locator("[data-act=undo]").click();
  assert.notEqual((await twin(page)).state_hash, zookeeper.state_hash);
  assert.notEqual((await twin(page, 1)).state_hash, etcd.state_hash);
  await page.locator("[data-act=redo]").click();
  await page.locator("[data-act=redo]").click();
  assert.deepEqual([(await twin(page)).state_hash, (await twin(page, 1)).state_hash], [zookeeper, etcd].map((s) => s.state_hash));
  const link = (await state(page)).link;
  const again = await visit(browser, site, { at: new URL(link).hash });
  await until("the link has all three", async () => (await twin(again.page, 1))?.state_hash === etcd.state_hash);
  await done(again);
  await page.locator("[data-act='compare-end']").click();
  await until("etcd is the only one left", async () => (await twin(page))?.recipe === "etcd" && !(await twin(page, 1)));
  await page.locator("[data-act='compare-end']").click();
  await until("nothing is compared", async () => !(await twin(page)));
  await done(visitor);
});

for (const [lang, theme] of [["en", "light"], ["zh", "dark"]]) for (const size of [WIDE, NARROW]) {
  test(`three services can be seen (${lang}, ${theme}, ${size.width})`, { timeout: 90_000 }, async () => {
    const visitor = await visit(browser, site, { lang, theme, size });
    const { page } = visitor;
    await explore(page);
    await drawer(page, size);
    await compare(page).selectOption("scene coordination zookeeper");
    await until("ZooKeeper is beside it", () => twin(page));
    await also(page).selectOption("scene coordination etcd");
    await until("etcd as well", () => twin(page, 1));
    await drawer(page, size);
    for (let n = 0; n < 8; n += 1) await stepForward(page);
    await picture(page, `three-services-${lang}-${theme}-${size.width}`);
    none(await violations(page));
    await done(visitor);
  });
}
