/** What the element knows about the frame's parameters, and about the pages in which it stands. */

export interface Parameter {
  /** Attribute, and key of the frame's query. */
  key: string;
  kind: "flag" | "list" | "number" | "text";
  /** Whether the element hands it on as it stands; the others it sets itself, or keeps. */
  element: boolean;
  /** Of a flag: whether it is on by itself. */
  on?: boolean;
}

const parameter = (key: string, kind: Parameter["kind"] = "text", more: Partial<Parameter> = {}): Parameter => {
  return { key, kind, element: true, ...more };
};

/** Contract v1; `src/embed/params.rs` is the frame's side, and a test holds one against the other. */
export const PARAMETERS: readonly Parameter[] = [
  parameter("sim"),
  parameter("recipe"),
  parameter("mistakes", "list"),
  parameter("scenario"),
  parameter("lesson"),
  // Of 64 bits: no number of JavaScript's.
  parameter("seed"),
  parameter("step", "number"),
  parameter("start-at", "number"),
  parameter("autoplay", "flag"),
  parameter("speed", "number"),
  parameter("loop", "flag"),
  parameter("stop-after"),
  parameter("controls"),
  parameter("panels", "list"),
  parameter("readonly", "flag"),
  parameter("fit"),
  parameter("autosize", "flag"),
  parameter("theme", "text", { element: false }),
  parameter("lang", "text", { element: false }),
  parameter("motion"),
  parameter("narrate"),
  parameter("keys", "flag", { on: true }),
  parameter("allowlinks", "flag", { on: true }),
  parameter("poster"),
  parameter("load", "text", { element: false }),
];

const SAID = {
  en: { start: "Start", again: "Try again", failed: "The simulation did not load." },
  zh: { start: "开始", again: "重试", failed: "模拟没有加载成功。" },
};

export function words(lang: string): (typeof SAID)["en"] {
  return SAID[(lang || globalThis.navigator?.language || "").toLowerCase().startsWith("zh") ? "zh" : "en"];
}

/** What the tools for course pages write on `html` or `body` for the theme that the reader has chosen. */
const WRITTEN: readonly [string, RegExp, RegExp][] = [
  ["data-md-color-scheme", /^slate$/, /^default$/],
  ["data-jp-theme-light", /^false$/, /^true$/],
  ["data-theme", /^dark$/, /^light$/],
  ["data-bs-theme", /^dark$/, /^light$/],
  ["class", /(^|\s)(quarto-dark|coal|navy|ayu|dark)(\s|$)/, /(^|\s)(quarto-light|light|rust)(\s|$)/],
];

/** `dark` or `light` as the page around says it, `auto` if it says nothing: then the frame asks the browser. */
export function hostTheme(): "auto" | "dark" | "light" {
  for (const element of [document.body, document.documentElement]) {
    for (const [name, dark, light] of WRITTEN) {
      const value = element?.getAttribute(name);
      if (value && dark.test(value)) return "dark";
      if (value && light.test(value)) return "light";
    }
  }
  return "auto";
}

/** Calls `changed` when the page's theme may be another; what comes back ends that. */
export function watchTheme(changed: () => void): () => void {
  let was = hostTheme();
  const observer = new MutationObserver(() => {
    const now = hostTheme();
    if (now !== was) changed();
    was = now;
  });
  const options = { attributes: true, attributeFilter: WRITTEN.map(([name]) => name) };
  for (const element of [document.documentElement, document.body]) if (element) observer.observe(element, options);
  return () => observer.disconnect();
}

/** Gives an element's prototype a property for each parameter, unless it has one of that name. */
export function reflect(prototype: object): void {
  for (const { key, kind, on } of PARAMETERS) {
    const name = key === "step" || key === "start-at" ? "startAt" : key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: HTMLElement): unknown {
        const text = key === "step" ? (this.getAttribute("step") ?? this.getAttribute("start-at")) : this.getAttribute(key);
        if (kind === "flag") return text === null ? on === true : !/^(false|0)$/i.test(text);
        if (kind === "number") return text === null || text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);
        if (kind === "list") return text ? text.split(",").map((word) => word.trim()).filter(Boolean) : [];
        return text ?? "";
      },
      set(this: HTMLElement, value: unknown) {
        const standard = value === null || value === undefined || (kind === "flag" && Boolean(value) === (on === true));
        if (standard) return this.removeAttribute(key);
        this.setAttribute(key, kind === "flag" ? String(Boolean(value)) : Array.isArray(value) ? value.join(",") : String(value));
      },
    });
  }
}
