//! What a run can be compared with: the list of the left panel, and what choosing from it does.

use super::{close_one, compared, say, set, title, tr, with_stand};
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::twin::{self, Choice, Other};
use crate::ui::html;
use crate::ui::page::Page;
use crate::ui::workbench::family::{self, Entry};
use crate::ui::{notices, parts};

/// Compares with what the list or a branch's button names: `recipe X`, `scene S X`, `mistake X on`, `branch 2`. `slot`: which of
/// the twins it becomes.
pub fn choose(page: Page, slot: usize, what: &str) {
    let words: Vec<&str> = what.split(' ').collect();
    let lang = page.lang_now();
    page.branches_open.set(false);
    let variant = |key: &str, value: &str| page.look(|run| Other::variant(&run.spec(), key, value, lang));
    let other = match words[..] {
        ["branch", n] => page.look(|run| Ok(Other::branch(run.inputs(n.parse().ok()), &run.inputs(None)))),
        ["recipe", value] => variant("recipe", value),
        ["outage", value] => variant("outage", value),
        ["mistake", key, value] => variant(key, value),
        ["scene", scene, recipe] => {
            let (name, recipe) = (scene.to_owned(), recipe.to_owned());
            return parts::with(page, scene, lang, move |here| {
                if here {
                    put(page, slot, page.look(|run| Other::scene(&run.spec(), &name, &recipe, lang)));
                }
            });
        }
        // What stands in the list for the present state changes nothing.
        _ if what == "now" => return,
        _ => return close_one(page, slot),
    };
    put(page, slot, other);
}

fn put(page: Page, slot: usize, other: Option<Result<Other, crate::scenes::OpenError>>) {
    let mut others = compared(page);
    match other {
        // A branch stands beside the run alone.
        Some(Ok(other @ Other::Branch { .. })) => return set(page, &[other]),
        Some(Ok(other)) => {
            others.retain(|known| !matches!(known, Other::Branch { .. }));
            others.truncate(twin::MOST);
            match others.get_mut(slot) {
                Some(place) => *place = other,
                None => others.push(other),
            }
        }
        Some(Err(why)) => {
            notices::warn(page, why.0);
            return;
        }
        None => return,
    }
    set(page, &others);
}

/// The group of the left panel.
pub fn control(page: Page) -> String {
    if page.asking() {
        return String::new();
    }
    let lang = page.lang_now();
    let found = page.look(|run| (twin::choices(run, lang), run.spec(), branches(page, run)));
    let Some((choices, spec, branches)) = found else { return String::new() };
    let others = compared(page);
    let mut lists = list(page, &choices, &spec, &branches, &others, 0);
    if others.first().is_some_and(|other| !matches!(other, Other::Branch { .. })) {
        lists += &list(page, &choices, &spec, &[], &others, 1);
    }
    format!("<section class=\"group\">{}{lists}</section>", html::caps(tr(page, "compare-to")))
}

