//! Every promise is exhausted and every mistake is found, with exact numbers of states: a changed count is a changed
//! protocol. `FAULTLINE_PIN=1 cargo test --test all pins::` rewrites the files, and the README's table with them.

use crate::coverage::readme;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::coverage::{HEAD, check_all};
use faultline::scenes::searching::{Row, table};

/// Compares, or writes if asked to.
fn pinned(path: &str, text: &str) {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(&place, text).expect("the file can be written");
    }
    let pinned = std::fs::read_to_string(&place).unwrap_or_default();
    for (found, pinned) in text.lines().zip(pinned.lines()) {
        assert_eq!(found, pinned, "{path}: if it was meant to change: FAULTLINE_PIN=1 cargo test --test all pins::");
    }
    assert_eq!(text.lines().count(), pinned.lines().count(), "{path}: FAULTLINE_PIN=1 cargo test --test all pins::");
}

fn expected(rows: &[Row]) {
    let wrong: Vec<String> = rows.iter().filter(|row| !row.expected).map(Row::to_string).collect();
    assert!(wrong.is_empty(), "a promise does not hold or a break is not found:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_of_all_searches_is_as_pinned() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut rows = Vec::new();
    check_all(5_000_000, threads, Lang::En, &mut |row| rows.push(row)).expect("standard questions are well formed");
    expected(&rows);
    let file = rows.iter().fold(format!("{HEAD}\n"), |file, row| file + &row.csv() + "\n");
    pinned("docs/coverage.csv", &file);
    readme::pinned(&file);
}

#[test]
fn the_tables_of_worlds_and_properties_are_as_pinned() {
    for scene in ["lock", "coordination", "commit"] {
        let table = table::of(scene).expect("the scene has a table");
        let mut rows = Vec::new();
        table::fill(table, table::MOST_STATES, Lang::En, &mut |_, row| rows.push(row))
            .expect("its cells are well formed");
        expected(&rows);
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        pinned(&format!("tests/pinned/table-{scene}.txt"), &text);
    }
}
