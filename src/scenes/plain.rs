//! An input with the protocol's own words as text.
//!
//! Command lines, sentences and the panels speak of it. They are compiled once, where code over [`Input`] is compiled once
//! a protocol: that is why generic functions here only gather and hand over.

use super::staging::Staging;
use crate::core::cluster::{Action, Outage, Trip};
use crate::core::protocol::NodeId;
use crate::sim::faults::Setting;
use crate::sim::simulation::Input;

/// See [`Action`] and [`Input`].
#[derive(Clone, PartialEq, Debug)]
pub enum Plain {
    Deliver(u32),
    Drop(u32),
    Duplicate(u32),
    Fire(NodeId, String),
    Due(Vec<(NodeId, String)>),
    Tick,
    Forced(NodeId),
    Request(NodeId, String),
    Crash(NodeId, Outage),
    Restart(NodeId),
    Pause(NodeId),
    Resume(NodeId),
    Cut(NodeId, NodeId),
    Heal(NodeId, NodeId),
    /// By so many ticks: the search's way to step a clock.
    StepTicks(NodeId, i32),
    Delay(u32, i64),
    StepClock(NodeId, i64),
    Drift(NodeId, i32),
    Trip(NodeId, Trip),
    Set(Setting),
}

/// The input in plain words.
pub fn plain<S: Staging>(p: &S::P, input: &Input<S::P>) -> Plain {
    match input {
        Input::Act(action) => match action {
            Action::Deliver(id) => Plain::Deliver(*id),
            Action::Drop(id) => Plain::Drop(*id),
            Action::Duplicate(id) => Plain::Duplicate(*id),
            Action::Fire(node, timer) => Plain::Fire(*node, S::timer_name(p, timer)),
            Action::Due(list) => {
                Plain::Due(list.iter().map(|(node, timer)| (*node, S::timer_name(p, timer))).collect())
            }
            Action::Tick(_) => Plain::Tick,
            Action::Forced(node) => Plain::Forced(*node),
            Action::Request(node, request) => Plain::Request(*node, S::request_line(p, request)),
            Action::Crash(node, how) => Plain::Crash(*node, *how),
            Action::Restart(node) => Plain::Restart(*node),
            Action::Pause(node) => Plain::Pause(*node),
            Action::Resume(node) => Plain::Resume(*node),
            Action::Cut(a, b) => Plain::Cut(*a, *b),
            Action::Heal(a, b) => Plain::Heal(*a, *b),
            Action::StepClock(node, by) => Plain::StepTicks(*node, *by),
        },
        Input::Delay(id, by) => Plain::Delay(*id, *by),
        Input::StepClock(node, by) => Plain::StepClock(*node, *by),
        Input::Drift(node, ppm) => Plain::Drift(*node, *ppm),
        Input::Trip(node, trip) => Plain::Trip(*node, *trip),
        Input::Set(setting) => Plain::Set(setting.clone()),
    }
}
