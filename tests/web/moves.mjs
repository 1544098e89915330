// What a reader does, in steps that tests share. Names are the English page's.
import { execFileSync } from "node:child_process";
import { state, until } from "./harness.mjs";

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const CARD = ".stage [data-node]";
export const PILL = ".stage [data-pill]";

/** The first scene of each tab, in their order. */
export const scenesOf = (page) => page.$$eval("nav [data-scene]", (tabs) => tabs.map((tab) => tab.dataset.scene));

/** Tabs with several scenes. */
const FAMILIES = { lock: ["lock", "coordination"] };

/** All scenes, those that share a tab with another one as well. */
export const allScenes = async (page) => (await scenesOf(page)).flatMap((tab) => FAMILIES[tab] ?? [tab]);

/** Waits until the scene is on show: its part of the page may have to be fetched first. */
export const onShow = (page, scene) => page.locator(`nav [data-scene="${scene}"][aria-current="page"]`).waitFor();

export async function openScene(page, scene) {
  const [tab] = Object.entries(FAMILIES).find(([, scenes]) => scenes.includes(scene)) ?? [scene];
  await page.locator(`nav [data-scene="${tab}"]`).click();
  await onShow(page, tab);
  await until(`the run of ${tab} is there`, async () => (FAMILIES[tab] ?? [tab]).includes((await state(page)).scene));
  if ((await state(page)).scene !== scene) {
    // The others of a tab are behind its first scene's list of recipes.
    await explore(page);
    await page.locator("[data-key=recipe] select").evaluate((list, scene) => {
      list.value = [...list.options].map((option) => option.value).find((value) => value.startsWith(`${scene} `));
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }, scene);
  }
  await until(`the run of ${scene} is there`, async () => (await state(page)).scene === scene);
}

/** From the question to the free run with all panels. */
export async function explore(page) {
  const leave = page.locator(".opening-leave");
  if (await leave.isVisible()) await leave.click();
  await page.locator(".app:not(.folded):not(.drawing)").waitFor({ state: "attached" });
}

export async function stepForward(page) {
  const before = (await state(page)).events;
  await page.locator(".transport .forward").click();
  await until("one event more", async () => (await state(page)).events > before);
}

/** Steps until a message is under way. */
export async function untilMessage(page) {
  const found = await page.evaluate(async (pill) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const forward = document.querySelector(".transport .forward");
    for (let n = 0; n < 80; n += 1) {
      if (document.querySelector(pill)) return true;
      const { events } = window.faultline.state();
      forward.click();
      for (let wait = 0; wait < 300 && window.faultline.state().events === events; wait += 1) await frame();
      await frame();
    }
    return false;
  }, PILL);
  if (!found) throw new Error("80 events and no message under way");
}

export const card = (page, n = 0) => page.locator(CARD).nth(n);

export async function select(page, locator) {
  await locator.click();
  await page.locator(".inspector h2").waitFor();
}

/** Presses the offer of the inspector whose command begins so, be it behind "more". */
export async function offer(page, begins) {
  const wanted = page.locator(`.inspector [data-line^="${begins}"]`).first();
  const more = page.locator(".inspector .more");
  if (!(await wanted.isVisible()) && (await more.isVisible())) await more.click();
  await wanted.click();
}

/** A rich moment: a past and a future, something to undo and something to redo, a message under way. */
export async function rich(page) {
  await explore(page);
  await untilMessage(page);
  for (const n of [0, 1]) {
    await select(page, card(page, n));
    await page.locator(".inspector .offers [data-line]").first().click();
  }
  await page.locator(".inspector .panel-head button").click();
  await page.locator(".transport .history button").first().click();
  for (let n = 0; n < 3; n += 1) await stepForward(page);
  await page.locator(".transport .back").click();
  const larger = page.locator(".zoom button").nth(1);
  if (await larger.isVisible()) await larger.click();
  await page.waitForTimeout(150);
}

/** The scene's usual run after so many minutes, as the runner plays it: its link, its hashes, its time and its events. */
export function played(scene, minutes) {
  const runner = (...words) => execFileSync(process.env.FAULTLINE_RUNNER, words, { encoding: "utf8" });
  const [recipe] = { coordination: ["coordination/zookeeper"], lock: ["lock/set-nx-px-fence"] }[scene];
  const [link] = runner("links", "--spec", recipe).split("\t");
  return JSON.parse(runner("run", link, "--until", String(minutes * 60_000), "--json"));
}
