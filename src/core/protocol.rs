//! What a protocol is: a pure step over plain data, and the properties that its author names.

use super::cluster::{Cluster, Done};
use super::symmetry::Symmetry;
use std::fmt::Debug;
use std::hash::Hash;

/// All that is stored or shown is plain data: it can be cloned, ordered, hashed, printed, and handed to another thread.
pub trait Data: Clone + Ord + Hash + Debug + Send + Sync + 'static {}
impl<T: Clone + Ord + Hash + Debug + Send + Sync + 'static> Data for T {}

/// A node's index in its cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u16);

/// A length of time in ticks: a millisecond in the simulator, an abstract step of the clock in the search.
pub type Ticks = u32;

/// A distributed protocol. The value is its configuration; a node's role comes from it.
pub trait Protocol: Data {
    /// What a node keeps in memory: lost in a crash.
    type State: Data;
    /// What it appends to its log on disk.
    type Record: Data;
    type Msg: Data;
    /// A name, never a deadline.
    type Timer: Data;
    /// What the world outside asks of a node.
    type Request: Data;
    /// What happened, in the paper's words.
    type Note: Data;
    /// History that only properties read.
    type Ghost: Data + Default;

    /// How many nodes there are.
    fn size(&self) -> u16;

    /// Starts a node from what its log holds.
    fn boot(&self, me: NodeId, log: &[Self::Record], cx: &mut Context<Self>) -> Self::State;

    /// Handles one event. Cannot fail: what does not fit is ignored by an explicit arm.
    fn step(&self, me: NodeId, state: &mut Self::State, event: Event<Self>, cx: &mut Context<Self>);

    /// Adds a note to the history.
    fn observe(&self, ghost: &mut Self::Ghost, at: NodeId, note: &Self::Note);

    /// Called after every action, for history that follows from the cluster alone (a crash, a timer that came due).
    fn witness(&self, ghost: &mut Self::Ghost, cluster: &Cluster<Self>) {
        let _ = (ghost, cluster);
    }

    /// What the author says about every run.
    fn properties(&self) -> Vec<Property<Self>>;

    /// Whether a liveness property waits for something that has yet to come about. That it is [`Judgement::Open`] says less:
    /// what nobody has asked for is open too. `lasting`: what is down or paused stays so; then nothing is owed to it, but
    /// whoever waits for it waits on.
    fn owes(&self, property: &Property<Self>, cluster: &Cluster<Self>, ghost: &Self::Ghost, lasting: bool) -> bool {
        let _ = lasting;
        (property.judge)(self, cluster, ghost) != Judgement::Met
    }

    /// The requests that the outside may make now. The search tries each; the simulator draws among them.
    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Self::Request)> {
        let _ = cluster;
        Vec::new()
    }

    /// Whether messages from one node to another keep their order.
    fn order(&self, from: NodeId, to: NodeId) -> Order {
        let _ = (from, to);
        Order::Any
    }

    /// Whether no state that its receiver can still come to reacts to a message that is under way. The search leaves such
    /// messages out: when they arrive makes no difference.
    fn inert(&self, cluster: &Cluster<Self>, to: NodeId, msg: &Self::Msg) -> bool {
        let _ = (cluster, to, msg);
        false
    }

    /// True for a node whose disk forces a record within the step that appends it.
    fn forces_at_once(&self, node: NodeId) -> bool {
        let _ = node;
        false
    }

    /// The nodes that nothing tells apart, if there are any: the search looks at one order of them instead of all.
    /// `crashes`: a crash may fall inside a step, so that whoever is sent something first is told apart from the others.
    fn symmetry(&self, crashes: bool) -> Option<Symmetry<Self>> {
        let _ = crashes;
        None
    }
}

/// Whether a channel keeps the order of its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Fifo,
    Any,
}

/// What a node is told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event<P: Protocol> {
    Message {
        from: NodeId,
        msg: P::Msg,
    },
    Timeout(P::Timer),
    /// The first `upto` records of the log are on the platters.
    Durable {
        upto: u32,
    },
    Request(P::Request),
}

/// What a node does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect<P: Protocol> {
    Send {
        to: NodeId,
        msg: P::Msg,
    },
    SetTimer {
        timer: P::Timer,
        clock: Clock,
        after: Ticks,
        /// The deadline itself is on disk, so that it outlives a crash (Redis' AOF keeps `PXAT`, an absolute time).
        keep: bool,
    },
    CancelTimer(P::Timer),
    Append {
        record: P::Record,
        force: bool,
    },
    /// Asks the disk to force what has been appended so far.
    Sync,
    /// Replaces the log by records that mean the same, all of them forced.
    Compact {
        records: Vec<P::Record>,
    },
    Note(P::Note),
}

impl<P: Protocol> Effect<P> {
    /// True for what outlives the process: a crash can fall after any of these.
    pub fn leaves_the_process(&self) -> bool {
        matches!(self, Effect::Send { .. } | Effect::Append { .. })
    }
}

