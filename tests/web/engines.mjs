// One reader's hands in three engines: Chromium by Playwright, Firefox by WebDriver BiDi, WebKit by classic WebDriver.
// Firefox and WebKit are spoken to by what the W3C has written down and nothing more: the two protocols share the form of
// pointer and key actions, so one piece of code presses in both.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import WebSocket from "ws";
import { SCREENS, WIDE, launch, until, visit } from "./harness.mjs";

export const NAMES = ["chromium", "firefox", "webkit"];

/** Why an engine is not tried here, or nothing. */
export function missing(name) {
  if (name === "firefox" && !process.env.FAULTLINE_FIREFOX) return "no Firefox: apt-get install firefox-esr, or FAULTLINE_FIREFOX=/path/to/firefox";
  if (name === "webkit" && !process.env.FAULTLINE_WEBKIT) return "no WebKit: apt-get install webkit2gtk-driver xvfb, or FAULTLINE_WEBKIT=/path/to/WebKitWebDriver";
  return undefined;
}

/**
 * A driver: `open(address)`, `evaluate(function, value)` (JSON both ways; promises are awaited), `click(selector)`,
 * `press(keys)`, `drag(points, kind)` (places on the screen, by `mouse` or `touch`), `choose(selector, files)`,
 * `picture(name)`, `trouble()` (what the page said on its console), `version`, `close()`; `frame()`, which has the first
 * frame's `evaluate`, `click` and `press`; and where an engine can end before it is closed, `ended()`: its last words if so.
 */
const start = (name, site) => ({ chromium, firefox, webkit })[name](site);

/**
 * The same tests in each engine, one browser for all of them. `tests` is given what they share: `name`, `told(what, check)`
 * with a check of the driver, `at(query)` (opens the page) and `silent(...others)` (nothing was said on the
 * console, and no host asked but these others).
 */
export function everywhere(site, tests) {
  for (const name of NAMES) {
    describe(name, { skip: missing(name), concurrency: 1 }, () => {
      let driver;
      let first = true;
      const told = (what, check, more = {}) => test(`${name}: ${what}`, { timeout: 120_000, ...more }, async (t) => {
        for (const again of [true, false]) {
          driver ??= await start(name, site);
          try {
            await check(driver, t);
            if (first) t.diagnostic(driver.version);
            first = false;
            return;
          } catch (error) {
            await driver.picture(`engine-${name}-failed`).catch(() => {});
            // An engine that has ended by itself takes the next test with it, and says nothing of the page if it does so once.
            const words = await driver.ended?.();
            if (words === undefined) throw error;
            await driver.close();
            driver = undefined;
            t.diagnostic(`${name} has ended in the midst of it (${error.message}): ${words}`);
            if (!again) throw error;
          }
        }
      });
      // Else the address would differ in its fragment at most, and nothing be loaded.
      const at = (query = "?lang=en") => openPage(driver, site, query.replace(/^\?/, `?n=${Date.now()}&`));
      // WebKit says so of any size that changes while sizes are told, though nothing here answers within the same frame; the
      // standard has the rest told in the next one.
      const harmless = (line) => name === "webkit" && line.includes("ResizeObserver loop completed");
      const silent = async (...others) => assert.deepEqual((await driver.trouble()).filter((line) => !harmless(line)
        && !others.some((address) => line.startsWith(`asks another host: ${address}`))), []);
      tests({ name, told, at, silent });
      after(() => driver?.close());
    });
  }
}

/** Waits until a function of the page gives something truthy. */
export const wait = (driver, what, check, value, ms = 20_000) => until(what, () => driver.evaluate(check, value), ms);

/** The app has taken over and a run is on show. */
export async function openPage(driver, site, at) {
  // Firefox may call a page loaded when the one before it has only changed its own address, so the old one is marked.
  await driver.evaluate(() => { window.left = true; });
  await driver.open(site.url + at);
  await wait(driver, `${at} opens`, () => !window.left && !document.getElementById("boot") && Boolean(window.faultline?.state?.()));
}

export const state = (driver) => driver.evaluate(() => window.faultline.state());

/** A tab is pressed and its scene comes; in a new tab its question stands. */
export async function openScene(driver, scene) {
  await driver.click(`nav [data-scene="${scene}"]`);
  await wait(driver, `${scene} is on show`, (scene) => document.querySelector(`nav [data-scene="${scene}"]`)?.getAttribute("aria-current") === "page"
    && window.faultline.state().scene === scene, scene);
}

