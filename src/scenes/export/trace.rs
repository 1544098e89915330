//! The run up to its moment as JSON: `docs/trace.md` says what each field means.
//!
//! One event a line, so that two traces can be compared line by line. Times are whole microseconds of virtual time. Fields
//! may be added under the same version; one that changes its meaning makes a new version.

use super::{Amount, TooLong, Writer};
use crate::scenes::run::{Command, Deed, Parcel, Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::{link, reproduce};
use serde::Serialize;
use std::collections::BTreeMap;

pub const FORMAT: &str = "faultline-trace";
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Given<'a> {
    time_us: Time,
    nth: u32,
    line: &'a str,
}

#[derive(Serialize)]
struct Spec<'a> {
    scene: &'a str,
    recipe: &'a str,
    mistakes: &'a [String],
    /// Those that differ from the recipe's own.
    options: BTreeMap<&'a str, &'a str>,
    settings: BTreeMap<String, String>,
    /// A whole number of up to 64 bits, which JSON readers may round.
    seed: String,
    opening: &'a str,
    commands: Vec<Given<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    id: u32,
    from: &'a str,
    to: &'a str,
    words: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_us: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<bool>,
}

#[derive(Serialize)]
struct Event<'a> {
    index: u32,
    time_us: Time,
    node: Option<&'a str>,
    words: &'a str,
    by_hand: bool,
    causes: &'a [u32],
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sent: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    lost: &'a [u32],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    broke: &'a [&'static str],
}

/// What of the text could not be written is `null`; of these plain types nothing cannot.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn spec_of<'a>(run: &dyn Run, spec: &'a RunSpec) -> String {
    let given = |command: &'a Command| Given { time_us: command.time, nth: command.nth, line: &command.line };
    json(&Spec {
        scene: &spec.scene,
        recipe: &spec.recipe,
        mistakes: &spec.mistakes,
        options: spec.options.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        settings: run.settings().into_iter().collect(),
        seed: spec.seed.to_string(),
        opening: &spec.opening,
        commands: spec.commands.iter().map(given).collect(),
    })
}

struct Trace {
    /// What comes before the events, until that is written.
    head: String,
    nodes: Vec<String>,
    lang: Lang,
    amount: Amount,
}

/// Writes the trace of all events before the run's moment, of so many bytes at most.
pub fn writer(run: &dyn Run, lang: Lang, most: usize) -> Box<dyn Writer> {
    let spec = run.spec();
    let nodes: Vec<String> = run.nodes().into_iter().map(|(name, _)| name).collect();
    let lanes = run.diagram(0, 0, lang).lanes;
    let title =
        |n: usize, name| lanes.iter().find(|lane| usize::from(lane.node) == n).map_or(name, |lane| lane.name.as_str());
    let all: Vec<Node> = nodes.iter().enumerate().map(|(n, name)| Node { name, title: title(n, name) }).collect();
    let link = link::encode(&spec).ok();
    let mut head = String::from("{\n");
    let mut field = |name: &str, value: String| {
        head += &format!("\"{name}\": {value},\n");
    };
    field("format", json(&FORMAT));
    field("version", json(&VERSION));
    field("program", json(&concat!("faultline ", env!("CARGO_PKG_VERSION"))));
    field("language", json(&if lang == Lang::Zh { "zh" } else { "en" }));
    field("run", spec_of(run, &spec));
    field("link", json(&link));
    field("reproduce", json(&link.as_deref().map(reproduce)));
    field("at_us", json(&run.now()));
    field("events_before", json(&run.position().0));
    field("state_hash", json(&format!("{:032x}", run.state_hash())));
    field("run_hash", json(&format!("{:016x}", run.run_hash())));
    field("nodes", json(&all));
    head += "\"events\": [";
    Box::new(Trace { head, nodes, lang, amount: Amount::new(run, most) })
}

impl Writer for Trace {
    fn more(&mut self, run: &dyn Run, out: &mut String) -> Result<bool, TooLong> {
        let begun = out.len();
        *out += &std::mem::take(&mut self.head);
        let (from, count) = self.amount.next();
        for deed in run.trace(from, count, self.lang) {
            *out += if deed.line.index == 0 { "\n" } else { ",\n" };
            *out += &event(&deed, &self.nodes);
        }
        let left = self.amount.written(out.len() - begun)?;
        if !left {
            *out += "\n]\n}\n";
        }
        Ok(left)
    }
}

fn name(nodes: &[String], n: u16) -> Option<&str> {
    nodes.get(usize::from(n)).map(String::as_str)
}

fn message<'a>(parcel: &'a Parcel, nodes: &'a [String]) -> Message<'a> {
    let end = |n: u16| name(nodes, n).unwrap_or_default();
    Message {
        id: parcel.id,
        from: end(parcel.from),
        to: end(parcel.to),
        words: &parcel.words,
        due_us: parcel.due,
        delivered: None,
    }
}

fn event(deed: &Deed, nodes: &[String]) -> String {
    json(&Event {
        index: deed.line.index,
        time_us: deed.line.time,
        node: name(nodes, deed.line.node),
        words: &deed.line.words,
        by_hand: deed.line.command,
        causes: &deed.after,
        message: deed.about.as_ref().map(|about| Message { delivered: Some(deed.delivered), ..message(about, nodes) }),
        sent: deed.sent.iter().map(|parcel| message(parcel, nodes)).collect(),
        lost: &deed.lost,
        broke: &deed.broke,
    })
}
