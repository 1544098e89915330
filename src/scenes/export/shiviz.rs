//! The run as a log that ShiViz reads (<https://bestchai.bitbucket.io/shiviz/>): hosts, vector clocks, words.
//!
//! A file that ShiViz loads begins with the expression that takes its lines apart and an empty line (there is one execution
//! in it). Then each event is a line: host, vector clock as JSON, seconds, words. A host counts its own events from 1
//! (Fidge 1988, Mattern 1989); a message carries the clock of the event that sent it, and its receipt takes the greater of
//! each count. What happens to messages on their way (a drop, a copy, a delay) and to links happens at a host `network`, and a
//! message goes on from there with that clock. Not in the log: events of which nothing is a host's, such as a tick.

use super::{Amount, TooLong, Writer};
use crate::scenes::run::{Deed, Run};
use crate::scenes::scene::Lang;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::rc::Rc;

/// How a line is read, as a regular expression of JavaScript with named groups.
pub const PARSER: &str = r"(?<host>\S+) (?<clock>\{[^}]*\}) (?<seconds>[0-9.]+) (?<event>.+)";

/// The host at which happens what happens at no node.
const NETWORK: &str = "network";

/// So many events of each host.
type Clock = Rc<Vec<u32>>;

/// Hosts by their number: the nodes, then the network. A name has no blank, no brace and no quotation mark, and stands once.
fn hosts(run: &dyn Run) -> Vec<String> {
    let mut known = BTreeSet::new();
    let nodes = run.nodes().into_iter().map(|(name, _)| name);
    let mut unique = |name: String| {
        let plain = |c: char| if c.is_alphanumeric() || "-_.:".contains(c) { c } else { '_' };
        let mut name: String = name.chars().map(plain).collect();
        if name.is_empty() {
            name.push('_');
        }
        let same = (2..).map(|n| format!("{name}_{n}"));
        let free = std::iter::once(name.clone()).chain(same).find(|name| !known.contains(name)).unwrap_or_default();
        known.insert(free.clone());
        free
    };
    nodes.chain([NETWORK.to_owned()]).map(&mut unique).collect()
}

/// What is known of the clocks after some events.
struct Clocks {
    hosts: Vec<String>,
    now: Vec<Clock>,
    /// What each message under way carries.
    carried: BTreeMap<u32, Clock>,
}

impl Clocks {
    fn new(hosts: Vec<String>) -> Self {
        let none = Rc::new(vec![0; hosts.len()]);
        Clocks { now: vec![none; hosts.len()], hosts, carried: BTreeMap::new() }
    }

    /// Takes an event in: its host, and its clock.
    fn take(&mut self, deed: &Deed) -> (usize, Clock) {
        let network = self.hosts.len() - 1;
        // Nobody at a node that is down hears what arrives there: it ends on its way.
        let heard = deed.about.is_none() || deed.delivered;
        let host = if heard { usize::from(deed.line.node).min(network) } else { network };
        let mut clock = self.now[host].to_vec();
        if let Some(carried) = deed.about.as_ref().and_then(|about| self.carried.get(&about.id)) {
            for (known, told) in clock.iter_mut().zip(carried.iter()) {
                *known = (*known).max(*told);
            }
        }
        clock[host] += 1;
        let clock = Rc::new(clock);
        self.now[host] = clock.clone();
        if let Some(about) = &deed.about {
            if host == network {
                // It goes on, if it does.
                self.carried.insert(about.id, clock.clone());
            } else {
                self.carried.remove(&about.id);
            }
        }
        for parcel in &deed.sent {
            self.carried.insert(parcel.id, clock.clone());
        }
        for id in &deed.lost {
            self.carried.remove(id);
        }
        (host, clock)
    }

    fn line(&self, host: usize, clock: &Clock, deed: &Deed, out: &mut String) {
        let _ = write!(out, "{} {{", self.hosts[host]);
        // The host itself comes first, and whoever it has heard of.
        let others = clock.iter().enumerate().filter(|(n, count)| *n != host && **count > 0);
        for (at, (n, count)) in std::iter::once((host, &clock[host])).chain(others).enumerate() {
            let _ = write!(out, "{}\"{}\":{count}", if at == 0 { "" } else { "," }, self.hosts[n]);
        }
        let (seconds, rest) = (deed.line.time / 1_000_000, deed.line.time % 1_000_000);
        let _ = write!(out, "}} {seconds}.{rest:06} ");
        let words: Vec<&str> = deed.line.words.split_whitespace().collect();
        out.push_str(&words.join(" "));
        for message in deed.sent.iter().map(|parcel| parcel.words.as_str()) {
            let _ = write!(out, " [→ {}]", message.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        out.push('\n');
    }
}

struct Log {
    /// What comes before the events, until that is written.
    head: String,
    clocks: Clocks,
    lang: Lang,
    amount: Amount,
}

/// Writes the log of all events before the run's moment, of so many bytes at most.
pub fn writer(run: &dyn Run, lang: Lang, most: usize) -> Box<dyn Writer> {
    let (head, clocks) = (format!("{PARSER}\n\n"), Clocks::new(hosts(run)));
    Box::new(Log { head, clocks, lang, amount: Amount::new(run, most) })
}

impl Writer for Log {
    fn more(&mut self, run: &dyn Run, out: &mut String) -> Result<bool, TooLong> {
        let begun = out.len();
        *out += &std::mem::take(&mut self.head);
        let (from, count) = self.amount.next();
        for deed in run.trace(from, count, self.lang) {
            // Nobody does it and nothing is said of it: time went by.
            if deed.line.words.is_empty() && deed.sent.is_empty() && deed.about.is_none() {
                continue;
            }
            let (host, clock) = self.clocks.take(&deed);
            self.clocks.line(host, &clock, &deed, out);
        }
        self.amount.written(out.len() - begun)
    }
}
