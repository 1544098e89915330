//! "Crash here", at every moment of the coordinator and of each bank: the matrix, and the runs that fill it.

use super::watch::{End, Point, Watch, acknowledges};
use super::words::{name, short};
use super::{CommitScene, NODES, panels};
use crate::core::cluster::Outage;
use crate::core::commit::{Commit, Mistake, Variant};
use crate::core::protocol::{Judgement, NodeId};
use crate::scenes::crashes::{Apart, Crashes, Matrix, Trial};
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::{Hue, Lang, Time, Verdict};
use crate::scenes::staging::Moment;
use crate::scenes::text::word;
use crate::sim::time::MILLISECOND;

pub struct CommitCrashes;

/// When the transfer of a cell starts, and how long its node stays down.
const START: Time = 200 * MILLISECOND;
const DOWN: Time = 2_500 * MILLISECOND;
/// A run in which a moment has not come up after so many events will not have it.
const LONGEST: usize = 400;
/// So many sends and appends a step of the coordinator has at most.
const EFFECTS: u8 = 8;

const ENDS: [(End, &str, Hue, Verdict); 5] = [
    (End::Committed, "commit.crash-end-commit", Hue::Good, Verdict::Fine),
    (End::Aborted, "commit.crash-end-abort", Hue::Bad, Verdict::Refused),
    (End::Split, "commit.crash-end-split", Hue::Bad, Verdict::Broken),
    (End::NotBegun, "commit.crash-end-nothing", Hue::Muted, Verdict::Refused),
    (End::Never, "commit.crash-end-never", Hue::Warn, Verdict::Broken),
];

fn key(point: Point) -> &'static str {
    match point {
        Point::BeforePrepare => "before",
        Point::PrepareSent => "asked",
        Point::SomeYes => "some-yes",
        Point::AllYes => "all-yes",
        Point::PreCommitSent => "pre-commit",
        Point::Forced => "forced",
        Point::OneTold => "one-told",
        Point::AllTold => "all-told",
        Point::AllAcks => "all-acks",
    }
}

/// Why there is nothing to try.
fn apart(p: &Commit, point: Point, column: usize, lang: Lang) -> Option<Apart> {
    match point {
        Point::AllAcks if !acknowledges(p.variant) => {
            Some(Apart { same: None, why: word(lang, "commit.crash-no-acks") })
        }
        // The coordinator forces the record, and the step after that tells all.
        Point::Forced | Point::OneTold if column > 0 => {
            Some(Apart { same: Some(Point::AllTold.row(p)), why: word(lang, "commit.crash-one-step") })
        }
        _ => None,
    }
}

impl Crashes<CommitScene> for CommitCrashes {
    const APART: &'static [&'static str] = &["load", "think", "rounds", "pace", "tick"];

    fn matrix(moment: &Moment<CommitScene>, lang: Lang) -> Option<Matrix> {
        let p = moment.sim.protocol.as_ref();
        let nodes = 0..=p.balances.len() as u16;
        let say = |key: &str| word(lang, key);
        let columns: Vec<_> = nodes.map(|node| (name(NodeId(node), lang), short(NodeId(node), lang))).collect();
        let row = |point: Point| crate::scenes::crashes::Point {
            name: say(&format!("commit.crash-at-{}", key(point))),
            help: say(&format!("commit.crash-why-{}", key(point))),
        };
        let cells = |point: Point| (0..columns.len()).map(move |column| apart(p, point, column, lang));
        Some(Matrix {
            title: say("commit.crash-title"),
            intro: say("commit.crash-intro"),
            note: say("commit.crash-note"),
            rows: Point::of(p).map(row).collect(),
            now: Some(moment.past.watch.now().row(p)),
            cells: Point::of(p).flat_map(cells).collect(),
            nobody: say("commit.crash-nobody"),
            somebody: say("commit.crash-somebody"),
            waited: say("commit.crash-waited"),
            comma: say("commit.comma"),
            ends: ENDS.iter().map(|(_, key, hue, verdict)| (say(key), *hue, *verdict)).collect(),
            missing: say("commit.crash-missing"),
            columns,
        })
    }

    fn trial(moment: &Moment<CommitScene>) -> Option<Trial> {
        let (sim, crash) = (moment.sim, moment.past.watch.crash.as_ref()?);
        let never = || {
            let found = sim.properties().iter().find(|p| p.name == "AC5-TERMINATE").map(|p| sim.judge(p));
            (crash.back && found == Some(Judgement::Never)).then_some(End::Never)
        };
        let end = crash.end.or_else(never);
        Some(Trial {
            row: crash.point.row(&sim.protocol),
            column: crash.node.0.into(),
            power: crash.outage == Outage::PowerLost,
            waited: crash.waited.iter().map(|node| node.0.into()).collect(),
            ended: end.and_then(|end| ENDS.iter().position(|(known, ..)| *known == end)),
            // Transfers of the load stand in each other's way.
            alone: crash.alone
                && sim.protocol.load == 0
                && crash.outage != Outage::DiskLost
                && crash.node.0 as usize <= sim.protocol.balances.len(),
        })
    }

    fn attempt(spec: &RunSpec, row: usize, column: usize, outage: Outage) -> Option<RunSpec> {
        let found = Player::<CommitScene>::new(spec)?;
        let p = found.run.protocol();
        let point = Point::of(&p).nth(row)?;
        if column > p.balances.len() || apart(&p, point, column, Lang::En).is_some() {
            return None;
        }
        let mut run = Attempt { p: found, outage, node: NODES[column] };
        let crashed = match (point, column) {
            (Point::BeforePrepare, 1..) => run.crash(),
            (Point::BeforePrepare, _) if collects(&p) => run.start().and_then(|()| run.crash()),
            (Point::BeforePrepare, _) => run.trip(spec, 0, point),
            _ => run.start().and_then(|()| run.reach(spec, point)),
        };
        crashed?;
        let (events, now) = (run.p.run.position().0, run.p.run.now());
        if run.p.run.moment().past.watch.crash.is_none() {
            // A bank that was down before anybody asked it.
            run.p.at(START);
            run.request()?;
        }
        run.p.at(now + DOWN);
        run.does(&format!("restart {}", run.node))?;
        run.p.run.seek_event(events - 1);
        Some(run.p.run.spec())
    }
}

