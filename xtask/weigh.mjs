// Prints `name<TAB>bytes<TAB>brotli bytes` for each file below a folder, heaviest first.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const top = process.argv[2];

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

function brotli(bytes, path) {
  // The page that is one file is packed already, in base64: the best quality would take seconds, and find no more in it.
  const packed = path.endsWith(".html") && bytes.length > 1_000_000;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: packed ? 5 : 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

const rows = [...files(top)].map((path) => {
  const bytes = readFileSync(path);
  return { name: relative(top, path).split(sep).join("/"), raw: bytes.length, brotli: brotli(bytes, path) };
});
rows.sort((a, b) => b.brotli - a.brotli || a.name.localeCompare(b.name));
for (const row of rows) console.log(`${row.name}\t${row.raw}\t${row.brotli}`);
