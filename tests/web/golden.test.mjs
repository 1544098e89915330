// What a release promises: its zip is the site, and the links of every release open in it to the state that they had.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import zlib from "node:zlib";
import { launch, ready, serve, state, visit } from "./harness.mjs";

const LINKS = new URL("../vectors/links/", import.meta.url);
/** Of each release; all of them are opened natively (tests/golden.rs). */
const OPENED = 10;

let browser, site, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultline-zip-"));
  if (!process.env.FAULTLINE_ZIP) throw new Error("FAULTLINE_ZIP is not set: cargo xtask test --only web sets it");
  for (const [name, bytes] of unzipped(readFileSync(process.env.FAULTLINE_ZIP))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const [top, ...more] = readdirSync(folder);
  assert.deepEqual(more, [], "the zip unpacks into one folder");
  [browser, site] = await Promise.all([launch(), serve(join(folder, top))]);
});
after(async () => {
  await browser?.close();
  await site?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test("the zip has every file of the site, and says what to do with it", () => {
  const [top] = readdirSync(folder);
  assert.match(top, /^faultline-\d+\.\d+\.\d+$/);
  const dist = process.env.FAULTLINE_DIST;
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const name = join(entry.parentPath ?? entry.path, entry.name).slice(dist.length);
    assert.ok(readFileSync(join(dist, name)).equals(readFileSync(join(folder, top, name))), `${name} differs`);
  }
  const readme = readFileSync(join(folder, top, "README.txt"), "utf8");
  assert.ok(readme.startsWith(`Faultline ${top.slice("faultline-".length)}\n`));
  for (const [, named] of readme.matchAll(/(hosting\/[\w.]+|LICENSE-\w+|faultline\.html)/g)) readFileSync(join(folder, top, named.replace(/\.$/, "")));
  for (const name of ["README.md", "_headers", "htaccess", "nginx.conf"]) assert.ok(readFileSync(join(folder, top, "hosting", name)).length > 0);
});

for (const file of readdirSync(LINKS)) {
  test(`links of ${file.replace(/\.txt$/, "")} open in the unpacked zip to the same state`, { timeout: 60_000 }, async () => {
    const rows = readFileSync(new URL(file, LINKS), "utf8").trim().split("\n").map((line) => line.split("\t"));
    // Evenly over the file, so that every scene has its share.
    const some = Array.from({ length: OPENED }, (_, n) => rows[Math.floor((n * rows.length) / OPENED)]);
    const { page, trouble, close } = await visit(browser, site, { at: `#${some[0][0]}` });
    assert.equal((await state(page)).state_hash, some[0][1], "opened as an address");
    const scenes = new Set();
    for (const [link, hash] of some) {
      assert.equal(await page.evaluate((link) => window.faultline.open(link), `#${link}`), true, link);
      const { scene, state_hash } = await state(page);
      assert.equal(state_hash, hash, link);
      scenes.add(scene);
    }
    assert.ok(scenes.size >= 5, `only ${[...scenes]}`);
    // As an address of a page that is open, and with the flag of old embeds, which holds for ever.
    await page.goto(`${site.url}?embed#${some[1][0]}`);
    await ready(page);
    assert.equal((await state(page)).state_hash, some[1][1]);
    assert.deepEqual(trouble, []);
    await close();
  });
}

/** The files of a zip, read from its directory at the end, each held against its checksum. */
function* unzipped(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  assert.ok(end >= 0, "this is no zip");
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    assert.equal(zip.toString("latin1", at, at + 4), "PK\x01\x02");
    const [method, sum, packed] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    assert.ok(!name.startsWith("/") && !name.split("/").includes(".."), `${name} leads out of the folder`);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + packed);
    const bytes = method === 0 ? data : zlib.inflateRawSync(data);
    // Node 20.15 and newer.
    if (zlib.crc32) assert.equal(zlib.crc32(bytes), sum, `${name} is damaged`);
    yield [name, bytes];
    at += 46 + nameLength + extra + comment;
  }
}
