//! Sharing this very moment: a link, code for other pages, a file.

use super::{files, saves};
use crate::scenes::TABS;
use crate::scenes::link::LinkError;
use crate::ui::page::Page;
use crate::ui::text::share::SHARES;
use crate::ui::text::tr;
use crate::ui::{address, dom, header, html, notices};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// In pixels: less cannot be used (WCAG 1.4.10), more is no longer a part of a page.
const HEIGHTS: (u32, u32) = (256, 2_000);
const THEMES: [(&str, &str); 4] = [
    ("auto", "colours-auto"),
    ("light", "colours-light"),
    ("dark", "colours-dark"),
    ("projector", "colours-projector"),
];
const CONTROLS: [(&str, &str); 3] =
    [("full", "controls-full"), ("minimal", "controls-minimal"), ("none", "controls-none")];

/// How the moment is to be shown elsewhere.
#[derive(Clone, Copy)]
struct Options {
    height: u32,
    theme: &'static str,
    controls: &'static str,
    autoplay: bool,
}

thread_local! {
    static OPTIONS: Cell<Options> =
        const { Cell::new(Options { height: 480, theme: "auto", controls: "full", autoplay: false }) };
}

impl Options {
    /// What differs from how it is shown anyway, as key and value.
    fn said(&self) -> Vec<(&'static str, &'static str)> {
        let mut said = Vec::new();
        if self.theme != "auto" {
            said.push(("theme", self.theme));
        }
        if self.controls != "full" {
            said.push(("controls", self.controls));
        }
        // Without a pause button nothing may begin to move by itself.
        if self.autoplay && self.controls != "none" {
            said.push(("autoplay", "true"));
        }
        said
    }
}

/// This moment, and where the page is from which it is shared.
struct Moment {
    /// The full page at this moment.
    link: String,
    /// The link's fragment, with its `#`.
    run: String,
    sim: String,
    /// What it is called, in the reader's language.
    label: String,
    /// The site's address up to its last slash.
    folder: String,
    /// The name of the page that is one file, if this is it.
    alone: Option<String>,
}

impl Moment {
    fn of(page: Page) -> Result<Moment, LinkError> {
        let run = address::fragment(page)?;
        let full = address::full_page();
        let path = full.split('?').next().unwrap_or_default();
        let (folder, name) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
        let (sim, step) = page.look(|run| (run.scene().to_owned(), run.position().0)).ok_or(LinkError::Malformed)?;
        let tab = TABS.iter().find(|tab| tab.contains(&&*sim)).map_or(&*sim, |tab| tab[0]);
        let label = SHARES.say(page.lang_now(), "label", &[page.tr(header::names(tab).0), &step.to_string()]);
        let alone = whole_file().is_some_and(|file| file.is_empty()).then(|| name.to_owned());
        Ok(Moment { link: full.clone() + &run, run, sim, label, folder: folder.to_owned(), alone })
    }

    fn markdown(&self) -> String {
        let label: String = self.label.chars().filter(|c| !matches!(c, '[' | ']' | '\\')).collect();
        format!("[{label}]({})", self.link.replace('(', "%28").replace(')', "%29"))
    }

    fn frame(&self, options: &Options) -> String {
        let page = match &self.alone {
            Some(name) => format!("{name}?embed&"),
            None => format!("{}embed.html?", self.folder),
        };
        let mut address = format!("{page}sim={}", self.sim);
        for (key, value) in options.said() {
            address += &format!("&{key}={value}");
        }
        format!(
            "<iframe src=\"{}\" title=\"{}\" width=\"100%\" height=\"{}\" loading=\"lazy\" allow=\"fullscreen; clipboard-write\"></iframe>",
            html::text(&(address + &self.run)),
            html::text(&self.label),
            options.height
        )
    }

    fn element(&self, options: &Options) -> String {
        let said: String = options.said().iter().map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
        format!(
            "<script type=\"module\" src=\"{}v1/embed.js\"></script>\n\
             <faultline-sim sim=\"{}\" run=\"{}\" label=\"{}\" height=\"{}\"{said}>\n  <a href=\"{}\">{}</a>\n</faultline-sim>",
            html::text(&self.folder),
            self.sim,
            html::text(self.run.trim_start_matches('#')),
            html::text(&self.label),
            options.height,
            html::text(&self.link),
            html::text(&self.label)
        )
    }
}

/// The name of the file that is the whole page, if the site has one; empty in that file itself.
fn whole_file() -> Option<String> {
    dom::document()?.document_element()?.get_attribute("data-single")
}

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let mut out = format!("<p>{}</p>", tr(lang, "share-intro"));
    match Moment::of(page) {
        Ok(moment) => out += &elsewhere(page, &moment),
        Err(LinkError::TooLong) => out += &format!("<p class=\"hint\">{}</p>", tr(lang, "share-too-long")),
        Err(_) => out += &format!("<p class=\"hint\">{}</p>", page.tr("no-run")),
    }
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}{}</div>",
        tr(lang, "lecture"),
        tr(lang, "lecture-help"),
        html::button("button", "teach present", tr(lang, "present")),
        html::button("button", "dialog qr", tr(lang, "qr"))
    );
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}\
         <label class=\"button file\"><input type=\"file\" accept=\".faultline,text/plain\" class=\"visually-hidden\" data-change=\"file\">{}</label></div>",
        tr(lang, "as-file"),
        tr(lang, "file-help"),
        html::button("button", "save", tr(lang, "save-file")),
        tr(lang, "open-file")
    );
    out + &saves::section(page)
}

