// In another site's page: what its address asks for, what it hears and says, and what it leaves alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, none, picture, serve, until, violations } from "./harness.mjs";
import { host, visitHost } from "./host.mjs";

let browser, site, course;
before(async () => {
  [browser, site] = await Promise.all([launch(), serve()]);
  course = await host(site);
});
after(async () => { await browser?.close(); await site?.close(); await course?.close(); });

const visit = (frames, options) => visitHost(browser, site, course, frames, options);
const notices = (frame) => frame.locator(".notice.warning");
const stopped = async ({ uncaught, frame }) => {
  assert.deepEqual(uncaught, []);
  assert.equal(await frame().locator("#faultline-stopped").count(), 0, "the page has stopped");
};
const playing = async (visitor, n = 0) => (await visitor.state(n)).playing;

test("the address says what is shown, and how", async () => {
  const query = "sim=lock&recipe=set-nx-px&seed=11&step=12&speed=480&lang=zh-Hant&theme=dark&controls=minimal&panels=properties";
  const visitor = await visit(`embed.html?${query}`);
  const found = await visitor.state();
  assert.deepEqual(
    { sim: found.sim, recipe: found.recipe, seed: found.seed, step: found.step, speed: found.speed, playing: found.playing },
    { sim: "lock", recipe: "set-nx-px", seed: "11", step: 12, speed: 500, playing: false },
  );
  const frame = visitor.frame();
  assert.deepEqual(await frame.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["zh-CN", "dark"]);
  assert.ok(await frame.locator(".findings").isVisible());
  for (const hidden of [".header", ".left", ".inspector", ".diagram", ".speed", ".history"]) {
    assert.equal(await frame.locator(hidden).isVisible(), false, hidden);
  }
  assert.equal(await notices(frame).count(), 0);
  const [ready] = (await visitor.heard()).filter((one) => one.data.type === "ready");
  assert.equal(ready.data.faultline, 1);
  assert.equal(ready.data.sim, "lock");
  assert.match(ready.data.version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(visitor.trouble, []);
  await stopped(visitor);
  await visitor.close();
});

test("a scenario is asked, or shown at a step of it", async () => {
  const asked = await visit("embed.html?sim=commit");
  const opening = await asked.frame().evaluate(() => document.querySelector(".question").textContent);
  assert.ok(opening.length > 10);
  assert.ok((await asked.heard()).some((one) => one.data.type === "event" && one.data.kind === "question"));
  await asked.close();
  const name = await nameOf("lock");
  const there = await visit(`embed.html?sim=lock&scenario=${name}&step=3&seed=9`);
  assert.equal((await there.state()).step, 3);
  assert.equal(await notices(there.frame()).count(), 1, "a seed does not go with a scenario");
  await there.close();
});

/** The first opening's name, as its link has it. */
async function nameOf(scene) {
  const visitor = await visit(`embed.html?sim=${scene}`);
  const { link } = await visitor.state();
  await visitor.close();
  // Postcard writes names as they are.
  const text = Buffer.from(link.slice(3).replaceAll("-", "+").replaceAll("_", "/"), "base64").toString("latin1");
  const found = /([a-z-]+)\/0/.exec(text);
  assert.ok(found, "a link of an opening carries its name");
  return found[1].replace(/^[^a-z]*/, "");
}

test("what the address says wrongly is said, and the usual is taken", async () => {
  const hostile = "sim=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&seed=-1&step=1e99&speed=0&theme=%E2%80%AEx&recipe=__proto__&panels=x&origin=";
  const visitor = await visit(`embed.html?${hostile}`);
  const found = await visitor.state();
  assert.deepEqual([found.sim, found.speed > 0], ["lock", true]);
  const frame = visitor.frame();
  assert.equal(await notices(frame).count(), 3, "the latest three are on the screen");
  assert.equal(await frame.locator("img").count(), 0);
  assert.ok(visitor.trouble.length >= 7, visitor.trouble.join("\n"));
  assert.ok(visitor.trouble.some((line) => line.includes("seed=-1") && line.includes("7 is taken")), visitor.trouble.join("\n"));
  const errors = (await visitor.heard()).filter((one) => one.data.type === "error").map((one) => one.data.code);
  assert.ok(errors.length >= 7 && errors.every((code) => code === "bad-parameter"), errors.join());
  await notices(frame).first().locator("button").click();
  assert.equal(await notices(frame).count(), 2);
  await stopped(visitor);
  await visitor.close();

  const unknown = await visit("embed.html?sim=ring&recipe=sha9&seed=5&controls=none&lesson=none-such");
  assert.deepEqual([(await unknown.state()).recipe, (await unknown.state()).seed], ["sha1", "5"]);
  assert.equal(await notices(unknown.frame()).count(), 0);
  assert.equal(unknown.trouble.length, 2, unknown.trouble.join("\n"));
  await unknown.close();
});

test("a run in the fragment wins over the query, and the way to the full page opens that very moment", async () => {
  const first = await visit("embed.html?sim=ring&seed=3&step=4");
  const { link, url } = await first.state();
  await first.close();
  const visitor = await visit(`index.html?embed&sim=lock&seed=99&step=40&course=7&lang=en${link}`);
  const found = await visitor.state();
  assert.deepEqual([found.sim, found.seed, found.step], ["ring", "3", 4]);
  assert.ok(url.startsWith(`${site.url}index.html#1.`), url);
  const href = await visitor.frame().locator(".full-page a").getAttribute("href");
  assert.equal(href, `${site.url}index.html?course=7&lang=en${link}`);
  const page = await visitor.page.context().newPage();
  await page.goto(href);
  await page.waitForFunction(() => !document.getElementById("boot") && window.faultline?.state?.());
  const full = await page.evaluate(() => window.faultline.state());
  assert.deepEqual([full.scene, full.events, full.link.endsWith(link)], ["ring", 4, true]);
  assert.ok(await page.locator(".header").isVisible());
  await visitor.close();
});

test("links can be made to lead nowhere, and a run to be watched only", async () => {
  const visitor = await visit("embed.html?sim=lock&seed=7&step=6&allowlinks=false&readonly&panels=inspector,controls");
  const frame = visitor.frame();
  assert.equal(await frame.locator('a[href]:not([href^="#"])').count(), 0);
  const before = await visitor.state();
  const refused = await frame.evaluate(() => window.faultline.command("pause a"));
  assert.match(String(refused), /watched/);
  await frame.locator(".card").first().click();
  await frame.locator(".card").first().press("c");
  assert.equal((await visitor.state()).link, before.link);
  assert.equal(await frame.locator(".offers").first().isVisible(), false);
  await visitor.close();
});

test("each message does what it says", async () => {
  const visitor = await visit("embed.html?sim=lock&seed=7&step=5");
  const { ask, state } = visitor;
  const ok = async (message) => {
    const reply = await ask(message);
    assert.equal(reply.ok, true, JSON.stringify({ message, reply }));
    return reply.value;
  };
  await ok({ type: "step", n: 3 });
  assert.equal((await state()).step, 8);
  await ok({ type: "back" });
  const at7 = await state();
  assert.equal(at7.step, 7);
  await ok({ type: "seek", step: 20 });
  assert.equal((await state()).step, 20);
  await ok({ type: "setState", link: at7.link });
  assert.equal((await state()).step, 7);
  await ok({ type: "step" });
  await ok({ type: "reset" });
  assert.equal((await state()).link, at7.link, "a run that the host has set is where it begins");
  await ok({ type: "setSpeed", speed: 50 });
  assert.equal((await state()).speed, 50);
  await ok({ type: "setTheme", theme: "projector" });
  await ok({ type: "setLang", lang: "zh" });
  assert.deepEqual(
    await visitor.frame().evaluate(() => [document.documentElement.className, document.documentElement.lang]), ["projector", "zh-CN"]);
  await ok({ type: "play" });
  await until("it plays", () => playing(visitor));
  await ok({ type: "pause" });
  assert.equal(await playing(visitor), false);
  await ok({ type: "focus" });
  assert.equal(await visitor.frame().evaluate(() => document.activeElement.className), "stage");
  assert.match(await ok({ type: "exportSvg" }), /^<svg/);
  const { capabilities } = (await visitor.heard()).find((one) => one.data.type === "ready").data;
  assert.ok(capabilities.includes("svg"));
  const types = await visitor.types();
  for (const type of ["ready", "step", "play", "pause"]) assert.ok(types.includes(type), type);
  const step = (await visitor.heard()).findLast((one) => one.data.type === "step").data;
  assert.ok(step.total >= step.step && step.label.length > 5 && !step.label.includes("<"), JSON.stringify(step));
  await stopped(visitor);
  await visitor.close();
});

test("a port that came with the greeting carries everything from then on", async () => {
  const { page, close } = await visit("embed.html?sim=ring&seed=4&step=2");
  const found = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const got = [];
    const next = (type) => new Promise((done) => {
      const look = () => { const one = got.find((one) => one.type === type); if (one) done(one); else setTimeout(look, 10); };
      look();
    });
    port1.onmessage = ({ data }) => got.push(data);
    window.heard = [];
    window.say({ faultline: 1, type: "hello", nonce: "n7" }, 0, [port2]);
    const ready = await next("ready");
    port1.postMessage({ faultline: 1, type: "step", n: 2, id: "a" });
    const reply = await next("reply");
    const step = await next("step");
    // By the window nothing is heard any more.
    window.say({ faultline: 1, type: "seek", step: 0, id: "b" });
    await new Promise((done) => setTimeout(done, 300));
    port1.postMessage({ faultline: 1, type: "getState", id: "c" });
    await new Promise((done) => setTimeout(done, 300));
    return { nonce: ready.nonce, reply, step: step.step, last: got.at(-1), byWindow: window.heard.length };
  });
  assert.equal(found.nonce, "n7");
  assert.deepEqual(found.reply, { faultline: 1, type: "reply", id: "a", ok: true, value: null });
  assert.equal(found.step, 4);
  assert.deepEqual([found.last.id, found.last.value.step, found.byWindow], ["c", 4, 0]);
  await close();
});

