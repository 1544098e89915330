/**
 * `<faultline-sim>`: a simulation of Faultline in a page of yours, by contract v1.
 *
 * The element makes a frame and speaks with it by messages. The host's policy has to allow this script (`script-src`) and
 * that frame (`frame-src`), nothing else. Whoever drives the frame sees nothing of the reader's: it keeps no data.
 */

import { Asking } from "./asking.js";
import { Before } from "./before.js";
import { PARAMETERS, hostTheme, reflect, watchTheme } from "./host.js";

/** What `faultline-ready` tells. */
export interface Ready {
  /** Of the page in the frame. */
  version: string;
  sim: string;
  /** Events of the run that it opened with. */
  steps: number;
  capabilities: readonly string[];
}

/** Where the run stands. */
export interface Step {
  step: number;
  total: number;
  /** The event in words, in the frame's language. */
  label: string;
}

export interface Events {
  "faultline-ready": CustomEvent<Ready>;
  "faultline-play": CustomEvent<null>;
  "faultline-pause": CustomEvent<null>;
  "faultline-step": CustomEvent<Step>;
  /** `kind` is `broken` (with the property), `halt` or `question`; kinds may be added. */
  "faultline-event": CustomEvent<{ kind: string; property?: string }>;
  "faultline-ended": CustomEvent<null>;
  "faultline-resize": CustomEvent<{ height: number; width: number }>;
  "faultline-error": CustomEvent<{ code: string; message: string }>;
  /** The reader has touched the simulation. */
  "faultline-interaction": CustomEvent<null>;
}

/** What `getState` answers. */
export interface RunState {
  sim: string;
  recipe: string;
  /** Of 64 bits, therefore text. */
  seed: string;
  step: number;
  /** Steps known so far. */
  total: number;
  /** Milliseconds of the simulated system. */
  time: number;
  playing: boolean;
  /** Milliseconds of the system a second on the screen. */
  speed: number;
  /** The run as a fragment, for `setState` and the attribute `run`; empty where it is too long for a link. */
  link: string;
  /** The full page at this moment. */
  url: string;
}

export type State = "idle" | "loading" | "ready" | "error";
export type Theme = "auto" | "light" | "dark" | "projector";

/** Why a promise was not kept. */
export class FaultlineError extends Error {
  override readonly name = "FaultlineError";
  /** `timeout`, `removed`, `reloaded`, `load`, or what the frame says. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Told = Record<string, unknown> & { type: string };

// On a server there are no elements: the module can be imported there all the same.
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Attributes that the element itself reads; all others are query keys of the frame. */
const OWN = ["base", "height", "label", "run", "sandbox", "timeout"] as const;
/** Below this, in pixels, nothing can be used. */
const LEAST = 256;
const MOST = 10_000;
/** A frame that wants more than this to start says so itself; seconds. */
const PATIENCE = 30;

export class FaultlineSim extends Base {
  static readonly observedAttributes: readonly string[] = [...PARAMETERS.map(({ key }) => key), ...OWN];

  /** Where the frames of all elements come from that have no `base`: the folder with `embed.html`, or an HTML file. */
  static base: string | undefined;

  #frame: HTMLIFrameElement | null = null;
  #state: State = "idle";
  #said: Partial<Step> = {};
  #playing = false;
  #asking = new Asking((code, message) => new FaultlineError(code, message));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changed = new Set<string>();
  #focusWhenReady = false;
  /** The theme that the frame was told last. */
  #painted = "";
  #seen: IntersectionObserver | undefined;
  /** Ends what goes on while the element is in a page; nothing outside of one. */
  #unwatch: (() => void) | undefined;
  #before: Before | undefined;

  // Life of the element.

  connectedCallback(): void {
    this.#before ??= new Before(this, LEAST, () => {
      this.#focusWhenReady = true;
      this.#open();
    });
    this.#size();
    this.#setState(this.#state);
    addEventListener("message", this.#hear);
    this.#unwatch = watchTheme(() => this.#paint());
    this.#begin();
  }

