// The nginx configuration of examples/hosting, on a real nginx: what it sends for each kind of file, and the page from it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { launch, state, until, visit } from "./harness.mjs";
import { openScene } from "./moves.mjs";

const BELOW = "/faultline/";
const LONG = "public, max-age=31536000, immutable";
const POLICY = `${process.env.FAULTLINE_POLICY}; frame-ancestors *`;

const nginx = find();
const skip = !nginx && "no nginx here (cargo xtask setup says how to get it)";
let folder, port, child, browser;

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "faultline-nginx-"));
  for (const name of ["site", "temp"]) mkdirSync(join(folder, name));
  cpSync(process.env.FAULTLINE_DIST, join(folder, "site", "faultline"), { recursive: true });
  port = await freePort();
  writeFileSync(join(folder, "conf"), configuration());
  execFileSync(nginx, [...words(), "-t"], { stdio: "pipe" });
  child = spawn(nginx, words(), { stdio: "ignore" });
  await until("nginx answers", () => fetched("index.html").then((answer) => answer.status === 200, () => false));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (child && child.exitCode === null) {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test("each kind of file has its media type, its caching and its policy", { skip }, async () => {
  const files = readdirSync(join(folder, "site", "faultline"));
  const one = (form) => files.find((name) => form.test(name)) ?? assert.fail(`no file like ${form}`);
  const wanted = [
    ["", "text/html; charset=utf-8", "no-cache", POLICY],
    ["index.html", "text/html; charset=utf-8", "no-cache", POLICY],
    [one(/^boot-.*\.js$/), "text/javascript; charset=utf-8", LONG, POLICY],
    [one(/^page-[0-9a-f]+\.js$/), "text/javascript; charset=utf-8", LONG, POLICY],
    [one(/-checker\.js$/), "text/javascript; charset=utf-8", LONG, POLICY],
    [one(/\.css$/), "text/css; charset=utf-8", LONG, POLICY],
    [one(/_bg\.wasm$/), "application/wasm", LONG, POLICY],
    [one(/-ring\.wasm$/), "application/wasm", LONG, POLICY],
    ["lesson.txt", "text/plain; charset=utf-8", "no-cache", POLICY],
    ["v1/embed.js", "text/javascript; charset=utf-8", "no-cache", POLICY],
    ["faultline.html", "text/html; charset=utf-8", "no-cache", "frame-ancestors *"],
  ];
  for (const [name] of wanted) {
    const file = join(folder, "site", "faultline", name);
    // What a build may not have yet.
    if (!existsSync(file)) { mkdirSync(join(file, ".."), { recursive: true }); writeFileSync(file, "1"); }
  }
  for (const [name, type, cache, policy] of wanted) {
    const { status, headers } = await fetched(name);
    const got = [status, headers["content-type"], headers["cache-control"], headers["content-security-policy"]];
    assert.deepEqual(got, [200, type, cache, policy], name);
    assert.equal(headers["access-control-allow-origin"], "*", name);
    assert.equal(headers["cross-origin-resource-policy"], "cross-origin", name);
    assert.equal(headers["x-content-type-options"], "nosniff", name);
    assert.equal(headers["x-frame-options"], undefined, name);
    assert.ok(headers.etag, `${name} cannot be asked for again`);
  }
});

test("every name with a hash is kept for a year, and no other", { skip }, async () => {
  for (const name of readdirSync(process.env.FAULTLINE_DIST, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const path = join(name.parentPath ?? name.path, name.name).slice(process.env.FAULTLINE_DIST.length + 1);
    const { headers } = await fetched(path, {}, "HEAD");
    const hashed = /^(page|boot)-[0-9a-f]{8,}/.test(path);
    assert.equal(headers["cache-control"], hashed ? LONG : "no-cache", path);
  }
});

test("what has not changed is not sent again", { skip }, async () => {
  const { headers } = await fetched("index.html");
  const again = await fetched("index.html", { "if-none-match": headers.etag });
  assert.equal(again.status, 304);
});

test("files are compressed, and a compressed copy that lies beside its file is sent as it is", { skip }, async () => {
  const files = readdirSync(join(folder, "site", "faultline"));
  const ask = { "accept-encoding": "gzip" };
  for (const ending of [".js", ".css", "_bg.wasm", "-ring.wasm"]) {
    const name = files.find((file) => file.endsWith(ending));
    const plain = readFileSync(join(folder, "site", "faultline", name));
    const { headers, body } = await fetched(name, ask);
    assert.equal(headers["content-encoding"], "gzip", name);
    assert.match(headers.vary ?? "", /accept-encoding/i, name);
    assert.ok(gunzipSync(body).equals(plain), `${name} changed on its way`);
    assert.equal((await fetched(name)).headers["content-encoding"], undefined, name);
  }
  const name = files.find((file) => file.endsWith("-commit.wasm"));
  const copy = gzipSync(readFileSync(join(folder, "site", "faultline", name)), { level: 9 });
  writeFileSync(join(folder, "site", "faultline", `${name}.gz`), copy);
  const { headers, body } = await fetched(name, ask);
  assert.equal(headers["content-type"], "application/wasm");
  assert.equal(headers["cache-control"], LONG);
  assert.ok(body.equals(copy), "not the copy beside the file");
});

test("what is not there is 404, and the folder's name without its stroke leads to the folder", { skip }, async () => {
  for (const name of ["page-0123456789abcdef.js", "nothing.html", "v2/embed.js", "%2e%2e/conf", "../../conf"]) {
    const { status, headers } = await fetched(name);
    assert.ok([400, 404].includes(status), `${name}: ${status}`);
    assert.notEqual(headers["cache-control"], LONG, `${name} would be missing for a year`);
  }
  const { status, headers } = await fetched("", {}, "GET", "/faultline");
  assert.equal(status, 301);
  assert.equal(headers.location, "/faultline/");
});

test("the page opens from it, with parts, Chinese and a search's worker, and says nothing on the console", { skip }, async () => {
  const site = { origin: `http://127.0.0.1:${port}`, url: `http://127.0.0.1:${port}${BELOW}` };
  const { page, trouble, close } = await visit(browser, site);
  await openScene(page, "ring");
  assert.equal((await state(page)).scene, "ring");
  await page.locator(".language").click();
  await until("the page speaks Chinese", () => page.evaluate(() => document.documentElement.lang.startsWith("zh")));
  // A worker with this policy may compile WebAssembly.
  const script = readdirSync(process.env.FAULTLINE_DIST).find((name) => name.endsWith("-checker.js"));
  const said = await page.evaluate((script) => new Promise((done) => {
    const worker = new Worker(new URL(script, document.baseURI), { type: "module" });
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = () => done("it did not start");
    worker.postMessage("nonsense");
    setTimeout(() => done("silent"), 4_000);
  }), script);
  // It understands nothing of that, and says so: it runs.
  assert.match(String(said), /"wrong"/);
  assert.deepEqual(trouble, []);
  await close();
});

function find() {
  const named = process.env.FAULTLINE_NGINX;
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return named || folders.filter(Boolean).map((folder) => join(folder, "nginx")).find(existsSync);
}

/** The example with the lines that its reader changes changed, in a house that needs no rights and writes only here. */
function configuration() {
  let text = readFileSync(new URL("../../examples/hosting/nginx.conf", import.meta.url), "utf8");
  const changes = [
    [/listen 80;/, `listen 127.0.0.1:${port};`],
    [/server_name course\.example\.org;/, "server_name localhost;"],
    [/root \/var\/www\/course;/, `root ${join(folder, "site")};`],
  ];
  for (const [from, to] of changes) {
    assert.match(text, from, "the example has changed: change this test with it");
    text = text.replace(from, to);
  }
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path temp/${what};`);
  const house = ["daemon off;", "master_process off;", "pid pid;", "error_log err;", "events { worker_connections 512; }"];
  // As Debian has it: the last word on a type is the example's.
  return [...house, "http {", "default_type text/plain;", "access_log off;", ...temp, text, "}", ""].join("\n");
}

function words() {
  return ["-p", folder, "-e", join(folder, "err"), "-c", join(folder, "conf")];
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** The answer as it is on the wire: `fetch` would hide how it was compressed. */
function fetched(name, headers = {}, method = "GET", path = BELOW + name) {
  return new Promise((done, fail) => {
    const request = get({ host: "127.0.0.1", port, path, headers, method, agent: false }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on("error", fail);
  });
}
