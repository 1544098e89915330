//! What there is to draw at one instant, as plain data.
//!
//! A scene module turns a simulation into these values; the page draws them and knows nothing about protocols.
//! Everything that moves between two events is given by its start and its end, so that a frame is arithmetic:
//! the scene is rebuilt when an event happens, and between events only positions change.
//!
//! Lengths are CSS pixels inside the stage area named by [`View`]; times are virtual microseconds.

pub use super::panels::*;
pub use crate::sim::time::Time;

/// The reader's language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    #[default]
    En,
    Zh,
}

/// The area that the stage may fill, in CSS pixels, and the language of its words.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    pub width: f32,
    pub height: f32,
    pub lang: Lang,
}

/// A colour by meaning; the style sheet decides what it looks like in each theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hue {
    #[default]
    Plain,
    Muted,
    Accent,
    Good,
    Warn,
    Bad,
    /// The n-th colour of the Okabe-Ito order: blue, vermillion, green, purple, orange, sky. Taken modulo six.
    Node(u8),
}

/// Words with an optional live number of seconds: `{}` in `words` is replaced by the clock's value.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Text {
    pub words: String,
    pub clock: Option<Clock>,
    pub hue: Hue,
    pub strong: bool,
}

/// A number of seconds that changes with the virtual time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Clock {
    /// Seconds left until this time, never below zero.
    Until(Time),
    /// Seconds passed since this time.
    Since(Time),
    /// How many seconds another clock is off, either way: `by` µs at `since`, and `ppm` millionths more all the time.
    Off { since: Time, by: i64, ppm: i32 },
}

/// Everything on the stage.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stage {
    pub headings: Vec<Heading>,
    pub wires: Vec<Wire>,
    pub cards: Vec<Card>,
    pub pills: Vec<Pill>,
    pub ring: Option<RingPlot>,
    /// Ways to place the same keys on the same nodes, beside each other.
    pub panels: Vec<Panel>,
    /// The height that the content needs; larger than the view's when the stage has to scroll (narrow screens).
    pub height: f32,
}

/// Small capitals over a group of cards; `x` is the centre.
#[derive(Clone, PartialEq, Debug)]
pub struct Heading {
    pub x: f32,
    pub y: f32,
    pub words: String,
}

/// A cubic Bézier curve.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Curve(pub [(f32, f32); 4]);

impl Curve {
    /// The point at `t` in 0..=1.
    pub fn at(&self, t: f32) -> (f32, f32) {
        let u = 1.0 - t;
        let [a, b, c, d] = self.0;
        let mix =
            |a: f32, b: f32, c: f32, d: f32| u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d;
        (mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1))
    }

    /// The same curve walked from its end.
    pub fn reversed(&self) -> Curve {
        let [a, b, c, d] = self.0;
        Curve([d, c, b, a])
    }
}

/// The way messages take between two nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct Wire {
    pub a: u16,
    pub b: u16,
    pub curve: Curve,
    pub cut: bool,
    /// Dotted, in this hue: somebody is told when something there changes.
    pub watch: Option<Hue>,
}

/// One node. The page makes it a button that selects the node.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    pub node: u16,
    /// The full name, also the accessible one: "Client A".
    pub name: String,
    /// The letter or number inside the dial; empty where the card has a title row instead.
    pub badge: String,
    pub hue: Hue,
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    pub condition: Condition,
    /// Right side of the title row.
    pub corner: Option<Text>,
    /// The ring round the badge that drains.
    pub dial: Option<Dial>,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Condition {
    #[default]
    Up,
    Paused,
    Down,
}

/// A quantity that is full at `from` and empty at `to`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dial {
    pub from: Time,
    pub to: Time,
}

impl Dial {
    /// The share that is left at `now`, in 0..=1.
    pub fn left(&self, now: Time) -> f32 {
        if now >= self.to || self.to <= self.from {
            return 0.0;
        }
        ((self.to - now) as f32 / (self.to - self.from) as f32).min(1.0)
    }
}

/// One row of a card.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// A line of words.
    Line(Text),
    /// Small capitals over the rows that follow.
    Heading(String),
    /// A tinted label such as "was paused 4.6 s".
    Tag(Text),
    /// Name and value; `mono` for protocol words; `chip` draws the value on a tint of its hue.
    Pair { label: String, value: String, hue: Hue, mono: bool, chip: bool },
    /// A bar that drains.
    Meter { label: Text, dial: Dial, hue: Hue },
    /// A record of the log on disk.
    Record { words: String, hue: Hue, force: Force },
    /// A line of a list, with a dot in the colour of who caused it.
    Entry { dot: Hue, words: String, value: String, verdict: Verdict },
}

