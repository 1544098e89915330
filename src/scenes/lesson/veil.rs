//! While a question is open, the picture does not answer it.
//!
//! Two things are taken off: what is inside a node that is down, for nobody can look there before it is back; and what the scene
//! itself would show of the fact that is asked ([`Staging::veil`](crate::scenes::staging::Staging::veil)). Whoever has to break a
//! property sees all, for it is done by looking.

use super::Ask;
use crate::scenes::run::Run;
use crate::scenes::scene::{Arc, Block, Card, Clock, Condition, Diagram, Hue, Lang, Stage, Text};
use std::f32::consts::TAU;

/// In place of what is not shown.
const UNSEEN: &str = "?";
/// Half the length of a point on a circle, in pixels.
const POINT: f32 = 4.5;

/// What was taken off a stage.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Veiled {
    /// The nodes whose cards say less: what is told of them is not said elsewhere either.
    pub nodes: Vec<u16>,
    /// The key that is looked up is not shown.
    pub lookup: bool,
}

/// Takes off a stage what would answer a question. `stage` is of this run's moment, in this language.
pub fn veil(run: &dyn Run, ask: &Ask, stage: &mut Stage, lang: Lang) -> Veiled {
    let asked = match ask {
        Ask::Fact(words) => words.as_str(),
        Ask::Drop(_) => "",
        Ask::Break(_) => return Veiled::default(),
    };
    let before = stage.cards.clone();
    let looked_up = looks_up(stage);
    run.veil(asked, stage, lang);
    for card in stage.cards.iter_mut().filter(|card| card.condition == Condition::Down) {
        let said = card.blocks.len();
        let heading = |block: &Block| matches!(block, Block::Heading(_));
        card.blocks.retain(|block| since(block) || heading(block));
        // An empty list of records is no more to be seen than a long one.
        if card.blocks.len() < said || card.blocks.iter().any(heading) {
            let words = UNSEEN.to_owned();
            card.blocks.push(Block::Line(Text { words, hue: Hue::Muted, ..Text::default() }));
        }
    }
    let less = |card: &&Card| card.condition == Condition::Down || !before.contains(card);
    let changed = stage.cards.iter().filter(less).map(|card| card.node);
    Veiled { nodes: changed.collect(), lookup: looked_up && !looks_up(stage) }
}

/// Takes off a diagram what such nodes have told each other.
pub fn veil_diagram(diagram: &mut Diagram, veiled: &[u16]) {
    diagram.arrows.retain(|arrow| !(veiled.contains(&arrow.from) && veiled.contains(&arrow.to)));
}

/// It says how long something has lasted: of a node that is down, that it is.
fn since(block: &Block) -> bool {
    matches!(
        block,
        Block::Line(Text { clock: Some(Clock::Since(_)), .. }) | Block::Tag(Text { clock: Some(Clock::Since(_)), .. })
    )
}

fn looks_up(stage: &Stage) -> bool {
    let panels = stage.panels.iter().filter_map(|panel| panel.circle.probe.as_ref());
    stage.ring.iter().filter_map(|ring| ring.probe.as_ref()).chain(panels).next().is_some()
}

