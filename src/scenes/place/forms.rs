//! Lists in the forms in which people have them: lines, columns (CSV, or with semicolons or tabs), JSON, a JSON value a line.
//!
//! The form is told from the content, not from a file's name. In columns a header may name `name` or `node`, `weight` and
//! `zone`, or `key`; without one these come in this order. JSON is an array of strings, numbers or objects with members of
//! these names, or one such value a line. A row is good or bad whatever its form (`core::placement::list`), and reported
//! with its line: in JSON the line on which its value begins.
//!
//! What looks like two forms: a line that is a JSON string or object begins JSON, any other that begins with a quotation
//! mark begins CSV. A key may have commas, a node's name may not: without a header keys are lines, and nodes are columns if
//! the first line has a comma or a semicolon.

use super::csv::{self, Fields};
use super::json;
use crate::core::placement::Member;
use crate::core::placement::keys::Keys;
use crate::core::placement::list::{self, BadRow, Fault, KeyRows, Limits, NodeRows};

/// How a list is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// One row a line, a node's columns separated by tabs.
    Lines,
    /// Columns, separated by this byte: a comma, a semicolon or a tab.
    Columns { delimiter: u8 },
    /// One JSON array, or one object.
    Json,
    /// A JSON value a line.
    JsonLines,
}

/// A list that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read<T> {
    pub list: T,
    /// Rows that are not used, ascending by line.
    pub bad: Vec<BadRow>,
    pub form: Form,
    /// The line of the header, if there is one: it is no row.
    pub header: Option<usize>,
    /// Names of columns and members that are not read, each once; without a header their numbers, from 1. Only the first few.
    pub ignored: Vec<String>,
}

/// Reads a node list; its form is that of its content if none is given.
pub fn nodes(bytes: &[u8], limits: Limits, form: Option<Form>) -> Read<Vec<Member>> {
    let mut rows = Rows::new(What::Nodes, limits);
    let form = rows.read(bytes, form);
    if form == Form::Lines {
        let list = list::nodes(bytes, limits);
        return Read { list: list.rows, bad: list.bad, form, header: None, ignored: Vec::new() };
    }
    let list = rows.nodes.finish();
    Read { list: list.rows, bad: list.bad, form, header: rows.header, ignored: rows.ignored }
}

/// Reads a key list; its form is that of its content if none is given.
pub fn keys(bytes: &[u8], limits: Limits, form: Option<Form>) -> Read<Keys> {
    let mut rows = Rows::new(What::Keys, limits);
    let form = rows.read(bytes, form);
    let (list, bad) = if form == Form::Lines { list::packed(bytes, limits) } else { rows.keys.finish() };
    Read { list, bad, form, header: rows.header, ignored: rows.ignored }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Nodes,
    Keys,
}

impl What {
    /// What a column's name means: 0 the name or key, 1 the weight, 2 the zone.
    pub fn column(self, name: &str) -> Option<usize> {
        let names: &[&str] = match self {
            What::Nodes => &["name", "weight", "zone", "node"],
            What::Keys => &["key"],
        };
        let name = name.trim();
        names.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|place| place % 3)
    }

    pub fn columns(self) -> usize {
        match self {
            What::Nodes => 3,
            What::Keys => 1,
        }
    }
}

/// Most names of columns that are remembered because they are not read, and the longest of them in bytes.
const IGNORED: (usize, usize) = (8, 64);

/// A list that is being read.
pub struct Rows {
    what: What,
    limits: Limits,
    nodes: NodeRows,
    keys: KeyRows,
    header: Option<usize>,
    ignored: Vec<String>,
}

/// The columns of a row: name or key, weight, zone.
pub type Cells<'a> = [Option<&'a [u8]>; 3];

impl Rows {
    fn new(what: What, limits: Limits) -> Rows {
        let (nodes, keys) = (NodeRows::new(limits), KeyRows::new(limits));
        Rows { what, limits, nodes, keys, header: None, ignored: Vec::new() }
    }

    pub fn what(&self) -> What {
        self.what
    }

    /// Takes a row, or why it is none.
    pub fn row(&mut self, line: usize, cells: Result<Cells<'_>, Fault>) {
        match self.what {
            What::Nodes => {
                let limits = self.limits;
                self.nodes.row(line, || {
                    let [name, weight, zone] = cells?;
                    list::node(name.ok_or(Fault::Missing)?, weight, zone, limits)
                });
            }
            What::Keys => self.keys.row(line, cells.and_then(|[key, ..]| key.ok_or(Fault::Missing))),
        }
    }

    /// Nothing is read from this line on.
    pub fn broken(&mut self, line: usize, fault: Fault) {
        match self.what {
            What::Nodes => self.nodes.broken(line, fault),
            What::Keys => self.keys.broken(line, fault),
        }
    }

