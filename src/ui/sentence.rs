//! One sentence about what just happened, tinted by its meaning, and its twin for screen readers.

use super::draw::{hue_class, plain_words};
use super::icons::icon;
use super::page::Page;
use super::{dom, player};
use crate::scenes::run::Halt;
use crate::scenes::scene::{Hue, Sentence};
use leptos::prelude::*;

/// While playing, a screen reader hears at most one sentence in this time.
const SPOKEN_MS: f64 = 2_000.0;

pub fn bar(page: Page) -> impl IntoView {
    let sentence = Memo::new(move |_| {
        page.fresh.get();
        let lang = page.lang.get();
        page.look(|run| (run.sentence(lang), run.now())).unwrap_or_default()
    });
    let tone = move || sentence.with(|(sentence, _)| sentence.tone);
    let step = move || {
        let (at, known) = page.look(|run| run.position()).unwrap_or((0, 0));
        let lang = page.lang.get();
        sentence.track();
        super::text::fill(super::text::tr(lang, "step-of"), &[&at.to_string(), &known.to_string()])
    };
    view! {
        <section class=move || format!("sentence {}", tint(tone())) data-simulation="" aria-label=move || page.tr("sentence")>
            {move || icon(tone_icon(tone()))}
            <p class="words">{move || sentence.with(|(sentence, now)| pieces(sentence, *now))}</p>
            {move || stopped(page)}
            <span class="step-count num">{step}</span>
            {live_region(page, sentence)}
        </section>
    }
}

fn tint(tone: Hue) -> &'static str {
    match tone {
        Hue::Good => "tint-good",
        Hue::Warn => "tint-warn",
        Hue::Bad => "tint-bad",
        _ => "tint-none",
    }
}

fn tone_icon(tone: Hue) -> &'static str {
    match tone {
        Hue::Good => "check",
        Hue::Warn => "clock",
        Hue::Bad => "warn",
        _ => "open",
    }
}

fn pieces(sentence: &Sentence, now: u64) -> Vec<AnyView> {
    let piece = |text: &crate::scenes::scene::Text| {
        let words = plain_words(text, now);
        if text.strong || text.hue != Hue::Plain {
            let class = format!("{}{}", hue_class(text.hue), if text.strong { " strong" } else { "" });
            view! { <b class=class>{words}</b> }.into_any()
        } else {
            words.into_any()
        }
    };
    sentence.pieces.iter().map(piece).collect()
}

/// Why play stopped here, and the way on.
fn stopped(page: Page) -> Option<AnyView> {
    let halt = page.halt.get()?;
    let lang = page.lang.get();
    let words = match halt {
        Halt::Broken { property, .. } => {
            let named =
                page.look(|run| run.findings(lang).into_iter().find(|finding| finding.code == property)).flatten();
            let name = named.map_or_else(|| property.to_string(), |finding| finding.words);
            super::text::fill(super::text::tr(lang, "halted-broken"), &[&name])
        }
        Halt::Question => return None,
        // The row of the question already says how it ended.
        Halt::End if page.opening.get().is_some() => return None,
        Halt::End => super::text::tr(lang, "halted-end").to_string(),
    };
    Some(
        view! {
            <span class="halted">
                <span class="halt-words">{words}</span>
                <button class="button go-on" on:click=move |_| player::play(page)>{page.tr("go-on")}</button>
            </span>
        }
        .into_any(),
    )
}

fn live_region(page: Page, sentence: Memo<(Sentence, u64)>) -> impl IntoView {
    let spoken = RwSignal::new(String::new());
    let last = StoredValue::new(-1e9_f64);
    Effect::new(move |_| {
        let words = sentence
            .with(|(sentence, now)| sentence.pieces.iter().map(|text| plain_words(text, *now)).collect::<String>());
        let playing = page.playing.get();
        let now = dom::screen_ms();
        let due = now - last.try_get_value().unwrap_or(0.0) > SPOKEN_MS;
        if (!playing || due) && spoken.with_untracked(|before| *before != words) {
            last.set_value(now);
            spoken.set(words);
        }
    });
    view! { <span class="visually-hidden" role="status" aria-live="polite">{spoken}</span> }
}
