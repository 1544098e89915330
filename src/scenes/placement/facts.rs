//! What a lesson may ask about a placement: where a key lives, and how many keys a change moves.

use super::picture::views;
use super::{PlacementScene, lists, survey};
use crate::core::protocol::NodeId;
use crate::scenes::lesson::{Fact, points};
use crate::scenes::scene::{Hue, KeyMarks, Lang, Stage};
use crate::scenes::staging::Moment;
use std::rc::Rc;

/// `owner KEY`: its node; `moved`: the share of keys that the latest change gave a new owner, as the nearest of none, a fifth,
/// a half and four fifths.
pub fn fact(moment: &Moment<PlacementScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = views(moment);
    match asked {
        ["owner", key @ ..] => {
            let key = lists::key(&key.join(" "))?;
            let built = p.built(&p.scheme, &now, 0).ok()?;
            let owner = built.owner(key.bytes()).map(|slot| lists::node_name(p, NodeId(slot)));
            let nodes = (0..p.servers().min(12)).map(|slot| lists::node_name(p, NodeId(slot)));
            Some(Fact::one_of(owner, nodes.map(|name| (name.clone(), name)), &[], lang))
        }
        ["moved"] => {
            let survey = survey::survey(p, &p.scheme, before.as_ref(), &now);
            let share = survey.moves.as_ref().map_or(0.0, |moves| {
                let movement = moves.movement();
                movement.moved as f64 / movement.all.max(1) as f64
            });
            Some(Fact::share(share, lang))
        }
        _ => None,
    }
}

/// Of an owner a circle keeps its points, if the strategy cuts it, and no key has a colour.
pub fn veil(moment: &Moment<PlacementScene>, asked: &[&str], stage: &mut Stage) {
    if !matches!(asked, ["owner", ..]) {
        return;
    }
    let whose = moment.sim.protocol.directory().0;
    for circle in stage.panels.iter_mut().map(|panel| &mut panel.circle) {
        circle.probe = None;
        circle.arcs = Rc::new(points(&circle.arcs, circle.radius, whose));
        match &mut circle.keys {
            KeyMarks::Dots(dots) => {
                Rc::make_mut(dots).iter_mut().for_each(|dot| (dot.hue, dot.was) = (Hue::Muted, None));
            }
            KeyMarks::Bins(bins) => {
                Rc::make_mut(bins).iter_mut().for_each(|bin| (bin.hue, bin.moved) = (Hue::Muted, 0));
            }
        }
    }
}
