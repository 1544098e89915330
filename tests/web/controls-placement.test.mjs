import { controlsOf } from "./controls.mjs";

controlsOf("placement");
