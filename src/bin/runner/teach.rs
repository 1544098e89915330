//! What a teacher prints: a page of all lessons, and a sheet a lesson with its answers, in both languages.

use super::{Failure, Flags, Outcome};
use faultline::scenes::draw::escape_into;
use faultline::scenes::export::{self, Palette};
use faultline::scenes::lesson::{
    Answer, Ask, LESSONS, Lesson, LessonWords, Part, Shelved, Stop, load, mark, question, words,
};
use faultline::scenes::open;
use faultline::scenes::scene::{Lang, Time, View};
use std::fmt::Write;
use std::path::Path;

/// Pictures of a sheet, in pixels: as wide as a page of paper, and so high that two questions fit on one. A circle needs more.
const WIDE: f32 = 720.0;
const HIGH: (f32, f32) = (300.0, 420.0);

/// No colours of its own: paper and screen have theirs.
const STYLE: &str = "\
:root { color-scheme: light dark; font-family: system-ui, \"Noto Sans CJK SC\", sans-serif; line-height: 1.5; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
dt { font-weight: 600; } dd { margin: 0 0 0.6rem; }
.name { display: flex; gap: 2rem; margin: 1.5rem 0; }
.name span { flex: 1; border-bottom: 1px solid; padding-bottom: 1.4rem; }
svg { display: block; width: 100%; height: auto; margin: 1rem 0; border: 1px solid; }
.choices { list-style: none; padding: 0; } .choices li::before { content: \"\\2610\"; margin-right: 0.6em; }
.lines { height: 6rem; border-bottom: 1px solid; }
section { break-inside: avoid; }
.turn { margin: 2rem 0 0; padding-top: 0.6rem; border-top: 1px dashed; font-style: italic; }
.next-page, .answers { break-before: page; margin-top: 60vh; }
@page { margin: 16mm; }
@media print {
  nav { display: none; } :root { color-scheme: light; font-size: 10pt; } body { margin: 0 auto; padding: 0; }
  .next-page, .answers { margin-top: 0; }
}
";

/// What the sheets themselves say, in both languages.
struct Says {
    tag: &'static str,
    lessons: &'static str,
    intro: &'static str,
    goal: &'static str,
    misconception: &'static str,
    minutes: &'static str,
    books: &'static str,
    open: &'static str,
    sheet: &'static str,
    name: &'static str,
    number: &'static str,
    by_hand: &'static str,
    answers: &'static str,
    colon: &'static str,
    turn: &'static str,
    another: &'static str,
    transfer: &'static str,
    index: &'static str,
}

const EN: Says = Says {
    tag: "en",
    lessons: "Lessons",
    intro: "Each lesson asks first and lets the run answer. The sheet has its questions on paper; the answers are on a page of their own, as the simulator gives them without a student number. With a number the parameters differ: faultline answers LESSON --student NUMBER.",
    goal: "Goal",
    misconception: "Misconception",
    minutes: "minutes",
    books: "In the books",
    open: "Open the lesson",
    sheet: "Sheet to print",
    name: "Name",
    number: "Student number",
    by_hand: "Write down what you would do.",
    answers: "Answers",
    colon: ": ",
    turn: "Answer before you turn the page: the next one tells how it went on.",
    another: "Any run that breaks it is right.",
    transfer: "Another run",
    index: "All lessons",
};

const ZH: Says = Says {
    tag: "zh-CN",
    lessons: "课程",
    intro: "每一课都先提问，再由运行给出答案。练习单把问题印在纸上；答案单独成页，是模拟器在没有学号时给出的结果。使用学号时参数不同：faultline answers LESSON --student NUMBER。",
    goal: "目标",
    misconception: "误解",
    minutes: "分钟",
    books: "参考书",
    open: "打开课程",
    sheet: "可打印的练习单",
    name: "姓名",
    number: "学号",
    by_hand: "写下你的做法。",
    answers: "答案",
    colon: "：",
    turn: "请先作答，再翻页：下一页会透露上面的结果。",
    another: "任何打破它的运行都算正确。",
    transfer: "另一次运行",
    index: "全部课程",
};

/// `teach FOLDER`: writes the pages.
pub fn teach(flags: &mut Flags) -> Outcome {
    let folder = flags.word().ok_or_else(|| Failure("teach wants a folder".to_owned()))?;
    flags.done()?;
    let folder = Path::new(&folder);
    let failed = |error: std::io::Error| Failure(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in pages()? {
        std::fs::write(folder.join(name), text).map_err(failed)?;
    }
    Ok(0)
}

/// All files, by name.
fn pages() -> Result<Vec<(String, String)>, Failure> {
    let mut pages = vec![("teach.css".to_owned(), STYLE.to_owned())];
    for (lang, says) in [(Lang::En, &EN), (Lang::Zh, &ZH)] {
        let mut body = format!("<h1>{}</h1><p>{}</p>", says.lessons, says.intro);
        for shelved in LESSONS {
            let lesson = load(shelved.name, shelved.lesson, "").map_err(|error| Failure(error.to_string()))?;
            let text = if lang == Lang::Zh { shelved.zh } else { shelved.en };
            let words = words(text, &lesson.drawn)
                .map_err(|line| Failure(format!("{}: line {line} of its words", shelved.name)))?;
            let sheet = format!("{}.{}.html", shelved.name, short(lang));
            body += &entry(shelved, &lesson, &words, &sheet, says);
            pages.push((sheet, page(says, &words.title, &paper(&lesson, &words, lang, says)?)));
        }
        let other =
            if lang == Lang::Zh { ("index.html", "en", "English") } else { ("index.zh.html", "zh-CN", "中文") };
        let nav = format!("<nav><a href=\"{}\" lang=\"{}\">{}</a></nav>", other.0, other.1, other.2);
        let name = if lang == Lang::Zh { "index.zh.html" } else { "index.html" };
        pages.push((name.to_owned(), page(says, says.lessons, &(nav + &body))));
    }
    Ok(pages)
}

fn short(lang: Lang) -> &'static str {
    if lang == Lang::Zh { "zh" } else { "en" }
}

fn page(says: &Says, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; base-uri 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} – Faultline</title>\n\
         <link rel=\"stylesheet\" href=\"teach.css\">\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n",
        says.tag,
        escaped(title)
    )
}

