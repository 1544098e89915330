//! A search under way and its answer, as markup.

use super::find::{Hunt, Note, State};
use super::form;
use crate::scenes::link;
use crate::scenes::scene::Lang;
use crate::scenes::searching::outlook::Outlook;
use crate::scenes::searching::{Aim, Answer, Verdict, stuck};
use crate::ui::draw::{grouped, seconds};
use crate::ui::html;
use crate::ui::text::find::FINDS;

/// How it stands: class, icon and words.
fn standing(hunt: &Hunt, lang: Lang) -> (&'static str, &'static str, String) {
    let tr = |key| FINDS.tr(lang, key).to_owned();
    let states = grouped(hunt.progress.states as usize);
    match &hunt.state {
        State::Searching => ("open", "open", tr("searching")),
        State::Stopped => ("open", "open", tr("stopped")),
        State::Wrong(_) => ("expected", "warn", tr("wrong")),
        State::Died { .. } => ("expected", "warn", tr("died")),
        State::Answered(answer) => match (answer.verdict, hunt.question.aim) {
            (Verdict::Holds, Aim::Break) => ("ok", "check", FINDS.say(lang, "holds", &[&states])),
            (Verdict::Holds, _) => ("ok", "check", hunt.found(lang)),
            (Verdict::Unfinished, _) => ("expected", "warn", tr("unfinished")),
            (Verdict::Violated, Aim::Break) => ("bad", "broken", tr("broken")),
            (Verdict::Violated, Aim::Impossible) => ("bad", "broken", tr("can-impossible")),
            (Verdict::Violated, Aim::PutOff) => ("bad", "broken", tr("can-put-off")),
        },
    }
}

/// A few words beside the properties.
pub fn chip(hunt: &Hunt, lang: Lang) -> String {
    let states = grouped(hunt.progress.states as usize);
    let (class, icon, _) = standing(hunt, lang);
    let words = match &hunt.state {
        State::Searching => FINDS.say(lang, "chip-searching", &[&states]),
        State::Stopped => FINDS.say(lang, "chip-stopped", &[&states]),
        State::Wrong(_) | State::Died { .. } => FINDS.tr(lang, "chip-died").to_owned(),
        State::Answered(answer) => match (answer.verdict, hunt.question.aim) {
            (Verdict::Holds, _) => FINDS.say(lang, "chip-holds", &[&states]),
            (Verdict::Unfinished, _) => FINDS.say(lang, "chip-limit", &[&states]),
            (Verdict::Violated, Aim::Break) => {
                let name = answer.properties.first().map_or("", |name| name);
                FINDS.say(lang, "chip-broken", &[name, &answer.length.to_string()])
            }
            (Verdict::Violated, _) => FINDS.say(lang, "chip-stuck", &[&answer.length.to_string()]),
        },
    };
    format!(
        "<button type=\"button\" class=\"find-chip {class}\" data-act=\"find answer\">{}<span>{}</span></button>",
        html::icon(icon),
        html::text(&words)
    )
}

pub fn panel(hunt: &Hunt, lang: Lang) -> String {
    let (class, icon, words) = standing(hunt, lang);
    let now = seconds(hunt.stage.at);
    let (_, aim) = form::aim_words(hunt.question.aim, lang);
    format!(
        "<div class=\"find hunt {class}\"><p class=\"asked\"><b>{aim}</b> {}</p>\
         <div class=\"verdict\"><p class=\"verdict-head\" role=\"status\">{}<b>{}</b></p>{}</div>{}{}{}</div>",
        html::text(&form::sentence(&hunt.ground, &hunt.form, &now, lang)),
        html::icon(icon),
        html::text(&words),
        told(hunt, lang),
        numbers(hunt, lang),
        assumed(hunt, lang),
        offers(hunt, lang)
    )
}

/// What there is to say of it, a paragraph each.
fn told(hunt: &Hunt, lang: Lang) -> String {
    let say = |key, gaps: &[&str]| FINDS.say(lang, key, gaps);
    let all = match &hunt.state {
        State::Searching => vec![outlook(hunt, lang), note(hunt, lang)],
        State::Stopped => Vec::new(),
        State::Wrong(why) => vec![why.clone()],
        State::Died { why, .. } => vec![why.clone(), say("died-help", &[])],
        State::Answered(answer) => answered(hunt, answer, lang),
    };
    all.into_iter().filter(|words| !words.is_empty()).map(|words| format!("<p>{}</p>", html::text(&words))).collect()
}

fn answered(hunt: &Hunt, answer: &Answer, lang: Lang) -> Vec<String> {
    let say = |key, gaps: &[&str]| FINDS.say(lang, key, gaps);
    let count = |n: u64| grouped(n as usize);
    match answer.verdict {
        Verdict::Holds if hunt.question.aim == Aim::Break => {
            vec![answer.properties.join(", "), say("holds-help", &[])]
        }
        Verdict::Holds => Vec::new(),
        Verdict::Unfinished => {
            let limits = hunt.question.limits;
            let limit = match answer.progress.states >= limits.states {
                true => say("unfinished-states", &[&count(limits.states)]),
                false => say("unfinished-memory", &[&count(limits.bytes >> 20)]),
            };
            vec![say("unfinished-help", &[&count(answer.progress.states), &count(answer.progress.frontier)]), limit]
        }
        Verdict::Violated => {
            let name = answer.properties.first().map_or("", |name| name);
            let properties = hunt.form.properties(&hunt.ground);
            let words = properties.iter().find(|asked| asked.name == name).map_or("", |asked| &asked.words);
            let mut all = vec![words.to_owned(), hunt.found(lang)];
            if let (Some(cycle), Some(run)) = (answer.cycle.filter(|cycle| *cycle > 0), &answer.spec) {
                let from = (run.events.saturating_sub(cycle) + 1).to_string();
                all.push(say("cycle-is", &[&from, &cycle.to_string()]));
            }
            if hunt.question.aim == Aim::Break && answer.length > 0 {
                all.push(say("none-sooner", &[]));
            }
            all
        }
    }
}

