// What the browser's threads did, from its own trace.

/** Tells the page's own thread from those of other pages and of the browser's own windows. */
const MARK = "faultline-traced";

/** Records what all of the browser's threads did while `work` ran. */
export async function trace(page, work, more = "") {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const categories = `devtools.timeline,v8,blink.user_timing,disabled-by-default-devtools.timeline${more}`;
  await session.send("Tracing.start", { categories, transferMode: "ReportEvents" });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  await work();
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return events;
}

const threadOf = (event) => `${event.pid} ${event.tid}`;

/** The thread of the page that was traced. */
export const mainThread = (events) => threadOf(events.find(({ name }) => name === MARK) ?? {});

/** The thread that draws most frames: of a page whose frames are another site's, that of the frames. */
export function drawingThread(events) {
  const drawn = new Map();
  for (const event of events) {
    if (event.name === "FireAnimationFrame") drawn.set(threadOf(event), (drawn.get(threadOf(event)) ?? 0) + 1);
  }
  return [...drawn].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The events of one thread that have a length. */
export const onThread = (events, thread) => events.filter((event) => event.ph === "X" && threadOf(event) === thread);

/**
 * The tasks of the page's thread, in milliseconds: `wall` from beginning to end, `cpu` of those at work. On a busy machine the
 * thread waits for a core in the midst of a task, and only the second number is the page's own.
 */
export function tasks(events, thread = mainThread(events)) {
  const own = onThread(events, thread).filter(({ name }) => name === "RunTask");
  return own.map(({ dur, tdur }) => ({ wall: dur / 1_000, cpu: (tdur ?? dur) / 1_000 }));
}