  disconnectedCallback(): void {
    removeEventListener("message", this.#hear);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#close("removed", "The element was taken out of its page.");
    this.#setState("idle");
  }

  /** A move that keeps frames alive (`moveBefore`) is neither an end nor a start. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    // In the markup's attributes there is nothing to follow: they are read when the element is put into its page.
    if (before === after || !this.#unwatch) return;
    if (name === "height") return this.#size();
    if (name === "label") return this.#name();
    if (name === "timeout") return;
    if (!this.#frame) {
      this.#setState(this.#state);
      if (name === "load" && this.#state === "idle") this.#begin();
      return;
    }
    // Several attributes that change together are one change.
    if (this.#changed.size === 0) queueMicrotask(() => this.#follow());
    this.#changed.add(name);
  }

  // What a page can ask. Each promise waits for the frame, and fetches it if it was not asked for yet.

  play(): Promise<void> {
    return this.#ask("play");
  }

  pause(): Promise<void> {
    return this.#ask("pause");
  }

  /** `n` events on. */
  step(n = 1): Promise<void> {
    return this.#ask("step", { n });
  }

  /** `n` events back. */
  back(n = 1): Promise<void> {
    return this.#ask("back", { n });
  }

  /** To the moment after `step` events. */
  seek(step: number): Promise<void> {
    return this.#ask("seek", { step });
  }

  /** To the moment that it opened with. */
  reset(): Promise<void> {
    return this.#ask("reset");
  }

  /** The run at this moment. */
  getState(): Promise<RunState> {
    return this.#ask("getState");
  }

  /** Opens the run of a link or of its fragment. */
  setState(link: string): Promise<void> {
    return this.#ask("setState", { link });
  }

  /** The stage as an SVG document. */
  exportSvg(): Promise<string> {
    return this.#ask("exportSvg");
  }

  setTheme(theme: Theme): Promise<void> {
    return this.#ask("setTheme", { theme });
  }

  override focus(): Promise<void> {
    const button = this.#before?.button;
    if (button) {
      button.focus();
      return Promise.resolve();
    }
    this.#frame?.focus();
    return this.#ask("focus");
  }

  // What it is.

  get readyState(): State {
    return this.#state;
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Where the run stands, as far as the frame has said. */
  get position(): Partial<Step> {
    return { ...this.#said };
  }

  /** The frame, for hosts that have to set more about it. */
  get frame(): HTMLIFrameElement | null {
    return this.#frame;
  }

  get base(): string {
    return this.getAttribute("base") ?? FaultlineSim.base ?? new URL("../embed.html", import.meta.url).href;
  }

  set base(address: string) {
    this.setAttribute("base", address);
  }

  get load(): "eager" | "visible" | "click" {
    const load = this.getAttribute("load");
    return load === "eager" || load === "click" ? load : "visible";
  }

  set load(load: "eager" | "visible" | "click") {
    this.setAttribute("load", load);
  }

  get label(): string {
    return this.getAttribute("label") || `Faultline: ${this.getAttribute("sim") || "lock"}`;
  }

  set label(label: string) {
    this.setAttribute("label", label);
  }

  /** Pixels, or any length of CSS; empty: as the page's style says, 480 pixels if it says nothing. */
  get height(): string {
    return this.getAttribute("height") ?? "";
  }

  set height(height: string) {
    this.setAttribute("height", height);
  }

  /** The run to open at its moment: a link's fragment, with or without `#`. */
  get run(): string {
    return this.getAttribute("run") ?? "";
  }

  set run(run: string) {
    this.setAttribute("run", run);
  }

  /** Seconds after which a frame or an answer counts as lost. */
  get timeout(): number {
    const seconds = Number.parseFloat(this.getAttribute("timeout") ?? "");
    return seconds > 0 ? Math.min(seconds, 600) : PATIENCE;
  }

  set timeout(seconds: number) {
    this.setAttribute("timeout", String(seconds));
  }

  // The frame.

  #address(): URL {
    // What is no .html file is the folder of embed.html.
    const url = new URL(this.base, document.baseURI);
    if (!/\.html?$/.test(url.pathname)) url.pathname = url.pathname.replace(/\/*$/, "/embed.html");
    const query = new URLSearchParams(url.search);
    for (const { key, kind, element } of PARAMETERS) {
      const value = this.getAttribute(key);
      if (element && value !== null && (value !== "" || kind === "flag")) query.set(key, value || "true");
    }
    if (!url.pathname.endsWith("/embed.html")) query.set("embed", "true");
    query.set("v", "1");
    const theme = this.#theme();
    if (theme !== "auto") query.set("theme", theme);
    const lang = this.#language();
    if (lang) query.set("lang", lang);
    // A page from a disk has none.
    if (/^https?:/.test(location.origin)) query.set("origin", location.origin);
    url.search = query.toString();
    url.hash = this.#fragment();
    return url;
  }

  /** The run that is asked for, with its `#`; empty if none is. */
  #fragment(): string {
    const run = this.run.replace(/^.*#/, "");
    return run && `#${run}`;
  }

  /** The element's own, or the page's where the frame speaks it. */
  #language(): string {
    const own = this.getAttribute("lang");
    if (own) return own;
    const page = (this.closest("[lang]") as HTMLElement | null)?.lang ?? "";
    return /^(en|zh)\b/i.test(page) ? page : "";
  }

  #theme(): string {
    const own = this.getAttribute("theme") ?? "auto";
    return own === "auto" ? hostTheme() : own;
  }

  /** Origin of what the frame says: `null` for a file and for a sandbox that takes the frame's own away. */
  #origin(frame: HTMLIFrameElement): string {
    const sandbox = frame.getAttribute("sandbox");
    if (sandbox !== null && !/\ballow-same-origin\b/.test(sandbox)) return "null";
    return new URL(frame.src).origin;
  }

  /** Opens the frame now, when it comes near, or not before it is asked for. */
  #begin(): void {
    this.#seen?.disconnect();
    this.#seen = undefined;
    const load = this.load;
    if (load === "click") return;
    if (load === "eager" || !("IntersectionObserver" in globalThis)) return this.#open();
    this.#seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#open();
    }, { rootMargin: "200px" });
    this.#seen.observe(this);
  }

  #open(): void {
    if (this.#frame || !this.#unwatch) return;
    this.#seen?.disconnect();
    const frame = document.createElement("iframe");
    frame.title = this.label;
    frame.allow = "fullscreen; clipboard-write";
    const sandbox = this.getAttribute("sandbox");
    if (sandbox !== null) frame.setAttribute("sandbox", sandbox);
    this.#playing = false;
    this.#said = {};
    this.#painted = this.#theme();
    this.#frame = frame;
    this.#setState("loading");
    try {
      frame.src = this.#address().href;
    } catch {
      this.#frame = null;
      return this.#fail("load", `${this.base} is no address.`);
    }
    this.#timer = setTimeout(() => {
      this.#fail("timeout", `${frame.src.split("#")[0]} did not answer within ${this.timeout} seconds.`);
    }, this.timeout * 1_000);
    this.#before?.root.append(frame);
  }

  #close(code: string, message: string): void {
    clearTimeout(this.#timer);
    this.#seen?.disconnect();
    this.#seen = undefined;
    this.#frame?.remove();
    this.#frame = null;
    this.#changed.clear();
    this.#asking.end(code, message);
  }

  /** The frame will not come: what stands in the element is shown again, and a way to try once more. */
  #fail(code: string, message: string): void {
    this.#close(code, message);
    this.#setState("error");
    this.#tell("error", { code, message });
  }

  #reload(): void {
    // A new frame and no new address in the old one: that would be one more step to go Back.
    this.#close("reloaded", "An attribute has changed that the frame opens with.");
    this.#open();
  }

  /** Attributes have changed: by message where the frame can follow, otherwise it is opened again. */
  #follow(): void {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    if (!this.#frame || changed.size === 0) return;
    const ways: Record<string, () => Told | undefined> = {
      theme: () => ({ type: "setTheme", theme: (this.#painted = this.#theme()) }),
      lang: () => (this.#language() ? { type: "setLang", lang: this.#language() } : undefined),
      speed: () => {
        const speed = Number(this.getAttribute("speed"));
        return speed > 0 ? { type: "setSpeed", speed } : undefined;
      },
      step: () => this.#seeking("step"),
      "start-at": () => this.#seeking("start-at"),
      run: () => (this.#fragment() ? { type: "setState", link: this.#fragment() } : undefined),
      load: () => ({ type: "" }),
    };
    const told = [...changed].map((name) => ways[name]?.());
    if (this.#state !== "ready" || told.some((message) => !message)) return this.#reload();
    for (const message of told) {
      if (!message?.type) continue;
      const { type, ...rest } = message;
      // If it is refused, the frame says so itself; here it is one event more.
      this.#ask(type, rest).catch(({ code, message }: FaultlineError) => {
        if (this.#state === "ready") this.#tell("error", { code, message });
      });
    }
  }

  #seeking(name: string): Told | undefined {
    const step = this.getAttribute(name);
    return step !== null && /^\d+$/.test(step) ? { type: "seek", step: Number(step) } : undefined;
  }

  /** The page around has another theme. */
  #paint(): void {
    const theme = this.#theme();
    if (this.#state !== "ready" || theme === this.#painted) return;
    this.#painted = theme;
    this.#post({ type: "setTheme", theme });
  }

  // Messages.

  #post(message: Told): void {
    const frame = this.#frame;
    if (!frame?.contentWindow) return;
    const origin = this.#origin(frame);
    frame.contentWindow.postMessage({ faultline: 1, ...message }, origin === "null" ? "*" : origin);
  }

  #ask<T>(type: string, more: Record<string, unknown> = {}): Promise<T> {
    if (!this.#unwatch) return Promise.reject(new FaultlineError("removed", "The element is in no page."));
    if (!this.#frame) this.#open();
    return this.#asking.ask<T>(type, this.timeout, this.#state === "ready", (id) => this.#post({ type, id, ...more }));
  }

  #hear = (event: MessageEvent): void => {
    const frame = this.#frame;
    if (!frame || event.source !== frame.contentWindow || event.origin !== this.#origin(frame)) return;
    const said = event.data as (Told & { faultline?: unknown }) | null;
    if (typeof said !== "object" || said?.faultline !== 1) return;
    const number = (name: string): number => (typeof said[name] === "number" ? (said[name] as number) : 0);
    const text = (name: string): string => (typeof said[name] === "string" ? (said[name] as string) : "");
    switch (said.type) {
      case "ready": {
        const list = Array.isArray(said["capabilities"]) ? said["capabilities"].map(String) : [];
        // What carries a nonce answers the greeting; else the page in the frame has begun, and wants to be greeted.
        if (!text("nonce")) this.#post({ type: "hello", nonce: crypto.getRandomValues(new Uint32Array(2)).join("-") });
        return this.#isReady({ version: text("version"), sim: text("sim"), steps: number("steps"), capabilities: list });
      }
      case "reply":
        return this.#asking.answer(text("id"), said["ok"] === true, said["value"], said["error"]);
      case "play":
      case "pause":
        this.#playing = said.type === "play";
        return this.#tell(said.type, null);
      case "ended":
        this.#playing = false;
        return this.#tell("ended", null);
      case "interaction":
        return this.#tell("interaction", null);
      case "step":
        this.#said = { step: number("step"), total: number("total"), label: text("label") };
        return this.#tell("step", { ...this.#said });
      case "event": {
        const { faultline: _, type: __, ...detail } = said;
        return this.#tell("event", detail);
      }
      case "resize": {
        const height = Math.max(LEAST, Math.min(number("height"), MOST));
        if (this.#autosize() && number("height") > 0) this.style.setProperty("height", `${height}px`);
        return this.#tell("resize", { height: number("height"), width: number("width") });
      }
      case "error":
        // A page that stopped is no page any more; what it did not take leaves it as it was.
        if (text("code") === "stopped") return this.#fail("stopped", text("message"));
        return this.#tell("error", { code: text("code"), message: text("message") });
    }
  };

  #isReady(ready: Ready): void {
    clearTimeout(this.#timer);
    if (this.#state === "ready") return;
    this.#setState("ready");
    this.#asking.begin();
    // What has changed meanwhile around it or about it.
    this.#paint();
    this.#tell("ready", ready);
    if (this.#focusWhenReady) this.focus().catch(() => {});
    this.#focusWhenReady = false;
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`faultline-${name}`, { bubbles: true, composed: true, detail }));
  }

  // What stands there before the frame does.

  #autosize(): boolean {
    const value = this.getAttribute("autosize");
    return value !== null && !/^(false|0)$/i.test(value);
  }

  #size(): void {
    const height = this.height.trim();
    // No height is no property: then the page's style says it.
    this.style.setProperty("height", /^\d+(\.\d+)?$/.test(height) ? `${height}px` : height);
  }

  #setState(state: State): void {
    this.#state = state;
    this.setAttribute("data-state", state);
    this.#name();
  }

  #name(): void {
    if (this.#frame) this.#frame.title = this.label;
    let address = "";
    try {
      address = this.#address().href;
    } catch { /* No address, no link. */ }
    const [waits, failed] = [this.#state === "idle" && this.load === "click", this.#state === "error"];
    this.#before?.show({ waits, failed, lang: this.#language(), label: this.label, address });
  }
}

// Properties that reflect the frame's parameters, each under its name in camel case.
reflect(FaultlineSim.prototype);

/** The reflected parameters, as properties. A number that is not there is `null`. */
export interface FaultlineSim {
  sim: string;
  recipe: string;
  mistakes: string[];
  scenario: string;
  lesson: string;
  seed: string;
  /** Attribute `step`, or `start-at`: the event that it opens at. */
  startAt: number | null;
  autoplay: boolean;
  /** Milliseconds of the system a second on the screen. */
  speed: number | null;
  loop: boolean;
  /** Seconds, or `off`. */
  stopAfter: string;
  controls: "full" | "minimal" | "none" | "";
  panels: string[];
  readonly: boolean;
  fit: "width" | "both" | "none" | "";
  autosize: boolean;
  theme: Theme | "";
  motion: "auto" | "reduce" | "";
  narrate: "off" | "brief" | "full" | "";
  keys: boolean;
  allowlinks: boolean;
  poster: string;
  addEventListener<Name extends keyof Events>(
    type: Name,
    listener: (this: FaultlineSim, event: Events[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "faultline-sim": FaultlineSim;
  }
}

// Another copy of this script may have come first.
if (globalThis.customElements && !customElements.get("faultline-sim")) customElements.define("faultline-sim", FaultlineSim);
