//! Chinese.

mod commit;
mod common;
mod lock;
mod ring;

pub fn tables() -> [(&'static str, super::Table); 4] {
    [
        ("common", common::TABLE.table()),
        ("lock", lock::TABLE.table()),
        ("commit", commit::TABLE.table()),
        ("ring", ring::TABLE.table()),
    ]
}
