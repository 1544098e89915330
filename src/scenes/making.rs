//! What takes long to make, made in pieces, so that a page can draw and listen in between: a run that is opened far from its
//! start, and what stands beside one.

use super::OpenError;

/// After so many events whoever makes asks whether to go on.
pub const AT_ONCE: u32 = 64;

/// To be asked after every event: passes on what it is asked every [`AT_ONCE`]th time.
pub fn now_and_then(go_on: &mut dyn FnMut() -> bool) -> impl FnMut() -> bool {
    let mut asked = 0_u32;
    move || {
        asked += 1;
        !asked.is_multiple_of(AT_ONCE) || go_on()
    }
}

/// So much of all is done, from 0 to 1; of nothing, all.
pub fn share(done: u64, all: u64) -> f64 {
    if all > 0 { (done as f64 / all as f64).min(1.0) } else { 1.0 }
}

/// A `T` in the making.
pub trait Making<T: ?Sized> {
    /// Goes on while `go_on` says so, which is asked every few events.
    ///
    /// # Errors
    /// The sentence that says why it cannot be made.
    fn more(self: Box<Self>, go_on: &mut dyn FnMut() -> bool) -> Result<Made<T>, OpenError>;
    /// How much of it is done, from 0 to 1, as far as that can be known.
    fn done(&self) -> f64;
}

pub enum Made<T: ?Sized> {
    Part(Box<dyn Making<T>>),
    Whole(Box<T>),
}

/// All of it at once.
///
/// # Errors
/// The sentence that says why it cannot be made.
pub fn whole<T: ?Sized>(mut making: Box<dyn Making<T>>) -> Result<Box<T>, OpenError> {
    loop {
        match making.more(&mut || true)? {
            Made::Part(part) => making = part,
            Made::Whole(whole) => return Ok(whole),
        }
    }
}