fn elsewhere(page: Page, moment: &Moment) -> String {
    let lang = page.lang_now();
    let options = OPTIONS.get();
    let say = |key| SHARES.tr(lang, key);
    let head = |key| format!("<h3 class=\"caps\">{}</h3>", say(key));
    let copy = |name, shown: &str| named_copy(page, name, shown);
    let mut out = copy(page.tr("link"), &moment.link);
    out += &head("markdown");
    out += &copy(say("markdown"), &moment.markdown());
    out += &format!("<h3 class=\"caps\">{}</h3>", page.tr("embed"));
    out += &controls(page, &options);
    let help = if moment.alone.is_some() { "alone" } else { "frame-help" };
    out += &format!("<h4>{}</h4><p class=\"hint\">{}</p>", say("frame"), say(help));
    out += &copy(say("frame"), &moment.frame(&options));
    if moment.alone.is_none() {
        out += &format!("<h4>{}</h4><p class=\"hint\">{}</p>", say("element"), say("element-help"));
        out += &copy(say("element"), &moment.element(&options));
    }
    if whole_file().is_some_and(|file| !file.is_empty()) {
        out += &format!(
            "{}<p class=\"hint\">{}</p><div class=\"offers\">{}</div>",
            head("file"),
            say("file-help"),
            html::button("button", "share-file", say("file-save"))
        );
    }
    out
}

/// A text to copy, whose button says of what.
fn named_copy(page: Page, name: &str, shown: &str) -> String {
    let plain = html::copyable(name, page.tr("copy"), shown);
    let named = format!("data-act=\"copy\" aria-label=\"{}\"", html::text(&page.say("copy-named", &[name])));
    plain.replacen("data-act=\"copy\"", &named, 1)
}

fn controls(page: Page, options: &Options) -> String {
    let lang = page.lang_now();
    let say = |key| SHARES.tr(lang, key);
    let choice = |key: &str, name, now: &str, all: &[(&str, &'static str)]| {
        let option = |(value, words): &(&str, &'static str)| {
            let selected = if *value == now { " selected" } else { "" };
            format!("<option value=\"{value}\"{selected}>{}</option>", say(words))
        };
        let all: String = all.iter().map(option).collect();
        format!(
            "<label class=\"share-choice\"><span>{}</span><select data-change=\"share {key}\" data-value=\"{now}\">{all}</select></label>",
            say(name)
        )
    };
    let (low, high) = HEIGHTS;
    let (still, on) = (options.controls == "none", options.autoplay && options.controls != "none");
    format!(
        "<div class=\"share-options\" role=\"group\" aria-label=\"{}\">\
         <label class=\"share-choice\"><span>{}</span><input type=\"number\" min=\"{low}\" max=\"{high}\" step=\"20\" value=\"{}\" data-change=\"share height\"></label>\
         {}{}<label class=\"control toggle\"><span>{}</span><input type=\"checkbox\" role=\"switch\" data-change=\"share autoplay\"{}{}></label></div>",
        say("options"),
        say("height"),
        options.height,
        choice("theme", "colours", options.theme, &THEMES),
        choice("controls", "controls", options.controls, &CONTROLS),
        say("autoplay"),
        if on { " checked" } else { "" },
        if still { " disabled" } else { "" }
    )
}

/// An option was changed: the code follows.
pub fn change(key: &str, value: &str) {
    let mut options = OPTIONS.get();
    let known = |of: &[(&'static str, &str)]| of.iter().find(|(name, _)| *name == value).map(|(name, _)| *name);
    match key {
        "height" => options.height = value.parse().unwrap_or(options.height).clamp(HEIGHTS.0, HEIGHTS.1),
        "theme" => options.theme = known(&THEMES).unwrap_or(options.theme),
        "controls" => options.controls = known(&CONTROLS).unwrap_or(options.controls),
        "autoplay" => options.autoplay = value == "on",
        _ => {}
    }
    OPTIONS.set(options);
}

/// Saves the whole page as one file that opens at this moment.
pub fn save_file(page: Page) {
    let (Ok(moment), Some(file)) = (Moment::of(page), whole_file()) else { return };
    let seed = page.look(|run| run.spec().seed).unwrap_or(0);
    spawn_local(async move {
        let text = whole_text(&format!("{}{file}", moment.folder)).await.ok().filter(|text| text.contains("<html "));
        let Some(text) = text else {
            return notices::warn(page, SHARES.tr(page.lang_now(), "whole-missing").to_owned());
        };
        let at_moment = text.replacen("<html ", &format!("<html data-run=\"{}\" ", html::text(&moment.run)), 1);
        files::save_text(page, &format!("faultline-{}-{seed}.html", moment.sim), "text/html", &at_moment);
    });
}

async fn whole_text(address: &str) -> Result<String, JsValue> {
    let window = dom::window().ok_or(JsValue::NULL)?;
    let response = JsFuture::from(window.fetch_with_str(address)).await?;
    if dom::get(&response, "ok").and_then(|ok| ok.as_bool()) != Some(true) {
        return Err(JsValue::NULL);
    }
    let text: js_sys::Function = dom::get(&response, "text").ok_or(JsValue::NULL)?.dyn_into()?;
    let promise: js_sys::Promise = text.call0(&response)?.dyn_into()?;
    JsFuture::from(promise).await?.as_string().ok_or(JsValue::NULL)
}
