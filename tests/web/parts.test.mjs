// The parts of the page that are fetched when they are first asked for: each once, and what happens when it does not come.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, test } from "node:test";
import { parts } from "../../xtask/loader.mjs";
import { launch, ready, serve, state, until, visit } from "./harness.mjs";
import { explore, onShow, openScene, stepForward } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const part = (name) => `**/page-*-${name}.wasm`;
const notice = (page) => page.locator(".notice.warning");
const language = (page) => page.evaluate(() => document.documentElement.lang.slice(0, 2));
const held = ({ scene, state_hash, run_hash, link }) => ({ scene, state_hash, run_hash, link });

/** The parts asked for since, by name; not what some of them share. */
const own = (names) => names.filter((name) => !name.startsWith("shared")).sort();

/** The files of parts asked for since. */
function asked(page) {
  const names = [];
  page.on("request", (request) => {
    const name = /\/page-[0-9a-f]+-(.+)\.wasm$/.exec(request.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

/** The link of a moment in a scene, as a reader would have been sent it. */
async function linkTo(scene) {
  const { page, close } = await visit(browser, site);
  await openScene(page, scene);
  await explore(page);
  for (let n = 0; n < 3; n += 1) await stepForward(page);
  const there = await state(page);
  await close();
  return { ...there, at: there.link.slice(there.link.indexOf("#")) };
}

test("a tab fetches its part once and shows its scene", async () => {
  const { page, trouble, close } = await visit(browser, site);
  const names = asked(page);
  await openScene(page, "ring");
  assert.ok(await page.locator(".stage").isVisible());
  await openScene(page, "lock");
  await openScene(page, "ring");
  await openScene(page, "commit");
  // The reader's first touch fetches the panels around the stage.
  // What draws the ring comes with its scene.
  assert.deepEqual(own(names), ["commit", "plots", "ring", "workbench"]);
  assert.equal(new Set(names).size, names.length, `asked twice: ${names}`);
  assert.deepEqual(trouble, []);
  await close();
});

test("a tab whose part does not arrive says so, keeps the run, and works once the network is back", async () => {
  const { page, close } = await visit(browser, site);
  await explore(page);
  for (let n = 0; n < 3; n += 1) await stepForward(page);
  const before = await state(page);
  await page.route(part("ring"), (route) => route.abort());
  await page.locator('nav [data-scene="ring"]').click();
  await notice(page).waitFor();
  assert.match(await notice(page).innerText(), /did not arrive/);
  assert.deepEqual(held(await state(page)), held(before));
  await onShow(page, "lock");
  assert.equal(await page.locator('nav [data-scene="ring"]').getAttribute("aria-busy"), "false");
  assert.equal(await page.getByRole("dialog").count(), 0, "the page has stopped");
  await stepForward(page);
  await page.unroute(part("ring"));
  await openScene(page, "ring");
  assert.ok(await page.locator(".stage").isVisible());
  await close();
});

test("a part that is not found on the server is a part that did not arrive", async () => {
  const { page, close } = await visit(browser, site);
  await page.route(part("commit"), (route) => route.fulfill({ status: 404, contentType: "text/html", body: "gone" }));
  await page.locator('nav [data-scene="commit"]').click();
  await notice(page).waitFor();
  await onShow(page, "lock");
  await page.unroute(part("commit"));
  await openScene(page, "commit");
  await close();
});

test("a host that does not know WebAssembly's media type serves the parts all the same", async () => {
  const { page, close } = await visit(browser, site);
  await page.route("**/*.wasm", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-type": "application/octet-stream" } });
  });
  await openScene(page, "ring");
  await close();
});

test("while a part is on its way the run can be used, and another tab that is asked for meanwhile wins", async () => {
  const { page, trouble, close } = await visit(browser, site);
  let release;
  const late = new Promise((go) => { release = go; });
  await page.route(part("ring"), async (route) => { await late; await route.continue(); });
  await page.locator('nav [data-scene="ring"]').click();
  await page.locator('nav [data-scene="ring"][aria-busy="true"]').waitFor();
  await explore(page);
  await stepForward(page);
  await openScene(page, "commit");
  release();
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(300);
  await onShow(page, "commit");
  assert.equal((await state(page)).scene, "commit");
  await openScene(page, "ring");
  assert.deepEqual(trouble, []);
  await close();
});

for (const scene of ["ring", "commit"]) {
  test(`a link to the ${scene} opens directly, and in a page that is open already`, async () => {
    const wanted = await linkTo(scene);
    const { page, trouble, close } = await visit(browser, site, { at: wanted.at });
    await onShow(page, scene);
    assert.equal((await state(page)).state_hash, wanted.state_hash);
    assert.equal((await state(page)).run_hash, wanted.run_hash);
    assert.deepEqual(trouble, []);
    await close();
    const other = await visit(browser, site);
    assert.equal(await other.page.evaluate((link) => window.faultline.open(link), wanted.at), true);
    assert.equal((await state(other.page)).run_hash, wanted.run_hash);
    await onShow(other.page, scene);
    await other.close();
  });
}

test("a link whose part does not arrive leaves the run alone", async () => {
  const wanted = await linkTo("ring");
  const { page, close } = await visit(browser, site);
  const before = await state(page);
  await page.route(part("ring"), (route) => route.abort());
  assert.equal(await page.evaluate((link) => window.faultline.open(link), wanted.at), false);
  await notice(page).waitFor();
  assert.deepEqual(held(await state(page)), held(before));
  await close();
});

test("Chinese is fetched when it is first asked for", async () => {
  const { page, trouble, close } = await visit(browser, site);
  const names = asked(page);
  for (const lang of ["zh", "en", "zh"]) {
    await page.locator(".language").click();
    await until(`the page speaks ${lang}`, async () => (await language(page)) === lang);
  }
  assert.deepEqual(own(names), ["chinese", "workbench"]);
  assert.deepEqual(trouble, []);
  await close();
});

test("Chinese that does not arrive leaves the page in English, with a notice; asking again works", async () => {
  const { page, close } = await visit(browser, site);
  await page.route(part("chinese"), (route) => route.abort());
  await page.locator(".language").click();
  await notice(page).waitFor();
  assert.match(await notice(page).innerText(), /did not arrive/);
  assert.equal(await language(page), "en");
  assert.equal(await page.evaluate(() => localStorage.getItem("faultline.lang")), null, "kept what was not shown");
  await page.unroute(part("chinese"));
  await page.locator(".language").click();
  await until("the page speaks Chinese", async () => (await language(page)) === "zh");
  await close();
});

for (const [how, options] of [
  ["the browser's language", { lang: "zh" }],
  ["its address", { at: "?lang=zh" }],
  ["what was kept", { script: () => { try { localStorage.setItem("faultline.lang", "zh"); } catch { /* about:blank */ } } }],
]) {
  test(`a page that is Chinese by ${how} is so from its first word`, async () => {
    const { page, trouble, close } = await visit(browser, site, options);
    assert.equal(await language(page), "zh");
    assert.match(await page.locator("nav.tabs").innerText(), /[\u4e00-\u9fff]/);
    assert.equal(await notice(page).count(), 0);
    assert.deepEqual(trouble, []);
    await close();
  });
}

test("a page that cannot start for want of a part says so, and starts when it is there", async () => {
  const context = await browser.newContext({ locale: "zh-CN" });
  const page = await context.newPage();
  await page.route(part("chinese"), (route) => route.abort());
  await page.goto(site.url);
  const screen = page.getByRole("dialog");
  await screen.waitFor();
  assert.match(await screen.textContent(), /没有加载成功/);
  await page.unroute(part("chinese"));
  await screen.getByRole("button", { name: "重新加载" }).click();
  await ready(page);
  assert.equal(await language(page), "zh");
  await context.close();
});

test("the first touch fetches the panels, and they stay folded until the first run has ended", async () => {
  const { page, trouble, close } = await visit(browser, site);
  const names = asked(page);
  await page.waitForTimeout(300);
  assert.deepEqual(names, []);
  await page.locator(".answer").first().click();
  await until("the panels are fetched", () => own(names).includes("workbench"));
  for (const panel of [".dock", ".left", ".right"]) assert.equal(await page.locator(panel).isVisible(), false, panel);
  await page.locator(".told").waitFor();
  for (const panel of [".transport", ".diagram", ".left", ".findings"]) assert.ok(await page.locator(panel).isVisible(), panel);
  assert.equal(new Set(names).size, names.length, `asked twice: ${names}`);
  assert.deepEqual(trouble, []);
  await close();
});

test("panels that do not arrive leave the question to be played, and come when they are asked for again", async () => {
  const { page, close } = await visit(browser, site);
  await page.route(part("workbench"), (route) => route.abort());
  await page.locator(".answer").first().click();
  await notice(page).waitFor();
  await page.locator(".told").waitFor();
  assert.equal(await page.locator(".dock").isVisible(), false);
  await page.unroute(part("workbench"));
  await page.locator(".share").click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".transport").isVisible());
  await close();
});

test("keys work before the panels are here", async () => {
  const { page, trouble, close } = await visit(browser, site);
  await page.keyboard.press("Space");
  await until("the run plays", async () => (await state(page)).playing);
  assert.equal(await page.evaluate(() => scrollY), 0);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("step by step, only what is used is fetched, from nowhere else, each file once", async () => {
  const of = parts(process.env.FAULTLINE_DIST);
  const { page, trouble, close } = await visit(browser, site);
  const asked = [];
  page.context().on("request", (request) => asked.push(request.url()));
  const step = async (what, names, act) => {
    asked.length = 0;
    await act();
    const files = new Set(names.flatMap((name) => of.get(name) ?? [name]).filter((file) => !here.has(file)));
    await until(`${what}: ${[...files]}`, () => asked.length >= files.size);
    await page.waitForTimeout(150);
    assert.deepEqual(asked.map((url) => url.replace(site.url, "")).sort(), [...files].sort(), what);
    for (const file of files) here.add(file);
  };
  const here = new Set();
  const checker = readdirSync(process.env.FAULTLINE_DIST).filter((name) => name.includes("-checker."));
  await step("at rest", [], () => page.waitForTimeout(200));
  await step("the panels", ["workbench"], () => explore(page));
  await step("the ring", ["ring", "plots"], () => openScene(page, "ring"));
  await step("the placement", ["placement"], () => openScene(page, "placement"));
  await step("Chinese", ["chinese"], () => page.locator(".language").click());
  await until("the page speaks Chinese", async () => (await language(page)) === "zh");
  await step("the lock again", [], () => page.locator('nav [data-scene="lock"]').click());
  await onShow(page, "lock");
  await explore(page);
  await step("a search is asked for", ["search"], () => page.locator(".ask-find .primary").click());
  await step("a search", checker, () => page.locator('[data-act="find go"]').click());
  assert.deepEqual(trouble, []);
  await close();
});

test("all parts together are few files", () => {
  const files = new Set([...parts(process.env.FAULTLINE_DIST).values()].flat());
  assert.ok(files.size <= 30, `${files.size} files: ${[...files]}`);
});

test("every file but the pages and the element carries a hash", () => {
  const FIXED = ["index.html", "embed.html", "faultline.html"];
  const names = readdirSync(process.env.FAULTLINE_DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(process.env.FAULTLINE_DIST.length + 1));
  const without = names.filter((name) => !/^(page|boot)-[0-9a-f]{8,}[-_.]/.test(name) && !FIXED.includes(name) && !name.startsWith("v1/") && !name.startsWith("teach/"));
  assert.deepEqual(without, []);
});
