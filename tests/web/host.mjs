// A course page with frames of ours in it, and what it says to them and hears of them.
import { serveHost, until } from "./harness.mjs";

const SCRIPT = `
window.heard = [];
addEventListener("message", ({ data, source, origin }) => {
  const frames = [...document.querySelectorAll("iframe")];
  window.heard.push({ data, origin, frame: frames.findIndex((frame) => frame.contentWindow === source) });
});
let asked = 0;
window.ask = (message, n = 0) => new Promise((answered, failed) => {
  const id = "q" + (asked += 1);
  const listen = ({ data }) => {
    if (data?.type !== "reply" || data.id !== id) return;
    removeEventListener("message", listen);
    clearTimeout(late);
    answered(data);
  };
  const late = setTimeout(() => { removeEventListener("message", listen); failed(new Error("no answer to " + message.type)); }, 8000);
  addEventListener("message", listen);
  window.say({ faultline: 1, id, ...message }, n);
});
window.say = (what, n = 0, ports = []) => document.querySelectorAll("iframe")[n].contentWindow.postMessage(what, "*", ports);
`;

// A frame of the host's own, which is not the parent of ours and speaks to it all the same.
const STRANGER = `<!doctype html><html lang="en"><title>A stranger</title><script src="stranger.js"></script>`;
const STRANGER_SCRIPT = `addEventListener("message", ({ data }) => parent.frames[0].postMessage(data, "*"));`;

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** A server for pages with frames; `page(frames)` makes one, `frames` being `{ src, width, height, more }`. */
export async function host(site) {
  const files = { "host.js": SCRIPT, "host.css": "body { margin: 0; } iframe { border: 0; display: block; } .far { height: 3000px; }",
    "stranger.html": STRANGER, "stranger.js": STRANGER_SCRIPT };
  const served = await serveHost(site, files);
  let pages = 0;
  const add = (frames, before = "") => {
    const name = `page${(pages += 1)}.html`;
    const made = frames.map(({ src, width = 800, height = 480, more = "" }, n) =>
      `<iframe title="Faultline ${n + 1}" width="${width}" height="${height}" ${more} src="${escaped(src)}"></iframe>`);
    files[name] = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>A course</title><link rel="stylesheet" href="host.css">` +
      `<script src="host.js"></script><main><h1 hidden>A course</h1>${before}${made.join("\n")}</main></html>`;
    return served.url + name;
  };
  return { ...served, add };
}

/** Opens a page with frames; `embed.html` with the query if only that is given. Waits until each has said that it is ready. */
export async function visitHost(browser, site, hosting, frames, options = {}) {
  const { size = { width: 800, height: 480 }, lang = "en-GB", theme = "light", motion = "no-preference", before = "", bare = false } = options;
  const list = (Array.isArray(frames) ? frames : [frames]).map((frame) => (typeof frame === "string" ? { src: frame } : frame));
  const whole = list.map((frame) => ({ ...frame, src: /^https?:/.test(frame.src) ? frame.src : site.url + frame.src }));
  // As a browser with windows allows to whoever has just pressed; what a frame may do is still its host's to say.
  const permissions = ["clipboard-write"];
  const context = await browser.newContext({ viewport: size, locale: lang, colorScheme: theme, reducedMotion: motion, permissions });
  const page = await context.newPage();
  const console_ = [];
  const uncaught = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) console_.push(message.text()); });
  page.on("pageerror", (error) => uncaught.push(error.message));
  page.setDefaultTimeout(8_000);
  await page.goto(hosting.add(whole, before));
  const heard = () => page.evaluate(() => window.heard);
  const frame = (n = 0) => page.frames().filter((found) => found.url().startsWith(site.origin))[n];
  const types = async (n = 0) => (await heard()).filter((one) => one.frame === n).map((one) => one.data?.type);
  if (!bare) {
    await until("all frames are ready", async () => {
      const all = (await heard()).filter((one) => one.data?.type === "ready").map((one) => one.frame);
      return whole.every((_, n) => all.includes(n));
    }, 20_000);
  }
  const ask = (message, n = 0) => page.evaluate(([message, n]) => window.ask(message, n), [message, n]);
  const say = (message, n = 0) => page.evaluate(([message, n]) => window.say(message, n), [message, n]);
  const state = async (n = 0) => (await ask({ type: "getState" }, n)).value;
  return { page, frame, heard, types, ask, say, state, trouble: console_, uncaught, close: () => context.close() };
}
