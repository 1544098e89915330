//! Practise: one question after the other, drawn without end. Nothing of it is kept or handed in.

use super::play::{self, Play};
use super::source::Source;
use crate::scenes::lesson::practise::{Exercise, Kind, exercise};
use crate::scenes::lesson::{Lesson, LessonWords};
use crate::scenes::scene::Lang;
use crate::ui::page::Page;
use crate::ui::text::lessons::TEACHES;
use crate::ui::{dom, html, notices, parts};

/// Questions that the page draws have a number below this: it fits into an address and a mouth.
const NUMBERS: u64 = 1_000_000;

/// Which question it is, and how the ones before it went.
#[derive(Clone)]
pub struct Drill {
    exercise: Exercise,
    /// Any kind comes next.
    mixed: bool,
    pub asked: u32,
    pub right: u32,
}

impl Drill {
    pub fn words(&self, lang: Lang) -> LessonWords {
        LessonWords {
            title: self.exercise.kind.title(lang),
            stops: vec![self.exercise.words(lang)],
            ..LessonWords::default()
        }
    }
}

/// A number that depends on when it was asked for.
fn number() -> u64 {
    let mixed = ((dom::screen_ms() * 1_000.0) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 20) % NUMBERS
}

/// Opens a question of a kind; of any kind if it is called `any`.
pub fn open(page: Page, kind: &str, wanted: Option<u64>) {
    let number = wanted.unwrap_or_else(number);
    let mixed = kind == "any";
    let any = || Kind::ALL.get(number as usize % Kind::ALL.len()).copied();
    match if mixed { any() } else { Kind::named(kind) } {
        Some(kind) => {
            put(page, Drill { exercise: exercise(kind, number), mixed, asked: 0, right: 0 });
        }
        None => notices::warn(page, TEACHES.say(page.lang_now(), "no-lesson", &[&super::source::short(kind)])),
    }
}

/// The next question of the same kind.
pub fn next(page: Page, drill: &Drill) {
    let number = number();
    let any = Kind::ALL[number as usize % Kind::ALL.len()];
    let kind = if drill.mixed { any } else { drill.exercise.kind };
    put(page, Drill { exercise: exercise(kind, number), ..drill.clone() });
}

fn put(page: Page, drill: Drill) {
    parts::with_scenes(page, vec![drill.exercise.kind.scene().to_owned()], move || {
        let lesson = Lesson { minutes: 1, parts: vec![drill.exercise.part.clone()], ..Lesson::default() };
        let source = Source { name: "practise".to_owned(), ..Source::default() };
        let lang = page.lang_now();
        let words = drill.words(lang);
        play::begin_with(page, Play { words, drill: Some(drill), ..Play::new(source, "", lesson, lang) });
    });
}

/// Fetches the scenes of all kinds, whose words say what they are.
pub fn all(page: Page) {
    let scenes = Kind::ALL.iter().map(|kind| kind.scene().to_owned()).collect();
    parts::with_scenes(page, scenes, crate::ui::kept::changed);
}

/// The kinds, in the list of lessons.
pub fn list(page: Page) -> String {
    let lang = page.lang_now();
    let mut out = format!(
        "<section class=\"lesson-kinds\"><h3>{}</h3><p class=\"lesson-intro\">{}</p><div class=\"lesson-moves\">",
        TEACHES.tr(lang, "practise"),
        TEACHES.tr(lang, "practise-why")
    );
    out += &html::button("button", "lesson practise any", TEACHES.tr(lang, "practise-any"));
    let here = |kind: &Kind| parts::here(kind.scene(), lang);
    if !Kind::ALL.iter().all(here) {
        out += &html::button("quiet", "lesson kinds", TEACHES.tr(lang, "practise-more"));
    }
    for kind in Kind::ALL {
        // Its words come with its scene.
        if here(&kind) {
            out += &html::button("button", &format!("lesson practise {}", kind.name()), &kind.title(lang));
        }
    }
    out + "</div></section>"
}
