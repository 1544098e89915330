//! The panels as tables, a row a node.

use super::survey::{self, Survey};
use super::words::percent;
use super::{PlacementScene, figures, picture, shown, stream};
use crate::core::placement::scheme::Scheme;
use crate::core::routing::{Routing, View as List, shape};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{say, word};

pub fn sheets(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Sheet> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = picture::views(moment);
    let sheet = |scheme: &Scheme| {
        let survey = survey::survey(p, scheme, before.as_ref(), &now);
        sheet(p, scheme, &survey, before.as_deref(), &now, lang)
    };
    shown(p, moment.aside).iter().map(sheet).chain(stream::figures::sheet(moment, lang)).collect()
}

fn sheet(p: &Routing, scheme: &Scheme, survey: &Survey, before: Option<&List>, now: &List, lang: Lang) -> Sheet {
    let title = word(lang, &format!("placement.recipe-{}", scheme.strategy.name()));
    let Some(side) = &survey.now else {
        return Sheet { title, note: word(lang, "placement.middle-impossible"), ..Sheet::default() };
    };
    let heads = ["node", "weight", "keys", "share", "fair", "before", "in", "out", "arc"];
    let arcs = shape::arcs(side.built.placement.as_ref());
    let columns = if arcs.is_some() { heads.len() } else { heads.len() - 1 };
    let slots = usize::from(p.servers());
    let mut moved = vec![(0_u32, 0_u32); slots];
    if let (Some(moves), Some(old)) = (&survey.moves, &survey.before) {
        for ((from, to), keys) in moves.pairs() {
            if let Some(from) = from {
                moved[usize::from(old.built.slot(from))].1 += keys;
            }
            if let Some(to) = to {
                moved[usize::from(side.built.slot(to))].0 += keys;
            }
        }
    }
    let mut member = vec![None; slots];
    for n in 0..side.built.placement.members().len() {
        member[usize::from(side.built.slot(n))] = Some(n);
    }
    let mut shown: Vec<u16> =
        before.into_iter().chain([now]).flat_map(|list| &list.seats).map(|seat| seat.slot).collect();
    shown.sort_unstable();
    shown.dedup();
    let laws = side.built.laws(scheme.strategy.takes_weights());
    let whole = 1_u128 << 64;
    let row = |slot: &u16| {
        let at = usize::from(*slot);
        let keys = side.counts[at];
        let law = member[at].and_then(|n| laws.and_then(|laws| laws.get(n)));
        let fair = law.map_or_else(|| "—".to_owned(), |law| percent(law.mean));
        let was = survey.before.as_ref().map_or_else(|| "—".to_owned(), |old| old.counts[at].to_string());
        let (came, went) = moved[at];
        let arc = || {
            let arc = member[at].zip(arcs.as_ref()).map_or(0, |(n, arcs)| arcs[n]);
            percent(arc as f64 / whole as f64)
        };
        let mut row = vec![
            p.fleet.name(*slot).to_owned(),
            now.weight(*slot).to_string(),
            keys.to_string(),
            percent(f64::from(keys) / side.placed.max(1) as f64),
            fair,
            was,
            came.to_string(),
            went.to_string(),
        ];
        row.extend(arcs.is_some().then(arc));
        row
    };
    let lost = side.placed - side.counts.iter().map(|n| *n as usize).sum::<usize>();
    let mut note = say(lang, "placement.sheet-note", &[("n", side.placed.into()), ("all", p.keys.len().into())]);
    if lost > 0 {
        note.push(' ');
        note.push_str(&say(lang, "placement.middle-lost", &[("n", lost.into())]));
    }
    if let (Some(moves), Some(before)) = (&survey.moves, before) {
        let movement = moves.movement();
        let args = [
            ("n", movement.moved.to_string().into()),
            ("needless", movement.needless.to_string().into()),
            ("theory", figures::theory(scheme, before, now).words(lang).into()),
        ];
        note.push(' ');
        note.push_str(&say(lang, "placement.sheet-moved", &args));
    }
    Sheet {
        title,
        note,
        head: heads[..columns].iter().map(|head| word(lang, &format!("placement.head-{head}"))).collect(),
        rows: shown.iter().map(row).collect(),
        nodes: shown,
    }
}