test("strangers, strange shapes, megabytes and floods change nothing", async () => {
  const stranger = { src: `${course.url}stranger.html`, width: 100, height: 60 };
  const visitor = await visit(["embed.html?sim=lock&seed=7&step=5", stranger], { bare: true });
  const { page, ask, state } = visitor;
  await until("the frame is ready", async () => (await visitor.types()).includes("ready"), 15_000);
  const before = await state();
  const same = async (what) => assert.deepEqual(await state(), before, what);
  // Not from the page around it.
  await page.evaluate(() => document.querySelectorAll("iframe")[1].contentWindow.postMessage({ faultline: 1, type: "seek", step: 0 }, "*"));
  await page.waitForTimeout(200);
  await same("a stranger");
  await page.evaluate(() => {
    const strange = [
      null, undefined, 0, NaN, "play", "{\"faultline\":1,\"type\":\"seek\",\"step\":0}", [], [1], {}, { type: "play" }, new Date(), /x/, new Map([["faultline", 1]]),
      { faultline: "1", type: "play" }, { faultline: 2, type: "play" }, { faultline: 1n, type: "play" }, { faultline: { valueOf: 1 }, type: "play" },
      new Uint8Array(100), new Blob(["x"]), Object.assign([], { faultline: 1, type: "seek", step: 0, id: {} }),
      JSON.parse('{"__proto__":{"faultline":1,"type":"seek","step":0}}'),
      JSON.parse('{"faultline":1,"type":"__proto__","constructor":{"prototype":{"x":1}},"toJSON":1,"hasOwnProperty":1}'),
      JSON.parse('{"faultline":1,"type":"setTheme","theme":"constructor","__proto__":{"theme":"dark"}}'),
      { faultline: 1, type: "setState", link: "javascript:alert(1)" }, { faultline: 1, type: ["play"] }, { faultline: 1, type: "step", n: "1" },
      { faultline: 1, type: "seek", step: -0.5 }, { faultline: 1, type: "seek", step: Infinity }, { faultline: 1, type: "setLang", lang: "<b>" },
      { faultline: 1, type: "x".repeat(1 << 20) }, "x".repeat(1 << 20), { faultline: 1, type: "setState", link: "#1." + "A".repeat(1 << 20) },
      { faultline: 1, type: "play", nonce: "x".repeat(1 << 20), id: "big" }, { big: "x".repeat(1 << 20), faultline: 3 },
    ];
    const around = { faultline: 1, type: "fly" };
    around.itself = around;
    for (const one of [...strange, around]) window.say(one);
  });
  await page.waitForTimeout(300);
  await same("strange shapes");
  const codes = (await visitor.heard()).filter((one) => one.data?.type === "error").map((one) => one.data.code);
  assert.ok(["unknown-type", "bad-value", "bad-link", "too-big"].every((code) => codes.includes(code)), codes.join());
  const big = (await visitor.heard()).find((one) => one.data?.id === "big").data;
  assert.deepEqual([big.ok, big.error.code], [false, "too-big"]);
  assert.equal((await ask({ type: "fly" })).error.code, "unknown-type");
  const took = await page.evaluate(async () => {
    const begun = performance.now();
    const kinds = [{ type: "step" }, { type: "back" }, { type: "fly" }, { type: "setSpeed", speed: 7 }, { type: "play" }, { type: "pause" }, { type: "seek", step: 3 }, { type: "getState" }];
    for (let n = 0; n < 1000; n += 1) window.say({ faultline: 1, ...kinds[n % kinds.length] });
    await window.ask({ type: "seek", step: 5 });
    return performance.now() - begun;
  });
  const after = await state();
  assert.deepEqual([after.step, after.sim, after.playing], [5, "lock", false]);
  assert.ok(took < 8_000, `${took} ms for a thousand messages`);
  await stopped(visitor);
  await visitor.close();
});

