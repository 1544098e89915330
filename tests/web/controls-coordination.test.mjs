import { controlsOf } from "./controls.mjs";

controlsOf("coordination");
