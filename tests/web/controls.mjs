// Every control of the page, found by looking rather than by a list: it has a name, it is reached by Tab or by arrows,
// it shows its focus, and it does something, by pointer, by keyboard and by touch.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, serve, until, visit } from "./harness.mjs";
import { openScene, rich } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

// Runs in the page, once what slides in has come to rest. Describes each control that can be seen; `window.controlsNow` keeps
// the elements themselves. Whether something covers them is asked until one is found that is free and not `done`: for that
// each must be scrolled to.
async function look(done = []) {
  const moving = document.getAnimations().filter((animation) => !/color|shadow/.test(animation.transitionProperty ?? ""));
  const still = Promise.all(moving.map((animation) => animation.finished.catch(() => {})));
  await Promise.race([still, new Promise((rest) => setTimeout(rest, 600))]);
  const wanted = "button, a[href], input, select, textarea, summary, [role=slider], [role=button], [tabindex='0']";
  const scope = document.querySelector("dialog[open]") ?? document;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  };
  const name = (element) =>
    element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText || element.title || "";
  const count = new Map();
  const tried = new Set(done);
  let free = false;
  /** The middle of an element that is scrolled to, and what lies on top there. */
  window.under = (element, block = "nearest") => {
    element.scrollIntoView({ block, inline: "nearest" });
    const box = element.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return [x, y, document.elementFromPoint(x, y)];
  };
  window.controlsNow = [...scope.querySelectorAll(wanted)].filter((e) => seen(e) && !e.closest("[inert]"));
  const controls = window.controlsNow.map((element, at) => {
    const tag = element.tagName.toLowerCase();
    const kind = element.getAttribute("role") === "slider" ? "slider" : tag === "input" ? element.type : tag;
    // Numbers change with the moment; the name of the control does not.
    // What a card says of its node, or a branch of its name, changes as well.
    const steady = element.dataset.node ?? (element.dataset.act === "branches" ? "branches" : undefined);
    const said = name(element).replace(/[\d.,:–-]+/g, "#").replace(/\s+/g, " ").trim();
    const words = steady ?? said.slice(0, 60);
    const place = element.closest("section, nav, header, dialog, [role=group], .dock, .stage")?.className ?? "";
    const base = `${place.split(" ")[0]} ${kind} ${element.dataset.line?.split(" ")[0] ?? ""} ${words}`;
    const nth = (count.get(base) ?? 0) + 1;
    count.set(base, nth);
    // Messages come and go with time: two of a kind are enough.
    const message = element.dataset.pill !== undefined;
    // So are eight columns: there may be sixty in each picture. Of columns of two pixels a neighbour may have the pixel in
    // the middle; arrows and the table reach each.
    const column = element.dataset.column;
    const alike = column !== undefined && (Number(column) >= 8 || element.getBoundingClientRect().width < 3);
    // A story of a sibling scene leads to that one, whose own test tries all of them.
    const away = Number(/^case \S+ (\d+)$/.exec(element.dataset.act ?? "")?.[1] ?? 0) >= 2;
    // A lesson takes the run's place, each in the same way; lessons.test.mjs takes them all.
    const lesson = /^lesson /.test(element.dataset.act ?? element.dataset.change ?? "");
    // Beside a third run the panel of what is selected lies over the last column; family.test.mjs has three runs.
    const third = element.dataset.change === "compare 1";
    // What is chosen already: pressing it again need do nothing. On the stage it lets go.
    const chosen = element.getAttribute("aria-pressed") === "true" && !element.closest(".stage");
    const current = element.getAttribute("aria-current");
    const idle = element.disabled || element.getAttribute("aria-disabled") === "true" || chosen
      || (current !== null && current !== "false") || element.readOnly || (message && nth > 2) || alike || away || lesson || third;
    const asked = !free && !idle && !tried.has(`${base} ${nth}`);
    const on = asked ? window.under(element)[2] : null;
    const covered = on !== null && !element.contains(on) && !on.contains(element) && !element.labels?.[0]?.contains(on);
    free ||= asked && !covered;
    const cover = covered ? `${on.tagName.toLowerCase()}.${on.getAttribute("class") ?? ""}` : "";
    const asks = element.type === "submit" && element.form !== null;
    return { at, kind, idle, covered, cover, message, asks, named: said !== "", key: `${base} ${nth}`, html: element.outerHTML.slice(0, 140) };
  });
  const { scene, playing } = window.faultline.state() ?? {};
  return { controls, scene, playing, lang: document.documentElement.lang };
}

