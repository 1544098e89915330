// What every browser test stands on: our own static server below a sub-path, Chromium, and a page that is watched.
import { createServer } from "node:http";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** A deep folder with a space in it, as a course page on a static host has. */
export const BELOW = "/courses/week%203/faultline/";
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 360, height: 740 };
export const SCREENS = new URL("../../artifacts/screens/", import.meta.url).pathname;

/** How many times slower the browser is made, to see what a busy machine sees. */
const SLOWER = Number(process.env.FAULTLINE_SLOWER ?? 1);

const wanted = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests with cargo xtask test --only web`);
  return value;
};

/** Serves a folder below BELOW, and nothing above it; `policy` becomes a header. */
export async function serve(folder = wanted("FAULTLINE_DIST"), policy = wanted("FAULTLINE_POLICY")) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    const inside = path.startsWith(BELOW) && normalize(decodeURIComponent(path.slice(BELOW.length)) || "index.html");
    if (!inside || inside.startsWith("..")) {
      response.writeHead(404).end();
      return;
    }
    try {
      const body = readFileSync(join(folder, inside));
      const type = TYPES[extname(inside)] ?? "application/octet-stream";
      // The last lets frames in that are sandboxed: their origin is nobody's.
      const open = { "cache-control": "no-store", "access-control-allow-origin": "*" };
      response.writeHead(200, { "content-type": type, "content-security-policy": policy, ...open });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
  return { origin, url: origin + BELOW, close };
}

/** Another site's page, under a policy that allows its own script and frames of `site` alone. */
export async function serveHost(site, files) {
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; frame-src ${site.origin} 'self'`;
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://x").pathname.slice(1) || "index.html";
    if (!(name in files)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(name)], "content-security-policy": policy }).end(files[name]);
  }).unref();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
  return { url: `http://localhost:${server.address().port}/`, files, close };
}

export function launch(more = []) {
  // Frames of other sites are processes of their own, as on a desk.
  const quiet = ["--site-per-process", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  const silent = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: wanted("FAULTLINE_BROWSER"), args: [...quiet, ...silent, ...more] });
}

/** A page in a fresh profile. Whatever it says on the console and asks of other hosts is kept in `trouble`. */
export async function visit(browser, site, options = {}) {
  const { size = WIDE, lang = "en", theme = "light", motion = "no-preference", at = "", script, ...rest } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: lang === "zh" ? "zh-CN" : "en-GB",
    colorScheme: theme,
    reducedMotion: motion,
    hasTouch: size.width < 600,
    permissions: ["clipboard-read", "clipboard-write"],
    ...rest,
  });
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  if (SLOWER > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  const trouble = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) trouble.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => trouble.push(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    const address = request.url();
    const own = address.startsWith(site.origin) || address.startsWith("data:") || address.startsWith("blob:");
    if (!own) trouble.push(`asks another host: ${address}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()} ${response.url()}`);
  });
  page.setDefaultTimeout(8_000);
  await page.goto(site.url + at);
  if (!options.bare) await ready(page);
  return { page, trouble, close: () => context.close() };
}

/** The app has taken over from the boot script and a run is on show. */
export async function ready(page) {
  await page.waitForFunction(() => !document.getElementById("boot") && window.faultline?.state?.());
}

export const state = (page) => page.evaluate(async () => {
  // Panels are drawn in turns; those that are still to come show the moment before.
  for (let n = 0; n < 100 && document.querySelector(".app.drawing"); n += 1) await new Promise((done) => setTimeout(done, 5));
  return window.faultline.state();
});

/**
 * The violations that axe finds, in words. Target size is off by default in axe and on here. With `colours` only what colours
 * can break: for a page that was looked at already, in another theme.
 */
export async function violations(page, { colours = false } = {}) {
  // Playwright evaluates outside the page's policy, so that the tester may enter where strangers may not.
  if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(AXE);
  const found = await page.evaluate(async (colours) => {
    // A button that has come under a resting pointer changes its colours now; the colours that it comes to are what counts.
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const all = { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } } };
    // Describing each element that is fine takes as long as looking at it.
    const result = await window.axe.run(document, { ...(colours ? { runOnly: ["color-contrast", "link-in-text-block"] } : all), resultTypes: ["violations"] });
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== still);
    return result.violations.flatMap((rule) => rule.nodes.map((node) => ({ rule: rule.id, help: rule.help, node })));
  }, colours);
  return found.map(({ rule, help, node }) => `${rule} (${help}): ${node.target.join(" ")} ${node.any[0]?.message ?? ""}`);
}

/** Keeps a picture for people to look at. */
export async function picture(page, name) {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`) });
}

/** Waits for what moves to come to rest; in a list that is closed nothing is drawn, so nothing there ever ends. */
export const settled = (page) => page.evaluate(() => Promise.all(document.getAnimations()
  .filter(({ effect }) => effect?.target?.checkVisibility()).map((animation) => animation.finished.catch(() => {}))));

/** Waits until `check` gives something truthy; says what was waited for if it never does. */
export async function until(what, check, ms = 5_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** Fails with the complaints, each said once. */
export function none(complaints) {
  if (complaints.length) throw new Error(`${complaints.length} complaints:\n${[...new Set(complaints)].join("\n")}`);
}
