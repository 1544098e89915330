//! Command lines: what a person types, a button sends, a link carries.
//!
//! ```text
//! deliver ID · drop ID · duplicate ID · delay ID MS          a message, by its ordinal
//! crash NODE [killed|power|disk] · restart NODE · pause NODE · resume NODE
//! trip NODE N [killed|power]                                 crash inside its next step, after N sends and appends
//! fire NODE TIMER · forced NODE · request NODE …             a timer goes off, a force ends, the outside asks
//! cut A B · heal A B · heal · partition A,B,…                links
//! clock NODE MS · drift NODE PPM                             clocks
//! set latency LOW HIGH · set loss N · set disk MS · set pace flowing|free|deadlines|MS
//! ```
//! A line may end in ` picks 0,1`: the answers to the choices inside its step.

use super::plain::{Plain, plain};
use super::run::CommandError;
use super::scene::Lang;
use super::staging::Staging;
use super::text::{Arg, say};
use crate::core::cluster::{Action, Outage, Trip};
use crate::core::protocol::NodeId;
use crate::sim::faults::{Pace, Setting};
use crate::sim::simulation::{Input, Simulation};
use crate::sim::time::MILLISECOND;

/// An input and the recorded answers to its choices.
pub type Parsed<P> = (Input<P>, Option<Vec<u32>>);

/// Longest line that is read, in bytes.
pub const LONGEST: usize = 64 << 10;
/// The furthest that a person can move a message, a clock or a latency: an hour.
const MS_MOST: i64 = 3_600_000;

/// What a line is read against.
struct Reader<'a> {
    names: Vec<String>,
    flights: Vec<u32>,
    cuts: &'a [(NodeId, NodeId)],
    lang: Lang,
}

type Result<T> = std::result::Result<T, CommandError>;

impl Reader<'_> {
    fn fail<T>(&self, key: &str, args: &[(&str, Arg)]) -> Result<T> {
        Err(CommandError(say(self.lang, key, args)))
    }

    fn shown(text: &str) -> Arg {
        Arg::from(text.chars().take(40).collect::<String>())
    }

    fn node(&self, name: Option<&str>) -> Result<NodeId> {
        let name = name.unwrap_or_default();
        let found = self.names.iter().enumerate().find(|(n, known)| *known == name || n.to_string() == name);
        match found {
            Some((n, _)) => Ok(NodeId(n as u16)),
            None => {
                self.fail("common.no-node", &[("name", Self::shown(name)), ("known", self.names.join(", ").into())])
            }
        }
    }

    fn number(&self, text: Option<&str>, low: i64, high: i64) -> Result<i64> {
        let text = text.unwrap_or_default();
        match text.parse::<i64>() {
            Ok(n) if (low..=high).contains(&n) => Ok(n),
            _ => self
                .fail("common.bad-number", &[("value", Self::shown(text)), ("low", low.into()), ("high", high.into())]),
        }
    }

    fn flight(&self, text: Option<&str>) -> Result<u32> {
        let id = self.number(text, 0, u32::MAX.into())? as u32;
        if self.flights.contains(&id) { Ok(id) } else { self.fail("common.no-message", &[("id", id.into())]) }
    }

    fn outage(&self, text: Option<&str>) -> Result<Outage> {
        match text {
            None | Some("killed") => Ok(Outage::Killed),
            Some("power") => Ok(Outage::PowerLost),
            Some("disk") => Ok(Outage::DiskLost),
            Some(other) => self.fail("common.bad-outage", &[("value", Self::shown(other))]),
        }
    }

    fn read(&self, line: &str) -> Result<Vec<Plain>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let word = |n: usize| words.get(n).copied();
        let node = |n: usize| self.node(word(n));
        let ms = |n: usize| Ok(self.number(word(n), -MS_MOST, MS_MOST)? * MILLISECOND as i64);
        let one = match words.first().copied().unwrap_or_default() {
            "deliver" => Plain::Deliver(self.flight(word(1))?),
            "drop" => Plain::Drop(self.flight(word(1))?),
            "duplicate" => Plain::Duplicate(self.flight(word(1))?),
            "delay" => Plain::Delay(self.flight(word(1))?, ms(2)?),
            "crash" => Plain::Crash(node(1)?, self.outage(word(2))?),
            "restart" => Plain::Restart(node(1)?),
            "pause" => Plain::Pause(node(1)?),
            "resume" => Plain::Resume(node(1)?),
            "trip" => {
                let (node, after) = (node(1)?, self.number(word(2), 0, 255)? as u8);
                Plain::Trip(node, Trip { after, outage: self.outage(word(3))? })
            }
            "fire" => Plain::Fire(node(1)?, word(2).unwrap_or_default().to_owned()),
            "forced" => Plain::Forced(node(1)?),
            "request" => Plain::Request(node(1)?, words.get(2..).unwrap_or_default().join(" ")),
            "cut" => Plain::Cut(node(1)?, node(2)?),
            "heal" if words.len() == 1 => return Ok(self.cuts.iter().map(|(a, b)| Plain::Heal(*a, *b)).collect()),
            "heal" => Plain::Heal(node(1)?, node(2)?),
            "partition" => return self.partition(word(1)),
            "clock" => Plain::StepClock(node(1)?, ms(2)?),
            "drift" => Plain::Drift(node(1)?, self.number(word(2), -900_000, 9_000_000)? as i32),
            "set" => Plain::Set(self.setting(&words)?),
            other => return self.fail("common.no-command", &[("line", Self::shown(other))]),
        };
        Ok(vec![one])
    }

    /// Cuts every link between the named nodes and the others.
    fn partition(&self, names: Option<&str>) -> Result<Vec<Plain>> {
        let side: Vec<NodeId> =
            names.unwrap_or_default().split(',').map(|name| self.node(Some(name))).collect::<Result<_>>()?;
        let mut cuts = Vec::new();
        for a in &side {
            for b in (0..self.names.len() as u16).map(NodeId).filter(|id| !side.contains(id)) {
                if !self.cuts.contains(&(*a.min(&b), *a.max(&b))) {
                    cuts.push(Plain::Cut(*a, b));
                }
            }
        }
        if cuts.is_empty() { self.not_now() } else { Ok(cuts) }
    }

    fn not_now<T>(&self) -> Result<T> {
        self.fail("common.not-now", &[])
    }

    fn setting(&self, words: &[&str]) -> Result<Setting> {
        let word = |n: usize| words.get(n).copied();
        let ms = |n| Ok(self.number(word(n), 0, MS_MOST)?.unsigned_abs() * MILLISECOND);
        match word(1) {
            Some("latency") => {
                let low: u64 = ms(2)?;
                Ok(Setting::Latency(low, if words.len() > 3 { ms(3)? } else { low }))
            }
            Some("loss") => Ok(Setting::Loss(self.number(word(2), 0, 1000)? as u32)),
            Some("disk") => Ok(Setting::Disk(ms(2)?)),
            Some("pace") => match word(2) {
                Some("flowing") => Ok(Setting::Pace(Pace::Flowing)),
                Some("free") => Ok(Setting::Pace(Pace::Free)),
                Some("deadlines") => Ok(Setting::Pace(Pace::Deadlines)),
                tick => Ok(Setting::Pace(Pace::Ticks(self.number(tick, 1, MS_MOST)?.unsigned_abs() * MILLISECOND))),
            },
            other => self.fail("common.no-setting", &[("name", Self::shown(other.unwrap_or_default()))]),
        }
    }
}

