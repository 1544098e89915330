use crate::scenes::text::{Words, words};

#[rustfmt::skip]
pub static TABLE: Words = words![
    ("common.broke-before", "Broken earlier in this run; it holds again now."),
    ("common.clock-ahead", "clock +{} s"),
    ("common.clock-behind", "clock −{} s"),
    ("common.down", "down"),
    ("common.down-for", "down {} s"),
    ("common.event-delivered", "{to} receives {msg} from {from}."),
    ("common.event-dropped", "The message {msg} from {from} to {to} is lost."),
    ("common.event-due", "Time is up for {list}."),
    ("common.event-fired", "A timer of {who} goes off: {timer}."),
    ("common.event-forced", "The disk of {who} has forced what was written."),
    ("common.event-in-vain", "{msg} from {from} reaches {to}, which is down: it is lost."),
    ("common.event-killed", "The process of {who} is killed: its memory and timers are gone, its disk keeps all that was written."),
    ("common.event-nothing", "{to} receives {msg} from {from} and has no use for it any more."),
    ("common.event-pause", "{who} freezes: messages and timers wait until it wakes."),
    ("common.event-power", "{who} loses power: only what was forced to disk is certain to survive."),
    ("common.event-request", "{who} is asked to act."),
    ("common.event-restart", "{who} starts again from its log."),
    ("common.event-resume", "{who} wakes and goes on where it stopped; it does not know how long it slept."),
    ("common.event-trip", "{who} will crash inside its next step, after effect {n}."),
    ("common.paused-for", "paused {} s"),
    ("common.tripped", " {who} goes down in the middle of this step."),
    ("common.unknown-opening", "No question is called “{name}” here."),
    ("common.unknown-scene", "No scene is called “{name}”; there are {known}."),
];
