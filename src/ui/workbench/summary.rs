//! What a glance at the screen would tell, in a few sentences at its top for who cannot glance.

use crate::scenes::scene::{ControlKind, Standing};
use crate::ui::draw::seconds;
use crate::ui::html;
use crate::ui::page::Page;

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let looked = page.look(|run| {
        (run.plain(), run.controls(lang), run.findings(lang), run.nodes().len(), run.now(), run.position())
    });
    let Some((spec, controls, findings, nodes, now, (at, _))) = looked else { return String::new() };
    let recipe = controls.iter().find_map(|control| match &control.kind {
        ControlKind::Choice { value, of } if control.key == "recipe" => of.iter().find(|(name, _)| name == value),
        _ => None,
    });
    let recipe = recipe.map_or(spec.recipe.as_str(), |(_, words)| words);
    let mut lines = vec![page.say("summary-recipe", &[recipe, &spec.seed.to_string()])];
    let mistakes = controls.iter().filter(|control| spec.mistakes.contains(&control.key));
    let mistakes: Vec<&str> = mistakes.map(|control| control.words.as_str()).collect();
    if !mistakes.is_empty() {
        lines.push(page.say("summary-mistakes", &[&mistakes.join("; ")]));
    }
    // While it plays the numbers would be old before they are heard.
    lines.push(if page.playing.get() {
        page.say("summary-playing", &[&nodes.to_string()])
    } else {
        page.say("summary-moment", &[&seconds(now), &at.to_string(), &nodes.to_string()])
    });
    let broken = findings.iter().filter(|finding| matches!(finding.standing, Standing::Broken | Standing::Never));
    let broken: Vec<&str> = broken.map(|finding| finding.words.as_str()).collect();
    // What breaks is not told before the question is answered.
    if !page.asking() && !page.playing.get() {
        lines.push(match broken.is_empty() {
            true => page.tr("summary-unbroken").to_owned(),
            false => page.say("summary-broken", &[&broken.join("; ")]),
        });
    }
    lines.push(page.tr("summary-keys").to_owned());
    format!("<h2>{}</h2><p>{}</p>", page.tr("summary"), html::text(&lines.join(" ")))
}