test("only the origin that the address names is heard", async () => {
  for (const [origin, answers] of [[new URL(course.url).origin, true], ["https://example.org", false], ["nonsense", false]]) {
    const visitor = await visit(`embed.html?sim=ring&seed=4&step=2&origin=${encodeURIComponent(origin)}`, { bare: true });
    const frame = await until("the frame", () => visitor.frame());
    await frame.waitForFunction(() => !document.getElementById("boot") && window.faultline?.state?.());
    await visitor.say({ faultline: 1, type: "seek", step: 0, id: "z" });
    await visitor.page.waitForTimeout(300);
    assert.equal(await frame.evaluate(() => window.faultline.state().events), answers ? 0 : 2, origin);
    assert.equal((await visitor.heard()).length > 0, answers, origin);
    await visitor.close();
  }
});

test("in a sandbox without an origin it runs, and keeps nothing", async () => {
  const visitor = await visit({ src: "embed.html?sim=coordination&seed=4&step=2", more: 'sandbox="allow-scripts"' });
  const [ready] = (await visitor.heard()).filter((one) => one.data.type === "ready");
  assert.equal(ready.origin, "null");
  await visitor.ask({ type: "step", n: 2 });
  assert.equal((await visitor.state()).step, 4);
  assert.equal(await visitor.frame().evaluate(() => { try { return localStorage.length; } catch (error) { return error.name; } }), "SecurityError");
  await visitor.frame().locator(".transport .forward").click();
  assert.equal((await visitor.state()).step, 5);
  await stopped(visitor);
  assert.deepEqual(visitor.trouble, []);
  await visitor.close();
});

