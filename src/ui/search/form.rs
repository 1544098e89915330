//! The form of "Find a failing run" as markup.

use super::find::Bench;
use super::hunt;
use crate::scenes::scene::Lang;
use crate::scenes::searching::Aim;
use crate::scenes::searching::form::{Bound, FAULTS, Form, Ground, MEBIBYTES, MOST_FAULTS, STATES, World};
use crate::scenes::text::word;
use crate::ui::draw::{grouped, quantity};
use crate::ui::html;
use crate::ui::text::find::FINDS;

pub fn panel(bench: &Bench, lang: Lang, now: &str) -> String {
    let Some((ground, form)) = &bench.form else {
        return format!("<p class=\"hint find\">{}</p>", html::text(&bench.trouble));
    };
    let tr = |key| FINDS.tr(lang, key);
    let mut out = format!("<div class=\"find\"><p class=\"hint\">{}</p>", tr("intro"));
    if let Some(hunt) = &bench.hunt {
        out += &format!("<div class=\"find-chip-place\">{}</div>", hunt::chip(hunt, lang));
    }
    let aims = form.aims(ground);
    if aims.len() > 1 {
        let each = aims.iter().map(|aim| {
            let (name, words) = aim_words(*aim, lang);
            html::choice("way", &format!("find aim {name}"), words, form.aim == *aim)
        });
        out += &group(tr("aim"), "find-rows", &each.collect::<String>());
    }
    out += &property(ground, form, lang);
    let from = [(false, "beginning"), (true, "here")].map(|(here, key)| {
        let act = if here { "find here yes" } else { "find here no" };
        html::choice("way", act, if here { tr("here") } else { tr(key) }, form.here == here)
    });
    out += &group(tr("from"), "ways", &from.concat());
    if form.here {
        out += &format!("<p class=\"hint find-help\">{}</p>", FINDS.say(lang, "here-help", &[now]));
    } else if ground.setups.len() > 1 {
        let each = ground.setups.iter().enumerate().map(|(n, setup)| {
            let words = setup.mistake.as_ref().map_or_else(
                || tr("no-mistake").to_owned(),
                |mistake| word(lang, &format!("{}.mistake-{mistake}", ground.scene)),
            );
            html::choice("chip", &format!("find with {n}"), &words, form.mistake == setup.mistake)
        });
        out += &group(tr("mistake"), "chips", &each.collect::<String>());
    }
    let worlds = World::ALL.map(|world| {
        let (name, why) = world_words(world, lang);
        format!(
            "<button type=\"button\" class=\"way\" data-act=\"find world {}\" aria-pressed=\"{}\"><b>{name}</b><span>{why}</span></button>",
            world.name(),
            form.world == world
        )
    });
    out += &group(tr("world"), "find-rows", &worlds.concat());
    let mut faults = String::new();
    for name in FAULTS {
        let count = form.fault(name);
        faults += &stepper(name, fault_words(name, lang), &count.to_string(), count > 0, count < MOST_FAULTS, lang);
    }
    let requests = form.budgets.requests;
    let shown = requests.map_or_else(|| tr("unlimited").to_owned(), |n| n.to_string());
    faults += &stepper("requests", tr("requests"), &shown, requests != Some(0), requests.is_some(), lang);
    out += &group(tr("bounds"), "steppers", &faults);
    if form.aim != Aim::Break {
        out += &toggle("repairs", tr("repairs"), form.repairs);
    }
    out += &more(ground, form, lang);
    let nothing = form.searched(ground).is_empty();
    let reset =
        if *form == Form::of(ground) { String::new() } else { html::button("quiet", "find reset", tr("reset")) };
    out + &format!(
        "<div class=\"find-bar\"><p class=\"asked\">{}</p>{}<div class=\"offers\">\
             <button type=\"button\" class=\"primary\" data-act=\"find go\" autofocus{}>{}</button>{reset}</div></div></div>",
        html::text(&sentence(ground, form, now, lang)),
        if nothing { format!("<p class=\"hint\">{}</p>", tr("no-promises")) } else { String::new() },
        if nothing { " disabled" } else { "" },
        tr("go"),
    )
}

