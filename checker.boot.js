// The script of the worker that searches. It hears the page, lets the search work a slice at a time so that it hears in
// between, and speaks for it when WebAssembly cannot. What is said is text: src/scenes/searching/wire.rs.
import init, { hear, turn } from "./checker.js";

const early = [];
const { port1, port2 } = new MessageChannel();
let started = false;
let dead = false;
let due = false;

const say = (what) => postMessage(JSON.stringify(what));

function enter(act) {
  if (dead) return;
  try {
    if (act() && !due) {
      due = true;
      port2.postMessage(null);
    }
  } catch (error) {
    // A panic has told its message already; of anything else, such as a lack of memory, this is the only word.
    dead = true;
    say({ died: [String(error?.message ?? error), null] });
  }
}

port1.onmessage = () => {
  due = false;
  enter(turn);
};
onmessage = ({ data }) => {
  if (started) enter(() => hear(data));
  else early.push(data);
};

try {
  await init();
  started = true;
  for (const data of early) enter(() => hear(data));
} catch (error) {
  dead = true;
  say({ missing: String(error?.message ?? error) });
}
