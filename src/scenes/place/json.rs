//! Lists in JSON: an array, or a value a line. Each value is read for itself, so that a bad one costs only itself.

use super::forms::{Cells, Rows};
use crate::core::placement::list::Fault;
use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Whether these bytes are one JSON value.
pub fn is_value(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_ok()
}

/// Reads an array, or one object as an array of itself.
pub fn read(bytes: &[u8], rows: &mut Rows) {
    let text = str::from_utf8(bytes).unwrap_or_else(|error| {
        str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default() // what comes before is UTF-8
    });
    let mut lines = Lines { text, at: 0, line: 1 };
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str::<&RawValue>(text)
    {
        return element(value, &mut lines, rows);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let elements = Elements(|value: &RawValue| element(value, &mut lines, rows));
    let read = reader.deserialize_seq(elements).and_then(|()| reader.end());
    let line = match read {
        Ok(()) if text.len() < bytes.len() => lines.of(text.len()),
        Ok(()) => return,
        Err(error) => error.line().max(1),
    };
    let ends = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let all = (ends + usize::from(bytes.last() != Some(&b'\n'))).max(1);
    let line = line.min(all); // what ends too early does so on the last line
    rows.broken(line, Fault::Broken { lines: all + 1 - line });
}

/// Reads a value a line.
pub fn read_lines(bytes: &[u8], rows: &mut Rows) {
    if bytes.is_empty() {
        return;
    }
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = match str::from_utf8(line) {
            Ok(text) if text.trim().is_empty() => Err(Fault::Empty),
            Ok(text) => serde_json::from_str::<&RawValue>(text).map_err(|_| Fault::NotJson),
            Err(_) => Err(Fault::NotUtf8),
        };
        match line {
            Ok(value) => row(index + 1, value.get(), rows),
            Err(fault) => rows.row(index + 1, Err(fault)),
        }
    }
}

fn element(value: &RawValue, lines: &mut Lines<'_>, rows: &mut Rows) {
    let value = value.get();
    // It is a part of the text, with its place.
    let offset = (value.as_ptr() as usize).saturating_sub(lines.text.as_ptr() as usize);
    row(lines.of(offset), value, rows);
}

fn row(line: usize, value: &str, rows: &mut Rows) {
    let mut cells: [Option<String>; 3] = Default::default();
    let read = match value.bytes().next() {
        Some(b'{') => object(value, &mut cells, rows),
        _ => word(value).and_then(|word| word.ok_or(Fault::Shape)).map(|word| cells[0] = Some(word)),
    };
    let columns: Cells = cells.each_ref().map(|cell| cell.as_deref().map(str::as_bytes));
    rows.row(line, read.map(|()| columns));
}

fn object(value: &str, cells: &mut [Option<String>; 3], rows: &mut Rows) -> Result<(), Fault> {
    let members = serde_json::Deserializer::from_str(value).deserialize_map(Members).map_err(|_| Fault::Shape)?;
    for (name, value) in members {
        let Some(place) = rows.what().column(&name) else {
            rows.ignore(&name);
            continue;
        };
        let word = word(value.get())?;
        if word.is_some() && cells[place].is_some() {
            return Err(Fault::Shape); // which of the two?
        }
        cells[place] = word.or(cells[place].take());
    }
    Ok(())
}

/// A string, or a number as it is written; `None` for null.
fn word(value: &str) -> Result<Option<String>, Fault> {
    match value.bytes().next() {
        Some(b'"') => serde_json::from_str(value).map(Some).map_err(|_| Fault::Shape),
        Some(b'-' | b'0'..=b'9') => Ok(Some(value.to_owned())),
        Some(b'n') => Ok(None),
        _ => Err(Fault::Shape),
    }
}

/// From places in a text, ascending, to lines.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        let between = self.text.as_bytes().get(self.at..offset).unwrap_or_default();
        self.line += between.iter().filter(|&&byte| byte == b'\n').count();
        self.at = self.at.max(offset);
        self.line
    }
}

/// Hands out the elements of an array.
struct Elements<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<&RawValue>()? {
            self.0(value);
        }
        Ok(())
    }
}

/// The members of an object in their order.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
        }
        Ok(all)
    }
}