test("in a sandbox without an origin it looks as it does elsewhere", async () => {
  for (const query of ["sim=coordination&seed=4&step=2&panels=controls,inspector,properties,diagram", "lesson=unanimity-not-majority"]) {
    const frame = { src: `embed.html?lang=en&${query}`, width: 900, height: 620 };
    const visitor = await visit([frame, { ...frame, more: 'sandbox="allow-scripts"' }], { size: { width: 900, height: 1_240 } });
    const laidOut = async (n) => {
      await visitor.state(n);
      const begin = visitor.frame(n).locator('[data-act="lesson begin"]');
      if (await begin.count()) await begin.click();
      await visitor.page.waitForTimeout(400);
      return visitor.frame(n).evaluate(() => [...document.querySelectorAll(".main > *, .dock > *, .transport > *, .opening > *")].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return `${element.className}: ${[x, y, width, height].map(Math.round).join(" ")} ${getComputedStyle(element).backgroundColor}`;
      }));
    };
    const elsewhere = await laidOut(0);
    assert.ok(elsewhere.length > 10);
    assert.deepEqual(await laidOut(1), elsewhere);
    await visitor.close();
  }
});

test("no storage is touched and no focus taken; keys act only while the focus is inside", async () => {
  const box = '<p><label>Notes <input id="notes" value=""></label></p>';
  const visitor = await visit("embed.html?sim=lock&seed=7&step=5", { size: { width: 800, height: 600 }, before: box, bare: true });
  const { page } = visitor;
  await page.locator("#notes").focus();
  await until("ready", async () => (await visitor.types()).includes("ready"), 15_000);
  await page.keyboard.type("a c");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("#notes").inputValue(), "a c");
  assert.equal((await visitor.state()).step, 5);
  await visitor.ask({ type: "setLang", lang: "zh" });
  await visitor.ask({ type: "setTheme", theme: "dark" });
  await visitor.ask({ type: "play" });
  await visitor.ask({ type: "pause" });
  await visitor.ask({ type: "seek", step: 5 });
  assert.equal(await page.evaluate(() => document.activeElement.id), "notes");
  const frame = visitor.frame();
  await frame.locator(".stage-canvas").click({ position: { x: 3, y: 3 } });
  await page.keyboard.press("ArrowRight");
  await until("a key inside acts", async () => (await visitor.state()).step === 6);
  assert.ok((await visitor.types()).includes("interaction"));
  // Out of the frame at its end.
  for (let n = 0; n < 40 && !(await visitor.types()).includes("focusout"); n += 1) await page.keyboard.press("Tab");
  assert.ok((await visitor.types()).includes("focusout"));
  await visitor.close();

  // Some browsers give a frame of another site no storage at all: here the same page stands alone.
  const alone = await browser.newPage();
  await alone.goto(`${site.url}embed.html?sim=lock&seed=7&step=5`);
  await alone.locator(".transport .forward").click();
  await alone.keyboard.press("ArrowRight");
  await alone.waitForTimeout(800);
  const kept = await alone.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie]);
  assert.deepEqual(kept, [0, 0, 0, ""]);
  await alone.close();

  const mute = await visit("embed.html?sim=lock&seed=7&step=5&keys=false");
  await mute.frame().locator(".stage-canvas").click({ position: { x: 3, y: 3 } });
  await mute.page.keyboard.press("ArrowRight");
  await mute.page.waitForTimeout(100);
  assert.equal((await mute.state()).step, 5);
  await mute.close();
});

