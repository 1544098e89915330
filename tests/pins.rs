//! Every promise is exhausted and every mistake is found, with exact numbers of states: a changed count is a changed
//! protocol. `FAULTLINE_PIN=1 cargo test --test pins` rewrites the file.

use faultline::scenes::scene::Lang;
use faultline::scenes::searching::{Row, check_all, table};

/// Compares, or writes if asked to.
fn pinned(name: &str, rows: &[Row]) {
    let table: String = rows.iter().map(|row| format!("{}\n", row.to_string().trim_end())).collect();
    assert!(rows.iter().all(|row| row.expected), "a promise does not hold or a break is not found:\n{table}");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pinned").join(name);
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(&path, &table).expect("the table can be written");
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    for (found, pinned) in table.lines().zip(pinned.lines()) {
        assert_eq!(found, pinned, "if the protocol was meant to change: FAULTLINE_PIN=1 cargo test --test pins");
    }
    assert_eq!(table.lines().count(), pinned.lines().count());
}

#[test]
fn the_table_of_all_searches_is_as_pinned() {
    let mut rows = Vec::new();
    check_all(5_000_000, Lang::En, &mut |row| rows.push(row)).expect("standard questions are well formed");
    pinned("check-all.txt", &rows);
}

#[test]
fn the_tables_of_worlds_and_properties_are_as_pinned() {
    for scene in ["lock", "commit"] {
        let table = table::of(scene).expect("the scene has a table");
        let mut rows = Vec::new();
        table::fill(table, table::MOST_STATES, Lang::En, &mut |_, row| rows.push(row))
            .expect("its cells are well formed");
        pinned(&format!("table-{scene}.txt"), &rows);
    }
}
