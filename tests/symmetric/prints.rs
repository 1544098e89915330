//! A state's successors are made in the state itself, which is put right after each move, and their fingerprints are put together
//! from parts that mostly were known. Both must be what they are without these savings.

use super::scenes::{Row, rows};
use faultline::check::choices::Recorded;
use faultline::check::model::{Checked, ClusterModel};
use faultline::check::search::Model;
use faultline::core::cluster::remember;
use faultline::core::protocol::Protocol;
use faultline::scenes::commit::CommitScene;
use faultline::scenes::coordination::CoordinationScene;
use faultline::scenes::lock::LockScene;
use faultline::scenes::ring::RingScene;
use faultline::scenes::staging::Staging;
use std::collections::BTreeMap;

/// Looks at so many states, and returns at how many moves.
fn look<P: Protocol>(model: &ClusterModel<P>, most: usize, about: &str) -> usize {
    let mut known: BTreeMap<u128, u128> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([model.start()]);
    let mut moves = 0;
    for _ in 0..most {
        let Some(state) = queue.pop_front() else { break };
        let whole = state.print(true);
        let mut fresh: Vec<Checked<P>> = Vec::new();
        let mut place = state.clone();
        model.each_in_place(&mut place, &mut |step, next, print| {
            moves += 1;
            assert_eq!(print, model.fingerprint(next), "{step:?}: {about}");
            // The same move on a copy of its own. Inert messages and budgets are the model's business.
            let mut own = state.clone();
            let mut done = Vec::new();
            let mut picks = Recorded::new(&step.picks);
            own.cluster.apply(&model.protocol, &step.action, step.trip, &mut picks, &mut done);
            remember(&model.protocol, &mut own.ghost, &own.cluster, &done);
            let flights = std::mem::take(&mut own.cluster.flights);
            let live = |to, msg: &P::Msg| !model.protocol.inert(&own.cluster, to, msg);
            let flights = flights.into_iter().filter(|f| live(f.to, &f.msg)).collect();
            own.cluster.flights = flights;
            own.left = next.left;
            assert_eq!(own.print(true), next.print(true), "{step:?}: {about}");
            assert_eq!(own.cluster.next_flight, next.cluster.next_flight, "{step:?}: {about}");
            // One fingerprint for one state, and another one for another.
            let said = next.print(model.with_time());
            let first = *known.entry(print).or_insert_with(|| {
                fresh.push(next.clone());
                said
            });
            assert_eq!(first, said, "{step:?}: {about}");
        });
        assert_eq!((place.print(true), place.cluster.next_flight), (whole, state.cluster.next_flight));
        queue.extend(fresh);
    }
    let mut prints: Vec<&u128> = known.values().collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), known.len(), "two fingerprints for one state: {about}");
    moves
}

fn all<S: Staging>(every: usize) -> usize {
    let rows = rows::<S>();
    rows.iter().step_by(every).map(|row| look(&row.model().without_symmetry(), 150, &row.about)).sum()
}

#[test]
fn what_is_put_together_from_parts_is_what_it_is_as_a_whole() {
    assert!(all::<LockScene>(2) > 5_000);
    assert!(all::<CoordinationScene>(2) > 5_000);
    assert!(all::<CommitScene>(2) > 5_000);
    assert!(all::<RingScene>(1) > 100);
}

/// With symmetry, what is known of a state's parts is known under each of their names.
#[test]
fn fingerprints_under_other_names_are_those_of_whole_states() {
    fingerprints_under_other_names(&rows::<LockScene>());
    fingerprints_under_other_names(&rows::<CoordinationScene>());
}

fn fingerprints_under_other_names<P: Protocol>(rows: &[Row<P>]) {
    let mut moves = 0;
    for row in rows {
        let model = row.model();
        let mut queue = std::collections::VecDeque::from([model.start()]);
        for _ in 0..40 {
            let Some(state) = queue.pop_front() else { break };
            model.each_printed(&state, &mut |step, next, print| {
                moves += 1;
                assert_eq!(print, model.fingerprint(next), "{step:?}: {}", row.about);
                if queue.len() < 100 {
                    queue.push_back(next.clone());
                }
            });
        }
    }
    assert!(moves > 3_000, "{moves}");
}
