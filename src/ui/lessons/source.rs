//! Where a lesson's texts come from: the shelf, or files of the reader's.

use super::{complain, play};
use crate::scenes::lesson::{Ask, Lesson, LessonError, LessonWords, Shelved, Why, load, question, words};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use crate::scenes::{OpenError, open};
use crate::ui::page::Page;
use crate::ui::parts;
use crate::ui::text::lessons::TEACHES;
use wasm_bindgen::JsCast;
use web_sys::{Element, File, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

/// No lesson, nor its words, is larger, in bytes.
const LARGEST: f64 = 262_144.0;
/// So many files are read at once: a lesson and its words.
const MOST: u32 = 8;

#[derive(Clone, PartialEq, Eq, Default)]
pub struct Source {
    pub name: String,
    pub file: String,
    pub en: String,
    pub zh: String,
    /// It is a file of the reader's.
    pub own: bool,
}

impl Source {
    pub fn of(shelved: &Shelved) -> Source {
        Source {
            name: shelved.name.to_owned(),
            file: shelved.lesson.to_owned(),
            en: shelved.en.to_owned(),
            zh: shelved.zh.to_owned(),
            own: false,
        }
    }

    pub fn lesson(&self, student: &str) -> Result<Lesson, LessonError> {
        load(&self.name, &self.file, student)
    }

    /// Its words in this language, or in the other where there are none.
    pub fn text(&self, lang: Lang) -> &str {
        let (first, other) = if lang == Lang::Zh { (&self.zh, &self.en) } else { (&self.en, &self.zh) };
        if first.trim().is_empty() { other } else { first }
    }

    /// They were checked when the files were opened.
    pub fn words(&self, lang: Lang, lesson: &Lesson) -> LessonWords {
        words(self.text(lang), &lesson.drawn).unwrap_or_default()
    }
}

/// The scenes that its runs are of.
pub fn scenes(lesson: &Lesson) -> Vec<String> {
    let mut names: Vec<String> = lesson.parts.iter().map(|part| part.run.scene.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// A name of somebody else's, as a sentence can hold it.
pub fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// What stands in a field.
pub fn typed(element: &Element) -> String {
    let words = if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.value()
    } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        area.value()
    } else {
        element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value).unwrap_or_default()
    };
    words.chars().filter(|c| !c.is_control() || *c == '\n').take(4_000).collect()
}

/// What is wrong with a file, in the reader's language.
pub fn told(lang: Lang, error: &LessonError) -> String {
    let why = match error.why {
        Why::TooLong => "why-too-long",
        Why::NoHead => "why-no-head",
        Why::Unknown => "why-unknown",
        Why::Number => "why-number",
        Why::Empty => "why-empty",
        Why::Order => "why-order",
        Why::Twice => "why-twice",
        Why::Undrawn => "why-undrawn",
    };
    at_line(lang, error.line, TEACHES.tr(lang, why), &error.text)
}

fn at_line(lang: Lang, line: usize, why: &str, text: &str) -> String {
    if line == 0 {
        return why.to_owned();
    }
    TEACHES.say(lang, "line-is", &[&line.to_string(), why, text])
}

/// Whether its runs open, its facts are known and its properties exist: what reading the file alone cannot tell.
pub fn check(source: &Source, lesson: &Lesson, lang: Lang) -> Result<(), String> {
    for text in [&source.en, &source.zh] {
        if let Err(line) = words(text, &lesson.drawn) {
            let raw = text.lines().nth(line - 1).unwrap_or_default();
            return Err(at_line(lang, line, TEACHES.tr(lang, "why-words"), &short(raw)));
        }
    }
    for part in &lesson.parts {
        let run = open(&RunSpec { at: 0, events: 0, hash: 0, ..part.run.clone() }, lang).map_err(|OpenError(why)| why);
        let run = run.map_err(|why| at_line(lang, part.line, &why, &format!("scene {}", short(&part.run.scene))))?;
        for stop in &part.stops {
            if let Some(Ask::Break(code) | Ask::Drop(code)) = &stop.ask
                && !run.findings(lang).iter().any(|finding| finding.code == code)
            {
                return Err(at_line(lang, stop.line, TEACHES.tr(lang, "why-property"), &short(code)));
            }
            if question(part, stop, lang).is_err() {
                let asked = if let Some(Ask::Fact(words)) = &stop.ask { words } else { &stop.name };
                return Err(at_line(lang, stop.line, TEACHES.tr(lang, "why-fact"), &short(asked)));
            }
        }
    }
    Ok(())
}

/// Files were chosen: a lesson, and its words.
pub fn choose(page: Page, element: &Element, then: fn(Page, Source)) {
    let Some(input) = element.dyn_ref::<HtmlInputElement>() else { return };
    let files: Vec<File> = match input.files() {
        Some(list) => (0..list.length().min(MOST)).filter_map(|n| list.get(n)).collect(),
        None => Vec::new(),
    };
    wasm_bindgen_futures::spawn_local(async move {
        match read(page.lang_now(), files).await {
            Ok(source) => then(page, source),
            Err(why) => complain(why),
        }
    });
    // The same files may be chosen again.
    input.set_value("");
}

async fn read(lang: Lang, files: Vec<File>) -> Result<Source, String> {
    let mut source = Source { own: true, ..Source::default() };
    for file in files {
        let name = file.name();
        let wrong = |key| Err(TEACHES.say(lang, key, &[&short(&name)]));
        if file.size() > LARGEST {
            return wrong("file-large");
        }
        let Ok(buffer) = wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await else {
            return wrong("file-unread");
        };
        let Ok(text) = String::from_utf8(js_sys::Uint8Array::new(&buffer).to_vec()) else {
            return wrong("file-no-text");
        };
        if let Some(stem) = name.strip_suffix(".lesson") {
            source.name = stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
            source.file = text;
        } else if name.ends_with(".zh.txt") {
            source.zh = text;
        } else if name.ends_with(".txt") {
            source.en = text;
        } else {
            return wrong("file-kind");
        }
    }
    if source.file.is_empty() { Err(TEACHES.tr(lang, "file-none").to_owned()) } else { Ok(source) }
}

/// Checks a lesson of the reader's and begins it; the present run stays where something is wrong.
pub fn opened(page: Page, source: Source) {
    let lang = page.lang_now();
    let lesson = match source.lesson("") {
        Ok(lesson) => lesson,
        Err(error) => return complain(told(lang, &error)),
    };
    parts::with_scenes(page, scenes(&lesson), move || match check(&source, &lesson, lang) {
        Ok(()) => play::start(page, source, ""),
        Err(why) => complain(why),
    });
}
