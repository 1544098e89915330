//! The rows as markup. Roles are said aloud: on a phone a row is a block, not a table row.

use super::{LOOK, Look, lines};
use crate::scenes::scene::Lang;
use crate::scenes::searching::Verdict;
use crate::scenes::searching::coverage::{Line, World, common_bounds, pairs, sums};
use crate::scenes::text::word;
use crate::scenes::{SCENES, families, family};
use crate::ui::draw::grouped;
use crate::ui::page::Page;
use crate::ui::text::coverage::COVERS;
use crate::ui::{address, header, html};
use std::cell::RefCell;

/// Properties that are said at once; more of them unfold.
const AT_ONCE: usize = 2;

thread_local! {
    /// What was drawn last: other panels change more often than this one.
    static DRAWN: RefCell<Option<(Look, Lang, String)>> = const { RefCell::new(None) };
}

pub fn panel(page: Page) -> String {
    let (look, lang) = (LOOK.with_borrow(Clone::clone), page.lang_now());
    let known = DRAWN.with_borrow(|drawn| {
        drawn.as_ref().filter(|(of, in_lang, _)| (of, *in_lang) == (&look, lang)).map(|drawn| drawn.2.clone())
    });
    known.unwrap_or_else(|| {
        let markup = all(page, &look, lang);
        DRAWN.set(Some((look, lang, markup.clone())));
        markup
    })
}

/// The tab's name, and where it has several scenes which of them.
fn scene_name(page: Page, scene: &str) -> String {
    let tab = page.tr(header::names(family(scene).first().unwrap_or(&scene)).0);
    let members = families::members(scene, page.lang_now());
    let member = members.into_iter().find(|member| member.scene == scene);
    member.map_or_else(|| tab.to_owned(), |member| format!("{tab} · {}", member.words))
}

fn count(n: u64) -> String {
    grouped(n as usize)
}

fn all(page: Page, look: &Look, lang: Lang) -> String {
    let lines = lines();
    let shown = look.shown(page);
    let total = sums(&lines);
    let numbers =
        [total.searches.to_string(), count(total.states), total.holding.to_string(), total.broken.to_string()];
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let mut out = format!(
        "<p class=\"cover-sums\"><b>{}</b></p><p>{}</p>{}",
        COVERS.say(lang, "sums", &numbers),
        COVERS.tr(lang, "intro"),
        bar(page, look, lang, shown.len(), lines.len())
    );
    if shown.is_empty() {
        return out + &format!("<p class=\"hint\">{}</p>", COVERS.tr(lang, "nothing"));
    }
    out += "<table class=\"cover\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">";
    let heads = [
        COVERS.tr(lang, "head-recipe"),
        COVERS.tr(lang, "head-faults"),
        COVERS.tr(lang, "head-properties"),
        COVERS.tr(lang, "head-result"),
    ];
    for head in heads {
        out += &format!("<th role=\"columnheader\" scope=\"col\">{head}</th>");
    }
    out += "</tr></thead>";
    for scene in SCENES {
        // What all rows of a scene have in common is so whatever the filter leaves.
        let of_scene: Vec<Line> = lines.iter().filter(|line| line.scene == scene).copied().collect();
        let rows: Vec<&Line> = shown.iter().filter(|line| line.scene == scene).collect();
        if rows.is_empty() {
            continue;
        }
        let common = common_bounds(&of_scene);
        let states = rows.iter().map(|line| line.states).sum();
        let title = COVERS.say(lang, "title-row", &[&scene_name(page, scene), &rows.len().to_string(), &count(states)]);
        out += &format!(
            "<tbody role=\"rowgroup\"><tr role=\"row\" class=\"cover-scene\"><th role=\"rowheader\" scope=\"rowgroup\" colspan=\"4\">\
             <b>{title}</b> <small>{} {}</small></th></tr>",
            COVERS.tr(lang, "bounds-all"),
            codes(common.iter().copied())
        );
        for line in rows {
            out += &row(line, &common, lang);
        }
        out += "</tbody>";
    }
    out + "</table>"
}

