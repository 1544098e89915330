// Lessons in the page: each is taken to its end in both languages, handed in, marked, opened from files, and written.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { after, test } from "node:test";
import { NARROW, WIDE, launch, none, picture, ready, serve, state, until, violations, visit } from "./harness.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });
const LONG = 60_000;

const FOLDER = new URL("../../lessons/", import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".lesson")).map((name) => name.slice(0, -7));

/** The stops of a lesson's file: what each asks, and what tests of the core hold to be right. */
function stopsOf(text) {
  const stops = [];
  for (const line of text.split("\n").map((line) => line.trim())) {
    const [word, ...rest] = line.split(" ");
    if (word === "stop") stops.push({ name: rest[0], ask: "", expect: "" });
    else if (word === "ask") stops.at(-1).ask = rest[0];
    else if (word === "expect") stops.at(-1).expect = rest.join(" ");
  }
  return stops;
}

const act = (page, verb) => page.locator(`[data-act="lesson ${verb}"]`);
const said = (page) => page.locator(".lesson-told .why");
/** Virtual time, in microseconds. */
const clock = async (page) => Number((await state(page)).time);
const notice = (page) => page.locator(".notice");
const wordless = (page) => page.evaluate(() => document.body.outerHTML.split("⁇").slice(0, -1).map((before) => `no words after ${before.slice(-80)}`));
const sideways = (page) => page.evaluate(() => [document.documentElement, document.querySelector(".dialog"), document.querySelector(".opening")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.className || "the page"} is ${e.scrollWidth} px wide in ${e.clientWidth}`));

async function list(page) {
  const button = page.locator('[data-act="dialog lessons"]');
  if (!(await button.isVisible())) await page.locator(".menu").click();
  await button.click();
  await page.locator("dialog[open] .lesson-list").waitFor();
}

/** To the stop's question, or to what a stop without one says. */
async function arrive(page) {
  await act(page, "skip").or(page.locator(".lesson-moves .primary, .answer")).first().waitFor();
  if (await act(page, "skip").count()) await act(page, "skip").click({ timeout: 400 }).catch(() => {});
  await until("the stop is there", async () => (await act(page, "skip").count()) === 0);
}

const runner = (...words) => execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8" });
const properties = (page) => page.locator(".right .properties .finding").count();

/**
 * Takes a lesson to its end; answers the first `wrong` questions wrong; `seen` is called at the first question that is open.
 * Returns how many were asked and right.
 */
async function take(page, stops, wrong, seen) {
  let [asked, right] = [0, 0];
  for (const [n, stop] of stops.entries()) {
    await arrive(page);
    if (stop.ask) asked += 1;
    if (stop.ask && asked === 1) await seen();
    if (stop.ask === "break") {
      await act(page, "next").click();
      continue;
    }
    if (stop.ask) {
      assert.ok(stop.expect, `${stop.name} expects nothing: FAULTLINE_PIN=1 cargo test --test all lessons::`);
      assert.equal(await properties(page), 0, `${stop.name}: properties are shown before the answer`);
      const before = await clock(page);
      const miss = asked <= wrong;
      const choice = page.locator(miss ? `.answer:not([data-key="${stop.expect.split(" ")[0]}"])` : `.answer[data-key="${stop.expect.split(" ")[0]}"]`).first();
      await choice.click();
      if (stop.ask === "drop") await act(page, "confirm").click();
      await until("it is on its way", async () => (await act(page, "skip").count()) || (await said(page).locator("b").count()));
      if (await act(page, "skip").count()) await act(page, "skip").click({ timeout: 400 }).catch(() => {});
      await page.locator(".lesson-told .why b").waitFor();
      const passed = (await page.locator(".lesson-told .passed").count()) === 1;
      if (stop.ask !== "drop") assert.equal(passed, !miss, `${stop.name}: ${miss ? "a wrong" : "the right"} answer`);
      right += passed ? 1 : 0;
      assert.ok(await page.locator(".answer.is-right").count(), `${stop.name}: no answer is marked right`);
      assert.ok((await clock(page)) >= before, `${stop.name}: it went back`);
      assert.ok(await properties(page) > 0 || (await page.locator(".right").isHidden()), `${stop.name}: no properties after the answer`);
    }
    await act(page, "next").click();
    await until(`${stop.name} is behind`, async () => n + 1 === stops.length ? act(page, "hand-in").count() : (await page.locator(".lesson-head .num").innerText()).includes(`${n + 2}`));
  }
  await act(page, "hand-in").waitFor();
  return { asked, right };
}

for (const lang of ["en", "zh"]) {
  test(`every lesson is taken to its end (${lang})`, { timeout: 3 * LONG }, async () => {
    const { page, trouble, close } = await visit(browser, site, { lang, motion: "reduce" });
    for (const [n, name] of NAMES.entries()) {
      // Each lesson is looked at in one language, every second one in the dark; their rows are the same in all else.
      const looked = n % 2 === (lang === "en" ? 0 : 1);
      await page.emulateMedia({ colorScheme: n % 4 < 2 ? "light" : "dark" });
      const fine = async () => { if (looked) none(await violations(page)); };
      const stops = stopsOf(readFileSync(new URL(`${name}.lesson`, FOLDER), "utf8"));
      await list(page);
      await act(page, `start ${name}`).click();
      await act(page, "begin").click();
      const { asked, right } = await take(page, stops, lang === "en" ? 1 : 0, fine);
      none(await wordless(page));
      const sum = await page.locator(".lesson h2.question").innerText();
      assert.deepEqual(sum.match(/\d+/g).map(Number).toSorted(), [right, asked].toSorted(), `${name}: ${sum}`);
      await act(page, "hand-in").click();
      const link = await until("the link is copied", async () => {
        const text = await page.evaluate(() => navigator.clipboard.readText());
        return text.includes("#a1.") && text;
      });
      // Marked by the core once more, it says the same.
      assert.equal(await page.evaluate((link) => window.faultline.open(link), link), true);
      const rows = page.locator(".lesson-sheet > li");
      await rows.first().waitFor();
      assert.equal(await rows.count(), asked);
      assert.equal(await page.locator(".lesson-sheet > li.passed").count(), right, name);
      if (n < 4) await fine();
      const moment = page.locator('.lesson-sheet [data-act^="lesson moment"]').first();
      if (await moment.count()) await moment.click(); else await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
    await list(page);
    assert.equal(await page.locator(".lesson-done").count(), NAMES.length);
    none(trouble);
    await close();
  });
}

const OWN = `faultline-lesson 1
minutes 3
scene lock
recipe set-nx-px-fence
mistake storage-unchecked
option think -1
option rounds 9
option clients 2
seed 7
@200000 request a acquire
stop look at 100
stop break-it at 600
ask break MUTEX-BELIEF by 9000
part transfer
recipe set-nx-px
mistake none
seed 12
stop lost at 210
ask drop NO-STALE-WRITE by 3000
`;
const WORDS = "title: Mine\ngoal: To see.\n\n[look]\nsay: Look.\n\n[break-it]\nask: Break it.\nhint: Freeze the holder.\nright: Broken.\nwrong: No.\n";
const file = (name, text) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
const choose = (page, files, field = "files") => page.locator(`[data-change="lesson ${field}"]`).setInputFiles(files);

test("a lesson of the reader's: a property is broken by hand, with a hint, and started again", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visit(browser, site);
  await list(page);
  await choose(page, [file("mine.lesson", OWN.slice(0, OWN.indexOf("part transfer"))), file("mine.en.txt", WORDS)]);
  await act(page, "begin").click();
  await arrive(page);
  assert.match(await page.locator(".lesson-say").innerText(), /Look/);
  await act(page, "next").click();
  await arrive(page);
  await act(page, "hint").click();
  assert.match(await said(page).innerText(), /Freeze/);
  const command = async (line) => assert.equal(await page.evaluate((line) => window.faultline.command(line), line), true, line);
  // No search beside a question that asks for a run.
  assert.equal(await page.locator('[data-act="dialog find"]').count(), 0);
  await command("pause b");
  await act(page, "again").click();
  await until("it is at its stop again", async () => (await clock(page)) === 600_000);
  await page.locator(".stage").focus();
  // A freezes past its lease, and B takes the lock meanwhile: both believe to hold it.
  await command("pause a");
  for (let n = 0; n < 4; n += 1) await page.keyboard.press("]");
  await page.keyboard.press(" ");
  await until("the lease is over", async () => (await clock(page)) > 3_500_000, 20_000);
  await command("request b acquire");
  await page.locator(".lesson-told .passed").waitFor({ timeout: 15_000 });
  assert.match(await said(page).innerText(), /Broken/);
  await act(page, "next").click();
  await act(page, "hand-in").waitFor();
  assert.match(await page.locator(".lesson h2.question").innerText(), /1 of 1/);
  none(trouble);
  await close();
});

const DROP = `faultline-lesson 1
minutes 1
scene commit
recipe presumed-abort
mistake majority
option latency-min 40
option latency-max 40
seed 9
@100000 request south vote-no on
@200000 request coordinator transfer north east 20 fee south 1
stop lose-one at 260
ask drop MONEY by 1500
`;

test("which message to drop: chosen on the stage or in the row, dropped when it is confirmed, and marked by what then breaks", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visit(browser, site, { motion: "reduce" });
  const confirm = act(page, "confirm");
  const choices = page.locator(".answer");
  const standing = async () => (await state(page)).findings.find((finding) => finding.code === "MONEY").standing;
  for (const right of [true, false]) {
    await list(page);
    await choose(page, [file("lose-one.lesson", DROP)]);
    await act(page, "begin").click();
    await arrive(page);
    // The votes that are on their way, as the stage shows them, and no more.
    assert.deepEqual((await choices.evaluateAll((all) => all.map((answer) => answer.dataset.key))).sort(),
      (await page.locator(".stage [data-pill]").evaluateAll((all) => all.map((pill) => pill.dataset.pill))).sort());
    assert.equal(await choices.count(), 3);
    assert.ok(await confirm.isDisabled(), "nothing is chosen yet");
    const at = await state(page);
    const key = await choices.evaluateAll((all, right) => all.map((answer) => answer.dataset.key).find((key) => (key === "3") === right), right);
    // One on the stage, the other in the row; each is chosen in both.
    if (right) await page.locator(`.stage [data-pill="${key}"]`).focus().then(() => page.keyboard.press("Enter"));
    else await page.locator(`.answer[data-key="${key}"]`).click();
    await page.locator(`.answer[data-key="${key}"][aria-pressed=true]`).waitFor();
    assert.equal(await page.locator(".answer[aria-pressed=true]").count(), 1);
    assert.equal(await page.locator(".stage .pill.selected").getAttribute("data-pill"), key);
    assert.equal((await state(page)).run_hash, at.run_hash, "it is dropped before it is confirmed");
    await confirm.press("Enter");
    await until("it is marked", async () => {
      if (await act(page, "skip").count()) await act(page, "skip").click({ timeout: 400 }).catch(() => {});
      return page.locator(".lesson-told .why b").count();
    });
    assert.equal(await page.locator(".lesson-told .passed").count(), right ? 1 : 0);
    assert.deepEqual(await page.locator(".answer.is-right").evaluateAll((all) => all.map((answer) => answer.dataset.key)), ["3"]);
    assert.equal(await page.locator(".answer.is-wrong").count(), right ? 0 : 1);
    assert.equal(await standing(), right ? "broken" : "unbroken");
    const told = await state(page);
    // What is on show is the run without that message, and the headless runner says the same of it.
    const link = told.link.replace(/^[^#]*#/, "");
    assert.equal(JSON.parse(runner("run", link, "--json")).state_hash, told.state_hash);
    assert.match(Buffer.from(link.slice(2), "base64url").toString("latin1"), new RegExp(`drop ${key}\\b`));
    await act(page, "next").click();
    await act(page, "hand-in").waitFor();
    assert.match(await page.locator(".lesson h2.question").innerText(), right ? /1 of 1/ : /0 of 1/);
    await act(page, "leave").last().click();
  }
  none(trouble);
  await close();
});

test("practise: a question of every kind is asked, marked and followed by another, and nothing of it is kept", { timeout: 3 * LONG }, async () => {
  const { page, trouble, close } = await visit(browser, site, { motion: "reduce" });
  const score = async () => (await page.locator(".lesson-head .num").innerText()).match(/\d+/g).map(Number);
  const right = () => page.locator(".answer.is-right").evaluateAll((all) => all.map((answer) => answer.dataset.key));
  /** Waits for the question and answers it; whether that was right. */
  const answer = async (which = 0) => {
    await arrive(page);
    assert.equal(await properties(page), 0, "properties are shown before the answer");
    await page.locator(".answer").nth(which).click();
    await until("it is marked", async () => {
      if (await act(page, "skip").count()) await act(page, "skip").click({ timeout: 400 }).catch(() => {});
      return page.locator(".lesson-told .why b").count();
    });
    assert.equal((await right()).length, 1, "one answer is right");
    return (await page.locator(".lesson-told .passed").count()) === 1;
  };
  await list(page);
  await act(page, "kinds").click();
  const kinds = page.locator('[data-act^="lesson practise "]:not([data-act$=" any"])');
  await until("all kinds have their names", async () => (await kinds.count()) === 12);
  const names = await kinds.evaluateAll((all) => all.map((button) => button.dataset.act.split(" ")[2]));
  const scenes = new Set();
  for (const [n, name] of names.entries()) {
    if (n) await list(page);
    await act(page, `practise ${name}`).click();
    if (n % 4 === 0) {
      await page.emulateMedia({ colorScheme: n % 8 ? "dark" : "light" });
      await arrive(page);
      none(await violations(page));
    }
    const passed = await answer();
    if (n % 4 === 0) none(await violations(page));
    assert.deepEqual(await score(), [Number(passed), 1], name);
    scenes.add((await state(page)).scene);
    if (n % 4 === 0) {
      const before = await page.locator(".lesson").innerText();
      await act(page, "next").click();
      assert.deepEqual([Number(passed) + Number(await answer(1)), 2], await score(), name);
      assert.notEqual(await page.locator(".lesson").innerText(), before, `${name}: the same question again`);
    }
    assert.equal(await act(page, "hand-in").count(), 0);
    none(await wordless(page));
    await act(page, "leave").click();
    await page.locator(".lesson").waitFor({ state: "detached" });
  }
  assert.deepEqual([...scenes].sort(), ["commit", "coordination", "lock", "placement", "ring"]);
  none(trouble);
  await close();

  // A number makes the same question everywhere, in either language; a reload asks it anew.
  const native = JSON.parse(runner("practise", "lock-writer", "5", "--answer", "--json"));
  const shown = [];
  for (const lang of ["en", "zh"]) {
    const visitor = await visit(browser, site, { at: `?practise=lock-writer&n=5&lang=${lang}`, motion: "reduce", theme: lang === "en" ? "light" : "dark" });
    await arrive(visitor.page);
    await visitor.page.locator(".answer").first().click();
    await act(visitor.page, "skip").click();
    await visitor.page.locator(".lesson-told .why b").waitFor();
    none(await violations(visitor.page));
    const keys = await visitor.page.locator(".answer").evaluateAll((all) => all.map((answer) => answer.dataset.key));
    const marked = await visitor.page.locator(".answer.is-right").evaluateAll((all) => all.map((answer) => answer.dataset.key));
    assert.deepEqual([keys, marked], [native.choices.map((choice) => choice.value), native.answer]);
    shown.push((await state(visitor.page)).run_hash);
    assert.equal(await visitor.page.evaluate(() => Object.keys(sessionStorage).filter((key) => /lesson/.test(key)).length), 0, "it is kept");
    await visitor.page.reload();
    await ready(visitor.page);
    await arrive(visitor.page);
    await visitor.page.locator(".answer:not(:disabled)").first().waitFor();
    none(visitor.trouble);
    await visitor.close();
  }
  assert.equal(shown[0], shown[1]);
  const wrong = await visit(browser, site, { at: "?practise=no-such-kind" });
  await notice(wrong.page).first().waitFor();
  assert.match(await notice(wrong.page).first().innerText(), /no-such-kind/);
  none(wrong.trouble);
  await wrong.close();
});

test("files that are no lesson say why, by line, and keep the run", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visit(browser, site);
  const before = await state(page);
  await list(page);
  const bad = [
    [[file("a.lesson", "hello")], /1/],
    [[file("a.lesson", OWN.replace("ask break", "ask"))], /Line 12.*no such fact/s],
    [[file("a.lesson", OWN.replace("scene lock", "scene moon"))], /moon/],
    [[file("a.lesson", OWN.replace("MUTEX-BELIEF", "NO-SUCH"))], /Line 12.*property/s],
    [[file("a.lesson", OWN.replace("stop look at 100", "stop look at 1e9"))], /Line 11.*number/s],
    [[file("a.lesson", OWN.replace("@200000 request a acquire", "@200000 request zz acquire"))], /zz/],
    [[file("a.lesson", OWN), file("a.en.txt", "title: T\nnonsense")], /Line 2.*words/s],
    [[file("a.en.txt", WORDS)], /\.lesson file/],
    [[file("a.exe", "x")], /a\.exe/],
    [[{ name: "a.lesson", mimeType: "text/plain", buffer: Buffer.from([0xff, 0xfe, 0x00]) }], /UTF-8/],
    [[file("a.lesson", `faultline-lesson 1\n${"// so long\n".repeat(30_000)}`)], /256 KB/],
    [[file("a.lesson", OWN.replace("minutes 3", "minutes <b>3</b>"))], /Line 2.*<b>3<\/b>/s],
  ];
  for (const [files, why] of bad) {
    await choose(page, files);
    await until(`it says ${why}`, async () => why.test(await page.locator(".dialog .lesson-trouble").innerText()));
  }
  await page.keyboard.press("Escape");
  for (const link of ["#a1.", "#a1.AAAA", "#a1.@@@", "#a2.AAAA", `#a1.${"A".repeat(9_000)}`, "#a1", "#abc", "#a1.x\u0000y"]) {
    assert.equal(await page.evaluate((link) => window.faultline.open(link), link), false, link);
    await notice(page).first().waitFor();
    assert.match(await notice(page).last().innerText(), /link/i);
    await notice(page).last().locator("button").click();
  }
  const { state_hash, run_hash } = await state(page);
  assert.deepEqual([state_hash, run_hash], [before.state_hash, before.run_hash]);
  none(trouble);
  await close();
});

