// What a reader does with a run, each thing once, on the lock: it does exactly that, and nothing is lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { NARROW, launch, ready, serve, state, until, visit } from "./harness.mjs";
import { PILL, button, card, explore, offer, openScene, select, stepForward, untilMessage } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

/** A free run on the lock, in English. */
async function run(options) {
  const visitor = await visit(browser, site, options);
  await explore(visitor.page);
  return { ...visitor, state: () => state(visitor.page) };
}

const done = async ({ trouble, close }) => {
  assert.deepEqual(trouble, []);
  await close();
};

const hashes = ({ state_hash, run_hash, events, time }) => ({ state_hash, run_hash, events, time });
const inspected = (page) => page.locator(".inspector dl").innerText();
const notice = (page) => page.locator(".notice.warning");

test("the first screen asks one question, and the core marks the answer", async () => {
  const visitor = await visit(browser, site);
  const { page } = visitor;
  assert.match(await page.locator(".question").innerText(), /\?$/);
  assert.ok(await page.locator(".app.folded").count(), "panels wait for the first run");
  await page.locator(".answers button").nth(1).click();
  await until("it plays", async () => (await state(page)).playing);
  await until("the run has been marked", () => page.locator(".opening .told").count(), 25_000);
  assert.equal((await state(page)).playing, false);
  await done(visitor);
});

test("play moves time, pause holds it", async () => {
  const visitor = await run();
  const { page } = visitor;
  const start = await visitor.state();
  await button(page, "Play").last().click();
  await until("time moves", async () => BigInt((await visitor.state()).time) > BigInt(start.time));
  await button(page, "Pause").last().click();
  const held = await visitor.state();
  await page.waitForTimeout(300);
  assert.deepEqual(hashes(await visitor.state()), hashes(held));
  await done(visitor);
});

test("Space plays and pauses when the focus is on the stage", async () => {
  const visitor = await run();
  const { page } = visitor;
  await page.locator(".stage").click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("Space");
  await until("it plays", async () => (await visitor.state()).playing);
  await page.keyboard.press("Space");
  await until("it holds", async () => !(await visitor.state()).playing);
  await done(visitor);
});

test("one event forward and back again is the same moment; so are start and end", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 4; n += 1) await stepForward(page);
  const here = await visitor.state();
  await stepForward(page);
  const next = await visitor.state();
  assert.equal(next.events, here.events + 1);
  await page.locator(".transport .back").click();
  assert.deepEqual(hashes(await visitor.state()), hashes(here));
  await page.locator(".transport .start").click();
  assert.equal((await visitor.state()).events, 0);
  await page.locator(".transport .end").click();
  assert.ok((await visitor.state()).events >= next.events);
  await page.locator(".stage").click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("Home");
  await until("the start", async () => (await visitor.state()).events === 0);
  for (let n = 0; n < here.events; n += 1) await page.keyboard.press("ArrowRight");
  await until("the same moment by keys", async () => (await visitor.state()).events === here.events);
  assert.equal((await visitor.state()).state_hash, here.state_hash);
  await done(visitor);
});

test("one event forward where nothing is due says so, until something is done", async () => {
  for (const [lang, words] of [["en", "Nothing more is due."], ["zh", "再没有待发生的事件。"]]) {
    const visitor = await visit(browser, site, { lang });
    const { page } = visitor;
    await openScene(page, "commit");
    await explore(page);
    for (const press of [() => page.locator(".transport .forward").click(), () => page.keyboard.press("ArrowRight")]) {
      let before = await state(page);
      for (;;) {
        await press();
        const now = await state(page);
        if (now.events === before.events) break;
        before = now;
      }
      await until("it is said", async () => (await page.locator(".sentence .over").allInnerTexts()).includes(words));
      assert.ok((await page.locator(".spoken").innerText()).endsWith(words), "and to those who listen");
      assert.deepEqual(hashes(await state(page)), hashes(before));
      await page.locator(".transport .start").click();
      await page.evaluate(() => window.faultline.command("request coordinator transfer north east 20 fee south 1"));
      await page.locator(".sentence .over").waitFor({ state: "detached" });
    }
    await done(visitor);
  }
});

test("dragging along time goes there, and the arrows of the time slider too", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 12; n += 1) await stepForward(page);
  const late = await visitor.state();
  const thumb = page.locator(".playhead [role=slider]");
  const box = await thumb.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x - 150, box.y + 10, { steps: 8 });
  await page.mouse.up();
  const early = await visitor.state();
  assert.ok(BigInt(early.time) < BigInt(late.time), "the drag went back in time");
  await thumb.focus();
  await page.keyboard.press("ArrowRight");
  assert.ok(BigInt((await visitor.state()).time) > BigInt(early.time), "the arrow went on");
  assert.match(await thumb.getAttribute("aria-valuetext"), /\d/);
  await done(visitor);
});

