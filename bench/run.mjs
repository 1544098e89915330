// node run.mjs FILE.wasm: how fast the loops of this crate are in WebAssembly. Prints one line of JSON.
import { readFile } from "node:fs/promises";

const ROUNDS = 5;
const ROUND_MS = 500;

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));

/** Median of several rounds; the first, in which the engine still compiles, does not count. */
function perSecond(loop) {
  const rates = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const begin = performance.now();
    let done = 0;
    let elapsed = 0;
    while (elapsed < ROUND_MS) {
      done += loop(200);
      elapsed = performance.now() - begin;
    }
    if (round > 0) rates.push((done / elapsed) * 1000);
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1];
}

console.log(JSON.stringify({ redis_commands_per_second: Math.round(perSecond(instance.exports.redis_batches)) }));