test("the future stays hidden while a question is open, a reload keeps the lesson, and Back waits for it", { timeout: LONG }, async () => {
  const { page, trouble, close } = await visit(browser, site, { at: "?lesson=valid-lease-wrong-write&student=123" });
  await act(page, "begin").waitFor();
  assert.equal(await page.locator(".lesson-student input").inputValue(), "123");
  await act(page, "begin").click();
  await arrive(page);
  const at = await clock(page);
  await page.locator(".stage").focus();
  for (const key of ["End", "ArrowRight", "PageDown", "Shift+ArrowRight", " ", "s", "ArrowRight"]) await page.keyboard.press(key);
  await page.waitForTimeout(300);
  await page.locator(".transport .end").click();
  await page.locator(".playhead .thumb").press("End");
  assert.equal(await clock(page), at, "it went past the stop");
  assert.equal(await page.locator("dialog[open]").count(), 0, "a search was opened");
  assert.match(await page.locator(".step-count").innerText(), /^step \d+$/);
  await page.locator('[data-act="list events"]').click();
  const events = await page.locator(".log-scroll [data-act^=event]").count();
  assert.ok(events <= (await state(page)).events);
  await page.reload();
  await ready(page);
  await page.locator(".answer").first().waitFor();
  assert.equal(await clock(page), at);
  // Another scene meanwhile: the lesson waits.
  await page.locator('nav [data-scene="ring"]').click();
  await until("the ring", async () => (await state(page)).scene === "ring");
  await list(page);
  await page.locator(".dialog").locator('[data-act="lesson continue"]').click();
  await page.locator(".answer").first().waitFor();
  assert.equal((await state(page)).scene, "lock");
  await act(page, "leave").click();
  assert.equal(await page.locator(".lesson").count(), 0);
  await page.reload();
  await ready(page);
  none(trouble);
  await close();
});

