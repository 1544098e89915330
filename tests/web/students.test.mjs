// Whose lesson it is, where its links lead, what its picture is about, and that a teacher's own is held to what it says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { launch, none, ready, serve, state, until, visit } from "./harness.mjs";

const browser = await launch();
const site = await serve();
const folder = mkdtempSync(join(tmpdir(), "faultline-students-"));
after(async () => { await browser.close(); await site.close(); rmSync(folder, { recursive: true, force: true }); });

const act = (page, verb) => page.locator(`[data-act="lesson ${verb}"]`);

test("another student number in the address is another student's lesson; the same one goes on after a reload", async () => {
  const { page, trouble, close } = await visit(browser, site, { at: "?lang=en&lesson=where-a-key-lives&student=1" });
  await act(page, "begin").click();
  await page.locator(".answer").first().waitFor();
  await page.reload();
  await ready(page);
  await page.locator(".answer").first().waitFor();
  await page.goto(`${site.url}?lang=en&lesson=where-a-key-lives&student=2`);
  await ready(page);
  await act(page, "begin").waitFor();
  assert.equal(await page.locator(".lesson-student input").inputValue(), "2");
  none(trouble);
  await close();
});

test("the link of a lesson's moment opens that moment, not the lesson", async () => {
  const { page, trouble, close } = await visit(browser, site, { at: "?lang=en&lesson=where-a-key-lives&student=5" });
  await act(page, "begin").click();
  await page.locator(".answer").first().waitFor();
  const there = await state(page);
  assert.ok(BigInt(there.time) > 0n);
  assert.doesNotMatch(there.link, /lesson=|student=/);
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(there.link);
  await ready(page);
  const again = await state(page);
  assert.deepEqual([again.state_hash, again.time], [there.state_hash, there.time]);
  assert.equal(await act(page, "begin").count(), 0);
  none(trouble);
  await close();
});

test("what a ring's question was about is what the picture shows after the answer", async () => {
  const { page, trouble, close } = await visit(browser, site, { at: "?lang=en&lesson=where-a-key-lives" });
  await act(page, "begin").click();
  await page.locator(".answer").first().click();
  if (await act(page, "skip").count()) await act(page, "skip").click();
  await page.locator(".lesson-told .why b").waitFor();
  assert.match(await page.locator(".lesson").innerText(), /Asia\/Tokyo/);
  await until("the key is looked up", async () => /Asia\/Tokyo/.test(await page.locator(".inspector").innerText()));
  none(trouble);
  await close();
});

test("a lesson whose file expects another thing than the core says fails with its line", () => {
  const answers = (text) => {
    const path = join(folder, "mine.lesson");
    writeFileSync(path, text);
    return spawnSync(process.env.FAULTLINE_RUNNER, ["answers", path], { encoding: "utf8" });
  };
  const text = readFileSync(new URL("../../lessons/where-a-key-lives.lesson", import.meta.url), "utf8");
  const good = answers(text);
  assert.deepEqual([good.status, good.stderr], [0, ""]);
  const line = (before, word) => before.split("\n").findIndex((line) => line.startsWith(word)) + 1;
  const bad = answers(text.replace("expect node-4", "expect node-2"));
  assert.equal(bad.status, 1);
  assert.ok(bad.stderr.startsWith(`mine.lesson:${line(text, "stop clockwise")}: stop clockwise: expect node-4; the file has expect node-2`), bad.stderr);
  const moved = answers(text.replace(/hash \w{32}/, `hash ${"1".repeat(32)}`));
  assert.equal(moved.status, 1);
  assert.match(moved.stderr, /^mine\.lesson:\d+: stop clockwise: hash \w{32}; the file has hash 1{32}$/m);
});