fn group(name: &str, class: &str, inside: &str) -> String {
    let name = html::text(name);
    format!(
        "<h3 class=\"caps\" aria-hidden=\"true\">{name}</h3><div class=\"{class}\" role=\"group\" aria-label=\"{name}\">{inside}</div>"
    )
}

pub fn aim_words(aim: Aim, lang: Lang) -> (&'static str, &'static str) {
    match aim {
        Aim::Break => ("break", FINDS.tr(lang, "aim-break")),
        Aim::Impossible => ("impossible", FINDS.tr(lang, "aim-impossible")),
        Aim::PutOff => ("put-off", FINDS.tr(lang, "aim-put-off")),
    }
}

fn world_words(world: World, lang: Lang) -> (&'static str, &'static str) {
    let tr = |key| FINDS.tr(lang, key);
    match world {
        World::Sync => (tr("world-sync"), tr("world-sync-why")),
        World::Bounded => (tr("world-bounded"), tr("world-bounded-why")),
        World::Anything => (tr("world-anything"), tr("world-anything-why")),
    }
}

fn fault_words(name: &'static str, lang: Lang) -> &'static str {
    let known = ["crashes", "losses", "duplicates", "pauses", "clock-steps", "cuts", "requests"];
    FINDS.tr(lang, known.into_iter().find(|known| *known == name).unwrap_or(name))
}

/// What is asked about: all promises, or one property.
fn property(ground: &Ground, form: &Form, lang: Lang) -> String {
    let title = FINDS.tr(lang, if form.aim == Aim::Break { "property" } else { "goal" });
    let mut options = String::new();
    let mut add = |value: &str, words: &str, chosen: bool| {
        let chosen = if chosen { " selected" } else { "" };
        options += &format!("<option value=\"{}\"{chosen}>{}</option>", html::text(value), html::text(words));
    };
    if form.aim == Aim::Break {
        let all = Form { property: None, ..form.clone() }.searched(ground).len();
        add("", &FINDS.say(lang, "all-promises", &[&all.to_string()]), form.property.is_none());
    }
    for asked in form.properties(ground) {
        let promised = asked.promised.include(form.world);
        let note = if promised { String::new() } else { format!(" ({})", FINDS.tr(lang, "not-promised")) };
        let chosen = form.property.as_deref() == Some(asked.name);
        add(asked.name, &format!("{}: {}{note}", asked.name, asked.words), chosen);
    }
    format!(
        "<label class=\"find-property\"><span class=\"caps\">{title}</span>\
         <select data-change=\"find property\" data-value=\"{}\">{options}</select></label>",
        html::text(form.property.as_deref().unwrap_or_default())
    )
}

fn stepper(what: &str, words: &str, value: &str, less: bool, more: bool, lang: Lang) -> String {
    let button = |verb: &str, sign: &str, key, on: bool| {
        format!(
            "<button type=\"button\" class=\"square\" data-act=\"find {verb} {what}\" aria-label=\"{}\"{}>{sign}</button>",
            html::text(&FINDS.say(lang, key, &[words])),
            if on { "" } else { " disabled" }
        )
    };
    let words = html::text(words);
    format!(
        "<div class=\"stepper\" role=\"group\" aria-label=\"{words}\"><span class=\"name\">{words}</span>{}<output class=\"num{}\">{}</output>{}</div>",
        button("less", "−", "less", less),
        if value == "0" { " none" } else { "" },
        html::text(value),
        button("more", "+", "more", more),
        words = words,
    )
}

/// How large the system is, and where the search stops.
fn more(ground: &Ground, form: &Form, lang: Lang) -> String {
    let tr = |key| FINDS.tr(lang, key);
    let mut size = String::new();
    if !form.here {
        for bound in bounds(ground, form) {
            let value = form.bound(bound);
            let shown = quantity(value, bound.unit);
            size += &stepper(bound.key, &bound.words, &shown, value > bound.min, value < bound.max, lang);
        }
    }
    let Form { limits, .. } = form;
    let mebibytes = limits.bytes >> 20;
    let states = grouped(limits.states as usize);
    size += &stepper(
        "states",
        tr("states-limit"),
        &states,
        limits.states > STATES[0],
        Some(&limits.states) < STATES.last(),
        lang,
    );
    let room = (mebibytes > MEBIBYTES[0], Some(&mebibytes) < MEBIBYTES.last());
    size += &stepper("memory", tr("memory-limit"), &mebibytes.to_string(), room.0, room.1, lang);
    let mut carried = String::new();
    if !form.here && !ground.carried.is_empty() {
        carried = toggle("carried", &format!("{}: {}", tr("carried"), switches(ground, lang)), form.carried);
    }
    format!(
        "<details class=\"find-more\"><summary class=\"caps\">{}</summary><div class=\"steppers\">{size}</div>{carried}</details>",
        tr("more-bounds")
    )
}

fn toggle(what: &str, words: &str, on: bool) -> String {
    format!(
        "<label class=\"control toggle\"><span>{}</span><input type=\"checkbox\" role=\"switch\" data-change=\"find {what}\"{}></label>",
        html::text(words),
        if on { " checked" } else { "" }
    )
}

fn bounds<'a>(ground: &'a Ground, form: &Form) -> &'a [Bound] {
    form.setup(ground).map_or(&[], |setup| setup.bounds(form.world))
}