test("in a frame no storage is touched", { timeout: LONG }, async () => {
  const script = () => { for (const name of ["getItem", "setItem"]) { const was = Storage.prototype[name]; Storage.prototype[name] = function (key, ...rest) { if (key !== "faultline.lang" && key !== "faultline.theme" && key !== "faultline.keys") (window.touched ??= []).push(key); return was.call(this, key, ...rest); }; } };
  const { page, close } = await visit(browser, site, { at: "?embed&lesson=valid-lease-wrong-write", script });
  await act(page, "begin").click();
  await arrive(page);
  await page.locator(".answer").first().click();
  await act(page, "skip").click();
  await page.locator(".lesson-told .why b").waitFor();
  assert.deepEqual(await page.evaluate(() => window.touched ?? []), []);
  await close();
});

/** Writing has begun, on the run of a lesson that comes with the page. */
async function writing() {
  const { page, ...visitor } = await visit(browser, site, { at: "?lesson=valid-lease-wrong-write" });
  await act(page, "begin").waitFor();
  await act(page, "leave").click();
  await list(page);
  await act(page, "write").click();
  await page.locator("dialog[open] .lesson-desk").first().waitFor();
  await page.keyboard.press("Escape");
  return { page, ...visitor };
}

test("a stop is marked as the one that asks again elsewhere: in the file, read back, taken off and put back", { timeout: LONG }, async () => {
  const { page, trouble, close } = await writing();
  for (const time of [300_000, 1_000_000]) {
    await page.locator(".stage").focus();
    await until("it is later", async () => { await page.keyboard.press("ArrowRight"); return (await clock(page)) > time; });
    await act(page, "add").first().click();
  }
  await act(page, "write").click();
  const box = page.locator('[data-change="lesson write-transfer 1"]');
  const exported = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), act(page, "export lesson").click()]);
    return readFileSync(await download.path(), "utf8");
  };
  assert.doesNotMatch(await exported(), /transfer/);
  await box.check();
  const marked = await exported();
  assert.match(marked, /^stop stop-1 [^]*^part transfer$[^]*^stop stop-2 /m);
  await box.uncheck();
  assert.doesNotMatch(await exported(), /transfer/);
  await act(page, "undo").click();
  await until("the mark is back", () => box.isChecked());
  await box.uncheck();
  await choose(page, [file("marked.lesson", marked)], "import");
  await until("it is read", () => box.isChecked());
  assert.equal(await exported(), marked);
  none(trouble);
  await close();
});