/// A lesson on the page of all.
fn entry(shelved: &Shelved, lesson: &Lesson, words: &LessonWords, sheet: &str, says: &Says) -> String {
    let mut out = format!("<section><h2>{}</h2><dl>", escaped(&words.title));
    let books: Vec<String> = words.books.iter().map(|book| escaped(book)).collect();
    for (name, value) in [
        (says.goal, escaped(&words.goal)),
        (says.misconception, escaped(&words.misconception)),
        (says.books, books.join("<br>")),
    ] {
        let _ = write!(out, "<dt>{name}</dt><dd>{value}</dd>");
    }
    let lang = if says.tag == "en" { "en" } else { "zh" };
    let _ = writeln!(
        out,
        "</dl><p>{} {} · <a href=\"../?lesson={}&amp;lang={lang}\">{}</a> · <a href=\"{sheet}\">{}</a></p></section>",
        lesson.minutes, says.minutes, shelved.name, says.open, says.sheet
    );
    out
}

/// The sheet of a lesson: its questions, and on a page of their own its answers.
fn paper(lesson: &Lesson, words: &LessonWords, lang: Lang, says: &Says) -> Result<String, Failure> {
    let index = if lang == Lang::Zh { "index.zh.html" } else { "index.html" };
    let mut asked = format!(
        "<nav><a href=\"{index}\">{}</a></nav><h1>{}</h1><div class=\"name\"><span>{}</span><span>{}</span></div>",
        says.index,
        escaped(&words.title),
        says.name,
        says.number
    );
    let mut answers =
        format!("<div class=\"answers\"><h2>{}{}{}</h2>", says.answers, says.colon, escaped(&words.title));
    let palette = Palette::of("light").ok_or_else(|| Failure("there is no light theme".to_owned()))?;
    let mut n = 0;
    for part in &lesson.parts {
        if part.transfer {
            let _ = write!(asked, "<h2>{}</h2>", says.transfer);
        }
        // Of the questions on this page, by when the run has answered the first.
        let mut told_from = None;
        for stop in &part.stops {
            let Some(said) = words.stop(&stop.name) else { continue };
            n += 1;
            let turned = told_from.take_if(|from| *from <= stop.at).is_some();
            if turned && let Some(end) = asked.rfind("</section>") {
                asked.insert_str(end, &format!("<p class=\"turn\">{}</p>", says.turn));
            }
            let place = if turned { " class=\"next-page\"" } else { "" };
            let _ = write!(asked, "<section{place}><h3>{n}</h3><p>{}</p>", escaped(&said.say));
            asked += &picture(part, stop, n, lang, &palette)?;
            let Marked { choices, right, known } = marked(part, stop, lang)?;
            told_from = told_from.into_iter().chain(known).min();
            let own = |value: &str, words: &str| {
                let own = said.choices.iter().find(|(known, _)| known == value).map(|(_, words)| words.clone());
                escaped(&own.unwrap_or_else(|| words.to_owned()))
            };
            if stop.ask.is_some() {
                let _ = write!(asked, "<p><b>{}</b></p>", escaped(&said.ask));
            }
            match &stop.ask {
                None => {}
                Some(Ask::Break(_)) => {
                    let _ = write!(asked, "<p>{}</p><div class=\"lines\"></div>", says.by_hand);
                    let _ = write!(answers, "<p><b>{n}.</b> {} {}</p>", says.another, escaped(&said.hint));
                }
                Some(_) => {
                    asked += "<ul class=\"choices\">";
                    for (value, words) in &choices {
                        let _ = write!(asked, "<li>{}</li>", own(value, words));
                    }
                    asked += "</ul>";
                    let rights: Vec<String> = choices
                        .iter()
                        .filter(|(value, _)| right.contains(value))
                        .map(|(value, words)| own(value, words))
                        .collect();
                    let (rights, why) = (rights.join("; "), escaped(&said.right));
                    let _ = write!(answers, "<p><b>{n}. {rights}</b>{}{why}</p>", says.colon);
                }
            }
            asked += "</section>\n";
        }
    }
    Ok(asked + &answers + "</div>")
}