test("it plays by itself only where it may, and stops when it shall", async () => {
  const plain = "embed.html?sim=lock&seed=7&step=5&autoplay&speed=100";
  const run = await visit(`${plain}&stop-after=1`);
  await until("it plays", () => playing(run));
  await until("it has stopped", async () => !(await playing(run)), 4_000);
  // What begins again begins a new second.
  await run.close();
  const reduced = await visit(plain, { motion: "reduce" });
  await reduced.page.waitForTimeout(500);
  assert.equal(await playing(reduced), false);
  await reduced.close();
  const asked = await visit(`${plain}&motion=reduce`);
  await asked.page.waitForTimeout(300);
  assert.equal(await playing(asked), false);
  await asked.close();
  const bare = await visit(`${plain}&controls=none`);
  await bare.page.waitForTimeout(500);
  assert.equal(await playing(bare), false);
  await bare.say({ faultline: 1, type: "hello" });
  await until("a host is there", () => playing(bare));
  await bare.close();
});

test("reveal.js starts and stops it with its slide", async () => {
  const visitor = await visit("embed.html?sim=lock&seed=7&step=5&autoplay&speed=20");
  await until("it plays", () => playing(visitor));
  await visitor.say("slide:stop");
  await until("it is paused", async () => !(await playing(visitor)));
  await visitor.say("slide:start");
  await until("it plays again", () => playing(visitor));
  await visitor.close();
  const still = await visit("embed.html?sim=lock&seed=7&step=5");
  await still.say("slide:start");
  await still.page.waitForTimeout(300);
  assert.equal(await playing(still), false);
  await still.close();
});

