//! Consul's data, as far as locks use it: one key that a session can acquire.
//!
//! Source: Consul's "Sessions" page and its KV API (`?acquire=`, `?release=`). `LockIndex` grows with each new acquisition.

use super::Owner;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Key {
    pub session: Option<Owner>,
    /// `LockIndex`
    pub index: u32,
}

impl Key {
    /// The lock index, if the session has the key now; and whether it did not before.
    pub fn acquire(&mut self, session: Owner) -> Option<(u32, bool)> {
        match self.session {
            Some(held) if held != session => None,
            Some(_) => Some((self.index, false)),
            None => {
                self.session = Some(session);
                self.index += 1;
                Some((self.index, true))
            }
        }
    }

    /// Whether it was the session's.
    pub fn release(&mut self, session: Owner) -> bool {
        let held = self.session == Some(session);
        if held {
            self.session = None;
        }
        held
    }
}
