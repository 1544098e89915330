//! The scene of coordination services.

use crate::scenes::text::{Words, words};

pub static TABLE: Words = words![("coordination.zone-service", "")];
