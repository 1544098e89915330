//! A cluster inside stateright's search: the same actions, the same steps, the same properties, and what tells two states
//! apart is the same.

use faultline::check::choices::Odometer;
use faultline::check::model::{Budgets, Checked, ClusterModel};
use faultline::check::search::Model as _;
use faultline::core::cluster::Action;
use faultline::core::protocol::Protocol;
use stateright::{Checker, Model, Property};
use std::hash::{Hash, Hasher};

/// A model without crashes, whose actions have one outcome each: stateright takes an action to be that.
pub struct Adapter<P: Protocol>(pub ClusterModel<P>);

/// stateright's properties are plain functions, so what is broken is asked of all of them at once.
impl<P: Protocol + Send + Sync> Model for Adapter<P> {
    type State = State<P>;
    type Action = (Action<P>, Budgets);

    fn init_states(&self) -> Vec<State<P>> {
        vec![State { with_time: self.0.with_time(), checked: self.0.start() }]
    }

    fn actions(&self, state: &State<P>, actions: &mut Vec<Self::Action>) {
        actions.extend(self.0.actions(&state.checked));
    }

    fn next_state(&self, state: &State<P>, (action, left): Self::Action) -> Option<State<P>> {
        let mut choices = Odometer::default();
        let mut next = state.clone();
        self.0.take(&mut next.checked, &action, left, &mut choices);
        assert!(choices.picks().is_empty(), "{action:?} has several outcomes");
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("all of them", |model: &Self, state: &State<P>| model.0.broken(&state.checked).is_none())]
    }
}

/// A state that can be told from others without its model.
#[derive(Clone, Debug)]
pub struct State<P: Protocol> {
    with_time: bool,
    checked: Checked<P>,
}

impl<P: Protocol> Hash for State<P> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.checked.feed(hasher, self.with_time);
    }
}

impl<P: Protocol> PartialEq for State<P> {
    fn eq(&self, other: &Self) -> bool {
        self.checked.print(self.with_time) == other.checked.print(other.with_time)
    }
}

/// Searches it breadth first in one thread, and returns how many states it has.
///
/// # Panics
/// If a property is broken.
pub fn states<P>(model: ClusterModel<P>) -> usize
where
    P: Protocol + Send + Sync,
    State<P>: Send + Sync,
    Action<P>: Send + Sync,
    Adapter<P>: Send + Sync,
{
    let found = Adapter(model).checker().threads(1).spawn_bfs().join();
    found.assert_properties();
    found.unique_state_count()
}
