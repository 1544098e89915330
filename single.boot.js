// How the page that is one file finds its parts: each lies in the page itself, in base64 and but for the worker's script
// gzipped, and is unpacked when it is asked for. esbuild puts this into the page's script and into the worker's.

// The worker has one part, and no document.
const packed = (name) => globalThis.faultlinePart
  ?? document.querySelector(`script[data-part$="${name}"]`)?.textContent;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** What `fetch` would have answered. `name` may be the end of a name. */
export async function faultlinePart(name) {
  const text = packed(name);
  if (text === undefined) throw new TypeError(`This file has no ${name}: it is not whole`);
  const whole = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(whole, { headers: { "content-type": "application/wasm" } });
}

if (globalThis.document) {
  // A script that brings its WebAssembly along: for both, and only then, the policy allows blobs.
  let address;
  globalThis.faultlineWorker = () => {
    const part = `globalThis.faultlinePart=${JSON.stringify(packed("-checker.wasm"))};\n`;
    address ??= URL.createObjectURL(new Blob([part, bytes(packed("-checker.js"))], { type: "text/javascript" }));
    return address;
  };
  // Whoever saved the file at a moment of a run opens it there; an address that names another moment goes before.
  const { run } = document.documentElement.dataset;
  if (run && location.hash.length < 2) location.hash = run;
}