test("the speed slider says what a second on the screen is", async () => {
  const visitor = await run();
  const { page } = visitor;
  const slider = page.getByRole("slider", { name: "Speed" });
  const before = await slider.getAttribute("aria-valuetext");
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await slider.getAttribute("aria-valuetext"), before);
  assert.match(await slider.getAttribute("aria-valuetext"), /1 s on screen = .*s/);
  await done(visitor);
});

for (const how of ["pointer", "keyboard"]) {
  test(`a node is selected, paused, resumed, crashed and restarted by ${how}`, async () => {
    const visitor = await run();
    const { page } = visitor;
    await page.locator(".transport .start").click();
    await stepForward(page);
    if (how === "pointer") await select(page, card(page));
    else {
      await card(page).focus();
      await page.keyboard.press("Enter");
      await page.locator(".inspector h2").waitFor();
    }
    assert.match(await page.locator(".inspector h2").innerText(), /client a/i);
    const keys = { pause: "p", resume: "r", crash: "c", restart: "r" };
    const seen = [(await visitor.state()).state_hash];
    for (const verb of ["pause", "resume", "crash", "restart"]) {
      await page.locator(`.inspector [data-line^="${verb}"]`).first().waitFor();
      if (how === "pointer") await offer(page, verb);
      else await page.keyboard.press(keys[verb]);
      await until(`${verb} changed the state`, async () => (await visitor.state()).state_hash !== seen.at(-1));
      seen.push((await visitor.state()).state_hash);
    }
    assert.equal(seen[0], seen[2], "paused and resumed at one instant is as before");
    await done(visitor);
  });
}

test("a message is selected and delivered, dropped, delayed, duplicated", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (const verb of ["deliver", "drop", "delay", "duplicate"]) {
    await page.locator(".transport .start").click();
    await untilMessage(page);
    const before = await visitor.state();
    const count = await page.locator(PILL).count();
    await page.keyboard.press("Escape");
    await select(page, page.locator(PILL).first());
    assert.ok((await inspected(page)).length > 10);
    await offer(page, verb);
    if (verb === "delay") await until("the link carries it", async () => (await visitor.state()).link !== before.link);
    else await until(`${verb} changed the state`, async () => (await visitor.state()).state_hash !== before.state_hash);
    const now = await page.locator(PILL).count();
    if (verb === "duplicate") assert.equal(now, count + 1);
    if (verb === "drop") assert.equal(now, count - 1);
  }
  await done(visitor);
});

test("undo takes an intervention back, redo does it again", async () => {
  const visitor = await run();
  const { page } = visitor;
  await page.locator(".transport .start").click();
  await stepForward(page);
  const before = await visitor.state();
  await select(page, card(page));
  await offer(page, "pause");
  const paused = await visitor.state();
  assert.notEqual(paused.state_hash, before.state_hash);
  await button(page, "Undo").click();
  assert.equal((await visitor.state()).state_hash, before.state_hash);
  await button(page, "Redo").click();
  assert.equal((await visitor.state()).state_hash, paused.state_hash);
  await page.keyboard.press("Control+z");
  assert.equal((await visitor.state()).state_hash, before.state_hash);
  await page.keyboard.press("Control+Shift+Z");
  assert.equal((await visitor.state()).state_hash, paused.state_hash);
  await done(visitor);
});

test("acting in the past makes a branch; the other one stays and can be switched to and named", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 10; n += 1) await stepForward(page);
  const late = await visitor.state();
  for (let n = 0; n < 6; n += 1) await page.locator(".transport .back").click();
  await select(page, card(page));
  await offer(page, "crash");
  const branches = page.locator(".branch-button");
  assert.match(await branches.innerText(), /2 of 2/);
  await branches.click();
  await page.locator(".branch-list button").first().click();
  await until("the first branch", async () => /1 of 2/.test(await branches.innerText()));
  await page.locator(".transport .end").click();
  assert.ok((await visitor.state()).events >= late.events, "the first branch kept its future");
  await done(visitor);
});

test("the share link reopens this very moment elsewhere", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 5; n += 1) await stepForward(page);
  await select(page, card(page, 1));
  await offer(page, "pause");
  await stepForward(page);
  const here = await visitor.state();
  await page.getByRole("banner").getByRole("button", { name: "Share" }).click();
  const link = await page.locator("dialog textarea").first().inputValue();
  assert.ok(link.startsWith(site.url), link);
  await page.locator("dialog").getByRole("button", { name: "Copy" }).first().click();
  await until("the link is in the clipboard", async () => (await page.evaluate(() => navigator.clipboard.readText())) === link);
  const other = await visit(browser, site, { at: link.slice(link.indexOf("#")), lang: "zh" });
  assert.deepEqual(hashes(await state(other.page)), hashes(here));
  assert.equal(await notice(other.page).count(), 0);
  await other.close();
  await done(visitor);
});