test("of ten frames in one page only those that are seen run, each at the pace of the screen", async () => {
  const frames = Array.from({ length: 10 }, (_, n) => ({ src: `embed.html?sim=lock&seed=${n}&step=5&autoplay&speed=20&controls=minimal`, width: 640, height: 400 }));
  const visitor = await visit(frames, { size: { width: 700, height: 820 } });
  const { page } = visitor;
  await until("the first two play", async () => (await playing(visitor, 0)) && (await playing(visitor, 1)));
  const all = [];
  for (let n = 0; n < 10; n += 1) all.push(await playing(visitor, n));
  // The third shows twenty pixels.
  assert.deepEqual(all, all.map((_, n) => n < 3));
  const times = async (n) => (await visitor.state(n)).time;
  const before = await Promise.all([0, 9].map(times));
  const frames0 = await visitor.frame(0).evaluate(() => new Promise((done) => {
    let count = 0;
    const begun = performance.now();
    const next = () => { count += 1; if (performance.now() - begun > 1_000) done(count); else requestAnimationFrame(next); };
    requestAnimationFrame(next);
  }));
  const after = await Promise.all([0, 9].map(times));
  assert.ok(after[0] > before[0], "the first goes on");
  assert.equal(after[1], before[1], "the last does not");
  assert.ok(frames0 >= 20, `${frames0} frames in a second`);
  await page.evaluate(() => scrollTo(0, 100_000));
  await until("the last plays", () => playing(visitor, 9));
  await until("the first rests", async () => !(await playing(visitor, 0)));
  await visitor.ask({ type: "pause" }, 9);
  await page.evaluate(() => scrollTo(0, 0));
  await until("the first goes on", () => playing(visitor, 0));
  await page.evaluate(() => scrollTo(0, 100_000));
  await page.waitForTimeout(300);
  assert.equal(await playing(visitor, 9), false, "what was paused stays so");
  console.log(`  ten frames: ${frames0} frames a second in the first`);
  await visitor.close();
});

test("with autosize the page around hears how high it is, in three dialects, and no more often than it changes", async () => {
  const visitor = await visit({ src: "embed.html?sim=lock&seed=7&step=5&autosize", width: 700, height: 300 }, { size: { width: 720, height: 900 } });
  const sizes = async () => (await visitor.heard()).map((one) => one.data);
  const ours = await until("a size", async () => (await sizes()).findLast((data) => data?.type === "resize"));
  assert.ok(ours.height > 350 && ours.height < 900 && ours.width === 700, JSON.stringify(ours));
  assert.ok((await sizes()).some((data) => data?.subject === "lti.frameResize" && data.height === ours.height));
  const embedly = (await sizes()).filter((data) => typeof data === "string").map((text) => JSON.parse(text)).at(-1);
  assert.deepEqual([embedly.context, embedly.height], ["iframe.resize", ours.height]);
  // The host follows: nothing is said again.
  await visitor.page.evaluate((height) => { document.querySelector("iframe").height = height; }, ours.height);
  await visitor.page.waitForTimeout(400);
  const count = (await sizes()).filter((data) => data?.type === "resize").length;
  await visitor.page.evaluate((height) => { document.querySelector("iframe").height = height + 200; }, ours.height);
  await visitor.page.waitForTimeout(400);
  assert.equal((await sizes()).filter((data) => data?.type === "resize").length, count);
  await visitor.close();
  const plain = await visit("embed.html?sim=lock&seed=7&step=5");
  assert.ok((await plain.heard()).every((one) => typeof one.data === "object" && one.data.type !== "resize"));
  await plain.close();
});

test("the link with ?embed from before the contract still works, and a plain page fetches nothing of this", async () => {
  const visitor = await visit("index.html?embed");
  assert.ok(await visitor.frame().locator(".full-page a").isVisible());
  await visitor.close();
  const page = await browser.newPage();
  const names = [];
  page.on("request", (request) => names.push(request.url()));
  await page.goto(`${site.url}?utm_source=mail`);
  await page.locator(".question").waitFor();
  await page.waitForLoadState("networkidle");
  assert.ok(!names.some((name) => name.includes("-frame.wasm")), names.join("\n"));
  await page.close();
});