/// Which of a node's clocks a timer counts on. A clock step moves `Wall` only; drift moves both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Clock {
    Monotonic,
    Wall,
}

/// Where a step's random choices come from: drawn in the simulator, every answer in the search, recorded in a replay.
pub trait Choices {
    /// A number in `0..bound`; 0 if the bound is 0 or 1.
    fn below(&mut self, bound: u32) -> u32;
}

/// What a step may do, collected in order.
pub struct Context<'a, P: Protocol> {
    me: NodeId,
    /// Effects where they will stay: whoever carries them out moves none.
    done: &'a mut Vec<Done<P>>,
    choices: &'a mut dyn Choices,
    incarnation: u32,
}

impl<'a, P: Protocol> Context<'a, P> {
    /// Effects of the node `me` are added to `done`.
    pub fn new(me: NodeId, done: &'a mut Vec<Done<P>>, choices: &'a mut dyn Choices, incarnation: u32) -> Self {
        Context { me, done, choices, incarnation }
    }

    fn add(&mut self, effect: Effect<P>) {
        self.done.push(Done { node: self.me, effect, flight: None });
    }

    pub fn send(&mut self, to: NodeId, msg: P::Msg) {
        self.add(Effect::Send { to, msg });
    }
    pub fn set_timer(&mut self, timer: P::Timer, clock: Clock, after: Ticks) {
        self.add(Effect::SetTimer { timer, clock, after, keep: false });
    }
    /// A timer whose deadline is on disk: it runs on while the node is down.
    pub fn set_lasting_timer(&mut self, timer: P::Timer, clock: Clock, after: Ticks) {
        self.add(Effect::SetTimer { timer, clock, after, keep: true });
    }
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.add(Effect::CancelTimer(timer));
    }
    /// Appends a record without waiting for the disk.
    pub fn append(&mut self, record: P::Record) {
        self.add(Effect::Append { record, force: false });
    }
    /// Appends a record and asks the disk to force it; `Event::Durable` tells when it has.
    pub fn force(&mut self, record: P::Record) {
        self.add(Effect::Append { record, force: true });
    }
    /// Asks the disk to force what has been appended so far.
    pub fn sync(&mut self) {
        self.add(Effect::Sync);
    }
    pub fn compact(&mut self, records: Vec<P::Record>) {
        self.add(Effect::Compact { records });
    }
    pub fn note(&mut self, note: P::Note) {
        self.add(Effect::Note(note));
    }
    pub fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 { 0 } else { self.choices.below(bound) }
    }
    /// How often this node has started before: makes fresh values differ across crashes.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Runs another protocol's handler inside this one and translates what it does.
    pub fn within<Q: Protocol, R>(
        &mut self,
        translate: impl Fn(Effect<Q>) -> Effect<P>,
        run: impl FnOnce(&mut Context<Q>) -> R,
    ) -> R {
        let mut inner = Vec::new();
        let result = run(&mut Context::new(self.me, &mut inner, self.choices, self.incarnation));
        inner.into_iter().for_each(|done| self.add(translate(done.effect)));
        result
    }
}

/// A copy that takes the memory of what it replaces: for types that write `clone_from` themselves, since what is derived does
/// not use it.
pub fn copied<T: Clone + Default>(replaced: &mut T, other: &T) -> T {
    let mut copy = std::mem::take(replaced);
    copy.clone_from(other);
    copy
}

/// A named statement about every state of every run.
pub struct Property<P: Protocol> {
    /// The product's name: `MUTEX-LEASE`.
    pub name: &'static str,
    pub kind: Kind,
    /// The worlds of time in which this configuration promises it.
    pub promised: Worlds,
    pub judge: fn(&P, &Cluster<P>, &P::Ghost) -> Judgement,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Safety,
    Liveness,
}

/// What a property says of one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Safety: holds here.
    Fine,
    /// Safety: broken here (and, if the history remembers it, ever after).
    Broken,
    /// Liveness: waiting for it.
    Open,
    Met,
    /// Liveness: no run from here can meet it any more.
    Never,
}

/// A world of time: which timings the search allows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum World {
    /// No tick while a message is under way or a force is pending.
    Sync,
    /// Messages take any time; a due timer on a running node fires before the next tick.
    Bounded,
    /// Any armed timer may fire at any time.
    Anything,
}

impl World {
    pub const ALL: [World; 3] = [World::Sync, World::Bounded, World::Anything];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            World::Sync => "sync",
            World::Bounded => "bounded",
            World::Anything => "anything",
        }
    }
}

/// A set of worlds. What holds in a wider world holds in a narrower one: the promise is the widest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worlds {
    /// Shown, never promised.
    None,
    /// Promised in this world and every narrower one.
    UpTo(World),
}

impl Worlds {
    pub fn include(self, world: World) -> bool {
        match self {
            Worlds::None => false,
            Worlds::UpTo(widest) => world <= widest,
        }
    }
}
