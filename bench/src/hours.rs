//! Hours of five contending clients: how many events, and in how much memory.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Lang, Time};
use faultline::scenes::{default_spec, open};

pub const HOUR: Time = 3_600_000_000;

/// The lock scene as it is, with five clients.
///
/// # Panics
/// If the scene has no such option any more.
pub fn contending() -> Box<dyn Run> {
    let options = vec![("clients".to_owned(), "5".to_owned())];
    open(&RunSpec { options, ..default_spec("lock") }, Lang::En).expect("the lock scene has five clients")
}

/// For WebAssembly: plays so many virtual hours, and returns how many events those were.
#[unsafe(no_mangle)]
pub extern "C" fn contended_hours(hours: u32) -> u32 {
    let mut run = contending();
    run.seek(Time::from(hours) * HOUR);
    run.position().0
}
