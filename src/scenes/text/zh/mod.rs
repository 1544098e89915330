//! Chinese.

pub mod commit;
pub mod common;
pub mod coordination;
pub mod desk;
pub mod lock;
pub mod placement;
pub mod ring;

/// A scene's words, in one table or two.
pub static TABLES: [(&str, &super::Words); 9] = [
    ("common", &common::TABLE),
    ("lock", &lock::TABLE),
    ("coordination", &coordination::TABLE),
    ("coordination", &desk::coordination::TABLE),
    ("commit", &commit::TABLE),
    ("commit", &desk::commit::TABLE),
    ("ring", &ring::TABLE),
    ("placement", &placement::TABLE),
    ("placement", &desk::placement::TABLE),
];
