//! Every promise is exhausted and every mistake is found, with exact numbers of states: a changed count is a changed
//! protocol. `FAULTLINE_PIN=1 cargo test --test pins` rewrites the file.

use faultline::scenes::scene::Lang;
use faultline::scenes::searching::check_all;

const PINNED: &str = "tests/pinned/check-all.txt";

#[test]
fn the_table_of_all_searches_is_as_pinned() {
    let mut table = String::new();
    let mut expected = true;
    check_all(5_000_000, Lang::En, &mut |row| {
        expected &= row.expected;
        table.push_str(row.to_string().trim_end());
        table.push('\n');
    })
    .expect("standard questions are well formed");
    assert!(expected, "a promise does not hold or a mistake is not found:\n{table}");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PINNED);
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(&path, &table).expect("the table can be written");
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    for (found, pinned) in table.lines().zip(pinned.lines()) {
        assert_eq!(found, pinned, "if the protocol was meant to change: FAULTLINE_PIN=1 cargo test --test pins");
    }
    assert_eq!(table.lines().count(), pinned.lines().count());
}
