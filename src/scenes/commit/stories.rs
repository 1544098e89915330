//! What can be seen to happen to a transaction, one click each.

pub type CommitStories = crate::scenes::staging::NoMore;
