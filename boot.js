// Starts the page, and speaks for it when WebAssembly cannot: before it runs, and after it has stopped.
// Nothing here calls into WebAssembly except the one start.

const words = {
  en: {
    noStart: "Faultline could not start",
    why: {
      wasm: "This browser has no WebAssembly, or it is switched off. Use a browser from 2023 or later, or allow WebAssembly for this page.",
      policy: "The page's host forbids WebAssembly. Its content security policy needs: script-src 'self' 'wasm-unsafe-eval'.",
      network: "A part of the page did not arrive. Check the connection and load the page again.",
      other: "Load the page again. If it happens each time, report it with the lines below.",
    },
    stopped: "Faultline has stopped",
    kept: "Your run is not lost: this link opens it at its last moment before the error.",
    none: "There was no run to keep yet.",
    open: "Open the run again",
    copy: "Copy link and message",
    copied: "Copied",
    fresh: "Start afresh",
    again: "Load again",
    details: "Details to report",
    version: "Version",
    loading: "Loading the simulator…",
  },
  zh: {
    noStart: "Faultline 无法启动",
    why: {
      wasm: "此浏览器不支持 WebAssembly，或已将其关闭。请使用 2023 年以后的浏览器，或允许本页使用 WebAssembly。",
      policy: "托管本页的站点禁止了 WebAssembly。其内容安全策略需要：script-src 'self' 'wasm-unsafe-eval'。",
      network: "页面的一部分没有加载成功。请检查网络连接，然后重新加载。",
      other: "请重新加载页面。若每次都出现，请附上下面的内容报告问题。",
    },
    stopped: "Faultline 已停止运行",
    kept: "你的运行没有丢失：下面的链接会打开出错前的最后一刻。",
    none: "目前还没有可以保留的运行。",
    open: "重新打开这次运行",
    copy: "复制链接和错误信息",
    copied: "已复制",
    fresh: "从头开始",
    again: "重新加载",
    details: "报告问题时请附上",
    version: "版本",
    loading: "正在加载模拟器…",
  },
};

const root = document.documentElement;
const embedded = "embed" in root.dataset || /[?&]embed\b/.test(location.search);
const version = root.dataset.version ?? "?";

function language() {
  const asked = new URLSearchParams(location.search).get("lang");
  let kept = null;
  try { if (!embedded) kept = localStorage.getItem("faultline.lang"); } catch { /* a sandboxed frame has no storage */ }
  const started = document.getElementById("boot") ? null : root.lang;
  const tag = started || asked || kept || navigator.language || "en";
  return tag.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(text, act) {
  const made = element("button", "boot-button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

// The address without its fragment: a reload with a fragment that breaks the page would break it again.
const plain = () => location.href.split("#")[0];

function goTo(address) {
  if (address === location.href) return location.reload();
  const samePage = address.split("#")[0] === plain();
  location.href = address;
  if (samePage) location.reload();
}

let shown = false;

function screen({ title, sentence, link, message, actions }) {
  if (shown) return;
  shown = true;
  const text = words[language()];
  const dialog = element("dialog", "boot-screen");
  dialog.id = "faultline-stopped";
  dialog.setAttribute("aria-labelledby", "boot-title");
  const heading = element("h1", "boot-title", title);
  heading.id = "boot-title";
  dialog.append(heading, element("p", "boot-sentence", sentence));
  if (link) {
    const anchor = element("a", "boot-link", link);
    anchor.href = link;
    anchor.addEventListener("click", (event) => { event.preventDefault(); goTo(link); });
    dialog.append(anchor);
  }
  const row = element("div", "boot-actions");
  row.append(...actions);
  const report = [message, `${text.version} ${version}`, link].filter(Boolean).join("\n");
  const copy = button(text.copy, async () => {
    try {
      await navigator.clipboard.writeText(report);
      copy.textContent = text.copied;
    } catch {
      getSelection().selectAllChildren(details);
    }
  });
  row.append(copy);
  const label = element("h2", "boot-details-name", text.details);
  label.id = "boot-details";
  const details = element("pre", "boot-details", report);
  details.tabIndex = 0;
  details.setAttribute("role", "group");
  details.setAttribute("aria-labelledby", "boot-details");
  dialog.append(row, label, details);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  // The page around this one may show something else instead.
  if (embedded) parent.postMessage({ faultline: 1, type: "error", code: "stopped", message: title }, "*");
}

// Called by the panic hook with the message; `window.faultlineLink` was left there after the last command.
window.faultlinePanic = (message) => {
  const text = words[language()];
  const fragment = typeof window.faultlineLink === "string" ? window.faultlineLink : "";
  const link = fragment && new URL(fragment, plain()).href;
  const actions = [button(text.fresh, () => goTo(plain()))];
  if (link) actions.unshift(button(text.open, () => goTo(link)));
  const sentence = link ? text.kept : text.none;
  screen({ title: text.stopped, sentence, link, message: String(message), actions });
};

// A trap without a panic, such as a stack that ran over, reaches nobody else.
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) window.faultlinePanic(event.error.message);
});
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof WebAssembly.RuntimeError) window.faultlinePanic(event.reason.message);
});

function cause(error) {
  if (typeof WebAssembly !== "object") return "wasm";
  const said = String(error?.message ?? error);
  // Firefox says no more than that it was "blocked by CSP".
  if (/unsafe-eval|Content Security Policy|\bCSP\b/i.test(said)) return "policy";
  if (error instanceof TypeError && /fetch|import|load|network/i.test(said)) return "network";
  if (/HTTP status|response/i.test(said)) return "network";
  return "other";
}

function cannotStart(error) {
  const text = words[language()];
  // Only Chromium's stack begins with the message.
  const [said, stack] = [String(error), String(error?.stack ?? "")];
  const message = stack.includes(said) ? stack : `${said}\n${stack}`;
  const actions = [button(text.again, () => location.reload())];
  if (location.hash) actions.push(button(text.fresh, () => goTo(plain())));
  screen({ title: text.noStart, sentence: text.why[cause(error)], message, actions });
}

async function start() {
  const script = document.querySelector("script[data-js]");
  const at = (name) => new URL(script.dataset[name], document.baseURI).href;
  const line = document.getElementById("boot-line");
  if (line) line.textContent = words[language()].loading;
  // The page says when it is there: it may still fetch the scene and the language that it opens with.
  const ready = new Promise((arrived, lost) => {
    window.faultlineReady = (here) => (here ? arrived() : lost(new TypeError("Failed to fetch a part of the page")));
  });
  const module = await import(at("js"));
  await module.default({ module_or_path: at("wasm") });
  await ready;
  document.getElementById("boot")?.remove();
  performance.mark("faultline-started");
}

try {
  await start();
} catch (error) {
  // A panic has already put up its own screen, with the run's link on it.
  cannotStart(error);
}
