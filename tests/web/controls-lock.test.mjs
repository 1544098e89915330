import { controlsOf } from "./controls.mjs";

controlsOf("lock");
