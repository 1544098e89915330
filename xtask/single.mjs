// Writes the page that is one file: `node single.mjs DIST SCRIPT WORKER OUT`. SCRIPT is the page's whole script, WORKER the
// worker's; styles, parts and pictures are those of DIST.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [dist, script, worker, out] = process.argv.slice(2);
const read = (name) => readFileSync(join(dist, name), "utf8");
const names = readdirSync(dist);

const gone = (text, what) => {
  const left = text.replace(what, "");
  if (left === text) throw new Error(`index.html has no ${what}: change xtask/single.mjs with it`);
  return left;
};
const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
// Inside a script or style nothing may look like its end.
const inline = (text) => text.replace(/<\/(script|style)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");

const style = inline(read(names.find((name) => /^page-[0-9a-f]+\.css$/.test(name))));
const code = inline(readFileSync(script, "utf8"));
const policy = [
  "default-src 'none'",
  `script-src ${hash(code)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  "worker-src data:",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const part = (name, content) => `<script type="text/plain" data-part="${name}">${content.toString("base64")}</script>`;
const parts = names.filter((name) => name.endsWith(".wasm")).map((name) => {
  return part(name, gzipSync(readFileSync(join(dist, name)), { level: 9 }));
});
parts.push(part(names.find((name) => name.endsWith("-checker.js")), readFileSync(worker)));

let page = read("index.html");
page = gone(page, /<meta http-equiv="Content-Security-Policy"[^>]*>/);
page = gone(page, /<link rel="stylesheet"[^>]*>/);
page = gone(page, /<script type="module"[^>]*><\/script>/);
page = page.replace(/<link rel="(modulepreload|preload)"[^>]*>/g, "").replace(/\n{2,}/g, "\n");
page = page.replace(/ data-single="[^"]*"/, "").replace("<html ", '<html data-single="" ');
const charset = '<meta charset="utf-8">';
const head = `${charset}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`;
page = page.replace(charset, () => head);
page = page.replace("</head>", () => `<style>${style}</style>\n</head>`);
page = page.replace("</body>", () => `${parts.join("\n")}\n<script type="module">${code}</script>\n</body>`);
if (/ (src|href)="(?!data:)/.test(page.replace(code, () => ""))) throw new Error("the page still names another file");
writeFileSync(out, page);
