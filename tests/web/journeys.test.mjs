// What a course does with the page, in three engines: lessons, searches, frames, files, lists, pictures, the lectern.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after } from "node:test";
import { everywhere, explore, openPage, openScene, state, step, wait, watched } from "./engines.mjs";
import { serve, until } from "./harness.mjs";
import { host } from "./host.mjs";

const DIST = process.env.FAULTLINE_DIST;
const site = await serve(watched(DIST));
const hosting = await host(site);
const folder = mkdtempSync(join(tmpdir(), "faultline-journeys-"));
after(async () => { await site.close(); await hosting.close(); rmSync(folder, { recursive: true, force: true }); });

const runner = (...words) => execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8" });
const native = (link) => JSON.parse(runner("run", link.slice(link.indexOf("#") + 1), "--json"));
const lesson = (verb) => `[data-act="lesson ${verb}"]`;
const closed = (driver) => wait(driver, "the dialog is closed", () => !document.querySelector("dialog[open]"), null, 60_000);

/** What the clipboard holds, as a reader gets at it: pasted into a field. */
async function pasted(driver) {
  await driver.evaluate(() => {
    const field = (document.querySelector("dialog[open]") ?? document.body).appendChild(document.createElement("textarea"));
    field.id = "paste";
  });
  // The browser takes its time with a copy.
  const text = await until("something is pasted", async () => {
    await driver.evaluate(() => { const field = document.getElementById("paste"); field.focus(); field.select(); });
    await driver.press("Control+v");
    return driver.evaluate(() => document.getElementById("paste").value);
  });
  await driver.evaluate(() => document.getElementById("paste").remove());
  return text;
}

/** From now on files that the page saves are kept in the page. */
const keeping = (driver) => driver.evaluate(() => {
  window.kept = [];
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => { window.last = blob; return make.call(URL, blob); };
  HTMLAnchorElement.prototype.click = function () { window.kept.push([this.download, window.last]); };
});

/** Presses the button that says this, in the dialog if one is open. */
const press = (driver, words) => driver.click(`=${words}`);

/** Presses the button of this name and gives the file's name and text. */
async function saved(driver, words) {
  const count = await driver.evaluate(() => window.kept.length);
  await press(driver, words);
  await wait(driver, `${words} is saved`, (count) => window.kept.length > count, count);
  return driver.evaluate(async () => {
    const [name, blob] = window.kept.at(-1);
    return { name, text: blob.type.startsWith("image/png") ? "" : await blob.text() };
  });
}

/** Copies a text by keyboard, out of a field that goes again. */
async function copy(driver, text) {
  await driver.evaluate((text) => {
    const field = document.body.appendChild(Object.assign(document.createElement("textarea"), { id: "copy", value: text }));
    field.focus();
    field.select();
  }, text);
  await driver.press("Control+c");
  await driver.evaluate(() => document.getElementById("copy").remove());
}