test("the list leads to the pages for teachers where the site has them, and not out of a frame", { timeout: LONG }, async () => {
  const { page, close } = await visit(browser, site);
  await page.evaluate(() => { document.documentElement.dataset.teach = "teach/"; });
  await list(page);
  const link = page.locator(".lesson-sheets a");
  assert.equal(await link.getAttribute("href"), "teach/index.html");
  await close();
  const framed = await visit(browser, site, { at: "?embed&lesson=valid-lease-wrong-write" });
  await framed.page.evaluate(() => { document.documentElement.dataset.teach = "teach/"; });
  await act(framed.page, "begin").waitFor();
  assert.equal(await framed.page.locator(".lesson-sheets").count(), 0);
  await framed.close();
});

test("a lesson is written, tried, exported, imported, and a reload loses nothing", { timeout: LONG }, async () => {
  const { page, trouble, close } = await writing();
  await page.locator(".stage").focus();
  await until("A holds the lock", async () => { await page.keyboard.press("ArrowRight"); return (await clock(page)) > 1_000_000; });
  await act(page, "add").first().click();
  await act(page, "write").click();
  const field = (name) => page.locator(`[data-change="lesson write-${name}"]`);
  const fill = async (name, text) => { await field(name).fill(text); await field(name).blur(); };
  await fill("name", "My first!");
  assert.equal(await field("name").inputValue(), "myfirst");
  await fill("title", "Written <here>");
  await fill("goal", "To write.");
  await field("kind 0").selectOption("fact writer");
  await fill("by 0", "7500");
  await until("the core says what is right", async () => /Right is: \S+/.test(await page.locator(".desk-said").innerText()));
  const right = await page.locator(".desk-said").innerText();
  await fill("ask 0", "Who?");
  await fill("right 0", "Yes.");
  await fill("wrong 0", "No.");
  await act(page, "remove 0").click();
  await until("it is gone", async () => (await page.locator(".desk-stops > li").count()) === 0);
  await act(page, "undo").click();
  assert.equal(await field("ask 0").inputValue(), "Who?");
  await page.reload();
  await ready(page);
  await list(page);
  await act(page, "write").click();
  await until("the draft is back", async () => (await page.locator(".desk-said").innerText()) === right);
  const saved = [];
  for (const which of ["lesson", "en"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), act(page, `export ${which}`).click()]);
    saved.push(file(download.suggestedFilename(), readFileSync(await download.path(), "utf8")));
  }
  assert.deepEqual(saved.map((one) => one.name), ["myfirst.lesson", "myfirst.en.txt"]);
  assert.match(saved[0].buffer.toString(), /^expect \S+\nhash [0-9a-f]{32}$/m);
  await act(page, "remove 0").click();
  await choose(page, saved, "import");
  await until("it is read", async () => (await field("title").inputValue()) === "Written <here>" && (await page.locator(".desk-said").innerText()) === right);
  const again = [];
  for (const which of ["lesson", "en"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), act(page, `export ${which}`).click()]);
    again.push(readFileSync(await download.path(), "utf8"));
  }
  assert.deepEqual(again, saved.map((one) => one.buffer.toString()));
  await act(page, "attempt").click();
  await act(page, "begin").click();
  await arrive(page);
  await page.locator(".answer").first().click();
  await act(page, "skip").click();
  await page.locator(".lesson-told .why b").waitFor();
  await act(page, "leave").click();
  await page.locator(".lesson.writes").waitFor();
  none(trouble);
  await close();
});