/// The stage at a stop, the n-th picture of its page, without what is asked.
fn picture(part: &Part, stop: &Stop, n: usize, lang: Lang, palette: &Palette) -> Result<String, Failure> {
    let mut run = open(&part.run, lang).map_err(|error| Failure(error.0))?;
    run.seek(stop.at);
    // On paper nothing can be looked up: what an answer would look at is, and what would give it away is then taken off.
    if let Some(Ask::Fact(fact)) = &stop.ask
        && let Some(line) = run.attend(fact)
    {
        run.command(&line, lang).map_err(|error| Failure(error.0))?;
    }
    while run.work(&mut || true) == faultline::scenes::scene::Work::Left {}
    let low = View { width: WIDE, height: HIGH.0, lang };
    let stage = run.stage(&low);
    let view = if stage.ring.is_some() || !stage.panels.is_empty() { View { height: HIGH.1, ..low } } else { low };
    let svg = match &stop.ask {
        Some(ask) => export::veiled_svg(&*run, &view, ask, palette),
        None => export::stage_svg(&*run, &view, palette),
    };
    // A name is one on a page.
    Ok(["faultline-title", "faultline-desc"]
        .iter()
        .fold(svg, |svg, id| svg.replace(id, &format!("{id}-{n}")))
        .replace("id=\"paused\"", &format!("id=\"paused-{n}\""))
        .replace("url(#paused)", &format!("url(#paused-{n})")))
}

#[derive(Default)]
struct Marked {
    /// What can be answered: value and words.
    choices: Vec<(String, String)>,
    /// The values that are right.
    right: Vec<String>,
    /// From when on the run itself shows it.
    known: Option<Time>,
}

