// node hours.mjs FILE.wasm [HOURS]: virtual hours of five contending clients in WebAssembly, and the memory that they took,
// which in WebAssembly never shrinks. Prints one line of JSON.
import { readFile } from "node:fs/promises";

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));
const hours = Number(process.argv[3] ?? 1000);
const begin = performance.now();
const events = instance.exports.contended_hours(hours) >>> 0;
const seconds = (performance.now() - begin) / 1000;
console.log(
  JSON.stringify({
    hours,
    events,
    seconds: Number(seconds.toFixed(1)),
    events_per_second: Math.round(events / seconds),
    memory_bytes: instance.exports.memory.buffer.byteLength,
  }),
);
