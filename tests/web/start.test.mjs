// The page starts: below any folder, under the strict policy, silently, and says so when it cannot.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, picture, ready, serve, visit, violations } from "./harness.mjs";
import { scenesOf } from "./moves.mjs";

let browser, site;
before(async () => { [browser, site] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await site?.close(); });

test("the page starts below a sub-path with nothing on the console and no other host", async () => {
  const { page, trouble, close } = await visit(browser, site);
  await page.waitForTimeout(300);
  assert.deepEqual(trouble, []);
  assert.match(await page.title(), /Faultline/);
  await close();
});

test("until the first question is on the screen, exactly what counts as the first load is fetched", async () => {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const fetched = new Set();
  page.on("request", (request) => {
    if (request.url().startsWith(site.origin)) fetched.add(request.url().slice(site.url.length) || "index.html");
  });
  await page.goto(site.url);
  await page.locator(".question").waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
  assert.deepEqual([...fetched].sort(), process.env.FAULTLINE_FIRST_LOAD.split("\n").sort());
  await context.close();
});

test("the built page carries its own policy, for hosts that send no headers", async () => {
  const bare = await serve(undefined, "default-src * 'unsafe-inline' 'unsafe-eval'");
  const { page, close } = await visit(browser, bare);
  const policy = await page.locator("meta[http-equiv='Content-Security-Policy']").getAttribute("content");
  assert.equal(policy, process.env.FAULTLINE_POLICY);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.inlineRan = true";
    document.body.append(script);
    return window.inlineRan === true;
  });
  assert.equal(ran, false, "an inline script ran in spite of the policy");
  await close();
  await bare.close();
});

test("the page offers the four scenes, each of which has its tests", async () => {
  const { page, close } = await visit(browser, site);
  assert.deepEqual(await scenesOf(page), ["placement", "ring", "lock", "commit"]);
  await close();
});

test("the address names a version and the handle has its four parts", async () => {
  const { page, close } = await visit(browser, site);
  const handle = await page.evaluate(() => ({
    version: window.faultline.version,
    parts: ["open", "command", "state"].map((name) => typeof window.faultline[name]),
    written: document.documentElement.dataset.version,
  }));
  assert.deepEqual(handle.parts, ["function", "function", "function"]);
  assert.equal(handle.version, handle.written);
  await close();
});

for (const [lang, words] of [["en", /could not start/], ["zh", /无法启动/]]) {
  test(`without WebAssembly a screen says how to mend it (${lang})`, async () => {
    const script = () => { delete globalThis.WebAssembly; };
    const { page, close } = await visit(browser, site, { bare: true, lang, script });
    const screen = page.getByRole("dialog");
    await screen.waitFor();
    assert.match(await screen.textContent(), words);
    assert.match(await screen.textContent(), /WebAssembly/);
    assert.ok(await screen.getByRole("button").count() >= 2);
    assert.deepEqual(await violations(page), []);
    await picture(page, `cannot-start-${lang}`);
    await close();
  });
}

test("a host whose policy forbids WebAssembly is told what to allow", async () => {
  const strict = await serve(undefined, "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:");
  const { page, close } = await visit(browser, strict, { bare: true });
  const screen = page.getByRole("dialog");
  await screen.waitFor();
  assert.match(await screen.textContent(), /wasm-unsafe-eval/);
  await close();
  await strict.close();
});

test("a part that does not arrive is said to be the network's fault", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto(site.url);
  const screen = page.getByRole("dialog");
  await screen.waitFor();
  assert.match(await screen.textContent(), /did not arrive/);
  await page.unroute("**/*.wasm");
  await screen.getByRole("button", { name: "Load again" }).click();
  await ready(page);
  await context.close();
});

test("without JavaScript two sentences say what is needed, one a language", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.url);
  const text = await page.locator("body").innerText();
  assert.match(text, /JavaScript and WebAssembly/);
  assert.match(text, /需要 JavaScript/);
  await context.close();
});
