//! The stage as tables: for those who cannot see it, and for those who want to copy it.
//!
//! They are made from what the stage shows, so that table and picture cannot say different things; timers, of which the
//! stage shows a few, are added from the run.

use super::draw::{plain_words, seconds};
use super::scene::*;
use super::session::Session;
use super::staging::Staging;
use super::text::{say, word};
use crate::core::protocol::NodeId;

/// The stage that is put into tables: a wide one, on which nothing is said in short.
pub fn view(lang: Lang) -> View {
    View { width: 1_280.0, height: 1_000.0, lang }
}

/// What stands for a value that there is not.
const NONE: &str = "—";

fn head(keys: &[&str], lang: Lang) -> Vec<String> {
    keys.iter().map(|key| word(lang, &format!("common.sheet-{key}"))).collect()
}

/// Nodes, messages under way and links of a stage at a moment. Of what there is none of there is no table, but for messages.
pub fn of_stage(stage: &Stage, now: Time, lang: Lang) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    if !stage.cards.is_empty() {
        sheets.push(nodes(stage, now, lang));
    }
    sheets.push(messages(stage, now, lang));
    if !stage.wires.is_empty() {
        sheets.push(links(stage, lang));
    }
    sheets
}

/// A row a card.
fn nodes(stage: &Stage, now: Time, lang: Lang) -> Sheet {
    let row = |card: &Card| {
        let mut cells = Cells { lang, now, ..Cells::default() };
        card.corner.iter().for_each(|corner| cells.state.push(plain_words(corner, now)));
        card.blocks.iter().for_each(|block| cells.take(block));
        let condition = match card.condition {
            Condition::Up => "up",
            Condition::Paused => "paused",
            Condition::Down => "down",
        };
        let left = card.dial.map_or_else(|| NONE.to_owned(), |dial| seconds(dial.to.saturating_sub(now)));
        vec![
            card.name.clone(),
            word(lang, &format!("common.sheet-is-{condition}")),
            cells.joined(&cells.state),
            left,
            cells.joined(&cells.disk),
            cells.joined(&cells.list),
        ]
    };
    let mut sheet = Sheet {
        title: word(lang, "common.sheet-nodes"),
        note: word(lang, "common.sheet-nodes-note"),
        head: head(&["node", "condition", "state", "arc", "disk", "list"], lang),
        rows: stage.cards.iter().map(row).collect(),
        nodes: stage.cards.iter().map(|card| card.node).collect(),
    };
    // A column in which nobody has anything says nothing.
    for column in (3..sheet.head.len()).rev() {
        if sheet.rows.iter().all(|row| row[column] == NONE) {
            sheet.head.remove(column);
            sheet.rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
    sheet
}

/// What a card says, by where it goes in the table.
#[derive(Default)]
struct Cells {
    lang: Lang,
    now: Time,
    state: Vec<String>,
    disk: Vec<String>,
    list: Vec<String>,
    /// Small capitals over what follows.
    under: String,
}

impl Cells {
    fn joined(&self, words: &[String]) -> String {
        let between = if self.lang == Lang::Zh { "；" } else { "; " };
        if words.is_empty() { NONE.to_owned() } else { words.join(between) }
    }

    fn take(&mut self, block: &Block) {
        let (lang, now) = (self.lang, self.now);
        let with = |key: &str, words: &str| say(lang, key, &[("words", words.into())]);
        match block {
            Block::Line(text) | Block::Tag(text) | Block::Meter { label: text, .. } => {
                self.state.push(plain_words(text, now));
            }
            Block::Heading(words) => self.under.clone_from(words),
            Block::Pair { label, value, .. } => self.state.push(format!("{label}: {value}")),
            Block::Record { words, force, .. } => {
                let key = match force {
                    Force::Forced => "common.sheet-forced",
                    Force::Forcing(_) => "common.sheet-forcing",
                    Force::Unforced => "common.sheet-unforced",
                };
                self.disk.push(with(key, words));
            }
            Block::Entry { words, value, verdict, .. } => {
                let words = format!("{words} {value}");
                self.list.push(match verdict {
                    Verdict::Fine => words.trim().to_owned(),
                    Verdict::Broken => with("common.sheet-broken", words.trim()),
                    Verdict::Refused => with("common.sheet-refused", words.trim()),
                });
            }
        }
    }
}

/// A row a message under way.
fn messages(stage: &Stage, now: Time, lang: Lang) -> Sheet {
    let name = |node: u16| {
        let card = stage.cards.iter().find(|card| card.node == node);
        card.map_or_else(|| format!("{node}"), |card| card.name.clone())
    };
    let row = |pill: &Pill| {
        let reply = match pill.reply {
            Some(true) => word(lang, "common.sheet-yes"),
            Some(false) => word(lang, "common.sheet-no"),
            None => NONE.to_owned(),
        };
        let due = pill.due.map_or_else(|| word(lang, "common.sheet-held"), |due| seconds(due.saturating_sub(now)));
        vec![pill.words.clone(), name(pill.from), name(pill.to), seconds(pill.sent), due, reply]
    };
    Sheet {
        title: word(lang, "common.sheet-messages"),
        note: say(lang, "common.sheet-messages-note", &[("n", stage.pills.len().into()), ("now", seconds(now).into())]),
        head: head(&["message", "from", "to", "sent", "due", "reply"], lang),
        rows: stage.pills.iter().map(row).collect(),
        nodes: Vec::new(),
    }
}

/// A row a way between two nodes.
fn links(stage: &Stage, lang: Lang) -> Sheet {
    let name =
        |node: u16| stage.cards.iter().find(|card| card.node == node).map_or("", |card| card.name.as_str()).to_owned();
    let row = |wire: &Wire| {
        let key = match (wire.watch, wire.cut) {
            (Some(_), _) => "common.sheet-watch",
            (None, true) => "common.sheet-cut",
            (None, false) => "common.sheet-whole",
        };
        vec![name(wire.a), name(wire.b), word(lang, key)]
    };
    Sheet {
        title: word(lang, "common.sheet-links"),
        note: String::new(),
        head: head(&["one-end", "other-end", "link"], lang),
        rows: stage.wires.iter().map(row).collect(),
        nodes: stage.wires.iter().map(|wire| wire.a).collect(),
    }
}

/// A row a timer that is armed.
pub fn timers<S: Staging>(session: &Session<S>, lang: Lang) -> Sheet {
    let sim = session.simulation();
    let p = sim.protocol.as_ref();
    let lanes = S::lanes(p, lang);
    let name = |node: NodeId| {
        let lane = lanes.iter().find(|lane| lane.node == node.0);
        lane.map_or_else(|| S::node_name(p, node), |lane| lane.name.clone())
    };
    let armed: Vec<_> = sim.cluster.timers.iter().collect();
    let row = |armed: &&crate::core::cluster::Armed<S::P>| {
        let until = sim.deadline(armed.node, &armed.timer);
        let left = match until {
            Some(_) if armed.due > 0 => word(lang, "common.sheet-fires"),
            Some((_, due)) => seconds(due.saturating_sub(sim.now)),
            None => NONE.to_owned(),
        };
        vec![name(armed.node), S::timer_name(p, &armed.timer), left]
    };
    Sheet {
        title: word(lang, "common.sheet-timers"),
        note: word(lang, "common.sheet-timers-note"),
        head: head(&["node", "timer", "left"], lang),
        rows: armed.iter().map(row).collect(),
        nodes: armed.iter().map(|armed| armed.node.0).collect(),
    }
}
