//! What a run is saved as: the stage and the space-time diagram as SVG, the events as JSON and as ShiViz's log.
//!
//! Pure functions from a run to text: the page, its frame in other pages and the runner write the same bytes.

mod cards;
pub mod diagram;
pub mod fonts;
pub mod palette;
mod rules;
pub mod shiviz;
pub mod stage;
pub mod trace;

pub use palette::Palette;

use super::draw::{escape_into, plain_words, seconds};
use super::geometry::fixed;
use super::lesson::{Ask, veil, veil_diagram};
use super::run::Run;
use super::scene::{Lang, Stage, Time, View};
use super::text::word;
use std::fmt::Write;

/// So many events are read at once.
const AT_ONCE: u32 = 512;

/// The text would be longer than its reader can take: so many events, so many bytes were allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong {
    pub events: u32,
    pub most: usize,
}

/// A text that is written some events at a time, so that a page can draw and listen in between. The run may move meanwhile;
/// of the branch that it is on, what is before the moment of the beginning must stay.
pub trait Writer {
    /// Writes what follows, some events of it, to the end of `out`; whether any are left.
    ///
    /// # Errors
    /// The text would be longer than it may be.
    fn more(&mut self, run: &dyn Run, out: &mut String) -> Result<bool, TooLong>;
}

/// How much of a text has been written, and how much of it there may be: so many events, so many bytes.
struct Amount {
    /// Events before this one are written.
    from: u32,
    events: u32,
    bytes: usize,
    most: usize,
}

impl Amount {
    fn new(run: &dyn Run, most: usize) -> Self {
        Amount { from: 0, events: run.position().0, bytes: 0, most }
    }

    /// The next events: the first, and how many.
    fn next(&self) -> (u32, u32) {
        (self.from, AT_ONCE.min(self.events - self.from))
    }

    /// They are written, and took so many bytes; whether any are left.
    fn written(&mut self, bytes: usize) -> Result<bool, TooLong> {
        (self.from, self.bytes) = (self.from + self.next().1, self.bytes + bytes);
        if self.bytes > self.most {
            return Err(TooLong { events: self.events, most: self.most });
        }
        Ok(self.from < self.events)
    }
}

/// All of it at once.
///
/// # Errors
/// The text would be longer than it may be.
pub fn whole(mut writer: Box<dyn Writer>, run: &dyn Run) -> Result<String, TooLong> {
    let mut out = String::new();
    while writer.more(run, &mut out)? {}
    Ok(out)
}

/// What names and explains a picture.
pub struct Told {
    pub lang: Lang,
    pub title: String,
    pub description: String,
}

/// What a picture of this moment is called, and what it shows in words: the sentence, and all that repeats it.
fn told(run: &dyn Run, lang: Lang) -> Told {
    let spec = run.spec();
    let sentence: String = run.sentence(lang).pieces.iter().map(|p| plain_words(p, run.now())).collect();
    let recipe = if spec.recipe.is_empty() { String::new() } else { format!("/{}", spec.recipe) };
    let mistakes: String = spec.mistakes.iter().map(|mistake| format!(" +{mistake}")).collect();
    Told {
        lang,
        title: format!("Faultline: {}{recipe}{mistakes}, {}", run.scene(), seconds(run.now())),
        description: format!("{sentence} (seed {}, state {:032x})", spec.seed, run.state_hash()).trim().to_owned(),
    }
}

/// The beginning of a picture of so many pixels: a name and a description for those who cannot see it, and the pattern of
/// what is paused.
fn head(size: (f32, f32), told: &Told) -> String {
    let (w, h) = (fixed(size.0, 0), fixed(size.1, 0));
    let code = if told.lang == Lang::Zh { "zh-CN" } else { "en" };
    let mut head = String::new();
    let _ = write!(
        head,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" xml:lang=\"{code}\" \
         role=\"img\" aria-labelledby=\"faultline-title faultline-desc\" font-family=\"{}\"><title id=\"faultline-title\">",
        fonts::SANS.replace('\'', "&#39;")
    );
    escape_into(&mut head, &told.title);
    head.push_str("</title><desc id=\"faultline-desc\">");
    escape_into(&mut head, &told.description);
    head.push_str("</desc>");
    head
}

/// The stripes of what is paused, as `url(#paused)`.
fn stripes(palette: &Palette) -> String {
    format!(
        "<defs><pattern id=\"paused\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path d=\"M0 0V7\" stroke=\"{}\" stroke-width=\"1\" stroke-opacity=\"0.6\"/></pattern></defs>",
        palette.get("", "--hatch")
    )
}

/// The stage at the run's moment, laid out for `view`. It is as high as its content needs.
pub fn stage_svg(run: &dyn Run, view: &View, palette: &Palette) -> String {
    picture(run, &run.stage(view), view, &told(run, view.lang), palette)
}

/// The same while a question is open: without what would answer it, and without the sentence if that tells of it.
pub fn veiled_svg(run: &dyn Run, view: &View, ask: &Ask, palette: &Palette) -> String {
    let mut stage = run.stage(view);
    let veiled = veil(run, ask, &mut stage, view.lang);
    let mut told = told(run, view.lang);
    if run.sentence(view.lang).nodes.iter().any(|node| veiled.nodes.contains(node)) {
        told.description = format!("(seed {})", run.spec().seed);
    }
    picture(run, &stage, view, &told, palette)
}

fn picture(run: &dyn Run, stage: &Stage, view: &View, told: &Told, palette: &Palette) -> String {
    let size = (view.width, stage.height.max(view.height));
    stage::document(stage, size, run.now(), told, &word(view.lang, "common.placing"), palette)
}

/// The space-time diagram from one time to another, so many pixels wide and as high as its lanes need; while a question is
/// open without what its `veiled` nodes have told each other.
pub fn diagram_svg(
    run: &dyn Run,
    (from, to): (Time, Time),
    width: f32,
    lang: Lang,
    palette: &Palette,
    veiled: &[u16],
) -> String {
    let to = to.max(from + 1_000);
    let mut diagram = run.diagram(from, to, lang);
    veil_diagram(&mut diagram, veiled);
    let mut told = told(run, lang);
    told.title = format!("{} – {}", told.title.rsplit_once(", ").map_or("", |t| t.0), seconds(to));
    told.title = told.title.replacen(" – ", &format!(", {} – ", seconds(from)), 1);
    diagram::document(&diagram, (from, to), width, &told, palette)
}

/// The window that a diagram of this moment has if nobody says one: the whole run, or its latest `most` µs.
pub fn window(run: &dyn Run, most: Time) -> (Time, Time) {
    let now = run.now().max(1_000);
    (now.saturating_sub(most), now)
}

/// What a file of this moment is called: `lock-set-nx-px-6.900s.svg`. `ending` begins with what tells it from others.
pub fn file_name(run: &dyn Run, ending: &str) -> String {
    let spec = run.spec();
    let recipe = if spec.recipe.is_empty() { String::new() } else { format!("-{}", spec.recipe) };
    let seconds = seconds(run.now()).replace(' ', "");
    let name: String = format!("{}{recipe}-{seconds}{ending}", run.scene());
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}
