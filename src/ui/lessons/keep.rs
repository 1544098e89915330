//! A lesson that is being taken survives a reload within its tab, where storage is allowed; in a frame none is touched.

use super::play::{self, Phase, Play};
use super::source::{self, Source};
use crate::scenes::lesson::{decode, encode, find, mark};
use crate::scenes::run::RunSpec;
use crate::ui::page::Page;
use crate::ui::{app, dom, parts};

const KEY: &str = "faultline.lesson";
/// The texts of a lesson of the reader's.
const OWN: &str = "faultline.lesson.own";
/// The student number in the address that the lesson was opened with: another one is another student's lesson.
const ASKED: &str = "faultline.lesson.asked";
const DRAFT: &str = "faultline.lesson.draft";
const DONE: &str = "faultline.lesson.done";
/// Between the texts: no text file has it.
const CUT: char = '\u{1e}';

/// What was kept of a lesson.
pub struct Kept {
    pub name: String,
    at: usize,
    begun: bool,
    link: String,
}

pub fn save(page: Page) {
    if page.embedded {
        return;
    }
    if play::with(|play| play.drill.is_some()) == Some(true) {
        return;
    }
    let text = play::with(|play| {
        // Runs that fit no link are not kept.
        let link = encode(&play.sheet()).unwrap_or_default();
        let own = [&play.source.file, &play.source.en, &play.source.zh].map(String::as_str).join(&CUT.to_string());
        let begun = play.phase != Phase::Intro;
        (format!("{} {begun} {} {link}", play.at, play.source.name), own, play.source.own)
    });
    let Some((line, own, is_own)) = text else { return };
    dom::session_store(KEY, &line);
    dom::session_store(ASKED, &asked());
    dom::session_store(OWN, if is_own { &own } else { "" });
}

fn asked() -> String {
    app::asked("student").unwrap_or_default()
}

/// Whether what was kept is this lesson, opened by the address that the page has now.
pub fn is(page: Page, name: &str) -> bool {
    kept(page).is_some_and(|kept| kept.name == name) && dom::session_stored(ASKED).unwrap_or_default() == asked()
}

pub fn forget(page: Page) {
    if !page.embedded {
        dom::session_store(KEY, "");
        dom::session_store(OWN, "");
    }
}

pub fn kept(page: Page) -> Option<Kept> {
    if page.embedded {
        return None;
    }
    let line = dom::session_stored(KEY)?;
    let mut words = line.splitn(4, ' ');
    let (at, begun) = (words.next()?.parse().ok()?, words.next()? == "true");
    Some(Kept { at, begun, name: words.next()?.to_owned(), link: words.next()?.to_owned() })
}

fn source(name: &str) -> Option<Source> {
    let own = dom::session_stored(OWN).unwrap_or_default();
    let mut texts = own.split(CUT).map(str::to_owned);
    match (texts.next().filter(|file| !file.is_empty()), find(name)) {
        (Some(file), _) => Some(Source {
            name: name.to_owned(),
            file,
            en: texts.next().unwrap_or_default(),
            zh: texts.next().unwrap_or_default(),
            own: true,
        }),
        (None, shelved) => shelved.map(Source::of),
    }
}

/// Whether a run is of the same scene, set-up and seed.
fn same(a: &RunSpec, b: &RunSpec) -> bool {
    (&a.scene, &a.recipe, a.seed) == (&b.scene, &b.recipe, b.seed)
}

/// Goes on where the lesson was left. `shown`: only if its run is the one on show, else it waits in the list.
pub fn resume(page: Page, shown: bool) {
    let Some(kept) = kept(page) else { return };
    let Some(source) = source(&kept.name) else { return };
    // Of a sheet that did not fit nothing is left.
    let sheet = decode(&kept.link).unwrap_or_default();
    let Ok(lesson) = source.lesson(&sheet.student) else { return };
    let lang = page.lang_now();
    parts::with_scenes(page, source::scenes(&lesson), move || {
        let mut play = Play::new(source, &sheet.student, lesson, lang);
        play.at = kept.at.min(play.stops().count());
        for given in sheet.answers {
            let marked = play
                .stops()
                .find(|(_, stop)| stop.name == given.stop)
                .and_then(|(part, stop)| mark(part, stop, &given.answer, lang).ok());
            if let Some(marked) = marked {
                play.record(&given.stop, given.answer, marked.passed);
            }
        }
        play.phase = match (kept.begun, play.stop()) {
            (false, _) => Phase::Intro,
            (true, Some(_)) => Phase::Asked,
            (true, None) => Phase::End,
        };
        let last = play.lesson.parts.last();
        let part = play.stop().map(|(part, _)| part).or(last);
        let ours = part.is_some_and(|part| page.look(|run| same(&run.spec(), &part.run)).unwrap_or(false));
        play::set(play);
        if ours || !shown {
            play::go_on(page);
        }
    });
}

/// A lesson that is being written.
pub fn save_draft(page: Page, source: &Source) {
    if !page.embedded {
        let texts = [&source.name, &source.file, &source.en, &source.zh].map(String::as_str);
        dom::session_store(DRAFT, &texts.join(&CUT.to_string()));
    }
}

pub fn draft(page: Page) -> Option<Source> {
    if page.embedded {
        return None;
    }
    let text = dom::session_stored(DRAFT)?;
    let mut texts = text.split(CUT).map(str::to_owned);
    let mut next = || texts.next();
    Some(Source { name: next()?, file: next()?, en: next()?, zh: next()?, own: true })
}

/// Lessons that were taken to their end in this tab.
pub fn finished(page: Page, then: impl FnOnce(Vec<String>)) {
    if !page.embedded
        && let Some(names) = dom::session_stored(DONE)
    {
        then(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect());
    }
}

pub fn finish(page: Page, names: &str) {
    if !page.embedded {
        dom::session_store(DONE, names);
    }
}
