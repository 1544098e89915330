//! Chinese.

mod commit;
mod common;
mod lock;
mod ring;

pub const TABLES: [(&str, super::Table); 4] =
    [("common", common::TABLE), ("lock", lock::TABLE), ("commit", commit::TABLE), ("ring", ring::TABLE)];
