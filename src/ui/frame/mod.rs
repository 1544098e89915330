//! What the address asks for after its `?`, and the page in another page's frame: contract v1 (docs/embed.md).
//!
//! All of this is one part of the page, fetched when the address has a key of the contract or the page is `embed.html`. The rest
//! knows it through [`FRAME`]. `start` opens the run that is asked for, `watch` looks at the page and tells what happens, `talk`
//! hears the page around this one, `size` says how much room is needed.

mod size;
mod start;
mod talk;
mod watch;

use super::app::{self, Panel};
use super::page::{List, Page, Theme};
use super::text::frame::FRAMES;
use super::{address, dom, html, notices};
use crate::embed::params::{self, Colours, Complaint, Controls, Fit, Narrate, Params};
use crate::scenes::scene::Lang;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

const STYLE: &str = include_str!("../../../style/frame.css");

/// What the rest of the page asks of this part.
pub struct Frame {
    /// Reads the query, before anything is drawn.
    pub read: fn(query: &str, embedded: bool) -> Asked,
    /// The page's skeleton is in the document.
    pub install: fn(Page, &Element),
    /// Opens what the query asks for, unless the run that the address names is on show already.
    pub open: fn(Page, opened: bool),
    /// Why nothing may be changed, if that is so.
    pub refusal: fn(Lang) -> Option<String>,
}

pub static FRAME: Frame = Frame { read, install, open: start::open, refusal };

/// What has to be fetched for it.
pub struct Asked {
    pub lang: Option<Lang>,
    pub scene: Option<String>,
    /// A run is asked for: the panels are part of it.
    pub run: bool,
}

#[derive(Default)]
struct Given {
    params: Params,
    complaints: Vec<Complaint>,
    embedded: bool,
}

thread_local! {
    static GIVEN: RefCell<Given> = RefCell::default();
}

/// What the address asks for.
fn given<R>(look: impl FnOnce(&Params) -> R) -> R {
    GIVEN.with_borrow(|given| look(&given.params))
}

fn read(query: &str, embedded: bool) -> Asked {
    let (params, complaints) = params::read(query);
    let asked = Asked { lang: params.lang, scene: params.sim.map(str::to_owned), run: params.names_a_run() };
    GIVEN.set(Given { params, complaints, embedded });
    asked
}

fn refusal(lang: Lang) -> Option<String> {
    given(|params| params.readonly).then(|| FRAMES.tr(lang, "readonly").to_owned())
}

/// Where the way to the full page goes.
const PANELS: [Panel; 1] = [(".full-page", full_page)];

fn install(page: Page, root: &Element) {
    dom::add_last_style(STYLE);
    let embedded = GIVEN.with_borrow(|given| given.embedded);
    given(|params| {
        if params.still {
            dom::keep_still();
            dom::toggle(root, "still", true);
        }
        if params.no_keys {
            page.keys_on.set(false);
        }
        dom::toggle(root, "readonly", params.readonly);
        if let Some(colours) = params.theme {
            set_theme(page, colours);
        }
        if embedded {
            lay_out(page, root, params);
        }
        if params.no_links {
            no_links(root);
        }
        narrate(root, params.narrate);
    });
    if embedded {
        app::add_panels(root, &PANELS);
        talk::install(page);
        size::install(root);
    }
}

/// The classes that say what of the page is in the frame.
fn lay_out(page: Page, root: &Element, params: &Params) {
    dom::toggle(root, "embedded", true);
    if params.panels.as_ref().is_some_and(|panels| panels.contains(&"events") && !panels.contains(&"properties")) {
        page.list.set(List::Events);
    }
    let panels = |panel: &str| params.panels.as_ref().is_some_and(|panels| panels.contains(&panel));
    for (class, on) in [
        ("no-controls", params.controls == Controls::None),
        ("few-controls", params.controls != Controls::Full),
        ("left-out", panels("controls")),
        ("right-out", panels("inspector") || panels("properties") || panels("events")),
        ("with-inspector", panels("inspector")),
        ("with-findings", panels("properties") || panels("events")),
        // Of the two lists behind tabs only one was asked for.
        ("one-list", panels("properties") != panels("events")),
        ("with-diagram", panels("diagram")),
        ("no-diagram", params.panels.is_some() && !panels("diagram")),
        ("flowing", fit(params) == Fit::Width),
        ("one-size", fit(params) == Fit::None),
    ] {
        dom::toggle(root, class, on);
    }
}

fn fit(params: &Params) -> Fit {
    params.fit.unwrap_or(if params.autosize { Fit::Width } else { Fit::Both })
}

/// Colours, and whether they are a projector's: then the style sheet makes words and strokes stronger.
fn set_theme(page: Page, colours: Colours) {
    page.theme.set(match colours {
        Colours::Auto => Theme::Auto,
        Colours::Light | Colours::Projector => Theme::Light,
        Colours::Dark => Theme::Dark,
    });
    if let Some(html) = dom::document().and_then(|document| document.document_element()) {
        dom::toggle(&html, "projector", colours == Colours::Projector);
    }
}

/// Links to other pages do nothing.
fn no_links(root: &Element) {
    dom::toggle(root, "no-links", true);
    for name in ["click", "auxclick"] {
        dom::listen_captured(root, name, |event| {
            if dom::carrier(&event, "href").is_some_and(|(_, href)| !href.starts_with('#')) {
                event.prevent_default();
                event.stop_propagation();
            }
        });
    }
}

/// With nothing to be said the live region is none; what is said in full is `watch`'s.
fn narrate(root: &Element, how: Narrate) {
    let Some(spoken) = root.query_selector(".spoken").ok().flatten() else { return };
    if how != Narrate::Brief {
        dom::set(&spoken, "aria-live", "off");
    }
}

/// The way to the same moment in the full page. The header is not shown, and its heading with it: a page has one all the same.
fn full_page(page: Page) -> String {
    const HEAD: &str = "<h1 class=\"visually-hidden\">Faultline</h1>";
    if given(|params| params.no_links) {
        return HEAD.to_owned();
    }
    let link = full_link(page);
    let words = FRAMES.tr(page.lang_now(), "full-page");
    format!(
        "{HEAD}<a target=\"_blank\" rel=\"noopener\" href=\"{}\" aria-label=\"{words}\" title=\"{words}\">\
         <span class=\"wide\">{words}</span><span class=\"narrow\" aria-hidden=\"true\">↗</span></a>",
        html::text(&link)
    )
}

/// The address of the full page at this moment.
fn full_link(page: Page) -> String {
    address::full_page() + &address::fragment(page).unwrap_or_default()
}

/// Says what of the address was not taken: on the console and, where there is room for it, as a notice.
fn complain(page: Page, words: String) {
    warn_console(&words);
    if given(|params| params.controls != Controls::None) {
        notices::warn(page, words);
    }
}

fn complaint(lang: Lang, about: &Complaint) -> String {
    if about.taken.is_empty() {
        FRAMES.say(lang, "as-usual", &[about.name, &about.given])
    } else {
        FRAMES.say(lang, "taken", &[about.name, &about.given, about.taken])
    }
}

fn warn_console(words: &str) {
    let console = dom::window().and_then(|window| dom::get(&window, "console"));
    if let Some(console) = console
        && let Some(warn) = dom::get(&console, "warn").and_then(|warn| warn.dyn_into::<js_sys::Function>().ok())
    {
        let _ = warn.call1(&console, &JsValue::from_str(words));
    }
}