test("the run survives reload, and Back returns from another link", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 6; n += 1) await stepForward(page);
  const here = await visitor.state();
  await until("the address follows", () => page.evaluate((link) => location.href === link, here.link));
  await page.reload();
  await ready(page);
  assert.deepEqual(hashes(await visitor.state()), hashes(here));
  await page.locator(".transport .start").click();
  const start = await visitor.state();
  await until("the address follows", () => page.evaluate((link) => location.href === link, start.link));
  await page.evaluate((link) => { location.href = link; }, here.link);
  await until("the link opens", async () => (await visitor.state()).events === here.events);
  await page.goBack();
  await until("Back returns", async () => (await visitor.state()).events === start.events);
  await done(visitor);
});

for (const [name, spoil] of [
  ["malformed", () => "#1.@@@@"],
  ["cut off", (link) => link.slice(0, -9)],
  ["with a changed letter", (link) => link.slice(0, -6) + (link.at(-6) === "A" ? "B" : "A") + link.slice(-5)],
  ["newer", (link) => link.replace("#1.", "#9.")],
  ["oversized", () => `#1.${"A".repeat(100_000)}`],
  ["not ours", () => "#section-2"],
  ["in another encoding", () => "#1.%E4%F6%FC"],
]) {
  test(`a link that is ${name} gets a sentence and leaves the run alone`, async () => {
    const visitor = await run();
    const { page } = visitor;
    for (let n = 0; n < 3; n += 1) await stepForward(page);
    const before = await visitor.state();
    const bad = spoil(before.link.slice(before.link.indexOf("#")));
    await page.evaluate((hash) => { location.hash = hash; }, bad);
    await notice(page).first().waitFor();
    assert.ok((await notice(page).first().innerText()).length > 20);
    assert.deepEqual(hashes(await visitor.state()), hashes(before));
    await done(visitor);
  });
}

test("a bad link at the start still leaves a page to work with", async () => {
  const visitor = await visit(browser, site, { at: "#1.nonsense", lang: "zh" });
  await notice(visitor.page).first().waitFor();
  assert.match(await notice(visitor.page).first().innerText(), /链接/);
  assert.equal((await state(visitor.page)).scene, "lock");
  await done(visitor);
});

test("a bad command is refused with a sentence, and the run is as it was", async () => {
  const visitor = await run();
  const before = await visitor.state();
  for (const line of ["", "fly", "crash", "crash nobody", "deliver 999999", "delay x y", "set loss NaN", "set loss -5", `crash ${"a".repeat(200_000)}`]) {
    const said = await visitor.page.evaluate((text) => window.faultline.command(text), line);
    assert.equal(typeof said, "string", `${line.slice(0, 20)} was taken`);
    assert.ok(said.length > 5);
    assert.deepEqual(hashes(await visitor.state()), hashes(before), line.slice(0, 20));
  }
  await done(visitor);
});

test("a run is saved as a file and opened from it", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 5; n += 1) await stepForward(page);
  const here = await visitor.state();
  await page.getByRole("banner").getByRole("button", { name: "Share" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save file").click()]);
  const text = readFileSync(await download.path());
  assert.match(download.suggestedFilename(), /lock/);
  await page.locator(".transport .start").click();
  const open = async (name, buffer) => {
    await page.getByRole("banner").getByRole("button", { name: "Share" }).click();
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByText("Open file…").click()]);
    await chooser.setFiles({ name, mimeType: "text/plain", buffer });
  };
  await open("run.faultline", text);
  await until("the saved moment", async () => (await visitor.state()).state_hash === here.state_hash);
  assert.equal((await visitor.state()).run_hash, here.run_hash);
  await page.keyboard.press("Escape");
  for (const [name, bytes] of [["binary", Buffer.from([0xff, 0xfe, 0x00, 0xc3])], ["words", Buffer.from("dear diary")]]) {
    await open(name, bytes);
    await notice(page).first().waitFor();
    assert.equal((await visitor.state()).state_hash, here.state_hash, name);
    await page.keyboard.press("Escape");
  }
  await done(visitor);
});

test("language and theme switch at once and are kept", async () => {
  const visitor = await run();
  const { page } = visitor;
  const before = await visitor.state();
  await page.locator(".language").click();
  await until("Chinese", async () => (await page.evaluate(() => document.documentElement.lang)).startsWith("zh"));
  assert.equal((await visitor.state()).state_hash, before.state_hash);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await until("dark", async () => { await page.locator(".header .theme").click(); return (await ground()) !== light; });
  const dark = await ground();
  await page.reload();
  await ready(page);
  assert.ok((await page.evaluate(() => document.documentElement.lang)).startsWith("zh"));
  assert.equal(await ground(), dark);
  await done(visitor);
});