// Runs in the page. Keeps whatever a reader could notice, or tells whether any of it is another by now. The text of the
// whole document stays where it is: carried back and forth it took half of these tests' time.
function changed(keep) {
  const values = [...document.querySelectorAll("input, select, textarea")].map((e) => [e.value, e.checked]);
  const open = [...document.querySelectorAll("dialog, details")].map((e) => e.open);
  const now = JSON.stringify([window.faultline.state(), values, open, document.documentElement.outerHTML, location.href]);
  if (keep) {
    window.signBefore = now;
    window.copied = 0;
  }
  return now !== window.signBefore || window.copied > 0;
}

async function act(page, control, how) {
  if (how === "keyboard" && ["button", "summary", "a", "checkbox", "radio", "file"].includes(control.kind) && !control.asks) {
    await page.evaluate((at) => window.controlsNow[at].focus(), control.at);
    await page.keyboard.press(control.kind === "checkbox" ? "Space" : "Enter");
    return true;
  }
  const element = (await page.evaluateHandle((at) => window.controlsNow[at], control.at)).asElement();
  const { kind } = control;
  if (control.asks) await ask(element);
  if (kind === "select") {
    const other = await element.evaluate((e) => [...e.options].find((o) => o.value !== e.value)?.value);
    if (other === undefined) return false;
    if (how === "keyboard") {
      await element.focus();
      await page.keyboard.press(await element.evaluate((e) => (e.selectedIndex ? "ArrowUp" : "ArrowDown")));
    } else await element.selectOption(other);
  } else if (["text", "number", "search", "textarea"].includes(kind)) {
    await element.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(kind === "number" || /^\d+$/.test(await element.inputValue()) ? "12" : "abc");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
  } else if (kind === "range" || kind === "slider") {
    if (how === "keyboard") {
      // At its end a slider can only go back.
      const high = await element.evaluate((e) => Number(e.value ?? e.ariaValueNow) >= Number(e.max ?? e.ariaValueMax));
      await element.focus();
      await page.keyboard.press(high ? "ArrowLeft" : "ArrowRight");
    } else await slide(page, element, kind);
  } else if (how === "keyboard") {
    await element.focus();
    await page.keyboard.press(kind === "checkbox" ? "Space" : "Enter");
  } else {
    // A link may go over two lines, and have its middle in neither.
    if (kind === "a") return (await (how === "touch" ? element.tap() : element.click())) ?? true;
    const [x, y] = await aim(page, element);
    await (how === "touch" ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
  }
  return true;
}

// At the edge of its box something that sticks may lie on it.
const ALIGNED = ["start", "nearest", "center", "end"];
const FREE = "a control stands still and nothing lies on it";

/** Where a hand gets at a control: in its middle, and at a file's field, which is a dot, in that of its label. */
async function aim(page, element) {
  let tries = 0;
  return until(FREE, () => element.evaluate(async (e, block) => {
    if (!e.isConnected) throw new Error("not attached");
    const target = e.type === "file" ? e.labels[0] : e;
    const [x, y] = window.under(target, block);
    await new Promise((done) => requestAnimationFrame(done));
    const [now, then, on] = window.under(target);
    return x === now && y === then && on && (target.contains(on) || on.contains(target) || e.labels?.[0]?.contains(on)) && [x, y];
  }, ALIGNED[(tries += 1) % ALIGNED.length]), 2_000);
}

/** The button of a form answers what is asked in its field: asks something new. */
const ask = (element) => element.evaluate((button) => {
  const field = button.form?.querySelector("input");
  if (field) field.value = `${field.value}x`;
});

/** Pulls a slider's handle a good way to the side that has more room. */
async function slide(page, element, kind) {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  const share = await element.evaluate((e) => (e.value === undefined ? null : (e.value - e.min) / (e.max - e.min)));
  const y = box.y + box.height / 2;
  if (share === null) {
    const x = box.x + box.width / 2;
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 60, y, { steps: 4 });
    await page.mouse.up();
  } else {
    const from = box.x + 8 + share * (box.width - 16);
    await page.mouse.move(from, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * (share > 0.5 ? 0.15 : 0.85), y, { steps: 4 });
    await page.mouse.up();
  }
}

/** Opens the scene at a rich moment; on a narrow page with its drawer out. */
async function fresh(page, scene, size, drawer) {
  await page.goto("about:blank");
  await page.goto(site.url);
  await page.waitForFunction(() => window.faultline?.state?.());
  await openScene(page, scene);
  await rich(page);
  if (size.width < 600 && drawer) await page.locator(".menu").click();
  await page.waitForTimeout(100);
}