/// What chooses rows, and what takes them along.
fn bar(page: Page, look: &Look, lang: Lang, shown: usize, of: usize) -> String {
    let mut out = format!(
        "<div class=\"cover-chips\"><div class=\"chips\" role=\"group\" aria-label=\"{}\">",
        COVERS.tr(lang, "scene")
    );
    out += &html::choice("chip", "coverage scene", COVERS.tr(lang, "all"), look.scene.is_empty());
    for scene in SCENES {
        out += &html::choice("chip", &format!("coverage scene {scene}"), &scene_name(page, scene), look.scene == scene);
    }
    out += &format!("</div><div class=\"chips\" role=\"group\" aria-label=\"{}\">", COVERS.tr(lang, "result"));
    let verdicts = [
        ("coverage verdict", COVERS.tr(lang, "all"), None),
        ("coverage verdict holds", COVERS.tr(lang, "holds"), Some(Verdict::Holds)),
        ("coverage verdict violated", COVERS.tr(lang, "broken"), Some(Verdict::Violated)),
    ];
    for (act, words, verdict) in verdicts {
        out += &html::choice("chip", act, words, look.verdict == verdict);
    }
    out + &format!(
        "</div></div><div class=\"offers sheet-bar\"><label class=\"sheet-filter\"><span>{}</span>\
         <input type=\"text\" value=\"{}\" data-input=\"coverage\"></label>{}{}<p role=\"status\">{}</p></div>",
        COVERS.tr(lang, "filter"),
        html::text(&look.words),
        html::button("button", "coverage copy", COVERS.tr(lang, "copy-csv")),
        html::button("button", "coverage save", COVERS.tr(lang, "save-csv")),
        COVERS.say(lang, "rows-of", &[&shown.to_string(), &of.to_string()])
    )
}

fn codes<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let all: Vec<String> =
        pairs.map(|(key, value)| format!("<code>{}</code>", html::text(&format!("{key}={value}")))).collect();
    all.join(" ")
}

/// A name in the words of its scene: `recipe-sha1`.
fn named(line: &Line, kind: &str, name: &str, lang: Lang) -> String {
    word(lang, &format!("{}.{kind}-{name}", line.scene))
}

fn world(world: World, lang: Lang) -> (&'static str, &'static str) {
    match world {
        World::Sync => (COVERS.tr(lang, "world-sync"), COVERS.tr(lang, "world-sync-why")),
        World::Bounded => (COVERS.tr(lang, "world-bounded"), COVERS.tr(lang, "world-bounded-why")),
        World::Anything => (COVERS.tr(lang, "world-anything"), COVERS.tr(lang, "world-anything-why")),
    }
}

fn faults(line: &Line, lang: Lang) -> String {
    let say = |(name, count): (&str, &str)| {
        let (one, several) = match name {
            "crashes" => ("fault-crash-one", "fault-crash"),
            "drops" => ("fault-drop-one", "fault-drop"),
            "dups" => ("fault-dup-one", "fault-dup"),
            "pauses" => ("fault-pause-one", "fault-pause"),
            "clock-steps" => ("fault-clock-one", "fault-clock"),
            "requests" => ("fault-request-one", "fault-request"),
            _ => ("fault-cut-one", "fault-cut"),
        };
        if count == "1" { COVERS.tr(lang, one).to_owned() } else { COVERS.say(lang, several, &[count]) }
    };
    let all: Vec<String> = pairs(line.faults).map(say).collect();
    if all.is_empty() {
        COVERS.tr(lang, "no-faults").to_owned()
    } else {
        all.join(if lang == Lang::Zh { "，" } else { ", " })
    }
}

