//! The top row: the mark, the scenes, sharing, language, theme and help.

use super::page::{Page, Theme};
use super::{dom, html, parts};
use crate::scenes::scene::Lang;
use crate::scenes::{SCENES, TABS};

pub fn panel(page: Page) -> String {
    let drawer = page.drawer.get();
    let mut out = String::from(
        "<h1 class=\"brand\"><span class=\"mark\" aria-hidden=\"true\"><svg viewBox=\"0 0 24 16\"><use href=\"#i-mark\"></use></svg></span>Faultline</h1>",
    );
    out += &format!("<nav class=\"tabs\" aria-label=\"{}\">", page.tr("scenes"));
    let here = page.scene.get();
    let awaited = page.awaited.get().0;
    for tab in TABS {
        let scene = tab[0];
        let (long, short) = names(scene);
        let current = if tab.contains(&&*here) { "page" } else { "false" };
        let busy = tab.contains(&&*awaited) && here != awaited;
        out += &format!(
            "<button type=\"button\" class=\"tab\" data-scene=\"{scene}\" data-act=\"scene {scene}\" aria-current=\"{current}\" aria-busy=\"{busy}\">\
             <span class=\"wide\">{}</span><span class=\"narrow\">{}</span></button>",
            page.tr(long),
            page.tr(short)
        );
    }
    out += "</nav><div class=\"tools\">";
    out += &html::button("button lessons", "dialog lessons", page.tr("lessons"));
    out += &html::button("button share", "dialog share", page.tr("share"));
    let now = |lang| if page.lang.get() == lang { " class=\"now\"" } else { "" };
    out += &format!(
        "<button type=\"button\" class=\"quiet language\" data-act=\"language\"><span{}>EN</span> · <span lang=\"zh-CN\"{}>中文</span></button>",
        now(Lang::En),
        now(Lang::Zh)
    );
    let theme = page.theme.get();
    let words = match theme {
        Theme::Auto => page.tr("theme-auto"),
        Theme::Light => page.tr("theme-light"),
        Theme::Dark => page.tr("theme-dark"),
    };
    out += &html::icon_button("icon-button theme", "theme", theme_name(theme), words);
    let help = page.tr("help");
    out += &format!(
        "<button type=\"button\" class=\"icon-button help\" data-act=\"dialog help\" aria-label=\"{help}\" title=\"{help}\">?</button></div>"
    );
    let (name, words) = if drawer { ("close", page.tr("close")) } else { ("menu", page.tr("menu")) };
    out += &format!(
        "<button type=\"button\" class=\"icon-button menu\" data-act=\"drawer\" aria-expanded=\"{drawer}\" aria-label=\"{words}\">{}</button>",
        html::icon(name)
    );
    out
}

/// What the tab of a scene, the first there, is called: in full, and where there is little room.
pub fn names(scene: &str) -> (&'static str, &'static str) {
    match scene {
        "placement" => ("tab-placement", "tab-placement-short"),
        "ring" => ("tab-ring", "tab-ring-short"),
        "lock" => ("tab-lock", "tab-lock-short"),
        _ => ("tab-commit", "tab-commit-short"),
    }
}

/// The scene of this name, if there is one.
pub fn scene(name: &str) -> Option<&'static str> {
    SCENES.into_iter().find(|scene| *scene == name)
}

pub fn switch_language(page: Page) {
    let lang = if page.lang_now() == Lang::En { Lang::Zh } else { Lang::En };
    parts::with(page, &page.scene.get(), lang, move |here| {
        if !here {
            return;
        }
        page.lang.set(lang);
        dom::store("faultline.lang", if lang == Lang::Zh { "zh" } else { "en" });
    });
}

pub fn switch_theme(page: Page) {
    let theme = match page.theme.get() {
        Theme::Auto => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::Auto,
    };
    page.theme.set(theme);
    dom::store("faultline.theme", theme_name(theme));
}

pub fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
