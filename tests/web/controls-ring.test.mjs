import { controlsOf } from "./controls.mjs";

controlsOf("ring");