/// What is switched on the stage: "Redis keeps none".
fn switches(ground: &Ground, lang: Lang) -> String {
    let each = ground.carried.iter().map(|(key, value)| {
        let name = word(lang, &format!("{}.option-{key}", ground.scene));
        match value.as_str() {
            "on" => format!("{name}: {}", FINDS.tr(lang, "on")),
            "off" => format!("{name}: {}", FINDS.tr(lang, "off")),
            value => format!("{name}: {}", word(lang, &format!("{}.choice-{key}-{value}", ground.scene))),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

/// What is searched, in one line.
pub fn sentence(ground: &Ground, form: &Form, now: &str, lang: Lang) -> String {
    let tr = |key| FINDS.tr(lang, key);
    let recipe = word(lang, &format!("{}.recipe-{}", ground.scene, ground.recipe));
    let mistakes: Vec<&String> =
        if form.here { ground.mistakes.iter().collect() } else { form.mistake.iter().collect() };
    let named = mistakes.into_iter().map(|mistake| word(lang, &format!("{}.mistake-{mistake}", ground.scene)));
    let mut parts = vec![named.fold(recipe, |so_far, mistake| FINDS.say(lang, "with", &[&so_far, &mistake]))];
    if form.here {
        parts.push(FINDS.say(lang, "from-here", &[now]));
    } else {
        parts.push(tr("from-beginning").to_owned());
        // The number of nodes, and whatever is not as usual.
        let told = |bound: &&Bound| bound.key == ground.nodes || form.bound(bound) != bound.value;
        let size = bounds(ground, form).iter().filter(told);
        parts.extend(size.map(|bound| format!("{} {}", bound.words, quantity(form.bound(bound), bound.unit))));
        if form.carried && !ground.carried.is_empty() {
            parts.push(switches(ground, lang));
        }
    }
    parts.push(world_words(form.world, lang).0.to_owned());
    let faults = FAULTS.iter().map(|name| (*name, form.fault(name))).filter(|(_, count)| *count > 0);
    let before = parts.len();
    parts
        .extend(faults.map(|(name, count)| FINDS.say(lang, "at-most", &[fault_words(name, lang), &count.to_string()])));
    if parts.len() == before {
        parts.push(tr("no-faults").to_owned());
    }
    if let Some(requests) = form.budgets.requests {
        parts.push(FINDS.say(lang, "at-most", &[tr("requests"), &requests.to_string()]));
    }
    parts.push(match &form.property {
        Some(name) => name.clone(),
        None => FINDS.say(lang, "all-promises", &[&form.searched(ground).len().to_string()]),
    });
    parts.join(" · ")
}
