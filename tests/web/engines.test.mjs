// The same reader in three engines: the same tests, the same hashes. Where an engine is not installed, a line says so.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after } from "node:test";
import { everywhere, explore, openScene, state, step, wait, watched } from "./engines.mjs";
import { serve, until } from "./harness.mjs";

const site = await serve(watched(process.env.FAULTLINE_DIST));
after(() => site.close());

const SCENES = ["placement", "ring", "lock", "commit"];
const LINKS = 48;

const native = (...words) => execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8", maxBuffer: 1 << 28 })
  .trim().split("\n").map((line) => line.split("\t"));

const hashes = ({ state_hash, run_hash, events, time }) => ({ state_hash, run_hash, events, time });

everywhere(site, ({ name, told, at, silent }) => {
  for (const [lang, asked] of [["en", /\?$/], ["zh", /？$/]]) {
    told(`the page opens in ${lang} and asks its first question`, async (driver) => {
      await at(`?lang=${lang}`);
      assert.match(await driver.evaluate(() => document.querySelector(".question").innerText), asked);
      assert.equal(await driver.evaluate(() => document.documentElement.lang.slice(0, 2)), lang);
      await driver.picture(`engine-${name}-${lang}`);
      await silent();
    });
  }

  told("the first question of every tab is answered, played and marked", async (driver) => {
    await at();
    for (const scene of SCENES) {
      await openScene(driver, scene);
      await wait(driver, `${scene} asks`, () => document.querySelectorAll(".answers .answer").length >= 2 && document.querySelector(".speed input"));
      const before = await state(driver);
      await driver.evaluate(() => {
        const slider = document.querySelector(".speed input");
        slider.value = slider.max;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      });
      await driver.click(".answers .answer");
      await wait(driver, `${scene} is marked`, () => document.querySelector(".opening .told .why") && document.querySelector(".answer.is-right"));
      const after = await state(driver);
      assert.ok(after.events > before.events && !after.playing, `${scene}: ${JSON.stringify(after)}`);
      await driver.picture(`engine-${name}-${scene}`);
    }
    await silent();
  });

  told("stepping, undo, redo, the time slider and Back lead where they should", async (driver) => {
    await at();
    await explore(driver);
    await driver.click(".transport .start");
    for (let n = 0; n < 5; n += 1) await step(driver);
    const five = await state(driver);
    await step(driver);
    await driver.click(".transport .back");
    assert.deepEqual(hashes(await state(driver)), hashes(five));
    await driver.click(".stage [data-node]");
    await wait(driver, "it is selected", () => document.querySelector(".inspector [data-line^=crash]"));
    await driver.click(".inspector [data-line^=crash]");
    await wait(driver, "it is down", (hash) => window.faultline.state().state_hash !== hash, five.state_hash);
    const down = await state(driver);
    await driver.click(".transport .history button:nth-of-type(1)");
    assert.deepEqual(hashes(await state(driver)), hashes(five));
    await driver.press("Control+Shift+Z");
    await wait(driver, "it is down again", (hash) => window.faultline.state().state_hash === hash, down.state_hash);
    // The address follows; an older link is opened, and Back returns.
    await wait(driver, "the address follows", () => location.href === window.faultline.state().link);
    await driver.click(".transport .start");
    await wait(driver, "the address follows", () => location.href === window.faultline.state().link && window.faultline.state().events === 0);
    await driver.evaluate((link) => { location.href = link; }, down.link);
    await wait(driver, "the link opens", (events) => window.faultline.state().events === events, down.events);
    await driver.evaluate(() => history.back());
    await wait(driver, "Back returns", () => window.faultline.state().events === 0);
    await driver.evaluate(() => document.querySelector(".playhead [role=slider]").focus());
    await driver.press("End");
    await wait(driver, "the slider goes to the end", () => window.faultline.state().events > 0);
    await silent();
  });

  told("links of every scene open at the hashes that the native runner prints", async (driver, t) => {
    const rows = [...native("links", "--count", String(LINKS), "--seed", "3"), ...native("links", "--told").filter((_, n) => n % 12 === 0)];
    await at();
    const different = [];
    const scenes = new Map();
    // Some at a time: to and fro takes as long as opening one.
    for (let n = 0; n < rows.length; n += 8) {
      const some = rows.slice(n, n + 8);
      const all = await driver.evaluate(async (links) => {
        const found = [];
        for (const link of links) {
          const opened = await window.faultline.open(link);
          const { scene, state_hash, run_hash } = window.faultline.state();
          found.push({ opened, scene, got: [state_hash, run_hash] });
        }
        return found;
      }, some.map(([link]) => link));
      for (const [n, [link, ...expected]] of some.entries()) {
        const { opened, scene, got } = all[n];
        if (!scenes.has(scene)) scenes.set(scene, [link, expected]);
        if (opened !== true || String(got) !== String(expected)) different.push({ link, opened, expected, got });
      }
    }
    assert.deepEqual(different.slice(0, 3), [], `${different.length} of ${rows.length} differ`);
    // One a scene as an address, in a page that has nothing loaded.
    for (const [link, expected] of scenes.values()) {
      await at(`?lang=en#${link.replace(/^#/, "")}`);
      const { state_hash, run_hash } = await state(driver);
      assert.deepEqual([state_hash, run_hash], expected, link);
    }
    t.diagnostic(`${2 * rows.length} hashes of ${[...scenes.keys()].sort().join(", ")}`);
    assert.deepEqual([...scenes.keys()].sort(), ["commit", "coordination", "lock", "placement", "ring"]);
    await silent();
  });

  told("the search in the worker finds a mistake, and its run ends in the native state", async (driver) => {
    await at();
    await explore(driver);
    await wait(driver, "the search is there", () => Boolean(window.faultline.search));
    const question = { scene: "lock", recipe: "set-nx-px", mistake: "get-then-set", world: "bounded", property: "MUTEX-LEASE" };
    const text = await driver.evaluate((text) => window.faultline.search(text), JSON.stringify(question));
    const [found] = JSON.parse(text).answer;
    assert.deepEqual([found.verdict, found.properties, Number(found.length)], ["violated", ["MUTEX-LEASE"], 12]);
    const expected = JSON.parse(execFileSync(process.env.FAULTLINE_RUNNER, ["run", found.run, "--json"], { encoding: "utf8" }));
    assert.ok(await driver.evaluate((run) => window.faultline.open(`#${run}`), found.run));
    const here = await state(driver);
    assert.deepEqual([here.state_hash, here.run_hash], [expected.state_hash, expected.run_hash]);
    await silent();
  });

  told("language and theme switch at once and are kept over a reload", async (driver) => {
    await at("?");
    const { lang, ground } = await look(driver);
    await driver.click(".language");
    await wait(driver, "another language", (lang) => document.documentElement.lang !== lang, lang);
    await until("another theme", async () => { await driver.click(".header .theme"); return (await look(driver)).ground !== ground; });
    const chosen = await look(driver);
    await at("?");
    assert.deepEqual(await look(driver), chosen);
    await driver.evaluate(() => localStorage.clear());
    await silent();
  });

  told("by keyboard alone: an answer, the panels, play, pause, a crash, help and out of it", async (driver) => {
    await at();
    await tabTo(driver, ".answers .answer");
    await driver.press("Enter");
    await wait(driver, "it is marked", () => document.querySelector(".opening .told .why"));
    // The answers can be pressed no longer: who has pressed one goes on from there, not from the top of the page.
    await driver.press("Tab");
    const next = await driver.evaluate(() => document.activeElement.closest(".opening") !== null);
    assert.ok(next, `after the answer Tab leads to ${await driver.evaluate(() => document.activeElement.outerHTML.slice(0, 80))}`);
    await tabTo(driver, ".opening-leave");
    await driver.press("Enter");
    await wait(driver, "the panels", () => document.querySelector(".app:not(.folded)"));
    assert.ok(await driver.evaluate(() => document.activeElement.matches(".stage")), "the keys are for the stage");
    await driver.press("Home");
    await wait(driver, "the start", () => window.faultline.state().events === 0);
    await driver.press("Space");
    await wait(driver, "it plays", () => window.faultline.state().playing);
    await driver.press("Space");
    await wait(driver, "it holds", () => !window.faultline.state().playing);
    const { events, state_hash } = await state(driver);
    await driver.press("ArrowRight");
    await wait(driver, "a step", (events) => window.faultline.state().events === events + 1, events);
    await driver.press("ArrowLeft");
    await wait(driver, "and back", (hash) => window.faultline.state().state_hash === hash, state_hash);
    await tabTo(driver, ".stage [data-node]");
    await driver.press("Enter");
    await wait(driver, "it is selected", () => document.querySelector(".inspector [data-line^=crash]"));
    await driver.press("c");
    await wait(driver, "it is down", (hash) => window.faultline.state().state_hash !== hash, state_hash);
    await driver.press("Control+z");
    await wait(driver, "it is up again", (hash) => window.faultline.state().state_hash === hash, state_hash);
    await driver.press("?");
    await wait(driver, "help", () => document.querySelector("dialog[open]")?.contains(document.activeElement));
    await driver.press("Escape");
    await wait(driver, "help is closed", () => !document.querySelector("dialog[open]"));
    await silent();
  });

  told("a host whose policy forbids WebAssembly, and one that has lost a file, are told what to mend", async (driver) => {
    const strict = await serve(process.env.FAULTLINE_DIST, "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:");
    const screen = () => document.querySelector("dialog.boot-screen")?.innerText;
    await driver.open(`${strict.url}?lang=en`);
    assert.match(await wait(driver, "the screen", screen), /wasm-unsafe-eval/);
    await strict.close();
    const gone = watched(process.env.FAULTLINE_DIST, (name) => name.endsWith("_bg.wasm"));
    const poor = await serve(gone);
    await driver.open(`${poor.url}?lang=en`);
    assert.match(await wait(driver, "the screen", screen), /did not arrive/);
    await poor.close();
  });
});

const look = (driver) => driver.evaluate(() => ({ lang: document.documentElement.lang, ground: getComputedStyle(document.body).backgroundColor }));

/** Presses Tab until the focus is there. */
async function tabTo(driver, selector) {
  for (let n = 0; n < 80; n += 1) {
    if (await driver.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    await driver.press("Tab");
  }
  throw new Error(`80 times Tab do not lead to ${selector}`);
}
