// The same link gives the same state and the same run natively and in the browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { launch, serve, visit } from "./harness.mjs";
import { allScenes } from "./moves.mjs";

const browser = await launch();
const site = await serve();
after(async () => { await browser.close(); await site.close(); });

const COUNT = Number(process.env.FAULTLINE_LINKS ?? 240);
const SEED = 1;

function native(words) {
  const text = execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8", maxBuffer: 1 << 28 });
  return text.trim().split("\n").map((line) => {
    const [link, stateHash, runHash] = line.split("\t");
    return { link, stateHash, runHash };
  });
}

test(`${COUNT} links: the state and run hashes of the browser are those of the headless runner`, { timeout: 1_800_000 }, async (t) => {
  const rows = native(["links", "--count", String(COUNT), "--seed", String(SEED)]);
  assert.ok(rows.length >= Math.min(COUNT, 200), `only ${rows.length} links`);
  assert.equal(new Set(rows.map((row) => row.link)).size, rows.length, "the same link twice");
  const { page, trouble, close } = await visit(browser, site);
  const { scenes, different } = await compare(page, rows);
  t.diagnostic(`links a scene: ${JSON.stringify(Object.fromEntries(scenes))}`);
  assert.deepEqual(different.slice(0, 3), [], `${different.length} of ${rows.length} differ`);
  assert.deepEqual([...scenes.keys()].sort(), (await allScenes(page)).sort(), "links of every scene");
  assert.deepEqual(trouble, []);
  await close();
});

test("every question and story ends natively and in the browser with the same hashes", { timeout: 600_000 }, async () => {
  const rows = native(["links", "--told"]);
  assert.ok(rows.length >= 46, `only ${rows.length} endings`);
  const { page, trouble, close } = await visit(browser, site);
  const { different } = await compare(page, rows);
  assert.deepEqual(different, []);
  assert.deepEqual(trouble, []);
  await close();
});

async function compare(page, rows) {
  const scenes = new Map();
  const different = [];
  for (const row of rows) {
    const got = await page.evaluate(async (link) => {
      const opened = await window.faultline.open(link);
      const { scene, events, state_hash, run_hash } = window.faultline.state();
      return { opened, scene, events, state_hash, run_hash };
    }, row.link);
    scenes.set(got.scene, (scenes.get(got.scene) ?? 0) + 1);
    if (got.opened !== true || got.state_hash !== row.stateHash || got.run_hash !== row.runHash) {
      different.push({ ...row, got, repeat: `faultline run '${row.link}'` });
    }
  }
  return { scenes, different };
}