for (const [lang, theme, size, width] of [["en", "light", WIDE, "wide"], ["zh", "dark", NARROW, "narrow"]]) {
  test(`nothing to complain about, nothing sticks out (${lang}, ${theme}, ${width})`, { timeout: 2 * LONG }, async () => {
    const { page, trouble, close } = await visit(browser, site, { lang, theme, size });
    const complaints = [];
    const look = async (name) => {
      await page.waitForTimeout(200);
      await picture(page, `lessons-${lang}-${theme}-${width}-${name}`);
      complaints.push(...(await violations(page)), ...(await sideways(page)), ...(await wordless(page)));
    };
    await list(page);
    await look("1-list");
    await act(page, `start valid-lease-wrong-write`).click();
    await act(page, "begin").waitFor();
    await look("2-begin");
    // By the keyboard alone.
    await act(page, "begin").press("Enter");
    await arrive(page);
    await look("3-asked");
    assert.ok(await page.evaluate(() => document.activeElement.closest(".opening") !== null), "the question has no focus");
    await page.locator(".answer").first().press("Enter");
    await act(page, "skip").press("Enter");
    await page.locator(".lesson-told .why b").waitFor();
    await look("4-told");
    await act(page, "next").press("Enter");
    while (!(await act(page, "hand-in").count())) {
      await arrive(page);
      if (await page.locator(".answer:not(:disabled)").count()) {
        await page.locator(".answer").first().press("Enter");
        if (await act(page, "confirm").count()) await act(page, "confirm").press("Enter");
        await until("told", async () => (await act(page, "skip").count()) || (await act(page, "next").count()));
        if (await act(page, "skip").count()) await act(page, "skip").press("Enter");
      }
      await act(page, "next").press("Enter");
      await page.waitForTimeout(100);
    }
    await look("5-end");
    await act(page, "leave").last().click();
    await list(page);
    await act(page, "write").click();
    await act(page, "add").last().click();
    await page.locator('[data-change="lesson write-kind 0"]').selectOption("fact writer");
    await look("6-write");
    none([...complaints, ...trouble]);
    await close();
  });
}
