//! What a search says does not depend on symmetry, nor on threads: over all standard searches of all scenes, and over random
//! protocols whose symmetry is true by construction. That fingerprints which are put together from parts are those of whole
//! states is tested here too.

mod prints;
mod random;
mod scenes;

use faultline::check::model::{Checked, ClusterModel, Move};
use faultline::check::search::{Search, Verdict};
use faultline::core::protocol::Protocol;

/// Verdict, property and the length of the run or the depth, and how many states were met; `None`: more than `most`.
type Said = Option<(Option<&'static str>, u32, u64)>;

fn said<P: Protocol>(verdict: Verdict<Move<P>>) -> Said {
    match verdict {
        Verdict::Holds { states, depth } => Some((None, depth, states)),
        Verdict::Violated { property, path, states, .. } => Some((Some(property), path.len() as u32, states)),
        Verdict::Unfinished { .. } => None,
    }
}

/// Searches with symmetry and without, each on one thread and on two. All must say the same, and symmetry may not make it
/// more. False if there are more than `most` states without symmetry, and then nothing was compared.
fn agree<P>(model: impl Fn() -> ClusterModel<P>, most: u64, about: &str) -> bool
where
    P: Protocol,
    ClusterModel<P>: Sync,
    Checked<P>: Send + Sync,
{
    let Some(plain) = said::<P>(Search::new(model().without_symmetry()).run(most)) else { return false };
    let fewer = said::<P>(Search::new(model()).run(most)).unwrap_or_else(|| panic!("symmetry adds states: {about}"));
    assert_eq!((plain.0, plain.1), (fewer.0, fewer.1), "with symmetry: {about}");
    assert!(fewer.2 <= plain.2, "{} states with symmetry, {} without: {about}", fewer.2, plain.2);
    // States, too: a search on two threads meets them in the same order.
    assert_eq!(said::<P>(Search::new(model()).run_on(2, most)), Some(fewer), "on two threads: {about}");
    assert_eq!(said::<P>(Search::new(model().without_symmetry()).run_on(2, most)), Some(plain), "{about}");
    true
}
