//! Lists of nodes and keys as people paste and drop them: bytes in, typed rows out.
//!
//! A node list has `name`, `name<TAB>weight` or `name<TAB>weight<TAB>zone` a line, a key list one key a line. Lines end in
//! LF or CRLF, the last end may be missing, a byte order mark at the start is skipped. Bad rows are reported with their line
//! and the others used; nothing is lost silently. Names and keys are used byte for byte, as they are hashed.
//!
//! Lists come in other forms too; whoever reads those judges each row by [`node`], [`NodeRows`] and [`KeyRows`], so that a
//! row is good or bad whatever its form.

use super::Member;
use super::keys::{Keys, Packing};
use crate::core::map::Map;

/// Largest weight in a list.
pub const WEIGHT_MOST: u32 = 10_000;

/// How much is taken from a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Rows that are read; bad ones count.
    pub lines: usize,
    /// Longest name, zone or key, in bytes.
    pub bytes: usize,
    /// All names or keys together, in bytes.
    pub all: usize,
}

/// Node lists.
pub const NODES: Limits = Limits { lines: 1_000, bytes: 255, all: usize::MAX };
/// Key lists in the page.
pub const KEYS: Limits = Limits { lines: 100_000, bytes: 4_096, all: 8 << 20 };
/// Key lists in the headless runner.
pub const KEYS_HEADLESS: Limits = Limits { lines: 10_000_000, bytes: 4_096, all: 2 << 30 };

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
    /// The node's name or zone begins or ends with a blank: two names that look alike would be two nodes.
    Blank,
    /// The name stands already on the earlier line; that one is used.
    Duplicate { first: usize },
    /// The weight is no integer from 1 to [`WEIGHT_MOST`].
    Weight { text: String },
    /// More than are read, or than the header names.
    Columns { columns: usize, most: usize },
    /// This row and all after it, so many, are beyond the limit and were not read.
    LeftOut { lines: usize, most: usize },
    /// With this row the list would have more bytes than the limit: it and all after it, so many, were not read.
    Full { lines: usize, most: usize },
    /// CSV: a quotation mark opens and none closes.
    Unclosed,
    /// A line that should be a JSON value and is none.
    NotJson,
    /// A JSON value that is neither a string, a number nor an object, or a part of one that is of the wrong kind.
    Shape,
    /// A JSON object or a CSV row without the name or the key.
    Missing,
    /// The JSON ends here, or goes on as none: this line and all after it, so many, were not read, except for rows before
    /// it on the same line.
    Broken { lines: usize },
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
    let mut rows = NodeRows::new(limits);
    for (index, line) in lines(bytes).enumerate() {
        let mut columns = line.split(|&byte| byte == b'\t');
        let name = columns.next().unwrap_or_default();
        let (weight, zone) = (columns.next(), columns.next());
        let more = columns.count();
        rows.row(index + 1, || match more {
            0 => node(name, weight, zone, limits),
            more => word(name, limits).and(Err(Fault::Columns { columns: 3 + more, most: 3 })),
        });
    }
    rows.finish()
}

/// Reads a key list. A key that stands twice is there twice.
pub fn keys(bytes: &[u8], limits: Limits) -> List<String> {
    let (keys, bad) = packed(bytes, limits);
    List { rows: keys.iter().map(str::to_owned).collect(), bad }
}

/// Reads a key list of any size. A key that stands twice is there twice.
pub fn packed(bytes: &[u8], limits: Limits) -> (Keys, Vec<BadRow>) {
    let mut rows = KeyRows::new(limits);
    for (index, line) in lines(bytes).enumerate() {
        rows.row(index + 1, Ok(line));
    }
    rows.finish()
}

/// The rows of a list that is being read, in any form: what has been used, what has not and why.
#[derive(Debug)]
struct Rows {
    limits: Limits,
    /// Rows so far.
    count: usize,
    /// The last of `bad` counts the rows that are beyond a limit.
    over: bool,
    bad: Vec<BadRow>,
}

impl Rows {
    fn new(limits: Limits) -> Rows {
        Rows { limits, count: 0, over: false, bad: Vec::new() }
    }

    /// Whether another row is within the limits; if not, it is counted.
    fn room(&mut self, line: usize) -> bool {
        if self.over {
            if let Some(BadRow { fault: Fault::LeftOut { lines, .. } | Fault::Full { lines, .. }, .. }) =
                self.bad.last_mut()
            {
                *lines += 1;
            }
        } else if self.count == self.limits.lines {
            self.end(line, Fault::LeftOut { lines: 1, most: self.limits.lines });
        }
        self.count += 1;
        !self.over
    }

    fn end(&mut self, line: usize, fault: Fault) {
        self.over = true;
        self.refuse(line, fault);
    }

    fn refuse(&mut self, line: usize, fault: Fault) {
        self.bad.push(BadRow { line, fault });
    }
}

/// A node list that is being read.
#[derive(Debug)]
pub struct NodeRows {
    rows: Rows,
    bytes: usize,
    first_lines: Map<String, usize>,
    members: Vec<Member>,
}

impl NodeRows {
    pub fn new(limits: Limits) -> NodeRows {
        NodeRows { rows: Rows::new(limits), bytes: 0, first_lines: Map::new(), members: Vec::new() }
    }

    /// Takes the next row, which is on this line. It is only asked for if the list has room for it.
    pub fn row(&mut self, line: usize, row: impl FnOnce() -> Result<Member, Fault>) {
        if !self.rows.room(line) {
            return;
        }
        let member = match row() {
            Ok(member) => member,
            Err(fault) => return self.rows.refuse(line, fault),
        };
        if let Some(&first) = self.first_lines.get(&member.name) {
            return self.rows.refuse(line, Fault::Duplicate { first });
        }
        let most = self.rows.limits.all;
        if self.bytes + member.name.len() > most {
            return self.rows.end(line, Fault::Full { lines: 1, most });
        }
        self.bytes += member.name.len();
        self.first_lines.insert(member.name.clone(), line);
        self.members.push(member);
    }

