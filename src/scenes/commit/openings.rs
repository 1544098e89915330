//! The commit scene's questions. Each take is played by the core; a script presses the buttons that a reader could press,
//! at moments that it finds by playing, never by bending a timer.

use super::CommitScene;
use crate::core::commit::{Commit, Decision, Msg, Note};
use crate::core::protocol::NodeId;
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::{MILLISECOND, SECOND};

pub struct CommitOpenings;

const BANKS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

impl Openings<CommitScene> for CommitOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] =
        &[("moment", 2, 2), ("wait", 2, 2), ("force", 2, 2), ("generals", 2, 3)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "moment" => moment(take),
            "wait" => wait(take),
            "force" => force(take),
            "generals" => generals(take),
            _ => None,
        }
    }

    fn right(name: &str, take: usize, run: &Session<CommitScene>) -> usize {
        let broken =
            |code: &str| run.findings(Lang::En).iter().any(|f| f.code == code && f.standing == Standing::Broken);
        let corners: Vec<Hue> = corners(run);
        match name {
            "moment" => usize::from(corners != [Hue::Good; BANKS.len()]),
            "wait" => usize::from(corners.contains(&Hue::Warn)),
            "generals" => lost(take),
            _ => usize::from(!broken("MONEY")),
        }
    }
}

/// Read off the picture: the corner of a bank's card says how it stands: green committed, amber in doubt, red aborted.
fn corners(run: &dyn Run) -> Vec<Hue> {
    let stage = run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En });
    let mut banks: Vec<&Card> = stage.cards.iter().filter(|card| BANKS.contains(&NodeId(card.node))).collect();
    banks.sort_by_key(|card| card.node);
    banks.into_iter().filter_map(|card| card.corner.as_ref()).map(|text| text.hue).collect()
}

pub(super) fn spec(recipe: &str, options: &[(&str, &str)], mistakes: &[&str]) -> RunSpec {
    RunSpec {
        scene: "commit".to_owned(),
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// Three banks, and a transfer from the start.
fn player(mistakes: &[&str]) -> Option<Player<CommitScene>> {
    Player::new(&spec("presumed-abort", &[], mistakes))
}

pub(super) fn starts(p: &mut Player<CommitScene>) -> &mut Player<CommitScene> {
    p.at(200 * MILLISECOND).does("request coordinator transfer north east 20 fee south 1")
}

fn ends(mut p: Player<CommitScene>, question: Time) -> Option<Script> {
    let end = p.run.now();
    p.script(question, end)
}

/// T1 and T2: the same crash a moment before and a moment after the commit record is on the platters.
fn moment(take: usize) -> Option<Script> {
    let mut p = player(&[])?;
    starts(&mut p).until_all(BANKS.len(), |_, n| matches!(n, Note::VotedYes(_)));
    let question = p.run.now() + MILLISECOND;
    p.at(question);
    if take == 0 {
        p.does("crash coordinator killed");
    } else {
        // Within the step that would send COMMIT, before the first message: decided, and nobody told.
        p.until_all(1, |_, n| matches!(n, Note::ForcesCommit(_))).does("trip coordinator 0 killed");
    }
    p.at(question + 1_400 * MILLISECOND).does("restart coordinator");
    p.until_all(BANKS.len(), |_, n| matches!(n, Note::Acked { .. } | Note::Learned { decision: Decision::Abort, .. }));
    p.after(200 * MILLISECOND);
    ends(p, if take == 0 { question } else { 0 })
}

/// T1, the waiting: PREPARE is out, the coordinator is gone. The second take has a bank that votes NO.
fn wait(take: usize) -> Option<Script> {
    let mut p = player(&[])?;
    if take == 1 {
        p.at(100 * MILLISECOND).does("request south vote-no on");
    }
    starts(&mut p);
    p.after(10 * MILLISECOND).does("crash coordinator killed");
    let question = p.run.now() + 90 * MILLISECOND;
    p.at(question);
    p.after(10 * SECOND);
    ends(p, if take == 0 { question } else { 0 })
}

/// The mistake: a YES whose prepared record was never forced, and a power cut at the one who said it.
fn force(take: usize) -> Option<Script> {
    let mut p = player(if take == 0 { &["vote-not-forced"] } else { &[] })?;
    starts(&mut p).until_all(1, |node, n| node == BANKS[0] && matches!(n, Note::VotedYes(_)));
    // The least that a power cut may leave: the forced records, and nothing of the rest.
    p.after(MILLISECOND).does("crash north power picks 0");
    let question = p.run.now() + 30 * MILLISECOND;
    p.at(question);
    p.until_all(BANKS.len() - 1, |_, n| matches!(n, Note::Acked { .. }));
    p.after(300 * MILLISECOND).does("restart north");
    p.after(1_500 * MILLISECOND);
    ends(p, if take == 0 { question } else { 0 })
}

/// How long after its decision the coordinator is asked what it knows: all that has not been lost is there, and it has not
/// said anything again.
const SILENCE: Time = 300 * MILLISECOND;

/// The two generals: COMMIT to North is lost, or North's ACK.
fn generals(take: usize) -> Option<Script> {
    let (p, question) = silent(take)?;
    ends(p, if take == 0 { question } else { 0 })
}

/// The run, and the moment at which the coordinator has heard from all but North.
fn silent(take: usize) -> Option<(Player<CommitScene>, Time)> {
    // North is patient: who speaks next is the coordinator.
    let mut p = Player::new(&spec("presumed-abort", &[("inquire", "2000")], &[]))?;
    starts(&mut p).until(|n| matches!(n, Note::DecidedCommit(_)));
    let question = p.run.now() + SILENCE;
    let message = if take == 0 {
        p.message(|_, to, msg| to == BANKS[0] && matches!(msg, Msg::Decide { .. }))
    } else {
        p.until_all(1, |node, n| node == BANKS[0] && matches!(n, Note::Acked { .. }));
        p.message(|from, _, msg| from == BANKS[0] && matches!(msg, Msg::Ack(_)))
    };
    p.does(&format!("drop {message}")).until(|n| matches!(n, Note::Forgot(_))).after(200 * MILLISECOND);
    Some((p, question))
}

/// All that the coordinator has at that moment: its memory, its log, how much of that is forced, its timers.
fn knows(take: usize) -> Option<(Time, String)> {
    let (mut p, question) = silent(take)?;
    let cluster = &p.at(question).run.timeline.at.sim.cluster;
    let node = cluster.node(Commit::COORDINATOR);
    let timers = cluster.timers.iter().filter(|timer| timer.node == Commit::COORDINATOR);
    Some((question, format!("{node:?} {:?}", timers.collect::<Vec<_>>())))
}

/// 0: the order, 1: the acknowledgement, 2: whoever has what the coordinator has cannot say which. Both runs are opened and
/// looked at: a difference, whatever it were, would tell.
fn lost(take: usize) -> usize {
    let order_lost = knows(0);
    if order_lost.is_some() && order_lost == knows(1) { 2 } else { take }
}