    /// Remembers that something of this name is not read.
    pub fn ignore(&mut self, name: &str) {
        let (most, longest) = IGNORED;
        let name = match name.char_indices().find(|(at, c)| at + c.len_utf8() > longest) {
            Some((end, _)) => &name[..end],
            None => name,
        };
        if self.ignored.len() < most && !self.ignored.iter().any(|known| known == name) {
            self.ignored.push(name.to_owned());
        }
    }

    /// Reads all but lines, which are left to core.
    fn read(&mut self, bytes: &[u8], form: Option<Form>) -> Form {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let form = form.unwrap_or_else(|| form_of(bytes, self.what));
        match form {
            Form::Lines => {}
            Form::Columns { delimiter } => self.columns(bytes, delimiter),
            Form::Json => json::read(bytes, self),
            Form::JsonLines => json::read_lines(bytes, self),
        }
        form
    }

    fn columns(&mut self, bytes: &[u8], delimiter: u8) {
        // For each column of the file what it means.
        let mut meaning: Vec<Option<usize>> = (0..self.what.columns()).map(Some).collect();
        let mut first = true;
        csv::records(bytes, delimiter, &mut |record| {
            let Some(fields) = record.fields else { return self.row(record.line, Err(Fault::Unclosed)) };
            let blank = fields.count() == 1 && fields.iter().all(<[u8]>::is_empty);
            let head = first && !blank;
            first &= blank;
            if head && let Some(header) = header_of(fields, self.what) {
                self.header = Some(record.line);
                for (name, meaning) in fields.iter().zip(&header) {
                    if meaning.is_none() {
                        self.ignore(&String::from_utf8_lossy(name));
                    }
                }
                meaning = header;
                return;
            }
            let mut cells: Cells = [None; 3];
            for (field, meaning) in fields.iter().zip(&meaning) {
                // An empty cell for a weight or a zone is none; for a name it is a fault.
                if let Some(place) = *meaning
                    && (place == 0 || !field.is_empty())
                {
                    cells[place] = Some(field);
                }
            }
            let (columns, most) = (fields.count(), meaning.len());
            // Without a header the key is the first of any columns.
            let keys = self.what == What::Keys && self.header.is_none();
            (most..columns).filter(|_| keys).for_each(|column| self.ignore(&(column + 1).to_string()));
            let fits = columns <= most || keys;
            self.row(record.line, if fits { Ok(cells) } else { Err(Fault::Columns { columns, most }) });
        });
    }
}

/// What the columns mean if this is a header: it names the name or the key, and no column twice.
fn header_of(fields: Fields<'_>, what: What) -> Option<Vec<Option<usize>>> {
    let meaning: Vec<_> = fields.iter().map(|field| what.column(str::from_utf8(field).ok()?)).collect();
    let times = |place| meaning.iter().filter(|meaning| **meaning == Some(place)).count();
    let weight = fields.iter().skip(1).any(|field| !field.is_empty() && field.iter().all(u8::is_ascii_digit));
    (times(0) == 1 && times(1) <= 1 && times(2) <= 1 && !weight).then_some(meaning)
}

/// The form of a list without its byte order mark.
fn form_of(bytes: &[u8], what: What) -> Form {
    let text = bytes.trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let after = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    match (text.first(), after) {
        (Some(b'['), Some(b'"' | b'{')) => return Form::Json,
        (Some(b'['), Some(b']' | b'-' | b'0'..=b'9')) if json::is_value(text) => return Form::Json,
        (Some(b'{' | b'"'), _) if json::is_value(line) => return Form::JsonLines,
        (Some(b'{'), _) if json::is_value(text) => return Form::Json,
        _ => {}
    }
    for delimiter in [b'\t', b',', b';'] {
        let mut first = None;
        csv::records(line, delimiter, &mut |record| {
            first.get_or_insert(record.fields.is_some_and(|fields| header_of(fields, what).is_some()));
        });
        if first == Some(true) {
            // A single column is quoted as in CSV.
            return Form::Columns { delimiter: if line.contains(&delimiter) { delimiter } else { b',' } };
        }
    }
    let delimiter = [b',', b';'].into_iter().find(|delimiter| line.contains(delimiter));
    match what {
        What::Nodes if !line.contains(&b'\t') => delimiter.map_or(Form::Lines, |delimiter| Form::Columns { delimiter }),
        What::Nodes => Form::Lines,
        What::Keys if is_quoted(line) => Form::Columns { delimiter: b',' },
        What::Keys => Form::Lines,
    }
}

/// Whether the line begins with a field in quotation marks, after which it ends or another field begins.
fn is_quoted(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"\"") else { return false };
    let mut marks = rest.split(|&byte| byte == b'"').skip(1).peekable();
    while let Some(after) = marks.next() {
        match after {
            [] if marks.peek().is_some() => drop(marks.next()), // a doubled mark
            [] | [b',', ..] | b"\r" => return true,
            _ => return false,
        }
    }
    false
}