test("a lesson in a frame: the host hears that it is ready, and a hand-in that the host does not let copy says so", { timeout: 60_000 }, async () => {
  for (const more of ["", 'allow="clipboard-write"']) {
    // This waits until the frame has said that it is ready.
    const visitor = await visit({ src: "embed.html?lesson=presume-abort&lang=en", more });
    assert.equal((await visitor.state()).sim, "commit");
    const frame = visitor.frame();
    const act = (verb) => `[data-act="lesson ${verb}"]`;
    await until("the end", () => frame.evaluate(([begin, skip, confirm, next, end]) => {
      if (document.querySelector(end)) return true;
      const chosen = document.querySelector(".answer[aria-pressed=true]");
      const press = [begin, skip].map((one) => document.querySelector(one)).find(Boolean)
        ?? (!chosen && document.querySelector(".answer:not(:disabled)")) ?? null;
      (press || document.querySelector(`${confirm}:not(:disabled)`) || document.querySelector(next))?.click();
      return false;
    }, ["begin", "skip", "confirm", "next", "hand-in"].map(act)), 30_000);
    await frame.locator(act("hand-in")).click();
    const told = frame.locator(".notice").last();
    await told.waitFor();
    // Where nothing could be copied the link itself is shown.
    assert.equal(/#a1\./.test(await told.innerText()), more === "", await told.innerText());
    await visitor.close();
  }
});

// As much as there can be around the stage, little, and nothing.
const MODES = ["controls=full&panels=controls,inspector,properties,events,diagram", "controls=minimal&readonly&poster=step:9", "controls=none&autosize"];

for (const sim of ["placement", "ring", "lock", "coordination", "commit"]) {
  test(`axe has nothing to say of ${sim} in a frame, with any controls, in any colours and either language`, { timeout: 120_000 }, async () => {
    const [width, height] = [900, 620];
    const frames = MODES.map((mode) => ({ src: `embed.html?sim=${sim}&seed=7&step=14&${mode}`, width, height }));
    const visitor = await visit(frames, { size: { width, height } });
    const complaints = [];
    for (const [n, mode] of MODES.entries()) {
      for (const lang of ["en", "zh"]) {
        await visitor.ask({ type: "setLang", lang }, n);
        for (const theme of ["light", "dark", "projector"]) {
          await visitor.ask({ type: "setTheme", theme }, n);
          const wears = () => visitor.frame(n).evaluate(() => {
            const { lang, dataset, classList } = document.documentElement;
            return `${lang.slice(0, 2)} ${classList.contains("projector") ? "projector" : dataset.theme}`;
          });
          await until(`frame ${n} is ${lang} and ${theme}`, async () => (await wears()) === `${lang} ${theme}`);
          complaints.push(...(await violations(visitor.frame(n), { colours: theme === "dark" })).map((words) => `${mode} ${lang} ${theme}: ${words}`));
        }
      }
    }
    none(complaints);
    await visitor.close();
  });
}

test("pictures: everything is in reach and nothing is cut off", async () => {
  const cut = [];
  for (const [width, height] of [[800, 480], [360, 400]]) {
    for (const query of ["sim=lock&seed=7&step=14", "sim=commit", "sim=ring"]) {
      for (const theme of ["light", "dark", "projector"]) {
        const lang = theme === "dark" ? "zh" : "en";
        const visitor = await visit({ src: `embed.html?${query}&theme=${theme}&lang=${lang}`, width, height }, { size: { width, height } });
        const frame = visitor.frame();
        const out = await frame.evaluate(([width, height]) => {
          const wanted = [".sentence .words", ".transport .play", ".transport .forward"].map((name) => [name, document.querySelector(name)]);
          return wanted.filter(([, element]) => {
            const box = element?.getBoundingClientRect();
            return !box || box.width < 8 || box.left < 0 || box.top < 0 || box.right > width + 0.5 || box.bottom > height + 0.5;
          }).map(([name]) => name);
        }, [width, height]);
        cut.push(...out.map((name) => `${width} × ${height} ${query} ${theme}: ${name}`));
        await picture(visitor.page, `embed-${width}-${/sim=(\w+)/.exec(query)[1]}-${theme}`);
        await visitor.close();
      }
    }
  }
  none(cut);
});