fn result(line: &Line, lang: Lang) -> String {
    match (line.verdict, line.steps) {
        (Verdict::Holds, _) => COVERS.say(lang, "holds-in", &[&count(line.states)]),
        (Verdict::Unfinished, _) => COVERS.say(lang, "given-up", &[&count(line.states)]),
        (Verdict::Violated, Some(0)) => COVERS.tr(lang, "broken-at-once").to_owned(),
        (Verdict::Violated, Some(1)) => COVERS.tr(lang, "broken-after-one").to_owned(),
        (Verdict::Violated, steps) => COVERS.say(lang, "broken-after", &[&steps.unwrap_or(0).to_string()]),
    }
}

/// All that a row says, for the filter.
pub fn said(line: &Line, lang: Lang) -> String {
    let mut out = [line.scene, line.recipe, line.mistake, line.world.name(), line.bounds, line.properties].join(" ");
    let mut add = |words: &str| {
        out.push(' ');
        out.push_str(words);
    };
    add(&named(line, "recipe", line.recipe, lang));
    if !line.mistake.is_empty() {
        add(&named(line, "mistake", line.mistake, lang));
    }
    line.properties().for_each(|name| add(&named(line, "property", name, lang)));
    add(world(line.world, lang).0);
    add(&faults(line, lang));
    add(&result(line, lang));
    out
}

fn row(line: &Line, common: &[(&str, &str)], lang: Lang) -> String {
    let label = |key| format!("<p class=\"label\" aria-hidden=\"true\">{}</p>", COVERS.tr(lang, key));
    let mut out = format!(
        "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><b>{}</b> <code>{}</code>",
        html::text(&named(line, "recipe", line.recipe, lang)),
        html::text(line.recipe)
    );
    if !line.mistake.is_empty() {
        out += &format!(
            "<p class=\"cover-mistake\">{} <code>{}</code></p>",
            html::text(&COVERS.say(lang, "mistake", &[&named(line, "mistake", line.mistake, lang)])),
            html::text(line.mistake)
        );
    }
    let own = codes(pairs(line.bounds).filter(|pair| !common.contains(pair)));
    if !own.is_empty() {
        out += &format!("<p class=\"cover-own\">{own}</p>");
    }
    let (name, why) = world(line.world, lang);
    out += &format!(
        "</th><td role=\"cell\">{}<p title=\"{why}\">{name} <code>{}</code></p><p>{}</p></td><td role=\"cell\">{}{}</td>",
        label("head-faults"),
        line.world.name(),
        faults(line, lang),
        label("head-properties"),
        properties(line, lang)
    );
    let said = html::text(&result(line, lang));
    let (class, icon) = match line.verdict {
        Verdict::Holds => ("ok", "check"),
        Verdict::Violated => ("bad", "broken"),
        Verdict::Unfinished => ("expected", "warn"),
    };
    let shown = if line.run.is_empty() {
        said
    } else {
        format!(
            "<a class=\"link\" href=\"{}#{run}\" data-act=\"coverage shown {run}\" title=\"{}\">{said}</a>",
            html::text(&address::base()),
            COVERS.tr(lang, "show-run"),
            run = line.run
        )
    };
    let more = match line.verdict {
        Verdict::Violated if line.states == 1 => String::new(),
        Verdict::Violated => COVERS.say(lang, "in-states", &[&count(line.states)]),
        _ => COVERS.say(lang, "depth", &[&line.depth.to_string()]),
    };
    out + &format!(
        "<td role=\"cell\" class=\"{class}\">{}<p class=\"cover-result\">{}<span>{shown}</span></p><small>{more}</small></td></tr>",
        label("head-result"),
        html::icon(icon)
    )
}

fn properties(line: &Line, lang: Lang) -> String {
    let all: Vec<String> = line
        .properties()
        .map(|name| {
            let words = html::text(&named(line, "property", name, lang));
            format!("<li>{words} <code>{}</code></li>", html::text(name))
        })
        .collect();
    let list = format!("<ul>{}</ul>", all.concat());
    if all.len() <= AT_ONCE {
        return list;
    }
    let summary = COVERS.say(lang, "promises", &[&all.len().to_string()]);
    format!("<details><summary>{summary}</summary>{list}</details>")
}
