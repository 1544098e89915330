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
  // No Blob: in a worker without an origin WebKit cannot read one.
  const whole = new Response(bytes(text)).body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(whole, { headers: { "content-type": "application/wasm" } });
}

if (globalThis.document) {
  // A script that brings its WebAssembly along, as a data: address. From a disk and in a sandbox the page has no origin, and
  // there browsers take no module from a blob: address.
  let address;
  globalThis.faultlineWorker = () => {
    if (address) return address;
    const script = new TextDecoder().decode(bytes(packed("-checker.js")));
    const whole = `globalThis.faultlinePart=${JSON.stringify(packed("-checker.wasm"))};\n${script}`;
    address = `data:text/javascript;charset=utf-8,${encodeURIComponent(whole)}`;
    return address;
  };
  // Whoever saved the file at a moment of a run opens it there; an address that names another moment goes before.
  const { run } = document.documentElement.dataset;
  if (run && location.hash.length < 2) location.hash = run;
}
