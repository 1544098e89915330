//! Files of a moment: where the first strategy has put each key, and what the latest change moves, as the runner writes them.

use super::{PlacementScene, picture, shown, survey};
use crate::scenes::place::files;
use crate::scenes::staging::Moment;

pub const FILES: &[&str] = &["placement.csv", "placement.json", "plan.csv", "plan.json"];

/// The text of a file; `None` before all keys are placed, and of a plan while there was no change.
pub fn file(moment: &Moment<PlacementScene>, name: &str) -> Option<String> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = picture::views(moment);
    let scheme = shown(p, moment.aside).into_iter().next()?;
    let survey = survey::survey(p, &scheme, before.as_ref(), &now);
    let placed = || survey.now.as_ref()?.whole.as_deref();
    match name {
        "placement.csv" => Some(files::placement_csv(&p.keys, placed()?)),
        "placement.json" => Some(files::placement_json(&p.keys, placed()?)),
        "plan.csv" => Some(files::plan_csv(survey.moves.as_deref()?)),
        "plan.json" => Some(files::plan_json(survey.moves.as_deref()?)),
        _ => None,
    }
}