/// How long it may still take, as far as that can be said.
fn outlook(hunt: &Hunt, lang: Lang) -> String {
    match hunt.track.outlook(hunt.question.limits) {
        Outlook::Unknown => FINDS.tr(lang, "outlook-unknown").to_owned(),
        Outlook::Growing { limit_ms: None } => FINDS.tr(lang, "growing").to_owned(),
        Outlook::Growing { limit_ms: Some(ms) } => FINDS.say(lang, "growing-limit", &[&about(ms)]),
        Outlook::Shrinking { least_ms, most_ms } => FINDS.say(lang, "shrinking", &[&about(least_ms), &about(most_ms)]),
    }
}

fn note(hunt: &Hunt, lang: Lang) -> String {
    match hunt.note {
        Note::Nothing => String::new(),
        Note::Silent => FINDS.tr(lang, "silent").to_owned(),
        Note::Held => FINDS.tr(lang, "was-held").to_owned(),
    }
}

/// A duration as roughly as it is known.
fn about(ms: f64) -> String {
    let s = (ms / 1000.0).max(0.0) as u64;
    match s {
        0 => "1 s".to_owned(),
        1..10 => format!("{s} s"),
        10..90 => format!("{} s", s.div_ceil(5) * 5),
        90..5400 => format!("{} min", (s + 30) / 60),
        _ => format!("{} h", (s + 1800) / 3600),
    }
}

/// A duration as it was measured.
fn spent(ms: f64) -> String {
    let tenths = (ms / 100.0).max(0.0) as u64;
    match tenths {
        0..600 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => format!("{} min {:02} s", tenths / 600, tenths / 10 % 60),
    }
}

fn numbers(hunt: &Hunt, lang: Lang) -> String {
    if matches!(hunt.state, State::Wrong(_)) {
        return String::new();
    }
    let p = hunt.progress;
    let whole = || p.states as f64 * 1000.0 / hunt.searched_ms;
    let pace = hunt.track.pace().or_else(|| Some(whole()).filter(|pace| pace.is_finite() && hunt.searched_ms > 50.0));
    let count = |n: u64| grouped(n as usize);
    let rows = [
        ("states", count(p.states)),
        ("depth", p.depth.to_string()),
        ("frontier", count(p.frontier)),
        ("pace", pace.map_or_else(|| "–".to_owned(), |pace| count(pace as u64))),
        ("memory", format!("{} MB", hunt.memory.max(p.bytes).div_ceil(1 << 20))),
        ("time", spent(hunt.searched_ms)),
    ];
    let row = |(key, value): &(&'static str, String)| {
        format!("<div><dt>{}</dt><dd class=\"num\">{value}</dd></div>", FINDS.tr(lang, key))
    };
    format!("<dl class=\"find-numbers\">{}</dl>", rows.iter().map(row).collect::<String>())
}

/// What the answer takes for granted, beyond world and bounds.
fn assumed(hunt: &Hunt, lang: Lang) -> String {
    let mut all = stuck::assumed(&hunt.question, lang);
    all.extend(hunt.answer().into_iter().flat_map(|answer| &answer.premises).map(|premise| premise.words(lang)));
    if all.is_empty() {
        return String::new();
    }
    let each = all.iter().map(|words| format!("<li>{}</li>", html::text(words)));
    format!(
        "<h3 class=\"caps\">{}</h3><ul class=\"simplified\">{}</ul>",
        FINDS.tr(lang, "assumed"),
        each.collect::<String>()
    )
}

fn offers(hunt: &Hunt, lang: Lang) -> String {
    let button = |class: &str, act: &str, key| html::button(class, &format!("find {act}"), FINDS.tr(lang, key));
    let mut out = String::new();
    match &hunt.state {
        State::Searching => out += &button("button", "stop", "stop"),
        State::Stopped => out += &button("primary", "continue", "continue"),
        State::Died { run: Some(_), .. } => out += &button("button", "before", "before"),
        State::Answered(answer) if answer.verdict == Verdict::Unfinished => out += &button("primary", "widen", "widen"),
        _ => {}
    }
    let mut hint = String::new();
    if let Some(run) = hunt.run() {
        out += &button("primary", "run", if hunt.shown { "run-again" } else { "run" });
        if hunt.answer().and_then(|answer| answer.cycle).is_some_and(|cycle| cycle > 0) {
            out += &button("button", "cycle", "cycle");
        }
        if link::encode(run).is_ok() {
            out += &button("button", "copy", if hunt.copied { "copied" } else { "copy-link" });
        } else {
            hint = format!("<p class=\"hint\">{}</p>", FINDS.tr(lang, "no-link"));
        }
    }
    out += &button("button", "ask", "change");
    format!("<div class=\"find-bar\">{hint}<div class=\"offers\">{out}</div></div>")
}