everywhere(site, ({ name, told, at, silent }) => {
  told("a lesson: a wrong answer is marked, a message is dropped, and the handed-in link opens again", async (driver) => {
    await at("?lang=en&lesson=unanimity-not-majority&student=7");
    await wait(driver, "it begins", (begin) => document.querySelector(begin), lesson("begin"));
    await driver.click(lesson("begin"));
    const answers = [["two-yes", "abort"], ["late-no", "abort"], ["split", "less"], ["lose-one", "3"], ["five", "less"]];
    const skip = () => driver.evaluate((skip) => document.querySelector(skip)?.click(), lesson("skip"));
    for (const [n, [stop, key]] of answers.entries()) {
      await until(`${stop} asks`, async () => {
        await skip();
        return driver.evaluate((n) => document.querySelector(".answer:not(:disabled)") && document.querySelector(".lesson-at").innerText.startsWith(`${n + 1} `), n);
      }, 20_000);
      assert.equal(await driver.evaluate(() => document.querySelectorAll(".right .properties .finding").length), 0, "the future is hidden");
      await driver.click(`.answer[data-key="${key}"]`);
      if (stop === "lose-one") await driver.click(lesson("confirm"));
      await until(`${stop} is marked`, async () => {
        await skip();
        return driver.evaluate(() => document.querySelector(".lesson-told .why b"));
      }, 20_000);
      assert.equal(await driver.evaluate(() => document.querySelectorAll(".lesson-told .passed").length), n === 0 ? 0 : 1, stop);
      await driver.click(lesson("next"));
    }
    await wait(driver, "the end", (button) => document.querySelector(button), lesson("hand-in"));
    await driver.picture(`engine-${name}-lesson`);
    await driver.click(lesson("hand-in"));
    const link = await pasted(driver);
    assert.match(link, /#a1\.[\w-]+$/);
    const links = join(folder, `${name}.txt`);
    writeFileSync(links, `${link}\n`);
    const csv = runner("mark", "unanimity-not-majority", links).trim().split("\n");
    assert.equal(csv.length, 6, csv.join("\n"));
    await at(`?lang=en${link.slice(link.indexOf("#"))}`);
    await wait(driver, "the sheet", () => document.querySelectorAll("dialog[open] .lesson-sheet > li").length === 5);
    assert.equal(await driver.evaluate(() => document.querySelectorAll(".lesson-sheet > li.passed").length), 4);
    await driver.evaluate(() => { sessionStorage.clear(); localStorage.clear(); });
    await silent();
  });

  told("Find a failing run: the worker finds the shortest one, and it opens and breaks as it says", async (driver) => {
    await at();
    await openScene(driver, "lock");
    await explore(driver);
    await driver.evaluate(() => {
      const list = document.querySelector('[data-change="option recipe"]');
      list.value = "set-nx-px";
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await driver.click('[data-change="option get-then-set"]');
    await driver.click(".ask-find .primary");
    await wait(driver, "the form", () => document.querySelector("dialog[open] .find"));
    await driver.click('[data-act="find go"]');
    await closed(driver);
    await wait(driver, "its first step", () => window.faultline.state().events === 1);
    const words = await driver.evaluate(() => document.querySelector(".notice").innerText);
    assert.match(words, /MUTEX-LEASE/);
    assert.match(words, /breaks after 12 steps/);
    const broken = () => /\b(bad|expected)\b/.test(document.querySelector('.finding[data-key="MUTEX-LEASE"]').className);
    for (let n = 1; n < 12; n += 1) {
      assert.equal(await driver.evaluate(broken), false, `broken at step ${n}`);
      await driver.press("ArrowRight");
      await wait(driver, "a step", (n) => window.faultline.state().events === n + 1, n);
    }
    await wait(driver, "it is broken", broken);
    const { link, state_hash, run_hash } = await state(driver);
    const expected = native(link);
    assert.deepEqual([state_hash, run_hash], [expected.state_hash, expected.run_hash]);
    await silent();
  });

  told("Share: the code is copied as it stands, and every kind of file of the moment is made", async (driver) => {
    await at();
    await explore(driver);
    await driver.click(".transport .start");
    for (let n = 0; n < 6; n += 1) await step(driver);
    const here = await state(driver);
    await driver.click(".header .share");
    await wait(driver, "the dialog", () => document.querySelector('dialog[open] [aria-label="Copy Frame"]'));
    await driver.click('[aria-label="Copy Frame"]');
    const code = await pasted(driver);
    assert.match(code, /^<iframe src="[^"]+embed\.html\?sim=lock[^"]*#1\.[^"]+" title="[^"]+" width="100%"/);
    assert.equal(native(/#1\.[^"]+/.exec(code)[0]).state_hash, here.state_hash);
    await keeping(driver);
    const svg = await saved(driver, "Stage as SVG");
    assert.match(svg.name, /^lock-[\w.-]+\.svg$/);
    assert.ok(svg.text.includes(here.state_hash));
    const diagram = await saved(driver, "Diagram as SVG");
    assert.match(diagram.text, /^<svg[^]*<\/svg>\s*$/);
    const trace = JSON.parse((await saved(driver, "Events as JSON")).text);
    assert.deepEqual([trace.state_hash, trace.events.length], [here.state_hash, here.events]);
    assert.ok((await saved(driver, "Events for ShiViz")).text.split("\n").length > 4);
    assert.match((await saved(driver, "Stage as PNG")).name, /\.png$/);
    const png = await driver.evaluate(async () => {
      const [, blob] = window.kept.at(-1);
      const head = [...new Uint8Array(await blob.slice(0, 8).arrayBuffer())];
      const image = await createImageBitmap(blob);
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      const scroll = document.querySelector(".stage-scroll");
      return { head, size: [image.width, image.height], colours: new Set(pixels).size, wide: 2 * scroll.clientWidth };
    });
    assert.deepEqual(png.head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.equal(png.size[0], png.wide);
    // Letters have edges of many shades.
    assert.ok(png.colours > 100, `${png.colours} colours`);
    await silent();
  });

  told("placement: lists by file and by paste are placed, and the tables have what the picture has", async (driver) => {
    await at();
    await openScene(driver, "placement");
    await explore(driver);
    const keys = join(folder, "keys.txt");
    writeFileSync(keys, Array.from({ length: 900 }, (_, n) => `user:${n * 7}\n`).join(""));
    const before = await state(driver);
    await driver.choose('.left [data-change="file keys"]', [keys]);
    await wait(driver, "the keys are in the run", (link) => window.faultline.state().link !== link, before.link);
    await closed(driver);
    await copy(driver, "alpha\t1\tz1\nbeta\t2\tz2\ngamma\t1\tz1\n");
    await driver.evaluate(() => document.querySelector(".stage").focus());
    await driver.press("Control+v");
    await press(driver, "As nodes");
    await closed(driver);
    const columns = () => [...document.querySelector(".panels-columns [role=group]")?.querySelectorAll(".column") ?? []].map((column) => column.ariaLabel);
    const sum = (names) => names.reduce((sum, name) => sum + Number(/: ([\d,]+)/.exec(name)?.[1].replaceAll(",", "") ?? 0), 0);
    const shown = await until("900 keys on three nodes", async () => {
      const names = await driver.evaluate(columns);
      return names.length === 3 && sum(names) === 900 && names;
    }, 60_000);
    assert.deepEqual(shown.map((words) => words.split(":")[0]), ["alpha", "beta", "gamma"]);
    await press(driver, "Tables");
    await press(driver, "Ring");
    const rows = await wait(driver, "the table", () => {
      const found = [...document.querySelectorAll("dialog[open] .sheet tbody tr")].map((row) => [...row.children].map((cell) => cell.innerText.trim()));
      return found.length === 3 && found;
    });
    for (const [n, row] of rows.entries()) assert.ok(shown[n].startsWith(`${row[0]}: ${row[2]}`), `${shown[n]} is ${row}`);
    await driver.picture(`engine-${name}-tables`);
    await driver.press("Escape");
    await closed(driver);
    await silent();
  });

  told("a long run: all of its events are copied, between frames", async (driver) => {
    await at("?lang=en&sim=coordination&seed=7&step=0");
    await explore(driver);
    await driver.evaluate(() => {
      const speed = document.querySelector(".speed input");
      speed.value = speed.max;
      speed.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await driver.click(".transport .play");
    await wait(driver, "a thousand events and more", () => window.faultline.state().events > 1_200, null, 60_000);
    await driver.click(".transport .play");
    await driver.click("[data-act='list events']");
    await driver.click(".copy-log");
    await wait(driver, "it says so", () => document.querySelector(".notices").innerText.includes("Copied."));
    const lines = (await pasted(driver)).trimEnd().split("\n");
    const { events } = await state(driver);
    assert.deepEqual([lines.length, lines[0].split("\t")[0], lines.at(-1).split("\t")[0]], [events, "1", String(events)]);
    await silent();
  });

  told("presenting: what a clicker sends steps, and the verdict is shown when it is asked for", async (driver) => {
    await at("?lang=zh&theme=dark");
    await driver.click(".answers .answer");
    await wait(driver, "it is marked", () => document.querySelector(".opening .told .why"), null, 30_000);
    await explore(driver);
    await until("a promise broke just now", async () => {
      if (await driver.evaluate(() => document.querySelector(".sentence.tint-bad"))) return true;
      await driver.press("ArrowLeft");
    }, 20_000);
    const tint = () => driver.evaluate(() => getComputedStyle(document.querySelector(".sentence")).backgroundColor);
    const bad = await tint();
    await driver.press("f");
    await wait(driver, "the large page", () => document.querySelector(".present-bar")?.checkVisibility() && !document.querySelector(".header").checkVisibility());
    assert.notEqual(await tint(), bad, "the verdict is shown before it is asked for");
    const { events } = await state(driver);
    await driver.press("PageUp");
    await wait(driver, "a step back", (events) => window.faultline.state().events === events - 1, events);
    await driver.press("PageDown");
    await wait(driver, "and forward", (events) => window.faultline.state().events === events, events);
    await driver.press("v");
    await until("the verdict", async () => (await tint()) === bad);
    await driver.picture(`engine-${name}-present`);
    await driver.press("f");
    await wait(driver, "the small page", () => !document.querySelector(".present-bar") && document.querySelector(".header").checkVisibility());
    await silent();
  });

  told("the time slider is pulled by mouse and by touch", async (driver) => {
    await at();
    await explore(driver);
    await driver.press("End");
    await wait(driver, "the end", () => window.faultline.state().events > 5);
    const thumb = () => driver.evaluate(() => {
      const { left, top, width, height } = document.querySelector(".playhead .thumb").getBoundingClientRect();
      return [Math.round(left + width / 2), Math.round(top + height / 2)];
    });
    const left = await driver.evaluate(() => document.querySelector(".diagram svg").getBoundingClientRect().left);
    const [end] = await thumb();
    for (const kind of ["mouse", "touch"]) {
      for (const share of [0.4, 0.8]) {
        const [x, y] = await thumb();
        const to = Math.round(left + share * (end - left));
        await driver.drag([[x, y], [Math.round((x + to) / 2), y], [to, y]], kind);
        await until(`${kind}: the thumb is where it was let go`, async () => Math.abs((await thumb())[0] - to) < 12);
      }
    }
    await silent();
  });

  told("another site's page: a frame and an element are asked, answer, and tell what happens", async (driver) => {
    hosting.files["embed.js"] = readFileSync(join(DIST, "v1", "embed.js"));
    const element = `<script type="module" src="embed.js"></script><faultline-sim base="${site.url}embed.html" load="eager" sim="ring" seed="7" step="3"
      label="A ring"><a href="https://example.edu/">A ring</a></faultline-sim>`;
    const page = hosting.add([{ src: `${site.url}embed.html?sim=lock&seed=7&step=4&lang=en`, width: 900, height: 400 }]);
    hosting.files["both.html"] = hosting.files[page.split("/").at(-1)].replace("</main>", `${element}</main>`);
    await driver.open(`${hosting.url}both.html`);
    const ready = () => window.heard?.some(({ data, frame }) => frame === 0 && data?.type === "ready")
      && document.querySelector("faultline-sim").readyState === "ready";
    await wait(driver, "both are ready", ready, null, 40_000);
    const ask = (message) => driver.evaluate((message) => window.ask(message), message);
    const there = async () => (await ask({ type: "getState" })).value;
    assert.equal((await there()).step, 4);
    await ask({ type: "step", n: 3 });
    assert.equal((await there()).step, 7);
    // A press in the frame, and the keys are for the run in it.
    const frame = await driver.frame();
    await frame.click(".transport .forward");
    await until("a step by a press", async () => (await there()).step === 8);
    await frame.press("ArrowRight");
    await until("a step by key", async () => (await there()).step === 9);
    await ask({ type: "setLang", lang: "zh" });
    await ask({ type: "setTheme", theme: "dark" });
    assert.deepEqual(await frame.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["zh-CN", "dark"]);
    assert.match((await ask({ type: "exportSvg" })).value, /^<svg/);
    const sim = await driver.evaluate(async () => {
      const sim = document.querySelector("faultline-sim");
      const told = new Promise((done) => addEventListener("faultline-step", (event) => done([event.target === sim, event.detail.step])));
      await sim.step(2);
      const { step } = await sim.getState();
      const refused = await sim.setState("#1.nonsense").catch((error) => error.code);
      sim.play();
      const playing = await new Promise((done) => addEventListener("faultline-play", () => done(sim.playing)));
      await sim.pause();
      return { told: await told, step, refused, playing, steps: (await sim.getState()).step };
    });
    assert.deepEqual([sim.told[0], sim.step, sim.refused, sim.playing], [true, 5, "bad-link", true]);
    await driver.picture(`engine-${name}-frames`);
    await silent(hosting.url);
  });

  told("the page that is one file: from the disk it opens a link, steps, and searches in its worker", async (driver) => {
    const [link, stateHash] = runner("links", "--count", "1", "--seed", "7").trim().split("\t");
    const file = { url: pathToFileURL(join(DIST, "faultline.html")).href };
    await openPage(driver, file, `?lang=en#${link}`);
    assert.equal((await state(driver)).state_hash, stateHash);
    await explore(driver);
    await openScene(driver, "lock");
    await explore(driver);
    await driver.click(".transport .start");
    for (let n = 0; n < 3; n += 1) await step(driver);
    const here = await state(driver);
    assert.equal(native(here.link).state_hash, here.state_hash);
    await wait(driver, "the search is there", () => Boolean(window.faultline.search));
    const question = { scene: "lock", recipe: "set-nx-px", mistake: "get-then-set", world: "bounded", property: "MUTEX-LEASE" };
    const [found] = JSON.parse(await driver.evaluate((text) => window.faultline.search(text), JSON.stringify(question))).answer;
    assert.deepEqual([found.verdict, Number(found.length)], ["violated", 12]);
    await silent(hosting.url, file.url);
  });
});
