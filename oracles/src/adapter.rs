//! Two-phase commit across real databases: the core's coordinator decides, this adapter does what it says.
//!
//! ```text
//!   core: Commit::step ---> PREPARE ---> BEGIN; UPDATE …; PREPARE TRANSACTION 'tx' ---> its tag is the vote
//!                      ---> COMMIT  ---> COMMIT PREPARED 'tx' ------------------------> done, or done before: ACK
//!                      ---> ABORT   ---> ROLLBACK PREPARED 'tx'
//!                      ---> append, force ---> a file, fsync
//! ```
//!
//! A database does not ask for decisions. So the adapter looks for prepared transactions and inquires in its name: when the
//! database is up again, and when nothing has happened for a while.
//!
//! It goes in single steps (a statement, a message to the coordinator, a force), in a fixed order, and between any two of
//! them its owner may kill the coordinator or a server. Beside it runs a [`Twin`].

use crate::journal::Journal;
use crate::orders::{Belief, reply, statements, tx_of};
use crate::sql::{Answer, Database};
use crate::twin::{Nothing, Twin};
use faultline::core::cluster::{Action, Done};
use faultline::core::commit::{Commit, Msg, Request, State, Timer};
use faultline::core::protocol::{Context, Effect, Event, NodeId, Protocol};
use std::collections::{BTreeSet, VecDeque};
use tempfile::TempDir;

/// What is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Task {
    /// A message to a participant becomes statements; so many are done, and its change has locked the account.
    Tell {
        to: NodeId,
        msg: Msg,
        done: usize,
        holds: bool,
    },
    Hear {
        from: NodeId,
        msg: Msg,
    },
    /// The log is forced up to this length.
    Force {
        upto: u32,
    },
}

pub struct Adapter<'a> {
    p: Commit,
    databases: Vec<&'a mut dyn Database>,
    up: Vec<bool>,
    /// The log lies there: it outlives the coordinator.
    folder: TempDir,
    /// `None`: its process is gone.
    running: Option<Running>,
    queue: VecDeque<Task>,
    belief: Belief,
    /// A statement that fails in the middle of this participant's work.
    spoiled: Option<NodeId>,
    twin: Option<Twin>,
    /// Every statement, and what the database said.
    pub said: Vec<(u16, String, Option<Answer>)>,
}

/// The coordinator's process.
struct Running {
    state: State,
    journal: Journal,
    /// Records in it.
    written: u32,
    incarnation: u32,
    armed: BTreeSet<Timer>,
}

/// The adapter has one session with each participant.
const SESSION: usize = 0;