/**
 * Tries each control once; goes on from a fresh page when what is left is not there, until a fresh page has nothing left.
 * Returns what did nothing.
 */
async function tryAll(visitor, scene, size, how, drawer = false) {
  const { page } = visitor;
  const begun = Date.now();
  let last = "a fresh page";
  /** What a page that no longer answers was asked last, and where a test that takes too long has come to. */
  const answered = (asked) => {
    let timer;
    const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`the page does not answer after: ${last}`)), ANSWER_MS); });
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  };
  let noticed = 0;
  for (const event of ["download", "filechooser", "popup"]) page.on(event, () => { noticed += 1; });
  const done = new Set();
  const dead = new Map();
  const covered = new Map();
  const later = new Map();
  for (let round = 0; round < 20; round += 1) {
    await fresh(page, scene, size, drawer);
    let tried = 0;
    for (;;) {
      const { controls, scene: here, playing, lang } = await answered(page.evaluate(look, [...done]));
      if (Date.now() - begun > MOST_MS) throw new Error(`${done.size} controls tried in ${MOST_MS} ms, then: ${last}`);
      // Everything once, not once a language.
      if (lang !== "en" || playing) {
        await page.locator(lang === "en" ? ".transport .play" : ".language").click();
        continue;
      }
      // Back to this scene; a fresh page takes four times as long.
      if (here !== scene) {
        if (await openScene(page, scene).then(() => true, () => false)) continue;
        break;
      }
      const left = controls.filter((control) => !control.idle && !done.has(control.key));
      // Messages that were sent together lie on each other until they part; the arrows reach each of them.
      for (const control of left) if (control.covered && !control.message) covered.set(control.key, control.cover);
      const next = left.find((control) => !control.covered);
      if (!next && left.length && (await uncover(page))) continue;
      if (!next) break;
      done.add(next.key);
      last = next.key;
      tried += 1;
      // A diagram that fits already cannot be fitted.
      if (next.html.includes('data-zoom="0"')) {
        await page.evaluate(() => document.querySelector('.zoom [data-zoom="0.5"]').click());
        await page.waitForTimeout(100);
      }
      // Nor is there anything before the start, or a way to the end from there, and after it there may be nothing.
      const other = /data-act="(to-start|step-back)"/.test(next.html) ? ".end" : /data-act="(to-end|step-forward)"/.test(next.html) && ".start";
      if (other) {
        await page.evaluate((other) => document.querySelector(`.transport ${other}`).click(), other);
        await page.waitForTimeout(100);
      }
      await answered(page.evaluate(changed, true));
      const noticedBefore = noticed;
      let worked = false;
      try {
        if (!(await answered(act(page, next, how)))) continue;
        for (let wait = 0; wait < 40 && !worked; wait += 1) {
          await page.waitForTimeout(wait ? 50 : 10);
          worked = noticed > noticedBefore || (await answered(page.evaluate(changed, false)));
        }
      } catch (error) {
        // A search has come to its end meanwhile: what only went with it is gone.
        if (/not attached/.test(error.message) && next.html.includes('data-act="find ')) continue;
        // What was pressed before it has opened something meanwhile, whose own controls come first, or has had it drawn anew.
        const times = later.get(next.key) ?? 0;
        if ((error.message.includes(FREE) || /not attached/.test(error.message)) && times < 3) {
          later.set(next.key, times + 1);
          done.delete(next.key);
          continue;
        }
        dead.set(next.key, `${next.key}: ${error.message.split("\n")[0]} ${next.html}`);
        break;
      }
      // A tab may have to fetch its scene, and a dialog what is in it. What is pressed meanwhile would go, and what it opens.
      if (worked && next.html.includes("data-scene=")) await elsewhere(page, scene);
      if (worked && next.html.includes('data-act="dialog ')) await opened(page).catch(() => {});
      // What does nothing after all that was pressed before it gets a second chance on a fresh page.
      if (!worked && !dead.has(next.key)) {
        dead.set(next.key, `${next.key}: nothing happened (${next.html})`);
        done.delete(next.key);
        break;
      }
      if (worked) dead.delete(next.key);
    }
    if (!tried) {
      // What the drawer covers is tried without it.
      const hidden = [...covered].filter(([key]) => !drawer && !done.has(key)).map(([key, cover]) => `${key}: always under ${cover}`);
      return { dead: [...dead.values(), ...hidden], tried: done };
    }
  }
  return { dead: [...dead.values(), "twenty fresh pages and still controls left"], tried: done };
}

