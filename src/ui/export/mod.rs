//! What the page saves of a moment, as a part of its own: pictures of the stage and of the diagram, the events as a trace.
//!
//! The texts are those of `scenes/export`, which the runner writes too; here are the page's size and theme, and the PNG. The
//! rest of the page knows all this through [`EXPORTING`].

mod png;

use super::page::{Page, Theme};
use super::{dom, parts, slices};
use crate::scenes::export::{self, Palette, TooLong, Writer, shiviz, trace};
use crate::scenes::run::Run;
use crate::scenes::scene::{Time, View};

/// A trace that the page writes is not longer, in bytes: the browser keeps it until it is saved.
const MOST: usize = 64 << 20;
/// A diagram that is saved shows so much of the run, and is so wide.
const SHOWN: Time = 24_000_000;
const WIDE: f32 = 1_080.0;
/// A stage is never laid out for less than this.
const LEAST: (f32, f32) = (300.0, 220.0);

/// A file: its name and its bytes.
pub struct Saved {
    pub name: String,
    pub blob: web_sys::Blob,
}

/// Why there is no file.
pub enum Unsaved {
    /// There is no run on show.
    NoRun,
    /// The run has so many events; the runner writes what is too long here.
    TooLong(u32),
    /// The browser does not take so much.
    Refused,
    /// What was being written was taken back, or another run has come.
    Gone,
}

/// Told of a text file once it is written.
pub type Written = Box<dyn FnOnce(Result<Saved, Unsaved>)>;

/// Told when a PNG is drawn: its name and its bytes, or nothing if the browser could not.
pub type Drawn = Box<dyn FnOnce(Option<(String, web_sys::Blob)>)>;

/// What the rest of the page asks of this part.
pub struct Exporting {
    /// A text file of this moment: `stage`, `diagram`, `trace` or `shiviz`.
    pub text: fn(Page, &str, Written),
    /// The stage as PNG, at twice its size.
    pub png: fn(Page, Drawn),
    /// The stage as SVG, for whoever asks from outside the page.
    pub stage_svg: fn(Page) -> Option<String>,
}

pub static EXPORTING: Exporting = Exporting { text, png, stage_svg };

/// The colours that the page shows: those of the theme that it wears, or that the reader's machine asks for.
fn palette(page: Page) -> Option<Palette> {
    let worn = dom::document()?.document_element()?.get_attribute("data-theme");
    let worn = worn.and_then(|name| Palette::of(&name));
    let dark = match page.theme.get() {
        Theme::Auto => dom::matches_media("(prefers-color-scheme: dark)"),
        theme => theme == Theme::Dark,
    };
    worn.or_else(|| Palette::of(if dark { "dark" } else { "light" }))
}

/// The size of the stage on the page.
fn view(page: Page) -> View {
    let scroll = dom::document().and_then(|document| document.query_selector(".stage-scroll").ok().flatten());
    let (width, height) = scroll.map_or(LEAST, |scroll| (scroll.client_width() as f32, scroll.client_height() as f32));
    View { width: width.max(LEAST.0), height: height.max(LEAST.1), lang: page.lang_now() }
}

fn stage_svg(page: Page) -> Option<String> {
    let palette = palette(page)?;
    page.look(|run| seen(page, run, &palette))
}

/// The stage as it is shown: without what an open question keeps back.
fn seen(page: Page, run: &dyn Run, palette: &Palette) -> String {
    let asked = parts::lessons().filter(|_| page.veils()).and_then(|lessons| (lessons.asked)());
    match asked {
        Some(ask) => export::veiled_svg(run, &view(page), &ask, palette),
        None => export::stage_svg(run, &view(page), palette),
    }
}

fn text(page: Page, what: &str, written: Written) {
    let lang = page.lang_now();
    let writer = |run: &dyn Run| match what {
        "trace" => Some((".json", "application/json", trace::writer(run, lang, MOST))),
        "shiviz" => Some((".shiviz.log", "text/plain", shiviz::writer(run, lang, MOST))),
        _ => None,
    };
    let begun =
        page.look(|run| writer(run).map(|(ending, kind, writer)| (export::file_name(run, ending), kind, writer)));
    match begun {
        None => written(Err(Unsaved::NoRun)),
        Some(Some((name, kind, writer))) => {
            let saved = move |blob: Option<Result<web_sys::Blob, Unsaved>>| {
                Ok(Saved { name, blob: blob.ok_or(Unsaved::Gone)?? })
            };
            slices::read(page, reader(kind, writer), |blob| written(saved(blob)));
        }
        Some(None) => written(picture(page, what)),
    }
}

/// Has a writer write on, until all is written or has become too long.
fn reader(
    kind: &'static str,
    mut writer: Box<dyn Writer>,
) -> impl FnMut(&dyn Run) -> Option<Result<web_sys::Blob, Unsaved>> {
    let pieces = dom::Pieces::default();
    move |run| {
        let mut piece = String::new();
        let left = match writer.more(run, &mut piece) {
            Ok(left) => left,
            Err(TooLong { events, .. }) => return Some(Err(Unsaved::TooLong(events))),
        };
        match pieces.push(&piece) {
            Some(()) if left => None,
            Some(()) => Some(pieces.whole(&format!("{kind};charset=utf-8")).ok_or(Unsaved::Refused)),
            None => Some(Err(Unsaved::Refused)),
        }
    }
}

/// The stage or the diagram as SVG.
fn picture(page: Page, what: &str) -> Result<Saved, Unsaved> {
    let palette = palette(page).ok_or(Unsaved::NoRun)?;
    let picture = page.look(|run| {
        let (ending, text) = if what == "diagram" {
            // While a question is open nothing later than now is shown, and never is more than what is there.
            let window = export::window(run, SHOWN);
            let veiled = page.veiled.with(|veiled| veiled.nodes.clone());
            ("-diagram.svg", export::diagram_svg(run, window, WIDE, page.lang_now(), &palette, &veiled))
        } else {
            (".svg", seen(page, run, &palette))
        };
        (export::file_name(run, ending), text)
    });
    let (name, text) = picture.ok_or(Unsaved::NoRun)?;
    Ok(Saved { name, blob: dom::text_blob("image/svg+xml", &text).ok_or(Unsaved::Refused)? })
}

fn png(page: Page, drawn: Drawn) {
    let name = page.look(|run| export::file_name(run, ".png"));
    match name.zip(stage_svg(page)) {
        Some((name, svg)) => png::draw(&svg, name, drawn),
        None => drawn(None),
    }
}