impl<'a> Adapter<'a> {
    /// The databases have the configuration's balances.
    ///
    /// # Panics
    /// Where there is no folder for the log.
    pub fn new(p: &Commit, databases: Vec<&'a mut dyn Database>) -> Adapter<'a> {
        let folder = tempfile::Builder::new().prefix("faultline-oracle-").tempdir().expect("a temporary folder");
        let up = vec![true; databases.len()];
        let twin = Some(Twin::new(p));
        let (running, queue, said) = (None, VecDeque::new(), Vec::new());
        let (belief, spoiled) = (Belief::Tag, None);
        let mut adapter = Adapter { p: p.clone(), databases, up, folder, running, queue, belief, spoiled, twin, said };
        adapter.boot();
        adapter
    }

    /// From now on the transaction of this participant fails before it is prepared.
    pub fn spoil(&mut self, node: NodeId) {
        self.spoiled = Some(node);
        if let Some(twin) = &mut self.twin {
            twin.request(node, Request::VoteNo(true));
        }
    }

    /// Reads votes wrongly. The core would not do what follows, so no simulated run goes beside it.
    pub fn believe(&mut self, belief: Belief) {
        self.belief = belief;
        self.twin = None;
    }

    pub fn twin(&self) -> Option<&Twin> {
        self.twin.as_ref()
    }

    pub fn state(&self) -> Option<&State> {
        self.running.as_ref().map(|running| &running.state)
    }

    pub fn is_up(&self, node: NodeId) -> bool {
        self.up[at(node)]
    }

    pub fn database(&mut self, node: NodeId) -> &mut dyn Database {
        self.databases[at(node)]
    }

    /// Whether the participant's account is locked by work that is not prepared yet.
    pub fn works(&self, node: NodeId) -> bool {
        self.queue.iter().any(|task| matches!(task, Task::Tell { to, holds: true, .. } if *to == node))
    }

    /// The database that the next step talks to.
    pub fn next_talks_to(&self) -> Option<NodeId> {
        match self.queue.front() {
            Some(Task::Tell { to, .. }) => Some(*to),
            _ => None,
        }
    }

    fn boot(&mut self) {
        let (journal, records, incarnation) =
            Journal::open(self.folder.path()).expect("the log can be read and written");
        let (mut effects, me) = (Vec::new(), Commit::COORDINATOR);
        let state = self.p.boot(me, &records, &mut Context::new(me, &mut effects, &mut Nothing, incarnation));
        let written = records.len() as u32;
        self.running = Some(Running { state, journal, written, incarnation, armed: BTreeSet::new() });
        self.carry_out(effects);
    }

    pub fn start(&mut self, changes: Vec<(NodeId, i32)>) {
        if let Some(twin) = &mut self.twin {
            twin.request(Commit::COORDINATOR, Request::Start(changes.clone()));
        }
        self.event(Event::Request(Request::Start(changes)));
    }

    /// The coordinator handles an event, as the twin's has just done.
    fn event(&mut self, event: Event<Commit>) {
        let Some(running) = &mut self.running else { return };
        let (mut effects, mut nothing) = (Vec::new(), Nothing);
        let mut context = Context::new(Commit::COORDINATOR, &mut effects, &mut nothing, running.incarnation);
        self.p.step(Commit::COORDINATOR, &mut running.state, event, &mut context);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Done<Commit>>) {
        let Some(running) = &mut self.running else { return };
        let queue = &mut self.queue;
        for Done { effect, .. } in effects {
            match effect {
                Effect::Send { to, msg } => add(queue, Task::Tell { to, msg, done: 0, holds: false }),
                Effect::SetTimer { timer, .. } => {
                    running.armed.insert(timer);
                }
                Effect::CancelTimer(timer) => {
                    running.armed.remove(&timer);
                }
                Effect::Append { record, force } => {
                    running.journal.append(&record).expect("the log can be written");
                    running.written += 1;
                    if force {
                        queue.push_back(Task::Force { upto: running.written });
                    }
                }
                Effect::Sync => queue.push_back(Task::Force { upto: running.written }),
                Effect::Compact { records } => {
                    running.journal.replace(&records).expect("the log can be written");
                    running.written = records.len() as u32;
                }
                Effect::Note(_) => {}
            }
        }
        if let Some(twin) = &self.twin {
            assert_eq!(twin.coordinator(), Some(&running.state), "the coordinator here and in the simulated run");
            assert!(twin.armed(Commit::COORDINATOR).iter().eq(&running.armed), "its timers");
        }
    }

    /// Does the next step; false if there is none. `deaf`: the server carries the statement out and dies with its answer.
    pub fn step(&mut self, deaf: bool) -> bool {
        let Some(task) = self.queue.pop_front() else { return false };
        match task {
            Task::Tell { to, msg, done, holds } => self.tell(to, msg, done, holds, deaf),
            Task::Hear { from, msg } => {
                if let Some(twin) = &mut self.twin {
                    twin.deliver(from, Commit::COORDINATOR, &msg);
                }
                self.event(Event::Message { from, msg });
            }
            Task::Force { upto } => {
                if let Some(running) = &mut self.running {
                    running.journal.force().expect("the disk forces the log");
                }
                if let Some(twin) = &mut self.twin {
                    twin.apply(&Action::Forced(Commit::COORDINATOR));
                }
                self.event(Event::Durable { upto });
            }
        }
        true
    }

    /// The next statement of a message.
    fn tell(&mut self, to: NodeId, msg: Msg, done: usize, holds: bool, deaf: bool) {
        let statements = statements(&msg, self.spoiled == Some(to));
        let sql = &statements[done];
        let database = &mut self.databases[at(to)];
        // In the middle of a block a new connection would be a new beginning.
        let connected = done > 0 || database.connect(SESSION);
        let answer = if connected { database.query(SESSION, sql) } else { None };
        self.said.push((to.0, sql.clone(), answer.clone()));
        let last = done + 1 == statements.len();
        match answer {
            // The participant has nothing of this message that outlives it.
            None => self.lose(to, &msg),
            Some(_) if deaf && !last => self.lose(to, &msg),
            Some(answer) if !last => {
                let holds = holds || answer.tag.as_deref() == Some("UPDATE 1");
                self.queue.push_back(Task::Tell { to, msg, done: done + 1, holds });
            }
            Some(answer) => {
                if let Some(twin) = &mut self.twin {
                    twin.deliver(Commit::COORDINATOR, to, &msg);
                    twin.force(to);
                }
                if let Some(msg) = reply(&msg, &answer, self.belief) {
                    if deaf {
                        if let Some(twin) = &mut self.twin {
                            twin.lose(to, Commit::COORDINATOR, &msg);
                        }
                    } else {
                        self.queue.push_back(Task::Hear { from: to, msg });
                    }
                }
            }
        }
        if deaf {
            self.kill_server(to);
        }
    }

    fn lose(&mut self, to: NodeId, msg: &Msg) {
        if let Some(twin) = &mut self.twin {
            twin.lose(Commit::COORDINATOR, to, msg);
        }
    }

    /// The coordinator's process goes, with its connections, and with all that it had not written.
    pub fn kill_coordinator(&mut self) {
        self.running = None;
        self.queue.clear();
        for (database, up) in self.databases.iter_mut().zip(&self.up) {
            if *up {
                database.hang_up(SESSION);
            }
        }
        if let Some(twin) = &mut self.twin {
            twin.kill(Commit::COORDINATOR);
            twin.lose_all();
        }
    }

    pub fn restart_coordinator(&mut self) {
        if let Some(twin) = &mut self.twin {
            twin.apply(&Action::Restart(Commit::COORDINATOR));
        }
        self.boot();
    }

    /// `kill -9`. The statements of a transaction that had begun there end where they are.
    pub fn kill_server(&mut self, node: NodeId) {
        self.databases[at(node)].kill();
        self.up[at(node)] = false;
        // The next statement would find the connection broken; once the server is up again, it must not find a new one.
        let begun = |task: &Task| matches!(task, Task::Tell { to, done: 1.., .. } if *to == node);
        let (cut, rest) = std::mem::take(&mut self.queue).into_iter().partition(begun);
        self.queue = rest;
        for task in Vec::from(cut) {
            if let Task::Tell { msg, .. } = task {
                self.lose(node, &msg);
            }
        }
        if let Some(twin) = &mut self.twin {
            twin.kill(node);
        }
    }

    pub fn restart_server(&mut self, node: NodeId) {
        self.databases[at(node)].restart();
        self.up[at(node)] = true;
        if let Some(twin) = &mut self.twin {
            // The core's participant inquires as it starts, and has forgotten what it was told.
            twin.apply(&Action::Restart(node));
            if self.spoiled == Some(node) {
                twin.request(node, Request::VoteNo(true));
            }
        }
        self.inquire(node);
    }

    /// Asks for a decision on all that the database has prepared.
    fn inquire(&mut self, node: NodeId) {
        let database = &mut self.databases[at(node)];
        if !database.connect(SESSION) {
            return;
        }
        let answer = database.query(SESSION, "SELECT gid FROM pg_prepared_xacts ORDER BY gid");
        for tx in answer.into_iter().flat_map(|answer| answer.rows).filter_map(|gid| tx_of(&gid)) {
            add(&mut self.queue, Task::Hear { from: node, msg: Msg::Inquire(tx) });
        }
    }

    /// Nothing has happened for a while: every timer goes off. The adapter's own, too, by which it inquires.
    pub fn wait(&mut self) {
        assert!(self.queue.is_empty(), "something is still under way");
        let armed = self.running.as_ref().map(|running| running.armed.clone()).unwrap_or_default();
        for timer in armed {
            if let Some(running) = &mut self.running {
                running.armed.remove(&timer);
            }
            if let Some(twin) = &mut self.twin {
                twin.fire(Commit::COORDINATOR, timer.clone());
            }
            self.event(Event::Timeout(timer));
        }
        for node in self.p.participants().filter(|node| self.up[at(*node)]).collect::<Vec<_>>() {
            if let Some(twin) = &mut self.twin {
                twin.armed(node).into_iter().for_each(|timer| twin.fire(node, timer));
            }
            self.inquire(node);
        }
    }

    /// Whether the coordinator waits for nothing.
    pub fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.running.as_ref().is_some_and(|running| running.armed.is_empty())
    }
}

fn at(node: NodeId) -> usize {
    usize::from(node.0) - 1
}

/// The same message twice at once is once, as in the core.
fn add(queue: &mut VecDeque<Task>, task: Task) {
    if !queue.contains(&task) {
        queue.push_back(task);
    }
}
