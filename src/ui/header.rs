//! The top row: the mark, the scenes, sharing, language, theme and help.

use super::dom;
use super::icons::{self, icon};
use super::page::{Dialog, Page, Theme};
use crate::scenes::SCENES;
use crate::scenes::scene::Lang;
use leptos::prelude::*;

pub fn header(page: Page) -> impl IntoView {
    view! {
        <header class="header">
            <h1 class="brand">
                <span
                    class="mark"
                    aria-hidden="true"
                    inner_html={icons::MARK}
                ></span>
                "Faultline"
            </h1>
            <nav class="tabs" aria-label=move || page.tr("scenes")>
                {SCENES.iter().map(|scene| tab(page, scene)).collect::<Vec<_>>()}
            </nav>
            <div class="tools">{tools(page)}</div>
            <button
                class="icon-button menu"
                aria-expanded=move || page.drawer.get().to_string()
                aria-label=move || page.tr(if page.drawer.get() { "close" } else { "menu" })
                on:click=move |_| page.drawer.update(|open| *open = !*open)
            >
                {move || icon(if page.drawer.get() { "close" } else { "menu" })}
            </button>
        </header>
    }
}

fn tab(page: Page, scene: &'static str) -> AnyView {
    let (long, short) = match scene {
        "ring" => ("tab-ring", "tab-ring-short"),
        "lock" => ("tab-lock", "tab-lock-short"),
        _ => ("tab-commit", "tab-commit-short"),
    };
    let current = move || if page.scene.with(|s| s == scene) { "page" } else { "false" };
    view! {
        <button class="tab" data-scene=scene aria-current=current on:click=move |_| page.open_scene(scene)>
            <span class="wide">{move || page.tr(long)}</span>
            <span class="narrow">{move || page.tr(short)}</span>
        </button>
    }
    .into_any()
}

fn tools(page: Page) -> AnyView {
    let theme_icon = move || {
        icon(match page.theme.get() {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        })
    };
    let theme_words = move || {
        page.tr(match page.theme.get() {
            Theme::Auto => "theme-auto",
            Theme::Light => "theme-light",
            Theme::Dark => "theme-dark",
        })
    };
    view! {
        <button class="button" on:click=move |_| page.dialog.set(Dialog::Share)>{move || page.tr("share")}</button>
        <button class="quiet language" aria-label="English / 中文" on:click=move |_| switch_language(page)>
            <span class:now=move || page.lang.get() == Lang::En>"EN"</span>
            " · "
            <span class:now=move || page.lang.get() == Lang::Zh lang="zh-CN">"中文"</span>
        </button>
        <button class="icon-button theme" aria-label=theme_words title=theme_words on:click=move |_| switch_theme(page)>
            {theme_icon}
        </button>
        <button
            class="icon-button help"
            aria-label=move || page.tr("help")
            title=move || page.tr("help")
            on:click=move |_| page.dialog.set(Dialog::Help)
        >
            "?"
        </button>
    }
    .into_any()
}

fn switch_language(page: Page) {
    page.lang.update(|lang| *lang = if *lang == Lang::En { Lang::Zh } else { Lang::En });
    if !page.embedded {
        dom::store("faultline.lang", if page.lang_now() == Lang::Zh { "zh" } else { "en" });
    }
}

fn switch_theme(page: Page) {
    page.theme.update(|theme| {
        *theme = match theme {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        };
    });
    if !page.embedded {
        dom::store("faultline.theme", theme_name(page.theme.get_untracked()));
    }
}

pub fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