/// How durable a log record is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Force {
    /// On the platters: solid, with the disk mark.
    Forced,
    /// Being forced: the mark fills until `to`.
    Forcing(Dial),
    /// Written but not forced: dashed; a power cut may lose it.
    Unforced,
}

/// How an entry of a list is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verdict {
    #[default]
    Fine,
    /// Breaks a property.
    Broken,
    /// Turned away.
    Refused,
}

/// A message under way. The page makes it a button that selects the message.
#[derive(Clone, PartialEq, Debug)]
pub struct Pill {
    /// The message's ordinal in its branch; commands name it by this.
    pub id: u32,
    pub from: u16,
    pub to: u16,
    pub hue: Hue,
    /// Protocol words, in monospace: "write · 34".
    pub words: String,
    /// `Some(true)` for a reply that says yes, `Some(false)` for one that says no.
    pub reply: Option<bool>,
    pub sent: Time,
    /// When it arrives; `None` while that is not known: then it rests on its way.
    pub due: Option<Time>,
    /// From the sender to the receiver.
    pub curve: Curve,
}

impl Pill {
    /// How far it is along its curve at `now`, in 0..=1.
    pub fn progress(&self, now: Time) -> f32 {
        match self.due {
            Some(due) if due > self.sent => {
                (now.saturating_sub(self.sent) as f32 / (due - self.sent) as f32).clamp(0.0, 1.0)
            }
            Some(_) => 1.0,
            None => 0.42,
        }
    }
}

/// The hash ring: coloured arcs and key dots. Angles are turns in 0..1, clockwise from the top.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RingPlot {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    /// Each arc reaches from the previous point (exclusive) to its own point (inclusive), which owns it.
    pub arcs: Vec<Arc>,
    pub keys: Vec<KeyDot>,
    /// The big number in the middle and the lines below it.
    pub title: String,
    pub lines: Vec<String>,
    /// The walk of the key that is looked up: from the key's position to each point it meets.
    pub probe: Option<Probe>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Arc {
    pub from: f32,
    pub to: f32,
    pub node: u16,
    pub hue: Hue,
    /// The owner is down: drawn dashed.
    pub down: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct KeyDot {
    pub turn: f32,
    pub hue: Hue,
    /// Has a new owner since the last change of membership; `was` is the colour before.
    pub moved: bool,
    pub was: Hue,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    pub turn: f32,
    pub label: String,
    /// Points met clockwise: turn, node, hue, and whether the node was taken (owner first, then replicas).
    pub steps: Vec<(f32, u16, Hue, bool)>,
}

/// The space-time diagram: a lane a node, bars for what lasts, arrows for messages.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagram {
    pub lanes: Vec<Lane>,
    pub bars: Vec<Bar>,
    pub arrows: Vec<Arrow>,
    pub marks: Vec<Mark>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    pub node: u16,
    pub name: String,
    /// A letter or short word for narrow screens.
    pub short: String,
    pub hue: Hue,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub lane: u16,
    pub kind: BarKind,
    pub from: Time,
    /// `None` while it lasts.
    pub to: Option<Time>,
    pub hue: Hue,
    pub words: String,
}

/// How a bar is drawn. Several may cover the same time on one lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarKind {
    /// Solid and thick: what the protocol guarantees (inside its lease, committed).
    Strong,
    /// Thin and pale, below the strong one: what the node believes.
    Pale,
    /// Amber: in doubt, waiting.
    Doubt,
    /// Hatched over the lane.
    Paused,
    /// Dashed red.
    Down,
    /// A red region: a property is broken while it lasts.
    Broken,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    pub id: u32,
    pub from: u16,
    pub to: u16,
    pub sent: Time,
    /// When it arrived or was lost; `None` while under way.
    pub ended: Option<Time>,
    pub fate: Fate,
    pub hue: Hue,
    pub words: String,
    /// Index of the event that sent it, and of the one that ended it.
    pub sent_by: u32,
    pub ended_by: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    UnderWay,
    Arrived,
    Lost,
}

/// A point on a lane.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    pub lane: u16,
    pub time: Time,
    pub hue: Hue,
    pub words: String,
    /// A filled dot is something that was done to a resource; a tick is something that happened to a node.
    pub dot: bool,
    pub event: u32,
}