test("an event of the log is clicked: time goes there, and what led to it lights up", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 8; n += 1) await stepForward(page);
  await button(page, "Events").click();
  const lines = page.locator(".log-scroll button");
  assert.ok(await lines.count() >= 4);
  const before = await visitor.state();
  await lines.nth(2).click();
  await until("another moment", async () => (await visitor.state()).events !== before.events);
  await done(visitor);
});

test("of a long run only so much is drawn that it can be told apart, however far out the diagram is zoomed", async () => {
  const { page, state, ...visitor } = await run();
  await openScene(page, "coordination");
  await page.locator(".speed input").fill("13");
  await page.locator(".transport .play").click();
  await until("a thousand events", async () => (await state()).events > 1_000, 30_000);
  await page.locator(".transport .play").click();
  for (let n = 0; n < 12; n += 1) await page.locator('.zoom [data-zoom="2"]').click();
  const drawn = () => page.$$eval(".marks [data-event]", (marks) => new Set(marks.map((mark) => mark.dataset.event)).size);
  const far = await drawn();
  // About five hundred, by the run's average; it may be busier there.
  assert.ok(far > 100 && far < 1_000, `${far} events are drawn`);
  for (let n = 0; n < 6; n += 1) await page.locator('.zoom [data-zoom="0.5"]').click();
  const near = await drawn();
  assert.ok(near < far / 4, `${near} events of a window that is 64 times as short as that of ${far}`);
  await done(visitor);
});

test("a switch of the left panel starts the run afresh with it, and undo brings the old run back", async () => {
  const visitor = await run();
  const { page } = visitor;
  for (let n = 0; n < 3; n += 1) await stepForward(page);
  const before = await visitor.state();
  await page.getByRole("switch").first().click();
  await until("another run", async () => (await visitor.state()).link !== before.link);
  await button(page, "Undo").click();
  await until("the old run", async () => (await visitor.state()).run_hash === before.run_hash);
  await done(visitor);
});

test("a seed repeats the run exactly; words and negative numbers are mended", async () => {
  const visitor = await run();
  const { page } = visitor;
  const seed = page.getByRole("textbox", { name: "Seed" });
  const walk = async () => {
    await page.locator(".transport .start").click();
    for (let n = 0; n < 8; n += 1) await stepForward(page);
    return (await visitor.state()).run_hash;
  };
  const sow = async (text) => { await seed.fill(text); await seed.press("Enter"); await page.waitForTimeout(200); };
  await sow("41");
  const first = await walk();
  await sow("42");
  const second = await walk();
  await sow("41");
  assert.equal(await walk(), first);
  assert.notEqual(first, second);
  for (const bad of ["-3", "NaN", "eleven", "1e99"]) {
    await sow(bad);
    assert.match(await seed.inputValue(), /^\d+$/, bad);
  }
  await done(visitor);
});

test("embedded, only stage, sentence, transport and the way to the full page are there", async () => {
  const visitor = await visit(browser, site, { at: "?embed" });
  const { page } = visitor;
  assert.ok(await page.locator(".stage").isVisible());
  assert.ok(await page.locator(".transport").isVisible());
  assert.ok(await page.locator(".full-page a").isVisible());
  assert.equal(await page.locator(".header").isVisible(), false);
  assert.equal(await page.evaluate(() => Object.keys(localStorage).length), 0);
  await done(visitor);
});

test("the page runs in another site's sandboxed frame", async () => {
  const sandbox = "allow-scripts allow-same-origin";
  const body = `<!doctype html><title>A course</title><iframe title="Faultline" sandbox="${sandbox}" width="700" height="520" src="${site.url}?embed"></iframe>`;
  const host = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(body)).unref();
  await new Promise((ready) => host.listen(0, "127.0.0.1", ready));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://localhost:${host.address().port}/`);
  const frame = await until("the frame", () => page.frames().find((found) => found.url().startsWith(site.url)));
  await frame.waitForFunction(() => window.faultline?.state?.());
  await frame.locator(".transport .forward").click();
  await context.close();
  host.closeAllConnections();
  host.close();
});

test("on a phone the menu opens the panels and closes them again", async () => {
  const visitor = await run({ size: NARROW });
  const { page } = visitor;
  await page.locator(".menu").tap();
  await page.getByRole("textbox", { name: "Seed" }).waitFor();
  await page.locator(".menu").tap();
  await until("the panels are away", async () => !(await page.getByRole("textbox", { name: "Seed" }).isVisible()));
  await done(visitor);
});