    /// What follows is lost for a reason of the list's form.
    pub fn broken(&mut self, line: usize, fault: Fault) {
        self.rows.refuse(line, fault);
    }

    pub fn finish(self) -> List<Member> {
        List { rows: self.members, bad: self.rows.bad }
    }
}

/// A key list that is being read.
#[derive(Debug)]
pub struct KeyRows {
    rows: Rows,
    keys: Packing,
}

impl KeyRows {
    pub fn new(limits: Limits) -> KeyRows {
        KeyRows { rows: Rows::new(limits), keys: Packing::new() }
    }

    /// Takes the next row, which is on this line: its key, or why it has none.
    pub fn row(&mut self, line: usize, key: Result<&[u8], Fault>) {
        if !self.rows.room(line) {
            return;
        }
        let limits = self.rows.limits;
        let key = match key.and_then(|key| word(key, limits)) {
            Ok(key) => key,
            Err(fault) => return self.rows.refuse(line, fault),
        };
        let most = limits.all;
        if self.keys.bytes() + key.len() > most || self.keys.push(key).is_err() {
            self.rows.end(line, Fault::Full { lines: 1, most });
        }
    }

    /// What follows is lost for a reason of the list's form.
    pub fn broken(&mut self, line: usize, fault: Fault) {
        self.rows.refuse(line, fault);
    }

    pub fn finish(self) -> (Keys, Vec<BadRow>) {
        (self.keys.finish(), self.rows.bad)
    }
}

/// The lines without their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = whole.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).take(if bytes.is_empty() { 0 } else { usize::MAX })
}

/// The node of a row with these columns. Without a weight it has weight 1; an empty zone is none.
///
/// # Errors
/// See [`Fault`].
pub fn node(name: &[u8], weight: Option<&[u8]>, zone: Option<&[u8]>, limits: Limits) -> Result<Member, Fault> {
    let name = trimmed(name, limits)?;
    let weight = weight.map_or(Ok(1), self::weight)?;
    let zone = zone.filter(|zone| !zone.is_empty()).map_or(Ok(""), |zone| trimmed(zone, limits))?;
    Ok(Member::new(name, weight).in_zone(zone))
}

fn weight(column: &[u8]) -> Result<u32, Fault> {
    let text = str::from_utf8(column).map_err(|_| Fault::NotUtf8)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()); // "+1" parses, but is no weight
    let number = digits.then(|| text.parse().ok()).flatten();
    number.filter(|weight| (1..=WEIGHT_MOST).contains(weight)).ok_or_else(|| Fault::Weight { text: text.to_owned() })
}

/// A name of a node or a zone.
fn trimmed(bytes: &[u8], limits: Limits) -> Result<&str, Fault> {
    let word = word(bytes, limits)?;
    if word.trim() == word { Ok(word) } else { Err(Fault::Blank) }
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
            b"\xef\xbb\xbfa\r\n\nb\t3\n a\na\t2\nc\t0\nd\t+1\ne\t1\t2\nf\xff\nb\x00\ng\t10001\nh\t\n\xce\xb1\t007\ni\t2\teu-1\nj\t1\t\nk\t1\t eu\nl\t\teu\nm\t1\tz\t";
        let list = nodes(text, NODES);
        let zoned = Member::new("i", 2).in_zone("eu-1");
        let plain = [("a", 1), ("b", 3), ("e", 1), ("α", 7)].map(|(name, weight)| Member::new(name, weight));
        assert_eq!(list.rows[..2], plain[..2]);
        assert_eq!(list.rows[2], Member::new("e", 1).in_zone("2"));
        assert_eq!(list.rows[3..], [plain[3].clone(), zoned, Member::new("j", 1)]);
        let weight = |text: &str| Fault::Weight { text: text.into() };
        assert_eq!(
            faults(&list),
            [
                (2, Fault::Empty),
                (4, Fault::Blank),
                (5, Fault::Duplicate { first: 1 }),
                (6, weight("0")),
                (7, weight("+1")),
                (9, Fault::NotUtf8),
                (10, Fault::Control { character: '\0' }),
                (11, weight("10001")),
                (12, weight("")),
                (16, Fault::Blank),
                (17, weight("")),
                (18, Fault::Columns { columns: 4, most: 3 }),
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
        let limits = Limits { lines: 2, bytes: 3, all: 9 };
        let list = keys(b"abcd\nabc\nd\ne\n\n", limits);
        assert_eq!(list.rows, ["abc"]);
        assert_eq!(
            faults(&list),
            [(1, Fault::TooLong { bytes: 4, most: 3 }), (3, Fault::LeftOut { lines: 3, most: 2 })]
        );
        assert_eq!(faults(&keys(b"a\nb\n", limits)), []);
    }

    #[test]
    fn all_keys_together_have_a_limit() {
        let limits = Limits { lines: 9, bytes: 3, all: 4 };
        let list = keys(b"abc\nd\n\n", limits);
        assert_eq!((list.rows.len(), faults(&list)), (2, vec![(3, Fault::Empty)]));
        let list = keys(b"abc\nde\nf\n", limits);
        assert_eq!((list.rows.len(), faults(&list)), (1, vec![(2, Fault::Full { lines: 2, most: 4 })]));
    }

    #[test]
    fn an_empty_file_has_no_rows_and_no_faults() {
        for text in ["", "\u{feff}"] {
            assert_eq!(keys(text.as_bytes(), KEYS), List { rows: Vec::new(), bad: Vec::new() });
        }
    }
}