/// A circle of so many pixels with its points alone: whose is what lies between them is not told. `whose`: the node that is
/// chosen where none is to be told.
pub(in crate::scenes) fn points(arcs: &[Arc], radius: f32, whose: u16) -> Vec<Arc> {
    let most = POINT / (TAU * radius.max(1.0));
    let length = |arc: &Arc| if arc.to > arc.from { arc.to - arc.from } else { arc.to - arc.from + 1.0 };
    // Each point takes at most a third of the way to its neighbours.
    let half = |n: usize| most.min(length(&arcs[n]) / 3.0).min(length(&arcs[(n + 1) % arcs.len()]) / 3.0);
    let mut list = Vec::with_capacity(2 * arcs.len());
    for (n, arc) in arcs.iter().enumerate() {
        let before = half((n + arcs.len() - 1) % arcs.len());
        let own = half(n);
        // Thin, as what nobody answers for.
        list.push(Arc { from: arc.from + before, to: arc.to - own, node: whose, hue: Hue::Muted, down: true });
        list.push(Arc { from: arc.to - own, to: arc.to + own, ..arc.clone() });
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::lesson::{LESSONS, Lesson, Part, Stop, find, load};
    use crate::scenes::open;
    use crate::scenes::scene::View;

    const VIEW: View = View { width: 900.0, height: 600.0, lang: Lang::En };

    fn lesson(name: &str) -> Lesson {
        let shelved = find(name).expect("a lesson");
        load(shelved.name, shelved.lesson, "").expect("a lesson")
    }

    fn found<'a>(lesson: &'a Lesson, stop: &str) -> (&'a Part, &'a Stop) {
        lesson.stops().find(|(_, known)| known.name == stop).expect("a stop")
    }

    /// The stage at a stop, without and with the veil, and what it took off.
    fn at(lesson: &Lesson, stop: &str) -> (Stage, Stage, Veiled) {
        let (part, stop) = found(lesson, stop);
        let mut run = open(&part.run, Lang::En).expect("a run");
        run.seek(stop.at);
        let plain = run.stage(&VIEW);
        let mut stage = plain.clone();
        let veiled = veil(&*run, stop.ask.as_ref().expect("a question"), &mut stage, Lang::En);
        (plain, stage, veiled)
    }

    fn card(stage: &Stage, name: &str) -> Card {
        stage.cards.iter().find(|card| card.name.contains(name)).expect("a card").clone()
    }

    #[test]
    fn nobody_looks_into_a_node_that_is_down() {
        let killed = lesson("killed-or-powered-off");
        let (plain, stage, veiled) = at(&killed, "killed");
        assert!(card(&plain, "North").blocks.iter().any(|block| matches!(block, Block::Record { .. })));
        assert!(
            !card(&stage, "North")
                .blocks
                .iter()
                .any(|block| matches!(block, Block::Record { .. } | Block::Pair { .. }))
        );
        assert_eq!(veiled.nodes, [card(&stage, "North").node]);
        // Killed or without power, before it is back it looks the same.
        assert_eq!(card(&stage, "North").blocks, card(&at(&killed, "power").1, "North").blocks);
        assert_eq!(card(&stage, "East"), card(&plain, "East"));
        let (plain, stage, _) = at(&killed, "break-it");
        assert_eq!(plain, stage, "who has to break something sees all");
    }

    #[test]
    fn whose_a_key_is_can_be_found_by_walking_only() {
        let (plain, stage, veiled) = at(&lesson("where-a-key-lives"), "clockwise");
        let ring = stage.ring.clone().expect("a ring");
        assert!(veiled.lookup && ring.probe.is_none());
        assert!(ring.keys.iter().all(|key| key.hue == Hue::Muted && !key.moved));
        // Four points, where they were, and four pieces between them that are nobody's.
        let points: Vec<&Arc> = ring.arcs.iter().filter(|arc| arc.hue != Hue::Muted).collect();
        let owners = plain.ring.expect("a ring").arcs;
        assert_eq!((points.len(), ring.arcs.len()), (owners.len(), 2 * owners.len()));
        for (point, arc) in points.iter().zip(&owners) {
            assert_eq!((point.node, point.hue), (arc.node, arc.hue));
            assert!(point.from < arc.to && arc.to < point.to && point.to - point.from < 0.02);
        }
        let servers = stage.cards.iter().filter(|card| card.name.starts_with("node"));
        assert!(servers.flat_map(|card| &card.corner).all(|corner| corner.words == "●"));
        assert!(!format!("{:?}", stage.cards).contains("keys") && !format!("{:?}", stage.cards).contains('%'));
    }

    #[test]
    fn how_many_copies_there_are_is_not_counted() {
        let points = lesson("points-are-not-servers");
        for stop in ["next-point", "next-server", "drawn"] {
            let (plain, stage, veiled) = at(&points, stop);
            assert!(format!("{:?}", plain.cards).contains("on disk") && format!("{:?}", plain.cards).contains('×'));
            assert!(!format!("{:?}", stage.cards).contains("on disk") && !format!("{:?}", stage.cards).contains('×'));
            assert!(!veiled.lookup && !veiled.nodes.is_empty(), "the hint says to look the key up");
        }
        // Nor do arrows tell who was given a copy, or how many the client was told of.
        let next = arrows(&points, "next-server");
        assert!(next.0 >= 4 && next.1 == 0, "{next:?}");
        // A node that is down has said what it has said.
        let killed = arrows(&lesson("killed-or-powered-off"), "killed");
        assert!(killed.0 > 0 && killed.0 == killed.1, "{killed:?}");
    }

    /// Arrows of the diagram up to a stop, without and with the veil.
    fn arrows(lesson: &Lesson, stop: &str) -> (usize, usize) {
        let (part, known) = found(lesson, stop);
        let mut run = open(&part.run, Lang::En).expect("a run");
        run.seek(known.at);
        let mut diagram = run.diagram(0, known.at, Lang::En);
        let before = diagram.arrows.len();
        veil_diagram(&mut diagram, &at(lesson, stop).2.nodes);
        (before, diagram.arrows.len())
    }

    #[test]
    fn points_keep_their_places_however_close_they_lie() {
        let arc = |from: f32, to: f32| Arc { from, to, node: 3, hue: Hue::Node(1), down: false };
        let all = points(&[arc(0.9, 0.1), arc(0.1, 0.101), arc(0.101, 0.9)], 100.0, 7);
        assert_eq!(all.len(), 6);
        for pair in all.windows(2) {
            assert!((pair[0].to - pair[1].from).abs() < 1e-6, "{all:?}");
        }
        let lone = points(&[arc(0.3, 0.3)], 100.0, 7);
        assert!(lone[0].to < lone[1].from + 1e-6 && lone[1].from < 0.3 && lone[1].to > 0.3, "{lone:?}");
        assert!(points(&[], 100.0, 7).is_empty());
    }

    #[test]
    fn every_question_of_every_lesson_can_be_veiled() {
        for shelved in LESSONS {
            let lesson = lesson(shelved.name);
            for stop in lesson.parts.iter().flat_map(|part| &part.stops) {
                let (plain, stage, veiled) = at(&lesson, &stop.name);
                assert_eq!(plain.cards.len(), stage.cards.len());
                assert!(plain == stage || veiled != Veiled::default(), "{} {}", shelved.name, stop.name);
                let down = stage.cards.iter().filter(|card| card.condition == Condition::Down);
                let seen =
                    |block: &Block| matches!(block, Block::Record { .. } | Block::Pair { .. } | Block::Entry { .. });
                let broken = matches!(stop.ask, Some(Ask::Break(_)));
                assert!(broken || down.flat_map(|card| &card.blocks).all(|block| !seen(block)), "{}", shelved.name);
            }
        }
    }
}