/// One sentence about one event.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sentence {
    /// Pieces; those with a hue are emphasised.
    pub pieces: Vec<Text>,
    pub tone: Hue,
    /// Index of the event in the branch, from 0; `None` before the first.
    pub event: Option<u32>,
    /// What the picture highlights with it.
    pub nodes: Vec<u16>,
    pub pills: Vec<u32>,
}

/// A line of the event log.
#[derive(Clone, PartialEq, Debug)]
pub struct EventLine {
    pub index: u32,
    pub time: Time,
    pub node: u16,
    pub tone: Hue,
    pub words: String,
    /// The reader's own command.
    pub command: bool,
}

/// The state of one property at this moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// `MUTEX-LEASE`
    pub code: &'static str,
    /// "One client inside its lease"
    pub words: String,
    /// The sentence under it: why it is broken, or what is known so far.
    pub because: String,
    pub liveness: bool,
    /// What the recipe promises in the chosen world of time.
    pub promised: bool,
    pub standing: Standing,
    /// Where it broke first in this branch: the event's index.
    pub broken_at: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Safety: not broken so far.
    Unbroken,
    Broken,
    /// Liveness: open, met, or impossible from here on.
    Open,
    Met,
    Never,
}

/// What the reader has selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selection {
    Node(u16),
    Message(u32),
}

/// The panel about the selected thing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inspection {
    pub title: String,
    pub rows: Vec<InspectionRow>,
    pub offers: Vec<Offer>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct InspectionRow {
    pub label: String,
    pub value: Text,
    /// The value before the latest event, where that event changed it.
    pub before: Option<String>,
    pub mono: bool,
}

/// Something that can be done to the selected thing now.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    pub words: String,
    /// The command line that does it.
    pub line: String,
    /// The key that does it while the thing is selected (`C`, `R`, `P`, `D`), if there is one.
    pub key: Option<char>,
    /// A value that the reader may change before it is done; it replaces `{}` in the line.
    pub amount: Option<Amount>,
    /// Shown under "more".
    pub minor: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Amount {
    pub value: i64,
    pub min: i64,
    pub max: i64,
    pub unit: String,
}

/// A control of the left panel.
#[derive(Clone, PartialEq, Debug)]
pub struct Control {
    /// The option's name in links and on the command line.
    pub key: String,
    pub group: String,
    pub words: String,
    /// One sentence for the tooltip and screen readers.
    pub help: String,
    pub kind: ControlKind,
    /// True if it takes effect in the running run (it is then a command in it); false if it starts the run afresh.
    pub live: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ControlKind {
    Toggle {
        on: bool,
    },
    /// One value; `step` is the arrow keys' step.
    Range {
        value: i64,
        min: i64,
        max: i64,
        step: i64,
        unit: String,
    },
    /// A lower and an upper value.
    Span {
        low: i64,
        high: i64,
        min: i64,
        max: i64,
        step: i64,
        unit: String,
    },
    /// Several lines of text, so many bytes at most: a list to paste.
    Lines {
        value: String,
        most: usize,
    },
    Choice {
        value: String,
        of: Vec<(String, String)>,
    },
}

/// A number shown in the left panel: label, value, and what theory expects.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    pub words: String,
    pub value: String,
    pub note: String,
    /// It is about the thing that was looked up, and stands where a selected node would.
    pub looked_up: bool,
}

/// A text field of the scene, such as the key that the ring looks up. Submitting sends `line` with `{}` replaced.
///
/// Where there are few answers it is a row of them instead, each pressed or not.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub words: String,
    pub value: String,
    pub line: String,
    pub button: String,
    pub chips: Vec<Chip>,
}

/// One answer of a field.
#[derive(Clone, PartialEq, Debug)]
pub struct Chip {
    pub words: String,
    pub on: bool,
    /// The line that switches it; empty where that is not possible now.
    pub line: String,
}

/// A question that a run answers. The core marks it.
#[derive(Clone, PartialEq, Debug)]
pub struct Opening {
    pub name: &'static str,
    /// What the tab of the opening says: "Who writes last?"
    pub title: String,
    pub question: String,
    pub answers: Vec<String>,
    /// Labels of the runs that vary it: the button that plays each. The first is the plain run.
    pub takes: Vec<String>,
}

/// How a take of an opening ended, as the core has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Index into `answers`.
    pub right: usize,
    /// One sentence on why.
    pub why: String,
}
