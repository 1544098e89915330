// node run.mjs FILE.wasm: the ring in WebAssembly beside npm's hashring, in this one process. Prints one line of JSON.
import { readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import HashRing from "hashring";

const ROUNDS = 7;
const NODES = 100;
const KEYS = 200_000;

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));
const wasm = instance.exports;
const encoder = new TextEncoder();

/** The owners of the keys as indices of nodes: all keys go over as UTF-8 in one piece, with the place where each ends. */
function place(keys) {
  let room = 0;
  for (const key of keys) room += key.length;
  room *= 3; // a UTF-16 unit is three bytes at most
  // First room for both: what grows the memory takes older views of it away.
  const at = wasm.placement_text(room);
  const endsAt = wasm.placement_ends(keys.length);
  const text = new Uint8Array(wasm.memory.buffer, at, room);
  const ends = new Uint32Array(wasm.memory.buffer, endsAt, keys.length);
  let end = 0;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i];
    let units = 0;
    for (let j = 0; j < key.length; j += 1) {
      const unit = key.charCodeAt(j);
      text[end + j] = unit;
      units |= unit;
    }
    end += units < 128 ? key.length : encoder.encodeInto(key, text.subarray(end)).written;
    ends[i] = end;
  }
  const owners = wasm.placement_place();
  return new Uint32Array(wasm.memory.buffer, owners, keys.length).slice();
}

/** Milliseconds of work of this process: on a machine that others use too, not the same as the time that passes. */
function work() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Thousands of keys a second, the median of several rounds for each task; they take turns, and the first does not count. */
function race(tasks) {
  const rates = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, task] of Object.entries(tasks)) {
      const begin = work();
      let turns = 0;
      while (turns < 1 || work() - begin < 150) {
        task();
        turns += 1;
      }
      if (round > 0) rates[name].push((turns * KEYS) / (work() - begin));
    }
  }
  const median = (list) => Math.round(list.sort((a, b) => a - b)[list.length >> 1]);
  return Object.fromEntries(Object.entries(rates).map(([name, list]) => [name, median(list)]));
}

/** As in Rust: placement::key. */
const keys = Array.from({ length: KEYS }, (_, i) => `user:${String(i * 7919).padStart(9, "0")}`);
const names = Array.from({ length: NODES }, (_, i) => `node-${i}`);

const peer = new HashRing(names, "sha1");
if (peer.size !== NODES * 160) throw new Error(`hashring has ${peer.size} points`);
// Off, and at no cost: a cache of size 0 would still be written to.
peer.cache = { get: () => undefined, set: () => {} };

const fingerprint = wasm.placement_lookups(1) >>> 0;
const owners = place(keys);

/** The ring once more, with Node's SHA-1 and by looking at every point. */
const position = (text) => createHash("sha1").update(text).digest().readBigUInt64BE();
const points = names.flatMap((name, node) => Array.from({ length: 160 }, (_, i) => [position(`${name}#${i}`), node]));
function owner(key) {
  const at = position(key);
  const far = (point) => BigInt.asUintN(64, point[0] - at);
  return points.reduce((best, point) => (far(point) < far(best) ? point : best))[1];
}
// Keys that are more bytes than UTF-16 units, or none, or end in half a character.
const odd = ["", "a\nb", "ключ", "日本", "\u{1f600}", "\ud800", "user:1", "x".repeat(56), "é".repeat(500)];
const placed = place(odd);
const wrong = [...odd.keys()].filter((i) => placed[i] !== owner(odd[i]));
const wrongToo = Array.from({ length: 50 }, (_, i) => i * 3_989).filter((i) => owners[i] !== owner(keys[i]));
if (wrong.length + wrongToo.length > 0) throw new Error(`Wrong owners: ${wrong} of the odd keys, ${wrongToo} of the others`);

const figures = race({
  strings: () => place(keys),
  lookups: () => wasm.placement_lookups(0),
  hashed: () => wasm.placement_hashed(),
  hashring: () => keys.map((key) => peer.get(key)),
});
console.log(JSON.stringify({ ...figures, fingerprint }));
