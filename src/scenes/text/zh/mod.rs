//! Chinese.

pub mod commit;
pub mod common;
pub mod desk;
pub mod lock;
pub mod placement;
pub mod ring;

/// A scene's words, in one table or two.
pub static TABLES: [(&str, &super::Words); 7] = [
    ("common", &common::TABLE),
    ("lock", &lock::TABLE),
    ("commit", &commit::TABLE),
    ("commit", &desk::commit::TABLE),
    ("ring", &ring::TABLE),
    ("placement", &placement::TABLE),
    ("placement", &desk::placement::TABLE),
];
