//! Long work on a run, some events at a time: between two tasks the browser shows a frame and hears the reader.

use super::page::Page;
use super::{dom, player};
use crate::scenes::OpenError;
use crate::scenes::making::{Made, Making};
use crate::scenes::run::Run;
use gloo_timers::callback::Timeout;
use std::sync::atomic::Ordering;

/// So long a task works.
const SLICE_MS: f64 = 12.0;

/// What is read: the run and its branch, and how many events of it there are, which can only become more.
#[derive(Clone, Copy)]
struct Past {
    epoch: u64,
    branch: Option<usize>,
    known: u32,
}

fn past(page: Page) -> Option<Past> {
    let epoch = page.engine.with(|engine| engine.epoch);
    page.look(|run| Past {
        epoch,
        branch: run.branches().iter().position(|branch| branch.current),
        known: run.position().1,
    })
}

/// Calls `read` again and again until it has a result, and hands that over. The first calls are made at once. Nothing is handed
/// over if another run or branch has come on show meanwhile, or what is being read was taken back.
pub fn read<T: 'static>(
    page: Page,
    read: impl FnMut(&dyn Run) -> Option<T> + 'static,
    then: impl FnOnce(Option<T>) + 'static,
) {
    match past(page) {
        Some(begun) => go_on(page, begun, Box::new(read), Box::new(then)),
        None => then(None),
    }
}

type Reader<T> = Box<dyn FnMut(&dyn Run) -> Option<T>>;
type Then<T> = Box<dyn FnOnce(Option<T>)>;

fn go_on<T: 'static>(page: Page, before: Past, mut read: Reader<T>, then: Then<T>) {
    if player::DEAD.load(Ordering::Relaxed) {
        return;
    }
    let now =
        past(page).filter(|now| (now.epoch, now.branch) == (before.epoch, before.branch) && now.known >= before.known);
    let Some(now) = now else { return then(None) };
    let begun = dom::screen_ms();
    while dom::screen_ms() - begun < SLICE_MS {
        if let Some(result) = page.look(|run| read(run)).flatten() {
            return then(Some(result));
        }
    }
    Timeout::new(0, move || go_on(page, now, read, then)).forget();
}

/// For so long a task that begins now may go on.
pub fn while_short() -> impl FnMut() -> bool {
    let begun = dom::screen_ms();
    move || dom::screen_ms() - begun < SLICE_MS
}

/// Has something made; the first task of it is this one. Each later one first tells `wanted` how much is done, and hands over
/// nothing if that says no.
pub fn make<T: ?Sized + 'static>(
    making: Box<dyn Making<T>>,
    mut wanted: impl FnMut(f64) -> bool + 'static,
    then: impl FnOnce(Option<Result<Box<T>, OpenError>>) + 'static,
) {
    let part = match making.more(&mut while_short()) {
        Ok(Made::Part(part)) => part,
        Ok(Made::Whole(whole)) => return then(Some(Ok(whole))),
        Err(why) => return then(Some(Err(why))),
    };
    let go_on = move || {
        if player::DEAD.load(Ordering::Relaxed) {
            return;
        }
        if wanted(part.done()) { make(part, wanted, then) } else { then(None) }
    };
    Timeout::new(0, go_on).forget();
}