/// Reads a line against the present moment.
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn parse<S: Staging>(sim: &Simulation<S::P>, line: &str, lang: Lang) -> Result<Vec<Parsed<S::P>>> {
    let reader = Reader {
        names: sim.cluster.ids().map(|id| S::node_name(&sim.protocol, id)).collect(),
        flights: sim.cluster.flights.iter().map(|flight| flight.id).collect(),
        cuts: &sim.cluster.cuts,
        lang,
    };
    let (body, plain, recorded) = reader.line(line)?;
    plain.into_iter().map(|plain| Ok((input::<S>(sim, &reader, body, plain)?, recorded.clone()))).collect()
}

/// What a line says: itself without the answers, what is to be done, the answers.
type Said<'a> = (&'a str, Vec<Plain>, Option<Vec<u32>>);

impl Reader<'_> {
    fn line<'a>(&self, line: &'a str) -> Result<Said<'a>> {
        if line.len() > LONGEST {
            return self.fail("common.long-line", &[]);
        }
        let (body, picks) = line.split_once(" picks ").unwrap_or((line, ""));
        let recorded = if picks.is_empty() {
            None
        } else {
            let read = |text: &str| self.number(Some(text), 0, u32::MAX.into()).map(|n| n as u32);
            Some(picks.split(',').map(read).collect::<Result<Vec<u32>>>()?)
        };
        Ok((body, self.read(body)?, recorded))
    }
}