const elsewhere = (page, scene) => until("another scene", () => page.evaluate((scene) => window.faultline.state()?.scene !== scene, scene), 8_000);

const opened = (page) => until("a dialog", () => page.evaluate(() => document.querySelector("dialog[open]") !== null), 8_000);

/** What lies over the rest goes: the list of branches, and on a narrow page the panel of what is selected. */
async function uncover(page) {
  if (await page.locator(".branch-list").isVisible()) {
    await page.keyboard.press("Escape");
    return true;
  }
  const close = page.locator(".inspector .panel-head button");
  if (!(await close.isVisible())) return false;
  await close.click();
  await page.waitForTimeout(300);
  return true;
}

const countCopies = () => {
  if (!navigator.clipboard) return;
  navigator.clipboard.writeText = async () => { window.copied = (window.copied ?? 0) + 1; };
};

/** A page that takes as long for an answer will give none; and the most that all controls of a scene may take. */
const ANSWER_MS = 60_000;
const MOST_MS = 540_000;

const WAYS = [
  { how: "pointer", size: WIDE },
  { how: "keyboard", size: WIDE },
  { how: "touch", size: NARROW, drawer: true },
  // Panels that slide over each other need a machine with time to spare.
  ...(process.env.FAULTLINE_SOAK ? [{ how: "touch", size: NARROW }] : []),
];

/** Where there are controls in every scene, of which some come only when another was pressed; and what a drawer covers. */
const PLACES = ["header", "left", "dialog", "share-options"];
const UNDER = ["transport", "stage", "inspector", "findings"];

/** Registers the tests of one scene; one file a scene, so that two run at a time. */
export function controlsOf(scene) {
  for (const { how, size, drawer } of WAYS) {
    const where = `${size.width} px wide${drawer ? ", drawer out" : ""}`;
    test(`${scene}: every control does something by ${how}, ${where}`, { timeout: 600_000 }, async (t) => {
      const visitor = await visit(browser, site, { size, script: countCopies });
      visitor.page.setDefaultTimeout(20_000);
      const { dead, tried } = await tryAll(visitor, scene, size, how, drawer);
      t.diagnostic(`${tried.size} controls tried`);
      assert.deepEqual(dead, []);
      assert.deepEqual(visitor.trouble, []);
      assert.ok(tried.size > 15, `only ${tried.size} controls were found`);
      for (const place of [...PLACES, ...(drawer ? [] : UNDER)]) assert.ok([...tried].some((key) => key.startsWith(`${place} `)), `nothing of ${place} was tried`);
      await visitor.close();
    });
  }

  test(`${scene}: every control has a name, is reached by keys and shows its focus`, { timeout: 120_000 }, async () => {
    const { page, trouble, close } = await visit(browser, site);
    await fresh(page, scene, WIDE);
    const { controls } = await page.evaluate(look);
    assert.deepEqual(controls.filter((control) => !control.named).map((control) => control.html), []);
    const reached = await walk(page);
    const missed = controls.filter((control) => !reached.at.has(control.at) && !control.html.includes("disabled=\"\""));
    assert.deepEqual(missed.map((control) => control.html), [], "not reached by Tab or by arrows");
    assert.deepEqual([...reached.unseen], [], "focus cannot be seen");
    assert.deepEqual(trouble, []);
    await close();
  });
}

/** Tab from the top to the end; inside a group with one stop, the arrows. */
async function walk(page) {
  const at = new Set();
  const unseen = new Set();
  const here = () => page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5;
    const roves = Boolean(element.closest(".stage") || element.getAttribute("role") === "tab");
    const top = element === document.body;
    return { at: window.controlsNow.indexOf(element), seen: outlined || style.boxShadow !== "none", roves, top, html: element.outerHTML.slice(0, 120) };
  });
  const note = (found) => {
    at.add(found.at);
    if (!found.seen) unseen.add(found.html);
  };
  await page.evaluate(() => window.controlsNow[0].focus());
  // Focus that a program sets is not drawn; focus that Tab sets is.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  for (let n = 0; n < 250; n += 1) {
    const found = await here();
    if (found.top || at.has(found.at)) break;
    note(found);
    for (let arrow = 0; found.roves && arrow < 40; arrow += 1) {
      await page.keyboard.press("ArrowDown");
      const next = await here();
      if (at.has(next.at)) break;
      note(next);
    }
    if (found.roves) await page.evaluate((index) => window.controlsNow[index].focus(), found.at);
    await page.keyboard.press("Tab");
  }
  return { at, unseen };
}
