//! Lists of nodes and keys as people paste and drop them: bytes in, typed rows out.
//!
//! A node list has `name` or `name<TAB>weight` a line, a key list one key a line. Lines end in LF or CRLF, the last
//! end may be missing, a byte order mark at the start is skipped. Bad rows are reported with their line and the others
//! used; nothing is lost silently. Names and keys are used byte for byte, as they are hashed.

use super::Member;
use crate::core::map::Map;

/// Largest weight in a list.
pub const WEIGHT_MOST: u32 = 10_000;

/// How much is taken from a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Lines that are read; bad ones count.
    pub lines: usize,
    /// Longest name or key, in bytes.
    pub bytes: usize,
}

/// Node lists.
pub const NODES: Limits = Limits { lines: 1_000, bytes: 255 };
/// Key lists in the page.
pub const KEYS: Limits = Limits { lines: 10_000, bytes: 4_096 };
/// Key lists in the headless runner.
pub const KEYS_HEADLESS: Limits = Limits { lines: 10_000_000, bytes: 4_096 };

/// A row that is not used, or the rest of a list that is too long.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BadRow {
    /// Line in the list, from 1.
    pub line: usize,
    pub fault: Fault,
}

/// What is wrong with a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// No name or no key, or nothing but blanks.
    Empty,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Longer than the limit.
    TooLong { bytes: usize, most: usize },
    /// A control character; a tab counts in a key, since results are separated by tabs.
    Control { character: char },
    /// The node's name begins or ends with a blank: two names that look alike would be two nodes.
    Blank,
    /// The name stands already on the earlier line; that one is used.
    Duplicate { first: usize },
    /// The weight is no integer from 1 to [`WEIGHT_MOST`].
    Weight { text: String },
    /// More than name and weight.
    Columns { columns: usize },
    /// This line and all after it, so many, are beyond the limit and were not read.
    LeftOut { lines: usize, most: usize },
}

/// The rows that can be used, in the order of the list, and those that cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List<T> {
    pub rows: Vec<T>,
    /// Ascending by line.
    pub bad: Vec<BadRow>,
}

/// Reads a node list. A line without a weight has weight 1.
pub fn nodes(bytes: &[u8], limits: Limits) -> List<Member> {
    let mut first_lines = Map::<String, usize>::new();
    read(bytes, limits, |line, row| {
        let member = node(row, limits)?;
        if let Some(&first) = first_lines.get(&member.name) {
            return Err(Fault::Duplicate { first });
        }
        first_lines.insert(member.name.clone(), line);
        Ok(member)
    })
}

/// Reads a key list. A key that stands twice is there twice.
pub fn keys(bytes: &[u8], limits: Limits) -> List<String> {
    read(bytes, limits, |_, row| word(row, limits).map(str::to_owned))
}

fn read<T>(bytes: &[u8], limits: Limits, mut row: impl FnMut(usize, &[u8]) -> Result<T, Fault>) -> List<T> {
    let mut list = List { rows: Vec::new(), bad: Vec::new() };
    let mut lines = lines(bytes).enumerate();
    while let Some((index, bytes)) = lines.next() {
        let line = index + 1;
        if index == limits.lines {
            let fault = Fault::LeftOut { lines: 1 + lines.count(), most: limits.lines };
            list.bad.push(BadRow { line, fault });
            break;
        }
        match row(line, bytes) {
            Ok(row) => list.rows.push(row),
            Err(fault) => list.bad.push(BadRow { line, fault }),
        }
    }
    list
}

/// The lines without their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = whole.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).take(if bytes.is_empty() { 0 } else { usize::MAX })
}

fn node(row: &[u8], limits: Limits) -> Result<Member, Fault> {
    let mut columns = row.split(|&byte| byte == b'\t');
    let name = word(columns.next().unwrap_or_default(), limits)?;
    if name.trim() != name {
        return Err(Fault::Blank);
    }
    let given = columns.next();
    match columns.count() {
        0 => Ok(Member::new(name, given.map_or(Ok(1), weight)?)),
        more => Err(Fault::Columns { columns: 2 + more }),
    }
}

fn weight(column: &[u8]) -> Result<u32, Fault> {
    let text = str::from_utf8(column).map_err(|_| Fault::NotUtf8)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()); // "+1" parses, but is no weight
    let number = digits.then(|| text.parse().ok()).flatten();
    number.filter(|weight| (1..=WEIGHT_MOST).contains(weight)).ok_or_else(|| Fault::Weight { text: text.to_owned() })
}

/// A name or a key.
fn word(bytes: &[u8], limits: Limits) -> Result<&str, Fault> {
    if bytes.len() > limits.bytes {
        return Err(Fault::TooLong { bytes: bytes.len(), most: limits.bytes });
    }
    let word = str::from_utf8(bytes).map_err(|_| Fault::NotUtf8)?;
    if word.trim().is_empty() {
        return Err(Fault::Empty);
    }
    match word.chars().find(|character| character.is_control()) {
        Some(character) => Err(Fault::Control { character }),
        None => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults<T>(list: &List<T>) -> Vec<(usize, Fault)> {
        list.bad.iter().map(|bad| (bad.line, bad.fault.clone())).collect()
    }

    #[test]
    fn good_rows_are_used_and_bad_ones_reported_with_their_line() {
        let text =
            b"\xef\xbb\xbfa\r\n\nb\t3\n a\na\t2\nc\t0\nd\t+1\ne\t1\t2\nf\xff\nb\x00\ng\t10001\nh\t\n\xce\xb1\t007";
        let list = nodes(text, NODES);
        assert_eq!(list.rows, [Member::new("a", 1), Member::new("b", 3), Member::new("α", 7)]);
        let weight = |text: &str| Fault::Weight { text: text.into() };
        assert_eq!(
            faults(&list),
            [
                (2, Fault::Empty),
                (4, Fault::Blank),
                (5, Fault::Duplicate { first: 1 }),
                (6, weight("0")),
                (7, weight("+1")),
                (8, Fault::Columns { columns: 3 }),
                (9, Fault::NotUtf8),
                (10, Fault::Control { character: '\0' }),
                (11, weight("10001")),
                (12, weight("")),
            ]
        );
    }

    #[test]
    fn a_row_that_was_refused_does_not_take_its_name() {
        let list = nodes(b"a\t0\na\t5\n", NODES);
        assert_eq!(list.rows, [Member::new("a", 5)]);
    }

    #[test]
    fn keys_are_kept_byte_for_byte() {
        let list = keys(b" x \nx\nx\n\ta\n  \na\rb\n", KEYS);
        assert_eq!(list.rows, [" x ", "x", "x"]);
        let control = |character| Fault::Control { character };
        assert_eq!(faults(&list), [(4, control('\t')), (5, Fault::Empty), (6, control('\r'))]);
    }

    #[test]
    fn what_is_beyond_the_limits_is_counted() {
        let limits = Limits { lines: 2, bytes: 3 };
        let list = keys(b"abcd\nabc\nd\ne\n\n", limits);
        assert_eq!(list.rows, ["abc"]);
        assert_eq!(
            faults(&list),
            [(1, Fault::TooLong { bytes: 4, most: 3 }), (3, Fault::LeftOut { lines: 3, most: 2 })]
        );
        assert_eq!(faults(&keys(b"a\nb\n", limits)), []);
    }

    #[test]
    fn an_empty_file_has_no_rows_and_no_faults() {
        for text in ["", "\u{feff}"] {
            assert_eq!(keys(text.as_bytes(), KEYS), List { rows: Vec::new(), bad: Vec::new() });
        }
    }
}
