// `<faultline-sim>` on another site's page, whose policy allows the element's script and frames of the site, and nothing else.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { launch, none, picture, serve, until, violations } from "./harness.mjs";

const browser = await launch();
const site = await serve();
const host = await serveHost();
after(async () => { await browser.close(); await Promise.all([site.close(), host.close()]); });

/** Pages of another origin. Strict: neither styles nor scripts of their own. */
async function serveHost() {
  const pages = new Map();
  const server = createServer((request, response) => {
    const page = pages.get(request.url);
    if (!page) return response.writeHead(404).end();
    const policy = `default-src 'none'; script-src ${site.url}v1/; frame-src ${page.frames ?? site.url}`;
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    response.writeHead(200, headers).end(page.text);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const origin = `http://localhost:${server.address().port}`;
  const add = (body, { head = "", frames } = {}) => {
    const path = `/${pages.size}.html`;
    const script = `<script type="module" src="${site.url}v1/embed.js"></script>`;
    const start = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A course</title>${head || script}`;
    pages.set(path, { text: `${start}<body><main><h1>A course</h1>${body}</main></body></html>`, frames });
    return origin + path;
  };
  return { origin, add, close: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }) };
}

const NAMES = ["ready", "play", "pause", "step", "event", "ended", "resize", "error", "interaction"];

/** Opens a host's page and keeps what its elements tell; `body` is its markup. */
async function course(body, { ready = true, options = {}, ...page_ } = {}) {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, locale: "en-GB", ...options });
  await context.addInitScript((names) => {
    window.told = [];
    for (const name of names) {
      // Heard at the top: the events bubble.
      addEventListener(`faultline-${name}`, (event) => {
        window.told.push({ name, id: event.target.id, detail: event.detail, composed: event.composed });
      });
    }
  }, NAMES);
  const page = await context.newPage();
  const trouble = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(`uncaught: ${error.message}`));
  page.setDefaultTimeout(10_000);
  await page.goto(host.add(body, page_));
  await page.waitForFunction(() => customElements.get("faultline-sim"));
  const sim = page.locator("faultline-sim").first();
  const state = (wanted) => page.waitForFunction((wanted) => document.querySelector("faultline-sim").readyState === wanted, wanted);
  if (ready) await state("ready");
  /** Evaluates an expression with the first element as `sim`; a refusal becomes its code. */
  const on = (words, more) => page.evaluate(`(async (sim, more) => {
    try {
      return await (${words});
    } catch (error) {
      return { refused: error.code ?? String(error), message: error.message };
    }
  })(document.querySelector("faultline-sim"), ${JSON.stringify(more ?? null)})`);
  const told = (name) => page.evaluate((name) => window.told.filter((one) => !name || one.name === name), name);
  const inside = () => page.frames().find((frame) => frame.url().startsWith(site.origin));
  return { page, sim, on, told, inside, state, trouble, close: () => context.close() };
}

const FALLBACK = '<a href="https://example.edu/">A lock, as a link</a>';
const LOCK = `<faultline-sim id="a" load="eager" sim="lock" seed="7" step="4" label="A lock">${FALLBACK}</faultline-sim>`;

test("attributes become the frame's query, properties reflect them, and the frame has the label as its title", async () => {
  const { page, sim, on, told, inside, trouble, close } = await course(LOCK);
  const query = new URL(inside().url()).searchParams;
  assert.deepEqual(
    ["sim", "seed", "step", "v", "origin", "lang"].map((key) => query.get(key)),
    ["lock", "7", "4", "1", host.origin, "en"],
  );
  assert.equal(await page.locator("faultline-sim iframe").getAttribute("title"), "A lock");
  assert.equal(await sim.getByText("A lock, as a link").isVisible(), false, "the fallback is still there");
  assert.deepEqual(await on("[sim.sim, sim.seed, sim.startAt, sim.autoplay, sim.keys, sim.load, sim.speed, sim.panels]"), [
    "lock", "7", 4, false, true, "eager", null, [],
  ]);
  assert.deepEqual(
    await on(`(sim.keys = false, sim.loop = true, sim.panels = ["diagram", "events"], sim.stopAfter = "5", [
      sim.getAttribute("keys"), sim.getAttribute("loop"), sim.getAttribute("panels"), sim.getAttribute("stop-after")])`),
    ["false", "true", "diagram,events", "5"],
  );
  const [ready] = await told("ready");
  assert.equal(ready.composed, true);
  assert.equal(ready.detail.sim, "lock");
  assert.match(ready.detail.version, /^\d+\.\d+\.\d+$/);
  none(trouble);
  await close();
});

test("promises: step, back, seek, reset, play, pause, state, colours, focus", async () => {
  const { on, told, inside, trouble, close } = await course(LOCK);
  const step = async () => (await on("sim.getState()")).step;
  assert.equal(await step(), 4);
  await on("sim.step()");
  await on("sim.step(3)");
  assert.equal(await step(), 8);
  await on("sim.back(2)");
  assert.equal(await step(), 6);
  await on("sim.seek(11)");
  const there = await on("sim.getState()");
  assert.equal(there.step, 11);
  assert.equal((await on("sim.position")).step, 11);
  await on("sim.reset()");
  assert.equal(await step(), 4);
  await on("sim.setState(more)", there.link);
  assert.equal(await step(), 11);
  await on("sim.play()");
  await until("it plays", async () => (await on("sim.playing")) === true);
  await on("sim.pause()");
  await until("it rests", async () => (await on("sim.playing")) === false);
  const names = new Set((await told()).map(({ name }) => name));
  for (const name of ["ready", "step", "play", "pause"]) assert.ok(names.has(name), name);
  const svg = await on("sim.exportSvg()");
  assert.ok(typeof svg === "string" && svg.startsWith("<svg"), JSON.stringify(svg).slice(0, 100));
  await on(`sim.setTheme("dark")`);
  assert.equal(await inside().evaluate(() => document.documentElement.dataset.theme), "dark");
  await on("sim.focus()");
  assert.equal(await on("document.activeElement === sim"), true);
  assert.equal(await inside().evaluate(() => document.hasFocus()), true);
  none(trouble);
  await close();
});

test("what cannot be is refused with a code, and the run stays", async () => {
  const { on, told, close } = await course(LOCK);
  const before = await on("sim.getState()");
  assert.equal((await on(`sim.setState("#1.nonsense")`)).refused, "bad-link");
  assert.equal((await on("sim.seek(-1)")).refused, "bad-value");
  assert.equal((await on(`sim.setTheme("sepia")`)).refused, "bad-value");
  assert.deepEqual(await on("sim.getState()"), before);
  // An attribute that cannot be sent is told as an event.
  await on(`sim.setAttribute("run", "1.nonsense")`);
  await until("an error is told", async () => (await told("error")).length === 1);
  assert.equal((await told("error"))[0].detail.code, "bad-link");
  assert.equal(await on("sim.readyState"), "ready");
  await close();
});

test("speed, language, theme and step follow by message; another simulation is another frame", async () => {
  const { page, on, inside, trouble, close } = await course(LOCK);
  const frame = inside();
  await on(`(sim.setAttribute("speed", "1000"), sim.setAttribute("lang", "zh"), sim.theme = "dark", sim.startAt = 9)`);
  await until("the frame has followed", async () => {
    const { step, speed } = await on("sim.getState()");
    const { lang, theme } = await frame.evaluate(() => ({ lang: document.documentElement.lang, theme: document.documentElement.dataset.theme }));
    return step === 9 && speed === 1000 && lang === "zh-CN" && theme === "dark";
  });
  assert.equal(inside(), frame, "the frame was opened again");
  const length = await page.evaluate(() => history.length);
  await on(`(sim.sim = "ring", sim.removeAttribute("step"))`);
  await until("the ring is there", async () => (await on("sim.readyState")) === "ready" && (await on("sim.getState()")).sim === "ring", 20_000);
  assert.equal(await page.evaluate(() => history.length), length, "one more step to go Back");
  none(trouble);
  await close();
});

test("a run at its moment opens by its attribute", async () => {
  const first = await course(LOCK);
  await first.on("sim.step(5)");
  const { link } = await first.on("sim.getState()");
  const inside = (course) => course.inside().evaluate(() => window.faultline.state().state_hash);
  const hash = await inside(first);
  const second = await course(`<faultline-sim run="${link}" load="eager"></faultline-sim>`);
  assert.equal(await inside(second), hash);
  await first.close();
  await second.close();
});

test("a frame that does not come leaves the fallback, says so, and can be tried again", async () => {
  const dead = await course(
    `<faultline-sim base="${site.url}nowhere/" timeout="1" load="eager">${FALLBACK}</faultline-sim>`,
    { ready: false },
  );
  await dead.state("error");
  const { detail } = (await dead.told("error"))[0];
  assert.equal(detail.code, "timeout");
  assert.match(detail.message, /nowhere/);
  assert.ok(await dead.sim.locator("a", { hasText: "as a link" }).isVisible());
  assert.match(await dead.page.getByRole("status").innerText(), /did not load/);
  assert.deepEqual(await violations(dead.page), []);
  await picture(dead.page, "element-error");
  await dead.on(`sim.setAttribute("base", more)`, `${site.url}embed.html`);
  await dead.on(`sim.setAttribute("timeout", "30")`);
  await dead.page.getByRole("button", { name: /Try again/ }).click();
  await dead.state("ready");
  await dead.close();
});

test("where the host's policy forbids the frame, the fallback stays and promises are broken", async () => {
  const { page, on, state, close } = await course(
    `<faultline-sim timeout="1" load="eager"></faultline-sim>`,
    { ready: false, frames: "'none'" },
  );
  assert.equal((await on("sim.play()")).refused, "timeout");
  await state("error");
  // Without children of its own: a link to the simulation.
  assert.ok(await page.getByRole("link", { name: "Faultline: lock" }).isVisible());
  await close();
});

test("load=visible waits until the element comes near", async () => {
  const { page, on, state, close } = await course(
    `<div id="far"></div><faultline-sim sim="lock">${FALLBACK}</faultline-sim>`,
    { ready: false },
  );
  await page.evaluate(() => { document.getElementById("far").style.height = "4000px"; });
  await page.reload();
  await page.evaluate(() => { document.getElementById("far").style.height = "4000px"; });
  // The page is short until the line before, so the element may have been seen: what counts is a fresh one.
  await on(`(sim.remove(), document.querySelector("main").append(Object.assign(document.createElement("faultline-sim"), { sim: "lock" })))`);
  await page.waitForTimeout(400);
  assert.equal(await on("sim.readyState"), "idle");
  assert.equal(await page.locator("iframe").count(), 0);
  await on("sim.scrollIntoView()");
  await state("ready");
  await close();
});

test("load=click has a button that the keyboard reaches, and the focus goes into the frame", async () => {
  const { page, on, inside, state, trouble, close } = await course(
    `<faultline-sim sim="lock" load="click" label="A lock">${FALLBACK}</faultline-sim>`,
    { ready: false },
  );
  await page.waitForTimeout(200);
  assert.equal(await page.locator("iframe").count(), 0);
  assert.deepEqual(await violations(page), []);
  await picture(page, "element-click");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await state("ready");
  await until("the focus is in the frame", () => inside().evaluate(() => document.hasFocus()));
  assert.equal(await on("sim.playing"), false);
  assert.equal(await page.getByRole("button", { name: "Start: A lock" }).count(), 0);
  none(trouble);
  await close();
});

test("the colours follow the page's, as the tools for course pages write them", async () => {
  const { page, inside, trouble, close } = await course(LOCK);
  const theme = () => inside().evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), "auto");
  for (const [tool, element, name, dark, light] of [
    ["Docusaurus", "html", "data-theme", "dark", "light"],
    ["Material for MkDocs", "body", "data-md-color-scheme", "slate", "default"],
    ["JupyterLab", "body", "data-jp-theme-light", "false", "true"],
    ["mdBook", "html", "class", "coal", "rust"],
    ["Quarto", "body", "class", "quarto-dark", "quarto-light"],
  ]) {
    for (const [value, wanted] of [[dark, "dark"], [light, "light"]]) {
      await page.locator(element).evaluate((element, [name, value]) => element.setAttribute(name, value), [name, value]);
      await until(`${tool}: ${name}=${value}`, async () => (await theme()) === wanted);
    }
    await page.locator(element).evaluate((element, name) => element.removeAttribute(name), name);
    await until("the browser's again", async () => (await theme()) === "auto");
  }
  none(trouble);
  await close();
});

test("an element that is taken out breaks its open promises, and starts afresh when it is put back", async () => {
  const { page, on, state, trouble, close } = await course(LOCK);
  const refused = await on(`(() => {
    const promise = sim.getState();
    sim.remove();
    return promise.finally(() => { window.taken = sim; });
  })()`);
  assert.equal(refused.refused, "removed");
  assert.equal(await page.locator("iframe").count(), 0);
  assert.equal((await page.evaluate(() => window.taken.play().catch((error) => error.code))), "removed");
  await page.evaluate(() => document.querySelector("main").append(window.taken));
  await state("ready");
  assert.equal((await on("sim.getState()")).step, 4);
  none(trouble);
  await close();
});

test("two elements are two runs; a second copy of the script and a frame that lies change nothing", async () => {
  const two = `${LOCK}${LOCK.replace('id="a"', 'id="b"').replace("A lock", "Another lock")}`;
  const { page, on, told, trouble, close } = await course(two);
  await page.waitForFunction(() => [...document.querySelectorAll("faultline-sim")].every((sim) => sim.readyState === "ready"));
  await page.evaluate((again) => import(again), `${site.url}v1/embed.js?again`);
  await on("sim.step(2)");
  const steps = await page.evaluate(async () => {
    const all = [...document.querySelectorAll("faultline-sim")];
    return (await Promise.all(all.map((sim) => sim.getState()))).map(({ step }) => step);
  });
  assert.deepEqual(steps, [6, 4]);
  assert.deepEqual([...new Set((await told("step")).map(({ id }) => id))], ["a"]);
  await page.evaluate(() => window.postMessage({ faultline: 1, type: "ended" }, "*"));
  await page.waitForTimeout(100);
  assert.equal((await told("ended")).length, 0);
  assert.deepEqual(await violations(page), []);
  await picture(page, "element-two");
  none(trouble);
  await close();
});

test("in a sandbox that leaves the frame no origin the element works as well", async () => {
  const { on, trouble, close } = await course(LOCK.replace("<faultline-sim", '<faultline-sim sandbox="allow-scripts"'));
  await on("sim.step()");
  assert.equal((await on("sim.getState()")).step, 5);
  none(trouble);
  await close();
});

test("with autosize the element takes the height that the frame needs", async () => {
  const { on, told, page, trouble, close } = await course(LOCK.replace("<faultline-sim", "<faultline-sim autosize"));
  await until("a size is told", async () => (await told("resize")).length > 0);
  await page.waitForTimeout(500);
  const sizes = await told("resize");
  const { height } = sizes.at(-1).detail;
  assert.ok(height >= 256 && sizes.length < 12, JSON.stringify(sizes.map(({ detail }) => detail.height)));
  assert.equal(Math.round(await on("sim.getBoundingClientRect().height")), Math.round(height));
  none(trouble);
  await close();
});

test("a page without JavaScript shows what stands in the element", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(host.add(LOCK));
  assert.ok(await page.getByRole("link", { name: "A lock, as a link" }).isVisible());
  await context.close();
});
