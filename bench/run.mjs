// node run.mjs FILE.wasm [redis|commit|search|cluster]: how fast the loops of this crate are in WebAssembly. Prints one line of JSON.
import { readFile } from "node:fs/promises";

const ROUNDS = 5;
const ROUND_MS = 500;

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));
const { redis_batches, commit_seconds, commit_fingerprint, search_two_phase, search_cluster } = instance.exports;

/** Milliseconds of work of this process: on a machine that others use too, not the same as the time that passes. */
function work() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Median of several rounds; the first, in which the engine still compiles, does not count. */
function perSecond(loop, clock) {
  const rates = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const begin = clock();
    let done = 0;
    let elapsed = 0;
    while (elapsed < ROUND_MS) {
      done += loop(200);
      elapsed = clock() - begin;
    }
    if (round > 0) rates.push((done / elapsed) * 1000);
  }
  return Math.round(rates.sort((a, b) => a - b)[ROUNDS >> 1]);
}

/** Two-phase commit with eight managers, searched to its end: states, and the rate of the fastest round. */
function search() {
  let best = 0;
  let states = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = work();
    states = search_two_phase(8) >>> 0;
    best = Math.max(best, (states / (work() - begin)) * 1000);
  }
  return { states, search_states_per_second: Math.round(best), memory_bytes: instance.exports.memory.buffer.byteLength };
}

/** So many states of a cluster within so many megabytes of the search's own counting. */
function cluster() {
  const states = search_cluster(2_000_000, 160) >>> 0;
  return { states, memory_bytes: instance.exports.memory.buffer.byteLength };
}

const loops = {
  search,
  cluster,
  // By the clock, as the real server beside which it is put.
  redis: () => ({ redis_commands_per_second: perSecond(redis_batches, () => performance.now()) }),
  commit: () => ({ transactions_per_second: perSecond(commit_seconds, work), fingerprint: commit_fingerprint() >>> 0 }),
};
console.log(JSON.stringify(loops[process.argv[3] ?? "redis"]()));
