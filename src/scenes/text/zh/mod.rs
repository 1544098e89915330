//! Chinese.

pub mod commit;
pub mod common;
pub mod lock;
pub mod ring;

pub static TABLES: [(&str, &super::Words); 4] =
    [("common", &common::TABLE), ("lock", &lock::TABLE), ("commit", &commit::TABLE), ("ring", &ring::TABLE)];
