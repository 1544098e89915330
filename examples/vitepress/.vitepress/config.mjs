import { defineConfig } from "vitepress";

export default defineConfig({
  title: "Locks",
  srcExclude: ["README.md"],
  head: [["link", { rel: "icon", href: "data:," }]],
  locales: {
    root: { label: "English", lang: "en" },
    zh: { label: "简体中文", lang: "zh-CN", title: "分布式锁", themeConfig: { outline: { label: "本页目录" } } },
  },
  // An element is no component of Vue.
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "faultline-sim" } } },
});