/** From the question to the run with all panels. */
export async function explore(driver) {
  if (await driver.evaluate(() => document.querySelector(".opening-leave")?.checkVisibility() ?? false)) await driver.click(".opening-leave");
  await wait(driver, "the panels are out", () => document.querySelector(".app:not(.folded) .inspector")?.checkVisibility() && Boolean(document.querySelector(".transport .history")));
}

export async function step(driver) {
  const { events } = await state(driver);
  await driver.click(".transport .forward");
  await wait(driver, "one event more", (events) => window.faultline.state().events === events + 1, events);
}

async function chromium(site) {
  const browser = await launch();
  const { page, trouble } = await visit(browser, site, { bare: true });
  const press = (keys) => page.keyboard.press(keys);
  return {
    version: `Chromium ${browser.version()}`,
    trouble: async () => trouble,
    open: (address) => page.goto(address),
    evaluate: (script, value) => page.evaluate(script, value),
    click: async (selector) => { const [x, y] = await middle(page.evaluate.bind(page), selector); await page.mouse.click(x, y); },
    press,
    frame: async () => {
      const inner = page.frames()[1];
      const evaluate = (script, value) => inner.evaluate(script, value);
      const click = async (selector) => {
        const [[x, y], { left, top }] = [await middle(evaluate, selector), await page.evaluate(() => document.querySelector("iframe").getBoundingClientRect())];
        await page.mouse.click(left + x, top + y);
      };
      return { evaluate, click, press };
    },
    drag: async (points, kind) => {
      if (kind === "touch") {
        const session = await page.context().newCDPSession(page);
        const touch = (type, points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
        await touch("touchStart", points.slice(0, 1));
        for (const point of points.slice(1)) await touch("touchMove", [point]);
        await touch("touchEnd", []);
        return session.detach();
      }
      for (const [n, [x, y]] of points.entries()) {
        await page.mouse.move(x, y);
        if (n === 0) await page.mouse.down();
      }
      return page.mouse.up();
    },
    choose: (selector, files) => page.setInputFiles(selector, files),
    picture: (name) => page.screenshot({ path: file(name) }),
    close: () => browser.close(),
  };
}

const PREFERENCES = {
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "layout.css.prefers-color-scheme.content-override": 1,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

async function firefox() {
  const profile = mkdtempSync(join(tmpdir(), "faultline-firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const child = program(process.env.FAULTLINE_FIREFOX, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"]);
  const socket = new WebSocket(`${await said(child.stderr, /WebDriver BiDi listening on (\S+)/)}/session`);
  await new Promise((done, failed) => socket.once("open", done).once("error", failed));
  const waiting = new Map();
  const trouble = [];
  let count = 0;
  socket.on("message", (text) => {
    const { id, type, error, message, result, method, params } = JSON.parse(text);
    if (method === "log.entryAdded" && ["error", "warn"].includes(params.level)) trouble.push(`${params.type} ${params.level}: ${params.text}`);
    const [done, failed] = waiting.get(id) ?? [];
    waiting.delete(id);
    if (type === "error") failed?.(new Error(`${error}: ${message}`));
    else done?.(result);
  });
  const call = (method, params) => new Promise((done, failed) => {
    count += 1;
    waiting.set(count, [done, failed]);
    socket.send(JSON.stringify({ id: count, method, params }));
  });
  const { capabilities } = await call("session.new", { capabilities: {} });
  await call("session.subscribe", { events: ["log.entryAdded"] });
  // In the first tab the focus stays in the address bar, and Enter presses nothing.
  const { context } = await call("browsingContext.create", { type: "tab" });
  await call("browsingContext.setViewport", { context, viewport: WIDE });
  const evaluateIn = (context) => async (script, value) => {
    const { result, exceptionDetails } = await call("script.callFunction", {
      functionDeclaration: overText(script),
      arguments: [{ type: "string", value: JSON.stringify(value ?? null) }],
      target: { context },
      awaitPromise: true,
      userActivation: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.type === "string" ? JSON.parse(result.value) : undefined;
  };
  const performIn = (context) => (actions) => call("input.performActions", { context, actions });
  const evaluate = evaluateIn(context);
  return {
    version: `Firefox ${capabilities.browserVersion}`,
    trouble: async () => trouble,
    open: (address) => call("browsingContext.navigate", { context, url: address, wait: "complete" }),
    evaluate,
    ...hands(evaluate, performIn(context)),
    frame: async () => {
      const { contexts } = await call("browsingContext.getTree", { root: context });
      const inner = contexts[0].children[0].context;
      return { evaluate: evaluateIn(inner), ...hands(evaluateIn(inner), performIn(inner)) };
    },
    choose: async (selector, files) => {
      const { nodes } = await call("browsingContext.locateNodes", { context, locator: { type: "css", value: selector } });
      await call("input.setFiles", { context, element: { sharedId: nodes[0].sharedId }, files });
    },
    picture: async (name) => writeFileSync(file(name), (await call("browsingContext.captureScreenshot", { context })).data, "base64"),
    close: async () => {
      await call("browser.close", {}).catch(() => {});
      await over(child);
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function webkit() {
  // WebKitGTK has no mode without a screen, so it gets one of its own that nobody sees.
  const screen = program(process.env.FAULTLINE_XVFB ?? "Xvfb", ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]);
  const display = await said(screen.stdio[3], /(\d+)/);
  const port = await free();
  const child = program(process.env.FAULTLINE_WEBKIT, [`--port=${port}`], { DISPLAY: `:${display}`, WAYLAND_DISPLAY: undefined, GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1" });
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  const { sessionId, capabilities } = await until("WebKitWebDriver starts", () => call("POST", "/session", { capabilities: {} }).catch((error) => {
    if (error.cause?.code !== "ECONNREFUSED") throw error;
  }), 20_000);
  const session = (method, path, body) => call(method, `/session/${sessionId}/${path}`, body);
  const lines = [];
  createInterface({ input: child.stderr }).on("line", (line) => { lines.push(line); lines.splice(0, lines.length - 10); });
  const evaluate = async (script, value) => {
    const args = [JSON.stringify(value ?? null)];
    const text = await session("POST", "execute/sync", { script: `return (${overText(script)})(arguments[0]);`, args });
    return text === null ? undefined : JSON.parse(text);
  };
  const perform = (actions) => session("POST", "actions", { actions });
  const within = (act) => async (...words) => {
    await session("POST", "frame", { id: 0 });
    try {
      return await act(...words);
    } finally {
      await session("POST", "frame", { id: null });
    }
  };
  const trouble = [];
  const hear = async () => trouble.push(...(await evaluate(() => window.watched?.splice(0) ?? [])));
  const fit = await evaluate(() => [outerWidth - innerWidth, outerHeight - innerHeight]);
  await session("POST", "window/rect", { width: WIDE.width + fit[0], height: WIDE.height + fit[1] });
  return {
    version: `WebKitGTK ${capabilities.browserVersion}`,
    ended: () => session("GET", "url").then(() => undefined, () => lines.join("\n")),
    trouble: async () => { await hear(); return trouble; },
    open: async (address) => { await hear(); await session("POST", "url", { url: address }); },
    evaluate,
    ...hands(evaluate, perform),
    frame: async () => ({ evaluate: within(evaluate), ...hands(within(evaluate), within(perform)) }),
    choose: async (selector, files) => {
      const [id] = Object.values(await session("POST", "element", { using: "css selector", value: selector }));
      await session("POST", `element/${id}/value`, { text: files.join("\n") });
    },
    picture: async (name) => writeFileSync(file(name), await session("GET", "screenshot"), "base64"),
    close: async () => {
      await call("DELETE", `/session/${sessionId}`).catch(() => {});
      child.kill();
      await over(child);
      screen.kill();
      await over(screen);
    },
  };
}

/** Classic WebDriver hears no console: a script that is served with the page keeps what is said. Gives a site that has it. */
export function watched(site, without = () => false) {
  const folder = mkdtempSync(join(tmpdir(), "faultline-watched-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(site, folder, { recursive: true, filter: (from) => !without(from) });
  writeFileSync(join(folder, "watch.js"), WATCH);
  const page = readFileSync(join(folder, "index.html"), "utf8");
  writeFileSync(join(folder, "index.html"), page.replace("<title>", '<script src="./watch.js"></script><title>'));
  return folder;
}

const WATCH = `
window.watched = [];
for (const level of ["error", "warn"]) {
  const usual = console[level];
  console[level] = (...words) => { window.watched.push("console " + level + ": " + words.join(" ")); usual.apply(console, words); };
}
addEventListener("error", (event) => window.watched.push("uncaught: " + event.message), true);
addEventListener("unhandledrejection", (event) => window.watched.push("uncaught: " + event.reason));
addEventListener("securitypolicyviolation", (event) => window.watched.push("policy: " + event.violatedDirective + " " + event.blockedURI));
`;

/** A function of JSON text to JSON text, as the protocols take it. */
const overText = (script) => `async (text) => JSON.stringify(await (${script})(JSON.parse(text)))`;

const KEYS = {
  PageUp: "\uE00E", PageDown: "\uE00F", Escape: "\uE00C", Enter: "\uE006", Tab: "\uE004", Space: " ", Shift: "\uE008", Control: "\uE009",
  ArrowLeft: "\uE012", ArrowUp: "\uE013", ArrowRight: "\uE014", ArrowDown: "\uE015", Home: "\uE011", End: "\uE010",
};

function hands(evaluate, perform) {
  return {
    click: async (selector) => {
      const [x, y] = await middle(evaluate, selector);
      const actions = [{ type: "pointerMove", x, y }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
      await perform([{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }]);
    },
    press: async (keys) => {
      const values = keys.split("+").map((key) => KEYS[key] ?? key);
      const actions = [
        ...values.map((value) => ({ type: "keyDown", value })),
        ...values.reverse().map((value) => ({ type: "keyUp", value })),
      ];
      await perform([{ type: "key", id: "keyboard", actions }]);
    },
    drag: async (points, kind) => {
      const moves = points.map(([x, y]) => ({ type: "pointerMove", x, y, duration: 20 }));
      const actions = [moves[0], { type: "pointerDown", button: 0 }, ...moves.slice(1), { type: "pointerUp", button: 0 }];
      await perform([{ type: "pointer", id: kind, parameters: { pointerType: kind }, actions }]);
    },
  };
}

/**
 * Where to press an element: its middle, once it stands still and nothing lies on it. A selector, or `=words` for the button
 * that says them, in the dialog if one is open. It is looked for again each time: a drawing may have put another in its place.
 */
const middle = (evaluate, selector) => until(`${selector} can be pressed`, () => evaluate(async (selector) => {
  const saying = (words) => [...(document.querySelector("dialog[open]") ?? document).querySelectorAll("button")]
    .find((button) => button.innerText.trim() === words && button.checkVisibility());
  const element = selector.startsWith("=") ? saying(selector.slice(1)) : document.querySelector(selector);
  if (!element?.checkVisibility()) return null;
  element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  const place = () => {
    const box = element.getBoundingClientRect();
    return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  };
  const before = place();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const now = place();
  // Panels that are drawn in turns push each other; while a run plays there may always be one to come.
  if (document.querySelector(".app.drawing") && !window.faultline?.state?.()?.playing) return null;
  const on = document.elementFromPoint(...now);
  const hit = on && (element.contains(on) || on.contains(element) || element.labels?.[0]?.contains(on));
  return hit && String(before) === String(now) ? now : null;
}, selector), 20_000);

function file(name) {
  mkdirSync(SCREENS, { recursive: true });
  return join(SCREENS, `${name}.png`);
}

/** A program that goes with all that it has started when the tests go. The second pipe is its file 3. */
function program(name, words, more = {}) {
  const child = spawn(name, words, { env: { ...process.env, ...more }, stdio: ["ignore", "ignore", "pipe", "pipe"], detached: true });
  const end = () => {
    try { process.kill(-child.pid, "SIGKILL"); } catch { /* it has gone by itself */ }
  };
  process.on("exit", end);
  child.stderr.resume();
  return child;
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const over = (child) => (child.exitCode === null && child.signalCode === null ? new Promise((done) => child.once("exit", done)) : undefined);

/** Waits for a line that says it; the rest is read and forgotten, so that the pipe never fills. */
function said(stream, pattern) {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`nothing said ${pattern}`)), 30_000);
    createInterface({ input: stream }).on("line", (line) => {
      const found = pattern.exec(line);
      if (found) { clearTimeout(late); done(found[1]); }
    });
  });
}

async function free() {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
