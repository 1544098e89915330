// The late parts of a built page and the files that each fetches, read from the page's own script. On the command line it
// prints `part<TAB>file<TAB>…` for each.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** From a part's name to the names of its files, its own first. Throws where the script does not look as expected. */
export function parts(folder) {
  const script = readdirSync(folder).find((name) => /^page-[0-9a-f]+\.js$/.test(name));
  if (!script) throw new Error(`${folder} has no page-….js: build it with cargo xtask dist`);
  const text = readFileSync(join(folder, script), "utf8");
  // NAME=once(()=>{let x=fetch(new URL("./page-1f-ring.wasm",…));…},[NAME,NAME]), wrapped once more where it is a part.
  const form = /([\w$]+)=(?:[\w$]+\()?[\w$]+\(\(\)=>\{let [\w$]+=fetch\(new URL\("\.\/(page-[0-9a-f]+-([\w-]+)\.wasm)".*?\},\[([^\]]*)\]\)/gs;
  const loads = new Map();
  for (const [, name, file, part, needs] of text.matchAll(form)) {
    loads.set(name, { file, part, needs: needs.split(",").filter(Boolean) });
  }
  const files = (load) => [load.file, ...load.needs.flatMap((name) => {
    if (!loads.has(name)) throw new Error(`${load.file} needs ${name}, which ${script} does not fetch: see xtask/loader.mjs`);
    return files(loads.get(name));
  })];
  const own = [...loads.values()].filter(({ part }) => !part.startsWith("shared"));
  if (own.length === 0) throw new Error(`${script} fetches no part: its form has changed, see xtask/loader.mjs`);
  return new Map(own.map((load) => [load.part, [...new Set(files(load))]]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [part, files] of parts(process.argv[2])) console.log([part, ...files].join("\t"));
}
