// What a page must be for everyone, looked for in the page itself. Each function runs in the page and gives complaints.

const each = (found) => [...new Set(found)];

/** Text that its box cuts off, and does not scroll. What an ellipsis cuts must be told in whole by a title or a name. */
export const clipped = (page, but = null) => page.evaluate((but) => {
  const found = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden, [aria-hidden=true]");
  const words = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of document.querySelectorAll("body *")) {
    if (!(element instanceof HTMLElement) || !words(element) || !shown(element)) continue;
    if (element.matches("option, textarea, script, style, noscript p") || (but && element.closest(but))) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect();
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      const edge = box.getBoundingClientRect();
      const cut = (side) => ["hidden", "clip"].includes(style[`overflow${side}`]);
      const scrolls = ["auto", "scroll"].some((way) => style.overflowX === way || style.overflowY === way);
      const told = box.closest("[title], [aria-label]") !== null;
      const wide = cut("X") && (text.right > edge.right + 2 || text.left < edge.left - 2) && !(style.textOverflow === "ellipsis" && told);
      const high = cut("Y") && (text.bottom > edge.bottom + 2 || text.top < edge.top - 2);
      if (wide || high) found.push(`${box.className || box.tagName} cuts off “${element.innerText.slice(0, 40)}” of ${element.className || element.tagName}`);
      if (scrolls) break;
    }
  }
  return [...new Set(found)];
}, but);

/** Controls that lie on each other: of two buttons one could not be pressed. Messages on the stage may cross. */
export const overlapping = (page) => page.evaluate(() => {
  const scope = document.querySelector("dialog[open]") ?? document;
  const controls = [...scope.querySelectorAll("button, input, select, textarea, summary, a[href]")].filter((element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest(".stage, .two-thumbs, [inert], .visually-hidden, .diagram"));
  // What scrolls away under the edge of its box is not there.
  const box = (element) => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const edge = up.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, edge.left), Math.max(top, edge.top), Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    return { left, top, right, bottom };
  };
  const boxes = controls.map((element) => [element, box(element)]);
  const name = (element) => element.getAttribute("aria-label") || element.innerText || element.className;
  const found = [];
  boxes.forEach(([a, one], n) => boxes.slice(n + 1).forEach(([b, other]) => {
    if (a.contains(b) || b.contains(a) || a.closest("label")?.contains(b)) return;
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (wide > 2 && high > 2) found.push(`“${name(a).slice(0, 30)}” and “${name(b).slice(0, 30)}” overlap`);
  }));
  return found;
});

/** Whatever is wider than its place: the page itself, or a box that scrolls sideways and is neither picture nor table. */
export const sideways = (page) => page.evaluate(() => {
  const root = document.documentElement;
  const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide on a ${root.clientWidth} px screen`] : [];
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    if (!["auto", "scroll"].includes(style.overflowX) || element.scrollWidth <= element.clientWidth + 1) continue;
    if (!element.checkVisibility() || element.matches("textarea, pre") || element.closest(".stage, .diagram, .sheet-scroll, table, [class*=scroll]")) continue;
    // One row of buttons: those out of sight come in when the focus gets to them.
    if (element.matches(".opening-tabs, .takes")) continue;
    found.push(`${element.className || element.tagName} scrolls sideways: ${element.scrollWidth} px in ${element.clientWidth} px`);
  }
  return found;
});

/** Controls without a name or with a role that says nothing, by the browser's own accessibility tree. */
export async function unnamed(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const roles = ["button", "link", "checkbox", "switch", "slider", "combobox", "textbox", "searchbox", "spinbutton", "radio", "tab", "menuitem", "dialog", "region", "img", "image"];
  const bad = nodes.filter((node) => !node.ignored && roles.includes(node.role?.value) && !node.name?.value?.trim());
  return each(bad.map((node) => `a ${node.role.value} has no name (node ${node.backendDOMNodeId})`));
}

/** How often each live region changed while `work` ran. */
export async function heard(page, work) {
  await page.evaluate(() => {
    window.heardLines = [];
    const regions = document.querySelectorAll("[aria-live=polite], [aria-live=assertive], [role=status], [role=alert], [role=log], output");
    window.heardWatch = new MutationObserver((changes) => {
      const places = new Set(changes.map(({ target }) => (target.nodeType === 1 ? target : target.parentElement)?.closest("[aria-live], [role=status], [role=alert], [role=log], output")));
      for (const place of places) {
        if (place && place.getAttribute("aria-live") !== "off") window.heardLines.push([place.className, place.innerText.trim(), Math.round(performance.now())]);
      }
    });
    for (const region of regions) window.heardWatch.observe(region, { subtree: true, childList: true, characterData: true });
  });
  await work();
  return page.evaluate(() => { window.heardWatch.disconnect(); return window.heardLines; });
}

/** WCAG 1.4.12: what a reader may set, and nothing may be lost by it. */
export const spaced = (page) => page.evaluate(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
});
