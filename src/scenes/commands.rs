//! Command lines: what a person types, a button sends, a link carries.
//!
//! ```text
//! deliver ID · drop ID · duplicate ID · delay ID MS          a message, by its ordinal
//! crash NODE [killed|power] · restart NODE · pause NODE · resume NODE
//! trip NODE N [killed|power]                                 crash inside its next step, after N sends and appends
//! fire NODE TIMER · forced NODE · request NODE …             a timer goes off, a force ends, the outside asks
//! cut A B · heal A B · heal · partition A,B,…                links
//! clock NODE MS · drift NODE PPM                             clocks
//! set latency LOW HIGH · set loss N · set disk MS · set pace flowing|free|MS
//! ```
//! A line may end in ` picks 0,1`: the answers to the choices inside its step.

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

struct Reader<'a, S: Staging> {
    sim: &'a Simulation<S::P>,
    lang: Lang,
}

type Result<T> = std::result::Result<T, CommandError>;

impl<S: Staging> Reader<'_, S> {
    fn fail<T>(&self, key: &str, args: &[(&str, Arg)]) -> Result<T> {
        Err(CommandError(say(self.lang, key, args)))
    }

    fn shown(text: &str) -> Arg {
        Arg::from(text.chars().take(40).collect::<String>())
    }

    fn node(&self, name: Option<&str>) -> Result<NodeId> {
        let name = name.unwrap_or_default();
        let p = self.sim.protocol.as_ref();
        let found = self.sim.cluster.ids().find(|id| S::node_name(p, *id) == name || id.0.to_string() == name);
        match found {
            Some(id) => Ok(id),
            None => {
                let known: Vec<_> = self.sim.cluster.ids().map(|id| S::node_name(p, id)).collect();
                self.fail("common.no-node", &[("name", Self::shown(name)), ("known", known.join(", ").into())])
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
        if self.sim.cluster.flight(id).is_some() {
            Ok(id)
        } else {
            self.fail("common.no-message", &[("id", id.into())])
        }
    }

    fn outage(&self, text: Option<&str>) -> Result<Outage> {
        match text {
            None | Some("killed") => Ok(Outage::Killed),
            Some("power") => Ok(Outage::PowerLost),
            Some(other) => self.fail("common.bad-outage", &[("value", Self::shown(other))]),
        }
    }

    fn act(&self, action: Action<S::P>) -> Result<Vec<Input<S::P>>> {
        if self.sim.cluster.allows(&self.sim.protocol, &action) {
            Ok(vec![Input::Act(action)])
        } else {
            self.fail("common.not-now", &[])
        }
    }

    fn read(&self, line: &str) -> Result<Vec<Input<S::P>>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let word = |n: usize| words.get(n).copied();
        match words.first().copied().unwrap_or_default() {
            "deliver" => {
                let id = self.flight(word(1))?;
                self.act(Action::Deliver(id))
            }
            "drop" => self.act(Action::Drop(self.flight(word(1))?)),
            "duplicate" => self.act(Action::Duplicate(self.flight(word(1))?)),
            "delay" => {
                let id = self.flight(word(1))?;
                let by = self.number(word(2), -MS_MOST, MS_MOST)?;
                Ok(vec![Input::Delay(id, by * MILLISECOND as i64)])
            }
            "crash" => self.act(Action::Crash(self.node(word(1))?, self.outage(word(2))?)),
            "restart" => self.act(Action::Restart(self.node(word(1))?)),
            "pause" => self.act(Action::Pause(self.node(word(1))?)),
            "resume" => self.act(Action::Resume(self.node(word(1))?)),
            "trip" => {
                let node = self.node(word(1))?;
                let after = self.number(word(2), 0, 255)? as u8;
                Ok(vec![Input::Trip(node, Trip { after, outage: self.outage(word(3))? })])
            }
            "fire" => self.fire(word(1), word(2)),
            "forced" => self.act(Action::Forced(self.node(word(1))?)),
            "request" => {
                let node = self.node(word(1))?;
                match S::parse_request(&self.sim.protocol, node, words.get(2..).unwrap_or_default()) {
                    Some(request) => self.act(Action::Request(node, request)),
                    None => self.fail("common.bad-request", &[("line", Self::shown(line))]),
                }
            }
            "cut" => self.act(Action::Cut(self.node(word(1))?, self.node(word(2))?)),
            "heal" if words.len() == 1 => {
                let cuts = self.sim.cluster.cuts.iter();
                Ok(cuts.map(|(a, b)| Input::Act(Action::Heal(*a, *b))).collect())
            }
            "heal" => self.act(Action::Heal(self.node(word(1))?, self.node(word(2))?)),
            "partition" => self.partition(word(1)),
            "clock" => {
                let node = self.node(word(1))?;
                Ok(vec![Input::StepClock(node, self.number(word(2), -MS_MOST, MS_MOST)? * MILLISECOND as i64)])
            }
            "drift" => {
                let node = self.node(word(1))?;
                Ok(vec![Input::Drift(node, self.number(word(2), -900_000, 9_000_000)? as i32)])
            }
            "set" => Ok(vec![Input::Set(self.setting(&words)?)]),
            other => self.fail("common.no-command", &[("line", Self::shown(other))]),
        }
    }

    fn fire(&self, node: Option<&str>, name: Option<&str>) -> Result<Vec<Input<S::P>>> {
        let node = self.node(node)?;
        let name = name.unwrap_or_default();
        let p = self.sim.protocol.as_ref();
        let armed = self.sim.cluster.timers.iter().filter(|t| t.node == node);
        let found = armed.map(|t| &t.timer).find(|timer| S::timer_name(p, timer) == name);
        match found {
            Some(timer) => self.act(Action::Fire(node, timer.clone())),
            None => self.fail("common.no-timer", &[("name", Self::shown(name))]),
        }
    }

    /// Cuts every link between the named nodes and the others.
    fn partition(&self, names: Option<&str>) -> Result<Vec<Input<S::P>>> {
        let side: Vec<NodeId> =
            names.unwrap_or_default().split(',').map(|name| self.node(Some(name))).collect::<Result<_>>()?;
        let others: Vec<NodeId> = self.sim.cluster.ids().filter(|id| !side.contains(id)).collect();
        let mut cuts = Vec::new();
        for (a, b) in side.iter().flat_map(|a| others.iter().map(move |b| (*a, *b))) {
            if !self.sim.cluster.is_cut(a, b) {
                cuts.push(Input::Act(Action::Cut(a, b)));
            }
        }
        if cuts.is_empty() { self.fail("common.not-now", &[]) } else { Ok(cuts) }
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
    let reader = Reader::<S> { sim, lang };
    if line.len() > LONGEST {
        return reader.fail("common.long-line", &[]);
    }
    let (body, picks) = line.split_once(" picks ").unwrap_or((line, ""));
    let recorded = if picks.is_empty() {
        None
    } else {
        let read = |text: &str| reader.number(Some(text), 0, u32::MAX.into()).map(|n| n as u32);
        Some(picks.split(',').map(read).collect::<Result<Vec<u32>>>()?)
    };
    Ok(reader.read(body)?.into_iter().map(|input| (input, recorded.clone())).collect())
}

/// The line that means this input.
pub fn write<S: Staging>(p: &S::P, input: &Input<S::P>, picks: Option<&[u32]>) -> String {
    let name = |node: &NodeId| S::node_name(p, *node);
    let outage = |o: &Outage| if *o == Outage::Killed { "killed" } else { "power" };
    let ms = |time: &u64| time / MILLISECOND;
    let signed = |time: &i64| time / MILLISECOND as i64;
    let mut line = match input {
        Input::Act(action) => match action {
            Action::Deliver(id) => format!("deliver {id}"),
            Action::Drop(id) => format!("drop {id}"),
            Action::Duplicate(id) => format!("duplicate {id}"),
            Action::Fire(node, timer) => format!("fire {} {}", name(node), S::timer_name(p, timer)),
            Action::Forced(node) => format!("forced {}", name(node)),
            Action::Request(node, request) => format!("request {} {}", name(node), S::request_line(p, request)),
            Action::Crash(node, how) => format!("crash {} {}", name(node), outage(how)),
            Action::Restart(node) => format!("restart {}", name(node)),
            Action::Pause(node) => format!("pause {}", name(node)),
            Action::Resume(node) => format!("resume {}", name(node)),
            Action::Cut(a, b) => format!("cut {} {}", name(a), name(b)),
            Action::Heal(a, b) => format!("heal {} {}", name(a), name(b)),
            Action::StepClock(node, by) => format!("clock {} {by}", name(node)),
            // These two happen by themselves: time does them.
            Action::Due(_) | Action::Tick(_) => String::new(),
        },
        Input::Delay(id, by) => format!("delay {id} {}", signed(by)),
        Input::StepClock(node, by) => format!("clock {} {}", name(node), signed(by)),
        Input::Drift(node, ppm) => format!("drift {} {ppm}", name(node)),
        Input::Trip(node, trip) => format!("trip {} {} {}", name(node), trip.after, outage(&trip.outage)),
        Input::Set(Setting::Latency(low, high)) => format!("set latency {} {}", ms(low), ms(high)),
        Input::Set(Setting::Loss(n)) => format!("set loss {n}"),
        Input::Set(Setting::Disk(takes)) => format!("set disk {}", ms(takes)),
        Input::Set(Setting::Pace(Pace::Flowing)) => "set pace flowing".to_owned(),
        Input::Set(Setting::Pace(Pace::Free)) => "set pace free".to_owned(),
        Input::Set(Setting::Pace(Pace::Ticks(tick))) => format!("set pace {}", ms(tick)),
    };
    if let Some(picks) = picks.filter(|p| !p.is_empty()) {
        let picks: Vec<String> = picks.iter().map(u32::to_string).collect();
        line.push_str(" picks ");
        line.push_str(&picks.join(","));
    }
    line
}
