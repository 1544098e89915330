//! The scenes that share a tab: one list of recipes, one list of what can go wrong.

use crate::scenes::families::{self, Member};
use crate::scenes::scene::Opening;
use crate::scenes::{self, parts as hand};
use crate::ui::page::Page;
use crate::ui::{address, html, kept, notices, openings, parts};

/// The scenes of the tab on show; none if it has one only.
pub fn members(page: Page) -> Vec<Member> {
    families::members(&page.scene.get(), page.lang_now())
}

/// One entry of a list: its value, its words, whether it is the one that is so.
pub type Entry = (String, String, bool);

/// A list's entries as markup, those of a group under its name.
pub fn entries(group: &str, all: &[Entry]) -> String {
    let one = |(value, words, chosen): &Entry| {
        let chosen = if *chosen { " selected" } else { "" };
        format!("<option value=\"{}\"{chosen}>{}</option>", html::text(value), html::text(words))
    };
    let list: String = all.iter().map(one).collect();
    match group {
        "" => list,
        _ => format!("<optgroup label=\"{}\">{list}</optgroup>", html::text(group)),
    }
}

/// The recipes of all scenes of the tab, grouped by scene. `of`: those of the scene on show.
pub fn recipes(page: Page, value: &str, of: &[(String, String)]) -> String {
    let own = of.iter().map(|(key, words)| (key.clone(), words.clone(), key == value)).collect::<Vec<Entry>>();
    let here = page.scene.get();
    let group = |member: &Member| {
        if member.scene == here {
            return entries(&member.words, &own);
        }
        let other = |(recipe, words): &(&str, String)| (format!("{} {recipe}", member.scene), words.clone(), false);
        entries(&member.words, &member.recipes.iter().map(other).collect::<Vec<Entry>>())
    };
    match members(page) {
        all if all.is_empty() => entries("", &own),
        all => all.iter().map(group).collect(),
    }
}

/// Starts another scene of the tab in place of the run on show, once its part is here.
pub fn choose(page: Page, scene: &str, recipe: &str) {
    let (name, recipe, lang) = (scene.to_owned(), recipe.to_owned(), page.lang_now());
    parts::with(page, scene, lang, move |here| {
        let Some(spec) = page.look(|run| run.spec()).filter(|_| here) else { return };
        match families::taken_over(&spec, &name, &recipe, lang).and_then(|spec| scenes::open(&spec, lang)) {
            Ok(run) => {
                address::leave(page);
                page.replace(run, None);
            }
            Err(why) => {
                notices::warn(page, why.0);
            }
        }
    });
}

/// Opens a question or a story of another scene of the tab.
pub fn tell(page: Page, what: &str) {
    let Some((scene, n)) = what.split_once(' ') else { return };
    let (name, n) = (scene.to_owned(), n.parse().unwrap_or(0));
    parts::with(page, scene, page.lang_now(), move |here| {
        if here {
            address::leave(page);
            openings::begin(page, &name, n, 0);
        }
    });
}

/// Fetches a scene of the tab whose stories are not here yet.
pub fn fetch(page: Page, scene: &str) {
    parts::with(page, scene, page.lang_now(), |here| {
        if here {
            kept::changed();
        }
    });
}

/// What can be seen to happen: the scene's questions and stories, one click each, and those of the tab's other scenes.
pub fn cases(page: Page) -> String {
    let members = members(page);
    let body = if members.is_empty() {
        let all = scenes::openings(&page.scene.get(), page.lang_now());
        if all.iter().all(|opening| !opening.answers.is_empty()) {
            return String::new();
        }
        stories(page, &page.scene.get(), &all, "")
    } else {
        let parts: String = members.iter().map(|member| of_member(page, member)).collect();
        format!("<div class=\"cases-all\">{parts}</div>")
    };
    format!("<details class=\"group\" open><summary class=\"caps\">{}</summary>{body}</details>", page.tr("cases"))
}

/// What one of several scenes tells; a button that fetches it, if its part is not here.
fn of_member(page: Page, member: &Member) -> String {
    let name = html::text(&member.words);
    let rows = if hand::desk(member.scene).is_some() {
        let all = scenes::openings(member.scene, page.lang_now());
        if all.is_empty() {
            return String::new();
        }
        stories(page, member.scene, &all, &format!(" aria-label=\"{name}\""))
    } else {
        let busy = page.awaited.get().0 == member.scene;
        let words = page.tr("cases-show");
        format!(
            "<button type=\"button\" class=\"link\" data-act=\"member {}\" aria-busy=\"{busy}\" aria-label=\"{name}: {words}\">{words}</button>",
            member.scene
        )
    };
    format!("<p class=\"cases-of\" aria-hidden=\"true\">{name}</p>{rows}")
}

fn stories(page: Page, scene: &str, all: &[Opening], label: &str) -> String {
    let own = page.scene.get() == scene;
    let now = page.opening.get().map(|state| state.opening).filter(|_| own);
    let mut rows = format!("<ul class=\"cases\"{label}>");
    for (n, opening) in all.iter().enumerate() {
        let act = if own { format!("opening {n}") } else { format!("case {scene} {n}") };
        rows += &format!("<li>{}</li>", html::choice("case", &act, &opening.title, now == Some(n)));
    }
    rows + "</ul>"
}
