//! What its panels say.

use crate::scenes::text::{Words, words};

pub static TABLE: Words = words![("coordination.option-follower", "")];