/// Who takes part is forced before anybody is asked.
fn collects(p: &Commit) -> bool {
    p.variant == Variant::PresumedCommit && !p.makes(Mistake::NoCollecting)
}

/// A run on its way to the crash of a cell.
struct Attempt {
    p: Player<CommitScene>,
    outage: Outage,
    node: &'static str,
}

impl Attempt {
    fn does(&mut self, line: &str) -> Option<()> {
        self.p.run.command(line, Lang::En).ok()
    }

    fn request(&mut self) -> Option<()> {
        let fee = panels::fee(&self.p.run.protocol());
        self.does(&format!("request {} transfer north east 20{fee}", NODES[0]))
    }

    fn start(&mut self) -> Option<()> {
        self.p.at(START);
        self.request()
    }

    fn watch(&self) -> &Watch {
        &self.p.run.moment().past.watch
    }

    fn how(&self) -> &'static str {
        if self.outage == Outage::PowerLost { "power" } else { "killed" }
    }

    fn crash(&mut self) -> Option<()> {
        if self.watch().crash.is_none() && self.p.run.now() < START {
            self.p.at(START / 2);
        }
        // Of what was not forced, the least that a power cut may leave.
        let picks = if self.outage == Outage::PowerLost { " picks 0" } else { "" };
        let line = format!("crash {} {}{picks}", self.node, self.how());
        self.does(&line)
    }

    /// Plays on to the moment and crashes the node there; within the coordinator's step if it lies within one.
    fn reach(&mut self, spec: &RunSpec, point: Point) -> Option<()> {
        for _ in 0..LONGEST {
            let now = self.watch().now();
            if now == point {
                return self.crash();
            }
            if now > point && self.node == NODES[0] {
                return self.trip(spec, self.p.run.position().0 - 1, point);
            }
            if now > point || !self.p.run.step_forward() {
                break;
            }
        }
        None
    }

    /// Goes down in the coordinator's step that is the event after the first so many: after as many sends and appends as
    /// it takes to stand at the point.
    fn trip(&mut self, spec: &RunSpec, events: u32, point: Point) -> Option<()> {
        for after in 0..EFFECTS {
            self.p = Player::new(spec)?;
            let trip = format!("trip {} {after} {}", self.node, self.how());
            if events == 0 {
                self.p.at(START);
                self.does(&trip)?;
                self.request()?;
            } else {
                self.start()?;
                while self.p.run.position().0 < events && self.p.run.step_forward() {}
                self.does(&trip)?;
                self.p.run.step_forward();
            }
            if self.watch().crash.as_ref().is_some_and(|crash| crash.point == point) {
                return Some(());
            }
        }
        None
    }
}
