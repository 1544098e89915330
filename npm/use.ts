// What a host written in TypeScript relies on. It is compiled with the element and never run.
import { FaultlineError, FaultlineSim, type RunState } from "./embed.js";

FaultlineSim.base = "https://example.edu/faultline/";
const made = document.createElement("faultline-sim");
made.sim = "lock";
made.startAt = 12;
made.mistakes = ["blind-write"];
made.autoplay = false;
made.theme = "projector";
made.addEventListener("faultline-step", ({ detail }) => console.log(detail.step + 1, detail.label.length));
made.addEventListener("faultline-event", ({ detail }) => console.log(detail.kind, detail.property ?? ""));
made.addEventListener("click", () => {});
const state: RunState = await made.getState();
await made.setState(state.link);
await made.seek(state.total).catch((error: unknown) => {
  if (error instanceof FaultlineError && error.code === "timeout") console.log(error.message);
});
// @ts-expect-error a number of events, not a word
await made.step("two");
// @ts-expect-error a theme that there is
made.theme = "sepia";
