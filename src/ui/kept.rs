//! State that lives as long as the page.
//!
//! A `Kept` is a copyable handle to one value. Changing it tells the one Leptos signal that all panels listen to:
//! panels are functions of the whole state, and what a change did not touch is not touched in the DOM either, so
//! finer signals would buy nothing here and cost a copy of the reactive machinery for every type.

use leptos::prelude::*;
use std::cell::{Cell, RefCell};

thread_local! {
    static CHANGED: Cell<Option<RwSignal<u64>>> = const { Cell::new(None) };
    static MOVED: Cell<Option<RwSignal<u64>>> = const { Cell::new(None) };
}

/// Makes the two signals. Called once, inside the page's reactive root.
pub fn install() {
    CHANGED.set(Some(RwSignal::new(0)));
    MOVED.set(Some(RwSignal::new(0)));
}

fn tell(slot: Option<RwSignal<u64>>) {
    if let Some(signal) = slot {
        signal.update(|n| *n += 1);
    }
}

/// The panels should look again.
pub fn changed() {
    tell(CHANGED.get());
}

/// The run has moved: the sentence should look again.
pub fn moved() {
    tell(MOVED.get());
}

/// Calls `panels` after each change, and `sentence` after each change or move; several at once count as one.
pub fn watch(panels: fn(), sentence: fn()) {
    for (slots, act) in [([CHANGED.get(), None], panels), ([CHANGED.get(), MOVED.get()], sentence)] {
        Effect::new(move |_| {
            slots.iter().flatten().for_each(|signal| signal.track());
            act();
        });
    }
}

pub struct Kept<T: 'static>(&'static RefCell<T>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> Kept<T> {
    /// Lives from now on: there is a fixed number of these.
    pub fn new(value: T) -> Self {
        Kept(Box::leak(Box::new(RefCell::new(value))))
    }

    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.0.borrow())
    }

    /// Changes the value without telling anyone. Neither this nor [`Kept::with`] may be entered from inside `f`.
    pub fn quietly<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }

    pub fn update<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let result = self.quietly(f);
        changed();
        result
    }

    pub fn set(&self, value: T) {
        self.update(|slot| *slot = value);
    }

    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}
