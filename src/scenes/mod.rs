//! What to draw, as plain data: each scene turns a simulation into words, cards, messages and lanes.

pub mod catalogue;
mod chart;
pub mod chronicle;
pub mod commands;
pub mod commit;
pub mod coordination;
pub mod crashes;
pub mod draw;
pub mod export;
pub mod families;
pub mod geometry;
pub mod inspect;
pub mod lesson;
pub mod link;
pub mod lock;
pub mod making;
pub mod options;
pub mod panels;
pub mod parts;
pub mod place;
pub mod placement;
mod plain;
mod player;
pub mod ring;
pub mod run;
mod sample;
pub mod scene;
pub mod searching;
pub mod session;
pub mod sheets;
pub mod staging;
pub mod text;
pub mod twin;

pub use catalogue::{
    SCENES, TABS, begin, default_spec, family, open, opening_spec, openings, outcome, simplified, with_option,
};

/// Why a run could not be opened, said so that it can be mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenError(pub String);

/// The command that prints the same hash from the headless runner: the text of "Reproduce it".
pub fn reproduce(link: &str) -> String {
    format!("cargo run --release --bin faultline -- run '{link}'")
}

/// Plays so many events. Where nothing happens by itself, the first thing that the scene offers is done. For benchmarks.
pub fn keep_busy(run: &mut dyn run::Run, events: u32) {
    while run.position().0 < events {
        if run.step_forward() {
            continue;
        }
        let Some(offer) = run.offers(scene::Lang::En).into_iter().next() else { return };
        let amount = offer.amount.map_or_else(String::new, |a| a.value.to_string());
        if run.command(&offer.line.replace("{}", &amount), scene::Lang::En).is_err() {
            return;
        }
    }
}