/// Finds the protocol's own words, and says no to what cannot be done now.
fn input<S: Staging>(sim: &Simulation<S::P>, reader: &Reader, line: &str, plain: Plain) -> Result<Input<S::P>> {
    let p = sim.protocol.as_ref();
    let action = match plain {
        Plain::Deliver(id) => Action::Deliver(id),
        Plain::Drop(id) => Action::Drop(id),
        Plain::Duplicate(id) => Action::Duplicate(id),
        Plain::Fire(node, name) => {
            let mut armed = sim.cluster.timers.iter().filter(|t| t.node == node).map(|t| &t.timer);
            match armed.find(|timer| S::timer_name(p, timer) == name) {
                Some(timer) => Action::Fire(node, timer.clone()),
                None => return reader.fail("common.no-timer", &[("name", Reader::shown(&name))]),
            }
        }
        Plain::Request(node, words) => match S::parse_request(p, node, &words.split_whitespace().collect::<Vec<_>>()) {
            Some(request) => Action::Request(node, request),
            None => return reader.fail("common.bad-request", &[("line", Reader::shown(line))]),
        },
        Plain::Forced(node) => Action::Forced(node),
        Plain::Crash(node, how) => Action::Crash(node, how),
        Plain::Restart(node) => Action::Restart(node),
        Plain::Pause(node) => Action::Pause(node),
        Plain::Resume(node) => Action::Resume(node),
        Plain::Cut(a, b) => Action::Cut(a, b),
        Plain::Heal(a, b) => Action::Heal(a, b),
        Plain::Delay(id, by) => return Ok(Input::Delay(id, by)),
        Plain::StepClock(node, by) => return Ok(Input::StepClock(node, by)),
        Plain::Drift(node, ppm) => return Ok(Input::Drift(node, ppm)),
        Plain::Trip(node, trip) => return Ok(Input::Trip(node, trip)),
        Plain::Set(setting) => return Ok(Input::Set(setting)),
        // No line says these.
        Plain::Due(_) | Plain::Tick | Plain::StepTicks(..) => return reader.not_now(),
    };
    if sim.cluster.allows(p, &action) { Ok(Input::Act(action)) } else { reader.not_now() }
}

/// The line that means this input.
pub fn write<S: Staging>(p: &S::P, input: &Input<S::P>, picks: Option<&[u32]>) -> String {
    spell(&plain::<S>(p, input), &|node| S::node_name(p, node), picks)
}

fn spell(plain: &Plain, node_name: &dyn Fn(NodeId) -> String, picks: Option<&[u32]>) -> String {
    let name = |node: &NodeId| node_name(*node);
    let outage = |o: &Outage| match o {
        Outage::Killed => "killed",
        Outage::PowerLost => "power",
        Outage::DiskLost => "disk",
    };
    let ms = |time: &u64| time / MILLISECOND;
    let signed = |time: &i64| time / MILLISECOND as i64;
    let mut line = match plain {
        Plain::Deliver(id) => format!("deliver {id}"),
        Plain::Drop(id) => format!("drop {id}"),
        Plain::Duplicate(id) => format!("duplicate {id}"),
        Plain::Fire(node, timer) => format!("fire {} {timer}", name(node)),
        Plain::Forced(node) => format!("forced {}", name(node)),
        Plain::Request(node, request) => format!("request {} {request}", name(node)),
        Plain::Crash(node, how) => format!("crash {} {}", name(node), outage(how)),
        Plain::Restart(node) => format!("restart {}", name(node)),
        Plain::Pause(node) => format!("pause {}", name(node)),
        Plain::Resume(node) => format!("resume {}", name(node)),
        Plain::Cut(a, b) => format!("cut {} {}", name(a), name(b)),
        Plain::Heal(a, b) => format!("heal {} {}", name(a), name(b)),
        Plain::StepTicks(node, by) => format!("clock {} {by}", name(node)),
        // These two happen by themselves: time does them.
        Plain::Due(_) | Plain::Tick => String::new(),
        Plain::Delay(id, by) => format!("delay {id} {}", signed(by)),
        Plain::StepClock(node, by) => format!("clock {} {}", name(node), signed(by)),
        Plain::Drift(node, ppm) => format!("drift {} {ppm}", name(node)),
        Plain::Trip(node, trip) => format!("trip {} {} {}", name(node), trip.after, outage(&trip.outage)),
        Plain::Set(Setting::Latency(low, high)) => format!("set latency {} {}", ms(low), ms(high)),
        Plain::Set(Setting::Loss(n)) => format!("set loss {n}"),
        Plain::Set(Setting::Disk(takes)) => format!("set disk {}", ms(takes)),
        Plain::Set(Setting::Pace(Pace::Flowing)) => "set pace flowing".to_owned(),
        Plain::Set(Setting::Pace(Pace::Free)) => "set pace free".to_owned(),
        Plain::Set(Setting::Pace(Pace::Deadlines)) => "set pace deadlines".to_owned(),
        Plain::Set(Setting::Pace(Pace::Ticks(tick))) => format!("set pace {}", ms(tick)),
    };
    if let Some(picks) = picks.filter(|p| !p.is_empty()) {
        let picks: Vec<String> = picks.iter().map(u32::to_string).collect();
        line.push_str(" picks ");
        line.push_str(&picks.join(","));
    }
    line
}
