import Reveal from "./node_modules/reveal.js/dist/reveal.mjs";

// A slide's frame is loaded when it is near, and told when it is shown (slide:start) and left (slide:stop): a run with
// `autoplay` plays while its slide is on the wall.
await Reveal.initialize({ hash: true, viewDistance: 1, width: 1200, height: 760 });
