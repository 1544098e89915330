/** What stands in the element before its frame does, and when that does not come. */

import { words } from "./host.js";

const STYLE = (least: number): string => `
:host { display: block; position: relative; box-sizing: border-box; height: 480px; min-height: ${least}px; color-scheme: light dark; }
:host([hidden]) { display: none; }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
:host(:not([data-state="ready"])) iframe { visibility: hidden; }
.before { box-sizing: border-box; min-height: 100%; display: flex; flex-direction: column; gap: 12px; align-items: center; justify-content: center; padding: 16px; border: 1px solid GrayText; border-radius: 8px; }
:host([data-state="ready"]) .before, [hidden] { display: none; }
button { font: inherit; font-weight: 600; min-height: 44px; padding: 8px 20px; border: 1px solid; border-radius: 8px; background: Canvas; color: CanvasText; cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 3px solid; outline-offset: 2px; }
p { margin: 0; }
`;

const make = <Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] => document.createElement(name);

export class Before {
  readonly root: ShadowRoot;
  readonly #link = make("a");
  readonly #button = make("button");
  readonly #line = make("p");

  constructor(host: HTMLElement, least: number, pressed: () => void) {
    this.root = host.attachShadow({ mode: "open" });
    // A sheet that a script makes, since the host's policy may forbid style elements.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE(least));
    this.root.adoptedStyleSheets = [sheet];
    const box = make("div");
    box.className = "before";
    this.#link.target = "_blank";
    this.#link.rel = "noopener";
    this.#button.type = "button";
    this.#button.addEventListener("click", pressed);
    this.#line.setAttribute("role", "status");
    // What stands in the element; if nothing does, a link to the same simulation.
    const slot = make("slot");
    slot.append(this.#link);
    box.append(slot, this.#line, this.#button);
    this.root.append(box);
  }

  /** The button, where there is one to press. */
  get button(): HTMLButtonElement | undefined {
    return this.#button.hidden ? undefined : this.#button;
  }

  /** `waits`: the frame comes when the button is pressed. `failed`: it did not come. */
  show({ waits, failed, lang, label, address }: { waits: boolean; failed: boolean; lang: string; label: string; address: string }): void {
    const said = words(lang);
    this.#button.hidden = !waits && !failed;
    this.#button.textContent = failed ? said.again : said.start;
    this.#button.setAttribute("aria-label", `${this.#button.textContent}: ${label}`);
    this.#line.textContent = failed ? said.failed : "";
    this.#link.textContent = label;
    if (address) this.#link.href = address;
    else this.#link.removeAttribute("href");
  }
}