fn list(page: Page, choices: &[Choice], spec: &RunSpec, branches: &[Entry], others: &[Other], slot: usize) -> String {
    let other = others.get(slot);
    let mut options: Vec<Entry> = choices.iter().map(|choice| entry(page, choice, spec, other)).collect();
    options.extend(branches.iter().cloned());
    // The other scenes of the tab, each under its name.
    let members = family::members(page).into_iter().filter(|member| member.scene != spec.scene);
    let groups: Vec<(String, Vec<Entry>)> = members
        .map(|member| {
            let entry = |(recipe, words): (&str, String)| {
                let chosen = matches!(other, Some(Other::Scene { scene, recipe: theirs, mistakes })
                    if scene == member.scene && theirs == recipe && mistakes.iter().all(|m| spec.mistakes.contains(m)));
                (format!("scene {} {recipe}", member.scene), words, chosen)
            };
            (member.words, member.recipes.into_iter().map(entry).collect())
        })
        .collect();
    let chosen = |entries: &[Entry]| entries.iter().find(|entry| entry.2).map(|entry| entry.0.clone());
    let mut value = chosen(&options).or_else(|| groups.iter().find_map(|(_, entries)| chosen(entries)));
    // What has come to be otherwise is named as well: the list says what is so.
    if other.is_some() && value.is_none() {
        let named = |stand: &super::Stand| title(page, stand.twin.run(), std::slice::from_ref(stand), true);
        options.push(("now".to_owned(), with_stand(slot, named).unwrap_or_default(), true));
        value = Some("now".to_owned());
    }
    let (nothing, label) = if slot > 0 { ("no-third", "compare-also") } else { ("nothing", "compare-to") };
    options.insert(0, (String::new(), tr(page, nothing).to_owned(), other.is_none()));
    let list = family::entries("", &options)
        + &groups.iter().map(|(name, entries)| family::entries(name, entries)).collect::<String>();
    let verb = if slot > 0 { "compare 1" } else { "compare" };
    format!(
        "<label class=\"control choice\" title=\"{}\">\
         <select data-value=\"{}\" data-change=\"{verb}\" aria-label=\"{}\">{list}</select></label>",
        tr(page, "compare-help"),
        html::text(&value.unwrap_or_default()),
        tr(page, label)
    )
}

/// A control that could be otherwise, and whether it is what makes this twin.
fn entry(page: Page, choice: &Choice, spec: &RunSpec, other: Option<&Other>) -> Entry {
    let recipe = choice.key == "recipe";
    let outage = choice.key == "outage";
    let words = match choice.value.as_str() {
        _ if recipe => choice.words.clone(),
        _ if outage => say(page, "outage-instead", &[&choice.words]),
        "on" => say(page, "one-mistake", &[&choice.words]),
        _ => say(page, "without-mistake", &[&choice.words]),
    };
    let chosen = match other {
        Some(Other::Outage { power }) => outage && *power == (choice.value == "power"),
        _ if outage => false,
        Some(Other::Variant { recipe: theirs, mistakes }) if recipe => {
            *theirs == choice.value && mistakes.iter().all(|mistake| spec.mistakes.contains(mistake))
        }
        Some(Other::Variant { recipe: theirs, mistakes }) => {
            let one = |m: &String| (mistakes.contains(m) != spec.mistakes.contains(m)) == (*m == choice.key);
            *theirs == spec.recipe && mistakes.iter().chain(&spec.mistakes).chain([&choice.key]).all(one)
        }
        _ => false,
    };
    let mistake = if recipe || outage { "" } else { "mistake " };
    (format!("{mistake}{} {}", choice.key, choice.value), words, chosen)
}

/// The other branches.
fn branches(page: Page, run: &dyn Run) -> Vec<Entry> {
    let now = compared_branch(run);
    let all = run.branches();
    let other = all.iter().enumerate().filter(|(_, line)| !line.current);
    other
        .map(|(n, line)| {
            let name = if line.name.is_empty() { (n + 1).to_string() } else { line.name.clone() };
            (format!("branch {n}"), say(page, "branch-n", &[&name]), now == Some(n))
        })
        .collect()
}

/// The branch that the run is compared with, if it is still as it was.
fn compared_branch(run: &dyn Run) -> Option<usize> {
    let others = twin::others(&run.spec())?.ok()?;
    let [Other::Branch { theirs, .. }] = &others[..] else { return None };
    let branches = run.branches();
    (0..branches.len()).find(|n| !branches[*n].current && run.inputs(Some(*n)) == *theirs)
}

/// The button beside a branch.
pub fn branch_button(page: Page, n: usize) -> String {
    let name = say(page, "compare-branch", &[&(n + 1).to_string()]);
    format!(
        "<button type=\"button\" class=\"quiet\" data-act=\"compare branch {n}\" aria-label=\"{}\">{}</button>",
        html::text(&name),
        tr(page, "compare")
    )
}
