import Theme from "vitepress/theme";
import Faultline from "./Faultline.vue";

export default { extends: Theme, enhanceApp: ({ app }) => app.component("Faultline", Faultline) };
