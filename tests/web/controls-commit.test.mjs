import { controlsOf } from "./controls.mjs";

controlsOf("commit");