fn marked(part: &Part, stop: &Stop, lang: Lang) -> Result<Marked, Failure> {
    if !matches!(stop.ask, Some(Ask::Fact(_) | Ask::Drop(_))) {
        return Ok(Marked::default());
    }
    let failed = |error: faultline::scenes::OpenError| Failure(error.0);
    let offered = question(part, stop, lang).map_err(failed)?.choices;
    let mark = mark(part, stop, &Answer::Value(String::new()), lang).map_err(failed)?;
    // What is lost only if the reader drops it is not in the lesson's run.
    let known = matches!(stop.ask, Some(Ask::Fact(_))).then_some(mark.shows.at.min(stop.by));
    let choices = offered.into_iter().map(|choice| (choice.value, choice.words)).collect();
    Ok(Marked { choices, right: mark.right, known })
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_has_an_entry_and_a_sheet_in_both_languages() {
        let pages = pages().unwrap_or_else(|error| panic!("{}", error.0));
        assert_eq!(pages.len(), 1 + 2 * (LESSONS.len() + 1));
        for (name, text) in pages.iter().filter(|(name, _)| name.ends_with(".html")) {
            assert!(!text.contains('⁇') && !text.contains(" style=\""), "{name}");
            assert_eq!(text.matches("<section").count(), text.matches("</section>").count(), "{name}");
            let ids: Vec<&str> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(ids.iter().enumerate().all(|(n, id)| !ids[..n].contains(id)), "{name}: {ids:?}");
        }
        for shelved in LESSONS {
            let find = |name: &str| pages.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text);
            for lang in ["en", "zh"] {
                let sheet = find(&format!("{}.{lang}.html", shelved.name));
                let (asked, answers) = sheet.split_once("class=\"answers\"").expect("a sheet has answers");
                assert_eq!(asked.matches("class=\"next-page\"").count(), asked.matches("class=\"turn\"").count());
                let questions = asked.matches("<p><b>").count();
                assert!(questions >= 3 && asked.matches("<svg").count() >= questions, "{}", shelved.name);
                assert_eq!(answers.matches("<p><b>").count(), questions, "{}", shelved.name);
                assert!(!answers.contains("<b>1. </b>"), "{}", shelved.name);
            }
            assert!(find("index.html").contains(&format!("?lesson={}", shelved.name)));
        }
    }

    /// Whoever reads from top to bottom is told no answer before the page is turned.
    #[test]
    fn a_picture_that_shows_an_answer_is_on_a_later_page() {
        for shelved in LESSONS {
            let lesson = load(shelved.name, shelved.lesson, "").expect("a lesson");
            let words = words(shelved.en, &lesson.drawn).expect("words");
            let sheet = paper(&lesson, &words, Lang::En, &EN).unwrap_or_else(|error| panic!("{}", error.0));
            let mut pages = 1;
            for part in &lesson.parts {
                let mut asked: Vec<(usize, &Stop)> = Vec::new();
                for stop in &part.stops {
                    let text = escaped(&words.stop(&stop.name).expect("words of a stop").ask);
                    let before = &sheet[..sheet.find(&text).expect("a question")];
                    let page = before.matches("class=\"next-page\"").count();
                    for (earlier, known) in &asked {
                        let known = known.by <= stop.at;
                        assert!(!known || *earlier < page, "{} {}", shelved.name, stop.name);
                    }
                    pages = pages.max(page + 1);
                    asked.push((page, stop));
                }
            }
            // Where every question stands on a run of its own, none does.
            let one_run = lesson.parts.iter().any(|part| part.stops.len() > 1);
            assert_eq!(pages > 1, one_run, "{}", shelved.name);
        }
    }

    #[test]
    fn a_sheet_does_not_say_what_it_asks() {
        let lesson = |name: &str| {
            let shelved = faultline::scenes::lesson::find(name).expect("a lesson");
            let lesson = load(shelved.name, shelved.lesson, "").expect("a lesson");
            let words = words(shelved.en, &lesson.drawn).expect("words");
            paper(&lesson, &words, Lang::En, &EN).unwrap_or_else(|error| panic!("{}", error.0))
        };
        let section = |sheet: &str, n: usize| {
            let begin = sheet.find(&format!("<h3>{n}</h3>")).expect("a question");
            sheet[begin..].split("</section>").next().expect("a section").to_owned()
        };
        let killed = lesson("killed-or-powered-off");
        for n in [1, 2] {
            let asked = section(&killed, n);
            // Not in the card, nor in what a screen reader is told of the picture.
            assert!(
                !asked.contains("−21") && !asked.contains("is certain to survive") && !asked.contains("its disk keeps")
            );
            assert!(asked.contains("prepared T1"), "the others' logs are shown");
        }
        let asked = section(&killed, 6);
        assert!(!asked.contains("is certain to survive") && asked.contains(">?</text>"), "{asked}");
        let points = lesson("points-are-not-servers");
        assert!([3, 4, 6].iter().all(|n| !section(&points, *n).contains("on disk</text>")));
        assert!([3, 4, 6].iter().all(|n| !section(&points, *n).contains("copies on disk")));
        assert!(!lesson("where-a-key-lives").contains("Shanghai →"));
    }
}
