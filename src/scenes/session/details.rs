//! What is shown of a session beside its stage.

use super::{Session, trace};
use crate::core::cluster::Outage;
use crate::core::hash;
use crate::core::map::sort_few;
use crate::core::protocol::NodeId;
use crate::scenes::chart;
use crate::scenes::crashes::{self, Crashes, Matrix, Trial};
use crate::scenes::inspect;
use crate::scenes::lesson::Fact;
use crate::scenes::run::{Command, Deed, Details, Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::sheets;
use crate::scenes::staging::Staging;
use crate::sim::simulation::Happening;

impl<S: Staging> Session<S> {
    /// Goes to the very start.
    pub(in crate::scenes) fn rewind(&mut self) {
        self.timeline.seek_event(0);
        self.revision += 1;
    }

    /// An event in one line.
    pub(super) fn event_line(&self, index: u32, h: &Happening<S::P>, lang: Lang) -> EventLine {
        let (pieces, tone) = self.tell(h, lang);
        EventLine {
            index,
            time: h.time,
            node: h.node.map_or(u16::MAX, |n| n.0),
            tone,
            words: pieces.into_iter().map(|p| p.words).collect(),
            command: h.by_hand,
        }
    }
}

/// How many events back causes are looked for: those that are no longer at hand are played again.
const CAUSES: u32 = 2_000;

impl<S: Staging> Details for Session<S> {
    fn inspect(&self, what: Selection, lang: Lang) -> Option<Inspection> {
        match what {
            Selection::Node(node) => inspect::node(self, NodeId(node), lang),
            Selection::Message(id) => inspect::message(self, id, lang),
        }
    }

    fn controls(&self, lang: Lang) -> Vec<Control> {
        inspect::controls::<S>(&self.base, &self.options, &self.timeline.at.sim.background, lang)
    }

    fn figures(&self, lang: Lang) -> Vec<Figure> {
        S::figures(&self.moment(), lang)
    }

    fn fields(&self, lang: Lang) -> Vec<Field> {
        S::fields(&self.moment(), lang)
    }

    fn sheets(&self, lang: Lang) -> Vec<Sheet> {
        let mut sheets = S::sheets(&self.moment(), lang);
        sheets.extend(sheets::of_stage(&S::stage(&self.moment(), &sheets::view(lang)), self.timeline.at.sim.now, lang));
        sheets.push(sheets::timers(self, lang));
        sheets
    }

    fn plotted(&self) -> bool {
        S::PLOTTED
    }

    fn files(&self) -> &'static [&'static str] {
        S::EXPORTS
    }

    fn charts(&self, lang: Lang) -> Vec<Chart> {
        S::charts(&self.moment(), lang)
    }

    fn nearest(&self, panel: &str, turn: f32) -> Option<String> {
        S::nearest(&self.moment(), panel, turn)
    }

    fn export(&self, name: &str) -> Option<String> {
        S::export(&self.moment(), name)
    }

    fn work(&self, go_on: &mut dyn FnMut() -> bool) -> Work {
        let work = S::work(&self.moment(), go_on);
        if work != Work::Nothing {
            self.worked.set(self.worked.get() + 1);
        }
        work
    }

    fn offers(&self, lang: Lang) -> Vec<Offer> {
        S::offers(&self.timeline.at.sim, None, lang)
    }

    fn diagram(&self, from: Time, to: Time, lang: Lang) -> Diagram {
        chart::diagram(&self.timeline, (from, to), lang)
    }

    fn lanes(&self, lang: Lang) -> Vec<Lane> {
        chart::lanes(&self.timeline, lang)
    }

    fn dues(&self) -> Vec<(u32, Option<Time>)> {
        let sim = self.simulation();
        sim.senders().filter_map(|(id, _)| Some((id, sim.transit(id)?.1))).collect()
    }

    fn cut(&self) -> bool {
        !self.simulation().cluster.cuts.is_empty()
    }

    fn plain(&self) -> RunSpec {
        let commands = self.looked_at(0).collect();
        RunSpec { commands, ..self.base.clone() }
    }

    fn events(&self, from: u32, count: u32, lang: Lang) -> Vec<EventLine> {
        let mut lines = Vec::new();
        self.timeline.read(from, |index, entry| {
            if index - from >= count {
                return false;
            }
            lines.push(self.event_line(index, &entry.happening, lang));
            true
        });
        lines
    }

    fn inputs(&self, branch: Option<usize>) -> Vec<Command> {
        self.written(&self.branch(branch.unwrap_or(self.current)).inputs)
    }

    fn done(&self) -> usize {
        self.given().1
    }

    fn nodes(&self) -> Vec<(String, String)> {
        let sim = self.simulation();
        let names = sim.cluster.ids().map(|id| {
            let name = S::node_name(&sim.protocol, id);
            let like = S::server(&sim.protocol, id).map_or_else(|| name.clone(), |n| format!("server {n}"));
            (name, like)
        });
        names.collect()
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.options.values().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn trace(&self, from: u32, count: u32, lang: Lang) -> Vec<Deed> {
        trace::deeds(self, from, count, lang)
    }

    fn causes(&self, event: u32) -> Vec<u32> {
        let first = event.saturating_sub(CAUSES);
        let mut led: Vec<(bool, [Option<u32>; 2])> = Vec::new();
        self.timeline.read(first, |index, entry| {
            led.push((index == event, entry.happening.after));
            index < event
        });
        // What leads to an event comes before it.
        for at in (0..led.len()).rev() {
            let (true, after) = led[at] else { continue };
            for before in after.into_iter().flatten().filter(|before| *before >= first) {
                led[(before - first) as usize].0 = true;
            }
        }
        (first..).zip(led).filter(|(_, (led, _))| *led).map(|(event, _)| event).collect()
    }

    fn crashes(&self, lang: Lang) -> Option<Matrix> {
        S::Crashes::matrix(&self.moment(), lang)
    }

    fn crashes_key(&self) -> u64 {
        let values: Vec<(&str, &str)> =
            self.options.values().filter(|(key, _)| !S::Crashes::APART.contains(key)).collect();
        let mut mistakes = self.base.mistakes.clone();
        sort_few(&mut mistakes, Clone::clone);
        hash::narrow(&(&self.base.recipe, mistakes, values))
    }

    fn trial(&self) -> Option<Trial> {
        S::Crashes::trial(&self.moment())
    }

    fn attempt(&self, row: usize, column: usize, power: bool) -> Option<RunSpec> {
        let outage = if power { Outage::PowerLost } else { Outage::Killed };
        S::Crashes::attempt(&crashes::set_up::<S>(&self.base), row, column, outage)
    }

    fn next_break(&self, forward: bool) -> Option<u32> {
        let at = &self.timeline.at;
        let here = at.latest.as_ref().is_some_and(|entry| !entry.happening.broke.is_empty());
        // Breaks are numbered from 1.
        let wanted = if forward { at.chronicle.breaks + 1 } else { at.chronicle.breaks - u32::from(here) };
        if wanted == 0 || wanted > self.timeline.end().chronicle.breaks {
            return None;
        }
        let start = self.timeline.nearest(|point| point.chronicle.breaks < wanted);
        let (mut count, mut found) = (start.chronicle.breaks, None);
        self.timeline.read(start.sim.events, |index, entry| {
            count += u32::from(!entry.happening.broke.is_empty());
            found = (count == wanted).then_some(index);
            found.is_none()
        });
        found
    }

    fn fact(&self, words: &str, lang: Lang) -> Option<Fact> {
        let words: Vec<&str> = words.split_whitespace().collect();
        if let ["broken", code] = words[..] {
            let finding = self.findings(lang).into_iter().find(|finding| finding.code == code)?;
            return Some(Fact::yes(finding.broken_at.is_some(), lang));
        }
        S::fact(&self.moment(), &words, lang)
    }

    fn veil(&self, asked: &str, stage: &mut Stage, lang: Lang) {
        let asked: Vec<&str> = asked.split_whitespace().collect();
        S::veil(&self.moment(), &asked, stage, lang);
    }

    fn attend(&self, asked: &str) -> Option<String> {
        let asked: Vec<&str> = asked.split_whitespace().collect();
        S::attend(&self.moment(), &asked)
    }
}
